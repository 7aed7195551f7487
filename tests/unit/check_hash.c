/* check_hash.c: a token's secret and its hash, against docs/TOKEN.md. */
#include <stdlib.h>
#include <string.h>

#include "patd/hash.h"
#include "tests/unit/unit.h"

enum { MANY = 10000 };

/*
 * Of another implementation, Python's:
 * hashlib.blake2b(secret, digest_size=32, salt=id + 5 * b"\0", person=b"pam_pat" + 9 * b"\0")
 */
static const struct {
	struct token token;
	const char hash[RECORD_HASH + 1];
} vectors[] = {
	{{"pat", "4fJk29sQxZb", "Gm1aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1uV2wX3yZ4a"},
		"\x24\xdd\xf3\x5c\x1b\x0f\x5a\xfd\xc1\x0d\x8a\x14\x01\xbf\xe4\xd1"
		"\x97\xf6\x4f\xb4\x4d\x40\xb7\x51\x26\xfd\x65\xaf\x3e\x1d\x66\x55"},
	{{"pats", "00000000000", "0000000000000000000000000000000000000000000"},
		"\xd3\x0e\x29\x61\xc9\x74\x82\x7b\x28\xe5\x68\x3a\x72\x8d\xcf\xe1"
		"\x80\xf2\x73\x64\x05\x99\xf7\xa0\xf0\xc0\x39\xa3\x8f\x15\x7d\x78"},
	{{"acmex", "zzzzzzzzzzz", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"},
		"\x3e\xa0\x58\xe8\x6f\x40\xb7\xaf\xc1\x2e\x27\x96\x24\x84\x65\x39"
		"\xb5\xc0\xc1\x9b\x2a\x8c\x7b\x2a\x43\x8a\xce\x3b\x56\x40\x91\xb0"},
};

static void setup(void)
{
	ck_assert_int_eq(hash_init(), 0);
}

START_TEST(known_hashes)
{
	uint8_t hash[RECORD_HASH];

	hash_secret(&vectors[_i].token, hash);
	ck_assert_mem_eq(hash, vectors[_i].hash, RECORD_HASH);
	ck_assert(hash_matches(&vectors[_i].token, hash));
}
END_TEST

/* The prefix may change with the site's configuration: it is no part of what is hashed. */
START_TEST(prefix_does_not_matter)
{
	struct token t = vectors[0].token;
	uint8_t hash[RECORD_HASH];

	strcpy(t.prefix, "acmes");
	hash_secret(&t, hash);
	ck_assert_mem_eq(hash, vectors[0].hash, RECORD_HASH);
}
END_TEST

START_TEST(every_bit_of_the_hash_matters)
{
	uint8_t stored[RECORD_HASH];

	for (size_t bit = 0; bit < 8 * RECORD_HASH; bit++) {
		memcpy(stored, vectors[_i].hash, RECORD_HASH);
		stored[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_msg(!hash_matches(&vectors[_i].token, stored), "bit %zu", bit);
	}
}
END_TEST

/* Every other digit at every place of one part of the token. */
static void every_change_is_a_mismatch(size_t offset, size_t n)
{
	uint8_t stored[RECORD_HASH];
	struct token t = vectors[0].token;

	hash_secret(&t, stored);
	for (size_t i = 0; i < n; i++) {
		char *place = (char *)&t + offset + i, was = *place;

		for (const char *digit = TOKEN_BASE62; *digit; digit++) {
			*place = *digit;
			ck_assert_msg(hash_matches(&t, stored) == (*digit == was), "%c at %zu",
				*digit, i);
		}
		*place = was;
	}
}

START_TEST(every_character_of_the_secret_matters)
{
	every_change_is_a_mismatch(offsetof(struct token, secret), TOKEN_SECRET_LEN);
}
END_TEST

START_TEST(every_character_of_the_id_matters)
{
	every_change_is_a_mismatch(offsetof(struct token, id), TOKEN_ID_LEN);
}
END_TEST

START_TEST(no_such_token)
{
	static const uint8_t zeros[RECORD_HASH];

	for (size_t i = 0; i < COUNT(vectors); i++) {
		ck_assert(!hash_matches(&vectors[i].token, NULL));
		ck_assert(!hash_matches(&vectors[i].token, zeros));
	}
}
END_TEST

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Base62 and nothing else, each digit about as often as any other, none of the texts twice. The
 * bound is eight standard deviations: a random byte modulo 62 is off by twelve.
 */
static void uniform(char **texts, size_t length)
{
	static const char digits[] = TOKEN_BASE62;
	size_t seen[256] = {0}, expected = MANY * length / 62;
	double off;

	for (size_t i = 0; i < MANY; i++) {
		ck_assert_uint_eq(strlen(texts[i]), length);
		for (size_t j = 0; j < length; j++)
			seen[(uint8_t)texts[i][j]]++;
	}
	for (unsigned c = 0; c < 256; c++) {
		if (c == 0 || !strchr(digits, (int)c)) {
			ck_assert_uint_eq(seen[c], 0);
			continue;
		}
		off = (double)seen[c] - (double)expected;
		ck_assert_msg(off * off < 64.0 * (double)expected, "%c: %zu of %zu", c, seen[c],
			expected);
	}
	qsort(texts, MANY, sizeof(texts[0]), by_text);
	for (size_t i = 1; i < MANY; i++)
		ck_assert_str_ne(texts[i - 1], texts[i]);
}

START_TEST(tokens_are_uniform)
{
	static struct token tokens[MANY];
	static char *ids[MANY], *secrets[MANY];

	for (size_t i = 0; i < MANY; i++) {
		strcpy(tokens[i].prefix, "pat");
		hash_new_token(&tokens[i]);
		ck_assert_str_eq(tokens[i].prefix, "pat");
		ids[i] = tokens[i].id;
		secrets[i] = tokens[i].secret;
	}
	uniform(ids, TOKEN_ID_LEN);
	uniform(secrets, TOKEN_SECRET_LEN);
}
END_TEST

START_TEST(new_tokens_are_tokens)
{
	struct token t = {.prefix = "pat"}, parsed;
	char text[TOKEN_TEXT_MAX + 1];
	uint8_t stored[RECORD_HASH];

	hash_new_token(&t);
	ck_assert(token_format(&t, text));
	ck_assert(token_parse(text, strlen(text), &parsed));
	hash_secret(&t, stored);
	ck_assert(hash_matches(&parsed, stored));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hash");
	TCase *t = tcase_create("hash");

	tcase_set_timeout(t, 60); /* for the sanitizers' sake */
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, known_hashes, 0, COUNT(vectors));
	tcase_add_test(t, prefix_does_not_matter);
	tcase_add_loop_test(t, every_bit_of_the_hash_matters, 0, COUNT(vectors));
	tcase_add_test(t, every_character_of_the_secret_matters);
	tcase_add_test(t, every_character_of_the_id_matters);
	tcase_add_test(t, no_such_token);
	tcase_add_test(t, tokens_are_uniform);
	tcase_add_test(t, new_tokens_are_tokens);
	suite_add_tcase(s, t);
	return unit_run(s);
}
