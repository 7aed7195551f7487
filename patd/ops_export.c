#include "patd/ops.h"

#include <string.h>

#include "common/err.h"
#include "patd/subject.h"
#include "patd/view.h"

int op_export_check(struct request *r, struct store_txn *t)
{
	(void)t;
	store_walk_all(&r->walk);
	r->deleted[0] = '\0';
	return subject_account(r, ACTION_ALL);
}

/* Verifiers leave the store: that is put on record before the first does. */
int op_export_apply(struct request *r, struct store_txn *t)
{
	(void)t;
	request_event(r, EVENT_EXPORTED, NULL, &r->event);
	return 0;
}

static int put_token(struct request *r, struct store_txn *t, const struct record *token)
{
	uint8_t record[LIMIT_RECORD], usage[USAGE_BYTES] = {0};
	struct usage used;
	int err = view_usage(r, t, token, &used);

	if (err)
		return err;
	proto_begin(&r->out, VERB_ITEM);
	proto_put_text(&r->out, TAG_ID, (struct span){token->id, TOKEN_ID_LEN});
	proto_put_text(&r->out, TAG_RECORD,
		(struct span){(const char *)record, record_encode(token, record)});
	proto_put_text(
		&r->out, TAG_USAGE, (struct span){(const char *)usage, usage_encode(&used, usage)});
	r->sum.count++;
	return 0;
}

static int put_deleted(struct request *r, struct store_txn *t)
{
	uint64_t when;
	int err = store_next_tombstone(t, r->deleted, &when);

	if (err == ERR_NO_TOKEN) {
		proto_begin(&r->out, VERB_OK);
		proto_put_number(&r->out, TAG_COUNT, r->sum.count);
		r->last = true;
		return 0;
	}
	if (err)
		return err;
	proto_begin(&r->out, VERB_ITEM);
	proto_put_text(&r->out, TAG_ID, (struct span){r->deleted, TOKEN_ID_LEN});
	proto_put_number(&r->out, TAG_DELETED, when);
	return 0;
}

int op_export_next(struct request *r, struct store_txn *t)
{
	struct record token;
	int err = r->deleted[0] ? ERR_NO_TOKEN : store_walk_next(t, &r->walk, &token);

	if (err == ERR_NO_TOKEN)
		return put_deleted(r, t);
	return err ? err : put_token(r, t, &token);
}
