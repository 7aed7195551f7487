/*
 * rogue PATH HOW ID [UID]: listens at PATH where patd should, as UID if that is given, and gives to
 * who connects what HOW says: see the table below. ID is the token's that the answers are about.
 *
 * Prints "ready", then for each connection what came on it: "nothing", or the bytes.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/err.h"
#include "common/proto.h"
#include "tests/lib/unix_socket.h"

static const char *id;
static struct proto_out out;

static void say(int fd, const void *bytes, size_t n)
{
	send(fd, bytes, n, MSG_NOSIGNAL); /* who went away hears nothing */
}

static size_t accepted(const char *about)
{
	proto_begin(&out, VERB_OK);
	proto_put_string(&out, TAG_ID, about);
	proto_put_string(&out, TAG_NAME, "laptop");
	return proto_end(&out);
}

static void say_nothing(int fd)
{
	(void)fd;
}

static void say_accepted(int fd)
{
	say(fd, out.packet, accepted(id));
}

static void say_other(int fd)
{
	say(fd, out.packet, accepted("00000000000"));
}

static void say_half(int fd)
{
	say(fd, out.packet, accepted(id) / 2);
}

static void say_halves(int fd)
{
	size_t n = accepted(id);

	say(fd, out.packet, n / 2);
	say(fd, out.packet + n / 2, n - n / 2);
}

static void say_long(int fd)
{
	static uint8_t packet[2 * LIMIT_PACKET];

	memcpy(packet, out.packet, accepted(id));
	say(fd, packet, sizeof(packet));
}

static void say_junk(int fd)
{
	say(fd, "HTTP/1.0 200 OK\r\n\r\n", 19);
}

static void say_empty(int fd)
{
	say(fd, "", 0);
}

static void say_more(int fd)
{
	proto_begin(&out, VERB_ROW);
	proto_put_string(&out, TAG_KEY, "pam_pat");
	say(fd, out.packet, proto_end(&out));
	say_accepted(fd);
}

static void say_busy(int fd)
{
	say(fd, out.packet, proto_error(&out, ERR_BUSY, NULL));
}

/* The answer of somebody else's protocol: a number that no error has. */
static void say_unknown(int fd)
{
	say(fd, out.packet, proto_error(&out, -60000, "welcome"));
}

static const struct how {
	const char *name;
	void (*before)(int fd); /* a byte has come */
	void (*after)(int fd);
	bool close; /* without waiting for the client to */
	int type;
} hows[] = {
	{"early", say_accepted, say_nothing, false, SOCK_SEQPACKET},
	{"early-other", say_other, say_nothing, false, SOCK_SEQPACKET},
	{"early-busy", say_busy, say_nothing, true, SOCK_SEQPACKET},
	{"close-first", say_nothing, NULL, true, SOCK_SEQPACKET},
	{"close", say_nothing, say_nothing, true, SOCK_SEQPACKET},
	{"mute", say_nothing, say_nothing, false, SOCK_SEQPACKET},
	{"half", say_nothing, say_half, false, SOCK_SEQPACKET},
	{"halves", say_nothing, say_halves, false, SOCK_SEQPACKET},
	{"long", say_nothing, say_long, false, SOCK_SEQPACKET},
	{"junk", say_nothing, say_junk, false, SOCK_SEQPACKET},
	{"empty", say_nothing, say_empty, false, SOCK_SEQPACKET},
	{"other", say_nothing, say_other, false, SOCK_SEQPACKET},
	{"more", say_nothing, say_more, false, SOCK_SEQPACKET},
	{"unknown", say_nothing, say_unknown, false, SOCK_SEQPACKET},
	{"stream", say_accepted, say_accepted, false, SOCK_STREAM},
	{"deaf", NULL, NULL, false, SOCK_SEQPACKET}, /* accepts nobody */
};

static void print_bytes(const uint8_t *p, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++)
		putchar(isgraph(p[i]) ? p[i] : '.');
	puts(n > 0 ? "" : "nothing");
	fflush(stdout);
}

static void serve(int fd, const struct how *how)
{
	static uint8_t packet[LIMIT_PACKET];
	ssize_t n = 0;

	how->before(fd);
	if (how->after) {
		n = recv(fd, packet, sizeof(packet), 0);
		if (n > 0)
			how->after(fd);
	}
	print_bytes(packet, n);
	while (!how->close && n > 0 && recv(fd, packet, sizeof(packet), 0) > 0)
		;
	close(fd);
}

static int listen_at(const char *path, int type)
{
	int fd = unix_bind(path, type);

	if (fd < 0 || listen(fd, 64) < 0) {
		perror("rogue: listen");
		exit(2);
	}
	return fd;
}

/* Each in a process of its own, so that nobody waits for another's connection to end. */
static void serve_all(int listener, const struct how *how)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && fork() == 0) {
			serve(fd, how);
			_exit(0);
		}
		close(fd);
	}
}

int main(int argc, char **argv)
{
	const struct how *how = hows, *end = hows + sizeof(hows) / sizeof(hows[0]);
	int fd;

	while (argc >= 4 && how < end && strcmp(how->name, argv[2]) != 0)
		how++;
	if (argc < 4 || argc > 5 || how == end) {
		fprintf(stderr, "usage: rogue PATH HOW ID [UID]\n");
		return 2;
	}
	id = argv[3];
	if (argc == 5 && setuid((uid_t)atoi(argv[4])) < 0)
		return 2;
	fd = listen_at(argv[1], how->type);
	puts("ready");
	fflush(stdout);
	if (!how->before)
		pause();
	serve_all(fd, how);
}
