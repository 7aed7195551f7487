#include "patd/log_event.h"

#include <stddef.h>
#include <string.h>

#include "common/err.h"
#include "common/fields.h"
#include "common/record.h"

enum { EVENT_VERSION = 1 };

static const struct {
	const char *word;
	enum log_class class;
	int priority;
	bool claimed;
} types[EVENT_TYPES] = {
#define LOG_EVENT_ROW(type, number, word, class, priority, claimed)                                \
	[number] = {word, class, priority, claimed},
	LOG_EVENTS(LOG_EVENT_ROW)
#undef LOG_EVENT_ROW
};

void log_event_about(struct log_event *e, const struct record *token)
{
	e->uid = token->uid;
	memcpy(e->owner, token->owner, sizeof(e->owner));
	memcpy(e->id, token->id, sizeof(e->id));
	memcpy(e->name, token->name, sizeof(e->name));
	e->exchanged = token->kind == KIND_EXCHANGED;
}

const char *log_event_name(uint64_t type)
{
	return type < EVENT_TYPES ? types[type].word : NULL;
}

bool log_event_refusal(uint8_t type)
{
	return log_event_name(type) && types[type].class == CLASS_REFUSAL;
}

bool log_event_durable(uint8_t type)
{
	return log_event_name(type) && (types[type].class == CLASS_DEED || type == EVENT_EXCHANGED);
}

bool log_event_claimed(uint8_t type)
{
	return log_event_name(type) && types[type].claimed;
}

int log_event_priority(uint8_t type)
{
	return log_event_name(type) ? types[type].priority : LOG_DEBUG;
}

enum log_class log_event_class(const struct log_event *e)
{
	/* Who can ask as often as they like about their own tokens must not evict real logins. */
	if (e->type == EVENT_CLAIMED_ACCEPTED && e->peer == e->uid)
		return CLASS_REFUSAL;
	if (!log_event_name(e->type))
		return CLASS_REFUSAL;
	return e->exchanged && types[e->type].class == CLASS_DEED ? CLASS_EXCHANGE
								  : types[e->type].class;
}

static void put_text(struct audit *line, const char *key, const char *value)
{
	if (value[0])
		audit_string(line, key, value);
}

static void put_number(struct audit *line, const char *key, uint64_t value)
{
	if (value)
		audit_number(line, key, value);
}

/* The account that it is about: of a login the one that was told, else the token's owner. */
static void put_accounts(struct audit *line, const struct log_event *e, bool claimed)
{
	bool told = claimed || e->user[0];

	put_text(line, claimed ? "claimed_user" : "user", told ? e->user : e->owner);
	put_text(line, "name", e->name);
	if (told && (claimed || strcmp(e->user, e->owner) != 0))
		put_text(line, "owner", e->owner);
	put_text(line, "by", e->actor);
}

void log_event_line(const struct log_event *e, struct audit *line)
{
	const char *word = log_event_name(e->type);
	bool claimed = log_event_claimed(e->type);

	audit_begin(line, word ? word : "unknown");
	if (e->peer != EVENT_NOBODY)
		audit_number(line, "uid", e->peer);
	put_text(line, "id", e->id);
	put_text(line, claimed ? "claimed_service" : "service", e->service);
	put_text(line, claimed ? "claimed_rhost" : "rhost", e->rhost);
	put_text(line, "reason", e->reason);
	put_accounts(line, e, claimed);
	put_number(line, "count", e->count);
	put_text(line, "other", e->other);
	put_number(line, "expires", e->expires);
	put_text(line, "scopes", e->scopes);
}

#define TEXT(tag, member) FIELD_TEXT_AT(tag, false, struct log_event, member)

static const struct field fields[] = {
	TEXT(1, id),
	TEXT(2, name),
	TEXT(3, owner),
	TEXT(4, actor),
	TEXT(5, user),
	TEXT(6, service),
	TEXT(7, rhost),
	TEXT(8, reason),
	{9, FIELD_U64, false, offsetof(struct log_event, count), 0},
	TEXT(10, other),
	{11, FIELD_U64, false, offsetof(struct log_event, expires), 0},
	TEXT(12, scopes),
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static bool id_valid(const char id[TOKEN_ID_LEN + 1])
{
	return !id[0] || token_id_valid(id, strnlen(id, TOKEN_ID_LEN + 1));
}

/* An account is its name and its uid: both or none. */
static bool valid(const struct log_event *e)
{
	return log_event_name(e->type) && id_valid(e->id) && id_valid(e->other) &&
	       (e->owner[0] != '\0') == (e->uid != EVENT_NOBODY);
}

size_t log_event_encode(const struct log_event *e, void *buf)
{
	struct writer w;

	writer_init(&w, buf, LIMIT_EVENT);
	write_u8(&w, EVENT_VERSION);
	write_u8(&w, e->type);
	write_u64(&w, e->time);
	write_u32(&w, e->uid);
	write_u32(&w, e->peer);
	fields_encode(&w, fields, FIELDS, e);
	return valid(e) ? writer_len(&w) : 0;
}

int log_event_decode(struct span bytes, struct log_event *e)
{
	struct log_event got = {0};
	struct reader in;

	reader_init(&in, bytes.p, bytes.n);
	if (read_u8(&in) != EVENT_VERSION)
		return ERR_STORE;
	got.type = read_u8(&in);
	got.time = read_u64(&in);
	got.uid = read_u32(&in);
	got.peer = read_u32(&in);
	if (!fields_decode(&in, fields, FIELDS, &got) || !valid(&got))
		return ERR_STORE;
	*e = got;
	return 0;
}

void log_event_tell(const struct log_event *e)
{
	struct audit line;

	log_event_line(e, &line);
	audit_end(&line, log_event_priority(e->type));
}
