/* check_caps.c: nobody fills another's places. */
#include <stdlib.h>

#include "patd/caps.h"
#include "tests/unit/unit.h"

static unsigned take_all(struct caps *c, enum place place, uid_t uid, unsigned tries)
{
	unsigned taken = 0;

	while (tries-- > 0)
		taken += caps_take(c, place, uid);
	return taken;
}

START_TEST(four_for_each)
{
	struct caps c = {0};

	ck_assert_uint_eq(take_all(&c, PLACE_COMMON, 1000, 10), LIMIT_CONNS_PER_UID);
	ck_assert_uint_eq(take_all(&c, PLACE_COMMON, 1001, 10), LIMIT_CONNS_PER_UID);
	caps_release(&c, PLACE_COMMON, 1000);
	ck_assert_uint_eq(take_all(&c, PLACE_COMMON, 1001, 10), 0);
	ck_assert_uint_eq(take_all(&c, PLACE_COMMON, 1000, 10), 1);
}
END_TEST

START_TEST(nobody_shares_one)
{
	struct caps c = {0};

	ck_assert_uint_eq(take_all(&c, PLACE_COMMON, CAPS_NOBODY, 10), LIMIT_CONNS_PER_UID);
	ck_assert(caps_take(&c, PLACE_COMMON, 1000));
	caps_release(&c, PLACE_COMMON, CAPS_NOBODY);
	ck_assert_uint_eq(take_all(&c, PLACE_COMMON, CAPS_NOBODY, 10), 1);
}
END_TEST

START_TEST(sixty_four_in_all)
{
	struct caps c = {0};
	unsigned taken = 0;

	for (uid_t uid = 1000; uid < 1100; uid++)
		taken += take_all(&c, PLACE_COMMON, uid, 1);
	ck_assert_uint_eq(taken, LIMIT_CONNS);
	ck_assert(!caps_take(&c, PLACE_COMMON, CAPS_NOBODY));
	caps_release(&c, PLACE_COMMON, 1007);
	ck_assert(caps_take(&c, PLACE_COMMON, 2000));
	ck_assert(!caps_take(&c, PLACE_COMMON, 1007));
}
END_TEST

START_TEST(root_has_its_own_place)
{
	struct caps c = {0};

	ck_assert_uint_eq(take_all(&c, PLACE_ROOT, 0, 2 * LIMIT_CONNS_ROOT), LIMIT_CONNS_ROOT);
	ck_assert_uint_eq(take_all(&c, PLACE_COMMON, 1000, 10), LIMIT_CONNS_PER_UID);
	caps_release(&c, PLACE_ROOT, 0);
	ck_assert_uint_eq(take_all(&c, PLACE_ROOT, 0, 10), 1);
}
END_TEST

START_TEST(verifiers_have_theirs)
{
	struct caps c = {0};

	ck_assert_uint_eq(take_all(&c, PLACE_VERIFIER, 33, 100), LIMIT_CONNS_PER_VERIFIER);
	ck_assert_uint_eq(take_all(&c, PLACE_NEWCOMER, 33, 100), LIMIT_CONNS_PER_UID);
	caps_release(&c, PLACE_NEWCOMER, 33);
	ck_assert_uint_eq(take_all(&c, PLACE_VERIFIER, 33, 100), 0);
	ck_assert_uint_eq(take_all(&c, PLACE_NEWCOMER, 33, 100), 1);
}
END_TEST

/* Random takes and releases agree with plain counters, so that no place is ever lost. */
START_TEST(against_a_model)
{
	enum { UIDS = 40 };
	struct caps c = {0};
	unsigned held[UIDS] = {0}, total = 0;

	srand(1);
	for (unsigned round = 0; round < 100000; round++) {
		unsigned i = (unsigned)rand() % UIDS;
		uid_t uid = i == 1 ? CAPS_NOBODY : i;

		if (rand() % 2) {
			bool room = total < LIMIT_CONNS && held[i] < LIMIT_CONNS_PER_UID;

			ck_assert_int_eq(caps_take(&c, PLACE_COMMON, uid), room);
			held[i] += room;
			total += room;
		} else if (held[i]) {
			caps_release(&c, PLACE_COMMON, uid);
			held[i]--;
			total--;
		}
		ck_assert_uint_eq(c.at[PLACE_COMMON].total, total);
		ck_assert_uint_le(c.at[PLACE_COMMON].used, LIMIT_CONNS);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("caps");
	TCase *t = tcase_create("caps");

	tcase_add_test(t, four_for_each);
	tcase_add_test(t, nobody_shares_one);
	tcase_add_test(t, sixty_four_in_all);
	tcase_add_test(t, root_has_its_own_place);
	tcase_add_test(t, verifiers_have_theirs);
	tcase_add_test(t, against_a_model);
	suite_add_tcase(s, t);
	return unit_run(s);
}
