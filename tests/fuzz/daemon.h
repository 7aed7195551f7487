/*
 * daemon.h: a daemon that does what the input says, for what uses common/client.c.
 *
 * It is a real listener in this process, and its turn comes where the client would wait: in poll(),
 * whose time is the daemon's, too, so that no timeout takes any. The linker wraps the calls that
 * the client makes (the Makefile has the list); one of them may be made to fail.
 *
 * The client believes root only, so this needs root.
 */
#ifndef TESTS_FUZZ_DAEMON_H
#define TESTS_FUZZ_DAEMON_H

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/client.h"
#include "common/err.h"
#include "common/token.h"
#include "tests/fuzz/input.h"

/* A packet as the client received it. */
struct heard {
	ssize_t n; /* -1: none; 0: the end of the connection */
	uint8_t packet[LIMIT_PACKET];
};

static struct daemon {
	bool armed;	 /* the calls are the client's */
	int listener[2]; /* root's, and an impostor's */
	bool impostor;
	int conn;	/* -1: none */
	int64_t clock;	/* ms */
	int64_t jumped; /* of them, by no call's leave */
	unsigned connects, sends;
	unsigned fails_at; /* the call that fails, counted down; 0: none does */
	bool failed;
	char id[TOKEN_ID_LEN + 1]; /* that the last request was about; "": none */
	struct heard heard;	   /* on the connection that there is now */
} patd = {.conn = -1};

/* ---- what it does ---- */

static void daemon_leave(void)
{
	if (patd.conn >= 0)
		close(patd.conn);
	patd.conn = -1;
}

/* The newest connection: whoever made those before it has closed them. */
static void daemon_accept(void)
{
	int fd;

	while ((fd = accept4(patd.listener[patd.impostor], NULL, NULL,
			SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		daemon_leave();
		patd.conn = fd;
	}
}

/* What came is known already: note_request(). */
static void daemon_hear(void)
{
	static uint8_t packet[LIMIT_PACKET];

	while (recv(patd.conn, packet, sizeof(packet), MSG_DONTWAIT) > 0)
		continue;
}

static void daemon_send(const void *packet, size_t n)
{
	send(patd.conn, packet, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_out(struct proto_out *o)
{
	daemon_send(o->packet, proto_end(o));
}

static void act_raw(void)
{
	struct span s = take_long();

	daemon_send(s.p, s.n);
}

/* Any body under a header that fits. */
static void act_packet(void)
{
	static uint8_t packet[LIMIT_PACKET];
	uint8_t verb = take_u8();
	struct span body = take_long();
	size_t n = body.n < sizeof(packet) - PROTO_HEADER ? body.n : sizeof(packet) - PROTO_HEADER;

	packet[0] = PROTO_VERSION;
	packet[1] = verb;
	packet[2] = (uint8_t)(n >> 8);
	packet[3] = (uint8_t)n;
	if (n)
		memcpy(packet + PROTO_HEADER, body.p, n);
	daemon_send(packet, PROTO_HEADER + n);
}

static void act_huge(void)
{
	static const uint8_t packet[2 * LIMIT_PACKET] = {PROTO_VERSION, VERB_OK};

	daemon_send(packet, LIMIT_PACKET + 1 + any(200) * 32);
}

static void act_accept_token(void)
{
	struct proto_out o;
	uint8_t warn = take_u8();
	struct span name = take_short();

	proto_begin(&o, VERB_OK);
	proto_put_string(&o, TAG_ID, patd.id);
	proto_put_text(&o, TAG_NAME, name.n && name.n <= LIMIT_NAME ? name : SPAN("laptop"));
	if (warn)
		proto_put_number(&o, TAG_WARN, (uint64_t)warn << warn % 56);
	send_out(&o);
}

static void act_error(void)
{
	struct proto_out o;
	uint8_t number = take_u8();
	struct span message = take_short();

	proto_begin(&o, VERB_ERROR);
	proto_put_number(&o, TAG_ERROR, number);
	if (message.n)
		proto_put_text(&o, TAG_MESSAGE, message);
	send_out(&o);
}

/* As a daemon over its caps does it, perhaps before the request has come. */
static void act_busy(void)
{
	struct proto_out o;
	size_t n = proto_error(&o, ERR_BUSY, NULL);

	daemon_send(o.packet, n);
	daemon_leave();
}

/* A packet with a descriptor that nobody asked for. */
static void act_descriptor(void)
{
	static const uint8_t packet[] = {PROTO_VERSION, VERB_OK, 0, 0};
	struct iovec part = {(void *)(uintptr_t)packet, sizeof(packet)};
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct msghdr m = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &patd.conn, sizeof(int));
	sendmsg(patd.conn, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void act_time(void)
{
	uint16_t ms = take_u16();

	patd.clock += ms;
	patd.jumped += ms;
}

static void (*const acts[])(void) = {act_accept_token, act_packet, act_raw, act_huge, act_error,
	act_busy, act_descriptor, act_time, daemon_leave};

static void daemon_act(void)
{
	daemon_accept();
	if (patd.conn < 0)
		act_time(); /* nobody is there */
	else {
		daemon_hear();
		acts[any(COUNT(acts))]();
	}
}

/* ---- the client's calls ---- */

int __real_connect(int fd, const struct sockaddr *addr, socklen_t n);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t n);
ssize_t __real_send(int fd, const void *p, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);
ssize_t __real_recv(int fd, void *p, size_t n, int flags);
ssize_t __wrap_recv(int fd, void *p, size_t n, int flags);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __real_nanosleep(const struct timespec *t, struct timespec *left);
int __wrap_nanosleep(const struct timespec *t, struct timespec *left);
ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags);
int64_t __wrap_clock_ms(void);

/* True: this call fails. Calls of the daemon itself never do. */
static bool fails(void)
{
	static const int errnos[] = {EINTR, EAGAIN, ECONNRESET, EPIPE, ECONNREFUSED, ENOENT, ENOMEM,
		ENOBUFS, EACCES, EIO};

	if (patd.fails_at == 0 || --patd.fails_at > 0)
		return false;
	patd.failed = true;
	errno = errnos[any(COUNT(errnos))];
	return true;
}

/* Whatever the path, the listener is the input's choice. */
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t n)
{
	struct sockaddr_un own;
	socklen_t size = sizeof(own);
	int rc;

	if (!patd.armed)
		return __real_connect(fd, addr, n);
	patd.heard.n = -1;
	patd.connects++;
	patd.clock++;
	if (fails())
		return -1;
	getsockname(patd.listener[patd.impostor], (struct sockaddr *)&own, &size);
	rc = __real_connect(fd, (struct sockaddr *)&own, size);
	patd.armed = false;
	if (rc == 0 && any(2))
		daemon_act(); /* it may speak first */
	patd.armed = true;
	return rc;
}

/* Nothing that a client sends is malformed, and nothing of it is for an impostor. */
static void note_request(const void *packet, size_t n)
{
	struct proto_msg m;
	struct token t;

	assert(!patd.impostor && proto_decode(packet, n, &m) == 0);
	if (proto_has(&m, TAG_ID))
		span_copy(proto_text(&m, TAG_ID), patd.id, sizeof(patd.id));
	if (proto_has(&m, TAG_TOKEN) &&
		token_parse(proto_text(&m, TAG_TOKEN).p, proto_text(&m, TAG_TOKEN).n, &t))
		strcpy(patd.id, t.id);
}

ssize_t __wrap_send(int fd, const void *p, size_t n, int flags)
{
	if (!patd.armed)
		return __real_send(fd, p, n, flags);
	patd.sends++;
	note_request(p, n);
	return fails() ? -1 : __real_send(fd, p, n, flags);
}

ssize_t __wrap_recv(int fd, void *p, size_t n, int flags)
{
	ssize_t got;

	if (!patd.armed)
		return __real_recv(fd, p, n, flags);
	if (fails())
		return -1;
	got = __real_recv(fd, p, n, flags);
	if (got < 0)
		return got;
	patd.heard.n = got;
	memcpy(patd.heard.packet, p,
		(size_t)got < sizeof(patd.heard.packet) ? (size_t)got : sizeof(patd.heard.packet));
	return got;
}

/* Time passes until there is something, and the daemon is what makes it. */
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	int64_t end = patd.clock + timeout;
	int rc = -1;

	if (!patd.armed)
		return __real_poll(fds, n, timeout);
	if (timeout > 0 && fails())
		return -1;
	patd.armed = false;
	while ((rc = __real_poll(fds, n, 0)) == 0 && patd.clock < end) {
		if (input.n)
			daemon_act();
		else
			patd.clock = end;
	}
	patd.armed = true;
	return rc;
}

int __wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	if (!patd.armed)
		return __real_nanosleep(t, left);
	patd.clock += t->tv_sec * 1000 + t->tv_nsec / 1000000 + 1;
	return 0;
}

ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags)
{
	(void)flags;
	memset(p, 0x55, n);
	return (ssize_t)n;
}

int64_t __wrap_clock_ms(void)
{
	return patd.clock;
}

/* ---- a run ---- */

/* An abstract address, so that nothing is left behind. Who listens is who was when it began. */
static int listen_as(uid_t uid)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = bind(fd, (struct sockaddr *)&addr, sizeof(sa_family_t));

	if (rc == 0)
		rc = seteuid(uid);
	if (rc == 0)
		rc = listen(fd, 16);
	if (fd < 0 || rc < 0 || seteuid(0) < 0) {
		perror("listen");
		exit(1);
	}
	return fd;
}

/* The lowest descriptor that is free: what leaks one moves it. */
static UNUSED int free_descriptor(void)
{
	int fd = fcntl(patd.listener[0], F_DUPFD_CLOEXEC, 0);

	close(fd);
	return fd;
}

static UNUSED void daemon_begin(void)
{
	if (!patd.listener[0]) {
		if (geteuid() != 0) {
			puts("left out: needs root");
			fflush(stdout);
			_exit(77); /* exit() would be a finding, to libFuzzer */
		}
		patd.listener[0] = listen_as(0);
		patd.listener[1] = listen_as(65534);
	}
	patd.impostor = any(8) == 7;
	patd.fails_at = take_u8();
	patd.failed = false;
	patd.clock = 1000000;
	patd.jumped = 0;
	patd.connects = patd.sends = 0;
	patd.id[0] = '\0';
	patd.heard.n = -1;
}

static UNUSED void daemon_end(void)
{
	patd.armed = false;
	daemon_accept();
	daemon_leave();
}

#endif
