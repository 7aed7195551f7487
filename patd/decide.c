#include "patd/decide.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/err.h"
#include "patd/bindkey.h"
#include "patd/policy.h"
#include "patd/scope.h"
#include "patd/source.h"

/* What a check has to say. Only filled when somebody wants to know. */
struct story {
	char value[LIMIT_MESSAGE + 1];
	char rule[LIMIT_MESSAGE + 1];
	char refusal[LIMIT_MESSAGE + 1]; /* goes on after `token "NAME" ` */
};

struct check {
	const char *name;
	int err;
	bool (*passes)(const struct use *u);
	void (*tell)(const struct use *u, struct story *s);
};

/* ---- words ---- */

static const char *point_in_time(uint64_t seconds, char out[32])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds == 0)
		snprintf(out, 32, "never");
	else if (!gmtime_r(&t, &tm) || strftime(out, 32, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		snprintf(out, 32, "a day past counting");
	return out;
}

/* Cut where it must be: it is for a person. */
__attribute__((format(printf, 2, 3))) static void say(
	char out[LIMIT_MESSAGE + 1], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out, LIMIT_MESSAGE + 1, format, args);
	va_end(args);
}

static const char *account_name(const struct account *a)
{
	static const char *const states[] = {[ACCOUNT_ERROR] = "(the name service failed)",
		[ACCOUNT_ABSENT] = "(no such account)"};

	return a->state == ACCOUNT_FOUND ? a->name : states[a->state];
}

/* ---- the checks ---- */

static bool names_answered(const struct use *u)
{
	return u->owner->state != ACCOUNT_ERROR && (!u->user || u->user->state != ACCOUNT_ERROR);
}

static void tell_names(const struct use *u, struct story *s)
{
	say(s->value, "%s", account_name(u->owner));
	say(s->rule, "the name service answers");
	say(s->refusal, "cannot be judged: the name service failed; try again");
}

static bool prefix_is_ours(const struct use *u)
{
	return u->prefix_kind == u->token->kind;
}

static void tell_prefix(const struct use *u, struct story *s)
{
	say(s->value, "%s", prefix_is_ours(u) ? "ours" : "not ours");
	say(s->rule, "token_prefix, old_prefixes");
	say(s->refusal, "has a prefix that is not one of this site");
}

static bool owner_is_user(const struct use *u)
{
	return !u->user || policy_owns(u->user, u->token);
}

static void tell_user(const struct use *u, struct story *s)
{
	say(s->value, "%s", u->user ? account_name(u->user) : "(nobody in particular)");
	say(s->rule, "%s, uid %u", u->token->owner, u->token->uid);
	say(s->refusal, "belongs to another account");
}

static bool owner_is_here(const struct use *u)
{
	return policy_owns(u->owner, u->token);
}

static void tell_owner(const struct use *u, struct story *s)
{
	say(s->value, "%s, uid %lld", account_name(u->owner),
		u->owner->state == ACCOUNT_FOUND ? (long long)u->owner->uid : -1);
	say(s->rule, "%s, uid %u", u->token->owner, u->token->uid);
	say(s->refusal, "was minted for an account that is gone");
}

static bool owner_not_locked(const struct use *u)
{
	return !u->owner->locked && !u->owner->expired;
}

static void tell_locked(const struct use *u, struct story *s)
{
	say(s->value, "%s", u->owner->locked ? "locked" : u->owner->expired ? "expired" : "open");
	say(s->rule, "the account is neither locked nor expired in shadow");
	say(s->refusal, "has an account that %s", u->owner->locked ? "is locked" : "has expired");
}

static bool not_revoked(const struct use *u)
{
	return u->token->revoked == 0;
}

static void tell_revoked(const struct use *u, struct story *s)
{
	char when[32];

	point_in_time(u->token->revoked, when);
	say(s->value, "%s%s", u->token->revoked ? "revoked on " : "not revoked",
		u->token->revoked ? when : "");
	say(s->rule, "not revoked");
	say(s->refusal, "was revoked on %s", when);
}

static bool has_begun(const struct use *u)
{
	return u->now >= u->token->not_before;
}

static void tell_begun(const struct use *u, struct story *s)
{
	char when[32], now[32];

	say(s->value, "now %s", point_in_time(u->now, now));
	say(s->rule, "not before %s",
		u->token->not_before ? point_in_time(u->token->not_before, when) : "any time");
	say(s->refusal, "is not valid before %s", point_in_time(u->token->not_before, when));
}

bool decide_clock_behind(uint64_t now, uint64_t clock_mark)
{
	return now + DECIDE_CLOCK_SLACK < clock_mark;
}

static bool clock_is_right(const struct use *u)
{
	return record_end(u->token) == 0 || !decide_clock_behind(u->now, u->clock_mark);
}

static void tell_clock(const struct use *u, struct story *s)
{
	char now[32], mark[32];

	point_in_time(u->clock_mark, mark);
	say(s->value, "now %s", point_in_time(u->now, now));
	if (record_end(u->token))
		say(s->rule, "at most 5 minutes before %s", mark);
	else
		say(s->rule, "the token has no end");
	say(s->refusal, "has an end, and the clock is behind what it was (%s)", mark);
}

static bool not_expired(const struct use *u)
{
	return u->token->expires == 0 || u->now < u->token->expires;
}

static void tell_expired(const struct use *u, struct story *s)
{
	char when[32], now[32];

	say(s->value, "now %s", point_in_time(u->now, now));
	say(s->rule, "expires %s", point_in_time(u->token->expires, when));
	say(s->refusal, "expired on %s", when);
}

static bool in_grace(const struct use *u)
{
	const struct record *t = u->token;

	return !t->rotated || (t->grace_ends ? u->now < t->grace_ends : t->until_used);
}

static void tell_rotated(const struct use *u, struct story *s)
{
	const struct record *t = u->token;
	char when[32], end[32];

	point_in_time(t->grace_ends, end);
	if (!t->rotated)
		say(s->value, "not rotated");
	else
		say(s->value, "rotated on %s", point_in_time(t->rotated, when));
	if (t->grace_ends)
		say(s->rule, "until %s", end);
	else
		say(s->rule, "%s", t->rotated ? "until its successor is used" : "not rotated");
	say(s->refusal, "was rotated, and its grace time ended on %s", end);
}

static bool uses_left(const struct use *u)
{
	return u->counted || u->token->uses == 0 || u->used < u->token->uses;
}

static void tell_uses(const struct use *u, struct story *s)
{
	const struct record *t = u->token;
	uint64_t used = u->used < t->uses ? u->used : t->uses;

	if (t->uses == 0) {
		say(s->value, "any number");
	} else {
		say(s->value, "%llu of %llu used", (unsigned long long)used,
			(unsigned long long)t->uses);
	}
	say(s->rule, "a use is left");
	say(s->refusal, "is used up (%llu of %llu)", (unsigned long long)used,
		(unsigned long long)t->uses);
}

static bool has_parent(const struct use *u)
{
	return !u->lineage || !u->lineage->broken;
}

static void tell_parent(const struct use *u, struct story *s)
{
	say(s->value, "%s", u->token->parent[0] ? u->token->parent : "was minted");
	say(s->rule, "what it was exchanged for is there");
	say(s->refusal, "was exchanged for a token that was deleted");
}

static bool in_scope(const struct use *u)
{
	return u->any_door || scope_accepts(u->config, u->token->scopes, u->service);
}

static void tell_scope(const struct use *u, struct story *s)
{
	say(s->value, "%.*s", (int)u->service.n, u->service.p);
	say(s->rule, "%s", u->token->scopes);
	say(s->refusal, "is for %.300s, not for %.*s", u->token->scopes, (int)u->service.n,
		u->service.p);
}

static bool is_local(const struct use *u)
{
	char service[LIMIT_SERVICE + 1];

	return span_copy(u->service, service, sizeof(service)) &&
	       config_list_has(&u->config->local_services, service);
}

static bool from_source(const struct use *u)
{
	return u->any_door || !u->token->from[0] ||
	       source_match(u->token->from, u->rhost, is_local(u));
}

static void tell_source(const struct use *u, struct story *s)
{
	say(s->value, "%s%.*s%s", u->rhost.n ? "" : "no host told", (int)u->rhost.n, u->rhost.p,
		is_local(u) ? ", a local service" : "");
	say(s->rule, "%s", u->token->from[0] ? u->token->from : "anywhere");
	say(s->refusal, "is for logins from %.300s only", u->token->from);
}

static bool key_proved(const struct use *u)
{
	return u->any_door || !u->token->bind_key[0] ||
	       bindkey_proved(u->token->bind_key, u->auth_info);
}

static void tell_key(const struct use *u, struct story *s)
{
	bool said = u->auth_info.n > 0;

	say(s->value, "%s",
		!u->token->bind_key[0] ? "not asked for"
		: said		       ? "keys were proved"
				       : "sshd told of no key");
	say(s->rule, "%s", u->token->bind_key[0] ? u->token->bind_key : "none");
	if (said)
		say(s->refusal, "needs the SSH key %s, which this login did not prove",
			u->token->bind_key);
	else
		say(s->refusal,
			"needs an SSH key, and sshd told of none: it takes AuthenticationMethods "
			"publickey,keyboard-interactive");
}

static bool account_allowed(const struct use *u)
{
	const char *rule;

	return policy_allows_account(u->config, u->owner, &rule);
}

static void tell_allowed(const struct use *u, struct story *s)
{
	const char *rule = "allow_users";
	bool allowed = policy_allows_account(u->config, u->owner, &rule);

	say(s->value, "%s", u->token->owner);
	say(s->rule, "%s", allowed ? "allow_users, deny_users, root_tokens" : rule);
	say(s->refusal, "is of an account that may have none (%s)", rule);
}

static bool under_ceiling(const struct use *u)
{
	struct policy_rules rules;

	policy_rules(u->config, u->token->owner, &rules);
	if (!rules.scopes)
		return true;
	return u->any_door ? scope_overlap(u->config, u->token->scopes, rules.scopes)
			   : scope_accepts(u->config, rules.scopes, u->service);
}

static void tell_ceiling(const struct use *u, struct story *s)
{
	struct policy_rules rules;

	policy_rules(u->config, u->token->owner, &rules);
	say(s->value, "%.*s", (int)u->service.n, u->any_door ? "" : u->service.p);
	say(s->rule, "%s", rules.scopes ? rules.scopes : "no ceiling");
	say(s->refusal, "is of a service account that is for %.300s only (account \"%.100s\")",
		rules.scopes ? rules.scopes : "", u->token->owner);
}

static bool young_enough(const struct use *u)
{
	struct policy_rules rules;

	policy_rules(u->config, u->token->owner, &rules);
	return rules.max_lifetime == 0 || u->now < u->token->created / 1000000 + rules.max_lifetime;
}

static void tell_age(const struct use *u, struct story *s)
{
	struct policy_rules rules;
	char created[32], life[CONFIG_DURATION_TEXT];

	policy_rules(u->config, u->token->owner, &rules);
	config_duration_text(rules.max_lifetime, life);
	say(s->value, "created %s", point_in_time(u->token->created / 1000000, created));
	say(s->rule, "max_lifetime %s", life);
	say(s->refusal, "is older than max_lifetime allows (%s)", life);
}

static bool used_lately(const struct use *u)
{
	uint64_t last = u->last_used ? u->last_used : u->token->created / 1000000;

	return u->config->inactive_after == 0 || u->now < last + u->config->inactive_after;
}

static void tell_inactive(const struct use *u, struct story *s)
{
	char last[32], limit[CONFIG_DURATION_TEXT];

	config_duration_text(u->config->inactive_after, limit);
	say(s->value, "last used %s", point_in_time(u->last_used, last));
	say(s->rule, "inactive_after %s", limit);
	say(s->refusal, "was not used for longer than inactive_after allows (%s)", limit);
}

/* Bits, as of config->require. No token can carry permissions yet. */
static unsigned restrictions_of(const struct record *t)
{
	return (t->from[0] ? 1U << REQUIRE_FROM : 0) | (t->expires ? 1U << REQUIRE_EXPIRES : 0) |
	       (t->uses ? 1U << REQUIRE_USES : 0) | (t->bind_key[0] ? 1U << REQUIRE_BIND_KEY : 0);
}

static const char *missing_restriction(const struct use *u)
{
	unsigned carried = restrictions_of(u->token);

	/* What is above it restricts it, too. */
	for (size_t i = u->depth; u->lineage && i < u->lineage->n; i++)
		carried |= restrictions_of(&u->lineage->kin[i].token);
	for (int i = 0; i < REQUIRES; i++)
		if (u->config->require & ~carried & 1U << i)
			return config_require_words[i];
	return NULL;
}

static bool restricted_enough(const struct use *u)
{
	return !missing_restriction(u);
}

static void tell_restricted(const struct use *u, struct story *s)
{
	const char *missing = missing_restriction(u);

	say(s->value, "%s%s", missing ? "without " : "all there", missing ? missing : "");
	say(s->rule, "%s", u->config->require ? "require" : "nothing required");
	say(s->refusal, "lacks a restriction that is required: %s (require)",
		missing ? missing : "");
}

/* In this order: the first that refuses is the answer. */
/* clang-format off */
static const struct check checks[] = {
	{"names",        ERR_NAMES,      names_answered,    tell_names},
	{"prefix",       ERR_NO_TOKEN,   prefix_is_ours,    tell_prefix},
	{"user",         ERR_OWNER,      owner_is_user,     tell_user},
	{"owner",        ERR_LOCKED,     owner_is_here,     tell_owner},
	{"locked",       ERR_LOCKED,     owner_not_locked,  tell_locked},
	{"revoked",      ERR_REVOKED,    not_revoked,       tell_revoked},
	{"not-before",   ERR_PENDING,    has_begun,         tell_begun},
	{"clock",        ERR_CLOCK,      clock_is_right,    tell_clock},
	{"expires",      ERR_EXPIRED,    not_expired,       tell_expired},
	{"rotated",      ERR_ROTATED,    in_grace,          tell_rotated},
	{"uses",         ERR_USED_UP,    uses_left,         tell_uses},
	{"parent",       ERR_REVOKED,    has_parent,        tell_parent},
	{"scope",        ERR_SCOPE,      in_scope,          tell_scope},
	{"from",         ERR_SOURCE,     from_source,       tell_source},
	{"bind-key",     ERR_BIND_KEY,   key_proved,        tell_key},
	{"account",      ERR_DISALLOWED, account_allowed,   tell_allowed},
	{"ceiling",      ERR_DISALLOWED, under_ceiling,     tell_ceiling},
	{"lifetime",     ERR_DISALLOWED, young_enough,      tell_age},
	{"inactivity",   ERR_DISALLOWED, used_lately,       tell_inactive},
	{"restrictions", ERR_DISALLOWED, restricted_enough, tell_restricted},
};
/* clang-format on */

enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

/* What a PAM application calls its service or host is for it to say, but not to a terminal. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* The first check that refuses this one token, and what it says; NULL: none does. */
static const struct check *first_refusal(const struct use *u, struct story *s)
{
	for (size_t i = 0; i < CHECKS; i++) {
		if (checks[i].passes(u))
			continue;
		checks[i].tell(u, s);
		return &checks[i];
	}
	return NULL;
}

/* The same use, as one of the i-th ancestor. */
static struct use use_of_ancestor(const struct use *u, size_t i)
{
	const struct kin *k = &u->lineage->kin[i];
	struct use above = *u;

	above.token = &k->token;
	above.prefix_kind = k->token.kind;
	above.last_used = k->last_used;
	above.used = k->used;
	above.depth = i + 1;
	return above;
}

int decide(const struct use *u, char *why, size_t why_size)
{
	size_t ancestors = u->lineage ? u->lineage->n : 0;
	struct story story;
	const struct check *refusal = first_refusal(u, &story);

	if (refusal)
		snprintf(why, why_size, "token \"%s\" %s", u->token->name, story.refusal);
	for (size_t i = 0; i < ancestors && !refusal; i++) {
		struct use above = use_of_ancestor(u, i);

		refusal = first_refusal(&above, &story);
		if (refusal)
			snprintf(why, why_size, "token \"%s\" was exchanged for \"%s\", which %s",
				u->token->name, above.token->name, story.refusal);
	}
	if (!refusal) {
		why[0] = '\0';
		return 0;
	}
	make_plain(why);
	return refusal->err;
}

static const struct {
	int err;
	enum token_status status;
} statuses[] = {
	{0, STATUS_ACTIVE},
	{ERR_LOCKED, STATUS_LOCKED},
	{ERR_NAMES, STATUS_LOCKED},
	{ERR_REVOKED, STATUS_REVOKED},
	{ERR_PENDING, STATUS_PENDING},
	{ERR_EXPIRED, STATUS_EXPIRED},
	{ERR_CLOCK, STATUS_DISALLOWED},
	{ERR_USED_UP, STATUS_USED_UP},
	{ERR_ROTATED, STATUS_EXPIRED},
};

enum token_status decide_status(const struct use *u, char *why, size_t why_size)
{
	struct use any = *u;
	int err;

	any.any_door = true;
	any.prefix_kind = u->token->kind;
	any.user = NULL;
	err = decide(&any, why, why_size);
	if (!err && u->token->rotated)
		return STATUS_ROTATED;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].err == err)
			return statuses[i].status;
	return STATUS_DISALLOWED;
}

static bool explain_ancestor(const struct use *u, size_t i, struct verdict *out)
{
	const struct check *refusal;
	struct story story;
	struct use above;

	if (!u->lineage || i >= u->lineage->n)
		return false;
	above = use_of_ancestor(u, i);
	refusal = first_refusal(&above, &story);
	out->check = "ancestor";
	out->passes = !refusal;
	say(out->value, "\"%s\" (%s)", above.token->name, above.token->id);
	say(out->rule, "%s", refusal ? story.refusal : "would be accepted");
	make_plain(out->value);
	make_plain(out->rule);
	return true;
}

bool decide_explain(const struct use *u, size_t i, struct verdict *out)
{
	struct story story;

	if (i >= CHECKS)
		return explain_ancestor(u, i - CHECKS, out);
	checks[i].tell(u, &story);
	out->check = checks[i].name;
	out->passes = checks[i].passes(u);
	memcpy(out->value, story.value, sizeof(out->value));
	memcpy(out->rule, story.rule, sizeof(out->rule));
	make_plain(out->value);
	return true;
}
