/*
 * check_children_faults.c: the root parent's children that end sessions and hold
 * re-authentications, with each call on both sides failing in turn: whoever waits is told once, and
 * success only if it was one.
 */
#include "tests/unit/faults.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "common/err.h"
#include "patd/killer.h"
#include "patd/reauth.h"
#include "tests/unit/private_etc.h"
#include "tests/unit/unit.h"

enum { ALICE = 61234 };

static struct event_base *loop;
/* Nothing is asserted while calls fail: Check's own would. */
static unsigned told, told_id;
static int told_err;

static void setup(void)
{
	loop = event_base_new();
	ck_assert_ptr_nonnull(loop);
	fault_met = mmap(NULL, sizeof(*fault_met), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(fault_met, MAP_FAILED);
}

static void teardown(void)
{
	event_base_free(loop);
}

/* No child outlives its owner. */
static void no_children_are_left(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
	ck_assert_int_eq(errno, ECHILD);
}

static void until_told(void)
{
	int rc = 0;

	while (told == 0 && rc == 0)
		rc = event_base_loop(loop, EVLOOP_ONCE);
	event_base_loop(loop, EVLOOP_NONBLOCK);
}

static void end(void)
{
	faults_end();
	ck_assert_uint_eq(told, 1);
	ck_assert_uint_eq(told_id, 7);
}

static void begin(unsigned kinds, int n)
{
	told = 0;
	*fault_met = 0;
	faults_begin(kinds, n);
}

/* ---- ending sessions ---- */

static void on_killed(void *arg, const struct control *result)
{
	(void)arg;
	told++;
	told_id = result->id;
	told_err = result->err;
}

/* False: there was no such call. */
static bool asks_for_others(unsigned kinds, int n)
{
	const struct control request = {.type = CONTROL_OTHERS, .id = 7, .uid = ALICE};
	struct killer *k;

	begin(kinds, n);
	k = killer_new(loop, on_killed, NULL);
	if (k) {
		killer_start(k, &request);
		until_told();
		end();
		ck_assert(told_err == 0 || *fault_met);
	}
	killer_free(k);
	no_children_are_left();
	return *fault_met;
}

/* ---- re-authentication ---- */

static void on_reauthenticated(void *arg, uint32_t id, int err, const char *message)
{
	(void)arg;
	(void)message;
	told++;
	told_id = id;
	told_err = err;
}

/* Here no PAM stack lets anybody in. */
static bool asks_who_it_is(unsigned kinds, int n)
{
	struct reauth *r;
	int pair[2];

	ck_assert_int_eq(seteuid(ALICE), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(seteuid(0), 0);
	begin(kinds, n);
	r = reauth_new(loop, on_reauthenticated, NULL);
	if (r) {
		reauth_start(r, pair[0], 7); /* which owns the descriptor */
		until_told();
		end();
		ck_assert_int_ne(told_err, 0);
	} else {
		close(pair[0]);
	}
	close(pair[1]);
	reauth_free(r);
	no_children_are_left();
	return *fault_met;
}

/* ---- both ---- */

static const unsigned kinds[] = {FAULT_MEMORY, FAULT_SYSTEM | FAULT_SENDING, FAULT_CHANNEL};

START_TEST(every_call_of_ending)
{
	int n = 1;

	while (asks_for_others(kinds[_i], n))
		n++;
	ck_assert_int_gt(n, 1);
}
END_TEST

START_TEST(every_call_of_asking)
{
	int n = 1;

	ck_assert(private_etc());
	ck_assert(put_file("/etc/passwd", 0644, "alice:x:61234:61234::/:/bin/sh\n"));
	while (asks_who_it_is(kinds[_i], n))
		n++;
	ck_assert_int_gt(n, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("children_faults");
	TCase *t = tcase_create("children_faults");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_call_of_ending, 0, (int)COUNT(kinds));
	ADD_PRIVATE(t, every_call_of_asking, (int)COUNT(kinds));
	suite_add_tcase(s, t);
	return unit_run(s);
}
