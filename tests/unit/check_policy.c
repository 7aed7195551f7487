/* check_policy.c: the two decisions, as tables of cases. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patd/policy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NOW = 1800000000 };

/* ---- may this actor do this? ---- */

START_TEST(may)
{
	enum { NO = ERR_NOT_PERMITTED, ASK = REAUTHENTICATE };
	static const int table[RELATIONS][ACTIONS][2] = {
		/* each with reauth = "pam", and "root-only" */
		[RELATION_OTHER] = {{NO, NO}, {NO, NO}, {NO, NO}},
		[RELATION_OWNER] = {{0, 0}, {ASK, NO}, {NO, NO}},
		[RELATION_MANAGER] = {{0, 0}, {ASK, NO}, {NO, NO}},
		[RELATION_ROOT] = {{0, 0}, {0, 0}, {0, 0}},
	};
	static const enum config_reauth settings[] = {REAUTH_PAM, REAUTH_ROOT_ONLY};

	for (int relation = 0; relation < RELATIONS; relation++)
		for (int action = 0; action < ACTIONS; action++)
			for (size_t i = 0; i < COUNT(settings); i++) {
				struct config config = {.reauth = settings[i]};

				ck_assert_msg(
					policy_may((enum relation)relation, (enum action)action,
						&config) == table[relation][action][i],
					"relation %d, action %d, setting %zu", relation, action, i);
			}
}
END_TEST

static const struct account alice = {ACCOUNT_FOUND, 1000, false, false, "alice"};

START_TEST(relations)
{
	static const struct {
		uid_t peer;
		struct account actor;
		const char *owner;
		uid_t uid;
		enum relation expected;
	} cases[] = {
		{1000, {ACCOUNT_FOUND, 1000, false, false, "alice"}, "alice", 1000, RELATION_OWNER},
		{1000, {ACCOUNT_FOUND, 1000, false, false, "alice"}, "bob", 1001, RELATION_OTHER},
		/* renamed, or made anew with the same uid */
		{1000, {ACCOUNT_FOUND, 1000, false, false, "alice"}, "bob", 1000, RELATION_OTHER},
		/* made anew with another uid */
		{1000, {ACCOUNT_FOUND, 1000, false, false, "alice"}, "alice", 1001, RELATION_OTHER},
		{1000, {ACCOUNT_FOUND, 1000, false, false, "alice"}, "alic", 1000, RELATION_OTHER},
		{1000, {ACCOUNT_FOUND, 1000, false, false, "alice"}, "alicex", 1000,
			RELATION_OTHER},
		{1000, {ACCOUNT_FOUND, 1000, false, false, "alice"}, "ALICE", 1000, RELATION_OTHER},
		{1000, {ACCOUNT_FOUND, 1000, false, false, "alice"}, "", 1000, RELATION_OTHER},
		/* the name service is silent, or contradicts the kernel */
		{1000, {ACCOUNT_ABSENT, 0, false, false, ""}, "alice", 1000, RELATION_OTHER},
		{1000, {ACCOUNT_ERROR, 0, false, false, ""}, "alice", 1000, RELATION_OTHER},
		{1000, {ACCOUNT_FOUND, 1001, false, false, "alice"}, "alice", 1001, RELATION_OTHER},
		{1000, {ACCOUNT_FOUND, 0, false, false, "root"}, "root", 0, RELATION_OTHER},
		{1000, {ACCOUNT_FOUND, 1000, false, false, "root"}, "root", 0, RELATION_OTHER},
		/* root is uid 0 and nobody else, whatever its name */
		{0, {ACCOUNT_FOUND, 0, false, false, "root"}, "alice", 1000, RELATION_ROOT},
		{0, {ACCOUNT_FOUND, 0, false, false, "toor"}, "alice", 1000, RELATION_ROOT},
		{0, {ACCOUNT_FOUND, 0, false, false, "root"}, "root", 0, RELATION_ROOT},
		{0, {ACCOUNT_ERROR, 0, false, false, ""}, "alice", 1000, RELATION_ROOT},
		{0, {ACCOUNT_ABSENT, 0, false, false, ""}, "alice", 1000, RELATION_ROOT},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(policy_relation(cases[i].peer, &cases[i].actor, cases[i].owner,
				      cases[i].uid) == cases[i].expected,
			"case %zu", i);
}
END_TEST

START_TEST(owns)
{
	static const struct {
		struct account account;
		const char *owner;
		uint32_t uid;
		bool expected;
	} cases[] = {
		{{ACCOUNT_FOUND, 1000, false, false, "alice"}, "alice", 1000, true},
		{{ACCOUNT_FOUND, 1000, true, true, "alice"}, "alice", 1000, true},
		{{ACCOUNT_FOUND, 1000, false, false, "alice"}, "alice", 1001, false},
		{{ACCOUNT_FOUND, 1000, false, false, "alice"}, "bob", 1000, false},
		{{ACCOUNT_FOUND, 1000, false, false, "alice"}, "alicex", 1000, false},
		{{ACCOUNT_FOUND, 1000, false, false, "alice"}, "ali", 1000, false},
		{{ACCOUNT_ABSENT, 1000, false, false, "alice"}, "alice", 1000, false},
		{{ACCOUNT_ERROR, 1000, false, false, "alice"}, "alice", 1000, false},
		{{ACCOUNT_FOUND, 0, false, false, "root"}, "root", 0, true},
		{{ACCOUNT_ABSENT, 0, false, false, ""}, "", 0, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct record token = {.uid = cases[i].uid};

		strcpy(token.owner, cases[i].owner);
		ck_assert_msg(
			policy_owns(&cases[i].account, &token) == cases[i].expected, "case %zu", i);
	}
}
END_TEST

/* ---- does this token open this door now? ---- */

/* A case differs from a use that is fine by what it names. */
struct use {
	const char *what;
	int expected;
	uint64_t revoked, expires;
	const char *scopes;  /* "sshd" */
	const char *service; /* "sshd" */
	uint8_t kind;	     /* KIND_PERSONAL */
	int prefix;	     /* -1: of no prefix of ours; 0: the kind's */
	struct account user; /* no name: alice */
	struct account owner;
	bool no_user, any_service, root_tokens;
	bool of_root; /* token, user and owner have uid 0 instead of 1000 */
};

/* clang-format off */
#define FOUND(...)    {.state = ACCOUNT_FOUND, .uid = 1000, .name = "alice", __VA_ARGS__}
#define OTHER	      {.state = ACCOUNT_FOUND, .uid = 1001, .name = "bob"}
#define NEW_UID	      {.state = ACCOUNT_FOUND, .uid = 1001, .name = "alice"}
#define NEW_NAME      {.state = ACCOUNT_FOUND, .uid = 1000, .name = "alicia"}
#define ALICE_IS_ROOT {.state = ACCOUNT_FOUND, .uid = 0, .name = "alice"}
#define GONE	      {.state = ACCOUNT_ABSENT, .name = "?"}
#define FAILED	      {.state = ACCOUNT_ERROR, .name = "?"}
#define BOTH(...)     .user = __VA_ARGS__, .owner = __VA_ARGS__
/* clang-format on */

static const struct use uses[] = {
	{"all is well", 0, .kind = KIND_PERSONAL},
	{"all is well, of no service", 0, .any_service = true},
	{"all is well, of no user", 0, .no_user = true, .any_service = true},
	{"a service account's", 0, .kind = KIND_SERVICE},
	{"an exchanged one", 0, .kind = KIND_EXCHANGED},

	/* the prefix */
	{"a prefix of another site", ERR_NO_TOKEN, .prefix = -1},
	{"another kind's prefix", ERR_NO_TOKEN, .prefix = KIND_SERVICE},
	{"another kind's prefix", ERR_NO_TOKEN, .kind = KIND_SERVICE, .prefix = KIND_PERSONAL},
	{"another kind's prefix", ERR_NO_TOKEN, .kind = KIND_EXCHANGED, .prefix = KIND_PERSONAL},
	{"a prefix of another site, of no user", ERR_NO_TOKEN, .prefix = -1, .no_user = true,
		.any_service = true},

	/* the name service */
	{"user unknown for now", ERR_NAMES, .user = FAILED},
	{"owner unknown for now", ERR_NAMES, .owner = FAILED},
	{"both unknown for now", ERR_NAMES, BOTH(FAILED)},
	{"owner unknown for now, no user", ERR_NAMES, .owner = FAILED, .no_user = true,
		.any_service = true},

	/* whose it is */
	{"another user's", ERR_OWNER, .user = OTHER},
	{"no such user", ERR_OWNER, .user = GONE},
	{"the user has the owner's name and another uid", ERR_OWNER, .user = NEW_UID},
	{"the user has the owner's uid and another name", ERR_OWNER, .user = NEW_NAME},
	{"another user's, whose own account is gone", ERR_OWNER, .user = OTHER, .owner = GONE},

	/* the account */
	{"the account is gone", ERR_LOCKED, .owner = GONE, .no_user = true, .any_service = true},
	{"made anew with another uid", ERR_LOCKED, .owner = NEW_UID, .no_user = true,
		.any_service = true},
	{"the name service gives another name", ERR_LOCKED, .owner = NEW_NAME, .no_user = true,
		.any_service = true},
	{"locked", ERR_LOCKED, BOTH(FOUND(.locked = true))},
	{"expired in shadow", ERR_LOCKED, BOTH(FOUND(.expired = true))},
	{"locked and expired", ERR_LOCKED, BOTH(FOUND(.locked = true, .expired = true))},
	{"locked, of no user", ERR_LOCKED, .owner = FOUND(.locked = true), .no_user = true,
		.any_service = true},
	{"locked, by the owner's answer alone", ERR_LOCKED, .owner = FOUND(.locked = true)},
	{"expired, by the owner's answer alone", ERR_LOCKED, .owner = FOUND(.expired = true)},

	/* revoked */
	{"revoked", ERR_REVOKED, .revoked = NOW - 1},
	{"revoked this second", ERR_REVOKED, .revoked = NOW},
	{"revoked, says the record, in the future", ERR_REVOKED, .revoked = NOW + 1000},
	{"revoked at the first second of all", ERR_REVOKED, .revoked = 1},
	{"revoked, of any service", ERR_REVOKED, .revoked = 1, .any_service = true},

	/* expired */
	{"ends in a second", 0, .expires = NOW + 1},
	{"ends now", ERR_EXPIRED, .expires = NOW},
	{"ended a second ago", ERR_EXPIRED, .expires = NOW - 1},
	{"ended at the first second of all", ERR_EXPIRED, .expires = 1},
	{"ends at the end of time", 0, .expires = UINT64_MAX},
	{"ended, of any service", ERR_EXPIRED, .expires = 1, .any_service = true},
	{"ended, of no user", ERR_EXPIRED, .expires = 1, .no_user = true, .any_service = true},

	/* scopes */
	{"another service", ERR_SCOPE, .service = "sudo"},
	{"a service of which a scope is the start", ERR_SCOPE, .service = "sshd2"},
	{"a service that is the start of a scope", ERR_SCOPE, .service = "ssh"},
	{"no service", ERR_SCOPE, .service = ""},
	{"a service in capitals", ERR_SCOPE, .service = "SSHD"},
	{"the second scope", 0, .scopes = "sshd,sudo", .service = "sudo"},
	{"two scopes are none", ERR_SCOPE, .scopes = "sshd,sudo", .service = "sshd,sudo"},
	{"every service", 0, .scopes = "*", .service = "nginx"},
	{"every service but patctl", ERR_SCOPE, .scopes = "*", .service = "patctl"},
	{"patctl though listed", ERR_SCOPE, .scopes = "patctl,sshd", .service = "patctl"},
	{"the star is no service", ERR_SCOPE, .service = "*"},
	{"any service, whatever the scopes", 0, .scopes = "nginx", .any_service = true},

	/* root */
	{"root's, which are not allowed", ERR_DISALLOWED, .of_root = true},
	{"root's, which are allowed", 0, .of_root = true, .root_tokens = true},
	{"root's, of any service", ERR_DISALLOWED, .of_root = true, .any_service = true},

	/* the order: prefix, owner, account, revoked, expired, scope, policy */
	{"prefix before owner", ERR_NO_TOKEN, .prefix = -1, .user = OTHER, .revoked = 1},
	{"prefix before account", ERR_NO_TOKEN, .prefix = -1, BOTH(FOUND(.locked = true))},
	{"prefix before all else", ERR_NO_TOKEN, .prefix = -1, .revoked = 1, .expires = 1,
		.service = "sudo"},
	{"owner before account", ERR_OWNER, .user = OTHER, .owner = FOUND(.locked = true)},
	{"owner before revoked", ERR_OWNER, .user = OTHER, .revoked = 1, .expires = 1},
	{"owner before expired", ERR_OWNER, .user = NEW_UID, .expires = 1},
	{"owner before scope", ERR_OWNER, .user = NEW_NAME, .service = "sudo"},
	{"account before revoked", ERR_LOCKED, BOTH(FOUND(.locked = true)), .revoked = 1},
	{"account before expired", ERR_LOCKED, BOTH(FOUND(.expired = true)), .expires = 1},
	{"account before scope", ERR_LOCKED, BOTH(FOUND(.locked = true)), .service = "sudo"},
	{"account before policy", ERR_LOCKED, BOTH(FOUND(.locked = true)), .of_root = true},
	{"revoked before expired", ERR_REVOKED, .revoked = 1, .expires = 1},
	{"revoked before scope", ERR_REVOKED, .revoked = 1, .service = "sudo"},
	{"revoked before policy", ERR_REVOKED, .revoked = 1, .of_root = true},
	{"expired before scope", ERR_EXPIRED, .expires = 1, .service = "sudo"},
	{"expired before policy", ERR_EXPIRED, .expires = 1, .of_root = true},
	{"scope before policy", ERR_SCOPE, .service = "sudo", .of_root = true},
};

/* One line, of the room there was, without a byte that a terminal or a log would act on. */
static void check_why(const char *why, size_t size, const char *what)
{
	size_t n = strnlen(why, size);

	ck_assert_msg(n < size, "%s: not terminated", what);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg((uint8_t)why[i] >= 0x20 && why[i] != 0x7f, "%s: %02x in it", what,
			(uint8_t)why[i]);
}

static struct record token_of(const struct use *u)
{
	struct record t = {.id = "4fJk29sQxZb", .name = "ci", .owner = "alice"};

	t.kind = u->kind ? u->kind : KIND_PERSONAL;
	t.uid = u->of_root ? 0 : 1000;
	t.revoked = u->revoked;
	t.revoked_rank = u->revoked ? RANK_OWNER : RANK_NONE;
	t.expires = u->expires;
	strcpy(t.scopes, u->scopes ? u->scopes : "sshd");
	return t;
}

static struct account account_of(const struct use *u, const struct account *given)
{
	struct account a = given->name[0] ? *given : alice;

	if (u->of_root)
		a.uid = 0;
	return a;
}

static int decide(const struct use *u, const struct record *token, char *why, size_t size)
{
	struct config config = {.root_tokens = u->root_tokens};
	struct account user = account_of(u, &u->user), owner = account_of(u, &u->owner);
	struct policy_use use = {
		.token = token,
		.prefix_kind = u->prefix ? (uint8_t)(u->prefix < 0 ? 0 : u->prefix) : token->kind,
		.user = u->no_user ? NULL : &user,
		.owner = &owner,
		.any_service = u->any_service,
		.service = u->any_service ? (struct span){NULL, 0}
					  : span_of(u->service ? u->service : "sshd"),
		.now = NOW,
		.config = &config,
	};

	return policy_decide(&use, why, size);
}

START_TEST(decisions)
{
	const struct use *u = &uses[_i];
	struct record token = token_of(u);
	char why[LIMIT_MESSAGE + 1];
	int err = decide(u, &token, why, sizeof(why));

	ck_assert_msg(
		err == u->expected, "%s: %s (%s)", u->what, err ? err_info(err)->json : "0", why);
	check_why(why, sizeof(why), u->what);
	ck_assert_int_eq(why[0] != '\0', err != 0);
}
END_TEST

/* With the longest names and whatever service a peer may invent, in as little room as may be. */
START_TEST(reasons_are_clean_and_fit)
{
	struct record token = token_of(&uses[_i]);
	struct use bad = uses[_i];
	char why[LIMIT_MESSAGE + 2], service[LIMIT_SERVICE + 1];

	memset(token.name, 'x', LIMIT_NAME);
	memset(token.owner, 'y', LIMIT_USER);
	memset(token.reason, 'z', LIMIT_REASON);
	memset(token.revoked_by, 'w', LIMIT_USER);
	for (size_t i = 0; i < LIMIT_SERVICE; i++)
		service[i] = (char)(i % 0x21 == 0x20 ? 0x7f : 1 + i % 0x21);
	service[LIMIT_SERVICE] = '\0';
	bad.service = service;
	for (size_t size = 1; size <= LIMIT_MESSAGE + 1; size++) {
		memset(why, '#', sizeof(why));
		decide(&bad, &token, why, size);
		check_why(why, size, bad.what);
		ck_assert_msg(why[size] == '#', "%s: more than %zu bytes", bad.what, size);
	}
}
END_TEST

START_TEST(reasons_name_the_token)
{
	for (size_t i = 0; i < COUNT(uses); i++) {
		struct record token = token_of(&uses[i]);
		char why[LIMIT_MESSAGE + 1];
		int err = decide(&uses[i], &token, why, sizeof(why));

		if (err == ERR_REVOKED || err == ERR_EXPIRED || err == ERR_SCOPE)
			ck_assert_msg(strstr(why, "\"ci\"") != NULL, "%s", why);
		if (err == ERR_EXPIRED && token.expires == NOW)
			ck_assert_msg(strstr(why, "2027-01-15") != NULL, "%s", why);
	}
}
END_TEST

START_TEST(statuses)
{
	static const struct {
		enum token_status expected;
		struct record token;
		struct account owner;
		bool root_tokens;
	} cases[] = {
		{STATUS_ACTIVE, {.uid = 1000}, .owner = FOUND()},
		{STATUS_ACTIVE, {.uid = 1000, .expires = NOW + 1}, .owner = FOUND()},
		{STATUS_EXPIRED, {.uid = 1000, .expires = NOW}, .owner = FOUND()},
		{STATUS_REVOKED, {.uid = 1000, .revoked = 1}, .owner = FOUND()},
		{STATUS_REVOKED, {.uid = 1000, .revoked = 1, .expires = 1}, .owner = FOUND()},
		{STATUS_LOCKED, {.uid = 1000}, .owner = GONE},
		{STATUS_LOCKED, {.uid = 1000}, .owner = NEW_UID},
		{STATUS_LOCKED, {.uid = 1000}, .owner = NEW_NAME},
		{STATUS_LOCKED, {.uid = 1000}, .owner = FOUND(.locked = true)},
		{STATUS_LOCKED, {.uid = 1000}, .owner = FOUND(.expired = true)},
		{STATUS_LOCKED, {.uid = 1000, .revoked = 1}, .owner = GONE},
		{STATUS_DISALLOWED, {.uid = 0}, .owner = ALICE_IS_ROOT},
		{STATUS_ACTIVE, {.uid = 0}, .owner = ALICE_IS_ROOT, .root_tokens = true},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config config = {.root_tokens = cases[i].root_tokens};
		struct record token = cases[i].token;
		char why[LIMIT_MESSAGE + 1];
		enum token_status status;

		token.kind = KIND_PERSONAL;
		strcpy(token.owner, "alice");
		strcpy(token.name, "ci");
		strcpy(token.scopes, "sshd");
		status = policy_status(&token, &cases[i].owner, NOW, &config, why, sizeof(why));
		ck_assert_msg(
			status == cases[i].expected, "case %zu: %s", i, token_status_name(status));
		ck_assert_int_eq(why[0] != '\0', status != STATUS_ACTIVE);
	}
}
END_TEST

/* A failed lookup changes nothing: whatever status is told, it is not "active". */
START_TEST(status_without_an_answer)
{
	struct record token = token_of(&uses[0]);
	struct config config = {0};
	struct account failed = FAILED;
	char why[LIMIT_MESSAGE + 1];

	ck_assert_int_ne(
		policy_status(&token, &failed, NOW, &config, why, sizeof(why)), STATUS_ACTIVE);
	ck_assert_str_ne(why, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy");
	SRunner *r;
	int failed;

	tcase_add_test(t, may);
	tcase_add_test(t, relations);
	tcase_add_test(t, owns);
	tcase_add_loop_test(t, decisions, 0, COUNT(uses));
	tcase_add_loop_test(t, reasons_are_clean_and_fit, 0, COUNT(uses));
	tcase_add_test(t, reasons_name_the_token);
	tcase_add_test(t, statuses);
	tcase_add_test(t, status_without_an_answer);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
