/*
 * store_private.h: what the store's files share: the databases, and calls on them whose errors
 * latch. For store*.c alone.
 */
#ifndef PATD_STORE_PRIVATE_H
#define PATD_STORE_PRIVATE_H

#include <lmdb.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/bytes.h"
#include "common/err.h"
#include "patd/log_event.h"
#include "patd/store.h"

enum {
	DB_META,
	DB_TOKEN,
	DB_OWNER,
	DB_NAME,
	DB_USAGE,
	DB_ACCOUNT,
	DB_TOMBSTONE,
	DB_CHILD,
	DB_END,
	DB_EVENT,
	DB_EVENT_OF,
	DB_EVENT_DEED, /* and its two neighbours, in the order of enum log_class */
	DB_EVENT_LOGIN,
	DB_EVENT_EXCHANGE,
	DB_EVENT_REFUSAL,
	DB_HANDOVER,
	DB_SESSION,
	DB_COUNT
};

struct store_txn {
	struct store *store;
	MDB_txn *txn;
	MDB_cursor *cursor[DB_COUNT]; /* opened when first walked */
	bool write;
	bool failed;
	int why; /* LMDB's code of the first failure; 0: there was none, or it was another's */
	unsigned long writes;
};

struct store {
	MDB_env *env;
	int lock;
	MDB_dbi db[DB_COUNT];
	struct store_txn read, write;
	uint64_t event_cap[LOG_CLASSES];
	atomic_bool lost; /* the writing thread finds it, the loop acts on it */
};

/* LMDB's code as ours; one that is no success is the transaction's first failure. */
static inline int latch(struct store_txn *t, int rc)
{
	if (rc == 0)
		return 0;
	if (!t->failed)
		t->why = rc;
	t->failed = true;
	return ERR_STORE;
}

/* Sets how many events of each class are kept: as common/limits.h says. */
void store_event_caps(struct store *s);

static inline MDB_val val_of(const void *p, size_t n)
{
	/* LMDB takes what it only reads as void *. */
	return (MDB_val){n, (void *)(uintptr_t)p};
}

/* One value, valid as long as the transaction. 0, ERR_NO_TOKEN: there is none, ERR_STORE. */
static inline int get(struct store_txn *t, int db, const void *key, size_t n, MDB_val *v)
{
	MDB_val k = val_of(key, n);
	int rc;

	if (t->failed)
		return ERR_STORE;
	rc = mdb_get(t->txn, t->store->db[db], &k, v);
	return rc == MDB_NOTFOUND ? ERR_NO_TOKEN : latch(t, rc);
}

/* The first entry at the key or behind it; a key of no bytes: the first of all. 0 with the entry in
 * *k and *v, ERR_NO_TOKEN: there is none, ERR_STORE. */
static inline int first_from(
	struct store_txn *t, int db, const void *key, size_t n, MDB_val *k, MDB_val *v)
{
	MDB_cursor **c = &t->cursor[db];
	int rc = t->failed ? MDB_BAD_TXN : 0;

	*k = val_of(key, n);
	if (rc == 0 && !*c)
		rc = mdb_cursor_open(t->txn, t->store->db[db], c);
	if (rc == 0)
		rc = mdb_cursor_get(*c, k, v, n ? MDB_SET_RANGE : MDB_FIRST);
	return rc == MDB_NOTFOUND ? ERR_NO_TOKEN : latch(t, rc);
}

/* The first one behind the key, likewise. */
static inline int first_after(
	struct store_txn *t, int db, const void *key, size_t n, MDB_val *k, MDB_val *v)
{
	int rc, err = first_from(t, db, key, n, k, v);

	if (err || k->mv_size != n || memcmp(k->mv_data, key, n) != 0)
		return err;
	rc = mdb_cursor_get(t->cursor[db], k, v, MDB_NEXT);
	return rc == MDB_NOTFOUND ? ERR_NO_TOKEN : latch(t, rc);
}

/* flags: MDB_NOOVERWRITE, or 0. A key of no bytes is one that could not be made. */
static inline int put(
	struct store_txn *t, int db, const void *key, size_t n, struct span value, unsigned flags)
{
	MDB_val k = val_of(key, n), v = val_of(value.p, value.n);

	if (t->failed || n == 0)
		return latch(t, MDB_BAD_VALSIZE);
	t->writes++;
	return latch(t, mdb_put(t->txn, t->store->db[db], &k, &v, flags));
}

/* What is not there is a failure. */
static inline int del(struct store_txn *t, int db, const void *key, size_t n)
{
	MDB_val k = val_of(key, n);

	if (t->failed)
		return ERR_STORE;
	t->writes++;
	return latch(t, mdb_del(t->txn, t->store->db[db], &k, NULL));
}

#endif
