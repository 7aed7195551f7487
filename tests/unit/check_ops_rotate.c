/* check_ops_rotate.c: rotation, in whole requests (requests.h): nobody is stranded, nothing piles
 * up. */
#include "tests/unit/requests.h"

enum { HOUR = 3600, DAY = 86400 };

static struct minted rotate(struct args a)
{
	ck_assert_int_eq(perform(VERB_ROTATE, ROOT, a), 0);
	return taken_from_reply();
}

#define ROTATE(...) rotate((struct args){__VA_ARGS__})

/* How many tokens an account has, and of these how many are of a status. */
static unsigned of_status(int status)
{
	unsigned n = 0;

	ck_assert_int_eq(DO(LIST, ROOT, .user = "alice"), 0);
	for (unsigned i = 0; i < listed; i++) {
		char id[TOKEN_ID_LEN + 1];
		unsigned all = listed;

		strcpy(id, listed_ids[i]);
		n += status == 0 || status_of(id) == status;
		ck_assert_int_eq(DO(LIST, ROOT, .user = "alice"), 0);
		ck_assert_uint_eq(listed, all);
	}
	return n;
}

START_TEST(takes_over)
{
	struct minted a = MINT(.name = "ci", .scopes = "sshd,su", .from = "192.0.2.0/24,local",
			      .uses = "9", .note = "a note", .expires = number(NOW + 30 * DAY)),
		      b;

	ck_assert_int_eq(logs_in(&a), 0);
	now = NOW + DAY;
	ck_assert_int_eq(DO(ROTATE, ALICE, .name = "ci"), 0);
	ck_assert_uint_eq(prompts, 1);
	b = taken_from_reply();
	ck_assert_str_ne(a.id, b.id);
	ck_assert_str_ne(a.text, b.text);
	told(TAG_NAME, "ci");
	told(TAG_SCOPES, "sshd,su");
	told(TAG_FROM, "192.0.2.0/24,local");
	told(TAG_NOTE, "a note");
	told(TAG_CREATED_BY, "alice");
	told(TAG_PARENT, NULL);
	told(TAG_SUCCESSOR, NULL);
	told_number(TAG_STATUS, STATUS_ACTIVE);
	told_number(TAG_USES, 9);
	told_number(TAG_USES_LEFT, 8);
	/* as long a life as the old one had (whose microseconds are the real clock's) */
	told_number(TAG_EXPIRES, now + (NOW + 30 * DAY - stored(a.id).created / 1000000));
	told_number(TAG_GRACE_ENDS, now + DAY); /* of the old one */
	ck_assert_int_eq(status_of(a.id), STATUS_ROTATED);
	told(TAG_SUCCESSOR, b.id);
	told_number(TAG_GRACE_ENDS, now + DAY);
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "ci"), 0); /* the name means the new one */
	told(TAG_ID, b.id);
}
END_TEST

START_TEST(needs_the_person)
{
	struct minted a = MINT(.name = "ci");

	knows_password = false;
	ck_assert_int_eq(DO(ROTATE, ALICE, .name = "ci"), ERR_REAUTH);
	ck_assert_int_eq(DO(ROTATE, BOB, .id = a.id), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(ROTATE, BOB, .name = "ci", .user = "alice"), ERR_NOT_PERMITTED);
	config.reauth = REAUTH_ROOT_ONLY;
	ck_assert_int_eq(DO(ROTATE, ALICE, .name = "ci"), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(of_status(0), 1);
	ROTATE(.id = a.id);
	ck_assert_uint_eq(of_status(0), 2);
}
END_TEST

START_TEST(grace_times)
{
	struct minted a = MINT(.name = "ci"), b = ROTATE(.id = a.id, .grace = "100");

	ck_assert_int_eq(logs_in(&a), 0);
	told_number(TAG_EXPIRES, NOW + 100);
	ck_assert_int_eq(logs_in(&b), 0);
	now = NOW + 99;
	ck_assert_int_eq(logs_in(&a), 0);
	now = NOW + 100;
	ck_assert_int_eq(logs_in(&a), ERR_ROTATED);
	ck_assert_ptr_nonnull(strstr(r.why, "was rotated"));
	ck_assert_int_eq(logs_in(&b), 0);
	ck_assert_int_eq(status_of(a.id), STATUS_EXPIRED);
	ck_assert(proto_text(&reply, TAG_STATUS_REASON).n > 0);
	ck_assert_int_eq(DO(INSPECT, BOB, .token = a.text), 0);
	told_number(TAG_STATUS, STATUS_EXPIRED);
	told_number(TAG_EXPIRES, NOW + 100);
	/* dead now, so it can be deleted */
	ck_assert_int_eq(DO(DELETE, ALICE, .id = a.id), 0);
	ck_assert_int_eq(logs_in(&b), 0);
}
END_TEST

START_TEST(no_grace)
{
	struct minted a = MINT(.name = "ci"), b = ROTATE(.id = a.id, .grace = "0");

	ck_assert_int_eq(logs_in(&a), ERR_ROTATED);
	ck_assert_int_eq(logs_in(&b), 0);
}
END_TEST

START_TEST(the_old_ones_own_end_counts)
{
	struct minted a = MINT(.name = "ci", .expires = number(NOW + 50));

	ROTATE(.id = a.id, .grace = "100");
	now = NOW + 49;
	ck_assert_int_eq(logs_in(&a), 0);
	now = NOW + 50;
	ck_assert_int_eq(logs_in(&a), ERR_EXPIRED);
}
END_TEST

START_TEST(configured_grace)
{
	struct minted a = MINT(.name = "a"), b = MINT(.name = "b");

	config.rotate_grace = 7;
	ROTATE(.id = a.id);
	told_number(TAG_GRACE_ENDS, NOW + 7);
	config.rotate_grace = 0; /* never */
	ROTATE(.id = b.id);
	told_number(TAG_GRACE_ENDS, 253402300799);
	now = NOW + 100 * 365 * (uint64_t)DAY;
	ck_assert_int_eq(logs_in(&b), 0);
}
END_TEST

START_TEST(until_used)
{
	struct minted a = MINT(.name = "ci"), b = ROTATE(.id = a.id, .until_used = true);

	told_number(TAG_UNTIL_USED, 1);
	ck_assert(!proto_has(&reply, TAG_GRACE_ENDS));
	now = NOW + 1000 * (uint64_t)DAY;
	ck_assert_int_eq(logs_in(&a), 0);
	ck_assert_int_eq(status_of(a.id), STATUS_ROTATED);
	ck_assert_int_eq(logs_in(&b), 0);
	ck_assert(!r.answered); /* it was written before it was granted */
	ck_assert_int_eq(logs_in(&a), ERR_ROTATED);
	ck_assert_int_eq(logs_in(&b), 0);
	ck_assert(r.answered); /* once */
	ck_assert_int_eq(
		DO(ROTATE, ROOT, .id = b.id, .until_used = true, .grace = "5"), ERR_INVALID);
}
END_TEST

/* A login that is refused is no use of the new one. */
START_TEST(until_used_by_a_login)
{
	struct minted a = MINT(.name = "ci"), b = ROTATE(.id = a.id, .until_used = true);

	ck_assert_int_eq(
		DO(VERIFY, ROOT, .token = b.text, .user = "alice", .service = "su"), ERR_SCOPE);
	ck_assert_int_eq(
		DO(VERIFY, ROOT, .token = b.text, .user = "bob", .service = "sshd"), ERR_OWNER);
	ck_assert_int_eq(DO(INSPECT, ALICE, .token = b.text), 0);
	ck_assert_int_eq(logs_in(&a), 0);
}
END_TEST

/* The answer was lost, again and again: one new token, and the first end stays. */
START_TEST(lost_answers)
{
	struct minted a = MINT(.name = "ci", .uses = "5"), lost, b;

	ck_assert_int_eq(logs_in(&a), 0);
	for (unsigned i = 0; i < 40; i++) {
		now = NOW + i;
		lost = ROTATE(.user = "alice", .name = "ci");
		told_number(TAG_GRACE_ENDS, NOW + DAY);
		told_number(TAG_USES_LEFT, 4);
		ck_assert_uint_eq(of_status(0), 2);
		ck_assert_uint_eq(of_status(STATUS_ROTATED), 1);
	}
	b = ROTATE(.user = "alice", .name = "ci");
	ck_assert(is_gone(lost.id));
	ck_assert_int_eq(logs_in(&lost), ERR_NO_TOKEN);
	ck_assert_int_eq(logs_in(&b), 0);
	ck_assert_int_eq(logs_in(&a), 0);
	told(TAG_ID, a.id);
	now = NOW + DAY;
	ck_assert_int_eq(logs_in(&a), ERR_ROTATED);
	ck_assert_int_eq(logs_in(&b), 0);
}
END_TEST

/* The same, by the old one's ID; and a shorter grace may be asked for, a longer one is not had. */
START_TEST(lost_answers_by_id)
{
	struct minted a = MINT(.name = "ci"), b;

	ROTATE(.id = a.id, .grace = "1000");
	ROTATE(.id = a.id, .grace = "2000");
	told_number(TAG_GRACE_ENDS, NOW + 1000);
	ROTATE(.id = a.id, .grace = "500");
	told_number(TAG_GRACE_ENDS, NOW + 500);
	b = ROTATE(.id = a.id);
	told_number(TAG_GRACE_ENDS, NOW + 500);
	ck_assert_uint_eq(of_status(0), 2);
	ck_assert_int_eq(logs_in(&b), 0);
	/* used now: the old one's ID means it no more */
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = a.id), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(r.why, b.id));
}
END_TEST

START_TEST(lost_answers_until_used)
{
	struct minted a = MINT(.name = "ci"), b;

	ROTATE(.id = a.id, .until_used = true);
	b = ROTATE(.user = "alice", .name = "ci");
	told_number(TAG_UNTIL_USED, 1);
	now = NOW + 10 * DAY;
	ck_assert_int_eq(logs_in(&a), 0);
	ck_assert_int_eq(logs_in(&b), 0);
	ck_assert_int_eq(logs_in(&a), ERR_ROTATED);
}
END_TEST

/* Both ends may be asked for, one after the other: the sooner counts. */
START_TEST(until_used_or_a_time)
{
	struct minted a = MINT(.name = "a"), b = MINT(.name = "b"), c;

	ROTATE(.id = a.id, .until_used = true);
	ROTATE(.id = a.id, .grace = "100");
	now = NOW + 100;
	ck_assert_int_eq(logs_in(&a), ERR_ROTATED);
	now = NOW;
	ROTATE(.id = b.id, .grace = "100");
	c = ROTATE(.id = b.id, .until_used = true);
	ck_assert_int_eq(logs_in(&b), 0);
	ck_assert_int_eq(logs_in(&c), 0);
	now = NOW + 1;
	ck_assert_int_eq(logs_in(&b), ERR_ROTATED);
}
END_TEST

/* What was used gets its own grace time; a whole chain may be in it. */
START_TEST(rotated_while_in_use)
{
	struct minted a = MINT(.name = "ci", .uses = "100"), b, c;

	ck_assert_int_eq(logs_in(&a), 0);
	b = ROTATE(.id = a.id, .grace = "1000");
	ck_assert_int_eq(logs_in(&b), 0);
	c = ROTATE(.id = b.id, .grace = "2000");
	ck_assert_uint_eq(of_status(STATUS_ROTATED), 2);
	ck_assert_uint_eq(of_status(STATUS_ACTIVE), 1);
	/* and all count down the same uses */
	ck_assert_int_eq(logs_in(&a), 0);
	ck_assert_int_eq(logs_in(&b), 0);
	ck_assert_int_eq(logs_in(&c), 0);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(DO(SHOW, ROOT, .id = i == 0 ? a.id : i == 1 ? b.id : c.id), 0);
		told_number(TAG_USES_LEFT, 95);
	}
	now = NOW + 1000;
	ck_assert_int_eq(logs_in(&a), ERR_ROTATED);
	ck_assert_int_eq(logs_in(&b), 0);
}
END_TEST

START_TEST(shared_uses_end_together)
{
	struct minted a = MINT(.name = "ci", .uses = "2"), b = ROTATE(.id = a.id);

	ck_assert_int_eq(logs_in(&a), 0);
	ck_assert_int_eq(logs_in(&b), 0);
	ck_assert_int_eq(logs_in(&a), ERR_USED_UP);
	ck_assert_int_eq(logs_in(&b), ERR_USED_UP);
	ck_assert_int_eq(status_of(a.id), STATUS_USED_UP);
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = b.id), ERR_USED_UP);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = a.id), 0);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = b.id), 0);
}
END_TEST

START_TEST(a_head_that_is_gone_leaves_no_uses)
{
	struct minted a = MINT(.name = "a", .uses = "5"), b = ROTATE(.id = a.id),
		      c = MINT(.name = "c"), d = ROTATE(.id = c.id);

	ck_assert_int_eq(DO(REVOKE, ROOT, .id = b.id), 0);
	ck_assert_int_eq(logs_in(&a), 0);
	ck_assert_int_eq(DO(DELETE, ROOT, .id = b.id), 0);
	ck_assert_int_eq(logs_in(&a), ERR_USED_UP);
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = d.id), 0);
	ck_assert_int_eq(DO(DELETE, ROOT, .id = d.id), 0);
	ck_assert_int_eq(logs_in(&c), 0); /* in its grace time, any number of uses */
}
END_TEST

/* Only LIMIT_FAMILY predecessors stay; one that is still accepted is never dropped for that. */
START_TEST(families_stay_small)
{
	struct minted first = MINT(.name = "ci"), last = first;

	for (unsigned i = 0; i < 3 * LIMIT_FAMILY; i++) {
		now += 10;
		ck_assert_int_eq(logs_in(&last), 0);
		last = ROTATE(.id = last.id, .grace = "5");
		ck_assert_uint_le(of_status(0), LIMIT_FAMILY + 1);
	}
	ck_assert_uint_eq(of_status(0), LIMIT_FAMILY + 1);
	ck_assert(is_gone(first.id));
	for (unsigned i = 0; i < LIMIT_FAMILY; i++) {
		now += 10;
		ck_assert_int_eq(logs_in(&last), 0);
		last = ROTATE(.id = last.id, .grace = "100000");
	}
	ck_assert_int_eq(logs_in(&last), 0);
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = last.id), ERR_LIMIT);
	ck_assert_str_ne(r.why, "");
	now += 100000;
	ROTATE(.id = last.id);
	ck_assert_uint_eq(of_status(0), LIMIT_FAMILY + 1);
}
END_TEST

START_TEST(what_is_dead_is_not_rotated)
{
	struct minted revoked = MINT(.name = "a"),
		      expired = MINT(.name = "b", .expires = number(NOW + 5)),
		      old = MINT(.name = "c"), new;

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = revoked.id), 0);
	ck_assert_int_eq(DO(ROTATE, ALICE, .id = revoked.id), ERR_REVOKED);
	new = ROTATE(.id = old.id, .grace = "5");
	ck_assert_int_eq(logs_in(&new), 0);
	now = NOW + 5;
	ck_assert_int_eq(DO(ROTATE, ALICE, .id = expired.id), ERR_EXPIRED);
	ck_assert_int_eq(DO(ROTATE, ALICE, .id = old.id), ERR_ROTATED);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(ROTATE, ALICE, .name = "nothing"), ERR_NO_TOKEN);
}
END_TEST

/* The new one leaked, and was revoked by its ID: the old one, in its grace time, can be rotated. */
START_TEST(successor_revoked)
{
	struct minted a = MINT(.name = "ci"), b = ROTATE(.id = a.id), c;

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = b.id), 0);
	ck_assert_int_eq(logs_in(&a), 0);
	c = ROTATE(.id = a.id);
	ck_assert_int_eq(logs_in(&c), 0);
	ck_assert_int_eq(logs_in(&a), 0);
}
END_TEST

/* Restored, what had been replaced is no successor: its rotation takes none from the old one. */
START_TEST(successor_restored)
{
	struct minted a = MINT(.name = "ci", .uses = "9"), b = ROTATE(.id = a.id), c, d;

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = b.id), 0);
	c = ROTATE(.id = a.id);
	ck_assert_int_eq(DO(EDIT, ROOT, .id = c.id, .new_name = "cd"), 0);
	ck_assert_int_eq(logs_in(&c), 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = b.id), 0);
	d = ROTATE(.id = b.id);
	ck_assert(!is_gone(b.id));
	ck_assert_str_eq(stored(a.id).successor, c.id);
	ck_assert_str_eq(stored(d.id).predecessor, b.id);
	ck_assert_int_eq(logs_in(&a), 0);
	ck_assert_uint_eq(stored(c.id).used, 2);
	ck_assert_uint_eq(stored(d.id).used, 0);
}
END_TEST

/* By name all that bear it are revoked, by ID the one. */
START_TEST(revoking)
{
	struct minted a = MINT(.name = "ci"), b = ROTATE(.id = a.id);

	ck_assert_int_eq(DO(REVOKE, ALICE, .name = "ci"), 0);
	told_number(TAG_COUNT, 2);
	told(TAG_ID, b.id);
	ck_assert_int_eq(logs_in(&a), ERR_REVOKED);
	ck_assert_int_eq(logs_in(&b), ERR_REVOKED);
	/* restored, each by itself; the one that is rotated takes nobody's name */
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = b.id), 0);
	ck_assert_int_eq(logs_in(&a), ERR_REVOKED);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = a.id), 0);
	told_number(TAG_STATUS, STATUS_ROTATED);
	ck_assert_int_eq(logs_in(&a), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = a.id), 0);
	told_number(TAG_COUNT, 1);
	ck_assert_int_eq(logs_in(&b), 0);
}
END_TEST

/* The successor was revoked by its ID, and the name given to another one: the old one bears it too.
 */
START_TEST(revoking_namesakes)
{
	struct minted a = MINT(.name = "ci"), b = ROTATE(.id = a.id), c, other = MINT(.name = "cj");

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = b.id), 0);
	c = MINT(.name = "ci");
	ck_assert_int_eq(logs_in(&a), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .name = "ci"), 0);
	told_number(TAG_COUNT, 2);
	ck_assert_int_eq(logs_in(&a), ERR_REVOKED);
	ck_assert_int_eq(logs_in(&c), ERR_REVOKED);
	ck_assert_int_eq(logs_in(&other), 0);
}
END_TEST

/* Of a family whose middle is dead: no second head is made beside the one that is in use. */
START_TEST(one_head)
{
	struct minted a = MINT(.name = "ci"), b, c;

	ck_assert_int_eq(logs_in(&a), 0);
	b = ROTATE(.id = a.id, .grace = "1000");
	ck_assert_int_eq(logs_in(&b), 0);
	c = ROTATE(.id = b.id, .grace = "10");
	now = NOW + 10;
	ck_assert_int_eq(logs_in(&b), ERR_ROTATED);
	ck_assert_int_eq(logs_in(&a), 0);
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = a.id), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(r.why, c.id));
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = c.id), 0);
	c = ROTATE(.id = a.id);
	ck_assert_int_eq(logs_in(&c), 0);
}
END_TEST

START_TEST(reuse_is_logged)
{
	struct minted a = MINT(.name = "ci"), b = ROTATE(.id = a.id, .grace = "0");

	ck_assert_int_eq(
		DO(VERIFY, ROOT, .token = a.text, .user = "alice", .service = "sshd"), ERR_ROTATED);
	ck_assert_int_eq(r.event.type, EVENT_REUSED);
	ck_assert_str_eq(r.event.id, a.id);
	ck_assert_int_eq(logs_in(&b), 0);
}
END_TEST

START_TEST(reuse_takes_the_family_down)
{
	struct minted a = MINT(.name = "ci"), b, c, other = MINT(.name = "other");

	config.reuse = REUSE_REVOKE;
	ck_assert_int_eq(logs_in(&a), 0);
	b = ROTATE(.id = a.id, .grace = "0");
	ck_assert_int_eq(logs_in(&b), 0);
	c = ROTATE(.id = b.id);
	ck_assert_int_eq(logs_in(&a), ERR_ROTATED);
	ck_assert_str_ne(r.why, "");
	ck_assert_int_eq(logs_in(&b), ERR_REVOKED);
	ck_assert_int_eq(logs_in(&c), ERR_REVOKED);
	ck_assert_int_eq(logs_in(&a), ERR_REVOKED);
	ck_assert_int_eq(logs_in(&other), 0);
	ck_assert_int_eq(status_of(c.id), STATUS_REVOKED);
	told(TAG_REVOKED_BY, "patd");
	/* which ranks as root's */
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = c.id), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = c.id), 0);
}
END_TEST

/* A wrong secret is no reuse, nor is a stranger's question. */
START_TEST(no_reuse)
{
	struct minted a = MINT(.name = "ci"), b = ROTATE(.id = a.id, .grace = "0");
	char text[TOKEN_TEXT_MAX + 1];
	struct token t;

	config.reuse = REUSE_REVOKE;
	ck_assert(token_parse(a.text, strlen(a.text), &t));
	t.secret[7] = t.secret[7] == 'x' ? 'y' : 'x';
	ck_assert(token_format(&t, text));
	ck_assert_int_eq(
		DO(VERIFY, ROOT, .token = text, .user = "alice", .service = "sshd"), ERR_NO_TOKEN);
	ck_assert_int_eq(
		DO(VERIFY, BOB, .token = a.text, .user = "alice", .service = "sshd"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(INSPECT, BOB, .token = a.text), 0);
	ck_assert_int_eq(
		DO(ACCOUNT, ROOT, .id = a.id, .user = "alice", .service = "sshd"), ERR_ROTATED);
	ck_assert_int_eq(logs_in(&b), 0);
}
END_TEST

START_TEST(ends_of_the_new_one)
{
	struct minted a = MINT(.name = "a", .expires = number(NOW + DAY)), b = MINT(.name = "b");

	ROTATE(.id = a.id, .expires = number(NOW + 5 * DAY));
	told_number(TAG_EXPIRES, NOW + 5 * DAY);
	ROTATE(.id = b.id, .expires = number(NOW + 5 * DAY));
	told_number(TAG_EXPIRES, NOW + 5 * DAY);
	ck_assert_int_eq(DO(ROTATE, ROOT, .user = "alice", .name = "a", .expires = number(NOW)),
		ERR_INVALID);
	config.max_lifetime = HOUR;
	ck_assert_int_eq(
		DO(ROTATE, ROOT, .user = "alice", .name = "a", .expires = "0"), ERR_DISALLOWED);
	ROTATE(.user = "alice", .name = "a"); /* as long as may be today */
	told_number(TAG_EXPIRES, NOW + HOUR);
}
END_TEST

/* One for later is rotated to one for the same time. */
START_TEST(pending)
{
	struct minted a = MINT(.name = "a", .not_before = number(NOW + DAY),
		.expires = number(NOW + 3 * DAY));

	now = NOW + HOUR;
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = a.id, .expires = number(NOW + DAY)), ERR_INVALID);
	ROTATE(.id = a.id);
	told_number(TAG_NOT_BEFORE, NOW + DAY);
	told_number(TAG_EXPIRES, NOW + 3 * DAY);
	told_number(TAG_STATUS, STATUS_PENDING);
	now = NOW + 2 * DAY;
	ROTATE(.user = "alice", .name = "a");
	ck_assert(!proto_has(&reply, TAG_NOT_BEFORE));
	told_number(TAG_EXPIRES, NOW + 4 * DAY);
}
END_TEST

/* Rotated ones leave the name, and the place in max_tokens is the new one's. */
START_TEST(names_and_room)
{
	struct minted a = MINT(.name = "ci");

	config.max_tokens = 1;
	ROTATE(.id = a.id);
	ck_assert_int_eq(DO(MINT, ROOT, .user = "alice", .name = "ci"), ERR_NAME_TAKEN);
	ck_assert_int_eq(DO(EDIT, ROOT, .user = "alice", .name = "ci", .new_name = "cd"), 0);
	ck_assert_int_eq(DO(MINT, ROOT, .user = "alice", .name = "ci"), ERR_LIMIT);
	config.max_tokens = 9;
	MINT(.name = "ci"); /* the rotated one, which still bears it, is not in the way */
	ck_assert_int_eq(logs_in(&a), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .name = "ci"), 0);
	told_number(TAG_COUNT, 2); /* but is meant by it */
	ck_assert_int_eq(logs_in(&a), ERR_REVOKED);
}
END_TEST

/* Two at once: the second is decided anew, on what the first has written. */
START_TEST(at_once)
{
	const struct operation *op = dispatch_find(VERB_ROTATE);
	struct minted a = MINT(.name = "ci");
	struct request first;

	begin(VERB_ROTATE, ROOT, (struct args){.id = a.id});
	ck_assert_int_eq(decided(op), 0);
	first = r;
	ROTATE(.id = a.id);
	r = first;
	build(VERB_ROTATE, &(struct args){.id = a.id});
	ck_assert_int_eq(apply(op), 0);
	ck_assert_uint_eq(of_status(STATUS_ACTIVE), 1);
	ck_assert_uint_eq(of_status(STATUS_ROTATED), 1);
	ck_assert_uint_eq(of_status(0), 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ops_rotate");
	TCase *t = tcase_create("ops_rotate");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, requests_setup, requests_teardown);
	tcase_add_test(t, takes_over);
	tcase_add_test(t, needs_the_person);
	tcase_add_test(t, grace_times);
	tcase_add_test(t, no_grace);
	tcase_add_test(t, the_old_ones_own_end_counts);
	tcase_add_test(t, configured_grace);
	tcase_add_test(t, until_used);
	tcase_add_test(t, until_used_by_a_login);
	tcase_add_test(t, lost_answers);
	tcase_add_test(t, lost_answers_by_id);
	tcase_add_test(t, lost_answers_until_used);
	tcase_add_test(t, until_used_or_a_time);
	tcase_add_test(t, rotated_while_in_use);
	tcase_add_test(t, shared_uses_end_together);
	tcase_add_test(t, a_head_that_is_gone_leaves_no_uses);
	tcase_add_test(t, families_stay_small);
	tcase_add_test(t, what_is_dead_is_not_rotated);
	tcase_add_test(t, successor_revoked);
	tcase_add_test(t, successor_restored);
	tcase_add_test(t, revoking);
	tcase_add_test(t, revoking_namesakes);
	tcase_add_test(t, one_head);
	tcase_add_test(t, reuse_is_logged);
	tcase_add_test(t, reuse_takes_the_family_down);
	tcase_add_test(t, no_reuse);
	tcase_add_test(t, ends_of_the_new_one);
	tcase_add_test(t, pending);
	tcase_add_test(t, names_and_room);
	tcase_add_test(t, at_once);
	suite_add_tcase(s, t);
	return unit_run(s);
}
