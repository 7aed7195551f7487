/*
 * tally.h: logins counted in memory and written in batches at most TALLY_MS apart, so that a login
 * does not wait for a disk. A kill loses at most that much of who used what last, and nothing else.
 * The same batches carry the clock's high-water mark.
 */
#ifndef PATD_TALLY_H
#define PATD_TALLY_H

#include <stdint.h>

#include "common/usage.h"
#include "patd/commit.h"

struct tally;
struct event_base;
struct journal;

enum {
	TALLY_MS = 1000,
	TALLY_CLOCK_S = 60, /* the mark is written at least so often */
	TALLY_ROOM = 1024,  /* tokens in one batch, which is written early when half full */
};

/* All in the loop's thread, but for tally_add(). NULL: no memory. clock_mark: as the store has it.
 */
struct tally *tally_new(struct event_base *base, struct committer *committer, uint64_t clock_mark);
/* Writes the journal too, from now on, in the same batches; it must outlive the tally. */
void tally_carry(struct tally *c, struct journal *journal);
/* Does not wait for the next batch's time. */
void tally_hurry(struct tally *c);
/* Gives back what was not written yet, by writing it into `t`. Call with the committer stopped. */
int tally_flush(struct tally *c, struct store_txn *t);
void tally_free(struct tally *c);

void tally_count(
	struct tally *c, const char *id, uint64_t now, struct span service, struct span rhost);
/* Adds what is not written yet to a usage that was read from the store; from any thread. For the
 * moment between a commit and word of it, what that commit wrote may be added once more. */
void tally_add(struct tally *c, const char *id, struct usage *u);

/* The latest time seen, with now. */
uint64_t tally_clock(struct tally *c, uint64_t now);
/* After a wrong jump: forgets all but now. */
void tally_reset_clock(struct tally *c, uint64_t now);

#endif
