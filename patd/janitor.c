#include "patd/janitor.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/clock.h"
#include "common/err.h"
#include "patd/audit.h"
#include "patd/log_event.h"
#include "patd/prune.h"
#include "patd/server.h"
#include "patd/timer.h"

enum task { TASK_EXCHANGED, TASK_PASS };

struct janitor {
	struct server *server;
	struct event *timer; /* the next step, or the next look */
	struct commit_job job;
	bool writing;
	enum task task;		       /* of the step under way */
	bool passing;		       /* a pass has begun */
	struct store_walk walk, ahead; /* where it stands, and will once the step is durable */
	int64_t pass_at, looked_at; /* CLOCK_MONOTONIC, ms: when the next is due; the last look */
	uint64_t looked;	    /* the clock at that look */
	struct prune prune;
	struct pruned did;
};

/* ---- in the writing thread ---- */

static int clear_exchanged(struct janitor *j, struct store_txn *t)
{
	uint64_t now = j->prune.rule.now;
	struct record gone;
	int err = 0;

	/* By a clock that stands at its beginning everything would be old. */
	j->did = (struct pruned){.more = now > LIMIT_EXCHANGED_KEPT};
	if (!j->did.more)
		return 0;
	for (int i = 0; i < LIMIT_BATCH && !err; i++)
		err = store_clear_ended(t, now - LIMIT_EXCHANGED_KEPT, &gone);
	if (err != ERR_NO_TOKEN)
		return err;
	j->did.more = false;
	return 0;
}

static int job_run(void *arg, struct store_txn *t)
{
	struct janitor *j = arg;

	if (j->task == TASK_EXCHANGED)
		return clear_exchanged(j, t);
	j->ahead = j->walk;
	return prune_some(t, &j->prune, &j->ahead, &j->did);
}

/* ---- in the loop's thread ---- */

static void tell(const struct janitor *j)
{
	struct log_event e = j->prune.event;

	e.count = j->did.count;
	log_event_tell(&e); /* one line; in the store each token has its event */
}

/* What a step of a pass did stands: it goes on behind it. */
static void passed(struct janitor *j)
{
	j->walk = j->ahead;
	if (j->did.count > 0)
		tell(j);
	if (j->did.more || !j->passing)
		return;
	j->passing = false;
	j->pass_at = clock_ms() + JANITOR_PASS * INT64_C(1000);
}

static void job_done(void *arg, int result)
{
	struct janitor *j = arg;

	j->writing = false;
	/* A store that fails is not asked again at once. */
	if (result) {
		audit_say(LOG_ERR, "dead tokens cannot be cleared away: %s", err_text(result));
		timer_start(j->timer, JANITOR_EVERY * 1000);
		return;
	}
	if (j->task == TASK_PASS)
		passed(j);
	timer_start(j->timer, j->did.more || j->passing ? JANITOR_PAUSE_MS : JANITOR_EVERY * 1000);
}

/* The clock went otherwise than time did: what is old by it may not be. */
static bool has_jumped(const struct janitor *j, uint64_t now)
{
	int64_t went = (int64_t)(now - j->looked);
	int64_t passed = (clock_ms() - j->looked_at) / 1000;

	return went - passed > JANITOR_JUMP || passed - went > JANITOR_JUMP;
}

static void look(struct janitor *j, uint64_t now)
{
	if (has_jumped(j, now)) {
		j->passing = false;
		j->pass_at = clock_ms() + JANITOR_PASS * INT64_C(1000);
	}
	j->looked = now;
	j->looked_at = clock_ms();
	if (j->passing || j->server->config->retention == 0 || clock_ms() < j->pass_at)
		return;
	store_walk_all(&j->walk);
	j->passing = true;
}

static void set_prune(struct janitor *j, uint64_t now)
{
	uint64_t retention = j->server->config->retention;

	j->prune = (struct prune){
		.rule = {now, retention != 0, retention != 0, retention, retention},
		.event = {.type = EVENT_PRUNED,
			.time = now,
			.uid = EVENT_NOBODY,
			.peer = EVENT_NOBODY,
			.actor = "patd",
			.reason = "retention"},
	};
}

/* The two tasks by turns while a pass is under way. */
static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct janitor *j = arg;
	uint64_t now = clock_now();

	(void)fd;
	(void)events;
	look(j, now);
	set_prune(j, now);
	j->task = j->passing && j->task == TASK_EXCHANGED ? TASK_PASS : TASK_EXCHANGED;
	j->did = (struct pruned){.more = false};
	j->writing = true;
	j->job = (struct commit_job){.run = job_run, .done = job_done, .arg = j};
	commit_submit(j->server->committer, &j->job);
}

void janitor_start(struct janitor *j)
{
	j->pass_at = clock_ms();
	j->passing = false;
	if (!j->writing)
		timer_start(j->timer, 0);
}

struct janitor *janitor_new(struct server *s)
{
	struct janitor *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->server = s;
	j->looked = clock_now();
	j->looked_at = clock_ms();
	j->pass_at = j->looked_at + JANITOR_PASS * INT64_C(1000);
	j->task = TASK_PASS;
	j->timer = event_new(s->base, -1, 0, on_timer, j);
	if (!j->timer || event_priority_set(j->timer, SERVER_THEN)) {
		janitor_free(j);
		return NULL;
	}
	timer_start(j->timer, 0);
	return j;
}

void janitor_free(struct janitor *j)
{
	if (j && j->timer)
		event_free(j->timer);
	free(j);
}
