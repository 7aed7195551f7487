#include "patd/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "patd/batch.h"
#include "patd/names_cache.h"

void request_reset(struct request *r)
{
	r->answered = false;
	r->reauth_needed = false;
	r->reused = false;
	r->clock_reset = false;
	r->sweep = false;
	r->part = (struct tallied){0};
	r->counted[0] = '\0';
	r->login.id[0] = '\0';
	r->last = false;
	r->why[0] = '\0';
	r->event.type = EVENT_NONE;
}

struct tallied request_sum(const struct request *r)
{
	return (struct tallied){
		.count = r->sum.count + r->part.count,
		.changed = r->sum.changed + r->part.changed,
		.already = r->sum.already + r->part.already,
		.unknown = r->sum.unknown + r->part.unknown,
		.conflicts = r->sum.conflicts + r->part.conflicts,
	};
}

void request_settle(struct request *r)
{
	r->sum = request_sum(r);
	r->part = (struct tallied){0};
	r->walk = r->ahead;
	r->parts++;
	if (r->batch)
		batch_clear(r->batch);
}

void request_end(struct request *r)
{
	batch_free(r->batch);
	r->batch = NULL;
}

static const struct account *keep(
	struct request *r, const struct account_query *q, const struct account *account)
{
	struct request_answer *a = &r->answers[r->answer_count++ % REQUEST_ANSWERS];

	a->query = *q;
	a->account = *account;
	return &a->account;
}

int request_account(struct request *r, const struct account_query *q, const struct account **out)
{
	unsigned n = r->answer_count < REQUEST_ANSWERS ? r->answer_count : REQUEST_ANSWERS;
	const struct account *cached;

	for (unsigned i = 0; i < n; i++) {
		if (!account_query_same(&r->answers[i].query, q))
			continue;
		*out = &r->answers[i].account;
		return 0;
	}
	cached = r->names ? names_cached(r->names, q) : NULL;
	if (!cached) {
		r->want = *q;
		return REQUEST_ASK;
	}
	*out = keep(r, q, cached);
	return 0;
}

int request_account_named(struct request *r, struct span name, const struct account **out)
{
	static const struct account absent = {.state = ACCOUNT_ABSENT};
	struct account_query q;

	if (names_query_name(name.p, name.n, &q))
		return request_account(r, &q, out);
	*out = &absent;
	return 0;
}

void request_answered(struct request *r, const struct account *account)
{
	keep(r, &r->want, account);
}

void request_forget(struct request *r)
{
	r->answer_count = 0;
}

void request_event(const struct request *r, enum event_type type, const struct record *token,
	struct log_event *out)
{
	*out = (struct log_event){.type = (uint8_t)type, .time = r->now, .peer = r->peer};
	out->uid = EVENT_NOBODY;
	memcpy(out->actor, r->subject.actor.name, sizeof(out->actor));
	if (token)
		log_event_about(out, token);
}

int request_fail(struct request *r, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->why, sizeof(r->why), format, args);
	va_end(args);
	return err;
}
