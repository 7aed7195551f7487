/*
 * converse.h: one re-authentication: the PAM conversation with a person, in the child that the root
 * parent forked for it, and what that child reports to the parent. reauth.h is the parent's side.
 */
#ifndef PATD_CONVERSE_H
#define PATD_CONVERSE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/limits.h"

/* First that an answer came, before anything looks at it; at last the result. */
struct converse_report {
	bool ended; /* else: the first answer came, and the rest is zero */
	int err;
	char message[LIMIT_MESSAGE + 1]; /* one line for the person, or "" */
};

enum { CONVERSE_PACKET = 1 + 2 + LIMIT_MESSAGE };

/* Encode to buf (CONVERSE_PACKET bytes): the length. Decode: 0 or ERR_PROTO, strictly. */
size_t converse_encode(const struct converse_report *r, void *buf);
int converse_decode(const void *buf, size_t n, struct converse_report *r);

enum {
	CONVERSE_MESSAGES = 32, /* what PAM modules may say to one person */
	CONVERSE_ANSWERS = 8,	/* what they may ask */
};

/*
 * Authenticates `uid` by PAM service `patctl` over `client`, and reports on `report_fd` (of
 * chan_pair()). Run as root in a process just forked, with all signals blocked: gives it default
 * signals, the person's real uid, no other descriptors. Ends the process.
 */
_Noreturn void converse_run(int client, int report_fd, uid_t uid);

#endif
