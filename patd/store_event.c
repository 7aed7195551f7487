#include "patd/store_event.h"

#include <string.h>

#include "patd/store_private.h"

/* Of meta: the last number that was given. */
static const char last_key[] = "event";

enum { SEQ_KEY = 8, OF_KEY = 4 + 8, UID_VALUE = 4 };

static const int class_db[LOG_CLASSES] = {
	[CLASS_DEED] = DB_EVENT_DEED,
	[CLASS_LOGIN] = DB_EVENT_LOGIN,
	[CLASS_EXCHANGE] = DB_EVENT_EXCHANGE,
	[CLASS_REFUSAL] = DB_EVENT_REFUSAL,
};

void store_event_caps(struct store *s)
{
	s->event_cap[CLASS_DEED] = LIMIT_EVENTS_DEED;
	s->event_cap[CLASS_LOGIN] = LIMIT_EVENTS_LOGIN;
	s->event_cap[CLASS_EXCHANGE] = LIMIT_EVENTS_EXCHANGE;
	s->event_cap[CLASS_REFUSAL] = LIMIT_EVENTS_REFUSAL;
}

void store_event_cap(struct store *s, enum log_class class, uint64_t cap)
{
	s->event_cap[class] = cap;
}

/* ---- keys ---- */

static void seq_key(uint8_t key[SEQ_KEY], uint64_t seq)
{
	struct writer w;

	writer_init(&w, key, SEQ_KEY);
	write_u64(&w, seq);
}

static void of_key(uint8_t key[OF_KEY], uint32_t uid, uint64_t seq)
{
	struct writer w;

	writer_init(&w, key, OF_KEY);
	write_u32(&w, uid);
	write_u64(&w, seq);
}

/* ---- numbers ---- */

int store_event_last(struct store_txn *t, uint64_t *out)
{
	struct reader r;
	uint64_t last;
	MDB_val v;
	int err = get(t, DB_META, last_key, sizeof(last_key) - 1, &v);

	if (err) {
		*out = 0;
		return err == ERR_NO_TOKEN ? 0 : err;
	}
	reader_init(&r, v.mv_data, v.mv_size);
	last = read_u64(&r);
	if (!reader_done(&r))
		return latch(t, MDB_CORRUPTED);
	*out = last;
	return 0;
}

static int take_number(struct store_txn *t, uint64_t *seq)
{
	uint8_t value[SEQ_KEY];
	int err = store_event_last(t, seq);

	if (err)
		return err;
	seq_key(value, ++*seq);
	return put(t, DB_META, last_key, sizeof(last_key) - 1,
		(struct span){(char *)value, sizeof(value)}, 0);
}

/* ---- the oldest of a class ---- */

static int class_count(struct store_txn *t, enum log_class class, uint64_t *out)
{
	MDB_stat st;

	if (t->failed)
		return ERR_STORE;
	if (latch(t, mdb_stat(t->txn, t->store->db[class_db[class]], &st)))
		return ERR_STORE;
	*out = st.ms_entries;
	return 0;
}

/* Its number, and whose it is. 0, ERR_NO_TOKEN: there is none, ERR_STORE. */
static int oldest_of(struct store_txn *t, enum log_class class, uint64_t *seq, uint32_t *uid)
{
	struct reader key, value;
	MDB_val k, v;
	int err = first_from(t, class_db[class], NULL, 0, &k, &v);

	if (err)
		return err;
	reader_init(&key, k.mv_data, k.mv_size);
	reader_init(&value, v.mv_data, v.mv_size);
	*seq = read_u64(&key);
	*uid = read_u32(&value);
	return reader_done(&key) && reader_done(&value) ? 0 : latch(t, MDB_CORRUPTED);
}

static int remove_event(struct store_txn *t, enum log_class class, uint64_t seq, uint32_t uid)
{
	uint8_t key[SEQ_KEY], of[OF_KEY];

	seq_key(key, seq);
	of_key(of, uid, seq);
	if (uid != EVENT_NOBODY)
		del(t, DB_EVENT_OF, of, sizeof(of));
	del(t, DB_EVENT, key, sizeof(key));
	return del(t, class_db[class], key, sizeof(key));
}

/* Makes room: two at a time over the quota, so that a lower quota is reached some day. */
static int evict(struct store_txn *t, enum log_class class)
{
	uint64_t count, seq;
	uint32_t uid;
	int err = class_count(t, class, &count);

	for (int i = 0; i < 2 && !err && count > t->store->event_cap[class]; i++, count--) {
		err = oldest_of(t, class, &seq, &uid);
		if (!err)
			err = remove_event(t, class, seq, uid);
	}
	return err;
}

/* ---- adding ---- */

static int add_keys(struct store_txn *t, const struct log_event *e, uint64_t seq)
{
	uint8_t key[SEQ_KEY], of[OF_KEY], uid[UID_VALUE];
	struct writer w;

	seq_key(key, seq);
	of_key(of, e->uid, seq);
	writer_init(&w, uid, sizeof(uid));
	write_u32(&w, e->uid);
	if (e->uid != EVENT_NOBODY)
		put(t, DB_EVENT_OF, of, sizeof(of), (struct span){"", 0}, MDB_NOOVERWRITE);
	return put(t, class_db[log_event_class(e)], key, sizeof(key),
		(struct span){(char *)uid, sizeof(uid)}, MDB_APPEND);
}

int store_event_add(struct store_txn *t, const struct log_event *e)
{
	uint8_t bytes[LIMIT_EVENT], key[SEQ_KEY];
	size_t n = log_event_encode(e, bytes);
	uint64_t seq;

	if (n == 0 || log_event_class(e) == CLASS_NOT_KEPT)
		return latch(t, MDB_BAD_VALSIZE);
	if (take_number(t, &seq))
		return ERR_STORE;
	seq_key(key, seq);
	put(t, DB_EVENT, key, sizeof(key), (struct span){(char *)bytes, n}, MDB_APPEND);
	add_keys(t, e, seq);
	return evict(t, log_event_class(e));
}

/* ---- reading ---- */

static int get_event(struct store_txn *t, uint64_t seq, struct log_event *out)
{
	uint8_t key[SEQ_KEY];
	MDB_val v;
	int err;

	seq_key(key, seq);
	err = get(t, DB_EVENT, key, sizeof(key), &v);
	return err ? err : log_event_decode((struct span){v.mv_data, v.mv_size}, out);
}

/* The first key of an index at or after `key`, with the same prefix. */
static int seek(struct store_txn *t, int db, const uint8_t *key, size_t n, size_t prefix,
	uint64_t *seq, MDB_val *v)
{
	MDB_val k;
	struct reader r;
	int err = first_from(t, db, key, n, &k, v);

	if (err)
		return err;
	if (k.mv_size != n)
		return latch(t, MDB_CORRUPTED);
	if (memcmp(k.mv_data, key, prefix) != 0)
		return ERR_NO_TOKEN;
	reader_init(&r, (const uint8_t *)k.mv_data + prefix, n - prefix);
	*seq = read_u64(&r);
	return 0;
}

static int next_of_all(struct store_txn *t, struct store_event_walk *w, struct log_event *out)
{
	uint8_t key[SEQ_KEY];
	uint64_t seq;
	MDB_val v;
	int err;

	seq_key(key, w->seq + 1);
	err = seek(t, DB_EVENT, key, sizeof(key), 0, &seq, &v);
	if (!err)
		err = log_event_decode((struct span){v.mv_data, v.mv_size}, out);
	if (!err)
		w->seq = seq;
	return err;
}

static int next_of_one(struct store_txn *t, struct store_event_walk *w, struct log_event *out)
{
	uint8_t key[OF_KEY];
	uint64_t seq;
	MDB_val v;
	int err;

	of_key(key, w->uid, w->seq + 1);
	err = seek(t, DB_EVENT_OF, key, sizeof(key), OF_KEY - SEQ_KEY, &seq, &v);
	if (err)
		return err;
	err = get_event(t, seq, out);
	if (!err)
		w->seq = seq;
	/* An index entry without its event is damage, not the end of the walk. */
	return err == ERR_NO_TOKEN ? latch(t, MDB_CORRUPTED) : err;
}

int store_event_next(struct store_txn *t, struct store_event_walk *w, struct log_event *out)
{
	if (w->seq == UINT64_MAX)
		return ERR_NO_TOKEN;
	return w->one ? next_of_one(t, w, out) : next_of_all(t, w, out);
}

/* ---- trimming ---- */

/* Is the oldest of its class to go? What can't be read has no age, and is not kept for it. */
static int too_old(struct store_txn *t, uint64_t seq, uint64_t oldest, bool *out)
{
	struct log_event e;
	int err = get_event(t, seq, &e);

	*out = err || e.time < oldest;
	return store_failed(t) ? ERR_STORE : 0;
}

static int trim_class(
	struct store_txn *t, enum log_class class, uint64_t oldest, unsigned most, unsigned *done)
{
	uint64_t seq;
	uint32_t uid;

	for (; *done < most && oldest_of(t, class, &seq, &uid) == 0; ++*done) {
		bool old;
		int err = too_old(t, seq, oldest, &old);

		if (!err && old)
			err = remove_event(t, class, seq, uid);
		if (err || !old)
			return err;
	}
	return store_failed(t) ? ERR_STORE : 0;
}

int store_event_trim(struct store_txn *t, uint64_t oldest, unsigned most, bool *full)
{
	unsigned done = 0;
	int err = 0;

	for (int c = 0; c < LOG_CLASSES && !err; c++)
		err = trim_class(t, (enum log_class)c, oldest, most, &done);
	*full = done == most;
	return err;
}
