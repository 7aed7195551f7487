#include "patd/ops.h"

#include <string.h>

#include "common/err.h"
#include "patd/subject.h"

/* Events that are looked at in one call: others wait meanwhile. */
enum { LOOKS = 64 };

/*
 * A token that is gone still has its events. Root finds them by the ID alone, others among those of
 * the account that they ask about.
 */
static int find_deleted(struct request *r, struct span id)
{
	bool anywhere = r->peer == 0 && !proto_has(&r->msg, TAG_USER);
	int err = subject_account(r, anywhere ? ACTION_ALL : ACTION_LOOK);

	if (err)
		return err;
	r->log.walk = (struct store_event_walk){.one = !anywhere, .uid = r->subject.uid};
	span_copy(id, r->log.id, sizeof(r->log.id));
	return 0;
}

static int find_token(struct request *r, struct store_txn *t)
{
	int err = subject_token(r, t, ACTION_LOOK);

	if (err == ERR_NO_TOKEN && proto_has(&r->msg, TAG_ID))
		return find_deleted(r, proto_text(&r->msg, TAG_ID));
	if (err)
		return err;
	r->log.walk = (struct store_event_walk){.one = true, .uid = r->subject.uid};
	memcpy(r->log.id, r->subject.token.id, sizeof(r->log.id));
	r->log.found = true;
	return 0;
}

static int find_account(struct request *r)
{
	bool all = proto_has(&r->msg, TAG_ALL);
	int err = subject_account(r, all ? ACTION_ALL : ACTION_LOOK);

	if (err)
		return err;
	r->log.walk = (struct store_event_walk){.one = !all, .uid = r->subject.uid};
	r->log.found = true;
	return 0;
}

int op_log_check(struct request *r, struct store_txn *t)
{
	bool token = proto_has(&r->msg, TAG_ID) || proto_has(&r->msg, TAG_NAME);
	int err;

	if (proto_has(&r->msg, TAG_ALL) && (token || proto_has(&r->msg, TAG_USER)))
		return request_fail(r, ERR_INVALID,
			"a log is of one token, of one account or of all, not two of these");
	r->log = (struct request_log){.found = false};
	err = token ? find_token(r, t) : find_account(r);
	if (err)
		return err;
	r->log.walk.seq = proto_number(&r->msg, TAG_SEQ);
	/* Who asks for what came later has been told of the rest. */
	r->log.found |= proto_has(&r->msg, TAG_SEQ);
	return 0;
}

/* Is the event for who asks? An account is its name and its uid. */
static bool concerns(const struct request *r, const struct log_event *e)
{
	if (r->log.walk.one && strcmp(e->owner, r->subject.owner) != 0)
		return false;
	return !r->log.id[0] || strcmp(e->id, r->log.id) == 0 || strcmp(e->other, r->log.id) == 0;
}

/* The next event to tell. 0, ERR_NO_TOKEN: there is none, REQUEST_NOTHING: none so far. */
static int next_told(
	struct request *r, struct store_txn *t, struct store_event_walk *w, struct log_event *e)
{
	for (int i = 0; i < LOOKS; i++) {
		int err = store_event_next(t, w, e);

		if (err)
			return err;
		if (!concerns(r, e))
			continue;
		r->log.found = true;
		if (e->time >= proto_number(&r->msg, TAG_SINCE))
			return 0;
	}
	return REQUEST_NOTHING;
}

static void put_event(struct proto_out *o, uint64_t seq, const struct log_event *e)
{
	proto_begin(o, VERB_EVENT);
	proto_put_number(o, TAG_SEQ, seq);
	proto_put_number(o, TAG_TIME, e->time);
	proto_put_string(o, TAG_EVENT, log_event_name(e->type));
	proto_put_string_if(o, TAG_ID, e->id);
	proto_put_string_if(o, TAG_NAME, e->name);
	proto_put_string_if(o, TAG_OWNER, e->owner);
	if (e->peer != EVENT_NOBODY)
		proto_put_number(o, TAG_UID, e->peer);
	proto_put_string_if(o, TAG_ACTOR, e->actor);
	proto_put_string_if(o, TAG_USER, e->user);
	proto_put_string_if(o, TAG_SERVICE, e->service);
	proto_put_string_if(o, TAG_RHOST, e->rhost);
	proto_put_string_if(o, TAG_REASON, e->reason);
	proto_put_number_if(o, TAG_COUNT, e->count);
	proto_put_string_if(o, TAG_OTHER, e->other);
	proto_put_string_if(o, TAG_SCOPES, e->scopes);
	proto_put_number_if(o, TAG_EXPIRES, e->expires);
}

/* The end of it: where a later request may go on. All up to there has been looked at. */
static int finish(struct request *r, struct store_txn *t)
{
	uint64_t last;
	int err = r->log.found ? store_event_last(t, &last) : ERR_NO_TOKEN;

	if (err)
		return err;
	proto_begin(&r->out, VERB_OK);
	proto_put_number(&r->out, TAG_SEQ, last);
	r->last = true;
	return 0;
}

int op_log_next(struct request *r, struct store_txn *t)
{
	struct store_event_walk w = r->log.walk;
	struct log_event e;
	int err = next_told(r, t, &w, &e);

	if (err == ERR_NO_TOKEN)
		return finish(r, t);
	if (err && err != REQUEST_NOTHING)
		return err;
	r->log.walk = w;
	if (!err)
		put_event(&r->out, w.seq, &e);
	return err;
}
