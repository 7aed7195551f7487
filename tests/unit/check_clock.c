/* check_clock.c: a date without a sign, from a clock that may stand anywhere. */
#include <stdlib.h>
#include <time.h>

#include <check.h>

#include "common/clock.h"

static time_t told;

time_t time(time_t *out)
{
	if (out)
		*out = told;
	return told;
}

START_TEST(before_the_epoch_is_its_beginning)
{
	static const struct {
		time_t told;
		uint64_t now;
	} rows[] = {
		{-1, 0},
		{-315619200, 0}, /* 1960 */
		{INT64_MIN, 0},
		{0, 0},
		{1, 1},
		{4294967296, 4294967296},     /* 2106 */
		{253402300800, 253402300800}, /* 10000 */
		{INT64_MAX, INT64_MAX},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		told = rows[i].told;
		ck_assert_uint_eq(clock_now(), rows[i].now);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock");
	TCase *tc = tcase_create("clock");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, before_the_epoch_is_its_beginning);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
