/* check_prune.c: which tokens are long dead, and their end, in steps. */
#include <string.h>

#include "common/err.h"
#include "patd/prune.h"
#include "patd/store_event.h"
#include "tests/unit/unit.h"

enum { NOW = 1800000000 };

/* ---- the rule ---- */

static const struct {
	const char *what;
	struct record token;
	bool expired, revoked; /* dead by --expired 100s, by --revoked 100s? */
} cases[] = {
	{"never ends", {.expires = 0}, false, false},
	{"ends later", {.expires = NOW + 1}, false, false},
	{"has just ended", {.expires = NOW}, false, false},
	{"ended 99 s ago", {.expires = NOW - 99}, false, false},
	{"ended 100 s ago", {.expires = NOW - 100}, true, false},
	{"just revoked", {.revoked = NOW}, false, false},
	{"revoked 99 s ago", {.revoked = NOW - 99}, false, false},
	{"revoked 100 s ago", {.revoked = NOW - 100}, false, true},
	{"revoked in a time to come", {.revoked = NOW + 1000}, false, false},
	{"both", {.expires = NOW - 200, .revoked = NOW - 300}, true, true},
	{"revoked just now, ended before", {.expires = NOW - 200, .revoked = NOW}, true, false},
	{"rotated, in its grace time", {.rotated = 5, .grace_ends = NOW + 1}, false, false},
	{"rotated, past it", {.rotated = 5, .grace_ends = NOW - 100}, true, false},
	{"rotated until used", {.rotated = 5, .until_used = 1}, false, false},
	{"not valid yet", {.not_before = NOW + 1000}, false, false},
	{"used up", {.uses = 1, .used = 1}, false, false},
};

START_TEST(rule)
{
	const struct prune_rule none = {.now = NOW};
	const struct prune_rule expired = {.now = NOW, .expired = true, .expired_for = 100};
	const struct prune_rule revoked = {.now = NOW, .revoked = true, .revoked_for = 100};
	const struct prune_rule both = {NOW, true, true, 100, 100};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct record *t = &cases[i].token;

		ck_assert_msg(!prune_matches(t, &none), "%s", cases[i].what);
		ck_assert_msg(prune_matches(t, &expired) == cases[i].expired, "%s: expired",
			cases[i].what);
		ck_assert_msg(prune_matches(t, &revoked) == cases[i].revoked, "%s: revoked",
			cases[i].what);
		ck_assert_msg(prune_matches(t, &both) == (cases[i].expired || cases[i].revoked),
			"%s: either", cases[i].what);
	}
}
END_TEST

/* ---- in a store ---- */

static struct store *store;

static void setup(void)
{
	char dir[BASE_DIR], why[256] = "";

	make_dir(dir);
	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
}

static void teardown(void)
{
	store_close(store);
}

/* Tokens first..last of alice and, every third, of bob; the even ones are revoked for long. */
static void fill(unsigned first, unsigned last)
{
	struct store_txn *t;

	ck_assert_int_eq(store_begin_write(store, &t), 0);
	for (unsigned i = first; i <= last; i++) {
		struct record r = {.kind = KIND_PERSONAL,
			.uid = 1000,
			.created = i,
			.scopes = "sshd",
			.created_by = "root"};

		snprintf(r.id, sizeof(r.id), "%011u", i);
		snprintf(r.name, sizeof(r.name), "n-%u", i);
		strcpy(r.owner, i % 3 ? "alice" : "bob");
		if (i % 2 == 0) {
			r.revoked = NOW - 1000;
			r.revoked_rank = RANK_OWNER;
			strcpy(r.revoked_by, "alice");
		}
		ck_assert_int_eq(store_add(t, &r, true), 0);
	}
	ck_assert_int_eq(store_commit(t), 0);
}

static bool is_there(unsigned i, bool *buried)
{
	struct store_txn *t;
	struct record r;
	char id[TOKEN_ID_LEN + 1];
	int err;

	snprintf(id, sizeof(id), "%011u", i);
	ck_assert_int_eq(store_begin_read(store, &t), 0);
	err = store_get(t, id, &r);
	*buried = store_buried(t, id);
	store_abort(t);
	return err == 0;
}

/* Steps until the walk's end; how many there were. */
static unsigned prune_all(const char *owner, uint64_t *count)
{
	struct prune p = {
		.rule = {.now = NOW, .revoked = true, .revoked_for = 100},
		.owner = owner,
		.uid = 1000,
		.event = {.type = EVENT_PRUNED, .time = NOW, .peer = EVENT_NOBODY, .actor = "patd"},
	};
	struct pruned did = {.more = true};
	struct store_walk w;
	unsigned steps = 0;

	*count = 0;
	store_walk_all(&w);
	while (did.more) {
		struct store_txn *t;

		ck_assert_int_eq(store_begin_write(store, &t), 0);
		ck_assert_int_eq(prune_some(t, &p, &w, &did), 0);
		ck_assert_int_eq(store_commit(t), 0);
		ck_assert_uint_le(did.count, LIMIT_BATCH);
		*count += did.count;
		steps++;
	}
	return steps;
}

static unsigned events(const char *owner)
{
	struct store_event_walk w = {.one = false};
	struct store_txn *t;
	struct log_event e;
	unsigned n = 0;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	while (store_event_next(t, &w, &e) == 0) {
		ck_assert_uint_eq(e.type, EVENT_PRUNED);
		ck_assert_str_eq(e.actor, "patd");
		ck_assert(token_id_valid(e.id, strlen(e.id)) && e.name[0]);
		ck_assert_uint_eq(e.uid, 1000);
		n += strcmp(e.owner, owner) == 0;
	}
	store_abort(t);
	return n;
}

START_TEST(of_all)
{
	enum { MANY = 1000 };
	uint64_t count;
	bool buried;

	fill(1, MANY);
	ck_assert_uint_ge(prune_all(NULL, &count), 2); /* at most LIMIT_BATCH each */
	ck_assert_uint_eq(count, MANY / 2);
	for (unsigned i = 1; i <= MANY; i++) {
		ck_assert_int_eq(is_there(i, &buried), i % 2 == 1);
		ck_assert_int_eq(buried, i % 2 == 0);
	}
	ck_assert_uint_eq(events("alice") + events("bob"), MANY / 2);
	prune_all(NULL, &count);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(of_one)
{
	uint64_t count;
	bool buried;

	fill(1, 60);
	ck_assert_uint_eq(prune_all("bob", &count), 1);
	ck_assert_uint_eq(count, 10);
	for (unsigned i = 1; i <= 60; i++)
		ck_assert_int_eq(is_there(i, &buried), i % 6 != 0);
	ck_assert_uint_eq(events("bob"), 10);
	ck_assert_uint_eq(events("alice"), 0);
}
END_TEST

/* Where there is nothing to delete a step ends, too. */
START_TEST(looks_at_a_few)
{
	uint64_t count;

	for (unsigned i = 0; i < 5; i++)
		fill(1 + i * 1000, 1000 + i * 1000);
	prune_all(NULL, &count);
	for (unsigned i = 5; i < 12; i++)
		fill(1 + i * 1000, 1000 + i * 1000);
	ck_assert_uint_eq(prune_all("carol", &count), (2500 + 7000) / LIMIT_LOOKED_AT + 1);
	ck_assert_uint_eq(count, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("prune");
	TCase *t = tcase_create("prune");

	tcase_set_timeout(t, 120); /* for slow disks */
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rule);
	tcase_add_test(t, of_all);
	tcase_add_test(t, of_one);
	tcase_add_test(t, looks_at_a_few);
	suite_add_tcase(s, t);
	return unit_run(s);
}
