/* check_config_scan.c: the form of pat.conf: which line of which text is wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "patd/config_scan.h"
#include "tests/unit/unit.h"

enum { WHY_SIZE = 200 };

/*
 * `v...` are keys of a value, `l...` of a list, `m...` of one that is not empty; `s` and `t` are
 * sections, with keys `v...` and `l...`, and `s` with `only` too. Others are unknown.
 */
static enum config_shape shape_of(struct span section, struct span key)
{
	if (section.n == 0 && (span_is(key, "s") || span_is(key, "t")))
		return SHAPE_SECTION;
	if (span_is(section, "s") && span_is(key, "only"))
		return SHAPE_VALUE;
	if (section.n == 0 && key.n && key.p[0] == 'm')
		return SHAPE_SOME;
	if (key.n && key.p[0] == 'v')
		return SHAPE_VALUE;
	if (key.n && key.p[0] == 'l')
		return SHAPE_LIST;
	return SHAPE_UNKNOWN;
}

static const struct {
	const char *text;
	size_t line; /* that is wrong; 0: none is */
} rows[] = {
	/* what is well formed */
	{"", 0},
	{"\n\n\n", 0},
	{"# a comment", 0},
	{"# a comment\n", 0},
	{"\t # v = 1 { \" \n", 0},
	{"v = 1", 0},
	{"v = 1\n", 0},
	{"v=1", 0},
	{"v\t=\t1\n", 0},
	{"v\n=\n1\n", 0},
	{"v = 1 # and why\n", 0},
	{"v = 1# and why\n", 0},
	{"v = word\n", 0},
	{"v = a.b_c-d@e\n", 0},
	{"v = \"a string\"\n", 0},
	{"v = \"\"\n", 0},
	{"v = \"# { } = , // /* */\"\n", 0},
	{"v = \"it's\"\n", 0},
	{"v = \"B\xc3\xbcro\"\n", 0},
	{"l = {}\n", 0},
	{"l = {a}\n", 0},
	{"l = {a,}\n", 0},
	{"l = {a, b, \"c d\"}\n", 0},
	{"l = {\n\ta, # the first\n\tb,\n}\n", 0},
	{"l={\"a\",\"b\"}", 0},
	{"v1 = 1\nv2 = 2\nl1 = {a}\nl2 = {b}\n", 0},
	{"v1 = 1 v2 = 2\n", 0},

	/* keys */
	{"x = 1\n", 1},
	{"\n\nx = 1\n", 3},
	{"v = 1\nx = 1\n", 2},
	{"x\n", 1},
	{"v = 1\nv = 1\n", 2},
	{"v = 1\nw\n", 2},
	{"v = 1\n\nl = {a}\nv = 2\n", 4},
	{"l = {a}\nl = {b}\n", 2},
	{"= 1\n", 1},
	{"\"v\" = 1\n", 1},
	{"{}\n", 1},
	{",\n", 1},
	{"v\n", 2},
	{"v", 1},
	{"v =", 1},
	{"v = \n", 2},
	{"v 1\n", 1},
	{"v == 1\n", 1},
	{"v : 1\n", 1},
	{"v += 1\n", 1},
	{"l += {a}\n", 1},

	/* values and lists */
	{"v = {a}\n", 1},
	{"v = {}\n", 1},
	{"l = a\n", 1},
	{"l = \"a\"\n", 1},
	{"\nl = {a\n", 3},
	{"l = {", 1},
	{"l = {a,\nb", 2},
	{"l = {a,,b}\n", 1},
	{"l = {,}\n", 1},
	{"l = {,a}\n", 1},
	{"l = {a b}\n", 1},
	{"l = {a = b}\n", 1},
	{"l = {{a}}\n", 1},
	{"l = {a}}\n", 1},
	{"l = }\n", 1},
	{"v = 1 2\n", 1},
	{"v = 1, 2\n", 1},
	{"v = 1;\n", 1},
	{"v = =\n", 1},
	{"v = a/b\n", 1},
	{"v = 'a'\n", 1},
	{"v = a*\n", 1}, /* in quotes only */
	{"v = *\n", 1},
	{"v = a+b\n", 1},
	{"v = +1\n", 1},
	{"l = {a, *}\n", 1},
	{"v = (a)\n", 1},

	/* strings */
	{"v = \"a\n\"\n", 1},
	{"v = \"a", 1},
	{"v = \"\n", 1},
	{"v = \"a\\\"b\"\n", 1},
	{"v = \"\\n\"\n", 1},
	{"v = \"${HOME}\"\n", 1},
	{"v = \"a$\"\n", 1},
	{"v = ${HOME}\n", 1},
	{"v = $HOME\n", 1},
	{"l = {a,\n \"${HOME}\"}\n", 2},

	/* what libconfuse would take besides */
	{"// v = 1\n", 1},
	{"v = 1 // why\n", 1},
	{"/* v = 1 */\n", 1},
	{"v = 1 /* why */\n", 1},
	{"v = 1\n/* why\n */\n", 2},
	{"include(\"/etc/shadow\")\n", 1},
	{"include \"other\"\n", 1},
	{"v {\n}\n", 1},
	{"v \"title\" {\n}\n", 1},
	{"section \"a\" {\n v = 1\n}\n", 1},
	{"v = 1\nsection \"a\" {\n", 2},

	/* lists that must have something in them */
	{"m = {a}\n", 0},
	{"m = {\na,\n}\n", 0},
	{"m = {}\n", 1},
	{"m = {\n}\n", 2},
	{"m = {,}\n", 1},
	{"m = a\n", 1},

	/* sections */
	{"s a {}\n", 0},
	{"s \"a b\" {\n}\n", 0},
	{"s \"a\" { v = 1 l = {b} }\n", 0},
	{"s a {\n\tonly = 1 # why\n\tl = {\n\t\ta,\n\t}\n}\nv = 1\n", 0},
	{"s a{v=1}s b{v=1}t a{v=1}v=1", 0},
	{"v = 1\ns a { v = 1 }\nt b { v = 1 }\nv = 1\n", 4},
	{"s a { v = 1 }\nt b { v = 1 }\n", 0}, /* a key once in each */
	{"s a {\nv = 1\nv = 2\n}\n", 3},
	{"s a {\nv = 1\n}\ns a {\n}\n", 4},
	{"s a {}\ns \"a\" {}\n", 2},
	{"s a {}\nt a {}\n", 0},
	{"s a {}\ns A {}\n", 0},
	{"s a {\nx = 1\n}\n", 2},
	{"t a {\nonly = 1\n}\n", 2},
	{"only = 1\n", 1},
	{"s a {\nm = {b}\n}\n", 2}, /* a key of the top alone */
	{"s a {\ns b {}\n}\n", 2},
	{"s a {\nt b {}\n}\n", 2},
	{"s {}\n", 1},
	{"s = a\n", 1},
	{"s = {}\n", 1},
	{"s a = {}\n", 1},
	{"s a\n", 2},
	{"s a b {}\n", 1},
	{"s a, b {}\n", 1},
	{"s {a} {}\n", 1},
	{"s\n", 2},
	{"s", 1},
	{"s a {", 1},
	{"s a {\n", 2},
	{"s a {\nv = 1\n", 3},
	{"s a {\nl = {b\n}\n", 4},
	{"s a {}}\n", 1},
	{"s a {},\n", 1},
	{"s a {} {}\n", 1},
	{"s a { v }\n", 1},
	{"s a { v = }\n", 1},
	{"s a { \"v\" = 1 }\n", 1},
	{"s a { {} }\n", 1},
	{"s a { v = 1, l = {} }\n", 1},
	{"s a\\b {}\n", 1},
	{"s \"$a\" {}\n", 1},
	{"s a { v = 1 }\ns b { w = 1 }\n", 2},
	{"s * {}\n", 1},
	{"s \"*\" {}\n", 0}, /* what a title may be is not the form's business */
	{"s \"\" {}\n", 0},
};

/* Only the given bytes may be read: they stand alone, so that a sanitizer sees it. */
static size_t scan(struct span text, char why[WHY_SIZE])
{
	char *exact = malloc(text.n ? text.n : 1);
	size_t line;

	ck_assert_ptr_nonnull(exact);
	if (text.n)
		memcpy(exact, text.p, text.n);
	memset(why, '#', WHY_SIZE);
	why[0] = '\0';
	line = config_scan((struct span){exact, text.n}, shape_of, why, WHY_SIZE);
	free(exact);
	ck_assert_ptr_nonnull(memchr(why, '\0', WHY_SIZE));
	for (const char *c = why; *c; c++)
		ck_assert_msg(
			(uint8_t)*c >= 0x20 && *c != 0x7f, "%02x in what is told", (uint8_t)*c);
	ck_assert_int_eq(line != 0, why[0] != '\0');
	return line;
}

START_TEST(texts)
{
	char why[WHY_SIZE];
	size_t line = scan(span_of(rows[_i].text), why);

	ck_assert_msg(line == rows[_i].line, "\"%s\": line %zu, %s", rows[_i].text, line, why);
}
END_TEST

/* Outside strings and comments only words, blanks and the signs of the grammar may stand. */
START_TEST(every_byte)
{
	static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				   "._@-";

	for (unsigned c = 0; c < 256; c++) {
		char text[] = "v = a?b\n", why[WHY_SIZE];
		bool fine = c && strchr(word, (int)c);

		text[5] = (char)c;
		if (c == '#') /* the rest is a comment */
			fine = true;
		ck_assert_msg(
			(scan((struct span){text, sizeof(text) - 1}, why) == 0) == fine, "%02x", c);
	}
}
END_TEST

START_TEST(nul)
{
	static const struct span with_nul[] = {
		SPAN("\0"),
		SPAN("v = 1\n\0"),
		SPAN("v = \"a\0b\"\n"),
		SPAN("v = a\0\n"),
		SPAN("v\0 = a\n"),
	};
	char why[WHY_SIZE];

	for (size_t i = 0; i < COUNT(with_nul); i++)
		ck_assert_msg(scan(with_nul[i], why) > 0, "text %zu", i);
}
END_TEST

/* Between these two no text may end: the first opens what the second closes. */
static bool within(const char *text, size_t n, const char *opens, const char *closes)
{
	size_t from = (size_t)(strstr(text, opens) - text);
	size_t to = (size_t)(strstr(text + from + 1, closes) - text);

	return n > from && n <= to;
}

START_TEST(cut_anywhere)
{
	static const char text[] =
		"# comment\nv1 = \"a string\"\nl1 = {\n\ta, \"b c\",\n}\nv2 = 3 # end\n";
	char why[WHY_SIZE];
	size_t last = 1;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		size_t line = scan((struct span){text, n}, why);

		last += n > 0 && text[n - 1] == '\n';
		ck_assert_uint_le(line, last);
		if (within(text, n, "v1", "\"\n") || within(text, n, "l1", "}") ||
			within(text, n, "v2", "3"))
			ck_assert_msg(line > 0, "%zu bytes", n);
		else
			ck_assert_msg(line == 0, "%zu bytes: %s", n, why);
	}
	ck_assert_uint_eq(scan(SPAN(text), why), 0);
}
END_TEST

/* Random junk of the grammar's own bytes ends in an answer about a line that is there. */
START_TEST(junk)
{
	static const char bytes[] = "vlx =={{}},,\"\"##\n\n\n$\\/* \t12";
	char text[64], why[WHY_SIZE];

	srand(1);
	for (unsigned round = 0; round < 100000; round++) {
		size_t n = (size_t)rand() % sizeof(text), last = 1, line;

		for (size_t i = 0; i < n; i++) {
			text[i] = bytes[(size_t)rand() % (sizeof(bytes) - 1)];
			last += text[i] == '\n';
		}
		line = scan((struct span){text, n}, why);
		ck_assert_uint_le(line, last);
	}
}
END_TEST

START_TEST(deep_lines)
{
	enum { LINES = 100000 };
	char *text = malloc(LINES + 16), why[WHY_SIZE];

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', LINES);
	memcpy(text + LINES, "x = 1", 5);
	ck_assert_uint_eq(scan((struct span){text, LINES + 5}, why), LINES + 1);
	free(text);
}
END_TEST

/* LIMIT_LIST elements, with and without a comma after the last, and one more. */
START_TEST(longest_lists)
{
	char *text = malloc(2 * LIMIT_LIST + 64), why[WHY_SIZE];

	ck_assert_ptr_nonnull(text);
	for (unsigned more = 0; more < 2; more++)
		for (unsigned comma = 0; comma < 2; comma++) {
			size_t n = (size_t)sprintf(text, "l = {");

			for (unsigned i = 0; i < LIMIT_LIST + more; i++)
				n += (size_t)sprintf(text + n, i ? ",a" : "a");
			n += (size_t)sprintf(text + n, comma ? ",}" : "}");
			ck_assert_msg((scan((struct span){text, n}, why) > 0) == more,
				"%u more, %u commas: \"%s\"", more, comma, why);
		}
	free(text);
}
END_TEST

START_TEST(little_room_for_the_reason)
{
	for (size_t size = 1; size < 40; size++) {
		char why[64];

		memset(why, '#', sizeof(why));
		ck_assert_uint_eq(config_scan(SPAN("x = 1"), shape_of, why, size), 1);
		ck_assert_ptr_nonnull(memchr(why, '\0', size));
		ck_assert_int_eq(why[size], '#');
	}
}
END_TEST

START_TEST(comments)
{
	static const char *const each[][2] = {
		{"", ""},
		{"v = 1\n", "v = 1\n"},
		{"# c\nv = 1", "   \nv = 1"},
		{"v = 1 # c", "v = 1    "},
		{"v = \"#\" # \"#\"\n#\n", "v = \"#\"      \n \n"},
	};

	for (size_t i = 0; i < COUNT(each); i++) {
		char text[64];

		strcpy(text, each[i][0]);
		config_blank_comments(text, strlen(text));
		ck_assert_str_eq(text, each[i][1]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config_scan");
	TCase *t = tcase_create("config_scan");

	tcase_set_timeout(t, 60); /* for the sanitizers' sake */
	tcase_add_loop_test(t, texts, 0, COUNT(rows));
	tcase_add_test(t, every_byte);
	tcase_add_test(t, nul);
	tcase_add_test(t, cut_anywhere);
	tcase_add_test(t, junk);
	tcase_add_test(t, deep_lines);
	tcase_add_test(t, longest_lists);
	tcase_add_test(t, little_room_for_the_reason);
	tcase_add_test(t, comments);
	suite_add_tcase(s, t);
	return unit_run(s);
}
