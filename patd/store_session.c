#include "patd/store_session.h"

#include <string.h>

#include "patd/store_private.h"

static const char boot_key[] = "boot";

int store_note_boot(struct store_txn *t, struct span boot)
{
	MDB_val v;
	int err = get(t, DB_META, boot_key, sizeof(boot_key) - 1, &v);

	if (!err && boot.n > 0 && span_eq((struct span){v.mv_data, v.mv_size}, boot))
		return 0;
	if (err && err != ERR_NO_TOKEN)
		return err;
	if (latch(t, mdb_drop(t->txn, t->store->db[DB_HANDOVER], 0)) ||
		latch(t, mdb_drop(t->txn, t->store->db[DB_SESSION], 0)))
		return ERR_STORE;
	return put(t, DB_META, boot_key, sizeof(boot_key) - 1, boot, 0);
}

static int del_if_there(struct store_txn *t, int db, const void *key, size_t n)
{
	MDB_val v;
	int err = get(t, db, key, n, &v);

	if (err == ERR_NO_TOKEN)
		return 0;
	return err ? err : del(t, db, key, n);
}

static struct span span_of_val(const MDB_val *v)
{
	return (struct span){v->mv_data, v->mv_size};
}

/* ---- handovers ---- */

int store_put_handover(struct store_txn *t, const struct handover *h)
{
	uint8_t key[HANDOVER_KEY], value[HANDOVER_BYTES];
	size_t n = handover_encode(h, value);

	handover_key(&h->process, key);
	return put(t, DB_HANDOVER, key, sizeof(key), (struct span){(char *)value, n}, 0);
}

int store_del_handover(struct store_txn *t, const struct process *p)
{
	uint8_t key[HANDOVER_KEY];

	handover_key(p, key);
	return del_if_there(t, DB_HANDOVER, key, sizeof(key));
}

int store_next_handover(struct store_txn *t, struct handover *h)
{
	uint8_t key[HANDOVER_KEY];
	MDB_val k, v;
	int err;

	handover_key(&h->process, key);
	err = first_after(t, DB_HANDOVER, key, sizeof(key), &k, &v);
	if (err)
		return err;
	err = handover_decode(span_of_val(&k), span_of_val(&v), h);
	return err ? latch(t, MDB_CORRUPTED) : 0;
}

/* ---- sessions ---- */

int store_put_session(struct store_txn *t, const struct session *s)
{
	uint8_t key[SESSION_KEY], value[SESSION_BYTES];
	size_t n = session_encode(s, value);

	session_key(s, key);
	return put(t, DB_SESSION, key, sizeof(key), (struct span){(char *)value, n}, 0);
}

int store_del_session(struct store_txn *t, const struct session *s)
{
	uint8_t key[SESSION_KEY];

	session_key(s, key);
	return del_if_there(t, DB_SESSION, key, sizeof(key));
}

int store_next_session(struct store_txn *t, struct session *s)
{
	uint8_t key[SESSION_KEY];
	MDB_val k, v;
	int err;

	session_key(s, key);
	err = first_after(t, DB_SESSION, key, sizeof(key), &k, &v);
	if (err)
		return err;
	err = session_decode(span_of_val(&k), span_of_val(&v), s);
	return err ? latch(t, MDB_CORRUPTED) : 0;
}

int store_count_sessions(struct store_txn *t, uint64_t *out)
{
	MDB_stat st;

	if (t->failed || latch(t, mdb_stat(t->txn, t->store->db[DB_SESSION], &st)))
		return ERR_STORE;
	*out = st.ms_entries;
	return 0;
}
