#include "patctl/commands.h"
#include "patctl/completion.h"
#include "patctl/value.h"

/* What does not depend on the tables. */
/* clang-format off */
static const char engine[] =
	"# The line up to the cursor, split as the shell would split it, with nothing expanded: words, the\n"
	"# last of which is being completed; quote: what is open there; kept: how many of its characters\n"
	"# readline leaves alone. Fails at what the shell would expand.\n"
	"_patctl_split() {\n"
	"\tlocal line=${COMP_LINE:0:COMP_POINT} c word='' started='' broken=0 i\n"
	"\twords=() quote='' kept=0\n"
	"\tfor ((i = 0; i < ${#line}; i++)); do\n"
	"\t\tc=${line:i:1}\n"
	"\t\tcase $quote$c in\n"
	"\t\t\"''\" | '\"\"') quote='' kept=$broken ;;\n"
	"\t\t\\' | \\\") quote=$c kept=${#word} started=1 ;;\n"
	"\t\t'$' | '`' | '\"$' | '\"`' | [\\(\\)\\<\\>\\|\\;\\&]) return 1 ;;\n"
	"\t\t\\\\)\n"
	"\t\t\ti=$((i + 1)) started=1\n"
	"\t\t\tword+=${line:i:1}\n"
	"\t\t\t;;\n"
	"\t\t'\"\\')\n"
	"\t\t\t[[ ${line:i+1:1} != [\\$\\`\\\"\\\\] ]] || i=$((i + 1))\n"
	"\t\t\tword+=${line:i:1}\n"
	"\t\t\t;;\n"
	"\t\t' ' | $'\\t')\n"
	"\t\t\t[[ ! $started ]] || words+=(\"$word\")\n"
	"\t\t\tword='' started='' broken=0 kept=0\n"
	"\t\t\t;;\n"
	"\t\t?)\n"
	"\t\t\tword+=$c started=1\n"
	"\t\t\tif [[ $COMP_WORDBREAKS == *\"$c\"* ]]; then\n"
	"\t\t\t\tbroken=${#word}\n"
	"\t\t\t\t[[ $c != @ ]] || broken=$((broken - 1)) # for names of hosts readline wants it\n"
	"\t\t\t\tkept=$broken\n"
	"\t\t\tfi\n"
	"\t\t\t;;\n"
	"\t\t*) word+=$c ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\twords+=(\"$word\")\n"
	"}\n"
	"\n"
	"# Letters behind one hyphen, of which the first that takes a value ends them.\n"
	"_patctl_letters() {\n"
	"\tlocal i\n"
	"\tfor ((i = 1; i < ${#1}; i++)); do\n"
	"\t\t_patctl_value \"-${1:i:1}\" || continue\n"
	"\t\tif ((i + 1 == ${#1})); then\n"
	"\t\t\tpending=$kind\n"
	"\t\telif [[ $kind == account ]]; then\n"
	"\t\t\taccount=(--user \"${1:i+1}\")\n"
	"\t\tfi\n"
	"\t\treturn\n"
	"\tdone\n"
	"}\n"
	"\n"
	"# A word before the one that is completed. pending: the kind of value that has to follow.\n"
	"_patctl_word() {\n"
	"\tif [[ $pending ]]; then\n"
	"\t\t[[ $pending != account ]] || account=(--user \"$1\")\n"
	"\t\tpending=''\n"
	"\telif [[ ! $ended && $1 == -- ]]; then\n"
	"\t\tended=1\n"
	"\telif [[ ! $ended && $1 == --*=* ]]; then\n"
	"\t\t_patctl_value \"${1%%=*}\" && [[ $kind == account ]] && account=(--user \"${1#*=}\")\n"
	"\telif [[ ! $ended && $1 == --* ]]; then\n"
	"\t\t_patctl_value \"$1\" && pending=$kind\n"
	"\telif [[ ! $ended && $1 == -?* ]]; then\n"
	"\t\t_patctl_letters \"$1\"\n"
	"\telif [[ ! $command ]]; then\n"
	"\t\tcommand=$1\n"
	"\telse\n"
	"\t\toperands=$((operands + 1))\n"
	"\tfi\n"
	"}\n"
	"\n"
	"# Offers those of the candidates that fit, quoted so that the shell takes each as it is. Inside a\n"
	"# quote that someone has opened only those stand that need nothing more.\n"
	"_patctl_offer() {\n"
	"\tlocal c rest\n"
	"\tfor c in \"${candidates[@]}\"; do\n"
	"\t\tc=$prefix$c\n"
	"\t\t[[ $c == \"$cur\"* ]] || continue\n"
	"\t\trest=${c:kept}\n"
	"\t\tcase $quote in\n"
	"\t\t\\') [[ $rest != *\\'* ]] || continue ;;\n"
	"\t\t\\\") [[ $rest != *[\\\\\\\"\\$\\`\\!]* ]] || continue ;;\n"
	"\t\t*)\n"
	"\t\t\t[[ ! $rest ]] || printf -v rest %q \"$rest\"\n"
	"\t\t\trest=${rest//\\\\,/,} # it quotes more than needs be\n"
	"\t\t\t;;\n"
	"\t\tesac\n"
	"\t\tCOMPREPLY+=(\"$rest\")\n"
	"\tdone\n"
	"}\n"
	"\n"
	"_patctl() {\n"
	"\tlocal words quote kept cur word prefix='' command='' pending='' kind='' ended='' operands=0\n"
	"\tlocal candidates=() account=()\n"
	"\tCOMPREPLY=()\n"
	"\t_patctl_split && ((${#words[@]} > 1)) || return 0\n"
	"\tcur=${words[-1]}\n"
	"\tfor word in \"${words[@]:1:${#words[@]}-2}\"; do\n"
	"\t\t_patctl_word \"$word\"\n"
	"\tdone\n"
	"\tif [[ $pending ]]; then\n"
	"\t\tkind=$pending\n"
	"\telif [[ ! $ended && $cur == --*=* ]]; then\n"
	"\t\t_patctl_value \"${cur%%=*}\" || return 0\n"
	"\t\tprefix=${cur%%=*}=\n"
	"\telif [[ ! $ended && $cur == -* ]]; then\n"
	"\t\t_patctl_options\n"
	"\telse\n"
	"\t\t_patctl_operand || return 0\n"
	"\tfi\n"
	"\tcase $kind in\n"
	"\twords)\n"
	"\t\t[[ ${cur:${#prefix}} != *,* ]] || prefix=${cur%,*},\n"
	"\t\tcompopt -o nospace 2>/dev/null\n"
	"\t\t;;\n"
	"\ttoken)\n"
	"\t\t# The first line is the column's head.\n"
	"\t\tmapfile -t -s 1 candidates < <(command patctl \"${account[@]}\" list -o NAME 2>/dev/null </dev/null)\n"
	"\t\t;;\n"
	"\taccount) mapfile -t candidates < <(compgen -u) ;;\n"
	"\tfile) compopt -o default 2>/dev/null ;;\n"
	"\tesac\n"
	"\t_patctl_offer\n"
	"}\n"
	"\n"
	"complete -F _patctl patctl\n";
/* clang-format on */

static const char *const kinds[] = {
	[VALUE_ANY] = "any",
	[VALUE_WORD] = "word",
	[VALUE_WORDS] = "words",
	[VALUE_TOKEN] = "token",
	[VALUE_ACCOUNT] = "account",
	[VALUE_FILE] = "file",
};

static void print_value(FILE *out, const char *value)
{
	const char *word;

	fprintf(out, "kind=%s candidates=(", kinds[value_kind(value)]);
	for (size_t i = 0; (word = value_word(value, i)); i++)
		completion_word(out, i ? " " : "", word);
	fprintf(out, ") ;;\n");
}

static void print_values(FILE *out, const char *command, const struct option *options)
{
	for (const struct option *o = options; o->name; o++) {
		if (!o->value)
			continue;
		fprintf(out, "\t%s:--%s", command, o->name);
		if (o->letter)
			fprintf(out, " | %s:-%c", command, o->letter);
		fprintf(out, ") ");
		print_value(out, o->value);
	}
}

static void print_options(FILE *out, const struct option *options)
{
	fprintf(out, "candidates+=(");
	for (const struct option *o = options; o->name; o++) {
		fprintf(out, "%s--%s", o == options ? "" : " ", o->name);
		if (o->letter)
			fprintf(out, " -%c", o->letter);
	}
	fprintf(out, ")");
}

/* The functions that stand for the tables. */

static void print_value_function(FILE *out)
{
	fprintf(out, "# What is the value of option $1 of $command? Fails if it takes none.\n"
		     "_patctl_value() {\n\tcase $command:$1 in\n");
	for (const struct command *const *c = commands; *c; c++)
		print_values(out, (*c)->name, (*c)->options);
	print_values(out, "*", commands_options);
	fprintf(out, "\t*) return 1 ;;\n\tesac\n}\n\n");
}

static void print_options_function(FILE *out)
{
	fprintf(out, "# Which options may stand here?\n"
		     "_patctl_options() {\n\tkind=word candidates=()\n\tcase $command in\n");
	for (const struct command *const *c = commands; *c; c++) {
		if (!(*c)->options->name)
			continue;
		fprintf(out, "\t%s) ", (*c)->name);
		print_options(out, (*c)->options);
		fprintf(out, " ;;\n");
	}
	fprintf(out, "\tesac\n\t");
	print_options(out, commands_options);
	fprintf(out, "\n}\n\n");
}

static void print_operand_function(FILE *out)
{
	fprintf(out, "# What is the next operand? Fails if there is none.\n"
		     "_patctl_operand() {\n\tcase $command in\n\t'') kind=word candidates=(");
	for (const struct command *const *c = commands; *c; c++)
		fprintf(out, "%s%s", c == commands ? "" : " ", (*c)->name);
	fprintf(out, ") ;;\n");
	for (const struct command *const *c = commands; *c; c++) {
		if (!(*c)->operand)
			continue;
		fprintf(out, "\t%s) ((operands < %zu)) && ", (*c)->name, (*c)->max);
		print_value(out, (*c)->operand);
	}
	fprintf(out, "\t*) return 1 ;;\n\tesac\n}\n\n");
}

void completion_bash(FILE *out)
{
	fprintf(out, "# bash completion for patctl %s, printed by `patctl completion bash`.\n\n",
		PAT_VERSION);
	print_value_function(out);
	print_options_function(out);
	print_operand_function(out);
	fputs(engine, out);
}
