/*
 * flood PATH PROCESSES CONNECTIONS WHAT: so many processes, each of which does WHAT at patd's
 * socket for ever with so many connections:
 *
 *   hold    has them open and says nothing; one that patd ends is opened again
 *   churn   opens them one after the other, and hangs up at once
 *   status  opens them one after the other, each with a request and its answer
 *
 * Prints "ready" when each has connected once. Ends when its parent does, and all of it with it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/proto.h"
#include "tests/lib/unix_socket.h"

enum { REOPEN_MS = 20 };

static const char *path;

/* Waits for a place in the queue: connect() of such a socket sleeps while that is full. */
static int connected(void)
{
	return unix_connect(path);
}

/* Was it ended? What patd says before (BUSY) is read and forgotten. */
static bool ended(int fd)
{
	char packet[LIMIT_PACKET];
	ssize_t n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static void hold(int *fds, int n)
{
	for (int i = 0; i < n; i++) {
		if (fds[i] >= 0 && !ended(fds[i]))
			continue;
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = connected();
	}
	poll(NULL, 0, REOPEN_MS);
}

static void churn(int *fds, int n)
{
	(void)fds, (void)n;
	close(connected());
}

static void ask_status(int *fds, int n)
{
	static struct proto_out out;
	char packet[LIMIT_PACKET];
	int fd = connected();

	(void)fds, (void)n;
	proto_begin(&out, VERB_STATUS);
	if (fd >= 0 && send(fd, out.packet, proto_end(&out), MSG_NOSIGNAL) > 0)
		while (recv(fd, packet, sizeof(packet), 0) > 0)
			;
	close(fd);
}

static const struct {
	const char *name;
	void (*turn)(int *fds, int n);
} things[] = {
	{"hold", hold},
	{"churn", churn},
	{"status", ask_status},
};

static void go(void (*turn)(int *, int), int n, int ready)
{
	int *fds = calloc((size_t)n, sizeof(*fds));

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < n; i++)
		fds[i] = -1;
	turn(fds, n);
	if (write(ready, "x", 1) != 1)
		_exit(1);
	close(ready);
	for (;;)
		turn(fds, n);
}

static void (*find(const char *name))(int *, int)
{
	for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++)
		if (strcmp(things[i].name, name) == 0)
			return things[i].turn;
	return NULL;
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	void (*turn)(int *, int) = argc == 5 ? find(argv[4]) : NULL;
	int processes, pair[2];
	char byte;

	if (!turn || pipe(pair) < 0) {
		fprintf(stderr, "usage: flood PATH PROCESSES CONNECTIONS WHAT\n");
		return 2;
	}
	path = argv[1];
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	processes = atoi(argv[2]);
	for (int i = 0; i < processes; i++)
		if (fork() == 0)
			go(turn, atoi(argv[3]), pair[1]);
	for (int i = 0; i < processes; i++)
		if (read(pair[0], &byte, 1) != 1)
			return 1;
	puts("ready");
	fflush(stdout);
	pause();
}
