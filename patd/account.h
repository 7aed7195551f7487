/*
 * account.h: what the name service says of an account, and the two messages in which the store
 * process asks the names process and is told. Pure.
 */
#ifndef PATD_ACCOUNT_H
#define PATD_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/limits.h"

/* Found, absent and "could not be asked" are never taken for each other. */
enum account_state { ACCOUNT_ERROR = 0, ACCOUNT_FOUND = 1, ACCOUNT_ABSENT = 2 };

struct account {
	enum account_state state;
	/* the rest is meaningful for ACCOUNT_FOUND only, and zero otherwise */
	uid_t uid;
	bool locked;		   /* by an administrator (account_password_locked()) */
	bool expired;		   /* by shadow's account expiry date */
	bool local;		   /* it stands in /etc/passwd, not in a directory */
	char name[LIMIT_USER + 1]; /* as the name service gives it back, which may differ */
	/* The names of all its groups, the primary one included: each with its NUL, one after the
	 * other. Not known: the name service failed, or they are more than LIMIT_GROUPS bytes. */
	bool groups_known;
	uint16_t groups_len;
	char groups[LIMIT_GROUPS];
};

struct account_query {
	uint32_t seq; /* the asker's number for it, not 0; comes back in the answer */
	bool first;   /* for root: not behind what others ask */
	bool by_uid;
	uid_t uid;		   /* by_uid */
	char name[LIMIT_USER + 1]; /* else; not empty */
};

/* An answer with seq 0 (and ACCOUNT_ERROR) answers nothing: what was told may no longer hold. */
struct account_answer {
	uint32_t seq;
	struct account account;
};

/* Do both ask the same, whatever their numbers? */
bool account_query_same(const struct account_query *a, const struct account_query *b);

enum { ACCOUNT_PACKET = 512 + LIMIT_GROUPS }; /* no message is longer */

/*
 * Encode to buf (ACCOUNT_PACKET bytes): the length, or 0 for what is no message (a query with seq 0
 * or no name, an answer with seq 0 that says more than ACCOUNT_ERROR). Decode: 0 or ERR_PROTO,
 * strictly.
 */
size_t account_query_encode(const struct account_query *q, void *buf);
int account_query_decode(const void *buf, size_t n, struct account_query *q);
size_t account_answer_encode(const struct account_answer *a, void *buf);
int account_answer_decode(const void *buf, size_t n, struct account_answer *a);

/* Adds a group; what does not fit makes the groups unknown. */
void account_add_group(struct account *a, const char *group);

/*
 * Does shadow's password field say that an administrator locked the account? What remains after
 * leading '!' is neither empty nor "*", and something was stripped. A bare "!", "!!", "*" or "!*"
 * (as systemd-sysusers writes) never had a password and is not locked (service accounts). passwd -l
 * makes
 * "!$y$..." of "$y$...".
 */
bool account_password_locked(const char *field);

/* Has it expired on `today` (days since the epoch)? sp_expire as in shadow(5); negative: never. */
bool account_expired(long sp_expire, long today);

#endif
