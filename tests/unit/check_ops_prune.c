/* check_ops_prune.c: deleting the long dead, and revoking the unused, in whole requests. */
#include "tests/unit/requests.h"

enum { DAY = 86400 };

/* alice's: live, short (ends in 100 s), dead (revoked); bob's: bobs (revoked). */
static struct minted live, ended, dead, bobs;

static void setup(void)
{
	requests_setup();
	live = MINT(.name = "live");
	ended = MINT(.name = "short", .expires = number(NOW + 100));
	dead = MINT(.name = "dead");
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = dead.id), 0);
	ck_assert_int_eq(DO(MINT, ROOT, .name = "bobs", .user = "bob"), 0);
	bobs = taken_from_reply();
	ck_assert_int_eq(DO(REVOKE, BOB, .id = bobs.id), 0);
	now = NOW + 100 + DAY;
}

START_TEST(ones_own)
{
	ck_assert_int_eq(DO(PRUNE, ALICE, .expired_for = number(DAY + 1)), 0);
	told_number(TAG_COUNT, 0);
	ck_assert_int_eq(DO(PRUNE, ALICE, .expired_for = number(DAY)), 0);
	told_number(TAG_COUNT, 1);
	ck_assert_ptr_nonnull(strstr(told_line(), "pruned"));
	ck_assert(is_gone(ended.id));
	ck_assert(!is_gone(dead.id));
	ck_assert_int_eq(DO(PRUNE, ALICE, .revoked_for = "0"), 0);
	told_number(TAG_COUNT, 1);
	ck_assert(is_gone(dead.id));
	ck_assert(!is_gone(live.id));
	ck_assert(!is_gone(bobs.id));
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(PRUNE, ALICE, .revoked_for = "0", .expired_for = "0"), 0);
	told_number(TAG_COUNT, 0);
	ck_assert_str_eq(told_line(), "");
}
END_TEST

START_TEST(who_may)
{
	ck_assert_int_eq(DO(PRUNE, BOB, .user = "alice", .revoked_for = "0"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(PRUNE, ALICE, .all = true, .revoked_for = "0"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(PRUNE, ALICE, .all = true, .revoked_for = "0", .dry_run = true),
		ERR_NOT_PERMITTED);
	ck_assert(!is_gone(dead.id));
	ck_assert_int_eq(DO(PRUNE, ROOT, .user = "alice", .revoked_for = "0"), 0);
	told_number(TAG_COUNT, 1);
	ck_assert(!is_gone(bobs.id));
	ck_assert_int_eq(DO(PRUNE, ROOT, .all = true, .revoked_for = "0", .expired_for = "0"), 0);
	told_number(TAG_COUNT, 2);
	ck_assert(is_gone(bobs.id) && is_gone(ended.id) && !is_gone(live.id));
}
END_TEST

START_TEST(what_is_no_request)
{
	ck_assert_int_eq(DO(PRUNE, ALICE, .all = false), ERR_INVALID);
	ck_assert_int_eq(DO(PRUNE, ALICE, .dry_run = true), ERR_INVALID);
	ck_assert_int_eq(
		DO(PRUNE, ROOT, .all = true, .user = "alice", .revoked_for = "0"), ERR_INVALID);
}
END_TEST

START_TEST(dry_run)
{
	ck_assert_int_eq(
		DO(PRUNE, ALICE, .revoked_for = "0", .expired_for = "0", .dry_run = true), 0);
	told_number(TAG_COUNT, 2);
	ck_assert_uint_eq(listed, 2);
	ck_assert_str_eq(listed_ids[0], ended.id);
	ck_assert_str_eq(listed_ids[1], dead.id);
	ck_assert(!is_gone(ended.id) && !is_gone(dead.id));
	ck_assert_int_eq(DO(PRUNE, ROOT, .all = true, .revoked_for = "0", .dry_run = true), 0);
	ck_assert_uint_eq(listed, 2);
}
END_TEST

/* In parts, whose counts add up; a dry run looks at a few and goes on. */
START_TEST(many)
{
	enum { MANY = 2 * LIMIT_BATCH + 10 };

	config.max_tokens = LIMIT_TOKENS;
	for (int i = 0; i < MANY; i++)
		MINT(.name = number((uint64_t)i), .expires = number(now + 5));
	now += 10;
	ck_assert_int_eq(
		DO(PRUNE, ROOT, .all = true, .revoked_for = number(10 * DAY), .dry_run = true), 0);
	ck_assert_uint_eq(listed, 0);
	ck_assert_int_eq(DO(PRUNE, ALICE, .expired_for = "0"), 0);
	ck_assert_uint_eq(parts, 3);
	told_number(TAG_COUNT, MANY + 1);
	ck_assert_uint_eq(tokens_in_store(), 3);
}
END_TEST

/* Dead ones that stand further apart than one step looks. */
START_TEST(far_apart)
{
	enum { BETWEEN = LIMIT_LOOKED_AT + 100 };
	struct store_txn *t;

	ck_assert_int_eq(store_begin_write(store, &t), 0);
	for (unsigned i = 0; i <= BETWEEN; i++) {
		struct record token = {.kind = KIND_PERSONAL,
			.uid = ALICE,
			.created = now * 1000000 + i,
			.owner = "alice",
			.scopes = "sshd",
			.created_by = "root"};

		snprintf(token.id, sizeof(token.id), "far%08u", i % 100000000);
		snprintf(token.name, sizeof(token.name), "n-%u", i);
		token.expires = i == BETWEEN ? 5 : 0;
		ck_assert_int_eq(store_add(t, &token, true), 0);
	}
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_int_eq(DO(PRUNE, ALICE, .expired_for = "0"), 0);
	told_number(TAG_COUNT, 2);
	ck_assert_uint_eq(parts, 2);
	ck_assert(is_gone(ended.id));
	ck_assert_uint_eq(tokens_in_store(), 3 + BETWEEN);
}
END_TEST

/* ---- revoke --unused ---- */

static void used_at(const struct minted *m, uint64_t when)
{
	uint64_t later = now;

	now = when;
	ck_assert_int_eq(logs_in(m), 0);
	now = later;
}

START_TEST(unused)
{
	struct minted a, b, child;

	now = NOW + 10 * DAY;
	a = MINT(.name = "a");
	b = MINT(.name = "b", .expires = number(NOW + 100 * DAY));
	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = b.text), 0);
	child = taken_from_reply();
	/* tokens are made at the real time, which is long before */
	used_at(&a, now);
	used_at(&b, now);
	used_at(&child, now);
	used_at(&live, NOW + 5 * DAY);
	now += 60;
	ck_assert_int_eq(DO(REVOKE, ALICE, .unused_for = number(5 * DAY + 61)), 0);
	told_number(TAG_COUNT, 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .unused_for = number(5 * DAY + 60), .reason = "old"), 0);
	told_number(TAG_COUNT, 1);
	ck_assert_str_eq(stored(live.id).reason, "old");
	ck_assert_uint_eq(stored(live.id).revoked_rank, RANK_OWNER);
	ck_assert_int_eq(status_of(a.id), STATUS_ACTIVE);
	ck_assert_str_eq(stored(ended.id).reason, ""); /* dead: not one of them */
	ck_assert_int_eq(DO(REVOKE, ALICE, .unused_for = number(1000)), 0);
	told_number(TAG_COUNT, 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .unused_for = "0"), 0);
	told_number(TAG_COUNT, 2); /* and with b its child */
	ck_assert_int_eq(status_of(b.id), STATUS_REVOKED);
	ck_assert_int_eq(status_of(child.id), STATUS_REVOKED);
}
END_TEST

START_TEST(unused_of_whom)
{
	ck_assert_int_eq(DO(REVOKE, BOB, .user = "alice", .unused_for = "0"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true, .unused_for = "0"), ERR_INVALID);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = live.id, .unused_for = "0"), ERR_INVALID);
	ck_assert_int_eq(DO(REVOKE, ALICE, .name = "live", .unused_for = "0"), ERR_INVALID);
	ck_assert_int_eq(status_of(live.id), STATUS_ACTIVE);
	ck_assert_int_eq(DO(REVOKE, ROOT, .user = "alice", .unused_for = "0"), 0);
	told_number(TAG_COUNT, 1);
	ck_assert_uint_eq(stored(live.id).revoked_rank, RANK_ROOT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ops_prune");
	TCase *t = tcase_create("ops_prune");

	tcase_set_timeout(t, 240); /* for slow disks */
	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, setup, requests_teardown);
	tcase_add_test(t, ones_own);
	tcase_add_test(t, who_may);
	tcase_add_test(t, what_is_no_request);
	tcase_add_test(t, dry_run);
	tcase_add_test(t, many);
	tcase_add_test(t, far_apart);
	tcase_add_test(t, unused);
	tcase_add_test(t, unused_of_whom);
	suite_add_tcase(s, t);
	return unit_run(s);
}
