#include "patd/kill.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/err.h"
#include "patd/processes.h"

enum {
	PAUSE_MS = 20,
	GRACE_MS = 2000,  /* for the opener to close its session in order, once it is alone */
	ROUNDS_MS = 8000, /* for all to be gone */
	LOGIND_MS = 5000,
	STOPS = 50, /* looks at a tree that grows while it is stopped */
};

/* ---- decisions ---- */

static int refuse(char *message, const char *why)
{
	snprintf(message, LIMIT_MESSAGE + 1, "left alone: %s", why);
	return ERR_REFUSED;
}

int kill_decide(const struct control *request, const struct process *found,
	const struct process *found_parent, const struct process *self, struct kill_target *out,
	char *message)
{
	bool alive = found && found->start == request->process.start;
	const struct process *p = alive ? found : &request->process;
	bool inside = alive && found_parent && found_parent->start == found->parent_start &&
		      found_parent->session == found->session;

	if (p->session == PROCESS_UNSET || p->login_uid == PROCESS_UNSET)
		return refuse(message, "it has no audit session (pam_loginuid sets it)");
	if (p->login_uid == 0 || p->login_uid != request->uid)
		return refuse(message, "it belongs to the login of another uid than the owner's");
	if (p->session == self->session)
		return refuse(message, "patd runs in it");
	*out = (struct kill_target){*p, alive, request->nested || inside};
	return 0;
}

bool kill_matches(const struct kill_target *t, const struct process *p)
{
	return p->pid > 1 && p->session == t->opener.session && p->login_uid == t->opener.login_uid;
}

bool kill_in_scope(struct span cgroup, uint32_t session)
{
	char scope[32];
	size_t n = (size_t)snprintf(scope, sizeof(scope), "/session-%u.scope", session);

	while (cgroup.n > 0) {
		struct span line = span_take(&cgroup, '\n');

		if (line.n >= n && memcmp(line.p + line.n - n, scope, n) == 0)
			return true;
	}
	return false;
}

/* ---- looking ---- */

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* The processes of a target. */
struct set {
	size_t n, room;
	struct process *p;
};

static bool set_has(const struct set *s, uint32_t pid, uint64_t start)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->p[i].pid == pid && s->p[i].start == start)
			return true;
	return false;
}

static bool set_add(struct set *s, const struct process *p)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 64;
		struct process *more = reallocarray(s->p, room, sizeof(*more));

		if (!more)
			return false;
		s->p = more;
		s->room = room;
	}
	s->p[s->n++] = *p;
	return true;
}

/* What the audit session tells. */
static int find_matching(const struct kill_target *t, struct set *out)
{
	struct process p;
	DIR *proc = opendir("/proc");
	int err = 0;

	if (!proc)
		return ERR_IO;
	out->n = 0;
	while (!err && processes_next(proc, &p))
		if (kill_matches(t, &p) && !set_add(out, &p))
			err = ERR_MEMORY;
	closedir(proc);
	return err;
}

/* Keeps what descends from the opener, and the opener. Once that is gone nothing is kept: what it
 * left can't be told from the processes of the login around it. */
static int keep_descendants(const struct kill_target *t, struct set *s)
{
	struct set kept = {0};
	size_t before;
	int err = 0;

	do {
		before = kept.n;
		for (size_t i = 0; i < s->n; i++) {
			const struct process *p = &s->p[i];
			bool opener = p->pid == t->opener.pid && p->start == t->opener.start;

			if (!set_has(&kept, p->pid, p->start) &&
				(opener || set_has(&kept, p->parent, p->parent_start)) &&
				!set_add(&kept, p))
				err = ERR_MEMORY;
		}
	} while (!err && kept.n > before);
	free(s->p);
	*s = kept;
	return err;
}

/* 0, ERR_IO, ERR_MEMORY: then there may be more. */
static int find(const struct kill_target *t, struct set *out)
{
	int err = find_matching(t, out);

	return err || !t->nested ? err : keep_descendants(t, out);
}

/* ---- ending ---- */

/* Looked at again once the descriptor holds it: a pid can become another's before. */
static void signal_one(const struct kill_target *t, const struct process *p, int signal_number)
{
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)p->pid, 0);
	struct process now;

	if (fd < 0)
		return;
	if (process_read(p->pid, &now) == 0 && now.start == p->start && kill_matches(t, &now))
		syscall(SYS_pidfd_send_signal, fd, signal_number, NULL, 0);
	close(fd);
}

static bool is_opener(const struct kill_target *t, const struct process *p)
{
	return t->alive && p->pid == t->opener.pid && p->start == t->opener.start;
}

static void signal_all(
	const struct kill_target *t, const struct set *s, int signal_number, bool opener_too)
{
	for (size_t i = 0; i < s->n; i++)
		if (opener_too || !is_opener(t, &s->p[i]))
			signal_one(t, &s->p[i], signal_number);
}

/*
 * What descends from an opener is known by its parents, so none may leave a child behind while the
 * others are killed: all are stopped first.
 */
static int stop_tree(const struct kill_target *t, struct set *s)
{
	size_t before = 0;

	for (int i = 0; i < STOPS; i++) {
		int err = find(t, s);

		if (err)
			return err;
		signal_all(t, s, SIGSTOP, false);
		if (s->n == before)
			return 0;
		before = s->n;
	}
	return 0;
}

/*
 * Until none is left; the opener, which then has nothing to wait for, comes last. ERR_NO_SESSION:
 * there was none; ERR_TIMEOUT: some are left; ERR_IO, ERR_MEMORY: nobody knows.
 */
static int end_all(const struct kill_target *t)
{
	int64_t begun = clock_ms(), alone = 0;
	struct set s = {0};
	bool any = false;
	size_t left;
	int err;

	do {
		err = t->nested ? stop_tree(t, &s) : find(t, &s);
		left = err ? 0 : s.n;
		any |= left > 0;
		if (left == 1 && is_opener(t, &s.p[0]) && !alone)
			alone = clock_ms();
		signal_all(t, &s, SIGKILL, alone && clock_ms() >= alone + GRACE_MS);
		if (left)
			pause_ms(PAUSE_MS);
	} while (left && clock_ms() < begun + ROUNDS_MS);
	free(s.p);
	if (err)
		return err;
	return left ? ERR_TIMEOUT : any ? 0 : ERR_NO_SESSION;
}

/* ---- logind ---- */

/* Runs a program as root, with nothing of ours but its arguments, for LOGIND_MS at most. */
static void run(const char *path, char *const argv[])
{
	char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *const environment[] = {search, locale, NULL};
	int64_t end = clock_ms() + LOGIND_MS;
	pid_t pid = fork();

	if (pid == 0) {
		execve(path, argv, environment);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_ms() >= end)
			kill(pid, SIGKILL);
		pause_ms(PAUSE_MS / 2);
	}
}

static bool is_in_scope(const struct process *p)
{
	char text[4096];
	size_t n = processes_text(p->pid, "cgroup", text, sizeof(text));

	return kill_in_scope((struct span){text, n}, p->session);
}

/* It knows of the session what we don't (its scope, its seat), and tidies up after it. */
static void end_by_logind(const struct kill_target *t)
{
	static const char *const paths[] = {"/usr/bin/loginctl", "/bin/loginctl"};
	char program[] = "loginctl", command[] = "terminate-session", session[16];
	char *argv[] = {program, command, session, NULL};

	if (!t->alive || t->nested || access("/run/systemd/system", F_OK) != 0 ||
		!is_in_scope(&t->opener))
		return;
	snprintf(session, sizeof(session), "%u", t->opener.session);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (access(paths[i], X_OK) == 0) {
			run(paths[i], argv);
			return;
		}
}

/* ---- what is asked for ---- */

static int find_target(const struct control *request, struct kill_target *t, char *message)
{
	struct process found, parent, self;
	bool alive = process_read(request->process.pid, &found) == 0;
	bool known = alive && found.parent && process_read(found.parent, &parent) == 0;

	if (process_self(&self))
		return refuse(message, "/proc cannot be read");
	return kill_decide(
		request, alive ? &found : NULL, known ? &parent : NULL, &self, t, message);
}

static void tell(struct control *result, const char *text)
{
	snprintf(result->message, sizeof(result->message), "%s", text);
}

void kill_session(const struct control *request, struct control *result)
{
	struct kill_target t;

	result->err = find_target(request, &t, result->message);
	if (result->err)
		return;
	end_by_logind(&t);
	result->err = end_all(&t);
	if (t.alive && result->err == ERR_NO_SESSION) /* logind was quick */
		result->err = 0;
	if (result->err == ERR_TIMEOUT)
		tell(result, "some of its processes do not end");
	else if (!result->err)
		tell(result, t.alive ? "ended" : "had ended; what it left was ended");
}
