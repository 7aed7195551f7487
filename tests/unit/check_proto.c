/* check_proto.c: the message codec against docs/PROTOCOL.md, with packets made by hand. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/err.h"
#include "common/proto.h"
#include "tests/unit/unit.h"

#define B(tag) PROTO_BIT(TAG_##tag)

/* What the document says of each verb. */
#define REF (B(ID) | B(NAME) | B(USER))
#define VIEW_MUST                                                                                  \
	(B(ID) | B(NAME) | B(KIND) | B(OWNER) | B(UID) | B(STATUS) | B(SCOPES) | B(CREATED) |      \
		B(CREATED_BY))
#define VIEW_MAY                                                                                   \
	(B(STATUS_REASON) | B(EXPIRES) | B(NOTE) | B(REVOKED) | B(REVOKED_BY) | B(REASON) |        \
		B(FROM) | B(NOT_BEFORE) | B(BIND_KEY) | B(USES) | B(USES_LEFT) | B(USE_COUNT) |    \
		B(LAST_USED) | B(SERVICE) | B(RHOST) | B(PARENT) | B(SUCCESSOR) | B(UNTIL_USED) |  \
		B(GRACE_ENDS))

static const struct row {
	uint8_t verb;
	proto_tags must, may;
} verbs[] = {
	{0x01, B(TOKEN) | B(USER) | B(SERVICE), B(RHOST) | B(AUTH_INFO) | B(PROCESS)},
	{0x02, B(ID) | B(USER) | B(SERVICE), B(RHOST) | B(AUTH_INFO)},
	{0x03, B(ID) | B(USER) | B(SERVICE) | B(PROCESS), B(RHOST)},
	{0x04, B(ID) | B(PROCESS), 0},
	{0x10, B(NAME),
		B(USER) | B(SCOPES) | B(EXPIRES) | B(NOTE) | B(FROM) | B(NOT_BEFORE) | B(USES) |
			B(BIND_KEY)},
	{0x11, 0, B(USER) | B(ALL)},
	{0x12, 0, REF},
	{0x13, 0, REF | B(NEW_NAME) | B(NOTE) | B(EXPIRES)},
	{0x14, 0, REF | B(ALL) | B(REASON) | B(UNUSED_FOR)},
	{0x15, 0, REF},
	{0x16, 0, REF},
	{0x17, B(TOKEN), 0},
	{0x18, B(SERVICE), REF | B(RHOST) | B(AUTH_INFO)},
	{0x19, 0, B(USER)},
	{0x1a, 0, 0},
	{0x20, 0, 0},
	{0x21, 0, 0},
	{0x22, 0, REF | B(EXPIRES) | B(GRACE) | B(UNTIL_USED)},
	{0x23, B(TOKEN), B(EXPIRES) | B(SCOPES) | B(FROM) | B(USES)},
	{0x24, 0, B(REASON)},
	{0x25, 0, REF | B(ALL) | B(SINCE) | B(SEQ)},
	{0x26, 0, B(USER) | B(ALL) | B(EXPIRED_FOR) | B(REVOKED_FOR) | B(DRY_RUN)},
	{0x27, 0, 0},
	{0x28, 0, 0},
	{0x29, 0, B(USER) | B(ALL)},
	{0x2a, 0, REF | B(ALL)},
	{0x30, B(RESPONSE), 0},
	{0x31, 0, B(ID) | B(RECORD) | B(USAGE) | B(DELETED) | B(TOKEN) | B(SEQ)},
	{0x32, 0, 0},
	/* the answers to all of these */
	{0x80, 0,
		VIEW_MUST | VIEW_MAY | B(WARN) | B(TOKEN) | B(COUNT) | B(DAEMON) | B(STARTED) |
			B(STORE_BYTES) | B(MESSAGE) | B(PASSES) | B(CLOCK_BEHIND) | B(SEQ) |
			B(CHANGED) | B(ALREADY) | B(UNKNOWN) | B(CONFLICTS)},
	{0x81, VIEW_MUST, VIEW_MAY},
	{0x82, B(ERROR), B(MESSAGE)},
	{0x83, B(STYLE) | B(MESSAGE), 0},
	{0x84, B(VERSION_OLDEST) | B(VERSION_NEWEST), 0},
	{0x85, B(KEY), B(VALUE) | B(RULE) | B(PASSES)},
	{0x86, B(SEQ) | B(TIME) | B(EVENT),
		B(ID) | B(NAME) | B(OWNER) | B(UID) | B(ACTOR) | B(USER) | B(SERVICE) | B(RHOST) |
			B(REASON) | B(COUNT) | B(OTHER) | B(SCOPES) | B(EXPIRES)},
	{0x87, B(ID) | B(NAME) | B(OWNER) | B(USER) | B(SERVICE) | B(TIME) | B(PID),
		B(RHOST) | B(STATE)},
	{0x88, 0, 0},
};

static const struct kind {
	enum proto_tag tag;
	enum proto_type type;
	size_t limit;
} kinds[] = {
#define KIND(name, number, type, limit) {name, type, limit},
	PROTO_TAGS(KIND)
#undef KIND
};

enum {
	N_VERBS = sizeof(verbs) / sizeof(verbs[0]),
	N_KINDS = sizeof(kinds) / sizeof(kinds[0]),
	OPTIONAL_TAG = 0x80,
};

/* A packet made by hand, with room for one that is too long. */
struct packet {
	size_t n;
	uint8_t bytes[LIMIT_PACKET + 512];
};

static void set_length(struct packet *p)
{
	p->bytes[2] = (uint8_t)((p->n - 4) >> 8);
	p->bytes[3] = (uint8_t)(p->n - 4);
}

static void begin(struct packet *p, uint8_t version, uint8_t verb)
{
	p->n = 4;
	p->bytes[0] = version;
	p->bytes[1] = verb;
	set_length(p);
}

static void add(struct packet *p, uint8_t tag, const void *value, size_t n)
{
	if (p->n + 3 + n > sizeof(p->bytes))
		abort();
	p->bytes[p->n++] = tag;
	p->bytes[p->n++] = (uint8_t)(n >> 8);
	p->bytes[p->n++] = (uint8_t)n;
	if (n > 0)
		memcpy(p->bytes + p->n, value, n);
	p->n += n;
	set_length(p);
}

static const struct kind *kind_of(int tag)
{
	for (int i = 0; i < N_KINDS; i++)
		if ((int)kinds[i].tag == tag)
			return &kinds[i];
	return NULL;
}

/* A value for a tag, different for each; `long` as the tag allows, or short. */
static size_t value_of(const struct kind *k, bool longest, uint8_t out[LIMIT_PACKET])
{
	static const size_t widths[] = {[PROTO_FLAG] = 1,
		[PROTO_U8] = 1,
		[PROTO_U16] = 2,
		[PROTO_U32] = 4,
		[PROTO_U64] = 8,
		[PROTO_ID] = 11};
	bool fixed = k->type != PROTO_TEXT && k->type != PROTO_BYTES;
	size_t n = fixed ? widths[k->type] : longest ? k->limit : 1;

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)("abcdefghijklmnopqrstuvwxyz0123456789"[(k->tag + i) % 36]);
	if (k->type < PROTO_TEXT && longest)
		memset(out, 0xff, n);
	if (k->type == PROTO_FLAG)
		out[0] = 1;
	return n;
}

/* The message of a verb with these tags, in the order of their numbers. */
static void make(struct packet *p, uint8_t verb, proto_tags tags, bool longest)
{
	uint8_t value[LIMIT_PACKET];

	begin(p, PROTO_VERSION, verb);
	for (int i = 0; i < N_KINDS; i++)
		if (tags & PROTO_BIT(kinds[i].tag))
			add(p, (uint8_t)kinds[i].tag, value, value_of(&kinds[i], longest, value));
}

/* A row of `verbs` that carries the tag. */
static const struct row *carrier(const struct kind *k)
{
	for (int i = 0; i < N_VERBS; i++)
		if ((verbs[i].must | verbs[i].may) & PROTO_BIT(k->tag))
			return &verbs[i];
	ck_abort_msg("no verb carries tag %d", k->tag);
}

/* The end of memory that can be read; the page behind it can't. */
static uint8_t *fence_at;

static void fence(void)
{
	const size_t size = 65536; /* a multiple of any page */
	uint8_t *p = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p, size, PROT_READ | PROT_WRITE) < 0)
		abort();
	fence_at = p + size;
}

/* Decodes the packet right before the fence, where its spans point until the next call. */
static int decode(const struct packet *p, struct proto_msg *m)
{
	memcpy(fence_at - p->n, p->bytes, p->n);
	memset(m, 0, sizeof(*m));
	return proto_decode(fence_at - p->n, p->n, m);
}

static int decode_err(const struct packet *p)
{
	struct proto_msg m;

	return decode(p, &m);
}

/* Puts one tag of a decoded message. */
static void put_back(struct proto_out *o, const struct proto_msg *m, const struct kind *k)
{
	if (k->type >= PROTO_TEXT)
		proto_put_text(o, k->tag, proto_text(m, k->tag));
	else if (k->type == PROTO_FLAG)
		proto_put_number(o, k->tag, 1);
	else
		proto_put_number(o, k->tag, proto_number(m, k->tag));
}

/*
 * What decodes means the same when it is made again from its values, tag by tag in the order they
 * came; only tags that may be ignored are gone. Returns whether it decoded.
 */
static bool decodes_faithfully(const struct packet *p)
{
	struct packet strict;
	struct proto_out o;
	struct proto_msg m;
	size_t at = 4, n;

	if (decode(p, &m))
		return false;
	begin(&strict, p->bytes[0], p->bytes[1]);
	proto_begin(&o, (enum proto_verb)m.verb);
	o.packet[0] = m.version; /* a VERSION answer may be of another one */
	for (; at < p->n; at += 3 + n) {
		n = (size_t)(p->bytes[at + 1] << 8 | p->bytes[at + 2]);
		if (p->bytes[at] >= OPTIONAL_TAG)
			continue;
		add(&strict, p->bytes[at], p->bytes + at + 3, n);
		put_back(&o, &m, kind_of(p->bytes[at]));
	}
	ck_assert_uint_eq(at, p->n);
	ck_assert_uint_eq(proto_end(&o), strict.n);
	ck_assert_mem_eq(o.packet, strict.bytes, strict.n);
	ck_assert(m.present == o.present);
	return true;
}

/* The messages on which hostile things are done: of each verb the least, the most, the longest. */
static void sample(struct packet *p, int i)
{
	const struct row *row = &verbs[i / 3];

	make(p, row->verb, row->must | (i % 3 ? row->may : 0), i % 3 == 2);
}

enum { N_SAMPLES = 3 * N_VERBS };

START_TEST(full_and_minimal_messages)
{
	struct packet p;
	struct proto_msg m;
	uint8_t value[LIMIT_PACKET];

	sample(&p, _i);
	ck_assert(decodes_faithfully(&p));
	ck_assert_int_eq(decode(&p, &m), 0);
	ck_assert_uint_eq(m.version, 1);
	ck_assert_uint_eq(m.verb, verbs[_i / 3].verb);
	for (int i = 0; i < N_KINDS; i++) {
		const struct kind *k = &kinds[i];
		struct span text = proto_text(&m, k->tag);
		size_t n = value_of(k, _i % 3 == 2, value);
		uint64_t number = 0;
		bool there =
			(verbs[_i / 3].must | (_i % 3 ? verbs[_i / 3].may : 0)) & PROTO_BIT(k->tag);

		ck_assert_int_eq(proto_has(&m, k->tag), there);
		for (size_t b = 0; b < n && k->type < PROTO_TEXT; b++)
			number = number << 8 | value[b];
		ck_assert_uint_eq(proto_number(&m, k->tag), there ? number : 0);
		ck_assert_uint_eq(text.n, there ? n : 0);
		ck_assert_ptr_nonnull(text.p);
		if (there)
			ck_assert_mem_eq(text.p, value, n);
	}
}
END_TEST

START_TEST(every_tag_is_carried_or_refused)
{
	const struct row *row = &verbs[_i];
	struct packet p;

	for (int i = 0; i < N_KINDS; i++) {
		proto_tags bit = PROTO_BIT(kinds[i].tag);
		struct proto_out o;

		/* with it, beside the least there must be */
		make(&p, row->verb, row->must | bit, false);
		ck_assert_msg(decode_err(&p) == ((row->must | row->may) & bit ? 0 : ERR_PROTO),
			"verb %02x with tag %d", row->verb, kinds[i].tag);
		/* without it */
		make(&p, row->verb, (row->must | row->may) & ~bit, false);
		ck_assert_msg(decode_err(&p) == (row->must & bit ? ERR_PROTO : 0),
			"verb %02x without tag %d", row->verb, kinds[i].tag);
		/* and the same when it is we who make the message */
		proto_begin(&o, (enum proto_verb)row->verb);
		for (int j = 0; j < N_KINDS; j++) {
			struct proto_msg m = {.present = PROTO_BIT(kinds[j].tag)};

			m.text[kinds[j].tag] =
				kinds[j].type == PROTO_ID ? SPAN("0123456789A") : SPAN("x");
			if ((row->must | bit) & PROTO_BIT(kinds[j].tag))
				put_back(&o, &m, &kinds[j]);
		}
		ck_assert_int_eq(proto_end(&o) > 0, ((row->must | row->may) & bit) != 0);
	}
}
END_TEST

START_TEST(missing_tags_are_not_sent)
{
	const struct row *row = &verbs[_i];

	for (int i = 0; i < N_KINDS; i++) {
		struct proto_msg m = {.present = row->must & ~PROTO_BIT(kinds[i].tag)};
		struct proto_out o;

		proto_begin(&o, (enum proto_verb)row->verb);
		for (int j = 0; j < N_KINDS; j++) {
			m.text[kinds[j].tag] =
				kinds[j].type == PROTO_ID ? SPAN("0123456789A") : SPAN("x");
			if (proto_has(&m, kinds[j].tag))
				put_back(&o, &m, &kinds[j]);
		}
		ck_assert_int_eq(proto_end(&o) == 0, (row->must & PROTO_BIT(kinds[i].tag)) != 0);
	}
}
END_TEST

/* Cut anywhere, with the header's length as it was and with one that fits. */
START_TEST(truncations)
{
	struct packet p;
	size_t whole;

	sample(&p, _i);
	whole = p.n;
	for (p.n = 0; p.n < whole; p.n++) {
		ck_assert_int_eq(decode_err(&p), ERR_PROTO);
		if (p.n >= 4) {
			struct packet cut = p;

			set_length(&cut);
			decodes_faithfully(&cut);
		}
	}
}
END_TEST

/* Who reads on after a refusal finds nothing, however far the packet was good. */
START_TEST(refusals_yield_nothing)
{
	struct proto_msg m;
	struct packet p;

	sample(&p, _i);
	add(&p, 127, "", 0);
	ck_assert_int_eq(decode(&p, &m), ERR_PROTO);
	ck_assert(m.present == 0);
	p.bytes[0] = 2;
	if (p.bytes[1] == VERB_VERSION)
		return;
	ck_assert_int_eq(decode(&p, &m), ERR_VERSION);
	ck_assert(m.present == 0);
}
END_TEST

START_TEST(flipped_bits)
{
	struct packet p;

	sample(&p, _i);
	for (size_t bit = 0; bit < 8 * p.n; bit++) {
		p.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		decodes_faithfully(&p);
		p.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert(decodes_faithfully(&p));
}
END_TEST

START_TEST(trailing_bytes)
{
	struct packet p;
	size_t whole;

	sample(&p, _i);
	whole = p.n;
	for (size_t more = 1; more <= 4; more++) {
		static const uint8_t tails[] = {0, 1, 0x7f, 0x80, 0xff};

		for (size_t t = 0; t < sizeof(tails); t++) {
			p.n = whole;
			set_length(&p);
			memset(p.bytes + whole, tails[t], more);
			p.n = whole + more;
			ck_assert_int_eq(decode_err(&p), ERR_PROTO);
			set_length(&p);
			ck_assert_int_eq(decode_err(&p), ERR_PROTO);
		}
	}
}
END_TEST

START_TEST(repeated_tags)
{
	uint8_t value[LIMIT_PACKET];
	struct packet p;

	for (int i = 0; i < N_KINDS; i++) {
		const struct row *row = carrier(&kinds[i]);
		struct proto_msg m = {.present = PROTO_BIT(kinds[i].tag)};
		struct proto_out o;

		/* the same value, and another one */
		for (int other = 0; other < 2; other++) {
			make(&p, row->verb, row->must | PROTO_BIT(kinds[i].tag), false);
			ck_assert_int_eq(decode_err(&p), 0);
			add(&p, (uint8_t)kinds[i].tag, value, value_of(&kinds[i], other, value));
			ck_assert_int_eq(decode_err(&p), ERR_PROTO);
		}
		m.text[kinds[i].tag] = SPAN("0123456789A");
		if (kinds[i].type == PROTO_TEXT)
			m.text[kinds[i].tag] = SPAN("x");
		proto_begin(&o, (enum proto_verb)row->verb);
		put_back(&o, &m, &kinds[i]);
		ck_assert(!o.failed);
		put_back(&o, &m, &kinds[i]);
		ck_assert_uint_eq(proto_end(&o), 0);
	}
}
END_TEST

START_TEST(unknown_tags)
{
	static const size_t sizes[] = {0, 1, 8, 1000};
	uint8_t value[1000] = {0};

	for (int tag = 0; tag < 256; tag++) {
		for (size_t s = 0; s < 4 && !kind_of(tag); s++) {
			struct packet before, after;
			int expected = tag < OPTIONAL_TAG ? ERR_PROTO : 0;

			begin(&before, 1, VERB_STATUS);
			add(&before, (uint8_t)tag, value, sizes[s]);
			ck_assert_int_eq(decode_err(&before), expected);
			make(&after, VERB_ERROR, B(ERROR) | B(MESSAGE), true);
			add(&after, (uint8_t)tag, value, sizes[s]);
			ck_assert_int_eq(decode_err(&after), expected);
			ck_assert_int_eq(decodes_faithfully(&after), expected == 0);
			/* what may be ignored may come twice */
			add(&after, (uint8_t)tag, value, sizes[s]);
			ck_assert_int_eq(decode_err(&after), expected);
		}
	}
}
END_TEST

START_TEST(values_of_flags)
{
	const struct kind *k = &kinds[_i];
	struct packet p;

	for (unsigned int v = 0; v < 256 && k->type == PROTO_FLAG; v++) {
		const struct row *row = carrier(k);
		uint8_t value = (uint8_t)v;
		struct proto_out o;

		make(&p, row->verb, row->must & ~PROTO_BIT(k->tag), false);
		add(&p, (uint8_t)k->tag, &value, 1);
		ck_assert_int_eq(decode_err(&p), v == 1 ? 0 : ERR_PROTO);
		proto_begin(&o, (enum proto_verb)row->verb);
		proto_put_number(&o, k->tag, v);
		ck_assert(o.failed == (v != 1));
	}
}
END_TEST

START_TEST(lengths_of_values)
{
	const struct kind *k = &kinds[_i];
	const struct row *row = carrier(k);
	uint8_t value[LIMIT_PACKET];
	size_t right = value_of(k, true, value);
	struct packet p;

	memset(value + right, 'x', sizeof(value) - right);
	for (size_t n = 0; n <= right + 20; n++) {
		make(&p, row->verb, row->must & ~PROTO_BIT(k->tag), false);
		add(&p, (uint8_t)k->tag, value, n);
		ck_assert_msg(decode_err(&p) == (n == right || ((k->type == PROTO_TEXT ||
									k->type == PROTO_BYTES) &&
								       n < right)
								? 0
								: ERR_PROTO),
			"tag %d of %zu bytes", k->tag, n);
	}
	/* a length that reaches beyond the packet */
	make(&p, row->verb, row->must & ~PROTO_BIT(k->tag), false);
	add(&p, (uint8_t)k->tag, value, right);
	for (unsigned int n = (unsigned int)right + 1; n <= UINT16_MAX; n += 251) {
		p.bytes[p.n - right - 2] = (uint8_t)(n >> 8);
		p.bytes[p.n - right - 1] = (uint8_t)n;
		ck_assert_int_eq(decode_err(&p), ERR_PROTO);
	}
}
END_TEST

/* Every byte at every end and in the middle of a text; of an ID, its own digits only. */
START_TEST(bytes_of_texts)
{
	const struct kind *k = &kinds[_i];
	const struct row *row = carrier(k);
	uint8_t value[LIMIT_PACKET];
	size_t n = value_of(k, true, value);
	struct packet p;

	if (k->type < PROTO_TEXT)
		return;
	for (int b = 0; b < 256; b++) {
		for (size_t at = 0; at < n; at += n / 2) {
			bool good = k->type == PROTO_BYTES ||
				    (b != 0 && (k->type == PROTO_TEXT ||
						       strchr(TOKEN_BASE62, b) != NULL));
			uint8_t before = value[at];
			struct proto_out o;

			value[at] = (uint8_t)b;
			make(&p, row->verb, row->must & ~PROTO_BIT(k->tag), false);
			add(&p, (uint8_t)k->tag, value, n);
			ck_assert_msg(
				decode_err(&p) == (good ? 0 : ERR_PROTO), "byte %d at %zu", b, at);
			proto_begin(&o, (enum proto_verb)row->verb);
			proto_put_text(&o, k->tag, (struct span){(const char *)value, n});
			ck_assert_int_eq(o.failed, !good);
			value[at] = before;
		}
	}
}
END_TEST

START_TEST(unknown_verbs)
{
	for (int verb = 0; verb < 256; verb++) {
		bool known = false;
		struct proto_out o;
		struct packet p;

		for (int i = 0; i < N_VERBS; i++)
			known |= verbs[i].verb == verb;
		if (known)
			continue;
		begin(&p, 1, (uint8_t)verb);
		ck_assert_int_eq(decode_err(&p), ERR_PROTO);
		add(&p, TAG_ID, "0123456789A", 11);
		ck_assert_int_eq(decode_err(&p), ERR_PROTO);
		proto_begin(&o, (enum proto_verb)verb);
		ck_assert_uint_eq(proto_end(&o), 0);
	}
}
END_TEST

/* Of another version we know no more than the header's two bytes, and nothing else may be read. */
START_TEST(other_versions)
{
	for (int version = 0; version < 256; version++) {
		for (int verb = 0; verb < 256; verb++) {
			struct proto_msg m;
			struct packet p;

			if (version == 1 || verb == VERB_VERSION)
				continue;
			begin(&p, (uint8_t)version, (uint8_t)verb);
			add(&p, TAG_NAME, "x", 1);
			p.bytes[2] = 0xff; /* even what a length is may have changed */
			ck_assert_int_eq(decode(&p, &m), ERR_VERSION);
			ck_assert_int_eq(m.version, version);
			ck_assert_int_eq(m.verb, verb);
			p.n = 3;
			ck_assert_int_eq(decode_err(&p), ERR_PROTO);
		}
	}
}
END_TEST

/* That packet's header and two tags never change their form, so it is read whatever its version. */
START_TEST(version_answers)
{
	for (int version = 0; version < 256; version++) {
		struct proto_msg m;
		struct packet p;

		begin(&p, (uint8_t)version, VERB_VERSION);
		ck_assert_int_eq(decode_err(&p), ERR_PROTO);
		add(&p, TAG_VERSION_NEWEST, "\x07", 1);
		ck_assert_int_eq(decode_err(&p), ERR_PROTO);
		add(&p, TAG_VERSION_OLDEST, "\x06", 1);
		ck_assert_int_eq(decode(&p, &m), 0);
		ck_assert_int_eq(m.version, version);
		ck_assert_uint_eq(proto_number(&m, TAG_VERSION_OLDEST), 6);
		ck_assert_uint_eq(proto_number(&m, TAG_VERSION_NEWEST), 7);
		ck_assert(decodes_faithfully(&p));
		add(&p, TAG_NAME, "x", 1);
		ck_assert_int_eq(decode_err(&p), ERR_PROTO);
	}
}
END_TEST

/* 8192 bytes are a packet, one more is none. */
START_TEST(longest_packet)
{
	static const uint8_t filler[LIMIT_PACKET];
	struct packet p;

	begin(&p, 1, VERB_STATUS);
	add(&p, OPTIONAL_TAG, filler, LIMIT_PACKET - 4 - 3);
	ck_assert_uint_eq(p.n, 8192);
	ck_assert_int_eq(decode_err(&p), 0);
	begin(&p, 1, VERB_STATUS);
	add(&p, OPTIONAL_TAG, filler, LIMIT_PACKET - 4 - 3 + 1);
	ck_assert_int_eq(decode_err(&p), ERR_PROTO);
}
END_TEST

START_TEST(nothing)
{
	struct proto_msg m = {0};

	ck_assert_int_eq(proto_decode(NULL, 0, &m), ERR_PROTO);
	ck_assert_int_eq(proto_decode("", 0, &m), ERR_PROTO);
	for (int i = 0; i < N_KINDS; i++) {
		ck_assert(!proto_has(&m, kinds[i].tag));
		ck_assert_uint_eq(proto_text(&m, kinds[i].tag).n, 0);
		ck_assert_ptr_nonnull(proto_text(&m, kinds[i].tag).p);
		ck_assert_uint_eq(proto_number(&m, kinds[i].tag), 0);
	}
}
END_TEST

static void put_long_name(struct proto_out *o)
{
	char name[LIMIT_NAME + 2];

	memset(name, 'x', sizeof(name));
	name[LIMIT_NAME + 1] = '\0';
	proto_put_string(o, TAG_NAME, name);
}

static void put_nul(struct proto_out *o)
{
	proto_put_text(o, TAG_NAME, SPAN("a\0b"));
}

static void put_number_as_text(struct proto_out *o)
{
	proto_put_number(o, TAG_NAME, 1);
}

static void put_number_as_id(struct proto_out *o)
{
	proto_put_number(o, TAG_ID, 1);
}

static void put_text_as_number(struct proto_out *o)
{
	proto_put_string(o, TAG_EXPIRES, "12345678");
}

static void put_bad_id(struct proto_out *o)
{
	proto_put_string(o, TAG_ID, "0123456789");
}

static void put_wide_u8(struct proto_out *o)
{
	proto_put_number(o, TAG_KIND, 256);
}

static void put_wide_u16(struct proto_out *o)
{
	proto_put_number(o, TAG_ERROR, 65536);
}

static void put_wide_u32(struct proto_out *o)
{
	proto_put_number(o, TAG_UID, (uint64_t)1 << 32);
}

static void put_unknown_text(struct proto_out *o)
{
	proto_put_string(o, (enum proto_tag)63, "x");
}

static void put_unknown_number(struct proto_out *o)
{
	proto_put_number(o, (enum proto_tag)0, 0);
}

/* One wrong value spoils the message for good, whatever comes after it; the next one is clean. */
START_TEST(wrong_values_latch)
{
	static void (*const wrong[])(struct proto_out *) = {put_long_name, put_nul,
		put_number_as_text, put_number_as_id, put_text_as_number, put_bad_id, put_wide_u8,
		put_wide_u16, put_wide_u32, put_unknown_text, put_unknown_number};
	struct proto_out o;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		proto_begin(&o, VERB_OK);
		proto_put_number(&o, TAG_COUNT, 1);
		wrong[i](&o);
		proto_put_string(&o, TAG_DAEMON, "1.0");
		ck_assert_msg(proto_end(&o) == 0, "row %zu", i);
		ck_assert_msg(proto_end(&o) == 0, "row %zu", i);
		proto_begin(&o, VERB_OK);
		proto_put_number(&o, TAG_COUNT, 1);
		ck_assert_uint_eq(proto_end(&o), 4 + 3 + 8);
	}
}
END_TEST

START_TEST(right_values_at_their_ends)
{
	static const uint8_t expected[] = {1, 0x80, 0, 44,		   /* */
		TAG_KIND, 0, 1, 255,					   /* */
		TAG_UID, 0, 4, 255, 255, 255, 255,			   /* */
		TAG_EXPIRES, 0, 8, 255, 255, 255, 255, 255, 255, 255, 255, /* */
		TAG_COUNT, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5,		   /* */
		TAG_NOTE, 0, 0,						   /* */
		TAG_NAME, 0, 5, 'a', '\n', 0xff, ' ', 'b'};
	struct proto_out o;

	proto_begin(&o, VERB_OK);
	proto_put_number(&o, TAG_KIND, UINT8_MAX);
	proto_put_number(&o, TAG_UID, UINT32_MAX);
	proto_put_number(&o, TAG_EXPIRES, UINT64_MAX);
	proto_put_number(&o, TAG_COUNT, 0x0102030405);
	proto_put_text(&o, TAG_NOTE, (struct span){NULL, 0});
	proto_put_string(&o, TAG_NAME, "a\n\xff b");
	ck_assert_uint_eq(proto_end(&o), sizeof(expected));
	ck_assert_mem_eq(o.packet, expected, sizeof(expected));
}
END_TEST

START_TEST(wiping)
{
	static const uint8_t zero[LIMIT_PACKET];
	struct proto_out o;

	memset(o.packet, 'S', sizeof(o.packet));
	proto_begin(&o, VERB_RESPONSE);
	proto_put_string(&o, TAG_RESPONSE, "hunter2");
	ck_assert_uint_gt(proto_end(&o), 0);
	proto_wipe(&o);
	ck_assert_mem_eq(o.packet, zero, sizeof(zero));
}
END_TEST

START_TEST(error_answers)
{
	static const int errors[] = {
#define NAME(name, number, json, status, pam, text) name,
		ERR_TABLE(NAME)
#undef NAME
	};
	static const size_t lengths[] = {0, 1, 511, 512, 513, 9000};
	char message[9001];

	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (size_t l = 0; l <= sizeof(lengths) / sizeof(lengths[0]); l++) {
			bool with = l < sizeof(lengths) / sizeof(lengths[0]);
			size_t length = with ? lengths[l] : 0;
			struct proto_out o;
			struct proto_msg m;
			size_t n;

			memset(message, 'm', length);
			message[length] = '\0';
			n = proto_error(&o, errors[e], with ? message : NULL);
			ck_assert_int_eq(proto_decode(o.packet, n, &m), 0);
			ck_assert_uint_eq(m.verb, VERB_ERROR);
			ck_assert_int_eq(err_from_wire(proto_number(&m, TAG_ERROR)), errors[e]);
			ck_assert_int_eq(proto_has(&m, TAG_MESSAGE), with);
			length = length > 512 ? 512 : length;
			ck_assert_uint_eq(proto_text(&m, TAG_MESSAGE).n, length);
			ck_assert_mem_eq(proto_text(&m, TAG_MESSAGE).p, message, length);
		}
	}
}
END_TEST

START_TEST(names_of_kinds_and_statuses)
{
	static const char *const kind_names[] = {NULL, "personal", "service", "exchanged"};
	static const char *const status_names[] = {NULL, "active", "pending", "expired", "revoked",
		"used up", "rotated", "locked", "disallowed"};

	for (uint64_t i = 0; i < 300; i++) {
		ck_assert_pstr_eq(token_kind_name(i), i < 4 ? kind_names[i] : NULL);
		ck_assert_pstr_eq(token_status_name(i), i < 9 ? status_names[i] : NULL);
	}
	for (uint64_t n = 0; n < 64; n++) {
		ck_assert_ptr_null(token_kind_name(((uint64_t)1 << 32) + n));
		ck_assert_ptr_null(token_status_name(UINT64_MAX - n));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("proto");
	TCase *t = tcase_create("proto");

	fence();
	tcase_set_timeout(t, 60); /* for the sanitizers' sake */
	tcase_add_loop_test(t, full_and_minimal_messages, 0, N_SAMPLES);
	tcase_add_loop_test(t, every_tag_is_carried_or_refused, 0, N_VERBS);
	tcase_add_loop_test(t, missing_tags_are_not_sent, 0, N_VERBS);
	tcase_add_loop_test(t, truncations, 0, N_SAMPLES);
	tcase_add_loop_test(t, refusals_yield_nothing, 0, N_SAMPLES);
	tcase_add_loop_test(t, flipped_bits, 0, N_SAMPLES);
	tcase_add_loop_test(t, trailing_bytes, 0, N_SAMPLES);
	tcase_add_test(t, repeated_tags);
	tcase_add_test(t, unknown_tags);
	tcase_add_loop_test(t, values_of_flags, 0, N_KINDS);
	tcase_add_loop_test(t, lengths_of_values, 0, N_KINDS);
	tcase_add_loop_test(t, bytes_of_texts, 0, N_KINDS);
	tcase_add_test(t, unknown_verbs);
	tcase_add_test(t, other_versions);
	tcase_add_test(t, version_answers);
	tcase_add_test(t, longest_packet);
	tcase_add_test(t, nothing);
	tcase_add_test(t, wrong_values_latch);
	tcase_add_test(t, right_values_at_their_ends);
	tcase_add_test(t, wiping);
	tcase_add_test(t, error_answers);
	tcase_add_test(t, names_of_kinds_and_statuses);
	suite_add_tcase(s, t);
	return unit_run(s);
}
