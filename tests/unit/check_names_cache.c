/*
 * check_names_cache.c: questions to the names process and the answers that are kept. The test is
 * the names process, at the other end of the channel.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/chan.h"
#include "patd/names_cache.h"
#include "tests/unit/unit.h"

enum { MANY = 50 };

static struct event_base *loop;
static struct names_cache *names;
static int channel; /* the names process's end */
static unsigned lost, changed;

static void on_lost(void *arg)
{
	ck_assert_ptr_eq(arg, &lost);
	lost++;
}

static void on_changed(void *arg)
{
	ck_assert_ptr_eq(arg, &lost);
	changed++;
}

static void setup(void)
{
	const struct names_listener listener = {on_lost, on_changed, &lost};
	int pair[2];

	ck_assert_int_eq(chan_pair(pair), 0);
	loop = event_base_new();
	ck_assert_ptr_nonnull(loop);
	names = names_cache_new(loop, pair[0], &listener);
	ck_assert_ptr_nonnull(names);
	channel = pair[1];
	lost = changed = 0;
}

static void teardown(void)
{
	names_cache_free(names);
	event_base_free(loop);
}

/* Whatever is ready is handled. */
static void run_loop(void)
{
	for (int i = 0; i < 3; i++)
		event_base_loop(loop, EVLOOP_NONBLOCK);
}

/* ---- the names process ---- */

static struct account_query next_query(void)
{
	uint8_t packet[ACCOUNT_PACKET];
	struct account_query q;
	ssize_t n = chan_recv(channel, packet, sizeof(packet), NULL);

	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(account_query_decode(packet, (size_t)n, &q), 0);
	ck_assert_uint_ne(q.seq, 0);
	return q;
}

static void no_query(void)
{
	uint8_t packet[ACCOUNT_PACKET];

	ck_assert_int_eq(chan_recv(channel, packet, sizeof(packet), NULL), ERR_BUSY);
}

static void answer(uint32_t seq, enum account_state state, uid_t uid, const char *name)
{
	struct account_answer a = {.seq = seq, .account = {.state = state}};
	uint8_t packet[ACCOUNT_PACKET];
	size_t n;

	if (state == ACCOUNT_FOUND) {
		a.account.uid = uid;
		strcpy(a.account.name, name);
	}
	n = account_answer_encode(&a, packet);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(chan_send(channel, packet, n, -1), 0);
	run_loop();
}

/* ---- those who wait ---- */

struct waiter {
	struct names_wait wait;
	unsigned told;
	struct account account;
};

static void on_answer(void *arg, const struct account *account)
{
	struct waiter *w = arg;

	w->told++;
	w->account = *account;
}

static void ask(struct waiter *w, const struct account_query *q)
{
	*w = (struct waiter){.wait = {.answered = on_answer}};
	w->wait.arg = w;
	ck_assert_int_eq(names_ask(names, q, &w->wait), 0);
	ck_assert_uint_eq(w->told, 0);
}

static struct account_query by_name(const char *name)
{
	struct account_query q;

	ck_assert(names_query_name(name, strlen(name), &q));
	return q;
}

/* ---- questions ---- */

START_TEST(queries)
{
	char longest[LIMIT_USER + 2];
	struct account_query q = names_query_uid(0), before;

	ck_assert(q.by_uid);
	ck_assert_uint_eq(q.uid, 0);
	ck_assert_uint_eq(names_query_uid(0xfffffffe).uid, 0xfffffffe);
	ck_assert(names_query_name("alice@example.org", 5, &q));
	ck_assert(!q.by_uid);
	ck_assert_str_eq(q.name, "alice");
	memset(longest, 'a', sizeof(longest));
	ck_assert(names_query_name(longest, LIMIT_USER, &q));
	ck_assert_uint_eq(strlen(q.name), LIMIT_USER);
	memset(&q, 0x5a, sizeof(q));
	memcpy(&before, &q, sizeof(q));
	ck_assert(!names_query_name(longest, LIMIT_USER + 1, &q));
	ck_assert(!names_query_name("", 0, &q));
	ck_assert(!names_query_name("a\0b", 3, &q));
	ck_assert_mem_eq(&q, &before, sizeof(q));
}
END_TEST

START_TEST(asked_and_answered)
{
	struct account_query q = by_name("alice"), sent;
	struct waiter w;

	ck_assert_ptr_null(names_cached(names, &q));
	ask(&w, &q);
	sent = next_query();
	ck_assert(!sent.by_uid);
	ck_assert_str_eq(sent.name, "alice");
	run_loop();
	ck_assert_uint_eq(w.told, 0);
	answer(sent.seq, ACCOUNT_FOUND, 1000, "alice");
	ck_assert_uint_eq(w.told, 1);
	ck_assert_int_eq(w.account.state, ACCOUNT_FOUND);
	ck_assert_uint_eq(w.account.uid, 1000);
	ck_assert_str_eq(w.account.name, "alice");
	no_query();
}
END_TEST

START_TEST(asked_by_uid)
{
	struct account_query q = names_query_uid(1000), sent;
	struct waiter w;

	ask(&w, &q);
	sent = next_query();
	ck_assert(sent.by_uid);
	ck_assert_uint_eq(sent.uid, 1000);
	answer(sent.seq, ACCOUNT_ABSENT, 0, "");
	ck_assert_uint_eq(w.told, 1);
	ck_assert_int_eq(w.account.state, ACCOUNT_ABSENT);
}
END_TEST

/* ---- what is kept ---- */

static void learn(
	const struct account_query *q, enum account_state state, uid_t uid, const char *name)
{
	struct waiter w;

	ask(&w, q);
	answer(next_query().seq, state, uid, name);
	ck_assert_uint_eq(w.told, 1);
}

START_TEST(kept)
{
	struct account_query alice = by_name("alice"), uid = names_query_uid(1000),
			     ghost = by_name("ghost"), other = by_name("alic"),
			     other_uid = names_query_uid(1001);
	const struct account *a;

	learn(&alice, ACCOUNT_FOUND, 1000, "alice");
	learn(&ghost, ACCOUNT_ABSENT, 0, "");
	a = names_cached(names, &alice);
	ck_assert_ptr_nonnull(a);
	ck_assert_int_eq(a->state, ACCOUNT_FOUND);
	ck_assert_uint_eq(a->uid, 1000);
	ck_assert_str_eq(a->name, "alice");
	a = names_cached(names, &ghost);
	ck_assert_ptr_nonnull(a);
	ck_assert_int_eq(a->state, ACCOUNT_ABSENT);
	/* an answer is to its question, and to no other */
	ck_assert_ptr_null(names_cached(names, &uid));
	ck_assert_ptr_null(names_cached(names, &other));
	ck_assert_ptr_null(names_cached(names, &other_uid));
	learn(&uid, ACCOUNT_FOUND, 1000, "alice");
	ck_assert_ptr_nonnull(names_cached(names, &uid));
	ck_assert_ptr_null(names_cached(names, &other_uid));
	no_query();
}
END_TEST

/* Whatever number the asker's own copy of the question bears. */
START_TEST(kept_whatever_the_number)
{
	struct account_query q = by_name("alice");

	learn(&q, ACCOUNT_FOUND, 1000, "alice");
	q.seq = 12345;
	ck_assert_ptr_nonnull(names_cached(names, &q));
}
END_TEST

START_TEST(no_longer_than_a_second)
{
	struct account_query q = by_name("alice");

	learn(&q, ACCOUNT_FOUND, 1000, "alice");
	usleep((LIMIT_NAMES_CACHE_MS + 50) * 1000);
	ck_assert_ptr_null(names_cached(names, &q));
	learn(&q, ACCOUNT_FOUND, 1001, "alice");
	ck_assert_uint_eq(names_cached(names, &q)->uid, 1001);
}
END_TEST

START_TEST(errors_are_not_kept)
{
	struct account_query q = by_name("alice");
	struct waiter w;

	ask(&w, &q);
	answer(next_query().seq, ACCOUNT_ERROR, 0, "");
	ck_assert_uint_eq(w.told, 1);
	ck_assert_int_eq(w.account.state, ACCOUNT_ERROR);
	ck_assert_ptr_null(names_cached(names, &q));
	/* and what was known is not made unknown by one */
	learn(&q, ACCOUNT_FOUND, 1000, "alice");
	ck_assert_ptr_nonnull(names_cached(names, &q));
}
END_TEST

/* A file changed: all that was told may no longer hold. */
START_TEST(flushed)
{
	struct account_query a = by_name("alice"), b = names_query_uid(1001);
	struct waiter w;

	learn(&a, ACCOUNT_FOUND, 1000, "alice");
	learn(&b, ACCOUNT_FOUND, 1001, "bob");
	ck_assert_uint_eq(changed, 0);
	answer(0, ACCOUNT_ERROR, 0, "");
	ck_assert_ptr_null(names_cached(names, &a));
	ck_assert_ptr_null(names_cached(names, &b));
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_eq(changed, 1);
	/* whoever waits goes on waiting */
	ask(&w, &a);
	answer(0, ACCOUNT_ERROR, 0, "");
	ck_assert_uint_eq(w.told, 0);
	answer(next_query().seq, ACCOUNT_FOUND, 1000, "alice");
	ck_assert_uint_eq(w.told, 1);
}
END_TEST

/* Many answers: each is the right one or none, and the last is there. */
START_TEST(many_are_kept)
{
	struct account_query q;
	unsigned kept_count = 0;

	for (uid_t uid = 0; uid < 1000; uid++) {
		q = names_query_uid(uid);
		learn(&q, ACCOUNT_FOUND, uid, "x");
		ck_assert_ptr_nonnull(names_cached(names, &q));
	}
	for (uid_t uid = 0; uid < 1000; uid++) {
		const struct account *a;

		q = names_query_uid(uid);
		a = names_cached(names, &q);
		ck_assert(!a || a->uid == uid);
		kept_count += a != NULL;
	}
	ck_assert_uint_gt(kept_count, 0);
}
END_TEST

/* ---- many at once ---- */

START_TEST(answers_in_any_order)
{
	static struct waiter waiters[MANY];
	uint32_t seqs[MANY];

	for (uid_t i = 0; i < MANY; i++) {
		struct account_query q = names_query_uid(i);

		ask(&waiters[i], &q);
	}
	for (uid_t i = 0; i < MANY; i++) {
		struct account_query q = next_query();

		ck_assert_uint_eq(q.uid, i);
		for (uid_t j = 0; j < i; j++)
			ck_assert_uint_ne(seqs[j], q.seq);
		seqs[i] = q.seq;
	}
	for (uid_t i = MANY; i-- > 0;) {
		answer(seqs[i], ACCOUNT_FOUND, 5000 + i, "x");
		ck_assert_uint_eq(waiters[i].told, 1);
		ck_assert_uint_eq(waiters[i].account.uid, 5000 + i);
	}
	for (uid_t i = 0; i < MANY; i++)
		ck_assert_uint_eq(waiters[i].told, 1);
}
END_TEST

START_TEST(same_question_of_many)
{
	static struct waiter waiters[MANY];
	struct account_query q = by_name("alice");
	uint8_t packet[ACCOUNT_PACKET];
	ssize_t n;

	for (unsigned i = 0; i < MANY; i++)
		ask(&waiters[i], &q);
	while ((n = chan_recv(channel, packet, sizeof(packet), NULL)) > 0) {
		struct account_query sent;

		ck_assert_int_eq(account_query_decode(packet, (size_t)n, &sent), 0);
		answer(sent.seq, ACCOUNT_FOUND, 1000, "alice");
	}
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_uint_eq(waiters[i].told, 1);
		ck_assert_uint_eq(waiters[i].account.uid, 1000);
	}
}
END_TEST

START_TEST(forgotten)
{
	struct account_query a = by_name("alice"), b = by_name("bob");
	struct waiter first, second, third;
	uint32_t seqs[3];

	ask(&first, &a);
	ask(&second, &b);
	ask(&third, &a);
	for (int i = 0; i < 3; i++)
		seqs[i] = next_query().seq;
	names_forget(names, &second.wait);
	names_forget(names, &second.wait); /* harmless */
	for (int i = 0; i < 3; i++)
		answer(seqs[i], ACCOUNT_FOUND, 1000 + (uid_t)i, "x");
	ck_assert_uint_eq(first.told, 1);
	ck_assert_uint_eq(second.told, 0);
	ck_assert_uint_eq(third.told, 1);
	names_forget(names, &first.wait); /* not waiting any more */
}
END_TEST

static struct names_wait never_asked;

START_TEST(forgotten_without_asking)
{
	names_forget(names, &never_asked);
	run_loop();
	ck_assert_uint_eq(lost, 0);
}
END_TEST

/* Asks again from within the answer, as a request does that needs several. */
static void ask_again(void *arg, const struct account *account)
{
	struct waiter *w = arg;
	struct account_query q = names_query_uid(2000 + ++w->told);

	w->account = *account;
	if (w->told < 3)
		ck_assert_int_eq(names_ask(names, &q, &w->wait), 0);
}

START_TEST(asked_from_within_an_answer)
{
	struct account_query q = names_query_uid(2000);
	struct waiter w = {.wait = {.answered = ask_again}};

	w.wait.arg = &w;
	ck_assert_int_eq(names_ask(names, &q, &w.wait), 0);
	for (unsigned i = 0; i < 3; i++) {
		struct account_query sent = next_query();

		ck_assert_uint_eq(sent.uid, 2000 + i);
		answer(sent.seq, ACCOUNT_FOUND, sent.uid, "x");
		ck_assert_uint_eq(w.told, i + 1);
		ck_assert_uint_eq(w.account.uid, 2000 + i);
	}
	no_query();
}
END_TEST

/* ---- a names process that misbehaves, or is gone ---- */

START_TEST(answers_nobody_asked_for)
{
	struct account_query q = by_name("alice");
	struct waiter w;
	uint32_t seq;

	ask(&w, &q);
	seq = next_query().seq;
	answer(seq + 1, ACCOUNT_FOUND, 0, "root");
	ck_assert_uint_eq(w.told, 0);
	ck_assert_ptr_null(names_cached(names, &q));
	answer(seq, ACCOUNT_FOUND, 1000, "alice");
	ck_assert_uint_eq(w.told, 1);
	answer(seq, ACCOUNT_FOUND, 0, "root"); /* twice: the second is nobody's */
	ck_assert_uint_eq(w.told, 1);
	ck_assert_uint_eq(names_cached(names, &q)->uid, 1000);
}
END_TEST

START_TEST(gone)
{
	close(channel);
	run_loop();
	ck_assert_uint_eq(lost, 1);
}
END_TEST

START_TEST(gone_while_asked)
{
	struct account_query q = by_name("alice");
	struct waiter w;

	ask(&w, &q);
	close(channel);
	run_loop();
	ck_assert_uint_eq(lost, 1);
	ck_assert(w.told == 0 || w.account.state == ACCOUNT_ERROR); /* nothing is made up */
}
END_TEST

/* The names process reads nothing: at some point it is too far behind. */
START_TEST(behind)
{
	static struct waiter waiters[100000];
	unsigned i = 0;
	int err = 0;

	while (i < 100000) {
		struct account_query q = names_query_uid(i);

		waiters[i] = (struct waiter){.wait = {.answered = on_answer, .arg = &waiters[i]}};
		err = names_ask(names, &q, &waiters[i].wait);
		if (err)
			break;
		i++;
	}
	ck_assert_int_eq(err, ERR_NAMES);
	ck_assert_uint_gt(i, 0);
	names_forget(names, &waiters[i].wait);
	for (unsigned j = 0; j < i; j++) {
		struct account_query sent = next_query();

		answer(sent.seq, ACCOUNT_FOUND, sent.uid, "x");
	}
	for (unsigned j = 0; j < i; j++)
		ck_assert_uint_eq(waiters[j].told, 1);
	ck_assert_uint_eq(waiters[i].told, 0); /* whose question was not sent */
	ck_assert_uint_eq(lost, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("names_cache");
	TCase *t = tcase_create("names_cache");

	tcase_set_timeout(t, 60); /* for the sanitizers' sake */
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, queries);
	tcase_add_test(t, asked_and_answered);
	tcase_add_test(t, asked_by_uid);
	tcase_add_test(t, kept);
	tcase_add_test(t, kept_whatever_the_number);
	tcase_add_test(t, no_longer_than_a_second);
	tcase_add_test(t, errors_are_not_kept);
	tcase_add_test(t, flushed);
	tcase_add_test(t, many_are_kept);
	tcase_add_test(t, answers_in_any_order);
	tcase_add_test(t, same_question_of_many);
	tcase_add_test(t, forgotten);
	tcase_add_test(t, forgotten_without_asking);
	tcase_add_test(t, asked_from_within_an_answer);
	tcase_add_test(t, answers_nobody_asked_for);
	tcase_add_test(t, gone);
	tcase_add_test(t, gone_while_asked);
	tcase_add_test(t, behind);
	suite_add_tcase(s, t);
	return unit_run(s);
}
