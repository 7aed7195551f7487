/* check_rows.c: an answer of rows as JSON: an array, or an object by their keys. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patctl/output.h"
#include "patctl/rows.h"

static struct proto_out packet;
static struct proto_msg message;

/* Through the codec, as it would come from the daemon. */
static const struct proto_msg *row(const char *key, const char *value)
{
	size_t n;

	proto_begin(&packet, VERB_ROW);
	proto_put_string(&packet, TAG_KEY, key);
	proto_put_string(&packet, TAG_VALUE, value);
	n = proto_end(&packet);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(proto_decode(packet.packet, n, &message), 0);
	return &message;
}

static void cells(struct table *t, const struct proto_msg *m)
{
	table_text(t, proto_text(m, TAG_KEY));
	table_text(t, proto_text(m, TAG_VALUE));
}

static json_t *json_of(const struct proto_msg *m)
{
	return output_list(proto_text(m, TAG_VALUE));
}

static json_t *no_memory(const struct proto_msg *m)
{
	(void)m;
	return NULL;
}

static const char *const heads[] = {"KEY", "VALUE", NULL};
static const struct rows_form array = {heads, cells, json_of, "none", false};
static const struct rows_form object = {heads, cells, json_of, "none", true};
static const struct rows_form failing = {heads, cells, no_memory, "none", false};
static const struct rows_form failing_object = {heads, cells, no_memory, "none", true};

static void check_json(const struct rows *r, const char *wanted)
{
	char *text = json_dumps(r->doc, JSON_COMPACT);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, wanted);
	free(text);
}

START_TEST(json)
{
	struct args a = {.json = true};
	struct fault f = {0};
	struct rows r;

	ck_assert_int_eq(rows_begin(&r, &array, &a, &f), 0);
	check_json(&r, "[]");
	ck_assert_int_eq(rows_add(&r, row("require", "from,expires"), &f), 0);
	ck_assert_int_eq(rows_add(&r, row("scopes", ""), &f), 0);
	check_json(&r, "[[\"from\",\"expires\"],[]]");
	ck_assert_uint_eq(r.n, 2);
	rows_free(&r);
	ck_assert_int_eq(rows_begin(&r, &object, &a, &f), 0);
	check_json(&r, "{}");
	ck_assert_int_eq(rows_add(&r, row("require", "from,expires"), &f), 0);
	ck_assert_int_eq(rows_add(&r, row("scopes", ""), &f), 0);
	check_json(&r, "{\"require\":[\"from\",\"expires\"],\"scopes\":[]}");
	rows_free(&r);
	ck_assert_int_eq(f.err, 0);
}
END_TEST

/* A key of every length that the protocol lets through. */
START_TEST(longest_key)
{
	char key[LIMIT_USER + 1];
	struct rows r;

	memset(key, 'k', LIMIT_USER);
	key[LIMIT_USER] = '\0';
	ck_assert_int_eq(
		rows_begin(&r, &object, &(struct args){.json = true}, &(struct fault){0}), 0);
	ck_assert_int_eq(rows_add(&r, row(key, "x"), &(struct fault){0}), 0);
	ck_assert_ptr_nonnull(json_object_get(r.doc, key));
	rows_free(&r);
}
END_TEST

START_TEST(without_memory)
{
	static const struct rows_form *const forms[] = {&failing, &failing_object};

	for (size_t i = 0; i < 2; i++) {
		struct fault f = {0};
		struct rows r;

		ck_assert_int_eq(rows_begin(&r, forms[i], &(struct args){.json = true}, &f), 0);
		ck_assert_int_eq(rows_add(&r, row("k", "v"), &f), ERR_MEMORY);
		ck_assert_int_eq(f.err, ERR_MEMORY);
		rows_free(&r);
	}
}
END_TEST

/* Without --json it is a table, and no JSON is made. */
START_TEST(table)
{
	struct fault f = {0};
	struct rows r;

	ck_assert_int_eq(rows_begin(&r, &failing, &(struct args){0}, &f), 0);
	ck_assert_int_eq(rows_add(&r, row("k", "v"), &f), 0);
	ck_assert_ptr_null(r.doc);
	ck_assert_uint_eq(r.n, 1);
	ck_assert_int_eq(rows_print(&r, &f), 0);
	rows_free(&r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rows");
	TCase *tc = tcase_create("rows");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, json);
	tcase_add_test(tc, longest_key);
	tcase_add_test(tc, without_memory);
	tcase_add_test(tc, table);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
