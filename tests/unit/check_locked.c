/* check_locked.c: memory for secrets: empty, kept, given again wiped. */
#include <stdbool.h>
#include <string.h>

#include "patd/hash.h"
#include "patd/locked.h"
#include "tests/unit/unit.h"

enum { N = 9000 };

static bool is_empty(const unsigned char *p)
{
	return p[0] == 0 && memcmp(p, p + 1, N - 1) == 0;
}

START_TEST(empty)
{
	unsigned char *p = locked_alloc(N);

	ck_assert_ptr_nonnull(p);
	ck_assert(is_empty(p));
	memset(p, 'x', N);
	locked_free(p);
	locked_free(NULL);
}
END_TEST

START_TEST(given_again)
{
	struct locked_pool pool = {0};
	unsigned char *p = locked_take(&pool, N);

	ck_assert(is_empty(p));
	memset(p, 'x', N);
	locked_give(&pool, p, N);
	ck_assert(is_empty(p));
	ck_assert_ptr_eq(locked_take(&pool, N), p);
	locked_give(&pool, p, N);
	locked_drain(&pool);
	ck_assert_uint_eq(pool.n, 0);
}
END_TEST

/* One more than are kept is freed. */
START_TEST(a_few)
{
	struct locked_pool pool = {0};
	void *all[LOCKED_KEPT + 1];

	for (int i = 0; i <= LOCKED_KEPT; i++)
		all[i] = locked_take(&pool, N);
	for (int i = 0; i <= LOCKED_KEPT; i++)
		locked_give(&pool, all[i], N);
	ck_assert_uint_eq(pool.n, LOCKED_KEPT);
	locked_drain(&pool);
	ck_assert_uint_eq(pool.n, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("locked");
	TCase *t = tcase_create("locked");

	if (hash_init())
		return 1;
	tcase_add_test(t, empty);
	tcase_add_test(t, given_again);
	tcase_add_test(t, a_few);
	suite_add_tcase(s, t);
	return unit_run(s);
}
