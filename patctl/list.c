#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patctl/call.h"
#include "patctl/columns.h"
#include "patctl/command.h"
#include "patctl/output.h"

static const struct option options[] = {
	{"all", 'a', NULL, OPTION_FIELD(all), "of every account (root)"},
	{"status", 0, "S", OPTION_FIELD(status), "only those of this status"},
	{"columns", 'o', "LIST", OPTION_FIELD(columns), "show these columns, comma-separated"},
	OPTION_END,
};

static const struct option no_options[] = {OPTION_END};

/* One list under way. */
struct listing {
	bool json;
	uint64_t status; /* 0: any */
	struct columns columns;
	struct columns_table *table; /* NULL with json: its elements go out as they come */
	size_t shown;
};

static int unknown_status(const char *name, struct fault *f)
{
	char known[256];
	size_t used = 0;

	for (uint64_t i = STATUS_ACTIVE; token_status_name(i) && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
			i > STATUS_ACTIVE ? ", " : "", token_status_name(i));
	return fault_say(
		f, ERR_USAGE, NULL, "--status: \"%s\": unknown status; there are %s", name, known);
}

static int parse_status(const char *name, uint64_t *status, struct fault *f)
{
	*status = 0;
	if (!name)
		return 0;
	for (uint64_t i = STATUS_ACTIVE; token_status_name(i); i++)
		if (strcmp(token_status_name(i), name) == 0)
			*status = i;
	return *status ? 0 : unknown_status(name, f);
}

static int show_one(struct listing *l, const struct proto_msg *m, struct fault *f)
{
	if (l->status && proto_number(m, TAG_STATUS) != l->status)
		return 0;
	l->shown++;
	if (l->json)
		return output_array_element(columns_json(&l->columns, m), f);
	return columns_table_add(l->table, m) ? fault_plain(f, ERR_MEMORY, NULL) : 0;
}

static int receive_all(struct listing *l, struct call *call, struct fault *f)
{
	int err = 0;

	while (!err && call_answer(call)->verb == VERB_MORE) {
		err = show_one(l, call_answer(call), f);
		if (!err)
			err = call_next(call, f);
	}
	return err;
}

static int show_all(struct listing *l, const struct args *a, struct call *call, struct fault *f)
{
	int err;

	if (l->json)
		output_array_begin();
	else if (!(l->table = columns_table_new(&l->columns, output_color(a))))
		return fault_plain(f, ERR_MEMORY, NULL);
	err = receive_all(l, call, f);
	if (err)
		return err;
	if (l->json)
		output_array_end();
	else if (l->shown == 0)
		output_note("no tokens");
	else if (columns_table_print(l->table))
		return fault_plain(f, ERR_MEMORY, NULL);
	return 0;
}

static int run_list(const struct args *a, struct fault *f)
{
	struct listing l = {.json = a->json};
	struct call call;
	int err;

	if (a->all && a->user)
		return fault_say(f, ERR_USAGE, NULL, "--all and --user exclude each other");
	err = parse_status(a->status, &l.status, f);
	if (err)
		return err;
	if (a->json)
		columns_all(&l.columns);
	else
		columns_listed(&l.columns, a->all);
	if (a->columns && (err = columns_select(&l.columns, a->columns, f)))
		return err;
	call_begin(&call, a, VERB_LIST, NULL);
	if (a->all)
		call_number(&call, TAG_ALL, 1);
	err = call_run(&call, f);
	if (!err)
		err = show_all(&l, a, &call, f);
	columns_table_free(l.table);
	call_end(&call);
	return err;
}

static int run_show(const struct args *a, struct fault *f)
{
	struct call call;
	struct columns all;
	int err;

	columns_all(&all);
	call_begin(&call, a, VERB_SHOW, a->operands[0]);
	call_token(&call);
	err = call_run(&call, f);
	if (!err && a->json)
		err = output_json(columns_json(&all, call_answer(&call)), f);
	else if (!err)
		columns_print(&all, call_answer(&call));
	call_end(&call);
	return err;
}

const struct command command_list = {
	.name = "list",
	.synopsis = "",
	.help = "show the tokens of an account",
	.options = options,
	.account = true,
	.run = run_list,
};

const struct command command_show = {
	.name = "show",
	.synopsis = "TOKEN",
	.help = "show everything about one token",
	.options = no_options,
	.min = 1,
	.max = 1,
	.account = true,
	.run = run_show,
};
