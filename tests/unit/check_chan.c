/* check_chan.c: messages and descriptors between two processes, and what must not get through. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/chan.h"
#include "tests/unit/unit.h"

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void make_pair(int pair[2])
{
	ck_assert_int_eq(chan_pair(pair), 0);
}

START_TEST(pair_is_cloexec_nonblocking_and_above_stdio)
{
	int pair[2];

	for (int fd = 0; fd <= 2; fd++)
		close(fd);
	if (chan_pair(pair))
		_exit(1); /* there is no stderr to complain on */
	for (int i = 0; i < 2; i++)
		if (pair[i] <= 2 || !(fcntl(pair[i], F_GETFD) & FD_CLOEXEC) ||
			!(fcntl(pair[i], F_GETFL) & O_NONBLOCK))
			_exit(2);
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			_exit(3);
	_exit(0);
}
END_TEST

START_TEST(messages_keep_their_bounds)
{
	char buf[8];
	int pair[2];

	make_pair(pair);
	ck_assert_int_eq(chan_send(pair[0], "one", 3, -1), 0);
	ck_assert_int_eq(chan_send(pair[0], "fourfour", 8, -1), 0);
	ck_assert_int_eq(chan_recv(pair[1], buf, sizeof(buf), NULL), 3);
	ck_assert_mem_eq(buf, "one", 3);
	ck_assert_int_eq(chan_recv(pair[1], buf, sizeof(buf), NULL), 8);
	ck_assert_int_eq(chan_recv(pair[1], buf, sizeof(buf), NULL), ERR_BUSY);
	close(pair[0]);
	ck_assert_int_eq(chan_recv(pair[1], buf, sizeof(buf), NULL), 0);
	ck_assert_int_eq(chan_send(pair[1], "x", 1, -1), ERR_IO); /* and no SIGPIPE */
}
END_TEST

START_TEST(an_empty_message_is_not_sent)
{
	int pair[2];
	char c;

	make_pair(pair);
	ck_assert_int_eq(chan_send(pair[0], "", 0, -1), ERR_IO);
	ck_assert_int_eq(chan_recv(pair[1], &c, 1, NULL), ERR_BUSY);
}
END_TEST

START_TEST(a_reset_is_an_end)
{
	int pair[2];
	char c;

	make_pair(pair);
	ck_assert_int_eq(chan_send(pair[1], "unread", 6, -1), 0);
	close(pair[0]);
	ck_assert_int_eq(chan_recv(pair[1], &c, 1, NULL), 0);
}
END_TEST

START_TEST(a_full_channel_is_busy)
{
	char buf[512] = {0};
	int pair[2], err = 0, sent = 0;

	make_pair(pair);
	while ((err = chan_send(pair[0], buf, sizeof(buf), -1)) == 0)
		sent++;
	ck_assert_int_eq(err, ERR_BUSY);
	ck_assert_int_gt(sent, 0);
	ck_assert_int_eq(chan_recv(pair[1], buf, sizeof(buf), NULL), sizeof(buf));
}
END_TEST

START_TEST(too_long_is_refused_and_the_next_one_read)
{
	char buf[4] = "aaa";
	int pair[2];

	make_pair(pair);
	ck_assert_int_eq(chan_send(pair[0], "fiver", 5, -1), 0);
	ck_assert_int_eq(chan_send(pair[0], "four", 4, -1), 0);
	ck_assert_int_eq(chan_recv(pair[1], buf, sizeof(buf), NULL), ERR_PROTO);
	ck_assert_int_eq(chan_recv(pair[1], buf, sizeof(buf), NULL), 4);
	ck_assert_mem_eq(buf, "four", 4);
}
END_TEST

START_TEST(a_descriptor_arrives_cloexec)
{
	struct stat sent, got;
	int pair[2], pass = open("/dev/null", O_RDONLY), fd = -2;
	char c;

	make_pair(pair);
	ck_assert_int_eq(chan_send(pair[0], "f", 1, pass), 0);
	ck_assert_int_eq(chan_recv(pair[1], &c, 1, &fd), 1);
	ck_assert_int_gt(fd, 2);
	ck_assert_int_ne(fd, pass);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(fstat(pass, &sent), 0);
	ck_assert_int_eq(fstat(fd, &got), 0);
	ck_assert_uint_eq(sent.st_rdev, got.st_rdev);
	ck_assert_int_eq(chan_send(pair[0], "n", 1, -1), 0);
	ck_assert_int_eq(chan_recv(pair[1], &c, 1, &fd), 1);
	ck_assert_int_eq(fd, -1);
}
END_TEST

/* What chan_send() can't be made to send: any number of descriptors. */
static void send_fds(int fd, int pass, int count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = {0};
	struct iovec iov = {(char[]){"m"}, 1};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
	for (int i = 0; i < count; i++)
		memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &pass, sizeof(int));
	ck_assert_int_eq(sendmsg(fd, &msg, 0), 1);
}

START_TEST(descriptors_too_many_are_all_closed)
{
	int pair[2], pass = open("/dev/null", O_RDONLY), fd = -2, before;
	char c;

	make_pair(pair);
	before = count_fds();
	send_fds(pair[0], pass, _i);
	ck_assert_int_eq(chan_recv(pair[1], &c, 1, &fd), ERR_PROTO);
	ck_assert_int_eq(fd, -2);
	ck_assert_int_eq(count_fds(), before);
}
END_TEST

START_TEST(an_unwanted_descriptor_is_closed)
{
	int pair[2], pass = open("/dev/null", O_RDONLY), fd = -2, before;
	char c;

	make_pair(pair);
	before = count_fds();
	ck_assert_int_eq(chan_send(pair[0], "f", 1, pass), 0);
	ck_assert_int_eq(chan_recv(pair[1], &c, 1, NULL), ERR_PROTO);
	ck_assert_int_eq(count_fds(), before);
	/* nor does one that comes with a message too long stay */
	ck_assert_int_eq(chan_send(pair[0], "ff", 2, pass), 0);
	ck_assert_int_eq(chan_recv(pair[1], &c, 1, &fd), ERR_PROTO);
	ck_assert_int_eq(fd, -2);
	ck_assert_int_eq(count_fds(), before);
}
END_TEST

/* With no number left for it the kernel drops the descriptor and delivers the message all the same.
 */
START_TEST(a_descriptor_that_got_lost_is_an_error)
{
	int pair[2], pass = open("/dev/null", O_RDONLY), fd = -2;
	struct rlimit before, none;
	ssize_t n;
	char c;

	make_pair(pair);
	ck_assert_int_eq(chan_send(pair[0], "f", 1, pass), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){0, before.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	n = chan_recv(pair[1], &c, 1, &fd);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(n, ERR_PROTO);
	ck_assert_int_eq(fd, -2);
}
END_TEST

/* Run in a process of its own: which of the descriptors 3 to 99 are open afterwards? */
static int left_open(int keep, int keep_too)
{
	int left = 0;

	for (int fd = 3; fd < 100; fd++)
		if (dup2(0, fd) < 0)
			return -1;
	if (chan_close_others(keep, keep_too))
		return -1;
	for (int fd = 3; fd < 100; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			left += fd == keep || fd == keep_too ? 1 : 1000;
	return left;
}

static const struct {
	int keep, keep_too, left;
} kept[] = {{3, 4, 2}, {4, 3, 2}, {3, 99, 2}, {50, 40, 2}, {7, 7, 1}, {3, 3, 1}, {99, 98, 2}};

START_TEST(all_others_are_closed)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(left_open(kept[_i].keep, kept[_i].keep_too) != kept[_i].left);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chan");
	TCase *t = tcase_create("chan");

	tcase_add_exit_test(t, pair_is_cloexec_nonblocking_and_above_stdio, 0);
	tcase_add_test(t, messages_keep_their_bounds);
	tcase_add_test(t, an_empty_message_is_not_sent);
	tcase_add_test(t, a_reset_is_an_end);
	tcase_add_test(t, a_full_channel_is_busy);
	tcase_add_test(t, too_long_is_refused_and_the_next_one_read);
	tcase_add_test(t, a_descriptor_arrives_cloexec);
	tcase_add_loop_test(t, descriptors_too_many_are_all_closed, 2, 16);
	tcase_add_test(t, an_unwanted_descriptor_is_closed);
	tcase_add_test(t, a_descriptor_that_got_lost_is_an_error);
	tcase_add_loop_test(t, all_others_are_closed, 0, (int)(sizeof(kept) / sizeof(kept[0])));
	suite_add_tcase(s, t);
	return unit_run(s);
}
