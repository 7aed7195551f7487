/*
 * check_janitor.c: what patd clears away by itself, on a real store, loop and writing thread. Both
 * clocks are the test's.
 */
#include <event2/event.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/err.h"
#include "patd/janitor.h"
#include "patd/server.h"
#include "patd/store_event.h"
#include "tests/unit/conf.h"

enum { DAY = 24 * 3600, NOW = 1800000000 };

static struct server server;
static uint64_t now;
static int64_t ms;

uint64_t clock_now(void)
{
	return now;
}

int64_t clock_ms(void)
{
	return ms;
}

static void setup(void)
{
	char dir[BASE_DIR], why[256] = "";

	make_dir(dir);
	memset(&server, 0, sizeof(server));
	ck_assert_msg(store_open(dir, &server.store, why, sizeof(why)) == 0, "%s", why);
	server.base = event_base_new();
	ck_assert_ptr_nonnull(server.base);
	ck_assert_int_eq(event_base_priority_init(server.base, SERVER_PRIORITIES), 0);
	server.committer = commit_start(server.base, server.store);
	ck_assert_ptr_nonnull(server.committer);
	server.config = conf("retention = \"90d\"");
	now = NOW;
	ms = 5000;
}

static void teardown(void)
{
	commit_stop(server.committer);
	janitor_free(server.janitor);
	janitor_free(NULL);
	event_base_free(server.base);
	store_close(server.store);
	config_unref(server.config);
}

/* ---- tokens ---- */

static struct record token(unsigned n)
{
	struct record r = {.kind = KIND_PERSONAL,
		.uid = 1000,
		.created = n + 1,
		.owner = "alice",
		.scopes = "sshd",
		.created_by = "root"};

	snprintf(r.id, sizeof(r.id), "%011u", n);
	snprintf(r.name, sizeof(r.name), "n-%u", n);
	return r;
}

static struct record child(unsigned n, unsigned parent, uint64_t end)
{
	struct record r = token(n);

	r.kind = KIND_EXCHANGED;
	r.expires = end;
	snprintf(r.parent, sizeof(r.parent), "%011u", parent);
	return r;
}

static void add(const struct record *r, size_t n)
{
	struct store_txn *t;

	ck_assert_int_eq(store_begin_write(server.store, &t), 0);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(store_add(t, &r[i], true), 0);
	ck_assert_int_eq(store_commit(t), 0);
}

/* Lets the loop run until nothing has changed for a while. */
static void run(void)
{
	for (int i = 0; i < 100; i++) {
		event_base_loop(server.base, EVLOOP_NONBLOCK);
		usleep(2000);
	}
}

static void start(void)
{
	server.janitor = janitor_new(&server);
	ck_assert_ptr_nonnull(server.janitor);
	run();
}

static bool is_there(unsigned n)
{
	struct store_txn *t;
	struct record r;
	char id[TOKEN_ID_LEN + 1];
	int err;

	snprintf(id, sizeof(id), "%011u", n);
	ck_assert_int_eq(store_begin_read(server.store, &t), 0);
	err = store_get(t, id, &r);
	store_abort(t);
	return err == 0;
}

static bool is_buried(unsigned n)
{
	struct store_txn *t;
	char id[TOKEN_ID_LEN + 1];
	bool buried;

	snprintf(id, sizeof(id), "%011u", n);
	ck_assert_int_eq(store_begin_read(server.store, &t), 0);
	buried = store_buried(t, id);
	store_abort(t);
	return buried;
}

/* How many tokens have an event that says that patd pruned them. */
static unsigned events(void)
{
	struct store_event_walk w = {.one = true, .uid = 1000};
	struct store_txn *t;
	struct log_event e;
	unsigned n = 0;

	ck_assert_int_eq(store_begin_read(server.store, &t), 0);
	while (store_event_next(t, &w, &e) == 0) {
		ck_assert_uint_eq(e.type, EVENT_PRUNED);
		ck_assert_str_eq(e.actor, "patd");
		ck_assert_str_eq(e.reason, "retention");
		ck_assert_str_eq(e.owner, "alice");
		n++;
	}
	store_abort(t);
	return n;
}

/* ---- exchanged tokens ---- */

START_TEST(exchanged)
{
	const struct record tokens[] = {token(0), child(1, 0, NOW + 1),
		child(2, 1, NOW - LIMIT_EXCHANGED_KEPT + 1),
		child(3, 0, NOW - LIMIT_EXCHANGED_KEPT), child(4, 3, NOW - LIMIT_EXCHANGED_KEPT),
		child(5, 0, 5)};
	struct store_account a;
	struct store_txn *t;

	add(tokens, COUNT(tokens));
	start();
	ck_assert(is_there(0) && is_there(1) && is_there(2));
	ck_assert(!is_there(3) && !is_there(4) && !is_there(5));
	ck_assert(!is_buried(3) && !is_buried(5)); /* without a trace */
	ck_assert_uint_eq(events(), 0);
	ck_assert_int_eq(store_begin_read(server.store, &t), 0);
	ck_assert_int_eq(store_get_account(t, 1000, "alice", &a), 0);
	store_abort(t);
	ck_assert_uint_eq(a.children, 2);
}
END_TEST

/* One that was deleted before its end: its tombstone goes when it would have. */
START_TEST(exchanged_tombstones)
{
	const struct record r = child(1, 0, NOW + 10);
	struct store_txn *t;

	add(&r, 1);
	ck_assert_int_eq(store_begin_write(server.store, &t), 0);
	ck_assert_int_eq(store_delete(t, &r, NOW), 0);
	ck_assert_int_eq(store_commit(t), 0);
	start();
	ck_assert(is_buried(1));
	now = NOW + 10 + LIMIT_EXCHANGED_KEPT;
	janitor_start(server.janitor);
	run();
	ck_assert(!is_buried(1));
}
END_TEST

/* More than one step's. */
START_TEST(exchanged_many)
{
	enum { MANY = 3 * LIMIT_BATCH + 1 };
	static struct record tokens[MANY];

	for (unsigned i = 0; i < MANY; i++)
		tokens[i] = child(i, 5000, 1 + i);
	add(tokens, MANY);
	start();
	for (unsigned i = 0; i < MANY; i++)
		ck_assert(!is_there(i));
}
END_TEST

/* ---- retention ---- */

static void add_dead(void)
{
	struct record tokens[6];

	for (unsigned i = 0; i < COUNT(tokens); i++)
		tokens[i] = token(i);
	tokens[0].revoked = NOW - 90 * DAY;
	tokens[1].revoked = NOW - 90 * DAY + 1;
	tokens[2].expires = NOW - 90 * DAY;
	tokens[3].expires = NOW - 90 * DAY + 1;
	tokens[0].revoked_rank = tokens[1].revoked_rank = RANK_OWNER;
	tokens[4].uses = tokens[4].used = 1; /* used up, not dead */
	add(tokens, COUNT(tokens));
}

static void pass_is_done(void)
{
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_msg(is_there(i) == (i != 0 && i != 2), "token %u", i);
		ck_assert_msg(is_buried(i) == (i == 0 || i == 2), "token %u", i);
	}
	ck_assert_uint_eq(events(), 2);
}

static void nothing_is_done(void)
{
	for (unsigned i = 0; i < 6; i++)
		ck_assert(is_there(i));
}

START_TEST(retention)
{
	add_dead();
	start();
	nothing_is_done(); /* not at the start */
	janitor_start(server.janitor);
	run();
	pass_is_done();
}
END_TEST

START_TEST(retention_never)
{
	config_unref(server.config);
	server.config = conf("retention = \"never\"");
	add_dead();
	start();
	janitor_start(server.janitor);
	run();
	nothing_is_done();
}
END_TEST

/* A clock that jumped is not believed for an hour, whoever asks. */
START_TEST(retention_after_a_jump)
{
	add_dead();
	start();
	now += JANITOR_JUMP + 1;
	janitor_start(server.janitor);
	run();
	nothing_is_done();
	now -= JANITOR_JUMP + 1; /* and back, which is one, too */
	janitor_start(server.janitor);
	run();
	nothing_is_done();
	janitor_start(server.janitor); /* as it was: it may be right */
	run();
	pass_is_done();
}
END_TEST

/* Time that passes for both is no jump. */
START_TEST(retention_as_time_passes)
{
	add_dead();
	start();
	now += JANITOR_PASS;
	ms += JANITOR_PASS * 1000;
	janitor_start(server.janitor);
	run();
	ck_assert(!is_there(0) && !is_there(1) && !is_there(2) && !is_there(3));
	ck_assert(is_there(4) && is_there(5));
}
END_TEST

/* What it looks at is more than one step's, and so is what it deletes. */
START_TEST(retention_many)
{
	enum { MANY = 2 * LIMIT_BATCH + 1 };
	static struct record tokens[MANY + LIMIT_LOOKED_AT];

	for (unsigned i = 0; i < COUNT(tokens); i++) {
		tokens[i] = token(i);
		if (i >= LIMIT_LOOKED_AT)
			tokens[i].expires = 1;
	}
	add(tokens, COUNT(tokens));
	start();
	janitor_start(server.janitor);
	for (int i = 0; i < 10 && is_there(COUNT(tokens) - 1); i++)
		run();
	for (unsigned i = 0; i < COUNT(tokens); i += 7)
		ck_assert_int_eq(is_there(i), i < LIMIT_LOOKED_AT);
	ck_assert_uint_eq(events(), MANY);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("janitor");
	TCase *t = tcase_create("janitor");

	tcase_set_timeout(t, 120); /* for slow disks */
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, exchanged);
	tcase_add_test(t, exchanged_tombstones);
	tcase_add_test(t, exchanged_many);
	tcase_add_test(t, retention);
	tcase_add_test(t, retention_never);
	tcase_add_test(t, retention_after_a_jump);
	tcase_add_test(t, retention_as_time_passes);
	tcase_add_test(t, retention_many);
	suite_add_tcase(s, t);
	return unit_run(s);
}
