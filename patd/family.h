/*
 * family.h: the tokens that hang together, and what is done to them together.
 *
 * A token that was rotated and its successor are one family: a chain from the oldest that is kept
 * to its head, which share a name and the count of their uses (the head's record has it). What was
 * exchanged for a token hangs below it, LIMIT_DEPTH deep: it is no better than what is above it.
 *
 * All work on one transaction and return 0 or ERR_STORE, unless they say more. After a failure the
 * transaction may have seen some of the writes: it is not to be committed.
 */
#ifndef PATD_FAMILY_H
#define PATD_FAMILY_H

#include "patd/decide.h"
#include "patd/store.h"

/* The last one that the token was rotated to; itself, if it was not. ERR_NO_TOKEN: one between them
 * is gone. */
int family_head(struct store_txn *t, const struct record *token, struct record *head);

/* How many of the token's uses are counted, by whoever shares them. A head that is gone has none
 * left to give: UINT64_MAX. */
int family_used(struct store_txn *t, const struct record *token, uint64_t *used);

/* Finds what is above the token, but for last_used. */
int family_lineage(struct store_txn *t, const struct record *token, struct lineage *out);

/* Is the token, or one above it, revoked, past its end or used up? */
int family_dead(struct store_txn *t, const struct record *token, uint64_t now, bool *dead);

/*
 * One use of the token and of all above it: counted where they are limited, and predecessors of
 * the token that waited for its first use end now. family_use_writes(): is there anything to write?
 */
bool family_use_writes(const struct record *token, const struct lineage *above);
int family_use(struct store_txn *t, const struct record *token, uint64_t now);

/* How tokens are revoked. */
struct revocation {
	uint64_t now; /* seconds since the epoch */
	enum rank rank;
	const char *by;	    /* at most LIMIT_USER bytes */
	uint32_t peer;	    /* the uid that asked; EVENT_NOBODY: none */
	struct span reason; /* at most LIMIT_REASON bytes */
};

/* Marks a token as revoked, writing nothing. False: nothing changes; but a higher rank takes over
 * what was revoked. */
bool family_mark(struct record *token, const struct revocation *how);

/*
 * Revokes a token and, so that nobody can restore it, everything below it. Of all that changes the
 * event is recorded, but in family_revoke() of the token itself: of that the caller tells.
 */
int family_revoke(struct store_txn *t, const struct record *token, const struct revocation *how);
int family_revoke_told(
	struct store_txn *t, const struct record *token, const struct revocation *how);

/* Revokes the token's predecessors that are live, and what is below them; adds their number. */
int family_revoke_predecessors(struct store_txn *t, const struct record *token,
	const struct revocation *how, uint64_t *count);

/* Revokes the token, its predecessors and its successors, live or not, and what is below them. */
int family_revoke_all(
	struct store_txn *t, const struct record *token, const struct revocation *how);

/* What `reuse = revoke` does about a token whose grace time was over when it was used. ERR_ROTATED,
 * which is the answer to that use, or ERR_STORE. */
int family_reused(struct store_txn *t, const struct record *token, uint64_t now);

/* Nothing below the token lasts longer than until `end` (seconds since the epoch; 0: never): so
 * what is cleared away by its end is never above something that is left. */
int family_clip(struct store_txn *t, const struct record *token, uint64_t end);

/* Deletes a token and everything below it. */
int family_delete(struct store_txn *t, const struct record *token, uint64_t now);

#endif
