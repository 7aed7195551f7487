#include "patd/ops.h"

#include "common/err.h"
#include "patd/decide.h"
#include "patd/subject.h"
#include "patd/view.h"

int op_list_check(struct request *r, struct store_txn *t)
{
	bool all = proto_has(&r->msg, TAG_ALL);
	int err;

	(void)t;
	if (all && proto_has(&r->msg, TAG_USER))
		return request_fail(r, ERR_INVALID, "list is of one account or of all, not both");
	err = subject_account(r, all ? ACTION_ALL : ACTION_LOOK);
	if (err)
		return err;
	if (all)
		store_walk_all(&r->walk);
	else
		store_walk_owner(&r->walk, r->subject.uid);
	return 0;
}

/* The next token that the list is of; the walk in r moves only when its packet is made. */
static int next_listed(
	struct request *r, struct store_txn *t, struct store_walk *w, struct record *out)
{
	int err;

	do {
		err = store_walk_next(t, w, out);
	} while (!err && !proto_has(&r->msg, TAG_ALL) && !subject_owns(r, out));
	return err;
}

int op_list_next(struct request *r, struct store_txn *t)
{
	struct store_walk w = r->walk;
	struct record token;
	int err = next_listed(r, t, &w, &token);

	if (err == ERR_NO_TOKEN) {
		proto_begin(&r->out, VERB_OK);
		r->last = true;
		return 0;
	}
	if (err)
		return err;
	proto_begin(&r->out, VERB_MORE);
	err = view_put(r, t, &token);
	if (!err)
		r->walk = w;
	return err;
}

int op_show(struct request *r, struct store_txn *t)
{
	int err = subject_token(r, t, ACTION_LOOK);

	if (err)
		return err;
	proto_begin(&r->out, VERB_OK);
	return view_put(r, t, &r->subject.token);
}

int op_status(struct request *r, struct store_txn *t)
{
	struct store_stat st;
	int err = store_stat(t, &st);

	if (err)
		return err;
	proto_begin(&r->out, VERB_OK);
	proto_put_string(&r->out, TAG_DAEMON, PAT_VERSION);
	if (decide_clock_behind(r->now, r->clock_mark))
		proto_put_number(&r->out, TAG_CLOCK_BEHIND, r->clock_mark - r->now);
	/* How many tokens a system has is its administrator's business. */
	if (r->peer == 0) {
		proto_put_number(&r->out, TAG_STARTED, r->started);
		proto_put_number(&r->out, TAG_COUNT, st.tokens);
		proto_put_number(&r->out, TAG_STORE_BYTES, st.bytes);
	}
	return 0;
}
