#include "patctl/columns.h"

#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/err.h"
#include "patctl/escape.h"
#include "patctl/output.h"
#include "patctl/when.h"

enum { CELL = ESCAPE_SIZE(LIMIT_SCOPES) }; /* the longest text that a column may have */

/* What a value is: how it looks to a person, and in JSON. */
struct form {
	void (*print)(const struct proto_msg *m, enum proto_tag tag, bool exact, char out[CELL]);
	json_t *(*json)(const struct proto_msg *m, enum proto_tag tag);
};

static void print_text(const struct proto_msg *m, enum proto_tag tag, bool exact, char out[CELL])
{
	(void)exact;
	escape_text(proto_text(m, tag), out, CELL);
}

static json_t *json_of_text(const struct proto_msg *m, enum proto_tag tag)
{
	return output_text(proto_text(m, tag));
}

static void print_number(const struct proto_msg *m, enum proto_tag tag, bool exact, char out[CELL])
{
	(void)exact;
	snprintf(out, CELL, "%" PRIu64, proto_number(m, tag));
}

static json_t *json_of_number(const struct proto_msg *m, enum proto_tag tag)
{
	return json_integer((json_int_t)proto_number(m, tag));
}

static void print_time(const struct proto_msg *m, enum proto_tag tag, bool exact, char out[CELL])
{
	(exact ? when_exact : when_short)(proto_number(m, tag), out);
}

static json_t *json_of_time(const struct proto_msg *m, enum proto_tag tag)
{
	char text[WHEN_SIZE];

	return json_string(when_rfc3339(proto_number(m, tag), text));
}

/* A number that has a name; a newer daemon may know more of them. */
static const char *name_of(const struct proto_msg *m, enum proto_tag tag)
{
	uint64_t n = proto_number(m, tag);
	const char *name = tag == TAG_KIND ? token_kind_name(n) : token_status_name(n);

	return name ? name : "unknown";
}

static void print_name(const struct proto_msg *m, enum proto_tag tag, bool exact, char out[CELL])
{
	(void)exact;
	snprintf(out, CELL, "%s", name_of(m, tag));
}

static json_t *json_of_name(const struct proto_msg *m, enum proto_tag tag)
{
	return json_string(name_of(m, tag));
}

/* "a,b" as ["a","b"], "" as []. */
static json_t *json_of_list(const struct proto_msg *m, enum proto_tag tag)
{
	struct span rest = proto_text(m, tag);
	json_t *array = json_array();

	while (rest.n > 0) {
		const char *comma = memchr(rest.p, ',', rest.n);
		size_t n = comma ? (size_t)(comma - rest.p) : rest.n;

		if (json_array_append_new(array, output_text((struct span){rest.p, n}))) {
			json_decref(array);
			return NULL;
		}
		rest.p += comma ? n + 1 : n;
		rest.n -= comma ? n + 1 : n;
	}
	return array;
}

static const struct form form_text = {print_text, json_of_text};
static const struct form form_number = {print_number, json_of_number};
static const struct form form_time = {print_time, json_of_time};
static const struct form form_name = {print_name, json_of_name};
static const struct form form_list = {print_text, json_of_list};

enum { UNLISTED, LISTED, LISTED_WITH_OWNER };

struct column {
	const char *name;   /* what a person calls it */
	const char *key;    /* in JSON */
	const char *object; /* the JSON object around it, which is null if TAG_REVOKED is absent */
	enum proto_tag tag;
	const struct form *form;
	int listed;
	const char *absent; /* what a person sees when there is no value; NULL: nothing */
};

/* clang-format off */
static const struct column known[] = {
	{"ID",             "id",            NULL,      TAG_ID,            &form_text,   LISTED,            NULL},
	{"NAME",           "name",          NULL,      TAG_NAME,          &form_text,   LISTED,            NULL},
	{"KIND",           "kind",          NULL,      TAG_KIND,          &form_name,   UNLISTED,          NULL},
	{"OWNER",          "owner",         NULL,      TAG_OWNER,         &form_text,   LISTED_WITH_OWNER, NULL},
	{"UID",            "uid",           NULL,      TAG_UID,           &form_number, UNLISTED,          NULL},
	{"STATUS",         "status",        NULL,      TAG_STATUS,        &form_name,   LISTED,            NULL},
	{"STATUS-REASON",  "status_reason", NULL,      TAG_STATUS_REASON, &form_text,   UNLISTED,          NULL},
	{"SCOPES",         "scopes",        NULL,      TAG_SCOPES,        &form_list,   LISTED,            NULL},
	{"CREATED",        "created",       NULL,      TAG_CREATED,       &form_time,   LISTED,            NULL},
	{"CREATED-BY",     "created_by",    NULL,      TAG_CREATED_BY,    &form_text,   UNLISTED,          NULL},
	{"EXPIRES",        "expires",       NULL,      TAG_EXPIRES,       &form_time,   LISTED,            "never"},
	{"NOTE",           "note",          NULL,      TAG_NOTE,          &form_text,   UNLISTED,          NULL},
	{"REVOKED",        "time",          "revoked", TAG_REVOKED,       &form_time,   UNLISTED,          NULL},
	{"REVOKED-BY",     "by",            "revoked", TAG_REVOKED_BY,    &form_text,   UNLISTED,          NULL},
	{"REVOKED-REASON", "reason",        "revoked", TAG_REASON,        &form_text,   UNLISTED,          NULL},
};
/* clang-format on */

#define COLUMNS (sizeof(known) / sizeof(known[0]))
_Static_assert(COLUMNS <= COLUMNS_MAX, "COLUMNS_MAX is too small");

void columns_all(struct columns *cs)
{
	for (cs->n = 0; cs->n < COLUMNS; cs->n++)
		cs->column[cs->n] = &known[cs->n];
}

void columns_listed(struct columns *cs, bool owner)
{
	cs->n = 0;
	for (size_t i = 0; i < COLUMNS; i++)
		if (known[i].listed == LISTED || (owner && known[i].listed))
			cs->column[cs->n++] = &known[i];
}

static const struct column *find_column(const char *name, size_t n)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (strlen(known[i].name) == n && strncasecmp(known[i].name, name, n) == 0)
			return &known[i];
	return NULL;
}

static bool selected(const struct columns *cs, const struct column *c)
{
	for (size_t i = 0; i < cs->n; i++)
		if (cs->column[i] == c)
			return true;
	return false;
}

static int unknown_column(const char *name, size_t n, struct fault *f)
{
	char names[256];
	size_t used = 0;

	for (size_t i = 0; i < COLUMNS && used < sizeof(names); i++)
		used += (size_t)snprintf(
			names + used, sizeof(names) - used, "%s%s", i ? ", " : "", known[i].name);
	return fault_say(f, ERR_USAGE, NULL, "--columns: \"%.*s\": unknown column; there are %s",
		(int)n, name, names);
}

int columns_select(struct columns *cs, const char *list, struct fault *f)
{
	struct columns chosen = {0};

	for (const char *p = list;; p++) {
		size_t n = strcspn(p, ",");
		const struct column *c = find_column(p, n);

		if (!c)
			return unknown_column(p, n, f);
		if (selected(&chosen, c))
			return fault_say(f, ERR_USAGE, NULL, "--columns: %s: given twice", c->name);
		chosen.column[chosen.n++] = c;
		p += n;
		if (*p == '\0')
			break;
	}
	*cs = chosen;
	return 0;
}

/* Where the column's value belongs: the document, or an object in it; NULL if that is null. */
static json_t *json_place(json_t *doc, const struct column *c, const struct proto_msg *m)
{
	json_t *object;

	if (!c->object)
		return doc;
	if (!json_object_get(doc, c->object))
		json_object_set_new(
			doc, c->object, proto_has(m, TAG_REVOKED) ? json_object() : json_null());
	object = json_object_get(doc, c->object);
	return json_is_object(object) ? object : NULL;
}

json_t *columns_json(const struct columns *cs, const struct proto_msg *m)
{
	json_t *doc = json_object();

	for (size_t i = 0; i < cs->n; i++) {
		const struct column *c = cs->column[i];
		json_t *place = json_place(doc, c, m);

		if (place &&
			json_object_set_new(place, c->key,
				proto_has(m, c->tag) ? c->form->json(m, c->tag) : json_null())) {
			json_decref(doc);
			return NULL;
		}
	}
	return doc;
}

/* False: there is nothing to show. */
static bool cell(const struct column *c, const struct proto_msg *m, bool exact, char out[CELL])
{
	if (proto_has(m, c->tag))
		c->form->print(m, c->tag, exact, out);
	else if (c->absent)
		snprintf(out, CELL, "%s", c->absent);
	else
		return false;
	return true;
}

void columns_print(const struct columns *cs, const struct proto_msg *m)
{
	char value[CELL];

	for (size_t i = 0; i < cs->n; i++)
		if (cell(cs->column[i], m, true, value))
			printf("%-15s %s\n", cs->column[i]->name, value);
}

char *columns_label(const struct proto_msg *m, char out[COLUMNS_LABEL_SIZE])
{
	char name[ESCAPE_SIZE(LIMIT_NAME)];
	struct span id = proto_text(m, TAG_ID);

	snprintf(out, COLUMNS_LABEL_SIZE, "\"%s\" (%.*s)",
		escape_text(proto_text(m, TAG_NAME), name, sizeof(name)), (int)id.n, id.p);
	return out;
}

struct columns_table {
	struct columns columns;
	struct libscols_table *table;
};

struct columns_table *columns_table_new(const struct columns *cs, bool color)
{
	struct columns_table *t = calloc(1, sizeof(*t));

	if (!t || !(t->table = scols_new_table()))
		goto fail;
	t->columns = *cs;
	scols_table_enable_colors(t->table, color);
	scols_table_enable_noencoding(t->table, 1); /* escaped already, and by other rules */
	for (size_t i = 0; i < cs->n; i++)
		if (!scols_table_new_column(t->table, cs->column[i]->name, 0, 0))
			goto fail;
	return t;
fail:
	columns_table_free(t);
	return NULL;
}

static const char *const status_colors[] = {
	[STATUS_ACTIVE] = "green",
	[STATUS_PENDING] = "yellow",
	[STATUS_EXPIRED] = "darkgray",
	[STATUS_REVOKED] = "red",
	[STATUS_USED_UP] = "darkgray",
	[STATUS_ROTATED] = "yellow",
	[STATUS_LOCKED] = "red",
	[STATUS_DISALLOWED] = "red",
};

static int color_status(struct libscols_line *line, size_t column, uint64_t status)
{
	if (status >= sizeof(status_colors) / sizeof(status_colors[0]))
		return 0;
	return scols_cell_set_color(scols_line_get_cell(line, column), status_colors[status]);
}

int columns_table_add(struct columns_table *t, const struct proto_msg *m)
{
	struct libscols_line *line = scols_table_new_line(t->table, NULL);
	char value[CELL];

	if (!line)
		return ERR_MEMORY;
	for (size_t i = 0; i < t->columns.n; i++) {
		const struct column *c = t->columns.column[i];

		if (cell(c, m, false, value) && scols_line_set_data(line, i, value))
			return ERR_MEMORY;
		if (c->tag == TAG_STATUS && color_status(line, i, proto_number(m, TAG_STATUS)))
			return ERR_MEMORY;
	}
	return 0;
}

int columns_table_print(struct columns_table *t)
{
	return scols_print_table(t->table) ? ERR_MEMORY : 0;
}

void columns_table_free(struct columns_table *t)
{
	if (t)
		scols_unref_table(t->table);
	free(t);
}
