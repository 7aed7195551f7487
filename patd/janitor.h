/*
 * janitor.h: clears dead tokens away by itself, a bounded number at a time.
 *
 * Exchanged tokens go LIMIT_EXCHANGED_KEPT after their end, without a trace; so do the tombstones
 * of those that were deleted before. Of all others those that have been dead for longer than
 * `retention` go, each with a tombstone and an event, in a pass through all tokens once an hour.
 *
 * The first pass comes an hour after the start, and one after a jump of the clock an hour after
 * that: a clock that is wrong for a while makes nothing old. Exchanged tokens, which live for
 * minutes, go by whatever clock there is.
 */
#ifndef PATD_JANITOR_H
#define PATD_JANITOR_H

struct janitor;
struct server;

enum {
	JANITOR_EVERY = 60,    /* seconds: exchanged tokens are looked after */
	JANITOR_PASS = 3600,   /* seconds between passes through all tokens */
	JANITOR_JUMP = 300,    /* seconds by which the clock may go wrong between two looks */
	JANITOR_PAUSE_MS = 20, /* between two steps */
};

/* NULL: no memory. */
struct janitor *janitor_new(struct server *s);
void janitor_free(struct janitor *j);

/* Begin a pass now: `retention` may have changed. */
void janitor_start(struct janitor *j);

#endif
