/*
 * fuzz_scan.c: any bytes through the search for tokens, in pieces as the first byte says: what is
 * found is what a slow and obvious search of the whole finds.
 *
 * No fuzzer guesses a CRC: where the bytes have the form of a token, its CHECK is made right.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/token.h"
#include "patctl/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the search is: the tokens that the whole has, in the order of their underscores. */
struct search {
	const char *text;
	size_t n, at;
};

/* The next token: its start and length; false: there are no more. */
static bool next(struct search *s, const char **token, size_t *len)
{
	for (; s->at < s->n; s->at++) {
		for (size_t prefix = TOKEN_PREFIX_MIN; prefix <= TOKEN_PREFIX_MAX; prefix++) {
			*len = prefix + 1 + TOKEN_BODY_LEN;
			*token = s->text + s->at - prefix;
			if (prefix > s->at || s->at - prefix + *len > s->n ||
				s->text[s->at] != '_' || !token_parse(*token, *len, NULL))
				continue;
			s->at++;
			return true;
		}
	}
	return false;
}

static int on_found(void *arg, const char *text, size_t n)
{
	const char *token;
	size_t len;

	assert(next(arg, &token, &len));
	assert(len == n && memcmp(text, token, n) == 0);
	return 0;
}

static bool is_digit(char c)
{
	return strchr(TOKEN_BASE62, c) && c;
}

/* Makes the CHECK right of whatever looks like a token with this underscore. */
static void seal(char *text, size_t n, size_t at, size_t prefix)
{
	uint32_t crc;

	if (text[at] != '_' || prefix > at || n - at <= TOKEN_BODY_LEN)
		return;
	for (size_t i = 1; i <= TOKEN_BODY_LEN; i++)
		if (!is_digit(text[at + i]))
			return;
	crc = token_crc32(text + at - prefix, prefix + 1 + TOKEN_BODY_LEN - TOKEN_CHECK_LEN);
	for (size_t i = 0; i < TOKEN_CHECK_LEN; i++, crc /= 62)
		text[at + TOKEN_BODY_LEN - i] = TOKEN_BASE62[crc % 62];
}

static void scan_in(struct search whole, size_t piece)
{
	static struct scan s;
	const char *token;
	size_t len;

	scan_init(&s, on_found, &whole);
	for (size_t at = 0; at < whole.n; at += piece) {
		size_t n = whole.n - at < piece ? whole.n - at : piece;
		char *copy = malloc(n); /* its very size, so that a byte too many is seen */

		assert(copy);
		memcpy(copy, whole.text + at, n);
		assert(scan_feed(&s, copy, n) == 0);
		free(copy);
	}
	assert(!next(&whole, &token, &len));
	scan_wipe(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size ? (size_t)data[0] + 1 : 1, n = size ? size - 1 : 0;
	char *text = malloc(n + 1);
	struct search whole = {text, n, 0};

	assert(text);
	if (n)
		memcpy(text, data + 1, n);
	for (size_t at = 0; at < n; at++)
		seal(text, n, at, TOKEN_PREFIX_MIN + data[0] % 7);
	scan_in(whole, piece);
	scan_in(whole, 1);
	scan_in(whole, n + 1);
	free(text);
	return 0;
}
