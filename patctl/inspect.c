#include "common/err.h"
#include "common/secret.h"
#include "patctl/call.h"
#include "patctl/columns.h"
#include "patctl/command.h"
#include "patctl/output.h"
#include "patctl/typed.h"

static const struct option options[] = {OPTION_END};

static int print(const struct args *a, const struct proto_msg *m, struct fault *f)
{
	uint64_t status = proto_number(m, TAG_STATUS);
	struct columns columns;
	int err = columns_select(&columns, "kind,owner,status,status-reason,scopes,expires", f);

	if (!err && a->json)
		err = output_json(columns_json(&columns, m), f);
	else if (!err)
		columns_print(&columns, m);
	/* The status was just told; the exit status tells it to a script. */
	if (!err && status != STATUS_ACTIVE && status != STATUS_ROTATED)
		err = ERR_REFUSED;
	return err;
}

static int run(const struct args *a, struct fault *f)
{
	char text[TYPED_SIZE] = "";
	struct call call;
	int err = typed_token(text, f);

	if (err)
		goto out;
	call_begin(&call, a, VERB_INSPECT, NULL);
	call_text(&call, TAG_TOKEN, "the token", text);
	err = call_run(&call, f);
	if (!err)
		err = print(a, call_answer(&call), f);
	call_end(&call);
out:
	SECRET_WIPE_ARRAY(text);
	return err;
}

const struct command command_inspect = {
	.name = "inspect",
	.synopsis = "",
	.help = "read a token on stdin and tell what it is",
	.options = options,
	.run = run,
};
