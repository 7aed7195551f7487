#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#include "common/err.h"
#include "common/fd.h"
#include "common/token.h"
#include "patctl/commands.h"
#include "patctl/option.h"
#include "patctl/output.h"
#include "patctl/value.h"

static void print_options(const char *title, const struct option *options)
{
	char name[32];

	if (options->name)
		printf("\n%s:\n", title);
	for (const struct option *o = options; o->name; o++) {
		snprintf(name, sizeof(name), "--%s%s%s", o->name, o->value ? "=" : "",
			o->value ? o->value : "");
		printf("  %c%c%c %-18s %s\n", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
			o->letter ? ',' : ' ', name, o->help);
	}
}

static void print_help(const struct command *c)
{
	if (c) {
		printf("usage: patctl %s%s%s [OPTIONS]\n\n%s\n", c->name, *c->synopsis ? " " : "",
			c->synopsis, c->help);
		print_options("options", c->options);
		print_options("options of every command", commands_options);
		return;
	}
	printf("usage: patctl [OPTIONS] COMMAND [OPTIONS] ...\n\n"
	       "Personal access tokens for this system's logins. TOKEN is a name or an ID.\n\n"
	       "commands (patctl COMMAND --help tells more):\n");
	for (const struct command *const *known = commands; *known; known++)
		printf("  %-11s %-17s %s\n", (*known)->name, (*known)->synopsis, (*known)->help);
	print_options("options", commands_options);
}

static int check_args(const struct args *a, struct fault *f)
{
	const struct command *c = a->command;

	if (a->operand_count < c->min)
		return fault_say(f, ERR_USAGE, NULL, "%s: needs %s", c->name, c->synopsis);
	if (a->operand_count > c->max)
		return fault_say(f, ERR_USAGE, NULL, "%s: \"%s\": one operand too many", c->name,
			a->operands[c->max]);
	if (a->user && !c->account)
		return fault_say(f, ERR_USAGE, NULL, "%s: --user has no meaning here", c->name);
	if (a->color && !value_has("COLOR", a->color))
		return fault_say(f, ERR_USAGE, NULL,
			"--color: \"%s\": accepted are auto, always and never", a->color);
	return 0;
}

/* Global options, the command, and its options among the operands; argv without the program. */
static int parse(int argc, char **argv, struct args *a, struct fault *f)
{
	int used = option_parse(commands_options, NULL, true, argc, argv, a, f);

	if (used < 0)
		return used;
	if (a->help || a->version)
		return 0;
	if (used == argc)
		return fault_say(f, ERR_USAGE, NULL, "no command; patctl --help lists them");
	a->command = commands_find(argv[used]);
	if (!a->command)
		return fault_say(f, ERR_USAGE, NULL,
			"%s: unknown command; patctl --help lists them", argv[used]);
	argc -= used + 1;
	argv += used + 1;
	used = option_parse(commands_options, a->command->options, false, argc, argv, a, f);
	if (used < 0)
		return used;
	if (a->help || a->version)
		return 0;
	/* Operands end with NULL, as argv does. */
	a->operands[a->operand_count] = NULL;
	a->json |= a->prompt != NULL;
	return check_args(a, f);
}

/*
 * A token on a command line has been seen by every process and by the shell's history. Told by
 * number, and by its ID, which is no secret.
 */
static int refuse_leaked(int argc, char **argv, struct fault *f)
{
	for (int i = 1; i < argc; i++) {
		size_t n = strlen(argv[i]), len;
		size_t at = token_find(argv[i], n, &len);

		if (at < n)
			return fault_say(f, ERR_LEAKED, NULL,
				"argument %d contains a token: treat it as leaked, and revoke it "
				"by its ID (%.*s), or with patctl revoke --stdin",
				i, TOKEN_ID_LEN, argv[i] + at + len - TOKEN_BODY_LEN);
	}
	return 0;
}

static int make_safe(struct fault *f)
{
	/* What is opened later must not become someone's stdin, stdout or stderr. */
	if (fd_fill_stdio())
		return fault_say(f, ERR_IO, NULL, "/dev/null: cannot be opened");
	if (getauxval(AT_SECURE))
		return fault_say(f, ERR_NOT_PERMITTED, NULL,
			"refuses to run with raised privileges: no set-id bit, no capabilities");
	prctl(PR_SET_DUMPABLE, 0); /* passwords and tokens pass through: no core, no debugger */
	/* What the daemon sends is UTF-8, and widths and printability are judged as such. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	output_init();
	return 0;
}

/* Before the options are parsed: how would a fault in them have to be told? */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--prompt=json") == 0)
			return true;
	return false;
}

static int run(int argc, char **argv, struct args *a, struct fault *f)
{
	struct args parsed = {0};
	int err = make_safe(f);

	a->json = wants_json(argc, argv);
	if (!err)
		err = refuse_leaked(argc, argv, f);
	if (!err)
		err = parse(argc - 1, argv + 1, &parsed, f);
	if (err)
		return err;
	*a = parsed;
	if (a->version)
		printf("patctl %s\n", PAT_VERSION);
	else if (a->help)
		print_help(a->command);
	else
		err = a->command->run(a, f);
	return err;
}

int main(int argc, char **argv)
{
	struct args a = {0};
	struct fault f = {0};
	int err;

	if (argc < 1)
		return EXIT_USAGE;
	err = run(argc, argv, &a, &f);
	if (!err)
		err = output_finish(&f);
	if (f.err)
		output_fault(&a, &f);
	return err ? err_info(err)->status : EXIT_DONE;
}
