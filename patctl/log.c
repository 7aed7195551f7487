#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/err.h"
#include "patctl/call.h"
#include "patctl/command.h"
#include "patctl/event.h"
#include "patctl/output.h"
#include "patctl/when.h"

/* How often --follow asks for more. */
enum { FOLLOW_MS = 1000 };

static const struct option options[] = {
	{"all", 'a', NULL, OPTION_FIELD(all), "of every account (root)"},
	{"since", 0, "WHEN", OPTION_FIELD(since), "from then on, or for so long (1h)"},
	{"follow", 'f', NULL, OPTION_FIELD(follow), "go on, and show what happens as it does"},
	OPTION_END,
};

/* A log on its way out. Nothing of it is kept. */
struct showing {
	const struct args *args;
	uint64_t since;
	bool begun;   /* an answer was complete: only what came after `seq` is asked for */
	uint64_t seq; /* of the last event that was shown, or the last there was */
	size_t shown;
};

static int show_one(struct showing *s, const struct proto_msg *m, struct fault *f)
{
	int err = 0;

	if (s->args->json && s->args->follow)
		err = output_json(event_json(m), f);
	else if (s->args->json)
		err = output_array_element(event_json(m), f);
	else {
		if (s->shown == 0)
			event_print_heads();
		event_print(m);
	}
	s->shown++;
	s->seq = proto_number(m, TAG_SEQ);
	return err;
}

static void begin_call(const struct showing *s, struct call *call)
{
	const struct args *a = s->args;

	call_begin(call, a, VERB_LOG, a->operand_count ? a->operands[0] : NULL);
	if (a->operand_count)
		call_token(call);
	if (a->all)
		call_number(call, TAG_ALL, 1);
	if (s->since)
		call_number(call, TAG_SINCE, s->since);
	if (s->begun || s->shown)
		call_number(call, TAG_SEQ, s->seq);
}

/* Asks once, and shows all that comes. */
static int show(struct showing *s, struct fault *f)
{
	struct call call;
	int err;

	begin_call(s, &call);
	err = call_run(&call, f);
	while (!err && call_answer(&call)->verb == VERB_EVENT) {
		err = show_one(s, call_answer(&call), f);
		if (!err)
			err = call_next(&call, f);
	}
	if (!err) {
		s->begun = true;
		s->seq = proto_number(call_answer(&call), TAG_SEQ);
	}
	call_end(&call);
	return err;
}

/* Waits for the next time to ask; false: nobody reads any more. */
static bool wait_for_more(void)
{
	struct pollfd out = {STDOUT_FILENO, 0, 0};

	fflush(stdout);
	return poll(&out, 1, FOLLOW_MS) <= 0 || !(out.revents & (POLLERR | POLLHUP | POLLNVAL));
}

/* Once it has begun, a daemon that is away for a while is waited for. */
static int follow(struct showing *s, struct fault *f)
{
	int err = show(s, f);

	while (!err && wait_for_more()) {
		err = show(s, f);
		if (err && err_info(err)->status == EXIT_UNAVAILABLE) {
			*f = (struct fault){0};
			err = 0;
		}
	}
	return err;
}

static int show_all(struct showing *s, struct fault *f)
{
	int err;

	if (s->args->json)
		output_array_begin();
	err = show(s, f);
	if (err)
		return err;
	if (s->args->json)
		output_array_end();
	else if (s->shown == 0)
		output_note("no events");
	return 0;
}

static int run(const struct args *a, struct fault *f)
{
	struct showing s = {.args = a};

	if (a->all && (a->user || a->operand_count))
		return fault_say(
			f, ERR_USAGE, NULL, "log: of all, of an account or of a token: say one");
	if (a->since && when_past(a->since, time(NULL), &s.since))
		return fault_say(f, ERR_USAGE, NULL,
			"--since: \"%s\": no time that is past; accepted are %s", a->since,
			WHEN_PAST_FORMS);
	return a->follow ? follow(&s, f) : show_all(&s, f);
}

const struct command command_log = {
	.name = "log",
	.synopsis = "[TOKEN]",
	.help = "tell who did what when: tokens made and changed, logins, refusals",
	.options = options,
	.operand = "TOKEN",
	.max = 1,
	.account = true,
	.run = run,
};
