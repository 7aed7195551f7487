/* dispatch.h: one row a verb. What is not in the table is refused. */
#ifndef PATD_DISPATCH_H
#define PATD_DISPATCH_H

#include "patd/batch.h"
#include "patd/request.h"

struct operation {
	uint8_t verb; /* enum proto_verb; proto.c says what it carries */
	const char *name;
	/* Decides, in any transaction; answers what only reads. */
	int (*check)(struct request *r, struct store_txn *t);
	/*
	 * Writes what was decided, in the same write transaction; NULL: nothing to write. Not
	 * called after a check that set r->answered. REQUEST_AGAIN: to be run once more, check and
	 * all, when what it wrote stands; then r->parts counts those that do. If there is a next,
	 * it follows, unless the apply set r->answered.
	 */
	int (*apply)(struct request *r, struct store_txn *t);
	/* Makes the answer's packets, one a call (or REQUEST_NOTHING), until r->last; NULL: the
	 * answer is one packet. It is called again after a REQUEST_ASK and a REQUEST_ERRAND. */
	int (*next)(struct request *r, struct store_txn *t);
	/* The answer does not wait for what the apply writes: nothing that it promises hangs on
	 * that. */
	bool early;
	/* A stream to patd: puts one ITEM into r->batch, which the apply is run for. In the loop's
	 * thread, without a transaction. NULL: none comes. */
	int (*take)(struct request *r, const struct proto_msg *item);
};

/* The row of r->msg.verb, or NULL. */
const struct operation *dispatch_find(uint8_t verb);

/*
 * Runs the check. 0, REQUEST_ASK, REQUEST_REAUTHENTICATE (all is well but who the person is), or an
 * error.
 */
int dispatch_check(const struct operation *op, struct request *r, struct store_txn *t);

/* Checks again and applies, in a write transaction, which gets the deed's event too. Never
 * REQUEST_REAUTHENTICATE. */
int dispatch_apply(const struct operation *op, struct request *r, struct store_txn *t);

#endif
