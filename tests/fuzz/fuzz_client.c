/*
 * fuzz_client.c: any daemon, as common/client.c hears it: what a call returns is what the packet
 * that was received says, read anew; nothing reaches an impostor; a call ends at its deadline; no
 * descriptor is left, or taken.
 */
#include "tests/fuzz/daemon.h"

/* What a call may answer with, beside an error. */
static const uint8_t answers[] = {
	VERB_OK, VERB_MORE, VERB_ROW, VERB_ITEM, VERB_GO, VERB_EVENT, VERB_SESSION, VERB_PROMPT};

static int meaning_of(const struct heard *h, struct proto_msg *m)
{
	int err;

	if (h->n == 0)
		return ERR_UNAVAILABLE;
	if ((size_t)h->n > LIMIT_PACKET)
		return ERR_PROTO;
	err = proto_decode(h->packet, (size_t)h->n, m);
	if (err)
		return err;
	if (m->verb == VERB_ERROR)
		return err_from_wire(proto_number(m, TAG_ERROR));
	if (m->verb == VERB_VERSION)
		return ERR_VERSION;
	return memchr(answers, m->verb, sizeof(answers)) ? 0 : ERR_PROTO;
}

/* Nothing was heard: time was up, or nobody was there. */
static void check_silence(const struct client *c, int err)
{
	assert(err == ERR_TIMEOUT || err == ERR_UNAVAILABLE || err == ERR_BUSY || err == ERR_IO ||
		(err == ERR_IMPOSTOR && patd.impostor));
	if (err == ERR_TIMEOUT || err == ERR_BUSY)
		assert(patd.clock >= c->deadline);
	assert(err != ERR_IO || patd.failed);
}

static void check_result(const struct client *c, int err)
{
	struct proto_msg m;

	if (patd.impostor)
		assert(err != 0 && patd.sends == 0);
	/* Turned away once, and out of time at the second try, or before it. */
	if (patd.heard.n < 0) {
		check_silence(c, err);
		assert(c->msg.present == 0);
		return;
	}
	assert(err == meaning_of(&patd.heard, &m));
	if (err == 0 || (m.verb == VERB_ERROR && c->msg.present)) {
		assert(c->msg.verb == m.verb && c->msg.present == m.present);
		for (int tag = 0; tag < PROTO_TAG_END; tag++)
			assert(span_eq(proto_text(&c->msg, (enum proto_tag)tag),
				       proto_text(&m, (enum proto_tag)tag)) &&
				proto_number(&c->msg, (enum proto_tag)tag) ==
					proto_number(&m, (enum proto_tag)tag));
	} else {
		assert(c->msg.present == 0);
	}
}

/* A request of any verb; most are no messages of the tables, and must not be sent. */
static void make_request(struct proto_out *req)
{
	static const uint8_t verbs[] = {VERB_STATUS, VERB_LIST, VERB_VERIFY, VERB_MINT, VERB_SCAN,
		VERB_SHOW, VERB_LOG, VERB_REVOKE};

	proto_begin(req, (enum proto_verb)verbs[any(sizeof(verbs))]);
	for (unsigned n = any(4); n > 0; n--) {
		enum proto_tag tag = (enum proto_tag)any(PROTO_TAG_END);

		if (any(2))
			proto_put_number(req, tag, take_u8());
		else
			proto_put_text(req, tag, take_short());
	}
}

static int timed(struct client *c, int err, int64_t start, int timeout)
{
	/* Each connection costs a millisecond, and a sleep is rounded up to one. */
	assert(patd.clock - start <= timeout + patd.jumped + 2);
	check_result(c, err);
	return err;
}

static int next(struct client *c)
{
	int64_t start = patd.clock;
	int timeout = (1 + take_u8()) * 20;

	patd.heard.n = -1;
	patd.jumped = 0;
	return timed(c, client_next(c, timeout), start, timeout);
}

static void send_message(struct client *c, enum proto_verb verb, enum proto_tag tag)
{
	struct proto_out o;
	int err;

	proto_begin(&o, verb);
	if (tag)
		proto_put_text(&o, tag, take_short());
	err = client_send(c, 100, &o);
	assert(err == 0 || err == ERR_INVALID || err == ERR_IO || err == ERR_TIMEOUT);
	assert(err != ERR_IO || patd.failed);
	proto_wipe(&o);
}

/* As patctl goes on: a prompt is answered, a stream is received or sent. */
static int go_on(struct client *c)
{
	uint64_t style = proto_number(&c->msg, TAG_STYLE);

	if (c->msg.verb == VERB_PROMPT && (style == STYLE_ECHO_OFF || style == STYLE_ECHO_ON))
		send_message(c, VERB_RESPONSE, TAG_RESPONSE);
	if (c->msg.verb == VERB_GO) {
		for (unsigned n = any(32); n > 0 && !client_answered(c); n--)
			send_message(c, VERB_ITEM, TAG_TOKEN);
		send_message(c, VERB_END, (enum proto_tag)0);
	}
	return next(c);
}

static void converse(struct client *c)
{
	static const char *const paths[] = {"/run/pam_pat/patd.sock", "/x"};
	struct proto_out req;
	int64_t start = patd.clock;
	int timeout = any(4) ? 3000 : 1 + take_u8(), err;

	make_request(&req);
	err = client_call(c, paths[any(COUNT(paths))], timeout, &req);
	if (err == ERR_INVALID && patd.connects == 0) {
		assert(c->fd == -1);
		return;
	}
	timed(c, err, start, timeout);
	for (int i = 0; !err && c->msg.verb != VERB_OK && i < 100; i++)
		err = go_on(c);
	/* Whoever asks too much of it gets errors, too. */
	for (unsigned n = any(3); n > 0 && c->fd >= 0; n--)
		next(c);
}

static bool is_wiped(const struct client *c)
{
	for (size_t i = 0; i < sizeof(c->packet); i++)
		if (c->packet[i])
			return false;
	return c->fd == -1 && c->msg.present == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client *c = malloc(sizeof(*c));
	int before;

	if (!c)
		abort();
	input = (struct span){(const char *)data, size};
	daemon_begin();
	before = free_descriptor();
	patd.armed = true;
	converse(c);
	client_close(c);
	client_close(c);
	daemon_end();
	assert(is_wiped(c) && free_descriptor() == before);
	free(c);
	return 0;
}
