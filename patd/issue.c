#include "patd/issue.h"

#include <string.h>
#include <time.h>

#include "common/err.h"
#include "common/secret.h"
#include "patd/hash.h"
#include "patd/view.h"

int issue_end(struct request *r, const struct policy_rules *rules, struct record *token)
{
	uint64_t asked = proto_number(&r->msg, TAG_EXPIRES);
	char life[CONFIG_DURATION_TEXT];

	if (!proto_has(&r->msg, TAG_EXPIRES)) {
		token->expires = rules->default_lifetime ? r->now + rules->default_lifetime : 0;
		return 0;
	}
	if (asked != 0 && asked <= r->now)
		return request_fail(r, ERR_INVALID, "expires: the end is in the past");
	if (rules->max_lifetime && (asked == 0 || asked > r->now + rules->max_lifetime))
		return request_fail(r, ERR_DISALLOWED,
			"expires: later than max_lifetime allows (%s)",
			config_duration_text(rules->max_lifetime, life));
	token->expires = asked;
	return 0;
}

int issue_acceptable(struct request *r, const struct record *token, const struct lineage *lineage)
{
	const struct use use = {
		.token = token,
		.owner = &r->subject.account,
		/* One for later is judged as of then: that it is not valid yet must hide nothing.
		 */
		.now = token->not_before > r->now ? token->not_before : r->now,
		.clock_mark = r->clock_mark,
		.used = token->used,
		.lineage = lineage,
		.config = r->config,
	};
	enum token_status status = decide_status(&use, r->why, sizeof(r->why));

	if (status == STATUS_ACTIVE)
		return 0;
	return status == STATUS_LOCKED ? ERR_LOCKED : ERR_DISALLOWED;
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int issue_token(struct request *r, struct store_txn *t, struct record *token)
{
	char text[TOKEN_TEXT_MAX + 1];
	struct token secret;
	int err;

	config_prefix(r->config, token->kind, secret.prefix);
	do {
		hash_new_token(&secret);
	} while (!store_id_free(t, secret.id) && !store_failed(t));
	memcpy(token->id, secret.id, sizeof(token->id));
	hash_secret(&secret, token->hash);
	token->created = now_us();
	proto_begin(&r->out, VERB_OK);
	err = view_put(r, t, token);
	if (!err)
		err = store_add(t, token, r->subject.account.local);
	if (!err && !token_format(&secret, text))
		err = ERR_STORE;
	if (!err)
		proto_put_string(&r->out, TAG_TOKEN, text);
	SECRET_WIPE_ARRAY(text);
	secret_wipe(&secret, sizeof(secret));
	return err;
}
