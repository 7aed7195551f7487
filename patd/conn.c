#include "patd/conn.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/err.h"
#include "common/secret.h"
#include "patd/audit.h"
#include "patd/dispatch.h"
#include "patd/handover.h"
#include "patd/intake.h"
#include "patd/journal.h"
#include "patd/locked.h"
#include "patd/peer.h"
#include "patd/sweep.h"
#include "patd/tally.h"
#include "patd/timer.h"

enum state {
	CONN_NEW,
	CONN_READING,
	CONN_ASKING,
	CONN_REAUTH,
	CONN_RECEIVING,
	CONN_WRITING,
	CONN_SENDING
};

/* Packets of a stream that are made in one read transaction, before others get their turn. */
enum { PAGE = 64 };

struct conn {
	struct server *server;
	struct conn *next, **prev;
	int fd;
	struct errand errand;
	enum state state;
	enum place place; /* PLACES: none */
	uid_t bucket;	  /* the uid that it is counted under there */
	bool abandoned;	  /* its time ended while the writing thread had it */
	size_t pending;	  /* length of a packet in r.out that is not sent yet */
	const struct operation *op;
	struct event *readable, *writable, *timer;
	struct names_wait wait;
	struct commit_job job;
	struct request r;
	uint8_t packet[LIMIT_PACKET];
};

static void conn_run(struct conn *c);
static void conn_pump(struct conn *c);

/* ---- making and ending ---- */

static void set_now(struct conn *c)
{
	c->r.now = clock_now();
	c->r.clock_mark = tally_clock(c->server->tally, c->r.now);
}

static void leave_place(struct conn *c)
{
	if (c->place != PLACES)
		caps_release(&c->server->caps, c->place, c->bucket);
	c->place = PLACES;
}

/* Leaves the place that it had, if any, for another; false: there is no room. */
static bool take_place(struct conn *c, enum place place, uid_t bucket)
{
	leave_place(c);
	if (!caps_take(&c->server->caps, place, bucket))
		return false;
	c->place = place;
	c->bucket = bucket;
	return true;
}

static void conn_end(struct conn *c)
{
	struct event *events[] = {c->readable, c->writable, c->timer};
	struct server *s = c->server;

	names_forget(s->names, &c->wait);
	errand_cancel(&s->errands, &c->errand);
	if (c->r.claimed)
		handovers_return(s->handovers, c->r.claimed);
	c->server->told -= c->r.told;
	leave_place(c);
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	close(c->fd);
	config_unref(c->r.config);
	request_end(&c->r);
	locked_give(&s->conn_memory, c, sizeof(*c));
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)events;
	/* The writing thread has our memory: it gives it back soon. */
	if (c->state == CONN_WRITING)
		c->abandoned = true;
	else
		conn_end(c);
}

/* ---- sending ---- */

/* True once the packet in r.out is with the kernel; false: wait, or the connection has ended. */
static bool conn_flush(struct conn *c)
{
	ssize_t n = send(c->fd, c->r.out.packet, c->pending, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n == (ssize_t)c->pending) {
		c->pending = 0;
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		event_add(c->writable, NULL);
	else
		conn_end(c);
	return false;
}

static void on_writable(evutil_socket_t fd, short events, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)events;
	if (c->pending && !conn_flush(c))
		return;
	if (c->op && c->op->next && !c->r.last)
		conn_pump(c);
	else
		conn_end(c);
}

/* Sends what is in r.out as the last packet, and ends. */
static void conn_send_last(struct conn *c, size_t n)
{
	c->state = CONN_SENDING;
	c->pending = n;
	c->r.last = true;
	if (n == 0)
		conn_end(c);
	else if (conn_flush(c))
		conn_end(c);
}

static void conn_error(struct conn *c, int err)
{
	conn_send_last(c, proto_error(&c->r.out, err, c->r.why[0] ? c->r.why : NULL));
}

/* Refusals are free: the log must not grow as fast as a uid can ask. */
static bool may_log_refusal(struct conn *c)
{
	struct server *s = c->server;
	size_t i = c->bucket % (sizeof(s->refusals) / sizeof(s->refusals[0]));
	uint64_t minute = c->r.now / 60;

	if (c->r.peer == 0)
		return true;
	if (s->refusals[i].minute != minute)
		s->refusals[i].lines = 0;
	s->refusals[i].minute = minute;
	/* One more than the limit is counted, when that is told. */
	if (s->refusals[i].lines > LIMIT_REFUSALS_LOGGED)
		return false;
	if (s->refusals[i].lines++ < LIMIT_REFUSALS_LOGGED)
		return true;
	audit_say(LOG_NOTICE, "uid %u is refused so often that no more is logged this minute",
		c->r.peer);
	return false;
}

/* Tells the log what happened, if that came true, and puts it on record; a deed is there already.
 */
static void tell_event(struct conn *c, int err)
{
	const struct log_event *e = &c->r.event;

	if (e->type == EVENT_NONE || log_event_refusal(e->type) != (err != 0))
		return;
	if (!err || may_log_refusal(c))
		log_event_tell(e);
	if (journal_add(c->server->journal, e))
		tally_hurry(c->server->tally);
}

/* What happened on the way of a stream. */
static void tell_once(struct conn *c)
{
	tell_event(c, 0);
	c->r.event.type = EVENT_NONE;
}

/* The session that a login was claimed for is recorded. */
static void use_up_login(struct conn *c)
{
	if (c->r.claimed)
		handovers_done(c->r.claimed);
	c->r.claimed = NULL;
}

/* What follows from the result, whether or not anyone is there to be told. */
static void conn_settle(struct conn *c, int err)
{
	struct request *r = &c->r;
	/* Where an owner's own process says that it is used proves nothing. */
	bool claim = r->peer != 0 && r->peer == r->subject.token.uid;

	if (err == ERR_STORE && may_log_refusal(c))
		audit_say(LOG_ERR, "%s for uid %u: the store failed", c->op->name, r->peer);
	tell_event(c, err);
	if (!err && r->counted[0])
		tally_count(c->server->tally, r->counted, r->now,
			claim ? span_of("") : proto_text(&r->msg, TAG_SERVICE),
			claim ? span_of("") : proto_text(&r->msg, TAG_RHOST));
	if (!err && r->login.id[0])
		handovers_add(c->server->handovers, &r->login);
	if (!err && r->clock_reset)
		tally_reset_clock(c->server->tally, r->now);
	if (!err && r->sweep)
		sweep_start(c->server->sweep);
}

/* The end of a unary request: what happened is logged, then told. */
static void conn_finish(struct conn *c, int err)
{
	struct request *r = &c->r;
	size_t n;

	conn_settle(c, err);
	if (c->r.told) {
		if (err)
			audit_say(LOG_ERR, "%s: not recorded: %s", c->op->name, err_text(err));
		conn_end(c);
		return;
	}
	if (err) {
		conn_error(c, err);
		return;
	}
	n = proto_end(&r->out);
	if (n == 0) {
		audit_say(LOG_ERR, "%s for uid %u: the answer is no message", c->op->name, r->peer);
		conn_error(c, ERR_STORE);
		return;
	}
	conn_send_last(c, n);
}

/* ---- waiting for others ---- */

static void on_account(void *arg, const struct account *account)
{
	struct conn *c = arg;

	request_answered(&c->r, account);
	if (c->op->next && c->state == CONN_SENDING)
		conn_pump(c);
	else
		conn_run(c);
}

/* Gets the answer to r.want, from the cache or by asking; false if it is on its way or failed. */
static bool conn_ask(struct conn *c)
{
	const struct account *cached = names_cached(c->server->names, &c->r.want);

	c->r.want.first = c->r.peer == 0;
	if (cached) {
		request_answered(&c->r, cached);
		return true;
	}
	c->wait.answered = on_account;
	c->wait.arg = c;
	if (names_ask(c->server->names, &c->r.want, &c->wait))
		conn_finish(c, ERR_NAMES);
	return false;
}

static void on_reauthenticated(void *arg, const struct control *result)
{
	struct conn *c = arg;
	int err = result->err;

	c->state = CONN_ASKING;
	c->r.event.type = EVENT_NONE;
	if (!err) {
		c->r.reauthenticated = true;
		/* Minutes may have passed at the prompt: ask again who is who. */
		request_forget(&c->r);
		conn_run(c);
		return;
	}
	request_fail(&c->r, err, "%s", result->message);
	set_now(c);
	request_event(&c->r, EVENT_REAUTHENTICATION_FAILED, NULL, &c->r.event);
	c->r.event.uid = c->r.subject.actor.uid;
	memcpy(c->r.event.owner, c->r.subject.actor.name, sizeof(c->r.event.owner));
	strcpy(c->r.event.reason, err_info(err)->json);
	conn_finish(c, err);
}

static void conn_reauthenticate(struct conn *c)
{
	static const struct control m = {.type = CONTROL_REAUTH};
	struct server *s = c->server;

	c->errand.done = on_reauthenticated;
	c->errand.arg = c;
	if (errand_send(&s->errands, &c->errand, &m, c->fd))
		conn_finish(c, ERR_BUSY);
	else
		c->state = CONN_REAUTH;
}

static void on_errand(void *arg, const struct control *result)
{
	struct conn *c = arg;

	c->r.errand = *result;
	c->r.errand_done = true;
	conn_pump(c);
}

/* A stream's: the next packet waits for the parent. */
static void conn_errand(struct conn *c)
{
	c->errand.done = on_errand;
	c->errand.arg = c;
	if (errand_send(&c->server->errands, &c->errand, &c->r.errand, -1))
		conn_finish(c, ERR_BUSY);
}

/* ---- running ---- */

static int job_run(void *arg, struct store_txn *t)
{
	struct conn *c = arg;

	c->r.now = clock_now();
	return dispatch_apply(c->op, &c->r, t);
}

static void conn_write(struct conn *c);
static void conn_receive(struct conn *c);

/* A part of bulk work stands: the next one, which may have to come first. */
static void conn_again(struct conn *c)
{
	struct batch *b = c->r.batch;

	tell_event(c, 0);
	request_settle(&c->r);
	timer_start(c->timer, LIMIT_STREAM_IDLE_MS);
	if (!c->op->take) {
		conn_write(c);
	} else if (b->err) {
		c->r.event.type = EVENT_NONE;
		conn_finish(c, request_fail(&c->r, b->err, "%s", b->why));
	} else {
		conn_receive(c);
	}
}

/* What was written stands, or could not be. */
static void conn_applied(struct conn *c, int err)
{
	if (err || !c->op->next || c->r.answered) {
		conn_finish(c, err);
		return;
	}
	tell_once(c);
	c->state = CONN_SENDING;
	conn_pump(c);
}

static void job_done(void *arg, int result)
{
	struct conn *c = arg;

	c->state = CONN_ASKING;
	c->r.names = c->server->names;
	c->r.handovers = c->server->handovers;
	c->r.exchanges = &c->server->exchanges;
	if (!result)
		use_up_login(c);
	if (result != REQUEST_ASK && c->abandoned)
		conn_settle(c, result == REQUEST_AGAIN ? 0 : result);
	if (c->abandoned)
		conn_end(c);
	else if (result == REQUEST_AGAIN)
		conn_again(c);
	else if (result != REQUEST_ASK)
		conn_applied(c, result);
	else if (conn_ask(c))
		conn_run(c);
}

static void conn_write(struct conn *c)
{
	c->state = CONN_WRITING;
	c->r.names = NULL;
	c->r.handovers = NULL;
	c->r.exchanges = NULL;
	/* What happened before stands before it in the log, as far as that can be had. */
	if (journal_waits(c->server->journal))
		tally_hurry(c->server->tally);
	c->job = (struct commit_job){.run = job_run, .done = job_done, .arg = c};
	commit_submit(c->server->committer, &c->job);
}

/* What has come of a stream to patd, until it is time to apply it. */
static void conn_receive(struct conn *c)
{
	int err = intake_some(c->fd, c->op, &c->r);

	c->state = CONN_RECEIVING;
	if (err < 0) {
		conn_end(c);
		return;
	}
	/* Something came: a stream may be slow, and not idle. */
	timer_start(c->timer, LIMIT_STREAM_IDLE_MS);
	if (err == INTAKE_APPLY)
		conn_write(c);
	else
		event_add(c->readable, NULL);
}

/* The stream is permitted: it may come. */
static void conn_go(struct conn *c)
{
	c->r.batch = batch_new();
	if (!c->r.batch) {
		conn_finish(c, ERR_MEMORY);
		return;
	}
	proto_begin(&c->r.out, VERB_GO);
	c->pending = proto_end(&c->r.out);
	/* The first packet of an answer: there is room for it, or nobody. */
	if (send(c->fd, c->r.out.packet, c->pending, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		conn_end(c);
		return;
	}
	c->pending = 0;
	timer_start(c->timer, LIMIT_STREAM_IDLE_MS);
	conn_receive(c);
}

/* Answers before anything is written, and takes nobody's place any more. Where it can't be sent now
 * it is afterwards. */
static void conn_tell(struct conn *c)
{
	size_t n = proto_end(&c->r.out);

	c->r.told = n > 0 && send(c->fd, c->r.out.packet, n, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
	if (!c->r.told)
		return;
	c->server->told++;
	leave_place(c);
}

static void conn_apply(struct conn *c)
{
	if (c->op->early && c->server->told >= LIMIT_CONNS_TOLD) {
		conn_finish(c, ERR_LIMIT);
		return;
	}
	if (c->op->early)
		conn_tell(c);
	conn_write(c);
}

static int run_check(struct conn *c)
{
	struct store_txn *t;
	int err = store_begin_read(c->server->store, &t);

	if (err)
		return err;
	/* What was reloaded while somebody was waited for counts. */
	config_unref(c->r.config);
	c->r.config = config_ref(c->server->config);
	set_now(c);
	err = dispatch_check(c->op, &c->r, t);
	store_abort(t);
	return err;
}

static void conn_run(struct conn *c)
{
	int err;

	c->state = CONN_ASKING;
	do {
		err = run_check(c);
	} while (err == REQUEST_ASK && conn_ask(c));
	switch (err) {
	case REQUEST_ASK: /* conn_ask() saw to it; the connection may be gone */
		return;
	case REQUEST_REAUTHENTICATE:
		conn_reauthenticate(c);
		return;
	case 0:
		if (c->op->take && !c->r.batch) {
			conn_go(c);
			return;
		}
		if (c->op->apply && !c->r.answered) {
			conn_apply(c);
			return;
		}
		if (c->op->next) {
			c->state = CONN_SENDING;
			conn_pump(c);
			return;
		}
		break;
	}
	conn_finish(c, err);
}

/* Makes one packet of a stream. */
static int make_packet(struct conn *c, struct store_txn *t)
{
	int err = c->op->next(&c->r, t);

	if (err)
		return err;
	c->pending = proto_end(&c->r.out);
	return c->pending ? 0 : ERR_STORE;
}

/* Makes and sends packets of a stream until one has to wait, or others should have their turn. */
static void conn_pump(struct conn *c)
{
	struct store_txn *t;
	int err = store_begin_read(c->server->store, &t);

	if (err) {
		conn_finish(c, err);
		return;
	}
	timer_start(c->timer, LIMIT_STREAM_IDLE_MS);
	set_now(c);
	for (int i = 0; i < PAGE && !err && !c->r.last; i++) {
		err = make_packet(c, t);
		tell_once(c);
		if (!err && c->pending &&
			send(c->fd, c->r.out.packet, c->pending, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
		c->pending = 0;
	}
	store_abort(t);
	if (err == REQUEST_NOTHING) /* yet, and it looked at enough for one turn */
		err = 0;
	if (err == REQUEST_ASK) {
		if (conn_ask(c))
			event_add(c->writable, NULL);
	} else if (err == REQUEST_ERRAND) {
		conn_errand(c);
	} else if (err) {
		conn_finish(c, err);
	} else if (c->pending || !c->r.last) {
		event_add(c->writable, NULL);
	} else {
		conn_end(c);
	}
}

/* ---- reading ---- */

static void conn_version(struct conn *c)
{
	proto_begin(&c->r.out, VERB_VERSION);
	proto_put_number(&c->r.out, TAG_VERSION_OLDEST, PROTO_VERSION_OLDEST);
	proto_put_number(&c->r.out, TAG_VERSION_NEWEST, PROTO_VERSION);
	conn_send_last(c, proto_end(&c->r.out));
}

/* One packet is the whole request. What breaks the protocol is closed without a word. */
static void conn_read(struct conn *c)
{
	ssize_t n = recv(c->fd, c->packet, sizeof(c->packet), MSG_DONTWAIT | MSG_TRUNC);
	int err;

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		event_add(c->readable, NULL);
		return;
	}
	if (n <= 0 || (size_t)n > sizeof(c->packet)) {
		conn_end(c);
		return;
	}
	err = proto_decode(c->packet, (size_t)n, &c->r.msg);
	c->op = err ? NULL : dispatch_find(c->r.msg.verb);
	if (err == ERR_VERSION) {
		conn_version(c);
	} else if (!c->op) {
		conn_end(c);
	} else {
		timer_start(c->timer, LIMIT_REQUEST_MS);
		conn_run(c);
	}
}

static void on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)events;
	if (c->state == CONN_RECEIVING)
		conn_receive(c);
	else
		conn_read(c);
}

/* ---- starting ---- */

static void conn_busy(struct conn *c)
{
	/* Read what may be there: closing on unread bytes would reset, and hide, the answer. */
	recv(c->fd, c->packet, sizeof(c->packet), MSG_DONTWAIT);
	conn_error(c, ERR_BUSY);
}

/* Uids without an account, such as a user's subordinate ones, are counted as one. */
static void conn_counted(struct conn *c, const struct account *account)
{
	bool verifier = account->state == ACCOUNT_FOUND &&
			config_verifier(c->server->config, account->name);
	uid_t bucket = account->state == ACCOUNT_ABSENT ? CAPS_NOBODY : c->r.peer;

	c->state = CONN_READING;
	if (take_place(c, verifier ? PLACE_VERIFIER : PLACE_COMMON, bucket))
		conn_read(c);
	else
		conn_busy(c);
}

static void on_counted(void *arg, const struct account *account)
{
	conn_counted(arg, account);
}

static void conn_count(struct conn *c)
{
	struct account_query q = names_query_uid(c->r.peer);
	const struct account *cached = names_cached(c->server->names, &q);
	static const struct account unknown = {.state = ACCOUNT_ERROR};

	c->wait.answered = on_counted;
	c->wait.arg = c;
	if (cached)
		conn_counted(c, cached);
	else if (names_ask(c->server->names, &q, &c->wait))
		conn_counted(c, &unknown);
}

static void conn_link(struct conn *c)
{
	struct server *s = c->server;

	c->next = s->conns;
	c->prev = &s->conns;
	if (c->next)
		c->next->prev = &c->next;
	s->conns = c;
}

static bool make_events(struct conn *c, int priority)
{
	struct event_base *base = c->server->base;

	c->readable = event_new(base, c->fd, EV_READ, on_readable, c);
	c->writable = event_new(base, c->fd, EV_WRITE, on_writable, c);
	c->timer = evtimer_new(base, on_timer, c);
	if (!c->readable || !c->writable || !c->timer)
		return false;
	event_priority_set(c->readable, priority);
	event_priority_set(c->writable, priority);
	return true;
}

void conn_start(struct server *s, int fd, uid_t peer, bool root_socket)
{
	struct conn *c = locked_take(&s->conn_memory, sizeof(*c));
	enum place place = peer == 0 ? PLACE_ROOT : PLACE_NEWCOMER;

	if (!c) {
		close(fd);
		return;
	}
	c->server = s;
	c->fd = fd;
	c->r.peer = peer;
	c->r.peer_pid = peer_pid(fd);
	c->r.names = s->names;
	c->r.tally = s->tally;
	c->r.exchanges = &s->exchanges;
	c->r.handovers = s->handovers;
	c->r.config = config_ref(s->config);
	c->r.started = s->started;
	c->place = PLACES;
	conn_link(c);
	if (!make_events(c, root_socket ? SERVER_FIRST : SERVER_THEN)) {
		conn_end(c);
	} else if (!take_place(c, place, peer)) {
		conn_busy(c);
	} else {
		timer_start(c->timer, LIMIT_FIRST_PACKET_MS);
		if (place == PLACE_NEWCOMER)
			conn_count(c);
		else
			conn_read(c);
	}
}

void conn_end_all(struct server *s)
{
	struct conn *next;

	for (struct conn *c = s->conns; c; c = next) {
		next = c->next;
		conn_end(c);
	}
	locked_drain(&s->conn_memory);
}
