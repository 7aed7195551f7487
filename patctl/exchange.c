#include <time.h>

#include "common/err.h"
#include "common/secret.h"
#include "patctl/call.h"
#include "patctl/command.h"
#include "patctl/minted.h"
#include "patctl/number.h"
#include "patctl/typed.h"
#include "patctl/when.h"

static const struct option options[] = {
	{"ttl", 0, "DUR", OPTION_FIELD(ttl), "how long it lives: " WHEN_DURATION_FORM},
	{"scopes", 's', "LIST", OPTION_FIELD(scopes), "some of the parent's scopes"},
	{"from", 0, "LIST", OPTION_FIELD(from), "where logins may come from, within the parent's"},
	{"uses", 0, "N", OPTION_FIELD(uses), "how many logins it is for"},
	OPTION_END,
};

static int put_options(const struct args *a, struct call *call, struct fault *f)
{
	uint64_t uses;
	int64_t ttl;

	if (a->ttl && when_duration(a->ttl, &ttl))
		return fault_say(f, ERR_USAGE, NULL, "--ttl: \"%s\": accepted is %s", a->ttl,
			WHEN_DURATION_FORM);
	if (a->uses && number_uses(a->uses, &uses, f))
		return ERR_USAGE;
	if (a->ttl)
		call_number(call, TAG_EXPIRES, (uint64_t)time(NULL) + (uint64_t)ttl);
	if (a->uses)
		call_number(call, TAG_USES, uses);
	call_text(call, TAG_SCOPES, "--scopes", a->scopes);
	call_text(call, TAG_FROM, "--from", a->from);
	return 0;
}

static int exchange(const struct args *a, const char *text, struct fault *f)
{
	struct call call;
	int err;

	call_begin(&call, a, VERB_EXCHANGE, NULL);
	call_text(&call, TAG_TOKEN, "the token", text);
	err = put_options(a, &call, f);
	if (!err)
		err = call_run(&call, f);
	if (!err)
		err = minted_print(a, call_answer(&call), "exchanged", f);
	call_end(&call);
	return err;
}

static int run(const struct args *a, struct fault *f)
{
	char text[TYPED_SIZE] = "";
	int err;

	minted_begin();
	err = typed_token(text, f);
	if (!err)
		err = exchange(a, text, f);
	SECRET_WIPE_ARRAY(text);
	return err;
}

const struct command command_exchange = {
	.name = "exchange",
	.synopsis = "",
	.help = "read a token on stdin and print a short-lived one that can do no more",
	.options = options,
	.run = run,
};
