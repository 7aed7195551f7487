#include "patd/ops.h"

#include <string.h>
#include <time.h>

#include "common/err.h"
#include "common/secret.h"
#include "patd/bindkey.h"
#include "patd/decide.h"
#include "patd/hash.h"
#include "patd/label.h"
#include "patd/policy.h"
#include "patd/scope.h"
#include "patd/source.h"
#include "patd/subject.h"
#include "patd/view.h"

static int fill_expiry(struct request *r, const struct policy_rules *rules, struct record *token)
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

static int fill_restrictions(struct request *r, struct record *token)
{
	struct span from = proto_text(&r->msg, TAG_FROM), key = proto_text(&r->msg, TAG_BIND_KEY);

	token->not_before = proto_number(&r->msg, TAG_NOT_BEFORE);
	token->uses = proto_number(&r->msg, TAG_USES);
	if (proto_has(&r->msg, TAG_FROM) && !source_canonical(from, token->from))
		return request_fail(r, ERR_INVALID, "from: not of the accepted form: " SOURCE_FORM);
	if (proto_has(&r->msg, TAG_BIND_KEY) && !bindkey_valid(key))
		return request_fail(
			r, ERR_INVALID, "bind-key: not of the accepted form: " BINDKEY_FORM);
	if (proto_has(&r->msg, TAG_USES) && (token->uses == 0 || token->uses > UINT32_MAX))
		return request_fail(r, ERR_INVALID, "uses: a number from 1 to 4294967295");
	if (token->expires && token->not_before >= token->expires)
		return request_fail(r, ERR_INVALID, "not-before: must lie before the end");
	span_copy(key, token->bind_key, sizeof(token->bind_key));
	return 0;
}

/* The token's name, note and scopes. */
static int fill_labels(struct request *r, const struct policy_rules *rules, struct record *token)
{
	struct span name = proto_text(&r->msg, TAG_NAME), note = proto_text(&r->msg, TAG_NOTE);
	struct span scopes = proto_has(&r->msg, TAG_SCOPES) ? proto_text(&r->msg, TAG_SCOPES)
							    : span_of(rules->default_scopes);

	if (!label_name_valid(name))
		return request_fail(
			r, ERR_INVALID, "name: not of the accepted form: " LABEL_NAME_FORM);
	if (!label_note_valid(note))
		return request_fail(
			r, ERR_INVALID, "note: not of the accepted form: " LABEL_NOTE_FORM);
	if (!scope_canonical(scopes, token->scopes))
		return request_fail(
			r, ERR_INVALID, "scopes: not of the accepted form: " SCOPE_FORM);
	if (rules->scopes && !scope_covers(r->config, rules->scopes, token->scopes))
		return request_fail(r, ERR_DISALLOWED,
			"scopes: the service account %s is for %.300s only",
			r->subject.account.name, rules->scopes);
	span_copy(name, token->name, sizeof(token->name));
	span_copy(note, token->note, sizeof(token->note));
	return 0;
}

/* What is asked for, checked, into a record that lacks only what is random. */
static int fill(struct request *r, struct record *token)
{
	struct policy_rules rules;
	int err;

	policy_rules(r->config, r->subject.account.name, &rules);
	*token = (struct record){
		.kind = rules.service_account ? KIND_SERVICE : KIND_PERSONAL,
		.uid = r->subject.account.uid,
		.created = r->now * 1000000,
	};
	strcpy(token->owner, r->subject.account.name);
	strcpy(token->created_by, r->subject.actor.name);
	err = fill_labels(r, &rules, token);
	if (!err)
		err = fill_expiry(r, &rules, token);
	return err ? err : fill_restrictions(r, token);
}

/* A token that would be refused at once is not made. The question is the one that every login asks.
 */
static int would_be_accepted(struct request *r)
{
	struct use use = {
		.token = &r->subject.token,
		.owner = &r->subject.account,
		/* One for later is judged as of then: that it is not valid yet must hide nothing.
		 */
		.now = r->subject.token.not_before > r->now ? r->subject.token.not_before : r->now,
		.clock_mark = r->clock_mark,
		.config = r->config,
	};
	enum token_status status = decide_status(&use, r->why, sizeof(r->why));

	if (status == STATUS_ACTIVE)
		return 0;
	return status == STATUS_LOCKED ? ERR_LOCKED : ERR_DISALLOWED;
}

int op_mint_check(struct request *r, struct store_txn *t)
{
	int err = subject_account(r, ACTION_WIDEN);

	if (!err)
		err = fill(r, &r->subject.token);
	if (!err)
		err = would_be_accepted(r);
	if (!err)
		err = subject_name_taken(r, t, proto_text(&r->msg, TAG_NAME), "");
	if (!err)
		err = subject_has_room(r, t);
	return err;
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int op_mint_apply(struct request *r, struct store_txn *t)
{
	struct record *record = &r->subject.token;
	char text[TOKEN_TEXT_MAX + 1];
	struct token token;
	int err;

	config_prefix(r->config, record->kind, token.prefix);
	do {
		hash_new_token(&token);
	} while (!store_id_free(t, token.id) && !store_failed(t));
	memcpy(record->id, token.id, sizeof(record->id));
	hash_secret(&token, record->hash);
	record->created = now_us();
	proto_begin(&r->out, VERB_OK);
	err = view_put(r, t, record);
	if (!err)
		err = store_add(t, record, r->subject.account.local);
	if (!err && token_format(&token, text)) {
		proto_put_string(&r->out, TAG_TOKEN, text);
		request_event(r, EVENT_MINTED, record, &r->event);
		memcpy(r->event.scopes, record->scopes, sizeof(r->event.scopes));
		r->event.expires = record->expires;
	}
	SECRET_WIPE_ARRAY(text);
	secret_wipe(&token, sizeof(token));
	return err;
}
