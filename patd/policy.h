/*
 * policy.h: the two decisions that matter, as pure functions of values: may this actor do this, and
 * does this token open this door now? No I/O, no clock.
 */
#ifndef PATD_POLICY_H
#define PATD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "patd/account.h"
#include "patd/config.h"
#include "patd/record.h"

/* Who the actor is to the account that a request is about. */
enum relation { RELATION_OTHER, RELATION_OWNER, RELATION_MANAGER, RELATION_ROOT, RELATIONS };

/* What a request does to it. */
enum action {
	ACTION_LOOK,  /* list, show, revoke, delete: sees or narrows */
	ACTION_WIDEN, /* mint, edit, restore: gives a power that was not there */
	ACTION_ALL,   /* list -a: about every account */
	ACTIONS
};

/* 0: yes. REAUTHENTICATE: yes, once the person has proved who they are. Else the error. */
enum { REAUTHENTICATE = 1 };
int policy_may(enum relation relation, enum action action, const struct config *config);

/*
 * peer: the connecting uid, whose account is `actor`. An account is its name and its uid: with the
 * uid alone a new account would inherit what a deleted one left.
 */
enum relation policy_relation(uid_t peer, const struct account *actor, const char *owner, uid_t uid);

/* Does the token belong to the account: same name, same uid? */
bool policy_owns(const struct account *account, const struct record *token);

/* One use of a token whose secret was right. */
struct policy_use {
	const struct record *token;
	uint8_t prefix_kind; /* what the prefix that was presented stands for; 0: not a prefix of ours */
	/* What names said of the PAM user; NULL where there is no PAM user (inspect, list). */
	const struct account *user;
	/* What names said of the owner's name. */
	const struct account *owner;
	bool any_service;    /* would it be accepted for some service? */
	struct span service; /* else: this one */
	uint64_t now;	     /* seconds since the epoch */
	const struct config *config;
};

/*
 * 0, or the first check that refuses, in the order of the table in policy.c, with one line in why
 * for whoever holds the token. ERR_NAMES: the name service could not be asked.
 */
int policy_decide(const struct policy_use *use, char *why, size_t why_size);

/* The status of a token: what policy_decide() says of any service. why is "" for an active one. */
enum token_status policy_status(const struct record *token, const struct account *owner, uint64_t now,
	const struct config *config, char *why, size_t why_size);

#endif
