/* record.h: a token as the store holds it, and its bytes (docs/RECORD.md). Pure. */
#ifndef PAT_RECORD_H
#define PAT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/limits.h"
#include "common/proto.h"
#include "common/token.h"

enum { RECORD_VERSION = 1, RECORD_HASH = 32 };

/* Who revoked: whoever ranks below cannot restore. Nobody ranks as high as an account that is gone.
 */
enum rank { RANK_NONE = 0, RANK_OWNER = 1, RANK_MANAGER = 2, RANK_ROOT = 3, RANK_GONE = 4 };

/* Texts are copies, so that a record outlives the transaction it was read in. */
struct record {
	char id[TOKEN_ID_LEN + 1]; /* the key, not part of the bytes */
	uint8_t hash[RECORD_HASH];
	uint8_t kind; /* enum token_kind */
	uint32_t uid;
	uint64_t created; /* microseconds since the epoch */
	uint64_t expires; /* seconds since the epoch; 0: never */
	uint64_t revoked; /* seconds since the epoch; 0: not revoked */
	uint8_t revoked_rank;
	uint64_t not_before; /* seconds since the epoch; 0: from the beginning */
	uint64_t uses;	     /* how many logins it is for; 0: any number */
	uint64_t used;	     /* how many of these have been counted */
	uint64_t children;   /* how often it was exchanged */
	uint64_t rotated; /* when, seconds since the epoch; 0: not. Then `successor` is set, and: */
	uint64_t grace_ends; /* it ends then, seconds since the epoch; 0: see until_used */
	uint8_t until_used;  /* 1: it ends at its successor's first use */
	uint8_t retires;     /* 1: its own first use ends predecessors that wait for it */
	char owner[LIMIT_USER + 1];
	char name[LIMIT_NAME + 1];
	char scopes[LIMIT_SCOPES + 1];
	char created_by[LIMIT_USER + 1];
	char note[LIMIT_NOTE + 1];
	char from[LIMIT_SOURCES + 1];	    /* canonical (source.h); "": from anywhere */
	char bind_key[64];		    /* a fingerprint (bindkey.h); "": none */
	char parent[TOKEN_ID_LEN + 1];	    /* what it was exchanged for; "": it was minted */
	char successor[TOKEN_ID_LEN + 1];   /* what it was rotated to; "": not rotated */
	char predecessor[TOKEN_ID_LEN + 1]; /* what was rotated to it; "": none */
	char revoked_by[LIMIT_USER + 1];
	char reason[LIMIT_REASON + 1];
};

/* Encodes into buf (LIMIT_RECORD bytes): the length, or 0 if the record breaks a rule. */
size_t record_encode(const struct record *r, void *buf);

/* Decodes the bytes stored under `id` (of TOKEN_ID_LEN). 0 or ERR_STORE. */
int record_decode(const char *id, struct span bytes, struct record *r);

/* When it ends: the sooner of its end and, once it was rotated, of its grace time's; 0: never. */
uint64_t record_end(const struct record *r);

/* Not revoked and, at `now` (seconds), not past its end: such tokens are counted. */
bool record_live(const struct record *r, uint64_t now);

/* Live, and not rotated: such names are taken. */
bool record_current(const struct record *r, uint64_t now);

#endif
