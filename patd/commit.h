/*
 * commit.h: the one thread that writes to the store, in groups: whatever waits when it begins goes
 * into one transaction and shares its fsync. So the loop never waits for a disk.
 */
#ifndef PATD_COMMIT_H
#define PATD_COMMIT_H

#include "patd/store.h"

struct event_base;
struct committer;

/*
 * A piece of writing; the caller owns it and leaves it alone from commit_submit() to done().
 *
 * run() is called in the writing thread, perhaps more than once (each time in a transaction in
 * which nothing of it has been done yet): it checks everything first and writes then. What it
 * returns reaches done() once what it wrote is durable; with ERR_STORE nothing of it is. If the
 * store fails, result is ERR_STORE.
 */
struct commit_job {
	int (*run)(void *arg, struct store_txn *t);
	void (*done)(void *arg, int result); /* in the loop's thread */
	void *arg;
	/* the rest is commit.c's */
	int result;
	struct commit_job *next;
};

/* NULL: no memory, or no thread. It ends the loop of `base` once the store is lost (store_lost()).
 */
struct committer *commit_start(struct event_base *base, struct store *store);
/* Finishes what was submitted (done() is not called any more), and ends the thread. */
void commit_stop(struct committer *c);

/* From the loop's thread. */
void commit_submit(struct committer *c, struct commit_job *job);

#endif
