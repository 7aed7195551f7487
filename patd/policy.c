#include "patd/policy.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/err.h"
#include "patd/scope.h"

/* ---- may this actor do this? ---- */

static const int may[ACTIONS][RELATIONS] = {
	/*                 other              owner           manager         root */
	[ACTION_LOOK] =  {ERR_NOT_PERMITTED, 0,              0,              0},
	[ACTION_WIDEN] = {ERR_NOT_PERMITTED, REAUTHENTICATE, REAUTHENTICATE, 0},
	[ACTION_ALL] =   {ERR_NOT_PERMITTED, ERR_NOT_PERMITTED, ERR_NOT_PERMITTED, 0},
};

int policy_may(enum relation relation, enum action action, const struct config *config)
{
	int verdict = relation < RELATIONS && action < ACTIONS ? may[action][relation] :
								 ERR_NOT_PERMITTED;

	return verdict == REAUTHENTICATE && config->reauth == REAUTH_ROOT_ONLY ? ERR_NOT_PERMITTED :
										  verdict;
}

enum relation policy_relation(uid_t peer, const struct account *actor, const char *owner, uid_t uid)
{
	if (peer == 0)
		return RELATION_ROOT;
	if (actor->state == ACCOUNT_FOUND && actor->uid == peer && peer == uid &&
		strcmp(actor->name, owner) == 0)
		return RELATION_OWNER;
	return RELATION_OTHER;
}

bool policy_owns(const struct account *account, const struct record *token)
{
	return account->state == ACCOUNT_FOUND && account->uid == token->uid &&
		strcmp(account->name, token->owner) == 0;
}

/* ---- does this token open this door? ---- */

/* A check, and the line that tells the token's holder of its failure. */
struct check {
	int err;
	bool (*passes)(const struct policy_use *u);
	void (*tell)(const struct policy_use *u, char *why, size_t size);
};

/* "2026-11-01 18:00 UTC" */
static void point_in_time(uint64_t seconds, char out[32])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, 32, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		snprintf(out, 32, "a day past counting");
}

static bool names_answered(const struct policy_use *u)
{
	return u->owner->state != ACCOUNT_ERROR && (!u->user || u->user->state != ACCOUNT_ERROR);
}

static void tell_names(const struct policy_use *u, char *why, size_t size)
{
	snprintf(why, size, "token \"%s\": the name service failed; try again", u->token->name);
}

static bool prefix_is_ours(const struct policy_use *u)
{
	return u->prefix_kind == u->token->kind;
}

static void tell_prefix(const struct policy_use *u, char *why, size_t size)
{
	snprintf(why, size, "token \"%s\": its prefix is not one of this site", u->token->name);
}

static bool owner_is_user(const struct policy_use *u)
{
	return !u->user || policy_owns(u->user, u->token);
}

static void tell_owner(const struct policy_use *u, char *why, size_t size)
{
	snprintf(why, size, "token \"%s\" belongs to another account", u->token->name);
}

static bool owner_is_here(const struct policy_use *u)
{
	return policy_owns(u->owner, u->token);
}

static void tell_gone(const struct policy_use *u, char *why, size_t size)
{
	snprintf(why, size, "token \"%s\": the account that it was minted for is gone", u->token->name);
}

static bool owner_not_locked(const struct policy_use *u)
{
	return !u->owner->locked && !u->owner->expired;
}

static void tell_locked(const struct policy_use *u, char *why, size_t size)
{
	snprintf(why, size, "token \"%s\": its account %s", u->token->name,
		u->owner->locked ? "is locked" : "has expired");
}

static bool not_revoked(const struct policy_use *u)
{
	return u->token->revoked == 0;
}

static void tell_revoked(const struct policy_use *u, char *why, size_t size)
{
	char when[32];

	point_in_time(u->token->revoked, when);
	snprintf(why, size, "token \"%s\" was revoked on %s", u->token->name, when);
}

static bool not_expired(const struct policy_use *u)
{
	return u->token->expires == 0 || u->now < u->token->expires;
}

static void tell_expired(const struct policy_use *u, char *why, size_t size)
{
	char when[32];

	point_in_time(u->token->expires, when);
	snprintf(why, size, "token \"%s\" expired on %s", u->token->name, when);
}

static bool in_scope(const struct policy_use *u)
{
	return u->any_service || scope_match(u->token->scopes, u->service);
}

static void tell_scope(const struct policy_use *u, char *why, size_t size)
{
	/* Scopes may be longer than a message: what is for a person may be cut. */
	snprintf(why, size, "token \"%s\" is for %.300s, not for %.*s", u->token->name,
		u->token->scopes, (int)u->service.n, u->service.p);
}

static bool root_allowed(const struct policy_use *u)
{
	return u->token->uid != 0 || u->config->root_tokens;
}

static void tell_root(const struct policy_use *u, char *why, size_t size)
{
	snprintf(why, size, "token \"%s\": tokens for uid 0 are not allowed (root_tokens)",
		u->token->name);
}

/* In this order: the first that fails is the answer. */
static const struct check checks[] = {
	{ERR_NAMES, names_answered, tell_names},
	{ERR_NO_TOKEN, prefix_is_ours, tell_prefix},
	{ERR_OWNER, owner_is_user, tell_owner},
	{ERR_LOCKED, owner_is_here, tell_gone},
	{ERR_LOCKED, owner_not_locked, tell_locked},
	{ERR_REVOKED, not_revoked, tell_revoked},
	{ERR_EXPIRED, not_expired, tell_expired},
	{ERR_SCOPE, in_scope, tell_scope},
	{ERR_DISALLOWED, root_allowed, tell_root},
};

int policy_decide(const struct policy_use *use, char *why, size_t why_size)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (!checks[i].passes(use)) {
			checks[i].tell(use, why, why_size);
			return checks[i].err;
		}
	why[0] = '\0';
	return 0;
}

static const struct {
	int err;
	enum token_status status;
} statuses[] = {
	{0, STATUS_ACTIVE},
	{ERR_LOCKED, STATUS_LOCKED},
	{ERR_NAMES, STATUS_LOCKED},
	{ERR_REVOKED, STATUS_REVOKED},
	{ERR_EXPIRED, STATUS_EXPIRED},
};

enum token_status policy_status(const struct record *token, const struct account *owner, uint64_t now,
	const struct config *config, char *why, size_t why_size)
{
	struct policy_use use = {
		.token = token,
		.prefix_kind = token->kind,
		.owner = owner,
		.any_service = true,
		.now = now,
		.config = config,
	};
	int err = policy_decide(&use, why, why_size);

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].err == err)
			return statuses[i].status;
	return STATUS_DISALLOWED;
}
