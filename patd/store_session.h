/*
 * store_session.h: the store's part about logins under way and sessions (docs/RECORD.md). Calls and
 * their failures are as in store.h.
 */
#ifndef PATD_STORE_SESSION_H
#define PATD_STORE_SESSION_H

#include "patd/session.h"
#include "patd/store.h"

/* Times and pids of another boot name nobody: if `boot` is not the one that the store has noted,
 * notes it and forgets all handovers and sessions. An empty one is no boot that was noted. */
int store_note_boot(struct store_txn *t, struct span boot);

int store_put_handover(struct store_txn *t, const struct handover *h);
/* One that is not there is fine. */
int store_del_handover(struct store_txn *t, const struct process *p);
/* The one after *h, by pid and time (zeros: the first). 0, ERR_NO_TOKEN: no more, ERR_STORE. */
int store_next_handover(struct store_txn *t, struct handover *h);

int store_put_session(struct store_txn *t, const struct session *s);
/* One that is not there is fine. */
int store_del_session(struct store_txn *t, const struct session *s);
/* The one after *s, by token, time and pid (zeros: the first). 0, ERR_NO_TOKEN, ERR_STORE. */
int store_next_session(struct store_txn *t, struct session *s);
int store_count_sessions(struct store_txn *t, uint64_t *out);

#endif
