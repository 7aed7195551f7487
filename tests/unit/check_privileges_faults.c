/*
 * check_privileges_faults.c: dropping privileges, with each call that it takes failing in turn, and
 * each change of identity in turn being said to have been made when it was not. Whatever it is, the
 * process is told that it must end.
 */
#include "tests/unit/faults.h"

#include <sys/wait.h>

#include "common/err.h"
#include "patd/privileges.h"
#include "tests/unit/unit.h"

enum { SOMEONE = 61234, SOME_GROUP = 61235, EXTRA = 61236 };

static const struct identity identities[] = {
	{SOMEONE, SOME_GROUP, (gid_t)-1, false},
	{SOMEONE, SOME_GROUP, EXTRA, false},
	{SOMEONE, SOME_GROUP, EXTRA, true},
};

static int as_parent(const struct identity *id)
{
	(void)id;
	return privileges_limit();
}

static const struct {
	int (*drop)(const struct identity *id);
	bool lies;
} ways[] = {
	{identity_become, false},
	{identity_become, true},
	{as_parent, false},
};

/* In a process of its own: 0 or 1, by what was returned, and 2 if a call failed. */
static int outcome(int (*drop)(const struct identity *id), const struct identity *id, int n)
{
	const gid_t groups[] = {0, 7, 8};
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (setgroups(COUNT(groups), groups) < 0)
			_exit(4);
		/* Ways back that fail are as they should be. */
		faults_begin(FAULT_PRIVILEGE | (fault_lies ? FAULT_WAY_BACK : 0), n);
		status = drop(id) ? 1 : 0;
		_exit(status | (faults_end() ? 2 : 0));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(every_call_fails)
{
	for (size_t i = 0; i < COUNT(identities); i++) {
		int n = 0, status;

		fault_lies = ways[_i].lies;
		do {
			status = outcome(ways[_i].drop, &identities[i], ++n);
			ck_assert_msg(status == 3 || status == 0,
				"identity %zu, call %d: status %d", i, n, status);
		} while (status != 0);
		ck_assert_int_gt(n, 5);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("privileges_faults");
	TCase *t = tcase_create("privileges_faults");

	if (geteuid() == 0)
		tcase_add_loop_test(t, every_call_fails, 0, (int)COUNT(ways));
	else
		puts("skipped: every_call_fails needs root");
	suite_add_tcase(s, t);
	return unit_run(s);
}
