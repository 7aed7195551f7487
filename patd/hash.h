/*
 * hash.h: a token's secret and what the store keeps of it (docs/TOKEN.md).
 *
 * BLAKE2b-256 (RFC 7693) of the secret's text, personalised with "pam_pat" and salted with the ID.
 * One fast hash is enough for 256 uniform bits; a slow one would only let anyone keep the host
 * busy.
 */
#ifndef PATD_HASH_H
#define PATD_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/record.h"
#include "common/token.h"

/* Call once, first. 0 or ERR_IO: the system gives no randomness. */
int hash_init(void);

/* Fills t->id and t->secret with uniform random base62; t->prefix is the caller's. */
void hash_new_token(struct token *t);

void hash_secret(const struct token *t, uint8_t out[RECORD_HASH]);

/*
 * Is t's secret the one whose hash is `stored`? Constant time. stored may be NULL (no such token):
 * then the same work is done, and the answer is no.
 */
bool hash_matches(const struct token *t, const uint8_t *stored);

/* The same of a hash that was made before: two of RECORD_HASH bytes; stored may be NULL. */
bool hash_same(const uint8_t *hash, const uint8_t *stored);

#endif
