/* check_ops_scan.c: tokens that leaked, in whole requests (requests.h). */
#include "patd/store_event.h"
#include "tests/unit/requests.h"

static int scan(uid_t peer, const char *reason)
{
	return DO(SCAN, peer, .reason = reason);
}

static void counts(uint64_t revoked, uint64_t already, uint64_t unknown)
{
	told_number(TAG_COUNT, revoked);
	told_number(TAG_ALREADY, already);
	told_number(TAG_UNKNOWN, unknown);
}

/* The text of a token of that ID with the secret of another. */
static const char *forged(const char *id, const struct minted *secret)
{
	static char text[TOKEN_TEXT_MAX + 1];
	struct token t;

	ck_assert(token_parse(secret->text, strlen(secret->text), &t));
	memcpy(t.id, id, sizeof(t.id));
	ck_assert(token_format(&t, text));
	return text;
}

START_TEST(by_anyone)
{
	struct minted a = MINT(.name = "a"), b = MINT(.name = "b");

	send_token(a.text);
	ck_assert_int_eq(scan(BOB, NULL), 0);
	counts(1, 0, 0);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(status_of(a.id), STATUS_REVOKED);
	told(TAG_REVOKED_BY, "bob");
	told(TAG_REASON, "found by revoke --stdin");
	ck_assert_uint_eq(stored(a.id).revoked_rank, RANK_ROOT);
	ck_assert_int_eq(status_of(b.id), STATUS_ACTIVE);
	/* not even its owner brings it back; root does */
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = a.id), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = a.id), 0);
}
END_TEST

START_TEST(by_nobody)
{
	struct minted a = MINT(.name = "a");

	send_token(a.text);
	ck_assert_int_eq(scan(4711, "a reason"), 0); /* a uid without an account */
	counts(1, 0, 0);
	ck_assert_str_eq(stored(a.id).revoked_by, "uid 4711");
	ck_assert_str_eq(stored(a.id).reason, "a reason");
	bob->state = ACCOUNT_ERROR;
	ck_assert_int_eq(scan(BOB, NULL), 0); /* the name service fails: nobody needs it */
	counts(0, 0, 0);
}
END_TEST

START_TEST(counted)
{
	struct minted a = MINT(.name = "a"), b = MINT(.name = "b"), c = MINT(.name = "c");

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = b.id), 0);
	send_token(a.text);
	send_token(b.text);
	send_token(forged(c.id, &a));
	send_token(forged("00000000000", &a));
	send_token(a.text);
	ck_assert_int_eq(scan(CAROL, NULL), 0);
	counts(1, 2, 2);
	ck_assert_int_eq(status_of(c.id), STATUS_ACTIVE);
	/* what its owner revoked is now beyond them, too */
	ck_assert_uint_eq(stored(b.id).revoked_rank, RANK_ROOT);
}
END_TEST

START_TEST(what_hangs_below)
{
	struct minted a = MINT(.name = "a"), child;

	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = a.text), 0);
	child = taken_from_reply();
	send_token(a.text);
	ck_assert_int_eq(scan(BOB, NULL), 0);
	counts(1, 0, 0);
	ck_assert_int_eq(status_of(child.id), STATUS_REVOKED);
}
END_TEST

/* How many summaries of several tokens are on record. */
static unsigned summaries(void)
{
	struct store_event_walk w = {.one = false};
	struct store_txn *t;
	struct log_event e;
	unsigned n = 0;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	while (store_event_next(t, &w, &e) == 0)
		n += e.type == EVENT_REVOKED_ALL;
	store_abort(t);
	return n;
}

/* In parts, whose counts add up. */
START_TEST(many)
{
	struct minted a = MINT(.name = "a"), b = MINT(.name = "b");

	send_token(a.text);
	for (int i = 0; i < 2 * LIMIT_BATCH; i++)
		send_token(forged("00000000000", &a));
	send_token(b.text);
	ck_assert_int_eq(scan(BOB, NULL), 0);
	ck_assert_uint_eq(parts, 3);
	counts(2, 0, 2 * LIMIT_BATCH);
	ck_assert_uint_eq(summaries(), 2); /* of each part that did something */
}
END_TEST

START_TEST(exactly_full)
{
	struct minted a = MINT(.name = "a");

	for (int i = 0; i < LIMIT_BATCH; i++)
		send_token(a.text);
	ck_assert_int_eq(scan(BOB, NULL), 0);
	counts(1, LIMIT_BATCH - 1, 0);
}
END_TEST

START_TEST(no_token)
{
	struct minted a = MINT(.name = "a"), b = MINT(.name = "b");

	send_token(a.text);
	send_token("hunter2");
	send_token(b.text);
	ck_assert_int_eq(scan(BOB, NULL), ERR_INVALID);
	ck_assert_str_eq(r.why, "an item is no token");
	ck_assert_int_eq(status_of(a.id), STATUS_REVOKED); /* came before it */
	ck_assert_int_eq(status_of(b.id), STATUS_ACTIVE);
}
END_TEST

START_TEST(bad_reasons)
{
	struct minted a = MINT(.name = "a");

	ck_assert_int_eq(scan(BOB, "a\nb"), ERR_INVALID);
	ck_assert_int_eq(scan(BOB, a.text), ERR_INVALID);
}
END_TEST

/* No secret waits for the writing thread; and each token has its event. */
START_TEST(traces)
{
	struct minted a = MINT(.name = "a");
	struct store_event_walk w = {.one = true, .uid = ALICE};
	struct store_txn *t;
	struct log_event e;
	struct token token;
	bool found = false;

	ck_assert(token_parse(a.text, strlen(a.text), &token));
	send_token(a.text);
	begin(VERB_SCAN, BOB, (struct args){.reason = NULL});
	r.batch = batch_new();
	ck_assert_int_eq(intake_packet(dispatch_find(VERB_SCAN), &r, sent[0].packet, sent[0].n), 0);
	ck_assert_ptr_null(memmem(r.batch, sizeof(*r.batch), token.secret, TOKEN_SECRET_LEN));
	ck_assert_int_eq(scan(BOB, NULL), 0);
	ck_assert_ptr_nonnull(strstr(told_line(), "count=1"));
	ck_assert_int_eq(store_begin_read(store, &t), 0);
	while (store_event_next(t, &w, &e) == 0)
		found |= e.type == EVENT_REVOKED && strcmp(e.id, a.id) == 0 &&
			 strcmp(e.actor, "bob") == 0 && e.peer == BOB;
	store_abort(t);
	ck_assert(found);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ops_scan");
	TCase *t = tcase_create("ops_scan");

	tcase_set_timeout(t, 120); /* for slow disks */
	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, requests_setup, requests_teardown);
	tcase_add_test(t, by_anyone);
	tcase_add_test(t, by_nobody);
	tcase_add_test(t, counted);
	tcase_add_test(t, what_hangs_below);
	tcase_add_test(t, many);
	tcase_add_test(t, exactly_full);
	tcase_add_test(t, no_token);
	tcase_add_test(t, bad_reasons);
	tcase_add_test(t, traces);
	suite_add_tcase(s, t);
	return unit_run(s);
}
