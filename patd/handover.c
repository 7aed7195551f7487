#include "patd/handover.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/clock.h"
#include "common/err.h"
#include "patd/audit.h"
#include "patd/store_session.h"

/* What one transaction writes; what is more waits for the next. */
enum { BATCH = 256 };

struct change {
	struct handover handover;
	bool gone;
};

/* In the order in which they came. */
struct list {
	size_t n;
	struct handover_held *p[LIMIT_HANDOVERS];
};

struct handovers {
	struct committer *committer;
	struct event *timer;
	struct list held;
	struct list gone; /* too old or too many: still in the store */
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

/* ---- the lists ---- */

static struct handover_held *take(struct list *l, size_t i)
{
	struct handover_held *e = l->p[i];

	memmove(&l->p[i], &l->p[i + 1], (--l->n - i) * sizeof(struct handover_held *));
	return e;
}

static void drop(struct handovers *h, size_t i)
{
	struct handover_held *e = take(&h->held, i);

	/* Where there is no room it stays in the store until patd starts the next time. */
	if (e->stored && h->gone.n < LIMIT_HANDOVERS)
		h->gone.p[h->gone.n++] = e;
	else
		free(e);
}

/* The oldest makes room. */
static void hold(struct handovers *h, struct handover_held *e)
{
	if (h->held.n == LIMIT_HANDOVERS)
		drop(h, 0);
	h->held.p[h->held.n++] = e;
}

static void drop_old(struct handovers *h, uint64_t now)
{
	for (size_t i = h->held.n; i-- > 0;)
		if (too_old(&h->held.p[i]->handover, now))
			drop(h, i);
}

/* Its place; held.n: none. */
static size_t find(const struct handovers *h, const struct process *p)
{
	size_t i = 0;

	while (i < h->held.n && !same(&h->held.p[i]->handover.process, p))
		i++;
	return i;
}

void handovers_add(struct handovers *h, const struct handover *handover)
{
	size_t i = find(h, &handover->process);
	struct handover_held *e = i < h->held.n ? take(&h->held, i) : calloc(1, sizeof(*e));

	/* Without memory a session goes unrecorded, which the module tells; the login is good. */
	if (!e)
		return;
	e->handover = *handover;
	e->stored = false; /* as it is now */
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
	/* The latest first. */
	for (size_t i = h->held.n; i-- > 0;) {
		const struct handover *login = &h->held.p[i]->handover;

		if (memcmp(login->id, id, TOKEN_ID_LEN) == 0 && fits(login, caller, user) &&
			!too_old(login, now))
			return take(&h->held, i);
	}
	return NULL;
}

void handovers_return(struct handovers *h, struct handover_held *held)
{
	/* The process may have logged in anew. */
	if (find(h, &held->handover.process) < h->held.n)
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
	h->changes = 0;
	while (h->changes < BATCH && h->gone.n > 0) {
		struct handover_held *e = take(&h->gone, 0);

		h->change[h->changes++] = (struct change){e->handover, true};
		free(e);
	}
	for (size_t i = 0; i < h->held.n && h->changes < BATCH; i++) {
		if (h->held.p[i]->stored)
			continue;
		h->change[h->changes++] = (struct change){h->held.p[i]->handover, false};
		h->held.p[i]->stored = true;
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
	drop_old(h, clock_now());
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
	}
	drop_old(h, now);
	return err == ERR_NO_TOKEN ? 0 : err;
}

struct handovers *handovers_new(struct event_base *base, struct committer *committer)
{
	static const struct timeval often = {HANDOVER_MS / 1000, HANDOVER_MS % 1000 * 1000};
	struct handovers *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->committer = committer;
	h->timer = event_new(base, -1, EV_PERSIST, on_timer, h);
	if (!h->timer || event_add(h->timer, &often)) {
		handovers_free(h);
		return NULL;
	}
	return h;
}

static void free_list(struct list *l)
{
	while (l->n > 0)
		free(l->p[--l->n]);
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
