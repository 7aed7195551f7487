/* prune.h: deletes tokens that have been dead for long enough, a bounded number at a time. */
#ifndef PATD_PRUNE_H
#define PATD_PRUNE_H

#include "patd/log_event.h"
#include "patd/store.h"

/* Dead tokens: those that ended (expired, or rotated and past their grace time) or were revoked, so
 * many seconds ago or earlier. */
struct prune_rule {
	uint64_t now; /* seconds since the epoch */
	bool expired, revoked;
	uint64_t expired_for, revoked_for; /* seconds */
};

/* Is it dead by the rule? A token that is neither revoked nor past its end never is. */
bool prune_matches(const struct record *token, const struct prune_rule *rule);

struct prune {
	struct prune_rule rule;
	const char *owner; /* of this account alone; NULL: of all */
	uint32_t uid;
	/* Of each token that goes an event like this is recorded, with its ID, name and owner. */
	struct log_event event;
};

/* What one step did. */
struct pruned {
	uint64_t count;
	bool more; /* the walk has not come to its end */
};

/*
 * Deletes what the walk finds, and what was exchanged for it, with tombstones and events, until
 * LIMIT_BATCH tokens are deleted or LIMIT_LOOKED_AT looked at. 0 or ERR_STORE.
 */
int prune_some(
	struct store_txn *t, const struct prune *p, struct store_walk *w, struct pruned *out);

#endif
