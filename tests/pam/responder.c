/*
 * responder PATH VERIFY ACCOUNT [UID]: listens at PATH and answers real packets the way VERIFY says
 * (requests of that verb) or ACCOUNT says (any other); with UID it is not root that listens. It
 * stands for the daemons that the real patd never is: an impostor, one that lies, stalls or talks
 * nonsense.
 *
 * Prints "ready", then a line for each connection: the verb and what the request carried, or
 * "nothing" if no byte came. On SIGTERM it serves who is waiting still, and ends.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/err.h"
#include "common/process.h"
#include "common/proto.h"
#include "tests/lib/unix_socket.h"

struct request {
	int fd;
	struct proto_msg msg;
	char id[TOKEN_ID_LEN + 1];
	uint8_t packet[LIMIT_PACKET];
};

typedef void answer(const struct request *r, const char *arg);

static void send_raw(const struct request *r, const void *data, size_t n)
{
	if (send(r->fd, data, n, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		perror("responder: send"); /* but for a client that gave up */
}

/* What the tables don't allow is a mistake of this program's. */
static void send_out(const struct request *r, struct proto_out *o)
{
	size_t n = proto_end(o);

	if (n == 0)
		abort();
	send_raw(r, o->packet, n);
}

static void put_accepted(struct proto_out *o, const char *id, const char *name)
{
	proto_begin(o, VERB_OK);
	if (id)
		proto_put_string(o, TAG_ID, id);
	if (name)
		proto_put_string(o, TAG_NAME, name);
}

/* ok, or ok=SECONDS until the token's end. */
static void answer_ok(const struct request *r, const char *arg)
{
	struct proto_out o;

	put_accepted(&o, r->id, "laptop");
	if (*arg)
		proto_put_number(&o, TAG_WARN, strtoull(arg, NULL, 10));
	send_out(r, &o);
}

static void answer_named(const struct request *r, const char *arg)
{
	struct proto_out o;

	put_accepted(&o, r->id, arg);
	send_out(r, &o);
}

static void answer_nameless(const struct request *r, const char *arg)
{
	struct proto_out o;

	(void)arg;
	put_accepted(&o, r->id, NULL);
	send_out(r, &o);
}

static void answer_other_id(const struct request *r, const char *arg)
{
	struct proto_out o;

	put_accepted(&o, *arg ? arg : NULL, "laptop");
	send_out(r, &o);
}

/* A packet of a long answer: it carries all that OK would. */
static void answer_more(const struct request *r, const char *arg)
{
	struct proto_out o;

	(void)arg;
	proto_begin(&o, VERB_MORE);
	proto_put_string(&o, TAG_ID, r->id);
	proto_put_string(&o, TAG_NAME, "laptop");
	proto_put_number(&o, TAG_KIND, KIND_PERSONAL);
	proto_put_string(&o, TAG_OWNER, "alice");
	proto_put_number(&o, TAG_UID, 1000);
	proto_put_number(&o, TAG_STATUS, STATUS_ACTIVE);
	proto_put_string(&o, TAG_SCOPES, "sshd");
	proto_put_number(&o, TAG_CREATED, 1);
	proto_put_string(&o, TAG_CREATED_BY, "alice");
	send_out(r, &o);
}

static void answer_prompt(const struct request *r, const char *arg)
{
	struct proto_out o;

	proto_begin(&o, VERB_PROMPT);
	proto_put_number(&o, TAG_STYLE, STYLE_ECHO_OFF);
	proto_put_string(&o, TAG_MESSAGE, arg);
	send_out(r, &o);
}

static void answer_version(const struct request *r, const char *arg)
{
	struct proto_out o;

	(void)arg;
	proto_begin(&o, VERB_VERSION);
	proto_put_number(&o, TAG_VERSION_OLDEST, 8);
	proto_put_number(&o, TAG_VERSION_NEWEST, 9);
	send_out(r, &o);
}

/* error=NUMBER or error=NUMBER,MESSAGE */
static void answer_error(const struct request *r, const char *arg)
{
	struct proto_out o;
	char *message;
	long number = strtol(arg, &message, 10);
	size_t n = proto_error(&o, (int)-number, *message ? message + 1 : NULL);

	if (n == 0)
		abort();
	send_raw(r, o.packet, n);
}

static void answer_echo(const struct request *r, const char *arg)
{
	(void)arg;
	send_raw(r, r->packet, PROTO_HEADER + (size_t)(r->packet[2] << 8 | r->packet[3]));
}

/* The right answer but for its last byte, or with one more. */
static void answer_resized(const struct request *r, const char *arg)
{
	struct proto_out o;
	size_t n;

	put_accepted(&o, r->id, "laptop");
	n = proto_end(&o);
	o.packet[n] = 0;
	send_raw(r, o.packet, *arg == '+' ? n + 1 : n - 1);
}

static void answer_garbage(const struct request *r, const char *arg)
{
	uint8_t junk[LIMIT_PACKET + 1];

	memset(junk, *arg ? *arg : 0xff, sizeof(junk));
	junk[0] = PROTO_VERSION;
	junk[1] = VERB_OK;
	send_raw(r, junk, *arg ? sizeof(junk) : 64);
}

static void answer_close(const struct request *r, const char *arg)
{
	(void)r, (void)arg;
}

/* Never: the connection ends when the client gives up. */
static void answer_slow(const struct request *r, const char *arg)
{
	char byte;

	(void)arg;
	while (recv(r->fd, &byte, 1, 0) > 0)
		;
}

static const struct {
	const char *name;
	answer *answer;
} answers[] = {
	{"ok", answer_ok},
	{"named", answer_named},
	{"nameless", answer_nameless},
	{"other_id", answer_other_id},
	{"more", answer_more},
	{"prompt", answer_prompt},
	{"version", answer_version},
	{"error", answer_error},
	{"echo", answer_echo},
	{"resized", answer_resized},
	{"garbage", answer_garbage},
	{"close", answer_close},
	{"slow", answer_slow},
};

static void give(const struct request *r, const char *how)
{
	size_t n = strcspn(how, "=");

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (strlen(answers[i].name) == n && strncmp(answers[i].name, how, n) == 0) {
			answers[i].answer(r, how[n] ? how + n + 1 : "");
			return;
		}
	fprintf(stderr, "responder: no answer is called %s\n", how);
	exit(2);
}

static void print_text(const struct proto_msg *m, const char *name, enum proto_tag tag)
{
	struct span s = proto_text(m, tag);

	if (proto_has(m, tag))
		printf(" %s=[%.*s]", name, (int)s.n, s.p);
}

static const char *const verb_names[] = {
	[VERB_VERIFY] = "verify",
	[VERB_ACCOUNT] = "account",
	[VERB_SESSION_OPEN] = "session_open",
	[VERB_SESSION_CLOSE] = "session_close",
};

/* A request of root's tells which process makes it; what it tells is true. */
static void print_process(const struct request *r)
{
	struct process p = {0};
	struct ucred peer;
	socklen_t n = sizeof(peer);
	bool wanted = r->msg.verb != VERB_ACCOUNT;

	if (getsockopt(r->fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
		abort();
	process_decode(proto_text(&r->msg, TAG_PROCESS), &p);
	if (p.pid != (wanted && peer.uid == 0 ? (uint32_t)peer.pid : 0))
		printf(" process=%u of %d", p.pid, peer.pid);
}

static void print_request(const struct request *r)
{
	printf("%s", verb_names[r->msg.verb]);
	print_text(&r->msg, "user", TAG_USER);
	print_text(&r->msg, "service", TAG_SERVICE);
	print_text(&r->msg, "rhost", TAG_RHOST);
	print_process(r);
	putchar('\n');
}

/* The ID that the request is about; a request that is malformed is a finding. */
static void decode(struct request *r, size_t n)
{
	struct span token, id;
	struct token t;

	if (proto_decode(r->packet, n, &r->msg)) {
		puts("malformed");
		exit(2);
	}
	token = proto_text(&r->msg, TAG_TOKEN);
	id = token_parse(token.p, token.n, &t) ? span_of(t.id) : proto_text(&r->msg, TAG_ID);
	if (!span_copy(id, r->id, sizeof(r->id)))
		abort();
}

static void serve(int fd, const char *verify, const char *account)
{
	struct request r = {.fd = fd};
	ssize_t n = recv(fd, r.packet, sizeof(r.packet), 0);

	if (n <= 0) {
		puts("nothing");
	} else {
		decode(&r, (size_t)n);
		print_request(&r);
		give(&r, r.msg.verb == VERB_VERIFY ? verify : account);
	}
	fflush(stdout);
	close(fd);
}

static void become(const char *uid)
{
	if (setresuid((uid_t)atoi(uid), (uid_t)atoi(uid), (uid_t)atoi(uid)) < 0) {
		perror("responder: setresuid");
		exit(2);
	}
}

static int listen_at(const char *path, const char *uid)
{
	int fd = unix_bind(path, SOCK_SEQPACKET | SOCK_NONBLOCK);

	if (fd < 0) {
		perror("responder: bind");
		exit(2);
	}
	/* Clients see the credentials of the call of listen(). */
	if (uid)
		become(uid);
	if (listen(fd, 1024) < 0) {
		perror("responder: listen");
		exit(2);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct pollfd p[2] = {{.events = POLLIN}, {.events = POLLIN}};
	sigset_t term;

	if (argc < 4 || argc > 5) {
		fprintf(stderr, "usage: responder PATH VERIFY ACCOUNT [UID]\n");
		return 2;
	}
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	p[0].fd = listen_at(argv[1], argv[4]);
	p[1].fd = signalfd(-1, &term, SFD_CLOEXEC);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int fd = accept(p[0].fd, NULL, NULL);

		if (fd >= 0)
			serve(fd, argv[2], argv[3]);
		else if (p[1].revents)
			return 0;
		else if (poll(p, 2, -1) < 0 && errno != EINTR)
			return 2;
	}
}
