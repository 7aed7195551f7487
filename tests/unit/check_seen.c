/* check_seen.c: a bounded set of tokens. */
#include <string.h>

#include "common/err.h"
#include "common/limits.h"
#include "common/token.h"
#include "patctl/seen.h"
#include "tests/unit/unit.h"

static struct seen *seen;
static size_t met;

static void setup(void)
{
	seen = seen_new();
	ck_assert_ptr_nonnull(seen);
	met = 0;
}

static void teardown(void)
{
	seen_free(seen);
	seen_free(NULL);
}

static int add(unsigned n)
{
	char text[TOKEN_TEXT_MAX + 1];

	snprintf(text, sizeof(text), "pat_%060u", n);
	return seen_add(seen, text, strlen(text));
}

static int meet(void *arg, const char *text)
{
	ck_assert_ptr_eq(arg, &met);
	ck_assert_uint_eq(strlen(text), 64);
	return ++met == 1000000 ? -1 : 0;
}

static int stop(void *arg, const char *text)
{
	(void)arg;
	(void)text;
	return ++met == 2 ? -7 : 0;
}

START_TEST(distinct)
{
	ck_assert_int_eq(add(1), 0);
	ck_assert_int_eq(add(1), 0);
	ck_assert_int_eq(add(2), 0);
	ck_assert_uint_eq(seen_count(seen), 2);
	ck_assert_int_eq(seen_each(seen, meet, &met), 0);
	ck_assert_uint_eq(met, 2);
	ck_assert_int_eq(seen_add(seen, "", 0), ERR_INVALID);
}
END_TEST

/* One is the beginning of another. */
START_TEST(beginnings)
{
	ck_assert_int_eq(seen_add(seen, "ab", 2), 0);
	ck_assert_int_eq(seen_add(seen, "abc", 3), 0);
	ck_assert_int_eq(seen_add(seen, "abc", 3), 0);
	ck_assert_uint_eq(seen_count(seen), 2);
}
END_TEST

START_TEST(full)
{
	for (unsigned i = 0; i < LIMIT_SEEN; i++)
		ck_assert_int_eq(add(i), 0);
	ck_assert_int_eq(add(LIMIT_SEEN), ERR_LIMIT);
	ck_assert_int_eq(add(7), 0); /* it is in there */
	ck_assert_uint_eq(seen_count(seen), LIMIT_SEEN);
	ck_assert_int_eq(seen_each(seen, meet, &met), 0);
	ck_assert_uint_eq(met, LIMIT_SEEN);
	seen_clear(seen);
	ck_assert_uint_eq(seen_count(seen), 0);
	met = 0;
	ck_assert_int_eq(seen_each(seen, meet, &met), 0);
	ck_assert_uint_eq(met, 0);
	ck_assert_int_eq(add(LIMIT_SEEN), 0);
}
END_TEST

START_TEST(each_until_an_error)
{
	for (unsigned i = 0; i < 5; i++)
		add(i);
	ck_assert_int_eq(seen_each(seen, stop, NULL), -7);
	ck_assert_uint_eq(met, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("seen");
	TCase *t = tcase_create("seen");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, distinct);
	tcase_add_test(t, beginnings);
	tcase_add_test(t, full);
	tcase_add_test(t, each_until_an_error);
	suite_add_tcase(s, t);
	return unit_run(s);
}
