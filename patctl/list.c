#include <time.h>

#include "common/err.h"
#include "patctl/call.h"
#include "patctl/columns.h"
#include "patctl/command.h"
#include "patctl/filter.h"
#include "patctl/output.h"

static const struct option options[] = {
	{"all", 'a', NULL, OPTION_FIELD(all), "of every account (root)"},
	{"status", 0, "STATUS", OPTION_FIELD(status), "only those of this status"},
	{"unused", 0, "DUR", OPTION_FIELD(unused), "only those not used for so long"},
	{"expiring", 0, "DUR", OPTION_FIELD(expiring), "only those that end within that time"},
	{"tree", 0, NULL, OPTION_FIELD(tree), "show exchanged tokens under their parents"},
	{"columns", 'o', "COLUMNS", OPTION_FIELD(columns), "show these columns, comma-separated"},
	OPTION_END,
};

/* One list under way. */
struct listing {
	bool json;
	struct filter filter;
	struct columns columns;
	struct table *table; /* NULL with json: its elements go out as they come */
	size_t shown;
};

static int show_one(struct listing *l, const struct proto_msg *m, struct fault *f)
{
	if (!filter_shows(&l->filter, m))
		return 0;
	l->shown++;
	if (l->json)
		return output_array_element(columns_json(&l->columns, m), f);
	columns_line(&l->columns, m, l->table);
	return 0;
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
	else if (!(l->table = columns_table(&l->columns, output_color(a))))
		return fault_plain(f, ERR_MEMORY, NULL);
	else if (a->tree)
		columns_tree(&l->columns, l->table);
	err = receive_all(l, call, f);
	if (err)
		return err;
	if (l->json)
		output_array_end();
	else if (l->shown == 0)
		output_note("no tokens");
	else if (table_print(l->table))
		return fault_plain(f, ERR_MEMORY, NULL);
	return 0;
}

static int run(const struct args *a, struct fault *f)
{
	struct listing l = {.json = a->json};
	struct call call;
	int err;

	if (a->all && a->user)
		return fault_say(f, ERR_USAGE, NULL, "--all and --user exclude each other");
	err = filter_parse(a, time(NULL), &l.filter, f);
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
	table_free(l.table);
	call_end(&call);
	return err;
}

const struct command command_list = {
	.name = "list",
	.synopsis = "",
	.help = "show the tokens of an account",
	.options = options,
	.account = true,
	.run = run,
};
