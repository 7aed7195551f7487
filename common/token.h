/*
 * token.h: the text form of a token (docs/TOKEN.md) and its checksum. Pure: no I/O, no allocation.
 *
 *     PREFIX_ID.........SECRET.....................................CHECK.
 *            11         43                                         6
 */
#ifndef PAT_TOKEN_H
#define PAT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TOKEN_PREFIX_MIN = 2, /* with the kind's letter */
	TOKEN_PREFIX_MAX = 8,
	TOKEN_SITE_PREFIX_MAX = 7, /* without it */
	TOKEN_ID_LEN = 11,
	TOKEN_SECRET_LEN = 43,
	TOKEN_CHECK_LEN = 6,
	TOKEN_BODY_LEN = TOKEN_ID_LEN + TOKEN_SECRET_LEN + TOKEN_CHECK_LEN,
	TOKEN_TEXT_MIN = TOKEN_PREFIX_MIN + 1 + TOKEN_BODY_LEN, /* 63 */
	TOKEN_TEXT_MAX = TOKEN_PREFIX_MAX + 1 + TOKEN_BODY_LEN, /* 69 */
};

/* The digits, in the order of their values; every run of them may come next to the underscore. */
#define TOKEN_BASE62 "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* A token taken apart. Holds the secret: wipe it. All strings are NUL-terminated. */
struct token {
	char prefix[TOKEN_PREFIX_MAX + 1];
	char id[TOKEN_ID_LEN + 1];
	char secret[TOKEN_SECRET_LEN + 1];
};

/*
 * Is this text, all n bytes of it, a token: form and checksum? Fills `out` (which may be NULL) only
 * if so. Says nothing about whether such a token exists. Reads at most TOKEN_TEXT_MAX bytes.
 */
bool token_parse(const char *text, size_t n, struct token *out);

/* The text of a token and a NUL. False, and out is "", if a part is not of its form. */
bool token_format(const struct token *t, char out[TOKEN_TEXT_MAX + 1]);

/*
 * Finds the first token in a text in which anything may stand before and after it (`FOO_pat_…`,
 * `%20pat_…`): every prefix length is tried at each underscore, and the checksum judges (at most
 * one length can check). Returns the offset and sets *len; n if there is none.
 */
size_t token_find(const char *text, size_t n, size_t *len);

/* The length of the prefix of the token whose underscore is text[at], by the same rule; 0: there is
 * none around it. */
size_t token_around(const char *text, size_t n, size_t at);

/* Are these n bytes of the form of an ID? */
bool token_id_valid(const char *id, size_t n);

/* Are these n bytes a prefix: [a-z][a-z0-9]*, of min to max bytes? */
bool token_prefix_valid(const char *prefix, size_t n, size_t max);

/* CRC-32 of IEEE 802.3 (reflected, polynomial 0xEDB88320), as zlib's crc32(). */
uint32_t token_crc32(const void *data, size_t n);

#endif
