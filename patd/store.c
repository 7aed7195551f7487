#include "patd/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/store_private.h"

/* Room for growth, not for now: the file is as large as what was written to it. */
static const size_t map_size = (size_t)64 << 30;

enum { STORE_FORMAT = 1 };

static const char *const db_names[DB_COUNT] = {
	[DB_META] = "meta",
	[DB_TOKEN] = "token",
	[DB_OWNER] = "owner",
	[DB_NAME] = "name",
	[DB_USAGE] = "usage",
	[DB_ACCOUNT] = "account",
	[DB_TOMBSTONE] = "tombstone",
	[DB_CHILD] = "child",
	[DB_END] = "end",
	[DB_EVENT] = "event",
	[DB_EVENT_OF] = "event_of",
	[DB_EVENT_DEED] = "event_deed",
	[DB_EVENT_LOGIN] = "event_login",
	[DB_EVENT_EXCHANGE] = "event_exchange",
	[DB_EVENT_REFUSAL] = "event_refusal",
	[DB_HANDOVER] = "handover",
	[DB_SESSION] = "session",
};

/* ---- opening ---- */

static int check_dir(const char *dir, char *why, size_t size)
{
	struct stat st;
	int fd = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		snprintf(why, size, "%s: %s", dir, strerror(errno));
		return ERR_STORE;
	}
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 077)) {
		snprintf(why, size, "%s: must belong to uid %u and be closed to others (mode 0700)",
			dir, geteuid());
		close(fd);
		return ERR_STORE;
	}
	close(fd);
	return 0;
}

static int take_lock(struct store *s, const char *dir, char *why, size_t size)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/lock", dir);
	s->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lock < 0) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return ERR_STORE;
	}
	if (flock(s->lock, LOCK_EX | LOCK_NB) < 0) {
		snprintf(why, size, "%s: another process has the store open", dir);
		return ERR_BUSY;
	}
	/* We are alone, so whatever a killed process left in LMDB's lock file is stale. */
	snprintf(path, sizeof(path), "%s/lock.mdb", dir);
	unlink(path);
	return 0;
}

/* LMDB would follow a link: look at what is there before it opens it. */
static int check_data(const char *dir, char *why, size_t size)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	if (lstat(path, &st) < 0) {
		if (errno == ENOENT)
			return 0;
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return ERR_STORE;
	}
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1) {
		snprintf(why, size, "%s: must be a regular file that belongs to uid %u", path,
			geteuid());
		return ERR_STORE;
	}
	return 0;
}

static int check_format(struct store_txn *t)
{
	char key[] = "format";
	uint8_t value[4];
	struct reader in;
	struct writer out;
	MDB_val k = {sizeof(key) - 1, key}, v;
	int rc = mdb_get(t->txn, t->store->db[DB_META], &k, &v);

	if (rc == MDB_NOTFOUND) {
		writer_init(&out, value, sizeof(value));
		write_u32(&out, STORE_FORMAT);
		v = (MDB_val){sizeof(value), value};
		return mdb_put(t->txn, t->store->db[DB_META], &k, &v, 0);
	}
	if (rc)
		return rc;
	reader_init(&in, v.mv_data, v.mv_size);
	return read_u32(&in) == STORE_FORMAT && reader_done(&in) ? 0 : MDB_VERSION_MISMATCH;
}

static int open_databases(struct store *s)
{
	struct store_txn *t;
	int rc = 0;

	if (store_begin_write(s, &t))
		return MDB_PANIC;
	for (int i = 0; i < DB_COUNT && rc == 0; i++)
		rc = mdb_dbi_open(t->txn, db_names[i], MDB_CREATE, &s->db[i]);
	if (rc == 0)
		rc = check_format(t);
	if (rc == 0)
		return store_commit(t) ? MDB_PANIC : 0;
	store_abort(t);
	return rc;
}

/*
 * Gives the file the length that LMDB counts on. Pages at its end that were given up before they
 * were written are no fault, but where the file was cut short reading it would kill us: now what is
 * missing reads as zeros, and fails.
 */
static int fill_up(MDB_env *env, int fd)
{
	MDB_envinfo info;
	MDB_stat page;
	struct stat st;
	off_t size;
	int rc = mdb_env_info(env, &info);

	if (rc == 0)
		rc = mdb_env_stat(env, &page);
	if (rc)
		return rc;
	size = (off_t)((info.me_last_pgno + 1) * page.ms_psize);
	if (fstat(fd, &st) < 0 || (st.st_size < size && ftruncate(fd, size) < 0))
		return errno;
	return 0;
}

static int open_env(struct store *s, const char *dir)
{
	int rc = mdb_env_create(&s->env);
	int fd;

	if (rc == 0)
		rc = mdb_env_set_mapsize(s->env, map_size);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(s->env, DB_COUNT);
	/* MDB_NOTLS: the read transaction belongs to the loop, not to whichever thread made it. */
	if (rc == 0)
		rc = mdb_env_open(s->env, dir, MDB_NOTLS, 0600);
	if (rc == 0)
		rc = mdb_env_get_fd(s->env, &fd);
	/* LMDB leaves this one open across exec. */
	if (rc == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		rc = errno;
	if (rc == 0)
		rc = fill_up(s->env, fd);
	return rc;
}

int store_open(const char *dir, struct store **out, char *why, size_t why_size)
{
	struct store *s = calloc(1, sizeof(*s));
	int err, rc;

	if (!s) {
		snprintf(why, why_size, "%s: out of memory", dir);
		return ERR_STORE;
	}
	s->lock = -1;
	s->read.store = s->write.store = s;
	s->write.write = true;
	store_event_caps(s);
	err = check_dir(dir, why, why_size);
	if (!err)
		err = take_lock(s, dir, why, why_size);
	if (!err)
		err = check_data(dir, why, why_size);
	if (err)
		goto fail;
	rc = open_env(s, dir);
	if (rc == 0)
		rc = open_databases(s);
	if (rc) {
		snprintf(why, why_size, "%s: %s", dir, mdb_strerror(rc));
		err = ERR_STORE;
		goto fail;
	}
	*out = s;
	return 0;
fail:
	store_close(s);
	return err;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->read.txn)
		mdb_txn_abort(s->read.txn);
	if (s->env)
		mdb_env_close(s->env);
	if (s->lock >= 0)
		close(s->lock);
	free(s);
}

/* ---- transactions ---- */

int store_begin_read(struct store *s, struct store_txn **out)
{
	struct store_txn *t = &s->read;
	/* The one reader's slot is kept: taking it anew would cost more than the reading. */
	int rc = t->txn ? mdb_txn_renew(t->txn) : mdb_txn_begin(s->env, NULL, MDB_RDONLY, &t->txn);

	if (rc)
		return ERR_STORE;
	t->failed = false;
	*out = t;
	return 0;
}

int store_begin_write(struct store *s, struct store_txn **out)
{
	struct store_txn *t = &s->write;
	int rc = mdb_txn_begin(s->env, NULL, 0, &t->txn);

	/* The page that a commit ends with could not be written: LMDB does not know what the file
	 * has now. */
	if (rc == MDB_PANIC)
		s->lost = true;
	t->why = rc;
	if (rc)
		return ERR_STORE;
	t->failed = false;
	*out = t;
	return 0;
}

static void close_cursors(struct store_txn *t)
{
	for (int i = 0; i < DB_COUNT; i++) {
		if (t->cursor[i])
			mdb_cursor_close(t->cursor[i]);
		t->cursor[i] = NULL;
	}
}

void store_abort(struct store_txn *t)
{
	close_cursors(t);
	if (t->write) {
		mdb_txn_abort(t->txn);
		t->txn = NULL;
	} else {
		mdb_txn_reset(t->txn);
	}
}

int store_commit(struct store_txn *t)
{
	int rc;

	if (t->failed || !t->write) {
		store_abort(t);
		return ERR_STORE;
	}
	close_cursors(t);
	rc = mdb_txn_commit(t->txn);
	t->txn = NULL;
	t->why = rc;
	return rc ? ERR_STORE : 0;
}

const char *store_why(const struct store *s)
{
	return s->write.why ? mdb_strerror(s->write.why) : NULL;
}

bool store_lost(const struct store *s)
{
	return s->lost;
}

unsigned long store_writes(const struct store_txn *t)
{
	return t->writes;
}

void store_fail(struct store_txn *t)
{
	t->failed = true;
}

bool store_failed(const struct store_txn *t)
{
	return t->failed;
}

/* ---- keys ---- */

static size_t owner_key(uint8_t key[STORE_KEY_MAX], const struct record *r)
{
	struct writer w;

	writer_init(&w, key, STORE_KEY_MAX);
	write_u32(&w, r->uid);
	write_u64(&w, r->created);
	write_bytes(&w, r->id, TOKEN_ID_LEN);
	return writer_len(&w);
}

static size_t name_key(uint8_t key[STORE_KEY_MAX], const struct record *r)
{
	struct writer w;

	writer_init(&w, key, STORE_KEY_MAX);
	write_u32(&w, r->uid);
	write_bytes(&w, r->name, strlen(r->name) + 1);
	write_u64(&w, r->created);
	write_bytes(&w, r->id, TOKEN_ID_LEN);
	return writer_len(&w);
}

static size_t child_key(uint8_t key[STORE_KEY_MAX], const struct record *r)
{
	struct writer w;

	writer_init(&w, key, STORE_KEY_MAX);
	write_bytes(&w, r->parent, TOKEN_ID_LEN);
	write_u64(&w, r->created);
	write_bytes(&w, r->id, TOKEN_ID_LEN);
	return writer_len(&w);
}

static size_t end_key(uint8_t key[STORE_KEY_MAX], const struct record *r)
{
	struct writer w;

	writer_init(&w, key, STORE_KEY_MAX);
	write_u64(&w, r->expires);
	write_bytes(&w, r->id, TOKEN_ID_LEN);
	return writer_len(&w);
}

/* ---- one token ---- */

int store_get(struct store_txn *t, const char *id, struct record *out)
{
	MDB_val v;
	int err = get(t, DB_TOKEN, id, TOKEN_ID_LEN, &v);

	return err ? err : record_decode(id, (struct span){v.mv_data, v.mv_size}, out);
}

int store_find(struct store_txn *t, const char *id, struct record *out)
{
	struct record other;
	MDB_val k, v;
	bool there;
	int err = first_from(t, DB_TOKEN, id, TOKEN_ID_LEN, &k, &v);

	if (err == ERR_NO_TOKEN) /* it would be behind the last one */
		err = first_from(t, DB_TOKEN, NULL, 0, &k, &v);
	if (err)
		return err;
	there = k.mv_size == TOKEN_ID_LEN && memcmp(k.mv_data, id, TOKEN_ID_LEN) == 0;
	err = record_decode(id, (struct span){v.mv_data, v.mv_size}, there ? out : &other);
	return there ? err : ERR_NO_TOKEN;
}

bool store_id_free(struct store_txn *t, const char *id)
{
	MDB_val v;

	return get(t, DB_TOKEN, id, TOKEN_ID_LEN, &v) == ERR_NO_TOKEN &&
	       get(t, DB_TOMBSTONE, id, TOKEN_ID_LEN, &v) == ERR_NO_TOKEN;
}

static int put_record(struct store_txn *t, const struct record *r, unsigned flags)
{
	uint8_t buf[LIMIT_RECORD];
	size_t n = record_encode(r, buf);

	if (n == 0)
		return latch(t, MDB_BAD_VALSIZE);
	return put(t, DB_TOKEN, r->id, TOKEN_ID_LEN, (struct span){(char *)buf, n}, flags);
}

/* ---- accounts ---- */

enum { ACCOUNT_KEY_MAX = 4 + LIMIT_USER, ACCOUNT_VALUE = 1 + 8 + 4 };

static size_t account_key(uint8_t key[ACCOUNT_KEY_MAX], const struct store_account *a)
{
	struct writer w;

	writer_init(&w, key, ACCOUNT_KEY_MAX);
	write_u32(&w, a->uid);
	write_bytes(&w, a->owner, strlen(a->owner));
	return writer_len(&w);
}

int store_put_account(struct store_txn *t, const struct store_account *a)
{
	uint8_t key[ACCOUNT_KEY_MAX], value[ACCOUNT_VALUE];
	struct writer w;

	writer_init(&w, value, sizeof(value));
	write_u8(&w, a->local);
	write_u64(&w, a->absent);
	write_u32(&w, a->children);
	return put(t, DB_ACCOUNT, key, account_key(key, a),
		(struct span){(char *)value, sizeof(value)}, 0);
}

static int decode_account(MDB_val k, MDB_val v, struct store_account *a)
{
	struct reader key, value;

	reader_init(&key, k.mv_data, k.mv_size);
	reader_init(&value, v.mv_data, v.mv_size);
	a->uid = read_u32(&key);
	a->local = read_u8(&value);
	a->absent = read_u64(&value);
	a->children = read_u32(&value);
	return span_copy(read_bytes(&key, reader_left(&key)), a->owner, sizeof(a->owner)) &&
			       reader_done(&key) && reader_done(&value)
		       ? 0
		       : MDB_CORRUPTED;
}

int store_next_account(struct store_txn *t, struct store_account *a)
{
	uint8_t key[ACCOUNT_KEY_MAX];
	size_t n = account_key(key, a);
	MDB_val k, v;
	int err = first_after(t, DB_ACCOUNT, key, n, &k, &v);

	return err ? err : latch(t, decode_account(k, v, a));
}

int store_get_account(
	struct store_txn *t, uint32_t uid, const char *owner, struct store_account *out)
{
	struct store_account a = {.uid = uid};
	uint8_t key[ACCOUNT_KEY_MAX];
	size_t n;
	MDB_val v;
	int err;

	snprintf(a.owner, sizeof(a.owner), "%s", owner);
	n = account_key(key, &a);
	err = get(t, DB_ACCOUNT, key, n, &v);
	if (!err)
		err = latch(t, decode_account(val_of(key, n), v, &a));
	if (!err)
		*out = a;
	return err;
}

/* The first token of an account puts it on the list; later ones change there only the number of
 * those that were exchanged. */
static int count_account(struct store_txn *t, const struct record *r, bool local, int change)
{
	struct store_account a = {.uid = r->uid, .local = local};
	int err = store_get_account(t, r->uid, r->owner, &a);
	bool child = r->kind == KIND_EXCHANGED;

	if (err && err != ERR_NO_TOKEN)
		return err;
	if (!err && !child)
		return 0;
	memcpy(a.owner, r->owner, sizeof(a.owner));
	if (child && change > 0)
		a.children++;
	else if (child && a.children > 0)
		a.children--;
	return store_put_account(t, &a);
}

/* ---- usage and clock ---- */

int store_get_usage(struct store_txn *t, const char *id, struct usage *out)
{
	MDB_val v;
	int err = get(t, DB_USAGE, id, TOKEN_ID_LEN, &v);

	if (err == ERR_NO_TOKEN) {
		*out = (struct usage){0};
		return 0;
	}
	return err ? err : usage_decode((struct span){v.mv_data, v.mv_size}, out);
}

int store_put_usage(struct store_txn *t, const char *id, const struct usage *u)
{
	uint8_t buf[USAGE_BYTES] = {0};
	size_t n = usage_encode(u, buf);

	return put(t, DB_USAGE, id, TOKEN_ID_LEN, (struct span){(char *)buf, n}, 0);
}

static const char clock_key[] = "clock";

int store_get_clock(struct store_txn *t, uint64_t *out)
{
	struct reader r;
	MDB_val v;
	uint64_t clock;
	int err = get(t, DB_META, clock_key, sizeof(clock_key) - 1, &v);

	if (err) {
		*out = 0;
		return err == ERR_NO_TOKEN ? 0 : err;
	}
	reader_init(&r, v.mv_data, v.mv_size);
	clock = read_u64(&r);
	if (!reader_done(&r))
		return latch(t, MDB_CORRUPTED);
	*out = clock;
	return 0;
}

int store_put_clock(struct store_txn *t, uint64_t now)
{
	uint8_t value[8];
	struct writer w;

	writer_init(&w, value, sizeof(value));
	write_u64(&w, now);
	return put(t, DB_META, clock_key, sizeof(clock_key) - 1,
		(struct span){(char *)value, sizeof(value)}, 0);
}

/* ---- adding and changing ---- */

static const struct span nothing = {"", 0};

int store_add(struct store_txn *t, const struct record *r, bool local)
{
	uint8_t key[STORE_KEY_MAX];

	count_account(t, r, local, 1);
	if (r->kind == KIND_EXCHANGED) {
		put(t, DB_CHILD, key, child_key(key, r), nothing, MDB_NOOVERWRITE);
		put(t, DB_END, key, end_key(key, r), nothing, MDB_NOOVERWRITE);
	}
	put_record(t, r, MDB_NOOVERWRITE);
	put(t, DB_OWNER, key, owner_key(key, r), nothing, MDB_NOOVERWRITE);
	return put(t, DB_NAME, key, name_key(key, r), nothing, MDB_NOOVERWRITE);
}

int store_replace(struct store_txn *t, const struct record *old, const struct record *r)
{
	uint8_t key[STORE_KEY_MAX];

	if (strcmp(old->name, r->name) != 0) {
		del(t, DB_NAME, key, name_key(key, old));
		put(t, DB_NAME, key, name_key(key, r), nothing, MDB_NOOVERWRITE);
	}
	if (r->kind == KIND_EXCHANGED && old->expires != r->expires) {
		del(t, DB_END, key, end_key(key, old));
		put(t, DB_END, key, end_key(key, r), nothing, MDB_NOOVERWRITE);
	}
	return put_record(t, r, 0);
}

static int put_tombstone(struct store_txn *t, const char *id, uint64_t now)
{
	uint8_t when[8];
	struct writer w;

	writer_init(&w, when, sizeof(when));
	write_u64(&w, now);
	return put(t, DB_TOMBSTONE, id, TOKEN_ID_LEN, (struct span){(char *)when, sizeof(when)},
		MDB_NOOVERWRITE);
}

bool store_buried(struct store_txn *t, const char *id)
{
	MDB_val v;

	return get(t, DB_TOMBSTONE, id, TOKEN_ID_LEN, &v) == 0;
}

int store_bury(struct store_txn *t, const char *id, uint64_t when)
{
	if (store_buried(t, id))
		return 0;
	return put_tombstone(t, id, when);
}

static int decode_tombstone(MDB_val k, MDB_val v, char id[TOKEN_ID_LEN + 1], uint64_t *when)
{
	struct reader r;

	reader_init(&r, v.mv_data, v.mv_size);
	*when = read_u64(&r);
	if (!reader_done(&r) || !token_id_valid(k.mv_data, k.mv_size))
		return MDB_CORRUPTED;
	memcpy(id, k.mv_data, TOKEN_ID_LEN);
	id[TOKEN_ID_LEN] = '\0';
	return 0;
}

int store_next_tombstone(struct store_txn *t, char id[TOKEN_ID_LEN + 1], uint64_t *when)
{
	MDB_val k, v;
	int err = first_after(t, DB_TOMBSTONE, id, id[0] ? TOKEN_ID_LEN : 0, &k, &v);

	return err ? err : latch(t, decode_tombstone(k, v, id, when));
}

/* Everything of a token but its entry in `end`. */
static int remove_token(struct store_txn *t, const struct record *r)
{
	uint8_t key[STORE_KEY_MAX];
	MDB_val v;

	if (get(t, DB_USAGE, r->id, TOKEN_ID_LEN, &v) == 0)
		del(t, DB_USAGE, r->id, TOKEN_ID_LEN);
	del(t, DB_TOKEN, r->id, TOKEN_ID_LEN);
	del(t, DB_OWNER, key, owner_key(key, r));
	if (r->kind == KIND_EXCHANGED) {
		del(t, DB_CHILD, key, child_key(key, r));
		count_account(t, r, false, -1);
	}
	return del(t, DB_NAME, key, name_key(key, r));
}

int store_delete(struct store_txn *t, const struct record *r, uint64_t now)
{
	uint8_t key[STORE_KEY_MAX];

	remove_token(t, r);
	if (r->kind == KIND_EXCHANGED && r->expires <= now)
		return del(t, DB_END, key, end_key(key, r));
	return put_tombstone(t, r->id, now);
}

/* The first entry of `end`. 0, ERR_NO_TOKEN, ERR_STORE. */
static int first_end(struct store_txn *t, uint64_t *end, char id[TOKEN_ID_LEN])
{
	struct reader r;
	struct span found;
	MDB_val k, v;
	int err = first_from(t, DB_END, NULL, 0, &k, &v);

	if (err)
		return err;
	reader_init(&r, k.mv_data, k.mv_size);
	*end = read_u64(&r);
	found = read_bytes(&r, TOKEN_ID_LEN);
	if (!reader_done(&r))
		return latch(t, MDB_CORRUPTED);
	memcpy(id, found.p, TOKEN_ID_LEN);
	return 0;
}

int store_clear_ended(struct store_txn *t, uint64_t until, struct record *out)
{
	struct record token = {.id = ""};
	char id[TOKEN_ID_LEN];
	uint8_t key[STORE_KEY_MAX];
	uint64_t end;
	int err = first_end(t, &end, id);

	if (err)
		return err;
	if (end > until)
		return ERR_NO_TOKEN;
	memcpy(token.id, id, sizeof(id));
	token.expires = end;
	err = del(t, DB_END, key, end_key(key, &token));
	if (!err)
		err = store_get(t, id, &token);
	if (err == ERR_NO_TOKEN) {
		token.id[0] = '\0';
		err = del(t, DB_TOMBSTONE, id, TOKEN_ID_LEN);
	} else if (!err) {
		err = remove_token(t, &token);
	}
	if (!err)
		*out = token;
	return err;
}

/* ---- walks ---- */

void store_walk_all(struct store_walk *w)
{
	*w = (struct store_walk){.index = DB_OWNER};
}

void store_walk_owner(struct store_walk *w, uint32_t uid)
{
	struct writer out;

	*w = (struct store_walk){.index = DB_OWNER};
	writer_init(&out, w->key, sizeof(w->key));
	write_u32(&out, uid);
	w->prefix = w->n = writer_len(&out);
}

void store_walk_name(struct store_walk *w, uint32_t uid, struct span name)
{
	struct writer out;

	*w = (struct store_walk){.index = DB_NAME};
	writer_init(&out, w->key, sizeof(w->key));
	write_u32(&out, uid);
	write_bytes(&out, name.p, name.n);
	write_u8(&out, 0);
	w->prefix = w->n = writer_len(&out);
}

void store_walk_child(struct store_walk *w, const char *id)
{
	*w = (struct store_walk){.index = DB_CHILD, .prefix = TOKEN_ID_LEN, .n = TOKEN_ID_LEN};
	memcpy(w->key, id, TOKEN_ID_LEN);
}

/* Moves the cursor to the first key after the walk's, or, at its start, from it on. */
static int seek(struct store_txn *t, const struct store_walk *w, MDB_val *k)
{
	MDB_val v;

	return w->started ? first_after(t, w->index, w->key, w->n, k, &v)
			  : first_from(t, w->index, w->key, w->n, k, &v);
}

int store_walk_next(struct store_txn *t, struct store_walk *w, struct record *out)
{
	MDB_val k;
	int err;

	if (t->failed)
		return ERR_STORE;
	if (w->index == DB_NAME && w->prefix == 0)
		return ERR_NO_TOKEN; /* the name was too long for any token */
	err = seek(t, w, &k);
	if (err)
		return err;
	/* What comes next may be any other key, longer or shorter. */
	if (k.mv_size < w->prefix || memcmp(k.mv_data, w->key, w->prefix) != 0)
		return ERR_NO_TOKEN;
	if (k.mv_size < TOKEN_ID_LEN || k.mv_size > STORE_KEY_MAX)
		return latch(t, MDB_CORRUPTED);
	memcpy(w->key, k.mv_data, k.mv_size);
	w->n = k.mv_size;
	w->started = true;
	err = store_get(t, (const char *)w->key + w->n - TOKEN_ID_LEN, out);
	/* An index entry without its token is damage of that token, not the end of the walk. */
	return err == ERR_NO_TOKEN ? ERR_STORE : err;
}

int store_walk_sound(struct store_txn *t, struct store_walk *w, struct record *out)
{
	int err;

	do
		err = store_walk_next(t, w, out);
	while (err == ERR_STORE && !store_failed(t));
	return err;
}

int store_stat(struct store_txn *t, struct store_stat *out)
{
	struct store_stat sum = {0};

	for (int i = 0; i < DB_COUNT; i++) {
		MDB_stat st;

		if (latch(t, mdb_stat(t->txn, t->store->db[i], &st)))
			return ERR_STORE;
		sum.bytes += (uint64_t)st.ms_psize *
			     (st.ms_branch_pages + st.ms_leaf_pages + st.ms_overflow_pages);
		if (i == DB_TOKEN)
			sum.tokens = st.ms_entries;
	}
	*out = sum;
	return 0;
}
