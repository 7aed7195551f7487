/* check_policy.c: what the configuration says of people and accounts, as tables of cases. */
#include <string.h>

#include "common/err.h"
#include "patd/policy.h"
#include "tests/unit/conf.h"

#define GROUPS(names) .groups_known = true, .groups_len = sizeof(names), .groups = names
#define FOUND(n, id)  .state = ACCOUNT_FOUND, .uid = (id), .name = (n)

enum { DAY = 86400, HOUR = 3600 };

static const struct account nobody = {.state = ACCOUNT_ABSENT};
static const struct account unknown = {.state = ACCOUNT_ERROR};
static const struct account root = {FOUND("root", 0), GROUPS("root")};
static const struct account toor = {FOUND("toor", 0), GROUPS("root")};
static const struct account alice = {FOUND("alice", 1000), GROUPS("users\0ops")};
static const struct account bob = {FOUND("bob", 1001), GROUPS("users")};
static const struct account carol = {FOUND("carol", 1002)}; /* her groups are not known */
static const struct account dave = {
	FOUND("dave", 1003), .groups_len = sizeof("ops"), .groups = "ops"};
static const struct account deploy = {FOUND("deploy", 500), GROUPS("deploy")};

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

START_TEST(relations_and_actions_that_are_none)
{
	const struct config config = {.reauth = REAUTH_PAM};

	ck_assert_int_eq(policy_may(RELATIONS, ACTION_LOOK, &config), ERR_NOT_PERMITTED);
	ck_assert_int_eq(policy_may(RELATION_ROOT, ACTIONS, &config), ERR_NOT_PERMITTED);
}
END_TEST

START_TEST(relations)
{
	static const struct {
		uid_t peer;
		const struct account *actor;
		const char *owner;
		uid_t uid;
		enum relation expected;
	} cases[] = {
		{1000, &alice, "alice", 1000, RELATION_OWNER},
		{1000, &alice, "bob", 1001, RELATION_OTHER},
		/* renamed, or made anew with the same uid */
		{1000, &alice, "bob", 1000, RELATION_OTHER},
		/* made anew with another uid */
		{1000, &alice, "alice", 1001, RELATION_OTHER},
		{1000, &alice, "alic", 1000, RELATION_OTHER},
		{1000, &alice, "alicex", 1000, RELATION_OTHER},
		{1000, &alice, "ALICE", 1000, RELATION_OTHER},
		{1000, &alice, "", 1000, RELATION_OTHER},
		/* the name service is silent, or contradicts the kernel */
		{1000, &nobody, "alice", 1000, RELATION_OTHER},
		{1000, &unknown, "alice", 1000, RELATION_OTHER},
		{1000, &bob, "bob", 1001, RELATION_OTHER}, {1000, &root, "root", 0, RELATION_OTHER},
		/* root is uid 0 and nobody else, whatever its name */
		{0, &root, "alice", 1000, RELATION_ROOT}, {0, &toor, "alice", 1000, RELATION_ROOT},
		{0, &root, "root", 0, RELATION_ROOT}, {0, &unknown, "alice", 1000, RELATION_ROOT},
		{0, &nobody, "alice", 1000, RELATION_ROOT},
		/* managers, by name and by group */
		{1000, &alice, "deploy", 500, RELATION_MANAGER},
		{1001, &bob, "deploy", 500, RELATION_MANAGER},
		{1000, &alice, "backup", 501, RELATION_OTHER},
		{1000, &alice, "deplo", 500, RELATION_OTHER},
		{1000, &alice, "nobodys", 502, RELATION_OTHER},
		{500, &deploy, "deploy", 500, RELATION_OWNER},
		{500, &deploy, "backup", 501, RELATION_OTHER},
		/* only a group that is known makes one a manager */
		{1002, &carol, "deploy", 500, RELATION_OTHER},
		{1003, &dave, "deploy", 500, RELATION_MANAGER},
		{1001, &alice, "deploy", 500, RELATION_OTHER}, /* names contradict the kernel */
		{1000, &unknown, "deploy", 500, RELATION_OTHER},
		{0, &root, "deploy", 500, RELATION_ROOT},
		{1002, &carol, "any", 503, RELATION_MANAGER}, /* everybody is */
	};
	struct config *c = conf("account deploy { managers = {\"@ops\", bob} }\n"
				"account backup { managers = {zoe, \"@wheel\"} }\n"
				"account nobodys {}\n"
				"account any { managers = {\"*\"} }\n");

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(policy_relation(cases[i].peer, cases[i].actor, cases[i].owner,
				      cases[i].uid, c) == cases[i].expected,
			"case %zu", i);
	config_unref(c);
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
		{{.state = ACCOUNT_FOUND, .uid = 1000, .name = "alice"}, "alice", 1000, true},
		{{.state = ACCOUNT_FOUND,
			 .uid = 1000,
			 .locked = true,
			 .expired = true,
			 .name = "alice"},
			"alice", 1000, true},
		{{.state = ACCOUNT_FOUND, .uid = 1000, .name = "alice"}, "alice", 1001, false},
		{{.state = ACCOUNT_FOUND, .uid = 1000, .name = "alice"}, "bob", 1000, false},
		{{.state = ACCOUNT_FOUND, .uid = 1000, .name = "alice"}, "alicex", 1000, false},
		{{.state = ACCOUNT_FOUND, .uid = 1000, .name = "alice"}, "ali", 1000, false},
		{{.state = ACCOUNT_ABSENT, .uid = 1000, .name = "alice"}, "alice", 1000, false},
		{{.state = ACCOUNT_ERROR, .uid = 1000, .name = "alice"}, "alice", 1000, false},
		{{.state = ACCOUNT_FOUND, .uid = 0, .name = "root"}, "root", 0, true},
		{{.state = ACCOUNT_ABSENT}, "", 0, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct record token = {.uid = cases[i].uid};

		strcpy(token.owner, cases[i].owner);
		ck_assert_msg(
			policy_owns(&cases[i].account, &token) == cases[i].expected, "case %zu", i);
	}
}
END_TEST

/* ---- lists ---- */

START_TEST(members)
{
	static const struct {
		const char *list; /* between braces */
		const struct account *who;
		enum membership expected;
	} cases[] = {
		{"", &alice, MEMBER_NO},
		{"\"*\"", &alice, MEMBER_YES},
		{"\"*\"", &carol, MEMBER_YES},
		{"\"*\"", &root, MEMBER_YES},
		{"alice", &alice, MEMBER_YES},
		{"zoe, bob, alice", &alice, MEMBER_YES},
		{"alic, alicex, Alice, ALICE", &alice, MEMBER_NO},
		{"users, ops", &alice, MEMBER_NO},
		{"\"@ops\"", &alice, MEMBER_YES},
		{"\"@users\"", &alice, MEMBER_YES},
		{"\"@op\", \"@opsx\", \"@alice\"", &alice, MEMBER_NO},
		{"\"@ops\"", &bob, MEMBER_NO},
		/* groups that are not known might be any */
		{"\"@ops\"", &carol, MEMBER_UNKNOWN},
		{"carol, \"@ops\"", &carol, MEMBER_YES},
		{"bob", &carol, MEMBER_NO},
		{"\"@ops\"", &dave, MEMBER_YES},
		{"\"@users\"", &dave, MEMBER_UNKNOWN},
		/* uid 0 is root and nothing else */
		{"root", &root, MEMBER_YES},
		{"root", &toor, MEMBER_YES},
		{"toor", &toor, MEMBER_NO},
		{"root", &alice, MEMBER_NO},
		{"\"@root\"", &toor, MEMBER_YES},
		/* who is not there, or not known, is never simply absent from a list */
		{"alice", &nobody, MEMBER_UNKNOWN},
		{"\"*\"", &unknown, MEMBER_UNKNOWN},
		{"", &unknown, MEMBER_UNKNOWN},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[256];
		struct config *c;

		snprintf(text, sizeof(text), "deny_users = {%s}\n", cases[i].list);
		c = conf(text);
		ck_assert_msg(policy_member(&c->deny_users, cases[i].who) == cases[i].expected,
			"case %zu", i);
		config_unref(c);
	}
}
END_TEST

START_TEST(allowed_accounts)
{
	static const struct {
		const char *text;
		const struct account *who;
		const char *rule; /* that says no */
	} cases[] = {
		{"", &alice, NULL},
		{"", &carol, NULL},
		{"", &root, "root_tokens"},
		{"", &toor, "root_tokens"},
		{"root_tokens = true", &root, NULL},
		{"root_tokens = true deny_users = {root}", &toor, "deny_users"},
		{"root_tokens = true allow_users = {alice}", &root, "allow_users"},
		{"allow_users = {}", &alice, "allow_users"},
		{"allow_users = {bob}", &alice, "allow_users"},
		{"allow_users = {\"@ops\"}", &alice, NULL},
		{"allow_users = {\"@ops\"}", &bob, "allow_users"},
		{"allow_users = {\"@ops\"}", &carol, "allow_users"},
		{"allow_users = {\"@ops\"}", &dave, NULL},
		{"deny_users = {alice}", &alice, "deny_users"},
		{"deny_users = {\"@ops\"}", &alice, "deny_users"},
		{"deny_users = {\"@ops\"}", &bob, NULL},
		{"deny_users = {\"@ops\"}", &carol, "deny_users"}, /* she might be in it */
		{"deny_users = {\"@users\"}", &dave, "deny_users"},
		{"deny_users = {bob}", &carol, NULL},
		{"deny_users = {alice} allow_users = {alice}", &alice, "deny_users"},
		{"deny_users = {alice} allow_users = {bob}", &alice, "deny_users"},
		{"account deploy {}", &deploy, NULL},
		{"allow_users = {alice}\naccount deploy {}", &deploy, "allow_users"},
		{"root_tokens = true", &unknown, "deny_users"},
		{"root_tokens = true", &nobody, "deny_users"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *c = conf(cases[i].text);
		const char *rule = "untouched";
		bool allowed = policy_allows_account(c, cases[i].who, &rule);

		ck_assert_msg(allowed == !cases[i].rule, "case %zu", i);
		ck_assert_str_eq(rule, cases[i].rule ? cases[i].rule : "untouched");
		config_unref(c);
	}
}
END_TEST

/* ---- rules ---- */

START_TEST(rules)
{
	static const struct {
		const char *text, *account;
		bool service;
		const char *scopes, *default_scopes;
		uint64_t default_lifetime, max_lifetime;
	} cases[] = {
		{"", "alice", false, NULL, "sshd", 0, 0},
		{"default_lifetime = 1d", "alice", false, NULL, "sshd", DAY, 0},
		{"max_lifetime = 1d", "alice", false, NULL, "sshd", DAY, DAY},
		{"default_lifetime = 2d max_lifetime = 1d", "alice", false, NULL, "sshd", DAY, DAY},
		{"default_lifetime = 1h max_lifetime = 1d", "alice", false, NULL, "sshd", HOUR,
			DAY},
		{"default_scopes = {sudo, sshd}", "alice", false, NULL, "sshd,sudo", 0, 0},
		{"account deploy {}", "alice", false, NULL, "sshd", 0, 0},
		{"account deploy {}", "deploy", true, "sshd", "sshd", 0, 0},
		{"account deploy {}", "deplo", false, NULL, "sshd", 0, 0},
		{"default_scopes = {su}\naccount deploy {}", "deploy", true, "su", "su", 0, 0},
		{"account deploy { scopes = {web, su} }", "deploy", true, "su,web", "su,web", 0, 0},
		{"account deploy { scopes = {\"*\"} }", "deploy", true, "*", "*", 0, 0},
		{"account deploy { max_lifetime = 1d }", "deploy", true, "sshd", "sshd", DAY, DAY},
		{"account deploy { default_lifetime = 1h }", "deploy", true, "sshd", "sshd", HOUR,
			0},
		{"account deploy { default_lifetime = 1d max_lifetime = 1h }", "deploy", true,
			"sshd", "sshd", HOUR, HOUR},
		/* the nearer of what binds everyone and what binds this one */
		{"max_lifetime = 1h\naccount deploy { max_lifetime = 1d }", "deploy", true, "sshd",
			"sshd", HOUR, HOUR},
		{"max_lifetime = 1d\naccount deploy { max_lifetime = 1h }", "deploy", true, "sshd",
			"sshd", HOUR, HOUR},
		{"max_lifetime = 1d\naccount deploy { max_lifetime = never }", "deploy", true,
			"sshd", "sshd", DAY, DAY},
		{"max_lifetime = 1d\naccount deploy { max_lifetime = 1h }", "alice", false, NULL,
			"sshd", DAY, DAY},
		{"default_lifetime = 1h\naccount deploy { max_lifetime = 1d }", "deploy", true,
			"sshd", "sshd", HOUR, DAY},
		{"default_lifetime = 1d\naccount deploy { default_lifetime = 1h }", "deploy", true,
			"sshd", "sshd", HOUR, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *c = conf(cases[i].text);
		struct policy_rules r;

		policy_rules(c, cases[i].account, &r);
		ck_assert_msg(r.service_account == cases[i].service, "case %zu", i);
		ck_assert_int_eq(r.scopes == NULL, cases[i].scopes == NULL);
		if (r.scopes)
			ck_assert_str_eq(r.scopes, cases[i].scopes);
		ck_assert_str_eq(r.default_scopes, cases[i].default_scopes);
		ck_assert_msg(r.default_lifetime == cases[i].default_lifetime, "case %zu", i);
		ck_assert_msg(r.max_lifetime == cases[i].max_lifetime, "case %zu", i);
		config_unref(c);
	}
}
END_TEST

/* ---- verifiers ---- */

START_TEST(verifiers)
{
	static const struct account www = {FOUND("www-data", 33), GROUPS("www-data")};
	static const struct account postgres = {FOUND("postgres", 70), GROUPS("postgres")};
	static const struct account all = {FOUND("all", 71), GROUPS("all")};
	static const struct {
		const struct account *peer;
		const char *service;
		const struct account *user;
		bool may;
	} cases[] = {
		{&www, "nginx", &alice, true},
		{&www, "nginx", &bob, true},
		{&www, "cockpit", &alice, true},
		{&www, "sshd", &alice, false},
		{&www, "ngin", &alice, false},
		{&www, "nginx2", &alice, false},
		{&www, "NGINX", &alice, false},
		{&www, "", &alice, false},
		{&www, "*", &alice, false},
		{&www, "nginx", &deploy, false}, /* not among its users */
		{&www, "nginx", &carol, false},	 /* perhaps */
		{&www, "nginx", &nobody, false},
		{&www, "nginx", &unknown, false},
		{&www, "nginx", &root, false},
		{&postgres, "nginx", &alice, false},
		{&postgres, "postgresql", &bob, true},
		{&postgres, "postgresql", &alice, false},
		{&bob, "nginx", &alice, false}, /* no verifier */
		{&nobody, "nginx", &alice, false},
		{&unknown, "nginx", &alice, false},
		/* never uid 0, whatever the list says */
		{&all, "nginx", &alice, true},
		{&all, "nginx", &carol, true},
		{&all, "nginx", &root, false},
		{&all, "nginx", &toor, false},
	};
	struct config *c =
		conf("verifier www-data { services = {nginx, cockpit} users = {\"@users\"} }\n"
		     "verifier postgres { services = {postgresql} users = {bob} }\n"
		     "verifier all { services = {nginx} users = {\"*\", root} }\n"
		     "verifier none {}\n");
	char service[LIMIT_SERVICE + 2];

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(policy_verifier(c, cases[i].peer, span_of(cases[i].service),
				      cases[i].user) == cases[i].may,
			"case %zu", i);
	memset(service, 'n', sizeof(service));
	ck_assert(!policy_verifier(c, &www, (struct span){service, sizeof(service)}, &alice));
	ck_assert(!policy_verifier(c, &www, SPAN("nginx\0"), &alice));
	config_unref(c);
	c = conf("verifier none {}\n");
	ck_assert(!policy_verifier(c, &(struct account){FOUND("none", 72)}, SPAN("nginx"), &alice));
	config_unref(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy");

	tcase_add_test(t, may);
	tcase_add_test(t, relations_and_actions_that_are_none);
	tcase_add_test(t, relations);
	tcase_add_test(t, owns);
	tcase_add_test(t, members);
	tcase_add_test(t, allowed_accounts);
	tcase_add_test(t, rules);
	tcase_add_test(t, verifiers);
	suite_add_tcase(s, t);
	return unit_run(s);
}
