/*
 * err.h: the one error enum. A function of this project returns 0 or one of these, all negative.
 *
 * One table (ERR_TABLE) gives each its wire number, the code that patctl's JSON uses, patctl's exit
 * status, the code that pam_sm_authenticate returns, and a text. The numbers are part of the
 * protocol (docs/PROTOCOL.md): they are never used again for something else.
 */
#ifndef PAT_ERR_H
#define PAT_ERR_H

#include <stdint.h>

/* Exit statuses of patctl. */
enum {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 3,
	EXIT_NOT_PERMITTED = 4,
	EXIT_NAME_TAKEN = 5,
	EXIT_UNAVAILABLE = 75,
};

/* What a caller of PAM is told: D denied, U unavailable. Resolved in pam_pat, which knows libpam.
 */
enum err_pam { ERR_PAM_DENIED, ERR_PAM_UNAVAILABLE };

/* clang-format off */
/*          name               no  JSON code              exit status         PAM                  text */
#define ERR_TABLE(X) \
	X(ERR_MEMORY,           1, "out_of_memory",       EXIT_UNAVAILABLE,   ERR_PAM_UNAVAILABLE, "out of memory") \
	X(ERR_IO,               2, "io_error",            EXIT_UNAVAILABLE,   ERR_PAM_UNAVAILABLE, "input or output failed") \
	X(ERR_PROTO,            3, "protocol_error",      EXIT_UNAVAILABLE,   ERR_PAM_UNAVAILABLE, "the daemon's answer is malformed") \
	X(ERR_VERSION,          4, "version_mismatch",    EXIT_UNAVAILABLE,   ERR_PAM_UNAVAILABLE, "the daemon speaks another version of the protocol; upgrade both together") \
	X(ERR_UNAVAILABLE,      5, "unavailable",         EXIT_UNAVAILABLE,   ERR_PAM_UNAVAILABLE, "the daemon cannot be reached") \
	X(ERR_TIMEOUT,          6, "timeout",             EXIT_UNAVAILABLE,   ERR_PAM_UNAVAILABLE, "the daemon did not answer in time") \
	X(ERR_BUSY,             7, "busy",                EXIT_UNAVAILABLE,   ERR_PAM_UNAVAILABLE, "the daemon has too many connections; try again") \
	X(ERR_IMPOSTOR,         8, "impostor",            EXIT_UNAVAILABLE,   ERR_PAM_UNAVAILABLE, "whoever listens on the socket is not root") \
	X(ERR_STORE,            9, "store_error",         EXIT_UNAVAILABLE,   ERR_PAM_UNAVAILABLE, "the store failed; see the daemon's log") \
	X(ERR_NAMES,           10, "names_error",         EXIT_UNAVAILABLE,   ERR_PAM_UNAVAILABLE, "the name service failed; try again") \
	X(ERR_USAGE,           11, "usage",               EXIT_USAGE,         ERR_PAM_UNAVAILABLE, "wrong usage") \
	X(ERR_INVALID,         12, "invalid",             EXIT_USAGE,         ERR_PAM_UNAVAILABLE, "a value is not of its accepted form") \
	X(ERR_LEAKED,          13, "token_in_arguments",  EXIT_USAGE,         ERR_PAM_UNAVAILABLE, "a token was given as an argument") \
	X(ERR_NO_TOKEN,        20, "no_such_token",       EXIT_NOT_FOUND,     ERR_PAM_DENIED,      "no such token") \
	X(ERR_NO_ACCOUNT,      21, "no_such_account",     EXIT_NOT_FOUND,     ERR_PAM_DENIED,      "no such account") \
	X(ERR_NO_SESSION,      22, "no_token_session",    EXIT_NOT_FOUND,     ERR_PAM_DENIED,      "no token opened this session") \
	X(ERR_NOT_PERMITTED,   30, "not_permitted",       EXIT_NOT_PERMITTED, ERR_PAM_DENIED,      "not permitted") \
	X(ERR_REAUTH,          31, "reauth_failed",       EXIT_NOT_PERMITTED, ERR_PAM_DENIED,      "re-authentication failed") \
	X(ERR_REAUTH_NEEDED,   32, "reauth_impossible",   EXIT_NOT_PERMITTED, ERR_PAM_DENIED,      "re-authentication needs a terminal, -S or --prompt=json") \
	X(ERR_REAUTH_BLOCKED,  33, "reauth_blocked",      EXIT_NOT_PERMITTED, ERR_PAM_DENIED,      "too many failed re-authentications; try again in 10 minutes") \
	X(ERR_NO_FACTOR,       34, "no_password",         EXIT_NOT_PERMITTED, ERR_PAM_DENIED,      "this account has no password here") \
	X(ERR_NAME_TAKEN,      40, "name_taken",          EXIT_NAME_TAKEN,    ERR_PAM_DENIED,      "a live token of this name exists") \
	X(ERR_REFUSED,         41, "refused",             EXIT_REFUSED,       ERR_PAM_DENIED,      "refused") \
	X(ERR_DECLINED,        42, "declined",            EXIT_REFUSED,       ERR_PAM_DENIED,      "declined") \
	X(ERR_LIVE,            43, "token_is_live",       EXIT_REFUSED,       ERR_PAM_DENIED,      "the token is live; revoke it first") \
	X(ERR_LIMIT,           44, "too_many_tokens",     EXIT_REFUSED,       ERR_PAM_DENIED,      "the account has as many live tokens as max_tokens allows") \
	X(ERR_NOT_REVOKED,     45, "token_not_revoked",   EXIT_REFUSED,       ERR_PAM_DENIED,      "the token is not revoked") \
	X(ERR_TOO_OFTEN,       46, "too_often",           EXIT_REFUSED,       ERR_PAM_DENIED,      "too often; try again in a second") \
	X(ERR_EXPIRED,         50, "expired",             EXIT_REFUSED,       ERR_PAM_DENIED,      "the token has expired") \
	X(ERR_PENDING,         51, "pending",             EXIT_REFUSED,       ERR_PAM_DENIED,      "the token is not valid yet") \
	X(ERR_REVOKED,         52, "revoked",             EXIT_REFUSED,       ERR_PAM_DENIED,      "the token is revoked") \
	X(ERR_USED_UP,         53, "used_up",             EXIT_REFUSED,       ERR_PAM_DENIED,      "the token is used up") \
	X(ERR_LOCKED,          54, "locked",              EXIT_REFUSED,       ERR_PAM_DENIED,      "the owner's account is locked or gone") \
	X(ERR_DISALLOWED,      55, "disallowed",          EXIT_REFUSED,       ERR_PAM_DENIED,      "today's policy does not allow the token") \
	X(ERR_SCOPE,           56, "out_of_scope",        EXIT_REFUSED,       ERR_PAM_DENIED,      "the token is not for this service") \
	X(ERR_OWNER,           57, "wrong_owner",         EXIT_REFUSED,       ERR_PAM_DENIED,      "the token belongs to another account") \
	X(ERR_CLOCK,           58, "clock_behind",        EXIT_REFUSED,       ERR_PAM_DENIED,      "the clock is behind the store's; tokens with an end are refused") \
	X(ERR_SOURCE,          59, "wrong_source",        EXIT_REFUSED,       ERR_PAM_DENIED,      "the token is not for logins from there") \
	X(ERR_BIND_KEY,        60, "key_not_proved",      EXIT_REFUSED,       ERR_PAM_DENIED,      "the token needs an SSH key that this login did not prove") \
	X(ERR_ROTATED,         61, "rotated",             EXIT_REFUSED,       ERR_PAM_DENIED,      "the token was rotated, and its grace time is over")
/* clang-format on */

enum err {
	ERR_NONE = 0,
#define ERR_ENUM(name, number, json, status, pam, text) name = -(number),
	ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
};

struct err_info {
	int err;	  /* the enum's value */
	const char *json; /* snake_case, stable */
	int status;	  /* patctl's exit status */
	enum err_pam pam; /* what pam_sm_authenticate makes of it */
	const char *text; /* one line, no full stop */
};

/* The row of `err`. What is no error of the table (an answer from outside) is told as ERR_PROTO. */
const struct err_info *err_info(int err);

/* err_info(err)->text */
const char *err_text(int err);

/* The error of a number received from outside; ERR_PROTO if the table has none. */
int err_from_wire(uint64_t number);

#endif
