/*
 * check_sweep.c: accounts that are gone, on a real store, loop and writing thread. The test is the
 * names process, at the other end of the channel, and the clock.
 */
#include <event2/event.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/chan.h"
#include "patd/server.h"
#include "patd/store_event.h"
#include "patd/sweep.h"
#include "tests/unit/unit.h"

enum { DAY = 24 * 3600 };

static struct server server;
static int channel; /* the names process's end */
static uint64_t now;

/* The sweep's clock is the test's. */
time_t time(time_t *out)
{
	time_t t = (time_t)now;

	if (out)
		*out = t;
	return t;
}

static void on_event(void *arg)
{
	(void)arg;
}

static void setup(void)
{
	const struct names_listener listener = {on_event, on_event, NULL};
	char dir[BASE_DIR], why[256] = "";
	int pair[2];

	make_dir(dir);
	memset(&server, 0, sizeof(server));
	ck_assert_msg(store_open(dir, &server.store, why, sizeof(why)) == 0, "%s", why);
	server.base = event_base_new();
	ck_assert_ptr_nonnull(server.base);
	ck_assert_int_eq(event_base_priority_init(server.base, SERVER_PRIORITIES), 0);
	server.committer = commit_start(server.base, server.store);
	ck_assert_ptr_nonnull(server.committer);
	ck_assert_int_eq(chan_pair(pair), 0);
	channel = pair[1];
	server.names = names_cache_new(server.base, pair[0], &listener);
	ck_assert_ptr_nonnull(server.names);
	now = 1800000000;
}

static void teardown(void)
{
	commit_stop(server.committer);
	sweep_free(server.sweep);
	names_cache_free(server.names);
	event_base_free(server.base);
	store_close(server.store);
}

/* ---- tokens ---- */

static void add(unsigned n, const char *owner, uint32_t uid, bool local)
{
	struct record r = {.kind = KIND_PERSONAL,
		.uid = uid,
		.created = n,
		.scopes = "sshd",
		.created_by = "root"};
	struct store_txn *t;

	snprintf(r.id, sizeof(r.id), "%011u", n);
	snprintf(r.name, sizeof(r.name), "n-%u", n);
	strcpy(r.owner, owner);
	ck_assert_int_eq(store_begin_write(server.store, &t), 0);
	ck_assert_int_eq(store_add(t, &r, local), 0);
	ck_assert_int_eq(store_commit(t), 0);
}

static struct record token(unsigned n)
{
	struct store_txn *t;
	struct record r;
	char id[TOKEN_ID_LEN + 1];

	snprintf(id, sizeof(id), "%011u", n);
	ck_assert_int_eq(store_begin_read(server.store, &t), 0);
	ck_assert_int_eq(store_get(t, id, &r), 0);
	store_abort(t);
	return r;
}

static void revoke_token(unsigned n, uint8_t rank)
{
	struct record old = token(n), r = old;
	struct store_txn *t;

	r.revoked = now - 5;
	r.revoked_rank = rank;
	strcpy(r.revoked_by, "alice");
	strcpy(r.reason, "lost");
	ck_assert_int_eq(store_begin_write(server.store, &t), 0);
	ck_assert_int_eq(store_replace(t, &old, &r), 0);
	ck_assert_int_eq(store_commit(t), 0);
}

static uint64_t absent_since(const char *owner)
{
	struct store_account a = {0};
	struct store_txn *t;
	uint64_t since = 0;

	ck_assert_int_eq(store_begin_read(server.store, &t), 0);
	while (store_next_account(t, &a) == 0)
		if (strcmp(a.owner, owner) == 0)
			since = a.absent;
	store_abort(t);
	return since;
}

/* ---- the names process ---- */

struct says {
	const char *name;
	struct account account;
};

static unsigned questions;

static void answer(const struct account_query *q, const struct says *says, size_t n)
{
	struct account_answer a = {.seq = q->seq, .account = {.state = ACCOUNT_ABSENT}};
	uint8_t packet[ACCOUNT_PACKET];

	ck_assert(!q->by_uid);
	for (size_t i = 0; i < n; i++)
		if (strcmp(says[i].name, q->name) == 0)
			a.account = says[i].account;
	ck_assert_int_eq(chan_send(channel, packet, account_answer_encode(&a, packet), -1), 0);
	questions++;
}

static bool next_query(struct account_query *q)
{
	uint8_t packet[ACCOUNT_PACKET];
	ssize_t n = chan_recv(channel, packet, sizeof(packet), NULL);

	if (n == ERR_BUSY)
		return false;
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(account_query_decode(packet, (size_t)n, q), 0);
	return true;
}

static int nothing(void *arg, struct store_txn *t)
{
	(void)arg;
	(void)t;
	return 0;
}

static void on_written(void *arg, int result)
{
	ck_assert_int_eq(result, 0);
	*(bool *)arg = true;
}

/* Lets the loop run, answering, until the writing thread has done what it had to do by now. */
static void run_until_written(const struct says *says, size_t n)
{
	bool written = false;
	struct commit_job job = {.run = nothing, .done = on_written, .arg = &written};

	commit_submit(server.committer, &job);
	while (!written) {
		struct account_query q;

		event_base_loop(server.base, EVLOOP_NONBLOCK);
		if (next_query(&q))
			answer(&q, says, n);
		else
			usleep(1000);
	}
}

/* The same until no question comes any more, and nothing is to be written. */
static void run(const struct says *says, size_t n)
{
	for (unsigned quiet = 0; quiet < 5; quiet++) {
		unsigned before = questions;

		run_until_written(says, n);
		if (questions != before)
			quiet = 0;
	}
}

/* One whole sweep while the names process says this. */
static void sweep(const struct says *says, size_t n)
{
	questions = 0;
	if (server.sweep)
		sweep_start(server.sweep);
	else
		server.sweep = sweep_new(&server);
	ck_assert_ptr_nonnull(server.sweep);
	run(says, n);
}

#define SWEEP(...)                                                                                 \
	sweep((const struct says[]){__VA_ARGS__}, COUNT(((const struct says[]){__VA_ARGS__})))
#define HERE(n, u)                                                                                 \
	{                                                                                          \
		.name = (n), .account = {.state = ACCOUNT_FOUND, .uid = (u), .name = n }           \
	}
#define FAILED(n)                                                                                  \
	{                                                                                          \
		.name = (n), .account = {.state = ACCOUNT_ERROR }                                  \
	}
#define NOBODY                                                                                     \
	{                                                                                          \
		.name = "-", .account = {.state = ACCOUNT_ABSENT }                                 \
	}

static void is_gone(unsigned n)
{
	struct record r = token(n);

	ck_assert_uint_eq(r.revoked, now);
	ck_assert_uint_eq(r.revoked_rank, RANK_GONE);
	ck_assert_str_eq(r.reason, "the account is gone");
	ck_assert_str_ne(r.revoked_by, "");
}

static void is_live(unsigned n)
{
	ck_assert_uint_eq(token(n).revoked, 0);
}

/* The log of one uid: "word id by count;" each. */
static const char *log_of(uint32_t uid)
{
	static char text[1024];
	struct store_event_walk w = {.one = true, .uid = uid};
	struct store_txn *t;
	struct log_event e;
	size_t used = 0;

	text[0] = '\0';
	ck_assert_int_eq(store_begin_read(server.store, &t), 0);
	while (store_event_next(t, &w, &e) == 0) {
		ck_assert_str_eq(e.reason, "the account is gone");
		ck_assert_uint_eq(e.time, now);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s %s %s;",
			log_event_name(e.type), e.id, e.owner, e.actor);
	}
	store_abort(t);
	return text;
}

/* ---- tests ---- */

START_TEST(all_are_here)
{
	add(1, "alice", 1000, true);
	add(2, "bob", 1001, false);
	SWEEP(HERE("alice", 1000), HERE("bob", 1001));
	ck_assert_uint_eq(questions, 2); /* one for each account, at the start */
	is_live(1);
	is_live(2);
	ck_assert_uint_eq(absent_since("bob"), 0);
}
END_TEST

START_TEST(no_accounts)
{
	SWEEP(NOBODY);
	ck_assert_uint_eq(questions, 0);
}
END_TEST

/* userdel: whoever gets the name and the uid next shall find nothing. */
START_TEST(local_account_gone)
{
	struct record before;

	add(1, "alice", 1000, true);
	add(2, "alice", 1000, true);
	add(3, "bob", 1001, true);
	add(4, "alicia", 1000, true); /* who had the uid before her */
	revoke_token(2, RANK_OWNER);
	SWEEP(HERE("bob", 1001), HERE("alicia", 1000));
	is_gone(1);
	ck_assert_str_eq(log_of(1000), "revoked 00000000001 alice patd;"
				       "revoked 00000000002 alice patd;"
				       "revoked_all  alice patd;");
	before = token(2);
	ck_assert_uint_eq(before.revoked, now - 5); /* when it was, but nobody restores it now */
	ck_assert_uint_eq(before.revoked_rank, RANK_GONE);
	is_live(3);
	is_live(4);
	/* useradd gives both back: what was revoked stays so, what is new is kept */
	now += 10;
	add(5, "alice", 1000, true);
	SWEEP(HERE("alice", 1000), HERE("bob", 1001), HERE("alicia", 1000));
	ck_assert_uint_eq(token(1).revoked, now - 10);
	is_live(5);
}
END_TEST

START_TEST(local_account_with_another_uid)
{
	add(1, "alice", 1000, true);
	SWEEP(HERE("alice", 2000));
	is_gone(1);
}
END_TEST

/* The name service gives another name: it is not that account. */
START_TEST(local_account_with_another_name)
{
	add(1, "alice", 1000, true);
	SWEEP({.name = "alice", .account = {.state = ACCOUNT_FOUND, .uid = 1000, .name = "ALICE"}});
	is_gone(1);
}
END_TEST

START_TEST(failures_change_nothing)
{
	add(1, "alice", 1000, true);
	add(2, "bob", 1001, false);
	SWEEP(FAILED("alice"), FAILED("bob"));
	ck_assert_uint_eq(questions, 2);
	is_live(1);
	is_live(2);
	ck_assert_uint_eq(absent_since("bob"), 0);
}
END_TEST

/* A directory that does not answer looks like one that has nobody: patience. */
START_TEST(directory_account_gone)
{
	uint64_t since = now;

	add(1, "bob", 1001, false);
	SWEEP(NOBODY);
	is_live(1);
	ck_assert_uint_eq(absent_since("bob"), since);
	now = since + 10 * DAY;
	SWEEP(NOBODY);
	ck_assert_uint_eq(absent_since("bob"), since); /* since when it was first */
	now = since + SWEEP_PATIENCE - 1;
	SWEEP(NOBODY);
	is_live(1);
	SWEEP(FAILED("bob"));
	is_live(1);
	now = since + SWEEP_PATIENCE;
	SWEEP(FAILED("bob"));
	is_live(1);
	SWEEP(NOBODY);
	is_gone(1);
}
END_TEST

START_TEST(directory_account_back)
{
	uint64_t since = now;

	add(1, "bob", 1001, false);
	SWEEP(NOBODY);
	now = since + 29 * DAY;
	SWEEP(HERE("bob", 1001));
	ck_assert_uint_eq(absent_since("bob"), 0);
	now = since + 31 * DAY;
	SWEEP(NOBODY);
	is_live(1); /* the days count anew */
	ck_assert_uint_eq(absent_since("bob"), now);
}
END_TEST

/* Imported, as if from nowhere: once it is seen in /etc/passwd it is as local as any. */
START_TEST(imported_account)
{
	struct says here = HERE("alice", 1000);

	add(1, "alice", 1000, false);
	add(2, "bob", 1001, false);
	here.account.local = true;
	SWEEP(here, HERE("bob", 1001));
	ck_assert_uint_eq(absent_since("alice"), 0);
	is_live(1);
	SWEEP(NOBODY);
	is_gone(1);
	is_live(2); /* of a directory: patience */
	ck_assert_uint_eq(absent_since("bob"), now);
}
END_TEST

/* It was away when it was seen last. */
START_TEST(imported_account_back)
{
	struct says here = HERE("alice", 1000);

	add(1, "alice", 1000, false);
	SWEEP(NOBODY);
	ck_assert_uint_eq(absent_since("alice"), now);
	here.account.local = true;
	SWEEP(here);
	ck_assert_uint_eq(absent_since("alice"), 0);
	SWEEP(NOBODY);
	is_gone(1);
}
END_TEST

/* Accounts are found one after the other, whatever is done about each. */
START_TEST(many_accounts)
{
	enum { MANY = 40 };
	static char names[MANY][8];
	static struct says says[MANY];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "u%u", i);
		add(i + 1, names[i], 1000 + i, i % 2);
		says[i] = (struct says){
			names[i], {.state = i % 4 < 2 ? ACCOUNT_FOUND : ACCOUNT_ABSENT}};
		if (i % 4 < 2) {
			says[i].account.uid = 1000 + i;
			strcpy(says[i].account.name, names[i]);
		}
	}
	sweep(says, MANY);
	ck_assert_uint_eq(questions, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		if (i % 4 == 3)
			is_gone(i + 1);
		else
			is_live(i + 1);
		ck_assert_uint_eq(absent_since(names[i]), i % 4 == 2 ? now : 0);
	}
}
END_TEST

/* Files changed while a sweep is under way: it goes on to the last account, and once more from the
 * first. */
START_TEST(begun_again)
{
	const struct says here[] = {HERE("alice", 1000), HERE("bob", 1001)};
	struct account_query q;

	add(1, "alice", 1000, true);
	add(2, "bob", 1001, true);
	server.sweep = sweep_new(&server);
	event_base_loop(server.base, EVLOOP_NONBLOCK);
	ck_assert(next_query(&q));
	ck_assert_str_eq(q.name, "alice");
	sweep_start(server.sweep);
	sweep_start(server.sweep);
	questions = 0;
	answer(&q, here, 2);
	run((const struct says[]){HERE("bob", 1001)}, 1); /* alice is gone since */
	ck_assert_uint_eq(questions, 4);
	is_gone(1);
	is_live(2);
}
END_TEST

/* The names process is behind when the account's turn comes: it is asked for later, and not passed
 * over. */
START_TEST(names_behind)
{
	enum { MANY = 100000 };
	static struct names_wait waits[MANY];
	struct account_query q = names_query_uid(7);
	unsigned waiting = 0;

	add(1, "alice", 1000, true);
	while (waiting < MANY && names_ask(server.names, &q, &waits[waiting]) == 0)
		waiting++;
	ck_assert_uint_lt(waiting, MANY);
	server.sweep = sweep_new(&server);
	event_base_loop(server.base, EVLOOP_NONBLOCK); /* its question cannot be sent */
	for (unsigned i = 0; i < waiting; i++) {
		names_forget(server.names, &waits[i]);
		ck_assert(next_query(&q));
	}
	questions = 0;
	while (questions == 0)
		run(NULL, 0); /* nobody is there */
	ck_assert_uint_eq(questions, 1);
	is_gone(1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sweep");
	TCase *t = tcase_create("sweep");

	tcase_set_timeout(t, 120); /* for slow disks */
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, all_are_here);
	tcase_add_test(t, no_accounts);
	tcase_add_test(t, local_account_gone);
	tcase_add_test(t, local_account_with_another_uid);
	tcase_add_test(t, local_account_with_another_name);
	tcase_add_test(t, failures_change_nothing);
	tcase_add_test(t, directory_account_gone);
	tcase_add_test(t, directory_account_back);
	tcase_add_test(t, imported_account);
	tcase_add_test(t, imported_account_back);
	tcase_add_test(t, many_accounts);
	tcase_add_test(t, begun_again);
	tcase_add_test(t, names_behind);
	suite_add_tcase(s, t);
	return unit_run(s);
}
