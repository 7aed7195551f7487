#include "patd/ops.h"

#include <syslog.h>

#include "patd/decide.h"
#include "patd/subject.h"

int op_clock_check(struct request *r, struct store_txn *t)
{
	(void)t;
	return subject_account(r, ACTION_ALL);
}

int op_clock_apply(struct request *r, struct store_txn *t)
{
	proto_begin(&r->out, VERB_OK);
	if (decide_clock_behind(r->now, r->clock_mark))
		proto_put_number(&r->out, TAG_CLOCK_BEHIND, r->clock_mark - r->now);
	audit_begin(&r->audit, "clock_reset");
	audit_string(&r->audit, "by", r->subject.actor.name);
	audit_number(&r->audit, "from", r->clock_mark);
	audit_number(&r->audit, "to", r->now);
	r->audit_priority = LOG_NOTICE;
	r->clock_reset = true;
	return store_put_clock(t, r->now);
}
