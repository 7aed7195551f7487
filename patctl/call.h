/*
 * call.h: a command's request to the daemon and its answer, with the prompts in between.
 *
 *     call_begin(&c, a, VERB_SHOW, name);
 *     call_token(&c);
 *     err = call_run(&c, f);          the answer is in call_answer(&c)
 *     call_end(&c);                    always
 */
#ifndef PATCTL_CALL_H
#define PATCTL_CALL_H

#include "common/client.h"
#include "patctl/command.h"
#include "patctl/prompt.h"

struct call {
	const struct args *args;
	const char *token; /* as the command line calls it, for faults; NULL: none */
	enum proto_verb verb;
	const char *too_long; /* the first value that did not fit, by its name for a person */
	size_t limit;
	enum prompt_mode mode;
	struct input input; /* where answers come from, but for the terminal */
	struct client client;
	struct proto_out out;
};

/* Carries -u's account too. `token` must live as long as faults about it. */
void call_begin(struct call *c, const struct args *a, enum proto_verb verb, const char *token);

/* Names the token that the request is about: what has the form of an ID is one, else it's a name.
 */
void call_token(struct call *c);

/* One value; `what` names it in a fault if it is too long. NULL is left out. */
void call_text(struct call *c, enum proto_tag tag, const char *what, const char *value);
void call_number(struct call *c, enum proto_tag tag, uint64_t value);

/*
 * Sends the request, holds the conversation that the daemon may want, and returns with its answer
 * (VERB_OK; or a packet of an answer that goes on: then call_next()), or an error and its fault.
 * What needs re-authentication fails before connecting where nobody could answer.
 */
int call_run(struct call *c, struct fault *f);
int call_next(struct call *c, struct fault *f);

/*
 * A stream to the daemon, once call_run() has had VERB_GO for its answer: call_send() sends the
 * message that was begun in c->out, call_finish() the END, and returns with the answer. If the
 * daemon ends it before, either returns why.
 */
int call_send(struct call *c, struct fault *f);
int call_finish(struct call *c, struct fault *f);

/* The last answer; gone after call_end(). */
const struct proto_msg *call_answer(const struct call *c);

/* Closes and wipes. */
void call_end(struct call *c);

#endif
