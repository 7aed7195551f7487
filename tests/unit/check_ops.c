/* check_ops.c: the operations behind the verbs, in whole requests (requests.h). */
#include "tests/unit/keys.h"
#include "tests/unit/requests.h"

/* ---- mint ---- */

START_TEST(mint_by_root)
{
	struct minted m = MINT(.name = "ci", .note = "a note");
	struct token t;
	struct record stored;
	struct store_txn *txn;
	uint8_t hash[RECORD_HASH];

	told(TAG_NAME, "ci");
	told(TAG_OWNER, "alice");
	told(TAG_CREATED_BY, "root");
	told(TAG_SCOPES, "sshd");
	told(TAG_NOTE, "a note");
	told(TAG_STATUS_REASON, NULL);
	told_number(TAG_UID, ALICE);
	told_number(TAG_KIND, KIND_PERSONAL);
	told_number(TAG_STATUS, STATUS_ACTIVE);
	ck_assert(!proto_has(&reply, TAG_EXPIRES));
	ck_assert_uint_eq(prompts, 0);

	ck_assert(token_parse(m.text, strlen(m.text), &t));
	ck_assert_str_eq(t.prefix, "pat");
	ck_assert_str_eq(t.id, m.id);
	ck_assert_int_eq(store_begin_read(store, &txn), 0);
	ck_assert_int_eq(store_get(txn, m.id, &stored), 0);
	store_abort(txn);
	hash_secret(&t, hash);
	ck_assert_mem_eq(stored.hash, hash, sizeof(hash));
	/* the log names the token, and the secret is nowhere but in the answer */
	ck_assert_ptr_nonnull(strstr(told_line(), m.id));
	ck_assert_ptr_null(strstr(told_line(), t.secret));
	ck_assert_ptr_null(memmem(&stored, sizeof(stored), t.secret, TOKEN_SECRET_LEN));
}
END_TEST

START_TEST(mint_for_oneself)
{
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), 0);
	ck_assert_uint_eq(prompts, 1);
	told(TAG_OWNER, "alice");
	told(TAG_CREATED_BY, "alice");
	ck_assert_int_eq(DO(MINT, ALICE, .name = "second", .user = "alice"), 0);
	ck_assert_uint_eq(prompts, 1);
	knows_password = false;
	ck_assert_int_eq(DO(MINT, ALICE, .name = "third"), ERR_REAUTH);
	ck_assert_uint_eq(tokens_in_store(), 2);
}
END_TEST

START_TEST(mint_for_another)
{
	ck_assert_int_eq(DO(MINT, BOB, .name = "ci", .user = "alice"), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(MINT, BOB, .name = "ci", .user = "root"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "nobody-here"), ERR_NO_ACCOUNT);
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

START_TEST(mint_root_only)
{
	config.reauth = REAUTH_ROOT_ONLY;
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(prompts, 0);
	MINT(.name = "ci");
}
END_TEST

/* What is wrong is told before anyone is asked for a password. */
START_TEST(mint_bad_values)
{
	static const struct args cases[] = {
		{.name = ""}, {.name = "-a"}, {.name = "a/b"}, {.name = "4fJk29sQxZb"},
		{.name = "a\nb"}, {.name = "a\xe2\x80\xae"}, {.name = "a\xff"},
		{.name = "ci", .note = "a\nb"}, {.name = "ci", .note = "\x1b"},
		{.name = "ci", .scopes = ""}, {.name = "ci", .scopes = "SSHD"},
		{.name = "ci", .scopes = "sshd,,sudo"}, {.name = "ci", .scopes = "patctl"},
		{.name = "ci", .scopes = "sshd,patctl"}, {.name = "ci", .expires = "1"},
		{.name = "ci", .expires = "1799999999"},
		{.name = "ci", .expires = "1800000000"}, /* now */
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_msg(perform(VERB_MINT, ALICE, cases[i]) == ERR_INVALID, "case %zu", i);
		ck_assert_uint_eq(prompts, 0);
		ck_assert_str_ne(r.why, "");
	}
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

START_TEST(mint_expiry)
{
	MINT(.name = "a", .expires = number(NOW + 1));
	told_number(TAG_EXPIRES, NOW + 1);
	config.default_lifetime = 86400;
	MINT(.name = "b");
	told_number(TAG_EXPIRES, NOW + 86400);
	MINT(.name = "c", .expires = "0");
	ck_assert(!proto_has(&reply, TAG_EXPIRES));
}
END_TEST

START_TEST(mint_scopes)
{
	MINT(.name = "a", .scopes = "sudo,sshd,sudo");
	told(TAG_SCOPES, "sshd,sudo");
	MINT(.name = "b", .scopes = "*");
	told(TAG_SCOPES, "*");
}
END_TEST

START_TEST(mint_name_taken)
{
	struct minted first = MINT(.name = "ci", .expires = number(NOW + 100));

	ck_assert_int_eq(DO(MINT, ROOT, .user = "alice", .name = "ci"), ERR_NAME_TAKEN);
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), ERR_NAME_TAKEN);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(MINT, ROOT, .user = "bob", .name = "ci"), 0); /* bob's own */
	now = NOW + 99;
	ck_assert_int_eq(DO(MINT, ROOT, .user = "alice", .name = "ci"), ERR_NAME_TAKEN);
	now = NOW + 100; /* the first has ended: its name is free */
	MINT(.name = "ci");
	ck_assert_int_eq(DO(REVOKE, ALICE, .name = "ci"), 0);
	MINT(.name = "ci");
	ck_assert_int_eq(status_of(first.id), STATUS_EXPIRED);
}
END_TEST

/* Names of any length beside each other's. */
START_TEST(mint_long_names)
{
	char name[LIMIT_NAME_CHOSEN + 1];

	MINT(.name = "zz");
	for (size_t n = 1; n <= LIMIT_NAME_CHOSEN; n++) {
		if (n == TOKEN_ID_LEN)
			continue;
		memset(name, 'a', n);
		name[n] = '\0';
		ck_assert_msg(DO(MINT, ROOT, .user = "alice", .name = name) == 0, "%zu bytes", n);
	}
}
END_TEST

START_TEST(mint_too_many)
{
	config.max_tokens = 3;
	MINT(.name = "a");
	MINT(.name = "b", .expires = number(NOW + 100));
	MINT(.name = "c");
	ck_assert_int_eq(DO(MINT, ALICE, .name = "d"), ERR_LIMIT);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(MINT, ROOT, .user = "bob", .name = "d"), 0);
	now = NOW + 100; /* b has ended */
	MINT(.name = "d");
	ck_assert_int_eq(DO(MINT, ROOT, .user = "alice", .name = "e"), ERR_LIMIT);
	ck_assert_int_eq(DO(REVOKE, ROOT, .user = "alice", .name = "a"), 0);
	MINT(.name = "e");
}
END_TEST

START_TEST(mint_for_root)
{
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci"), ERR_DISALLOWED);
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "root"), ERR_DISALLOWED);
	config.root_tokens = true;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci"), 0);
	told(TAG_OWNER, "root");
	told_number(TAG_UID, ROOT);
}
END_TEST

START_TEST(mint_for_accounts_that_are_not_well)
{
	alice->locked = true;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "alice"), ERR_LOCKED);
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), ERR_LOCKED);
	alice->locked = false;
	alice->expired = true;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "alice"), ERR_LOCKED);
	alice->expired = false;
	alice->state = ACCOUNT_ERROR;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "alice"), ERR_NAMES);
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), ERR_NAMES);
	alice->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "alice"), ERR_NO_ACCOUNT);
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), ERR_NO_ACCOUNT);
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

/* The owner is who the name service says it is, not what was typed. */
START_TEST(mint_for_the_name_given_back)
{
	struct account_query q;

	begin(VERB_MINT, ROOT, (struct args){.name = "ci", .user = "ALICE@example.org"});
	for (;;) {
		struct store_txn *t;
		int err;

		ck_assert_int_eq(store_begin_write(store, &t), 0);
		r.now = now;
		err = dispatch_apply(dispatch_find(VERB_MINT), &r, t);
		ck_assert_int_eq(store_commit(t), 0);
		if (!err)
			break;
		ck_assert_int_eq(err, REQUEST_ASK);
		q = r.want;
		request_answered(&r, q.by_uid ? &people[0] : alice);
	}
	take_packet();
	told(TAG_OWNER, "alice");
}
END_TEST

/* Both were fine when they were checked; what is written is decided anew. */
START_TEST(mint_twice_at_once)
{
	const struct operation *op = dispatch_find(VERB_MINT);
	struct request first;

	begin(VERB_MINT, ROOT, (struct args){.name = "ci", .user = "alice"});
	ck_assert_int_eq(decided(op), 0);
	first = r;
	MINT(.name = "ci");
	r = first;
	build(VERB_MINT, &(struct args){.name = "ci", .user = "alice"});
	ck_assert_int_eq(apply(op), ERR_NAME_TAKEN);
	ck_assert_uint_eq(tokens_in_store(), 1);
}
END_TEST

/* Nothing is written for who has not proved who they are, whatever the caller forgets. */
START_TEST(mint_applied_without_password)
{
	const struct operation *op = dispatch_find(VERB_MINT);

	begin(VERB_MINT, ALICE, (struct args){.name = "ci"});
	ck_assert_int_eq(check(op), REQUEST_REAUTHENTICATE);
	ck_assert_int_eq(apply(op), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

/* ---- list and show ---- */

START_TEST(list_own)
{
	struct minted a = MINT(.name = "zz"), b = MINT(.name = "aa"), c;

	ck_assert_int_eq(DO(MINT, ROOT, .user = "bob", .name = "other"), 0);
	c = MINT(.name = "mm");
	ck_assert_int_eq(DO(LIST, ALICE, .all = false), 0);
	ck_assert_uint_eq(listed, 3);
	ck_assert_str_eq(listed_ids[0], a.id);
	ck_assert_str_eq(listed_ids[1], b.id);
	ck_assert_str_eq(listed_ids[2], c.id);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(LIST, ALICE, .user = "alice"), 0);
	ck_assert_uint_eq(listed, 3);
	ck_assert_int_eq(DO(LIST, ROOT, .user = "bob"), 0);
	ck_assert_uint_eq(listed, 1);
	ck_assert_int_eq(DO(LIST, ROOT, .all = false), 0);
	ck_assert_uint_eq(listed, 0);
}
END_TEST

START_TEST(list_of_others)
{
	MINT(.name = "ci");
	ck_assert_int_eq(DO(LIST, BOB, .user = "alice"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(LIST, BOB, .user = "root"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(LIST, BOB, .all = true), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(LIST, ALICE, .all = true), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(LIST, ROOT, .user = "alice", .all = true), ERR_INVALID);
	ck_assert_int_eq(DO(LIST, ROOT, .user = "nobody-here"), ERR_NO_ACCOUNT);
}
END_TEST

START_TEST(list_all)
{
	struct minted a = MINT(.name = "a"), b;

	ck_assert_int_eq(DO(MINT, ROOT, .user = "bob", .name = "b"), 0);
	b = taken_from_reply();
	config.root_tokens = true;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "r"), 0);
	ck_assert_int_eq(DO(LIST, ROOT, .all = true), 0);
	ck_assert_uint_eq(listed, 3); /* by uid */
	ck_assert_str_eq(listed_ids[1], a.id);
	ck_assert_str_eq(listed_ids[2], b.id);
	alice->state = ACCOUNT_ABSENT; /* gone accounts' are still told */
	ck_assert_int_eq(DO(LIST, ROOT, .all = true), 0);
	ck_assert_uint_eq(listed, 3);
}
END_TEST

/* The account was made anew with the same uid: what was another's is not its own. */
START_TEST(list_after_renaming)
{
	MINT(.name = "ci");
	strcpy(alice->name, "alicia");
	ck_assert_int_eq(DO(LIST, ALICE, .all = false), 0);
	ck_assert_uint_eq(listed, 0);
	ck_assert_int_eq(DO(LIST, ROOT, .all = true), 0);
	ck_assert_uint_eq(listed, 1);
}
END_TEST

START_TEST(show_one)
{
	struct minted m = MINT(.name = "ci", .expires = number(NOW + 5), .note = "n");

	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	told(TAG_ID, m.id);
	told(TAG_NAME, "ci");
	told(TAG_NOTE, "n");
	told_number(TAG_EXPIRES, NOW + 5);
	ck_assert(!proto_has(&reply, TAG_TOKEN));
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "ci"), 0);
	told(TAG_ID, m.id);
	ck_assert_int_eq(DO(SHOW, ROOT, .name = "ci", .user = "alice"), 0);
	told(TAG_ID, m.id);
	ck_assert_int_eq(DO(SHOW, ROOT, .id = m.id, .user = "alice"), 0);
	ck_assert_int_eq(DO(SHOW, ROOT, .id = m.id, .user = "bob"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(SHOW, ROOT, .name = "ci"), ERR_NO_TOKEN); /* root's own */
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "c"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(SHOW, ALICE, .name = ""), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id, .name = "ci"), ERR_INVALID);
	ck_assert_int_eq(DO(SHOW, ALICE, .all = false), ERR_INVALID);
}
END_TEST

/* A name means the live one, else the newest that bore it. */
START_TEST(show_by_name)
{
	struct minted first = MINT(.name = "ci"), second, third;

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = first.id), 0);
	second = MINT(.name = "ci");
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = second.id), 0);
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "ci"), 0);
	told(TAG_ID, second.id);
	third = MINT(.name = "ci");
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "ci"), 0);
	told(TAG_ID, third.id);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = third.id), 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = first.id), 0);
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "ci"), 0);
	told(TAG_ID, first.id);
}
END_TEST

START_TEST(show_statuses)
{
	struct minted m = MINT(.name = "ci", .expires = number(NOW + 100));

	ck_assert_int_eq(status_of(m.id), STATUS_ACTIVE);
	alice->locked = true;
	ck_assert_int_eq(status_of(m.id), STATUS_LOCKED);
	ck_assert(proto_text(&reply, TAG_STATUS_REASON).n > 0);
	alice->locked = false;
	alice->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(status_of(m.id), STATUS_LOCKED);
	alice->state = ACCOUNT_FOUND;
	alice->uid = 2000;
	ck_assert_int_eq(status_of(m.id), STATUS_LOCKED);
	alice->uid = ALICE;
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m.id), 0);
	ck_assert_int_eq(status_of(m.id), STATUS_REVOKED);
	now = NOW + 100;
	ck_assert_int_eq(status_of(m.id), STATUS_REVOKED);
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), ERR_EXPIRED);
}
END_TEST

/* A foreign ID is answered like one that there is not, whatever is asked. */
START_TEST(foreign_ids)
{
	static const uint8_t verbs[] = {
		VERB_SHOW, VERB_EDIT, VERB_REVOKE, VERB_RESTORE, VERB_DELETE};
	struct minted m = MINT(.name = "ci"), dead = MINT(.name = "dead");
	char why[LIMIT_MESSAGE + 1];

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = dead.id), 0);
	for (size_t i = 0; i < COUNT(verbs); i++) {
		const char *const ids[] = {"00000000000", m.id, dead.id};

		for (size_t j = 0; j < COUNT(ids); j++) {
			ck_assert_int_eq(
				perform(verbs[i], BOB, (struct args){.id = ids[j]}), ERR_NO_TOKEN);
			ck_assert_uint_eq(prompts, 0);
			if (j == 0)
				strcpy(why, r.why);
			ck_assert_str_eq(r.why, why);
		}
		ck_assert_int_eq(
			perform(verbs[i], BOB, (struct args){.name = "ci", .user = "alice"}),
			ERR_NOT_PERMITTED);
		ck_assert_int_eq(perform(verbs[i], BOB, (struct args){.name = "ci"}), ERR_NO_TOKEN);
	}
	ck_assert_int_eq(status_of(m.id), STATUS_ACTIVE);
	ck_assert_int_eq(status_of(dead.id), STATUS_REVOKED);
	/* and a uid that has no account, or none for now, gets nothing */
	bob->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(DO(SHOW, BOB, .id = m.id), ERR_NO_ACCOUNT);
	bob->state = ACCOUNT_ERROR;
	ck_assert_int_eq(DO(SHOW, BOB, .id = m.id), ERR_NAMES);
}
END_TEST

/* ---- edit ---- */

START_TEST(edit_name)
{
	struct minted m = MINT(.name = "ci"), other = MINT(.name = "other");

	ck_assert_int_eq(DO(EDIT, ALICE, .name = "ci", .new_name = "laptop"), 0);
	ck_assert_uint_eq(prompts, 1);
	told(TAG_ID, m.id);
	told(TAG_NAME, "laptop");
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "laptop"), 0);
	told(TAG_ID, m.id);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = "other"), ERR_NAME_TAKEN);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = "laptop"), 0); /* its own */
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = "a/b"), ERR_INVALID);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = ""), ERR_INVALID);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = other.id), 0);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = "other"), 0);
	MINT(.name = "ci"); /* the old name is free */
}
END_TEST

START_TEST(edit_note)
{
	struct minted m = MINT(.name = "ci", .note = "first");

	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .note = "second"), 0);
	told(TAG_NOTE, "second");
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = "x"), 0);
	told(TAG_NOTE, "second");
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .note = "a\nb"), ERR_INVALID);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .note = ""), 0);
	told(TAG_NOTE, NULL);
}
END_TEST

/* Never later than it was. */
START_TEST(edit_expiry)
{
	struct minted m = MINT(.name = "ci"), n = MINT(.name = "n");

	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = "0"), 0); /* never, as it was */
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW + 1000)), 0);
	told_number(TAG_EXPIRES, NOW + 1000);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW + 1000)), 0);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW + 1001)), ERR_REFUSED);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = "0"), ERR_REFUSED);
	ck_assert_int_eq(DO(EDIT, ROOT, .id = m.id, .expires = "0"), ERR_REFUSED);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW)), ERR_INVALID);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = "1"), ERR_INVALID);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW + 10)), 0);
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	told_number(TAG_EXPIRES, NOW + 10);
	now = NOW + 10; /* what has ended does not come back */
	ck_assert_int_lt(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW + 20)), 0);
	ck_assert_int_lt(DO(EDIT, ALICE, .id = m.id, .expires = "0"), 0);
	ck_assert_int_eq(status_of(m.id), STATUS_EXPIRED);
	ck_assert_int_eq(status_of(n.id), STATUS_ACTIVE);
}
END_TEST

START_TEST(edit_by_whom)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(DO(EDIT, ROOT, .id = m.id, .note = "root's"), 0);
	ck_assert_uint_eq(prompts, 0);
	knows_password = false;
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .note = "alice's"), ERR_REAUTH);
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	told(TAG_NOTE, "root's");
	config.reauth = REAUTH_ROOT_ONLY;
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .note = "alice's"), ERR_NOT_PERMITTED);
}
END_TEST

/* What cannot be asked for now is no reason to give a name twice. */
START_TEST(edit_name_while_names_fail)
{
	struct minted m = MINT(.name = "ci");

	MINT(.name = "other");
	alice->state = ACCOUNT_ERROR;
	ck_assert_int_lt(DO(EDIT, ROOT, .id = m.id, .new_name = "other"), 0);
	alice->state = ACCOUNT_FOUND;
	ck_assert_int_eq(DO(SHOW, ROOT, .id = m.id), 0);
	told(TAG_NAME, "ci");
}
END_TEST

/* ---- revoke ---- */

START_TEST(revoke_one)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(DO(REVOKE, ALICE, .name = "ci", .reason = "lost \"it\""), 0);
	ck_assert_uint_eq(prompts, 0);
	told(TAG_ID, m.id);
	told_number(TAG_COUNT, 1);
	told_number(TAG_STATUS, STATUS_REVOKED);
	told_number(TAG_REVOKED, NOW);
	told(TAG_REVOKED_BY, "alice");
	told(TAG_REASON, "lost \"it\"");
	now = NOW + 50;
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0); /* again: nothing to do, and no error */
	told_number(TAG_COUNT, 0);
	told_number(TAG_REVOKED, NOW);
	told(TAG_REASON, "lost \"it\"");
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id, .reason = "a\nb"), ERR_INVALID);
	ck_assert_int_eq(DO(REVOKE, ALICE, .name = "none"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(REVOKE, ALICE, .reason = "x"), ERR_INVALID);
}
END_TEST

START_TEST(revoke_all)
{
	struct minted a = MINT(.name = "a"), b = MINT(.name = "b"), c, other;

	c = MINT(.name = "c", .expires = number(NOW + 10));
	ck_assert_int_eq(DO(MINT, ROOT, .user = "bob", .name = "a"), 0);
	other = taken_from_reply();
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = b.id, .reason = "first"), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true, .reason = "all"), 0);
	told_number(TAG_COUNT, 2);
	ck_assert_int_eq(status_of(a.id), STATUS_REVOKED);
	told(TAG_REASON, "all");
	ck_assert_int_eq(status_of(b.id), STATUS_REVOKED);
	told(TAG_REASON, "first");
	ck_assert_int_eq(status_of(c.id), STATUS_REVOKED);
	ck_assert_int_eq(status_of(other.id), STATUS_ACTIVE);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true), 0);
	told_number(TAG_COUNT, 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true, .id = a.id), ERR_INVALID);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true, .name = "a"), ERR_INVALID);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true, .user = "bob"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(status_of(other.id), STATUS_ACTIVE);
	ck_assert_int_eq(DO(REVOKE, ROOT, .all = true, .user = "bob"), 0);
	told_number(TAG_COUNT, 1);
	ck_assert_int_eq(status_of(other.id), STATUS_REVOKED);
}
END_TEST

/* Root kills what is left of an account that is gone. */
START_TEST(revoke_of_gone_accounts)
{
	struct minted m = MINT(.name = "ci");

	alice->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m.id), 0);
	told_number(TAG_COUNT, 1);
	alice->state = ACCOUNT_FOUND;
	ck_assert_int_eq(status_of(m.id), STATUS_REVOKED);
}
END_TEST

/* ---- restore ---- */

START_TEST(restore_own)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_NOT_REVOKED);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id, .reason = "lost"), 0);
	knows_password = false;
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_REAUTH);
	ck_assert_int_eq(status_of(m.id), STATUS_REVOKED);
	knows_password = true;
	ck_assert_int_eq(DO(RESTORE, ALICE, .name = "ci"), 0);
	ck_assert_uint_eq(prompts, 1);
	told_number(TAG_STATUS, STATUS_ACTIVE);
	told(TAG_REASON, NULL);
	told(TAG_REVOKED_BY, NULL);
	ck_assert(!proto_has(&reply, TAG_REVOKED));
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = m.text, .user = "alice", .service = "sshd"), 0);
}
END_TEST

/* Who ranks below the revoker cannot undo it, and root's word stands over the owner's. */
START_TEST(restore_by_rank)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m.id), 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m.id), 0);
	told_number(TAG_COUNT, 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_NOT_PERMITTED);
	/* and not the other way round */
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), 0);
}
END_TEST

START_TEST(restore_if_policy_allows)
{
	struct minted m = MINT(.name = "ci", .expires = number(NOW + 10)), other;

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	other = MINT(.name = "ci");
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_NAME_TAKEN);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = other.id), 0);
	config.max_tokens = 1;
	other = MINT(.name = "other");
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_LIMIT);
	config.max_tokens = 100;
	alice->locked = true;
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), ERR_LOCKED);
	alice->locked = false;
	alice->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), ERR_LOCKED);
	alice->state = ACCOUNT_ERROR;
	ck_assert_int_lt(DO(RESTORE, ROOT, .id = m.id), 0);
	alice->state = ACCOUNT_FOUND;
	ck_assert_int_eq(status_of(m.id), STATUS_REVOKED);
	now = NOW + 10;
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), ERR_EXPIRED);
	now = NOW + 9;
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), 0);
	config.root_tokens = true;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "r"), 0);
	ck_assert_int_eq(DO(REVOKE, ROOT, .name = "r"), 0);
	config.root_tokens = false;
	ck_assert_int_eq(DO(RESTORE, ROOT, .name = "r"), ERR_DISALLOWED);
}
END_TEST

/* ---- delete ---- */

START_TEST(delete_dead_ones)
{
	struct minted live = MINT(.name = "live"), dead = MINT(.name = "dead");
	struct minted ended = MINT(.name = "ended", .expires = number(NOW + 1));

	ck_assert_int_eq(DO(DELETE, ALICE, .id = live.id), ERR_LIVE);
	ck_assert_int_eq(DO(DELETE, ROOT, .id = live.id), ERR_LIVE);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = ended.id), ERR_LIVE);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = dead.id, .reason = "why"), 0);
	ck_assert_int_eq(DO(DELETE, ALICE, .name = "dead"), 0);
	ck_assert_uint_eq(prompts, 0);
	told(TAG_ID, dead.id);
	told_number(TAG_STATUS, STATUS_REVOKED);
	told(TAG_REASON, "why");
	ck_assert_ptr_nonnull(strstr(told_line(), dead.id));
	ck_assert_int_eq(DO(SHOW, ALICE, .id = dead.id), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "dead"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = dead.id), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = dead.id), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = dead.text, .user = "alice", .service = "sshd"),
		ERR_NO_TOKEN);
	now = NOW + 1;
	ck_assert_int_eq(DO(DELETE, ROOT, .id = ended.id), 0);
	ck_assert_uint_eq(tokens_in_store(), 1);
}
END_TEST

/* ---- verify and account ---- */

#define VERIFY(peer, ...) DO(VERIFY, peer, .user = "alice", .service = "sshd", __VA_ARGS__)

START_TEST(verify_good)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), 0);
	told(TAG_ID, m.id);
	told(TAG_NAME, "ci");
	ck_assert(!proto_has(&reply, TAG_EXPIRES));
	ck_assert(!proto_has(&reply, TAG_TOKEN));
	ck_assert_int_eq(VERIFY(ALICE, .token = m.text, .rhost = "192.0.2.1"), 0);
	m = MINT(.name = "ends", .expires = number(NOW + 5));
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), 0);
	told_number(TAG_EXPIRES, NOW + 5);
}
END_TEST

/* A peer that is not root learns nothing of another's token, though it has the right secret. */
START_TEST(verify_by_others)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(VERIFY(BOB, .token = m.text), ERR_NO_TOKEN);
	ck_assert_str_eq(r.why, "");
	ck_assert_int_eq(
		DO(ACCOUNT, BOB, .id = m.id, .user = "alice", .service = "sshd"), ERR_NO_TOKEN);
	ck_assert_str_eq(r.why, "");
}
END_TEST

/* A wrong secret, an unknown ID and no token at all are one and the same. */
START_TEST(verify_wrong)
{
	struct minted m = MINT(.name = "ci");
	struct token t;
	char text[TOKEN_TEXT_MAX + 1];

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0); /* which only its holder is told */
	ck_assert(token_parse(m.text, strlen(m.text), &t));
	for (size_t i = 0; i < TOKEN_SECRET_LEN; i++) {
		struct token wrong = t;

		wrong.secret[i] = wrong.secret[i] == 'a' ? 'b' : 'a';
		ck_assert(token_format(&wrong, text));
		ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
		ck_assert_str_eq(r.why, "");
	}
	for (size_t i = 0; i < TOKEN_ID_LEN; i++) {
		struct token wrong = t;

		wrong.id[i] = wrong.id[i] == 'a' ? 'b' : 'a';
		ck_assert(token_format(&wrong, text));
		ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
		ck_assert_str_eq(r.why, "");
	}
	ck_assert_int_eq(VERIFY(ROOT, .token = ""), ERR_NO_TOKEN);
	ck_assert_int_eq(VERIFY(ROOT, .token = "password"), ERR_NO_TOKEN);
	strcpy(text, m.text);
	text[strlen(text) - 1] ^= 1; /* the checksum */
	ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_REVOKED);
	ck_assert_str_ne(r.why, "");
}
END_TEST

/* What is no token may be a password: not a byte of it is logged. */
START_TEST(verify_logs_no_password)
{
	char text[TOKEN_TEXT_MAX + 1];

	for (size_t n = 1; n <= TOKEN_TEXT_MAX; n++) {
		memset(text, '#', n);
		text[n] = '\0';
		ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
		ck_assert_msg(!strchr(told_line(), '#'), "%s", told_line());
	}
}
END_TEST

START_TEST(verify_log_lines)
{
	struct minted m = MINT(.name = "ci \"x\"");
	struct token t;

	ck_assert(token_parse(m.text, strlen(m.text), &t));
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = m.text, .user = "alice", .service = "sudo",
				 .rhost = "a\" b=\"c\n"),
		ERR_SCOPE);
	ck_assert(log_event_refusal(r.event.type));
	ck_assert_ptr_eq(strstr(told_line(), "refused"), told_line());
	ck_assert_ptr_nonnull(strstr(told_line(), m.id));
	ck_assert_ptr_nonnull(strstr(told_line(), "\"ci \\x22x\\x22\""));
	ck_assert_ptr_nonnull(strstr(told_line(), " service=\"sudo\""));
	ck_assert_ptr_null(strstr(told_line(), t.secret));
	ck_assert_ptr_null(strchr(told_line(), '\n'));
	ck_assert_ptr_null(strstr(told_line(), "b=\""));
	/* what others say of a login is only what they say */
	ck_assert_int_eq(DO(VERIFY, ALICE, .token = m.text, .user = "alice", .service = "sudo",
				 .rhost = "192.0.2.1"),
		ERR_SCOPE);
	ck_assert_ptr_eq(strstr(told_line(), "claimed_"), told_line());
	ck_assert_ptr_null(strstr(told_line(), " rhost="));
	ck_assert_ptr_null(strstr(told_line(), " service="));
	ck_assert_ptr_nonnull(strstr(told_line(), " claimed_rhost=\"192.0.2.1\""));
	ck_assert_ptr_null(strstr(told_line(), t.secret));
}
END_TEST

static const struct {
	const char *what, *user, *service;
	int expected;
} doors[] = {
	{"good", "alice", "sshd", 0},
	{"another service", "alice", "sudo", ERR_SCOPE},
	{"patctl", "alice", "patctl", ERR_SCOPE},
	{"no service", "alice", "", ERR_SCOPE},
	{"another user", "bob", "sshd", ERR_OWNER},
	{"root", "root", "sshd", ERR_OWNER},
	{"no such user", "nobody-here", "sshd", ERR_OWNER},
	{"no user", "", "sshd", ERR_OWNER},
	{"a name in capitals", "ALICE", "sshd", ERR_OWNER},
	{"another user and service", "bob", "sudo", ERR_OWNER},
};

START_TEST(verify_doors)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_msg(DO(VERIFY, ROOT, .token = m.text, .user = doors[_i].user,
			      .service = doors[_i].service) == doors[_i].expected,
		"%s", doors[_i].what);
	ck_assert_int_eq(r.why[0] != '\0', doors[_i].expected != 0);
	ck_assert_msg(DO(ACCOUNT, ROOT, .id = m.id, .user = doors[_i].user,
			      .service = doors[_i].service) == doors[_i].expected,
		"%s", doors[_i].what);
}
END_TEST

START_TEST(verify_over_time)
{
	struct minted m = MINT(.name = "ci", .expires = number(NOW + 10));

	now = NOW + 9;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), 0);
	now = NOW + 10;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_EXPIRED);
	ck_assert_int_eq(
		DO(ACCOUNT, ROOT, .id = m.id, .user = "alice", .service = "sshd"), ERR_EXPIRED);
	now = NOW;
	alice->locked = true;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_LOCKED);
	alice->locked = false;
	alice->state = ACCOUNT_ERROR;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_NAMES);
	alice->state = ACCOUNT_FOUND;
	alice->uid = 2000; /* made anew */
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_OWNER);
	alice->uid = ALICE;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_REVOKED);
}
END_TEST

/* Another prefix: no longer this site's, or another kind's, whose checksum is right all the same.
 */
START_TEST(verify_prefixes)
{
	static char acme[] = "acme", pat[] = "pat";
	static char *old[] = {pat};
	struct minted m = MINT(.name = "ci");
	char text[TOKEN_TEXT_MAX + 1];
	struct token t;

	ck_assert(token_parse(m.text, strlen(m.text), &t));
	strcpy(t.prefix, "pats");
	ck_assert(token_format(&t, text));
	ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(INSPECT, BOB, .token = text), ERR_NO_TOKEN);
	strcpy(t.prefix, "ghp");
	ck_assert(token_format(&t, text));
	ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
	config.token_prefix = acme;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_NO_TOKEN);
	config.old_prefixes = (struct config_list){1, old, false};
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), 0);
	MINT(.name = "new");
	ck_assert(strncmp(proto_text(&reply, TAG_TOKEN).p, "acme_", 5) == 0);
}
END_TEST

START_TEST(account_warns)
{
	static const struct {
		uint64_t left;
		bool warned;
	} cases[] = {{1, true}, {3 * 86400, true}, {7 * 86400 - 1, true}, {7 * 86400 + 1, false},
		{365 * 86400, false}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[] = {'n', (char)('0' + i), '\0'};
		struct minted m = MINT(.name = name, .expires = number(NOW + cases[i].left));

		ck_assert_int_eq(
			DO(ACCOUNT, ROOT, .id = m.id, .user = "alice", .service = "sshd"), 0);
		told(TAG_ID, m.id);
		told(TAG_NAME, name);
		told_number(TAG_EXPIRES, NOW + cases[i].left);
		ck_assert_int_eq(proto_has(&reply, TAG_WARN), cases[i].warned);
		if (cases[i].warned)
			told_number(TAG_WARN, cases[i].left);
	}
	config.warn_before = 0; /* never */
	ck_assert_int_eq(DO(ACCOUNT, ROOT, .id = MINT(.name = "x", .expires = number(NOW + 1)).id,
				 .user = "alice", .service = "sshd"),
		0);
	ck_assert(!proto_has(&reply, TAG_WARN));
	ck_assert_int_eq(DO(ACCOUNT, ROOT, .id = MINT(.name = "never").id, .user = "alice",
				 .service = "sshd"),
		0);
	ck_assert(!proto_has(&reply, TAG_WARN));
	ck_assert(!proto_has(&reply, TAG_EXPIRES));
	ck_assert_int_eq(DO(ACCOUNT, ROOT, .id = "00000000000", .user = "alice", .service = "sshd"),
		ERR_NO_TOKEN);
}
END_TEST

/* ---- inspect and status ---- */

START_TEST(inspect)
{
	struct minted m = MINT(.name = "ci", .scopes = "sudo,sshd", .expires = number(NOW + 10));
	struct token t;
	char text[TOKEN_TEXT_MAX + 1];

	ck_assert_int_eq(DO(INSPECT, BOB, .token = m.text), 0); /* whoever holds it */
	ck_assert_uint_eq(prompts, 0);
	told_number(TAG_KIND, KIND_PERSONAL);
	told(TAG_OWNER, "alice");
	told_number(TAG_STATUS, STATUS_ACTIVE);
	told(TAG_SCOPES, "sshd,sudo");
	told_number(TAG_EXPIRES, NOW + 10);
	/* and no more */
	ck_assert(reply.present ==
		  (PROTO_BIT(TAG_KIND) | PROTO_BIT(TAG_OWNER) | PROTO_BIT(TAG_STATUS) |
			  PROTO_BIT(TAG_SCOPES) | PROTO_BIT(TAG_EXPIRES)));
	now = NOW + 10;
	ck_assert_int_eq(DO(INSPECT, BOB, .token = m.text), 0);
	told_number(TAG_STATUS, STATUS_EXPIRED);
	ck_assert(proto_text(&reply, TAG_STATUS_REASON).n > 0);

	ck_assert(token_parse(m.text, strlen(m.text), &t));
	t.secret[0] = t.secret[0] == 'a' ? 'b' : 'a';
	ck_assert(token_format(&t, text));
	ck_assert_int_eq(DO(INSPECT, ALICE, .token = text), ERR_NO_TOKEN);
	ck_assert_str_eq(r.why, "");
	ck_assert_int_eq(DO(INSPECT, ALICE, .token = "pat_none"), ERR_NO_TOKEN);
	ck_assert_str_eq(r.why, "");
}
END_TEST

START_TEST(daemon_status)
{
	MINT(.name = "ci");
	ck_assert_int_eq(DO(STATUS, ROOT, .all = false), 0);
	told_number(TAG_COUNT, 1);
	told_number(TAG_STARTED, STARTED);
	ck_assert_uint_gt(proto_number(&reply, TAG_STORE_BYTES), 0);
	ck_assert(proto_text(&reply, TAG_DAEMON).n > 0);
	ck_assert_int_eq(DO(STATUS, ALICE, .all = false), 0);
	ck_assert(reply.present == (PROTO_BIT(TAG_DAEMON)));
	bob->state = ACCOUNT_ERROR; /* needs no names */
	ck_assert_int_eq(DO(STATUS, BOB, .all = false), 0);
}
END_TEST

/* ---- restrictions ---- */

#define REFUSED(expected, ...)                                                                     \
	do {                                                                                       \
		ck_assert_int_eq(                                                                  \
			DO(MINT, ROOT, .user = "alice", .name = "no", __VA_ARGS__), expected);     \
		ck_assert_str_ne(r.why, "");                                                       \
	} while (0)

START_TEST(mint_with_every_restriction)
{
	struct minted m =
		MINT(.name = "ci", .from = "2001:DB8::/32,::ffff:192.0.2.7,local,192.0.2.7",
			.not_before = number(NOW + 5), .expires = number(NOW + 10), .uses = "3",
			.bind_key = PRINT_RSA);

	told(TAG_FROM, "2001:db8::/32,192.0.2.7,local");
	told(TAG_BIND_KEY, PRINT_RSA);
	told_number(TAG_NOT_BEFORE, NOW + 5);
	told_number(TAG_USES, 3);
	told_number(TAG_USES_LEFT, 3);
	told_number(TAG_USE_COUNT, 0);
	told_number(TAG_STATUS, STATUS_PENDING);
	now = NOW + 5;
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	told(TAG_FROM, "2001:db8::/32,192.0.2.7,local");
	told(TAG_BIND_KEY, PRINT_RSA);
	told_number(TAG_STATUS, STATUS_ACTIVE);
	MINT(.name = "free");
	told(TAG_FROM, NULL);
	told(TAG_BIND_KEY, NULL);
	ck_assert(!proto_has(&reply, TAG_NOT_BEFORE) && !proto_has(&reply, TAG_USES));
	ck_assert(!proto_has(&reply, TAG_USES_LEFT));
}
END_TEST

/* What is not of its form is refused with that form and an example, before anyone is asked who they
 * are. */
START_TEST(mint_bad_restrictions)
{
	static const struct {
		struct args args;
		const char *told[3];
	} cases[] = {
		{{.from = ""}, {"from", "192.0.2.7"}},
		{{.from = "localhost"}, {"from", "local", "198.51.100.0/24"}},
		{{.from = "192.0.2.7/24"}, {"from", "2001:db8::/32"}},
		{{.from = "192.0.2.0/33"}, {"from"}},
		{{.from = "192.0.2.7,"}, {"from"}},
		{{.from = "192.0.2.7 , local"}, {"from"}},
		{{.from = "fe80::1%eth0"}, {"from"}},
		{{.bind_key = ""}, {"bind-key", "SHA256:"}},
		{{.bind_key = "SHA256:x"}, {"bind-key", "ssh-keygen"}},
		{{.bind_key = "MD5:b1:94:6a:c9:24:92:d2:34:7c:62:35:b4:d2:61:11:84"}, {"bind-key"}},
		{{.uses = "0"}, {"uses", "1 to 4294967295"}},
		{{.uses = "4294967296"}, {"uses"}},
		{{.uses = "18446744073709551615"}, {"uses"}},
		{{.not_before = "1800000010", .expires = "1800000010"},
			{"not-before", "before the end"}},
		{{.not_before = "18446744073709551615", .expires = "1800000010"}, {"not-before"}},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct args a = cases[i].args;

		a.name = "no";
		ck_assert_msg(perform(VERB_MINT, ALICE, a) == ERR_INVALID, "case %zu", i);
		ck_assert_uint_eq(prompts, 0);
		for (size_t j = 0; j < COUNT(cases[i].told) && cases[i].told[j]; j++)
			ck_assert_msg(strstr(r.why, cases[i].told[j]), "case %zu: %s", i, r.why);
	}
	ck_assert_uint_eq(tokens_in_store(), 0);
	MINT(.name = "most", .uses = "4294967295");
	told_number(TAG_USES_LEFT, 4294967295);
	configure("default_lifetime = 10s");
	REFUSED(ERR_INVALID, .not_before = number(NOW + 10)); /* the end that it has by default */
}
END_TEST

START_TEST(mint_lifetimes)
{
	configure("max_lifetime = 1d default_lifetime = 90d");
	MINT(.name = "a"); /* clipped */
	told_number(TAG_EXPIRES, NOW + 86400);
	MINT(.name = "b", .expires = number(NOW + 86400));
	told_number(TAG_EXPIRES, NOW + 86400);
	REFUSED(ERR_DISALLOWED, .expires = number(NOW + 86401));
	ck_assert_ptr_nonnull(strstr(r.why, "max_lifetime"));
	ck_assert_ptr_nonnull(strstr(r.why, "1d"));
	REFUSED(ERR_DISALLOWED, .expires = "0");
	ck_assert_ptr_nonnull(strstr(r.why, "max_lifetime"));
	REFUSED(ERR_DISALLOWED, .expires = "18446744073709551615");
	configure("max_lifetime = 1d");
	MINT(.name = "c");
	told_number(TAG_EXPIRES, NOW + 86400);
	configure("max_lifetime = 1d\naccount alice { max_lifetime = 1h }");
	MINT(.name = "d");
	told_number(TAG_EXPIRES, NOW + 3600);
	REFUSED(ERR_DISALLOWED, .expires = number(NOW + 3601));
}
END_TEST

START_TEST(mint_what_is_required)
{
	configure("require = {from, expires, uses, bind-key}");
	REFUSED(ERR_DISALLOWED, .note = "nothing");
	ck_assert_ptr_nonnull(strstr(r.why, "require"));
	REFUSED(ERR_DISALLOWED, .expires = number(NOW + 9), .uses = "1", .bind_key = PRINT_RSA);
	REFUSED(ERR_DISALLOWED, .from = "local", .uses = "1", .bind_key = PRINT_RSA);
	REFUSED(ERR_DISALLOWED, .from = "local", .expires = number(NOW + 9), .bind_key = PRINT_RSA);
	REFUSED(ERR_DISALLOWED, .from = "local", .expires = number(NOW + 9), .uses = "1");
	ck_assert_ptr_nonnull(strstr(r.why, "bind-key"));
	MINT(.name = "ci", .from = "local", .expires = number(NOW + 9), .uses = "1",
		.bind_key = PRINT_RSA);
	configure("require = {expires} default_lifetime = 1d");
	MINT(.name = "by default");
	REFUSED(ERR_DISALLOWED, .expires = "0");
	configure("require = {permit}");
	REFUSED(ERR_DISALLOWED, .from = "local");
}
END_TEST

/* A token that is not valid yet is held against today's policy all the same. */
START_TEST(mint_for_later_what_is_not_allowed)
{
	static const char *const policies[] = {"require = {from}", "deny_users = {alice}",
		"allow_users = {bob}", "deny_users = {\"@ops\"}"};

	for (size_t i = 0; i < COUNT(policies); i++) {
		configure(policies[i]);
		ck_assert_int_eq(DO(MINT, ROOT, .user = "alice", .name = "now"), ERR_DISALLOWED);
		ck_assert_msg(DO(MINT, ROOT, .user = "alice", .name = "later",
				      .not_before = number(NOW + 9)) == ERR_DISALLOWED,
			"%s", policies[i]);
	}
	configure("");
	ck_assert_int_eq(
		DO(MINT, ROOT, .name = "r", .not_before = number(NOW + 9)), ERR_DISALLOWED);
}
END_TEST

START_TEST(restore_for_later_what_is_not_allowed)
{
	struct minted m = MINT(.name = "ci", .not_before = number(NOW + 9));

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	configure("deny_users = {alice}");
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_DISALLOWED);
	configure("require = {from}");
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), ERR_DISALLOWED);
	configure("");
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), 0);
}
END_TEST

START_TEST(mint_by_who_may_have_tokens)
{
	static const struct {
		const char *text;
		bool alice, bob;
		const char *rule;
	} cases[] = {
		{"allow_users = {\"@ops\"}", true, false, "allow_users"},
		{"deny_users = {\"@ops\"}", false, true, "deny_users"},
		{"deny_users = {bob}", true, false, "deny_users"},
		{"allow_users = {}", false, false, "allow_users"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[] = {'n', (char)('0' + i), '\0'};

		configure(cases[i].text);
		ck_assert_int_eq(
			DO(MINT, ALICE, .name = name), cases[i].alice ? 0 : ERR_DISALLOWED);
		if (!cases[i].alice)
			ck_assert_ptr_nonnull(strstr(r.why, cases[i].rule));
		ck_assert_int_eq(DO(MINT, BOB, .name = name), cases[i].bob ? 0 : ERR_DISALLOWED);
		if (!cases[i].bob)
			ck_assert_ptr_nonnull(strstr(r.why, cases[i].rule));
	}
	alice->groups_known = false;
	alice->groups_len = 0;
	configure("deny_users = {\"@wheel\"}");
	ck_assert_int_eq(DO(MINT, ALICE, .name = "x"), ERR_DISALLOWED);
	configure("allow_users = {\"@ops\"}");
	ck_assert_int_eq(DO(MINT, ALICE, .name = "x"), ERR_DISALLOWED);
	configure("");
	ck_assert_int_eq(DO(MINT, ALICE, .name = "x"), 0);
}
END_TEST

/* While the clock is behind, an end means nothing: no token with one is made or accepted. */
START_TEST(clock_behind)
{
	struct minted ends = MINT(.name = "ends", .expires = number(NOW + 1000)),
		      forever = MINT(.name = "x");

	clock_mark = NOW + 300;
	ck_assert_int_eq(
		DO(VERIFY, ROOT, .token = ends.text, .user = "alice", .service = "sshd"), 0);
	ck_assert_int_eq(DO(STATUS, ALICE, .all = false), 0);
	ck_assert(!proto_has(&reply, TAG_CLOCK_BEHIND));
	clock_mark = NOW + 301;
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = ends.text, .user = "alice", .service = "sshd"),
		ERR_CLOCK);
	ck_assert_int_eq(
		DO(ACCOUNT, ROOT, .id = ends.id, .user = "alice", .service = "sshd"), ERR_CLOCK);
	ck_assert_int_eq(
		DO(VERIFY, ROOT, .token = forever.text, .user = "alice", .service = "sshd"), 0);
	ck_assert_int_ne(status_of(ends.id), STATUS_ACTIVE);
	ck_assert_int_eq(status_of(forever.id), STATUS_ACTIVE);
	ck_assert_int_lt(
		DO(MINT, ROOT, .user = "alice", .name = "no", .expires = number(NOW + 5)), 0);
	ck_assert_int_eq(DO(STATUS, ALICE, .all = false), 0);
	told_number(TAG_CLOCK_BEHIND, 301);
}
END_TEST

START_TEST(clock_reset)
{
	struct store_txn *t;
	uint64_t mark;

	clock_mark = NOW + 1000;
	ck_assert_int_eq(DO(CLOCK_RESET, ALICE, .all = false), ERR_NOT_PERMITTED);
	ck_assert(!r.clock_reset);
	ck_assert_int_eq(DO(CLOCK_RESET, ROOT, .all = false), 0);
	ck_assert_uint_eq(prompts, 0);
	ck_assert(r.clock_reset);
	told_number(TAG_CLOCK_BEHIND, 1000); /* which it was */
	ck_assert_ptr_nonnull(strstr(told_line(), "clock_reset"));
	ck_assert_int_eq(store_begin_read(store, &t), 0);
	ck_assert_int_eq(store_get_clock(t, &mark), 0);
	store_abort(t);
	ck_assert_uint_eq(mark, NOW);
	clock_mark = NOW;
	ck_assert_int_eq(DO(CLOCK_RESET, ROOT, .all = false), 0);
	ck_assert(!proto_has(&reply, TAG_CLOCK_BEHIND));
}
END_TEST

/* ---- service accounts ---- */

#define SERVICE_ACCOUNT(keys) "account deploy { managers = {\"@ops\"} " keys " }\n"

static struct minted mint_deploy(uid_t peer, const char *name)
{
	ck_assert_int_eq(DO(MINT, peer, .user = "deploy", .name = name), 0);
	return taken_from_reply();
}

START_TEST(mint_by_a_manager)
{
	struct minted m;

	configure(SERVICE_ACCOUNT(""));
	m = mint_deploy(ALICE, "ci");
	ck_assert_uint_eq(prompts, 1); /* as herself */
	told(TAG_OWNER, "deploy");
	told(TAG_CREATED_BY, "alice");
	told(TAG_SCOPES, "sshd");
	told_number(TAG_UID, DEPLOY);
	told_number(TAG_KIND, KIND_SERVICE);
	ck_assert_msg(strncmp(m.text, "pats_", 5) == 0, "%.5s", m.text);
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = m.text, .user = "deploy", .service = "sshd"), 0);
	ck_assert_int_eq(
		DO(VERIFY, ROOT, .token = m.text, .user = "alice", .service = "sshd"), ERR_OWNER);
	ck_assert_int_eq(DO(MINT, BOB, .user = "deploy", .name = "no"), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(prompts, 0);
	knows_password = false;
	ck_assert_int_eq(DO(MINT, ALICE, .user = "deploy", .name = "no"), ERR_REAUTH);
	knows_password = true;
	ck_assert_int_eq(DO(MINT, DEPLOY, .name = "own"), 0);
	ck_assert_uint_eq(prompts, 1);
	ck_assert_int_eq(DO(MINT, ROOT, .user = "deploy", .name = "roots"), 0);
	alice->groups_known = false; /* perhaps a manager is none */
	alice->groups_len = 0;
	ck_assert_int_eq(DO(MINT, ALICE, .user = "deploy", .name = "no"), ERR_NOT_PERMITTED);
	configure("account deploy { managers = {\"@ops\"} }\nreauth = root-only");
	*alice = everybody[1];
	ck_assert_int_eq(DO(MINT, ALICE, .user = "deploy", .name = "no"), ERR_NOT_PERMITTED);
	configure("");
	ck_assert_int_eq(DO(MINT, ALICE, .user = "deploy", .name = "no"), ERR_NOT_PERMITTED);
}
END_TEST

START_TEST(mint_under_a_ceiling)
{
	configure(SERVICE_ACCOUNT(
		"scopes = {sshd, web} max_lifetime = 1h") "scope web { services = {nginx} }\n");
	mint_deploy(ALICE, "default");
	told(TAG_SCOPES, "sshd,web");
	told_number(TAG_EXPIRES, NOW + 3600);
	ck_assert_int_eq(DO(MINT, ALICE, .user = "deploy", .name = "narrow", .scopes = "nginx"), 0);
	for (uid_t peer = ALICE;; peer = ROOT) { /* root too */
		ck_assert_int_eq(DO(MINT, peer, .user = "deploy", .name = "no", .scopes = "sudo"),
			ERR_DISALLOWED);
		ck_assert_uint_eq(prompts, 0);
		ck_assert_ptr_nonnull(strstr(r.why, "sshd,web"));
		ck_assert_int_eq(
			DO(MINT, peer, .user = "deploy", .name = "no", .scopes = "sshd,sudo"),
			ERR_DISALLOWED);
		ck_assert_int_eq(DO(MINT, peer, .user = "deploy", .name = "no", .scopes = "*"),
			ERR_DISALLOWED);
		ck_assert_int_eq(DO(MINT, peer, .user = "deploy", .name = "no", .expires = "0"),
			ERR_DISALLOWED);
		ck_assert_int_eq(DO(MINT, peer, .user = "deploy", .name = "no",
					 .expires = number(NOW + 3601)),
			ERR_DISALLOWED);
		if (peer == ROOT)
			break;
	}
	MINT(.name = "person", .scopes = "*"); /* whom no ceiling binds */
}
END_TEST

/* The ceiling of now, whatever it was at minting. */
START_TEST(ceiling_narrowed_and_widened)
{
	struct minted m;

	configure(SERVICE_ACCOUNT("scopes = {sshd, su}"));
	m = mint_deploy(ALICE, "ci");
	configure(SERVICE_ACCOUNT("scopes = {su}"));
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = m.text, .user = "deploy", .service = "sshd"),
		ERR_DISALLOWED);
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = m.text, .user = "deploy", .service = "su"), 0);
	ck_assert_int_eq(status_of(m.id), STATUS_ACTIVE); /* for su */
	configure(SERVICE_ACCOUNT("scopes = {nginx}"));
	ck_assert_int_eq(status_of(m.id), STATUS_DISALLOWED);
	ck_assert(proto_text(&reply, TAG_STATUS_REASON).n > 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_DISALLOWED);
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), ERR_DISALLOWED);
	configure(SERVICE_ACCOUNT("scopes = {\"*\"}"));
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = m.text, .user = "deploy", .service = "sshd"), 0);
	ck_assert_int_eq(
		DO(VERIFY, ROOT, .token = m.text, .user = "deploy", .service = "nginx"), ERR_SCOPE);
}
END_TEST

START_TEST(what_a_manager_may)
{
	struct minted m;

	configure(SERVICE_ACCOUNT(""));
	m = mint_deploy(ROOT, "ci");
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "ci", .user = "deploy"), 0);
	ck_assert_int_eq(DO(LIST, ALICE, .user = "deploy"), 0);
	ck_assert_uint_eq(listed, 1);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .note = "n"), 0);
	ck_assert_uint_eq(prompts, 1);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	told(TAG_REVOKED_BY, "alice");
	ck_assert_int_eq(
		DO(RESTORE, DEPLOY, .id = m.id), ERR_NOT_PERMITTED); /* ranks below a manager */
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), 0);
	ck_assert_uint_eq(prompts, 1);
	ck_assert_int_eq(DO(REVOKE, DEPLOY, .id = m.id), 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m.id), 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(LIST, ALICE, .all = true), ERR_NOT_PERMITTED);
	/* nobody else, and to nobody else is the token there */
	ck_assert_int_eq(DO(SHOW, BOB, .id = m.id), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(LIST, BOB, .user = "deploy"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(SHOW, DEPLOY, .id = MINT(.name = "x").id), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = m.id), 0);
	/* managing is of tokens, not of logging in */
	m = mint_deploy(ALICE, "ci");
	ck_assert_int_eq(DO(VERIFY, ALICE, .token = m.text, .user = "deploy", .service = "sshd"),
		ERR_NO_TOKEN);
	configure("");
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), ERR_NO_TOKEN); /* no longer managed */
}
END_TEST

/* ---- uses ---- */

#define LOGIN(m) DO(VERIFY, ROOT, .token = (m).text, .user = "alice", .service = "sshd")

START_TEST(uses_count_down)
{
	struct minted m = MINT(.name = "ci", .uses = "3");

	for (uint64_t left = 3; left > 0; left--) {
		ck_assert_int_eq(status_of(m.id), STATUS_ACTIVE);
		told_number(TAG_USES_LEFT, left);
		ck_assert_int_eq(LOGIN(m), 0);
		ck_assert_str_eq(r.counted, m.id);
		/* the account phase is of the same login, and does not count */
		ck_assert_int_eq(
			DO(ACCOUNT, ROOT, .id = m.id, .user = "alice", .service = "sshd"), 0);
	}
	ck_assert_int_eq(LOGIN(m), ERR_USED_UP);
	ck_assert_str_ne(r.why, "");
	ck_assert_str_eq(r.counted, "");
	ck_assert_int_eq(status_of(m.id), STATUS_USED_UP);
	told_number(TAG_USES, 3);
	told_number(TAG_USES_LEFT, 0);
	/* its name is taken until it is deleted, which it may be, as the dead ones */
	ck_assert_int_eq(DO(MINT, ROOT, .user = "alice", .name = "ci"), ERR_NAME_TAKEN);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = m.id), 0);
	MINT(.name = "ci");
}
END_TEST

START_TEST(refusals_use_nothing)
{
	struct minted m = MINT(.name = "ci", .uses = "1", .from = "192.0.2.0/24");

	ck_assert_int_eq(LOGIN(m), ERR_SOURCE);
	ck_assert_int_eq(
		DO(VERIFY, ROOT, .token = m.text, .user = "bob", .service = "sshd"), ERR_OWNER);
	ck_assert_int_eq(
		DO(VERIFY, BOB, .token = m.text, .user = "alice", .service = "sshd"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(INSPECT, BOB, .token = m.text), 0);
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	told_number(TAG_USES_LEFT, 1);
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = m.text, .user = "alice", .service = "sshd",
				 .rhost = "192.0.2.1"),
		0);
}
END_TEST

/* Only a limited use is written, and before it is answered. */
START_TEST(only_limited_uses_are_written)
{
	const struct operation *op = dispatch_find(VERB_VERIFY);
	struct minted limited = MINT(.name = "a", .uses = "1"), free = MINT(.name = "b");

	begin(VERB_VERIFY, ROOT,
		(struct args){.token = free.text, .user = "alice", .service = "sshd"});
	ck_assert_int_eq(decided(op), 0);
	ck_assert(r.answered);
	ck_assert_str_eq(r.counted, free.id);
	begin(VERB_VERIFY, ROOT,
		(struct args){.token = limited.text, .user = "alice", .service = "sshd"});
	ck_assert_int_eq(decided(op), 0);
	ck_assert(!r.answered);
	ck_assert_int_eq(apply(op), 0);
	take_packet();
	told(TAG_ID, limited.id);
	ck_assert_int_eq(status_of(limited.id), STATUS_USED_UP);
}
END_TEST

/* Logins that all saw the last use, in one transaction as the committer groups them, or in several.
 */
START_TEST(last_use_raced_for)
{
	enum { RACERS = 8 };
	static struct request racers[RACERS];
	static struct proto_out packets[RACERS];
	const struct operation *op = dispatch_find(VERB_VERIFY);

	for (unsigned group = 1; group <= RACERS; group *= 2) {
		char name[16];
		struct minted m;
		struct store_txn *t = NULL;
		unsigned won = 0;

		snprintf(name, sizeof(name), "groups of %u", group);
		m = MINT(.name = name, .uses = "1");
		for (unsigned i = 0; i < RACERS; i++) {
			begin(VERB_VERIFY, ROOT,
				(struct args){.token = m.text, .user = "alice", .service = "sshd"});
			ck_assert_int_eq(decided(op), 0);
			racers[i] = r;
			/* the message points into a packet that the next one is built in */
			proto_begin(&packets[i], VERB_VERIFY);
			proto_put_string(&packets[i], TAG_TOKEN, m.text);
			proto_put_string(&packets[i], TAG_USER, "alice");
			proto_put_string(&packets[i], TAG_SERVICE, "sshd");
			ck_assert_int_eq(proto_decode(packets[i].packet, proto_end(&packets[i]),
						 &racers[i].msg),
				0);
		}
		for (unsigned i = 0; i < RACERS; i++) {
			int err;

			if (i % group == 0)
				ck_assert_int_eq(store_begin_write(store, &t), 0);
			err = dispatch_apply(op, &racers[i], t);
			ck_assert(err == 0 || err == ERR_USED_UP);
			won += err == 0;
			if (i % group == group - 1)
				ck_assert_int_eq(store_commit(t), 0);
		}
		ck_assert_uint_eq(won, 1);
		ck_assert_int_eq(status_of(m.id), STATUS_USED_UP);
	}
}
END_TEST

/* Revoked between the check and the commit: the commit decides. */
START_TEST(revoked_before_the_commit)
{
	const struct operation *op = dispatch_find(VERB_VERIFY);
	struct args login = {.user = "alice", .service = "sshd"};
	struct minted m = MINT(.name = "ci", .uses = "2");
	struct request first;

	login.token = m.text;
	begin(VERB_VERIFY, ROOT, login);
	ck_assert_int_eq(decided(op), 0);
	first = r;
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	r = first;
	build(VERB_VERIFY, &login);
	ck_assert_int_eq(apply(op), ERR_REVOKED);
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	told_number(TAG_USES_LEFT, 2);
}
END_TEST

/* ---- sources and keys ---- */

START_TEST(verify_sources)
{
	static const struct {
		const char *service, *rhost;
		int expected;
	} cases[] = {
		{"sshd", "192.0.2.9", 0},
		{"sshd", "::ffff:192.0.2.9", 0},
		{"sshd", "192.0.3.9", ERR_SOURCE},
		{"sshd", "::1", ERR_SOURCE},
		{"sshd", "host.example.org", ERR_SOURCE},
		{"sshd", "", ERR_SOURCE},
		{"sshd", NULL, ERR_SOURCE},
		{"sudo", NULL, 0},
		{"sudo", "", 0},
		{"sudo", "host", 0},
		{"login", NULL, ERR_SOURCE},
	};
	struct minted m = MINT(.name = "ci", .scopes = "*", .from = "192.0.2.0/24,local");

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_msg(DO(VERIFY, ROOT, .token = m.text, .user = "alice",
				      .service = cases[i].service,
				      .rhost = cases[i].rhost) == cases[i].expected,
			"case %zu", i);
		ck_assert_msg(
			DO(ACCOUNT, ROOT, .id = m.id, .user = "alice", .service = cases[i].service,
				.rhost = cases[i].rhost) == cases[i].expected,
			"case %zu", i);
	}
}
END_TEST

/* What proved a key is believed from root's sshd and from nobody else. */
START_TEST(verify_keys)
{
	static const struct {
		uid_t peer;
		const char *service, *info;
		int expected;
	} cases[] = {
		{ROOT, "sshd", "publickey " KEY_ED25519 "\n", 0},
		{ROOT, "sshd", "publickey " CERT_ED25519 "\n", 0},
		{ROOT, "sshd", "publickey " KEY_RSA "\n", ERR_BIND_KEY},
		{ROOT, "sshd", NULL, ERR_BIND_KEY},
		{ROOT, "sshd", "", ERR_BIND_KEY},
		{ROOT, "sudo", "publickey " KEY_ED25519 "\n", ERR_BIND_KEY},
		{ROOT, "sshd2", "publickey " KEY_ED25519 "\n", ERR_BIND_KEY},
		{ALICE, "sshd", "publickey " KEY_ED25519 "\n", ERR_BIND_KEY},
		{WWW, "sshd", "publickey " KEY_ED25519 "\n", ERR_BIND_KEY},
	};
	struct minted m = MINT(.name = "ci", .scopes = "*", .bind_key = PRINT_ED25519);

	configure("verifier www-data { services = {sshd} users = {alice} }");
	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_msg(DO(VERIFY, cases[i].peer, .token = m.text, .user = "alice",
				      .service = cases[i].service,
				      .auth_info = cases[i].info) == cases[i].expected,
			"case %zu", i);
		ck_assert_msg(DO(ACCOUNT, cases[i].peer, .id = m.id, .user = "alice",
				      .service = cases[i].service,
				      .auth_info = cases[i].info) == cases[i].expected,
			"case %zu", i);
	}
}
END_TEST

/* ---- verifiers ---- */

#define VERIFIER "verifier www-data { services = {nginx} users = {\"@users\", root} }\n"

START_TEST(verify_by_a_verifier)
{
	struct minted hers, roots, other, wrong;
	struct token t;

	configure(VERIFIER "root_tokens = true");
	hers = MINT(.name = "ci", .scopes = "nginx,sshd");
	ck_assert_int_eq(DO(MINT, ROOT, .name = "r", .scopes = "*"), 0);
	roots = taken_from_reply();
	ck_assert_int_eq(DO(MINT, ROOT, .user = "deploy", .name = "d", .scopes = "*"), 0);
	other = taken_from_reply();
	wrong = hers;
	ck_assert(token_parse(hers.text, strlen(hers.text), &t));
	t.secret[7] = t.secret[7] == 'a' ? 'b' : 'a';
	ck_assert(token_format(&t, wrong.text));

	ck_assert_int_eq(
		DO(VERIFY, WWW, .token = hers.text, .user = "alice", .service = "nginx"), 0);
	told(TAG_ID, hers.id);
	ck_assert_int_eq(DO(ACCOUNT, WWW, .id = hers.id, .user = "alice", .service = "nginx"), 0);
	ck_assert_int_eq(
		DO(VERIFY, WWW, .token = hers.text, .user = "bob", .service = "nginx"), ERR_OWNER);
	{
		/* what is none of its business is answered as a wrong secret is */
		const struct {
			const char *token, *user, *service;
		} cases[] = {
			{wrong.text, "alice", "nginx"},
			{hers.text, "alice", "sshd"},
			{hers.text, "alice", "patctl"},
			{hers.text, "root", "nginx"},
			{hers.text, "deploy", "nginx"},
			{hers.text, "nobody-here", "nginx"},
			{roots.text, "root", "nginx"},
			{roots.text, "root", "sshd"},
			{other.text, "deploy", "nginx"},
		};

		for (size_t i = 0; i < COUNT(cases); i++) {
			ck_assert_msg(
				DO(VERIFY, WWW, .token = cases[i].token, .user = cases[i].user,
					.service = cases[i].service) == ERR_NO_TOKEN,
				"case %zu", i);
			ck_assert_str_eq(r.why, "");
			ck_assert_str_eq(r.counted, "");
			ck_assert_ptr_eq(strstr(told_line(), "claimed_"), told_line());
			ck_assert_ptr_null(strstr(told_line(), "name=")); /* nor in the log */
		}
	}
	/* of its own users it learns why */
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = hers.id), 0);
	ck_assert_int_eq(DO(VERIFY, WWW, .token = hers.text, .user = "alice", .service = "nginx"),
		ERR_REVOKED);
	ck_assert_str_ne(r.why, "");
	/* and a section is of a user, not of everyone */
	ck_assert_int_eq(DO(VERIFY, CAROL, .token = hers.text, .user = "alice", .service = "nginx"),
		ERR_NO_TOKEN);
	configure("");
	ck_assert_int_eq(DO(VERIFY, WWW, .token = hers.text, .user = "alice", .service = "nginx"),
		ERR_NO_TOKEN);
}
END_TEST

START_TEST(verify_by_a_verifier_while_names_fail)
{
	struct minted m;

	configure(VERIFIER);
	m = MINT(.name = "ci", .scopes = "nginx");
	people[4].state = ACCOUNT_ERROR;
	ck_assert_int_lt(DO(VERIFY, WWW, .token = m.text, .user = "alice", .service = "nginx"), 0);
	people[4].state = ACCOUNT_FOUND;
	alice->state = ACCOUNT_ERROR;
	ck_assert_int_lt(DO(VERIFY, WWW, .token = m.text, .user = "alice", .service = "nginx"), 0);
	alice->state = ACCOUNT_FOUND;
	alice->groups_known = false;
	alice->groups_len = 0;
	ck_assert_int_lt(DO(VERIFY, WWW, .token = m.text, .user = "alice", .service = "nginx"), 0);
	*alice = everybody[1];
	ck_assert_int_eq(DO(VERIFY, WWW, .token = m.text, .user = "alice", .service = "nginx"), 0);
}
END_TEST

/* ---- policy over tokens that are there ---- */

START_TEST(policy_binds_what_was_minted)
{
	static const char *const policies[] = {"deny_users = {alice}", "allow_users = {bob}",
		"deny_users = {\"@ops\"}", "require = {from}", "max_lifetime = 10s",
		"inactive_after = 10s", "account alice { scopes = {su} }"};
	struct minted m = MINT(.name = "ci");

	now = NOW + 86400 * 400; /* the record says when it was made by the clock of the system */
	for (size_t i = 0; i < COUNT(policies); i++) {
		configure(policies[i]);
		ck_assert_msg(LOGIN(m) == ERR_DISALLOWED, "%s", policies[i]);
		ck_assert_str_ne(r.why, "");
		ck_assert_int_eq(DO(ACCOUNT, ROOT, .id = m.id, .user = "alice", .service = "sshd"),
			ERR_DISALLOWED);
		ck_assert_int_eq(status_of(m.id), STATUS_DISALLOWED);
		configure("");
		ck_assert_int_eq(LOGIN(m), 0);
	}
}
END_TEST

/* ---- what was used last ---- */

START_TEST(last_use_is_told)
{
	struct minted m = MINT(.name = "ci");
	struct usage u = {0};
	struct store_txn *t;

	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	ck_assert(!proto_has(&reply, TAG_LAST_USED) && !proto_has(&reply, TAG_SERVICE));
	told_number(TAG_USE_COUNT, 0);
	usage_count(&u, NOW + 1, SPAN("sshd"), SPAN("192.0.2.7"));
	usage_count(&u, NOW + 2, SPAN("sudo"), SPAN(""));
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	ck_assert_int_eq(store_put_usage(t, m.id, &u), 0);
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	told_number(TAG_LAST_USED, NOW + 2);
	told_number(TAG_USE_COUNT, 2);
	told(TAG_SERVICE, "sudo");
	told(TAG_RHOST, NULL);
}
END_TEST

/* ---- explain, policy, accounts ---- */

static const struct told_row *row_of(const char *key)
{
	for (size_t i = 0; i < listed; i++)
		if (strcmp(told_rows[i].key, key) == 0)
			return &told_rows[i];
	ck_abort_msg("no row %s", key);
}

static void row_is(const char *key, const char *value)
{
	ck_assert_msg(strcmp(row_of(key)->value, value) == 0, "%s: \"%s\", not \"%s\"", key,
		row_of(key)->value, value);
}

START_TEST(explain_one)
{
	struct minted m = MINT(.name = "ci", .from = "192.0.2.0/24");
	char why[LIMIT_MESSAGE + 1];

	ck_assert_int_eq(
		DO(EXPLAIN, ALICE, .id = m.id, .service = "sshd", .rhost = "192.0.2.1"), 0);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_uint_gt(listed, 10);
	for (size_t i = 0; i < listed; i++)
		ck_assert_msg(told_rows[i].passes == 1, "%s", told_rows[i].key);
	told(TAG_ID, m.id);
	told(TAG_NAME, "ci");
	told(TAG_MESSAGE, "accepted");
	told_number(TAG_PASSES, 1);

	/* each check is told, also after one that refuses; the reason is the login's */
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(
		DO(VERIFY, ROOT, .token = m.text, .user = "alice", .service = "su"), ERR_REVOKED);
	strcpy(why, r.why);
	ck_assert_int_eq(DO(EXPLAIN, ALICE, .name = "ci", .service = "su", .rhost = "10.0.0.1"), 0);
	told(TAG_MESSAGE, why);
	told_number(TAG_PASSES, 0);
	ck_assert_uint_eq(row_of("revoked")->passes, 0);
	ck_assert_uint_eq(row_of("scope")->passes, 0);
	ck_assert_uint_eq(row_of("from")->passes, 0);
	ck_assert_uint_eq(row_of("expires")->passes, 1);
	ck_assert_ptr_nonnull(strstr(row_of("from")->value, "10.0.0.1"));
	ck_assert_str_eq(row_of("from")->rule, "192.0.2.0/24");
}
END_TEST

START_TEST(explain_by_whom)
{
	struct minted m = MINT(.name = "ci"), d;

	ck_assert_int_eq(DO(EXPLAIN, ROOT, .id = m.id, .service = "sshd"), 0);
	ck_assert_int_eq(DO(EXPLAIN, ROOT, .name = "ci", .user = "alice", .service = "sshd"), 0);
	told_number(TAG_PASSES, 1);
	ck_assert_int_eq(DO(EXPLAIN, BOB, .id = m.id, .service = "sshd"), ERR_NO_TOKEN);
	ck_assert_int_eq(
		DO(EXPLAIN, BOB, .id = m.id, .user = "alice", .service = "sshd"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(EXPLAIN, BOB, .name = "ci", .user = "alice", .service = "sshd"),
		ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(EXPLAIN, ALICE, .service = "sshd"), ERR_INVALID);
	ck_assert_int_eq(
		DO(EXPLAIN, ALICE, .id = m.id, .name = "ci", .service = "sshd"), ERR_INVALID);
	/* beside an ID the user is who would log in */
	ck_assert_int_eq(DO(EXPLAIN, ALICE, .id = m.id, .user = "bob", .service = "sshd"), 0);
	told_number(TAG_PASSES, 0);
	ck_assert_uint_eq(row_of("user")->passes, 0);
	ck_assert_int_eq(
		DO(EXPLAIN, ALICE, .id = m.id, .user = "nobody-here", .service = "sshd"), 0);
	told_number(TAG_PASSES, 0);
	configure(SERVICE_ACCOUNT(""));
	d = mint_deploy(ROOT, "d");
	ck_assert_int_eq(DO(EXPLAIN, ALICE, .id = d.id, .service = "sshd"), 0);
	told_number(TAG_PASSES, 1);
	ck_assert_int_eq(DO(EXPLAIN, BOB, .id = d.id, .service = "sshd"), ERR_NO_TOKEN);
}
END_TEST

/* Keys are supposed to be proved as the caller says; it opens nothing. */
START_TEST(explain_suppositions)
{
	struct minted m = MINT(.name = "ci", .bind_key = PRINT_RSA, .uses = "1");

	ck_assert_int_eq(DO(EXPLAIN, ALICE, .id = m.id, .service = "sshd"), 0);
	told_number(TAG_PASSES, 0);
	ck_assert_uint_eq(row_of("bind-key")->passes, 0);
	ck_assert_int_eq(DO(EXPLAIN, ALICE, .id = m.id, .service = "sshd",
				 .auth_info = "publickey " KEY_RSA "\n"),
		0);
	told_number(TAG_PASSES, 1);
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	told_number(TAG_USES_LEFT, 1); /* nor does it use anything up */
}
END_TEST

START_TEST(explain_while_names_fail)
{
	struct minted m = MINT(.name = "ci");

	alice->state = ACCOUNT_ERROR;
	ck_assert_int_eq(DO(EXPLAIN, ROOT, .id = m.id, .service = "sshd"), 0);
	told_number(TAG_PASSES, 0);
	ck_assert_uint_eq(row_of("names")->passes, 0);
	alice->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(DO(EXPLAIN, ROOT, .id = m.id, .service = "sshd"), 0);
	told_number(TAG_PASSES, 0);
	ck_assert_uint_eq(row_of("owner")->passes, 0);
}
END_TEST

START_TEST(policy_for_a_person)
{
	ck_assert_int_eq(DO(POLICY, ALICE, .all = false), 0);
	ck_assert_uint_eq(prompts, 0);
	row_is("account", "alice");
	row_is("kind", "personal");
	row_is("tokens_allowed", "yes");
	row_is("may_mint", "re-authenticated");
	row_is("scopes", "*");
	row_is("default_scopes", "sshd");
	row_is("default_lifetime", "never");
	row_is("max_lifetime", "never");
	row_is("require", "");
	row_is("inactive_after", "never");
	row_is("warn_before", "7d");
	row_is("max_tokens", "100");
	row_is("token_prefix", "pat");
	configure("max_lifetime = 90d default_lifetime = 1y require = {expires, bind-key} "
		  "max_tokens = 7\n"
		  "deny_users = {\"@ops\"} reauth = root-only token_prefix = acme inactive_after = "
		  "36h\n"
		  "default_scopes = {sudo, sshd} warn_before = never\n");
	ck_assert_int_eq(DO(POLICY, ALICE, .all = false), 0);
	row_is("tokens_allowed", "no (deny_users)");
	row_is("may_mint", "no (reauth)");
	row_is("default_scopes", "sshd,sudo");
	row_is("default_lifetime", "90d"); /* clipped, as at minting */
	row_is("max_lifetime", "90d");
	row_is("require", "expires,bind-key");
	row_is("inactive_after", "36h");
	row_is("warn_before", "never");
	row_is("max_tokens", "7");
	row_is("token_prefix", "acme");
}
END_TEST

START_TEST(policy_for_whom)
{
	configure(SERVICE_ACCOUNT("scopes = {su, sshd} max_lifetime = 1h"));
	ck_assert_int_eq(DO(POLICY, ROOT, .user = "alice"), 0);
	row_is("account", "alice");
	row_is("may_mint", "yes");
	ck_assert_int_eq(DO(POLICY, ROOT, .all = false), 0);
	row_is("account", "root");
	row_is("tokens_allowed", "no (root_tokens)");
	ck_assert_int_eq(DO(POLICY, ALICE, .user = "deploy"), 0); /* whom she manages */
	row_is("kind", "service");
	row_is("scopes", "sshd,su");
	row_is("default_scopes", "sshd,su");
	row_is("max_lifetime", "1h");
	row_is("default_lifetime", "1h");
	ck_assert_int_eq(DO(POLICY, BOB, .user = "deploy"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(POLICY, BOB, .user = "alice"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(POLICY, ROOT, .user = "nobody-here"), ERR_NO_ACCOUNT);
	alice->state = ACCOUNT_ERROR;
	ck_assert_int_eq(DO(POLICY, ALICE, .all = false), ERR_NAMES);
}
END_TEST

START_TEST(accounts_of_a_manager)
{
	configure(SERVICE_ACCOUNT("scopes = {su}") "account backup { managers = {bob, alice} "
						   "}\naccount other { managers = {bob} }\n");
	ck_assert_int_eq(DO(ACCOUNTS, ALICE, .all = false), 0);
	ck_assert_uint_eq(listed, 2);
	row_is("deploy", "su");
	row_is("backup", "sshd"); /* default_scopes */
	ck_assert_int_eq(DO(ACCOUNTS, BOB, .all = false), 0);
	ck_assert_uint_eq(listed, 2);
	row_is("other", "sshd");
	ck_assert_int_eq(DO(ACCOUNTS, ROOT, .all = false), 0);
	ck_assert_uint_eq(listed, 3);
	ck_assert_int_eq(DO(ACCOUNTS, CAROL, .all = false), 0);
	ck_assert_uint_eq(listed, 0);
	alice->groups_known = false;
	alice->groups_len = 0;
	ck_assert_int_eq(DO(ACCOUNTS, ALICE, .all = false), 0);
	ck_assert_uint_eq(listed, 1);
	configure("");
	ck_assert_int_eq(DO(ACCOUNTS, ROOT, .all = false), 0);
	ck_assert_uint_eq(listed, 0);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, mint_by_root);
	tcase_add_test(t, mint_for_oneself);
	tcase_add_test(t, mint_for_another);
	tcase_add_test(t, mint_root_only);
	tcase_add_test(t, mint_bad_values);
	tcase_add_test(t, mint_expiry);
	tcase_add_test(t, mint_scopes);
	tcase_add_test(t, mint_name_taken);
	tcase_add_test(t, mint_long_names);
	tcase_add_test(t, mint_too_many);
	tcase_add_test(t, mint_for_root);
	tcase_add_test(t, mint_for_accounts_that_are_not_well);
	tcase_add_test(t, mint_for_the_name_given_back);
	tcase_add_test(t, mint_twice_at_once);
	tcase_add_test(t, mint_applied_without_password);
	tcase_add_test(t, list_own);
	tcase_add_test(t, list_of_others);
	tcase_add_test(t, list_all);
	tcase_add_test(t, list_after_renaming);
	tcase_add_test(t, show_one);
	tcase_add_test(t, show_by_name);
	tcase_add_test(t, show_statuses);
	tcase_add_test(t, foreign_ids);
	tcase_add_test(t, edit_name);
	tcase_add_test(t, edit_note);
	tcase_add_test(t, edit_expiry);
	tcase_add_test(t, edit_by_whom);
	tcase_add_test(t, edit_name_while_names_fail);
	tcase_add_test(t, revoke_one);
	tcase_add_test(t, revoke_all);
	tcase_add_test(t, revoke_of_gone_accounts);
	tcase_add_test(t, restore_own);
	tcase_add_test(t, restore_by_rank);
	tcase_add_test(t, restore_if_policy_allows);
	tcase_add_test(t, delete_dead_ones);
	tcase_add_test(t, verify_good);
	tcase_add_test(t, verify_by_others);
	tcase_add_test(t, verify_wrong);
	tcase_add_test(t, verify_logs_no_password);
	tcase_add_test(t, verify_log_lines);
	tcase_add_loop_test(t, verify_doors, 0, COUNT(doors));
	tcase_add_test(t, verify_over_time);
	tcase_add_test(t, verify_prefixes);
	tcase_add_test(t, account_warns);
	tcase_add_test(t, inspect);
	tcase_add_test(t, daemon_status);
	tcase_add_test(t, mint_with_every_restriction);
	tcase_add_test(t, mint_bad_restrictions);
	tcase_add_test(t, mint_lifetimes);
	tcase_add_test(t, mint_what_is_required);
	tcase_add_test(t, mint_for_later_what_is_not_allowed);
	tcase_add_test(t, restore_for_later_what_is_not_allowed);
	tcase_add_test(t, mint_by_who_may_have_tokens);
	tcase_add_test(t, clock_behind);
	tcase_add_test(t, clock_reset);
	tcase_add_test(t, mint_by_a_manager);
	tcase_add_test(t, mint_under_a_ceiling);
	tcase_add_test(t, ceiling_narrowed_and_widened);
	tcase_add_test(t, what_a_manager_may);
	tcase_add_test(t, uses_count_down);
	tcase_add_test(t, refusals_use_nothing);
	tcase_add_test(t, only_limited_uses_are_written);
	tcase_add_test(t, last_use_raced_for);
	tcase_add_test(t, revoked_before_the_commit);
	tcase_add_test(t, verify_sources);
	tcase_add_test(t, verify_keys);
	tcase_add_test(t, verify_by_a_verifier);
	tcase_add_test(t, verify_by_a_verifier_while_names_fail);
	tcase_add_test(t, policy_binds_what_was_minted);
	tcase_add_test(t, last_use_is_told);
	tcase_add_test(t, explain_one);
	tcase_add_test(t, explain_by_whom);
	tcase_add_test(t, explain_suppositions);
	tcase_add_test(t, explain_while_names_fail);
	tcase_add_test(t, policy_for_a_person);
	tcase_add_test(t, policy_for_whom);
	tcase_add_test(t, accounts_of_a_manager);
}

int main(void)
{
	Suite *s = suite_create("ops");
	TCase *t = tcase_create("ops");

	tcase_set_timeout(t, 60); /* for slow disks */
	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, requests_setup, requests_teardown);
	add_tests(t);
	suite_add_tcase(s, t);
	return unit_run(s);
}
