/*
 * proto.h: the messages between patd and its clients (docs/PROTOCOL.md), by two tables.
 *
 * A message is one packet: a header (version, verb, length) and then TLVs. PROTO_TAGS says of each
 * tag what its value looks like, the table in proto.c says of each verb which tags it must and
 * which it may carry. proto_decode() checks a whole packet against both before anyone sees a value,
 * and proto_end() checks what goes out against the same rows.
 */
#ifndef PAT_PROTO_H
#define PAT_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/limits.h"
#include "common/token.h"

enum {
	PROTO_VERSION = 1,
	PROTO_VERSION_OLDEST = 1, /* still served */
	PROTO_HEADER = 4,
};

/* What a value is. A flag is one byte, 1: what is not meant is left out. Text has no NUL and no
 * more bytes than its limit; it is not checked for UTF-8. Bytes are any. */
enum proto_type {
	PROTO_FLAG,
	PROTO_U8,
	PROTO_U16,
	PROTO_U32,
	PROTO_U64,
	PROTO_TEXT,
	PROTO_ID,
	PROTO_BYTES
};

/* clang-format off */
/*        tag                 no  type        longest text */
#define PROTO_TAGS(X) \
	X(TAG_TOKEN,           1, PROTO_TEXT, TOKEN_TEXT_MAX)   /* a whole token: a secret */ \
	X(TAG_USER,            2, PROTO_TEXT, LIMIT_USER)       /* PAM_USER, or the account that a command is about */ \
	X(TAG_SERVICE,         3, PROTO_TEXT, LIMIT_SERVICE)    /* PAM_SERVICE */ \
	X(TAG_RHOST,           4, PROTO_TEXT, LIMIT_RHOST)      /* PAM_RHOST */ \
	X(TAG_ID,              5, PROTO_ID,   TOKEN_ID_LEN)     /* a token's ID */ \
	X(TAG_NAME,            6, PROTO_TEXT, LIMIT_NAME)       /* a token's name, a child's included */ \
	X(TAG_NEW_NAME,        7, PROTO_TEXT, LIMIT_NAME)       /* edit: the name to give */ \
	X(TAG_SCOPES,          8, PROTO_TEXT, LIMIT_SCOPES)     /* comma-separated */ \
	X(TAG_EXPIRES,         9, PROTO_U64,  0)                /* seconds since the epoch; 0: never */ \
	X(TAG_NOTE,           10, PROTO_TEXT, LIMIT_NOTE) \
	X(TAG_REASON,         11, PROTO_TEXT, LIMIT_REASON)     /* why it is (to be) revoked */ \
	X(TAG_ALL,            12, PROTO_FLAG, 0)                /* list: every account's; revoke: every token of the account */ \
	X(TAG_FROM,           13, PROTO_TEXT, LIMIT_SOURCES)    /* comma-separated CIDRs, or local */ \
	X(TAG_NOT_BEFORE,     14, PROTO_U64,  0)                /* seconds since the epoch */ \
	X(TAG_USES,           15, PROTO_U64,  0)                /* logins that it is for; 0: any number */ \
	X(TAG_OWNER,          16, PROTO_TEXT, LIMIT_USER) \
	X(TAG_UID,            17, PROTO_U32,  0) \
	X(TAG_KIND,           18, PROTO_U8,   0)                /* enum token_kind */ \
	X(TAG_STATUS,         19, PROTO_U8,   0)                /* enum token_status */ \
	X(TAG_STATUS_REASON,  20, PROTO_TEXT, LIMIT_MESSAGE) \
	X(TAG_CREATED,        21, PROTO_U64,  0)                /* seconds since the epoch */ \
	X(TAG_CREATED_BY,     22, PROTO_TEXT, LIMIT_USER) \
	X(TAG_REVOKED,        23, PROTO_U64,  0)                /* seconds since the epoch */ \
	X(TAG_REVOKED_BY,     24, PROTO_TEXT, LIMIT_USER) \
	X(TAG_COUNT,          25, PROTO_U64,  0)                /* revoke: how many tokens it changed; status: how many there are */ \
	X(TAG_BIND_KEY,       26, PROTO_TEXT, LIMIT_NOTE)       /* SHA256:... of an SSH key */ \
	X(TAG_WARN,           27, PROTO_U64,  0)                /* account: seconds until the end, when that is near */ \
	X(TAG_DAEMON,         28, PROTO_TEXT, 64)               /* status: the daemon's version */ \
	X(TAG_STARTED,        29, PROTO_U64,  0)                /* status: seconds since the epoch */ \
	X(TAG_STORE_BYTES,    30, PROTO_U64,  0)                /* status: size of the store's pages in use */ \
	X(TAG_AUTH_INFO,      31, PROTO_TEXT, LIMIT_AUTH_INFO)  /* SSH_AUTH_INFO_0 */ \
	X(TAG_USES_LEFT,      32, PROTO_U64,  0) \
	X(TAG_LAST_USED,      33, PROTO_U64,  0)                /* seconds since the epoch */ \
	X(TAG_USE_COUNT,      34, PROTO_U64,  0) \
	X(TAG_KEY,            35, PROTO_TEXT, LIMIT_USER)       /* row: a check's, a rule's or an account's name */ \
	X(TAG_VALUE,          36, PROTO_TEXT, LIMIT_SCOPES)     /* row */ \
	X(TAG_RULE,           37, PROTO_TEXT, LIMIT_MESSAGE)    /* row of explain: what the value was held against */ \
	X(TAG_PASSES,         38, PROTO_U8,   0)                /* row of explain: 1 or 0; last packet: would it be accepted? */ \
	X(TAG_CLOCK_BEHIND,   39, PROTO_U64,  0)                /* status: seconds that the clock is behind the store's */ \
	X(TAG_ERROR,          40, PROTO_U16,  0)                /* a number of common/err.h */ \
	X(TAG_MESSAGE,        41, PROTO_TEXT, LIMIT_MESSAGE)    /* one line for a person */ \
	X(TAG_STYLE,          42, PROTO_U8,   0)                /* prompt: enum proto_style */ \
	X(TAG_RESPONSE,       43, PROTO_TEXT, LIMIT_RESPONSE)   /* a person's answer: a secret */ \
	X(TAG_VERSION_OLDEST, 44, PROTO_U8,   0) \
	X(TAG_VERSION_NEWEST, 45, PROTO_U8,   0) \
	X(TAG_PARENT,         46, PROTO_ID,   TOKEN_ID_LEN)     /* the token that this one was exchanged for */ \
	X(TAG_SUCCESSOR,      47, PROTO_ID,   TOKEN_ID_LEN)     /* the token that it was rotated to */ \
	X(TAG_GRACE,          48, PROTO_U64,  0)                /* rotate: seconds that the old one lives on */ \
	X(TAG_UNTIL_USED,     49, PROTO_FLAG, 0)                /* the old one lives until the new one's first use */ \
	X(TAG_GRACE_ENDS,     50, PROTO_U64,  0)                /* when the old one ends, seconds since the epoch */ \
	X(TAG_SINCE,          51, PROTO_U64,  0)                /* log: from this time on, seconds since the epoch */ \
	X(TAG_SEQ,            52, PROTO_U64,  0)                /* an event's number; log: those after it; item: its line, for errors */ \
	X(TAG_TIME,           53, PROTO_U64,  0)                /* of an event, of a session's beginning: seconds since the epoch */ \
	X(TAG_EVENT,          54, PROTO_TEXT, 32)               /* what happened, in a word */ \
	X(TAG_ACTOR,          55, PROTO_TEXT, LIMIT_USER)       /* who did it */ \
	X(TAG_EXPIRED_FOR,    56, PROTO_U64,  0)                /* prune: ended so many seconds ago or earlier */ \
	X(TAG_REVOKED_FOR,    57, PROTO_U64,  0)                /* prune: likewise */ \
	X(TAG_UNUSED_FOR,     58, PROTO_U64,  0)                /* revoke: those not used for so many seconds */ \
	X(TAG_DRY_RUN,        59, PROTO_FLAG, 0)                /* prune: tell, and do nothing */ \
	X(TAG_PROCESS,        60, PROTO_BYTES, 32)              /* the module's host (common/process.h) */ \
	X(TAG_RECORD,         61, PROTO_BYTES, LIMIT_RECORD)    /* item: a token (docs/RECORD.md) */ \
	X(TAG_USAGE,          62, PROTO_BYTES, 512)             /* item: how it was used, likewise */ \
	X(TAG_DELETED,        63, PROTO_U64,  0)                /* item: when a token was deleted, seconds since the epoch */ \
	X(TAG_PID,            64, PROTO_U32,  0)                /* of the process that opened a session */ \
	X(TAG_STATE,          65, PROTO_TEXT, LIMIT_MESSAGE)    /* what became of a session */ \
	X(TAG_CHANGED,        66, PROTO_U64,  0)                /* import: how many were merged */ \
	X(TAG_ALREADY,        67, PROTO_U64,  0)                /* scan, import: how many needed nothing */ \
	X(TAG_UNKNOWN,        68, PROTO_U64,  0)                /* scan: how many are no tokens of this store */ \
	X(TAG_CONFLICTS,      69, PROTO_U64,  0)                /* import: how many were left out */ \
	X(TAG_OTHER,          70, PROTO_ID,   TOKEN_ID_LEN)     /* of an event: another token, its successor or parent */
/* clang-format on */

enum proto_tag {
#define PROTO_TAG_ENUM(name, number, type, limit) name = number,
	PROTO_TAGS(PROTO_TAG_ENUM)
#undef PROTO_TAG_ENUM
		PROTO_TAG_END =
			96,	   /* strict tags are below; a present one is a bit of proto_tags */
	PROTO_TAG_OPTIONAL = 0x80, /* tags from here on may be ignored by who doesn't know them */
};

/* A set of tags. The whole project wants 64 bits, as the store's map does; there compilers have
 * this. */
typedef unsigned __int128 proto_tags;
#define PROTO_BIT(tag) ((proto_tags)1 << (tag))

enum proto_verb {
	/* the module */
	VERB_VERIFY = 0x01,
	VERB_ACCOUNT = 0x02,
	VERB_SESSION_OPEN = 0x03,
	VERB_SESSION_CLOSE = 0x04,
	/* patctl */
	VERB_MINT = 0x10,
	VERB_LIST = 0x11,
	VERB_SHOW = 0x12,
	VERB_EDIT = 0x13,
	VERB_REVOKE = 0x14,
	VERB_RESTORE = 0x15,
	VERB_DELETE = 0x16,
	VERB_INSPECT = 0x17,
	VERB_EXPLAIN = 0x18,
	VERB_POLICY = 0x19,
	VERB_ACCOUNTS = 0x1A,
	VERB_STATUS = 0x20,
	VERB_CLOCK_RESET = 0x21,
	VERB_ROTATE = 0x22,
	VERB_EXCHANGE = 0x23,
	VERB_SCAN = 0x24,
	VERB_LOG = 0x25,
	VERB_PRUNE = 0x26,
	VERB_EXPORT = 0x27,
	VERB_IMPORT = 0x28,
	VERB_SESSIONS = 0x29,
	VERB_KILL = 0x2A,
	/* an answer to a prompt, while a request is under way */
	VERB_RESPONSE = 0x30,
	/* what a stream carries, either way; and the end of one that goes to the daemon */
	VERB_ITEM = 0x31,
	VERB_END = 0x32,
	/* what comes back */
	VERB_OK = 0x80,	  /* the answer, or the last packet of it */
	VERB_MORE = 0x81, /* a packet of an answer that goes on */
	VERB_ERROR = 0x82,
	VERB_PROMPT = 0x83,
	VERB_VERSION = 0x84,
	VERB_ROW = 0x85,     /* a row of an answer that goes on: a key and what is told of it */
	VERB_EVENT = 0x86,   /* likewise, of a log */
	VERB_SESSION = 0x87, /* likewise, of sessions */
	VERB_GO = 0x88,	     /* what was announced may come: ITEMs, and an END */
};

/* PAM's message styles, numbered by the protocol. */
enum proto_style { STYLE_ECHO_OFF = 1, STYLE_ECHO_ON = 2, STYLE_ERROR = 3, STYLE_INFO = 4 };

enum token_kind { KIND_PERSONAL = 1, KIND_SERVICE = 2, KIND_EXCHANGED = 3 };

enum token_status {
	STATUS_ACTIVE = 1,
	STATUS_PENDING = 2,
	STATUS_EXPIRED = 3,
	STATUS_REVOKED = 4,
	STATUS_USED_UP = 5,
	STATUS_ROTATED = 6,
	STATUS_LOCKED = 7,
	STATUS_DISALLOWED = 8,
};

/* "active", "used up", ...; NULL for a number that is none. */
const char *token_kind_name(uint64_t kind);
const char *token_status_name(uint64_t status);

/* A decoded message. The spans point into the packet, which must stay while they are used. */
struct proto_msg {
	uint8_t version;
	uint8_t verb;
	proto_tags present; /* PROTO_BIT of each tag that came */
	struct span text[PROTO_TAG_END];
	uint64_t number[PROTO_TAG_END];
};

bool proto_has(const struct proto_msg *m, enum proto_tag tag);
/* The value of a tag; an empty span, or 0, when it did not come. */
struct span proto_text(const struct proto_msg *m, enum proto_tag tag);
uint64_t proto_number(const struct proto_msg *m, enum proto_tag tag);

/*
 * Decodes one packet of n bytes, whole. ERR_VERSION: another version than ours (m->version and
 * m->verb are filled, nothing else). ERR_PROTO: anything else that is not a message of the tables:
 * unknown verb, unknown or repeated tag below PROTO_TAG_OPTIONAL, wrong length of a value, a NUL in
 * a text, a tag that the verb does not carry or a missing one that it must, bytes left over.
 */
int proto_decode(const void *packet, size_t n, struct proto_msg *m);

/* A message being made. Holds what was secret in it: proto_wipe() it. */
struct proto_out {
	struct writer w;
	uint8_t verb;
	bool failed;
	proto_tags present;
	uint8_t packet[LIMIT_PACKET];
};

void proto_begin(struct proto_out *o, enum proto_verb verb);
/* Too long, a NUL, a wrong type, twice the same: latched, and told by proto_end(). */
void proto_put_text(struct proto_out *o, enum proto_tag tag, struct span value);
void proto_put_string(struct proto_out *o, enum proto_tag tag, const char *value);
void proto_put_number(struct proto_out *o, enum proto_tag tag, uint64_t value);
/* Likewise, but nothing of what is "", or 0. */
void proto_put_string_if(struct proto_out *o, enum proto_tag tag, const char *value);
void proto_put_number_if(struct proto_out *o, enum proto_tag tag, uint64_t value);
/* The length of the finished packet, in o->packet; 0 if it is no message of the tables. */
size_t proto_end(struct proto_out *o);
void proto_wipe(struct proto_out *o);

/* An error answer as one packet; message may be NULL, and is cut to LIMIT_MESSAGE. */
size_t proto_error(struct proto_out *o, int err, const char *message);

#endif
