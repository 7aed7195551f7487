/* check_converse.c: the reports of the conversation's process. The conversation: check_reauth.c. */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patd/converse.h"
#include "tests/unit/unit.h"

static const struct converse_report reports[] = {
	{.ended = false},
	{.ended = true},
	{.ended = true, .err = ERR_REAUTH},
	{.ended = true, .err = ERR_NO_FACTOR, .message = "alice has no password here"},
};

enum { N_REPORTS = sizeof(reports) / sizeof(reports[0]) };

START_TEST(round_trip)
{
	struct converse_report back;
	char buf[CONVERSE_PACKET];
	size_t n = converse_encode(&reports[_i], buf);

	ck_assert_int_eq(converse_decode(buf, n, &back), 0);
	ck_assert_int_eq(back.ended, reports[_i].ended);
	ck_assert_int_eq(back.err, reports[_i].err);
	ck_assert_str_eq(back.message, reports[_i].message);
}
END_TEST

START_TEST(longest_message)
{
	struct converse_report r = {.ended = true, .err = ERR_IO}, back;
	char buf[CONVERSE_PACKET];

	memset(r.message, 'm', LIMIT_MESSAGE);
	ck_assert_uint_eq(converse_encode(&r, buf), CONVERSE_PACKET);
	ck_assert_int_eq(converse_decode(buf, CONVERSE_PACKET, &back), 0);
	ck_assert_str_eq(back.message, r.message);
}
END_TEST

/* Refused with `out` left alone, or exactly what these bytes say. */
static void judge(const char *bytes, size_t n)
{
	struct converse_report r, untouched;
	char again[CONVERSE_PACKET];

	memset(&r, 0x5a, sizeof(r));
	untouched = r;
	if (converse_decode(bytes, n, &r)) {
		ck_assert_int_eq(memcmp(&r, &untouched, sizeof(r)), 0);
		return;
	}
	ck_assert_uint_eq(converse_encode(&r, again), n);
	ck_assert_mem_eq(again, bytes, n);
}

START_TEST(hostile)
{
	char buf[CONVERSE_PACKET], hurt[CONVERSE_PACKET] = {0};
	size_t n = converse_encode(&reports[_i], buf);

	for (size_t cut = 0; cut < n; cut++)
		judge(buf, cut);
	memcpy(hurt, buf, n);
	judge(hurt, n + 1);
	for (size_t at = 0; at < n; at++) {
		for (int change = 1; change < 256; change++) {
			hurt[at] = (char)(buf[at] ^ change);
			judge(hurt, n);
		}
		hurt[at] = buf[at];
	}
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
} refused[] = {
	{"", 0},
	{"\0", 1},     /* no such kind */
	{"\3\0\0", 3}, /* no such kind */
	{"\1\0", 2},   /* an answer, and more */
	{"\2", 1},     /* an end without a result */
	{"\2\0", 2},
	{"\2\xff\xff", 3}, /* no such error */
	{"\2\0\x1f"
	 "a\0b",
		6},
};

START_TEST(not_a_report)
{
	struct converse_report r;

	ck_assert_int_eq(converse_decode(refused[_i].bytes, refused[_i].n, &r), ERR_PROTO);
}
END_TEST

START_TEST(too_long)
{
	char buf[CONVERSE_PACKET + 1];
	struct converse_report r;

	memset(buf, 'm', sizeof(buf));
	memcpy(buf, "\2\0\x1f", 3);
	ck_assert_int_eq(converse_decode(buf, CONVERSE_PACKET, &r), 0);
	ck_assert_int_eq(converse_decode(buf, CONVERSE_PACKET + 1, &r), ERR_PROTO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("converse");
	TCase *t = tcase_create("converse");

	tcase_add_loop_test(t, round_trip, 0, N_REPORTS);
	tcase_add_test(t, longest_message);
	tcase_add_loop_test(t, hostile, 0, N_REPORTS);
	tcase_add_loop_test(t, not_a_report, 0, (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(t, too_long);
	suite_add_tcase(s, t);
	return unit_run(s);
}
