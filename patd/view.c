#include "patd/view.h"

#include "patd/family.h"
#include "patd/tally.h"

int view_usage(struct request *r, struct store_txn *t, const struct record *token, struct usage *u)
{
	int err = store_get_usage(t, token->id, u);

	if (!err && r->tally)
		tally_add(r->tally, token->id, u);
	return err;
}

/* What is above the token, with its last uses. */
static int find_lineage(struct request *r, struct store_txn *t, const struct record *token)
{
	struct usage usage;
	int err = family_lineage(t, token, &r->lineage);

	for (size_t i = 0; i < r->lineage.n && !err; i++) {
		err = view_usage(r, t, &r->lineage.kin[i].token, &usage);
		if (!err)
			r->lineage.kin[i].last_used = usage.last;
	}
	return err;
}

int view_use(struct request *r, struct store_txn *t, const struct record *token,
	struct account *owner, struct use *use)
{
	const struct account *answer;
	struct usage usage;
	uint64_t used;
	int err = request_account_named(r, span_of(token->owner), &answer);

	if (!err)
		err = view_usage(r, t, token, &usage);
	if (!err)
		err = family_used(t, token, &used);
	if (!err)
		err = find_lineage(r, t, token);
	if (err)
		return err;
	*owner = *answer;
	*use = (struct use){
		.token = token,
		.prefix_kind = token->kind,
		.owner = owner,
		.now = r->now,
		.clock_mark = r->clock_mark,
		.last_used = usage.last,
		.used = used,
		.lineage = &r->lineage,
		.config = r->config,
	};
	return 0;
}

int view_status(struct request *r, struct store_txn *t, const struct record *token,
	enum token_status *status, char *why)
{
	struct account owner;
	struct use use;
	int err = view_use(r, t, token, &owner, &use);

	if (!err)
		*status = decide_status(&use, why, LIMIT_MESSAGE + 1);
	return err;
}

static void put_usage(struct proto_out *o, const struct usage *u)
{
	proto_put_number_if(o, TAG_LAST_USED, u->last);
	proto_put_number(o, TAG_USE_COUNT, u->count);
	proto_put_string_if(o, TAG_SERVICE, u->service);
	proto_put_string_if(o, TAG_RHOST, u->rhost);
}

void view_put_grace(struct request *r, const struct record *old)
{
	proto_put_number_if(&r->out, TAG_GRACE_ENDS, old->grace_ends);
	if (old->until_used && !old->grace_ends)
		proto_put_number(&r->out, TAG_UNTIL_USED, 1);
}

static void put_restrictions(struct proto_out *o, const struct record *token, uint64_t used)
{
	proto_put_string_if(o, TAG_FROM, token->from);
	proto_put_number_if(o, TAG_NOT_BEFORE, token->not_before);
	proto_put_string_if(o, TAG_BIND_KEY, token->bind_key);
	if (token->uses) {
		proto_put_number(o, TAG_USES, token->uses);
		proto_put_number(o, TAG_USES_LEFT, used < token->uses ? token->uses - used : 0);
	}
}

int view_put(struct request *r, struct store_txn *t, const struct record *token)
{
	struct proto_out *o = &r->out;
	char why[LIMIT_MESSAGE + 1];
	enum token_status status;
	struct usage usage;
	uint64_t used;
	int err = view_status(r, t, token, &status, why);

	if (!err)
		err = view_usage(r, t, token, &usage);
	if (!err)
		err = family_used(t, token, &used);
	if (err)
		return err;
	proto_put_string(o, TAG_ID, token->id);
	proto_put_string(o, TAG_NAME, token->name);
	proto_put_number(o, TAG_KIND, token->kind);
	proto_put_string(o, TAG_OWNER, token->owner);
	proto_put_number(o, TAG_UID, token->uid);
	proto_put_number(o, TAG_STATUS, status);
	proto_put_string_if(o, TAG_STATUS_REASON, why);
	proto_put_string(o, TAG_SCOPES, token->scopes);
	proto_put_number(o, TAG_CREATED, token->created / 1000000);
	proto_put_string(o, TAG_CREATED_BY, token->created_by);
	proto_put_number_if(o, TAG_EXPIRES, token->expires);
	proto_put_string_if(o, TAG_NOTE, token->note);
	proto_put_number_if(o, TAG_REVOKED, token->revoked);
	proto_put_string_if(o, TAG_REVOKED_BY, token->revoked_by);
	proto_put_string_if(o, TAG_REASON, token->reason);
	put_restrictions(o, token, used);
	proto_put_string_if(o, TAG_PARENT, token->parent);
	proto_put_string_if(o, TAG_SUCCESSOR, token->successor);
	view_put_grace(r, token);
	put_usage(o, &usage);
	return 0;
}
