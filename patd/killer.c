#include "patd/killer.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/chan.h"
#include "patd/kill.h"
#include "patd/processes.h"
#include "patd/timer.h"

enum { REAP_MS = 20 }; /* how often a child that was killed is looked for */

/* One child. It outlives its errand until it is reaped. */
struct task {
	LIST_ENTRY(task) link;
	struct killer *owner;
	uint32_t id;
	pid_t pid;
	bool ended;
	int report_fd;
	struct event *report; /* the child's result, or its end */
	struct event *timer;  /* the deadline; once ended, the next look for the child */
};

struct killer {
	struct event_base *base;
	killer_done *done;
	void *arg;
	unsigned count; /* children, those not reaped yet included */
	LIST_HEAD(tasks, task) tasks;
};

/* ---- the child ---- */

__attribute__((noreturn)) static void child(const struct control *request, int report_fd)
{
	struct control result = {.type = CONTROL_RESULT, .id = request->id};

	closelog();
	prctl(PR_SET_NAME, "patd-kill");
	if (chan_close_others(report_fd, report_fd))
		_exit(1);
	/* For a program that is run from here. */
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &(sigset_t){0}, NULL);
	if (request->type == CONTROL_KILL)
		kill_session(request, &result);
	else
		processes_others(request, &result);
	_exit(control_send(report_fd, &result, -1) ? 1 : 0);
}

/* Signals are blocked across the fork, so that none runs a handler of the parent's in the child. */
static pid_t fork_child(const struct control *request, int report_fd)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0) {
		for (int i = 1; i < NSIG; i++)
			signal(i, SIG_DFL);
		child(request, report_fd);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* ---- the parent ---- */

static void task_free(struct task *t)
{
	if (t->report)
		event_free(t->report);
	if (t->timer)
		event_free(t->timer);
	if (t->report_fd >= 0)
		close(t->report_fd);
	free(t);
}

/* Never waits, and never for -1: the parent has other children. */
static void reap(struct task *t)
{
	if (waitpid(t->pid, NULL, WNOHANG) == 0) {
		timer_start(t->timer, REAP_MS);
		return;
	}
	LIST_REMOVE(t, link);
	t->owner->count--;
	task_free(t);
}

static void tell(struct killer *k, uint32_t id, int err)
{
	struct control result = {.type = CONTROL_RESULT, .id = id, .err = err};

	k->done(k->arg, &result);
}

static void end(struct task *t)
{
	t->ended = true;
	event_del(t->report);
	kill(t->pid, SIGKILL);
	reap(t);
}

static void on_report(evutil_socket_t fd, short what, void *arg)
{
	struct task *t = arg;
	struct killer *k = t->owner;
	struct control result;
	uint32_t id = t->id;
	int passed = -1, err = control_receive(fd, &result, &passed);

	(void)what;
	if (err == ERR_BUSY)
		return;
	if (passed >= 0)
		close(passed);
	end(t);
	if (err || result.type != CONTROL_RESULT || result.id != id)
		tell(k, id, ERR_IO);
	else
		k->done(k->arg, &result);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct task *t = arg;
	struct killer *k = t->owner;
	uint32_t id = t->id;

	(void)fd;
	(void)what;
	if (t->ended) {
		reap(t);
		return;
	}
	end(t);
	tell(k, id, ERR_TIMEOUT);
}

static int launch(struct task *t, const struct control *request)
{
	int pair[2];

	if (chan_pair(pair))
		return ERR_IO;
	t->report_fd = pair[0];
	t->report = event_new(t->owner->base, pair[0], EV_READ | EV_PERSIST, on_report, t);
	t->timer = evtimer_new(t->owner->base, on_timer, t);
	t->pid = t->report && t->timer && event_add(t->report, NULL) == 0
			 ? fork_child(request, pair[1])
			 : -1;
	close(pair[1]);
	if (t->pid < 0)
		return ERR_MEMORY;
	timer_start(t->timer, LIMIT_KILL_MS);
	return 0;
}

static int start(struct killer *k, const struct control *request)
{
	struct task *t;
	int err;

	if (k->count >= LIMIT_KILLS)
		return ERR_BUSY;
	t = calloc(1, sizeof(*t));
	if (!t)
		return ERR_MEMORY;
	*t = (struct task){.owner = k, .id = request->id, .report_fd = -1};
	if ((err = launch(t, request))) {
		task_free(t);
		return err;
	}
	LIST_INSERT_HEAD(&k->tasks, t, link);
	k->count++;
	return 0;
}

void killer_start(struct killer *k, const struct control *request)
{
	int err = start(k, request);

	if (err)
		tell(k, request->id, err);
}

struct killer *killer_new(struct event_base *base, killer_done *done, void *arg)
{
	struct killer *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->base = base;
	k->done = done;
	k->arg = arg;
	LIST_INIT(&k->tasks);
	return k;
}

void killer_free(struct killer *k)
{
	struct task *t;

	if (!k)
		return;
	while ((t = LIST_FIRST(&k->tasks))) {
		LIST_REMOVE(t, link);
		kill(t->pid, SIGKILL);
		task_free(t);
	}
	free(k);
}
