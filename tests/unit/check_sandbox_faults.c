/*
 * check_sandbox_faults.c: confining the store process, with each call that it takes failing in
 * turn: it is confined, or told that it must end and why. Only a kernel without Landlock is lived
 * with.
 */
#include "tests/unit/faults.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/err.h"
#include "patd/sandbox.h"
#include "tests/unit/unit.h"

/* Bits of what came of it. */
enum { REFUSED = 1, FAULT_MET = 2, UNEXPLAINED = 4 };

/* In a process of its own. */
static int outcome(const char *dir, int n)
{
	char why[256] = "";
	int status, err;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			_exit(UNEXPLAINED);
		faults_begin(FAULT_PRIVILEGE, n);
		err = sandbox_enter(dir, why, sizeof(why));
		_exit((faults_end() ? FAULT_MET : 0) | (err ? REFUSED : 0) |
			(err && !why[0] ? UNEXPLAINED : 0));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(every_call_fails)
{
	int n = 0, status;

	do {
		status = outcome("/tmp", ++n);
		ck_assert_msg(status == 0 || status == (REFUSED | FAULT_MET), "call %d: status %d",
			n, status);
	} while (status != 0);
	ck_assert_int_gt(n, 10);
}
END_TEST

/* The first call asks for Landlock's version. */
START_TEST(without_landlock)
{
	static const int lived_with[] = {ENOSYS, EOPNOTSUPP, EPERM};

	for (size_t i = 0; i < COUNT(lived_with); i++) {
		fault_errno = lived_with[i];
		ck_assert_int_eq(outcome("/tmp", 1), FAULT_MET);
		/* But with it, nothing may go wrong. */
		ck_assert_int_eq(outcome("/tmp", 2), REFUSED | FAULT_MET);
	}
}
END_TEST

START_TEST(without_a_folder)
{
	ck_assert_int_eq(outcome("/dev/null", 0), REFUSED);
	ck_assert_int_eq(outcome("/no/such/folder", 0), REFUSED);
	ck_assert_int_eq(outcome("/proc/self/cwd", 0), REFUSED); /* a link is none */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sandbox_faults");
	TCase *t = tcase_create("sandbox_faults");

	tcase_set_timeout(t, 60);
	if (SANITIZED) {
		puts("skipped: no sandbox with a sanitizer");
	} else {
		tcase_add_test(t, every_call_fails);
		tcase_add_test(t, without_landlock);
	}
	tcase_add_test(t, without_a_folder);
	suite_add_tcase(s, t);
	return unit_run(s);
}
