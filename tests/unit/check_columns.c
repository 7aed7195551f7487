/* check_columns.c: a token as JSON, which columns are chosen, and the label of a sentence. */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patctl/columns.h"
#include "tests/unit/printed.h"

static struct proto_out packet;
static struct proto_msg message;

static void begin(void)
{
	proto_begin(&packet, VERB_OK);
	proto_put_string(&packet, TAG_ID, "4fJk29sQxZb");
}

/* Through the codec, as it would come from the daemon. */
static const struct proto_msg *end(void)
{
	size_t n = proto_end(&packet);

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(proto_decode(packet.packet, n, &message), 0);
	return &message;
}

static void check_json(const struct columns *cs, const struct proto_msg *m, const char *wanted)
{
	json_t *doc = columns_json(cs, m);
	char *text = json_dumps(doc, JSON_COMPACT);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, wanted);
	free(text);
	json_decref(doc);
}

START_TEST(everything)
{
	struct columns all;

	columns_all(&all);
	begin();
	proto_put_string(&packet, TAG_NAME, "B\xc3\xbcro");
	proto_put_number(&packet, TAG_KIND, KIND_SERVICE);
	proto_put_string(&packet, TAG_OWNER, "deploy");
	proto_put_number(&packet, TAG_UID, 4294967294);
	proto_put_number(&packet, TAG_STATUS, STATUS_REVOKED);
	proto_put_string(&packet, TAG_STATUS_REASON, "revoked by root");
	proto_put_string(&packet, TAG_SCOPES, "sshd,sudo");
	proto_put_number(&packet, TAG_CREATED, 1800000000);
	proto_put_string(&packet, TAG_CREATED_BY, "root");
	proto_put_number(&packet, TAG_EXPIRES, 1801436399);
	proto_put_string(&packet, TAG_NOTE, "\"quoted\"\n");
	proto_put_number(&packet, TAG_REVOKED, 1800000001);
	proto_put_string(&packet, TAG_REVOKED_BY, "root");
	proto_put_string(&packet, TAG_REASON, "lost");
	proto_put_string(&packet, TAG_FROM, "192.0.2.0/24,local");
	proto_put_number(&packet, TAG_NOT_BEFORE, 1800000002);
	proto_put_number(&packet, TAG_USES, 5);
	proto_put_number(&packet, TAG_USES_LEFT, 0);
	proto_put_string(&packet, TAG_BIND_KEY, "SHA256:abc");
	proto_put_string(&packet, TAG_PARENT, "00000000001");
	proto_put_string(&packet, TAG_SUCCESSOR, "00000000002");
	proto_put_number(&packet, TAG_GRACE_ENDS, 1800000004);
	proto_put_number(&packet, TAG_UNTIL_USED, 1);
	proto_put_number(&packet, TAG_LAST_USED, 1800000003);
	proto_put_string(&packet, TAG_SERVICE, "sshd");
	proto_put_string(&packet, TAG_RHOST, "192.0.2.7");
	proto_put_number(&packet, TAG_USE_COUNT, 7);
	check_json(&all, end(),
		"{\"id\":\"4fJk29sQxZb\",\"name\":\"B\xc3\xbcro\",\"kind\":\"service\","
		"\"owner\":\"deploy\",\"uid\":4294967294,\"status\":\"revoked\","
		"\"status_reason\":\"revoked by root\",\"scopes\":[\"sshd\",\"sudo\"],"
		"\"from\":[\"192.0.2.0/24\",\"local\"],"
		"\"created\":\"2027-01-15T08:00:00Z\",\"created_by\":\"root\","
		"\"expires\":\"2027-01-31T22:59:59Z\",\"not_before\":\"2027-01-15T08:00:02Z\","
		"\"uses\":5,\"uses_left\":0,\"bind_key\":\"SHA256:abc\","
		"\"parent\":\"00000000001\","
		"\"note\":\"\\\"quoted\\\"\\n\","
		"\"revoked\":{\"time\":\"2027-01-15T08:00:01Z\",\"by\":\"root\",\"reason\":"
		"\"lost\"},\"successor\":\"00000000002\","
		"\"grace_ends\":\"2027-01-15T08:00:04Z\",\"until_used\":true,"
		"\"last_used\":{\"time\":\"2027-01-15T08:00:03Z\",\"service\":"
		"\"sshd\",\"rhost\":\"192.0.2.7\"},\"use_count\":7}");
}
END_TEST

START_TEST(absent_is_null)
{
	struct columns all;

	columns_all(&all);
	begin();
	check_json(&all, end(),
		"{\"id\":\"4fJk29sQxZb\",\"name\":null,\"kind\":null,\"owner\":null,\"uid\":null,"
		"\"status\":null,\"status_reason\":null,\"scopes\":null,\"from\":null,"
		"\"created\":null,\"created_by\":null,\"expires\":null,\"not_before\":null,"
		"\"uses\":null,\"uses_left\":null,\"bind_key\":null,\"parent\":null,"
		"\"note\":null,\"revoked\":null,\"successor\":null,\"grace_ends\":null,"
		"\"until_used\":null,\"last_used\":null,\"use_count\":null}");
	begin();
	proto_put_number(&packet, TAG_REVOKED, 1);
	ck_assert_int_eq(columns_select(&all, "revoked-by,REVOKED", &(struct fault){0}), 0);
	check_json(&all, end(), "{\"revoked\":{\"by\":null,\"time\":\"1970-01-01T00:00:01Z\"}}");
	/* The two objects are null apart from one another. */
	begin();
	proto_put_number(&packet, TAG_LAST_USED, 1);
	ck_assert_int_eq(
		columns_select(&all, "revoked,last-rhost,last-used", &(struct fault){0}), 0);
	check_json(&all, end(),
		"{\"revoked\":null,"
		"\"last_used\":{\"rhost\":null,\"time\":\"1970-01-01T00:00:01Z\"}}");
}
END_TEST

START_TEST(strange_values)
{
	struct columns cs;

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	ck_assert_int_eq(
		columns_select(&cs, "name,kind,status,scopes,expires", &(struct fault){0}), 0);
	begin();
	proto_put_string(&packet, TAG_NAME, "a\xff\x1b");
	proto_put_number(&packet, TAG_KIND, 0);
	proto_put_number(&packet, TAG_STATUS, 255);
	proto_put_string(&packet, TAG_SCOPES, "");
	proto_put_number(&packet, TAG_EXPIRES, UINT64_MAX);
	check_json(&cs, end(),
		"{\"name\":\"a\\\\xff\\\\x1b\",\"kind\":\"unknown\",\"status\":\"unknown\","
		"\"scopes\":[],\"expires\":\"9999-12-31T23:59:59Z\"}");
}
END_TEST

START_TEST(chosen)
{
	struct columns cs;

	columns_listed(&cs, false);
	begin();
	check_json(&cs, end(),
		"{\"id\":\"4fJk29sQxZb\",\"name\":null,\"status\":null,\"scopes\":null,"
		"\"created\":null,\"expires\":null,\"last_used\":null}");
	columns_listed(&cs, true);
	begin();
	check_json(&cs, end(),
		"{\"id\":\"4fJk29sQxZb\",\"name\":null,\"owner\":null,\"status\":null,"
		"\"scopes\":null,\"created\":null,\"expires\":null,\"last_used\":null}");
	ck_assert_int_eq(columns_select(&cs, "Note,id", &(struct fault){0}), 0);
	begin();
	check_json(&cs, end(), "{\"note\":null,\"id\":\"4fJk29sQxZb\"}");
}
END_TEST

static const char *const not_columns[] = {
	"",
	",",
	"id,",
	",id",
	"id,,name",
	"id name",
	" id",
	"shoesize",
	"i",
	"idd",
	"status_reason",
	"id,NAME,Id",
};

START_TEST(not_chosen)
{
	struct columns cs;
	struct fault f = {0};

	columns_listed(&cs, false);
	ck_assert_int_eq(columns_select(&cs, not_columns[_i], &f), ERR_USAGE);
	ck_assert_int_eq(f.err, ERR_USAGE);
	ck_assert_uint_eq(cs.n, 7);
	/* It names the accepted ones, to the last. */
	if (!strstr(f.text, "given twice"))
		ck_assert_ptr_nonnull(strstr(f.text, "USE-COUNT"));
}
END_TEST

/* A token of the list: its ID, its parent's and its name. */
static void add_line(const struct columns *cs, struct table *t, const char *id, const char *parent)
{
	proto_begin(&packet, VERB_OK);
	proto_put_string(&packet, TAG_ID, id);
	if (parent)
		proto_put_string(&packet, TAG_PARENT, parent);
	proto_put_string(&packet, TAG_NAME, id + 10);
	columns_line(cs, end(), t);
}

static const struct {
	const char *columns;
	bool tree;
	const char *printed;
} trees[] = {
	{"name", true, "NAME\na\n|-b\n| `-d\n|   `-e\n`-c\nf\ng\n"},
	{"id,name", true,
		"ID          NAME\n"
		"0000000000a a\n"
		"0000000000b |-b\n"
		"0000000000d | `-d\n"
		"0000000000e |   `-e\n"
		"0000000000c `-c\n"
		"0000000000f f\n"
		"0000000000g g\n"},
	/* without names it is drawn in the first column */
	{"parent", true,
		"PARENT\n\n|-0000000000a\n| `-0000000000b\n|   `-0000000000d\n`-0000000000a\n"
		"0000000000x\n\n"},
	{"name", false, "NAME\na\nb\nf\nc\nd\ng\ne\n"},
};

/* Children stand under their parents, also those of children; whose parent is not there, at the
 * top. */
START_TEST(tree)
{
	struct columns cs;
	struct table *t;

	ck_assert_int_eq(columns_select(&cs, trees[_i].columns, &(struct fault){0}), 0);
	t = columns_table(&cs, false);
	if (trees[_i].tree)
		columns_tree(&cs, t);
	add_line(&cs, t, "0000000000a", NULL);
	add_line(&cs, t, "0000000000b", "0000000000a");
	add_line(&cs, t, "0000000000f", "0000000000x");
	add_line(&cs, t, "0000000000c", "0000000000a");
	add_line(&cs, t, "0000000000d", "0000000000b");
	add_line(&cs, t, "0000000000g", NULL);
	add_line(&cs, t, "0000000000e", "0000000000d");
	ck_assert_str_eq(printed(t), trees[_i].printed);
	table_free(t);
}
END_TEST

/* A daemon gone mad: its own parent, a circle, the same ID twice. All are shown, each once. */
START_TEST(no_tree)
{
	struct columns cs;
	struct table *t;

	ck_assert_int_eq(columns_select(&cs, "name", &(struct fault){0}), 0);
	t = columns_table(&cs, false);
	columns_tree(&cs, t);
	add_line(&cs, t, "0000000000a", "0000000000a");
	add_line(&cs, t, "0000000000b", "0000000000c");
	add_line(&cs, t, "0000000000c", "0000000000b");
	add_line(&cs, t, "0000000000a", "0000000000c");
	add_line(&cs, t, "0000000000d", "0000000000a");
	ck_assert_str_eq(printed(t), "NAME\na\n`-d\nb\n`-c\n  `-a\n");
	table_free(t);
}
END_TEST

START_TEST(label)
{
	char text[COLUMNS_LABEL_SIZE];
	char name[LIMIT_NAME];

	begin();
	proto_put_string(&packet, TAG_NAME, "lap\x1btop");
	ck_assert_str_eq(columns_label(end(), text), "\"lap\\x1btop\" (4fJk29sQxZb)");
	memset(name, 7, sizeof(name));
	begin();
	proto_put_text(&packet, TAG_NAME, (struct span){name, sizeof(name)});
	ck_assert_str_eq(columns_label(end(), text) + 4 * LIMIT_NAME, "7\" (4fJk29sQxZb)");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("columns");
	TCase *tc = tcase_create("columns");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, everything);
	tcase_add_test(tc, absent_is_null);
	tcase_add_test(tc, strange_values);
	tcase_add_test(tc, chosen);
	tcase_add_loop_test(tc, not_chosen, 0, sizeof(not_columns) / sizeof(not_columns[0]));
	tcase_add_loop_test(tc, tree, 0, sizeof(trees) / sizeof(trees[0]));
	tcase_add_test(tc, no_tree);
	tcase_add_test(tc, label);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
