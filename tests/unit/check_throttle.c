/* check_throttle.c: who failed how often, told as scripts of what happens when. */
#include <stdlib.h>

#include "common/limits.h"
#include "patd/throttle.h"
#include "tests/unit/unit.h"

_Static_assert(LIMIT_REAUTH_FAILURES == 5, "the scripts are written for it");

enum { W = LIMIT_REAUTH_WINDOW, ALICE = 1000, BOB = 1001 };

enum what {
	STOP,
	ALLOWED, /* begin: may try */
	BLOCKED, /* begin: may not */
	ANSWERED,
	FAILED,	   /* ended after an answer */
	GONE,	   /* ended without an answer */
	SUCCEEDED, /* ended after an answer */
};

struct step {
	enum what what;
	uid_t uid;
	int64_t at;
};

#define WRONG(uid, at)                                                                             \
	{ALLOWED, uid, at}, {ANSWERED, uid, at},                                                   \
	{                                                                                          \
		FAILED, uid, at                                                                    \
	}
#define RIGHT(uid, at)                                                                             \
	{ALLOWED, uid, at}, {ANSWERED, uid, at},                                                   \
	{                                                                                          \
		SUCCEEDED, uid, at                                                                 \
	}

static const struct {
	const char *name;
	struct step steps[32];
} scripts[] = {
	{"five failures block, from the last of them on",
		{WRONG(ALICE, 0), WRONG(ALICE, 10), WRONG(ALICE, 20), WRONG(ALICE, 30),
			WRONG(ALICE, 100), {BLOCKED, ALICE, 100}, {BLOCKED, ALICE, W},
			{BLOCKED, ALICE, 100 + W - 1}, {ALLOWED, ALICE, 100 + W}}},
	{"after the block all five are forgotten",
		{WRONG(ALICE, 0), WRONG(ALICE, 10), WRONG(ALICE, 20), WRONG(ALICE, 30),
			WRONG(ALICE, 40), {BLOCKED, ALICE, 40}, WRONG(ALICE, 40 + W),
			WRONG(ALICE, 41 + W), WRONG(ALICE, 42 + W), WRONG(ALICE, 43 + W),
			{ALLOWED, ALICE, 44 + W}}},
	{"others are not blocked",
		{WRONG(ALICE, 0), WRONG(ALICE, 0), WRONG(ALICE, 0), WRONG(ALICE, 0),
			WRONG(ALICE, 0), {BLOCKED, ALICE, 0}, RIGHT(BOB, 0), {BLOCKED, ALICE, 0}}},
	{"failures far apart do not add up",
		{WRONG(ALICE, 0), WRONG(ALICE, 10), WRONG(ALICE, 20), WRONG(ALICE, 30),
			WRONG(ALICE, W), WRONG(ALICE, W + 10), WRONG(ALICE, W + 20),
			WRONG(ALICE, W + 30), {ALLOWED, ALICE, W + 31}}},
	{"success forgets the failures before it",
		{WRONG(ALICE, 0), WRONG(ALICE, 1), WRONG(ALICE, 2), WRONG(ALICE, 3),
			RIGHT(ALICE, 4), WRONG(ALICE, 5), WRONG(ALICE, 6), WRONG(ALICE, 7),
			WRONG(ALICE, 8), {ALLOWED, ALICE, 9}}},
	{"who goes away without an answer did not fail",
		{{ALLOWED, ALICE, 0}, {GONE, ALICE, 0}, {ALLOWED, ALICE, 0}, {GONE, ALICE, 0},
			{ALLOWED, ALICE, 0}, {GONE, ALICE, 0}, {ALLOWED, ALICE, 0},
			{GONE, ALICE, 0}, {ALLOWED, ALICE, 0}, {GONE, ALICE, 0},
			{ALLOWED, ALICE, 0}}},
	{"attempts under way are held against the limit",
		{{ALLOWED, ALICE, 0}, {ALLOWED, ALICE, 0}, {ALLOWED, ALICE, 0}, {ALLOWED, ALICE, 0},
			{ALLOWED, ALICE, 0}, {BLOCKED, ALICE, 0}, {GONE, ALICE, 1},
			{ALLOWED, ALICE, 1}, {BLOCKED, ALICE, 1}}},
	{"failures and attempts under way count together",
		{WRONG(ALICE, 0), WRONG(ALICE, 0), WRONG(ALICE, 0), {ALLOWED, ALICE, 0},
			{ALLOWED, ALICE, 0}, {BLOCKED, ALICE, 0}}},
	{"an answered attempt is a failure before it ends",
		{{ALLOWED, ALICE, 0}, {ALLOWED, ALICE, 0}, {ALLOWED, ALICE, 0}, {ALLOWED, ALICE, 0},
			{ALLOWED, ALICE, 0}, {ANSWERED, ALICE, 7}, {ANSWERED, ALICE, 7},
			{ANSWERED, ALICE, 7}, {ANSWERED, ALICE, 7}, {ANSWERED, ALICE, 7},
			{BLOCKED, ALICE, 8}, {BLOCKED, ALICE, W + 6}, {ALLOWED, ALICE, W + 7}}},
	{"success of a parallel attempt lifts the block",
		{{ALLOWED, ALICE, 0}, WRONG(ALICE, 0), WRONG(ALICE, 0), WRONG(ALICE, 0),
			WRONG(ALICE, 0), {BLOCKED, ALICE, 0}, {ANSWERED, ALICE, 1},
			{BLOCKED, ALICE, 1}, {SUCCEEDED, ALICE, 2}, {ALLOWED, ALICE, 2}}},
	{"a begin that is turned away does not prolong the block",
		{WRONG(ALICE, 0), WRONG(ALICE, 0), WRONG(ALICE, 0), WRONG(ALICE, 0),
			WRONG(ALICE, 0), {BLOCKED, ALICE, W - 1}, {ALLOWED, ALICE, W}}},
	{"an end that nobody began changes nothing",
		{{GONE, ALICE, 0}, {ANSWERED, ALICE, 0}, {FAILED, ALICE, 0}, {ALLOWED, ALICE, 0},
			{GONE, ALICE, 0}, {GONE, ALICE, 0}, {ALLOWED, ALICE, 0},
			{ALLOWED, ALICE, 0}, {ALLOWED, ALICE, 0}, {ALLOWED, ALICE, 0},
			{ALLOWED, ALICE, 0}, {BLOCKED, ALICE, 0}}},
};

static void play(struct throttle *t, const struct step *s, const char *name)
{
	switch (s->what) {
	case ALLOWED:
	case BLOCKED:
		ck_assert_msg(throttle_begin(t, s->uid, s->at) == (s->what == ALLOWED),
			"%s: at %ld", name, (long)s->at);
		break;
	case ANSWERED:
		throttle_answered(t, s->uid, s->at);
		break;
	default:
		throttle_end(t, s->uid, s->what != GONE, s->what == SUCCEEDED);
	}
}

START_TEST(script)
{
	struct throttle *t = throttle_new();

	ck_assert_ptr_nonnull(t);
	for (const struct step *s = scripts[_i].steps; s->what != STOP; s++)
		play(t, s, scripts[_i].name);
	throttle_free(t);
}
END_TEST

static void fail_once(struct throttle *t, uid_t uid, int64_t now)
{
	ck_assert(throttle_begin(t, uid, now));
	throttle_answered(t, uid, now);
	throttle_end(t, uid, true, false);
}

START_TEST(a_full_table_refuses_new_uids_until_one_is_forgotten)
{
	struct throttle *t = throttle_new();
	const uid_t first = 5000, last = first + LIMIT_REAUTH_UIDS - 1;

	ck_assert_ptr_nonnull(t);
	for (uid_t uid = first; uid <= last; uid++)
		fail_once(t, uid, 0);
	ck_assert(!throttle_begin(t, ALICE, 1));
	ck_assert(throttle_begin(t, last, 1)); /* who is remembered goes on */
	throttle_end(t, last, false, true);
	ck_assert(throttle_begin(t, ALICE, 1)); /* in the place of `last` */
	ck_assert(!throttle_begin(t, BOB, W - 1));
	ck_assert(throttle_begin(t, BOB, W)); /* the failures are too old by now */
	throttle_free(t);
}
END_TEST

START_TEST(uids_that_never_answer_fill_nothing)
{
	struct throttle *t = throttle_new();

	ck_assert_ptr_nonnull(t);
	for (uid_t uid = 1; uid <= 3 * LIMIT_REAUTH_UIDS; uid++) {
		ck_assert(throttle_begin(t, uid, 0));
		throttle_end(t, uid, false, false);
	}
	throttle_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("throttle");
	TCase *t = tcase_create("throttle");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, script, 0, (int)(sizeof(scripts) / sizeof(scripts[0])));
	tcase_add_test(t, a_full_table_refuses_new_uids_until_one_is_forgotten);
	tcase_add_test(t, uids_that_never_answer_fill_nothing);
	suite_add_tcase(s, t);
	return unit_run(s);
}
