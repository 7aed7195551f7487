#include "patctl/commands.h"
#include "patctl/completion.h"
#include "patctl/value.h"

/* What does not depend on the tables. */
/* clang-format off */
static const char engine[] =
	"# The words before the one that is completed: those of the command line that are no options of\n"
	"# every command.\n"
	"function __patctl_command\n"
	"    set -l skip\n"
	"    for word in (commandline -opc)[2..]\n"
	"        if set -q skip[1]\n"
	"            set -e skip\n"
	"        else if contains -- $word $__patctl_with_value\n"
	"            set skip 1\n"
	"        else if not string match -q -- '-*' $word\n"
	"            printf '%s\\n' $word\n"
	"            return 0\n"
	"        end\n"
	"    end\n"
	"    return 1\n"
	"end\n"
	"\n"
	"function __patctl_is\n"
	"    test \"$(__patctl_command)\" = $argv[1]\n"
	"end\n"
	"\n"
	"# Names of the account's tokens, a line each; fish quotes them.\n"
	"function __patctl_tokens\n"
	"    set -l words (commandline -opc)\n"
	"    set -l account\n"
	"    for i in (seq (count $words))\n"
	"        switch $words[$i]\n"
	"            case -u --user\n"
	"                set account --user $words[(math $i + 1)]\n"
	"            case '--user=*'\n"
	"                set account $words[$i]\n"
	"        end\n"
	"    end\n"
	"    set -l names (command patctl $account list -o NAME 2>/dev/null </dev/null)\n"
	"    # The first line is the column's head.\n"
	"    set -q names[2]; and printf '%s\\n' $names[2..]\n"
	"end\n";
/* clang-format on */

/* before, and the text in fish's quotes, in which a backslash quotes too. */
static void print_quoted(FILE *out, const char *before, const char *text)
{
	fprintf(out, "%s'", before);
	for (; *text; text++)
		fprintf(out, *text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('\'', out);
}

/* What fish evaluates to a list of words. */
static void print_words(FILE *out, const char *value)
{
	const char *word;

	for (size_t i = 0; (word = value_word(value, i)); i++)
		fprintf(out, " '%s'", word);
}

static void print_value(FILE *out, const char *value)
{
	switch (value_kind(value)) {
	case VALUE_WORD:
		fprintf(out, " -a \"");
		print_words(out, value);
		fprintf(out, "\"");
		break;
	case VALUE_WORDS:
		fprintf(out, " -a \"(__fish_append ,");
		print_words(out, value);
		fprintf(out, ")\"");
		break;
	case VALUE_TOKEN:
		fprintf(out, " -a '(__patctl_tokens)'");
		break;
	case VALUE_ACCOUNT:
		fprintf(out, " -a '(__fish_complete_users)'");
		break;
	case VALUE_FILE:
		fprintf(out, " -F");
		break;
	case VALUE_ANY:
		break;
	}
}

static void print_begin(FILE *out, const char *command)
{
	fprintf(out, "complete -c patctl");
	if (command)
		fprintf(out, " -n '__patctl_is %s'", command);
}

static void print_options(FILE *out, const char *command, const struct option *options)
{
	for (const struct option *o = options; o->name; o++) {
		print_begin(out, command);
		fprintf(out, " -l %s", o->name);
		if (o->letter)
			fprintf(out, " -s %c", o->letter);
		if (o->value) {
			fprintf(out, value_kind(o->value) == VALUE_FILE ? " -r" : " -x");
			print_value(out, o->value);
		}
		print_quoted(out, " -d ", o->help);
		fprintf(out, "\n");
	}
}

static void print_command(FILE *out, const struct command *c)
{
	fprintf(out, "complete -c patctl -n 'not __patctl_command' -a %s", c->name);
	print_quoted(out, " -d ", c->help);
	fprintf(out, "\n");
	print_options(out, c->name, c->options);
	if (!c->operand || value_kind(c->operand) == VALUE_ANY)
		return;
	print_begin(out, c->name);
	print_value(out, c->operand);
	fprintf(out, "\n");
}

void completion_fish(FILE *out)
{
	fprintf(out,
		"# fish completion for patctl %s, printed by `patctl completion fish`.\n\n"
		"set -g __patctl_with_value",
		PAT_VERSION);
	for (const struct option *o = commands_options; o->name; o++) {
		if (o->value)
			fprintf(out, " --%s", o->name);
		if (o->value && o->letter)
			fprintf(out, " -%c", o->letter);
	}
	fprintf(out, "\n\n%s\ncomplete -c patctl -f\n", engine);
	print_options(out, NULL, commands_options);
	for (const struct command *const *c = commands; *c; c++)
		print_command(out, *c);
}
