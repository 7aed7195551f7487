#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/secret.h"
#include "common/token.h"
#include "patctl/call.h"
#include "patctl/columns.h"
#include "patctl/command.h"
#include "patctl/input.h"
#include "patctl/output.h"
#include "patctl/prompt.h"

static const struct option options[] = {OPTION_END};

/* One line of stdin, or typed unseen on a terminal. */
static int read_token(char text[LIMIT_RESPONSE + 1], struct fault *f)
{
	struct input in;
	int err;

	input_init(&in, STDIN_FILENO);
	if (prompt_terminal())
		err = prompt_answer(PROMPT_TERMINAL, &in, STYLE_ECHO_OFF, SPAN("Token: "), text, f);
	else
		err = input_line(&in, text, LIMIT_RESPONSE + 1);
	input_wipe(&in);
	if (err == ERR_IO)
		return fault_say(f, err, NULL, "stdin: cannot be read");
	if (err || !token_parse(text, strlen(text), NULL))
		return fault_say(f, ERR_INVALID, NULL,
			"stdin: not a token (its form or its checksum is wrong)");
	return 0;
}

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
	char text[LIMIT_RESPONSE + 1] = "";
	struct call call;
	int err = read_token(text, f);

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
