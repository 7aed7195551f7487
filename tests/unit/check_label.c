/* check_label.c: which names and notes people may give to tokens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/token.h"
#include "patd/label.h"
#include "tests/unit/unit.h"

/* Refused in names, notes and reasons alike; shown by what they do to a line of text. */
static const struct {
	const char *what;
	struct span text;
} unprintable[] = {
	{"NUL", SPAN("a\0b")},
	{"newline", SPAN("a\nb")},
	{"carriage return", SPAN("a\rb")},
	{"tab", SPAN("a\tb")},
	{"escape", SPAN("\x1b[31m")},
	{"C0's first", SPAN("a\x01")},
	{"C0's last", SPAN("a\x1f")},
	{"delete", SPAN("a\x7f")},
	{"C1's first, U+0080", SPAN("a\xc2\x80")},
	{"NEL, U+0085", SPAN("a\xc2\x85")},
	{"CSI, U+009B", SPAN("a\xc2\x9b")},
	{"C1's last, U+009F", SPAN("a\xc2\x9f")},
	{"a lone continuation byte", SPAN("a\x80")},
	{"a byte of latin 1", SPAN("caf\xe9")},
	{"a lead byte at the end", SPAN("a\xc3")},
	{"two of three bytes", SPAN("a\xe2\x82")},
	{"three of four bytes", SPAN("a\xf0\x9f\x98")},
	{"a lead byte before ASCII", SPAN("\xc3(")},
	{"overlong slash, two bytes", SPAN("a\xc0\xaf")},
	{"overlong slash, three bytes", SPAN("a\xe0\x80\xaf")},
	{"overlong slash, four bytes", SPAN("a\xf0\x80\x80\xaf")},
	{"overlong NUL", SPAN("a\xc0\x80")},
	{"overlong U+007F", SPAN("a\xc1\xbf")},
	{"overlong U+07FF", SPAN("a\xe0\x9f\xbf")},
	{"overlong U+FFFF", SPAN("a\xf0\x8f\xbf\xbf")},
	{"first surrogate", SPAN("a\xed\xa0\x80")},
	{"last surrogate", SPAN("a\xed\xbf\xbf")},
	{"a pair of surrogates", SPAN("\xed\xa0\xbd\xed\xb8\x80")},
	{"U+110000", SPAN("a\xf4\x90\x80\x80")},
	{"U+1FFFFF", SPAN("a\xf7\xbf\xbf\xbf")},
	{"five bytes", SPAN("a\xf8\x88\x80\x80\x80")},
	{"FE", SPAN("a\xfe")},
	{"FF", SPAN("a\xff")},
	{"Arabic letter mark, U+061C", SPAN("a\xd8\x9c")},
	{"left-to-right mark, U+200E", SPAN("a\xe2\x80\x8e")},
	{"right-to-left mark, U+200F", SPAN("a\xe2\x80\x8f")},
	{"line separator, U+2028", SPAN("a\xe2\x80\xa8")},
	{"paragraph separator, U+2029", SPAN("a\xe2\x80\xa9")},
	{"embedding, U+202A", SPAN("a\xe2\x80\xaa")},
	{"embedding, U+202B", SPAN("a\xe2\x80\xab")},
	{"pop, U+202C", SPAN("a\xe2\x80\xac")},
	{"override, U+202D", SPAN("a\xe2\x80\xad")},
	{"right-to-left override, U+202E", SPAN("a\xe2\x80\xae")},
	{"isolate, U+2066", SPAN("a\xe2\x81\xa6")},
	{"isolate, U+2067", SPAN("a\xe2\x81\xa7")},
	{"isolate, U+2068", SPAN("a\xe2\x81\xa8")},
	{"pop isolate, U+2069", SPAN("a\xe2\x81\xa9")},
	{"zero width space, U+200B", SPAN("a\xe2\x80\x8b")},
	{"word joiner, U+2060", SPAN("a\xe2\x81\xa0")},
	{"zero width no-break space, U+FEFF", SPAN("a\xef\xbb\xbf")},
	{"no character, U+FFFE", SPAN("a\xef\xbf\xbe")},
	{"no character, U+FFFF", SPAN("a\xef\xbf\xbf")},
};

static const struct {
	const char *what;
	struct span text;
} printable[] = {
	{"one letter", SPAN("a")},
	{"a space within", SPAN("ci laptop")},
	{"quotes and backslash", SPAN("it's \"so\" \\ so")},
	{"all of ASCII's punctuation but the slash", SPAN("!\"#$%&'()*+,-.:;<=>?@[\\]^_`{|}~")},
	{"a dash within", SPAN("a-b")},
	{"umlauts", SPAN("B\xc3\xbcro")},
	{"U+00A1", SPAN("\xc2\xa1")},
	{"Greek, Cyrillic", SPAN("\xce\xb1\xd0\xb1")},
	{"Hebrew, which is right to left by itself", SPAN("\xd7\xa9\xd7\x9c")},
	{"Chinese", SPAN("\xe7\xac\x94\xe8\xae\xb0\xe6\x9c\xac")},
	{"a combining accent", SPAN("e\xcc\x81")},
	{"an emoji", SPAN("\xf0\x9f\x9a\x80")},
	{"an emoji of two", SPAN("\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa")},
	{"the euro sign", SPAN("\xe2\x82\xac")},
	{"beside the bidi characters: U+202F's neighbour U+2030", SPAN("\xe2\x80\xb0")},
	{"U+D7FB, before the surrogates", SPAN("\xed\x9f\xbb")},
	{"U+FFFD", SPAN("\xef\xbf\xbd")},
	{"ten characters", SPAN("0123456789")},
	{"twelve characters", SPAN("0123456789ab")},
	{"eleven, but no ID", SPAN("0123456789-")},
};

START_TEST(unprintable_text)
{
	ck_assert_msg(!label_name_valid(unprintable[_i].text), "name: %s", unprintable[_i].what);
	ck_assert_msg(!label_note_valid(unprintable[_i].text), "note: %s", unprintable[_i].what);
}
END_TEST

START_TEST(printable_text)
{
	ck_assert_msg(label_name_valid(printable[_i].text), "name: %s", printable[_i].what);
	ck_assert_msg(label_note_valid(printable[_i].text), "note: %s", printable[_i].what);
}
END_TEST

/* What a name may not be and a note may. */
START_TEST(names_only)
{
	static const struct span refused[] = {
		SPAN("-"), SPAN("-a"), SPAN("--help"), SPAN("/"), SPAN("a/1"), SPAN("ci/"),
		SPAN("4fJk29sQxZb"), SPAN("00000000000"),
		SPAN("laptop12345"), /* eleven letters and digits */
	};

	for (size_t i = 0; i < COUNT(refused); i++) {
		ck_assert_msg(!label_name_valid(refused[i]), "%s", refused[i].p);
		ck_assert_msg(label_note_valid(refused[i]), "%s", refused[i].p);
	}
	ck_assert(!label_name_valid(SPAN("")));
	ck_assert(label_note_valid(SPAN("")));
	ck_assert(label_note_valid((struct span){NULL, 0}));
}
END_TEST

START_TEST(lengths)
{
	char text[2 * LIMIT_NOTE];

	memset(text, 'x', sizeof(text));
	for (size_t n = 1; n < sizeof(text); n++) {
		ck_assert_int_eq(label_name_valid((struct span){text, n}), n <= 64 && n != 11);
		ck_assert_int_eq(label_note_valid((struct span){text, n}), n <= 256);
	}
	/* bytes, not characters: 32 of two bytes, and 33 */
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	ck_assert(label_name_valid((struct span){text, 64}));
	ck_assert(!label_name_valid((struct span){text, 63})); /* cut within the last */
	ck_assert(!label_name_valid((struct span){text, 66}));
	ck_assert(label_note_valid((struct span){text, 256}));
	ck_assert(!label_note_valid((struct span){text, 258}));
}
END_TEST

/* Whoever pastes a token into a name would publish it. */
START_TEST(tokens_within)
{
	struct token t = {"pat", "4fJk29sQxZb", "Gm1aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1uV2wX3yZ4a"};
	char token[TOKEN_TEXT_MAX + 1], text[LIMIT_NOTE + 1];
	size_t n;

	strcpy(t.prefix, "pa"); /* so short that it would fit in a name */
	ck_assert(token_format(&t, token));
	n = strlen(token);
	ck_assert_uint_le(n, LIMIT_NAME_CHOSEN);
	ck_assert(!label_name_valid(span_of(token)));
	ck_assert(!label_note_valid(span_of(token)));
	token[n - 1] = token[n - 1] == 'a' ? 'b' : 'a'; /* a wrong checksum: no token */
	ck_assert(label_name_valid(span_of(token)));
	ck_assert(label_note_valid(span_of(token)));

	strcpy(t.prefix, "pats");
	ck_assert(token_format(&t, token));
	snprintf(text, sizeof(text), "the old one was FOO_%s, of May", token);
	ck_assert(!label_note_valid(span_of(text)));
	snprintf(text, sizeof(text), "%%20%s", token);
	ck_assert(!label_note_valid(span_of(text)));
}
END_TEST

/* Whatever bytes come, nothing is read past them. */
START_TEST(any_two_bytes)
{
	for (unsigned v = 0; v < 0x10000; v++) {
		const char bytes[] = {(char)(v >> 8), (char)v};
		bool ascii =
			bytes[0] >= 0x20 && bytes[0] < 0x7f && bytes[1] >= 0x20 && bytes[1] < 0x7f;
		bool latin = v >= 0xc2a0 && v <= 0xdfbf && (v & 0xc0) == 0x80;

		if (!ascii && !latin)
			ck_assert_msg(!label_note_valid((struct span){bytes, 2}), "%04x", v);
		if (ascii)
			ck_assert_msg(label_note_valid((struct span){bytes, 2}), "%04x", v);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("label");
	TCase *t = tcase_create("label");

	tcase_add_loop_test(t, unprintable_text, 0, COUNT(unprintable));
	tcase_add_loop_test(t, printable_text, 0, COUNT(printable));
	tcase_add_test(t, names_only);
	tcase_add_test(t, lengths);
	tcase_add_test(t, tokens_within);
	tcase_add_test(t, any_two_bytes);
	suite_add_tcase(s, t);
	return unit_run(s);
}
