/*
 * decide.h: does this token open this door now? One table of checks, in the order in which they
 * count, read by the decision, by a token's status, and by its explanation. Pure: no I/O, no clock.
 */
#ifndef PATD_DECIDE_H
#define PATD_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/limits.h"
#include "common/proto.h"
#include "common/record.h"
#include "patd/account.h"
#include "patd/config.h"

/* What a token was exchanged for, and what that was: the nearest first. */
struct kin {
	struct record token;
	uint64_t last_used; /* seconds since the epoch; 0: never */
	uint64_t used;	    /* as in struct use */
};
struct lineage {
	size_t n;
	bool broken; /* one of them is gone, and all above it */
	struct kin kin[LIMIT_DEPTH];
};

/* One use of a token whose secret was right, real or imagined. */
struct use {
	const struct record *token;
	uint8_t prefix_kind; /* what the prefix that was presented stands for; 0: not a prefix of
				ours */
	/* What names said of the PAM user; NULL where there is none (inspect, list). */
	const struct account *user;
	/* What names said of the owner's name. */
	const struct account *owner;
	/* The door. any_door: would it be accepted at some door? Then the rest is not looked at. */
	bool any_door;
	struct span service;
	struct span rhost;
	struct span auth_info; /* SSH_AUTH_INFO_0 as root's sshd tells it; else empty */
	bool counted; /* this login has been counted already: its uses are not asked again */
	uint64_t now,
		clock_mark; /* seconds since the epoch; the latest time that the store has seen */
	uint64_t last_used; /* likewise; 0: never */
	uint64_t used;	    /* how many of its uses are counted, by whoever shares them */
	const struct lineage *lineage; /* what is above it; NULL: nothing */
	size_t depth; /* for decide.c: where in there what is above the ancestor under way begins */
	const struct config *config;
};

/* Each ancestor must pass the same checks: it is asked after all of the token's own. */

/* While the clock is further than this behind the mark, ends cannot be judged. */
enum { DECIDE_CLOCK_SLACK = 300 };
bool decide_clock_behind(uint64_t now, uint64_t clock_mark);

/*
 * 0, or the first check that refuses, with one line in why (LIMIT_MESSAGE + 1 bytes) for whoever
 * holds the token. ERR_NAMES: the name service could not be asked.
 */
int decide(const struct use *u, char *why, size_t why_size);

/* The status of a token: what decide() says of any door. why is "" for an active one. */
enum token_status decide_status(const struct use *u, char *why, size_t why_size);

/* One check, told. */
struct verdict {
	const char *check; /* its name */
	bool passes;
	char value[LIMIT_MESSAGE + 1]; /* what was looked at */
	char rule[LIMIT_MESSAGE + 1];  /* what it was held against */
};

/* The i-th check, from 0, and then what each ancestor's checks say; false: there are no more. Each
 * is told, also after one that refuses. */
bool decide_explain(const struct use *u, size_t i, struct verdict *out);

#endif
