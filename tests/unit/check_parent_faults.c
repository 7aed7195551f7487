/*
 * check_parent_faults.c: all of patd, started as it is without a service manager, with each call
 * that its three processes make meanwhile failing in turn. It tells its manager that it serves, or
 * ends with an error; and nothing of it outlives it.
 */
#include "tests/unit/faults.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/un.h>

#include "common/err.h"
#include "common/paths.h"
#include "patd/parent.h"
#include "tests/unit/private_etc.h"
#include "tests/unit/unit.h"

enum { PATD = 61234, PATD_NAMES = 61235, SHADOW = 61236 };

static char dir[BASE_DIR], run_dir[BASE_DIR + 8], state_dir[BASE_DIR + 8], notify[BASE_DIR + 8];
static int notified;

static void setup(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char passwd[256];

	ck_assert(private_etc());
	snprintf(passwd, sizeof(passwd),
		"root:x:0:0::/:/bin/sh\n" PATH_USER ":x:%d:%d::/:/bin/false\n" PATH_NAMES_USER
		":x:%d:%d::/:/bin/false\n",
		PATD, PATD, PATD_NAMES, PATD_NAMES);
	ck_assert(put_file("/etc/passwd", 0644, passwd));
	ck_assert(put_file("/etc/shadow", 0640, "root:*:1::::::\n"));
	ck_assert_int_eq(chown("/etc/shadow", 0, SHADOW), 0);
	make_dir(dir);
	ck_assert_int_eq(chmod(base, 0755), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	snprintf(run_dir, sizeof(run_dir), "%s/run", dir);
	snprintf(state_dir, sizeof(state_dir), "%s/state", dir);
	ck_assert_int_eq(mkdir(state_dir, 0700), 0);
	ck_assert_int_eq(chown(state_dir, PATD, PATD), 0);
	snprintf(notify, sizeof(notify), "%s/notify", dir);
	notified = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_lt(
		snprintf(a.sun_path, sizeof(a.sun_path), "%s", notify), (int)sizeof(a.sun_path));
	ck_assert_int_eq(bind(notified, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", notify, 1), 0);
	/* What it leaves behind becomes ours. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	fault_met = mmap(NULL, sizeof(*fault_met), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(fault_met, MAP_FAILED);
}

static pid_t start(unsigned kinds, int n)
{
	static const char no_config[] = "/etc/pat.conf";
	const struct parent_options options = {.run_dir = run_dir,
		.state_dir = state_dir,
		.config = no_config,
		.foreground = true};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t pid;

	*fault_met = 0;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(null, STDERR_FILENO);
		umask(077);
		faults_begin(kinds, n);
		_exit(parent_run(&options) ? 1 : 0);
	}
	close(null);
	return pid;
}

static bool is_ready(void)
{
	char text[64];
	ssize_t n = recv(notified, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return strcmp(text, "READY=1") == 0;
}

/* One that serves is told to end. Its exit status. */
static int outcome(pid_t pid, bool *ready)
{
	int status;

	for (*ready = false; waitpid(pid, &status, WNOHANG) == 0;) {
		struct pollfd p = {notified, POLLIN, 0};

		poll(&p, 1, 5);
		if (!*ready && is_ready()) {
			*ready = true;
			ck_assert_int_eq(kill(pid, SIGTERM), 0);
		}
	}
	*ready |= is_ready(); /* it may have ended right after */
	while (recv(notified, &(char){0}, 1, 0) > 0)
		;
	ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* False: there was no such call. */
static bool starts_or_ends(unsigned kinds, int n)
{
	pid_t pid = start(kinds, n);
	bool ready;
	int status = outcome(pid, &ready);

	ck_assert_msg(
		ready || status == 1, "kind %u, call %d: it ended as if all were well", kinds, n);
	/* A worker of the names process may be on its way out. */
	for (int i = 0; waitpid(-1, NULL, WNOHANG) != -1; i++) {
		ck_assert_msg(i < 1000, "kind %u, call %d: a process is left", kinds, n);
		poll(NULL, 0, 5);
	}
	if (!*fault_met)
		ck_assert(ready && status == 0);
	return *fault_met;
}

static const unsigned kinds[] = {
	FAULT_MEMORY, FAULT_STORE, FAULT_SYSTEM | FAULT_SENDING, FAULT_CHANNEL};

START_TEST(every_call_fails)
{
	int n = 1;

	while (starts_or_ends(kinds[_i], n))
		n++;
	ck_assert_int_gt(n, 1);
	ck_assert(!starts_or_ends(0, 0));
}
END_TEST

int main(void)
{
	static const char memory[sizeof(base)] = "/dev/shm/check.XXXXXX";
	Suite *s = suite_create("parent_faults");
	TCase *t = tcase_create("parent_faults");

	if (access("/dev/shm", W_OK) == 0)
		memcpy(base, memory, sizeof(memory));
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 200);
	if (SANITIZED)
		puts("skipped: no sandbox with a sanitizer");
	else
		ADD_PRIVATE(t, every_call_fails, (int)COUNT(kinds));
	suite_add_tcase(s, t);
	return unit_run(s);
}
