/* check_peer.c: who connects, by what the kernel says. */
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
#include "tests/unit/unit.h"

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

/* The process that connected, though another one has the descriptor by now. */
START_TEST(pid)
{
	int status, pair[2], fds[2];
	pid_t child;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(peer_pid(pair[0]), getpid());
	ck_assert_int_eq(peer_pid(-1), 0);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(peer_pid(fds[0]), 0);
	ck_assert_int_eq(peer_pid(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)), 0);
	child = fork();
	if (child == 0)
		_exit(peer_pid(pair[0]) == getppid() ? 0 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
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

int main(void)
{
	Suite *s = suite_create("peer");
	TCase *t = tcase_create("peer");

	tcase_add_test(t, own_uid);
	tcase_add_test(t, overflow_uid);
	tcase_add_test(t, no_peer);
	tcase_add_test(t, another_uid);
	tcase_add_test(t, pid);
	tcase_add_test(t, overflow_uid_of_the_system);
	suite_add_tcase(s, t);
	return unit_run(s);
}
