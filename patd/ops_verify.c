#include "patd/ops.h"

#include <string.h>
#include <syslog.h>

#include "common/err.h"
#include "common/secret.h"
#include "patd/hash.h"
#include "patd/view.h"

/* What was presented, without its secret. */
struct presented {
	char id[TOKEN_ID_LEN + 1]; /* "": the text is no token, and nothing of it may be logged */
	uint8_t prefix_kind;	   /* 0: not a prefix of ours */
};

/*
 * Finds the token whose text was presented. 0; ERR_NO_TOKEN for a text that is none, an unknown ID
 * and a wrong secret alike, after the same work; ERR_STORE.
 */
static int find_presented(struct request *r, struct store_txn *t, struct record *out, struct presented *p)
{
	struct span text = proto_text(&r->msg, TAG_TOKEN);
	struct token token;
	bool matches;
	int err;

	*p = (struct presented){.prefix_kind = 0};
	if (!token_parse(text.p, text.n, &token))
		return ERR_NO_TOKEN;
	memcpy(p->id, token.id, sizeof(p->id));
	err = store_get(t, token.id, out);
	matches = hash_matches(&token, err ? NULL : out->hash);
	if (!err && !matches)
		err = ERR_NO_TOKEN;
	if (!config_prefix_kind(r->config, token.prefix, &p->prefix_kind))
		p->prefix_kind = 0;
	secret_wipe(&token, sizeof(token));
	return err;
}

/*
 * A peer that is not root may verify its own tokens only; what belongs to others is as if it did not
 * exist.
 */
static bool peer_may_verify(const struct request *r, const struct record *token)
{
	return r->peer == 0 || r->peer == token->uid;
}

/* Is the service, as the peer tells it, allowed to open for this token and this user? */
static int decide(struct request *r, const struct record *token, uint8_t prefix_kind)
{
	struct policy_use use = {
		.token = token,
		.prefix_kind = prefix_kind,
		.service = proto_text(&r->msg, TAG_SERVICE),
		.now = r->now,
		.config = r->config,
	};
	struct account user;
	int err = request_account_named(r, proto_text(&r->msg, TAG_USER), &use.user);

	if (err)
		return err;
	user = *use.user;
	use.user = &user;
	err = request_account_named(r, span_of(token->owner), &use.owner);
	return err ? err : policy_decide(&use, r->why, sizeof(r->why));
}

/* What a peer other than root says of user, service and host is a claim, and is logged as one. */
static void audit_refusal(struct request *r, const char *id, const struct record *token, int err)
{
	bool root = r->peer == 0;

	audit_begin(&r->audit, root ? "refused" : "claimed_refused");
	audit_text(&r->audit, root ? "user" : "claimed_user", proto_text(&r->msg, TAG_USER));
	audit_text(&r->audit, "id", (struct span){id, TOKEN_ID_LEN});
	if (token)
		audit_string(&r->audit, "name", token->name);
	audit_string(&r->audit, "reason", err_info(err)->json);
	audit_text(&r->audit, root ? "service" : "claimed_service", proto_text(&r->msg, TAG_SERVICE));
	audit_text(&r->audit, root ? "rhost" : "claimed_rhost", proto_text(&r->msg, TAG_RHOST));
	audit_number(&r->audit, "uid", r->peer);
	r->audit_priority = LOG_NOTICE;
	r->audit_refusal = true;
}

static void answer(struct request *r, const struct record *token)
{
	proto_begin(&r->out, VERB_OK);
	proto_put_string(&r->out, TAG_ID, token->id);
	proto_put_string(&r->out, TAG_NAME, token->name);
	if (token->expires)
		proto_put_number(&r->out, TAG_EXPIRES, token->expires);
}

int op_verify(struct request *r, struct store_txn *t)
{
	struct record token;
	struct presented p;
	int err = find_presented(r, t, &token, &p);
	bool held = !err && peer_may_verify(r, &token);

	if (!err && !held)
		err = ERR_NO_TOKEN;
	if (!err)
		err = decide(r, &token, p.prefix_kind);
	if (err == REQUEST_ASK)
		return err;
	if (err == 0)
		answer(r, &token);
	else if (p.id[0])
		audit_refusal(r, p.id, held ? &token : NULL, err);
	return err;
}

int op_account(struct request *r, struct store_txn *t)
{
	struct record token;
	int err = store_get(t, proto_text(&r->msg, TAG_ID).p, &token);

	if (!err && !peer_may_verify(r, &token))
		err = ERR_NO_TOKEN;
	if (!err)
		err = decide(r, &token, token.kind);
	if (err == REQUEST_ASK)
		return err;
	if (err) {
		audit_refusal(r, proto_text(&r->msg, TAG_ID).p, NULL, err);
		return err;
	}
	answer(r, &token);
	if (token.expires && token.expires - r->now < r->config->warn_before)
		proto_put_number(&r->out, TAG_WARN, token.expires - r->now);
	return 0;
}

int op_inspect(struct request *r, struct store_txn *t)
{
	struct record token;
	struct presented p;
	char why[LIMIT_MESSAGE + 1];
	enum token_status status;
	int err = find_presented(r, t, &token, &p);

	if (!err && p.prefix_kind != token.kind)
		err = ERR_NO_TOKEN;
	if (!err)
		err = view_status(r, &token, &status, why);
	if (err)
		return err;
	proto_begin(&r->out, VERB_OK);
	proto_put_number(&r->out, TAG_KIND, token.kind);
	proto_put_string(&r->out, TAG_OWNER, token.owner);
	proto_put_number(&r->out, TAG_STATUS, status);
	if (why[0])
		proto_put_string(&r->out, TAG_STATUS_REASON, why);
	proto_put_string(&r->out, TAG_SCOPES, token.scopes);
	if (token.expires)
		proto_put_number(&r->out, TAG_EXPIRES, token.expires);
	return 0;
}
