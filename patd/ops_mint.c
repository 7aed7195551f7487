#include "patd/ops.h"

#include <string.h>
#include <time.h>

#include "common/err.h"
#include "common/secret.h"
#include "patd/hash.h"
#include "patd/label.h"
#include "patd/scope.h"
#include "patd/subject.h"
#include "patd/view.h"

static int check_account(struct request *r)
{
	const struct account *a = &r->subject.account;

	if (a->uid == 0 && !r->config->root_tokens)
		return request_fail(r, ERR_DISALLOWED, "tokens for uid 0 are not allowed (root_tokens)");
	if (a->locked || a->expired)
		return request_fail(r, ERR_LOCKED, "the account %s %s", a->name,
			a->locked ? "is locked" : "has expired");
	return 0;
}

static int fill_expiry(struct request *r, struct record *token)
{
	uint64_t lifetime = r->config->default_lifetime;
	uint64_t asked = proto_number(&r->msg, TAG_EXPIRES);

	if (!proto_has(&r->msg, TAG_EXPIRES))
		token->expires = lifetime ? r->now + lifetime : 0;
	else if (asked != 0 && asked <= r->now)
		return request_fail(r, ERR_INVALID, "the end is in the past");
	else
		token->expires = asked;
	return 0;
}

/* What is asked for, checked, into a record that lacks only what is random. */
static int fill(struct request *r, struct record *token)
{
	struct span name = proto_text(&r->msg, TAG_NAME), note = proto_text(&r->msg, TAG_NOTE);
	struct span scopes = proto_has(&r->msg, TAG_SCOPES) ? proto_text(&r->msg, TAG_SCOPES) :
							      span_of(r->config->default_scopes);

	*token = (struct record){.kind = KIND_PERSONAL, .uid = r->subject.account.uid};
	if (!label_name_valid(name))
		return request_fail(r, ERR_INVALID, "name: not of the accepted form: " LABEL_NAME_FORM);
	if (!label_note_valid(note))
		return request_fail(r, ERR_INVALID, "note: not of the accepted form: " LABEL_NOTE_FORM);
	if (!scope_canonical(scopes, token->scopes))
		return request_fail(r, ERR_INVALID, "scopes: not of the accepted form: " SCOPE_FORM);
	span_copy(name, token->name, sizeof(token->name));
	span_copy(note, token->note, sizeof(token->note));
	strcpy(token->owner, r->subject.account.name);
	strcpy(token->created_by, r->subject.actor.name);
	return fill_expiry(r, token);
}

int op_mint_check(struct request *r, struct store_txn *t)
{
	int err = subject_account(r, ACTION_WIDEN);

	if (!err)
		err = fill(r, &r->subject.token);
	if (!err)
		err = check_account(r);
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
	err = view_put(r, record);
	if (!err)
		err = store_add(t, record);
	if (!err && token_format(&token, text)) {
		proto_put_string(&r->out, TAG_TOKEN, text);
		view_audit(r, "minted", record);
		audit_string(&r->audit, "scopes", record->scopes);
		audit_number(&r->audit, "expires", record->expires);
	}
	SECRET_WIPE_ARRAY(text);
	secret_wipe(&token, sizeof(token));
	return err;
}
