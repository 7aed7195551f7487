/*
 * fuzz_token.c: any text through the token grammar, and against a slow and obvious reading of it.
 *
 * No fuzzer guesses a CRC, so the text's start is also tried with its CHECK made right.
 */
#include <assert.h>
#include <string.h>

#include "common/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the first token begins, by trying each place and length; size if nowhere. */
static size_t find_slowly(const char *text, size_t size, size_t *len)
{
	for (size_t underscore = 0; underscore < size; underscore++)
		for (size_t n = TOKEN_TEXT_MAX; n >= TOKEN_TEXT_MIN; n--) {
			size_t prefix = n - TOKEN_BODY_LEN - 1;

			if (prefix > underscore || size - (underscore - prefix) < n)
				continue;
			if (token_parse(text + underscore - prefix, n, NULL)) {
				*len = n;
				return underscore - prefix;
			}
		}
	return size;
}

/* The scanner's expression of docs/TOKEN.md, over all of the text. */
static bool has_form(const char *text, size_t n)
{
	size_t prefix = n - TOKEN_BODY_LEN - 1;

	for (size_t i = 0; i < n; i++) {
		bool lower = text[i] >= 'a' && text[i] <= 'z';
		bool digit = text[i] >= '0' && text[i] <= '9';
		bool upper = text[i] >= 'A' && text[i] <= 'Z';

		if (i < prefix	      ? !(lower || (digit && i > 0))
			: i == prefix ? text[i] != '_'
				      : !(lower || digit || upper))
			return false;
	}
	return true;
}

static void check_token(const char *text, size_t n)
{
	char again[TOKEN_TEXT_MAX + 1];
	struct token t;

	assert(token_parse(text, n, &t));
	assert(has_form(text, n));
	assert(token_id_valid(t.id, strlen(t.id)));
	assert(token_prefix_valid(t.prefix, strlen(t.prefix), TOKEN_PREFIX_MAX));
	assert(strlen(t.secret) == TOKEN_SECRET_LEN);
	assert(token_format(&t, again));
	assert(strlen(again) == n && memcmp(again, text, n) == 0);
}

static void check_sealed(const char *text, size_t n)
{
	char sealed[TOKEN_TEXT_MAX];
	uint32_t crc = token_crc32(text, n - TOKEN_CHECK_LEN);

	memcpy(sealed, text, n);
	for (size_t i = 1; i <= TOKEN_CHECK_LEN; i++, crc /= 62)
		sealed[n - i] = TOKEN_BASE62[crc % 62];
	if (has_form(sealed, n))
		check_token(sealed, n);
	else
		assert(!token_parse(sealed, n, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t len = 0, at = token_find(text, size, &len);
	size_t slow_len = 0, slow_at = find_slowly(text, size, &slow_len);

	assert(at == slow_at && len == slow_len);
	if (at < size) {
		assert(len <= size - at);
		check_token(text + at, len);
	}
	if (token_parse(text, size, NULL))
		check_token(text, size);
	for (size_t n = TOKEN_TEXT_MIN; n <= TOKEN_TEXT_MAX && n <= size; n++)
		check_sealed(text, n);
	return 0;
}
