/* check_filter.c: which tokens a list shows, by a table of tokens and questions. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patctl/filter.h"
#include "patctl/when.h"

enum { NOW = 1800000000, DAY = 86400 };

static struct proto_out packet;
static struct proto_msg message;

/* A token through the codec, as it would come from the daemon; times of 0 are absent. */
static const struct proto_msg *token(
	enum token_status status, uint64_t created, uint64_t last_used, uint64_t expires)
{
	size_t n;

	proto_begin(&packet, VERB_OK);
	proto_put_string(&packet, TAG_ID, "4fJk29sQxZb");
	proto_put_number(&packet, TAG_STATUS, status);
	proto_put_number(&packet, TAG_CREATED, created);
	if (last_used)
		proto_put_number(&packet, TAG_LAST_USED, last_used);
	if (expires)
		proto_put_number(&packet, TAG_EXPIRES, expires);
	n = proto_end(&packet);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(proto_decode(packet.packet, n, &message), 0);
	return &message;
}

static const struct {
	const char *status, *unused, *expiring;
	enum token_status is;
	uint64_t created, last_used, expires;
	bool shown;
} rows[] = {
	/* nothing asked */
	{NULL, NULL, NULL, STATUS_REVOKED, NOW, 0, 0, true},
	/* by status */
	{"active", NULL, NULL, STATUS_ACTIVE, NOW, 0, 0, true},
	{"active", NULL, NULL, STATUS_PENDING, NOW, 0, 0, false},
	{"used up", NULL, NULL, STATUS_USED_UP, NOW, 0, 0, true},
	{"disallowed", NULL, NULL, STATUS_DISALLOWED, NOW, 0, 0, true},
	/* never used: by its age, to the second */
	{NULL, "30d", NULL, STATUS_ACTIVE, NOW - 30 * DAY, 0, 0, true},
	{NULL, "30d", NULL, STATUS_ACTIVE, NOW - 30 * DAY + 1, 0, 0, false},
	{NULL, "30d", NULL, STATUS_ACTIVE, NOW, 0, 0, false},
	{NULL, "1s", NULL, STATUS_REVOKED, NOW - 1, 0, 0, true},
	/* used: by its last use, whatever its age */
	{NULL, "30d", NULL, STATUS_ACTIVE, 1, NOW - 30 * DAY, 0, true},
	{NULL, "30d", NULL, STATUS_ACTIVE, 1, NOW - 30 * DAY + 1, 0, false},
	/* times of a clock that was ahead, and past counting */
	{NULL, "1s", NULL, STATUS_ACTIVE, NOW + DAY, 0, 0, false},
	{NULL, "1s", NULL, STATUS_ACTIVE, 1, UINT64_MAX, 0, false},
	/* longer than there has been time */
	{NULL, "8000y", NULL, STATUS_ACTIVE, 1, 0, 0, false},
	/* an end that is near */
	{NULL, NULL, "7d", STATUS_ACTIVE, NOW, 0, NOW + 7 * DAY, true},
	{NULL, NULL, "7d", STATUS_ACTIVE, NOW, 0, NOW + 7 * DAY + 1, false},
	{NULL, NULL, "7d", STATUS_ACTIVE, NOW, 0, 0, false},
	{NULL, NULL, "7d", STATUS_ACTIVE, NOW, 0, UINT64_MAX, false},
	{NULL, NULL, "7d", STATUS_PENDING, NOW, 0, NOW + DAY, true},
	{NULL, NULL, "7d", STATUS_ROTATED, NOW, 0, NOW + DAY, true},
	{NULL, NULL, "7d", STATUS_LOCKED, NOW, 0, NOW + DAY, true},
	{NULL, NULL, "7d", STATUS_DISALLOWED, NOW, 0, NOW + DAY, true},
	/* of what is dead no end is near */
	{NULL, NULL, "7d", STATUS_EXPIRED, NOW, 0, NOW - 1, false},
	{NULL, NULL, "7d", STATUS_REVOKED, NOW, 0, NOW + DAY, false},
	{NULL, NULL, "7d", STATUS_USED_UP, NOW, 0, NOW + DAY, false},
	/* all that is asked must be met */
	{"active", "30d", "7d", STATUS_ACTIVE, 1, 0, NOW + DAY, true},
	{"pending", "30d", "7d", STATUS_ACTIVE, 1, 0, NOW + DAY, false},
	{"active", "30d", "7d", STATUS_ACTIVE, NOW, 0, NOW + DAY, false},
	{"active", "30d", "7d", STATUS_ACTIVE, 1, 0, NOW + 8 * DAY, false},
};

START_TEST(shows)
{
	struct args a = {.status = rows[_i].status,
		.unused = rows[_i].unused,
		.expiring = rows[_i].expiring};
	struct filter filter;

	ck_assert_int_eq(filter_parse(&a, NOW, &filter, &(struct fault){0}), 0);
	ck_assert_int_eq(filter_shows(&filter, token(rows[_i].is, rows[_i].created,
						       rows[_i].last_used, rows[_i].expires)),
		rows[_i].shown);
}
END_TEST

static const struct {
	struct args args;
	const char *option, *accepted;
} bad[] = {
	{{.status = ""}, "--status: \"\"", "disallowed"},
	{{.status = "activ"}, "--status: \"activ\"", "disallowed"},
	{{.status = "Active"}, "--status: \"Active\"", "disallowed"},
	{{.unused = ""}, "--unused: \"\"", WHEN_DURATION_FORM},
	{{.unused = "30"}, "--unused: \"30\"", WHEN_DURATION_FORM},
	{{.unused = "0d"}, "--unused: \"0d\"", WHEN_DURATION_FORM},
	{{.unused = "-1d"}, "--unused: \"-1d\"", WHEN_DURATION_FORM},
	{{.unused = "never"}, "--unused: \"never\"", WHEN_DURATION_FORM},
	{{.expiring = "2027-01-31"}, "--expiring: \"2027-01-31\"", WHEN_DURATION_FORM},
	{{.unused = "1d", .expiring = "1x"}, "--expiring: \"1x\"", WHEN_DURATION_FORM},
};

START_TEST(refused)
{
	struct filter filter, before;
	struct fault f = {0};

	memset(&filter, 0x5a, sizeof(filter));
	before = filter;
	ck_assert_int_eq(filter_parse(&bad[_i].args, NOW, &filter, &f), ERR_USAGE);
	ck_assert_mem_eq(&filter, &before, sizeof(filter));
	ck_assert_msg(strncmp(f.text, bad[_i].option, strlen(bad[_i].option)) == 0, "%s", f.text);
	ck_assert_msg(strstr(f.text, bad[_i].accepted) != NULL, "%s", f.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("filter");
	TCase *tc = tcase_create("filter");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tc, shows, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(tc, refused, 0, sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
