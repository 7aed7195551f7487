#include <stdio.h>

#include "common/err.h"
#include "patctl/call.h"
#include "patctl/command.h"
#include "patctl/escape.h"
#include "patctl/output.h"
#include "patctl/rows.h"

static const struct option options[] = {
	{"service", 0, "S", OPTION_FIELD(service), "the PAM service of the login, e.g. sshd"},
	{"rhost", 0, "H", OPTION_FIELD(rhost), "the address that it comes from"},
	OPTION_END,
};

static void check_cells(struct table *t, const struct proto_msg *row)
{
	bool passes = proto_number(row, TAG_PASSES);

	table_text(t, proto_text(row, TAG_KEY));
	table_cell(t, passes ? "pass" : "refuse", passes ? "green" : "red");
	table_text(t, proto_text(row, TAG_VALUE));
	table_text(t, proto_text(row, TAG_RULE));
}

static json_t *json_of_check(const struct proto_msg *row)
{
	return json_pack("{s:o, s:b, s:o, s:o}", "check", output_text(proto_text(row, TAG_KEY)),
		"passes", proto_number(row, TAG_PASSES) != 0, "value",
		output_text(proto_text(row, TAG_VALUE)), "rule",
		output_text(proto_text(row, TAG_RULE)));
}

static const struct rows_form checks = {
	.heads = (const char *const[]){"CHECK", "VERDICT", "VALUE", "RULE", NULL},
	.cells = check_cells,
	.json = json_of_check,
	.none = "no checks",
};

static json_t *json_of(const struct rows *rows, const struct proto_msg *m)
{
	return json_pack("{s:o, s:o, s:b, s:o, s:O}", "token", output_text(proto_text(m, TAG_ID)),
		"name", output_text(proto_text(m, TAG_NAME)), "accepted",
		proto_number(m, TAG_PASSES) != 0, "message",
		output_text(proto_text(m, TAG_MESSAGE)), "checks", rows->doc);
}

static int print(
	const struct args *a, const struct rows *rows, const struct proto_msg *m, struct fault *f)
{
	char message[ESCAPE_SIZE(LIMIT_MESSAGE)];
	int err = a->json ? output_json(json_of(rows, m), f) : rows_print(rows, f);

	if (!err && !a->json)
		printf("%s\n", escape_text(proto_text(m, TAG_MESSAGE), message, sizeof(message)));
	/* Why was just told; the exit status tells the verdict to a script. */
	if (!err && !proto_number(m, TAG_PASSES))
		err = ERR_REFUSED;
	return err;
}

static int run(const struct args *a, struct fault *f)
{
	struct rows rows;
	struct call call;
	int err;

	if (!a->service)
		return fault_say(f, ERR_USAGE, NULL,
			"explain: needs --service: the PAM service of the login, e.g. sshd");
	call_begin(&call, a, VERB_EXPLAIN, a->operands[0]);
	call_token(&call);
	call_text(&call, TAG_SERVICE, "--service", a->service);
	call_text(&call, TAG_RHOST, "--rhost", a->rhost);
	err = rows_begin(&rows, &checks, a, f);
	if (!err)
		err = rows_receive(&rows, &call, f);
	if (!err)
		err = print(a, &rows, call_answer(&call), f);
	rows_free(&rows);
	call_end(&call);
	return err;
}

const struct command command_explain = {
	.name = "explain",
	.synopsis = "TOKEN --service S",
	.help = "tell, check by check, whether a login by the token would be accepted",
	.options = options,
	.operand = "TOKEN",
	.min = 1,
	.max = 1,
	.account = true,
	.run = run,
};
