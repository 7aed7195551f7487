/*
 * killer.h: ending sessions, in the root parent: a child of it for each, so that the parent waits
 * for nobody. A child that takes longer than LIMIT_KILL_MS is killed. What was begun goes on when
 * nobody waits for the result any more.
 */
#ifndef PATD_KILLER_H
#define PATD_KILLER_H

#include "patd/control.h"

struct event_base;
struct killer;

/* result: a CONTROL_RESULT. */
typedef void killer_done(void *arg, const struct control *result);

/* NULL: no memory. */
struct killer *killer_new(struct event_base *base, killer_done *done, void *arg);
/* Kills the children that are left, and does not wait for them. NULL is fine. */
void killer_free(struct killer *k);

/*
 * Does what a CONTROL_KILL or CONTROL_OTHERS asks for. done is called once, from the loop or before
 * this returns, with its id: the result as kill_session() or processes_others() tells it, or
 * ERR_BUSY (LIMIT_KILLS are under way), ERR_MEMORY, ERR_TIMEOUT, ERR_IO.
 */
void killer_start(struct killer *k, const struct control *request);

#endif
