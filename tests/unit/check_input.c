/* check_input.c: lines from a pipe: how they end, how long they may be, and what is left of them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "patctl/input.h"

static struct input in;

/* Everything fits into the pipe. */
static void feed(const char *bytes, size_t n)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], bytes, n), (ssize_t)n);
	close(fds[1]);
	input_init(&in, fds[0]);
}

START_TEST(lines)
{
	char line[8];

	feed("one\n\n\r\nlast", 11);
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), 0);
	ck_assert_str_eq(line, "one");
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), 0);
	ck_assert_str_eq(line, "");
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), 0);
	ck_assert_str_eq(line, "\r");
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), 0);
	ck_assert_str_eq(line, "last");
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), ERR_DECLINED);
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), ERR_DECLINED);
	close(in.fd);
}
END_TEST

START_TEST(too_long)
{
	char line[8];

	feed("1234567\n12345678\n", 17);
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), 0);
	ck_assert_str_eq(line, "1234567");
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), ERR_INVALID);
	for (size_t i = 0; i < sizeof(line); i++)
		ck_assert_int_eq(line[i], 0);
	close(in.fd);
}
END_TEST

/* Longer than the buffer behind it, and a NUL. */
START_TEST(long_and_binary)
{
	static char bytes[6003], line[6001];

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + 6000, "\n\0\n", 3);
	feed(bytes, sizeof(bytes));
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), 0);
	ck_assert_uint_eq(strlen(line), 6000);
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), ERR_INVALID);
	close(in.fd);
}
END_TEST

START_TEST(no_descriptor)
{
	char line[8];

	input_init(&in, -1);
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), ERR_IO);
}
END_TEST

START_TEST(wiped)
{
	char line[8];

	feed("secret\nsecret", 13);
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), 0);
	input_wipe(&in);
	ck_assert_ptr_null(memmem(in.buf, sizeof(in.buf), "secret", 6));
	ck_assert_int_eq(input_line(&in, line, sizeof(line)), ERR_DECLINED);
	close(in.fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("input");
	TCase *tc = tcase_create("input");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, lines);
	tcase_add_test(tc, too_long);
	tcase_add_test(tc, long_and_binary);
	tcase_add_test(tc, no_descriptor);
	tcase_add_test(tc, wiped);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
