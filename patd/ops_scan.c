#include "patd/ops.h"

#include <string.h>

#include "common/err.h"
#include "common/secret.h"
#include "patd/batch.h"
#include "patd/family.h"
#include "patd/hash.h"
#include "patd/label.h"
#include "patd/subject.h"

/* Whoever holds a secret may end it: nobody is asked who they are, but for the log. */
int op_scan_check(struct request *r, struct store_txn *t)
{
	(void)t;
	if (!label_note_valid(proto_text(&r->msg, TAG_REASON)))
		return request_fail(
			r, ERR_INVALID, "reason: not of the accepted form: " LABEL_NOTE_FORM);
	return subject_caller(r);
}

/* Of the secret only its hash is kept, so that none waits in memory for the writing thread. */
int op_scan_take(struct request *r, const struct proto_msg *m)
{
	struct span text = proto_text(m, TAG_TOKEN);
	struct batch_item *item;
	struct token token;

	if (!token_parse(text.p, text.n, &token))
		return request_fail(r, ERR_INVALID, "an item is no token");
	item = batch_add(r->batch);
	memcpy(item->id, token.id, sizeof(item->id));
	hash_secret(&token, item->hash);
	secret_wipe(&token, sizeof(token));
	return 0;
}

static struct revocation revocation_of(const struct request *r)
{
	struct span reason = proto_text(&r->msg, TAG_REASON);

	return (struct revocation){
		.now = r->now,
		/* It has leaked: its owner, or a thief in their name, does not bring it back. */
		.rank = RANK_ROOT,
		.by = r->subject.actor.name,
		.peer = r->peer,
		.reason = reason.n ? reason : SPAN("found by revoke --stdin"),
	};
}

/* An unknown ID and a wrong secret are the same, after the same work. */
static int judge(struct request *r, struct store_txn *t, const struct batch_item *item,
	const struct revocation *how)
{
	struct record token;
	int err = store_get(t, item->id, &token);
	bool right = hash_same(item->hash, err ? NULL : token.hash);

	if (err && err != ERR_NO_TOKEN)
		return err;
	if (!right)
		r->part.unknown++;
	else if (token.revoked)
		r->part.already++;
	else
		r->part.count++;
	return right ? family_revoke_told(t, &token, how) : 0;
}

int op_scan_apply(struct request *r, struct store_txn *t)
{
	const struct revocation how = revocation_of(r);
	struct tallied sum;
	int err = 0;

	for (size_t i = 0; i < r->batch->n && !err; i++)
		err = judge(r, t, &r->batch->item[i], &how);
	if (err)
		return err;
	if (r->part.count > 0) {
		request_event(r, EVENT_REVOKED_ALL, NULL, &r->event);
		span_copy(how.reason, r->event.reason, sizeof(r->event.reason));
		r->event.count = r->part.count;
	}
	if (!r->batch->ended)
		return REQUEST_AGAIN;
	sum = request_sum(r);
	proto_begin(&r->out, VERB_OK);
	proto_put_number(&r->out, TAG_COUNT, sum.count);
	proto_put_number(&r->out, TAG_ALREADY, sum.already);
	proto_put_number(&r->out, TAG_UNKNOWN, sum.unknown);
	return 0;
}
