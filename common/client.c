#include "common/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/secret.h"

static int64_t left_ms(const struct client *c)
{
	int64_t left = c->deadline - clock_ms();

	return left > 0 ? left : 0;
}

/* Sleeps between half of `ms` and all of it, so that clients turned away don't come back at once.
 */
static void sleep_jitter(const struct client *c, int64_t ms)
{
	uint16_t r = 0;
	int64_t us;
	struct timespec t;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) < 0)
		r = 0;
	us = ms * 500 + ms * 500 * r / UINT16_MAX;
	if (us > left_ms(c) * 1000)
		us = left_ms(c) * 1000;
	t = (struct timespec){us / 1000000, us % 1000000 * 1000};
	nanosleep(&t, NULL);
}

/* The listener's identity, as the kernel recorded it at listen(). */
static int check_server(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0 || n != sizeof(peer))
		return ERR_IO;
	return peer.uid == 0 ? 0 : ERR_IMPOSTOR;
}

/*
 * Where the queue is full, connect() waits in line, until the deadline. Who only tried again and
 * again would hardly ever find a place beside the few hundred that one user can have waiting.
 */
static int limit_connect(const struct client *c, int fd)
{
	int64_t ms = left_ms(c) + 1; /* 0 would be for ever */
	struct timeval limit = {ms / 1000, ms % 1000 * 1000};

	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ? ERR_IO : 0;
}

static int connect_once(struct client *c, const struct sockaddr_un *addr)
{
	int fd = fd_above_stdio(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
	int err;

	if (fd < 0)
		return ERR_IO;
	if (limit_connect(c, fd))
		err = ERR_IO;
	else if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0)
		err = errno == EAGAIN || errno == EINTR ? ERR_BUSY : ERR_UNAVAILABLE;
	else
		err = check_server(fd);
	if (err) {
		close(fd);
		return err;
	}
	c->fd = fd;
	return 0;
}

static int client_connect(struct client *c, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int64_t give_up = clock_ms() + LIMIT_ABSENT_DAEMON_MS;
	int64_t pause = 1;
	size_t n = strlen(path);

	/* An empty path would be an abstract address, which anyone may have bound. */
	if (n == 0 || n >= sizeof(addr.sun_path))
		return ERR_INVALID;
	memcpy(addr.sun_path, path, n);
	for (;;) {
		int err = connect_once(c, &addr);

		if (err != ERR_BUSY && err != ERR_UNAVAILABLE)
			return err;
		if (left_ms(c) == 0 || (err == ERR_UNAVAILABLE && clock_ms() >= give_up))
			return err;
		sleep_jitter(c, pause);
		pause = pause < 50 ? pause * 2 : pause;
	}
}

/* Waits for the socket, at most until the deadline. */
static int wait_for(struct client *c, short events)
{
	struct pollfd p = {c->fd, events, 0};

	for (;;) {
		int64_t left = left_ms(c);
		int n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);

		/* Ready or not, time is up when it is: what keeps saying EAGAIN holds nobody
		 * longer. */
		if (n > 0)
			return left_ms(c) > 0 ? 0 : ERR_TIMEOUT;
		if (n < 0 && errno != EINTR)
			return ERR_IO;
		if (n == 0 && left_ms(c) == 0)
			return ERR_TIMEOUT;
	}
}

static int send_packet(struct client *c, const void *packet, size_t n)
{
	for (;;) {
		ssize_t sent = send(c->fd, packet, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		int err;

		if (sent >= 0)
			return (size_t)sent == n ? 0 : ERR_IO;
		if (errno == EINTR)
			continue;
		/* BUSY may have been answered, and the connection closed, before we sent. */
		if (errno == EPIPE || errno == ECONNRESET)
			return 0;
		if (errno != EAGAIN)
			return ERR_IO;
		if ((err = wait_for(c, POLLOUT)))
			return err;
	}
}

static int receive_packet(struct client *c)
{
	bool reset = false;

	for (;;) {
		ssize_t n = recv(c->fd, c->packet, sizeof(c->packet), MSG_DONTWAIT | MSG_TRUNC);
		int err;

		if (n == 0)
			return ERR_UNAVAILABLE; /* closed without an answer: the daemon went away */
		if (n > 0)
			return (size_t)n <= sizeof(c->packet)
				       ? proto_decode(c->packet, (size_t)n, &c->msg)
				       : ERR_PROTO;
		/*
		 * Closed before our request was read: the kernel tells so once, ahead of what the
		 * server said (BUSY, mostly), which the next recv() yields, or else the end.
		 */
		if (errno == EINTR || (errno == ECONNRESET && !reset)) {
			reset |= errno == ECONNRESET;
			continue;
		}
		if (errno == ECONNRESET)
			return ERR_UNAVAILABLE;
		if (errno != EAGAIN)
			return ERR_IO;
		if ((err = wait_for(c, POLLIN)))
			return err;
	}
}

static int receive_answer(struct client *c)
{
	int err;

	c->msg.present = 0;
	if ((err = receive_packet(c)))
		return err;
	switch (c->msg.verb) {
	case VERB_OK:
	case VERB_MORE:
	case VERB_ROW:
	case VERB_ITEM:
	case VERB_GO:
	case VERB_EVENT:
	case VERB_SESSION:
	case VERB_PROMPT:
		return 0;
	case VERB_ERROR:
		return err_from_wire(proto_number(&c->msg, TAG_ERROR));
	default:
		c->msg.present = 0;
		return c->msg.verb == VERB_VERSION ? ERR_VERSION : ERR_PROTO;
	}
}

static void disconnect(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

/* Connects, asks, and hears the first packet of the answer. */
static int attempt(struct client *c, const char *path, const void *packet, size_t n)
{
	int err;

	c->msg.present = 0; /* of the attempt before */
	err = client_connect(c, path);
	if (err == 0)
		err = send_packet(c, packet, n);
	return err ? err : receive_answer(c);
}

int client_call(struct client *c, const char *path, int timeout_ms, struct proto_out *req)
{
	size_t n = proto_end(req);
	int64_t pause = 5;
	bool busy = false;

	c->fd = -1;
	c->msg.present = 0;
	c->deadline = clock_ms() + timeout_ms;
	if (n == 0)
		return ERR_INVALID;
	for (;;) {
		int err = attempt(c, path, req->packet, n);

		/* Turned away until hardly any time was left: that is why there is no answer. An
		 * answer that says TIMEOUT is one. */
		if (err == ERR_TIMEOUT && busy && !c->msg.present)
			err = ERR_BUSY;
		if (err != ERR_BUSY || left_ms(c) == 0)
			return err;
		busy = true;
		disconnect(c);
		sleep_jitter(c, pause);
		pause = pause < 100 ? pause * 2 : pause;
	}
}

int client_next(struct client *c, int timeout_ms)
{
	c->deadline = clock_ms() + timeout_ms;
	return receive_answer(c);
}

int client_send(struct client *c, int timeout_ms, struct proto_out *req)
{
	size_t n = proto_end(req);

	c->deadline = clock_ms() + timeout_ms;
	return n ? send_packet(c, req->packet, n) : ERR_INVALID;
}

bool client_answered(const struct client *c)
{
	struct pollfd p = {c->fd, POLLIN, 0};

	return poll(&p, 1, 0) > 0;
}

void client_close(struct client *c)
{
	disconnect(c);
	SECRET_WIPE_ARRAY(c->packet);
	c->msg.present = 0;
}
