#include "patd/ops.h"

#include <string.h>

#include "common/err.h"
#include "patd/decide.h"
#include "patd/family.h"
#include "patd/names_cache.h"
#include "patd/presented.h"
#include "patd/view.h"

/*
 * Root may verify any token, anybody their own, and who has a `verifier` section those of its users
 * for its services. To everybody else a token is as if it did not exist: ERR_NO_TOKEN.
 */
static int may_verify(struct request *r, const struct record *token)
{
	struct account_query q = names_query_uid(r->peer);
	const struct account *answer;
	struct account peer;
	int err;

	if (r->peer == 0 || r->peer == token->uid)
		return 0;
	err = request_account(r, &q, &answer);
	if (err)
		return err;
	peer = *answer;
	err = request_account_named(r, proto_text(&r->msg, TAG_USER), &answer);
	if (err)
		return err;
	if (peer.state == ACCOUNT_ERROR || answer->state == ACCOUNT_ERROR)
		return ERR_NAMES;
	return policy_verifier(r->config, &peer, proto_text(&r->msg, TAG_SERVICE), answer)
		       ? 0
		       : ERR_NO_TOKEN;
}

/* What sshd says of keys is believed from root's sshd only. */
static struct span auth_info(const struct request *r)
{
	bool sshd = r->peer == 0 && span_is(proto_text(&r->msg, TAG_SERVICE), "sshd");

	return sshd ? proto_text(&r->msg, TAG_AUTH_INFO) : (struct span){"", 0};
}

/* Does the token open the door that the peer tells of? */
static int judge(struct request *r, struct store_txn *t, const struct record *token,
	uint8_t prefix_kind, bool counted)
{
	const struct account *answer;
	struct account owner, user;
	struct use use;
	int err = view_use(r, t, token, &owner, &use);

	if (!err)
		err = request_account_named(r, proto_text(&r->msg, TAG_USER), &answer);
	if (err)
		return err;
	user = *answer;
	use.user = &user;
	use.prefix_kind = prefix_kind;
	use.service = proto_text(&r->msg, TAG_SERVICE);
	use.rhost = proto_text(&r->msg, TAG_RHOST);
	use.auth_info = auth_info(r);
	use.counted = counted;
	return decide(&use, r->why, sizeof(r->why));
}

/* What a peer other than root says of user, service and host is a claim, and is told as one. */
static void told_event(struct request *r, enum event_type type, const struct record *token)
{
	struct log_event *e = &r->event;

	request_event(r, type, token, e);
	span_copy(proto_text(&r->msg, TAG_USER), e->user, sizeof(e->user));
	span_copy(proto_text(&r->msg, TAG_SERVICE), e->service, sizeof(e->service));
	span_copy(proto_text(&r->msg, TAG_RHOST), e->rhost, sizeof(e->rhost));
}

/* It counts against the ID, whoever has it. token: NULL: the ID is unknown; held: its secret was
 * right, and the peer is one that may know. */
static void refusal_event(
	struct request *r, const char *id, const struct record *token, bool held, int err)
{
	told_event(r, r->peer == 0 ? EVENT_REFUSED : EVENT_CLAIMED_REFUSED, token);
	memcpy(r->event.id, id, TOKEN_ID_LEN);
	if (!held)
		r->event.name[0] = '\0';
	strcpy(r->event.reason, err_info(err)->json);
}

static void answer(struct request *r, const struct record *token)
{
	uint64_t end = record_end(token);

	proto_begin(&r->out, VERB_OK);
	proto_put_string(&r->out, TAG_ID, token->id);
	proto_put_string(&r->out, TAG_NAME, token->name);
	if (end)
		proto_put_number(&r->out, TAG_EXPIRES, end);
}

/* For the session that comes of a login in a process of root's, if that process is the one. */
static void keep_login(struct request *r, const struct record *token)
{
	struct process p;

	if (r->peer != 0 || process_decode(proto_text(&r->msg, TAG_PROCESS), &p) ||
		p.pid != (uint32_t)r->peer_pid)
		return;
	r->login.process = p;
	r->login.made = r->now;
	memcpy(r->login.id, token->id, sizeof(r->login.id));
	span_copy(proto_text(&r->msg, TAG_USER), r->login.user, sizeof(r->login.user));
}

/* What the log says, and the client is not told: there is such a token. */
static const char *hidden_reason(const struct presented *p)
{
	return p->matches ? err_info(ERR_NOT_PERMITTED)->json : "wrong_secret";
}

int op_verify_check(struct request *r, struct store_txn *t)
{
	struct record *token = &r->subject.token;
	struct presented p;
	bool held = false;
	int err = presented_find(r, t, token, &p);

	if (!err) {
		err = may_verify(r, token);
		held = !err;
	}
	if (!err)
		err = judge(r, t, token, p.prefix_kind, false);
	if (err == REQUEST_ASK)
		return err;
	if (err) {
		if (p.id[0])
			refusal_event(r, p.id, p.known ? token : NULL, held, err);
		if (p.known && err == ERR_NO_TOKEN)
			strcpy(r->event.reason, hidden_reason(&p));
		/* Not what was exchanged for a token that was rotated: that replaced nothing. */
		if (!held || err != ERR_ROTATED || !token->rotated)
			return err;
		r->event.type = r->peer == 0 ? EVENT_REUSED : EVENT_CLAIMED_REUSED;
		return presented_reused(r);
	}
	answer(r, token);
	told_event(r, r->peer == 0 ? EVENT_ACCEPTED : EVENT_CLAIMED_ACCEPTED, token);
	memcpy(r->counted, token->id, sizeof(r->counted));
	keep_login(r, token);
	/* Only a use that is limited waits for the disk. */
	r->answered = !family_use_writes(token, &r->lineage);
	return 0;
}

int op_verify_apply(struct request *r, struct store_txn *t)
{
	return (r->reused ? family_reused : family_use)(t, &r->subject.token, r->now);
}

int op_account(struct request *r, struct store_txn *t)
{
	struct span id = proto_text(&r->msg, TAG_ID);
	struct record token;
	bool known, held;
	uint64_t end;
	int err = store_get(t, id.p, &token);

	known = !err;
	if (!err)
		err = may_verify(r, &token);
	held = !err;
	if (!err)
		err = judge(r, t, &token, token.kind, true);
	if (err == REQUEST_ASK)
		return err;
	if (err) {
		refusal_event(r, id.p, known ? &token : NULL, held, err);
		return err;
	}
	answer(r, &token);
	end = record_end(&token);
	/* What was exchanged is meant to end soon. */
	if (token.kind != KIND_EXCHANGED && end && end - r->now < r->config->warn_before)
		proto_put_number(&r->out, TAG_WARN, end - r->now);
	return 0;
}

int op_inspect(struct request *r, struct store_txn *t)
{
	struct record token;
	struct presented p;
	char why[LIMIT_MESSAGE + 1];
	enum token_status status;
	int err = presented_find(r, t, &token, &p);

	if (!err && p.prefix_kind != token.kind)
		err = ERR_NO_TOKEN;
	if (!err)
		err = view_status(r, t, &token, &status, why);
	if (err)
		return err;
	proto_begin(&r->out, VERB_OK);
	proto_put_number(&r->out, TAG_KIND, token.kind);
	proto_put_string(&r->out, TAG_OWNER, token.owner);
	proto_put_number(&r->out, TAG_STATUS, status);
	proto_put_string_if(&r->out, TAG_STATUS_REASON, why);
	proto_put_string(&r->out, TAG_SCOPES, token.scopes);
	if (record_end(&token))
		proto_put_number(&r->out, TAG_EXPIRES, record_end(&token));
	return 0;
}
