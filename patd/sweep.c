#include "patd/sweep.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/clock.h"
#include "common/err.h"
#include "patd/audit.h"
#include "patd/family.h"
#include "patd/log_event.h"
#include "patd/server.h"
#include "patd/store_event.h"
#include "patd/timer.h"

enum state { SWEEP_IDLE, SWEEP_ASKING, SWEEP_WRITING };

/* What is done about one account. */
enum measure {
	MEASURE_NONE,
	MEASURE_NOTE_ABSENT,
	MEASURE_NOTE_PRESENT,
	MEASURE_NOTE_LOCAL, /* as an import could not know */
	MEASURE_REVOKE
};

struct sweep {
	struct server *server;
	struct event *timer; /* the next sweep, or the next step */
	enum state state;
	bool again;		      /* begin anew after this step */
	struct store_account account; /* the one under way, and where the walk stands */
	enum measure measure;
	uint64_t now, count; /* tokens revoked */
	struct names_wait wait;
	struct commit_job job;
};

static void next_step(struct sweep *w)
{
	w->state = SWEEP_IDLE;
	timer_start(w->timer, 0);
}

static void finish(struct sweep *w)
{
	w->state = SWEEP_IDLE;
	w->account = (struct store_account){0};
	timer_start(w->timer, w->again ? 0 : SWEEP_EVERY * 1000L);
	w->again = false;
}

/* ---- in the writing thread ---- */

static const char gone[] = "the account is gone";

/* That so many tokens of the account are revoked. */
static void event_of(const struct sweep *w, struct log_event *e)
{
	*e = (struct log_event){
		.type = EVENT_REVOKED_ALL,
		.time = w->now,
		.uid = w->account.uid,
		.actor = "patd",
		.peer = EVENT_NOBODY,
		.count = w->count,
	};
	memcpy(e->owner, w->account.owner, sizeof(e->owner));
	strcpy(e->reason, gone);
}

static int revoke(struct sweep *w, struct store_txn *t)
{
	const struct revocation how = {
		.now = w->now,
		.rank = RANK_GONE,
		.by = "patd",
		.peer = EVENT_NOBODY,
		.reason = span_of(gone),
	};
	struct store_walk walk;
	struct log_event e;
	struct record token;
	int err;

	store_walk_owner(&walk, w->account.uid);
	while (!(err = store_walk_sound(t, &walk, &token))) {
		if (strcmp(token.owner, w->account.owner) != 0 || token.revoked_rank == RANK_GONE)
			continue;
		w->count++;
		if ((err = family_revoke_told(t, &token, &how)))
			return err;
	}
	if (err != ERR_NO_TOKEN || w->count == 0)
		return err == ERR_NO_TOKEN ? 0 : err;
	event_of(w, &e);
	return store_event_add(t, &e);
}

static int job_run(void *arg, struct store_txn *t)
{
	struct sweep *w = arg;
	struct store_account changed;
	int err;

	w->count = 0;
	if (w->measure == MEASURE_REVOKE)
		return revoke(w, t);
	/* As it is now: tokens may have been exchanged since it was read. */
	err = store_get_account(t, w->account.uid, w->account.owner, &changed);
	if (err)
		return err;
	changed.absent = w->measure == MEASURE_NOTE_ABSENT ? w->now : 0;
	changed.local |= w->measure == MEASURE_NOTE_LOCAL;
	return store_put_account(t, &changed);
}

/* ---- in the loop's thread ---- */

static void job_done(void *arg, int result)
{
	struct sweep *w = arg;
	struct log_event e;

	if (result)
		audit_say(LOG_ERR, "tokens of \"%s\" cannot be looked after: %s", w->account.owner,
			err_text(result));
	else if (w->count > 0) {
		event_of(w, &e);
		log_event_tell(&e);
	}
	next_step(w);
}

static enum measure measure_for(
	const struct store_account *a, const struct account *found, uint64_t now)
{
	bool here = found->state == ACCOUNT_FOUND && found->uid == a->uid &&
		    strcmp(found->name, a->owner) == 0;

	if (found->state == ACCOUNT_ERROR)
		return MEASURE_NONE;
	if (here && found->local && !a->local)
		return MEASURE_NOTE_LOCAL;
	if (here)
		return a->absent ? MEASURE_NOTE_PRESENT : MEASURE_NONE;
	if (a->local)
		return MEASURE_REVOKE;
	if (!a->absent)
		return MEASURE_NOTE_ABSENT;
	return now >= a->absent + SWEEP_PATIENCE ? MEASURE_REVOKE : MEASURE_NONE;
}

static void on_account(void *arg, const struct account *found)
{
	struct sweep *w = arg;

	w->now = clock_now();
	w->measure = measure_for(&w->account, found, w->now);
	if (w->measure == MEASURE_NONE) {
		next_step(w);
		return;
	}
	w->state = SWEEP_WRITING;
	w->job = (struct commit_job){.run = job_run, .done = job_done, .arg = w};
	commit_submit(w->server->committer, &w->job);
}

/* Finds the next account and asks for it. */
static void step(struct sweep *w)
{
	struct store_account before;
	struct store_txn *t;
	struct account_query q;
	int err;

	before = w->account;
	err = store_begin_read(w->server->store, &t);
	if (!err) {
		err = store_next_account(t, &w->account);
		store_abort(t);
	}
	if (err || !names_query_name(w->account.owner, strlen(w->account.owner), &q)) {
		finish(w);
		return;
	}
	w->state = SWEEP_ASKING;
	w->wait.answered = on_account;
	w->wait.arg = w;
	if (names_ask(w->server->names, &q, &w->wait) == 0)
		return;
	/* The names process is behind: people first, and this account again then. */
	w->account = before;
	w->state = SWEEP_IDLE;
	timer_start(w->timer, 1000);
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	step(arg);
}

void sweep_start(struct sweep *w)
{
	/* One that is under way is finished first: it must get to the last account. */
	w->again = w->state != SWEEP_IDLE || w->account.owner[0];
	if (w->state == SWEEP_IDLE)
		timer_start(w->timer, 0);
}

struct sweep *sweep_new(struct server *s)
{
	struct sweep *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->server = s;
	w->timer = event_new(s->base, -1, 0, on_timer, w);
	if (!w->timer || event_priority_set(w->timer, SERVER_THEN)) {
		sweep_free(w);
		return NULL;
	}
	sweep_start(w);
	return w;
}

void sweep_free(struct sweep *w)
{
	if (w && w->timer)
		event_free(w->timer);
	free(w);
}
