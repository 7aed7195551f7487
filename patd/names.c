#include "patd/names.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/err.h"
#include "patd/chan.h"
#include "patd/lookup.h"

enum { REAP_MS = 20 }; /* how often a killed worker is looked for */

/* ---- a worker ---- */

/* Answers one question after the other, until the names process closes its end. */
static _Noreturn void work(int fd)
{
	char packet[ACCOUNT_PACKET];

	for (;;) {
		struct pollfd p = {fd, POLLIN, 0};
		struct account_query q;
		struct account_answer a = {0};
		ssize_t n;

		if (poll(&p, 1, -1) < 0)
			continue;
		n = chan_recv(fd, packet, sizeof(packet), NULL);
		if (n == ERR_BUSY)
			continue;
		if (n <= 0 || account_query_decode(packet, (size_t)n, &q))
			_exit(n == 0 ? 0 : 1);
		a.seq = q.seq;
		lookup_account(&q, &a.account);
		if (chan_send(fd, packet, account_answer_encode(&a, packet), -1))
			_exit(1);
	}
}

/* ---- the names process ---- */

struct worker {
	pid_t pid;    /* 0: none */
	int fd;	      /* -1: none, or killed and not reaped yet */
	uint32_t seq; /* of the question it works on; 0: idle */
	bool first;   /* that question is root's */
	bool stale;   /* /etc changed since it was asked */
	int64_t deadline;
};

struct names {
	int asker;
	int watch; /* inotify; -1: none, and only the short life of the asker's cache helps */
	struct worker workers[LIMIT_NAMES_WORKERS];
	struct ring {
		size_t first, waiting;
		struct account_query queue[LIMIT_NAMES_QUEUE];
	} rings[2]; /* root's questions, everyone's */
};

/* Waits for room: there is one asker only. If it went away, the next look at its end will tell. */
static void answer(const struct names *n, const struct account_answer *a)
{
	char packet[ACCOUNT_PACKET];
	size_t size = account_answer_encode(a, packet);
	struct pollfd p = {n->asker, POLLOUT, 0};

	while (chan_send(n->asker, packet, size, -1) == ERR_BUSY)
		poll(&p, 1, -1);
}

static void answer_error(const struct names *n, uint32_t seq)
{
	answer(n, &(struct account_answer){.seq = seq});
}

static int worker_start(struct worker *w)
{
	pid_t parent = getpid();
	int pair[2];

	if (chan_pair(pair))
		return ERR_IO;
	w->pid = fork();
	if (w->pid == 0) {
		closelog(); /* else it would write to whatever takes the place of its descriptor */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
			chan_close_others(pair[1], pair[1]))
			_exit(1);
		work(pair[1]);
	}
	close(pair[1]);
	if (w->pid < 0) {
		w->pid = 0;
		close(pair[0]);
		return ERR_IO;
	}
	w->fd = pair[0];
	return 0;
}

/* Its place is free once it is reaped, so that no more than LIMIT_NAMES_WORKERS can ever hang. */
static void worker_reap(struct worker *w)
{
	if (w->pid > 0 && w->fd < 0 && waitpid(w->pid, NULL, WNOHANG) != 0)
		w->pid = 0;
}

static void worker_fail(const struct names *n, struct worker *w)
{
	close(w->fd);
	w->fd = -1;
	kill(w->pid, SIGKILL);
	if (w->seq != 0)
		answer_error(n, w->seq);
	w->seq = 0;
}

/* What a worker says is believed if it is the one answer to the one question it has. */
static void worker_read(const struct names *n, struct worker *w)
{
	char packet[ACCOUNT_PACKET];
	struct account_answer a;
	ssize_t size = chan_recv(w->fd, packet, sizeof(packet), NULL);

	if (size == ERR_BUSY)
		return;
	if (size <= 0 || account_answer_decode(packet, (size_t)size, &a) || w->seq == 0 ||
		a.seq != w->seq) {
		worker_fail(n, w);
		return;
	}
	w->seq = 0;
	answer(n, &a);
	if (w->stale)
		answer_error(n, 0);
}

static void worker_ask(const struct names *n, struct worker *w, const struct account_query *q)
{
	char packet[ACCOUNT_PACKET];

	w->seq = q->seq;
	w->first = q->first;
	w->stale = false;
	w->deadline = clock_ms() + LIMIT_NAMES_MS;
	if (chan_send(w->fd, packet, account_query_encode(q, packet), -1))
		worker_fail(n, w);
}

/* An idle worker, else a place for a new one, else NULL. */
static struct worker *worker_pick(struct names *n)
{
	struct worker *empty = NULL;

	for (size_t i = 0; i < LIMIT_NAMES_WORKERS; i++) {
		struct worker *w = &n->workers[i];

		if (w->fd >= 0 && w->seq == 0)
			return w;
		if (w->pid == 0)
			empty = w;
	}
	return empty;
}

/* The ring to serve next; NULL: nothing waits, or only what others ask, who have their share. */
static struct ring *ring_pick(struct names *n)
{
	size_t busy = 0;

	if (n->rings[0].waiting > 0)
		return &n->rings[0];
	/* A killed worker still has its place, until it is reaped. */
	for (size_t i = 0; i < LIMIT_NAMES_WORKERS; i++)
		busy += n->workers[i].pid > 0 && !n->workers[i].first &&
			(n->workers[i].seq != 0 || n->workers[i].fd < 0);
	return n->rings[1].waiting > 0 && busy < LIMIT_NAMES_COMMON ? &n->rings[1] : NULL;
}

static void hand_out(struct names *n)
{
	struct worker *w;
	struct ring *ring;

	while ((ring = ring_pick(n)) && (w = worker_pick(n))) {
		const struct account_query *q = &ring->queue[ring->first];

		ring->first = (ring->first + 1) % LIMIT_NAMES_QUEUE;
		ring->waiting--;
		if (w->pid == 0 && worker_start(w))
			answer_error(n, q->seq);
		else
			worker_ask(n, w, q);
	}
}

/* Takes one question: 1, 0 at the end, or an error. */
static int take_question(struct names *n)
{
	char packet[ACCOUNT_PACKET];
	struct account_query q;
	struct ring *ring;
	ssize_t size = chan_recv(n->asker, packet, sizeof(packet), NULL);

	if (size <= 0)
		return size == ERR_BUSY ? 1 : (int)size;
	if (account_query_decode(packet, (size_t)size, &q))
		return ERR_PROTO;
	ring = &n->rings[q.first ? 0 : 1];
	if (ring->waiting == LIMIT_NAMES_QUEUE)
		answer_error(n, q.seq);
	else
		ring->queue[(ring->first + ring->waiting++) % LIMIT_NAMES_QUEUE] = q;
	return 1;
}

/* The folder is watched, not the files: they are replaced by renaming, never written in place. */
static void watch_start(struct names *n)
{
	n->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (n->watch >= 0 && inotify_add_watch(n->watch, "/etc",
				     IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
					     IN_CLOSE_WRITE | IN_ATTRIB | IN_ONLYDIR) >= 0)
		return;
	syslog(LOG_WARNING,
		"names: /etc cannot be watched (%m): changes of accounts count within %d ms",
		LIMIT_NAMES_CACHE_MS);
	if (n->watch >= 0)
		close(n->watch);
	n->watch = -1;
}

static bool watched(const struct inotify_event *e)
{
	static const char *const files[] = {
		"passwd", "shadow", "group", "gshadow", "nsswitch.conf"};

	if (e->mask & IN_Q_OVERFLOW)
		return true;
	for (size_t i = 0; e->len > 0 && i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(e->name, files[i]) == 0)
			return true;
	return false;
}

static void watch_read(struct names *n)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool changed = false;
	ssize_t size;

	while ((size = read(n->watch, buf, sizeof(buf))) > 0)
		for (ssize_t at = 0; at < size;) {
			const struct inotify_event *e = (const void *)(buf + at);

			changed |= watched(e);
			at += (ssize_t)(sizeof(*e) + e->len);
		}
	if (!changed)
		return;
	answer_error(n, 0);
	for (size_t i = 0; i < LIMIT_NAMES_WORKERS; i++)
		n->workers[i].stale = true;
}

/* Until the next deadline of a worker, or the next look for one that was killed; -1: for ever. */
static int wait_ms(const struct names *n)
{
	int64_t next = INT64_MAX, now = clock_ms();

	for (size_t i = 0; i < LIMIT_NAMES_WORKERS; i++) {
		const struct worker *w = &n->workers[i];
		int64_t due = w->fd < 0 ? now + REAP_MS : w->deadline;

		if ((w->seq != 0 || (w->pid > 0 && w->fd < 0)) && due < next)
			next = due;
	}
	if (next == INT64_MAX)
		return -1;
	return next > now ? (int)(next - now) : 0;
}

static void tend_workers(struct names *n, const struct pollfd *p)
{
	for (size_t i = 0; i < LIMIT_NAMES_WORKERS; i++) {
		struct worker *w = &n->workers[i];

		if (p[i].revents)
			worker_read(n, w);
		if (w->seq != 0 && clock_ms() >= w->deadline)
			worker_fail(n, w);
		worker_reap(w);
	}
}

static int serve(struct names *n)
{
	for (;;) {
		struct pollfd p[2 + LIMIT_NAMES_WORKERS] = {
			{n->asker, POLLIN, 0}, {n->watch, POLLIN, 0}};
		int more = 1;

		for (size_t i = 0; i < LIMIT_NAMES_WORKERS; i++)
			p[2 + i] = (struct pollfd){n->workers[i].fd, POLLIN, 0};
		if (poll(p, 2 + LIMIT_NAMES_WORKERS, wait_ms(n)) < 0 && errno != EINTR)
			return ERR_IO;
		if (p[1].revents)
			watch_read(n);
		if (p[0].revents)
			more = take_question(n);
		if (more <= 0)
			return more;
		tend_workers(n, p + 2);
		hand_out(n);
	}
}

int names_run(int fd)
{
	struct names *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return ERR_MEMORY;
	prctl(PR_SET_NAME, "patd-names");
	n->asker = fd;
	for (size_t i = 0; i < LIMIT_NAMES_WORKERS; i++)
		n->workers[i].fd = -1;
	watch_start(n);
	err = serve(n);
	for (size_t i = 0; i < LIMIT_NAMES_WORKERS; i++)
		if (n->workers[i].fd >= 0) {
			kill(n->workers[i].pid, SIGKILL);
			close(n->workers[i].fd);
		}
	if (n->watch >= 0)
		close(n->watch);
	free(n);
	return err;
}
