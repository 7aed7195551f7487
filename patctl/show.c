#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/token.h"
#include "patctl/call.h"
#include "patctl/columns.h"
#include "patctl/command.h"
#include "patctl/output.h"

static const struct option options[] = {OPTION_END};

static int show(const struct args *a, const char *token, struct fault *f)
{
	struct columns all;
	struct call call;
	int err;

	columns_all(&all);
	call_begin(&call, a, VERB_SHOW, token);
	call_token(&call);
	err = call_run(&call, f);
	if (!err && a->json)
		err = output_json(columns_json(&all, call_answer(&call)), f);
	else if (!err)
		columns_print(&all, call_answer(&call));
	call_end(&call);
	return err;
}

static int run_show(const struct args *a, struct fault *f)
{
	return show(a, a->operands[0], f);
}

static int run_whoami(const struct args *a, struct fault *f)
{
	/* pam_pat put it there for information; whether it is the caller's, the daemon says. */
	const char *id = getenv("PAT_ID");

	if (!id || !token_id_valid(id, strlen(id)))
		return fault_plain(f, ERR_NO_SESSION, NULL);
	return show(a, id, f);
}

const struct command command_show = {
	.name = "show",
	.synopsis = "TOKEN",
	.help = "show everything about one token",
	.options = options,
	.operand = "TOKEN",
	.min = 1,
	.max = 1,
	.account = true,
	.run = run_show,
};

const struct command command_whoami = {
	.name = "whoami",
	.synopsis = "",
	.help = "show the token that opened this session",
	.options = options,
	.run = run_whoami,
};
