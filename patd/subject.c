#include "patd/subject.h"

#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "patd/names_cache.h"

static int found(struct request *r, const struct account *a, struct span whose)
{
	if (a->state == ACCOUNT_FOUND)
		return 0;
	if (a->state == ACCOUNT_ERROR)
		return ERR_NAMES;
	return request_fail(r, ERR_NO_ACCOUNT, "%.*s: no such account", (int)whose.n, whose.p);
}

static int find_actor(struct request *r)
{
	struct account_query q = names_query_uid(r->peer);
	const struct account *a;
	int err = request_account(r, &q, &a);

	if (!err && r->peer == 0 && a->state == ACCOUNT_ERROR) {
		/* Root can look and revoke while the name service is down. */
		r->subject.actor = (struct account){.state = ACCOUNT_FOUND, .name = "root"};
		return 0;
	}
	if (!err)
		err = found(r, a, SPAN("the calling user"));
	if (!err)
		r->subject.actor = *a;
	return err;
}

int subject_caller(struct request *r)
{
	struct account_query q = names_query_uid(r->peer);
	struct account *actor = &r->subject.actor;
	const struct account *a;
	int err = request_account(r, &q, &a);

	if (err)
		return err;
	*actor = *a;
	if (a->state != ACCOUNT_FOUND)
		snprintf(actor->name, sizeof(actor->name), "uid %u", r->peer);
	return 0;
}

static void set_owner(struct subject *s, const char *owner, uint32_t uid)
{
	memcpy(s->owner, owner, sizeof(s->owner));
	s->uid = uid;
}

bool subject_owns(const struct request *r, const struct record *token)
{
	return token->uid == r->subject.uid && strcmp(token->owner, r->subject.owner) == 0;
}

static int find_account(struct request *r)
{
	const struct account *a;
	int err;

	if (!proto_has(&r->msg, TAG_USER)) {
		r->subject.account = r->subject.actor;
		return 0;
	}
	err = request_account_named(r, proto_text(&r->msg, TAG_USER), &a);
	if (!err)
		err = found(r, a, proto_text(&r->msg, TAG_USER));
	if (!err)
		r->subject.account = *a;
	return err;
}

static int permit(struct request *r, enum action action, const char *owner, uint32_t uid)
{
	struct subject *s = &r->subject;
	int verdict;

	s->relation = policy_relation(r->peer, &s->actor, owner, uid, r->config);
	verdict = policy_may(s->relation, action, r->config);
	r->reauth_needed = verdict == REAUTHENTICATE;
	return r->reauth_needed ? 0 : verdict;
}

int subject_account(struct request *r, enum action action)
{
	struct subject *s = &r->subject;
	int err = find_actor(r);

	if (!err)
		err = find_account(r);
	if (err)
		return err;
	set_owner(s, s->account.name, s->account.uid);
	return permit(r, action, s->owner, s->uid);
}

/* Which of two of one name is meant: the one that bears it, else a live one, else the newest. */
static int weight(const struct record *token, uint64_t now)
{
	return record_current(token, now) ? 2 : record_live(token, now) ? 1 : 0;
}

static int find_name(struct request *r, struct store_txn *t, struct span name)
{
	struct subject *s = &r->subject;
	struct store_walk w;
	struct record token;
	bool any = false;
	int err;

	if (name.n == 0)
		return ERR_NO_TOKEN;
	store_walk_name(&w, s->uid, name);
	while (!(err = store_walk_next(t, &w, &token))) {
		if (!subject_owns(r, &token))
			continue;
		/* Oldest first: a later one replaces what is not worth more. */
		if (any && weight(&s->token, r->now) > weight(&token, r->now))
			continue;
		s->token = token;
		any = true;
	}
	return err == ERR_NO_TOKEN && any ? 0 : err;
}

/* A token by its ID. To a stranger it does not exist. */
static int find_id(struct request *r, struct store_txn *t, enum action action)
{
	struct subject *s = &r->subject;
	const struct account *owner;
	int err = find_actor(r);

	if (!err)
		err = store_get(t, proto_text(&r->msg, TAG_ID).p, &s->token);
	if (err)
		return err;
	err = permit(r, action, s->token.owner, s->token.uid);
	if (s->relation == RELATION_OTHER)
		return ERR_NO_TOKEN;
	if (err)
		return err;
	set_owner(s, s->token.owner, s->token.uid);
	/* The account may be gone; its tokens can still be looked at and revoked. */
	err = request_account_named(r, span_of(s->token.owner), &owner);
	if (!err)
		s->account = *owner;
	return err;
}

int subject_token(struct request *r, struct store_txn *t, enum action action)
{
	int err = subject_token_of_any(r, t, action);

	if (!err && proto_has(&r->msg, TAG_USER) &&
		!span_is(proto_text(&r->msg, TAG_USER), r->subject.token.owner))
		return ERR_NO_TOKEN;
	return err;
}

int subject_token_of_any(struct request *r, struct store_txn *t, enum action action)
{
	bool id = proto_has(&r->msg, TAG_ID), name = proto_has(&r->msg, TAG_NAME);
	int err;

	if (id == name)
		return request_fail(r, ERR_INVALID, "a token is named by its ID or by its name");
	if (id)
		return find_id(r, t, action);
	err = subject_account(r, action);
	return err ? err : find_name(r, t, proto_text(&r->msg, TAG_NAME));
}

int subject_name_taken(struct request *r, struct store_txn *t, struct span name, const char *but_id)
{
	struct store_walk w;
	struct record token;
	int err;

	store_walk_name(&w, r->subject.uid, name);
	while (!(err = store_walk_next(t, &w, &token)))
		if (subject_owns(r, &token) && record_current(&token, r->now) &&
			strcmp(token.id, but_id) != 0)
			return request_fail(r, ERR_NAME_TAKEN,
				"a live token of that name exists: ID %s", token.id);
	return err == ERR_NO_TOKEN ? 0 : err;
}

int subject_has_room(struct request *r, struct store_txn *t)
{
	struct store_walk w;
	struct record token;
	uint64_t live = 0, dead = 0;
	int err;

	store_walk_owner(&w, r->subject.uid);
	while (!(err = store_walk_next(t, &w, &token))) {
		if (!subject_owns(r, &token) || token.kind == KIND_EXCHANGED)
			continue;
		*(record_live(&token, r->now) ? &live : &dead) += 1;
		/* Restoring one of them makes none. */
		if (dead > LIMIT_DEAD_TOKENS)
			return request_fail(r, ERR_LIMIT,
				"%s has more than %d revoked or expired tokens: delete some",
				r->subject.owner, LIMIT_DEAD_TOKENS);
		if (live >= r->config->max_tokens)
			return request_fail(r, ERR_LIMIT,
				"%s has %llu live tokens, as many as max_tokens allows",
				r->subject.owner, (unsigned long long)live);
	}
	return err == ERR_NO_TOKEN ? 0 : err;
}
