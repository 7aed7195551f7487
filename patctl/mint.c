#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/err.h"
#include "patctl/call.h"
#include "patctl/columns.h"
#include "patctl/command.h"
#include "patctl/output.h"
#include "patctl/prompt.h"
#include "patctl/when.h"

static const struct option options[] = {
	{"expires", 'e', "WHEN", OPTION_FIELD(expires), "when it ends: " WHEN_FORMS},
	{"scopes", 's', "LIST", OPTION_FIELD(scopes),
		"the PAM services that accept it, comma-separated; * is every one"},
	{"from", 0, "LIST", OPTION_FIELD(from),
		"where logins may come from: addresses, networks, or the word local"},
	{"uses", 0, "N", OPTION_FIELD(uses), "how many logins it is for"},
	{"not-before", 0, "WHEN", OPTION_FIELD(not_before), "when it begins: " WHEN_START_FORMS},
	{"bind-key", 0, "FPR", OPTION_FIELD(bind_key),
		"the SSH key that a login must prove too: SHA256:..."},
	{"note", 0, "TEXT", OPTION_FIELD(note), "a line to remember it by"},
	OPTIONS_REAUTH,
	OPTION_END,
};

enum { MENU_TRIES = 3 };

static const struct {
	const char *choice, *when, *label;
} menu[] = {
	{"1", "30d", "in 30 days"},
	{"2", "60d", "in 60 days"},
	{"3", "90d", "in 90 days (Enter)"},
	{"", "90d", NULL},
	{"4", "1y", "in 1 year"},
	{"5", "never", "never"},
};

enum { MENU_ROWS = sizeof(menu) / sizeof(menu[0]) };

static const char *menu_when(const char *answer)
{
	for (size_t i = 0; i < MENU_ROWS; i++)
		if (strcmp(answer, menu[i].choice) == 0)
			return menu[i].when;
	return answer;
}

static int ask_expiry(uint64_t *expires, struct fault *f)
{
	char answer[WHEN_SIZE];

	fputs("When does it expire?\n", stderr);
	for (size_t i = 0; i < MENU_ROWS; i++)
		if (menu[i].label)
			fprintf(stderr, "  %s  %s\n", menu[i].choice, menu[i].label);
	for (int i = 0; i < MENU_TRIES; i++) {
		int err = prompt_ask(
			"A number, or a time as 45d or 2027-01-31: ", answer, sizeof(answer), f);

		if (err)
			return err;
		if (when_expiry(menu_when(answer), time(NULL), expires) == 0)
			return 0;
	}
	return fault_say(
		f, ERR_USAGE, NULL, "\"%s\": no time to come; accepted are %s", answer, WHEN_FORMS);
}

static int parse_uses(const char *text, uint64_t *uses)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long long n = strtoull(text, NULL, 10);

	if (digits == 0 || text[digits] != '\0' || n == 0 || n > UINT32_MAX)
		return ERR_INVALID;
	*uses = n;
	return 0;
}

/* Of addresses and keys the daemon knows the form. */
static int put_restrictions(const struct args *a, struct call *call, struct fault *f)
{
	uint64_t start = 0, uses = 0;

	if (a->not_before && when_start(a->not_before, time(NULL), &start))
		return fault_say(f, ERR_USAGE, NULL,
			"--not-before: \"%s\": no time to come; accepted are %s", a->not_before,
			WHEN_START_FORMS);
	if (a->uses && parse_uses(a->uses, &uses))
		return fault_say(f, ERR_USAGE, NULL,
			"--uses: \"%s\": accepted is a number from 1 to %" PRIu32 ", e.g. 1",
			a->uses, UINT32_MAX);
	if (a->not_before)
		call_number(call, TAG_NOT_BEFORE, start);
	if (a->uses)
		call_number(call, TAG_USES, uses);
	call_text(call, TAG_FROM, "--from", a->from);
	call_text(call, TAG_BIND_KEY, "--bind-key", a->bind_key);
	return 0;
}

/* What the command line left out, asked where a person is there. */
static int complete(const struct args *a, struct call *call, const char *name, struct fault *f)
{
	static char asked[LIMIT_NAME + 2]; /* outlives the command, for main's fault */
	bool ask = !a->from_stdin && !a->prompt && prompt_terminal();
	uint64_t expires;
	int err = 0;

	if (!name && !ask)
		return fault_say(f, ERR_USAGE, NULL, "mint: needs a name for the token");
	if (!name && (err = prompt_ask("Name of the token: ", asked, sizeof(asked), f)))
		return err;
	if (a->expires && when_expiry(a->expires, time(NULL), &expires))
		return fault_say(f, ERR_USAGE, NULL,
			"--expires: \"%s\": no time to come; accepted are %s", a->expires,
			WHEN_FORMS);
	if (!a->expires && ask && (err = ask_expiry(&expires, f)))
		return err;
	call->token = name ? name : asked;
	call_text(call, TAG_NAME, "the name", call->token);
	if (a->expires || ask)
		call_number(call, TAG_EXPIRES, expires);
	call_text(call, TAG_SCOPES, "--scopes", a->scopes);
	call_text(call, TAG_NOTE, "--note", a->note);
	return 0;
}

/* Does the list have a scope that opens a root shell wherever sudo or su would give one? */
static bool worth_root(struct span scopes)
{
	static const char *const strong[] = {"sudo", "sudo-i", "su", "su-l", "*"};

	while (scopes.n > 0) {
		struct span scope = span_take(&scopes, ',');

		for (size_t i = 0; i < sizeof(strong) / sizeof(strong[0]); i++)
			if (span_is(scope, strong[i]))
				return true;
	}
	return false;
}

static void print_restrictions(const struct proto_msg *m)
{
	struct span from = proto_text(m, TAG_FROM), key = proto_text(m, TAG_BIND_KEY);
	uint64_t uses = proto_number(m, TAG_USES);
	char start[WHEN_SIZE];

	if (from.n > 0)
		output_note("for logins from %.*s only", (int)from.n, from.p);
	if (proto_has(m, TAG_NOT_BEFORE))
		output_note("not before %s", when_exact(proto_number(m, TAG_NOT_BEFORE), start));
	if (uses > 0)
		output_note("for %" PRIu64 " login%s", uses, uses == 1 ? "" : "s");
	if (key.n > 0)
		output_note(
			"only together with the SSH key %.*s: for these logins sshd_config needs "
			"AuthenticationMethods publickey,keyboard-interactive",
			(int)key.n, key.p);
}

static void print_summary(const struct proto_msg *m)
{
	struct span owner = proto_text(m, TAG_OWNER);
	struct span scopes = proto_text(m, TAG_SCOPES);
	char label[COLUMNS_LABEL_SIZE];
	char end[WHEN_SIZE] = "never";

	if (proto_has(m, TAG_EXPIRES))
		when_exact(proto_number(m, TAG_EXPIRES), end);
	output_note("minted %s for %.*s; scopes: %.*s; expires: %s", columns_label(m, label),
		(int)owner.n, owner.p, (int)scopes.n, scopes.p, end);
	print_restrictions(m);
	output_note("the token is shown once; store it now");
}

static int print_token(const struct args *a, const struct proto_msg *m, struct fault *f)
{
	struct span token = proto_text(m, TAG_TOKEN);
	struct columns all;
	json_t *doc;

	if (!a->json)
		return output_secret(token, f);
	columns_all(&all);
	doc = columns_json(&all, m);
	if (doc)
		json_object_set_new(doc, "token", output_text(token));
	return output_result(a, doc, f);
}

static int print_minted(const struct args *a, const struct proto_msg *m, struct fault *f)
{
	int err;

	if (!token_parse(proto_text(m, TAG_TOKEN).p, proto_text(m, TAG_TOKEN).n, NULL))
		return fault_plain(f, ERR_PROTO, NULL);
	err = print_token(a, m, f);
	if (!err)
		err = output_finish(f);
	if (err) {
		char label[COLUMNS_LABEL_SIZE];

		output_note("%s was minted, but nobody has read it: revoke it",
			columns_label(m, label));
		return err;
	}
	if (!a->json)
		print_summary(m);
	if (worth_root(proto_text(m, TAG_SCOPES)))
		output_note(
			"warning: where sudo or su makes its owner root, this token is worth root");
	return 0;
}

static int run(const struct args *a, struct fault *f)
{
	struct call call;
	int err;

	/* A reader that went away is told of, since what it missed is shown only once. */
	signal(SIGPIPE, SIG_IGN);
	call_begin(&call, a, VERB_MINT, NULL);
	err = put_restrictions(a, &call, f);
	if (!err)
		err = complete(a, &call, a->operands[0], f);
	if (!err)
		err = call_run(&call, f);
	if (!err)
		err = print_minted(a, call_answer(&call), f);
	call_end(&call);
	return err;
}

const struct command command_mint = {
	.name = "mint",
	.synopsis = "[NAME]",
	.help = "make a token and print it, once",
	.options = options,
	.operand = "NAME",
	.max = 1,
	.account = true,
	.run = run,
};
