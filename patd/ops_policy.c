#include "patd/ops.h"

#include <stdio.h>
#include <string.h>

#include "patd/decide.h"
#include "patd/policy.h"
#include "patd/subject.h"
#include "patd/view.h"

/* ---- explain ---- */

int op_explain_check(struct request *r, struct store_txn *t)
{
	r->row = 0;
	return subject_token_of_any(r, t, ACTION_LOOK);
}

/* The imagined login: by the token's owner unless a user is named. */
static int imagine(struct request *r, struct store_txn *t, struct account *owner,
	struct account *user, struct use *use)
{
	const struct account *named;
	int err = view_use(r, t, &r->subject.token, owner, use);

	if (err)
		return err;
	*user = *owner;
	if (proto_has(&r->msg, TAG_USER)) {
		err = request_account_named(r, proto_text(&r->msg, TAG_USER), &named);
		if (err)
			return err;
		*user = *named;
	}
	use->user = user;
	use->service = proto_text(&r->msg, TAG_SERVICE);
	use->rhost = proto_text(&r->msg, TAG_RHOST);
	use->auth_info = proto_text(&r->msg, TAG_AUTH_INFO);
	return 0;
}

int op_explain_next(struct request *r, struct store_txn *t)
{
	struct account owner, user;
	struct verdict v;
	struct use use;
	int err = imagine(r, t, &owner, &user, &use);

	if (err)
		return err;
	if (decide_explain(&use, r->row, &v)) {
		proto_begin(&r->out, VERB_ROW);
		proto_put_string(&r->out, TAG_KEY, v.check);
		proto_put_string(&r->out, TAG_VALUE, v.value);
		proto_put_string(&r->out, TAG_RULE, v.rule);
		proto_put_number(&r->out, TAG_PASSES, v.passes);
		r->row++;
		return 0;
	}
	err = decide(&use, r->why, sizeof(r->why));
	proto_begin(&r->out, VERB_OK);
	proto_put_string(&r->out, TAG_ID, r->subject.token.id);
	proto_put_string(&r->out, TAG_NAME, r->subject.token.name);
	proto_put_number(&r->out, TAG_PASSES, err == 0);
	proto_put_string(&r->out, TAG_MESSAGE, err ? r->why : "accepted");
	r->last = true;
	return 0;
}

/* ---- policy ---- */

struct policy_row {
	const char *key;
	void (*value)(const struct request *r, char out[LIMIT_SCOPES + 1]);
};

static struct policy_rules rules_of(const struct request *r)
{
	struct policy_rules rules;

	policy_rules(r->config, r->subject.account.name, &rules);
	return rules;
}

static void value_account(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	strcpy(out, r->subject.account.name);
}

static void value_kind(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	strcpy(out, rules_of(r).service_account ? "service" : "personal");
}

static void value_allowed(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	const char *rule;

	if (policy_allows_account(r->config, &r->subject.account, &rule))
		strcpy(out, "yes");
	else
		snprintf(out, LIMIT_SCOPES + 1, "no (%s)", rule);
}

static void value_mint(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	int verdict = policy_may(r->subject.relation, ACTION_WIDEN, r->config);

	strcpy(out, verdict == 0		? "yes"
		    : verdict == REAUTHENTICATE ? "re-authenticated"
						: "no (reauth)");
}

static void value_ceiling(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	struct policy_rules rules = rules_of(r);

	snprintf(out, LIMIT_SCOPES + 1, "%s", rules.scopes ? rules.scopes : "*");
}

static void value_default_scopes(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	snprintf(out, LIMIT_SCOPES + 1, "%s", rules_of(r).default_scopes);
}

static void value_default_lifetime(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	config_duration_text(rules_of(r).default_lifetime, out);
}

static void value_max_lifetime(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	config_duration_text(rules_of(r).max_lifetime, out);
}

static void value_require(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; i < REQUIRES; i++)
		if (r->config->require & 1U << i)
			n += (size_t)snprintf(out + n, LIMIT_SCOPES + 1 - n, "%s%s", n ? "," : "",
				config_require_words[i]);
}

static void value_inactive(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	config_duration_text(r->config->inactive_after, out);
}

static void value_warn(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	config_duration_text(r->config->warn_before, out);
}

static void value_max_tokens(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	snprintf(out, LIMIT_SCOPES + 1, "%llu", (unsigned long long)r->config->max_tokens);
}

static void value_prefix(const struct request *r, char out[LIMIT_SCOPES + 1])
{
	strcpy(out, r->config->token_prefix);
}

static const struct policy_row policy_table[] = {
	{"account", value_account},
	{"kind", value_kind},
	{"tokens_allowed", value_allowed},
	{"may_mint", value_mint},
	{"scopes", value_ceiling},
	{"default_scopes", value_default_scopes},
	{"default_lifetime", value_default_lifetime},
	{"max_lifetime", value_max_lifetime},
	{"require", value_require},
	{"inactive_after", value_inactive},
	{"warn_before", value_warn},
	{"max_tokens", value_max_tokens},
	{"token_prefix", value_prefix},
};

int op_policy_check(struct request *r, struct store_txn *t)
{
	(void)t;
	r->row = 0;
	return subject_account(r, ACTION_LOOK);
}

int op_policy_next(struct request *r, struct store_txn *t)
{
	char value[LIMIT_SCOPES + 1];

	(void)t;
	if (r->row == sizeof(policy_table) / sizeof(policy_table[0])) {
		proto_begin(&r->out, VERB_OK);
		r->last = true;
		return 0;
	}
	policy_table[r->row].value(r, value);
	proto_begin(&r->out, VERB_ROW);
	proto_put_string(&r->out, TAG_KEY, policy_table[r->row].key);
	proto_put_string(&r->out, TAG_VALUE, value);
	r->row++;
	return 0;
}

/* ---- accounts ---- */

int op_accounts_check(struct request *r, struct store_txn *t)
{
	(void)t;
	r->row = 0;
	return subject_account(r, ACTION_LOOK);
}

/* The service accounts of pat.conf that the caller manages; root manages all. */
static bool manages(const struct request *r, const struct config_account *a)
{
	return r->peer == 0 || policy_member(&a->managers, &r->subject.actor) == MEMBER_YES;
}

int op_accounts_next(struct request *r, struct store_txn *t)
{
	const struct config_account *a;

	(void)t;
	while (r->row < r->config->account_count && !manages(r, &r->config->accounts[r->row]))
		r->row++;
	if (r->row == r->config->account_count) {
		proto_begin(&r->out, VERB_OK);
		r->last = true;
		return 0;
	}
	a = &r->config->accounts[r->row++];
	proto_begin(&r->out, VERB_ROW);
	proto_put_string(&r->out, TAG_KEY, a->name);
	proto_put_string(&r->out, TAG_VALUE, a->scopes ? a->scopes : r->config->default_scopes);
	return 0;
}
