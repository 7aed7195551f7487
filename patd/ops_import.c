#include "patd/ops.h"

#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "patd/batch.h"
#include "patd/family.h"
#include "patd/import.h"
#include "patd/subject.h"

int op_import_check(struct request *r, struct store_txn *t)
{
	(void)t;
	return subject_account(r, ACTION_ALL);
}

/* ---- one item, looked at as it comes ---- */

static int check_record(struct request *r, const char *id, const struct proto_msg *m)
{
	const char *why = NULL;
	struct record token;
	struct usage usage;

	if (record_decode(id, proto_text(m, TAG_RECORD), &token))
		return request_fail(r, ERR_INVALID, "token %s: its record breaks a rule", id);
	if (proto_has(m, TAG_USAGE) && usage_decode(proto_text(m, TAG_USAGE), &usage))
		return request_fail(r, ERR_INVALID, "token %s: its usage breaks a rule", id);
	if (!import_valid(&token, &why))
		return request_fail(r, ERR_INVALID, "token %s: %s", id, why);
	return 0;
}

int op_import_take(struct request *r, const struct proto_msg *m)
{
	struct batch_item *item;
	char id[TOKEN_ID_LEN + 1];
	int err;

	if (!span_copy(proto_text(m, TAG_ID), id, sizeof(id)) || !id[0] ||
		proto_has(m, TAG_RECORD) == proto_has(m, TAG_DELETED))
		return request_fail(r, ERR_INVALID, "an item is neither a token nor a deleted ID");
	err = proto_has(m, TAG_RECORD) ? check_record(r, id, m) : 0;
	if (err)
		return err;
	item = batch_add(r->batch);
	memcpy(item->id, id, sizeof(item->id));
	item->record = batch_keep(r->batch, proto_text(m, TAG_RECORD));
	item->usage = batch_keep(r->batch, proto_text(m, TAG_USAGE));
	item->deleted = proto_number(m, TAG_DELETED);
	return 0;
}

/* ---- in the writing thread ---- */

static struct revocation revocation_of(const struct request *r, const struct record *file)
{
	return (struct revocation){
		.now = r->now,
		.rank = (enum rank)file->revoked_rank,
		.by = file->revoked_by,
		.peer = r->peer,
		.reason = span_of(file->reason),
	};
}

static int note_conflict(struct request *r, const char *id, const char *why)
{
	char *first = r->batch->conflict;

	r->part.conflicts++;
	if (!first[0])
		snprintf(first, sizeof(r->batch->conflict), "left out, first of all: %s, which %s",
			id, why);
	return 0;
}

/* What is below something that is revoked for good here is no better, whichever came first. */
static int revoke_below_dead(struct request *r, struct store_txn *t, const struct record *token)
{
	const struct revocation orphaned = {
		.now = r->now,
		.rank = RANK_GONE,
		.by = "patd",
		.peer = r->peer,
		.reason = SPAN("its parent was revoked"),
	};
	struct revocation how = revocation_of(r, token);
	struct record parent;
	int err;

	if (token->revoked)
		return family_revoke(t, token, &how);
	if (!token->parent[0])
		return 0;
	err = store_get(t, token->parent, &parent);
	if (err)
		return err == ERR_NO_TOKEN ? 0
					   : err; /* it may come yet; until then it is refused */
	return parent.revoked ? family_revoke_told(t, token, &orphaned) : 0;
}

/* And it lasts no longer than what is above it here, whichever came first. */
static int clip(struct store_txn *t, const struct record *token)
{
	struct record parent;
	int err = token->parent[0] ? store_get(t, token->parent, &parent) : ERR_NO_TOKEN;

	if (!err)
		err = family_clip(t, &parent, parent.expires);
	return err && err != ERR_NO_TOKEN ? err : family_clip(t, token, token->expires);
}

static int add(struct request *r, struct store_txn *t, const struct record *token,
	const struct usage *usage)
{
	int err;

	r->subject.uid = token->uid;
	memcpy(r->subject.owner, token->owner, sizeof(r->subject.owner));
	if (record_current(token, r->now) && token->kind != KIND_EXCHANGED) {
		err = subject_name_taken(r, t, span_of(token->name), token->id);
		if (err == ERR_NAME_TAKEN)
			return note_conflict(r, token->id, "bears the name of a live token here");
		if (err)
			return err;
	}
	/* Whether its account is local is found out by the sweep that follows. */
	err = store_add(t, token, false);
	if (!err && usage->last)
		err = store_put_usage(t, token->id, usage);
	if (!err)
		err = revoke_below_dead(r, t, token);
	if (!err)
		err = clip(t, token);
	r->part.count++;
	return err;
}

static int merge(struct request *r, struct store_txn *t, const struct record *here,
	const struct record *file, const struct usage *used)
{
	struct revocation how = revocation_of(r, file);
	const char *why = NULL;
	struct record merged;
	struct usage usage;
	bool revokes, later;
	enum import_verdict verdict = import_merge(here, file, &merged, &why);
	int err;

	if (verdict == IMPORT_CONFLICT)
		return note_conflict(r, here->id, why);
	err = store_get_usage(t, here->id, &usage);
	if (err)
		return err;
	revokes = import_revokes(here, file);
	if (revokes && !merged.revoked)
		merged.revoked =
			file->revoked; /* when it was, not when that came to be known here */
	later = import_usage(&usage, used);
	if (verdict == IMPORT_SAME && !revokes && !later)
		r->part.already++;
	else
		r->part.changed++;
	if (verdict == IMPORT_MERGED)
		err = store_replace(t, here, &merged);
	if (!err && later)
		err = store_put_usage(t, here->id, &usage);
	if (!err && revokes)
		err = family_revoke_told(t, &merged, &how);
	return !err && merged.expires != here->expires ? clip(t, &merged) : err;
}

static int import_token(struct request *r, struct store_txn *t, const struct batch_item *item)
{
	struct usage usage = {0};
	struct record file, here;
	int err = record_decode(item->id, item->record, &file);

	if (!err && item->usage.n)
		err = usage_decode(item->usage, &usage);
	if (err)
		return err;
	err = store_get(t, item->id, &here);
	if (!err)
		return merge(r, t, &here, &file, &usage);
	if (err != ERR_NO_TOKEN)
		return err;
	if (!store_buried(t, item->id))
		return add(r, t, &file, &usage);
	r->part.already++; /* it was deleted here: it stays so */
	return 0;
}

/* Deleted there: it goes here too, and never comes back. */
static int import_deleted(struct request *r, struct store_txn *t, const struct batch_item *item)
{
	struct log_event e;
	struct record here;
	int err = store_get(t, item->id, &here);

	if (err == ERR_NO_TOKEN) {
		*(store_buried(t, item->id) ? &r->part.already : &r->part.changed) += 1;
		return store_bury(t, item->id, item->deleted);
	}
	if (err)
		return err;
	r->part.changed++;
	request_event(r, EVENT_DELETED, &here, &e);
	strcpy(e.reason, "import");
	err = family_delete(t, &here, r->now);
	return err ? err : store_event_add(t, &e);
}

static void answer(struct request *r)
{
	struct tallied sum = request_sum(r);

	proto_begin(&r->out, VERB_OK);
	proto_put_number(&r->out, TAG_COUNT, sum.count);
	proto_put_number(&r->out, TAG_CHANGED, sum.changed);
	proto_put_number(&r->out, TAG_ALREADY, sum.already);
	proto_put_number(&r->out, TAG_CONFLICTS, sum.conflicts);
	proto_put_string_if(&r->out, TAG_MESSAGE, r->batch->conflict);
}

int op_import_apply(struct request *r, struct store_txn *t)
{
	int err = 0;

	for (size_t i = 0; i < r->batch->n && !err; i++) {
		const struct batch_item *item = &r->batch->item[i];

		err = (item->record.n ? import_token : import_deleted)(r, t, item);
	}
	if (err)
		return err;
	if (r->part.count + r->part.changed > 0) {
		request_event(r, EVENT_IMPORTED, NULL, &r->event);
		r->event.count = r->part.count + r->part.changed;
	}
	if (!r->batch->ended)
		return REQUEST_AGAIN;
	answer(r);
	r->sweep = true;
	return 0;
}
