#include "patd/ops.h"

#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "patd/family.h"
#include "patd/handover.h"
#include "patd/store_session.h"
#include "patd/subject.h"

/* Sessions that are looked at before others have their turn. */
enum { LOOKS = 64 };

/* ---- what the module tells ---- */

/* The process that asks, as it says itself; it is root's, and the kernel knows it by that pid. */
static int find_opener(const struct request *r, struct process *out)
{
	struct process p;

	if (r->peer != 0)
		return ERR_NOT_PERMITTED;
	if (process_decode(proto_text(&r->msg, TAG_PROCESS), &p))
		return ERR_INVALID;
	if (p.pid != (uint32_t)r->peer_pid)
		return ERR_NOT_PERMITTED;
	*out = p;
	return 0;
}

/* The login that the session comes of is this request's from here on, unless it fails. */
static int claim(struct request *r, const struct process *opener)
{
	if (!r->claimed && r->handovers)
		r->claimed = handovers_claim(r->handovers, opener, proto_text(&r->msg, TAG_ID).p,
			proto_text(&r->msg, TAG_USER), r->now);
	return r->claimed ? 0 : ERR_NO_SESSION;
}

/* The token that the login was with: deleted or revoked since, itself or above, it opens nothing.
 */
static int find_token(struct request *r, struct store_txn *t, struct lineage *above)
{
	struct record *token = &r->subject.token;
	int err = store_get(t, proto_text(&r->msg, TAG_ID).p, token);
	bool revoked;

	if (!err)
		err = family_lineage(t, token, above);
	if (err)
		return err == ERR_NO_TOKEN ? ERR_REVOKED : err;
	revoked = above->broken || token->revoked_rank;
	for (size_t i = 0; i < above->n; i++)
		revoked |= above->kin[i].token.revoked_rank != 0;
	return revoked ? ERR_REVOKED : 0;
}

/* One token's sessions leave room for those of others. */
static int has_room(struct store_txn *t, const char *id)
{
	struct session s = {0};
	uint64_t count;
	int err = store_count_sessions(t, &count);

	if (!err && count >= LIMIT_SESSIONS)
		return ERR_LIMIT;
	memcpy(s.id, id, sizeof(s.id));
	for (count = 0; !err && strcmp(s.id, id) == 0; count++)
		err = store_next_session(t, &s);
	if (err && err != ERR_NO_TOKEN)
		return err;
	return count > LIMIT_SESSIONS_TOKEN ? ERR_LIMIT : 0;
}

static void fill_session(
	struct request *r, const struct process *opener, const struct lineage *above)
{
	const struct record *token = &r->subject.token;
	struct session *s = &r->session;

	*s = (struct session){
		.opened = r->now,
		.opener = *opener,
		/* A login of its own has been given another audit session since. */
		.nested = r->claimed->handover.process.session == opener->session,
		.uid = token->uid,
		.above_count = (uint8_t)above->n,
	};
	for (size_t i = 0; i < above->n; i++)
		memcpy(s->above[i], above->kin[i].token.id, sizeof(s->above[i]));
	memcpy(s->id, token->id, sizeof(s->id));
	memcpy(s->owner, token->owner, sizeof(s->owner));
	memcpy(s->name, token->name, sizeof(s->name));
	span_copy(proto_text(&r->msg, TAG_USER), s->user, sizeof(s->user));
	span_copy(proto_text(&r->msg, TAG_SERVICE), s->service, sizeof(s->service));
	span_copy(proto_text(&r->msg, TAG_RHOST), s->rhost, sizeof(s->rhost));
}

static void session_event(
	const struct request *r, enum event_type type, const struct session *s, struct log_event *e)
{
	request_event(r, type, NULL, e);
	e->uid = s->uid;
	memcpy(e->id, s->id, sizeof(e->id));
	memcpy(e->name, s->name, sizeof(e->name));
	memcpy(e->owner, s->owner, sizeof(e->owner));
	memcpy(e->user, s->user, sizeof(e->user));
	memcpy(e->service, s->service, sizeof(e->service));
	memcpy(e->rhost, s->rhost, sizeof(e->rhost));
}

int op_session_open_check(struct request *r, struct store_txn *t)
{
	struct process opener;
	struct lineage above;
	int err;

	/* `revoke --kill` may be waiting behind this to find the session. */
	if (r->told) {
		session_event(r, EVENT_SESSION_OPENED, &r->session, &r->event);
		return 0;
	}
	err = find_opener(r, &opener);
	if (!err)
		err = claim(r, &opener);
	if (!err)
		err = find_token(r, t, &above);
	if (!err)
		err = has_room(t, r->subject.token.id);
	if (err)
		return err;
	fill_session(r, &opener, &above);
	proto_begin(&r->out, VERB_OK);
	proto_put_string(&r->out, TAG_ID, r->session.id);
	proto_put_string(&r->out, TAG_NAME, r->session.name);
	session_event(r, EVENT_SESSION_OPENED, &r->session, &r->event);
	return 0;
}

int op_session_open_apply(struct request *r, struct store_txn *t)
{
	int err = store_del_handover(t, &r->claimed->handover.process);

	return err ? err : store_put_session(t, &r->session);
}

/* The session of the token that the process has opened. */
static int find_session(
	struct request *r, struct store_txn *t, const struct process *opener, struct session *out)
{
	struct session s = {0};
	int err;

	span_copy(proto_text(&r->msg, TAG_ID), s.id, sizeof(s.id));
	while (!(err = store_next_session(t, &s)) && span_is(proto_text(&r->msg, TAG_ID), s.id)) {
		if (s.opener.pid != opener->pid || s.opener.start != opener->start)
			continue;
		*out = s;
		return 0;
	}
	return err ? err : ERR_NO_TOKEN;
}

int op_session_close_check(struct request *r, struct store_txn *t)
{
	struct process opener;
	int err = find_opener(r, &opener);

	if (err)
		return err;
	proto_begin(&r->out, VERB_OK);
	err = find_session(r, t, &opener, &r->session);
	if (!err)
		session_event(r, EVENT_SESSION_CLOSED, &r->session, &r->event);
	/* Not written yet, or ended by somebody else meanwhile: that is what was wanted. */
	r->found = !err;
	return err == ERR_NO_TOKEN ? 0 : err;
}

int op_session_close_apply(struct request *r, struct store_txn *t)
{
	return r->found ? store_del_session(t, &r->session) : 0;
}

/* ---- what people ask ---- */

int op_sessions_apply(struct request *r, struct store_txn *t)
{
	(void)r;
	(void)t;
	return 0;
}

int op_sessions_check(struct request *r, struct store_txn *t)
{
	bool all = proto_has(&r->msg, TAG_ALL);

	(void)t;
	if (all && proto_has(&r->msg, TAG_USER))
		return request_fail(
			r, ERR_INVALID, "sessions are of one account or of all, not both");
	r->session = (struct session){.opened = 0};
	return subject_account(r, all ? ACTION_ALL : ACTION_LOOK);
}

int op_kill_check(struct request *r, struct store_txn *t)
{
	bool named = proto_has(&r->msg, TAG_ID) || proto_has(&r->msg, TAG_NAME);

	r->session = (struct session){.opened = 0};
	r->count = 0;
	r->row = 0;
	if (!proto_has(&r->msg, TAG_ALL))
		return subject_token(r, t, ACTION_LOOK);
	if (named)
		return request_fail(r, ERR_INVALID, "sessions of one token or of all, not both");
	return subject_account(r, ACTION_LOOK);
}

static bool is_owned(const struct request *r, const struct session *s)
{
	return s->uid == r->subject.uid && strcmp(s->owner, r->subject.owner) == 0;
}

/*
 * Does the token `id` end with `target`: is it that one, exchanged from it or from one that does,
 * or rotated to it? Of a token that was deleted nobody knows what it was rotated to.
 */
static bool ends_with(struct store_txn *t, const char *id, const char *target, int steps)
{
	struct record token;

	if (strcmp(id, target) == 0)
		return true;
	if (steps == 0 || store_get(t, id, &token))
		return false;
	return (token.parent[0] && ends_with(t, token.parent, target, steps - 1)) ||
	       (token.successor[0] && ends_with(t, token.successor, target, steps - 1));
}

static bool session_ends_with(struct store_txn *t, const struct session *s, const char *target)
{
	enum { STEPS = LIMIT_DEPTH + LIMIT_FAMILY };
	bool ends = ends_with(t, s->id, target, STEPS);

	for (size_t i = 0; i < s->above_count && !ends; i++)
		ends = ends_with(t, s->above[i], target, STEPS);
	return ends;
}

static bool is_meant(struct request *r, struct store_txn *t, const struct session *s)
{
	if (r->msg.verb == VERB_SESSIONS)
		return proto_has(&r->msg, TAG_ALL) || is_owned(r, s);
	if (proto_has(&r->msg, TAG_ALL))
		return is_owned(r, s);
	return session_ends_with(t, s, r->subject.token.id);
}

/*
 * The next session that the request is about, behind r->session. REQUEST_NOTHING: it was not among
 * as many as others may wait for; r->session stands there.
 */
static int next_session(struct request *r, struct store_txn *t, struct session *out)
{
	for (int i = 0; i < LOOKS; i++) {
		int err = store_next_session(t, &r->session);

		if (err)
			return err;
		if (is_meant(r, t, &r->session)) {
			*out = r->session;
			return 0;
		}
	}
	return REQUEST_NOTHING;
}

static int ask_parent(struct request *r, enum control_type type, const struct session *s)
{
	r->asked = *s;
	r->errand = (struct control){
		.type = (uint8_t)type, .process = s->opener, .nested = s->nested, .uid = s->uid};
	return REQUEST_ERRAND;
}

/* What the parent has answered about, as it was: the store may know no more of it. */
static bool take_answer(struct request *r, struct session *out)
{
	if (!r->errand_done)
		return false;
	r->errand_done = false;
	*out = r->asked;
	return true;
}

static void put_session(struct request *r, const struct session *s, const char *state)
{
	proto_begin(&r->out, VERB_SESSION);
	proto_put_string(&r->out, TAG_ID, s->id);
	proto_put_string(&r->out, TAG_NAME, s->name);
	proto_put_string(&r->out, TAG_OWNER, s->owner);
	proto_put_string(&r->out, TAG_USER, s->user);
	proto_put_string(&r->out, TAG_SERVICE, s->service);
	proto_put_number(&r->out, TAG_TIME, s->opened);
	proto_put_number(&r->out, TAG_PID, s->opener.pid);
	proto_put_string_if(&r->out, TAG_RHOST, s->rhost);
	if (state)
		proto_put_string(&r->out, TAG_STATE, state);
}

/* Those whose opener lives; of the others reaper.c makes an end. */
int op_sessions_next(struct request *r, struct store_txn *t)
{
	struct session s;
	int err;

	if (take_answer(r, &s)) {
		r->session = s;
		if (r->errand.err != ERR_NO_SESSION) {
			put_session(r, &s, NULL);
			return 0;
		}
	}
	err = next_session(r, t, &s);
	if (!err)
		return ask_parent(r, CONTROL_LIVE, &s);
	if (err != ERR_NO_TOKEN)
		return err;
	proto_begin(&r->out, VERB_OK);
	r->last = true;
	return 0;
}

static int tell_killed(struct request *r, const struct session *s)
{
	const struct control *result = &r->errand;
	const char *state = result->message[0] ? result->message : err_text(result->err);

	if (result->err == 0) {
		session_event(r, EVENT_SESSION_KILLED, s, &r->event);
		snprintf(r->event.reason, sizeof(r->event.reason), "%.*s", LIMIT_REASON, state);
		r->count++;
	}
	put_session(r, s, state);
	return 0;
}

/* What runs besides, but for whoever asks: a row each; then the end. */
static int tell_others(struct request *r)
{
	const struct control *told = &r->errand;
	char pid[16];

	if (r->row < told->other_count && told->others[r->row].pid == (uint32_t)r->peer_pid)
		r->row++;
	if (r->row < told->other_count) {
		snprintf(pid, sizeof(pid), "%u", told->others[r->row].pid);
		proto_begin(&r->out, VERB_ROW);
		proto_put_string(&r->out, TAG_KEY, pid);
		proto_put_string(&r->out, TAG_VALUE, told->others[r->row].name);
		r->row++;
		return 0;
	}
	proto_begin(&r->out, VERB_OK);
	proto_put_number(&r->out, TAG_COUNT, r->count);
	if (told->others_more)
		request_fail(r, 0, "and %u more processes", told->others_more);
	else if (told->err)
		request_fail(r, 0, "what else runs is not known: %s", err_text(told->err));
	proto_put_string_if(&r->out, TAG_MESSAGE, r->why);
	r->last = true;
	return 0;
}

int op_kill_next(struct request *r, struct store_txn *t)
{
	struct session s;
	int err;

	if (take_answer(r, &s)) {
		if (!s.id[0])
			return tell_others(r);
		r->session = s;
		if (r->errand.err != ERR_NO_SESSION)
			return tell_killed(r, &s);
	}
	if (r->row > 0)
		return tell_others(r);
	err = next_session(r, t, &s);
	if (!err)
		return ask_parent(r, CONTROL_KILL, &s);
	if (err != ERR_NO_TOKEN)
		return err;
	s = (struct session){.uid = r->subject.uid};
	return ask_parent(r, CONTROL_OTHERS, &s);
}
