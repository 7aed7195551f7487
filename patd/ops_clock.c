#include "patd/ops.h"

#include <stdio.h>

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
	request_event(r, EVENT_CLOCK_RESET, NULL, &r->event);
	snprintf(r->event.reason, sizeof(r->event.reason), "from %llu to %llu",
		(unsigned long long)r->clock_mark, (unsigned long long)r->now);
	r->clock_reset = true;
	return store_put_clock(t, r->now);
}
