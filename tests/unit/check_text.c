/* check_text.c: what strangers chose, in a log line and on a terminal. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "pam_pat/text.h"

static const struct {
	const char *value, *field, *quoted;
} values[] = {
	{"alice", " k=alice", " k=\"alice\""},
	{"", " k=", " k=\"\""},
	{NULL, "", ""},
	{"my laptop", " k=my\\x20laptop", " k=\"my laptop\""},
	{"x rhost=1.2.3.4", " k=x\\x20rhost\\x3d1.2.3.4", " k=\"x rhost\\x3d1.2.3.4\""},
	{"x\" rhost=1.2.3.4", " k=x\\x22\\x20rhost\\x3d1.2.3.4", " k=\"x\\x22 rhost\\x3d1.2.3.4\""},
	{"a\\b", " k=a\\x5cb", " k=\"a\\x5cb\""},
	{"a\nb\r\t\x01\x1b[0m\x7f", " k=a\\x0ab\\x0d\\x09\\x01\\x1b[0m\\x7f",
		" k=\"a\\x0ab\\x0d\\x09\\x01\\x1b[0m\\x7f\""},
	{"\xc3\xa9\xff", " k=\\xc3\\xa9\\xff", " k=\"\\xc3\\xa9\\xff\""},
	{"!~2001:db8::1%eth0", " k=!~2001:db8::1%eth0", " k=\"!~2001:db8::1%eth0\""},
};

static void check_written(struct writer *w, const char *want)
{
	ck_assert(!w->failed);
	ck_assert_uint_eq(writer_len(w), strlen(want));
	ck_assert_mem_eq(w->start, want, strlen(want));
}

START_TEST(fields)
{
	char line[TEXT_LINE];
	struct writer w;

	writer_init(&w, line, sizeof(line));
	text_field(&w, "k", values[_i].value);
	check_written(&w, values[_i].field);
	writer_init(&w, line, sizeof(line));
	text_quoted(&w, "k", values[_i].value);
	check_written(&w, values[_i].quoted);
}
END_TEST

START_TEST(long_values_are_cut)
{
	static char value[70001];
	char line[TEXT_LINE];
	struct writer w;

	for (size_t n = TEXT_VALUE; n < sizeof(value); n += 69744) {
		memset(value, 'a', n);
		value[n] = '\0';
		writer_init(&w, line, sizeof(line));
		text_field(&w, "k", value);
		ck_assert(!w.failed);
		ck_assert_uint_eq(writer_len(&w), 3 + TEXT_VALUE + (n > TEXT_VALUE ? 3 : 0));
	}
}
END_TEST

/* TEXT_LINE is what it says: seven of the worst values fit. */
START_TEST(line_has_room)
{
	char value[TEXT_VALUE + 2], line[TEXT_LINE];
	struct writer w;

	memset(value, '\n', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	writer_init(&w, line, sizeof(line));
	for (int i = 0; i < 7; i++)
		text_quoted(&w, "some_longer_key", value);
	ck_assert(!w.failed);
}
END_TEST

START_TEST(printable)
{
	static const struct {
		struct span in;
		size_t size;
		const char *out;
	} rows[] = {
		{SPAN("token \"ci\" expired on 2026-11-01"), 64,
			"token \"ci\" expired on 2026-11-01"},
		{SPAN("caf\xc3\xa9"), 64, "caf\xc3\xa9"},
		{SPAN("\x1b]0;x\x07\r\n\0\x7f"), 64, "\\x1b]0;x\\x07\\x0d\\x0a\\x00\\x7f"},
		{SPAN(""), 64, ""},
		{SPAN("abcd"), 1, ""},
		{SPAN("abcd"), 4, "abc"},
		{SPAN("abcd"), 5, "abcd"},
		{SPAN("ab\ncd"), 6, "ab"}, /* never half an escape */
		{SPAN("ab\ncd"), 7, "ab\\x0a"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[64];

		memset(out, 'Z', sizeof(out));
		text_printable(rows[i].in, out, rows[i].size);
		ck_assert_str_eq(out, rows[i].out);
		ck_assert_msg(
			rows[i].size == sizeof(out) || out[rows[i].size] == 'Z', "row %zu", i);
	}
}
END_TEST

START_TEST(plain)
{
	ck_assert(text_is_plain(SPAN("laptop")));
	ck_assert(text_is_plain(SPAN("caf\xc3\xa9 \"1\"")));
	ck_assert(!text_is_plain(SPAN("")));
	ck_assert(!text_is_plain(SPAN("a\nb")));
	ck_assert(!text_is_plain(SPAN("\x7f")));
	ck_assert(!text_is_plain(SPAN("a\0b")));
}
END_TEST

START_TEST(duration)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} rows[] = {
		{0, "less than a minute"},
		{59, "less than a minute"},
		{60, "1 minute"},
		{119, "1 minute"},
		{120, "2 minutes"},
		{3599, "59 minutes"},
		{3600, "1 hour"},
		{86399, "23 hours"},
		{86400, "1 day"},
		{3 * 86400, "3 days"},
		{4 * 86400 - 1, "3 days"},
		{UINT64_MAX, "213503982334601 days"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[TEXT_DURATION];

		text_duration(rows[i].seconds, out);
		ck_assert_str_eq(out, rows[i].text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tc = tcase_create("text");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tc, fields, 0, sizeof(values) / sizeof(values[0]));
	tcase_add_test(tc, long_values_are_cut);
	tcase_add_test(tc, line_has_room);
	tcase_add_test(tc, printable);
	tcase_add_test(tc, plain);
	tcase_add_test(tc, duration);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
