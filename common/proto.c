#include "common/proto.h"

#include <string.h>

#include "common/err.h"
#include "common/secret.h"

struct tag_row {
	enum proto_type type;
	uint16_t limit;
	bool known;
};

static const struct tag_row tags[PROTO_TAG_END] = {
#define PROTO_TAG_ROW(name, number, type, limit) [number] = {type, limit, true},
	PROTO_TAGS(PROTO_TAG_ROW)
#undef PROTO_TAG_ROW
};

static const uint8_t widths[] = {[PROTO_FLAG] = 1,
	[PROTO_U8] = 1,
	[PROTO_U16] = 2,
	[PROTO_U32] = 4,
	[PROTO_U64] = 8,
	[PROTO_ID] = TOKEN_ID_LEN};

#define B(tag) PROTO_BIT(TAG_##tag)

/* Which token a command is about: an ID or a name, and the account when it isn't the caller's. */
#define REF (B(ID) | B(NAME) | B(USER))

/* A token as list and show tell it: what each has, and what some have. */
#define VIEW                                                                                       \
	(B(ID) | B(NAME) | B(KIND) | B(OWNER) | B(UID) | B(STATUS) | B(SCOPES) | B(CREATED) |      \
		B(CREATED_BY))
#define VIEW_MAY                                                                                   \
	(B(STATUS_REASON) | B(EXPIRES) | B(NOTE) | B(REVOKED) | B(REVOKED_BY) | B(REASON) |        \
		B(FROM) | B(NOT_BEFORE) | B(USES) | B(USES_LEFT) | B(BIND_KEY) | B(LAST_USED) |    \
		B(USE_COUNT) | B(SERVICE) | B(RHOST) | B(PARENT) | B(SUCCESSOR) | B(UNTIL_USED) |  \
		B(GRACE_ENDS))

struct verb_row {
	uint8_t verb;
	proto_tags must;
	proto_tags may;
};

static const struct verb_row verbs[] = {
	{VERB_VERIFY, B(TOKEN) | B(USER) | B(SERVICE), B(RHOST) | B(AUTH_INFO) | B(PROCESS)},
	{VERB_ACCOUNT, B(ID) | B(USER) | B(SERVICE), B(RHOST) | B(AUTH_INFO)},
	{VERB_SESSION_OPEN, B(ID) | B(USER) | B(SERVICE) | B(PROCESS), B(RHOST)},
	{VERB_SESSION_CLOSE, B(ID) | B(PROCESS), 0},
	{VERB_MINT, B(NAME),
		B(USER) | B(SCOPES) | B(EXPIRES) | B(NOTE) | B(FROM) | B(NOT_BEFORE) | B(USES) |
			B(BIND_KEY)},
	{VERB_LIST, 0, B(USER) | B(ALL)},
	{VERB_SHOW, 0, REF},
	{VERB_EDIT, 0, REF | B(NEW_NAME) | B(NOTE) | B(EXPIRES)},
	{VERB_REVOKE, 0, REF | B(REASON) | B(ALL) | B(UNUSED_FOR)},
	{VERB_RESTORE, 0, REF},
	{VERB_DELETE, 0, REF},
	{VERB_INSPECT, B(TOKEN), 0},
	{VERB_EXPLAIN, B(SERVICE), REF | B(RHOST) | B(AUTH_INFO)},
	{VERB_POLICY, 0, B(USER)},
	{VERB_ACCOUNTS, 0, 0},
	{VERB_STATUS, 0, 0},
	{VERB_CLOCK_RESET, 0, 0},
	{VERB_ROTATE, 0, REF | B(EXPIRES) | B(GRACE) | B(UNTIL_USED)},
	{VERB_EXCHANGE, B(TOKEN), B(EXPIRES) | B(SCOPES) | B(FROM) | B(USES)},
	{VERB_SCAN, 0, B(REASON)},
	{VERB_LOG, 0, REF | B(ALL) | B(SINCE) | B(SEQ)},
	{VERB_PRUNE, 0, B(USER) | B(ALL) | B(EXPIRED_FOR) | B(REVOKED_FOR) | B(DRY_RUN)},
	{VERB_EXPORT, 0, 0},
	{VERB_IMPORT, 0, 0},
	{VERB_SESSIONS, 0, B(USER) | B(ALL)},
	{VERB_KILL, 0, REF | B(ALL)},
	{VERB_RESPONSE, B(RESPONSE), 0},
	{VERB_ITEM, 0, B(ID) | B(RECORD) | B(USAGE) | B(DELETED) | B(TOKEN) | B(SEQ)},
	{VERB_END, 0, 0},
	{VERB_OK, 0,
		VIEW | VIEW_MAY | B(TOKEN) | B(COUNT) | B(WARN) | B(DAEMON) | B(STARTED) |
			B(STORE_BYTES) | B(MESSAGE) | B(PASSES) | B(CLOCK_BEHIND) | B(SEQ) |
			B(CHANGED) | B(ALREADY) | B(UNKNOWN) | B(CONFLICTS)},
	{VERB_MORE, VIEW, VIEW_MAY},
	{VERB_ERROR, B(ERROR), B(MESSAGE)},
	{VERB_PROMPT, B(STYLE) | B(MESSAGE), 0},
	{VERB_ROW, B(KEY), B(VALUE) | B(RULE) | B(PASSES)},
	{VERB_EVENT, B(SEQ) | B(TIME) | B(EVENT),
		B(ID) | B(NAME) | B(OWNER) | B(UID) | B(ACTOR) | B(USER) | B(SERVICE) | B(RHOST) |
			B(REASON) | B(COUNT) | B(OTHER) | B(SCOPES) | B(EXPIRES)},
	{VERB_SESSION, B(ID) | B(NAME) | B(OWNER) | B(USER) | B(SERVICE) | B(TIME) | B(PID),
		B(RHOST) | B(STATE)},
	{VERB_GO, 0, 0},
	{VERB_VERSION, B(VERSION_OLDEST) | B(VERSION_NEWEST), 0},
};

/* The row of a tag, or NULL if we know none of that number. */
static const struct tag_row *tag_row(unsigned int tag)
{
	return tag < PROTO_TAG_END && tags[tag].known ? &tags[tag] : NULL;
}

static const struct verb_row *verb_row(uint8_t verb)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (verbs[i].verb == verb)
			return &verbs[i];
	return NULL;
}

static bool carries(const struct verb_row *row, proto_tags present)
{
	return row && (present & row->must) == row->must && !(present & ~(row->must | row->may));
}

static bool value_valid(const struct tag_row *row, struct span value)
{
	if (row->type == PROTO_TEXT)
		return value.n <= row->limit && (value.n == 0 || !memchr(value.p, '\0', value.n));
	if (row->type == PROTO_BYTES)
		return value.n <= row->limit;
	if (row->type == PROTO_ID)
		return token_id_valid(value.p, value.n);
	if (row->type == PROTO_FLAG)
		return value.n == 1 && value.p[0] == 1;
	return value.n == widths[row->type];
}

static uint64_t number_of(struct span value)
{
	uint64_t v = 0;

	for (size_t i = 0; i < value.n; i++)
		v = v << 8 | (uint8_t)value.p[i];
	return v;
}

static int decode_value(struct proto_msg *m, uint8_t tag, struct span value)
{
	const struct tag_row *row = tag_row(tag);

	if (tag >= PROTO_TAG_OPTIONAL)
		return 0;
	if (!row || (m->present & PROTO_BIT(tag)) || !value_valid(row, value))
		return ERR_PROTO;
	m->present |= PROTO_BIT(tag);
	m->text[tag] = value;
	m->number[tag] = row->type <= PROTO_U64 ? number_of(value) : 0;
	return 0;
}

static int decode_values(struct proto_msg *m, struct reader *r)
{
	while (reader_left(r) > 0) {
		uint8_t tag = read_u8(r);
		struct span value = read_bytes(r, read_u16(r));

		if (r->failed || decode_value(m, tag, value))
			return ERR_PROTO;
	}
	return reader_done(r) && carries(verb_row(m->verb), m->present) ? 0 : ERR_PROTO;
}

int proto_decode(const void *packet, size_t n, struct proto_msg *m)
{
	struct reader r;
	uint16_t length;

	m->present = 0;
	if (n > LIMIT_PACKET)
		return ERR_PROTO;
	reader_init(&r, packet, n);
	m->version = read_u8(&r);
	m->verb = read_u8(&r);
	length = read_u16(&r);
	if (r.failed)
		return ERR_PROTO;
	/* A peer that speaks another version is told so in a message that every version can read.
	 */
	if (m->version != PROTO_VERSION && m->verb != VERB_VERSION)
		return ERR_VERSION;
	if (length != reader_left(&r) || decode_values(m, &r)) {
		m->present = 0; /* a message is good as a whole, or says nothing */
		return ERR_PROTO;
	}
	return 0;
}

bool proto_has(const struct proto_msg *m, enum proto_tag tag)
{
	return m->present & PROTO_BIT(tag);
}

struct span proto_text(const struct proto_msg *m, enum proto_tag tag)
{
	return proto_has(m, tag) ? m->text[tag] : (struct span){"", 0};
}

uint64_t proto_number(const struct proto_msg *m, enum proto_tag tag)
{
	return proto_has(m, tag) ? m->number[tag] : 0;
}

void proto_begin(struct proto_out *o, enum proto_verb verb)
{
	o->verb = (uint8_t)verb;
	o->present = 0;
	o->failed = false;
	writer_init(&o->w, o->packet, sizeof(o->packet));
	write_u8(&o->w, PROTO_VERSION);
	write_u8(&o->w, o->verb);
	write_u16(&o->w, 0); /* the length, known at the end */
}

void proto_put_text(struct proto_out *o, enum proto_tag tag, struct span value)
{
	const struct tag_row *row = tag_row(tag);

	if (!row || row->type < PROTO_TEXT || !value_valid(row, value) ||
		(o->present & PROTO_BIT(tag))) {
		o->failed = true;
		return;
	}
	o->present |= PROTO_BIT(tag);
	write_u8(&o->w, (uint8_t)tag);
	write_u16(&o->w, (uint16_t)value.n);
	write_bytes(&o->w, value.p, value.n);
}

void proto_put_string(struct proto_out *o, enum proto_tag tag, const char *value)
{
	proto_put_text(o, tag, span_of(value));
}

void proto_put_number(struct proto_out *o, enum proto_tag tag, uint64_t value)
{
	const struct tag_row *row = tag_row(tag);
	uint8_t width = row && row->type <= PROTO_U64 ? widths[row->type] : 0;

	if (width == 0 || (width < 8 && value >> 8 * width) ||
		(row->type == PROTO_FLAG && value != 1) || (o->present & PROTO_BIT(tag))) {
		o->failed = true;
		return;
	}
	o->present |= PROTO_BIT(tag);
	write_u8(&o->w, (uint8_t)tag);
	write_u16(&o->w, width);
	for (int shift = 8 * (width - 1); shift >= 0; shift -= 8)
		write_u8(&o->w, (uint8_t)(value >> shift));
}

void proto_put_string_if(struct proto_out *o, enum proto_tag tag, const char *value)
{
	if (value[0])
		proto_put_string(o, tag, value);
}

void proto_put_number_if(struct proto_out *o, enum proto_tag tag, uint64_t value)
{
	if (value)
		proto_put_number(o, tag, value);
}

size_t proto_end(struct proto_out *o)
{
	size_t n = writer_len(&o->w);

	if (o->failed || n == 0 || !carries(verb_row(o->verb), o->present))
		return 0;
	o->packet[2] = (uint8_t)((n - PROTO_HEADER) >> 8);
	o->packet[3] = (uint8_t)(n - PROTO_HEADER);
	return n;
}

void proto_wipe(struct proto_out *o)
{
	secret_wipe(o->packet, sizeof(o->packet));
}

size_t proto_error(struct proto_out *o, int err, const char *message)
{
	proto_begin(o, VERB_ERROR);
	proto_put_number(o, TAG_ERROR, (uint64_t) - (int64_t)err);
	if (message)
		proto_put_text(
			o, TAG_MESSAGE, (struct span){message, strnlen(message, LIMIT_MESSAGE)});
	return proto_end(o);
}

static const char *const kinds[] = {
	[KIND_PERSONAL] = "personal", [KIND_SERVICE] = "service", [KIND_EXCHANGED] = "exchanged"};

static const char *const statuses[] = {
	[STATUS_ACTIVE] = "active",
	[STATUS_PENDING] = "pending",
	[STATUS_EXPIRED] = "expired",
	[STATUS_REVOKED] = "revoked",
	[STATUS_USED_UP] = "used up",
	[STATUS_ROTATED] = "rotated",
	[STATUS_LOCKED] = "locked",
	[STATUS_DISALLOWED] = "disallowed",
};

const char *token_kind_name(uint64_t kind)
{
	return kind < sizeof(kinds) / sizeof(kinds[0]) ? kinds[kind] : NULL;
}

const char *token_status_name(uint64_t status)
{
	return status < sizeof(statuses) / sizeof(statuses[0]) ? statuses[status] : NULL;
}
