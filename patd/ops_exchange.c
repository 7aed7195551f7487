#include "patd/ops.h"

#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "patd/family.h"
#include "patd/issue.h"
#include "patd/presented.h"
#include "patd/rate.h"
#include "patd/scope.h"
#include "patd/source.h"
#include "patd/subject.h"
#include "patd/view.h"

/* ---- the parent ---- */

/* Whoever asked has the secret. */
static void note_refusal(struct request *r, int err)
{
	request_event(r, EVENT_REFUSED, &r->subject.token, &r->event);
	strcpy(r->event.reason, err_info(err)->json);
}

/* What is presented must open some door now. What is above the child stands in r->lineage then, the
 * parent first. */
static int find_parent(struct request *r, struct store_txn *t)
{
	struct record *parent = &r->subject.token;
	struct presented p;
	struct use use;
	int err = presented_find(r, t, parent, &p);

	if (!err && p.prefix_kind != parent->kind)
		err = ERR_NO_TOKEN;
	if (!err)
		err = view_use(r, t, parent, &r->subject.account, &use);
	if (err)
		return err;
	use.any_door = true;
	err = decide(&use, r->why, sizeof(r->why));
	if (err)
		note_refusal(r, err);
	return err;
}

static int within_depth(struct request *r)
{
	if (r->lineage.n < LIMIT_DEPTH)
		return 0;
	return request_fail(r, ERR_LIMIT,
		"it is exchanged %d times over already: as deep as it goes", LIMIT_DEPTH);
}

/* In the loop's thread, once a request: the writing thread is what this is to spare. */
static int within_rate(struct request *r)
{
	char account[TOKEN_ID_LEN + 1];

	if (!r->exchanges || r->rated)
		return 0;
	if (!rate_take(r->exchanges, r->subject.token.id, r->now, LIMIT_EXCHANGES))
		return request_fail(r, ERR_TOO_OFTEN,
			"it was exchanged %d times in this second; try again in the next",
			LIMIT_EXCHANGES);
	/* No ID has a blank in it. */
	snprintf(account, sizeof(account), "%*u", TOKEN_ID_LEN, r->subject.token.uid);
	if (!rate_take(r->exchanges, account, r->now, LIMIT_EXCHANGES_ACCOUNT))
		return request_fail(r, ERR_TOO_OFTEN,
			"%d tokens of the account were exchanged in this second; try again in the "
			"next",
			LIMIT_EXCHANGES_ACCOUNT);
	r->rated = true;
	return 0;
}

/* Puts the parent in front of what is above it: all that is above a child. */
static int extend_lineage(struct request *r, struct store_txn *t)
{
	struct lineage *l = &r->lineage;
	struct kin parent = {.token = r->subject.token, .last_used = r->now};
	int err = family_used(t, &parent.token, &parent.used);

	if (err)
		return err;
	memmove(&l->kin[1], &l->kin[0], l->n * sizeof(l->kin[0]));
	l->kin[0] = parent;
	l->n++;
	return 0;
}

/* How many logins are left for a child once the exchange itself is counted: of the fewest above it.
 * UINT64_MAX: any number. */
static uint64_t uses_left(const struct request *r)
{
	uint64_t left = UINT64_MAX;

	for (size_t i = 0; i < r->lineage.n; i++) {
		const struct kin *k = &r->lineage.kin[i];
		uint64_t after = k->token.uses > k->used + 1 ? k->token.uses - k->used - 1 : 0;

		if (k->token.uses && after < left)
			left = after;
	}
	return left;
}

/* The nearest end above the child; 0: none. */
static uint64_t end_above(const struct request *r)
{
	uint64_t nearest = 0;

	for (size_t i = 0; i < r->lineage.n; i++) {
		uint64_t end = record_end(&r->lineage.kin[i].token);

		if (end && (!nearest || end < nearest))
			nearest = end;
	}
	return nearest;
}

/* ---- the child ---- */

/* The parent's, or fewer. */
static int fill_scopes(struct request *r, struct record *child)
{
	if (!proto_has(&r->msg, TAG_SCOPES))
		return 0;
	if (!scope_canonical(proto_text(&r->msg, TAG_SCOPES), child->scopes))
		return request_fail(
			r, ERR_INVALID, "scopes: not of the accepted form: " SCOPE_FORM);
	if (!scope_covers(r->config, r->subject.token.scopes, child->scopes))
		return request_fail(r, ERR_REFUSED,
			"scopes: wider than the parent's (%.300s): an exchange only narrows",
			r->subject.token.scopes);
	return 0;
}

static int fill_from(struct request *r, struct record *child)
{
	if (!proto_has(&r->msg, TAG_FROM))
		return 0;
	if (!source_canonical(proto_text(&r->msg, TAG_FROM), child->from))
		return request_fail(r, ERR_INVALID, "from: not of the accepted form: " SOURCE_FORM);
	if (r->subject.token.from[0] && !source_within(child->from, r->subject.token.from))
		return request_fail(r, ERR_REFUSED,
			"from: wider than the parent's (%.300s): an exchange only narrows",
			r->subject.token.from);
	return 0;
}

static int fill_uses(struct request *r, struct record *child)
{
	uint64_t left = uses_left(r);

	child->uses = proto_number(&r->msg, TAG_USES);
	child->used = 0;
	if (left == 0)
		return request_fail(r, ERR_REFUSED,
			"the exchange would be its last use: nothing would be left for the child");
	if (proto_has(&r->msg, TAG_USES) && (child->uses == 0 || child->uses > UINT32_MAX))
		return request_fail(r, ERR_INVALID, "uses: a number from 1 to 4294967295");
	if (child->uses > left)
		return request_fail(r, ERR_REFUSED,
			"uses: more than the parent has left (%llu): an exchange only narrows",
			(unsigned long long)left);
	return 0;
}

static int fill_end(struct request *r, struct record *child)
{
	uint64_t longest = r->config->exchange_max_lifetime;
	uint64_t life = r->config->exchange_lifetime;
	char text[CONFIG_DURATION_TEXT];

	child->expires = proto_number(&r->msg, TAG_EXPIRES);
	if (!proto_has(&r->msg, TAG_EXPIRES)) {
		if (longest && (!life || life > longest))
			life = longest;
		child->expires = life ? r->now + life : end_above(r);
	}
	if (child->expires <= r->now)
		return request_fail(r, ERR_INVALID, "ttl: an exchanged token needs an end to come");
	if (longest && child->expires > r->now + longest)
		return request_fail(r, ERR_DISALLOWED,
			"ttl: longer than exchange_max_lifetime allows (%s)",
			config_duration_text(longest, text));
	return 0;
}

/* Whose count of children the next one's number follows: the family's head's, so that no two of one
 * name get the same. */
static int find_counter(struct request *r, struct store_txn *t, struct record *out)
{
	int err = family_head(t, &r->subject.token, out);

	/* As it is now: a use of it may have been counted in this transaction. */
	return store_get(t, err ? r->subject.token.id : out->id, out);
}

/* The parent's with a number behind it. A name too long for that would not be the parent's own. */
static int fill_name(struct request *r, struct store_txn *t, struct record *child)
{
	struct record counter;
	int err = find_counter(r, t, &counter), n;

	if (err)
		return err;
	n = snprintf(child->name, sizeof(child->name), "%.*s/%llu", LIMIT_NAME,
		r->subject.token.name, (unsigned long long)counter.children + 1);
	return n > 0 && (size_t)n < sizeof(child->name)
		       ? 0
		       : request_fail(r, ERR_LIMIT, "it was exchanged too often");
}

static int fill(struct request *r, struct store_txn *t, struct record *child)
{
	const struct record *parent = &r->subject.token;
	int err;

	*child = (struct record){.kind = KIND_EXCHANGED, .uid = parent->uid};
	child->created = r->now * 1000000;
	memcpy(child->owner, parent->owner, sizeof(child->owner));
	memcpy(child->scopes, parent->scopes, sizeof(child->scopes));
	memcpy(child->from, parent->from, sizeof(child->from));
	memcpy(child->bind_key, parent->bind_key, sizeof(child->bind_key));
	memcpy(child->parent, parent->id, sizeof(child->parent));
	err = subject_caller(r); /* any local user who holds the parent */
	if (err)
		return err;
	memcpy(child->created_by, r->subject.actor.name, sizeof(child->created_by));
	err = fill_name(r, t, child);
	if (!err)
		err = fill_scopes(r, child);
	if (!err)
		err = fill_from(r, child);
	if (!err)
		err = fill_uses(r, child);
	return err ? err : fill_end(r, child);
}

/* ---- room ---- */

static bool is_dead_child(const struct request *r, const struct record *token)
{
	return token->uid == r->subject.token.uid &&
	       strcmp(token->owner, r->subject.token.owner) == 0 && token->kind == KIND_EXCHANGED &&
	       !record_live(token, r->now);
}

/* How many of the account's exchanged tokens are dead; they are cleared away if that is asked. */
static int count_dead(struct request *r, struct store_txn *t, bool clearing, uint64_t *count)
{
	struct store_walk w;
	struct record token;
	uint64_t dead = 0;
	int err;

	store_walk_owner(&w, r->subject.token.uid);
	while (!(err = store_walk_sound(t, &w, &token))) {
		if (!is_dead_child(r, &token))
			continue;
		dead++;
		if (clearing && (err = family_delete(t, &token, r->now)))
			return err;
	}
	*count = dead;
	return err == ERR_NO_TOKEN ? 0 : err;
}

static int count_children(struct request *r, struct store_txn *t, uint64_t *count)
{
	struct store_account a = {.children = 0};
	int err = store_get_account(t, r->subject.token.uid, r->subject.token.owner, &a);

	*count = a.children;
	return err == ERR_NO_TOKEN ? 0 : err;
}

/* Only who has reached the cap waits for a look at all of them: those that are dead take no room.
 */
static int has_room(struct request *r, struct store_txn *t)
{
	uint64_t children, dead;
	int err = count_children(r, t, &children);

	if (err || children < LIMIT_CHILDREN)
		return err;
	err = count_dead(r, t, false, &dead);
	if (err || children - dead < LIMIT_CHILDREN)
		return err;
	return request_fail(r, ERR_LIMIT, "%s has %d exchanged tokens: as many as there may be",
		r->subject.token.owner, LIMIT_CHILDREN);
}

/* Once there is one too many. */
static int make_room(struct request *r, struct store_txn *t)
{
	uint64_t children, dead;
	int err = count_children(r, t, &children);

	return err || children <= LIMIT_CHILDREN ? err : count_dead(r, t, true, &dead);
}

/* ---- the operation ---- */

/* Ends with its parent at the latest. Gives true if that is sooner than was asked for. */
static bool clip(const struct request *r, struct record *child)
{
	uint64_t end = end_above(r);
	bool clipped = end && child->expires > end;

	if (clipped)
		child->expires = end;
	return clipped;
}

static int prepare(struct request *r, struct store_txn *t, struct record *child)
{
	int err = within_depth(r);

	if (!err)
		err = within_rate(r);
	if (!err)
		err = extend_lineage(r, t);
	return err ? err : fill(r, t, child);
}

int op_exchange_check(struct request *r, struct store_txn *t)
{
	struct record child;
	int err = find_parent(r, t);

	if (err == ERR_ROTATED && r->subject.token.rotated) {
		r->event.type = EVENT_REUSED;
		return presented_reused(r);
	}
	if (!err)
		err = prepare(r, t, &child);
	if (err)
		return err;
	clip(r, &child);
	err = issue_acceptable(r, &child, &r->lineage);
	/* The loop's thread has no time to count. */
	return err || r->exchanges ? err : has_room(r, t);
}

/* The exchange is a use of the parent, written with it: what was exchanged is never taken for
 * unused. */
static int count_use(struct request *r, struct store_txn *t)
{
	const struct record *parent = &r->subject.token;
	struct usage usage;
	int err = family_use(t, parent, r->now);

	if (!err)
		err = store_get_usage(t, parent->id, &usage);
	if (err)
		return err;
	usage_count(&usage, r->now, span_of(""), span_of(""));
	return store_put_usage(t, parent->id, &usage);
}

static int count_child(struct request *r, struct store_txn *t)
{
	struct record counter, counted;
	int err = find_counter(r, t, &counter);

	if (err)
		return err;
	counted = counter;
	counted.children++;
	return store_replace(t, &counter, &counted);
}

int op_exchange_apply(struct request *r, struct store_txn *t)
{
	struct record child;
	bool clipped;
	int err;

	if (r->reused)
		return family_reused(t, &r->subject.token, r->now);
	err = fill(r, t, &child);
	if (err)
		return err;
	clipped = clip(r, &child);
	err = issue_token(r, t, &child);
	if (!err)
		err = count_use(r, t);
	if (!err)
		err = count_child(r, t);
	if (!err)
		err = make_room(r, t);
	if (err)
		return err;
	if (clipped)
		proto_put_text(&r->out, TAG_MESSAGE,
			SPAN("it ends sooner than was asked for: with its parent"));
	request_event(r, EVENT_EXCHANGED, &child, &r->event);
	memcpy(r->event.other, child.parent, sizeof(r->event.other));
	memcpy(r->event.scopes, child.scopes, sizeof(r->event.scopes));
	r->event.expires = child.expires;
	return 0;
}
