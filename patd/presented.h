/* presented.h: a token whose text was presented: by a login, an exchange, an inspection. */
#ifndef PATD_PRESENTED_H
#define PATD_PRESENTED_H

#include "patd/request.h"

/* What was presented, without its secret. */
struct presented {
	char id[TOKEN_ID_LEN + 1]; /* "": the text is no token, and nothing of it may be logged */
	uint8_t prefix_kind;	   /* 0: not a prefix of ours */
	bool known;		   /* there is a token of that ID */
	bool matches;		   /* and this was its secret */
};

/*
 * Finds the token whose text is TAG_TOKEN. 0; ERR_NO_TOKEN for a text that is none, an unknown ID
 * and a wrong secret alike, after the same work; ERR_STORE. With p->known *out is filled also where
 * the secret was wrong: it is for the log then, and for nothing else.
 */
int presented_find(struct request *r, struct store_txn *t, struct record *out, struct presented *p);

/*
 * Somebody kept what was rotated: a thief, or the one who was stolen from. What a check returns:
 * ERR_ROTATED, or 0 with r->reused, where the family is to be revoked for it (family_reused()).
 */
int presented_reused(struct request *r);

#endif
