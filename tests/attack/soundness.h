/*
 * soundness.h: looks at a store's file by LMDB alone, without patd's code of the store: does every
 * record decode, has every index row its record, and every record its rows (docs/RECORD.md)? The
 * keys are made here once more, from that page.
 */
#ifndef ATTACK_SOUNDNESS_H
#define ATTACK_SOUNDNESS_H

#include <lmdb.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/record.h"
#include "common/usage.h"
#include "patd/log_event.h"
#include "patd/session.h"

#define SOUND_DATABASES(X)                                                                         \
	X(meta)                                                                                    \
	X(token)                                                                                   \
	X(owner)                                                                                   \
	X(name)                                                                                    \
	X(usage)                                                                                   \
	X(account)                                                                                 \
	X(tombstone)                                                                               \
	X(child)                                                                                   \
	X(end)                                                                                     \
	X(event)                                                                                   \
	X(event_of)                                                                                \
	X(event_deed)                                                                              \
	X(event_login)                                                                             \
	X(event_exchange)                                                                          \
	X(event_refusal)                                                                           \
	X(handover)                                                                                \
	X(session)

enum sound_db {
#define SOUND_ENUM(name) SOUND_##name,
	SOUND_DATABASES(SOUND_ENUM)
#undef SOUND_ENUM
		SOUND_DBS
};

static const char *const sound_names[SOUND_DBS] = {
#define SOUND_NAME(name) #name,
	SOUND_DATABASES(SOUND_NAME)
#undef SOUND_NAME
};

enum { SOUND_WHY = 300 };

struct sound {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi db[SOUND_DBS];
	size_t entries[SOUND_DBS];
	bool empty; /* no transaction of patd's is in it yet */
	size_t exchanged;
	char why[SOUND_WHY];
	/* Called with each token, if not NULL. */
	void (*token)(void *arg, const struct record *r);
	void *arg;
};

static inline struct span sound_span(MDB_val v)
{
	return (struct span){v.mv_data, v.mv_size};
}

/* False, with what is wrong in s->why. */
__attribute__((format(printf, 2, 3))) static inline bool sound_fail(
	struct sound *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->why, sizeof(s->why), format, ap);
	va_end(ap);
	return false;
}

/* ---- opening ---- */

static inline bool sound_open_databases(struct sound *s)
{
	for (int i = 0; i < SOUND_DBS; i++) {
		int rc = mdb_dbi_open(s->txn, sound_names[i], 0, &s->db[i]);
		MDB_stat st;

		s->empty = i == 0 && rc == MDB_NOTFOUND;
		if (s->empty)
			return true;
		if (rc == 0)
			rc = mdb_stat(s->txn, s->db[i], &st);
		if (rc)
			return sound_fail(s, "database %s: %s", sound_names[i], mdb_strerror(rc));
		s->entries[i] = st.ms_entries;
	}
	return true;
}

static inline bool sound_open(struct sound *s, const char *path)
{
	int rc = mdb_env_create(&s->env);

	if (rc == 0)
		rc = mdb_env_set_maxdbs(s->env, SOUND_DBS);
	if (rc == 0)
		rc = mdb_env_open(s->env, path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0);
	if (rc == 0)
		rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->txn);
	return rc ? sound_fail(s, "%s", mdb_strerror(rc)) : sound_open_databases(s);
}

static inline void sound_close(struct sound *s)
{
	if (s->txn)
		mdb_txn_abort(s->txn);
	if (s->env)
		mdb_env_close(s->env);
	s->txn = NULL;
	s->env = NULL;
}

/* ---- looking ---- */

static inline bool sound_get(
	struct sound *s, enum sound_db db, const void *key, size_t n, MDB_val *v)
{
	MDB_val k = {n, (void *)(uintptr_t)key};

	return mdb_get(s->txn, s->db[db], &k, v) == 0;
}

static inline bool sound_has(struct sound *s, enum sound_db db, const void *key, size_t n)
{
	MDB_val v;

	return sound_get(s, db, key, n, &v);
}

/* Each entry of a database, until one is wrong. */
static inline bool sound_each(
	struct sound *s, enum sound_db db, bool (*each)(struct sound *s, MDB_val k, MDB_val v))
{
	MDB_cursor *c;
	MDB_val k, v;
	size_t n = 0;
	int rc = mdb_cursor_open(s->txn, s->db[db], &c);

	if (rc)
		return sound_fail(s, "%s: %s", sound_names[db], mdb_strerror(rc));
	while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0 && each(s, k, v))
		n++;
	mdb_cursor_close(c);
	if (rc == 0)
		return false;
	if (rc != MDB_NOTFOUND)
		return sound_fail(s, "%s: %s", sound_names[db], mdb_strerror(rc));
	return n == s->entries[db] || sound_fail(s, "%s: %zu entries, and it says %zu",
					      sound_names[db], n, s->entries[db]);
}

/* The last bytes of an index's key are the token's ID. */
static inline bool sound_points(struct sound *s, enum sound_db db, MDB_val k)
{
	const char *id = (const char *)k.mv_data + k.mv_size - TOKEN_ID_LEN;

	if (k.mv_size < TOKEN_ID_LEN || !sound_has(s, SOUND_token, id, TOKEN_ID_LEN))
		return sound_fail(s, "%s: a row without its token", sound_names[db]);
	return true;
}

/* ---- tokens ---- */

static inline bool sound_row(struct sound *s, enum sound_db db, const struct writer *key,
	const uint8_t *bytes, const struct record *r)
{
	return sound_has(s, db, bytes, writer_len(key)) ||
	       sound_fail(s, "token %s: no row of it in %s", r->id, sound_names[db]);
}

static inline bool sound_owner_rows(struct sound *s, const struct record *r)
{
	uint8_t key[512];
	struct writer w;

	writer_init(&w, key, sizeof(key));
	write_u32(&w, r->uid);
	write_u64(&w, r->created);
	write_bytes(&w, r->id, TOKEN_ID_LEN);
	if (!sound_row(s, SOUND_owner, &w, key, r))
		return false;
	writer_init(&w, key, sizeof(key));
	write_u32(&w, r->uid);
	write_bytes(&w, r->name, strlen(r->name) + 1);
	write_u64(&w, r->created);
	write_bytes(&w, r->id, TOKEN_ID_LEN);
	if (!sound_row(s, SOUND_name, &w, key, r))
		return false;
	writer_init(&w, key, sizeof(key));
	write_u32(&w, r->uid);
	write_bytes(&w, r->owner, strlen(r->owner));
	return sound_row(s, SOUND_account, &w, key, r);
}

static inline bool sound_child_rows(struct sound *s, const struct record *r)
{
	uint8_t key[64];
	struct writer w;

	writer_init(&w, key, sizeof(key));
	write_bytes(&w, r->parent, TOKEN_ID_LEN);
	write_u64(&w, r->created);
	write_bytes(&w, r->id, TOKEN_ID_LEN);
	if (!sound_row(s, SOUND_child, &w, key, r))
		return false;
	writer_init(&w, key, sizeof(key));
	write_u64(&w, r->expires);
	write_bytes(&w, r->id, TOKEN_ID_LEN);
	s->exchanged++;
	return sound_row(s, SOUND_end, &w, key, r);
}

static inline bool sound_token(struct sound *s, MDB_val k, MDB_val v)
{
	struct record r;

	if (k.mv_size != TOKEN_ID_LEN || record_decode(k.mv_data, sound_span(v), &r))
		return sound_fail(s, "token: a record that does not decode");
	if (sound_has(s, SOUND_tombstone, r.id, TOKEN_ID_LEN))
		return sound_fail(s, "token %s: there and deleted", r.id);
	if (s->token)
		s->token(s->arg, &r);
	return sound_owner_rows(s, &r) && (r.kind != KIND_EXCHANGED || sound_child_rows(s, &r));
}

static inline bool sound_owner(struct sound *s, MDB_val k, MDB_val v)
{
	(void)v;
	return sound_points(s, SOUND_owner, k);
}

static inline bool sound_name(struct sound *s, MDB_val k, MDB_val v)
{
	(void)v;
	return sound_points(s, SOUND_name, k);
}

static inline bool sound_child(struct sound *s, MDB_val k, MDB_val v)
{
	(void)v;
	return sound_points(s, SOUND_child, k);
}

static inline bool sound_usage(struct sound *s, MDB_val k, MDB_val v)
{
	struct usage u;

	if (usage_decode(sound_span(v), &u))
		return sound_fail(s, "usage: one that does not decode");
	return sound_points(s, SOUND_usage, k);
}

static inline bool sound_tombstone(struct sound *s, MDB_val k, MDB_val v)
{
	return (k.mv_size == TOKEN_ID_LEN && v.mv_size == 8) ||
	       sound_fail(s, "tombstone: one that does not decode");
}

/* Of an exchanged token, or of the tombstone of one. */
static inline bool sound_end(struct sound *s, MDB_val k, MDB_val v)
{
	const char *id = (const char *)k.mv_data + 8;

	(void)v;
	return (k.mv_size == 8 + TOKEN_ID_LEN &&
		       (sound_has(s, SOUND_token, id, TOKEN_ID_LEN) ||
			       sound_has(s, SOUND_tombstone, id, TOKEN_ID_LEN))) ||
	       sound_fail(s, "end: a row without its token");
}

/* ---- accounts and events ---- */

static inline bool sound_account(struct sound *s, MDB_val k, MDB_val v)
{
	struct reader r;

	reader_init(&r, v.mv_data, v.mv_size);
	read_bytes(&r, 1 + 8);
	s->exchanged -= read_u32(&r); /* those that were counted; none must be left */
	return (reader_done(&r) && k.mv_size > 4) ||
	       sound_fail(s, "account: one that does not decode");
}

/* Class and account of an event, as its rows must be. */
static inline bool sound_event(struct sound *s, MDB_val k, MDB_val v)
{
	static const enum sound_db classes[] = {
		[CLASS_DEED] = SOUND_event_deed,
		[CLASS_LOGIN] = SOUND_event_login,
		[CLASS_EXCHANGE] = SOUND_event_exchange,
		[CLASS_REFUSAL] = SOUND_event_refusal,
	};
	struct reader in;
	uint8_t key[12];
	size_t rows = 0;
	bool of;

	/* version, type, time, uid */
	reader_init(&in, v.mv_data, v.mv_size);
	read_bytes(&in, 1 + 1 + 8);
	if (k.mv_size != 8 || v.mv_size < 14)
		return sound_fail(s, "event: one that does not decode");
	memcpy(key, (const uint8_t *)v.mv_data + 10, 4);
	memcpy(key + 4, k.mv_data, 8);
	of = sound_has(s, SOUND_event_of, key, sizeof(key));
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		rows += sound_has(s, classes[i], k.mv_data, 8);
	return (rows == 1 && of == (read_u32(&in) != EVENT_NOBODY)) ||
	       sound_fail(s, "event: %zu rows of it in the classes, %d of an account", rows, of);
}

static inline bool sound_counts(struct sound *s)
{
	const size_t *n = s->entries;
	MDB_val last, v;
	MDB_cursor *c = NULL;
	bool numbered = n[SOUND_event] == 0;

	if (n[SOUND_owner] != n[SOUND_token] || n[SOUND_name] != n[SOUND_token])
		return sound_fail(s, "%zu tokens, %zu of owners, %zu of names", n[SOUND_token],
			n[SOUND_owner], n[SOUND_name]);
	if (s->exchanged != 0)
		return sound_fail(
			s, "account: %zd exchanged tokens are not counted", (ssize_t)s->exchanged);
	if (n[SOUND_event] != n[SOUND_event_deed] + n[SOUND_event_login] + n[SOUND_event_exchange] +
				      n[SOUND_event_refusal])
		return sound_fail(
			s, "%zu events, and other numbers in the classes", n[SOUND_event]);
	if (!numbered && mdb_cursor_open(s->txn, s->db[SOUND_event], &c) == 0 &&
		mdb_cursor_get(c, &last, &v, MDB_LAST) == 0)
		numbered = sound_get(s, SOUND_meta, "event", 5, &v) && v.mv_size == 8 &&
			   memcmp(v.mv_data, last.mv_data, 8) >= 0;
	if (c)
		mdb_cursor_close(c);
	return numbered || sound_fail(s, "an event's number would be given twice");
}

static inline bool sound_handover(struct sound *s, MDB_val k, MDB_val v)
{
	struct handover h;

	return handover_decode(sound_span(k), sound_span(v), &h) == 0 ||
	       sound_fail(s, "handover: one that does not decode");
}

/* ---- all ---- */

static inline bool sound_all(struct sound *s)
{
	static const struct {
		enum sound_db db;
		bool (*each)(struct sound *s, MDB_val k, MDB_val v);
	} walks[] = {
		{SOUND_token, sound_token},
		{SOUND_owner, sound_owner},
		{SOUND_name, sound_name},
		{SOUND_child, sound_child},
		{SOUND_usage, sound_usage},
		{SOUND_tombstone, sound_tombstone},
		{SOUND_end, sound_end},
		{SOUND_account, sound_account},
		{SOUND_event, sound_event},
		{SOUND_handover, sound_handover},
	};

	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		if (!sound_each(s, walks[i].db, walks[i].each))
			return false;
	return sound_counts(s);
}

/* The whole of a store's file. False, with what is wrong in s->why. The caller sets token and arg,
 * zeros the rest. */
static inline bool sound_check(struct sound *s, const char *path)
{
	bool good = sound_open(s, path);

	if (good && !s->empty)
		good = sound_all(s);
	sound_close(s);
	return good;
}

#endif
