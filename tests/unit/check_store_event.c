/* check_store_event.c: events in a real store: numbers, walks, quotas, age. */
#include <string.h>

#include "common/err.h"
#include "patd/store_event.h"
#include "tests/unit/unit.h"

enum { NOW = 1800000000 };

static char dir[BASE_DIR];
static struct store *store;
static struct store_txn *txn;

static void open_store(void)
{
	char why[256] = "";

	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
}

static void setup(void)
{
	make_dir(dir);
	open_store();
	ck_assert_int_eq(store_begin_write(store, &txn), 0);
}

static void teardown(void)
{
	store_abort(txn);
	store_close(store);
}

/* What was written is committed, and what follows is a new transaction. */
static void commit(void)
{
	ck_assert_int_eq(store_commit(txn), 0);
	ck_assert_int_eq(store_begin_write(store, &txn), 0);
}

static void add(enum event_type type, uint32_t uid, uint64_t time)
{
	struct log_event e = {.type = (uint8_t)type, .time = time, .uid = uid, .count = time};

	if (uid != EVENT_NOBODY)
		snprintf(e.owner, sizeof(e.owner), "u%u", uid);
	ck_assert_int_eq(store_event_add(txn, &e), 0);
}

static uint64_t last(void)
{
	uint64_t seq;

	ck_assert_int_eq(store_event_last(txn, &seq), 0);
	return seq;
}

/* The numbers that a walk yields, as text: "1 2 5". */
static const char *numbers(struct store_event_walk w)
{
	static char text[4096];
	struct log_event e;
	size_t used = 0;
	int err;

	text[0] = '\0';
	while (!(err = store_event_next(txn, &w, &e)))
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%llu",
			used ? " " : "", (unsigned long long)w.seq);
	ck_assert_int_eq(err, ERR_NO_TOKEN);
	return text;
}

#define ALL(...)   numbers((struct store_event_walk){.one = false, __VA_ARGS__})
#define OF(u, ...) numbers((struct store_event_walk){.one = true, .uid = (u), __VA_ARGS__})

START_TEST(numbered_in_order)
{
	struct store_event_walk w = {.one = false};
	struct log_event e;

	ck_assert_uint_eq(last(), 0);
	ck_assert_str_eq(ALL(), "");
	ck_assert_str_eq(OF(1000), "");
	add(EVENT_MINTED, 1000, NOW);
	add(EVENT_ACCEPTED, 1001, NOW + 1);
	add(EVENT_REFUSED, 1000, NOW + 2);
	add(EVENT_REFUSED, EVENT_NOBODY, NOW + 3);
	commit();
	ck_assert_uint_eq(last(), 4);
	ck_assert_str_eq(ALL(), "1 2 3 4");
	ck_assert_str_eq(ALL(.seq = 2), "3 4");
	ck_assert_str_eq(ALL(.seq = 4), "");
	ck_assert_str_eq(ALL(.seq = UINT64_MAX), "");
	ck_assert_str_eq(OF(1000), "1 3");
	ck_assert_str_eq(OF(1000, .seq = 1), "3");
	ck_assert_str_eq(OF(1001), "2");
	ck_assert_str_eq(OF(1002), "");
	ck_assert_str_eq(OF(0), "");
	ck_assert_str_eq(OF(EVENT_NOBODY), ""); /* nobody's are in nobody's log */
	ck_assert_int_eq(store_event_next(txn, &w, &e), 0);
	ck_assert_int_eq(e.type, EVENT_MINTED);
	ck_assert_uint_eq(e.time, NOW);
	ck_assert_str_eq(e.owner, "u1000");
}
END_TEST

/* With its transaction an event goes too, and its number is free. */
START_TEST(aborted)
{
	add(EVENT_MINTED, 1000, NOW);
	commit();
	add(EVENT_MINTED, 1000, NOW);
	store_abort(txn);
	ck_assert_int_eq(store_begin_write(store, &txn), 0);
	ck_assert_str_eq(ALL(), "1");
	add(EVENT_MINTED, 1000, NOW);
	ck_assert_str_eq(OF(1000), "1 2");
}
END_TEST

START_TEST(broken)
{
	struct log_event e = {.type = EVENT_MINTED, .uid = 1000}; /* a uid without a name */

	ck_assert_int_eq(store_event_add(txn, &e), ERR_STORE);
	ck_assert(store_failed(txn));
	ck_assert_int_eq(store_event_add(txn, &e), ERR_STORE);
}
END_TEST

/* A flood of one class evicts its own oldest, whoever's they are. */
START_TEST(quotas)
{
	store_event_cap(store, CLASS_REFUSAL, 3);
	store_event_cap(store, CLASS_LOGIN, 2);
	add(EVENT_MINTED, 1000, NOW);	/* 1 */
	add(EVENT_REFUSED, 1000, NOW);	/* 2 */
	add(EVENT_ACCEPTED, 1000, NOW); /* 3 */
	add(EVENT_ACCEPTED, 1001, NOW); /* 4 */
	for (int i = 0; i < 50; i++)	/* 5 to 54 */
		add(EVENT_REFUSED, i % 2 ? 1001 : EVENT_NOBODY, NOW + 1);
	ck_assert_str_eq(ALL(), "1 3 4 52 53 54");
	ck_assert_str_eq(OF(1001), "4 52 54");
	ck_assert_str_eq(OF(1000), "1 3");
	add(EVENT_ACCEPTED, 1001, NOW); /* 55 */
	ck_assert_str_eq(ALL(), "1 4 52 53 54 55");
	add(EVENT_REVOKED, 1000, NOW); /* 56 */
	commit();
	ck_assert_str_eq(ALL(), "1 4 52 53 54 55 56");
	ck_assert_uint_eq(last(), 56);
}
END_TEST

/* A quota that was lowered is reached as events come. */
START_TEST(lower_quota)
{
	for (int i = 0; i < 10; i++)
		add(EVENT_MINTED, 1000, NOW);
	store_event_cap(store, CLASS_DEED, 2);
	for (int i = 0; i < 8; i++)
		add(EVENT_MINTED, 1000, NOW);
	ck_assert_str_eq(ALL(), "17 18");
	ck_assert_str_eq(OF(1000), "17 18");
}
END_TEST

START_TEST(age)
{
	bool full;

	for (int i = 0; i < 6; i++) { /* 1 to 18 */
		add(EVENT_MINTED, 1000, NOW + (uint64_t)i);
		add(EVENT_ACCEPTED, 1000, NOW + (uint64_t)i);
		add(EVENT_REFUSED, EVENT_NOBODY, NOW + (uint64_t)i);
	}
	ck_assert_int_eq(store_event_trim(txn, 0, 100, &full), 0);
	ck_assert(!full);
	ck_assert_int_eq(store_event_trim(txn, NOW, 100, &full), 0);
	ck_assert(!full);
	ck_assert_str_eq(ALL(), "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18");
	/* at most so many at once */
	ck_assert_int_eq(store_event_trim(txn, NOW + 5, 4, &full), 0);
	ck_assert(full);
	ck_assert_str_eq(ALL(), "2 3 5 6 8 9 11 12 13 14 15 16 17 18");
	ck_assert_int_eq(store_event_trim(txn, NOW + 5, 100, &full), 0);
	ck_assert(!full);
	ck_assert_str_eq(ALL(), "16 17 18");
	ck_assert_str_eq(OF(1000), "16 17");
	ck_assert_int_eq(store_event_trim(txn, NOW + 100, 100, &full), 0);
	ck_assert_str_eq(ALL(), "");
	ck_assert_str_eq(OF(1000), "");
	commit();
	/* a number is not given again, also not after all are gone and patd has started anew */
	store_abort(txn);
	store_close(store);
	open_store();
	ck_assert_int_eq(store_begin_write(store, &txn), 0);
	ck_assert_uint_eq(last(), 18);
	add(EVENT_MINTED, 1000, NOW);
	ck_assert_str_eq(ALL(), "19");
}
END_TEST

/* The clock went back: what stands behind a later time waits for that one's age, or the quota. */
START_TEST(clock_went_back)
{
	bool full;

	add(EVENT_MINTED, 1000, NOW + 1000);
	add(EVENT_MINTED, 1000, NOW);
	ck_assert_int_eq(store_event_trim(txn, NOW + 500, 100, &full), 0);
	ck_assert_str_eq(ALL(), "1 2");
	ck_assert_int_eq(store_event_trim(txn, NOW + 1001, 100, &full), 0);
	ck_assert_str_eq(ALL(), "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store_event");
	TCase *t = tcase_create("store_event");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, numbered_in_order);
	tcase_add_test(t, aborted);
	tcase_add_test(t, broken);
	tcase_add_test(t, quotas);
	tcase_add_test(t, lower_quota);
	tcase_add_test(t, age);
	tcase_add_test(t, clock_went_back);
	suite_add_tcase(s, t);
	return unit_run(s);
}
