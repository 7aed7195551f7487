/*
 * request.h: one request while it is decided. It knows nothing of sockets.
 *
 * An operation may be run several times: when it lacks an answer of the name service it returns
 * REQUEST_ASK with the question in r->want, and is run again, from its start and in a new
 * transaction, once the answer is there. So no snapshot of the store is held while anyone is waited
 * for, and what is written is decided again inside the transaction that writes it.
 */
#ifndef PATD_REQUEST_H
#define PATD_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/proto.h"
#include "common/record.h"
#include "patd/account.h"
#include "patd/config.h"
#include "patd/control.h"
#include "patd/decide.h"
#include "patd/log_event.h"
#include "patd/policy.h"
#include "patd/session.h"
#include "patd/store.h"
#include "patd/store_event.h"

/* What an operation may return beside 0 and an error. */
enum {
	REQUEST_ASK = 10,	/* names must be asked for r->want first */
	REQUEST_REAUTHENTICATE, /* the person must prove who they are first */
	REQUEST_NOTHING, /* stream: no packet came of this call, but there is more to look at */
	REQUEST_ERRAND,	 /* a stream: the parent must do r->errand first */
	REQUEST_AGAIN,	 /* an apply: that part is done, and another is to follow */
};

struct handovers;
struct handover_held;
struct batch;
struct names_cache;
struct rate;
struct tally;

/* Answers of the name service that this request has had; the oldest makes room. */
enum { REQUEST_ANSWERS = 4 };
struct request_answer {
	struct account_query query;
	struct account account;
};

/* Who and what the request is about, found by subject.c. */
struct subject {
	struct account actor;	/* the peer */
	struct account account; /* the account that the request is about, as names know it */
	uint32_t uid;		/* and as tokens name it: */
	char owner[LIMIT_USER + 1];
	struct record token; /* where it is about one token */
	enum relation relation;
};

/* What bulk work has done: of all parts that stand, or of the one under way. */
struct tallied {
	uint64_t count; /* revoked, deleted, added */
	uint64_t changed, already, unknown, conflicts;
};

struct request {
	/* set before the first run */
	uid_t peer;
	pid_t peer_pid; /* 0: unknown */
	struct proto_msg msg;
	struct config *config;	     /* a reference */
	struct names_cache *names;   /* NULL in the writing thread */
	struct tally *tally;	     /* what was counted and not written yet; NULL: nothing */
	struct handovers *handovers; /* NULL in the writing thread */
	struct rate *exchanges;	     /* a second, by parent; NULL: not limited here */
	uint64_t started;	     /* seconds since the epoch: when patd did */
	bool reauthenticated;	     /* the person has proved that they are `peer` */

	/* set before each run: seconds since the epoch */
	uint64_t now;
	uint64_t clock_mark; /* the latest time seen; in the writing thread as of the run before */

	/* between runs */
	bool told; /* an early answer is out: what it promised is done, whatever came between */
	struct account_query want;
	struct request_answer answers[REQUEST_ANSWERS];
	unsigned answer_count;
	struct store_walk walk;		/* list, prune, export: where it stands */
	size_t row;			/* explain, policy, accounts, kill: likewise */
	bool rated;			/* exchange: it was counted among this second's */
	char deleted[TOKEN_ID_LEN + 1]; /* export: the last deleted ID that was told, or "" */
	struct batch *batch;		/* a stream to patd: what came and is not applied yet */
	size_t parts;			/* bulk work: how many parts stand, */
	struct tallied sum;		/* and what they did */
	struct session
		session; /* sessions, kill: likewise; session_open, session_close: that one */
	uint64_t count;	 /* kill: of those ended */
	struct control
		errand; /* what the parent is asked for; then, with errand_done, its result */
	bool errand_done;
	struct session asked; /* sessions, kill: what the errand is about; id "": about none */
	struct handover_held
		*claimed; /* session_open: the login that is taken for it; NULL: none */
	struct request_log {
		struct store_event_walk walk;
		char id[TOKEN_ID_LEN + 1]; /* only of this token; "": of all */
		bool found;		   /* the ID is known, or need not be */
	} log;				   /* log: likewise */

	/* results of a run */
	bool answered; /* a check: the answer is made, there is nothing to apply */
	bool reauth_needed;
	bool found;  /* session_close: there is one to close */
	bool reused; /* verify, exchange: what was rotated is used again, and its family must go */
	bool clock_reset; /* forget the clock mark once this stands */
	char counted[TOKEN_ID_LEN +
		     1];	 /* the token of a login to count once it is answered, or "" */
	bool sweep;		 /* look after the accounts once this stands */
	struct store_walk ahead; /* where the walk stands once this part does */
	struct tallied part;
	struct handover
		login; /* verify: what to keep for a session once it is answered; id "": none */
	struct subject subject;
	struct proto_out out;	     /* the answer, or (stream) the next packet of it */
	bool last;		     /* stream: that packet ends it */
	char why[LIMIT_MESSAGE + 1]; /* with an error: more than its text says, or "" */
	struct lineage lineage;	     /* above the token that was looked at last (view_use()) */
	/*
	 * What happened, to be told once the result stands: a deed or a login when that is 0, a
	 * refusal when it is an error. A deed is stored in the transaction that does it.
	 */
	struct log_event event;
};

/* Forgets what an earlier run left. */
void request_reset(struct request *r);
/* The part that was applied stands: it is counted, and the next one goes on behind it. */
void request_settle(struct request *r);
/* What all parts did, the one under way included. */
struct tallied request_sum(const struct request *r);
/* Frees what the request owns, but for the configuration. */
void request_end(struct request *r);

/*
 * The answer to a question: 0 and *out (valid until the next call), or REQUEST_ASK. An answer of
 * ACCOUNT_ERROR is an answer.
 */
int request_account(struct request *r, const struct account_query *q, const struct account **out);
int request_account_named(struct request *r, struct span name, const struct account **out);
/* Takes the answer to r->want, for the next run. */
void request_answered(struct request *r, const struct account *account);
/* Makes the next run ask anew, as after a wait for a person. */
void request_forget(struct request *r);

/* An event about the token by who asks, with nothing told yet of a login. token: NULL: about none.
 */
void request_event(const struct request *r, enum event_type type, const struct record *token,
	struct log_event *out);

/* Sets r->why and returns err. */
__attribute__((format(printf, 3, 4))) int request_fail(
	struct request *r, int err, const char *format, ...);

#endif
