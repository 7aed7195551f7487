/*
 * journal.h: logins and refusals on their way into the store. They are gathered in memory and
 * written in the tally's batches, so that a login waits for no disk and a flood of refusals costs
 * none.
 *
 * An accepted login is one event. Of what was refused, an ID and a kind of event have one event at
 * once, and at the minute's end a second one that counts what came after it. IDs that do not exist
 * are one: whoever invents them fills nothing. Memory is bounded; what finds no room is counted,
 * and told by an event of its own.
 */
#ifndef PATD_JOURNAL_H
#define PATD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "patd/log_event.h"
#include "patd/store.h"

struct journal;

/* NULL: no memory. */
struct journal *journal_new(void);
void journal_free(struct journal *j);

/* ---- in the loop's thread ---- */

/* How long events are kept, in seconds; 0: as long as their quota lasts. */
void journal_retention(struct journal *j, uint64_t seconds);

/* Takes a login or a refusal; what is stored otherwise is not its business. True: so much is
 * waiting that it should be written soon. */
bool journal_add(struct journal *j, const struct log_event *e);

/* Is there something to write? */
bool journal_waits(const struct journal *j);

/* Ends the minutes that are over. True: there is something to write. */
bool journal_tick(struct journal *j, uint64_t now);

/* Gives what has gathered to the writing thread, which has nothing of an earlier time. */
void journal_hand_over(struct journal *j, uint64_t now);
/* The writing thread has done with it. failed: it is lost, which is told. */
void journal_written(struct journal *j, bool failed);

/* ---- in the writing thread ---- */

/* Writes what was handed over, and deletes some of what is too old. May be called again for the
 * same, in another transaction. 0 or ERR_STORE. */
int journal_write(struct journal *j, struct store_txn *t);

/* ---- at the end, without a writing thread ---- */

/* Writes all that is left, minutes under way included. */
int journal_flush(struct journal *j, struct store_txn *t, uint64_t now);

#endif
