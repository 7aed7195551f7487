/*
 * world.h: a real store in memory, with people and a few tokens, for fuzzers of what patd does:
 * requests as a connection runs them, by a store that may fail, and what must be true of the store
 * after each.
 *
 * Everything is the same at each run: the clock, the secrets (so that a dictionary can have them),
 * and what is in the store at first. The helpers of the unit tests serve as they are; what they
 * assert aborts here.
 */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <sodium.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "patd/handover.h"
#include "patd/store_session.h"

#define put put_entry /* there are two of that name */
#include "patd/store_private.h"
#undef put

#include "tests/fuzz/input.h"
#include "tests/unit/requests.h"

/* ---- what the unit tests' helpers lean on ---- */

void _ck_assert_failed(const char *file, int line, const char *what, const char *why, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: %s", file, line, what);
	if (why) {
		va_start(args, why);
		vfprintf(stderr, why, args);
		va_end(args);
	}
	fputc('\n', stderr);
	abort();
}

void _mark_point(const char *file, int line)
{
	(void)file, (void)line;
}

/* ---- the clock, chance, and calls that fail ---- */

static struct {
	bool armed;	 /* patd runs */
	unsigned left;	 /* the call that fails, counted down; 0: none does */
	int error;	 /* and what it says */
	bool hit;	 /* one of the store's calls has failed */
	unsigned stamp;	 /* no two tokens are made at once */
	uint32_t chance; /* what secrets are made of */
	/*
	 * A file may count more uses than are granted here, and leave out what its tokens hang
	 * together with: what that opens is nothing.
	 */
	bool imported;
} world;

int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
uint32_t __wrap_randombytes_uniform(uint32_t n);
int __real_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn);
int __wrap_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn);
int __real_mdb_txn_renew(MDB_txn *txn);
int __wrap_mdb_txn_renew(MDB_txn *txn);
int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);
int __real_mdb_get(MDB_txn *txn, MDB_dbi db, MDB_val *k, MDB_val *v);
int __wrap_mdb_get(MDB_txn *txn, MDB_dbi db, MDB_val *k, MDB_val *v);
int __real_mdb_put(MDB_txn *txn, MDB_dbi db, MDB_val *k, MDB_val *v, unsigned flags);
int __wrap_mdb_put(MDB_txn *txn, MDB_dbi db, MDB_val *k, MDB_val *v, unsigned flags);
int __real_mdb_del(MDB_txn *txn, MDB_dbi db, MDB_val *k, MDB_val *v);
int __wrap_mdb_del(MDB_txn *txn, MDB_dbi db, MDB_val *k, MDB_val *v);
int __real_mdb_stat(MDB_txn *txn, MDB_dbi db, MDB_stat *st);
int __wrap_mdb_stat(MDB_txn *txn, MDB_dbi db, MDB_stat *st);
int __real_mdb_cursor_open(MDB_txn *txn, MDB_dbi db, MDB_cursor **c);
int __wrap_mdb_cursor_open(MDB_txn *txn, MDB_dbi db, MDB_cursor **c);
int __real_mdb_cursor_get(MDB_cursor *c, MDB_val *k, MDB_val *v, MDB_cursor_op op);
int __wrap_mdb_cursor_get(MDB_cursor *c, MDB_val *k, MDB_val *v, MDB_cursor_op op);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	if (!world.armed || id != CLOCK_REALTIME)
		return __real_clock_gettime(id, t);
	*t = (struct timespec){.tv_sec = (time_t)now, .tv_nsec = 1000 * (long)++world.stamp};
	return 0;
}

uint32_t __wrap_randombytes_uniform(uint32_t n)
{
	world.chance = world.chance * 1103515245 + 12345;
	return (world.chance >> 16) % n;
}

static bool fails(void)
{
	if (!world.armed || world.left == 0 || --world.left > 0)
		return false;
	world.hit = true;
	return true;
}

int __wrap_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn)
{
	return fails() ? world.error : __real_mdb_txn_begin(env, parent, flags, txn);
}

int __wrap_mdb_txn_renew(MDB_txn *txn)
{
	return fails() ? world.error : __real_mdb_txn_renew(txn);
}

/* As LMDB does it: what can't be committed is aborted. */
int __wrap_mdb_txn_commit(MDB_txn *txn)
{
	if (!fails())
		return __real_mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return world.error;
}

int __wrap_mdb_get(MDB_txn *txn, MDB_dbi db, MDB_val *k, MDB_val *v)
{
	return fails() ? world.error : __real_mdb_get(txn, db, k, v);
}

int __wrap_mdb_put(MDB_txn *txn, MDB_dbi db, MDB_val *k, MDB_val *v, unsigned flags)
{
	return fails() ? world.error : __real_mdb_put(txn, db, k, v, flags);
}

int __wrap_mdb_del(MDB_txn *txn, MDB_dbi db, MDB_val *k, MDB_val *v)
{
	return fails() ? world.error : __real_mdb_del(txn, db, k, v);
}

int __wrap_mdb_stat(MDB_txn *txn, MDB_dbi db, MDB_stat *st)
{
	return fails() ? world.error : __real_mdb_stat(txn, db, st);
}

int __wrap_mdb_cursor_open(MDB_txn *txn, MDB_dbi db, MDB_cursor **c)
{
	return fails() ? world.error : __real_mdb_cursor_open(txn, db, c);
}

int __wrap_mdb_cursor_get(MDB_cursor *c, MDB_val *k, MDB_val *v, MDB_cursor_op op)
{
	return fails() ? world.error : __real_mdb_cursor_get(c, k, v, op);
}

/* Without memory a login is good that no session can be opened by: that is no failure. */
void *__wrap_calloc(size_t n, size_t size)
{
	if (!fails())
		return __real_calloc(n, size);
	world.hit = false;
	return NULL;
}

/* ---- requests ---- */

/* Texts of tokens, as they were told when they were made. */
static struct minted texts[256];
static size_t text_count, first_texts;

static void keep_text(const struct proto_msg *m)
{
	struct minted *t = &texts[text_count];

	if (!proto_has(m, TAG_TOKEN) || !proto_has(m, TAG_ID) || text_count == COUNT(texts))
		return;
	assert(span_copy(proto_text(m, TAG_ID), t->id, sizeof(t->id)));
	assert(span_copy(proto_text(m, TAG_TOKEN), t->text, sizeof(t->text)));
	text_count++;
}

/* NULL: nobody was told. */
static UNUSED const char *text_of(const char *id)
{
	for (size_t i = 0; i < text_count; i++)
		if (strcmp(texts[i].id, id) == 0)
			return texts[i].text;
	return NULL;
}

/* Every packet of an answer, the last one too. */
static void (*on_answer)(const struct proto_msg *packet);

static void tell_packet(void)
{
	static struct proto_msg m;
	size_t n = proto_end(&r.out);

	assert(n > 0 && proto_decode(r.out.packet, n, &m) == 0);
	keep_text(&m);
	if (on_answer)
		on_answer(&m);
}

static void set_run(bool writes)
{
	r.now = now;
	r.clock_mark = clock_mark;
	r.handovers = writes ? NULL : handovers;
}

static int world_check(const struct operation *op)
{
	struct store_txn *t;
	int err;

	do {
		if (store_begin_read(store, &t))
			return ERR_STORE;
		set_run(false);
		err = dispatch_check(op, &r, t);
		store_abort(t);
		if (err == REQUEST_ASK)
			answer_want();
	} while (err == REQUEST_ASK);
	return err;
}

/* As commit.c runs a job that is alone. */
static int run_job(const struct operation *op)
{
	struct store_txn *t;
	unsigned long writes;
	int err;

	if (store_begin_write(store, &t))
		return ERR_STORE;
	writes = store_writes(t);
	set_run(true);
	err = dispatch_apply(op, &r, t);
	if (err == ERR_STORE && store_writes(t) != writes)
		store_fail(t);
	if (store_failed(t)) {
		store_abort(t);
		return ERR_STORE;
	}
	return store_commit(t) ? ERR_STORE : err;
}

static int world_apply(const struct operation *op)
{
	int err;

	while ((err = run_job(op)) == REQUEST_ASK)
		answer_want();
	return err;
}

/* Bulk work: part by part. */
static int world_parts(const struct operation *op)
{
	int err;

	for (unsigned part = 0; (err = world_apply(op)) == REQUEST_AGAIN; part++) {
		assert(part < 1000);
		request_settle(&r);
	}
	return err;
}

/* The root parent finds every process dead, or alive. */
static void parent_answers(struct control *errand)
{
	*errand = (struct control){
		.type = CONTROL_RESULT, .err = errand->process.pid % 2 ? ERR_NO_SESSION : 0};
}

static int world_next(const struct operation *op)
{
	for (unsigned n = 0;; n++) {
		struct store_txn *t;
		int err;

		assert(n < 10000);
		if (store_begin_read(store, &t))
			return ERR_STORE;
		set_run(false);
		err = op->next(&r, t);
		store_abort(t);
		if (err == REQUEST_ASK)
			answer_want();
		if (err == REQUEST_ERRAND) {
			parent_answers(&r.errand);
			r.errand_done = true;
		}
		if (err < 0)
			return err;
		if (err)
			continue;
		tell_packet();
		if (r.last)
			return 0;
	}
}

/* What a client streams: the next packet of it; 0: the connection ends. */
static size_t (*next_item)(uint8_t packet[LIMIT_PACKET]);

static int receive_more(const struct operation *op)
{
	uint8_t packet[LIMIT_PACKET];
	int err = 0;

	while (!err && !batch_full(r.batch)) {
		size_t n = next_item(packet);

		err = n ? intake_packet(op, &r, packet, n) : ERR_PROTO;
	}
	return err < 0 ? err : 0;
}

static int world_take(const struct operation *op)
{
	int err;

	if (!(r.batch = batch_new()))
		return ERR_MEMORY;
	do {
		err = receive_more(op);
		if (!err)
			err = world_apply(op);
		if (err == REQUEST_AGAIN)
			request_settle(&r);
		if (err == REQUEST_AGAIN && r.batch->err)
			err = request_fail(&r, r.batch->err, "%s", r.batch->why);
	} while (err == REQUEST_AGAIN);
	return err;
}

static int world_decided(const struct operation *op)
{
	int err = world_check(op);

	if (err != REQUEST_REAUTHENTICATE)
		return err;
	if (!knows_password)
		return ERR_REAUTH;
	r.reauthenticated = true;
	request_forget(&r);
	return world_check(op);
}

/* Once all is decided: what is to be written, and then what is to be told. */
static int world_answer(const struct operation *op)
{
	bool applied = op->apply && !r.answered;
	int err = applied ? world_parts(op) : 0;

	keep_login(err);
	if (!err && op->next && !(applied && r.answered))
		return world_next(op);
	if (!err)
		tell_packet();
	return err;
}

/*
 * What begin() began, to its end: 0 or an error. Only the results of conn.c are here, not its
 * waiting: docs/DESIGN.md, "A request".
 */
static UNUSED int world_run(void)
{
	const struct operation *op = dispatch_find(r.msg.verb);
	int err;

	assert(op);
	world.imported |= op->verb == VERB_IMPORT;
	world.armed = true;
	err = world_decided(op);
	if (!err && op->take)
		err = world_take(op);
	else if (!err)
		err = world_answer(op);
	else
		keep_login(err);
	if (!err && op->take)
		tell_packet();
	world.armed = false;
	assert(err == 0 || err_info(err)->err == err);
	return err;
}

/* ---- what must be true of a store ---- */

static struct {
	struct record token[512];
	size_t n, exchanged, events, owned_events;
	uint64_t hash; /* of all there is */
} seen;

static MDB_txn *looking;

static size_t entries(int db)
{
	MDB_stat st;

	assert(mdb_stat(looking, store->db[db], &st) == 0);
	return st.ms_entries;
}

static bool has_key(int db, const void *key, size_t n)
{
	MDB_val k = val_of(key, n), v;

	return mdb_get(looking, store->db[db], &k, &v) == 0;
}

static const struct record *token_seen(const void *id)
{
	for (size_t i = 0; i < seen.n; i++)
		if (memcmp(seen.token[i].id, id, TOKEN_ID_LEN) == 0)
			return &seen.token[i];
	return NULL;
}

/* A key of what docs/RECORD.md says: numbers, texts, an ID. */
static bool indexed(int db, const struct record *t, uint32_t uid, const char *text, uint64_t number)
{
	uint8_t key[STORE_KEY_MAX];
	struct writer w;

	writer_init(&w, key, sizeof(key));
	if (db == DB_OWNER || db == DB_NAME)
		write_u32(&w, uid);
	if (text)
		write_bytes(&w, text, strlen(text) + (db == DB_NAME));
	write_u64(&w, number);
	write_bytes(&w, t->id, TOKEN_ID_LEN);
	return has_key(db, key, writer_len(&w));
}

static void see_token(MDB_val k, MDB_val v)
{
	struct record *t = &seen.token[seen.n++];

	assert(seen.n <= COUNT(seen.token) && k.mv_size == TOKEN_ID_LEN);
	assert(record_decode(k.mv_data, (struct span){v.mv_data, v.mv_size}, t) == 0);
	assert(indexed(DB_OWNER, t, t->uid, NULL, t->created));
	assert(indexed(DB_NAME, t, t->uid, t->name, t->created));
	assert(world.imported || !t->uses || t->used <= t->uses);
	assert(!has_key(DB_TOMBSTONE, t->id, TOKEN_ID_LEN));
	if (t->kind != KIND_EXCHANGED)
		return;
	seen.exchanged++;
	assert(indexed(DB_CHILD, t, 0, t->parent, t->created));
	assert(indexed(DB_END, t, 0, NULL, t->expires));
}

static void see_usage(MDB_val k, MDB_val v)
{
	struct usage u;

	assert(k.mv_size == TOKEN_ID_LEN && token_seen(k.mv_data));
	assert(usage_decode((struct span){v.mv_data, v.mv_size}, &u) == 0);
}

/* An end is an exchanged token's, or a tombstone's. */
static void see_end(MDB_val k, MDB_val v)
{
	const char *id = (const char *)k.mv_data + 8;
	const struct record *t = token_seen(id);

	assert(k.mv_size == 8 + TOKEN_ID_LEN && v.mv_size == 0);
	assert(t ? t->kind == KIND_EXCHANGED : has_key(DB_TOMBSTONE, id, TOKEN_ID_LEN));
}

static void see_account(MDB_val k, MDB_val v)
{
	struct reader key, value;
	uint32_t uid, children;
	struct span owner;
	size_t own = 0;

	reader_init(&key, k.mv_data, k.mv_size);
	reader_init(&value, v.mv_data, v.mv_size);
	uid = read_u32(&key);
	owner = read_bytes(&key, reader_left(&key));
	read_u8(&value);
	read_u64(&value);
	children = read_u32(&value);
	assert(reader_done(&key) && reader_done(&value));
	for (size_t i = 0; i < seen.n; i++)
		own += seen.token[i].kind == KIND_EXCHANGED && seen.token[i].uid == uid &&
		       span_is(owner, seen.token[i].owner);
	assert(own == children);
}

static void see_event(MDB_val k, MDB_val v)
{
	static const int class_db[] = {
		DB_EVENT_DEED, DB_EVENT_LOGIN, DB_EVENT_EXCHANGE, DB_EVENT_REFUSAL};
	struct log_event e;
	size_t classes = 0;

	assert(log_event_decode((struct span){v.mv_data, v.mv_size}, &e) == 0);
	for (size_t i = 0; i < COUNT(class_db); i++)
		classes += has_key(class_db[i], k.mv_data, k.mv_size);
	assert(classes == 1);
	seen.owned_events += e.uid != EVENT_NOBODY;
}

static void see_session(MDB_val k, MDB_val v)
{
	struct session s;

	assert(session_decode((struct span){k.mv_data, k.mv_size},
		       (struct span){v.mv_data, v.mv_size}, &s) == 0);
}

static void see_handover(MDB_val k, MDB_val v)
{
	struct handover h;

	assert(handover_decode((struct span){k.mv_data, k.mv_size},
		       (struct span){v.mv_data, v.mv_size}, &h) == 0);
}

/* The tokens first: the others are about them. */
static void (*const sights[DB_COUNT])(MDB_val k, MDB_val v) = {[DB_TOKEN] = see_token,
	[DB_USAGE] = see_usage,
	[DB_END] = see_end,
	[DB_ACCOUNT] = see_account,
	[DB_EVENT] = see_event,
	[DB_SESSION] = see_session,
	[DB_HANDOVER] = see_handover};

/* By a library that no fuzzer looks into: its every comparison would be news. */
static crypto_generichash_state mixed;

static void mix(MDB_val v)
{
	crypto_generichash_update(&mixed, (const uint8_t *)&v.mv_size, sizeof(v.mv_size));
	crypto_generichash_update(&mixed, v.mv_data, v.mv_size);
}

static void see_database(int db)
{
	MDB_cursor *c;
	MDB_val k, v;
	int rc;

	assert(mdb_cursor_open(looking, store->db[db], &c) == 0);
	while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) {
		mix(k);
		mix(v);
		if (sights[db])
			sights[db](k, v);
	}
	assert(rc == MDB_NOTFOUND);
	mdb_cursor_close(c);
}

/* The ends of a link that are there agree, and nobody's parent is missing. */
static void see_links(const struct record *t)
{
	const struct record *next = t->successor[0] ? token_seen(t->successor) : NULL;
	const struct record *above = t->parent[0] ? token_seen(t->parent) : NULL;

	assert(world.imported || !next || strcmp(next->predecessor, t->id) == 0);
	assert(world.imported || !t->parent[0] || above);
	assert(!above || !above->revoked || t->revoked);
	assert(!above || !above->expires || t->expires <= above->expires);
}

/* Looks at all there is. */
static void world_look(void)
{
	uint8_t hash[16];

	assert(!world.armed);
	assert(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &looking) == 0);
	seen.n = seen.exchanged = seen.owned_events = 0;
	crypto_generichash_init(&mixed, NULL, 0, 16);
	see_database(DB_TOKEN);
	for (int db = 0; db < DB_COUNT; db++)
		if (db != DB_TOKEN)
			see_database(db);
	crypto_generichash_final(&mixed, hash, sizeof(hash));
	memcpy(&seen.hash, hash, sizeof(seen.hash));
	for (size_t i = 0; i < seen.n; i++)
		see_links(&seen.token[i]);
	assert(entries(DB_OWNER) == seen.n && entries(DB_NAME) == seen.n);
	assert(entries(DB_CHILD) == seen.exchanged && entries(DB_END) >= seen.exchanged);
	assert(entries(DB_EVENT_DEED) + entries(DB_EVENT_LOGIN) + entries(DB_EVENT_EXCHANGE) +
			entries(DB_EVENT_REFUSAL) ==
		entries(DB_EVENT));
	assert(entries(DB_EVENT_OF) == seen.owned_events);
	mdb_txn_abort(looking);
}

/* ---- a run ---- */

static char world_dir[BASE_DIR];
static struct event_base *world_loop; /* never run */
/* What is in the store at first. */
static struct kept {
	int db;
	struct span key, value;
} kept[1024];
static size_t kept_count;

static void open_store(void)
{
	char why[256] = "";

	if (store_open(world_dir, &store, why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		abort();
	}
}

/* What was acknowledged is there when patd starts anew. */
static UNUSED void world_reopen(void)
{
	uint64_t before;

	world_look();
	before = seen.hash;
	store_close(store);
	open_store();
	world_look();
	assert(seen.hash == before);
}

static struct span copy_of(MDB_val v)
{
	char *p = malloc(v.mv_size ? v.mv_size : 1);

	if (!p)
		abort();
	memcpy(p, v.mv_data, v.mv_size);
	return (struct span){p, v.mv_size};
}

static void keep_all(void)
{
	MDB_txn *txn;
	MDB_cursor *c;
	MDB_val k, v;

	assert(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn) == 0);
	for (int db = 0; db < DB_COUNT; db++) {
		assert(mdb_cursor_open(txn, store->db[db], &c) == 0);
		while (mdb_cursor_get(c, &k, &v, MDB_NEXT) == 0) {
			assert(kept_count < COUNT(kept));
			kept[kept_count++] = (struct kept){db, copy_of(k), copy_of(v)};
		}
		mdb_cursor_close(c);
	}
	mdb_txn_abort(txn);
}

/* The store is not made anew for each run: that would take longer than the run. */
static void restore_all(void)
{
	MDB_txn *txn;

	assert(mdb_txn_begin(store->env, NULL, 0, &txn) == 0);
	for (int db = 0; db < DB_COUNT; db++)
		assert(mdb_drop(txn, store->db[db], 0) == 0);
	for (size_t i = 0; i < kept_count; i++) {
		MDB_val k = val_of(kept[i].key.p, kept[i].key.n);
		MDB_val v = val_of(kept[i].value.p, kept[i].value.n);

		assert(mdb_put(txn, store->db[kept[i].db], &k, &v, 0) == 0);
	}
	assert(mdb_txn_commit(txn) == 0);
}

static void world_remove(void)
{
	store_close(store);
	for (size_t i = 0; i < kept_count; i++) {
		free((void *)(uintptr_t)kept[i].key.p);
		free((void *)(uintptr_t)kept[i].value.p);
	}
	event_base_free(world_loop);
	config_unref(parsed);
	remove_base();
}

static void reset(void)
{
	now = NOW;
	clock_mark = 0;
	knows_password = true;
	memcpy(people, everybody, sizeof(people));
	config = *parsed;
	world.left = 0;
	world.hit = false;
}

static const char world_conf[] =
	"reuse = revoke\nmax_tokens = 12\ninactive_after = 400d\nexchange_lifetime = 10m\n"
	"scope web { services = {nginx} }\n"
	"account deploy { managers = {alice} scopes = {sshd, su} }\n"
	"verifier www-data { services = {nginx} users = {\"@users\"} }\n";

/* Whoever is there has some, of each kind and state. */
static void make_tokens(void)
{
	static const struct {
		uint8_t verb;
		struct args args;
	} deeds[] = {
		{VERB_MINT, {.user = "alice", .name = "laptop", .scopes = "sshd,su"}},
		{VERB_MINT, {.user = "alice", .name = "thrice", .uses = "3", .scopes = "*"}},
		{VERB_MINT, {.user = "alice", .name = "soon", .expires = "1800003600"}},
		{VERB_MINT, {.user = "bob", .name = "phone", .from = "192.0.2.0/24,local"}},
		{VERB_MINT, {.user = "bob", .name = "web", .scopes = "web"}},
		{VERB_MINT, {.user = "deploy", .name = "ci"}},
		{VERB_MINT, {.user = "bob", .name = "old"}},
		{VERB_REVOKE, {.user = "bob", .name = "old", .reason = "old"}},
		{VERB_ROTATE, {.user = "deploy", .name = "ci", .grace = "3600"}},
		{VERB_MINT, {.user = "bob", .name = "gone"}},
		{VERB_REVOKE, {.user = "bob", .name = "gone"}},
		{VERB_DELETE, {.user = "bob", .name = "gone"}},
	};

	for (size_t i = 0; i < COUNT(deeds); i++) {
		assert(perform(deeds[i].verb, ROOT, deeds[i].args) == 0);
		keep_text(&reply);
	}
	/* A child, and a child of it; one that is limited by its parent. */
	for (size_t i = 0; i < 2; i++) {
		assert(DO(EXCHANGE, ALICE, .token = texts[i].text) == 0);
		keep_text(&reply);
	}
	assert(DO(EXCHANGE, ALICE, .token = texts[text_count - 2].text, .uses = "2") == 0);
	keep_text(&reply);
	first_texts = text_count;
}

/* Once: the store that each run begins with. */
static void world_init(void)
{
	make_own_dir(base);
	atexit(world_remove);
	make_dir(world_dir);
	assert(hash_init() == 0);
	configure(world_conf);
	world_loop = event_base_new();
	open_store();
	reset();
	world.chance = 1;
	world.armed = true;
	make_tokens();
	world.armed = false;
	world_look();
	request_end(&r);
	memset(&r, 0, sizeof(r));
	keep_all();
}

static void world_begin(void)
{
	restore_all();
	reset();
	world.stamp = 1000;
	world.chance = 2;
	handovers = handovers_new(world_loop, NULL);
	assert(handovers);
	text_count = first_texts;
	world.imported = false;
	world_look();
}

static void world_end(void)
{
	request_end(&r);
	memset(&r, 0, sizeof(r));
	handovers_free(handovers);
}

#endif
