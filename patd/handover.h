/*
 * handover.h: who was let in by which token, from authenticate to the beginning of the session.
 *
 * One login, one session: what is claimed is gone, and claimed it is only by the process that
 * authenticated or by its parent (sshd authenticates in a child), which also has to know the token.
 * It is kept in memory; what is not claimed within HANDOVER_MS is written too, so that it survives
 * an orderly restart, and no login waits for a disk. All of it is the loop's thread's.
 */
#ifndef PATD_HANDOVER_H
#define PATD_HANDOVER_H

#include <stdbool.h>

#include "patd/commit.h"
#include "patd/session.h"

struct event_base;
struct handovers;

enum { HANDOVER_MS = 1000 };

/* What is claimed, or held. */
struct handover_held {
	struct handover handover;
	bool stored;
};

/* NULL: no memory. */
struct handovers *handovers_new(struct event_base *base, struct committer *committer);
/* Takes what the store has. 0 or ERR_STORE. */
int handovers_load(struct handovers *h, struct store_txn *t, uint64_t now);
/* Writes what was not written yet into `t`. Call with the committer stopped. */
int handovers_flush(struct handovers *h, struct store_txn *t);
void handovers_free(struct handovers *h);

/* A process logs in once at a time: a later login of it takes the earlier one's place. */
void handovers_add(struct handovers *h, const struct handover *handover);

/*
 * The login by the token `id` that this process, or a child of it for the same user, was accepted
 * for; NULL: none, or it is older than LIMIT_HANDOVER_S. It is the caller's then, who gives it back
 * or is done with it.
 */
struct handover_held *handovers_claim(struct handovers *h, const struct process *caller,
	const char *id, struct span user, uint64_t now);
void handovers_return(struct handovers *h, struct handover_held *held);
void handovers_done(struct handover_held *held);

#endif
