/* check_request.c: what a request remembers of the name service's answers, and of why it failed. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/batch.h"
#include "patd/chan.h"
#include "patd/names_cache.h"
#include "patd/request.h"
#include "tests/unit/unit.h"

static struct request r;

static void setup(void)
{
	memset(&r, 0, sizeof(r));
}

static struct account found(uid_t uid, const char *name)
{
	struct account a = {.state = ACCOUNT_FOUND, .uid = uid};

	strcpy(a.name, name);
	return a;
}

static bool known(const struct account_query *q)
{
	static const struct account before;
	const struct account *a = &before;

	if (request_account(&r, q, &a) == 0)
		return true;
	ck_assert_ptr_eq(a, &before); /* untouched */
	return false;
}

/* Asks, as an operation does, and is answered, as by the connection. */
static void learn(const struct account_query *q, struct account a)
{
	const struct account *out;

	ck_assert_int_eq(request_account(&r, q, &out), REQUEST_ASK);
	ck_assert_int_eq(r.want.by_uid, q->by_uid);
	if (q->by_uid)
		ck_assert_uint_eq(r.want.uid, q->uid);
	else
		ck_assert_str_eq(r.want.name, q->name);
	request_answered(&r, &a);
}

START_TEST(asked_once)
{
	struct account_query q = names_query_uid(1000);
	const struct account *a;

	learn(&q, found(1000, "alice"));
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(request_account(&r, &q, &a), 0);
		ck_assert_uint_eq(a->uid, 1000);
		ck_assert_str_eq(a->name, "alice");
	}
}
END_TEST

START_TEST(questions_apart)
{
	struct account_query uid = names_query_uid(1000), other = names_query_uid(0), name;
	const struct account *a;

	ck_assert(names_query_name("alice", 5, &name));
	learn(&uid, found(1000, "by uid"));
	ck_assert(!known(&name));
	ck_assert(!known(&other));
	learn(&name, found(1000, "by name"));
	learn(&other, found(0, "root"));
	ck_assert_int_eq(request_account(&r, &uid, &a), 0);
	ck_assert_str_eq(a->name, "by uid");
	ck_assert_int_eq(request_account(&r, &name, &a), 0);
	ck_assert_str_eq(a->name, "by name");
	ck_assert(names_query_name("alic", 4, &name));
	ck_assert(!known(&name));
}
END_TEST

START_TEST(errors_and_absence_are_answers)
{
	struct account_query q = names_query_uid(1000), ghost = names_query_uid(1001);
	const struct account *a;

	learn(&q, (struct account){.state = ACCOUNT_ERROR});
	learn(&ghost, (struct account){.state = ACCOUNT_ABSENT});
	ck_assert_int_eq(request_account(&r, &q, &a), 0);
	ck_assert_int_eq(a->state, ACCOUNT_ERROR);
	ck_assert_int_eq(request_account(&r, &ghost, &a), 0);
	ck_assert_int_eq(a->state, ACCOUNT_ABSENT);
}
END_TEST

START_TEST(named)
{
	const struct account *a;

	ck_assert_int_eq(request_account_named(&r, SPAN("alice"), &a), REQUEST_ASK);
	ck_assert(!r.want.by_uid);
	ck_assert_str_eq(r.want.name, "alice");
	request_answered(&r, &(struct account){.state = ACCOUNT_FOUND, .uid = 7, .name = "alice"});
	ck_assert_int_eq(request_account_named(&r, SPAN("alice"), &a), 0);
	ck_assert_uint_eq(a->uid, 7);
}
END_TEST

/* Names that no account can have are not asked for. */
START_TEST(named_impossibly)
{
	const struct account *a;
	char longest[LIMIT_USER + 1];

	memset(longest, 'a', sizeof(longest));
	ck_assert_int_eq(
		request_account_named(&r, (struct span){longest, LIMIT_USER}, &a), REQUEST_ASK);
	ck_assert_int_eq(request_account_named(&r, (struct span){longest, LIMIT_USER + 1}, &a), 0);
	ck_assert_int_eq(a->state, ACCOUNT_ABSENT);
	ck_assert_int_eq(request_account_named(&r, SPAN(""), &a), 0);
	ck_assert_int_eq(a->state, ACCOUNT_ABSENT);
	ck_assert_int_eq(request_account_named(&r, SPAN("root\0"), &a), 0);
	ck_assert_int_eq(a->state, ACCOUNT_ABSENT);
}
END_TEST

START_TEST(oldest_makes_room)
{
	for (uid_t uid = 0; uid < 100; uid++) {
		struct account_query q = names_query_uid(uid), old;

		learn(&q, found(uid, "x"));
		for (uid_t i = 0; i <= uid; i++) {
			old = names_query_uid(i);
			ck_assert_int_eq(known(&old), i + REQUEST_ANSWERS > uid);
		}
	}
}
END_TEST

START_TEST(forgotten)
{
	for (uid_t n = 1; n <= 2 * REQUEST_ANSWERS; n++) {
		struct account_query q;
		const struct account *a;

		for (uid_t uid = 0; uid < n; uid++) {
			q = names_query_uid(uid);
			learn(&q, found(uid, "old"));
		}
		request_forget(&r);
		for (uid_t uid = 0; uid < n; uid++) {
			q = names_query_uid(uid);
			ck_assert(!known(&q));
		}
		q = names_query_uid(0);
		learn(&q, found(0, "new"));
		ck_assert_int_eq(request_account(&r, &q, &a), 0);
		ck_assert_str_eq(a->name, "new");
		request_forget(&r);
	}
}
END_TEST

/* ---- with the cache ---- */

static void on_lost(void *arg)
{
	(void)arg;
	ck_abort_msg("the names process is there");
}

static void on_answer(void *arg, const struct account *account)
{
	(void)arg;
	(void)account;
}

/* Makes the cache know the answer, as the names process would. */
static void teach(struct event_base *loop, struct names_cache *names, int channel,
	const struct account_query *q, struct account account)
{
	struct names_wait wait = {.answered = on_answer};
	struct account_answer a = {.account = account};
	uint8_t packet[ACCOUNT_PACKET];
	struct account_query sent;
	ssize_t n;

	ck_assert_int_eq(names_ask(names, q, &wait), 0);
	n = chan_recv(channel, packet, sizeof(packet), NULL);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(account_query_decode(packet, (size_t)n, &sent), 0);
	a.seq = sent.seq;
	n = (ssize_t)account_answer_encode(&a, packet);
	ck_assert_int_eq(chan_send(channel, packet, (size_t)n, -1), 0);
	event_base_loop(loop, EVLOOP_NONBLOCK);
	ck_assert_ptr_nonnull(names_cached(names, q));
}

/* What the cache knows need not be asked, and what a request has had it keeps to its end. */
START_TEST(taken_from_the_cache)
{
	struct event_base *loop = event_base_new();
	struct account_query q = names_query_uid(1000), other = names_query_uid(1001);
	const struct account *a;
	const struct names_listener listener = {on_lost, on_lost, NULL};
	int pair[2];

	ck_assert_int_eq(chan_pair(pair), 0);
	r.names = names_cache_new(loop, pair[0], &listener);
	ck_assert_ptr_nonnull(r.names);
	teach(loop, r.names, pair[1], &q, found(1000, "alice"));
	ck_assert_int_eq(request_account(&r, &q, &a), 0);
	ck_assert_str_eq(a->name, "alice");
	ck_assert_int_eq(request_account(&r, &other, &a), REQUEST_ASK);
	names_cache_free(r.names);
	r.names = NULL; /* as in the writing thread */
	ck_assert_int_eq(request_account(&r, &q, &a), 0);
	ck_assert_str_eq(a->name, "alice");
	request_forget(&r);
	ck_assert_int_eq(request_account(&r, &q, &a), REQUEST_ASK);
	event_base_free(loop);
}
END_TEST

/* ---- failures ---- */

START_TEST(reasons)
{
	char text[2 * LIMIT_MESSAGE];

	ck_assert_int_eq(request_fail(&r, ERR_LIMIT, "%s has %d", "alice", 3), ERR_LIMIT);
	ck_assert_str_eq(r.why, "alice has 3");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(request_fail(&r, ERR_INVALID, "%s", text), ERR_INVALID);
	ck_assert_uint_eq(strlen(r.why), LIMIT_MESSAGE);
}
END_TEST

/* What a run left is gone; what it learnt and where it stands is not. */
START_TEST(reset)
{
	struct account_query q = names_query_uid(1000);

	learn(&q, found(1000, "alice"));
	request_fail(&r, ERR_LIMIT, "why");
	r.reauth_needed = r.reauthenticated = r.last = true;
	r.peer = 1000;
	r.event.type = EVENT_REFUSED;
	store_walk_owner(&r.walk, 7);
	request_reset(&r);
	ck_assert_str_eq(r.why, "");
	ck_assert(!r.reauth_needed && !r.last);
	ck_assert_uint_eq(r.event.type, EVENT_NONE);
	ck_assert(r.reauthenticated);
	ck_assert_uint_eq(r.peer, 1000);
	ck_assert_uint_gt(r.walk.prefix, 0);
	ck_assert(known(&q));
}
END_TEST

/* Of bulk work: what parts did adds up once they stand, and only then. */
START_TEST(settled)
{
	struct tallied sum;

	r.batch = batch_new();
	ck_assert_ptr_nonnull(r.batch);
	batch_add(r.batch);
	r.part = (struct tallied){1, 2, 3, 4, 5};
	r.ahead.n = 7;
	sum = request_sum(&r);
	ck_assert(sum.count == 1 && sum.changed == 2 && sum.already == 3 && sum.unknown == 4 &&
		  sum.conflicts == 5);
	request_reset(&r); /* it is run again */
	sum = request_sum(&r);
	ck_assert(!sum.count && !sum.changed && !sum.already && !sum.unknown && !sum.conflicts);
	ck_assert_uint_eq(r.batch->n, 1);
	r.part = (struct tallied){1, 2, 3, 4, 5};
	request_settle(&r);
	ck_assert_uint_eq(r.parts, 1);
	ck_assert_uint_eq(r.walk.n, 7);
	ck_assert_uint_eq(r.batch->n, 0);
	r.part = (struct tallied){10, 20, 30, 40, 50};
	sum = request_sum(&r);
	ck_assert(sum.count == 11 && sum.changed == 22 && sum.already == 33 && sum.unknown == 44 &&
		  sum.conflicts == 55);
	request_end(&r);
	ck_assert_ptr_null(r.batch);
	request_end(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("request");
	TCase *t = tcase_create("request");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, asked_once);
	tcase_add_test(t, questions_apart);
	tcase_add_test(t, errors_and_absence_are_answers);
	tcase_add_test(t, named);
	tcase_add_test(t, named_impossibly);
	tcase_add_test(t, oldest_makes_room);
	tcase_add_test(t, forgotten);
	tcase_add_test(t, taken_from_the_cache);
	tcase_add_test(t, reasons);
	tcase_add_test(t, reset);
	tcase_add_test(t, settled);
	suite_add_tcase(s, t);
	return unit_run(s);
}
