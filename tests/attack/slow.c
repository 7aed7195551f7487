/*
 * slow PATH WHAT [TOKEN]: a client of patd that takes its time; see the table. Prints what it is
 * about as soon as it is there ("connected", "asked", "let in", "at the prompt"), and in the end
 * "ended by patd", or of a stream that is done what the answer counts.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/proto.h"
#include "tests/lib/unix_socket.h"

enum { TRICKLES = 40 };

static int fd;
static const char *token;
static struct proto_out out;
static struct proto_msg in;
static uint8_t packet[LIMIT_PACKET];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void say(const char *what)
{
	puts(what);
	fflush(stdout);
}

static void finish_and_send(void)
{
	size_t n = proto_end(&out);

	if (n == 0 || send(fd, out.packet, n, MSG_NOSIGNAL) < 0)
		die("slow: send");
}

static void ask(enum proto_verb verb)
{
	proto_begin(&out, verb);
	if (verb == VERB_MINT)
		proto_put_string(&out, TAG_NAME, "slow");
	finish_and_send();
}

static void send_item(void)
{
	proto_begin(&out, VERB_ITEM);
	proto_put_string(&out, TAG_TOKEN, token);
	finish_and_send();
}

static void expect(enum proto_verb verb)
{
	ssize_t n = recv(fd, packet, sizeof(packet), 0);

	if (n <= 0 || proto_decode(packet, (size_t)n, &in) || in.verb != verb) {
		puts("another answer");
		exit(1);
	}
}

/* Without reading: the end is told beside what waits to be read. */
static void await_end(void)
{
	struct pollfd p = {fd, POLLRDHUP, 0};

	while (poll(&p, 1, -1) < 0 || !(p.revents & (POLLHUP | POLLRDHUP)))
		;
	say("ended by patd");
}

static void stay_silent(void)
{
	say("connected");
}

static void never_read(enum proto_verb verb)
{
	ask(verb);
	say("asked");
}

static void never_read_list(void)
{
	never_read(VERB_LIST);
}

static void never_read_log(void)
{
	never_read(VERB_LOG);
}

static void never_read_export(void)
{
	never_read(VERB_EXPORT);
}

/* A packet a second, until it has gone on for longer than any pause may be. */
static void read_slowly(void)
{
	never_read(VERB_LIST);
	for (int i = 0; i < TRICKLES; i++) {
		expect(VERB_MORE);
		poll(NULL, 0, 1000);
	}
	say("still served");
}

static void stop_in_stream(void)
{
	ask(VERB_SCAN);
	expect(VERB_GO);
	for (int i = 0; i < 10; i++)
		send_item();
	say("let in");
}

static void send_nothing(void)
{
	ask(VERB_IMPORT);
	expect(VERB_GO);
	say("let in");
}

static void write_slowly(void)
{
	ask(VERB_SCAN);
	expect(VERB_GO);
	say("let in");
	for (int i = 0; i < TRICKLES; i++) {
		send_item();
		poll(NULL, 0, 1000);
	}
	ask(VERB_END);
	expect(VERB_OK);
	printf("revoked %d\n", (int)proto_number(&in, TAG_COUNT));
	exit(0);
}

static void ignore_prompt(void)
{
	ask(VERB_MINT);
	expect(VERB_PROMPT);
	say("at the prompt");
}

static const struct {
	const char *name;
	void (*run)(void);
} things[] = {
	{"silent", stay_silent},
	{"list", never_read_list},
	{"log", never_read_log},
	{"export", never_read_export},
	{"list-slowly", read_slowly},
	{"scan-stops", stop_in_stream},
	{"import-none", send_nothing},
	{"scan-slowly", write_slowly},
	{"prompt", ignore_prompt},
};

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	token = argc > 3 ? argv[3] : NULL;
	fd = unix_connect(argv[1]);
	if (fd < 0)
		die("slow: connect");
	for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++)
		if (strcmp(things[i].name, argv[2]) == 0) {
			things[i].run();
			await_end();
			return 0;
		}
	return 2;
}
