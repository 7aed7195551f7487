/* check_tally.c: logins counted in memory and written in batches, on a real store, loop and thread.
 */
#include <event2/event.h>
#include <string.h>

#include "common/err.h"
#include "patd/journal.h"
#include "patd/store.h"
#include "patd/store_event.h"
#include "patd/tally.h"
#include "tests/unit/unit.h"

enum { NOW = 1800000000 };

static struct store *store;
static struct event_base *loop;
static struct committer *committer;
static struct tally *tally;

static void setup(void)
{
	char dir[BASE_DIR], why[256] = "";

	make_dir(dir);
	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
	loop = event_base_new();
	ck_assert_ptr_nonnull(loop);
	committer = commit_start(loop, store);
	ck_assert_ptr_nonnull(committer);
	tally = tally_new(loop, committer, NOW);
	ck_assert_ptr_nonnull(tally);
}

static void teardown(void)
{
	commit_stop(committer);
	tally_free(tally);
	event_base_free(loop);
	store_close(store);
}

static const char *id(unsigned n)
{
	static char text[TOKEN_ID_LEN + 1];

	snprintf(text, sizeof(text), "%011u", n);
	return text;
}

static void add_tokens(unsigned count)
{
	struct store_txn *t;

	ck_assert_int_eq(store_begin_write(store, &t), 0);
	for (unsigned n = 0; n < count; n++) {
		struct record r = {.kind = KIND_PERSONAL,
			.uid = 1000,
			.created = n + 1,
			.owner = "alice",
			.scopes = "sshd",
			.created_by = "alice"};

		strcpy(r.id, id(n));
		snprintf(r.name, sizeof(r.name), "n-%u", n);
		ck_assert_int_eq(store_add(t, &r, true), 0);
	}
	ck_assert_int_eq(store_commit(t), 0);
}

static void count(unsigned n, uint64_t now, const char *service)
{
	tally_count(tally, id(n), now, span_of(service), SPAN("192.0.2.7"));
}

static struct usage in_store(unsigned n)
{
	struct store_txn *t;
	struct usage u;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	ck_assert_int_eq(store_get_usage(t, id(n), &u), 0);
	store_abort(t);
	return u;
}

static uint64_t clock_in_store(void)
{
	struct store_txn *t;
	uint64_t clock;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	ck_assert_int_eq(store_get_clock(t, &clock), 0);
	store_abort(t);
	return clock;
}

/* In the store and not yet: what is told of a token. */
static struct usage told(unsigned n)
{
	struct usage u = in_store(n);

	tally_add(tally, id(n), &u);
	return u;
}

static void stop(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	event_base_loopbreak(arg);
}

/* Runs the loop until `what` holds of the store, at most a minute. */
static void run_until(bool (*what)(void))
{
	struct timeval soon = {0, 20000};

	for (int i = 0; i < 3000 && !what(); i++) {
		event_base_once(loop, -1, EV_TIMEOUT, stop, loop, &soon);
		event_base_dispatch(loop);
	}
	ck_assert(what());
}

static unsigned asked_token;
static uint64_t asked_count;
static bool written(void)
{
	return in_store(asked_token).count == asked_count;
}

static void run_until_written(unsigned token, uint64_t n)
{
	asked_token = token;
	asked_count = n;
	run_until(written);
}

START_TEST(counted_at_once_written_later)
{
	add_tokens(3);
	count(1, NOW + 1, "sshd");
	count(1, NOW + 2, "sudo");
	count(2, NOW + 3, "sshd");
	ck_assert_uint_eq(in_store(1).count, 0);
	ck_assert_uint_eq(told(1).count, 2);
	ck_assert_uint_eq(told(1).last, NOW + 2);
	ck_assert_str_eq(told(1).service, "sudo");
	ck_assert_str_eq(told(1).rhost, "192.0.2.7");
	ck_assert_uint_eq(told(0).count, 0);
	run_until_written(1, 2);
	ck_assert_uint_eq(in_store(1).last, NOW + 2);
	ck_assert_str_eq(in_store(1).service, "sudo");
	ck_assert_uint_eq(in_store(2).count, 1);
	ck_assert_uint_eq(in_store(0).count, 0);
}
END_TEST

/* Whatever is under way, nothing is told twice or not at all, once all is written. */
START_TEST(nothing_is_lost_between_batches)
{
	uint64_t sum = 0;

	add_tokens(8);
	for (unsigned round = 0; round < 60; round++) {
		for (unsigned n = 0; n < 8; n++)
			count(n, NOW + round, "sshd");
		sum++;
		event_base_loop(loop, EVLOOP_NONBLOCK);
		if (round == 30)
			run_until_written(7, sum);
	}
	run_until_written(7, sum);
	for (unsigned n = 0; n < 8; n++)
		ck_assert_uint_eq(in_store(n).count, sum);
	while (told(3).count != sum) /* the batch that was written is forgotten */
		event_base_loop(loop, EVLOOP_ONCE);
}
END_TEST

static bool half_are_written(void)
{
	return in_store(0).count == 1;
}

/* A batch half full does not wait for its second. */
START_TEST(many_tokens)
{
	enum { MANY = TALLY_ROOM / 2 };

	add_tokens(2 * MANY);
	for (unsigned n = 0; n < MANY; n++)
		count(n, NOW + 1, "sshd");
	for (unsigned n = MANY; n < 2 * MANY; n++)
		count(n, NOW + 2, "sudo");
	for (unsigned n = 0; n < 2 * MANY; n++) /* twice: written, and not forgotten yet */
		ck_assert(told(n).count == 1 || told(n).count == 2);
	run_until(half_are_written);
	run_until_written(2 * MANY - 1, 1);
	for (unsigned n = 0; n < 2 * MANY; n++) {
		ck_assert_uint_eq(in_store(n).count, 1);
		ck_assert_uint_eq(in_store(n).last, NOW + 1 + n / MANY);
	}
}
END_TEST

/* More than there is room for while the writing thread is busy: the surplus is dropped, the rest is
 * right. */
START_TEST(too_many_tokens)
{
	enum { MANY = 4 * TALLY_ROOM };
	uint64_t sum = 0;

	add_tokens(MANY);
	for (unsigned n = 0; n < MANY; n++)
		count(n, NOW, "sshd");
	for (unsigned n = 0; n < MANY; n++) {
		ck_assert_uint_le(told(n).count, 2); /* twice: written, and not forgotten yet */
		sum += told(n).count > 0;
	}
	ck_assert_uint_ge(sum, TALLY_ROOM);
	run_until_written(0, 1);
	run_until_written(TALLY_ROOM / 2, 1); /* of the second batch: there is room again */
	count(0, NOW + 1, "sshd");
	run_until_written(0, 2);
}
END_TEST

/* A token that is gone, and an ID that there never was, keep nobody else's from being written. */
START_TEST(deleted_meanwhile)
{
	struct record r;
	struct store_txn *t;

	add_tokens(2);
	count(0, NOW, "sshd");
	count(1, NOW, "sshd");
	count(77, NOW, "sshd");
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	ck_assert_int_eq(store_get(t, id(0), &r), 0);
	ck_assert_int_eq(store_delete(t, &r, NOW), 0);
	ck_assert_int_eq(store_commit(t), 0);
	run_until_written(1, 1);
	ck_assert_uint_eq(in_store(0).count, 0);
	ck_assert_uint_eq(in_store(77).count, 0);
}
END_TEST

START_TEST(flushed_at_the_end)
{
	struct store_txn *t;

	add_tokens(2);
	count(0, NOW + 5, "sshd");
	tally_clock(tally, NOW + 7);
	commit_stop(committer);
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	ck_assert_int_eq(tally_flush(tally, t), 0);
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_uint_eq(in_store(0).count, 1);
	ck_assert_uint_eq(in_store(0).last, NOW + 5);
	ck_assert_uint_eq(clock_in_store(), NOW + 7);
	committer = commit_start(loop, store); /* for teardown */
}
END_TEST

START_TEST(clock_marks)
{
	ck_assert_uint_eq(tally_clock(tally, NOW - 100), NOW); /* as the store had it */
	ck_assert_uint_eq(tally_clock(tally, NOW + 1), NOW + 1);
	ck_assert_uint_eq(tally_clock(tally, NOW), NOW + 1);
	ck_assert_uint_eq(tally_clock(tally, NOW + 1000), NOW + 1000);
	tally_reset_clock(tally, NOW - 5000);
	ck_assert_uint_eq(tally_clock(tally, NOW - 5000), NOW - 5000);
	ck_assert_uint_eq(tally_clock(tally, NOW - 4000), NOW - 4000);
}
END_TEST

static bool clock_written(void)
{
	return clock_in_store() == NOW + TALLY_CLOCK_S;
}

/* The mark is written once it moved on by TALLY_CLOCK_S, without any login. */
START_TEST(clock_is_written)
{
	tally_clock(tally, NOW + TALLY_CLOCK_S);
	run_until(clock_written);
}
END_TEST

/* And with each batch. */
START_TEST(clock_goes_with_a_batch)
{
	add_tokens(1);
	tally_clock(tally, NOW + 3);
	count(0, NOW + 3, "sshd");
	run_until_written(0, 1);
	ck_assert_uint_eq(clock_in_store(), NOW + 3);
}
END_TEST

static uint64_t last_event(void)
{
	struct store_txn *t;
	uint64_t seq;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	ck_assert_int_eq(store_event_last(t, &seq), 0);
	store_abort(t);
	return seq;
}

static uint64_t wanted_events;
static bool events_written(void)
{
	return last_event() >= wanted_events;
}

static void carry(struct journal *journal, unsigned events)
{
	struct log_event e = {.type = EVENT_ACCEPTED, .uid = 1000, .owner = "alice"};

	while (events--)
		journal_add(journal, &e);
}

/* The journal's events go with the batches: a second apart, at once when in a hurry, and at the
 * end. */
START_TEST(journal_is_carried)
{
	struct journal *journal = journal_new();
	struct store_txn *t;

	ck_assert_ptr_nonnull(journal);
	tally_carry(tally, journal);
	carry(journal, 3);
	wanted_events = 3;
	run_until(events_written);
	carry(journal, 2);
	tally_hurry(tally);
	tally_hurry(tally); /* one is under way */
	wanted_events = 5;
	run_until(events_written);
	commit_stop(committer);
	carry(journal, 1);
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	ck_assert_int_eq(tally_flush(tally, t), 0);
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_uint_eq(last_event(), 6);
	committer = commit_start(loop, store); /* for teardown */
	journal_free(journal);
	tally_carry(tally, NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tally");
	TCase *t = tcase_create("tally");

	tcase_set_timeout(t, 120); /* for slow disks */
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, counted_at_once_written_later);
	tcase_add_test(t, nothing_is_lost_between_batches);
	tcase_add_test(t, many_tokens);
	tcase_add_test(t, too_many_tokens);
	tcase_add_test(t, deleted_meanwhile);
	tcase_add_test(t, flushed_at_the_end);
	tcase_add_test(t, journal_is_carried);
	tcase_add_test(t, clock_marks);
	tcase_add_test(t, clock_is_written);
	tcase_add_test(t, clock_goes_with_a_batch);
	suite_add_tcase(s, t);
	return unit_run(s);
}
