/*
 * check_client.c: the client against real servers on real sockets, well-behaved and not.
 *
 * The client talks to uid 0 alone, so most of this needs root; without it there is still the
 * impostor. A server is a thread that plays a script: one function a step.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/client.h"
#include "common/err.h"
#include "tests/unit/unit.h"

enum {
	PATIENT = 60000, /* ms: never reached where the client does what it should */
	HASTY = 200,	 /* ms: for who is expected to wait in vain */
	PAGES = 500,
	QUEUE = 16,
	NOBODY = 65534,
};

struct server {
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	int listener, conn;
	int fillers[8];
	pthread_t thread;
	void (*const *script)(struct server *);
	size_t at;
	bool over;
	int connections, requests, faults; /* to be read when the server has stopped */
};

typedef void step(struct server *);

static char dir[] = "/tmp/check_client.XXXXXX";

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	memcpy(a.sun_path, path, strnlen(path, sizeof(a.sun_path)));
	return a;
}

static int bound_socket(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = address(path);

	unlink(path); /* of a test that failed */
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		abort();
	return fd;
}

/* Steps: how a connection begins and ends. */

static void connection(struct server *s)
{
	s->conn = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	s->over = s->conn < 0; /* the test is done with us */
	s->connections += !s->over;
}

static void hang_up(struct server *s)
{
	close(s->conn);
	s->conn = -1;
}

/* Reads a request; who connected and went away without one is skipped. */
static void request(struct server *s)
{
	uint8_t packet[LIMIT_PACKET];
	struct proto_msg m;
	ssize_t n = 0;

	while (!s->over && n == 0) {
		if (s->conn < 0)
			connection(s);
		n = s->over ? 0 : recv(s->conn, packet, sizeof(packet), 0);
		if (n == 0 && !s->over)
			hang_up(s);
	}
	if (s->over)
		return;
	s->requests++;
	s->faults += n < 0 || proto_decode(packet, (size_t)n, &m) || m.verb != VERB_STATUS;
}

/* Waits until the request is there and leaves it unread. */
static void unread_request(struct server *s)
{
	struct pollfd p = {.events = POLLIN};

	connection(s);
	p.fd = s->conn;
	if (!s->over)
		poll(&p, 1, -1);
}

static void response(struct server *s)
{
	uint8_t packet[LIMIT_PACKET];
	struct proto_msg m;
	ssize_t n = recv(s->conn, packet, sizeof(packet), 0);

	s->faults += n < 0 || proto_decode(packet, (size_t)n, &m) || m.verb != VERB_RESPONSE ||
		     !span_is(proto_text(&m, TAG_RESPONSE), "hunter2");
}

/* Says nothing until the client has gone. */
static void silence(struct server *s)
{
	uint8_t packet[LIMIT_PACKET];

	while (recv(s->conn, packet, sizeof(packet), 0) > 0)
		;
}

static void nap(struct server *s)
{
	struct timespec t = {0, 50 * 1000000}; /* far less than LIMIT_ABSENT_DAEMON_MS */

	(void)s;
	nanosleep(&t, NULL);
}

static void again(struct server *s)
{
	s->at = 0;
}

static void listening(struct server *s)
{
	s->faults += listen(s->listener, QUEUE) < 0;
}

static void appearance(struct server *s)
{
	s->listener = bound_socket(s->path);
	listening(s);
}

static void disappearance(struct server *s)
{
	close(s->listener);
	s->listener = -1;
	unlink(s->path);
}

static void drop_fillers(struct server *s)
{
	for (int i = 0; i < 8; i++)
		if (s->fillers[i] >= 0)
			close(s->fillers[i]);
}

/* Steps: what a server says. */

/* It is no fault when the client has heard enough and gone. */
static void say(struct server *s, const void *packet, size_t n)
{
	ssize_t sent = send(s->conn, packet, n, MSG_NOSIGNAL);

	s->faults += sent < 0 ? errno != EPIPE && errno != ECONNRESET : (size_t)sent != n;
}

static void say_out(struct server *s, struct proto_out *o)
{
	size_t n = proto_end(o);

	s->faults += n == 0;
	say(s, o->packet, n);
}

static void ok(struct server *s)
{
	struct proto_out o;

	proto_begin(&o, VERB_OK);
	proto_put_number(&o, TAG_COUNT, 7);
	say_out(s, &o);
}

static void go(struct server *s)
{
	struct proto_out o;

	proto_begin(&o, VERB_GO);
	say_out(s, &o);
}

/* One of a stream to the server. */
static void item(struct server *s)
{
	uint8_t packet[LIMIT_PACKET];
	struct proto_msg m;
	ssize_t n = recv(s->conn, packet, sizeof(packet), 0);

	s->faults += n < 0 || proto_decode(packet, (size_t)n, &m) || m.verb != VERB_ITEM;
}

static void pages(struct server *s)
{
	for (int i = 0; i < PAGES; i++) {
		struct proto_out o;

		proto_begin(&o, VERB_MORE);
		proto_put_string(&o, TAG_ID, "0123456789A");
		proto_put_string(&o, TAG_NAME, "laptop");
		proto_put_number(&o, TAG_KIND, KIND_PERSONAL);
		proto_put_string(&o, TAG_OWNER, "alice");
		proto_put_number(&o, TAG_UID, 1000);
		proto_put_number(&o, TAG_STATUS, STATUS_ACTIVE);
		proto_put_string(&o, TAG_SCOPES, "sshd");
		proto_put_number(&o, TAG_CREATED, (uint64_t)i);
		proto_put_string(&o, TAG_CREATED_BY, "alice");
		say_out(s, &o);
	}
}

static void prompt(struct server *s)
{
	struct proto_out o;

	proto_begin(&o, VERB_PROMPT);
	proto_put_number(&o, TAG_STYLE, STYLE_ECHO_OFF);
	proto_put_string(&o, TAG_MESSAGE, "Password: ");
	say_out(s, &o);
}

static void say_error(struct server *s, int err, const char *message)
{
	struct proto_out o;

	say(s, o.packet, proto_error(&o, err, message));
}

static void expired(struct server *s)
{
	say_error(s, ERR_EXPIRED, "token \"ci\" expired on 2026-11-01");
}

static void not_permitted(struct server *s)
{
	say_error(s, ERR_NOT_PERMITTED, NULL);
}

static void too_late(struct server *s)
{
	say_error(s, ERR_TIMEOUT, "took too long");
}

static void unknown_error(struct server *s)
{
	say_error(s, -999, NULL);
}

static void busy(struct server *s)
{
	say_error(s, ERR_BUSY, "come back");
}

static void version(struct server *s)
{
	say(s, "\x01\x84\0\x08\x2c\0\x01\x02\x2d\0\x01\x03", 12);
}

static void version_of_the_future(struct server *s)
{
	say(s, "\x63\x84\0\x08\x2c\0\x01\x62\x2d\0\x01\x63", 12);
}

static void answer_of_the_future(struct server *s)
{
	say(s, "\x63\x80\0\0", 4);
}

static void question(struct server *s)
{
	say(s, "\x01\x20\0\0", 4); /* a client's verb, STATUS */
}

static void garbage(struct server *s)
{
	say(s, "\x01\n220 mail.example.org ESMTP\r\n", 30);
}

static void truncated(struct server *s)
{
	say(s, "\x01\x80\0\x0b\x19\0\x08\0\0\0", 10);
}

static void too_short(struct server *s)
{
	say(s, "\x01", 1);
}

static void nothing(struct server *s)
{
	say(s, "", 0);
}

/* n bytes, all of a good message: what may be ignored fills it up. */
static void say_long(struct server *s, size_t n)
{
	static uint8_t packet[LIMIT_PACKET + 1] = {1, VERB_OK};

	packet[2] = (uint8_t)((n - 4) >> 8);
	packet[3] = (uint8_t)(n - 4);
	packet[4] = PROTO_TAG_OPTIONAL;
	packet[5] = (uint8_t)((n - 7) >> 8);
	packet[6] = (uint8_t)(n - 7);
	say(s, packet, n);
}

static void longest(struct server *s)
{
	say_long(s, LIMIT_PACKET);
}

static void too_long(struct server *s)
{
	say_long(s, LIMIT_PACKET + 1);
}

/* The first 8192 bytes are a good message; the one after them is not to be lost from sight. */
static void one_byte_more(struct server *s)
{
	static uint8_t packet[LIMIT_PACKET + 1] = {1, VERB_OK, (LIMIT_PACKET - 4) >> 8,
		(LIMIT_PACKET - 4) & 0xff, PROTO_TAG_OPTIONAL, (LIMIT_PACKET - 7) >> 8,
		(LIMIT_PACKET - 7) & 0xff};

	say(s, packet, sizeof(packet));
}

/* An answer with a descriptor, which a client never asked for and must not keep. */
static void ok_with_descriptor(struct server *s)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.head = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec text = {(char[]){1, (char)VERB_OK, 0, 0}, 4};
	struct msghdr m = {.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room)};

	memcpy(CMSG_DATA(&control.head), &s->listener, sizeof(int));
	s->faults += sendmsg(s->conn, &m, MSG_NOSIGNAL) != 4;
}

/* A server's life. */

static void *play(void *arg)
{
	struct server *s = arg;

	while (!s->over && s->script[s->at])
		s->script[s->at++](s);
	if (s->conn >= 0)
		hang_up(s);
	return NULL;
}

static void prepare(struct server *s, const char *name)
{
	*s = (struct server){.listener = -1, .conn = -1};
	memset(s->fillers, -1, sizeof(s->fillers));
	ck_assert_int_lt(
		snprintf(s->path, sizeof(s->path), "%s/%s", dir, name), (int)sizeof(s->path));
}

static void start(struct server *s, step *const *script)
{
	sigset_t all, before;

	s->script = script;
	sigfillset(&all); /* signals are for the client's thread */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, play, s), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void start_listening(struct server *s, step *const *script)
{
	prepare(s, "s");
	appearance(s);
	start(s, script);
}

/* Waits for the script's end; a server that waits for a connection gets none any more. */
static void stop(struct server *s)
{
	if (s->listener >= 0)
		shutdown(s->listener, SHUT_RDWR);
	ck_assert_int_eq(pthread_join(s->thread, NULL), 0);
	if (s->listener >= 0)
		disappearance(s);
	ck_assert_int_eq(s->faults, 0);
}

/* The client's side. */

static int call(struct client *c, const struct server *s, int timeout_ms)
{
	struct proto_out req;

	memset(c, 0xa5, sizeof(*c));
	proto_begin(&req, VERB_STATUS);
	return client_call(c, s->path, timeout_ms, &req);
}

static int respond(struct client *c, const char *text)
{
	struct proto_out o;

	proto_begin(&o, VERB_RESPONSE);
	proto_put_string(&o, TAG_RESPONSE, text);
	return client_send(c, PATIENT, &o);
}

static int count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* One script, one call, one verdict. */
static const struct {
	const char *name;
	step *script[12];
	int err;
	uint8_t verb;	     /* of the answer, where there is one */
	const char *message; /* of an ERROR */
	int requests;
} answers[] = {
	{"ok", {request, ok}, 0, VERB_OK, NULL, 1},
	{"ok late", {request, nap, ok}, 0, VERB_OK, NULL, 1},
	{"ok, hangs up", {request, ok, hang_up}, 0, VERB_OK, NULL, 1},
	{"ok, does not read", {unread_request, ok, hang_up}, 0, VERB_OK, NULL, 0},
	{"ok and a descriptor", {request, ok_with_descriptor}, 0, VERB_OK, NULL, 1},
	{"the longest packet", {request, longest}, 0, VERB_OK, NULL, 1},
	{"a stream", {request, pages, ok}, 0, VERB_MORE, NULL, 1},
	{"a stream may come", {request, go}, 0, VERB_GO, NULL, 1},
	{"a prompt", {request, prompt}, 0, VERB_PROMPT, NULL, 1},
	{"an error", {request, not_permitted}, ERR_NOT_PERMITTED, VERB_ERROR, NULL, 1},
	{"an error and why", {request, expired}, ERR_EXPIRED, VERB_ERROR,
		"token \"ci\" expired on 2026-11-01", 1},
	{"an error, does not read", {unread_request, expired, hang_up}, ERR_EXPIRED, VERB_ERROR,
		"token \"ci\" expired on 2026-11-01", 0},
	{"an unknown error", {request, unknown_error}, ERR_PROTO, VERB_ERROR, NULL, 1},
	{"busy, then ok", {request, busy, hang_up, request, busy, hang_up, request, ok}, 0, VERB_OK,
		NULL, 3},
	{"busy, does not read, then ok",
		{unread_request, busy, hang_up, unread_request, busy, hang_up, request, ok}, 0,
		VERB_OK, NULL, 1},
	{"busy before it is asked, then ok",
		{connection, busy, hang_up, connection, busy, hang_up, request, ok}, 0, VERB_OK,
		NULL, 1},
	{"busy, then an error", {request, busy, hang_up, request, not_permitted}, ERR_NOT_PERMITTED,
		VERB_ERROR, NULL, 2},
	/* Asking again would hold the whole conversation again. */
	{"busy, then out of the person's time", {request, busy, hang_up, request, too_late},
		ERR_TIMEOUT, VERB_ERROR, "took too long", 2},
	{"busy, then garbage", {request, busy, hang_up, request, garbage}, ERR_PROTO, 0, NULL, 2},
	{"busy, then gone", {request, disappearance, busy, hang_up}, ERR_UNAVAILABLE, 0, NULL, 1},
	{"other versions", {request, version}, ERR_VERSION, 0, NULL, 1},
	{"versions of the future", {request, version_of_the_future}, ERR_VERSION, 0, NULL, 1},
	{"an answer of the future", {request, answer_of_the_future}, ERR_VERSION, 0, NULL, 1},
	{"a question", {request, question}, ERR_PROTO, 0, NULL, 1},
	{"garbage", {request, garbage}, ERR_PROTO, 0, NULL, 1},
	{"half a message", {request, truncated}, ERR_PROTO, 0, NULL, 1},
	{"one byte", {request, too_short}, ERR_PROTO, 0, NULL, 1},
	{"an empty packet", {request, nothing}, ERR_UNAVAILABLE, 0, NULL, 1},
	{"too long a packet", {request, too_long}, ERR_PROTO, 0, NULL, 1},
	{"a byte more than a packet", {request, one_byte_more}, ERR_PROTO, 0, NULL, 1},
	{"hangs up", {request, hang_up}, ERR_UNAVAILABLE, 0, NULL, 1},
	{"hangs up, does not read", {unread_request, hang_up}, ERR_UNAVAILABLE, 0, NULL, 0},
	{"hangs up at once", {connection, hang_up}, ERR_UNAVAILABLE, 0, NULL, 0},
};

START_TEST(each_answer_has_its_result)
{
	int descriptors = count_descriptors();
	struct server s;
	struct client c;

	start_listening(&s, answers[_i].script);
	ck_assert_msg(call(&c, &s, PATIENT) == answers[_i].err, "%s", answers[_i].name);
	if (answers[_i].verb) {
		ck_assert_uint_eq(c.msg.verb, answers[_i].verb);
		ck_assert_int_eq(proto_has(&c.msg, TAG_MESSAGE),
			answers[_i].message || answers[_i].verb == VERB_PROMPT);
	} else {
		ck_assert(c.msg.present == 0);
	}
	if (answers[_i].message)
		ck_assert(span_is(proto_text(&c.msg, TAG_MESSAGE), answers[_i].message));
	client_close(&c);
	stop(&s);
	ck_assert_int_eq(s.requests, answers[_i].requests);
	ck_assert_int_eq(count_descriptors(), descriptors);
}
END_TEST

START_TEST(a_stream_comes_whole_and_in_order)
{
	static step *const script[] = {request, pages, ok, NULL};
	struct server s;
	struct client c;

	start_listening(&s, script);
	ck_assert_int_eq(call(&c, &s, PATIENT), 0);
	for (uint64_t i = 0; i < PAGES; i++) {
		ck_assert_uint_eq(c.msg.verb, VERB_MORE);
		ck_assert_uint_eq(proto_number(&c.msg, TAG_CREATED), i);
		ck_assert_int_eq(client_next(&c, PATIENT), 0);
	}
	ck_assert_uint_eq(c.msg.verb, VERB_OK);
	ck_assert_uint_eq(proto_number(&c.msg, TAG_COUNT), 7);
	ck_assert(!proto_has(&c.msg, TAG_ID));
	client_close(&c);
	stop(&s);
}
END_TEST

static int send_item(struct client *c)
{
	struct proto_out o;

	proto_begin(&o, VERB_ITEM);
	proto_put_number(&o, TAG_SEQ, 7);
	return client_send(c, PATIENT, &o);
}

/* A stream to the server goes on until that has something to say, or is gone. */
START_TEST(a_stream_to_the_server)
{
	static step *const refuses[] = {request, go, item, item, not_permitted, silence, NULL};
	static step *const leaves[] = {request, go, item, item, hang_up, NULL};
	step *const *const scripts[] = {refuses, leaves};
	static const int results[] = {ERR_NOT_PERMITTED, ERR_UNAVAILABLE};
	struct server s;
	struct client c;

	start_listening(&s, scripts[_i]);
	ck_assert_int_eq(call(&c, &s, PATIENT), 0);
	ck_assert_uint_eq(c.msg.verb, VERB_GO);
	ck_assert(!client_answered(&c));
	ck_assert_int_eq(send_item(&c), 0);
	ck_assert(!client_answered(&c));
	ck_assert_int_eq(send_item(&c), 0);
	while (!client_answered(&c))
		usleep(1000);
	ck_assert_int_eq(client_next(&c, PATIENT), results[_i]);
	client_close(&c);
	stop(&s);
}
END_TEST

/* What was read before is not to be mistaken for the end of a stream that has none. */
START_TEST(a_stream_that_breaks_off)
{
	static const struct {
		step *script[5];
		int timeout_ms, err;
	} cases[] = {
		{{request, pages, silence}, HASTY, ERR_TIMEOUT},
		{{request, pages, hang_up}, PATIENT, ERR_UNAVAILABLE},
		{{request, pages, garbage}, PATIENT, ERR_PROTO},
		{{request, pages, too_long}, PATIENT, ERR_PROTO},
		{{request, pages, question}, PATIENT, ERR_PROTO},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct server s;
		struct client c;

		start_listening(&s, cases[i].script);
		ck_assert_int_eq(call(&c, &s, PATIENT), 0);
		for (int page = 1; page < PAGES; page++)
			ck_assert_int_eq(client_next(&c, PATIENT), 0);
		ck_assert_int_eq(client_next(&c, cases[i].timeout_ms), cases[i].err);
		ck_assert(c.msg.present == 0);
		client_close(&c);
		stop(&s);
	}
}
END_TEST

START_TEST(a_conversation)
{
	static step *const script[] = {request, prompt, response, prompt, response, ok, NULL};
	char long_text[LIMIT_RESPONSE + 2];
	struct server s;
	struct client c;

	memset(long_text, 'x', sizeof(long_text));
	long_text[LIMIT_RESPONSE + 1] = '\0';
	start_listening(&s, script);
	ck_assert_int_eq(call(&c, &s, PATIENT), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(c.msg.verb, VERB_PROMPT);
		ck_assert_uint_eq(proto_number(&c.msg, TAG_STYLE), STYLE_ECHO_OFF);
		ck_assert(span_is(proto_text(&c.msg, TAG_MESSAGE), "Password: "));
		/* what is no message is not sent: the server would count it as an answer */
		ck_assert_int_eq(respond(&c, long_text), ERR_INVALID);
		ck_assert_int_eq(respond(&c, "hunter2"), 0);
		ck_assert_int_eq(client_next(&c, PATIENT), 0);
	}
	ck_assert_uint_eq(c.msg.verb, VERB_OK);
	client_close(&c);
	stop(&s);
}
END_TEST

START_TEST(busy_for_ever)
{
	static step *const script[] = {request, busy, hang_up, again, NULL};
	int descriptors = count_descriptors();
	struct server s;
	struct client c;

	start_listening(&s, script);
	ck_assert_int_eq(call(&c, &s, HASTY), ERR_BUSY);
	client_close(&c);
	stop(&s);
	ck_assert_int_ge(s.requests, 2);
	ck_assert_int_eq(count_descriptors(), descriptors);
}
END_TEST

START_TEST(silent_for_ever)
{
	static step *const script[] = {request, silence, NULL};
	struct server s;
	struct client c;

	start_listening(&s, script);
	ck_assert_int_eq(call(&c, &s, HASTY), ERR_TIMEOUT);
	ck_assert(c.msg.present == 0);
	client_close(&c);
	stop(&s);
}
END_TEST

START_TEST(no_time_at_all)
{
	static const int timeouts[] = {0, -1};
	static step *const script[] = {request, silence, NULL};

	for (int i = 0; i < 2; i++) {
		struct server s;
		struct client c;

		start_listening(&s, script);
		ck_assert_int_eq(call(&c, &s, timeouts[i]), ERR_TIMEOUT);
		client_close(&c);
		stop(&s);
	}
}
END_TEST

/* Each race between our send and the server's close ends in the same verdict. */
START_TEST(hangs_up_at_once_again_and_again)
{
	static step *const script[] = {connection, hang_up, again, NULL};
	struct server s;
	struct client c;

	start_listening(&s, script);
	for (int i = 0; i < 200; i++) {
		ck_assert_int_eq(call(&c, &s, PATIENT), ERR_UNAVAILABLE);
		client_close(&c);
	}
	stop(&s);
}
END_TEST

/* Neither waits for the deadline: the test's own time would run out before it. */
START_TEST(absent)
{
	struct server s;
	struct client c;
	int fd;

	prepare(&s, "absent");
	ck_assert_int_eq(call(&c, &s, PATIENT), ERR_UNAVAILABLE);
	client_close(&c);
	fd = bound_socket(s.path); /* refuses: nobody listens */
	ck_assert_int_eq(call(&c, &s, PATIENT), ERR_UNAVAILABLE);
	client_close(&c);
	close(fd); /* refuses: left behind by a daemon that died */
	ck_assert_int_eq(call(&c, &s, PATIENT), ERR_UNAVAILABLE);
	ck_assert(c.msg.present == 0);
	client_close(&c);
	unlink(s.path);
}
END_TEST

START_TEST(comes_up_while_we_try)
{
	static step *const from_nothing[] = {nap, appearance, request, ok, NULL};
	static step *const from_refusal[] = {nap, listening, request, ok, NULL};
	struct server s;
	struct client c;

	prepare(&s, "late");
	start(&s, from_nothing);
	ck_assert_int_eq(call(&c, &s, PATIENT), 0);
	client_close(&c);
	stop(&s);
	prepare(&s, "refusing");
	s.listener = bound_socket(s.path);
	start(&s, from_refusal);
	ck_assert_int_eq(call(&c, &s, PATIENT), 0);
	client_close(&c);
	stop(&s);
}
END_TEST

/* Fills the queue of a server that accepts nobody. */
static void fill_queue(struct server *s)
{
	struct sockaddr_un a = address(s->path);
	int i = 0;

	ck_assert_int_eq(listen(s->listener, 0), 0);
	do {
		ck_assert_int_lt(i, 8);
		s->fillers[i] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		ck_assert_int_ge(s->fillers[i], 0);
	} while (connect(s->fillers[i++], (struct sockaddr *)&a, sizeof(a)) == 0);
	ck_assert_int_eq(errno, EAGAIN);
}

START_TEST(a_full_queue)
{
	static step *const script[] = {nap, nap, drop_fillers, request, ok, NULL};
	struct server s;
	struct client c;

	prepare(&s, "full");
	s.listener = bound_socket(s.path);
	fill_queue(&s);
	ck_assert_int_eq(call(&c, &s, HASTY), ERR_BUSY);
	ck_assert(c.msg.present == 0);
	client_close(&c);
	start(&s, script);
	ck_assert_int_eq(call(&c, &s, PATIENT), 0);
	client_close(&c);
	stop(&s);
}
END_TEST

START_TEST(paths_at_their_longest)
{
	static step *const script[] = {request, ok, NULL};
	char name[128];
	struct server s;
	struct client c;

	memset(name, 'x', sizeof(name));
	name[sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1 - strlen(dir) - 1] = '\0';
	prepare(&s, name);
	ck_assert_uint_eq(strlen(s.path), 107);
	appearance(&s);
	start(&s, script);
	ck_assert_int_eq(call(&c, &s, PATIENT), 0);
	client_close(&c);
	stop(&s);
}
END_TEST

START_TEST(paths_too_long)
{
	static const size_t lengths[] = {108, 109, 4096, 70000};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *path = malloc(lengths[i] + 1);
		struct proto_out req;
		struct client c;

		ck_assert_ptr_nonnull(path);
		memset(path, '/', lengths[i]);
		path[lengths[i]] = '\0';
		proto_begin(&req, VERB_STATUS);
		ck_assert_int_eq(client_call(&c, path, PATIENT, &req), ERR_INVALID);
		ck_assert(c.msg.present == 0);
		client_close(&c);
		free(path);
	}
}
END_TEST

/* An address that begins with a NUL is an abstract one, which anyone may have bound. */
START_TEST(the_empty_path_is_no_abstract_address)
{
	static step *const script[] = {request, ok, NULL};
	struct server s;
	struct client c;

	prepare(&s, "");
	s.path[0] = '\0';
	appearance(&s);
	start(&s, script);
	ck_assert_int_ne(call(&c, &s, HASTY), 0);
	client_close(&c);
	stop(&s);
	ck_assert_int_eq(s.connections, 0);
}
END_TEST

START_TEST(what_is_no_message_is_not_sent)
{
	static step *const script[] = {request, NULL};
	char name[LIMIT_NAME + 2];
	struct proto_out req;
	struct server s;
	struct client c;

	memset(name, 'x', sizeof(name));
	name[LIMIT_NAME + 1] = '\0';
	start_listening(&s, script);
	proto_begin(&req, VERB_MINT);
	proto_put_string(&req, TAG_NAME, name);
	ck_assert_int_eq(client_call(&c, s.path, PATIENT, &req), ERR_INVALID);
	ck_assert(c.msg.present == 0);
	client_close(&c);
	proto_begin(&req, VERB_MINT); /* a name is missing */
	ck_assert_int_eq(client_call(&c, s.path, PATIENT, &req), ERR_INVALID);
	client_close(&c);
	stop(&s);
	ck_assert_int_eq(s.connections, 0);
}
END_TEST

static volatile sig_atomic_t ticks;

static void tick(int sig)
{
	(void)sig;
	ticks++;
}

/* Signals that interrupt every call, some thousand times a second. */
static void storm(bool on)
{
	struct sigaction sa = {.sa_handler = tick};
	struct itimerval every = {{0, on ? 300 : 0}, {0, on ? 300 : 0}};

	ck_assert_int_eq(sigaction(SIGALRM, &sa, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &every, NULL), 0);
}

START_TEST(signals_change_nothing)
{
	static const struct {
		step *script[12];
		int timeout_ms, err;
	} cases[] = {
		{{request, nap, ok}, PATIENT, 0},
		{{nap, request, nap, ok}, PATIENT, 0},
		{{request, busy, hang_up, nap, request, busy, hang_up, request, nap, ok}, PATIENT,
			0},
		{{request, nap, expired}, PATIENT, ERR_EXPIRED},
		{{request, nap, hang_up}, PATIENT, ERR_UNAVAILABLE},
		{{request, silence}, HASTY, ERR_TIMEOUT},
		{{request, busy, hang_up, again}, HASTY, ERR_BUSY},
		{{request, disappearance, busy}, PATIENT, ERR_UNAVAILABLE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct server s;
		struct client c;
		int err;

		ticks = 0;
		start_listening(&s, cases[i].script);
		storm(true);
		err = call(&c, &s, cases[i].timeout_ms);
		storm(false);
		client_close(&c);
		stop(&s);
		ck_assert_msg(err == cases[i].err, "row %zu: %d", i, err);
		ck_assert_int_gt(ticks, 0);
	}
}
END_TEST

static volatile sig_atomic_t pipe_signals;

static void count_pipe(int sig)
{
	(void)sig;
	pipe_signals++;
}

START_TEST(no_sigpipe)
{
	static step *const script[] = {request, prompt, hang_up, NULL};
	struct sigaction sa = {.sa_handler = count_pipe}, before;
	struct server s;
	struct client c;

	ck_assert_int_eq(sigaction(SIGPIPE, &sa, &before), 0);
	start_listening(&s, script);
	ck_assert_int_eq(call(&c, &s, PATIENT), 0);
	stop(&s); /* so it has hung up */
	for (int i = 0; i < 3; i++)
		respond(&c, "hunter2");
	ck_assert_int_eq(client_next(&c, PATIENT), ERR_UNAVAILABLE);
	client_close(&c);
	ck_assert_int_eq(sigaction(SIGPIPE, &before, NULL), 0);
	ck_assert_int_eq(pipe_signals, 0);
}
END_TEST

/* In a child that lacks some of the descriptors 0 to 2: our own is above them, and they stay shut.
 */
static int call_without(int closed, const struct server *s)
{
	struct client c;
	int bad = 0;

	for (int fd = 0; fd < 3; fd++)
		if (closed & 1 << fd)
			close(fd);
	bad |= call(&c, s, PATIENT) != 0;
	bad |= c.fd < 3;
	bad |= fcntl(c.fd, F_GETFD) != FD_CLOEXEC;
	for (int fd = 0; fd < 3; fd++)
		bad |= (closed & 1 << fd) && fcntl(fd, F_GETFD) >= 0;
	client_close(&c);
	return bad;
}

START_TEST(never_a_standard_descriptor)
{
	static step *const script[] = {request, ok, hang_up, again, NULL};
	struct server s;

	start_listening(&s, script);
	for (int closed = 0; closed < 8; closed++) {
		pid_t pid = fork();
		int status;

		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			_exit(call_without(closed, &s));
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	stop(&s);
	ck_assert_int_eq(s.requests, 8);
}
END_TEST

/* In a child that may have descriptors 0 to 2 only: one that falls there is not kept. */
static int call_at_the_limit(int closed, const struct server *s)
{
	struct rlimit three = {3, 3};
	struct client c;
	int bad = setrlimit(RLIMIT_NOFILE, &three) < 0;

	for (int fd = 0; fd < closed; fd++)
		close(fd);
	bad |= call(&c, s, PATIENT) != ERR_IO;
	bad |= c.fd != -1;
	for (int fd = 0; fd < closed; fd++)
		bad |= fcntl(fd, F_GETFD) >= 0;
	client_close(&c);
	return bad;
}

START_TEST(no_descriptor_left)
{
	struct server s;

	prepare(&s, "unreached");
	for (int closed = 0; closed <= 3; closed++) {
		pid_t pid = fork();
		int status;

		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			_exit(call_at_the_limit(closed, &s));
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

START_TEST(closing_twice)
{
	static const uint8_t zero[LIMIT_PACKET];
	static step *const script[] = {request, expired, NULL};
	struct server s;
	struct client c;
	int fd, other;

	start_listening(&s, script);
	ck_assert_int_eq(call(&c, &s, PATIENT), ERR_EXPIRED);
	fd = c.fd;
	stop(&s);
	client_close(&c);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert_int_eq(c.fd, -1);
	ck_assert(c.msg.present == 0);
	ck_assert_mem_eq(c.packet, zero, sizeof(zero));
	other = fcntl(STDERR_FILENO, F_DUPFD, fd); /* someone else's now */
	ck_assert_int_eq(other, fd);
	client_close(&c);
	ck_assert_int_ge(fcntl(other, F_GETFD), 0);
	close(other);
}
END_TEST

/* Listens as somebody who is not root; tells by its exit status whether it was sent anything. */
static void impersonate(const char *path, int ready)
{
	char byte;
	int listener, conn;

	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
		_exit(2);
	listener = bound_socket(path);
	if (listen(listener, QUEUE) < 0 || write(ready, "", 1) != 1)
		_exit(2);
	conn = accept(listener, NULL, NULL);
	_exit(conn < 0 ? 2 : recv(conn, &byte, 1, 0) != 0);
}

START_TEST(an_impostor_is_told_nothing)
{
	struct server s;
	struct client c;
	int ready[2], status;
	pid_t pid;
	char byte;

	prepare(&s, "impostor");
	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		impersonate(s.path, ready[1]);
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	ck_assert_int_eq(call(&c, &s, PATIENT), ERR_IMPOSTOR);
	ck_assert(c.msg.present == 0);
	client_close(&c);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	unlink(s.path);
}
END_TEST

static void add_tests_as_root(TCase *t)
{
	tcase_add_loop_test(t, each_answer_has_its_result, 0, sizeof(answers) / sizeof(answers[0]));
	tcase_add_test(t, a_stream_comes_whole_and_in_order);
	tcase_add_test(t, a_stream_that_breaks_off);
	tcase_add_loop_test(t, a_stream_to_the_server, 0, 2);
	tcase_add_test(t, a_conversation);
	tcase_add_test(t, busy_for_ever);
	tcase_add_test(t, silent_for_ever);
	tcase_add_test(t, no_time_at_all);
	tcase_add_test(t, hangs_up_at_once_again_and_again);
	tcase_add_test(t, comes_up_while_we_try);
	tcase_add_test(t, a_full_queue);
	tcase_add_test(t, paths_at_their_longest);
	tcase_add_test(t, signals_change_nothing);
	tcase_add_test(t, no_sigpipe);
	tcase_add_test(t, never_a_standard_descriptor);
	tcase_add_test(t, closing_twice);
}

static void add_tests_as_anyone(TCase *t)
{
	tcase_add_test(t, an_impostor_is_told_nothing);
	tcase_add_test(t, absent);
	tcase_add_test(t, paths_too_long);
	tcase_add_test(t, the_empty_path_is_no_abstract_address);
	tcase_add_test(t, what_is_no_message_is_not_sent);
	tcase_add_test(t, no_descriptor_left);
}

/* With what tests that failed have left in it. */
static void remove_dir(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	rmdir(dir);
}

int main(void)
{
	Suite *s = suite_create("client");
	TCase *t = tcase_create("client");
	int result;

	if (!mkdtemp(dir) || chmod(dir, 0777) < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(t, 30); /* half of PATIENT */
	add_tests_as_anyone(t);
	if (geteuid() == 0)
		add_tests_as_root(t);
	else
		printf("left out without root: the tests whose server must be uid 0\n");
	suite_add_tcase(s, t);
	result = unit_run(s);
	remove_dir();
	return result;
}
