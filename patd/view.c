#include "patd/view.h"

#include <syslog.h>

#include "common/err.h"

int view_status(struct request *r, const struct record *token, enum token_status *status, char *why)
{
	const struct account *owner;
	int err = request_account_named(r, span_of(token->owner), &owner);

	if (!err)
		*status = policy_status(token, owner, r->now, r->config, why, LIMIT_MESSAGE + 1);
	return err;
}

static void put_text(struct proto_out *o, enum proto_tag tag, const char *text)
{
	if (text[0])
		proto_put_string(o, tag, text);
}

static void put_time(struct proto_out *o, enum proto_tag tag, uint64_t seconds)
{
	if (seconds)
		proto_put_number(o, tag, seconds);
}

int view_put(struct request *r, const struct record *token)
{
	struct proto_out *o = &r->out;
	char why[LIMIT_MESSAGE + 1];
	enum token_status status;
	int err = view_status(r, token, &status, why);

	if (err)
		return err;
	proto_put_string(o, TAG_ID, token->id);
	proto_put_string(o, TAG_NAME, token->name);
	proto_put_number(o, TAG_KIND, token->kind);
	proto_put_string(o, TAG_OWNER, token->owner);
	proto_put_number(o, TAG_UID, token->uid);
	proto_put_number(o, TAG_STATUS, status);
	put_text(o, TAG_STATUS_REASON, why);
	proto_put_string(o, TAG_SCOPES, token->scopes);
	proto_put_number(o, TAG_CREATED, token->created / 1000000);
	proto_put_string(o, TAG_CREATED_BY, token->created_by);
	put_time(o, TAG_EXPIRES, token->expires);
	put_text(o, TAG_NOTE, token->note);
	put_time(o, TAG_REVOKED, token->revoked);
	put_text(o, TAG_REVOKED_BY, token->revoked_by);
	put_text(o, TAG_REASON, token->reason);
	return 0;
}

void view_audit(struct request *r, const char *event, const struct record *token)
{
	audit_begin(&r->audit, event);
	audit_string(&r->audit, "user", token->owner);
	audit_string(&r->audit, "id", token->id);
	audit_string(&r->audit, "name", token->name);
	audit_string(&r->audit, "by", r->subject.actor.name);
	audit_number(&r->audit, "uid", r->peer);
	r->audit_priority = LOG_NOTICE;
}
