#include <stdio.h>
#include <time.h>

#include "common/err.h"
#include "patctl/call.h"
#include "patctl/columns.h"
#include "patctl/command.h"
#include "patctl/output.h"
#include "patctl/when.h"

static const struct option options[] = {
	{"name", 0, "NAME", OPTION_FIELD(name), "give it this name"},
	{"note", 0, "TEXT", OPTION_FIELD(note), "give it this note; an empty one removes it"},
	{"expires", 'e', "WHEN", OPTION_FIELD(expires), "end it sooner: " WHEN_FORMS},
	OPTIONS_REAUTH,
	OPTION_END,
};

static int run(const struct args *a, struct fault *f)
{
	struct call call;
	struct columns all;
	uint64_t expires = 0;
	char label[COLUMNS_LABEL_SIZE];
	int err;

	if (!a->name && !a->note && !a->expires)
		return fault_say(f, ERR_USAGE, NULL,
			"edit: nothing to change; give --name, --note or --expires");
	if (a->expires && when_expiry(a->expires, time(NULL), &expires))
		return fault_say(f, ERR_USAGE, NULL,
			"--expires: \"%s\": no time to come; accepted are %s", a->expires,
			WHEN_FORMS);
	call_begin(&call, a, VERB_EDIT, a->operands[0]);
	call_token(&call);
	call_text(&call, TAG_NEW_NAME, "--name", a->name);
	call_text(&call, TAG_NOTE, "--note", a->note);
	if (a->expires)
		call_number(&call, TAG_EXPIRES, expires);
	columns_all(&all);
	err = call_run(&call, f);
	if (!err && a->json)
		err = output_result(a, columns_json(&all, call_answer(&call)), f);
	else if (!err)
		printf("changed %s\n", columns_label(call_answer(&call), label));
	call_end(&call);
	return err;
}

const struct command command_edit = {
	.name = "edit",
	.synopsis = "TOKEN",
	.help = "rename a token, change its note, or end it sooner",
	.options = options,
	.operand = "TOKEN",
	.min = 1,
	.max = 1,
	.account = true,
	.run = run,
};
