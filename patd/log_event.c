#include "patd/log_event.h"

#include <stddef.h>
#include <string.h>

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

const char *log_event_name(uint64_t type)
{
	return type < EVENT_TYPES ? types[type].word : NULL;
}

bool log_event_refusal(uint8_t type)
{
	return log_event_name(type) && types[type].class == CLASS_REFUSAL;
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
	return log_event_name(e->type) ? types[e->type].class : CLASS_REFUSAL;
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

void log_event_tell(const struct log_event *e)
{
	struct audit line;

	log_event_line(e, &line);
	audit_end(&line, log_event_priority(e->type));
}
