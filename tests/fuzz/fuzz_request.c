/*
 * fuzz_request.c: any packets, of any peer, through dispatch to a real store. Each gets a whole
 * answer or an error; who may not, or has not proved who they are, changes nothing and learns
 * nothing of others' tokens; what is refused leaves the store as it was; the store's indexes agree.
 */
#include "tests/fuzz/world.h"

static const uid_t peers[] = {ROOT, ALICE, BOB, DEPLOY, WWW, CAROL, 4242, 65534};
static uint8_t packet[LIMIT_PACKET];
static struct record before[COUNT(seen.token)];
static size_t before_count;
static uint64_t before_hash;
static bool told_secret; /* one of a token that is there */

/* ---- who may ---- */

static bool may(uid_t peer, uint32_t uid)
{
	return peer == ROOT || peer == uid || (peer == ALICE && uid == DEPLOY);
}

static uint32_t uid_of(struct span name)
{
	for (size_t i = 0; i < COUNT(everybody); i++)
		if (span_is(name, everybody[i].name))
			return everybody[i].uid;
	return UINT32_MAX;
}

/* What is told of a token, an event or a session, is told to whom it concerns. */
static void check_told(const struct proto_msg *m)
{
	static const uint8_t looks[] = {
		VERB_LIST, VERB_SHOW, VERB_LOG, VERB_SESSIONS, VERB_KILL, VERB_PRUNE, VERB_EXPORT};

	if (memchr(looks, r.msg.verb, sizeof(looks)) && proto_has(m, TAG_OWNER))
		assert(may(r.peer, uid_of(proto_text(m, TAG_OWNER))));
	if (m->verb == VERB_ITEM)
		assert(r.peer == ROOT);
	if (r.msg.verb == VERB_LOG && m->verb == VERB_EVENT && !proto_has(m, TAG_OWNER))
		assert(r.peer == ROOT || proto_number(m, TAG_UID) == r.peer);
}

static bool is_same(const struct record *a, const struct record *b)
{
	uint8_t x[LIMIT_RECORD], y[LIMIT_RECORD];
	size_t n = record_encode(a, x);

	return n == record_encode(b, y) && memcmp(x, y, n) == 0;
}

/* Whose tokens changed, may be changed by the peer; or a secret was told, which may do much. */
static void check_changes(void)
{
	for (size_t i = 0; i < before_count; i++) {
		const struct record *now_is = token_seen(before[i].id);

		assert((now_is && is_same(now_is, &before[i])) || told_secret ||
			may(r.peer, before[i].uid));
	}
	for (size_t i = 0; i < seen.n; i++) {
		bool new = true;

		for (size_t j = 0; j < before_count; j++)
			new &= strcmp(before[j].id, seen.token[i].id) != 0;
		assert(!new || told_secret || may(r.peer, seen.token[i].uid));
	}
}

/* ---- what an accepted login needs ---- */

static const struct record *record_before(const char *id)
{
	for (size_t i = 0; i < before_count; i++)
		if (strcmp(before[i].id, id) == 0)
			return &before[i];
	return NULL;
}

static void check_login(void)
{
	const struct minted *m = NULL;
	const struct record *t;

	for (size_t i = 0; i < text_count; i++)
		if (span_is(proto_text(&r.msg, TAG_TOKEN), texts[i].text))
			m = &texts[i];
	assert(m);
	t = record_before(m->id);
	assert(t && span_is(proto_text(&r.msg, TAG_USER), t->owner));
	assert(!t->revoked && (!record_end(t) || record_end(t) > now) && t->not_before <= now);
	assert(!t->uses || t->rotated || t->used < t->uses);
	assert(r.peer == ROOT || r.peer == t->uid ||
		(r.peer == WWW && span_is(proto_text(&r.msg, TAG_SERVICE), "nginx")));
	assert(!span_is(proto_text(&r.msg, TAG_SERVICE), "patctl"));
}

/* ---- a step ---- */

static void check_result(const struct operation *op, int err)
{
	static const uint8_t in_parts[] = {VERB_SCAN, VERB_IMPORT, VERB_PRUNE};
	static const uint8_t proved[] = {VERB_MINT, VERB_EDIT, VERB_RESTORE, VERB_ROTATE};
	bool must_prove = memchr(proved, op->verb, sizeof(proved)) && r.peer != ROOT;

	world_look();
	check_changes();
	if (!op->apply || (must_prove && !knows_password))
		assert(seen.hash == before_hash);
	if (err && !memchr(in_parts, op->verb, sizeof(in_parts)) && !r.reused)
		assert(seen.hash == before_hash);
	if (!err && must_prove)
		assert(r.reauthenticated);
	if (!err && op->verb == VERB_VERIFY)
		check_login();
}

/* A message of a stream: an ITEM under a header that fits, any packet, or the end. */
static size_t take_item(uint8_t out[LIMIT_PACKET])
{
	uint8_t how = take_u8();
	struct span body = how % 3 ? take_long() : SPAN("");
	size_t header = how % 3 < 2 ? PROTO_HEADER : 0;

	if (body.n > LIMIT_PACKET - header)
		body.n = LIMIT_PACKET - header;
	if (header)
		memcpy(out,
			(const uint8_t[]){PROTO_VERSION, how % 3 ? VERB_ITEM : VERB_END,
				(uint8_t)(body.n >> 8), (uint8_t)body.n},
			PROTO_HEADER);
	if (body.n)
		memcpy(out + header, body.p, body.n);
	return header + body.n;
}

/* Somebody is locked, gone, or not to be found out about. */
static void change_people(uint8_t how)
{
	struct account *a = &people[1 + how % (COUNT(people) - 1)];

	memcpy(people, everybody, sizeof(people));
	switch (how >> 4) {
	case 1:
		a->state = ACCOUNT_ABSENT;
		break;
	case 2:
		a->state = ACCOUNT_ERROR;
		break;
	case 3:
		a->locked = true;
		break;
	case 4:
		a->expired = true;
		break;
	}
}

static size_t take_packet_in(void)
{
	uint8_t verb = take_u8();
	struct span body = take_long();

	if (body.n > LIMIT_PACKET - PROTO_HEADER)
		body.n = LIMIT_PACKET - PROTO_HEADER;
	memcpy(packet,
		(const uint8_t[]){PROTO_VERSION, verb, (uint8_t)(body.n >> 8), (uint8_t)body.n},
		PROTO_HEADER);
	if (body.n)
		memcpy(packet + PROTO_HEADER, body.p, body.n);
	return PROTO_HEADER + body.n;
}

static void step(void)
{
	const struct operation *op;
	struct process process;
	uint64_t passes;
	size_t n;

	request_end(&r);
	memset(&r, 0, sizeof(r));
	r.peer = peers[any(COUNT(peers))];
	r.config = &config;
	r.started = STARTED;
	knows_password = any(4) != 0;
	change_people(take_u8());
	passes = take_u8();
	now += passes << any(20);
	n = take_packet_in();
	if (proto_decode(packet, n, &r.msg) || !(op = dispatch_find(r.msg.verb)))
		return; /* the connection is closed */
	if (proto_has(&r.msg, TAG_PROCESS) &&
		process_decode(proto_text(&r.msg, TAG_PROCESS), &process) == 0)
		r.peer_pid = (pid_t)process.pid;
	memcpy(before, seen.token, sizeof(before[0]) * seen.n);
	before_count = seen.n;
	before_hash = seen.hash;
	check_result(op, world_run());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!world_dir[0]) {
		world_init();
		next_item = take_item;
		on_answer = check_told;
		parent_does = parent_answers;
	}
	input = (struct span){(const char *)data, size};
	world_begin();
	told_secret = false;
	for (int i = 0; i < 16 && input.n > 0; i++) {
		for (size_t j = 0; j < text_count; j++) {
			const char *secret = texts[j].text + strlen(texts[j].text) -
					     TOKEN_CHECK_LEN - TOKEN_SECRET_LEN;

			told_secret |= memmem(data, size, secret, TOKEN_SECRET_LEN) != NULL;
		}
		step();
	}
	world_end();
	return 0;
}
