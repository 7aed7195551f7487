#include "patd/handover.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "common/err.h"
#include "patd/audit.h"
#include "patd/store_session.h"

/* What one transaction writes; what is more waits for the next. */
enum { BATCH = 256 };

struct change {
	struct handover handover;
	bool gone;
};

TAILQ_HEAD(list, handover_held);

struct handovers {
	struct committer *committer;
	struct event *timer;
	struct list held;
	struct list gone; /* too old or too many: still in the store */
	size_t count;	  /* of those held */
	struct commit_job job;
	bool writing;
	size_t changes;
	struct change change[BATCH];
};

static bool too_old(const struct handover *h, uint64_t now)
{
	/* Also if the clock went back so far that nobody can tell. */
	return now >= h->made + LIMIT_HANDOVER_S || now + LIMIT_HANDOVER_S < h->made;
}

static bool same(const struct process *a, const struct process *b)
{
	return a->pid == b->pid && a->start == b->start;
}

/* ---- the list ---- */

static void hold(struct handovers *h, struct handover_held *held)
{
	TAILQ_INSERT_TAIL(&h->held, held, link);
	h->count++;
}

static void take(struct handovers *h, struct handover_held *held)
{
	TAILQ_REMOVE(&h->held, held, link);
	h->count--;
}

static void drop(struct handovers *h, struct handover_held *held)
{
	take(h, held);
	if (held->stored)
		TAILQ_INSERT_TAIL(&h->gone, held, link);
	else
		free(held);
}

static void drop_old(struct handovers *h, uint64_t now)
{
	struct handover_held *next;

	for (struct handover_held *e = TAILQ_FIRST(&h->held); e; e = next) {
		next = TAILQ_NEXT(e, link);
		if (too_old(&e->handover, now))
			drop(h, e);
	}
}

static struct handover_held *find(struct handovers *h, const struct process *p)
{
	struct handover_held *e;

	TAILQ_FOREACH(e, &h->held, link)
	if (same(&e->handover.process, p))
		return e;
	return NULL;
}

void handovers_add(struct handovers *h, const struct handover *handover)
{
	struct handover_held *e = find(h, &handover->process);

	if (e)
		take(h, e);
	else
		e = calloc(1, sizeof(*e));
	/* Without memory a session goes unrecorded, which the module tells; the login is good. */
	if (!e)
		return;
	e->handover = *handover;
	e->stored = false; /* as it is now */
	while (h->count >= LIMIT_HANDOVERS)
		drop(h, TAILQ_FIRST(&h->held));
	hold(h, e);
}

static bool fits(const struct handover *h, const struct process *caller, struct span user)
{
	bool child = h->process.parent == caller->pid && h->process.parent_start == caller->start;

	return same(&h->process, caller) || (child && span_is(user, h->user));
}

struct handover_held *handovers_claim(struct handovers *h, const struct process *caller,
	const char *id, struct span user, uint64_t now)
{
	struct handover_held *e;

	/* The latest first. */
	TAILQ_FOREACH_REVERSE(e, &h->held, list, link)
	if (memcmp(e->handover.id, id, TOKEN_ID_LEN) == 0 && fits(&e->handover, caller, user) &&
		!too_old(&e->handover, now)) {
		take(h, e);
		return e;
	}
	return NULL;
}

void handovers_return(struct handovers *h, struct handover_held *held)
{
	/* The process may have logged in anew. */
	if (find(h, &held->handover.process))
		free(held);
	else
		hold(h, held);
}

void handovers_done(struct handover_held *held)
{
	free(held);
}

/* ---- writing ---- */

/* Changes are in order: what a process did last stands last. */
static void gather(struct handovers *h)
{
	struct handover_held *e;

	h->changes = 0;
	while (h->changes < BATCH && (e = TAILQ_FIRST(&h->gone))) {
		h->change[h->changes++] = (struct change){e->handover, true};
		TAILQ_REMOVE(&h->gone, e, link);
		free(e);
	}
	TAILQ_FOREACH(e, &h->held, link)
	if (!e->stored && h->changes < BATCH) {
		h->change[h->changes++] = (struct change){e->handover, false};
		e->stored = true;
	}
}

static int write_changes(const struct handovers *h, struct store_txn *t)
{
	int err = 0;

	for (size_t i = 0; i < h->changes && !err; i++) {
		const struct change *c = &h->change[i];

		err = c->gone ? store_del_handover(t, &c->handover.process)
			      : store_put_handover(t, &c->handover);
	}
	return err;
}

static int job_run(void *arg, struct store_txn *t)
{
	return write_changes(arg, t);
}

static void job_done(void *arg, int result)
{
	struct handovers *h = arg;

	if (result)
		audit_say(LOG_ERR, "%zu logins under way could not be written down", h->changes);
	h->writing = false;
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct handovers *h = arg;

	(void)fd;
	(void)events;
	drop_old(h, (uint64_t)time(NULL));
	if (h->writing)
		return;
	gather(h);
	if (h->changes == 0)
		return;
	h->writing = true;
	h->job = (struct commit_job){.run = job_run, .done = job_done, .arg = h};
	commit_submit(h->committer, &h->job);
}

int handovers_flush(struct handovers *h, struct store_txn *t)
{
	int err;

	do {
		gather(h);
		err = write_changes(h, t);
	} while (!err && h->changes == BATCH);
	return err;
}

/* ---- beginning and end ---- */

int handovers_load(struct handovers *h, struct store_txn *t, uint64_t now)
{
	struct handover walk = {0};
	int err;

	while (!(err = store_next_handover(t, &walk))) {
		struct handover_held *e = calloc(1, sizeof(*e));

		if (!e)
			return ERR_MEMORY;
		*e = (struct handover_held){.handover = walk, .stored = true};
		hold(h, e);
		if (too_old(&walk, now) || h->count > LIMIT_HANDOVERS)
			drop(h, e);
	}
	return err == ERR_NO_TOKEN ? 0 : err;
}

struct handovers *handovers_new(struct event_base *base, struct committer *committer)
{
	static const struct timeval often = {HANDOVER_MS / 1000, HANDOVER_MS % 1000 * 1000};
	struct handovers *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	TAILQ_INIT(&h->held);
	TAILQ_INIT(&h->gone);
	h->committer = committer;
	h->timer = event_new(base, -1, EV_PERSIST, on_timer, h);
	if (!h->timer || event_add(h->timer, &often)) {
		handovers_free(h);
		return NULL;
	}
	return h;
}

static void free_list(struct list *list)
{
	struct handover_held *e;

	while ((e = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, e, link);
		free(e);
	}
}

void handovers_free(struct handovers *h)
{
	if (!h)
		return;
	if (h->timer)
		event_free(h->timer);
	free_list(&h->held);
	free_list(&h->gone);
	free(h);
}
