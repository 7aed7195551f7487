/* usage.h: how a token was used, and its bytes (docs/RECORD.md). Pure. */
#ifndef PAT_USAGE_H
#define PAT_USAGE_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/limits.h"

struct usage {
	uint64_t last;			 /* seconds since the epoch; 0: never */
	uint64_t count;			 /* accepted logins */
	char service[LIMIT_SERVICE + 1]; /* of the last one */
	char rhost[LIMIT_RHOST + 1];	 /* likewise; "": none was told */
};

enum { USAGE_BYTES = 8 + 8 + 1 + LIMIT_SERVICE + 1 + LIMIT_RHOST };

/* Encodes into buf (USAGE_BYTES): the length. Decodes: 0 or ERR_STORE. */
size_t usage_encode(const struct usage *u, void *buf);
int usage_decode(struct span bytes, struct usage *out);

/* One more login. What is too long or no text is left out: it was only for people to look at. */
void usage_count(struct usage *u, uint64_t now, struct span service, struct span rhost);
/* Adds what came later to what was there. */
void usage_add(struct usage *u, const struct usage *later);

#endif
