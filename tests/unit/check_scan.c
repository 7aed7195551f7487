/* check_scan.c: tokens in texts that come in pieces of any size. */
#include <string.h>

#include "patctl/scan.h"
#include "tests/unit/unit.h"

static char found[64][TOKEN_TEXT_MAX + 1];
static size_t count;
static int answer;

static int on_found(void *arg, const char *text, size_t n)
{
	ck_assert_ptr_eq(arg, found);
	ck_assert(token_parse(text, n, NULL));
	ck_assert_uint_lt(count, COUNT(found));
	memcpy(found[count], text, n);
	found[count++][n] = '\0';
	return answer;
}

/* A token of the digit, as text. */
static const char *token(const char *prefix, char digit)
{
	static char text[8][TOKEN_TEXT_MAX + 1];
	static unsigned i;
	struct token t = {{0}, {0}, {0}};

	strcpy(t.prefix, prefix);
	memset(t.id, digit, TOKEN_ID_LEN);
	memset(t.secret, digit, TOKEN_SECRET_LEN);
	ck_assert(token_format(&t, text[++i % 8]));
	return text[i % 8];
}

/* Scans in pieces of `piece` bytes. */
static void scan_in(const char *text, size_t n, size_t piece)
{
	static struct scan s;

	scan_init(&s, on_found, found);
	count = 0;
	for (size_t at = 0; at < n; at += piece)
		ck_assert_int_eq(scan_feed(&s, text + at, at + piece > n ? n - at : piece), 0);
	scan_wipe(&s);
	for (size_t i = 0; i < sizeof(s.held); i++)
		ck_assert_int_eq(s.held[i], 0);
}

static void setup(void)
{
	answer = 0;
	count = 0;
}

/* Whatever stands around them, and wherever the pieces end. */
START_TEST(in_pieces)
{
	const char *a = token("pat", 'a'), *b = token("acmex", 'B'), *c = token("ab", '0');
	char text[1024];
	size_t n = (size_t)snprintf(text, sizeof(text), "_FOO_%s%%20%s\"%s_pat_%s", a, b, c, a) +
		   1; /* with the NUL */

	for (size_t piece = 1; piece <= n; piece++) {
		scan_in(text, n, piece);
		ck_assert_msg(count == 4, "pieces of %zu: %zu found", piece, count);
		ck_assert_str_eq(found[0], a);
		ck_assert_str_eq(found[1], b);
		ck_assert_str_eq(found[2], c);
		ck_assert_str_eq(found[3], a);
	}
}
END_TEST

/* Across every place where the scan's own buffer may end. */
START_TEST(at_every_offset)
{
	static char text[3 * SCAN_PIECE];
	const char *a = token("pats", 'z');

	for (size_t at = 0; at + TOKEN_TEXT_MAX < sizeof(text); at += at % 7 ? 1 : 5) {
		memset(text, at % 2 ? '_' : 'a', sizeof(text));
		if (at > 0)
			text[at - 1] = '.';
		memcpy(text + at, a, strlen(a));
		text[at + strlen(a)] = '\0';
		scan_in(text, sizeof(text), sizeof(text));
		ck_assert_msg(count == 1, "at %zu: %zu", at, count);
		ck_assert_str_eq(found[0], a);
	}
}
END_TEST

/* A letter before it may belong to it: the checksum says which. */
START_TEST(prefix_among_letters)
{
	const char *a = token("pat", 'a');
	char text[200];

	snprintf(text, sizeof(text), "xyzxyzxyz%s", a);
	scan_in(text, strlen(text), 7);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(found[0], a);
}
END_TEST

/* One whose body begins in the end of another. */
START_TEST(overlapping)
{
	const char *a = token("pat", 'p');
	char text[300], second[TOKEN_TEXT_MAX + 1];
	struct token t = {{0}, {0}, {0}};
	size_t n = strlen(a);

	/* the last letters of a are the prefix of what follows, if they are letters */
	for (char digit = 'a'; digit <= 'z'; digit++) {
		a = token("pat", digit);
		if (token_prefix_valid(a + n - 2, 2, TOKEN_PREFIX_MAX))
			break;
	}
	ck_assert(token_prefix_valid(a + n - 2, 2, TOKEN_PREFIX_MAX));
	memcpy(t.prefix, a + n - 2, 2);
	memset(t.id, '1', TOKEN_ID_LEN);
	memset(t.secret, '2', TOKEN_SECRET_LEN);
	ck_assert(token_format(&t, second));
	snprintf(text, sizeof(text), "%s%s", a, second + 2);
	scan_in(text, strlen(text), 1000);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(found[0], a);
	ck_assert_str_eq(found[1], second);
}
END_TEST

START_TEST(what_is_none)
{
	const char *a = token("pat", 'a');
	char text[200];

	scan_in("", 0, 1);
	ck_assert_uint_eq(count, 0);
	snprintf(text, sizeof(text), "%s", a);
	text[strlen(text) - 1] ^= 1;
	scan_in(text, strlen(text), 10);
	scan_in(a, strlen(a) - 1, 10);
	scan_in(a + 1, 2, 1);
	ck_assert_uint_eq(count, 0);
	scan_in(a + 4, strlen(a) - 4, 10);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(ended_by_its_user)
{
	static struct scan s;
	char text[200];

	snprintf(text, sizeof(text), "%s %s", token("pat", 'a'), token("pat", 'b'));
	answer = -7;
	scan_init(&s, on_found, found);
	ck_assert_int_eq(scan_feed(&s, text, strlen(text)), -7);
	ck_assert_uint_eq(count, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scan");
	TCase *t = tcase_create("scan");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, in_pieces);
	tcase_add_test(t, at_every_offset);
	tcase_add_test(t, prefix_among_letters);
	tcase_add_test(t, overlapping);
	tcase_add_test(t, what_is_none);
	tcase_add_test(t, ended_by_its_user);
	suite_add_tcase(s, t);
	return unit_run(s);
}
