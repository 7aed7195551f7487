#include <stdlib.h>

#include "patctl/call.h"
#include "patctl/command.h"
#include "patctl/output.h"
#include "patctl/rows.h"

static const struct option options[] = {OPTION_END};

static void cells(struct table *t, const struct proto_msg *row)
{
	table_text(t, proto_text(row, TAG_KEY));
	table_text(t, proto_text(row, TAG_VALUE));
}

static json_t *json_of_number(struct span text)
{
	char digits[32] = "";

	span_copy(text, digits, sizeof(digits));
	return json_integer(strtoll(digits, NULL, 10));
}

/* The rules that are no text in JSON. */
static const struct {
	const char *key;
	json_t *(*json)(struct span value);
} json_forms[] = {
	{"scopes", output_list},
	{"default_scopes", output_list},
	{"require", output_list},
	{"max_tokens", json_of_number},
};

static json_t *json_of_rule(const struct proto_msg *row)
{
	for (size_t i = 0; i < sizeof(json_forms) / sizeof(json_forms[0]); i++)
		if (span_is(proto_text(row, TAG_KEY), json_forms[i].key))
			return json_forms[i].json(proto_text(row, TAG_VALUE));
	return output_text(proto_text(row, TAG_VALUE));
}

static json_t *json_of_account(const struct proto_msg *row)
{
	return json_pack("{s:o, s:o}", "name", output_text(proto_text(row, TAG_KEY)), "scopes",
		output_list(proto_text(row, TAG_VALUE)));
}

static const struct rows_form rules = {
	.heads = (const char *const[]){"KEY", "VALUE", NULL},
	.cells = cells,
	.json = json_of_rule,
	.none = "no rules",
	.keyed = true,
};

static const struct rows_form accounts = {
	.heads = (const char *const[]){"NAME", "SCOPES", NULL},
	.cells = cells,
	.json = json_of_account,
	.none = "no service accounts",
};

static int show(
	const struct args *a, enum proto_verb verb, const struct rows_form *form, struct fault *f)
{
	struct rows rows;
	struct call call;
	int err;

	call_begin(&call, a, verb, NULL);
	err = rows_begin(&rows, form, a, f);
	if (!err)
		err = rows_receive(&rows, &call, f);
	if (!err)
		err = rows_print(&rows, f);
	rows_free(&rows);
	call_end(&call);
	return err;
}

static int run_policy(const struct args *a, struct fault *f)
{
	return show(a, VERB_POLICY, &rules, f);
}

static int run_accounts(const struct args *a, struct fault *f)
{
	return show(a, VERB_ACCOUNTS, &accounts, f);
}

const struct command command_policy = {
	.name = "policy",
	.synopsis = "",
	.help = "show the rules in force for an account's tokens",
	.options = options,
	.account = true,
	.run = run_policy,
};

const struct command command_accounts = {
	.name = "accounts",
	.synopsis = "",
	.help = "show the service accounts whose tokens one manages",
	.options = options,
	.run = run_accounts,
};
