/* view.h: a token as an answer tells it. */
#ifndef PATD_VIEW_H
#define PATD_VIEW_H

#include "patd/decide.h"
#include "patd/request.h"

/*
 * Puts the view of `token` (docs/PROTOCOL.md) into r->out, which proto_begin() has begun. 0, or
 * REQUEST_ASK when the owner has to be asked for.
 */
int view_put(struct request *r, struct store_txn *t, const struct record *token);

/* Puts when a rotated token's grace time ends: GRACE_ENDS, or UNTIL_USED. */
void view_put_grace(struct request *r, const struct record *old);

/* What the store has of its use, and what was counted since. */
int view_usage(struct request *r, struct store_txn *t, const struct record *token, struct usage *u);

/* A use of the token, for decide(): its owner, its last use, the clock. 0, REQUEST_ASK, ERR_STORE.
 * The owner's account is copied to *owner; what is above the token stands in r->lineage. */
int view_use(struct request *r, struct store_txn *t, const struct record *token,
	struct account *owner, struct use *use);

/* The status alone, and why it is not active (why: LIMIT_MESSAGE + 1 bytes). */
int view_status(struct request *r, struct store_txn *t, const struct record *token,
	enum token_status *status, char *why);

#endif
