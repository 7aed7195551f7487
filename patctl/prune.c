#include <inttypes.h>
#include <stdio.h>

#include "common/err.h"
#include "patctl/call.h"
#include "patctl/columns.h"
#include "patctl/command.h"
#include "patctl/number.h"
#include "patctl/output.h"
#include "patctl/prompt.h"

static const struct option options[] = {
	{"all", 'a', NULL, OPTION_FIELD(all), "of every account (root)"},
	{"expired", 0, "DUR", OPTION_FIELD(expired), "those that ended so long ago"},
	{"revoked", 0, "DUR", OPTION_FIELD(revoked), "those that were revoked so long ago"},
	{"dry-run", 0, NULL, OPTION_FIELD(dry_run), "show them, and delete nothing"},
	{"yes", 'y', NULL, OPTION_FIELD(yes), "do it without being asked"},
	OPTION_END,
};

/* What is to go. */
struct pruning {
	const struct args *args;
	uint64_t expired, revoked; /* seconds */
	struct columns columns;
	struct table *table; /* of --dry-run, for people */
	uint64_t count;
};

static void begin(const struct pruning *p, struct call *call, bool dry)
{
	const struct args *a = p->args;

	call_begin(call, a, VERB_PRUNE, NULL);
	if (a->all)
		call_number(call, TAG_ALL, 1);
	if (a->expired)
		call_number(call, TAG_EXPIRED_FOR, p->expired);
	if (a->revoked)
		call_number(call, TAG_REVOKED_FOR, p->revoked);
	if (dry)
		call_number(call, TAG_DRY_RUN, 1);
}

/* One that would go; only counted where the question is how many. */
static int show(struct pruning *p, const struct proto_msg *m, struct fault *f)
{
	p->count++;
	if (!p->args->dry_run)
		return 0;
	if (p->args->json)
		return output_array_element(columns_json(&p->columns, m), f);
	columns_line(&p->columns, m, p->table);
	return 0;
}

static int find(struct pruning *p, struct fault *f)
{
	struct call call;
	int err;

	begin(p, &call, true);
	err = call_run(&call, f);
	while (!err && call_answer(&call)->verb == VERB_MORE) {
		err = show(p, call_answer(&call), f);
		if (!err)
			err = call_next(&call, f);
	}
	call_end(&call);
	return err;
}

static int dry_run(struct pruning *p, struct fault *f)
{
	const struct args *a = p->args;
	int err;

	if (a->json) {
		columns_all(&p->columns);
		output_array_begin();
	} else {
		columns_listed(&p->columns, a->all);
		p->table = columns_table(&p->columns, output_color(a));
		if (!p->table)
			return fault_plain(f, ERR_MEMORY, NULL);
	}
	err = find(p, f);
	if (!err && a->json)
		output_array_end();
	else if (!err && p->count == 0)
		output_note("no tokens");
	else if (!err && table_print(p->table))
		err = fault_plain(f, ERR_MEMORY, NULL);
	table_free(p->table);
	return err;
}

/* Whoever is asked is told how many it would be. */
static int confirm(struct pruning *p, struct fault *f)
{
	char question[100];
	int err;

	if (p->args->yes || !prompt_terminal())
		return prompt_confirm(p->args, "", f);
	err = find(p, f);
	if (err || p->count == 0)
		return err;
	snprintf(question, sizeof(question), "Delete %" PRIu64 " token%s for good? [y/N] ",
		p->count, p->count == 1 ? "" : "s");
	return prompt_confirm(p->args, question, f);
}

static int delete_them(const struct pruning *p, struct fault *f)
{
	struct call call;
	uint64_t count;
	int err;

	begin(p, &call, false);
	err = call_run(&call, f);
	count = proto_number(call_answer(&call), TAG_COUNT);
	call_end(&call);
	if (err)
		return err;
	if (p->args->json)
		return output_json(json_pack("{s:I}", "count", (json_int_t)count), f);
	printf("deleted %" PRIu64 " token%s\n", count, count == 1 ? "" : "s");
	return 0;
}

static int run(const struct args *a, struct fault *f)
{
	struct pruning p = {.args = a};
	int err;

	if (!a->expired && !a->revoked)
		return fault_say(f, ERR_USAGE, NULL,
			"prune: say what: --expired DUR, --revoked DUR or both");
	if (a->all && a->user)
		return fault_say(f, ERR_USAGE, NULL, "--all and --user exclude each other");
	err = number_delay("expired", a->expired, &p.expired, f);
	if (!err)
		err = number_delay("revoked", a->revoked, &p.revoked, f);
	if (err)
		return err;
	if (a->dry_run)
		return dry_run(&p, f);
	err = confirm(&p, f);
	return err ? err : delete_them(&p, f);
}

const struct command command_prune = {
	.name = "prune",
	.synopsis = "",
	.help = "delete tokens that are long dead",
	.options = options,
	.account = true,
	.run = run,
};
