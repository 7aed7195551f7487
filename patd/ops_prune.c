#include "patd/ops.h"

#include <string.h>

#include "common/err.h"
#include "patd/prune.h"
#include "patd/subject.h"
#include "patd/view.h"

/* Tokens looked at for one packet: the loop has others to serve. */
enum { AT_ONCE = 16 };

static struct prune_rule rule_of(const struct request *r)
{
	return (struct prune_rule){
		.now = r->now,
		.expired = proto_has(&r->msg, TAG_EXPIRED_FOR),
		.revoked = proto_has(&r->msg, TAG_REVOKED_FOR),
		.expired_for = proto_number(&r->msg, TAG_EXPIRED_FOR),
		.revoked_for = proto_number(&r->msg, TAG_REVOKED_FOR),
	};
}

int op_prune_check(struct request *r, struct store_txn *t)
{
	bool all = proto_has(&r->msg, TAG_ALL);
	struct prune_rule rule = rule_of(r);
	int err;

	(void)t;
	if (all && proto_has(&r->msg, TAG_USER))
		return request_fail(r, ERR_INVALID, "prune is of one account or of all, not both");
	if (!rule.expired && !rule.revoked)
		return request_fail(
			r, ERR_INVALID, "prune needs to be told what: expired, revoked");
	err = subject_account(r, all ? ACTION_ALL : ACTION_LOOK);
	if (err)
		return err;
	if (r->parts == 0 && all)
		store_walk_all(&r->walk);
	else if (r->parts == 0)
		store_walk_owner(&r->walk, r->subject.uid);
	r->answered = proto_has(&r->msg, TAG_DRY_RUN); /* by what next finds */
	return 0;
}

static void put_event(struct request *r, bool all, uint64_t count)
{
	request_event(r, EVENT_PRUNED, NULL, &r->event);
	r->event.count = count;
	if (all)
		return;
	r->event.uid = r->subject.uid;
	memcpy(r->event.owner, r->subject.owner, sizeof(r->event.owner));
}

int op_prune_apply(struct request *r, struct store_txn *t)
{
	bool all = proto_has(&r->msg, TAG_ALL);
	struct prune p = {
		.rule = rule_of(r),
		.owner = all ? NULL : r->subject.owner,
		.uid = r->subject.uid,
	};
	struct pruned did;
	int err;

	request_event(r, EVENT_PRUNED, NULL, &p.event);
	r->ahead = r->walk;
	err = prune_some(t, &p, &r->ahead, &did);
	if (err)
		return err;
	r->part.count = did.count;
	if (did.count > 0)
		put_event(r, all, did.count);
	if (did.more)
		return REQUEST_AGAIN;
	proto_begin(&r->out, VERB_OK);
	proto_put_number(&r->out, TAG_COUNT, request_sum(r).count);
	r->answered = true;
	return 0;
}

/* The next one that would go, of a few; the walk moves only when its packet is made. */
static int next_dead(
	struct request *r, struct store_txn *t, struct store_walk *w, struct record *token)
{
	struct prune_rule rule = rule_of(r);
	bool all = proto_has(&r->msg, TAG_ALL);

	for (int i = 0; i < AT_ONCE; i++) {
		int err = store_walk_next(t, w, token);

		if (err)
			return err;
		if ((all || subject_owns(r, token)) && prune_matches(token, &rule))
			return 0;
	}
	return REQUEST_NOTHING;
}

int op_prune_next(struct request *r, struct store_txn *t)
{
	struct store_walk w = r->walk;
	struct record token;
	int err = next_dead(r, t, &w, &token);

	if (err == ERR_NO_TOKEN) {
		proto_begin(&r->out, VERB_OK);
		proto_put_number(&r->out, TAG_COUNT, r->sum.count);
		r->last = true;
		return 0;
	}
	if (!err) {
		proto_begin(&r->out, VERB_MORE);
		err = view_put(r, t, &token);
		r->sum.count += !err;
	}
	if (!err || err == REQUEST_NOTHING)
		r->walk = w;
	return err;
}
