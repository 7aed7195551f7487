/* check_family.c: tokens that hang together, and links that lead nowhere or in a circle. */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patd/family.h"
#include "tests/unit/unit.h"

enum { NOW = 1800000000 };

static struct store *store;
static struct store_txn *txn;

static void setup(void)
{
	char dir[BASE_DIR], why[256] = "";

	make_dir(dir);
	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(store_begin_write(store, &txn), 0);
}

static void teardown(void)
{
	store_abort(txn);
	store_close(store);
}

/* The token number n, and those beside it by their numbers; 0: none. */
static const char *id(unsigned n)
{
	static char text[4][TOKEN_ID_LEN + 1];
	static unsigned at;

	snprintf(text[++at % 4], sizeof(text[0]), "%011u", n);
	return n ? text[at % 4] : "";
}

static struct record token(unsigned n)
{
	struct record r = {.kind = KIND_PERSONAL, .uid = 1000, .created = n};

	strcpy(r.id, id(n));
	strcpy(r.owner, "alice");
	strcpy(r.name, "ci");
	strcpy(r.scopes, "sshd");
	strcpy(r.created_by, "alice");
	return r;
}

static void add(struct record r)
{
	ck_assert_int_eq(store_add(txn, &r, true), 0);
}

static struct record rotated(unsigned n, unsigned before, unsigned after)
{
	struct record r = token(n);

	strcpy(r.predecessor, id(before));
	strcpy(r.successor, id(after));
	if (after) {
		r.rotated = NOW;
		r.grace_ends = NOW + 100;
	}
	return r;
}

static struct record child(unsigned n, unsigned parent)
{
	struct record r = token(n);

	r.kind = KIND_EXCHANGED;
	r.expires = NOW + 1000;
	strcpy(r.parent, id(parent));
	return r;
}

static struct record get(unsigned n)
{
	struct record r;

	ck_assert_int_eq(store_get(txn, id(n), &r), 0);
	return r;
}

static bool is_revoked(unsigned n)
{
	return get(n).revoked != 0;
}

static const struct revocation by_alice = {NOW, RANK_OWNER, "alice", 1000, {"lost", 4}};

START_TEST(heads)
{
	struct record from, head;
	uint64_t used;

	add(rotated(1, 0, 2));
	add(rotated(2, 1, 3));
	from = rotated(3, 2, 0);
	from.uses = 9;
	from.used = 4;
	add(from);
	from = get(1);
	ck_assert_int_eq(family_head(txn, &from, &head), 0);
	ck_assert_str_eq(head.id, id(3));
	ck_assert_int_eq(family_head(txn, &head, &head), 0);
	ck_assert_str_eq(head.id, id(3));
	from.uses = 9;
	ck_assert_int_eq(family_used(txn, &from, &used), 0);
	ck_assert_uint_eq(used, 4);
	add(rotated(11, 0, 12)); /* whose successor is gone */
	from = get(11);
	ck_assert_int_eq(family_head(txn, &from, &head), ERR_NO_TOKEN);
	from.uses = 1;
	ck_assert_int_eq(family_used(txn, &from, &used), 0);
	ck_assert_uint_eq(used, UINT64_MAX);
}
END_TEST

/* As only a damaged store, or one that was made by hand, has them. */
START_TEST(circles_end)
{
	struct record from, head;
	uint64_t count = 0;

	add(rotated(1, 2, 2));
	add(rotated(2, 1, 1));
	from = get(1);
	ck_assert_int_eq(family_head(txn, &from, &head), ERR_NO_TOKEN);
	ck_assert_int_eq(family_revoke_predecessors(txn, &from, &by_alice, &count), 0);
	ck_assert_int_eq(family_revoke_all(txn, &from, &by_alice), 0);
	ck_assert(is_revoked(1) && is_revoked(2));
	from.retires = 1;
	ck_assert_int_eq(family_use(txn, &from, NOW), 0);
}
END_TEST

START_TEST(lineages)
{
	struct lineage l;
	struct record lowest;

	add(token(1));
	for (unsigned n = 2; n <= LIMIT_DEPTH + 1; n++)
		add(child(n, n - 1));
	lowest = get(LIMIT_DEPTH + 1);
	ck_assert_int_eq(family_lineage(txn, &lowest, &l), 0);
	ck_assert_uint_eq(l.n, LIMIT_DEPTH);
	ck_assert(!l.broken);
	for (size_t i = 0; i < l.n; i++)
		ck_assert_str_eq(l.kin[i].token.id, id(LIMIT_DEPTH - (unsigned)i));
	add(child(90, LIMIT_DEPTH + 1)); /* deeper than anything is made */
	lowest = get(90);
	ck_assert_int_eq(family_lineage(txn, &lowest, &l), 0);
	ck_assert(l.broken);
	add(child(91, 99)); /* of none */
	add(child(92, 91));
	lowest = get(92);
	ck_assert_int_eq(family_lineage(txn, &lowest, &l), 0);
	ck_assert(l.broken);
	ck_assert_uint_eq(l.n, 1);
	lowest = token(1);
	ck_assert_int_eq(family_lineage(txn, &lowest, &l), 0);
	ck_assert(l.n == 0 && !l.broken);
}
END_TEST

START_TEST(marks)
{
	struct record r = token(1);
	struct revocation root = {NOW + 5, RANK_ROOT, "root", 0, {"", 0}};

	ck_assert(family_mark(&r, &by_alice));
	ck_assert_uint_eq(r.revoked, NOW);
	ck_assert_str_eq(r.revoked_by, "alice");
	ck_assert_str_eq(r.reason, "lost");
	ck_assert(!family_mark(&r, &by_alice));
	ck_assert(family_mark(&r, &root)); /* takes it over; since when stays */
	ck_assert_uint_eq(r.revoked, NOW);
	ck_assert_uint_eq(r.revoked_rank, RANK_ROOT);
	ck_assert_str_eq(r.revoked_by, "root");
	ck_assert_str_eq(r.reason, "");
	ck_assert(!family_mark(&r, &by_alice));
}
END_TEST

/* A bush: 1 → 2, 3; 2 → 4, 5; 5 → 6. What is beside stays. */
static void bush(void)
{
	static const unsigned parents[] = {0, 0, 1, 1, 2, 2, 5};

	add(token(1));
	add(token(7));
	for (unsigned n = 2; n <= 6; n++)
		add(child(n, parents[n]));
	add(child(8, 7));
}

START_TEST(everything_below_is_revoked)
{
	struct record r;

	bush();
	r = get(2);
	ck_assert_int_eq(family_revoke(txn, &r, &by_alice), 0);
	ck_assert(!is_revoked(1) && !is_revoked(3) && !is_revoked(7) && !is_revoked(8));
	ck_assert(is_revoked(2) && is_revoked(4) && is_revoked(5) && is_revoked(6));
	ck_assert_uint_eq(get(2).revoked_rank, RANK_OWNER);
	ck_assert_uint_eq(get(6).revoked_rank, RANK_GONE);
}
END_TEST

START_TEST(everything_below_is_deleted)
{
	struct store_account a;
	struct store_stat st;
	struct record r;

	bush();
	ck_assert_int_eq(store_get_account(txn, 1000, "alice", &a), 0);
	ck_assert_uint_eq(a.children, 6);
	r = get(2);
	ck_assert_int_eq(family_delete(txn, &r, NOW), 0);
	ck_assert_int_eq(store_stat(txn, &st), 0);
	ck_assert_uint_eq(st.tokens, 4);
	ck_assert_int_eq(store_get(txn, id(6), &r), ERR_NO_TOKEN);
	ck_assert_int_eq(store_get(txn, id(3), &r), 0);
	ck_assert_int_eq(store_get_account(txn, 1000, "alice", &a), 0);
	ck_assert_uint_eq(a.children, 2);
}
END_TEST

START_TEST(families_go_whole)
{
	struct record r;
	uint64_t count = 0;

	add(rotated(1, 0, 2));
	add(rotated(2, 1, 3));
	add(rotated(3, 2, 0));
	add(child(4, 1));
	r = get(3);
	ck_assert_int_eq(family_revoke_predecessors(txn, &r, &by_alice, &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert(is_revoked(1) && is_revoked(2) && is_revoked(4) && !is_revoked(3));
	ck_assert_int_eq(family_revoke_predecessors(txn, &r, &by_alice, &count), 0);
	ck_assert_uint_eq(count, 2); /* no live one is left */
	r = get(2);
	ck_assert_int_eq(family_reused(txn, &r, NOW), ERR_ROTATED);
	ck_assert(is_revoked(3));
	ck_assert_uint_eq(get(1).revoked_rank, RANK_ROOT);
}
END_TEST

/* A successor that is gone hides nothing of the other direction. */
START_TEST(families_with_gaps)
{
	struct record r;

	add(rotated(1, 0, 2));
	add(rotated(2, 1, 3)); /* 3 is gone */
	r = get(2);
	ck_assert_int_eq(family_revoke_all(txn, &r, &by_alice), 0);
	ck_assert(is_revoked(1) && is_revoked(2));
}
END_TEST

START_TEST(uses)
{
	struct lineage l;
	struct record top = token(1), r;

	top.uses = 9;
	add(top);
	add(child(2, 1));
	add(child(3, 2));
	r = get(3);
	ck_assert_int_eq(family_lineage(txn, &r, &l), 0);
	ck_assert(family_use_writes(&r, &l));
	ck_assert_int_eq(family_use(txn, &r, NOW), 0);
	ck_assert_uint_eq(get(1).used, 1);
	ck_assert_uint_eq(get(2).used, 0);
	add(token(4));
	r = get(4);
	ck_assert_int_eq(family_lineage(txn, &r, &l), 0);
	ck_assert(!family_use_writes(&r, &l));
	r.retires = 1;
	ck_assert(family_use_writes(&r, &l));
}
END_TEST

static bool dead_at(unsigned n, uint64_t now)
{
	struct record r = get(n);
	bool dead;

	ck_assert_int_eq(family_dead(txn, &r, now, &dead), 0);
	return dead;
}

/* By what it is itself, by the count of its family, by what is above it. */
START_TEST(dead)
{
	struct record r = token(1);

	r.expires = NOW + 10;
	add(r);
	add(child(2, 1));
	add(child(3, 2));
	for (unsigned n = 1; n <= 3; n++) {
		ck_assert(!dead_at(n, NOW + 9));
		ck_assert(dead_at(n, NOW + 10));
	}
	r = rotated(4, 0, 5);
	r.uses = 3;
	add(r);
	r = rotated(5, 4, 0);
	r.uses = 3;
	r.used = 2;
	add(r);
	add(child(6, 4));
	ck_assert(!dead_at(4, NOW) && !dead_at(5, NOW) && !dead_at(6, NOW));
	ck_assert(dead_at(4, NOW + 100) && !dead_at(5, NOW + 100) && dead_at(6, NOW + 100));
	ck_assert_int_eq(family_use(txn, &r, NOW), 0);
	ck_assert(dead_at(4, NOW) && dead_at(5, NOW) && dead_at(6, NOW));
	add(child(7, 9)); /* whose parent is gone */
	ck_assert(dead_at(7, NOW));
	r = child(8, 2);
	r.revoked = NOW;
	r.revoked_rank = RANK_OWNER;
	strcpy(r.revoked_by, "alice");
	add(r);
	ck_assert(dead_at(8, NOW) && !dead_at(2, NOW));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("family");
	TCase *t = tcase_create("family");

	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, heads);
	tcase_add_test(t, circles_end);
	tcase_add_test(t, lineages);
	tcase_add_test(t, marks);
	tcase_add_test(t, everything_below_is_revoked);
	tcase_add_test(t, everything_below_is_deleted);
	tcase_add_test(t, families_go_whole);
	tcase_add_test(t, families_with_gaps);
	tcase_add_test(t, uses);
	tcase_add_test(t, dead);
	suite_add_tcase(s, t);
	return unit_run(s);
}
