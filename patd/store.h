/*
 * store.h: the LMDB store of tokens (docs/RECORD.md). The only code that knows lmdb.
 *
 * One process has it open. One thread may read while one other writes. Transactions are short: none
 * is held while anyone else is waited for.
 *
 * A write transaction carries its first failure: after one, every call on it fails and
 * store_commit() aborts instead.
 */
#ifndef PATD_STORE_H
#define PATD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/record.h"
#include "common/usage.h"

struct store;
struct store_txn;

/*
 * Opens the store in the directory `dir`, making it if the directory is empty. The directory must
 * exist, belong to the caller and be closed to all others. 0, or ERR_STORE / ERR_BUSY (another
 * process has it) with one line in `why` that names the path.
 */
int store_open(const char *dir, struct store **out, char *why, size_t why_size);
void store_close(struct store *s);

/* One read transaction at a time, of the reading thread; ends with store_abort(). */
int store_begin_read(struct store *s, struct store_txn **out);
/* One write transaction at a time, of the writing thread. */
int store_begin_write(struct store *s, struct store_txn **out);
/* Durable when it returns 0; else nothing of the transaction is. */
int store_commit(struct store_txn *t);
void store_abort(struct store_txn *t);
/* How many writes the transaction has seen. */
unsigned long store_writes(const struct store_txn *t);
/* Makes it fail: nothing of it will be stored. */
void store_fail(struct store_txn *t);
/* Why LMDB refused the last write transaction, in words; NULL: it did not. For the writing thread.
 */
const char *store_why(const struct store *s);
/* Has a write failed after which LMDB refuses everything until the store is opened anew? Found by
 * the next store_begin_write(). */
bool store_lost(const struct store *s);
/* Did a call on this transaction fail for the store's sake (and not for want of a token)? */
bool store_failed(const struct store_txn *t);

/* id has TOKEN_ID_LEN bytes. 0, ERR_NO_TOKEN, ERR_STORE. */
int store_get(struct store_txn *t, const char *id, struct record *out);
/* The same of an ID that a stranger presents: where there is no such token another one's record is
 * read, to no purpose, so that a miss is as much work. */
int store_find(struct store_txn *t, const char *id, struct record *out);
/* Is the ID free: neither a token's nor a deleted token's? */
bool store_id_free(struct store_txn *t, const char *id);

/* Adds a token whose ID is free. local: its owner stands in /etc/passwd. 0 or ERR_STORE. */
int store_add(struct store_txn *t, const struct record *r, bool local);
/* Writes `r` in place of `old`, as read in this transaction; only the name and the end may differ
 * among what keys are made of. */
int store_replace(struct store_txn *t, const struct record *old, const struct record *r);
/*
 * Removes a token and leaves the tombstone; now: seconds since the epoch. One that was exchanged
 * leaves it only until it would have ended: then nothing can bring it back. What was exchanged for
 * this one stays.
 */
int store_delete(struct store_txn *t, const struct record *r, uint64_t now);

/*
 * Clears one exchanged token away whose end is at or before `until`, or the tombstone of one. 0
 * with the token in *out, or with out->id "" for a tombstone; ERR_NO_TOKEN: there is none;
 * ERR_STORE.
 */
int store_clear_ended(struct store_txn *t, uint64_t until, struct record *out);

/* An ID that was deleted elsewhere gets a tombstone here; one that has any stays as it is. The ID
 * is no token's. 0 or ERR_STORE. */
int store_bury(struct store_txn *t, const char *id, uint64_t when);
/* Has the ID a tombstone? */
bool store_buried(struct store_txn *t, const char *id);
/* The tombstone after that of *id ("": the first), and when it was made. 0, ERR_NO_TOKEN: no more,
 * ERR_STORE. */
int store_next_tombstone(struct store_txn *t, char id[TOKEN_ID_LEN + 1], uint64_t *when);

/* Where a walk stands. It may be copied, and goes on in a later transaction. */
enum { STORE_KEY_MAX = 4 + LIMIT_NAME + 1 + 8 + TOKEN_ID_LEN };
struct store_walk {
	uint8_t index; /* which index; for store.c */
	bool started;
	size_t prefix, n;
	uint8_t key[STORE_KEY_MAX];
};

/* All tokens, by uid and then in order of creation. */
void store_walk_all(struct store_walk *w);
/* The tokens of one uid, in order of creation. */
void store_walk_owner(struct store_walk *w, uint32_t uid);
/* The tokens of one uid that bear or bore a name, oldest first; name has 1 to LIMIT_NAME bytes. */
void store_walk_name(struct store_walk *w, uint32_t uid, struct span name);
/* What was exchanged for a token (id has TOKEN_ID_LEN bytes), oldest first; not what for these. */
void store_walk_child(struct store_walk *w, const char *id);
/* The next one. 0, ERR_NO_TOKEN: no more, ERR_STORE. */
int store_walk_next(struct store_txn *t, struct store_walk *w, struct record *out);
/* Likewise, but passes over what is damaged: it opens nothing, and must not keep others from being
 * revoked or cleared away. */
int store_walk_sound(struct store_txn *t, struct store_walk *w, struct record *out);

/* How a token was used. One that never was has a usage of zeros. 0 or ERR_STORE. */
int store_get_usage(struct store_txn *t, const char *id, struct usage *out);
int store_put_usage(struct store_txn *t, const char *id, const struct usage *u);

/* The latest time that a commit has seen, seconds since the epoch; 0: none. */
int store_get_clock(struct store_txn *t, uint64_t *out);
int store_put_clock(struct store_txn *t, uint64_t now);

/* An account that ever had a token. */
struct store_account {
	uint32_t uid;
	char owner[LIMIT_USER + 1];
	bool local;	   /* stood in /etc/passwd when its first token was minted */
	uint64_t absent;   /* since when its directory does not have it, seconds since the epoch; 0:
			      it does */
	uint32_t children; /* how many exchanged tokens of it there are */
};
/* The one of that uid and name. 0, ERR_NO_TOKEN, ERR_STORE. */
int store_get_account(
	struct store_txn *t, uint32_t uid, const char *owner, struct store_account *out);
/* The one after *a by uid and name (zeros: the first). 0, ERR_NO_TOKEN: no more, ERR_STORE. */
int store_next_account(struct store_txn *t, struct store_account *a);
int store_put_account(struct store_txn *t, const struct store_account *a);

struct store_stat {
	uint64_t tokens;
	uint64_t bytes; /* of pages in use */
};
int store_stat(struct store_txn *t, struct store_stat *out);

#endif
