#include "patd/ops.h"

#include <string.h>

#include "common/err.h"
#include "patd/family.h"
#include "patd/issue.h"
#include "patd/policy.h"
#include "patd/subject.h"
#include "patd/view.h"

/*
 * What is done about one rotation. Whoever lost the answer to an earlier one rotates again: then
 * what that one made was never used, while its predecessor is still in its grace time. It is
 * dropped, the new token takes its place, and nothing piles up.
 */
struct plan {
	struct record old;   /* becomes, or stays, the new one's predecessor */
	struct record model; /* what the new one is like */
	bool dropping;	     /* the model goes */
};

/* ---- the plan ---- */

/* The next in the family, if it is there and live. */
static int neighbour(
	struct request *r, struct store_txn *t, const char *id, struct record *out, bool *there)
{
	int err = id[0] ? store_get(t, id, out) : ERR_NO_TOKEN;

	*there = !err && record_live(out, r->now);
	return err == ERR_NO_TOKEN ? 0 : err;
}

static int was_used(struct request *r, struct store_txn *t, const struct record *token, bool *used)
{
	struct usage usage;
	int err = view_usage(r, t, token, &usage);

	if (!err)
		*used = usage.count > 0;
	return err;
}

/* The token named is the head of its family, used or not. */
static int plan_for_head(struct request *r, struct store_txn *t, struct plan *p)
{
	struct record before;
	bool there, used = true;
	int err = neighbour(r, t, p->model.predecessor, &before, &there);

	/* What was revoked and restored may have been replaced as its successor meanwhile. */
	if (!err && there && strcmp(before.successor, p->model.id) == 0)
		err = was_used(r, t, &p->model, &used);
	if (!err && !used) {
		p->old = before;
		p->dropping = true;
	}
	return err;
}

static int in_use(struct request *r, const struct record *token)
{
	return request_fail(r, ERR_REFUSED,
		"it was rotated already, and what it was rotated to is in use: ID %s", token->id);
}

/* A family has one head: no second one is made beside it, though what lies between is dead. */
static int refuse_beside_head(struct request *r, struct store_txn *t, const struct record *old)
{
	struct record head;
	int err = family_head(t, old, &head);

	if (err)
		return err == ERR_NO_TOKEN ? 0 : err;
	return record_current(&head, r->now) ? in_use(r, &head) : 0;
}

/* The token named was rotated, and is in its grace time. */
static int plan_for_rotated(struct request *r, struct store_txn *t, struct plan *p)
{
	struct record after;
	bool there, used;
	int err = neighbour(r, t, p->old.successor, &after, &there);

	if (!err && !there)
		return refuse_beside_head(r, t, &p->old);
	if (!err)
		err = was_used(r, t, &after, &used);
	if (err)
		return err;
	if (used || after.rotated)
		return in_use(r, &after);
	p->model = after;
	p->dropping = true;
	return 0;
}

static int not_dead(struct request *r, struct store_txn *t, const struct record *token)
{
	uint64_t used;
	int err;

	if (token->revoked)
		return ERR_REVOKED;
	if (token->expires && token->expires <= r->now)
		return ERR_EXPIRED;
	if (!record_live(token, r->now))
		return ERR_ROTATED;
	err = family_used(t, token, &used);
	return err ? err : token->uses && used >= token->uses ? ERR_USED_UP : 0;
}

static int make_plan(struct request *r, struct store_txn *t, struct plan *p)
{
	const struct record *token = &r->subject.token;
	int err;

	*p = (struct plan){.old = *token, .model = *token};
	if (token->kind == KIND_EXCHANGED)
		return request_fail(r, ERR_REFUSED,
			"it was exchanged and is not meant to last: exchange its parent again");
	err = not_dead(r, t, token);
	if (err)
		return err;
	return token->rotated ? plan_for_rotated(r, t, p) : plan_for_head(r, t, p);
}

/* ---- the new token ---- */

/* What is asked for; else a life as long as the model's, if that long is allowed today. */
static int fill_end(struct request *r, const struct policy_rules *rules, const struct record *model,
	struct record *token)
{
	uint64_t created = model->created / 1000000;
	uint64_t began = created > model->not_before ? created : model->not_before;
	uint64_t begins = model->not_before > r->now ? model->not_before : r->now;
	uint64_t latest;

	if (proto_has(&r->msg, TAG_EXPIRES))
		return issue_end(r, rules, token);
	latest = rules->max_lifetime ? r->now + rules->max_lifetime : 0;
	token->expires = model->expires > began ? begins + (model->expires - began) : 0;
	if (latest && (!token->expires || token->expires > latest))
		token->expires = latest;
	return 0;
}

static int fill(struct request *r, struct store_txn *t, const struct plan *p, struct record *token)
{
	struct policy_rules rules;
	int err;

	*token = p->model;
	token->rotated = token->grace_ends = 0;
	token->until_used = token->retires = 0;
	token->successor[0] = '\0';
	memcpy(token->predecessor, p->old.id, sizeof(token->predecessor));
	memcpy(token->created_by, r->subject.actor.name, sizeof(token->created_by));
	token->created = r->now * 1000000;
	if (token->not_before <= r->now)
		token->not_before = 0;
	policy_rules(r->config, p->model.owner, &rules);
	token->kind = rules.service_account ? KIND_SERVICE : KIND_PERSONAL;
	err = family_used(t, &p->model, &token->used);
	if (!err)
		err = fill_end(r, &rules, &p->model, token);
	if (!err && token->expires && token->not_before >= token->expires)
		err = request_fail(r, ERR_INVALID, "expires: must lie after not-before");
	return err;
}

/* ---- the old one ---- */

/* Its end: what is asked for or configured; never later than an earlier rotation said. */
static int fill_grace(struct request *r, struct record *old)
{
	uint64_t grace = proto_has(&r->msg, TAG_GRACE) ? proto_number(&r->msg, TAG_GRACE)
						       : r->config->rotate_grace;
	bool until_used = proto_number(&r->msg, TAG_UNTIL_USED);
	bool first = !old->rotated, asked = proto_has(&r->msg, TAG_GRACE);
	uint64_t ends = grace < LIMIT_TIME - r->now ? r->now + grace : LIMIT_TIME;

	if (until_used && asked)
		return request_fail(
			r, ERR_INVALID, "grace: a time, or until its first use, not both");
	if (!asked && !r->config->rotate_grace)
		ends = LIMIT_TIME; /* rotate_grace = "never" */
	if (until_used)
		old->until_used = 1;
	else if (first || (asked && (!old->grace_ends || ends < old->grace_ends)))
		old->grace_ends = ends;
	if (first)
		old->rotated = r->now;
	return 0;
}

/* ---- the family ---- */

/* Those before `token` that are one too many: told to be live, or deleted. */
static int trim(struct request *r, struct store_txn *t, const struct record *token, bool deleting)
{
	struct record at = *token;
	int err = 0;

	for (int i = 1; at.predecessor[0] && i <= 2 * LIMIT_FAMILY && !err; i++) {
		err = store_get(t, at.predecessor, &at);
		if (err || i < LIMIT_FAMILY)
			continue;
		if (record_live(&at, r->now))
			return request_fail(r, ERR_LIMIT,
				"%d predecessors of it are in their grace time still: revoke one, "
				"e.g. ID %s",
				LIMIT_FAMILY, at.id);
		if (deleting)
			err = family_delete(t, &at, r->now);
	}
	return err == ERR_NO_TOKEN ? 0 : err;
}

/* Everything that a check or an apply has to know, from the token that the request names. */
static int prepare(struct request *r, struct store_txn *t, struct plan *p, struct record *token)
{
	int err = make_plan(r, t, p);

	if (!err)
		err = fill(r, t, p, token);
	if (!err)
		err = fill_grace(r, &p->old);
	if (!err)
		token->retires =
			p->old.until_used && (!p->old.grace_ends || p->old.grace_ends > r->now);
	return err;
}

int op_rotate_check(struct request *r, struct store_txn *t)
{
	struct record token;
	struct plan p;
	int err = subject_token(r, t, ACTION_WIDEN);

	if (err)
		return err;
	err = prepare(r, t, &p, &token);
	if (!err)
		err = issue_acceptable(r, &token, NULL);
	if (!err)
		err = subject_name_taken(r, t, span_of(token.name), p.model.id);
	/* Its place was the model's, unless that had lost it. */
	if (!err && !record_current(&p.model, r->now))
		err = subject_has_room(r, t);
	return err ? err : trim(r, t, &p.old, false);
}

int op_rotate_apply(struct request *r, struct store_txn *t)
{
	struct record token, was;
	struct plan p;
	int err = prepare(r, t, &p, &token);

	if (!err)
		err = store_get(t, p.old.id, &was);
	if (!err)
		err = issue_token(r, t, &token);
	if (!err && p.dropping)
		err = family_delete(t, &p.model, r->now);
	if (err)
		return err;
	memcpy(p.old.successor, token.id, sizeof(p.old.successor));
	err = store_replace(t, &was, &p.old);
	if (!err)
		err = trim(r, t, &p.old, true);
	if (err)
		return err;
	view_put_grace(r, &p.old);
	request_event(r, EVENT_ROTATED, &token, &r->event);
	memcpy(r->event.other, p.old.id, sizeof(r->event.other));
	memcpy(r->event.scopes, token.scopes, sizeof(r->event.scopes));
	r->event.expires = token.expires;
	return 0;
}
