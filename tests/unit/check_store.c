/* check_store.c: the store on a real LMDB, against docs/RECORD.md and store.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lmdb.h>

#include "common/err.h"
#include "patd/store.h"
#include "tests/unit/unit.h"

enum { PATH_SIZE = 256, WHY_SIZE = 512 };

/* ---- directories ---- */

/* A directory of its own, mode 0700, for each call. */
static const char *new_dir(void)
{
	static char dir[8][sizeof(base) + sizeof("/XXXXXX")];
	static unsigned n;
	char *path = dir[n++ % COUNT(dir)];

	sprintf(path, "%s/XXXXXX", base);
	ck_assert_ptr_nonnull(mkdtemp(path));
	return path;
}

static void put_file(const char *dir, const char *name, const void *p, size_t n)
{
	char path[PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
	close(fd);
}

static size_t get_file(const char *dir, const char *name, void *p, size_t size)
{
	char path[PATH_SIZE];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(p, 1, size, f);
	ck_assert(n > 0 && n < size);
	fclose(f);
	return n;
}

/* ---- tokens and transactions ---- */

static struct store *store_in(const char *dir)
{
	struct store *s;
	char why[WHY_SIZE] = "";

	ck_assert_msg(store_open(dir, &s, why, sizeof(why)) == 0, "%s", why);
	return s;
}

/* The token number n: its ID is made of the number. */
static struct record token(unsigned n, uint32_t uid, const char *name, uint64_t created)
{
	struct record r = {.kind = KIND_PERSONAL, .uid = uid, .created = created};

	snprintf(r.id, sizeof(r.id), "%011u", n);
	memset(r.hash, (int)n, sizeof(r.hash));
	strcpy(r.owner, "alice");
	strcpy(r.name, name);
	strcpy(r.scopes, "sshd");
	strcpy(r.created_by, "alice");
	return r;
}

static struct store_txn *writing(struct store *s)
{
	struct store_txn *t;

	ck_assert_int_eq(store_begin_write(s, &t), 0);
	return t;
}

static struct store_txn *reading(struct store *s)
{
	struct store_txn *t;

	ck_assert_int_eq(store_begin_read(s, &t), 0);
	return t;
}

static void add(struct store *s, struct record r)
{
	struct store_txn *t = writing(s);

	ck_assert_int_eq(store_add(t, &r, true), 0);
	ck_assert(!store_failed(t));
	ck_assert_int_eq(store_commit(t), 0);
}

static struct record get(struct store *s, unsigned n)
{
	struct store_txn *t = reading(s);
	struct record r, key = token(n, 0, "", 0);

	ck_assert_int_eq(store_get(t, key.id, &r), 0);
	store_abort(t);
	return r;
}

static int get_err(struct store *s, unsigned n)
{
	struct store_txn *t = reading(s);
	struct record r, key = token(n, 0, "", 0);
	int err = store_get(t, key.id, &r);

	store_abort(t);
	return err;
}

static void drop(struct store *s, unsigned n)
{
	struct record r = get(s, n);
	struct store_txn *t = writing(s);

	ck_assert_int_eq(store_delete(t, &r, 1800000000), 0);
	ck_assert_int_eq(store_commit(t), 0);
}

static void rename_token(struct store *s, unsigned n, const char *name)
{
	struct record old = get(s, n), r = old;
	struct store_txn *t = writing(s);

	strcpy(r.name, name);
	ck_assert_int_eq(store_replace(t, &old, &r), 0);
	ck_assert_int_eq(store_commit(t), 0);
}

static bool id_free(struct store *s, unsigned n)
{
	struct store_txn *t = reading(s);
	struct record key = token(n, 0, "", 0);
	bool is = store_id_free(t, key.id);

	store_abort(t);
	return is;
}

/* One step of a walk in a transaction of its own: the token's number, or the (negative) error. */
static int step(struct store *s, struct store_walk *w)
{
	struct store_txn *t = reading(s);
	struct record r;
	int err = store_walk_next(t, w, &r);

	store_abort(t);
	return err ? err : atoi(r.id);
}

/* The walk gives these tokens, and then no more, however often it is asked. */
static void walk_gives(struct store *s, struct store_walk *w, const unsigned *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(step(s, w), (int)numbers[i]);
	ck_assert_int_eq(step(s, w), ERR_NO_TOKEN);
	ck_assert_int_eq(step(s, w), ERR_NO_TOKEN);
}

#define LIST(...) (const unsigned[]){__VA_ARGS__}, COUNT(((const unsigned[]){__VA_ARGS__}))

static void owner_has(struct store *s, uint32_t uid, const unsigned *numbers, size_t n)
{
	struct store_walk w;

	store_walk_owner(&w, uid);
	walk_gives(s, &w, numbers, n);
}

static void name_has(
	struct store *s, uint32_t uid, const char *name, const unsigned *numbers, size_t n)
{
	struct store_walk w;

	store_walk_name(&w, uid, span_of(name));
	walk_gives(s, &w, numbers, n);
}

/* ---- the same files without store.c ---- */

struct raw {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
};

static struct raw raw_open(const char *dir, const char *database)
{
	struct raw raw;

	ck_assert_int_eq(mdb_env_create(&raw.env), 0);
	ck_assert_int_eq(mdb_env_set_maxdbs(raw.env, 8), 0);
	ck_assert_int_eq(mdb_env_open(raw.env, dir, 0, 0600), 0);
	ck_assert_int_eq(mdb_txn_begin(raw.env, NULL, 0, &raw.txn), 0);
	ck_assert_int_eq(mdb_dbi_open(raw.txn, database, 0, &raw.dbi), 0);
	return raw;
}

static void raw_close(struct raw *raw)
{
	ck_assert_int_eq(mdb_txn_commit(raw->txn), 0);
	mdb_env_close(raw->env);
}

static void raw_put(const char *dir, const char *database, struct span key, struct span value)
{
	struct raw raw = raw_open(dir, database);
	char k[600], v[600];

	memcpy(k, key.p, key.n);
	memcpy(v, value.p, value.n);
	ck_assert_int_eq(
		mdb_put(raw.txn, raw.dbi, &(MDB_val){key.n, k}, &(MDB_val){value.n, v}, 0), 0);
	raw_close(&raw);
}

static void raw_del(const char *dir, const char *database, struct span key)
{
	struct raw raw = raw_open(dir, database);
	char k[600];

	memcpy(k, key.p, key.n);
	ck_assert_int_eq(mdb_del(raw.txn, raw.dbi, &(MDB_val){key.n, k}, NULL), 0);
	raw_close(&raw);
}

/* The database holds exactly these, in this order. */
static void raw_is(const char *dir, const char *database, const struct span (*rows)[2], size_t n)
{
	struct raw raw = raw_open(dir, database);
	MDB_cursor *c;
	MDB_val k, v;

	ck_assert_int_eq(mdb_cursor_open(raw.txn, raw.dbi, &c), 0);
	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(mdb_cursor_get(c, &k, &v, MDB_NEXT), 0);
		ck_assert_uint_eq(k.mv_size, rows[i][0].n);
		ck_assert_mem_eq(k.mv_data, rows[i][0].p, k.mv_size);
		ck_assert_uint_eq(v.mv_size, rows[i][1].n);
		if (v.mv_size)
			ck_assert_mem_eq(v.mv_data, rows[i][1].p, v.mv_size);
	}
	ck_assert_int_eq(mdb_cursor_get(c, &k, &v, MDB_NEXT), MDB_NOTFOUND);
	mdb_cursor_close(c);
	raw_close(&raw);
}

#define ROWS(...)                                                                                  \
	(const struct span[][2]){__VA_ARGS__}, COUNT(((const struct span[][2]){__VA_ARGS__}))

/* ---- one token ---- */

START_TEST(empty_store)
{
	struct store *s = store_in(new_dir());
	struct store_txn *t = reading(s);
	struct store_stat stat;
	struct store_walk w;
	struct record r;

	ck_assert_int_eq(store_get(t, "00000000001", &r), ERR_NO_TOKEN);
	ck_assert(!store_failed(t));
	ck_assert(store_id_free(t, "00000000001"));
	ck_assert_int_eq(store_stat(t, &stat), 0);
	ck_assert_uint_eq(stat.tokens, 0);
	store_walk_all(&w);
	ck_assert_int_eq(store_walk_next(t, &w, &r), ERR_NO_TOKEN);
	store_abort(t);
	store_close(s);
	store_close(NULL);
}
END_TEST

START_TEST(added_and_read_back)
{
	const char *dir = new_dir();
	struct store *s = store_in(dir);
	struct record full = token(1, 1000, "ci", 5), r;

	full.expires = 99;
	full.revoked = 77;
	full.revoked_rank = RANK_ROOT;
	strcpy(full.note, "a note");
	strcpy(full.revoked_by, "bob");
	strcpy(full.reason, "lost");
	ck_assert(id_free(s, 1));
	add(s, full);
	for (int reopened = 0; reopened < 2; reopened++) {
		struct store_stat stat;
		struct store_txn *t;

		r = get(s, 1);
		ck_assert_str_eq(r.id, full.id);
		ck_assert_mem_eq(r.hash, full.hash, RECORD_HASH);
		ck_assert_uint_eq(r.uid, 1000);
		ck_assert_uint_eq(r.created, 5);
		ck_assert_uint_eq(r.expires, 99);
		ck_assert_uint_eq(r.revoked, 77);
		ck_assert_uint_eq(r.revoked_rank, RANK_ROOT);
		ck_assert_str_eq(r.name, "ci");
		ck_assert_str_eq(r.note, "a note");
		ck_assert_str_eq(r.revoked_by, "bob");
		ck_assert_str_eq(r.reason, "lost");
		ck_assert(!id_free(s, 1));
		t = reading(s);
		ck_assert_int_eq(store_stat(t, &stat), 0);
		ck_assert_uint_eq(stat.tokens, 1);
		ck_assert_uint_gt(stat.bytes, 0);
		store_abort(t);
		store_close(s);
		s = store_in(dir);
	}
	store_close(s);
}
END_TEST

/* An ID need not be terminated, and one that was not found leaves the record as it was. */
START_TEST(ids)
{
	struct store *s = store_in(new_dir());
	char id[TOKEN_ID_LEN];
	struct store_txn *t;
	struct record r, before;

	add(s, token(1, 1000, "ci", 5));
	t = reading(s);
	memcpy(id, "00000000001", sizeof(id));
	ck_assert_int_eq(store_get(t, id, &r), 0);
	memset(&r, 0x5a, sizeof(r));
	before = r;
	ck_assert_int_eq(store_get(t, "00000000002", &r), ERR_NO_TOKEN);
	ck_assert_mem_eq(&r, &before, sizeof(r));
	store_abort(t);
	store_close(s);
}
END_TEST

/* Before the first, between two, behind the last: whichever record is read in its stead, none of it
 * is let out. */
START_TEST(found_or_not)
{
	static const char *const absent[] = {"00000000003", "00000000006", "zzzzzzzzzzz"};
	struct store *s = store_in(new_dir());
	struct store_txn *t = reading(s);
	struct record r, before;

	memset(&r, 0x5a, sizeof(r));
	before = r;
	ck_assert_int_eq(store_find(t, absent[0], &r), ERR_NO_TOKEN);
	ck_assert(!store_failed(t));
	store_abort(t);
	add(s, token(5, 1000, "ci", 5));
	add(s, token(7, 1000, "laptop", 6));
	t = reading(s);
	for (size_t i = 0; i < COUNT(absent); i++)
		ck_assert_int_eq(store_find(t, absent[i], &r), ERR_NO_TOKEN);
	ck_assert_mem_eq(&r, &before, sizeof(r));
	ck_assert_int_eq(store_find(t, "00000000005", &r), 0);
	ck_assert_str_eq(r.name, "ci");
	ck_assert_int_eq(store_find(t, "00000000007", &r), 0);
	ck_assert_str_eq(r.name, "laptop");
	store_abort(t);
	store_close(s);
}
END_TEST

START_TEST(replaced)
{
	struct store *s = store_in(new_dir());
	struct record old = token(1, 1000, "ci", 5), r = old;
	struct store_txn *t;

	add(s, old);
	r.expires = 12345;
	strcpy(r.note, "new");
	t = writing(s);
	ck_assert_int_eq(store_replace(t, &old, &r), 0);
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_uint_eq(get(s, 1).expires, 12345);
	ck_assert_str_eq(get(s, 1).note, "new");
	owner_has(s, 1000, LIST(1));
	name_has(s, 1000, "ci", LIST(1));
	store_close(s);
}
END_TEST

START_TEST(deleted_for_good)
{
	const char *dir = new_dir();
	struct store *s = store_in(dir);

	add(s, token(1, 1000, "ci", 5));
	add(s, token(2, 1000, "ci", 6));
	drop(s, 1);
	for (int reopened = 0; reopened < 2; reopened++) {
		ck_assert_int_eq(get_err(s, 1), ERR_NO_TOKEN);
		ck_assert(!id_free(s, 1)); /* an ID never returns */
		owner_has(s, 1000, LIST(2));
		name_has(s, 1000, "ci", LIST(2));
		store_close(s);
		s = store_in(dir);
	}
	store_close(s);
}
END_TEST

/* ---- transactions ---- */

START_TEST(aborted)
{
	struct store *s = store_in(new_dir());
	struct record a = token(1, 1000, "ci", 5), b = token(2, 1000, "b", 6), changed;
	struct store_txn *t;

	add(s, a);
	t = writing(s);
	changed = a;
	strcpy(changed.name, "other");
	ck_assert_int_eq(store_add(t, &b, true), 0);
	ck_assert_int_eq(store_replace(t, &a, &changed), 0);
	ck_assert_int_eq(store_delete(t, &b, 9), 0);
	store_abort(t);
	owner_has(s, 1000, LIST(1));
	name_has(s, 1000, "other", NULL, 0);
	ck_assert_str_eq(get(s, 1).name, "ci");
	ck_assert(id_free(s, 2));
	store_close(s);
}
END_TEST

/* A transaction sees what it wrote, and nobody else does until it is committed. */
START_TEST(isolated)
{
	struct store *s = store_in(new_dir());
	struct record r = token(1, 1000, "ci", 5), out;
	struct store_txn *w = writing(s);

	ck_assert_int_eq(store_add(w, &r, true), 0);
	ck_assert_int_eq(store_get(w, r.id, &out), 0);
	ck_assert(!store_id_free(w, r.id));
	store_abort(w);
	ck_assert_int_eq(get_err(s, 1), ERR_NO_TOKEN);
	store_close(s);
}
END_TEST

/* The first failure stays: nothing after it works, and commit undoes what came before it. */
START_TEST(failure_latches)
{
	struct store *s = store_in(new_dir());
	struct record first = token(1, 1000, "ci", 5), second = token(2, 1000, "b", 6), out;
	struct store_txn *t;
	struct store_walk w;

	add(s, first);
	t = writing(s);
	ck_assert_int_eq(store_get(t, "00000000009", &out), ERR_NO_TOKEN);
	ck_assert(!store_failed(t)); /* no failure of the store */
	ck_assert_int_eq(store_add(t, &second, true), 0);
	ck_assert_int_eq(store_add(t, &first, true), ERR_STORE); /* not free */
	ck_assert(store_failed(t));
	ck_assert_int_eq(store_get(t, first.id, &out), ERR_STORE);
	ck_assert_int_eq(store_add(t, &(struct record){0}, true), ERR_STORE);
	ck_assert_int_eq(store_replace(t, &first, &first), ERR_STORE);
	ck_assert_int_eq(store_delete(t, &first, 9), ERR_STORE);
	store_walk_all(&w);
	ck_assert_int_eq(store_walk_next(t, &w, &out), ERR_STORE);
	ck_assert(!store_id_free(t, "00000000009"));
	ck_assert_int_eq(store_commit(t), ERR_STORE);
	owner_has(s, 1000, LIST(1));
	ck_assert(id_free(s, 2));
	add(s, second); /* and the store is none the worse */
	owner_has(s, 1000, LIST(1, 2));
	store_close(s);
}
END_TEST

START_TEST(only_whole_records_are_added)
{
	struct store *s = store_in(new_dir());
	struct record r = token(1, 1000, "ci", 5);
	struct store_txn *t = writing(s);

	r.kind = 0;
	ck_assert_int_eq(store_add(t, &r, true), ERR_STORE);
	ck_assert_int_eq(store_commit(t), ERR_STORE);
	ck_assert_int_eq(get_err(s, 1), ERR_NO_TOKEN);
	store_close(s);
}
END_TEST

/* A deleted token's ID is not free, in the same transaction and later. */
START_TEST(tombstones_are_not_free)
{
	struct store *s = store_in(new_dir());
	struct record r = token(1, 1000, "ci", 5);
	struct store_txn *t;

	add(s, r);
	t = writing(s);
	ck_assert_int_eq(store_delete(t, &r, 9), 0);
	ck_assert(!store_id_free(t, r.id));
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert(!id_free(s, 1));
	store_close(s);
}
END_TEST

/* Those of here and of elsewhere, one after the other. */
START_TEST(tombstones)
{
	struct store *s = store_in(new_dir());
	struct record r = token(5, 1000, "ci", 5);
	char id[TOKEN_ID_LEN + 1] = "";
	struct store_txn *t;
	uint64_t when = 0;

	add(s, r);
	t = writing(s);
	ck_assert_int_eq(store_next_tombstone(t, id, &when), ERR_NO_TOKEN);
	ck_assert_int_eq(store_delete(t, &r, 9), 0);
	ck_assert_int_eq(store_bury(t, "00000000002", 7), 0);
	ck_assert_int_eq(store_bury(t, r.id, 4711), 0); /* as it was */
	ck_assert(store_buried(t, r.id) && !store_buried(t, "00000000003"));
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert(!id_free(s, 2));
	t = writing(s);
	ck_assert_int_eq(store_next_tombstone(t, id, &when), 0);
	ck_assert_str_eq(id, "00000000002");
	ck_assert_uint_eq(when, 7);
	ck_assert_int_eq(store_next_tombstone(t, id, &when), 0);
	ck_assert_str_eq(id, r.id);
	ck_assert_uint_eq(when, 9);
	ck_assert_int_eq(store_next_tombstone(t, id, &when), ERR_NO_TOKEN);
	ck_assert_str_eq(id, r.id);
	strcpy(id, "00000000003"); /* one that is not there, or not any more */
	ck_assert_int_eq(store_next_tombstone(t, id, &when), 0);
	ck_assert_str_eq(id, r.id);
	store_abort(t);
	store_close(s);
}
END_TEST

/* ---- walks ---- */

START_TEST(order_of_creation)
{
	struct store *s = store_in(new_dir());
	struct store_walk w;

	add(s, token(7, 1000, "a", 300));
	add(s, token(5, 1000, "b", 100));
	add(s, token(9, 1000, "c", 200));
	add(s, token(8, 1000, "d", 200)); /* of the same moment: by ID */
	add(s, token(1, 1000, "e", 0x100000000));
	add(s, token(6, 999, "f", 400));
	add(s, token(4, 256, "g", 400));
	owner_has(s, 1000, LIST(5, 8, 9, 7, 1));
	owner_has(s, 999, LIST(6));
	owner_has(s, 1001, NULL, 0);
	store_walk_all(&w);
	walk_gives(s, &w, LIST(4, 6, 5, 8, 9, 7, 1));
	store_close(s);
}
END_TEST

START_TEST(uids_at_their_ends)
{
	static const uint32_t uids[] = {0, 1, 255, 256, 65534, 0x7fffffff, 0x80000000, 0xfffffffe};
	struct store *s = store_in(new_dir());
	struct store_walk w;

	for (unsigned i = COUNT(uids); i-- > 0;) {
		add(s, token(2 * i + 1, uids[i], "x", UINT64_MAX));
		add(s, token(2 * i, uids[i], "x", 0));
	}
	for (unsigned i = 0; i < COUNT(uids); i++) {
		owner_has(s, uids[i], LIST(2 * i, 2 * i + 1));
		name_has(s, uids[i], "x", LIST(2 * i, 2 * i + 1));
	}
	owner_has(s, 2, NULL, 0);
	owner_has(s, 0xfffffffd, NULL, 0);
	store_walk_all(&w);
	walk_gives(s, &w, LIST(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
	store_close(s);
}
END_TEST

START_TEST(names)
{
	struct store *s = store_in(new_dir());

	add(s, token(1, 1000, "ci", 30));
	add(s, token(2, 1000, "ci 2", 10));
	add(s, token(3, 1000, "c", 10));
	add(s, token(4, 1000, "cj", 10));
	add(s, token(5, 1000, "ci", 20));
	add(s, token(6, 1001, "ci", 10));
	add(s, token(7, 1000, "\xf4\x8f\xbf\xbd", 10));
	name_has(s, 1000, "ci", LIST(5, 1));
	name_has(s, 1000, "c", LIST(3));
	name_has(s, 1000, "ci 2", LIST(2));
	name_has(s, 1000, "ci ", NULL, 0);
	name_has(s, 1000, "d", NULL, 0);
	name_has(s, 1001, "ci", LIST(6));
	name_has(s, 1002, "ci", NULL, 0);
	name_has(s, 1000, "\xf4\x8f\xbf\xbd", LIST(7));
	name_has(s, 1000, "\xf4", NULL, 0);
	store_close(s);
}
END_TEST

/* The longest names, with shorter ones of the same and of other uids around them. */
START_TEST(long_names)
{
	char longest[LIMIT_NAME + 1], shorter[LIMIT_NAME];
	struct store *s = store_in(new_dir());

	memset(longest, 'x', LIMIT_NAME);
	longest[LIMIT_NAME] = '\0';
	memcpy(shorter, longest + 1, LIMIT_NAME);
	add(s, token(1, 1000, "a", 10));
	add(s, token(2, 1000, "y", 10));
	add(s, token(3, 1001, "a", 10));
	name_has(s, 1000, longest, NULL, 0);
	name_has(s, 1001, longest, NULL, 0);
	add(s, token(4, 1000, longest, 10));
	add(s, token(5, 1000, shorter, 10));
	name_has(s, 1000, longest, LIST(4));
	name_has(s, 1000, shorter, LIST(5));
	name_has(s, 1000, "x", NULL, 0);
	store_close(s);
}
END_TEST

/* A name given up no longer finds the token. */
START_TEST(renamed)
{
	const char *dir = new_dir();
	struct store *s = store_in(dir);

	add(s, token(1, 1000, "a", 10));
	add(s, token(2, 1000, "b", 20));
	rename_token(s, 1, "b");
	name_has(s, 1000, "a", NULL, 0);
	name_has(s, 1000, "b", LIST(1, 2));
	ck_assert_str_eq(get(s, 1).name, "b");
	rename_token(s, 1, "a");
	name_has(s, 1000, "a", LIST(1));
	name_has(s, 1000, "b", LIST(2));
	rename_token(s, 1, "c");
	owner_has(s, 1000, LIST(1, 2));
	drop(s, 1);
	name_has(s, 1000, "a", NULL, 0);
	name_has(s, 1000, "b", LIST(2));
	name_has(s, 1000, "c", NULL, 0);
	drop(s, 2);
	store_close(s);
	raw_is(dir, "name", NULL, 0); /* nothing dangles */
	raw_is(dir, "owner", NULL, 0);
}
END_TEST

START_TEST(walk_while_tokens_come_and_go)
{
	struct store *s = store_in(new_dir());
	struct store_walk w, copy;

	for (unsigned i = 1; i <= 6; i++)
		add(s, token(i, 1000, "x", 10 * i));
	store_walk_owner(&w, 1000);
	ck_assert_int_eq(step(s, &w), 1);
	drop(s, 1); /* where it stands */
	drop(s, 2); /* what would be next */
	ck_assert_int_eq(step(s, &w), 3);
	copy = w;
	add(s, token(7, 1000, "x", 25)); /* before it: not seen */
	add(s, token(8, 1000, "x", 35)); /* after it: seen */
	ck_assert_int_eq(step(s, &w), 8);
	ck_assert_int_eq(step(s, &w), 4);
	drop(s, 5);
	drop(s, 6);
	ck_assert_int_eq(step(s, &w), ERR_NO_TOKEN);
	walk_gives(s, &copy, LIST(8, 4));
	name_has(s, 1000, "x", LIST(7, 3, 8, 4));
	store_close(s);
}
END_TEST

/* Several steps in one transaction, some of it written in the same. */
START_TEST(walk_within_a_write)
{
	struct store *s = store_in(new_dir());
	struct record r, second;
	struct store_txn *t;
	struct store_walk w;

	add(s, token(1, 1000, "x", 10));
	t = writing(s);
	second = token(2, 1000, "x", 20);
	ck_assert_int_eq(store_add(t, &second, true), 0);
	store_walk_owner(&w, 1000);
	for (unsigned n = 1; n <= 2; n++) {
		struct record revoked;

		ck_assert_int_eq(store_walk_next(t, &w, &r), 0);
		ck_assert_int_eq(atoi(r.id), (int)n);
		revoked = r;
		revoked.revoked = 99;
		revoked.revoked_rank = RANK_OWNER;
		ck_assert_int_eq(store_replace(t, &r, &revoked), 0);
	}
	ck_assert_int_eq(store_walk_next(t, &w, &r), ERR_NO_TOKEN);
	ck_assert(!store_failed(t));
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_uint_eq(get(s, 1).revoked, 99);
	ck_assert_uint_eq(get(s, 2).revoked, 99);
	store_close(s);
}
END_TEST

/* Random additions, renamings and deletions: the walks agree with a plain array at each step. */
/* ---- exchanged tokens ---- */

static struct record child(unsigned n, unsigned parent, uint64_t end)
{
	struct record r = token(n, 1000, "child", 100 + n), p = token(parent, 1000, "", 0);

	r.kind = KIND_EXCHANGED;
	r.expires = end;
	strcpy(r.parent, p.id);
	return r;
}

static uint32_t children_of_alice(struct store *s)
{
	struct store_txn *t = reading(s);
	struct store_account a;

	ck_assert_int_eq(store_get_account(t, 1000, "alice", &a), 0);
	store_abort(t);
	return a.children;
}

/* Clears one away: its number, 0 for a tombstone, -1: there was none. */
static int clear_ended(struct store *s, uint64_t until)
{
	struct store_txn *t = writing(s);
	struct record r;
	int err = store_clear_ended(t, until, &r);

	ck_assert(err == 0 || err == ERR_NO_TOKEN);
	ck_assert_int_eq(store_commit(t), 0);
	return err ? -1 : atoi(r.id);
}

START_TEST(children)
{
	struct store *s = store_in(new_dir());
	struct store_walk w;
	struct store_txn *t;
	struct record r, key = token(1, 0, "", 0);

	add(s, token(1, 1000, "parent", 1));
	add(s, token(2, 1000, "other", 2));
	add(s, child(4, 1, 500));
	add(s, child(3, 1, 400));
	add(s, child(5, 2, 300));
	ck_assert_uint_eq(children_of_alice(s), 3);
	t = reading(s);
	store_walk_child(&w, key.id);
	ck_assert_int_eq(store_walk_next(t, &w, &r), 0);
	ck_assert_int_eq(atoi(r.id), 3); /* by creation */
	ck_assert_int_eq(store_walk_next(t, &w, &r), 0);
	ck_assert_int_eq(atoi(r.id), 4);
	ck_assert_int_eq(store_walk_next(t, &w, &r), ERR_NO_TOKEN);
	store_abort(t);
	drop(s, 3);
	ck_assert_uint_eq(children_of_alice(s), 2);
	store_close(s);
}
END_TEST

START_TEST(what_ended_is_cleared_away)
{
	struct store *s = store_in(new_dir());

	add(s, token(1, 1000, "parent", 1));
	add(s, child(3, 1, 400));
	add(s, child(4, 1, 300));
	add(s, child(5, 1, 400));
	ck_assert_int_eq(clear_ended(s, 299), -1);
	ck_assert_int_eq(clear_ended(s, 300), 4);
	ck_assert_int_eq(clear_ended(s, 300), -1);
	ck_assert(id_free(s, 4)); /* no tombstone: it had ended */
	ck_assert_int_eq(clear_ended(s, 999), 3);
	ck_assert_int_eq(clear_ended(s, 999), 5);
	ck_assert_int_eq(clear_ended(s, 999), -1);
	ck_assert_uint_eq(children_of_alice(s), 0);
	ck_assert_int_eq(get_err(s, 1), 0);
	store_close(s);
}
END_TEST

/* Deleted before its end it leaves a tombstone, but only till then. */
START_TEST(tombstones_of_children)
{
	struct store *s = store_in(new_dir());
	struct store_txn *t;
	struct record r;

	add(s, token(1, 1000, "parent", 1));
	add(s, child(3, 1, 1800000001)); /* drop() is at 1800000000 */
	add(s, child(4, 1, 1800000000));
	drop(s, 3);
	drop(s, 4);
	ck_assert(!id_free(s, 3));
	ck_assert(id_free(s, 4));
	ck_assert_int_eq(clear_ended(s, 1800000000), -1);
	ck_assert_int_eq(clear_ended(s, 1800000001), 0);
	ck_assert(id_free(s, 3));
	ck_assert_int_eq(clear_ended(s, UINT64_MAX), -1);
	/* an end that was changed is the one that counts */
	add(s, child(5, 1, 900));
	t = writing(s);
	r = get(s, 5);
	r.expires = 700;
	ck_assert_int_eq(store_replace(t, &(struct record[]){child(5, 1, 900)}[0], &r), 0);
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_int_eq(clear_ended(s, 700), 5);
	ck_assert_int_eq(clear_ended(s, UINT64_MAX), -1);
	store_close(s);
}
END_TEST

START_TEST(against_a_model)
{
	enum { N = 40, ROUNDS = 300 };
	static const char *const names_of[] = {"a", "ab", "abc"};
	struct {
		bool there, was;
		unsigned name;
	} model[N] = {0};
	struct store *s = store_in(new_dir());

	srand(1);
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned n = (unsigned)rand() % N, name = (unsigned)rand() % COUNT(names_of);
		unsigned expected[N], count = 0;

		if (!model[n].was) {
			add(s, token(n, n % 3, names_of[name], n));
			model[n].there = model[n].was = true;
			model[n].name = name;
		} else if (model[n].there && rand() % 3 == 0) {
			drop(s, n);
			model[n].there = false;
		} else if (model[n].there) {
			rename_token(s, n, names_of[name]);
			model[n].name = name;
		}
		for (unsigned i = n % 3; i < N; i += 3)
			if (model[i].there)
				expected[count++] = i;
		owner_has(s, n % 3, expected, count);
		count = 0;
		for (unsigned i = n % 3; i < N; i += 3)
			if (model[i].there && model[i].name == name)
				expected[count++] = i;
		name_has(s, n % 3, names_of[name], expected, count);
	}
	store_close(s);
}
END_TEST

/* ---- what is in the files ---- */

START_TEST(bytes_of_the_databases)
{
	static const char record[] =
		"\1\1\0\0\3\xe8\0\0\0\0\0\0\0\x0a"
		"\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
		"\1\0\5alice\2\0\1n\3\0\4sshd\5\0\5alice";
	const char *dir = new_dir();
	struct store *s = store_in(dir);

	add(s, token(1, 1000, "m", 10));
	rename_token(s, 1, "n");
	add(s, token(2, 1000, "o", 20));
	drop(s, 2);
	store_close(s);
	raw_is(dir, "meta", ROWS({SPAN("format"), SPAN("\0\0\0\1")}));
	raw_is(dir, "token", ROWS({SPAN("00000000001"), SPAN(record)}));
	raw_is(dir, "owner",
		ROWS({SPAN("\0\0\3\xe8\0\0\0\0\0\0\0\x0a"
			   "00000000001"),
			SPAN("")}));
	raw_is(dir, "name",
		ROWS({SPAN("\0\0\3\xe8n\0\0\0\0\0\0\0\0\x0a"
			   "00000000001"),
			SPAN("")}));
	raw_is(dir, "tombstone", ROWS({SPAN("00000000002"), SPAN("\0\0\0\0\x6b\x49\xd2\0")}));
}
END_TEST

START_TEST(files_are_private)
{
	const char *dir = new_dir();
	struct store *s;
	struct dirent *e;
	unsigned files = 0;
	DIR *d;

	umask(0);
	s = store_in(dir);
	d = opendir(dir);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d))) {
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		ck_assert_int_eq(fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW), 0);
		ck_assert_msg(S_ISREG(st.st_mode) && (st.st_mode & 077) == 0, "%s: %o", e->d_name,
			st.st_mode);
		files++;
	}
	ck_assert_uint_ge(files, 2);
	closedir(d);
	store_close(s);
}
END_TEST

START_TEST(descriptors_are_not_inherited)
{
	struct store *s = store_in(new_dir());
	unsigned open_now = 0;

	add(s, token(1, 1000, "m", 10));
	for (int fd = 3; fd < 1024; fd++) {
		char path[64], target[PATH_SIZE];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0 || strncmp(target, base, strlen(base)) != 0)
			continue;
		target[n] = '\0';
		ck_assert_msg(fcntl(fd, F_GETFD) & FD_CLOEXEC, "%s", target);
		open_now++;
	}
	ck_assert_uint_ge(open_now, 2);
	store_close(s);
}
END_TEST

/* ---- what is not opened ---- */

/* Refused, with a line that names the path. */
static void refused(const char *dir, int expected)
{
	struct store *s = NULL;
	char why[WHY_SIZE] = "";
	int err = store_open(dir, &s, why, sizeof(why));

	ck_assert_msg(err == expected, "%s: %d, %s", dir, err, why);
	ck_assert_ptr_null(s);
	ck_assert_msg(strstr(why, dir) != NULL, "%s", why);
	ck_assert_msg(strchr(why, '\n') == NULL, "%s", why);
}

START_TEST(absent_directory)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/absent", new_dir());
	refused(path, ERR_STORE);
	ck_assert_int_eq(access(path, F_OK), -1); /* and not made */
}
END_TEST

START_TEST(no_directory)
{
	const char *dir = new_dir();
	char path[PATH_SIZE];

	put_file(dir, "file", "x", 1);
	snprintf(path, sizeof(path), "%s/file", dir);
	ck_assert_int_eq(chmod(path, 0700), 0);
	refused(path, ERR_STORE);
}
END_TEST

START_TEST(symlink_to_a_directory)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/link", new_dir());
	ck_assert_int_eq(symlink(new_dir(), path), 0);
	refused(path, ERR_STORE);
}
END_TEST

START_TEST(directory_open_to_others)
{
	static const mode_t modes[] = {0710, 0720, 0740, 0701, 0702, 0704, 0750, 0755, 0777, 01777};
	const char *dir = new_dir();

	for (size_t i = 0; i < COUNT(modes); i++) {
		ck_assert_int_eq(chmod(dir, modes[i]), 0);
		refused(dir, ERR_STORE);
	}
	ck_assert_int_eq(chmod(dir, 0700), 0);
	store_close(store_in(dir));
}
END_TEST

START_TEST(directory_of_another)
{
	const char *dir = "/"; /* root's, for whoever cannot give one away */

	if (geteuid() == 0) {
		dir = new_dir();
		ck_assert_int_eq(chown(dir, 12345, 12345), 0);
	}
	refused(dir, ERR_STORE);
}
END_TEST

START_TEST(data_file_elsewhere)
{
	const char *other = new_dir(), *dir = new_dir();
	char target[PATH_SIZE], path[PATH_SIZE];

	store_close(store_in(other));
	snprintf(target, sizeof(target), "%s/data.mdb", other);
	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	ck_assert_int_eq(symlink(target, path), 0);
	refused(dir, ERR_STORE);
}
END_TEST

START_TEST(lock_file_elsewhere)
{
	const char *dir = new_dir();
	char target[PATH_SIZE], path[PATH_SIZE];

	put_file(dir, "victim", "x", 1);
	snprintf(target, sizeof(target), "%s/victim", dir);
	snprintf(path, sizeof(path), "%s/lock", dir);
	ck_assert_int_eq(symlink(target, path), 0);
	refused(dir, ERR_STORE);
}
END_TEST

START_TEST(data_file_of_another_type)
{
	const char *dir = new_dir();
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	refused(dir, ERR_STORE);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refused(dir, ERR_STORE);
}
END_TEST

START_TEST(garbage)
{
	static const size_t sizes[] = {1, 100, 4095, 4096, 8192, 65536};
	static uint8_t bytes[65536];

	for (size_t i = 0; i < COUNT(sizes); i++)
		for (int fill = 0; fill < 3; fill++) {
			const char *dir = new_dir();

			srand((unsigned)i);
			for (size_t j = 0; j < sizes[i]; j++)
				bytes[j] = (uint8_t)(fill == 0 ? 0 : fill == 1 ? 0xff : rand());
			put_file(dir, "data.mdb", bytes, sizes[i]);
			refused(dir, ERR_STORE);
		}
}
END_TEST

/* Of any length: what is missing fails, and nobody dies of it. */
START_TEST(cut_short)
{
	enum { TOKENS = 100 };
	const char *dir = new_dir();
	struct store *s = store_in(dir);
	static uint8_t bytes[1 << 20];
	static struct record added[TOKENS];
	size_t size, found = 0;

	for (unsigned n = 0; n < TOKENS; n++) {
		added[n] = token(n, 1000, "x", n);
		add(s, added[n]);
	}
	store_close(s);
	size = get_file(dir, "data.mdb", bytes, sizeof(bytes));
	for (size_t pages = 2; pages <= size / 4096; pages++) {
		char why[WHY_SIZE];

		dir = new_dir();
		put_file(dir, "data.mdb", bytes, pages * 4096);
		if (store_open(dir, &s, why, sizeof(why)))
			continue;
		found = 0;
		for (unsigned n = 0; n < TOKENS; n++)
			if (get_err(s, n) == 0) {
				struct record r = get(s, n);

				ck_assert_mem_eq(&r, &added[n], sizeof(r));
				found++;
			}
		store_close(s);
	}
	ck_assert_uint_eq(found, TOKENS); /* of the whole file */
	put_file(dir, "data.mdb", bytes, 8192);
	refused(dir, ERR_STORE); /* of none but the root pages */
}
END_TEST

START_TEST(another_format)
{
	static const struct span formats[] = {
		SPAN("\0\0\0\0"),
		SPAN("\0\0\0\2"),
		SPAN("\1\0\0\0"),
		SPAN("\1\0\0\1"),
		SPAN("\0\0\1"),
		SPAN("\0\0\0\1\0"),
		SPAN(""),
	};

	for (size_t i = 0; i < COUNT(formats); i++) {
		const char *dir = new_dir();
		struct store *s = store_in(dir);

		add(s, token(1, 1000, "a", 1));
		store_close(s);
		raw_put(dir, "meta", SPAN("format"), formats[i]);
		refused(dir, ERR_STORE);
		raw_put(dir, "meta", SPAN("format"), SPAN("\0\0\0\1"));
		s = store_in(dir); /* nothing was done to it */
		owner_has(s, 1000, LIST(1));
		store_close(s);
	}
}
END_TEST

/* A message is cut to the room there is. */
START_TEST(little_room_for_the_reason)
{
	struct store *s;

	for (size_t size = 1; size < 20; size++) {
		char why[32];

		memset(why, 'x', sizeof(why));
		ck_assert_int_eq(store_open("/nonexistent/store", &s, why, size), ERR_STORE);
		ck_assert_ptr_nonnull(memchr(why, '\0', size));
		ck_assert_int_eq(why[size], 'x');
	}
}
END_TEST

/* In a child: how opening the directory ends there. */
static int open_elsewhere(const char *dir)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct store *s;
		char why[WHY_SIZE] = "";
		int err = store_open(dir, &s, why, sizeof(why));

		_exit(err && !strstr(why, dir) ? 255 : -err);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

START_TEST(second_opener)
{
	const char *dir = new_dir();
	struct store *s = store_in(dir);

	ck_assert_int_eq(open_elsewhere(dir), ERR_BUSY);
	add(s, token(1, 1000, "a", 1)); /* the first has lost nothing by it */
	owner_has(s, 1000, LIST(1));
	ck_assert_int_eq(open_elsewhere(dir), ERR_BUSY);
	store_close(s);
	ck_assert_int_eq(open_elsewhere(dir), 0);
	ck_assert_int_eq(open_elsewhere(dir), 0); /* whoever ends gives it up */
}
END_TEST

/* ---- damage ---- */

/* What is read in the stead of a token that is not there may be damaged. */
START_TEST(corrupted_neighbour)
{
	const char *dir = new_dir();
	struct store *s = store_in(dir);
	struct store_txn *t;
	struct record r;

	add(s, token(5, 1000, "ci", 5));
	store_close(s);
	raw_put(dir, "token", SPAN("00000000005"), SPAN("x"));
	s = store_in(dir);
	t = reading(s);
	ck_assert_int_eq(store_find(t, "00000000003", &r), ERR_NO_TOKEN);
	ck_assert_int_eq(store_find(t, "00000000007", &r), ERR_NO_TOKEN);
	ck_assert(!store_failed(t));
	store_abort(t);
	store_close(s);
}
END_TEST

/* A record that cannot be read spoils nothing but itself. */
START_TEST(corrupted_record)
{
	static const struct span values[] = {SPAN(""), SPAN("x"),
		SPAN("\2\1\0\0\3\xe8\0\0\0\0\0\0\0\x0a"
		     "0123456789abcdef0123456789abcdef\1\0\1a\2\0\1b\3\0\1c\5\0\1d")};
	const char *dir = new_dir();

	for (size_t i = 0; i < COUNT(values); i++) {
		unsigned n = 10 * (unsigned)i;
		struct store *s = store_in(dir);
		struct store_txn *t;
		struct store_walk w;
		struct record r, key;

		for (unsigned j = 1; j <= 3; j++)
			add(s, token(n + j, 1000 + n, "x", j));
		store_close(s);
		key = token(n + 2, 0, "", 0);
		raw_put(dir, "token", span_of(key.id), values[i]);
		s = store_in(dir);
		ck_assert_int_eq(get_err(s, n + 2), ERR_STORE);
		t = reading(s);
		ck_assert_int_eq(store_find(t, key.id, &r), ERR_STORE);
		store_abort(t);
		ck_assert_int_eq(get_err(s, n + 1), 0);
		ck_assert_int_eq(get_err(s, n + 3), 0);
		ck_assert(!id_free(s, n + 2));
		store_walk_owner(&w, 1000 + n);
		ck_assert_int_eq(step(s, &w), (int)n + 1);
		ck_assert_int_eq(step(s, &w), ERR_STORE); /* told, not left out */
		store_walk_owner(&w, 1000 + n);
		t = reading(s);
		ck_assert_int_eq(store_walk_sound(t, &w, &r), 0);
		ck_assert_str_eq(r.id, token(n + 1, 0, "", 0).id);
		ck_assert_int_eq(store_walk_sound(t, &w, &r), 0);
		ck_assert_str_eq(r.id, token(n + 3, 0, "", 0).id);
		ck_assert_int_eq(store_walk_sound(t, &w, &r), ERR_NO_TOKEN);
		store_abort(t);
		add(s, token(n + 4, 1000 + n, "y", 4));
		name_has(s, 1000 + n, "y", LIST(n + 4));
		t = reading(s);
		ck_assert_int_eq(store_get(t, token(n + 4, 0, "", 0).id, &r), 0);
		store_abort(t);
		store_close(s);
	}
}
END_TEST

/* A row of an index whose token is not there: passed over like a damaged token. */
START_TEST(lost_record)
{
	const char *dir = new_dir();
	struct store *s = store_in(dir);
	struct store_txn *t;
	struct store_walk w;
	struct record r;

	for (unsigned n = 1; n <= 3; n++)
		add(s, token(n, 1000, "x", n));
	store_close(s);
	raw_del(dir, "token", span_of(token(2, 0, "", 0).id));
	s = store_in(dir);
	store_walk_owner(&w, 1000);
	ck_assert_int_eq(step(s, &w), 1);
	ck_assert_int_eq(step(s, &w), ERR_STORE); /* told, not left out */
	store_walk_owner(&w, 1000);
	t = writing(s);
	for (unsigned n = 1; n <= 3; n += 2) {
		ck_assert_int_eq(store_walk_sound(t, &w, &r), 0);
		ck_assert_str_eq(r.id, token(n, 0, "", 0).id);
	}
	ck_assert_int_eq(store_walk_sound(t, &w, &r), ERR_NO_TOKEN);
	ck_assert_int_eq(store_delete(t, &r, 5), 0);
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_int_eq(get_err(s, 3), ERR_NO_TOKEN);
	store_close(s);
}
END_TEST

/* Adds tokens from `first` on until it is killed; tells the number of each that is durable. */
_Noreturn static void write_until_killed(const char *dir, unsigned first, int tell)
{
	struct store *s;
	char why[WHY_SIZE];

	if (store_open(dir, &s, why, sizeof(why)))
		_exit(1);
	for (unsigned n = first;; n++) {
		struct record r = token(n, n % 7, n % 2 ? "odd" : "even", n);
		struct store_txn *t;

		if (store_begin_write(s, &t) || store_add(t, &r, true) || store_commit(t))
			_exit(1);
		if (write(tell, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

/* Every token is whole, in all its indices; returns how many there are. */
static unsigned count_whole(struct store *s)
{
	struct store_txn *t = reading(s);
	struct store_stat stat;
	struct store_walk w, named;
	struct record r, other;
	unsigned n = 0;

	store_walk_all(&w);
	for (; store_walk_next(t, &w, &r) == 0; n++) {
		int err;

		store_walk_name(&named, r.uid, span_of(r.name));
		do
			err = store_walk_next(t, &named, &other);
		while (!err && strcmp(other.id, r.id) != 0);
		ck_assert_int_eq(err, 0);
	}
	ck_assert_int_eq(store_walk_next(t, &w, &r), ERR_NO_TOKEN);
	ck_assert_int_eq(store_stat(t, &stat), 0);
	ck_assert_uint_eq(stat.tokens, n);
	store_abort(t);
	return n;
}

START_TEST(writer_killed_at_any_time)
{
	enum { ROUNDS = 20 };
	const char *dir = new_dir();
	unsigned acknowledged = 0, n;

	srand((unsigned)getpid());
	for (unsigned round = 0; round < ROUNDS; round++) {
		int tell[2], status;
		struct store *s;
		pid_t child;

		ck_assert_int_eq(pipe(tell), 0);
		child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0) {
			close(tell[0]);
			write_until_killed(dir, acknowledged, tell[1]);
		}
		close(tell[1]);
		for (int wait = rand() % 5; wait >= 0; wait--) {
			ck_assert_int_eq(read(tell[0], &n, sizeof(n)), sizeof(n));
			acknowledged = n + 1;
		}
		usleep((useconds_t)(rand() % 10000));
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(WIFSIGNALED(status));
		while (read(tell[0], &n, sizeof(n)) == sizeof(n))
			acknowledged = n + 1;
		close(tell[0]);

		s = store_in(dir);
		for (unsigned i = 0; i < acknowledged; i++)
			ck_assert_int_eq(get_err(s, i), 0);
		n = count_whole(s);
		ck_assert_uint_ge(n, acknowledged);
		ck_assert_uint_le(n, acknowledged + 1); /* one may be durable and not yet told */
		acknowledged = n;
		store_close(s);
	}
	ck_assert_uint_ge(acknowledged, ROUNDS);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, empty_store);
	tcase_add_test(t, added_and_read_back);
	tcase_add_test(t, ids);
	tcase_add_test(t, found_or_not);
	tcase_add_test(t, replaced);
	tcase_add_test(t, deleted_for_good);
	tcase_add_test(t, aborted);
	tcase_add_test(t, isolated);
	tcase_add_test(t, failure_latches);
	tcase_add_test(t, only_whole_records_are_added);
	tcase_add_test(t, tombstones_are_not_free);
	tcase_add_test(t, tombstones);
	tcase_add_test(t, order_of_creation);
	tcase_add_test(t, uids_at_their_ends);
	tcase_add_test(t, names);
	tcase_add_test(t, long_names);
	tcase_add_test(t, renamed);
	tcase_add_test(t, walk_while_tokens_come_and_go);
	tcase_add_test(t, walk_within_a_write);
	tcase_add_test(t, children);
	tcase_add_test(t, what_ended_is_cleared_away);
	tcase_add_test(t, tombstones_of_children);
	tcase_add_test(t, against_a_model);
	tcase_add_test(t, bytes_of_the_databases);
	tcase_add_test(t, files_are_private);
	tcase_add_test(t, descriptors_are_not_inherited);
	tcase_add_test(t, absent_directory);
	tcase_add_test(t, no_directory);
	tcase_add_test(t, symlink_to_a_directory);
	tcase_add_test(t, directory_open_to_others);
	tcase_add_test(t, directory_of_another);
	tcase_add_test(t, data_file_elsewhere);
	tcase_add_test(t, lock_file_elsewhere);
	tcase_add_test(t, data_file_of_another_type);
	tcase_add_test(t, garbage);
	tcase_add_test(t, cut_short);
	tcase_add_test(t, another_format);
	tcase_add_test(t, little_room_for_the_reason);
	tcase_add_test(t, second_opener);
	tcase_add_test(t, corrupted_neighbour);
	tcase_add_test(t, corrupted_record);
	tcase_add_test(t, lost_record);
	tcase_add_test(t, writer_killed_at_any_time);
}

int main(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");

	tcase_set_timeout(t, 60); /* for slow disks */
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	add_tests(t);
	suite_add_tcase(s, t);
	return unit_run(s);
}
