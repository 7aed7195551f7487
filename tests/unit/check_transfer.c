/* check_transfer.c: a token as a line of JSON and back: nothing is lost, nothing strange is taken.
 */
#include <string.h>

#include "common/err.h"
#include "patctl/transfer.h"
#include "tests/unit/unit.h"

static struct record full_record(void)
{
	struct record r = {
		.id = "4fJk29sQxZb",
		.kind = KIND_SERVICE,
		.uid = 4294967294,
		.created = 1800000000123456,
		.expires = 1800000001,
		.revoked = 1800000002,
		.revoked_rank = RANK_GONE,
		.not_before = 1800000003,
		.uses = 4294967295,
		.used = 7,
		.children = 3,
		.rotated = 1800000004,
		.grace_ends = 1800000005,
		.until_used = 1,
		.retires = 1,
		.owner = "alice",
		.name = "a \"name\" ü",
		.scopes = "sshd,sudo",
		.created_by = "root",
		.note = "note\\",
		.from = "192.0.2.0/24,local",
		.bind_key = "SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M",
		.successor = "00000000001",
		.predecessor = "00000000002",
		.revoked_by = "bob",
		.reason = "why",
	};

	for (size_t i = 0; i < sizeof(r.hash); i++)
		r.hash[i] = (uint8_t)(i * 9);
	return r;
}

static struct record least_record(void)
{
	return (struct record){.id = "4fJk29sQxZb",
		.kind = KIND_PERSONAL,
		.uid = 0,
		.created = 1000000,
		.owner = "root",
		.name = "n",
		.scopes = "*",
		.created_by = "root"};
}

static void returns(const struct record *r, const struct usage *u)
{
	json_t *doc = transfer_json(r, u);
	uint8_t before[LIMIT_RECORD], after[LIMIT_RECORD];
	struct record back;
	struct usage used;
	char why[256] = "";
	size_t n = record_encode(r, before);

	ck_assert_ptr_nonnull(doc);
	ck_assert_msg(transfer_parse(doc, &back, &used, why, sizeof(why)) == 0, "%s", why);
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_eq(record_encode(&back, after), n);
	ck_assert_mem_eq(before, after, n);
	ck_assert_str_eq(back.id, r->id);
	ck_assert_uint_eq(used.last, u->last);
	ck_assert_uint_eq(used.count, u->count);
	ck_assert_str_eq(used.service, u->service);
	ck_assert_str_eq(used.rhost, u->rhost);
	json_decref(doc);
}

START_TEST(there_and_back)
{
	const struct usage used = {1800000009, 12, "sshd", "192.0.2.7"}, unused = {0};
	struct record r = full_record();

	returns(&r, &used);
	r = least_record();
	returns(&r, &unused);
	r.kind = KIND_EXCHANGED;
	r.expires = 5;
	strcpy(r.parent, "00000000001");
	returns(&r, &used);
}
END_TEST

/* The names that list and show have, and times as they tell them. */
START_TEST(names)
{
	const struct usage used = {1800000009, 12, "sshd", ""};
	struct record r = full_record();
	json_t *doc = transfer_json(&r, &used);
	char *text = json_dumps(doc, JSON_COMPACT);
	static const char *const parts[] = {"\"id\":\"4fJk29sQxZb\"",
		"\"created\":\"2027-01-15T08:00:00.123456Z\"", "\"kind\":\"service\"",
		"\"scopes\":[\"sshd\",\"sudo\"]", "\"parent\":null",
		"\"revoked\":{\"time\":\"2027-01-15T08:00:02Z\",\"by\":\"bob\",\"reason\":\"why\","
		"\"rank\":\"gone\"}",
		"\"last_used\":{\"time\":\"2027-01-15T08:00:09Z\",\"service\":\"sshd\",\"rhost\":"
		"null}",
		"\"use_count\":12", "\"verifier\":\"0009121b"};

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < COUNT(parts); i++)
		ck_assert_msg(strstr(text, parts[i]), "no %s in %s", parts[i], text);
	free(text);
	json_decref(doc);
}
END_TEST

static const struct {
	const char *key, *json; /* a value that is refused */
	const char *why;
} bad[] = {
	{"colour", "1", "colour: no key"},
	{"revoked", "{\"colour\": 1}", "revoked.colour: no key"},
	{"revoked", "7", "revoked: no key"},
	{"revoked", "{\"rank\": \"king\"}", "revoked.rank: accepted"},
	{"revoked", "{\"time\": {\"time\": null}}", "revoked.time: accepted"},
	{"time", "\"2027-01-15T08:00:00Z\"", "time: no key"},
	{"name", "7", "name: accepted"},
	{"name", "[\"x\"]", "name: accepted"},
	{"id", "\"4fJk29sQxZbb\"", "id: accepted"},
	{"uid", "4294967296", "uid: accepted"},
	{"uid", "-1", "uid: accepted"},
	{"uid", "1.5", "uid: accepted"},
	{"uid", "\"7\"", "uid: accepted"},
	{"kind", "\"\"", "kind: accepted"},
	{"kind", "1", "kind: accepted"},
	{"scopes", "\"sshd\"", "scopes: accepted"},
	{"scopes", "[\"a,b\"]", "scopes: accepted"},
	{"scopes", "[\"\"]", "scopes: accepted"},
	{"scopes", "[7]", "scopes: accepted"},
	{"expires", "\"never\"", "expires: accepted"},
	{"expires", "\"2027-02-29T00:00:00Z\"", "expires: accepted"},
	{"expires", "\"2027-02-28T00:00:00.5Z\"", "expires: accepted"},
	{"expires", "\"2027-02-28T00:00:00.500000Z\"", "expires: accepted"},
	{"expires", "\"2027-02-28T00:00:00+01:00\"", "expires: accepted"},
	{"expires", "\"1970-01-01T00:00:00Z\"", "expires: accepted"},
	{"created", "\"2027-02-28T00:00:00\"", "created: accepted"},
	{"retires", "1", "retires: accepted"},
	{"verifier", "\"00\"", "verifier: accepted"},
	{"verifier", "\"g000000000000000000000000000000000000000000000000000000000000000\"",
		"verifier: accepted"},
};

START_TEST(bad_values)
{
	const struct usage unused = {0};
	struct record r = least_record(), out;
	json_t *doc = transfer_json(&r, &unused), *value;
	struct usage used;
	char why[256] = "";

	value = json_loads(bad[_i].json, JSON_DECODE_ANY, NULL);
	ck_assert_ptr_nonnull(value);
	json_object_set_new(doc, bad[_i].key, value);
	ck_assert_int_eq(transfer_parse(doc, &out, &used, why, sizeof(why)), ERR_INVALID);
	ck_assert_msg(strncmp(why, bad[_i].why, strlen(bad[_i].why)) == 0, "%s", why);
	json_decref(doc);
}
END_TEST

/* A list longer than the member that it goes into. */
START_TEST(long_lists)
{
	const struct usage unused = {0};
	struct record r = least_record(), out;
	json_t *doc = transfer_json(&r, &unused), *list = json_array();
	struct usage used;
	char why[256];

	for (int i = 0; i < LIMIT_SCOPES / 2; i++)
		json_array_append_new(list, json_string("a"));
	json_object_set_new(doc, "scopes", list);
	ck_assert_int_eq(transfer_parse(doc, &out, &used, why, sizeof(why)), 0);
	ck_assert_uint_eq(strlen(out.scopes), LIMIT_SCOPES - 1);
	json_array_append_new(list, json_string("b"));
	ck_assert_int_eq(transfer_parse(doc, &out, &used, why, sizeof(why)), ERR_INVALID);
	json_decref(doc);
}
END_TEST

/* Absent and null are the same, also of objects. */
START_TEST(absent)
{
	const struct usage unused = {0};
	struct record r = least_record(), out;
	json_t *doc = transfer_json(&r, &unused);
	struct usage used;
	char why[256];

	json_object_set_new(doc, "expires", json_null());
	json_object_set_new(doc, "revoked", json_null());
	json_object_del(doc, "note");
	json_object_del(doc, "rotated");
	ck_assert_int_eq(transfer_parse(doc, &out, &used, why, sizeof(why)), 0);
	ck_assert_uint_eq(out.expires, 0);
	ck_assert_str_eq(out.note, "");
	json_decref(doc);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("transfer");
	TCase *t = tcase_create("transfer");

	tcase_add_test(t, there_and_back);
	tcase_add_test(t, names);
	tcase_add_loop_test(t, bad_values, 0, (int)COUNT(bad));
	tcase_add_test(t, long_lists);
	tcase_add_test(t, absent);
	suite_add_tcase(s, t);
	return unit_run(s);
}
