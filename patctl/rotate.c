#include <string.h>
#include <time.h>

#include "common/err.h"
#include "patctl/call.h"
#include "patctl/command.h"
#include "patctl/minted.h"
#include "patctl/output.h"
#include "patctl/when.h"

#define UNTIL_USED "until-used"

static const struct option options[] = {
	{"grace", 0, "DUR", OPTION_FIELD(grace),
		"how long the old one lives on, or " UNTIL_USED ": till the new one's first use"},
	{"expires", 'e', "WHEN", OPTION_FIELD(expires),
		"when the new one ends, if not after as long a life: " WHEN_FORMS},
	OPTIONS_REAUTH,
	OPTION_END,
};

static int put_options(const struct args *a, struct call *call, struct fault *f)
{
	bool until_used = a->grace && strcmp(a->grace, UNTIL_USED) == 0;
	uint64_t expires = 0;
	int64_t grace = 0;

	if (a->grace && !until_used && when_delay(a->grace, &grace))
		return fault_say(f, ERR_USAGE, NULL,
			"--grace: \"%s\": accepted is " WHEN_DURATION_FORM ", or " UNTIL_USED,
			a->grace);
	if (a->expires && when_expiry(a->expires, time(NULL), &expires))
		return fault_say(f, ERR_USAGE, NULL,
			"--expires: \"%s\": no time to come; accepted are %s", a->expires,
			WHEN_FORMS);
	if (until_used)
		call_number(call, TAG_UNTIL_USED, 1);
	else if (a->grace)
		call_number(call, TAG_GRACE, (uint64_t)grace);
	if (a->expires)
		call_number(call, TAG_EXPIRES, expires);
	return 0;
}

static void print_grace(const struct proto_msg *m)
{
	char end[WHEN_SIZE];

	if (proto_has(m, TAG_UNTIL_USED))
		output_note("the old one is accepted until the new one's first use");
	else if (proto_has(m, TAG_GRACE_ENDS) &&
		 proto_number(m, TAG_GRACE_ENDS) <= (uint64_t)time(NULL))
		output_note("the old one is not accepted any more");
	else if (proto_has(m, TAG_GRACE_ENDS))
		output_note("the old one is accepted until %s",
			when_exact(proto_number(m, TAG_GRACE_ENDS), end));
}

static int run(const struct args *a, struct fault *f)
{
	struct call call;
	int err;

	minted_begin();
	call_begin(&call, a, VERB_ROTATE, a->operands[0]);
	call_token(&call);
	err = put_options(a, &call, f);
	if (!err)
		err = call_run(&call, f);
	if (!err)
		err = minted_print(a, call_answer(&call), "rotated", f);
	if (!err && !a->json)
		print_grace(call_answer(&call));
	call_end(&call);
	return err;
}

const struct command command_rotate = {
	.name = "rotate",
	.synopsis = "TOKEN",
	.help = "replace a token by a new one, and let the old one live on for a while",
	.options = options,
	.operand = "TOKEN",
	.min = 1,
	.max = 1,
	.account = true,
	.run = run,
};
