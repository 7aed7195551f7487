/*
 * session.h: logins that were accepted and the sessions that came of them, as the store holds them,
 * and their bytes (docs/RECORD.md). Pure.
 */
#ifndef PATD_SESSION_H
#define PATD_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/limits.h"
#include "common/process.h"
#include "common/token.h"

/* A login that a token was accepted for, until its session begins. */
struct handover {
	struct process process; /* that authenticated */
	uint64_t made;		/* seconds since the epoch */
	char id[TOKEN_ID_LEN + 1];
	char user[LIMIT_USER + 1]; /* PAM_USER then */
};

/*
 * A session that a token opened. Owner, name and what is above are the token's of that time, which
 * may be gone.
 */
struct session {
	char id[TOKEN_ID_LEN + 1];
	uint64_t opened; /* seconds since the epoch */
	struct process opener;
	uint8_t nested; /* 1: it has no audit session of its own: sudo, su inside a login */
	uint32_t uid;
	char owner[LIMIT_USER + 1];
	char name[LIMIT_NAME + 1];
	char user[LIMIT_USER + 1]; /* PAM_USER, which sudo changes after the login */
	char service[LIMIT_SERVICE + 1];
	char rhost[LIMIT_RHOST + 1]; /* "": none was told */
	uint8_t above_count;	     /* what it was exchanged from, the nearest first */
	char above[LIMIT_DEPTH][TOKEN_ID_LEN + 1];
};

enum {
	HANDOVER_KEY = 4 + 8,
	HANDOVER_BYTES = PROCESS_BYTES + 8 + TOKEN_ID_LEN + 1 + LIMIT_USER,
	SESSION_KEY = TOKEN_ID_LEN + 8 + 4,
	SESSION_BYTES = PROCESS_BYTES + 1 + 4 + 5 + 2 * LIMIT_USER + LIMIT_NAME + LIMIT_SERVICE +
			LIMIT_RHOST + 1 + LIMIT_DEPTH * TOKEN_ID_LEN,
};

/* Keys, into buffers of these sizes, which they fill; an ID "" stands before all others. */
void handover_key(const struct process *p, uint8_t key[HANDOVER_KEY]);
void session_key(const struct session *s, uint8_t key[SESSION_KEY]);

/* Encode into buf (…_BYTES): the length. Decode: 0 or ERR_STORE: also if the key is another's. */
size_t handover_encode(const struct handover *h, void *buf);
int handover_decode(struct span key, struct span bytes, struct handover *out);
size_t session_encode(const struct session *s, void *buf);
int session_decode(struct span key, struct span bytes, struct session *out);

#endif
