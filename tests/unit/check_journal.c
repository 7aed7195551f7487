/* check_journal.c: what waits in memory, and what of it is written when. */
#include <string.h>

#include "common/err.h"
#include "patd/journal.h"
#include "patd/store_event.h"
#include "tests/unit/unit.h"

enum { NOW = 1800000000 }; /* a minute begins */

static struct store *store;
static struct journal *journal;

static void setup(void)
{
	char dir[BASE_DIR], why[256] = "";

	make_dir(dir);
	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
	journal = journal_new();
	ck_assert_ptr_nonnull(journal);
	ck_assert_int_eq(NOW % 60, 0);
}

static void teardown(void)
{
	journal_free(journal);
	store_close(store);
}

static struct log_event event(enum event_type type, unsigned id, uint64_t time)
{
	struct log_event e = {.type = (uint8_t)type, .time = time, .owner = "alice", .uid = 1000};

	snprintf(e.id, sizeof(e.id), "%011u", id);
	strcpy(e.service, "sshd");
	strcpy(e.user, "alice");
	return e;
}

static bool add(enum event_type type, unsigned id, uint64_t time)
{
	struct log_event e = event(type, id, time);

	return journal_add(journal, &e);
}

/* Of an ID that nobody has. */
static void add_unknown(unsigned id, uint64_t time)
{
	struct log_event e = event(EVENT_REFUSED, id, time);

	e.uid = EVENT_NOBODY;
	e.owner[0] = '\0';
	journal_add(journal, &e);
}

static void write_batch(uint64_t now)
{
	struct store_txn *t;

	journal_hand_over(journal, now);
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	ck_assert_int_eq(journal_write(journal, t), 0);
	ck_assert_int_eq(store_commit(t), 0);
	journal_written(journal, false);
}

/* What is in the store: "word id count" each, IDs without their zeros. */
static const char *stored(void)
{
	static char text[1 << 20];
	struct store_event_walk w = {.one = false};
	struct store_txn *t;
	struct log_event e;
	size_t used = 0;

	text[0] = '\0';
	ck_assert_int_eq(store_begin_read(store, &t), 0);
	while (store_event_next(t, &w, &e) == 0) {
		const char *id = e.id + strspn(e.id, "0");

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s %llu",
			used ? ", " : "", log_event_name(e.type), *id ? id : "-",
			(unsigned long long)e.count);
		ck_assert_uint_lt(used, sizeof(text));
	}
	store_abort(t);
	return text;
}

static unsigned stored_count(void)
{
	struct store_event_walk w = {.one = false};
	struct store_txn *t;
	struct log_event e;
	unsigned n = 0;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	while (store_event_next(t, &w, &e) == 0)
		n++;
	store_abort(t);
	return n;
}

START_TEST(logins)
{
	ck_assert(!journal_tick(journal, NOW));
	add(EVENT_ACCEPTED, 1, NOW);
	add(EVENT_ACCEPTED, 1, NOW);
	add(EVENT_CLAIMED_ACCEPTED, 2, NOW);
	ck_assert(journal_waits(journal));
	ck_assert(journal_tick(journal, NOW));
	ck_assert_str_eq(stored(), "");
	write_batch(NOW);
	ck_assert(!journal_waits(journal));
	ck_assert(!journal_tick(journal, NOW));
	ck_assert_str_eq(stored(), "accepted 1 0, accepted 1 0, claimed_accepted 2 0");
}
END_TEST

/* Deeds are in the store already. */
START_TEST(deeds)
{
	add(EVENT_MINTED, 1, NOW);
	add(EVENT_EXCHANGED, 1, NOW);
	ck_assert(!journal_waits(journal));
}
END_TEST

/* The first at once, the others of the minute as one. */
START_TEST(refusals_of_an_id)
{
	for (int i = 0; i < 100; i++)
		add(EVENT_REFUSED, 1, NOW + (uint64_t)i / 2);
	add(EVENT_REFUSED, 2, NOW + 50);
	add(EVENT_CLAIMED_REFUSED, 1, NOW + 50);
	ck_assert(journal_tick(journal, NOW + 50));
	write_batch(NOW + 50);
	ck_assert_str_eq(stored(), "refused 1 0, refused 2 0, claimed_refused 1 0");
	add(EVENT_REFUSED, 1, NOW + 59);
	ck_assert(!journal_tick(journal, NOW + 59));
	ck_assert(journal_tick(journal, NOW + 60));
	write_batch(NOW + 60);
	ck_assert_str_eq(stored(), "refused 1 0, refused 2 0, claimed_refused 1 0, refused 1 100");
	/* and anew in the next minute */
	add(EVENT_REFUSED, 1, NOW + 61);
	ck_assert(journal_tick(journal, NOW + 61));
	ck_assert(journal_tick(journal, NOW + 120));
	write_batch(NOW + 120);
	ck_assert(!journal_tick(journal, NOW + 180));
	ck_assert_uint_eq(stored_count(), 5);
}
END_TEST

/* The next minute's first refusal ends the minute before too. */
START_TEST(minute_ends_by_an_event)
{
	add(EVENT_REFUSED, 1, NOW);
	add(EVENT_REFUSED, 1, NOW);
	add(EVENT_REFUSED, 1, NOW + 60);
	write_batch(NOW + 60);
	ck_assert_str_eq(stored(), "refused 1 0, refused 1 1, refused 1 0");
}
END_TEST

/* What began in the minute before comes late; only a clock that was set back begins anew. */
START_TEST(late_and_set_back)
{
	add(EVENT_REFUSED, 1, NOW);
	for (int i = 0; i < 10; i++)
		add(EVENT_REFUSED, 1, NOW - (uint64_t)i % 2);
	write_batch(NOW);
	ck_assert_str_eq(stored(), "refused 1 0");
	add(EVENT_REFUSED, 1, NOW - 3600);
	write_batch(NOW);
	ck_assert_str_eq(stored(), "refused 1 0, refused 1 10, refused 1 0");
}
END_TEST

/* Who invents IDs fills nothing: they are one, and none is kept. */
START_TEST(unknown_ids)
{
	for (unsigned i = 1; i <= 5000; i++)
		add_unknown(i, NOW);
	add(EVENT_REFUSED, 1, NOW);
	ck_assert(journal_tick(journal, NOW + 60));
	write_batch(NOW + 60);
	ck_assert_str_eq(stored(), "refused - 0, refused 1 0, refused - 4999");
}
END_TEST

/* What an owner's own processes ask is coalesced like refusals. */
START_TEST(own_claims)
{
	struct log_event e = event(EVENT_CLAIMED_ACCEPTED, 1, NOW);

	e.peer = e.uid;
	for (int i = 0; i < 10; i++)
		journal_add(journal, &e);
	ck_assert(journal_tick(journal, NOW + 60));
	write_batch(NOW + 60);
	ck_assert_str_eq(stored(), "claimed_accepted 1 0, claimed_accepted 1 9");
}
END_TEST

/* Failures to prove who one is have no ID: each account's are its own. */
START_TEST(accounts_apart)
{
	struct log_event e = event(EVENT_REAUTHENTICATION_FAILED, 1, NOW);

	e.id[0] = '\0';
	journal_add(journal, &e);
	journal_add(journal, &e);
	e.uid = e.peer = 1001;
	strcpy(e.owner, "bob");
	journal_add(journal, &e);
	ck_assert(journal_tick(journal, NOW + 60));
	write_batch(NOW + 60);
	ck_assert_str_eq(stored(), "reauthentication_failed - 0, reauthentication_failed - 0, "
				   "reauthentication_failed - 1");
}
END_TEST

/* More IDs in a minute than there is room for: two events each, and a count of the rest. Claims
 * fill only their own room. */
START_TEST(many_ids)
{
	struct log_event e;

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 2 * LIMIT_JOURNAL_IDS; i++) {
			e = event(EVENT_CLAIMED_REFUSED, i + 1, NOW);
			e.peer = 1001;
			journal_add(journal, &e);
		}
	}
	add(EVENT_REFUSED, 1, NOW);
	write_batch(NOW);
	ck_assert_uint_eq(stored_count(), LIMIT_JOURNAL_IDS + 1);
	ck_assert(journal_tick(journal, NOW + 60));
	write_batch(NOW + 60);
	ck_assert_uint_eq(stored_count(), 2 * LIMIT_JOURNAL_IDS + 2);
	ck_assert_ptr_nonnull(strstr(stored(), "refused 1 0"));
	ck_assert_ptr_nonnull(strstr(stored(), "dropped - 1024"));
	/* the next minute has room again */
	add(EVENT_REFUSED, 7, NOW + 60);
	e.time = NOW + 60;
	journal_add(journal, &e);
	write_batch(NOW + 60);
	ck_assert_uint_eq(stored_count(), 2 * LIMIT_JOURNAL_IDS + 4);
}
END_TEST

/* Nobody writes for long: memory is bounded, and refusals take no login's room. */
START_TEST(no_room)
{
	unsigned n = 0;
	bool soon = false;

	while (n < 100000 && !soon)
		soon = add(EVENT_ACCEPTED, ++n, NOW);
	ck_assert(soon);
	while (n < 100000)
		add(EVENT_ACCEPTED, ++n, NOW);
	add(EVENT_REFUSED, 5, NOW);
	write_batch(NOW);
	ck_assert_uint_gt(stored_count(), 1000);
	ck_assert_uint_lt(stored_count(), 50000);
	ck_assert(!add(EVENT_ACCEPTED, 1, NOW));
	ck_assert(journal_tick(journal, NOW + 60));
	write_batch(NOW + 60);
	ck_assert_ptr_nonnull(strstr(stored() + strlen(stored()) - 200, "dropped - "));
}
END_TEST

/* A group that failed is run again, and nothing is there twice. */
START_TEST(written_again)
{
	struct store_txn *t;

	add(EVENT_ACCEPTED, 1, NOW);
	journal_hand_over(journal, NOW);
	add(EVENT_ACCEPTED, 2, NOW); /* comes meanwhile */
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(store_begin_write(store, &t), 0);
		ck_assert_int_eq(journal_write(journal, t), 0);
		if (i < 2)
			store_abort(t);
		else
			ck_assert_int_eq(store_commit(t), 0);
	}
	journal_written(journal, false);
	ck_assert_str_eq(stored(), "accepted 1 0");
	write_batch(NOW);
	ck_assert_str_eq(stored(), "accepted 1 0, accepted 2 0");
	add(EVENT_ACCEPTED, 3, NOW);
	journal_hand_over(journal, NOW);
	journal_written(journal, true); /* lost, and said so */
	ck_assert(!journal_tick(journal, NOW));
	write_batch(NOW);
	ck_assert_str_eq(stored(), "accepted 1 0, accepted 2 0");
}
END_TEST

/* A graceful end writes also what a minute under way has counted. */
START_TEST(flushed)
{
	struct store_txn *t;

	add(EVENT_ACCEPTED, 1, NOW);
	add(EVENT_REFUSED, 2, NOW);
	add(EVENT_REFUSED, 2, NOW);
	add(EVENT_REFUSED, 2, NOW);
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	ck_assert_int_eq(journal_flush(journal, t, NOW + 1), 0);
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_str_eq(stored(), "accepted 1 0, refused 2 0, refused 2 2");
}
END_TEST

/* What is older than retention goes, some at a time, also without anything new. */
START_TEST(retention)
{
	for (unsigned i = 1; i <= 1200; i++)
		add(EVENT_ACCEPTED, i, NOW + i);
	write_batch(NOW + 2000000);
	ck_assert_uint_eq(stored_count(), 1200); /* no retention: for ever */
	journal_retention(journal, 1000);
	write_batch(NOW + 2101);
	ck_assert_uint_eq(stored_count(), 1200 - 512);
	ck_assert(journal_tick(journal, NOW + 2101)); /* there is more */
	write_batch(NOW + 2101);
	ck_assert(journal_tick(journal, NOW + 2101));
	write_batch(NOW + 2101);
	ck_assert_uint_eq(stored_count(), 100);
	ck_assert(!journal_tick(journal, NOW + 2101));
	journal_retention(journal, UINT64_MAX); /* longer than time is */
	write_batch(NOW + 2101);
	ck_assert_uint_eq(stored_count(), 100);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("journal");
	TCase *t = tcase_create("journal");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, logins);
	tcase_add_test(t, deeds);
	tcase_add_test(t, refusals_of_an_id);
	tcase_add_test(t, minute_ends_by_an_event);
	tcase_add_test(t, late_and_set_back);
	tcase_add_test(t, unknown_ids);
	tcase_add_test(t, own_claims);
	tcase_add_test(t, accounts_apart);
	tcase_add_test(t, many_ids);
	tcase_add_test(t, no_room);
	tcase_add_test(t, written_again);
	tcase_add_test(t, flushed);
	tcase_add_test(t, retention);
	suite_add_tcase(s, t);
	return unit_run(s);
}
