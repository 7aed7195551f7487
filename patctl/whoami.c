#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/token.h"
#include "patctl/call.h"
#include "patctl/columns.h"
#include "patctl/command.h"
#include "patctl/output.h"

static const struct option options[] = {OPTION_END};

static int run(const struct args *a, struct fault *f)
{
	/* pam_pat put it there for information; whether it is the caller's, the daemon says. */
	const char *id = getenv("PAT_ID");
	struct call call;
	struct columns all;
	int err;

	if (!id || !token_id_valid(id, strlen(id)))
		return fault_plain(f, ERR_NO_SESSION, NULL);
	columns_all(&all);
	call_begin(&call, a, VERB_SHOW, id);
	call_token(&call);
	err = call_run(&call, f);
	if (!err && a->json)
		err = output_json(columns_json(&all, call_answer(&call)), f);
	else if (!err)
		columns_print(&all, call_answer(&call));
	call_end(&call);
	return err;
}

const struct command command_whoami = {
	.name = "whoami",
	.synopsis = "",
	.help = "show the token that opened this session",
	.options = options,
	.run = run,
};
