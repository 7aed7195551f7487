#include "patd/ops.h"

#include <string.h>

#include "common/err.h"
#include "patd/bindkey.h"
#include "patd/issue.h"
#include "patd/label.h"
#include "patd/policy.h"
#include "patd/scope.h"
#include "patd/source.h"
#include "patd/subject.h"
#include "patd/view.h"

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
		err = issue_end(r, &rules, token);
	return err ? err : fill_restrictions(r, token);
}

int op_mint_check(struct request *r, struct store_txn *t)
{
	int err = subject_account(r, ACTION_WIDEN);

	if (!err)
		err = fill(r, &r->subject.token);
	if (!err)
		err = issue_acceptable(r, &r->subject.token, NULL);
	if (!err)
		err = subject_name_taken(r, t, proto_text(&r->msg, TAG_NAME), "");
	if (!err)
		err = subject_has_room(r, t);
	return err;
}

int op_mint_apply(struct request *r, struct store_txn *t)
{
	struct record *token = &r->subject.token;
	int err = issue_token(r, t, token);

	if (!err) {
		request_event(r, EVENT_MINTED, token, &r->event);
		memcpy(r->event.scopes, token->scopes, sizeof(r->event.scopes));
		r->event.expires = token->expires;
	}
	return err;
}
