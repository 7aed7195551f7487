/* check_fd.c: nothing of ours lands on the standard streams. Check runs each test in a process of
 * its own, which may close what it likes. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/fd.h"

START_TEST(moves_what_is_low)
{
	int fd, moved;

	close(STDIN_FILENO);
	fd = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(fd, STDIN_FILENO);
	moved = fd_above_stdio(fd);
	ck_assert_int_gt(moved, STDERR_FILENO);
	ck_assert_int_eq(fcntl(moved, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFD), -1);
}
END_TEST

START_TEST(leaves_what_is_high_or_none)
{
	int fd = open("/dev/null", O_RDONLY);

	ck_assert_int_gt(fd, STDERR_FILENO);
	ck_assert_int_eq(fd_above_stdio(fd), fd);
	ck_assert_int_eq(fd_above_stdio(-1), -1);
}
END_TEST

START_TEST(fills_the_holes_alone)
{
	int before = open("/dev/null", O_RDONLY);

	close(STDIN_FILENO);
	close(before);
	ck_assert_int_eq(fd_fill_stdio(), 0);
	ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFD), 0); /* for programs started from here, too */
	ck_assert_int_eq(open("/dev/null", O_RDONLY), before);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fd");
	TCase *t = tcase_create("fd");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, moves_what_is_low);
	tcase_add_test(t, leaves_what_is_high_or_none);
	tcase_add_test(t, fills_the_holes_alone);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
