/*
 * serving.h: connections as the store process has them: on a real event loop, store and writing
 * thread. The test is at the other ends: the clients, the names process and the root parent; and it
 * is the clock. One thread: while the test waits for an answer it runs the loop, and plays its
 * parts.
 */
#ifndef SERVING_H
#define SERVING_H

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "patd/chan.h"
#include "patd/conn.h"
#include "patd/journal.h"
#include "patd/peer.h"
#include "patd/server.h"
#include "patd/sweep.h"
#include "patd/tally.h"
#include "tests/unit/requests.h"

/* A test may have the daemon's own steps done in another way. */
#ifndef AS_DAEMON
#define AS_DAEMON(what) what
#endif

/* A test may have the time of those who wait end soon. */
#ifndef IMPATIENT
enum { IMPATIENT = 0 };
#endif

static struct server server;

/* The daemon's clock is the test's. */
time_t time(time_t *out)
{
	time_t t = (time_t)now;

	if (out)
		*out = t;
	return t;
}

/* ---- the names process: `people`, as requests.h has it ---- */

static struct {
	int fd;
	bool silent; /* keeps what it is asked to itself, for now */
	unsigned asked;
} names;

static inline void be_names(void)
{
	uint8_t packet[ACCOUNT_PACKET];
	struct account_query q;
	ssize_t n;

	while (!names.silent && (n = chan_recv(names.fd, packet, sizeof(packet), NULL)) > 0) {
		ck_assert_int_eq(account_query_decode(packet, (size_t)n, &q), 0);
		names.asked++;
		n = (ssize_t)account_answer_encode(
			&(struct account_answer){.seq = q.seq, .account = asked(&q)}, packet);
		ck_assert_int_eq(chan_send(names.fd, packet, (size_t)n, -1), 0);
	}
}

/* As it does when /etc/passwd changes: nothing that was answered is believed any more. */
static inline void forget_names(void)
{
	uint8_t packet[ACCOUNT_PACKET];
	size_t n = account_answer_encode(&(struct account_answer){.seq = 0}, packet);

	ck_assert_int_eq(chan_send(names.fd, packet, n, -1), 0);
	ck_assert_int_ge(event_base_loop(server.base, EVLOOP_NONBLOCK), 0);
}

/* ---- the root parent: asks whoever knows the password, and does what parent_does() says ---- */

static struct {
	int fd;
	bool silent;
	unsigned reauths, cancels, errands;
	const char *message; /* with a re-authentication that fails */
	struct control last; /* what it was asked last */
} parent;

static inline void parent_answer(struct control m)
{
	m.type = CONTROL_RESULT;
	ck_assert_int_eq(control_send(parent.fd, &m, -1), 0);
}

static inline void parent_hears(struct control m, int passed)
{
	struct control result = m;

	switch (m.type) {
	case CONTROL_REAUTH:
		/* The client itself: the one that would be asked. */
		ck_assert_int_ge(passed, 0);
		close(passed);
		parent.reauths++;
		result = (struct control){.id = m.id, .err = knows_password ? 0 : ERR_REAUTH};
		if (!knows_password)
			strcpy(result.message, parent.message);
		break;
	case CONTROL_CANCEL:
		parent.cancels++;
		return;
	default:
		ck_assert_int_eq(passed, -1);
		parent.errands++;
		ck_assert_ptr_nonnull(parent_does);
		parent_does(&result);
		result.id = m.id;
	}
	parent.last = m;
	if (!parent.silent)
		parent_answer(result);
}

static inline void be_parent(void)
{
	struct control m;
	int passed = -1;

	while (parent.fd >= 0 && control_receive(parent.fd, &m, &passed) == 0) {
		parent_hears(m, passed);
		passed = -1;
	}
}

static struct event *parent_event;

/* What server.c does with what the parent says. */
static inline void on_parent(evutil_socket_t fd, short events, void *arg)
{
	struct control m;
	int passed, err = control_receive(fd, &m, &passed);

	(void)events;
	(void)arg;
	if (!err)
		errand_result(&server.errands, &m);
	else if (err != ERR_BUSY)
		event_del(parent_event);
}

/* ---- the loop ---- */

static inline void turn(void)
{
	int rc;

	AS_DAEMON(rc = event_base_loop(server.base, EVLOOP_NONBLOCK));
	ck_assert_int_ge(rc, 0);
	be_names();
	be_parent();
}

/* Until nobody has anything to do but wait. */
static inline void settle(void)
{
	for (int i = 0; i < 20; i++) {
		turn();
		poll(NULL, 0, 1);
	}
}

static inline bool ends(void)
{
	for (int i = 0; i < 20000 && server.conns; i++) {
		turn();
		poll(NULL, 0, 1);
	}
	return !server.conns;
}

/* ---- time ---- */

static inline int ring_timer(const struct event_base *loop, const struct event *e, void *conn)
{
	(void)loop;
	if (event_get_fd(e) == -1 && event_get_callback_arg(e) == conn)
		event_active((struct event *)(uintptr_t)e, EV_TIMEOUT, 1);
	return 0;
}

/* The time that the youngest connection had is over. */
static inline void time_is_up(void)
{
	ck_assert_ptr_nonnull(server.conns);
	event_base_foreach_event(server.base, ring_timer, server.conns);
}

/* ---- clients ---- */

/* The other end of a connection, and that of the daemon before it is accepted. */
struct client {
	int fd, far;
};

static inline struct client dial(void)
{
	struct client c;
	int pair[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	c = (struct client){pair[0], pair[1]};
	return c;
}

static inline void say(int fd, const void *packet, size_t n)
{
	while (send(fd, packet, n, MSG_NOSIGNAL) != (ssize_t)n) {
		ck_assert_int_eq(errno, EAGAIN);
		turn();
	}
}

static inline void request(int fd, uint8_t verb, struct args a)
{
	static struct proto_out o;

	say(fd, o.packet, build_packet(verb, &a, &o));
}

/* A connection just accepted; root's comes by root's socket. */
static inline int connected(uid_t uid)
{
	struct client c = dial();

	AS_DAEMON(conn_start(&server, c.far, uid, uid == ROOT));
	return c.fd;
}

#define SEND(fd, verb, ...) request(fd, VERB_##verb, (struct args){__VA_ARGS__})

/* With the request there when it is accepted. */
static inline int sent_by(uid_t uid, uint8_t verb, struct args a)
{
	struct client c = dial();

	request(c.fd, verb, a);
	AS_DAEMON(conn_start(&server, c.far, uid, uid == ROOT));
	return c.fd;
}

#define ASK(verb, uid, ...) sent_by(uid, VERB_##verb, (struct args){__VA_ARGS__})

/* Is there something to read, or the end? */
static inline bool readable(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, 0) > 0;
}

/* Nothing comes, though everyone had their turns. */
static inline void silent(int fd)
{
	settle();
	ck_assert(!readable(fd));
}

/* The next packet, in `reply`: its verb, or 0 if the connection was closed instead. */
static inline uint8_t heard(int fd)
{
	static uint8_t packet[LIMIT_PACKET];
	ssize_t n;

	for (unsigned turns = 1; !readable(fd); turns++) {
		turn();
		poll(&(struct pollfd){fd, POLLIN, 0}, 1, 1);
		if (IMPATIENT && turns % 100 == 0 && server.conns)
			time_is_up();
	}
	n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
	/* Told once, ahead of what was said before the end, if it had not read all. */
	if (n < 0 && errno == ECONNRESET)
		n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(proto_decode(packet, (size_t)n, &reply), 0);
	return reply.verb;
}

enum { CLOSED = -1000 }; /* instead of an answer */

/* The last packet of an answer: 0, its error, or CLOSED; those before it are counted. */
static inline int answer_of(int fd)
{
	uint8_t verb;

	for (listed = 0; (verb = heard(fd)) != VERB_OK && verb != VERB_ERROR; listed++)
		if (verb == 0)
			return CLOSED;
	return verb == VERB_OK ? 0 : err_from_wire(proto_number(&reply, TAG_ERROR));
}

/* The same, and then the connection ends; `reply` stays readable. */
static inline int finished(int fd)
{
	int err = answer_of(fd);
	struct proto_msg kept = reply;

	if (err != CLOSED)
		ck_assert_uint_eq(heard(fd), 0);
	reply = kept;
	close(fd);
	return err;
}

#define SERVE(verb, uid, ...) finished(ASK(verb, uid, __VA_ARGS__))

/* ---- the log ---- */
static int log_file = -1, log_kept;

static inline void log_begin(void)
{
	char path[] = "/tmp/check_log.XXXXXX";

	log_file = mkstemp(path);
	ck_assert_int_ge(log_file, 0);
	unlink(path);
	log_kept = dup(STDERR_FILENO);
	ck_assert_int_eq(dup2(log_file, STDERR_FILENO), STDERR_FILENO);
	audit_open(true);
}

/* How often the log was told `word` meanwhile. */
static inline unsigned log_end(const char *word)
{
	static char text[65536];
	ssize_t n;
	unsigned lines = 0;

	ck_assert_int_eq(dup2(log_kept, STDERR_FILENO), STDERR_FILENO);
	n = pread(log_file, text, sizeof(text) - 1, 0);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	for (const char *p = text; (p = strstr(p, word)); p++)
		lines++;
	close(log_file);
	close(log_kept);
	return lines;
}

/* ---- one test ---- */

static inline void on_names_event(void *arg)
{
	(void)arg;
}

static inline void serving_setup(void)
{
	const struct names_listener listener = {on_names_event, on_names_event, NULL};
	int pair[2];

	requests_setup();
	memset(&server, 0, sizeof(server));
	server.store = store;
	server.base = event_base_new();
	ck_assert_ptr_nonnull(server.base);
	ck_assert_int_eq(event_base_priority_init(server.base, SERVER_PRIORITIES), 0);
	server.config = config_ref(parsed);
	server.started = STARTED;
	ck_assert_int_eq(chan_pair(pair), 0);
	server.names = names_cache_new(server.base, pair[0], &listener);
	memset(&names, 0, sizeof(names));
	names.fd = pair[1];
	ck_assert_int_eq(chan_pair(pair), 0);
	errands_init(&server.errands, pair[0]);
	memset(&parent, 0, sizeof(parent));
	parent.fd = pair[1];
	parent.message = "";
	parent_event = event_new(server.base, pair[0], EV_READ | EV_PERSIST, on_parent, NULL);
	ck_assert_int_eq(event_add(parent_event, NULL), 0);
	server.committer = commit_start(server.base, store);
	server.tally = tally_new(server.base, server.committer, 0);
	server.journal = journal_new();
	server.handovers = handovers_new(server.base, server.committer);
	ck_assert(server.names && server.committer && server.tally && server.journal &&
		  server.handovers);
	tally_carry(server.tally, server.journal);
}

/* In the order in which the store process ends. */
static inline void serving_teardown(void)
{
	commit_stop(server.committer);
	conn_end_all(&server);
	ck_assert_ptr_null(server.conns);
	for (int place = 0; place < PLACES; place++)
		ck_assert_uint_eq(server.caps.at[place].total, 0);
	ck_assert_uint_eq(server.told, 0);
	handovers_free(server.handovers);
	sweep_free(server.sweep);
	tally_free(server.tally);
	journal_free(server.journal);
	names_cache_free(server.names);
	event_free(parent_event);
	event_base_free(server.base);
	config_unref(server.config);
	requests_teardown();
}

/* What is in force from now on. */
static inline void reconfigure(const char *text)
{
	configure(text);
	config_unref(server.config);
	server.config = config_ref(parsed);
}

#endif
