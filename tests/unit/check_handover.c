/* check_handover.c: from a login to its session, on a real store, loop and writing thread. */
#include <event2/event.h>
#include <string.h>
#include <time.h>

#include "common/err.h"
#include "patd/handover.h"
#include "patd/store_session.h"
#include "tests/unit/unit.h"

enum { NOW = 1800000000 };

static struct store *store;
static struct event_base *loop;
static struct committer *committer;
static struct handovers *handovers;
static uint64_t now;

/* Its clock is the test's. */
time_t time(time_t *out)
{
	time_t t = (time_t)now;

	if (out)
		*out = t;
	return t;
}

static void start(void)
{
	struct store_txn *t;

	committer = commit_start(loop, store);
	ck_assert_ptr_nonnull(committer);
	handovers = handovers_new(loop, committer);
	ck_assert_ptr_nonnull(handovers);
	ck_assert_int_eq(store_begin_read(store, &t), 0);
	ck_assert_int_eq(handovers_load(handovers, t, now), 0);
	store_abort(t);
}

static void setup(void)
{
	char dir[BASE_DIR], why[256] = "";

	make_dir(dir);
	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
	loop = event_base_new();
	ck_assert_ptr_nonnull(loop);
	now = NOW;
	start();
}

static void stop(bool orderly)
{
	struct store_txn *t;

	commit_stop(committer);
	if (orderly) {
		ck_assert_int_eq(store_begin_write(store, &t), 0);
		ck_assert_int_eq(handovers_flush(handovers, t), 0);
		ck_assert_int_eq(store_commit(t), 0);
	}
	handovers_free(handovers);
}

static void teardown(void)
{
	stop(false);
	event_base_free(loop);
	store_close(store);
}

static const char *const ids[] = {"aaaaaaaaaaa", "bbbbbbbbbbb"};

/* A login of that process, of a child of pid 50. */
static void login(uint32_t pid, int token, const char *user)
{
	struct handover h = {
		.process = {.pid = pid, .start = 10 * pid, .parent = 50, .parent_start = 500},
		.made = now};

	strcpy(h.id, ids[token]);
	strcpy(h.user, user);
	handovers_add(handovers, &h);
}

static struct handover_held *claim(uint32_t pid, uint64_t began, int token, const char *user)
{
	struct process p = {.pid = pid, .start = began};

	return handovers_claim(handovers, &p, ids[token], span_of(user), now);
}

/* Was there one? It is gone then. */
static bool claimed(uint32_t pid, uint64_t began, int token, const char *user)
{
	struct handover_held *held = claim(pid, began, token, user);

	if (held)
		handovers_done(held);
	return held != NULL;
}

static unsigned in_store(void)
{
	struct handover h = {.made = 0};
	struct store_txn *t;
	unsigned n = 0;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	while (store_next_handover(t, &h) == 0)
		n++;
	store_abort(t);
	return n;
}

static void break_loop(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	event_base_loopbreak(arg);
}

/* Runs the loop until so many stand in the store, at most a minute. */
static void run_until_stored(unsigned n)
{
	struct timeval soon = {0, 20000};

	for (int i = 0; i < 3000 && in_store() != n; i++) {
		event_base_once(loop, -1, EV_TIMEOUT, break_loop, loop, &soon);
		event_base_dispatch(loop);
	}
	ck_assert_uint_eq(in_store(), n);
}

/* Who claims what, after a login of process 7 (a child of 50) by the first token for alice. */
static const struct {
	uint32_t pid;
	uint64_t start;
	int token;
	const char *user;
	bool claimed;
} claims[] = {
	{7, 70, 0, "alice", true},
	{7, 70, 0, "root", true}, /* sudo changes the user */
	{50, 500, 0, "alice", true},
	{50, 500, 0, "root", false}, /* of a child it must be the same */
	{50, 500, 0, "alice2", false},
	{50, 500, 0, "", false},
	{7, 71, 0, "alice", false}, /* the pid came back */
	{8, 70, 0, "alice", false},
	{50, 501, 0, "alice", false},
	{51, 500, 0, "alice", false},
	{7, 70, 1, "alice", false}, /* another token */
	{50, 500, 1, "alice", false},
	{0, 0, 0, "alice", false},
};

START_TEST(who_claims)
{
	login(7, 0, "alice");
	ck_assert_int_eq(
		claimed(claims[_i].pid, claims[_i].start, claims[_i].token, claims[_i].user),
		claims[_i].claimed);
	/* One login, one session. */
	ck_assert_int_eq(claimed(7, 70, 0, "alice"), !claims[_i].claimed);
	ck_assert(!claimed(7, 70, 0, "alice"));
}
END_TEST

/* No parent that can be seen is nobody's parent. */
START_TEST(no_parent)
{
	struct handover h = {.process = {.pid = 7, .start = 70}, .made = now, .user = "alice"};

	strcpy(h.id, ids[0]);
	handovers_add(handovers, &h);
	ck_assert(!claimed(1, 0, 0, "alice"));
	ck_assert(claimed(7, 70, 0, "alice"));
}
END_TEST

/* A second login of the process replaces the first; children are told apart by their tokens. */
START_TEST(several_logins)
{
	login(7, 0, "alice");
	login(7, 1, "alice");
	ck_assert(!claimed(7, 70, 0, "alice"));
	ck_assert(claimed(7, 70, 1, "alice"));
	login(8, 0, "alice");
	login(9, 1, "alice");
	ck_assert(claimed(50, 500, 1, "alice"));
	ck_assert(!claimed(50, 500, 1, "alice"));
	ck_assert(claimed(50, 500, 0, "alice"));
}
END_TEST

START_TEST(given_back)
{
	struct handover_held *held;

	login(7, 0, "alice");
	held = claim(7, 70, 0, "alice");
	ck_assert_ptr_nonnull(held);
	ck_assert_ptr_null(claim(7, 70, 0, "alice"));
	handovers_return(handovers, held);
	held = claim(7, 70, 0, "alice");
	ck_assert_ptr_nonnull(held);
	login(7, 1, "alice"); /* it logs in anew meanwhile: that counts */
	handovers_return(handovers, held);
	ck_assert(!claimed(7, 70, 0, "alice"));
	ck_assert(claimed(7, 70, 1, "alice"));
}
END_TEST

START_TEST(too_old)
{
	login(7, 0, "alice");
	now += LIMIT_HANDOVER_S - 1;
	handovers_return(handovers, claim(7, 70, 0, "alice"));
	now++;
	ck_assert(!claimed(7, 70, 0, "alice"));
	now = NOW - LIMIT_HANDOVER_S;
	handovers_return(handovers, claim(7, 70, 0, "alice"));
	now--; /* a clock that went back that far */
	ck_assert(!claimed(7, 70, 0, "alice"));
}
END_TEST

START_TEST(too_many)
{
	for (uint32_t pid = 100; pid < 100 + LIMIT_HANDOVERS + 2; pid++)
		login(pid, 0, "alice");
	ck_assert(!claimed(100, 1000, 0, "alice"));
	ck_assert(!claimed(101, 1010, 0, "alice"));
	ck_assert(claimed(102, 1020, 0, "alice"));
	ck_assert(claimed(100 + LIMIT_HANDOVERS + 1, 10 * (100 + LIMIT_HANDOVERS + 1), 0, "alice"));
}
END_TEST

/* Written within a second, and gone from the store when it is too old. */
START_TEST(written_and_forgotten)
{
	login(7, 0, "alice");
	login(8, 0, "alice");
	ck_assert_uint_eq(in_store(), 0);
	run_until_stored(2);
	now += LIMIT_HANDOVER_S;
	run_until_stored(0);
	ck_assert(!claimed(7, 70, 0, "alice"));
}
END_TEST

/* More than one transaction takes. */
START_TEST(many_are_written)
{
	for (uint32_t pid = 100; pid < 700; pid++)
		login(pid, 0, "alice");
	run_until_stored(600);
	now += LIMIT_HANDOVER_S;
	run_until_stored(0);
}
END_TEST

START_TEST(survives_an_orderly_restart)
{
	for (uint32_t pid = 100; pid < 700; pid++)
		login(pid, 0, "alice");
	ck_assert(claimed(100, 1000, 0, "alice"));
	stop(true);
	ck_assert_uint_eq(in_store(), 599);
	start();
	ck_assert(!claimed(100, 1000, 0, "alice"));
	ck_assert(claimed(50, 500, 0, "alice"));
	ck_assert(claimed(101, 1010, 0, "alice"));
	stop(false);
	now += LIMIT_HANDOVER_S;
	start(); /* too old by now */
	ck_assert(!claimed(102, 1020, 0, "alice"));
	run_until_stored(0);
}
END_TEST

/* What was claimed and written is taken out by who claimed it. */
START_TEST(claimed_after_it_was_written)
{
	struct handover_held *held;
	struct store_txn *t;

	login(7, 0, "alice");
	run_until_stored(1);
	held = claim(7, 70, 0, "alice");
	ck_assert_ptr_nonnull(held);
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	ck_assert_int_eq(store_del_handover(t, &held->handover.process), 0);
	ck_assert_int_eq(store_commit(t), 0);
	handovers_done(held);
	stop(true);
	start();
	ck_assert(!claimed(7, 70, 0, "alice"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("handover");
	TCase *t = tcase_create("handover");

	tcase_set_timeout(t, 120); /* for slow disks */
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, who_claims, 0, COUNT(claims));
	tcase_add_test(t, no_parent);
	tcase_add_test(t, several_logins);
	tcase_add_test(t, given_back);
	tcase_add_test(t, too_old);
	tcase_add_test(t, too_many);
	tcase_add_test(t, written_and_forgotten);
	tcase_add_test(t, many_are_written);
	tcase_add_test(t, survives_an_orderly_restart);
	tcase_add_test(t, claimed_after_it_was_written);
	suite_add_tcase(s, t);
	return unit_run(s);
}
