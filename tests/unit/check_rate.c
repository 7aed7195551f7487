/* check_rate.c: how often a second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "patd/rate.h"
#include "tests/unit/unit.h"

static struct rate rate;

static void empty(void)
{
	memset(&rate, 0, sizeof(rate));
}

static const char *id(unsigned n)
{
	static char text[TOKEN_ID_LEN + 1];

	snprintf(text, sizeof(text), "%011u", n);
	return text;
}

START_TEST(so_many_a_second)
{
	for (uint64_t second = 100; second < 103; second++)
		for (unsigned i = 0; i < 7; i++)
			ck_assert_int_eq(rate_take(&rate, id(1), second, 5), i < 5);
	ck_assert(!rate_take(&rate, id(1), 102, 5));
	ck_assert(rate_take(&rate, id(2), 102, 5)); /* another one's is another's */
}
END_TEST

START_TEST(none)
{
	ck_assert(!rate_take(&rate, id(1), 5, 0));
}
END_TEST

/* A clock that goes back is another second. */
START_TEST(clock_goes_back)
{
	ck_assert(rate_take(&rate, id(1), 100, 1));
	ck_assert(!rate_take(&rate, id(1), 100, 1));
	ck_assert(rate_take(&rate, id(1), 99, 1));
}
END_TEST

/* Whatever else is asked for, nobody gets more; and an hour later everything is as new. */
START_TEST(very_many)
{
	unsigned granted = 0;

	for (unsigned round = 0; round < 3; round++)
		for (unsigned n = 0; n < 100000; n++)
			granted += rate_take(&rate, id(n), 7, 2);
	ck_assert_uint_le(granted, 2 * RATE_SLOTS);
	ck_assert_uint_gt(granted, RATE_SLOTS);
	ck_assert(rate_take(&rate, id(4711), 8, 2));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rate");
	TCase *t = tcase_create("rate");

	tcase_add_checked_fixture(t, empty, NULL);
	tcase_add_test(t, so_many_a_second);
	tcase_add_test(t, none);
	tcase_add_test(t, clock_goes_back);
	tcase_add_test(t, very_many);
	suite_add_tcase(s, t);
	return unit_run(s);
}
