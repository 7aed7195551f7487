#include "patd/commit.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/audit.h"
#include "patd/locked.h"

/* A list that keeps its order. */
struct queue {
	struct commit_job *first, **end;
};

struct committer {
	struct event_base *base;
	struct store *store;
	pthread_t thread;
	bool told;	      /* the writing thread's: that the store cannot be written */
	pthread_mutex_t lock; /* guards the next three */
	struct queue waiting, finished;
	bool stop;
	pthread_cond_t wake;
	int done_fd;
	struct event *done_event;
};

static void queue_init(struct queue *q)
{
	q->first = NULL;
	q->end = &q->first;
}

static void queue_add(struct queue *q, struct commit_job *job)
{
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
}

static struct commit_job *queue_take(struct queue *q)
{
	struct commit_job *all = q->first;

	queue_init(q);
	return all;
}

/* ---- the writing thread ---- */

/* Runs jobs in one transaction, up to `end`. 0: all that they wrote is durable. */
static int run_group(struct store *store, struct commit_job *first, struct commit_job *end)
{
	struct store_txn *t;

	if (store_begin_write(store, &t))
		return ERR_STORE;
	for (struct commit_job *j = first; j != end; j = j->next) {
		unsigned long writes = store_writes(t);

		j->result = j->run(j->arg, t);
		/* On something damaged, half done: then not at all. */
		if (j->result == ERR_STORE && store_writes(t) != writes)
			store_fail(t);
		if (store_failed(t)) {
			store_abort(t);
			return ERR_STORE;
		}
	}
	return store_commit(t);
}

/* Once, until something can be written again: anyone may try as often as they like. */
static void tell_why(struct committer *c)
{
	const char *why = store_why(c->store);

	if (why && !c->told)
		audit_say(LOG_ERR, "the store cannot be written: %s", why);
	c->told = c->told || why;
}

static int run_part(struct committer *c, struct commit_job *first, struct commit_job *end)
{
	int err = run_group(c->store, first, end);

	if (!err)
		c->told = false;
	return err;
}

static void run_all(struct committer *c, struct commit_job *jobs)
{
	if (run_part(c, jobs, NULL) == 0)
		return;
	/* One of them broke the group: each for itself, so that it breaks nobody else's. */
	for (struct commit_job *j = jobs; j; j = j->next) {
		if (run_part(c, j, j->next) == 0)
			continue;
		j->result = ERR_STORE;
		tell_why(c);
	}
}

static void *writing_thread(void *arg)
{
	struct committer *c = arg;

	locked_stack();
	pthread_mutex_lock(&c->lock);
	for (;;) {
		struct commit_job *jobs, *next;
		uint64_t one = 1;

		while (!c->waiting.first && !c->stop)
			pthread_cond_wait(&c->wake, &c->lock);
		jobs = queue_take(&c->waiting);
		if (!jobs)
			break;
		pthread_mutex_unlock(&c->lock);
		run_all(c, jobs);
		pthread_mutex_lock(&c->lock);
		for (; jobs; jobs = next) {
			next = jobs->next;
			queue_add(&c->finished, jobs);
		}
		/* Fails only if 2^64 - 2 wake-ups are pending: then the loop wakes anyway. */
		if (write(c->done_fd, &one, sizeof(one)) < 0)
			continue;
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* ---- the loop's thread ---- */

static void on_done(evutil_socket_t fd, short events, void *arg)
{
	struct committer *c = arg;
	struct commit_job *jobs, *next;
	uint64_t count;

	(void)events;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&c->lock);
	jobs = queue_take(&c->finished);
	pthread_mutex_unlock(&c->lock);
	for (; jobs; jobs = next) {
		next = jobs->next;
		jobs->done(jobs->arg, jobs->result);
	}
	/* Nothing will be read or written any more. */
	if (store_lost(c->store))
		event_base_loopbreak(c->base);
}

/* Signals are the loop's business. */
static int start_thread(struct committer *c)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&c->thread, NULL, writing_thread, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc ? ERR_MEMORY : 0;
}

struct committer *commit_start(struct event_base *base, struct store *store)
{
	struct committer *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->base = base;
	c->store = store;
	queue_init(&c->waiting);
	queue_init(&c->finished);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	c->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->done_fd >= 0)
		c->done_event = event_new(base, c->done_fd, EV_READ | EV_PERSIST, on_done, c);
	if (!c->done_event || event_add(c->done_event, NULL) || start_thread(c)) {
		if (c->done_event)
			event_free(c->done_event);
		if (c->done_fd >= 0)
			close(c->done_fd);
		free(c);
		return NULL;
	}
	return c;
}

void commit_submit(struct committer *c, struct commit_job *job)
{
	pthread_mutex_lock(&c->lock);
	queue_add(&c->waiting, job);
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void commit_stop(struct committer *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	event_free(c->done_event);
	close(c->done_fd);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
