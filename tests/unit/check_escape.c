/* check_escape.c: nothing that a terminal would obey, or show as something else, comes through. */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "patctl/escape.h"

static const struct {
	const char *text, *escaped;
} texts[] = {
	{"", ""},
	{"laptop", "laptop"},
	{"B\xc3\xbcro \xe2\x82\xac \xf0\x9f\x94\x91", "B\xc3\xbcro \xe2\x82\xac \xf0\x9f\x94\x91"},
	{"\"a\\b\"", "\"a\\b\""},
	{"a\tb\r", "a\\x09b\\x0d"},
	{"\x1b[31mred\x07", "\\x1b[31mred\\x07"},
	{"\x7f", "\\x7f"},
	{"\xc2\x9b"
	 "31m",
		"\\xc2\\x9b31m"}, /* CSI as one character */
	{"\x9b"
	 "31m",
		"\\x9b31m"}, /* and as one byte */
	{"\xe2\x80\xae"
	 "gpj",
		"\\xe2\\x80\\xaegpj"}, /* right to left from here on */
	{"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},
	{"\xe2\x80\x8f", "\\xe2\\x80\\x8f"},
	{"\xd8\x9c", "\\xd8\\x9c"},
	{"\xff\xfe", "\\xff\\xfe"},
	{"\xc3", "\\xc3"}, /* cut short */
	{"\xc3(", "\\xc3("},
	{"\xc0\xaf", "\\xc0\\xaf"},	     /* longer than it need be */
	{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* half a surrogate pair */
	{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
};

START_TEST(escaped)
{
	char out[128];

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	ck_assert_str_eq(escape_text(span_of(texts[_i].text), out, sizeof(out)), texts[_i].escaped);
	ck_assert_str_eq(
		escape_lines(span_of(texts[_i].text), out, sizeof(out)), texts[_i].escaped);
}
END_TEST

START_TEST(newlines_and_nul)
{
	static const char text[] = "a\nb\0c";
	char out[32];

	escape_text((struct span){text, 5}, out, sizeof(out));
	ck_assert_str_eq(out, "a\\x0ab\\x00c");
	escape_lines((struct span){text, 5}, out, sizeof(out));
	ck_assert_str_eq(out, "a\nb\\x00c");
}
END_TEST

/* In every room it ends whole: no byte of a character and no \x without its digits. */
START_TEST(cut)
{
	static const char *const cuts[] = {"", "", "\xc3\xa4", "\xc3\xa4", "\xc3\xa4", "\xc3\xa4",
		"\xc3\xa4\\x1b", "\xc3\xa4\\x1bz"};

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	for (size_t size = 1; size <= 8; size++) {
		char *out = malloc(size);

		ck_assert_ptr_nonnull(out);
		ck_assert_str_eq(escape_text(SPAN("\xc3\xa4\x1bz"), out, size), cuts[size - 1]);
		free(out);
	}
}
END_TEST

START_TEST(worst_case_fits)
{
	char text[64], out[ESCAPE_SIZE(64)];

	memset(text, 1, sizeof(text));
	escape_text((struct span){text, sizeof(text)}, out, sizeof(out));
	ck_assert_uint_eq(strlen(out), 256);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("escape");
	TCase *tc = tcase_create("escape");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tc, escaped, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(tc, newlines_and_nul);
	tcase_add_test(tc, cut);
	tcase_add_test(tc, worst_case_fits);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
