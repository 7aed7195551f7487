#include "common/token.h"

#include <string.h>

/* A digit's value, or -1. Comparisons of ranges, not a table: no digit of a secret is an index. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 36;
	return -1;
}

static bool all_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (digit(s[i]) < 0)
			return false;
	return true;
}

uint32_t token_crc32(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint32_t crc = 0xFFFFFFFF;

	/* Bit by bit: 63 bytes do not pay for a table of 1 KiB in every process that hosts PAM. */
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xEDB88320 & -(crc & 1));
	}
	return ~crc;
}

static void check_digits(const char *text, size_t n, char out[TOKEN_CHECK_LEN])
{
	uint32_t crc = token_crc32(text, n);

	for (int i = TOKEN_CHECK_LEN - 1; i >= 0; i--) {
		out[i] = TOKEN_BASE62[crc % 62];
		crc /= 62;
	}
}

bool token_id_valid(const char *id, size_t n)
{
	return n == TOKEN_ID_LEN && all_digits(id, n);
}

bool token_prefix_valid(const char *prefix, size_t n, size_t max)
{
	if (n < TOKEN_PREFIX_MIN || n > max || prefix[0] < 'a' || prefix[0] > 'z')
		return false;
	for (size_t i = 1; i < n; i++)
		if (!(prefix[i] >= 'a' && prefix[i] <= 'z') &&
			!(prefix[i] >= '0' && prefix[i] <= '9'))
			return false;
	return true;
}

bool token_parse(const char *text, size_t n, struct token *out)
{
	char check[TOKEN_CHECK_LEN];
	size_t prefix_len;
	const char *body;

	if (n < TOKEN_TEXT_MIN || n > TOKEN_TEXT_MAX)
		return false;
	prefix_len = n - TOKEN_BODY_LEN - 1;
	body = text + prefix_len + 1;
	if (text[prefix_len] != '_' || !token_prefix_valid(text, prefix_len, TOKEN_PREFIX_MAX) ||
		!all_digits(body, TOKEN_BODY_LEN))
		return false;
	check_digits(text, n - TOKEN_CHECK_LEN, check);
	if (memcmp(check, text + n - TOKEN_CHECK_LEN, TOKEN_CHECK_LEN) != 0)
		return false;
	if (out) {
		*out = (struct token){0};
		memcpy(out->prefix, text, prefix_len);
		memcpy(out->id, body, TOKEN_ID_LEN);
		memcpy(out->secret, body + TOKEN_ID_LEN, TOKEN_SECRET_LEN);
	}
	return true;
}

bool token_format(const struct token *t, char out[TOKEN_TEXT_MAX + 1])
{
	size_t prefix_len = strnlen(t->prefix, sizeof(t->prefix));
	char *p = out;

	out[0] = '\0';
	if (!token_prefix_valid(t->prefix, prefix_len, TOKEN_PREFIX_MAX) ||
		!token_id_valid(t->id, strnlen(t->id, sizeof(t->id))) ||
		strnlen(t->secret, sizeof(t->secret)) != TOKEN_SECRET_LEN ||
		!all_digits(t->secret, TOKEN_SECRET_LEN))
		return false;
	memcpy(p, t->prefix, prefix_len);
	p += prefix_len;
	*p++ = '_';
	memcpy(p, t->id, TOKEN_ID_LEN);
	p += TOKEN_ID_LEN;
	memcpy(p, t->secret, TOKEN_SECRET_LEN);
	p += TOKEN_SECRET_LEN;
	check_digits(out, (size_t)(p - out), p);
	p[TOKEN_CHECK_LEN] = '\0';
	return true;
}

size_t token_around(const char *text, size_t n, size_t at)
{
	if (at >= n || n - at <= TOKEN_BODY_LEN || text[at] != '_')
		return 0;
	for (size_t prefix = TOKEN_PREFIX_MAX; prefix >= TOKEN_PREFIX_MIN; prefix--)
		if (prefix <= at &&
			token_parse(text + at - prefix, prefix + 1 + TOKEN_BODY_LEN, NULL))
			return prefix;
	return 0;
}

size_t token_find(const char *text, size_t n, size_t *len)
{
	for (size_t at = TOKEN_PREFIX_MIN; at + TOKEN_BODY_LEN < n; at++) {
		size_t prefix = token_around(text, n, at);

		if (prefix == 0)
			continue;
		*len = prefix + 1 + TOKEN_BODY_LEN;
		return at - prefix;
	}
	return n;
}
