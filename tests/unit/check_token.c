/* check_token.c: the text form of a token (docs/TOKEN.md), with all the texts that are almost one.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/token.h"
#include "tests/unit/unit.h"

/* Made with Python: zlib.crc32() of all that precedes CHECK, in base 62. One of each length. */
static const struct {
	const char *prefix, *id, *secret, *check;
} vectors[] = {
	{"ab", "Zz0aA9bB8cC", "AZaz09AZaz09AZaz09AZaz09AZaz09AZaz09AZaz09A", "2QYINM"},
	{"a0", "0123456789A", "BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr", "3P2ZyY"},
	{"pat", "4fJk29sQxZb", "Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd", "1iHlU4"},
	/* a CRC so small that CHECK is padded with zeros, and one near 2^32 */
	{"pat", "Pad00001332", "PaddedWithZerosToSixDigitsOfBase62000000000", "000PoR"},
	{"pat", "Top00296125", "TheCheckOfThisTokenIsNearTheTopOfThirtyTwoB", "4gfF36"},
	{"pats", "00000000000", "0000000000000000000000000000000000000000000", "496EB6"},
	{"patx", "zzzzzzzzzzz", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "1hKp3c"},
	{"acmes", "Ab12Cd34Ef5", "PersonalAccessTokensForLinuxLogins000000000", "1QFGrH"},
	{"acmeco", "Ab12Cd34Ef5", "PersonalAccessTokensForLinuxLogins000000000", "0PFv60"},
	{"a1b2c3d", "Ab12Cd34Ef5", "PersonalAccessTokensForLinuxLogins000000000", "1usyVA"},
	{"acmecorp", "Deadbeef123", "QwErTyUiOpAsDfGhJkLzXcVbNm0987654321qWeRtYu", "1A8yXy"},
	{"z9999999", "LeadingZero", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "1tHKtF"},
};

enum {
	N_VECTORS = sizeof(vectors) / sizeof(vectors[0]),
	ROOM = 128,
	FENCED = 65536 /* a multiple of any page */
};

static size_t vector_text(int i, char out[ROOM])
{
	strcpy(out, vectors[i].prefix);
	strcat(out, "_");
	strcat(out, vectors[i].id);
	strcat(out, vectors[i].secret);
	strcat(out, vectors[i].check);
	return strlen(out);
}

/* Writes the base 62 digits of a number over the last six of n bytes. */
static void put_check(char *text, size_t n, uint64_t number)
{
	for (size_t i = 1; i <= 6; i++, number /= 62)
		text[n - i] = TOKEN_BASE62[number % 62];
}

/* Gives a text that is wrong otherwise its right CHECK, so that nothing else can save us. */
static void seal(char *text, size_t n)
{
	put_check(text, n, token_crc32(text, n - 6));
}

/* FENCED bytes between two pages that can't be touched: to read before or after them is to die. */
static char *fenced;

static void fence(void)
{
	char *p = mmap(NULL, 3 * FENCED, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + FENCED, FENCED, PROT_READ | PROT_WRITE) < 0)
		abort();
	fenced = p + FENCED;
}

static bool parses(const char *text, size_t n, struct token *out)
{
	char *last = fenced + FENCED - n;

	memcpy(last, text, n);
	return token_parse(last, n, out);
}

/* Finds the same at both ends of the fence; len is left alone when there is none. */
static size_t find(const char *text, size_t n, size_t *len)
{
	const size_t untouched = 12345;
	size_t at, len_last = untouched;
	char *last = fenced + FENCED - n;

	*len = untouched;
	memcpy(fenced, text, n);
	at = token_find(fenced, n, len);
	memcpy(last, text, n);
	ck_assert_uint_eq(token_find(last, n, &len_last), at);
	ck_assert_uint_eq(len_last, *len);
	if (at == n) {
		ck_assert_uint_eq(*len, untouched);
	} else {
		ck_assert_uint_lt(at, n);
		ck_assert_uint_le(*len, n - at);
		ck_assert(token_parse(text + at, *len, NULL));
	}
	return at;
}

START_TEST(crc32_is_zlibs)
{
	static const char zeros[32];
	static const struct {
		const char *data;
		size_t n;
		uint32_t crc;
	} cases[] = {
		{"", 0, 0x00000000},
		{"a", 1, 0xe8b7be43},
		{"123456789", 9, 0xcbf43926},
		{"\0", 1, 0xd202ef8d},
		{"\xff\xff\xff\xff", 4, 0xffffffff},
		{zeros, 32, 0x190a55ad},
		{"The quick brown fox jumps over the lazy dog", 43, 0x414fa339},
	};
	uint8_t all[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_uint_eq(token_crc32(cases[i].data, cases[i].n), cases[i].crc);
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	ck_assert_uint_eq(token_crc32(all, sizeof(all)), 0x29058c73);
}
END_TEST

START_TEST(vectors_parse_and_format)
{
	char text[ROOM], out[TOKEN_TEXT_MAX + 1];
	size_t n = vector_text(_i, text);
	struct token t;

	memset(&t, 0xa5, sizeof(t));
	ck_assert(parses(text, n, &t));
	ck_assert_str_eq(t.prefix, vectors[_i].prefix);
	ck_assert_str_eq(t.id, vectors[_i].id);
	ck_assert_str_eq(t.secret, vectors[_i].secret);
	ck_assert(token_format(&t, out));
	ck_assert_str_eq(out, text);
}
END_TEST

START_TEST(vectors_have_every_length)
{
	bool seen[ROOM] = {false};
	char text[ROOM];

	for (int i = 0; i < N_VECTORS; i++)
		seen[vector_text(i, text)] = true;
	for (size_t n = 0; n < ROOM; n++)
		ck_assert_int_eq(seen[n], n >= 63 && n <= 69);
}
END_TEST

/* A CRC-32 detects every change within 32 bits: no neighbour of a token is one. */
START_TEST(no_changed_byte_passes)
{
	char text[ROOM];
	size_t n = vector_text(_i, text);

	for (size_t at = 0; at < n; at++) {
		char right = text[at];

		for (int b = 0; b < 256; b++) {
			text[at] = (char)b;
			ck_assert_msg(token_parse(text, n, NULL) == (text[at] == right),
				"byte %zu is %d", at, b);
		}
		text[at] = right;
	}
}
END_TEST

START_TEST(no_swapped_added_or_lost_byte_passes)
{
	char text[ROOM], changed[ROOM];
	size_t n = vector_text(_i, text);

	for (size_t at = 0; at < n; at++) {
		memcpy(changed, text, at);
		memcpy(changed + at, text + at + 1, n - at - 1);
		ck_assert(!parses(changed, n - 1, NULL));
		for (const char *c = TOKEN_BASE62 "_"; *c; c++) {
			memcpy(changed, text, at);
			changed[at] = *c;
			memcpy(changed + at + 1, text + at, n - at);
			ck_assert(!parses(changed, n + 1, NULL));
		}
		if (at == 0 || text[at] == text[at - 1])
			continue;
		memcpy(changed, text, n);
		changed[at] = text[at - 1];
		changed[at - 1] = text[at];
		ck_assert(!parses(changed, n, NULL));
	}
}
END_TEST

/* A token is one at its own length alone, whatever follows it. */
START_TEST(no_other_length_passes)
{
	static const char tails[] = {'\0', '\n', ' ', '0', 'a', '_', '\xff'};
	char text[ROOM];
	size_t n = vector_text(_i, text);

	for (size_t tail = 0; tail < sizeof(tails); tail++) {
		memset(text + n, tails[tail], ROOM - n);
		for (size_t length = 0; length <= 80; length++)
			ck_assert_int_eq(parses(text, length, NULL), length == n);
	}
}
END_TEST

/* Of every length 0 to 80, a text in which all is right but the length of its prefix. */
START_TEST(every_length)
{
	for (size_t n = 0; n <= 80; n++) {
		char text[ROOM];
		size_t underscore = n > 61 ? n - 61 : 0;

		memset(text, 'a', sizeof(text));
		text[underscore] = '_';
		if (n >= 6)
			seal(text, n);
		ck_assert_msg(parses(text, n, NULL) == (n >= 63 && n <= 69), "length %zu", n);
	}
}
END_TEST

START_TEST(far_too_long)
{
	static const size_t lengths[] = {81, 511, 512, 4096, 70000};
	char *text = malloc(70000);
	size_t n = vector_text(0, text);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(text + n, 'a', 70000 - n);
		ck_assert(!token_parse(text, lengths[i], NULL));
	}
	ck_assert(!token_parse(text, SIZE_MAX, NULL));
	free(text);
}
END_TEST

static bool one_of(const char *set, int byte)
{
	return byte != 0 && strchr(set, byte);
}

/* Every byte at every place, and CHECK right: only the grammar can refuse it. */
START_TEST(grammar_of_each_place)
{
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
	static const char lower_digit[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	char text[ROOM];
	size_t n = vector_text(_i, text), prefix_len = strlen(vectors[_i].prefix);

	for (size_t at = 0; at < n - 6; at++) {
		char right = text[at];
		const char *set = at == 0	     ? lower
				  : at < prefix_len  ? lower_digit
				  : at == prefix_len ? "_"
						     : TOKEN_BASE62;

		for (int b = 0; b < 256; b++) {
			text[at] = (char)b;
			seal(text, n);
			ck_assert_msg(
				parses(text, n, NULL) == one_of(set, b), "byte %zu is %d", at, b);
		}
		text[at] = right;
	}
}
END_TEST

/* Six digits reach beyond 32 bits; what is equal modulo 2^32 only is wrong. */
START_TEST(check_does_not_wrap)
{
	char text[ROOM];
	size_t n = vector_text(_i, text);
	uint64_t crc = token_crc32(text, n - 6), end = 56800235584; /* 62^6 */

	for (uint64_t number = crc + ((uint64_t)1 << 32); number < end;
		number += (uint64_t)1 << 32) {
		put_check(text, n, number);
		ck_assert(!parses(text, n, NULL));
	}
	put_check(text, n, crc);
	ck_assert(parses(text, n, NULL));
}
END_TEST

START_TEST(refusal_leaves_out_alone)
{
	char text[ROOM];
	size_t n = vector_text(_i, text);
	struct token t, before;

	memset(&t, 0xa5, sizeof(t));
	before = t;
	text[n - 1] ^= 1;
	ck_assert(!parses(text, n, &t));
	ck_assert(!parses(text, n - 1, &t));
	ck_assert(!parses(text, 0, &t));
	ck_assert_mem_eq(&t, &before, sizeof(t));
}
END_TEST

START_TEST(prefixes)
{
	static const struct {
		const char *prefix;
		size_t n, max;
		bool valid;
	} cases[] = {
		{"", 0, 8, false},
		{"p", 1, 8, false},
		{"pa", 2, 8, true},
		{"a0", 2, 8, true},
		{"abcdefgh", 8, 8, true},
		{"abcdefghi", 9, 8, false},
		{"abcdefg", 7, 7, true},
		{"abcdefgh", 8, 7, false},
		{"abcdefgh", 3, 3, true},
		{"0a", 2, 8, false},
		{"Pat", 3, 8, false},
		{"paT", 3, 8, false},
		{"_pat", 4, 8, false},
		{"pat_", 4, 8, false},
		{"p-t", 3, 8, false},
		{"p t", 3, 8, false},
		{"pa\n", 3, 8, false},
		{"pa\0", 3, 8, false},
		{"\0pa", 3, 8, false},
		{"p\xc3\xa4t", 4, 8, false},
		{"pat", SIZE_MAX, 8, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(token_prefix_valid(cases[i].prefix, cases[i].n, cases[i].max) ==
				      cases[i].valid,
			"row %zu", i);
}
END_TEST

START_TEST(ids)
{
	char id[TOKEN_ID_LEN + 10];

	memset(id, 'Z', sizeof(id));
	for (size_t n = 0; n <= sizeof(id); n++)
		ck_assert_int_eq(token_id_valid(id, n), n == 11);
	ck_assert(!token_id_valid(id, SIZE_MAX));
	for (size_t at = 0; at < TOKEN_ID_LEN; at++) {
		for (int b = 0; b < 256; b++) {
			id[at] = (char)b;
			ck_assert_int_eq(token_id_valid(id, TOKEN_ID_LEN), one_of(TOKEN_BASE62, b));
		}
		id[at] = '0';
	}
}
END_TEST

START_TEST(format_refuses)
{
	static const char secret[] = "Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd";
	static const struct token cases[] = {
		{"", "4fJk29sQxZb", "Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd"},
		{"p", "4fJk29sQxZb", "Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd"},
		{"Pat", "4fJk29sQxZb", "Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd"},
		{"pa_", "4fJk29sQxZb", "Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd"},
		/* a prefix without its NUL */
		{{'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'}, "4fJk29sQxZb",
			"Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd"},
		{"pat", "", "Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd"},
		{"pat", "4fJk29sQxZ", "Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd"},
		{"pat", "4fJk29sQ_Zb", "Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd"},
		{"pat", "4fJk29sQxZb", ""},
		{"pat", "4fJk29sQxZb", "Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Q"},
		{"pat", "4fJk29sQxZb", "Gm1abcdefghijABCDEFGHIJ0123456789klmnopq7Q-"},
		{"pat", "4fJk29sQxZb", "Gm1abcdefghij\0BCDEFGHIJ0123456789klmnopq7Qd"},
	};
	struct token good = {"pat", "4fJk29sQxZb", ""};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[TOKEN_TEXT_MAX + 1] = "stale";

		ck_assert_msg(!token_format(&cases[i], out), "row %zu", i);
		ck_assert_str_eq(out, "");
	}
	memcpy(good.secret, secret, sizeof(secret));
	ck_assert(token_format(&good, (char[TOKEN_TEXT_MAX + 1]){""}));
}
END_TEST

/* Any token of any prefix length survives the way there and back. */
START_TEST(round_trip)
{
	uint32_t random = 1;

	for (int round = 0; round < 2000; round++) {
		char text[TOKEN_TEXT_MAX + 1],
			*parts[] = {(char[9]){0}, (char[12]){0}, (char[44]){0}};
		size_t lengths[] = {2 + (size_t)round % 7, 11, 43};
		struct token t, back;

		for (int part = 0; part < 3; part++) {
			for (size_t i = 0; i < lengths[part]; i++) {
				random = random * 1664525 + 1013904223;
				parts[part][i] = part == 0 ? (char)('a' + (random >> 16) % 26)
							   : TOKEN_BASE62[(random >> 16) % 62];
			}
		}
		memcpy(t.prefix, parts[0], sizeof(t.prefix));
		memcpy(t.id, parts[1], sizeof(t.id));
		memcpy(t.secret, parts[2], sizeof(t.secret));
		ck_assert(token_format(&t, text));
		ck_assert(parses(text, strlen(text), &back));
		ck_assert_mem_eq(&back, &t, sizeof(t));
	}
}
END_TEST

#define TEXT(literal) (literal), sizeof(literal) - 1

/* Whatever stands around a token, it is found, whole and alone. */
START_TEST(found_in_hostile_surroundings)
{
	static const struct {
		const char *before;
		size_t before_n;
		const char *after;
		size_t after_n;
	} cases[] = {
		{TEXT(""), TEXT("")},
		{TEXT(" "), TEXT(" ")},
		{TEXT("FOO_"), TEXT("")},
		{TEXT("%20"), TEXT("%20")},
		{TEXT("{\"token\":\""), TEXT("\"}")},
		{TEXT("https://alice:"), TEXT("@example.org/")},
		{TEXT("export TOKEN="), TEXT("\nexit\n")},
		{TEXT("pat_"), TEXT("_pat")},
		{TEXT("pat"), TEXT("pat")},
		{TEXT("_"), TEXT("_")},
		{TEXT("________"), TEXT("________")},
		{TEXT("a_b_c_d_e_"), TEXT("_f_g_h")},
		{TEXT("abcdefghijklmnop"), TEXT("0123456789abcdefghijklmnop")},
		{TEXT("ABCDEFGH"), TEXT("Z")},
		{TEXT("0"), TEXT("0")},
		{TEXT("\0\0\0"), TEXT("\0\0\0")},
		{TEXT("\xff\xfe_\x80"), TEXT("\xff")},
		{TEXT("\xc3\xa4"), TEXT("\xe2\x80\xa6")},
		/* an almost token right before it: the last digit of CHECK is wrong */
		{TEXT("pat_4fJk29sQxZbGm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd1iHlU5"),
			TEXT("")},
		/* a cut one before it, and a cut one after it */
		{TEXT("pat_4fJk29sQxZbGm1abcdefg"), TEXT("pat_4fJk29sQxZbGm1abcdefghijABC")},
	};
	char token[ROOM];
	size_t n = vector_text(_i, token);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[3 * ROOM];
		size_t len, all = cases[i].before_n + n + cases[i].after_n;

		memcpy(text, cases[i].before, cases[i].before_n);
		memcpy(text + cases[i].before_n, token, n);
		memcpy(text + cases[i].before_n + n, cases[i].after, cases[i].after_n);
		ck_assert_msg(find(text, all, &len) == cases[i].before_n, "row %zu", i);
		ck_assert_uint_eq(len, n);
		/* and with its last digit wrong there is none */
		text[cases[i].before_n + n - 1] ^= 1;
		ck_assert_msg(find(text, all, &len) == all, "row %zu", i);
	}
}
END_TEST

/* At every distance from both ends of a text. */
START_TEST(found_at_every_offset)
{
	static const char fillers[] = {'.', '_', 'a', '0', 'Z', '\0', '\xff'};
	char token[ROOM], text[200 + TOKEN_TEXT_MAX];
	size_t n = vector_text(_i, token);

	for (size_t f = 0; f < sizeof(fillers); f++) {
		for (size_t at = 0; at <= 200; at++) {
			size_t len;

			memset(text, fillers[f], sizeof(text));
			memcpy(text + at, token, n);
			ck_assert_uint_eq(find(text, 200 + n, &len), at);
			ck_assert_uint_eq(len, n);
		}
	}
}
END_TEST

START_TEST(not_found)
{
	char text[4096];
	size_t len, n = vector_text(_i, text);

	for (size_t cut = 0; cut < n; cut++)
		ck_assert_uint_eq(find(text, cut, &len), cut);
	for (size_t cut = 1; cut < n; cut++)
		ck_assert_uint_eq(find(text + cut, n - cut, &len), n - cut);
	for (int b = 0; b < 256; b++) {
		memset(text, b, sizeof(text));
		ck_assert_uint_eq(find(text, sizeof(text), &len), sizeof(text));
	}
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "pat_"[i % 4];
	ck_assert_uint_eq(find(text, sizeof(text), &len), sizeof(text));
}
END_TEST

/* One after the other, with and without something between: each is found, in order. */
START_TEST(all_are_found_in_order)
{
	static const char *const between[] = {"", " ", "_", "\n", "pat_", "x"};

	for (size_t b = 0; b < sizeof(between) / sizeof(between[0]); b++) {
		char text[N_VECTORS * ROOM] = "", token[ROOM];
		size_t n, at = 0, len;

		for (int i = 0; i < N_VECTORS; i++) {
			vector_text(i, token);
			strcat(strcat(text, token), between[b]);
		}
		n = strlen(text);
		for (int i = 0; i < N_VECTORS; i++) {
			at += find(text + at, n - at, &len);
			ck_assert_uint_eq(len, vector_text(i, token));
			ck_assert_mem_eq(text + at, token, len);
			at += len;
		}
		ck_assert_uint_eq(find(text + at, n - at, &len), n - at);
	}
}
END_TEST

/* CHECK says where the prefix begins: over its last 2 to 8 bytes, or nowhere. */
START_TEST(the_check_judges_the_prefix)
{
	static const char word[] = "abcdefghijkl";

	for (size_t over = 0; over < sizeof(word); over++) {
		char text[ROOM];
		size_t start = sizeof(word) - 1 - over, n = sizeof(word) + 60, len;

		memcpy(text, word, sizeof(word) - 1);
		text[sizeof(word) - 1] = '_';
		memset(text + sizeof(word), 'Q', 60);
		seal(text + start, n - start);
		if (over >= 2 && over <= 8) {
			ck_assert_uint_eq(find(text, n, &len), start);
			ck_assert_uint_eq(len, n - start);
		} else {
			ck_assert_uint_eq(find(text, n, &len), n);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("token");
	TCase *t = tcase_create("token");

	fence();
	tcase_set_timeout(t, 60); /* for the sanitizers' sake */
	tcase_add_test(t, crc32_is_zlibs);
	tcase_add_loop_test(t, vectors_parse_and_format, 0, N_VECTORS);
	tcase_add_test(t, vectors_have_every_length);
	tcase_add_loop_test(t, no_changed_byte_passes, 0, N_VECTORS);
	tcase_add_loop_test(t, no_swapped_added_or_lost_byte_passes, 0, N_VECTORS);
	tcase_add_loop_test(t, no_other_length_passes, 0, N_VECTORS);
	tcase_add_test(t, every_length);
	tcase_add_test(t, far_too_long);
	tcase_add_loop_test(t, grammar_of_each_place, 0, N_VECTORS);
	tcase_add_loop_test(t, check_does_not_wrap, 0, N_VECTORS);
	tcase_add_loop_test(t, refusal_leaves_out_alone, 0, N_VECTORS);
	tcase_add_test(t, prefixes);
	tcase_add_test(t, ids);
	tcase_add_test(t, format_refuses);
	tcase_add_test(t, round_trip);
	tcase_add_loop_test(t, found_in_hostile_surroundings, 0, N_VECTORS);
	tcase_add_loop_test(t, found_at_every_offset, 0, N_VECTORS);
	tcase_add_loop_test(t, not_found, 0, N_VECTORS);
	tcase_add_test(t, all_are_found_in_order);
	tcase_add_test(t, the_check_judges_the_prefix);
	suite_add_tcase(s, t);
	return unit_run(s);
}
