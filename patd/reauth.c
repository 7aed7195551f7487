#include "patd/reauth.h"

#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/err.h"
#include "common/limits.h"
#include "patd/chan.h"
#include "patd/converse.h"
#include "patd/peer.h"
#include "patd/throttle.h"
#include "patd/timer.h"

enum { REAP_MS = 20 }; /* how often a child that was killed is looked for */

/* One child. It outlives its re-authentication until it is reaped. */
struct attempt {
	LIST_ENTRY(attempt) link;
	struct reauth *owner;
	uint32_t id;
	uid_t uid;
	pid_t pid;
	bool answered, ended;
	int report_fd;
	struct event *report; /* the child says something, or ended */
	struct event *timer;  /* the deadline; once ended, the next look for the child */
};

struct reauth {
	struct event_base *base;
	struct throttle *throttle;
	reauth_done *done;
	void *arg;
	uid_t overflow_uid;
	unsigned count; /* children, those not reaped yet included */
	LIST_HEAD(attempts, attempt) attempts;
};

static int64_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t); /* goes on while the machine sleeps */
	return t.tv_sec;
}

static void attempt_free(struct attempt *a)
{
	if (a->report)
		event_free(a->report);
	if (a->timer)
		event_free(a->timer);
	if (a->report_fd >= 0)
		close(a->report_fd);
	free(a);
}

/* Never waits, and never for -1: the parent has other children. */
static void reap(struct attempt *a)
{
	if (waitpid(a->pid, NULL, WNOHANG) == 0) {
		timer_start(a->timer, REAP_MS);
		return;
	}
	LIST_REMOVE(a, link);
	a->owner->count--;
	attempt_free(a);
}

static int take_report(const struct attempt *a, struct converse_report *report)
{
	char packet[CONVERSE_PACKET];
	ssize_t n = chan_recv(a->report_fd, packet, sizeof(packet), NULL);

	if (n <= 0)
		return n == 0 ? ERR_REAUTH : (int)n;
	return converse_decode(packet, (size_t)n, report);
}

static void note_answer(struct attempt *a)
{
	if (!a->answered)
		throttle_answered(a->owner->throttle, a->uid, now_s());
	a->answered = true;
}

/* From here on nobody waits for the child: it is killed, and `a` goes when it is reaped. */
static void end(struct attempt *a, bool success)
{
	struct converse_report unread;

	/* What the child told and nobody read yet counts: going away does not undo an answer. */
	if (!a->answered && take_report(a, &unread) == 0 && !unread.ended)
		note_answer(a);
	a->ended = true;
	throttle_end(a->owner->throttle, a->uid, a->answered, success);
	event_del(a->report);
	close(a->report_fd);
	a->report_fd = -1;
	kill(a->pid, SIGKILL);
	reap(a);
}

static void finish(struct attempt *a, int err, const char *message)
{
	struct reauth *r = a->owner;
	uint32_t id = a->id;

	end(a, err == 0);
	r->done(r->arg, id, err, message);
}

static void on_report(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *a = arg;
	struct converse_report report;
	int err = take_report(a, &report);

	(void)fd;
	(void)what;
	if (err == ERR_BUSY)
		return;
	if (err)
		finish(a, err, "");
	else if (report.ended)
		finish(a, report.err, report.message);
	else
		note_answer(a);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *a = arg;

	(void)fd;
	(void)what;
	if (a->ended)
		reap(a);
	else
		finish(a, ERR_TIMEOUT, "re-authentication took too long");
}

struct reauth *reauth_new(struct event_base *base, reauth_done *done, void *arg)
{
	struct reauth *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->throttle = throttle_new();
	if (!r->throttle) {
		free(r);
		return NULL;
	}
	r->base = base;
	r->done = done;
	r->arg = arg;
	r->overflow_uid = peer_overflow_uid();
	LIST_INIT(&r->attempts);
	return r;
}

void reauth_free(struct reauth *r)
{
	struct attempt *a;

	if (!r)
		return;
	while ((a = LIST_FIRST(&r->attempts))) {
		LIST_REMOVE(a, link);
		kill(a->pid, SIGKILL);
		attempt_free(a);
	}
	throttle_free(r->throttle);
	free(r);
}

/* Only a real uid of this system, other than root, has a password to ask for. */
static int find_peer(const struct reauth *r, int client_fd, uid_t *uid)
{
	uid_t peer;
	int err = peer_uid(client_fd, r->overflow_uid, &peer);

	if (!err && peer == 0)
		err = ERR_NOT_PERMITTED;
	if (!err)
		*uid = peer;
	return err;
}

/* Signals are blocked across the fork, so that none runs a handler of the parent's in the child. */
static pid_t fork_child(int client_fd, const int pair[2], uid_t uid)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		converse_run(client_fd, pair[1], uid);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static int launch(struct attempt *a, int client_fd)
{
	int pair[2];

	if (chan_pair(pair))
		return ERR_IO;
	a->report_fd = pair[0];
	a->report = event_new(a->owner->base, pair[0], EV_READ | EV_PERSIST, on_report, a);
	a->timer = evtimer_new(a->owner->base, on_timer, a);
	a->pid = a->report && a->timer && event_add(a->report, NULL) == 0
			 ? fork_child(client_fd, pair, a->uid)
			 : -1;
	close(pair[1]);
	if (a->pid < 0)
		return ERR_MEMORY;
	timer_start(a->timer, LIMIT_REQUEST_MS);
	return 0;
}

static int attempt_start(struct reauth *r, int client_fd, uint32_t id, uid_t uid)
{
	struct attempt *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return ERR_MEMORY;
	*a = (struct attempt){.owner = r, .id = id, .uid = uid, .report_fd = -1};
	if ((err = launch(a, client_fd))) {
		attempt_free(a);
		return err;
	}
	LIST_INSERT_HEAD(&r->attempts, a, link);
	r->count++;
	return 0;
}

static int start(struct reauth *r, int client_fd, uint32_t id)
{
	uid_t uid;
	int err = find_peer(r, client_fd, &uid);

	if (err)
		return err;
	if (r->count >= LIMIT_CONNS)
		return ERR_BUSY;
	if (!throttle_begin(r->throttle, uid, now_s()))
		return ERR_REAUTH_BLOCKED;
	if ((err = attempt_start(r, client_fd, id, uid)))
		throttle_end(r->throttle, uid, false, false);
	return err;
}

void reauth_start(struct reauth *r, int client_fd, uint32_t id)
{
	int err = start(r, client_fd, id);

	close(client_fd);
	if (err)
		r->done(r->arg, id, err, "");
}

void reauth_cancel(struct reauth *r, uint32_t id)
{
	struct attempt *a;

	LIST_FOREACH(a, &r->attempts, link)
	if (a->id == id && !a->ended) {
		end(a, false);
		return;
	}
}
