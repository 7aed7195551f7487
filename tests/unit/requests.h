/*
 * requests.h: requests as a connection runs them: decoded from a packet, checked in a read
 * transaction of a real store, applied in a write transaction, answered by packets. The test is the
 * name service, the clock and the person at the prompt.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include <string.h>

#include "common/err.h"
#include "patd/dispatch.h"
#include "patd/handover.h"
#include "patd/hash.h"
#include "patd/intake.h"
#include "tests/unit/conf.h"

enum { NOW = 1800000000, STARTED = 1700000000 };
enum { ROOT = 0, WWW = 33, DEPLOY = 500, ALICE = 1000, BOB = 1001, CAROL = 1002 };

/* ---- the system ---- */

static struct store *store;
static struct config *parsed;
static struct config config; /* what is parsed; a test may change it */
static uint64_t now, clock_mark;
static bool knows_password;
static struct request r; /* the last one */
/* A test's may keep logins for their sessions, and be the root parent. */
static struct handovers *handovers;
static void (*parent_does)(struct control *errand);

#define GROUPS(names) .groups_known = true, .groups_len = sizeof(names), .groups = names
#define PERSON(n, id) .state = ACCOUNT_FOUND, .uid = (id), .name = (n), .local = true

static const struct account everybody[] = {
	{PERSON("root", ROOT), GROUPS("root")},
	{PERSON("alice", ALICE), GROUPS("users\0ops")},
	{PERSON("bob", BOB), GROUPS("users")},
	{PERSON("deploy", DEPLOY), GROUPS("deploy")},
	{PERSON("www-data", WWW), GROUPS("www-data")},
	{PERSON("carol", CAROL), GROUPS("users\0staff")},
};
/* What the name service says; a test may change it. */
static struct account people[COUNT(everybody)];
static struct account *const alice = &people[1];
static struct account *const bob = &people[2];
static struct account *const deploy = &people[3];

static inline void configure(const char *text)
{
	config_unref(parsed);
	parsed = conf(text);
	config = *parsed;
}

static inline void requests_base(void)
{
	make_base();
	ck_assert_int_eq(hash_init(), 0);
}

static inline void requests_setup(void)
{
	char dir[BASE_DIR], why[256] = "";

	make_dir(dir);
	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
	configure("");
	memcpy(people, everybody, sizeof(people));
	now = NOW;
	clock_mark = 0;
	knows_password = true;
}

static inline void requests_teardown(void)
{
	request_end(&r);
	config_unref(parsed);
	parsed = NULL;
	store_close(store);
}

static inline struct account asked(const struct account_query *q)
{
	static const struct account absent = {.state = ACCOUNT_ABSENT};

	for (size_t i = 0; i < COUNT(people); i++)
		if (q->by_uid ? people[i].uid == q->uid : strcmp(people[i].name, q->name) == 0) {
			struct account failed = {.state = people[i].state};

			return people[i].state == ACCOUNT_FOUND ? people[i] : failed;
		}
	return absent;
}

/* ---- a request, from its packet to its answer ---- */

struct args {
	const char *token, *user, *service, *rhost, *auth_info;
	const char *id, *name, *new_name, *scopes, *from, *bind_key, *note, *reason;
	const char *expires, *not_before, *uses, *grace; /* numbers */
	const char *since, *seq;			 /* likewise */
	const char *expired_for, *revoked_for, *unused_for;
	bool all, until_used, dry_run;
	const struct process *process;
	pid_t peer_pid; /* as the kernel tells it; 0: the process's */
};

/* What came of the last request. */
static struct proto_msg reply;
static unsigned prompts; /* how often the person was asked who they are */
static unsigned listed;	 /* packets before the last */
static char listed_ids[256][TOKEN_ID_LEN + 1];
/* The same of ROWs. */
static struct told_row {
	char key[LIMIT_USER + 1], value[LIMIT_SCOPES + 1], rule[LIMIT_MESSAGE + 1];
	uint64_t passes;
} told_rows[256];

static inline void put(struct proto_out *o, enum proto_tag tag, const char *text)
{
	if (text)
		proto_put_string(o, tag, text);
}

static inline void put_digits(struct proto_out *o, enum proto_tag tag, const char *digits)
{
	if (digits)
		proto_put_number(o, tag, strtoull(digits, NULL, 10));
}

/* The packet of a request: its length. */
static inline size_t build_packet(uint8_t verb, const struct args *a, struct proto_out *o)
{
	size_t n;

	proto_begin(o, (enum proto_verb)verb);
	put(o, TAG_TOKEN, a->token);
	put(o, TAG_USER, a->user);
	put(o, TAG_SERVICE, a->service);
	put(o, TAG_RHOST, a->rhost);
	put(o, TAG_AUTH_INFO, a->auth_info);
	put(o, TAG_FROM, a->from);
	put(o, TAG_BIND_KEY, a->bind_key);
	put(o, TAG_NAME, a->name);
	put(o, TAG_NEW_NAME, a->new_name);
	put(o, TAG_SCOPES, a->scopes);
	put(o, TAG_NOTE, a->note);
	put(o, TAG_REASON, a->reason);
	if (a->id)
		proto_put_text(o, TAG_ID, (struct span){a->id, TOKEN_ID_LEN});
	put_digits(o, TAG_EXPIRES, a->expires);
	put_digits(o, TAG_NOT_BEFORE, a->not_before);
	put_digits(o, TAG_USES, a->uses);
	put_digits(o, TAG_GRACE, a->grace);
	put_digits(o, TAG_EXPIRED_FOR, a->expired_for);
	put_digits(o, TAG_REVOKED_FOR, a->revoked_for);
	put_digits(o, TAG_UNUSED_FOR, a->unused_for);
	if (a->dry_run)
		proto_put_number(o, TAG_DRY_RUN, 1);
	if (a->until_used)
		proto_put_number(o, TAG_UNTIL_USED, 1);
	put_digits(o, TAG_SINCE, a->since);
	put_digits(o, TAG_SEQ, a->seq);
	if (a->all)
		proto_put_number(o, TAG_ALL, 1);
	if (a->process) {
		uint8_t bytes[PROCESS_BYTES];

		process_encode(a->process, bytes);
		proto_put_text(o, TAG_PROCESS, (struct span){(char *)bytes, sizeof(bytes)});
	}
	n = proto_end(o);
	ck_assert_uint_gt(n, 0);
	return n;
}

static inline void build(uint8_t verb, const struct args *a)
{
	static struct proto_out o; /* r.msg points into it */

	ck_assert_int_eq(proto_decode(o.packet, build_packet(verb, a, &o), &r.msg), 0);
}

static inline void answer_want(void)
{
	struct account a = asked(&r.want);

	request_answered(&r, &a);
}

static inline int check(const struct operation *op)
{
	struct store_txn *t;
	int err;

	do {
		ck_assert_int_eq(store_begin_read(store, &t), 0);
		r.now = now;
		r.clock_mark = clock_mark;
		r.handovers = handovers;
		err = dispatch_check(op, &r, t);
		store_abort(t);
		if (err == REQUEST_ASK)
			answer_want();
	} while (err == REQUEST_ASK);
	return err;
}

/* As the writing thread does it: whatever a job returns, its transaction is committed. */
static inline int apply(const struct operation *op)
{
	struct store_txn *t;
	int err;

	do {
		ck_assert_int_eq(store_begin_write(store, &t), 0);
		r.now = now;
		r.clock_mark = clock_mark;
		r.handovers = NULL;
		err = dispatch_apply(op, &r, t);
		ck_assert(!store_failed(t));
		ck_assert_int_eq(store_commit(t), 0);
		if (err == REQUEST_ASK)
			answer_want();
	} while (err == REQUEST_ASK);
	return err;
}

/* The same of bulk work: part by part, until it is done. */
static unsigned parts;

static inline int apply_parts(const struct operation *op)
{
	int err = apply(op);

	for (parts = 1; err == REQUEST_AGAIN && !op->take; parts++) {
		ck_assert_uint_lt(parts, 100); /* it gets on */
		request_settle(&r);
		err = apply(op);
	}
	return err;
}

/* ---- a stream to the daemon ---- */

/* Packets that the next one sends; it forgets them. */
static struct sent {
	size_t n;
	uint8_t packet[LIMIT_PACKET];
} sent[1024];
static size_t sent_count;

static inline void send_packet(struct proto_out *o)
{
	struct sent *s = &sent[sent_count++];

	ck_assert_uint_le(sent_count, COUNT(sent));
	s->n = proto_end(o);
	ck_assert_uint_gt(s->n, 0);
	memcpy(s->packet, o->packet, s->n);
}

static inline void send_token(const char *text)
{
	static struct proto_out o;

	proto_begin(&o, VERB_ITEM);
	proto_put_string(&o, TAG_TOKEN, text);
	send_packet(&o);
}

/* As the connection does it: whatever came before a refused item is applied. */
static inline int receive(const struct operation *op)
{
	static const uint8_t end[] = {PROTO_VERSION, VERB_END, 0, 0};
	int err = REQUEST_AGAIN;

	r.batch = batch_new();
	parts = 0;
	for (size_t i = 0; err == REQUEST_AGAIN; i++) {
		bool last = i == sent_count;
		int got = batch_full(r.batch) ? INTAKE_APPLY : 0;

		i -= got == INTAKE_APPLY;
		if (!got)
			got = intake_packet(op, &r, last ? end : sent[i].packet,
				last ? sizeof(end) : sent[i].n);
		if (got < 0)
			return got;
		if (got != INTAKE_APPLY)
			continue;
		err = apply(op);
		parts++;
		if (err == REQUEST_AGAIN)
			request_settle(&r);
		if (err == REQUEST_AGAIN && r.batch->err)
			err = request_fail(&r, r.batch->err, "%s", r.batch->why);
	}
	sent_count = 0;
	return err;
}

/* ---- answers ---- */

static inline void take_packet(void)
{
	size_t n = proto_end(&r.out);

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(proto_decode(r.out.packet, n, &reply), 0);
}

/* Sees every packet of an answer that goes on; NULL: nobody does. */
static void (*on_packet)(void);

/* A packet of an answer that goes on. */
static inline void keep_packet(uint8_t verb)
{
	struct told_row *row = &told_rows[listed];
	char *id = listed_ids[listed];

	if (reply.verb != VERB_SESSION) /* they go on with rows */
		ck_assert_int_eq(reply.verb, verb);
	ck_assert_uint_lt(listed++, COUNT(listed_ids));
	ck_assert(span_copy(proto_text(&reply, TAG_ID), id, sizeof(listed_ids[0])));
	ck_assert(span_copy(proto_text(&reply, TAG_KEY), row->key, sizeof(row->key)));
	ck_assert(span_copy(proto_text(&reply, TAG_VALUE), row->value, sizeof(row->value)));
	ck_assert(span_copy(proto_text(&reply, TAG_RULE), row->rule, sizeof(row->rule)));
	row->passes = proto_number(&reply, TAG_PASSES);
	if (on_packet)
		on_packet();
}

static inline uint8_t packet_verb(const struct operation *op)
{
	switch (op->verb) {
	case VERB_LOG:
		return VERB_EVENT;
	case VERB_EXPORT:
		return VERB_ITEM;
	case VERB_LIST:
	case VERB_PRUNE:
		return VERB_MORE;
	default:
		return VERB_ROW;
	}
}

static inline int stream(const struct operation *op)
{
	for (listed = 0;;) {
		struct store_txn *t;
		int err;

		ck_assert_int_eq(store_begin_read(store, &t), 0);
		err = op->next(&r, t);
		store_abort(t);
		if (err == REQUEST_ASK) {
			answer_want();
			continue;
		}
		if (err == REQUEST_NOTHING)
			continue;
		if (err == REQUEST_ERRAND) {
			parent_does(&r.errand);
			r.errand_done = true;
			continue;
		}
		if (err)
			return err;
		take_packet();
		if (r.last)
			return 0;
		keep_packet(packet_verb(op));
	}
}

/* The check, and the prompt if there must be one. */
static inline int decided(const struct operation *op)
{
	int err = check(op);

	prompts = 0;
	if (err != REQUEST_REAUTHENTICATE)
		return err;
	prompts++;
	if (!knows_password)
		return ERR_REAUTH;
	r.reauthenticated = true;
	request_forget(&r);
	return check(op);
}

static inline void begin(uint8_t verb, uid_t peer, struct args a)
{
	request_end(&r);
	memset(&r, 0, sizeof(r));
	r.peer = peer;
	r.peer_pid = a.peer_pid ? a.peer_pid : a.process ? (pid_t)a.process->pid : 0;
	r.config = &config;
	r.started = STARTED;
	build(verb, &a);
}

/* As a connection does it, before it answers. */
static inline void keep_login(int err)
{
	if (!err && r.login.id[0] && handovers)
		handovers_add(handovers, &r.login);
	if (r.claimed && err)
		handovers_return(handovers, r.claimed);
	else if (r.claimed)
		handovers_done(r.claimed);
	r.claimed = NULL;
}

static inline int perform(uint8_t verb, uid_t peer, struct args a)
{
	const struct operation *op = dispatch_find(verb);
	int err;

	ck_assert_ptr_nonnull(op);
	begin(verb, peer, a);
	err = decided(op);
	if (!err && op->take) {
		err = receive(op);
	} else {
		bool dry = r.answered;

		if (!err && op->apply && !dry)
			err = apply_parts(op);
		keep_login(err);
		if (!err && op->next && (dry || !r.answered))
			return stream(op);
	}
	if (!err) {
		take_packet();
		ck_assert_int_eq(reply.verb, VERB_OK);
	}
	return err;
}

#define DO(verb, peer, ...) perform(VERB_##verb, peer, (struct args){__VA_ARGS__})

/* ---- what is expected ---- */

/* The line of log that the last request left; "" if none. */
static inline const char *told_line(void)
{
	static struct audit line;

	line.line[0] = '\0';
	if (r.event.type != EVENT_NONE)
		log_event_line(&r.event, &line);
	return line.line;
}

static inline void told(enum proto_tag tag, const char *expected)
{
	struct span text = proto_text(&reply, tag);

	ck_assert_msg(expected ? span_is(text, expected) : !proto_has(&reply, tag),
		"tag %d: \"%.*s\", not \"%s\"", tag, (int)text.n, text.p,
		expected ? expected : "(none)");
}

static inline void told_number(enum proto_tag tag, uint64_t expected)
{
	ck_assert(proto_has(&reply, tag));
	ck_assert_uint_eq(proto_number(&reply, tag), expected);
}

static inline const char *number(uint64_t n)
{
	static char text[4][32];
	static unsigned i;

	snprintf(text[++i % 4], sizeof(text[0]), "%llu", (unsigned long long)n);
	return text[i % 4];
}

/* A token minted by root for alice, and its text. */
struct minted {
	char id[TOKEN_ID_LEN + 1];
	char text[TOKEN_TEXT_MAX + 1];
};

static inline struct minted taken_from_reply(void)
{
	struct minted m;

	ck_assert(span_copy(proto_text(&reply, TAG_ID), m.id, sizeof(m.id)));
	ck_assert(span_copy(proto_text(&reply, TAG_TOKEN), m.text, sizeof(m.text)));
	return m;
}

static inline struct minted mint(struct args a)
{
	a.user = "alice";
	ck_assert_int_eq(perform(VERB_MINT, ROOT, a), 0);
	return taken_from_reply();
}

#define MINT(...) mint((struct args){__VA_ARGS__})

/* A login that root's program asks for: by alice to sshd. What it counts is written at once. */
static inline int logs_in(const struct minted *m)
{
	struct store_txn *t;
	struct usage u;
	int err = DO(VERIFY, ROOT, .token = m->text, .user = "alice", .service = "sshd",
		.rhost = "192.0.2.7");

	if (err)
		return err;
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	ck_assert_int_eq(store_get_usage(t, r.counted, &u), 0);
	usage_count(&u, now, SPAN("sshd"), SPAN("192.0.2.7"));
	ck_assert_int_eq(store_put_usage(t, r.counted, &u), 0);
	ck_assert_int_eq(store_commit(t), 0);
	return 0;
}

static inline struct record stored(const char *id)
{
	struct store_txn *t;
	struct record token;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	ck_assert_int_eq(store_get(t, id, &token), 0);
	store_abort(t);
	return token;
}

static inline bool is_gone(const char *id)
{
	struct store_txn *t;
	struct record token;
	int err;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	err = store_get(t, id, &token);
	store_abort(t);
	ck_assert(err == 0 || err == ERR_NO_TOKEN);
	return err == ERR_NO_TOKEN;
}

static inline int status_of(const char *id)
{
	ck_assert_int_eq(DO(SHOW, ROOT, .id = id), 0);
	return (int)proto_number(&reply, TAG_STATUS);
}

static inline uint64_t tokens_in_store(void)
{
	ck_assert_int_eq(DO(STATUS, ROOT, .all = false), 0);
	return proto_number(&reply, TAG_COUNT);
}

#endif
