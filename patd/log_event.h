/*
 * log_event.h: one thing that happened: who did what to which token, when, from where, with which
 * result (docs/EVENTS.md): its line of log, and its bytes in the store (docs/RECORD.md). Pure.
 *
 * (Named apart from libevent's struct event.)
 */
#ifndef PATD_LOG_EVENT_H
#define PATD_LOG_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

#include "common/bytes.h"
#include "common/limits.h"
#include "common/token.h"
#include "patd/audit.h"

/* Each class has a quota of its own in the store, so that a flood of one evicts nothing of another.
 * What is not kept is only told to syslog: one accepted login is one event. */
enum log_class {
	CLASS_DEED,
	CLASS_LOGIN,
	CLASS_EXCHANGE, /* of exchanged tokens, which one holder makes and revokes by the thousand
			 */
	CLASS_REFUSAL,
	LOG_CLASSES,
	CLASS_NOT_KEPT = LOG_CLASSES
};

/*
 * Numbers and words are stored and shown: they are only ever added. Those called claimed were told
 * by a peer that is not root; its user, service and host stand under claimed_ keys. An accepted
 * login is told to syslog by the module, which was there.
 */
/* clang-format off */
/*        type                          no  word                       class          priority    claimed */
#define LOG_EVENTS(X) \
	X(EVENT_MINTED,                  1, "minted",                  CLASS_DEED,    LOG_NOTICE, false) \
	X(EVENT_EDITED,                  2, "edited",                  CLASS_DEED,    LOG_NOTICE, false) \
	X(EVENT_REVOKED,                 3, "revoked",                 CLASS_DEED,    LOG_NOTICE, false) \
	X(EVENT_REVOKED_ALL,             4, "revoked_all",             CLASS_DEED,    LOG_NOTICE, false) \
	X(EVENT_RESTORED,                5, "restored",                CLASS_DEED,    LOG_NOTICE, false) \
	X(EVENT_DELETED,                 6, "deleted",                 CLASS_DEED,    LOG_NOTICE, false) \
	X(EVENT_ROTATED,                 7, "rotated",                 CLASS_DEED,    LOG_NOTICE, false) \
	X(EVENT_PRUNED,                  8, "pruned",                  CLASS_DEED,    LOG_NOTICE, false) \
	X(EVENT_IMPORTED,                9, "imported",                CLASS_DEED,    LOG_NOTICE, false) \
	X(EVENT_EXPORTED,               10, "exported",                CLASS_DEED,    LOG_NOTICE, false) \
	X(EVENT_CLOCK_RESET,            11, "clock_reset",             CLASS_DEED,    LOG_NOTICE, false) \
	X(EVENT_SESSION_KILLED,         12, "session_killed",          CLASS_LOGIN,   LOG_NOTICE, false) \
	X(EVENT_ACCEPTED,               13, "accepted",                CLASS_LOGIN,   LOG_DEBUG,  false) \
	X(EVENT_CLAIMED_ACCEPTED,       14, "claimed_accepted",        CLASS_LOGIN,   LOG_DEBUG,  true) \
	X(EVENT_EXCHANGED,              15, "exchanged",               CLASS_EXCHANGE, LOG_INFO,   false) \
	X(EVENT_SESSION_OPENED,         16, "session_opened",          CLASS_NOT_KEPT, LOG_INFO,   false) \
	X(EVENT_SESSION_CLOSED,         17, "session_closed",          CLASS_NOT_KEPT, LOG_INFO,   false) \
	X(EVENT_REFUSED,                18, "refused",                 CLASS_REFUSAL, LOG_NOTICE, false) \
	X(EVENT_CLAIMED_REFUSED,        19, "claimed_refused",         CLASS_REFUSAL, LOG_NOTICE, true) \
	X(EVENT_REUSED,                 20, "reused",                  CLASS_REFUSAL, LOG_WARNING, false) \
	X(EVENT_CLAIMED_REUSED,         21, "claimed_reused",          CLASS_REFUSAL, LOG_WARNING, true) \
	X(EVENT_REAUTHENTICATION_FAILED, 22, "reauthentication_failed", CLASS_REFUSAL, LOG_NOTICE, false) \
	X(EVENT_DROPPED,                23, "dropped",                 CLASS_REFUSAL, LOG_WARNING, false)
/* clang-format on */

enum event_type {
	EVENT_NONE = 0,
#define LOG_EVENT_ENUM(type, number, word, class, priority, claimed) type = number,
	LOG_EVENTS(LOG_EVENT_ENUM)
#undef LOG_EVENT_ENUM
		EVENT_TYPES
};

/* A uid that is nobody's: where there was no peer, or where no account is concerned. */
#define EVENT_NOBODY UINT32_MAX

/* Texts are "" where there is nothing to tell; they are copies. */
struct log_event {
	uint8_t type;		    /* enum event_type; EVENT_NONE: there is no event */
	uint64_t time;		    /* seconds since the epoch */
	char id[TOKEN_ID_LEN + 1];  /* the token */
	char name[LIMIT_NAME + 1];  /* its name, where the peer knew the secret or may look */
	char owner[LIMIT_USER + 1]; /* the account whose log has the event; "": none's */
	uint32_t uid;		    /* and its uid; EVENT_NOBODY without owner */
	char actor[LIMIT_USER + 1]; /* who did it */
	uint32_t peer;		    /* the uid that asked; EVENT_NOBODY: patd itself */
	char user[LIMIT_USER + 1];  /* of a login, as told: the account, */
	char service[LIMIT_SERVICE + 1];
	char rhost[LIMIT_RHOST + 1];
	char reason[LIMIT_REASON + 1]; /* a word of common/err.h, or a person's or patd's text */
	char other[TOKEN_ID_LEN + 1];  /* the one that it replaced, or its parent */
	char scopes[LIMIT_SCOPES + 1]; /* of a token that was made */
	uint64_t expires;	       /* likewise; 0: never */
	uint64_t count;		       /* how many it stands for; 0: just one */
	bool exchanged;		       /* the token was: for its class, and not kept itself */
};

struct record;

/* Puts the token into it, and its owner, in whose log it stands. */
void log_event_about(struct log_event *e, const struct record *token);

/* The word of a type; NULL: it is none. */
const char *log_event_name(uint64_t type);

/* Whose quota it takes from. What owners' own processes claim is no login, and takes from the
 * refusals'. */
enum log_class log_event_class(const struct log_event *e);

/* Is it stored in the transaction that does it (else by the journal)? So is whatever makes a token.
 */
bool log_event_durable(uint8_t type);

/* Does the type tell that something was refused (and not that it was done)? */
bool log_event_refusal(uint8_t type);
/* Is it what a peer claims? */
bool log_event_claimed(uint8_t type);
/* Of syslog(3). */
int log_event_priority(uint8_t type);

/*
 * Its line of log: the word and then, of these, what there is, in this order: uid id service rhost
 * reason user name owner by count other expires scopes. What strangers can choose at length
 * stands late, where it pushes nothing else out of the line.
 */
void log_event_line(const struct log_event *e, struct audit *line);
/* Encodes into buf (LIMIT_EVENT bytes): the length, or 0 if the event breaks a rule. */
size_t log_event_encode(const struct log_event *e, void *buf);
/* 0 or ERR_STORE. */
int log_event_decode(struct span bytes, struct log_event *e);

/* Makes the line and writes it to the log. */
void log_event_tell(const struct log_event *e);

#endif
