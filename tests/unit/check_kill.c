/*
 * check_kill.c: which processes a session is, and their end: real processes, that pam_loginuid's
 * way gave an audit session, which takes root and a kernel that keeps them.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/kill.h"
#include "patd/processes.h"
#include "tests/unit/unit.h"

enum { ALICE = 54321, BOB = 54322 };

/* ---- decisions ---- */

#define NOBODY PROCESS_UNSET
#define PATD                                                                                       \
	{                                                                                          \
		5, 50, 1, 1, NOBODY, NOBODY                                                        \
	}
#define SSHD                                                                                       \
	{                                                                                          \
		100, 1000, 1, 1, 7, ALICE                                                          \
	}

static const struct {
	const char *name;
	struct control request;
	struct process found; /* pid 0: none */
	struct process parent;
	struct process self;
	int err;
	const char *why; /* a part of it */
	struct kill_target target;
} cases[] = {
	{"a login", {.process = SSHD, .uid = ALICE}, SSHD, {1, 1, 0, 0, NOBODY, NOBODY}, PATD, 0,
		"", {SSHD, true, false}},
	{"recorded before pam_loginuid",
		{.process = {100, 1000, 1, 1, NOBODY, NOBODY}, .uid = ALICE}, SSHD,
		{1, 1, 0, 0, NOBODY, NOBODY}, PATD, 0, "", {SSHD, true, false}},
	{"gone", {.process = SSHD, .uid = ALICE}, {0}, {0}, PATD, 0, "", {SSHD, false, false}},
	{"gone, and the pid came back", {.process = SSHD, .uid = ALICE}, {100, 1001, 1, 1, 9, BOB},
		{1, 1, 0, 0, 9, NOBODY}, PATD, 0, "", {SSHD, false, false}},
	{"inside of another", {.process = SSHD, .uid = ALICE}, SSHD, {1, 1, 0, 0, 7, ALICE}, PATD,
		0, "", {SSHD, true, true}},
	{"recorded as inside", {.process = SSHD, .nested = 1, .uid = ALICE}, SSHD,
		{1, 1, 0, 0, NOBODY, NOBODY}, PATD, 0, "", {SSHD, true, true}},
	{"a parent that is another one", {.process = SSHD, .uid = ALICE}, SSHD,
		{1, 2, 0, 0, 7, ALICE}, PATD, 0, "", {SSHD, true, false}},
	{"another's login", {.process = SSHD, .uid = BOB}, SSHD, {0}, PATD, ERR_REFUSED,
		"another uid", {{0}, false, false}},
	{"changed since", {.process = SSHD, .uid = ALICE}, {100, 1000, 1, 1, 7, BOB}, {0}, PATD,
		ERR_REFUSED, "another uid", {{0}, false, false}},
	{"root's login", {.process = {100, 1000, 1, 1, 7, 0}, .uid = 0}, {0}, {0}, PATD,
		ERR_REFUSED, "another uid", {{0}, false, false}},
	{"root's login now", {.process = SSHD, .uid = ALICE}, {100, 1000, 1, 1, 7, 0}, {0}, PATD,
		ERR_REFUSED, "another uid", {{0}, false, false}},
	{"no audit session", {.process = {100, 1000, 1, 1, NOBODY, ALICE}, .uid = ALICE}, {0}, {0},
		PATD, ERR_REFUSED, "no audit session", {{0}, false, false}},
	{"no login uid", {.process = {100, 1000, 1, 1, 7, NOBODY}, .uid = NOBODY}, {0}, {0}, PATD,
		ERR_REFUSED, "no audit session", {{0}, false, false}},
	{"patd's own", {.process = SSHD, .uid = ALICE}, SSHD, {0}, {5, 50, 1, 1, 7, ALICE},
		ERR_REFUSED, "patd", {{0}, false, false}},
};

START_TEST(decisions)
{
	struct kill_target t;
	char message[LIMIT_MESSAGE + 1] = "";
	const struct process *found = cases[_i].found.pid ? &cases[_i].found : NULL;
	const struct process *parent = cases[_i].parent.pid ? &cases[_i].parent : NULL;
	int err = kill_decide(&cases[_i].request, found, parent, &cases[_i].self, &t, message);

	ck_assert_msg(err == cases[_i].err, "%s: %d", cases[_i].name, err);
	ck_assert_msg(strstr(message, cases[_i].why) != NULL, "%s: %s", cases[_i].name, message);
	if (err)
		return;
	ck_assert_msg(t.alive == cases[_i].target.alive, "%s", cases[_i].name);
	ck_assert_msg(t.nested == cases[_i].target.nested, "%s", cases[_i].name);
	ck_assert_uint_eq(t.opener.session, cases[_i].target.opener.session);
	ck_assert_uint_eq(t.opener.login_uid, cases[_i].target.opener.login_uid);
}
END_TEST

START_TEST(matches)
{
	struct kill_target t = {SSHD, true, false};
	static const struct {
		struct process p;
		bool matches;
	} processes[] = {
		{{100, 1000, 1, 1, 7, ALICE}, true},
		{{2, 1, 1, 1, 7, ALICE}, true},
		{{1, 1, 0, 0, 7, ALICE}, false},
		{{101, 1, 100, 1000, 8, ALICE}, false},
		{{101, 1, 100, 1000, 7, BOB}, false},
		{{101, 1, 100, 1000, 7, 0}, false},
		{{101, 1, 100, 1000, NOBODY, NOBODY}, false},
	};

	for (size_t i = 0; i < COUNT(processes); i++)
		ck_assert_int_eq(kill_matches(&t, &processes[i].p), processes[i].matches);
}
END_TEST

static const struct {
	const char *text;
	bool in; /* session 3's */
} cgroups[] = {
	{"0::/user.slice/user-1000.slice/session-3.scope\n", true},
	{"0::/user.slice/user-1000.slice/session-3.scope", true},
	{"1:name=systemd:/user.slice/session-3.scope\n0::/x\n", true},
	{"2:cpu:/\n1:name=systemd:/user.slice/session-3.scope\n", true},
	/* the login around it */
	{"0::/user.slice/user-1000.slice/session-4.scope\n", false},
	{"0::/user.slice/user-1000.slice/session-33.scope\n", false},
	{"0::/user.slice/user-1000.slice/session-13.scope\n", false},
	{"0::/user.slice/user-1000.slice/session-c3.scope\n", false},
	{"0::/user.slice/user-1000.slice/user@1000.service/app.slice\n", false},
	{"0::/user.slice/user-1000.slice/session-3.scope/below\n", false},
	{"0::/user.slice/x-session-3.scope\n", false},
	{"0::/system.slice/sshd.service\n", false},
	{"0::/session-.scope\n", false},
	{"0::/session-3\n", false},
	{"session-3.scope", false},
	{"", false},
	{"\n\n", false},
};

START_TEST(scopes)
{
	ck_assert_msg(kill_in_scope(span_of(cgroups[_i].text), 3) == cgroups[_i].in, "%s",
		cgroups[_i].text);
}
END_TEST

/* ---- real processes ---- */

static int tell[2]; /* what test processes say */

/* As pam_loginuid does it. */
static bool begin_login(uid_t uid)
{
	int fd = open("/proc/self/loginuid", O_WRONLY | O_TRUNC | O_CLOEXEC);
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", uid);
	bool done = fd >= 0 && write(fd, text, (size_t)n) == n;

	close(fd);
	return done;
}

/* Only root may, and only once on some kernels; here the test's processes begin without one. */
static bool can_begin_logins(void)
{
	struct process p;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(begin_login(ALICE) && process_self(&p) == 0 && p.login_uid == ALICE &&
					p.session != NOBODY
				? 0
				: 1);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static void stay(void)
{
	pid_t pid = getpid();

	if (write(tell[1], &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	for (;;)
		pause();
}

/* The pids that are told, n of them. */
static void hear(pid_t *pids, int n)
{
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(read(tell[0], &pids[i], sizeof(pids[i])), sizeof(pids[i]));
}

/* Whose parent is this program: waited for, so that what is killed is gone. */
static bool alive(pid_t pid)
{
	struct process p;

	waitpid(pid, NULL, WNOHANG);
	return process_read((uint32_t)pid, &p) == 0;
}

static void setup(void)
{
	ck_assert_int_eq(pipe2(tell, O_CLOEXEC), 0);
	/* Orphans come to us, and not to whoever runs the tests. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void ignore_signals(void)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
}

/* An opener of root's with five processes of its login, told in their order after it. */
enum { LOGIN = 5 };
static pid_t log_in(uid_t uid)
{
	pid_t opener = fork();

	if (opener != 0)
		return opener;
	ignore_signals();
	if (!begin_login(uid))
		_exit(1);
	if (fork() == 0) { /* in a session of its own, with a child that was orphaned */
		setsid();
		if (fork() == 0) {
			if (fork() == 0)
				stay();
			_exit(0);
		}
		stay();
	}
	if (fork() == 0) { /* as the user, with a name like a state */
		prctl(PR_SET_NAME, "x) Z 1 1 (");
		if (setgid(uid) == 0 && setuid(uid) == 0)
			stay();
	}
	if (fork() == 0) { /* stopped */
		pid_t pid = getpid();

		if (write(tell[1], &pid, sizeof(pid)) == sizeof(pid))
			raise(SIGSTOP);
		stay();
	}
	stay();
	_exit(0);
}

static struct control kill_opener(pid_t opener, uid_t uid, bool nested)
{
	struct control request = {.type = CONTROL_KILL, .nested = nested, .uid = uid},
		       result = {.type = CONTROL_RESULT};

	ck_assert_int_eq(process_read((uint32_t)opener, &request.process), 0);
	kill_session(&request, &result);
	return result;
}

START_TEST(whole_login)
{
	pid_t opener, other, pids[LOGIN], others[LOGIN];
	struct control result;

	opener = log_in(ALICE);
	hear(pids, LOGIN);
	other = log_in(ALICE); /* the same account's, and not meant */
	hear(others, LOGIN);
	result = kill_opener(opener, ALICE, false);
	ck_assert_int_eq(result.err, 0);
	ck_assert_str_eq(result.message, "ended");
	ck_assert(!alive(opener));
	for (int i = 0; i < LOGIN; i++) {
		ck_assert(!alive(pids[i]));
		ck_assert(alive(others[i]));
	}
	result = kill_opener(other, BOB, false);
	ck_assert_int_eq(result.err, ERR_REFUSED);
	ck_assert(alive(other));
	ck_assert_int_eq(kill_opener(other, ALICE, false).err, 0);
	ck_assert(!alive(other));
}
END_TEST

/* The opener is gone: what it left is found by what was recorded. */
START_TEST(orphans)
{
	pid_t opener = log_in(ALICE), pids[LOGIN];
	struct control request = {.type = CONTROL_KILL, .uid = ALICE}, result = {.err = 1};

	hear(pids, LOGIN);
	ck_assert_int_eq(process_read((uint32_t)opener, &request.process), 0);
	request.nested = 1;
	request.process.start--; /* an earlier process of that pid */
	kill_session(&request, &result);
	ck_assert_int_eq(result.err, ERR_NO_SESSION);
	ck_assert(alive(opener) && alive(pids[0]));
	request.process.start++;
	kill(opener, SIGKILL);
	ck_assert_int_eq(waitpid(opener, NULL, 0), opener);
	request.nested = 1; /* nobody can tell these from the login around them */
	kill_session(&request, &result);
	ck_assert_int_eq(result.err, ERR_NO_SESSION);
	request.nested = 0;
	kill_session(&request, &result);
	ck_assert_int_eq(result.err, 0);
	ck_assert_str_eq(result.message, "had ended; what it left was ended");
	for (int i = 0; i < LOGIN; i++)
		ck_assert(!alive(pids[i]));
	kill_session(&request, &result);
	ck_assert_int_eq(result.err, ERR_NO_SESSION);
}
END_TEST

/* As sudo inside of a login: it and what descends from it, also while that forks. */
START_TEST(inside_of_a_login)
{
	pid_t login = fork(), sudo, pids[4];

	if (login == 0) {
		if (!begin_login(ALICE))
			_exit(1);
		if (fork() == 0) {
			if (fork() == 0) {
				for (int i = 0; i < 200; i++)
					if (fork() == 0)
						for (;;)
							pause();
				if (fork() == 0)
					stay();
				stay();
			}
			stay();
		}
		stay();
	}
	hear(pids, 4); /* in any order */
	sudo = 0;
	for (int i = 0; i < 4; i++) {
		struct process p;

		ck_assert_int_eq(process_read((uint32_t)pids[i], &p), 0);
		if (p.parent == (uint32_t)login)
			sudo = pids[i];
	}
	ck_assert_int_ne(sudo, 0);
	/* That it is inside is seen, recorded or not. */
	ck_assert_int_eq(kill_opener(sudo, ALICE, false).err, 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(alive(pids[i]), pids[i] == login);
	ck_assert_int_eq(kill_opener(login, ALICE, false).err, 0);
	ck_assert(!alive(login));
}
END_TEST

/* An opener that waits for its processes gets the time to end in order. */
START_TEST(opener_ends_in_order)
{
	pid_t opener = fork(), pids[2];
	int status;

	if (opener == 0) {
		pid_t child;

		ignore_signals();
		if (!begin_login(ALICE))
			_exit(1);
		child = fork();
		if (child == 0)
			stay();
		if (write(tell[1], &child, sizeof(child)) != sizeof(child))
			_exit(1);
		waitpid(child, NULL, 0);
		_exit(42);
	}
	hear(pids, 2);
	ck_assert_int_eq(kill_opener(opener, ALICE, false).err, 0);
	ck_assert_int_eq(waitpid(opener, &status, 0), opener);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}
END_TEST

/* ---- what else runs ---- */

static bool told(const struct control *result, pid_t pid, const char *name)
{
	for (unsigned i = 0; i < result->other_count; i++)
		if (result->others[i].pid == (uint32_t)pid)
			return strcmp(result->others[i].name, name) == 0;
	return false;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(others)
{
	const uid_t uid = 1000000 + (uid_t)getpid(); /* nobody else's who runs tests */
	struct control request = {.type = CONTROL_OTHERS, .uid = uid}, result = {.err = 0};
	pid_t own = fork(), of_login, pids[2];

	if (own == 0) {
		prctl(PR_SET_NAME, "own\nlife");
		if (setgid(uid) == 0 && setuid(uid) == 0)
			stay();
		_exit(1);
	}
	of_login = fork();
	if (of_login == 0) {
		prctl(PR_SET_NAME, "123456789012345");
		if (begin_login(uid))
			stay();
		_exit(1);
	}
	hear(pids, 2);
	processes_others(&request, &result);
	ck_assert_uint_eq(result.other_count, 2);
	ck_assert_uint_eq(result.others_more, 0);
	ck_assert(told(&result, own, "own"));
	ck_assert(told(&result, of_login, "123456789012345"));
	request.uid = 0;
	result = (struct control){.err = 0};
	processes_others(&request, &result);
	ck_assert_uint_eq(result.other_count, 0);
	request.uid = NOBODY;
	processes_others(&request, &result);
	ck_assert_uint_eq(result.other_count, 0);
	end_child(own);
	end_child(of_login);
}
END_TEST

START_TEST(many_others)
{
	const uid_t uid = 1000000 + (uid_t)getpid();
	struct control request = {.type = CONTROL_OTHERS, .uid = uid}, result = {.err = 0};
	pid_t pids[LIMIT_OTHERS + 3];

	for (size_t i = 0; i < COUNT(pids); i++)
		if (fork() == 0) {
			if (setgid(uid) == 0 && setuid(uid) == 0)
				stay();
			_exit(1);
		}
	hear(pids, COUNT(pids));
	processes_others(&request, &result);
	ck_assert_uint_eq(result.other_count, LIMIT_OTHERS);
	ck_assert_uint_eq(result.others_more, 3);
	for (size_t i = 0; i < COUNT(pids); i++)
		end_child(pids[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kill");
	TCase *t = tcase_create("decisions"), *real = tcase_create("processes");

	tcase_add_loop_test(t, decisions, 0, COUNT(cases));
	tcase_add_test(t, matches);
	tcase_add_loop_test(t, scopes, 0, COUNT(cgroups));
	suite_add_tcase(s, t);
	tcase_set_timeout(real, 60);
	tcase_add_checked_fixture(real, setup, NULL);
	tcase_add_test(real, whole_login);
	tcase_add_test(real, orphans);
	tcase_add_test(real, inside_of_a_login);
	tcase_add_test(real, opener_ends_in_order);
	tcase_add_test(real, others);
	tcase_add_test(real, many_others);
	if (can_begin_logins())
		suite_add_tcase(s, real);
	else
		printf("left out, needs root and a kernel with audit sessions: real processes\n");
	return unit_run(s);
}
