/*
 * fuzz_conn.c: connections as patd's store process holds them, several at once, their clients,
 * their timers, the answers of the name service and of the parent, the writing thread and the calls
 * of LMDB in whatever order the input says. No connection has more than one answer, nothing is used
 * after it has ended, nothing is left of it, and the store stays sound.
 *
 * The writing thread is here a list of jobs whose turn the input says; so are names and the parent.
 */
#include <sys/socket.h>

#include "patd/conn.h"
#include "patd/journal.h"
#include "patd/sweep.h"
#include "patd/tally.h"
#include "tests/fuzz/world.h"

enum {
	CLIENTS = 6,
	PID = 100,   /* of all of them */
	SPARES = 16, /* conn.c's: as if it had them all, so that it keeps none */
};

static const uid_t peers[] = {ROOT, ALICE, BOB, DEPLOY, WWW, CAROL, 4242};
static struct server server;

/* The other ends. */
static struct client {
	int fd;	       /* -1: none */
	bool answered; /* the last packet of its answer has come */
} clients[CLIENTS];

/* ---- who would do something later ---- */

static struct commit_job *jobs[512];
static struct names_wait *waits[512];
static struct errand *errands[512];
static struct event *timers[512];
static size_t job_count, wait_count, errand_count, timer_count;

#define ADD(list, count, what)                                                                     \
	((count) < COUNT(list) ? (void)((list)[(count)++] = (what)) : abort())

/* Takes one out; the others keep their order. */
#define DROP(list, count, at)                                                                      \
	memmove((list) + (at), (list) + (at) + 1, (--(count) - (at)) * sizeof((list)[0]))

#define FORGET(list, count, what)                                                                  \
	do {                                                                                       \
		for (size_t forget_i = (count); forget_i-- > 0;)                                   \
			if ((list)[forget_i] == (what))                                            \
				DROP(list, count, forget_i);                                       \
	} while (0)

void __wrap_commit_submit(struct committer *c, struct commit_job *job);
const struct account *__wrap_names_cached(struct names_cache *n, const struct account_query *q);
int __wrap_names_ask(struct names_cache *n, const struct account_query *q, struct names_wait *w);
void __wrap_names_forget(struct names_cache *n, struct names_wait *w);
int __wrap_errand_send(
	struct errands *e, struct errand *errand, const struct control *m, int pass_fd);
void __wrap_errand_cancel(struct errands *e, struct errand *errand);
void __wrap_sweep_start(struct sweep *s);
pid_t __wrap_peer_pid(int fd);
time_t __real_time(time_t *out);
time_t __wrap_time(time_t *out);
void __wrap_audit_end(struct audit *a, int priority);
void __wrap_audit_say(int priority, const char *format, ...);
void *__wrap_locked_alloc(size_t n);
void __wrap_locked_free(void *p);
int __real_event_add(struct event *event, const struct timeval *tv);
int __wrap_event_add(struct event *event, const struct timeval *tv);
void __real_event_free(struct event *event);
void __wrap_event_free(struct event *event);

void __wrap_commit_submit(struct committer *c, struct commit_job *job)
{
	(void)c;
	ADD(jobs, job_count, job);
}

/* Root is known; of others it may have to be asked. */
const struct account *__wrap_names_cached(struct names_cache *n, const struct account_query *q)
{
	static struct account a;

	(void)n;
	a = asked(q);
	return (q->by_uid ? q->uid == ROOT : strcmp(q->name, "alice") == 0) ? &a : NULL;
}

int __wrap_names_ask(struct names_cache *n, const struct account_query *q, struct names_wait *w)
{
	(void)n;
	if (wait_count == 4)
		return ERR_NAMES;
	w->query = *q;
	ADD(waits, wait_count, w);
	return 0;
}

void __wrap_names_forget(struct names_cache *n, struct names_wait *w)
{
	(void)n;
	FORGET(waits, wait_count, w);
}

int __wrap_errand_send(
	struct errands *e, struct errand *errand, const struct control *m, int pass_fd)
{
	(void)e;
	assert((m->type == CONTROL_REAUTH) == (pass_fd >= 0));
	if (errand_count == 4)
		return ERR_BUSY;
	ADD(errands, errand_count, errand);
	return 0;
}

void __wrap_errand_cancel(struct errands *e, struct errand *errand)
{
	(void)e;
	FORGET(errands, errand_count, errand);
}

void __wrap_sweep_start(struct sweep *s)
{
	(void)s;
}

pid_t __wrap_peer_pid(int fd)
{
	(void)fd;
	return PID;
}

time_t __wrap_time(time_t *out)
{
	return world.armed ? (time_t)now : __real_time(out);
}

void __wrap_audit_end(struct audit *a, int priority)
{
	(void)a, (void)priority;
}

void __wrap_audit_say(int priority, const char *format, ...)
{
	(void)priority, (void)format;
}

/* Memory that is watched. */
void *__wrap_locked_alloc(size_t n)
{
	return calloc(1, n);
}

void __wrap_locked_free(void *p)
{
	free(p);
}

int __wrap_event_add(struct event *event, const struct timeval *tv)
{
	FORGET(timers, timer_count, event);
	if (tv && world.armed)
		ADD(timers, timer_count, event);
	return __real_event_add(event, tv);
}

void __wrap_event_free(struct event *event)
{
	FORGET(timers, timer_count, event);
	__real_event_free(event);
}

/* ---- their turns ---- */

static void turn_of_loop(void)
{
	event_base_loop(server.base, EVLOOP_NONBLOCK);
}

/* As commit.c does it, alone. */
static void turn_of_job(void)
{
	struct commit_job *job = jobs[0];
	struct store_txn *t;
	unsigned long writes;

	if (job_count == 0)
		return;
	DROP(jobs, job_count, 0);
	if (store_begin_write(store, &t)) {
		job->done(job->arg, ERR_STORE);
		return;
	}
	writes = store_writes(t);
	job->result = job->run(job->arg, t);
	if (job->result == ERR_STORE && store_writes(t) != writes)
		store_fail(t);
	if (store_commit(t))
		job->result = ERR_STORE;
	job->done(job->arg, job->result);
}

static void turn_of_names(void)
{
	size_t at = wait_count ? take_u8() % wait_count : 0;
	struct names_wait *w = waits[at];
	struct account a;

	if (wait_count == 0)
		return;
	DROP(waits, wait_count, at);
	a = asked(&w->query);
	w->answered(w->arg, &a);
}

static void turn_of_parent(void)
{
	static const int results[] = {
		0, 0, 0, ERR_REAUTH, ERR_NO_FACTOR, ERR_TIMEOUT, ERR_NO_SESSION};
	size_t at = errand_count ? take_u8() % errand_count : 0;
	struct errand *e = errands[at];
	struct control result = {.type = CONTROL_RESULT, .err = results[any(COUNT(results))]};

	if (errand_count == 0)
		return;
	DROP(errands, errand_count, at);
	strcpy(result.message, result.err ? "no" : "");
	e->done(e->arg, &result);
}

static void turn_of_timer(void)
{
	if (timer_count)
		event_active(timers[take_u8() % timer_count], EV_TIMEOUT, 0);
	turn_of_loop();
}

/* ---- clients ---- */

static struct client *any_client(void)
{
	return &clients[any(CLIENTS)];
}

static void hang_up(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct client){.fd = -1};
}

/* Whole packets; when the answer has ended, so has the connection. Was there any? */
static bool hear(struct client *c)
{
	static uint8_t packet[LIMIT_PACKET];
	struct proto_msg m;

	for (int i = 0; c->fd >= 0 && i < 8; i++) {
		ssize_t n = recv(c->fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);

		if (n <= 0)
			return i > 0;
		assert(!c->answered);
		assert((size_t)n <= sizeof(packet) && proto_decode(packet, (size_t)n, &m) == 0);
		assert(m.verb >= VERB_OK || m.verb == VERB_ITEM);
		c->answered = m.verb == VERB_OK || m.verb == VERB_ERROR || m.verb == VERB_VERSION;
		keep_text(&m);
	}
	return c->fd >= 0;
}

static void connect_one(void)
{
	struct client *c = any_client();
	uid_t peer = peers[any(COUNT(peers))];
	int fds[2];

	hang_up(c);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds))
		abort();
	c->fd = fds[0];
	conn_start(&server, fds[1], peer, peer == ROOT && any(2));
}

static void say(struct client *c, const void *p, size_t n)
{
	if (c->fd >= 0)
		send(c->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void say_message(struct client *c, uint8_t verb, struct span body)
{
	static uint8_t packet[LIMIT_PACKET];
	size_t n = body.n < LIMIT_PACKET - PROTO_HEADER ? body.n : LIMIT_PACKET - PROTO_HEADER;

	memcpy(packet, (const uint8_t[]){PROTO_VERSION, verb, (uint8_t)(n >> 8), (uint8_t)n},
		PROTO_HEADER);
	if (n)
		memcpy(packet + PROTO_HEADER, body.p, n);
	say(c, packet, PROTO_HEADER + n);
}

static void say_request(void)
{
	struct client *c = any_client();
	uint8_t verb = take_u8();

	say_message(c, verb, take_long());
}

static void say_item(void)
{
	struct client *c = any_client();

	say_message(c, VERB_ITEM, take_long());
}

static void say_end(void)
{
	say_message(any_client(), VERB_END, SPAN(""));
}

static void say_bytes(void)
{
	struct client *c = any_client();
	struct span s = take_long();

	say(c, s.p, s.n);
}

static void hear_one(void)
{
	hear(any_client());
}

static void hang_up_one(void)
{
	hang_up(any_client());
}

/* ---- the world around ---- */

static void pass_time(void)
{
	unsigned shift = any(20);

	now += (uint64_t)take_u8() << shift;
}

static void break_store(void)
{
	world.left = take_u8();
	world.error = any(2) ? EIO : MDB_MAP_FULL;
}

static void change_people(void)
{
	struct account *a = &people[1 + any(COUNT(people) - 1)];

	*a = everybody[a - people];
	a->state = any(2) ? ACCOUNT_FOUND : any(2) ? ACCOUNT_ABSENT : ACCOUNT_ERROR;
}

/* ---- a run ---- */

static void (*const turns[])(void) = {connect_one, say_request, turn_of_loop, turn_of_job,
	turn_of_names, turn_of_parent, turn_of_timer, hear_one, hang_up_one, say_item, say_end,
	say_bytes, pass_time, break_store, change_people};

static void server_begin(void)
{
	server = (struct server){.store = store, .conn_memory.n = LOCKED_KEPT, .started = STARTED};
	server.base = event_base_new();
	assert(server.base && event_base_priority_init(server.base, SERVER_PRIORITIES) == 0);
	server.journal = journal_new();
	server.tally = tally_new(server.base, NULL, 0);
	server.handovers = handovers_new(server.base, NULL);
	server.config = config_ref(parsed);
	assert(server.journal && server.tally && server.handovers);
	journal_retention(server.journal, 0);
	tally_carry(server.tally, server.journal);
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i] = (struct client){.fd = -1};
}

/* Everybody has their turn until there is nothing more to do. */
static void settle(void)
{
	enum { IDLE = 4, LONGEST = 2000 };

	world.left = 0;
	for (int i = 0, idle = 0; idle < IDLE; i++) {
		bool busy = job_count || wait_count || errand_count;

		assert(i < LONGEST);
		turn_of_loop();
		turn_of_job();
		turn_of_names();
		turn_of_parent();
		for (size_t j = 0; j < CLIENTS; j++)
			busy |= hear(&clients[j]);
		idle = busy ? 0 : idle + 1;
	}
	assert(job_count == 0 && wait_count == 0 && errand_count == 0);
	/* Who has had an answer has no connection any more. */
	for (size_t j = 0; j < CLIENTS; j++)
		assert(!clients[j].answered ||
			recv(clients[j].fd, &(char){0}, 1, MSG_DONTWAIT) == 0);
}

static void server_end(void)
{
	for (size_t i = 0; i < CLIENTS; i++)
		hang_up(&clients[i]);
	conn_end_all(&server);
	for (size_t i = 0; i < PLACES; i++)
		assert(server.caps.at[i].total == 0);
	assert(server.told == 0 && !server.conns);
	handovers_free(server.handovers);
	tally_free(server.tally);
	journal_free(server.journal);
	config_unref(server.config);
	event_base_free(server.base);
	job_count = wait_count = errand_count = timer_count = 0;
}

static int free_descriptor(void)
{
	int fd = dup(2);

	close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int before;

	if (!world_dir[0])
		world_init();
	input = (struct span){(const char *)data, size};
	world_begin();
	before = free_descriptor();
	server_begin();
	world.armed = true;
	for (int i = 0; i < 300 && input.n > 0; i++)
		turns[any(COUNT(turns))]();
	settle();
	server_end();
	world.armed = false;
	assert(free_descriptor() == before);
	world_look();
	world_end();
	return 0;
}
