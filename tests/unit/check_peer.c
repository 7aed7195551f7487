/* check_peer.c: who connects, by what the kernel says, and how many places they have. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/peer.h"

enum { OVERFLOW = 65534, SOMEBODY = 12345 };

START_TEST(own_uid)
{
	uid_t uid = 99;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(peer_uid(pair[0], OVERFLOW, &uid), 0);
	ck_assert_uint_eq(uid, geteuid());
}
END_TEST

START_TEST(overflow_uid)
{
	uid_t uid = 99;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(peer_uid(pair[0], geteuid(), &uid), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(uid, 99);
}
END_TEST

START_TEST(no_peer)
{
	uid_t uid = 99;
	int pipes[2], s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(peer_uid(pipes[0], OVERFLOW, &uid), ERR_NOT_PERMITTED);
	ck_assert_int_eq(peer_uid(s, OVERFLOW, &uid), ERR_NOT_PERMITTED); /* unconnected: uid -1 */
	ck_assert_int_eq(peer_uid(-1, OVERFLOW, &uid), ERR_NOT_PERMITTED);
	s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(peer_uid(s, OVERFLOW, &uid), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(uid, 99);
}
END_TEST

/* A listener at an abstract address, and a connection to it by a child of this uid. */
static int connected_by(uid_t uid)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int status, listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), fd;
	pid_t child;

	snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "check_peer.%d.%u", getpid(), uid);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	child = fork();
	if (child == 0) {
		int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

		if (seteuid(uid) < 0 || connect(s, (struct sockaddr *)&a, sizeof(a)) < 0)
			_exit(1);
		_exit(geteuid() == uid && seteuid(0) == 0 ? 0 : 1); /* too late to be told */
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	close(listener);
	return fd;
}

/* The effective uid when it connected, whatever became of the process since. */
START_TEST(another_uid)
{
	uid_t uid = 99;

	if (geteuid() != 0)
		return; /* only root can be somebody else */
	ck_assert_int_eq(peer_uid(connected_by(SOMEBODY), OVERFLOW, &uid), 0);
	ck_assert_uint_eq(uid, SOMEBODY);
	ck_assert_int_eq(peer_uid(connected_by(OVERFLOW), OVERFLOW, &uid), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(uid, SOMEBODY);
	ck_assert_int_eq(peer_uid(connected_by(0xfffffffe), OVERFLOW, &uid), 0);
	ck_assert_uint_eq(uid, 0xfffffffe);
}
END_TEST

START_TEST(overflow_uid_of_the_system)
{
	FILE *f = fopen("/proc/sys/kernel/overflowuid", "re");
	unsigned expected = OVERFLOW;

	if (f) {
		ck_assert_int_eq(fscanf(f, "%u", &expected), 1);
		fclose(f);
	}
	ck_assert_uint_eq(peer_overflow_uid(), expected);
}
END_TEST

/* ---- places ---- */

static unsigned take_all(struct caps *c, uid_t uid, unsigned tries)
{
	unsigned taken = 0;

	while (tries-- > 0)
		taken += caps_take(c, uid);
	return taken;
}

START_TEST(four_for_each)
{
	struct caps c = {0};

	ck_assert_uint_eq(take_all(&c, 1000, 10), LIMIT_CONNS_PER_UID);
	ck_assert_uint_eq(take_all(&c, 1001, 10), LIMIT_CONNS_PER_UID);
	caps_release(&c, 1000);
	ck_assert_uint_eq(take_all(&c, 1001, 10), 0);
	ck_assert_uint_eq(take_all(&c, 1000, 10), 1);
}
END_TEST

START_TEST(nobody_shares_one)
{
	struct caps c = {0};

	ck_assert_uint_eq(take_all(&c, CAPS_NOBODY, 10), LIMIT_CONNS_PER_UID);
	ck_assert(caps_take(&c, 1000));
	caps_release(&c, CAPS_NOBODY);
	ck_assert_uint_eq(take_all(&c, CAPS_NOBODY, 10), 1);
}
END_TEST

START_TEST(sixty_four_in_all)
{
	struct caps c = {0};
	unsigned taken = 0;

	for (uid_t uid = 1000; uid < 1100; uid++)
		taken += take_all(&c, uid, 1);
	ck_assert_uint_eq(taken, LIMIT_CONNS);
	ck_assert(!caps_take(&c, 0)); /* root has a socket of its own */
	ck_assert(!caps_take(&c, CAPS_NOBODY));
	caps_release(&c, 1007);
	ck_assert(caps_take(&c, 2000));
	ck_assert(!caps_take(&c, 1007));
}
END_TEST

START_TEST(root_has_no_cap_of_its_own)
{
	struct caps c = {0};

	ck_assert_uint_eq(take_all(&c, 0, 100), LIMIT_CONNS);
	ck_assert(!caps_take(&c, 1000));
	for (unsigned i = 0; i < LIMIT_CONNS; i++)
		caps_release(&c, 0);
	ck_assert_uint_eq(take_all(&c, 1000, 10), LIMIT_CONNS_PER_UID);
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
			bool room =
				total < LIMIT_CONNS && (i == 0 || held[i] < LIMIT_CONNS_PER_UID);

			ck_assert_int_eq(caps_take(&c, uid), room);
			held[i] += room;
			total += room;
		} else if (held[i]) {
			caps_release(&c, uid);
			held[i]--;
			total--;
		}
		ck_assert_uint_eq(c.total, total);
		ck_assert_uint_le(c.used, LIMIT_CONNS);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("peer");
	TCase *t = tcase_create("peer");
	SRunner *r;
	int failed;

	tcase_add_test(t, own_uid);
	tcase_add_test(t, overflow_uid);
	tcase_add_test(t, no_peer);
	tcase_add_test(t, another_uid);
	tcase_add_test(t, overflow_uid_of_the_system);
	tcase_add_test(t, four_for_each);
	tcase_add_test(t, nobody_shares_one);
	tcase_add_test(t, sixty_four_in_all);
	tcase_add_test(t, root_has_no_cap_of_its_own);
	tcase_add_test(t, against_a_model);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
