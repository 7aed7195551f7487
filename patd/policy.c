#include "patd/policy.h"

#include <stdio.h>
#include <string.h>

#include "common/err.h"

static const int may[ACTIONS][RELATIONS] = {
	/*                 other              owner              manager            root */
	[ACTION_LOOK] = {ERR_NOT_PERMITTED, 0, 0, 0},
	[ACTION_WIDEN] = {ERR_NOT_PERMITTED, REAUTHENTICATE, REAUTHENTICATE, 0},
	[ACTION_ALL] = {ERR_NOT_PERMITTED, ERR_NOT_PERMITTED, ERR_NOT_PERMITTED, 0},
};

int policy_may(enum relation relation, enum action action, const struct config *config)
{
	int verdict = relation < RELATIONS && action < ACTIONS ? may[action][relation]
							       : ERR_NOT_PERMITTED;

	if (verdict == REAUTHENTICATE && config->reauth == REAUTH_ROOT_ONLY)
		return ERR_NOT_PERMITTED;
	return verdict;
}

enum relation policy_relation(uid_t peer, const struct account *actor, const char *owner, uid_t uid,
	const struct config *config)
{
	const struct config_account *account = config_account(config, owner);

	if (peer == 0)
		return RELATION_ROOT;
	if (actor->state != ACCOUNT_FOUND || actor->uid != peer)
		return RELATION_OTHER;
	if (peer == uid && strcmp(actor->name, owner) == 0)
		return RELATION_OWNER;
	if (account && policy_member(&account->managers, actor) == MEMBER_YES)
		return RELATION_MANAGER;
	return RELATION_OTHER;
}

bool policy_owns(const struct account *account, const struct record *token)
{
	return account->state == ACCOUNT_FOUND && account->uid == token->uid &&
	       strcmp(account->name, token->owner) == 0;
}

enum membership policy_member(const struct config_list *list, const struct account *account)
{
	if (account->state != ACCOUNT_FOUND)
		return MEMBER_UNKNOWN;
	/* uid 0 is "root" in every list, whatever its name is. */
	if (config_list_has(list, "*") ||
		config_list_has(list, account->uid == 0 ? "root" : account->name))
		return MEMBER_YES;
	if (!list->groups)
		return MEMBER_NO;
	for (size_t at = 0; at < account->groups_len; at += strlen(account->groups + at) + 1) {
		char item[LIMIT_GROUPS + 2];

		snprintf(item, sizeof(item), "@%s", account->groups + at);
		if (config_list_has(list, item))
			return MEMBER_YES;
	}
	return account->groups_known ? MEMBER_NO : MEMBER_UNKNOWN;
}

bool policy_allows_account(
	const struct config *config, const struct account *account, const char **rule)
{
	const char *says_no = NULL;

	if (account->uid == 0 && !config->root_tokens)
		says_no = "root_tokens";
	else if (policy_member(&config->deny_users, account) != MEMBER_NO)
		says_no = "deny_users";
	else if (policy_member(&config->allow_users, account) != MEMBER_YES)
		says_no = "allow_users";
	if (says_no)
		*rule = says_no;
	return !says_no;
}

/* The nearer of two ends, where 0 is none. */
static uint64_t nearer(uint64_t a, uint64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

void policy_rules(const struct config *config, const char *account, struct policy_rules *out)
{
	const struct config_account *a = config_account(config, account);

	*out = (struct policy_rules){
		.default_scopes = config->default_scopes,
		.default_lifetime = config->default_lifetime,
		.max_lifetime = config->max_lifetime,
	};
	if (a) {
		out->service_account = true;
		out->scopes = a->scopes ? a->scopes : config->default_scopes;
		out->default_scopes = out->scopes;
		out->max_lifetime = nearer(a->max_lifetime, config->max_lifetime);
		if (a->default_lifetime)
			out->default_lifetime = a->default_lifetime;
	}
	out->default_lifetime = nearer(out->default_lifetime, out->max_lifetime);
}

bool policy_verifier(const struct config *config, const struct account *peer, struct span service,
	const struct account *user)
{
	const struct config_verifier *v =
		peer->state == ACCOUNT_FOUND ? config_verifier(config, peer->name) : NULL;
	char name[LIMIT_SERVICE + 1];

	return v && user->state == ACCOUNT_FOUND && user->uid != 0 &&
	       span_copy(service, name, sizeof(name)) && config_list_has(&v->services, name) &&
	       policy_member(&v->users, user) == MEMBER_YES;
}
