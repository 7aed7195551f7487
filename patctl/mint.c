#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/err.h"
#include "patctl/call.h"
#include "patctl/columns.h"
#include "patctl/command.h"
#include "patctl/minted.h"
#include "patctl/number.h"
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

/* Of addresses and keys the daemon knows the form. */
static int put_restrictions(const struct args *a, struct call *call, struct fault *f)
{
	uint64_t start = 0, uses = 0;

	if (a->not_before && when_start(a->not_before, time(NULL), &start))
		return fault_say(f, ERR_USAGE, NULL,
			"--not-before: \"%s\": no time to come; accepted are %s", a->not_before,
			WHEN_START_FORMS);
	if (a->uses && number_uses(a->uses, &uses, f))
		return ERR_USAGE;
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

static int run(const struct args *a, struct fault *f)
{
	struct call call;
	int err;

	minted_begin();
	call_begin(&call, a, VERB_MINT, NULL);
	err = put_restrictions(a, &call, f);
	if (!err)
		err = complete(a, &call, a->operands[0], f);
	if (!err)
		err = call_run(&call, f);
	if (!err)
		err = minted_print(a, call_answer(&call), "minted", f);
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
