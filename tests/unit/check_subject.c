/* check_subject.c: from whom a request comes, what it is about, and whether it may be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/err.h"
#include "patd/subject.h"
#include "tests/unit/unit.h"

enum { NOW = 1800000000, ROOT = 0, ALICE = 1000, BOB = 1001, GHOST = 1002, DARK = 1003 };

static struct store *store;
static struct config config;
static struct request r;

/* What the name service says: ghost is not there, dark cannot be asked for. */
static struct account asked(const struct account_query *q)
{
	static const struct account people[] = {
		{.state = ACCOUNT_FOUND, .uid = ROOT, .name = "root"},
		{.state = ACCOUNT_FOUND, .uid = ALICE, .name = "alice"},
		{.state = ACCOUNT_FOUND, .uid = BOB, .name = "bob"},
	};

	for (size_t i = 0; i < COUNT(people); i++)
		if (q->by_uid ? people[i].uid == q->uid : strcmp(people[i].name, q->name) == 0)
			return people[i];
	if (q->by_uid ? q->uid == DARK : strcmp(q->name, "dark") == 0)
		return (struct account){.state = ACCOUNT_ERROR};
	return (struct account){.state = ACCOUNT_ABSENT};
}

static void setup(void)
{
	char dir[BASE_DIR], why[256] = "";

	make_dir(dir);
	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
	config = (struct config){.max_tokens = 100, .reauth = REAUTH_PAM};
}

static void teardown(void)
{
	store_close(store);
}

/* A token in the store: its ID is its number. */
static void add(unsigned n, const char *owner, uint32_t uid, const char *name, uint64_t revoked)
{
	struct record t = {.kind = KIND_PERSONAL, .uid = uid, .created = n, .revoked = revoked};
	struct store_txn *txn;

	snprintf(t.id, sizeof(t.id), "%011u", n);
	strcpy(t.owner, owner);
	strcpy(t.name, name);
	strcpy(t.scopes, "sshd");
	strcpy(t.created_by, "root");
	ck_assert_int_eq(store_begin_write(store, &txn), 0);
	ck_assert_int_eq(store_add(txn, &t, true), 0);
	ck_assert_int_eq(store_commit(txn), 0);
}

/* ---- runs ---- */

/* A request of this peer with some of USER, ID and NAME. */
static void begin(uid_t peer, const char *user, const char *id, const char *name)
{
	memset(&r, 0, sizeof(r));
	r.peer = peer;
	r.config = &config;
	r.now = NOW;
	if (user) {
		r.msg.present |= PROTO_BIT(TAG_USER);
		r.msg.text[TAG_USER] = span_of(user);
	}
	if (id) {
		r.msg.present |= PROTO_BIT(TAG_ID);
		r.msg.text[TAG_ID] = span_of(id);
	}
	if (name) {
		r.msg.present |= PROTO_BIT(TAG_NAME);
		r.msg.text[TAG_NAME] = span_of(name);
	}
}

static int find_account(enum action action)
{
	int err;

	while ((err = subject_account(&r, action)) == REQUEST_ASK) {
		struct account a = asked(&r.want);

		request_answered(&r, &a);
	}
	return err;
}

static int find_token(enum action action)
{
	int err;

	do {
		struct store_txn *t;
		struct account a;

		ck_assert_int_eq(store_begin_read(store, &t), 0);
		err = subject_token(&r, t, action);
		store_abort(t);
		if (err != REQUEST_ASK)
			break;
		a = asked(&r.want);
		request_answered(&r, &a);
	} while (true);
	return err;
}

START_TEST(accounts)
{
	static const struct {
		uid_t peer;
		const char *user;
		enum action action;
		int expected;
		bool reauth;
		const char *account;
		enum relation relation;
	} cases[] = {
		{ALICE, NULL, ACTION_LOOK, 0, false, "alice", RELATION_OWNER},
		{ALICE, "alice", ACTION_LOOK, 0, false, "alice", RELATION_OWNER},
		{ALICE, NULL, ACTION_WIDEN, 0, true, "alice", RELATION_OWNER},
		{ALICE, "alice", ACTION_WIDEN, 0, true, "alice", RELATION_OWNER},
		{ROOT, NULL, ACTION_WIDEN, 0, false, "root", RELATION_ROOT},
		{ROOT, "alice", ACTION_LOOK, 0, false, "alice", RELATION_ROOT},
		{ROOT, "alice", ACTION_WIDEN, 0, false, "alice", RELATION_ROOT},
		{ROOT, NULL, ACTION_ALL, 0, false, "root", RELATION_ROOT},
		{ALICE, NULL, ACTION_ALL, ERR_NOT_PERMITTED, false, NULL, RELATION_OWNER},
		{BOB, "alice", ACTION_LOOK, ERR_NOT_PERMITTED, false, NULL, RELATION_OTHER},
		{BOB, "alice", ACTION_WIDEN, ERR_NOT_PERMITTED, false, NULL, RELATION_OTHER},
		{BOB, "root", ACTION_LOOK, ERR_NOT_PERMITTED, false, NULL, RELATION_OTHER},
		{ROOT, "ghost", ACTION_LOOK, ERR_NO_ACCOUNT, false, NULL, RELATION_OTHER},
		{ROOT, "", ACTION_LOOK, ERR_NO_ACCOUNT, false, NULL, RELATION_OTHER},
		{ROOT, "dark", ACTION_LOOK, ERR_NAMES, false, NULL, RELATION_OTHER},
		{GHOST, NULL, ACTION_LOOK, ERR_NO_ACCOUNT, false, NULL, RELATION_OTHER},
		{GHOST, "alice", ACTION_LOOK, ERR_NO_ACCOUNT, false, NULL, RELATION_OTHER},
		{DARK, NULL, ACTION_WIDEN, ERR_NAMES, false, NULL, RELATION_OTHER},
		{DARK, "dark", ACTION_WIDEN, ERR_NAMES, false, NULL, RELATION_OTHER},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		begin(cases[i].peer, cases[i].user, NULL, NULL);
		ck_assert_msg(find_account(cases[i].action) == cases[i].expected, "case %zu", i);
		ck_assert_msg(r.reauth_needed == cases[i].reauth, "case %zu", i);
		if (cases[i].expected)
			continue;
		ck_assert_str_eq(r.subject.account.name, cases[i].account);
		ck_assert_uint_eq(r.subject.actor.uid, cases[i].peer);
		ck_assert_int_eq(r.subject.relation, cases[i].relation);
	}
}
END_TEST

START_TEST(root_only)
{
	config.reauth = REAUTH_ROOT_ONLY;
	begin(ALICE, NULL, NULL, NULL);
	ck_assert_int_eq(find_account(ACTION_WIDEN), ERR_NOT_PERMITTED);
	ck_assert(!r.reauth_needed);
	begin(ALICE, NULL, NULL, NULL);
	ck_assert_int_eq(find_account(ACTION_LOOK), 0);
	begin(ROOT, "alice", NULL, NULL);
	ck_assert_int_eq(find_account(ACTION_WIDEN), 0);
}
END_TEST

static const struct {
	uid_t peer;
	const char *user, *id, *name;
	int expected; /* the token's number, or an error */
} token_cases[] = {
	/* by ID */
	{ALICE, NULL, "00000000001", NULL, 1},
	{ALICE, "alice", "00000000001", NULL, 1},
	{ROOT, NULL, "00000000001", NULL, 1},
	{ROOT, "alice", "00000000001", NULL, 1},
	{ROOT, "bob", "00000000001", NULL, ERR_NO_TOKEN},
	{ROOT, NULL, "00000000099", NULL, ERR_NO_TOKEN},
	/* strangers cannot tell what is there */
	{BOB, NULL, "00000000001", NULL, ERR_NO_TOKEN},
	{BOB, "alice", "00000000001", NULL, ERR_NO_TOKEN},
	{BOB, "bob", "00000000001", NULL, ERR_NO_TOKEN},
	{BOB, NULL, "00000000099", NULL, ERR_NO_TOKEN},
	{GHOST, NULL, "00000000001", NULL, ERR_NO_ACCOUNT},
	{DARK, NULL, "00000000001", NULL, ERR_NAMES},
	/* another's that has the same uid, or the same name */
	{ALICE, NULL, "00000000006", NULL, ERR_NO_TOKEN},
	{ALICE, NULL, "00000000007", NULL, ERR_NO_TOKEN},
	{ROOT, NULL, "00000000006", NULL, 6},
	{ROOT, NULL, "00000000007", NULL, 7},
	/* of owners that are gone, or cannot be asked for: root looks and revokes */
	{ROOT, NULL, "00000000008", NULL, 8},
	{ROOT, NULL, "00000000009", NULL, 9},
	/* by name: the live one, else the newest */
	{ALICE, NULL, NULL, "ci", 3},
	{ALICE, "alice", NULL, "ci", 3},
	{ROOT, "alice", NULL, "ci", 3},
	{ALICE, NULL, NULL, "dead", 5},
	{ROOT, NULL, NULL, "ci", ERR_NO_TOKEN},
	{BOB, NULL, NULL, "ci", ERR_NO_TOKEN},
	{BOB, "alice", NULL, "ci", ERR_NOT_PERMITTED},
	{ALICE, NULL, NULL, "c", ERR_NO_TOKEN},
	{ALICE, NULL, NULL, "ci2", ERR_NO_TOKEN},
	{ALICE, NULL, NULL, "", ERR_NO_TOKEN},
	{ALICE, NULL, NULL, "of-alicia", ERR_NO_TOKEN},
	{ALICE, NULL, NULL, "of-old-alice", ERR_NO_TOKEN},
	{ROOT, "ghost", NULL, "ci", ERR_NO_ACCOUNT},
	{ROOT, "dark", NULL, "ci", ERR_NAMES},
	/* both, or neither */
	{ALICE, NULL, "00000000001", "ci", ERR_INVALID},
	{ALICE, NULL, NULL, NULL, ERR_INVALID},
	{BOB, "alice", "00000000001", "ci", ERR_INVALID},
};

START_TEST(tokens)
{
	add(1, "alice", ALICE, "one", 0);
	add(2, "alice", ALICE, "ci", NOW - 9);
	add(3, "alice", ALICE, "ci", 0);
	add(4, "alice", ALICE, "dead", NOW - 9);
	add(5, "alice", ALICE, "dead", NOW - 9);
	add(6, "alicia", ALICE, "of-alicia", 0);
	add(7, "alice", 2000, "of-old-alice", 0);
	add(8, "ghost", GHOST, "ci", 0);
	add(9, "dark", DARK, "ci", 0);
	add(10, "alice", ALICE, "ci", NOW - 1); /* newer, but dead */
	add(11, "alicia", ALICE, "dead", 0);
	for (size_t i = 0; i < COUNT(token_cases); i++) {
		int err;

		begin(token_cases[i].peer, token_cases[i].user, token_cases[i].id,
			token_cases[i].name);
		err = find_token(ACTION_LOOK);
		ck_assert_msg((err ? err : atoi(r.subject.token.id)) == token_cases[i].expected,
			"case %zu: %d, %s", i, err, r.subject.token.id);
		ck_assert(!r.reauth_needed);
	}
}
END_TEST

/* What changes a token asks for the person, and only whom it would otherwise let. */
START_TEST(tokens_to_change)
{
	add(1, "alice", ALICE, "ci", 0);
	begin(ALICE, NULL, "00000000001", NULL);
	ck_assert_int_eq(find_token(ACTION_WIDEN), 0);
	ck_assert(r.reauth_needed);
	begin(ALICE, NULL, NULL, "ci");
	ck_assert_int_eq(find_token(ACTION_WIDEN), 0);
	ck_assert(r.reauth_needed);
	begin(ROOT, NULL, "00000000001", NULL);
	ck_assert_int_eq(find_token(ACTION_WIDEN), 0);
	ck_assert(!r.reauth_needed);
	begin(BOB, NULL, "00000000001", NULL);
	ck_assert_int_eq(find_token(ACTION_WIDEN), ERR_NO_TOKEN);
	ck_assert(!r.reauth_needed);
	config.reauth = REAUTH_ROOT_ONLY;
	begin(ALICE, NULL, "00000000001", NULL);
	ck_assert_int_eq(find_token(ACTION_WIDEN), ERR_NOT_PERMITTED);
	begin(BOB, NULL, "00000000001", NULL);
	ck_assert_int_eq(find_token(ACTION_WIDEN), ERR_NO_TOKEN);
}
END_TEST

/* ---- names and room ---- */

static int name_taken(const char *name, const char *but_id)
{
	struct store_txn *t;
	int err;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	err = subject_name_taken(&r, t, span_of(name), but_id);
	store_abort(t);
	return err;
}

static int has_room(void)
{
	struct store_txn *t;
	int err;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	err = subject_has_room(&r, t);
	store_abort(t);
	return err;
}

START_TEST(names_taken)
{
	add(1, "alice", ALICE, "ci", NOW - 9);
	add(2, "alice", ALICE, "live", 0);
	add(3, "alicia", ALICE, "other", 0);
	add(4, "bob", BOB, "bobs", 0);
	begin(ALICE, NULL, NULL, NULL);
	ck_assert_int_eq(find_account(ACTION_LOOK), 0);
	ck_assert_int_eq(name_taken("live", ""), ERR_NAME_TAKEN);
	ck_assert_ptr_nonnull(strstr(r.why, "00000000002"));
	ck_assert_int_eq(name_taken("live", "00000000001"), ERR_NAME_TAKEN);
	ck_assert_int_eq(name_taken("live", "00000000002"), 0); /* its own */
	ck_assert_int_eq(name_taken("ci", ""), 0);		/* of a dead one */
	ck_assert_int_eq(name_taken("other", ""), 0);		/* of another account */
	ck_assert_int_eq(name_taken("bobs", ""), 0);
	ck_assert_int_eq(name_taken("free", ""), 0);
	ck_assert_int_eq(name_taken("liv", ""), 0);
	ck_assert_int_eq(name_taken("live2", ""), 0);
}
END_TEST

START_TEST(room)
{
	begin(ALICE, NULL, NULL, NULL);
	ck_assert_int_eq(find_account(ACTION_LOOK), 0);
	config.max_tokens = 2;
	ck_assert_int_eq(has_room(), 0);
	add(1, "alice", ALICE, "a", 0);
	add(2, "alice", ALICE, "b", NOW - 9);
	add(3, "alicia", ALICE, "c", 0);
	add(4, "bob", BOB, "d", 0);
	ck_assert_int_eq(has_room(), 0);
	add(5, "alice", ALICE, "e", 0);
	ck_assert_int_eq(has_room(), ERR_LIMIT);
	ck_assert_str_ne(r.why, "");
	config.max_tokens = 3;
	ck_assert_int_eq(has_room(), 0);
	config.max_tokens = 1; /* lowered since */
	ck_assert_int_eq(has_room(), ERR_LIMIT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("subject");
	TCase *t = tcase_create("subject");

	tcase_set_timeout(t, 60); /* for slow disks */
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, accounts);
	tcase_add_test(t, root_only);
	tcase_add_test(t, tokens);
	tcase_add_test(t, tokens_to_change);
	tcase_add_test(t, names_taken);
	tcase_add_test(t, room);
	suite_add_tcase(s, t);
	return unit_run(s);
}
