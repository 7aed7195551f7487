#include "patd/chan.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/err.h"
#include "common/fd.h"

/* Room for the control message of one descriptor, aligned as the kernel wants it. */
union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int chan_pair(int pair[2])
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return ERR_IO;
	fds[0] = fd_above_stdio(fds[0]);
	fds[1] = fd_above_stdio(fds[1]);
	if (fds[0] < 0 || fds[1] < 0) {
		for (int i = 0; i < 2; i++)
			if (fds[i] >= 0)
				close(fds[i]);
		return ERR_IO;
	}
	memcpy(pair, fds, sizeof(fds));
	return 0;
}

static void attach_fd(struct msghdr *msg, union control *control, int fd)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	msg->msg_control = control->bytes;
	msg->msg_controllen = sizeof(control->bytes);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
}

int chan_send(int fd, const void *data, size_t n, int pass_fd)
{
	struct iovec iov = {(void *)(uintptr_t)data, n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control;
	ssize_t sent;

	if (n == 0)
		return ERR_IO;
	if (pass_fd != -1)
		attach_fd(&msg, &control, pass_fd);
	do
		sent = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EAGAIN ? ERR_BUSY : ERR_IO;
	return (size_t)sent == n ? 0 : ERR_IO;
}

/* Takes the descriptors out of a message: how many, and the last one; the others are closed. */
static size_t detach_fds(struct msghdr *msg, int *fd)
{
	size_t count = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len; at += sizeof(int)) {
			if (count++ > 0)
				close(*fd);
			memcpy(fd, (char *)c + at, sizeof(int));
		}
	}
	return count;
}

ssize_t chan_recv(int fd, void *data, size_t size, int *pass_fd)
{
	struct iovec iov = {data, size};
	union control control;
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes)};
	int passed = -1;
	size_t count;
	ssize_t n;

	do
		n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == ECONNRESET)
		return 0;
	if (n < 0)
		return errno == EAGAIN ? ERR_BUSY : ERR_IO;
	count = detach_fds(&msg, &passed);
	if ((size_t)n > size || (msg.msg_flags & MSG_CTRUNC) || count > (pass_fd ? 1 : 0)) {
		if (passed >= 0)
			close(passed);
		return ERR_PROTO;
	}
	passed = fd_above_stdio(passed);
	if (count == 1 && passed < 0)
		return ERR_IO;
	if (pass_fd)
		*pass_fd = passed;
	return n;
}

static int close_between(int first, int last)
{
	return first > last ? 0 : close_range((unsigned)first, (unsigned)last, 0);
}

int chan_close_others(int keep, int keep_too)
{
	int low = keep < keep_too ? keep : keep_too;
	int high = keep < keep_too ? keep_too : keep;

	if (close_between(3, low - 1) < 0 || close_between(low + 1, high - 1) < 0 ||
		close_range((unsigned)high + 1, ~0U, 0) < 0)
		return ERR_IO;
	return 0;
}
