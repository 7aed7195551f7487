#include "patd/reaper.h"

#include <event2/event.h>
#include <stdlib.h>
#include <syslog.h>

#include "common/err.h"
#include "patd/audit.h"
#include "patd/server.h"
#include "patd/store_session.h"
#include "patd/timer.h"

struct reaper {
	struct server *server;
	struct event *timer;	/* the next round, or the next step */
	struct session session; /* the one under way, and where the walk stands */
	struct errand errand;
	struct commit_job job;
};

static int job_run(void *arg, struct store_txn *t)
{
	struct reaper *r = arg;

	return store_del_session(t, &r->session);
}

static void job_done(void *arg, int result)
{
	struct reaper *r = arg;

	if (result) /* it is met again */
		audit_say(LOG_ERR, "a session that has ended cannot be forgotten: %s",
			err_text(result));
	timer_start(r->timer, 0);
}

static void on_result(void *arg, const struct control *result)
{
	struct reaper *r = arg;

	if (result->err != ERR_NO_SESSION) {
		timer_start(r->timer, 0);
		return;
	}
	r->job = (struct commit_job){.run = job_run, .done = job_done, .arg = r};
	commit_submit(r->server->committer, &r->job);
}

static int find_next(struct reaper *r)
{
	struct store_txn *t;
	int err = store_begin_read(r->server->store, &t);

	if (err)
		return err;
	err = store_next_session(t, &r->session);
	store_abort(t);
	return err;
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct reaper *r = arg;
	struct control m = {.type = CONTROL_LIVE};

	(void)fd;
	(void)events;
	if (!find_next(r)) {
		m.process = r->session.opener;
		if (errand_send(&r->server->errands, &r->errand, &m, -1) == 0)
			return;
	}
	/* The last one was met, or the parent is behind: from the first one, later. */
	r->session = (struct session){.opened = 0};
	timer_start(r->timer, REAPER_EVERY * 1000L);
}

struct reaper *reaper_new(struct server *s)
{
	struct reaper *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->server = s;
	r->errand.done = on_result;
	r->errand.arg = r;
	r->timer = event_new(s->base, -1, 0, on_timer, r);
	if (!r->timer || event_priority_set(r->timer, SERVER_THEN)) {
		reaper_free(r);
		return NULL;
	}
	timer_start(r->timer, 0);
	return r;
}

void reaper_free(struct reaper *r)
{
	if (r && r->timer)
		event_free(r->timer);
	free(r);
}
