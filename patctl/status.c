#include <inttypes.h>
#include <stdio.h>

#include "patctl/call.h"
#include "patctl/command.h"
#include "patctl/escape.h"
#include "patctl/output.h"
#include "patctl/when.h"

static const struct option options[] = {OPTION_END};

/* What the daemon tells to root alone; to others it is absent. */
static json_t *number(const struct proto_msg *m, enum proto_tag tag)
{
	return proto_has(m, tag) ? json_integer((json_int_t)proto_number(m, tag)) : json_null();
}

static json_t *json_of(const struct proto_msg *m)
{
	char started[WHEN_SIZE];

	when_rfc3339(proto_number(m, TAG_STARTED), started);
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "daemon",
		output_text(proto_text(m, TAG_DAEMON)), "started",
		proto_has(m, TAG_STARTED) ? json_string(started) : json_null(), "tokens",
		number(m, TAG_COUNT), "store_bytes", number(m, TAG_STORE_BYTES), "clock_behind",
		number(m, TAG_CLOCK_BEHIND));
}

static void print(const struct proto_msg *m)
{
	char daemon[ESCAPE_SIZE(64)];

	printf("patd %s serves\n", escape_text(proto_text(m, TAG_DAEMON), daemon, sizeof(daemon)));
	if (proto_has(m, TAG_STARTED)) {
		char started[WHEN_SIZE];

		printf("since %s\n", when_exact(proto_number(m, TAG_STARTED), started));
	}
	if (proto_has(m, TAG_COUNT))
		printf("%" PRIu64 " tokens\n", proto_number(m, TAG_COUNT));
	if (proto_has(m, TAG_STORE_BYTES))
		printf("%" PRIu64 " bytes in use in the store\n", proto_number(m, TAG_STORE_BYTES));
	if (proto_has(m, TAG_CLOCK_BEHIND))
		printf("the clock is %" PRIu64
		       " s behind the latest time seen: tokens with an end are "
		       "refused; after a wrong jump: patctl clock-reset\n",
			proto_number(m, TAG_CLOCK_BEHIND));
}

static int run_status(const struct args *a, struct fault *f)
{
	struct call call;
	int err;

	call_begin(&call, a, VERB_STATUS, NULL);
	err = call_run(&call, f);
	if (!err && a->json)
		err = output_json(json_of(call_answer(&call)), f);
	else if (!err)
		print(call_answer(&call));
	call_end(&call);
	return err;
}

static int run_clock_reset(const struct args *a, struct fault *f)
{
	struct call call;
	int err;

	call_begin(&call, a, VERB_CLOCK_RESET, NULL);
	err = call_run(&call, f);
	if (!err && a->json)
		err = output_json(json_pack("{s:n}", "clock_behind"), f);
	else if (!err)
		puts("the latest time seen is now the clock's: tokens with an end are judged by "
		     "it");
	call_end(&call);
	return err;
}

const struct command command_status = {
	.name = "status",
	.synopsis = "",
	.help = "say whether the daemon serves; to root, also what it holds",
	.options = options,
	.run = run_status,
};

const struct command command_clock_reset = {
	.name = "clock-reset",
	.synopsis = "",
	.help = "after a wrong jump of the clock: take it as right again (root)",
	.options = options,
	.run = run_clock_reset,
};
