#include "patctl/transfer.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "patctl/output.h"
#include "patctl/when.h"

/* The two structs of a token, for the table. */
struct item {
	struct record record;
	struct usage usage;
};

struct field {
	const char *object; /* the object that it stands in; NULL: the line's own */
	const char *key;
	const struct form *form;
	size_t offset, size; /* in struct item */
	size_t present;	     /* of a u64 there: 0, and the object is null; 0 without object */
};

/* What a value is in JSON. to_json(): NULL is no memory. of_json(): false, it is not of the form.
 */
struct form {
	const char *name;
	json_t *(*to_json)(const struct field *f, const void *at);
	bool (*of_json)(const struct field *f, const json_t *value, void *at);
};

/* ---- numbers ---- */

/* Of the member's own width. */
static uint64_t number_at(const struct field *f, const void *at)
{
	uint64_t u64 = 0;
	uint32_t u32 = 0;

	if (f->size == 1)
		return *(const uint8_t *)at;
	if (f->size == sizeof(u32)) {
		memcpy(&u32, at, sizeof(u32));
		return u32;
	}
	memcpy(&u64, at, sizeof(u64));
	return u64;
}

static bool set_number(const struct field *f, void *at, uint64_t n)
{
	uint32_t u32 = (uint32_t)n;

	if (f->size < 8 && n >> 8 * f->size)
		return false;
	if (f->size == 1)
		*(uint8_t *)at = (uint8_t)n;
	else if (f->size == sizeof(u32))
		memcpy(at, &u32, sizeof(u32));
	else
		memcpy(at, &n, sizeof(n));
	return true;
}

static json_t *number_to(const struct field *f, const void *at)
{
	uint64_t n = number_at(f, at);

	return json_integer(n <= INT64_MAX ? (json_int_t)n : INT64_MAX);
}

static bool number_of(const struct field *f, const json_t *value, void *at)
{
	return json_is_integer(value) && json_integer_value(value) >= 0 &&
	       set_number(f, at, (uint64_t)json_integer_value(value));
}

static json_t *flag_to(const struct field *f, const void *at)
{
	return json_boolean(number_at(f, at));
}

static bool flag_of(const struct field *f, const json_t *value, void *at)
{
	return json_is_boolean(value) && set_number(f, at, json_is_true(value));
}

static json_t *time_to(const struct field *f, const void *at)
{
	char text[WHEN_SIZE];
	uint64_t t = number_at(f, at);

	return t ? json_string(when_rfc3339(t, text)) : json_null();
}

static bool time_of(const struct field *f, const json_t *value, void *at)
{
	uint64_t us;

	return json_is_string(value) && when_stored(json_string_value(value), &us) == 0 && us > 0 &&
	       us % 1000000 == 0 && set_number(f, at, us / 1000000);
}

static json_t *micros_to(const struct field *f, const void *at)
{
	char text[WHEN_SIZE];

	return json_string(when_micros(number_at(f, at), text));
}

static bool micros_of(const struct field *f, const json_t *value, void *at)
{
	uint64_t us;

	return json_is_string(value) && when_stored(json_string_value(value), &us) == 0 &&
	       set_number(f, at, us);
}

/* ---- words ---- */

static const char *const ranks[] = {[RANK_NONE] = NULL,
	[RANK_OWNER] = "owner",
	[RANK_MANAGER] = "manager",
	[RANK_ROOT] = "root",
	[RANK_GONE] = "gone"};

static const char *rank_name(uint64_t rank)
{
	return rank < sizeof(ranks) / sizeof(ranks[0]) ? ranks[rank] : NULL;
}

static json_t *word_to(const char *word)
{
	return word ? json_string(word) : json_null();
}

static bool word_of(
	const struct field *f, const json_t *value, void *at, const char *(*name)(uint64_t n))
{
	const char *word = json_string_value(value);

	for (uint64_t n = 1; word && name(n); n++)
		if (strcmp(name(n), word) == 0)
			return set_number(f, at, n);
	return false;
}

static json_t *kind_to(const struct field *f, const void *at)
{
	return word_to(token_kind_name(number_at(f, at)));
}

static bool kind_of(const struct field *f, const json_t *value, void *at)
{
	return word_of(f, value, at, token_kind_name);
}

static json_t *rank_to(const struct field *f, const void *at)
{
	return word_to(rank_name(number_at(f, at)));
}

static bool rank_of(const struct field *f, const json_t *value, void *at)
{
	return word_of(f, value, at, rank_name);
}

/* ---- texts ---- */

static json_t *text_to(const struct field *f, const void *at)
{
	const char *text = at;

	(void)f;
	return text[0] ? output_text(span_of(text)) : json_null();
}

static bool text_of(const struct field *f, const json_t *value, void *at)
{
	struct span text = {json_string_value(value), json_string_length(value)};

	return text.p && span_copy(text, at, f->size);
}

static json_t *list_to(const struct field *f, const void *at)
{
	(void)f;
	return output_list(span_of(at));
}

static bool list_of(const struct field *f, const json_t *value, void *at)
{
	char *list = at;
	size_t used = 0;

	if (!json_is_array(value))
		return false;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *element = json_array_get(value, i);
		const char *text = json_string_value(element);
		size_t n = json_string_length(element);

		if (!text || n == 0 || memchr(text, ',', n) || used + (i > 0) + n >= f->size)
			return false;
		if (i > 0)
			list[used++] = ',';
		memcpy(list + used, text, n);
		used += n;
	}
	list[used] = '\0';
	return true;
}

static json_t *bytes_to(const struct field *f, const void *at)
{
	char text[2 * RECORD_HASH + 1];

	for (size_t i = 0; i < f->size; i++)
		sprintf(text + 2 * i, "%02x", ((const uint8_t *)at)[i]);
	return json_string(text);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool bytes_of(const struct field *f, const json_t *value, void *at)
{
	const char *text = json_string_value(value);

	if (!text || json_string_length(value) != 2 * f->size)
		return false;
	for (size_t i = 0; i < f->size; i++) {
		int high = hex(text[2 * i]), low = hex(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		((uint8_t *)at)[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* ---- the table ---- */

static const struct form number = {"a number", number_to, number_of};
static const struct form flag = {"true or false", flag_to, flag_of};
static const struct form seconds = {"a time, 2027-01-31T18:00:00Z", time_to, time_of};
static const struct form micros = {"a time, 2027-01-31T18:00:00.123456Z", micros_to, micros_of};
static const struct form kind = {"personal, service or exchanged", kind_to, kind_of};
static const struct form rank = {"owner, manager, root or gone", rank_to, rank_of};
static const struct form text = {"a text of its length", text_to, text_of};
static const struct form list = {"a list of texts", list_to, list_of};
static const struct form bytes = {"64 digits 0-9a-f", bytes_to, bytes_of};

#define AT(member)   offsetof(struct item, member), sizeof(((struct item *)0)->member)
#define WITH(member) offsetof(struct item, member)

/* clang-format off */
static const struct field fields[] = {
	{NULL,        "id",          &text,    AT(record.id),           0},
	{NULL,        "name",        &text,    AT(record.name),         0},
	{NULL,        "kind",        &kind,    AT(record.kind),         0},
	{NULL,        "owner",       &text,    AT(record.owner),        0},
	{NULL,        "uid",         &number,  AT(record.uid),          0},
	{NULL,        "scopes",      &list,    AT(record.scopes),       0},
	{NULL,        "from",        &list,    AT(record.from),         0},
	{NULL,        "created",     &micros,  AT(record.created),      0},
	{NULL,        "created_by",  &text,    AT(record.created_by),   0},
	{NULL,        "expires",     &seconds, AT(record.expires),      0},
	{NULL,        "not_before",  &seconds, AT(record.not_before),   0},
	{NULL,        "uses",        &number,  AT(record.uses),         0},
	{NULL,        "used",        &number,  AT(record.used),         0},
	{NULL,        "bind_key",    &text,    AT(record.bind_key),     0},
	{NULL,        "parent",      &text,    AT(record.parent),       0},
	{NULL,        "children",    &number,  AT(record.children),     0},
	{NULL,        "note",        &text,    AT(record.note),         0},
	{"revoked",   "time",        &seconds, AT(record.revoked),      WITH(record.revoked)},
	{"revoked",   "by",          &text,    AT(record.revoked_by),   WITH(record.revoked)},
	{"revoked",   "reason",      &text,    AT(record.reason),       WITH(record.revoked)},
	{"revoked",   "rank",        &rank,    AT(record.revoked_rank), WITH(record.revoked)},
	{"rotated",   "time",        &seconds, AT(record.rotated),      WITH(record.rotated)},
	{"rotated",   "successor",   &text,    AT(record.successor),    WITH(record.rotated)},
	{"rotated",   "grace_ends",  &seconds, AT(record.grace_ends),   WITH(record.rotated)},
	{"rotated",   "until_used",  &flag,    AT(record.until_used),   WITH(record.rotated)},
	{NULL,        "predecessor", &text,    AT(record.predecessor),  0},
	{NULL,        "retires",     &flag,    AT(record.retires),      0},
	{"last_used", "time",        &seconds, AT(usage.last),          WITH(usage.last)},
	{"last_used", "service",     &text,    AT(usage.service),       WITH(usage.last)},
	{"last_used", "rhost",       &text,    AT(usage.rhost),         WITH(usage.last)},
	{NULL,        "use_count",   &number,  AT(usage.count),         0},
	{NULL,        "verifier",    &bytes,   AT(record.hash),         0},
};
/* clang-format on */

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

/* ---- to JSON ---- */

/* Where the field's value belongs: *place, NULL where its object is null. False: no memory. */
static bool find_place(json_t *doc, const struct field *f, const struct item *item, json_t **place)
{
	uint64_t present;

	*place = doc;
	if (!f->object)
		return true;
	memcpy(&present, (const char *)item + f->present, sizeof(present));
	if (!json_object_get(doc, f->object) &&
		json_object_set_new(doc, f->object, present ? json_object() : json_null()))
		return false;
	*place = present ? json_object_get(doc, f->object) : NULL;
	return true;
}

static bool put_field(json_t *doc, const struct field *f, const struct item *item)
{
	const void *at = (const char *)item + f->offset;
	json_t *place;

	if (!find_place(doc, f, item, &place))
		return false;
	return !place || json_object_set_new(place, f->key, f->form->to_json(f, at)) == 0;
}

json_t *transfer_json(const struct record *token, const struct usage *usage)
{
	const struct item item = {*token, *usage};
	json_t *doc = json_object();

	for (size_t i = 0; doc && i < FIELDS; i++) {
		if (put_field(doc, &fields[i], &item))
			continue;
		json_decref(doc);
		doc = NULL;
	}
	return doc;
}

/* ---- from JSON ---- */

static const struct field *find(const char *object, const char *key)
{
	for (size_t i = 0; i < FIELDS; i++) {
		const char *o = fields[i].object;

		if (strcmp(fields[i].key, key) == 0 &&
			(object && o ? strcmp(o, object) == 0 : object == o))
			return &fields[i];
	}
	return NULL;
}

static bool is_object(const char *key)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].object && strcmp(fields[i].object, key) == 0)
			return true;
	return false;
}

/* Keys are shown as far as they are sane; the caller escapes what is printed. */
static int parse_members(const char *object, json_t *doc, struct item *item, char *why, size_t size)
{
	const char *dot = object ? "." : "", *in = object ? object : "";
	const char *key;
	json_t *value;

	json_object_foreach(doc, key, value)
	{
		const struct field *f = find(object, key);
		int err = 0;

		if (f && !json_is_null(value) &&
			!f->form->of_json(f, value, (char *)item + f->offset)) {
			snprintf(why, size, "%s%s%s: accepted is %s", in, dot, key, f->form->name);
			return ERR_INVALID;
		}
		if (f || (!object && is_object(key) && json_is_null(value)))
			continue;
		if (object || !is_object(key) || !json_is_object(value)) {
			snprintf(why, size, "%s%s%.100s: no key of this format", in, dot, key);
			return ERR_INVALID;
		}
		err = parse_members(key, value, item, why, size);
		if (err)
			return err;
	}
	return 0;
}

int transfer_parse(
	json_t *doc, struct record *token, struct usage *usage, char *why, size_t why_size)
{
	struct item item;
	int err;

	memset(&item, 0, sizeof(item));
	err = parse_members(NULL, doc, &item, why, why_size);
	if (err)
		return err;
	*token = item.record;
	*usage = item.usage;
	return 0;
}
