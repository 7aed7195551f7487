#include "patd/hash.h"

#include <sodium.h>
#include <string.h>

#include "common/err.h"
#include "common/secret.h"

int hash_init(void)
{
	return sodium_init() < 0 ? ERR_IO : 0;
}

static void random_base62(char *out, size_t n)
{
	/* randombytes_uniform() rejects what would favour the first digits. */
	for (size_t i = 0; i < n; i++)
		out[i] = TOKEN_BASE62[randombytes_uniform(62)];
	out[n] = '\0';
}

void hash_new_token(struct token *t)
{
	random_base62(t->id, TOKEN_ID_LEN);
	random_base62(t->secret, TOKEN_SECRET_LEN);
}

void hash_secret(const struct token *t, uint8_t out[RECORD_HASH])
{
	static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "pam_pat";
	uint8_t salt[crypto_generichash_blake2b_SALTBYTES] = {0};

	memcpy(salt, t->id, TOKEN_ID_LEN);
	/* Fails only for lengths out of range, which these constants are not. */
	if (crypto_generichash_blake2b_salt_personal(out, RECORD_HASH, (const uint8_t *)t->secret,
		    TOKEN_SECRET_LEN, NULL, 0, salt, personal))
		randombytes_buf(out, RECORD_HASH);
}

bool hash_same(const uint8_t *hash, const uint8_t *stored)
{
	static const uint8_t none[RECORD_HASH];
	bool same = sodium_memcmp(hash, stored ? stored : none, RECORD_HASH) == 0;

	return same & (stored != NULL); /* && would jump on the one, which depends on secrets */
}

bool hash_matches(const struct token *t, const uint8_t *stored)
{
	uint8_t hash[RECORD_HASH];
	bool same;

	hash_secret(t, hash);
	same = hash_same(hash, stored);
	SECRET_WIPE_ARRAY(hash);
	return same;
}
