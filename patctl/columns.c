#include "patctl/columns.h"

#include <inttypes.h>
#include <stdio.h>
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

static json_t *json_of_list(const struct proto_msg *m, enum proto_tag tag)
{
	return output_list(proto_text(m, tag));
}

static void print_flag(const struct proto_msg *m, enum proto_tag tag, bool exact, char out[CELL])
{
	(void)exact;
	snprintf(out, CELL, "%s", proto_number(m, tag) ? "yes" : "no");
}

static json_t *json_of_flag(const struct proto_msg *m, enum proto_tag tag)
{
	return json_boolean(proto_number(m, tag) != 0);
}

static const struct form form_text = {print_text, json_of_text};
static const struct form form_number = {print_number, json_of_number};
static const struct form form_time = {print_time, json_of_time};
static const struct form form_name = {print_name, json_of_name};
static const struct form form_flag = {print_flag, json_of_flag};
static const struct form form_list = {print_text, json_of_list};

enum { UNLISTED, LISTED, LISTED_WITH_OWNER };

/* A JSON object that some columns stand in; it is null where its own tag is absent. */
struct object {
	const char *key;
	enum proto_tag tag;
};

static const struct object revoked = {"revoked", TAG_REVOKED};
static const struct object last_used = {"last_used", TAG_LAST_USED};

struct column {
	const char *name;	     /* what a person calls it */
	const char *key;	     /* in JSON */
	const struct object *object; /* NULL: in the document itself */
	enum proto_tag tag;
	const struct form *form;
	int listed;
	const char *absent; /* what a person sees when there is no value; NULL: nothing */
};

/* clang-format off */
static const struct column known[] = {
	{"ID",             "id",            NULL,       TAG_ID,            &form_text,   LISTED,            NULL},
	{"NAME",           "name",          NULL,       TAG_NAME,          &form_text,   LISTED,            NULL},
	{"KIND",           "kind",          NULL,       TAG_KIND,          &form_name,   UNLISTED,          NULL},
	{"OWNER",          "owner",         NULL,       TAG_OWNER,         &form_text,   LISTED_WITH_OWNER, NULL},
	{"UID",            "uid",           NULL,       TAG_UID,           &form_number, UNLISTED,          NULL},
	{"STATUS",         "status",        NULL,       TAG_STATUS,        &form_name,   LISTED,            NULL},
	{"STATUS-REASON",  "status_reason", NULL,       TAG_STATUS_REASON, &form_text,   UNLISTED,          NULL},
	{"SCOPES",         "scopes",        NULL,       TAG_SCOPES,        &form_list,   LISTED,            NULL},
	{"FROM",           "from",          NULL,       TAG_FROM,          &form_list,   UNLISTED,          NULL},
	{"CREATED",        "created",       NULL,       TAG_CREATED,       &form_time,   LISTED,            NULL},
	{"CREATED-BY",     "created_by",    NULL,       TAG_CREATED_BY,    &form_text,   UNLISTED,          NULL},
	{"EXPIRES",        "expires",       NULL,       TAG_EXPIRES,       &form_time,   LISTED,            "never"},
	{"NOT-BEFORE",     "not_before",    NULL,       TAG_NOT_BEFORE,    &form_time,   UNLISTED,          NULL},
	{"USES",           "uses",          NULL,       TAG_USES,          &form_number, UNLISTED,          NULL},
	{"USES-LEFT",      "uses_left",     NULL,       TAG_USES_LEFT,     &form_number, UNLISTED,          NULL},
	{"BIND-KEY",       "bind_key",      NULL,       TAG_BIND_KEY,      &form_text,   UNLISTED,          NULL},
	{"PARENT",         "parent",        NULL,       TAG_PARENT,        &form_text,   UNLISTED,          NULL},
	{"NOTE",           "note",          NULL,       TAG_NOTE,          &form_text,   UNLISTED,          NULL},
	{"REVOKED",        "time",          &revoked,   TAG_REVOKED,       &form_time,   UNLISTED,          NULL},
	{"REVOKED-BY",     "by",            &revoked,   TAG_REVOKED_BY,    &form_text,   UNLISTED,          NULL},
	{"REVOKED-REASON", "reason",        &revoked,   TAG_REASON,        &form_text,   UNLISTED,          NULL},
	{"SUCCESSOR",      "successor",     NULL,       TAG_SUCCESSOR,     &form_text,   UNLISTED,          NULL},
	{"GRACE-ENDS",     "grace_ends",    NULL,       TAG_GRACE_ENDS,    &form_time,   UNLISTED,          NULL},
	{"UNTIL-USED",     "until_used",    NULL,       TAG_UNTIL_USED,    &form_flag,   UNLISTED,          NULL},
	{"LAST-USED",      "time",          &last_used, TAG_LAST_USED,     &form_time,   LISTED,            "never"},
	{"LAST-SERVICE",   "service",       &last_used, TAG_SERVICE,       &form_text,   UNLISTED,          NULL},
	{"LAST-RHOST",     "rhost",         &last_used, TAG_RHOST,         &form_text,   UNLISTED,          NULL},
	{"USE-COUNT",      "use_count",     NULL,       TAG_USE_COUNT,     &form_number, UNLISTED,          NULL},
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

const char *columns_name(size_t i)
{
	return i < COLUMNS ? known[i].name : NULL;
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
	char names[512];
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
	if (!json_object_get(doc, c->object->key))
		json_object_set_new(doc, c->object->key,
			proto_has(m, c->object->tag) ? json_object() : json_null());
	object = json_object_get(doc, c->object->key);
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

struct table *columns_table(const struct columns *cs, bool color)
{
	struct table *t = table_new(color);

	for (size_t i = 0; t && i < cs->n; i++)
		table_column(t, cs->column[i]->name);
	return t;
}

/* In the names, where they are shown. */
void columns_tree(const struct columns *cs, struct table *t)
{
	size_t i = 0;

	while (i < cs->n && cs->column[i]->tag != TAG_NAME)
		i++;
	table_tree(t, i < cs->n ? i : 0);
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

static const char *color_of(const struct column *c, const struct proto_msg *m)
{
	uint64_t status = c->tag == TAG_STATUS ? proto_number(m, TAG_STATUS) : 0;

	return status < sizeof(status_colors) / sizeof(status_colors[0]) ? status_colors[status]
									 : NULL;
}

void columns_line(const struct columns *cs, const struct proto_msg *m, struct table *t)
{
	char value[CELL];

	table_node(t, proto_text(m, TAG_ID), proto_text(m, TAG_PARENT));
	for (size_t i = 0; i < cs->n; i++) {
		const struct column *c = cs->column[i];

		table_cell(t, cell(c, m, false, value) ? value : NULL, color_of(c, m));
	}
}
