#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/err.h"
#include "patctl/call.h"
#include "patctl/columns.h"
#include "patctl/command.h"
#include "patctl/leaked.h"
#include "patctl/number.h"
#include "patctl/output.h"
#include "patctl/prompt.h"
#include "patctl/sessions.h"

#define OPTION_YES                                                                                 \
	{                                                                                          \
		"yes", 'y', NULL, OPTION_FIELD(yes), "do it without being asked"                   \
	}

static const struct option revoke_options[] = {
	{"all", 0, NULL, OPTION_FIELD(all), "every token of the account"},
	{"kill", 0, NULL, OPTION_FIELD(kill), "end the sessions that they opened, too"},
	{"unused", 0, "DUR", OPTION_FIELD(unused), "those of the account not used for so long"},
	{"stdin", 0, NULL, OPTION_FIELD(leaked), "those in the text on stdin, whosever they are"},
	{"reason", 'r', "TEXT", OPTION_FIELD(reason), "why, for whoever reads it later"},
	OPTION_YES,
	OPTION_END,
};
static const struct option restore_options[] = {OPTIONS_REAUTH, OPTION_END};
static const struct option delete_options[] = {OPTION_YES, OPTION_END};

/* What is done to a token. */
struct deed {
	enum proto_verb verb;
	const char *ask, *done;
};

/* What came of it all. */
struct outcome {
	bool did;     /* a token was changed */
	int kill_err; /* the first session that could not be ended; it has been told */
};

static const struct deed revoking = {VERB_REVOKE, "Revoke", "revoked"};
static const struct deed restoring = {VERB_RESTORE, "Restore", "restored"};
static const struct deed deleting = {VERB_DELETE, "Delete for good", "deleted"};

/* Only REVOKE counts: a token that was revoked before is met without being changed. */
static bool changed(const struct proto_msg *m)
{
	return !proto_has(m, TAG_COUNT) || proto_number(m, TAG_COUNT) > 0;
}

static json_t *json_of(const struct deed *deed, const struct proto_msg *m)
{
	struct columns all;
	json_t *doc;

	columns_all(&all);
	doc = columns_json(&all, m);
	if (doc && deed->verb == VERB_REVOKE)
		json_object_set_new(doc, "changed", json_boolean(changed(m)));
	return doc;
}

static void print(const struct deed *deed, const struct proto_msg *m)
{
	char label[COLUMNS_LABEL_SIZE];

	if (changed(m))
		printf("%s %s\n", deed->done, columns_label(m, label));
	else
		printf("%s was %s already\n", columns_label(m, label), deed->done);
}

static void warn_of_what_stays(const struct args *a)
{
	output_note("%ssudo may run commands without asking for a few minutes more (its timestamp)",
		a->kill ? "" : "sessions that are open stay open, and ");
}

/* The revocation stands and has been told, whatever becomes of this. doc: NULL without --json. */
static void end_sessions(const struct args *a, const char *id, json_t *doc, struct outcome *o)
{
	struct fault f = {0};
	int err = sessions_kill(a, id, doc, &f);

	if (!err)
		return;
	if (doc)
		json_object_set_new(doc, "kill_error", output_error(&f));
	else
		output_fault(a, &f);
	o->kill_err = o->kill_err ? o->kill_err : err;
}

/* Does it to one token. *doc is its JSON, where that is wanted, else a line is printed. */
static int do_one(const struct args *a, const struct deed *deed, const char *token, json_t **doc,
	struct outcome *o, struct fault *f)
{
	char id[TOKEN_ID_LEN + 1] = "";
	struct call call;
	int err;

	call_begin(&call, a, deed->verb, token);
	call_token(&call);
	call_text(&call, TAG_REASON, "--reason", a->reason);
	err = call_run(&call, f);
	if (!err) {
		o->did |= changed(call_answer(&call));
		span_copy(proto_text(call_answer(&call), TAG_ID), id, sizeof(id));
		if (a->json)
			*doc = json_of(deed, call_answer(&call));
		else
			print(deed, call_answer(&call));
	}
	call_end(&call);
	if (!err && a->kill) {
		fflush(stdout);
		end_sessions(a, id, *doc, o);
	}
	return err;
}

/* Each is tried; every error is told here, and the first one is what becomes of it all. */
static int do_several(
	const struct args *a, const struct deed *deed, struct outcome *o, struct fault *f)
{
	int first = 0;

	if (a->json)
		output_array_begin();
	for (size_t i = 0; i < a->operand_count; i++) {
		struct fault one = {0};
		json_t *doc = NULL;
		int err = do_one(a, deed, a->operands[i], &doc, o, &one);

		if (err && a->json)
			doc = json_pack("{s:o}", "error", output_error(&one));
		else if (err)
			output_fault(a, &one);
		if (a->json && output_array_element(doc, f))
			return ERR_MEMORY;
		first = first ? first : err;
	}
	if (a->json)
		output_array_end();
	return first;
}

static int do_named(
	const struct args *a, const struct deed *deed, struct outcome *o, struct fault *f)
{
	json_t *doc = NULL;
	int err;

	/* One token is one document; several are an array of them. */
	if (a->operand_count > 1)
		return do_several(a, deed, o, f);
	err = do_one(a, deed, a->operands[0], &doc, o, f);
	return !err && a->json ? output_result(a, doc, f) : err;
}

/* "Revoke laptop, ci? [y/N] "; of very many the end is cut, and their number told. */
static int confirm(const struct args *a, const struct deed *deed, struct fault *f)
{
	char names[600];
	char more[64] = "";
	char question[700];
	size_t n = 0;

	for (size_t i = 0; i < a->operand_count && n < sizeof(names); i++)
		n += (size_t)snprintf(
			names + n, sizeof(names) - n, "%s%s", i ? ", " : "", a->operands[i]);
	if (n >= sizeof(names))
		snprintf(more, sizeof(more), "... (%zu in all)", a->operand_count);
	snprintf(question, sizeof(question), "%s %s%s? [y/N] ", deed->ask, names, more);
	return prompt_confirm(a, question, f);
}

static int revoke_several(const struct args *a, struct outcome *o, struct fault *f)
{
	char question[400];
	json_t *doc = NULL;
	struct call call;
	uint64_t count, unused = 0;
	int err;

	err = number_delay("unused", a->unused, &unused, f);
	if (err)
		return err;
	snprintf(question, sizeof(question), "Revoke every token of %.255s%s%.20s? [y/N] ",
		a->user ? a->user : "your account", a->unused ? " that was not used for " : "",
		a->unused ? a->unused : "");
	err = prompt_confirm(a, question, f);
	if (err)
		return err;
	call_begin(&call, a, VERB_REVOKE, NULL);
	call_number(&call, a->unused ? TAG_UNUSED_FOR : TAG_ALL, a->unused ? unused : 1);
	call_text(&call, TAG_REASON, "--reason", a->reason);
	err = call_run(&call, f);
	count = proto_number(call_answer(&call), TAG_COUNT);
	call_end(&call);
	if (err)
		return err;
	o->did = count > 0;
	if (a->json)
		doc = json_pack("{s:I}", "count", (json_int_t)count);
	else
		printf("revoked %" PRIu64 " token%s\n", count, count == 1 ? "" : "s");
	fflush(stdout);
	if (a->kill)
		end_sessions(a, NULL, doc, o);
	return a->json ? output_json(doc, f) : 0;
}

/* Tokens by name, all, the unused or those on stdin: one of these. */
static int check_revoke(const struct args *a, struct fault *f)
{
	int ways = (a->operand_count > 0) + a->all + (a->unused != NULL) + a->leaked;

	if (ways != 1)
		return fault_say(f, ERR_USAGE, NULL,
			"revoke: name tokens, or say one of --all, --unused and --stdin");
	if ((a->all || a->unused) && !a->user && geteuid() == 0)
		return fault_say(f, ERR_USAGE, NULL,
			"revoke: root says whose: patctl -u ACCOUNT revoke --%s",
			a->all ? "all" : "unused");
	if (a->leaked && a->user)
		return fault_say(f, ERR_USAGE, NULL, "revoke: --stdin is about no account");
	if (a->kill && (a->leaked || a->unused))
		return fault_say(f, ERR_USAGE, NULL, "revoke: --kill needs tokens, or --all");
	return 0;
}

static int run_revoke(const struct args *a, struct fault *f)
{
	struct outcome o = {0};
	int err;

	err = check_revoke(a, f);
	if (err)
		return err;
	if (a->leaked)
		err = leaked_revoke(a, &o.did, f);
	else if (a->all || a->unused)
		err = revoke_several(a, &o, f);
	else if (!(err = confirm(a, &revoking, f)))
		err = do_named(a, &revoking, &o, f);
	if (o.did && !a->json)
		warn_of_what_stays(a);
	return err ? err : o.kill_err;
}

static int run_restore(const struct args *a, struct fault *f)
{
	return do_named(a, &restoring, &(struct outcome){0}, f);
}

static int run_delete(const struct args *a, struct fault *f)
{
	int err = confirm(a, &deleting, f);

	return err ? err : do_named(a, &deleting, &(struct outcome){0}, f);
}

const struct command command_revoke = {
	.name = "revoke",
	.synopsis = "TOKEN... | --all | --unused DUR | --stdin",
	.help = "make tokens worthless",
	.options = revoke_options,
	.operand = "TOKEN",
	.max = COMMAND_ANY,
	.account = true,
	.run = run_revoke,
};

const struct command command_restore = {
	.name = "restore",
	.synopsis = "TOKEN",
	.help = "take a revocation back",
	.options = restore_options,
	.operand = "TOKEN",
	.min = 1,
	.max = 1,
	.account = true,
	.run = run_restore,
};

const struct command command_delete = {
	.name = "delete",
	.synopsis = "TOKEN...",
	.help = "remove dead tokens for good",
	.options = delete_options,
	.operand = "TOKEN",
	.min = 1,
	.max = COMMAND_ANY,
	.account = true,
	.run = run_delete,
};
