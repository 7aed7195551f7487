/*
 * policy.h: what the configuration says of people and accounts, and whether an actor may do a
 * thing. Pure functions of values. Whether a token opens a door is decide.h's.
 */
#ifndef PATD_POLICY_H
#define PATD_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/record.h"
#include "patd/account.h"
#include "patd/config.h"

/* Who the actor is to the account that a request is about. */
enum relation { RELATION_OTHER, RELATION_OWNER, RELATION_MANAGER, RELATION_ROOT, RELATIONS };

/* What a request does to it. */
enum action {
	ACTION_LOOK,  /* list, show, explain, revoke, delete: sees or narrows */
	ACTION_WIDEN, /* mint, edit, restore: gives a power that was not there */
	ACTION_ALL,   /* list -a, clock-reset: about every account */
	ACTIONS
};

/* 0: yes. REAUTHENTICATE: yes, once the person has proved who they are. Else the error. */
enum { REAUTHENTICATE = 1 };
int policy_may(enum relation relation, enum action action, const struct config *config);

/*
 * peer: the connecting uid, whose account is `actor`. An account is its name and its uid: with the
 * uid alone a new account would inherit what a deleted one left.
 */
enum relation policy_relation(uid_t peer, const struct account *actor, const char *owner, uid_t uid,
	const struct config *config);

/* Does the token belong to the account: same name, same uid? */
bool policy_owns(const struct account *account, const struct record *token);

/* Is the account in a list of names, @groups and *? Unknown: its groups are, and one might match.
 */
enum membership { MEMBER_NO, MEMBER_YES, MEMBER_UNKNOWN };
enum membership policy_member(const struct config_list *list, const struct account *account);

/* May the account have tokens? Unknown denies. rule: the key of pat.conf that says no. */
bool policy_allows_account(
	const struct config *config, const struct account *account, const char **rule);

/* The rules for the tokens of one account; the strings are the configuration's. */
struct policy_rules {
	bool service_account;
	const char *scopes; /* the ceiling, canonical; NULL: none */
	const char *default_scopes;
	uint64_t default_lifetime, max_lifetime; /* seconds; 0: for ever */
};
void policy_rules(const struct config *config, const char *account, struct policy_rules *out);

/* Has a non-root peer a `verifier` section that lets it ask for this service and user? Never uid 0.
 */
bool policy_verifier(const struct config *config, const struct account *peer, struct span service,
	const struct account *user);

#endif
