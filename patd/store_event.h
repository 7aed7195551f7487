/*
 * store_event.h: the events in the store (docs/RECORD.md), numbered in the order in which they were
 * recorded. A number is never given twice.
 *
 * Each class has a quota of its own: an event over it evicts the oldest of its class, and nothing
 * else.
 */
#ifndef PATD_STORE_EVENT_H
#define PATD_STORE_EVENT_H

#include "patd/log_event.h"
#include "patd/store.h"

/* 0 or ERR_STORE, also for an event that breaks a rule. */
int store_event_add(struct store_txn *t, const struct log_event *e);

/* Where a walk stands: after the event number `seq`. It may be copied, and goes on in a later
 * transaction. */
struct store_event_walk {
	bool one;     /* only events of one uid: */
	uint32_t uid; /* of whichever account had it then */
	uint64_t seq; /* 0: at the beginning */
};
/* The next one; w->seq is its number then. 0, ERR_NO_TOKEN: no more, ERR_STORE. */
int store_event_next(struct store_txn *t, struct store_event_walk *w, struct log_event *out);

/* The number of the last event that was recorded, whether it is still there or not; 0: none was. */
int store_event_last(struct store_txn *t, uint64_t *out);

/* Deletes events of before `oldest` (seconds since the epoch), at most so many. *full: that many
 * were deleted, and there may be more. */
int store_event_trim(struct store_txn *t, uint64_t oldest, unsigned most, bool *full);

/* How many of a class are kept, where that is not what common/limits.h says: for tests. */
void store_event_cap(struct store *s, enum log_class class, uint64_t cap);

#endif
