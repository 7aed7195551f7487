#include "patctl/commands.h"
#include "patctl/completion.h"
#include "patctl/value.h"

/* What does not depend on the tables. */
/* clang-format off */
static const char engine[] =
	"# Names of the account's tokens; compadd quotes them.\n"
	"_patctl_tokens() {\n"
	"\tlocal -a account names\n"
	"\tlocal i\n"
	"\tfor ((i = 2; i < $#patctl_line; i++)); do\n"
	"\t\tcase ${(Q)patctl_line[i]} in\n"
	"\t\t-u | --user) account=(--user \"${(Q)patctl_line[i+1]}\") ;;\n"
	"\t\t--user=*) account=(\"${(Q)patctl_line[i]}\") ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tnames=(\"${(@f)$(command patctl \"${account[@]}\" list -o NAME 2>/dev/null </dev/null)}\")\n"
	"\tshift names # the column's head\n"
	"\t_wanted tokens expl token compadd -a names\n"
	"}\n"
	"\n"
	"_patctl() {\n"
	"\tlocal curcontext=$curcontext state expl\n"
	"\tlocal -a line patctl_line\n"
	"\tlocal -A opt_args\n"
	"\tpatctl_line=(\"${words[@]}\")\n"
	"\t_arguments -C -s -S -A '-*' \"${_patctl_global[@]}\" '(-):command:_patctl_commands' \\\n"
	"\t\t'(-)*::operand:->command'\n"
	"\t[[ $state == command ]] || return\n"
	"\t_patctl_command \"${(Q)words[1]}\"\n"
	"}\n"
	"\n"
	"# Loaded by itself at the first completion, or read by a .zshrc.\n"
	"if [[ $funcstack[1] == _patctl ]]; then\n"
	"\t_patctl \"$@\"\n"
	"else\n"
	"\tcompdef _patctl patctl\n"
	"fi\n";
/* clang-format on */

/* The text inside a specification of _arguments, which itself stands in single quotes. */
static void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fprintf(out, "'\\''");
		else if (*text == '[' || *text == ']' || *text == ':' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

/* Its words, each quoted inside of the single quotes. */
static void print_words(FILE *out, const char *value)
{
	const char *word;

	for (size_t i = 0; (word = value_word(value, i)); i++)
		fprintf(out, "%s\"%s\"", i ? " " : "", word);
}

static void print_action(FILE *out, const char *value)
{
	switch (value_kind(value)) {
	case VALUE_WORD:
		fprintf(out, "(");
		print_words(out, value);
		fprintf(out, ")");
		break;
	case VALUE_WORDS:
		fprintf(out, "_values -s , %s ", value);
		print_words(out, value);
		break;
	case VALUE_TOKEN:
		fprintf(out, "_patctl_tokens");
		break;
	case VALUE_ACCOUNT:
		fprintf(out, "_users");
		break;
	case VALUE_FILE:
		fprintf(out, "_files");
		break;
	case VALUE_ANY:
		fprintf(out, " "); /* nothing but its name */
		break;
	}
}

/* One form of an option, which excludes the other. */
static void print_form(FILE *out, const struct option *o, const char *form)
{
	fprintf(out, " \\\n\t\t'");
	if (o->letter)
		fprintf(out, "(-%c --%s)", o->letter, o->name);
	fprintf(out, "%s[", form);
	print_escaped(out, o->help);
	fprintf(out, "]");
	if (o->value) {
		fprintf(out, ":%s:", o->value);
		print_action(out, o->value);
	}
	fprintf(out, "'");
}

static void print_options(FILE *out, const struct option *options)
{
	char form[64];

	for (const struct option *o = options; o->name; o++) {
		snprintf(form, sizeof(form), "--%s%s", o->name, o->value ? "=" : "");
		print_form(out, o, form);
		snprintf(form, sizeof(form), "-%c%s", o->letter, o->value ? "+" : "");
		if (o->letter)
			print_form(out, o, form);
	}
}

static void print_operands(FILE *out, const struct command *c)
{
	for (size_t i = 0; i < c->max; i++) {
		fprintf(out, " \\\n\t\t'%s:%s:", c->max == COMMAND_ANY ? "*" : ":", c->operand);
		if (value_kind(c->operand) == VALUE_ANY)
			fprintf(out, "( )"); /* a mere message would hide the options */
		else
			print_action(out, c->operand);
		fprintf(out, "'");
		if (c->max == COMMAND_ANY)
			break;
	}
}

static void print_command(FILE *out, const struct command *c)
{
	fprintf(out, "\t%s) _arguments -s -S \"${_patctl_global[@]}\"", c->name);
	print_options(out, c->options);
	print_operands(out, c);
	fprintf(out, " ;;\n");
}

void completion_zsh(FILE *out)
{
	fprintf(out,
		"#compdef patctl\n"
		"# zsh completion for patctl %s, printed by `patctl completion zsh`.\n\n"
		"typeset -ga _patctl_global\n_patctl_global=(",
		PAT_VERSION);
	print_options(out, commands_options);
	fprintf(out, "\n)\n\n_patctl_commands() {\n\tlocal -a commands=(");
	for (const struct command *const *c = commands; *c; c++) {
		fprintf(out, " \\\n\t\t'%s:", (*c)->name);
		print_escaped(out, (*c)->help);
		fprintf(out, "'");
	}
	fprintf(out, "\n\t)\n\t_describe -t commands command commands\n}\n\n"
		     "_patctl_command() {\n\tcase $1 in\n");
	for (const struct command *const *c = commands; *c; c++)
		print_command(out, *c);
	fprintf(out, "\tesac\n}\n\n%s", engine);
}
