#include "patd/ops.h"

#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "patd/family.h"
#include "patd/label.h"
#include "patd/subject.h"
#include "patd/view.h"

static const enum rank ranks[RELATIONS] = {
	[RELATION_OTHER] = RANK_NONE,
	[RELATION_OWNER] = RANK_OWNER,
	[RELATION_MANAGER] = RANK_MANAGER,
	[RELATION_ROOT] = RANK_ROOT,
};

/* Writes the changed token, and answers with its view. */
static int replace(
	struct request *r, struct store_txn *t, const struct record *changed, enum event_type event)
{
	int err;

	proto_begin(&r->out, VERB_OK);
	err = view_put(r, t, changed);
	if (err)
		return err;
	request_event(r, event, changed, &r->event);
	return store_replace(t, &r->subject.token, changed);
}

/* ---- edit ---- */

static int fill_edit(struct request *r, struct record *token)
{
	uint64_t end = proto_number(&r->msg, TAG_EXPIRES);

	if (proto_has(&r->msg, TAG_NEW_NAME)) {
		struct span name = proto_text(&r->msg, TAG_NEW_NAME);

		if (!label_name_valid(name))
			return request_fail(
				r, ERR_INVALID, "name: not of the accepted form: " LABEL_NAME_FORM);
		span_copy(name, token->name, sizeof(token->name));
	}
	if (proto_has(&r->msg, TAG_NOTE)) {
		struct span note = proto_text(&r->msg, TAG_NOTE);

		if (!label_note_valid(note))
			return request_fail(
				r, ERR_INVALID, "note: not of the accepted form: " LABEL_NOTE_FORM);
		span_copy(note, token->note, sizeof(token->note));
	}
	if (proto_has(&r->msg, TAG_EXPIRES)) {
		if (end != 0 && end <= r->now)
			return request_fail(r, ERR_INVALID, "the end is in the past");
		if (end != 0 && end <= token->not_before)
			return request_fail(r, ERR_INVALID, "expires: must lie after not-before");
		if (token->expires && (end == 0 || end > token->expires))
			return request_fail(r, ERR_REFUSED, "edit can only bring the end nearer");
		token->expires = end;
	}
	return 0;
}

int op_edit_check(struct request *r, struct store_txn *t)
{
	struct record changed;
	int err = subject_token(r, t, ACTION_WIDEN);

	if (err)
		return err;
	changed = r->subject.token;
	err = fill_edit(r, &changed);
	if (!err && proto_has(&r->msg, TAG_NEW_NAME) && record_live(&changed, r->now))
		err = subject_name_taken(r, t, proto_text(&r->msg, TAG_NEW_NAME), changed.id);
	return err;
}

int op_edit_apply(struct request *r, struct store_txn *t)
{
	struct record changed = r->subject.token;
	int err = fill_edit(r, &changed);

	if (!err)
		err = replace(r, t, &changed, EVENT_EDITED);
	if (!err && changed.expires != r->subject.token.expires)
		err = family_clip(t, &changed, changed.expires);
	return err;
}

/* ---- revoke ---- */

int op_revoke_check(struct request *r, struct store_txn *t)
{
	bool all = proto_has(&r->msg, TAG_ALL), unused = proto_has(&r->msg, TAG_UNUSED_FOR);

	if (!label_note_valid(proto_text(&r->msg, TAG_REASON)))
		return request_fail(
			r, ERR_INVALID, "reason: not of the accepted form: " LABEL_NOTE_FORM);
	if (!all && !unused)
		return subject_token(r, t, ACTION_LOOK);
	if (proto_has(&r->msg, TAG_ID) || proto_has(&r->msg, TAG_NAME) || (all && unused))
		return request_fail(
			r, ERR_INVALID, "revoke one token, or all, or the unused: one of these");
	return subject_account(r, ACTION_LOOK);
}

static struct revocation revocation_of(const struct request *r)
{
	return (struct revocation){
		.now = r->now,
		.rank = ranks[r->subject.relation],
		.by = r->subject.actor.name,
		.peer = r->peer,
		.reason = proto_text(&r->msg, TAG_REASON),
	};
}

/*
 * Of several, is it one? Of all, also what is dead already: a lower rank may have revoked it, or
 * the clock be wrong. Else what is live and was not used, or made, for so long.
 */
static int is_meant(struct request *r, struct store_txn *t, const struct record *token, bool *meant)
{
	struct usage usage;
	uint64_t last;
	int err;

	*meant = subject_owns(r, token);
	if (!*meant || proto_has(&r->msg, TAG_ALL))
		return 0;
	err = view_usage(r, t, token, &usage);
	if (err)
		return err;
	last = usage.last ? usage.last : token->created / 1000000;
	*meant = record_live(token, r->now) && last <= r->now &&
		 r->now - last >= proto_number(&r->msg, TAG_UNUSED_FOR);
	return 0;
}

static int revoke_several(struct request *r, struct store_txn *t)
{
	const struct revocation how = revocation_of(r);
	struct store_walk w;
	struct record old;
	uint64_t count = 0, changes = 0;
	int err;

	store_walk_owner(&w, r->subject.uid);
	while (!(err = store_walk_sound(t, &w, &old))) {
		struct record changed = old;
		bool did = family_mark(&changed, &how), meant;

		if ((err = is_meant(r, t, &old, &meant)))
			return err;
		if (!meant)
			continue;
		if ((err = family_revoke_told(t, &old, &how)))
			return err;
		changes += did;
		count += did && record_live(&old, r->now);
	}
	if (err != ERR_NO_TOKEN)
		return err;
	proto_begin(&r->out, VERB_OK);
	proto_put_number(&r->out, TAG_COUNT, count);
	if (changes == 0)
		return 0;
	request_event(r, EVENT_REVOKED_ALL, NULL, &r->event);
	r->event.uid = r->subject.uid;
	memcpy(r->event.owner, r->subject.owner, sizeof(r->event.owner));
	span_copy(proto_text(&r->msg, TAG_REASON), r->event.reason, sizeof(r->event.reason));
	r->event.count = count;
	return 0;
}

/* A name means all live tokens that bear it, those in their grace time too. What was renamed since
 * it was rotated is among the predecessors. */
static int revoke_namesakes(
	struct request *r, struct store_txn *t, const struct revocation *how, uint64_t *count)
{
	struct store_walk w;
	struct record token;
	int err;

	store_walk_name(&w, r->subject.uid, proto_text(&r->msg, TAG_NAME));
	while (!(err = store_walk_sound(t, &w, &token))) {
		if (!subject_owns(r, &token) || !record_live(&token, r->now))
			continue;
		if ((err = family_revoke_told(t, &token, how)))
			return err;
		++*count;
	}
	return err == ERR_NO_TOKEN ? 0 : err;
}

/* The token; by a name, all that bear it, and what they were rotated from. */
static int revoke_one(
	struct request *r, struct store_txn *t, const struct revocation *how, uint64_t *count)
{
	const struct record *token = &r->subject.token;
	int err = family_revoke(t, token, how);

	*count = token->revoked == 0;
	if (err || !proto_has(&r->msg, TAG_NAME))
		return err;
	err = revoke_namesakes(r, t, how, count);
	return err ? err : family_revoke_predecessors(t, token, how, count);
}

int op_revoke_apply(struct request *r, struct store_txn *t)
{
	const struct revocation how = revocation_of(r);
	struct record changed = r->subject.token;
	bool did = family_mark(&changed, &how);
	uint64_t count;
	int err;

	if (proto_has(&r->msg, TAG_ALL) || proto_has(&r->msg, TAG_UNUSED_FOR))
		return revoke_several(r, t);
	/* What the answer needs is asked for before anything is written. It tells what stands then:
	 * one above the token may have been meant, too. */
	proto_begin(&r->out, VERB_OK);
	err = view_put(r, t, &changed);
	if (!err)
		err = revoke_one(r, t, &how, &count);
	if (!err)
		err = store_get(t, changed.id, &r->subject.token);
	proto_begin(&r->out, VERB_OK);
	if (!err)
		err = view_put(r, t, &r->subject.token);
	if (err)
		return err;
	proto_put_number(&r->out, TAG_COUNT, count);
	if (did) {
		request_event(r, EVENT_REVOKED, &changed, &r->event);
		memcpy(r->event.reason, changed.reason, sizeof(r->event.reason));
	}
	return 0;
}

/* ---- restore ---- */

static void fill_restored(struct record *token)
{
	token->revoked = 0;
	token->revoked_rank = RANK_NONE;
	token->revoked_by[0] = token->reason[0] = '\0';
}

/* The errors of a token that would not live again; any other status is disallowed. */
static const struct {
	enum token_status status;
	int err;
} restore_errors[] = {
	{STATUS_ACTIVE, 0},
	{STATUS_ROTATED, 0},
	{STATUS_EXPIRED, ERR_EXPIRED},
	{STATUS_LOCKED, ERR_LOCKED},
	{STATUS_USED_UP, ERR_USED_UP},
};

/* Would it be accepted, now or, if it is for later, then? */
static int would_live(struct request *r, struct store_txn *t, const struct record *restored)
{
	struct account owner;
	struct use use;
	enum token_status status;
	int err = view_use(r, t, restored, &owner, &use);

	if (err)
		return err;
	if (restored->not_before > use.now)
		use.now = restored->not_before;
	status = decide_status(&use, r->why, sizeof(r->why));
	for (size_t i = 0; i < sizeof(restore_errors) / sizeof(restore_errors[0]); i++)
		if (restore_errors[i].status == status)
			return restore_errors[i].err;
	return ERR_DISALLOWED;
}

int op_restore_check(struct request *r, struct store_txn *t)
{
	struct subject *s = &r->subject;
	struct record restored;
	int err = subject_token(r, t, ACTION_WIDEN);

	if (err)
		return err;
	if (!s->token.revoked)
		return ERR_NOT_REVOKED;
	if (ranks[s->relation] < s->token.revoked_rank)
		return request_fail(r, ERR_NOT_PERMITTED,
			"revoked by %s: only who ranks as high can restore it",
			s->token.revoked_by);
	restored = s->token;
	fill_restored(&restored);
	err = would_live(r, t, &restored);
	if (err)
		return err;
	/* What does not bear its name alone, or was exchanged, takes nobody's name or place. */
	if (restored.rotated || restored.kind == KIND_EXCHANGED)
		return 0;
	err = subject_name_taken(r, t, span_of(restored.name), restored.id);
	return err ? err : subject_has_room(r, t);
}

int op_restore_apply(struct request *r, struct store_txn *t)
{
	struct record restored = r->subject.token;

	fill_restored(&restored);
	return replace(r, t, &restored, EVENT_RESTORED);
}

/* ---- delete ---- */

int op_delete_check(struct request *r, struct store_txn *t)
{
	bool dead;
	int err = subject_token(r, t, ACTION_LOOK);

	if (!err)
		err = family_dead(t, &r->subject.token, r->now, &dead);
	return err ? err : dead ? 0 : ERR_LIVE;
}

int op_delete_apply(struct request *r, struct store_txn *t)
{
	int err;

	proto_begin(&r->out, VERB_OK);
	err = view_put(r, t, &r->subject.token);
	if (err)
		return err;
	request_event(r, EVENT_DELETED, &r->subject.token, &r->event);
	return family_delete(t, &r->subject.token, r->now);
}
