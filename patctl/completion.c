#include "patctl/completion.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patctl/command.h"
#include "patctl/output.h"
#include "patctl/value.h"

static const struct shell {
	const char *name;
	void (*print)(FILE *out);
} shells[] = {
	{"bash", completion_bash},
	{"zsh", completion_zsh},
	{"fish", completion_fish},
};

enum { SHELLS = sizeof(shells) / sizeof(shells[0]) };

const char *completion_shell(size_t i)
{
	return i < SHELLS ? shells[i].name : NULL;
}

int completion_print(const char *shell, FILE *out)
{
	for (size_t i = 0; i < SHELLS; i++) {
		if (strcmp(shells[i].name, shell) == 0) {
			shells[i].print(out);
			return 0;
		}
	}
	return ERR_INVALID;
}

void completion_word(FILE *out, const char *before, const char *text)
{
	fprintf(out, "%s'", before);
	for (; *text; text++)
		fprintf(out, *text == '\'' ? "'\\%c'" : "%c", *text);
	fputc('\'', out);
}

static int print_json(const char *shell, struct fault *f)
{
	char *script = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&script, &n);
	int err;

	if (!out)
		return fault_plain(f, ERR_MEMORY, NULL);
	completion_print(shell, out);
	if (fclose(out) == 0)
		err = output_json(json_pack("{s:s%}", "script", script, n), f);
	else
		err = fault_plain(f, ERR_MEMORY, NULL);
	free(script);
	return err;
}

static const struct option options[] = {OPTION_END};

static int run(const struct args *a, struct fault *f)
{
	const char *shell = a->operands[0];

	if (!value_has("SHELL", shell))
		return fault_say(f, ERR_USAGE, NULL,
			"completion: \"%s\": accepted are bash, zsh and fish", shell);
	return a->json ? print_json(shell, f) : completion_print(shell, stdout);
}

const struct command command_completion = {
	.name = "completion",
	.synopsis = "bash|zsh|fish",
	.help = "print a script with which that shell completes patctl's command line",
	.options = options,
	.operand = "SHELL",
	.min = 1,
	.max = 1,
	.run = run,
};
