/* check_completion.c: every command, option and word of the tables stands in each shell's script.
 */
#include <stdarg.h>
#include <string.h>

#include "common/err.h"
#include "patctl/commands.h"
#include "patctl/completion.h"
#include "patctl/value.h"
#include "tests/unit/unit.h"

static char *script;

static void print(const char *shell)
{
	size_t n = 0;
	FILE *out = open_memstream(&script, &n);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(completion_print(shell, out), 0);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_uint_eq(strlen(script), n);
}

static void has(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void has(const char *format, ...)
{
	char wanted[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(wanted, sizeof(wanted), format, ap);
	va_end(ap);
	ck_assert_msg(strstr(script, wanted), "no %s", wanted);
}

/* Each word of each value, as the shell gets it. */
static void has_words(const char *value, const char *quote)
{
	const char *word;

	for (size_t i = 0; value && (word = value_word(value, i)); i++)
		has("%s%s%s", quote, word, quote);
}

/* An option of a command, or with NULL of all of them. */
static void bash_has(const char *command, const struct option *o)
{
	has("--%s", o->name);
	if (o->letter)
		has(" -%c", o->letter);
	if (o->value && o->letter)
		has("\t%s:--%s | %s:-%c) kind=", command ? command : "*", o->name,
			command ? command : "*", o->letter);
	else if (o->value)
		has("\t%s:--%s) kind=", command ? command : "*", o->name);
	has_words(o->value, "'");
}

static void zsh_has(const char *command, const struct option *o)
{
	(void)command;
	if (o->letter)
		has("'(-%c --%s)-%c%s[", o->letter, o->name, o->letter, o->value ? "+" : "");
	has("--%s%s[", o->name, o->value ? "=" : "");
	has_words(o->value, "\"");
}

static void fish_has(const char *command, const struct option *o)
{
	if (command)
		has("complete -c patctl -n '__patctl_is %s' -l %s", command, o->name);
	else
		has("complete -c patctl -l %s", o->name);
	if (o->letter)
		has(" -l %s -s %c", o->name, o->letter);
	has_words(o->value, "'");
}

static const struct {
	const char *shell;
	void (*has)(const char *command, const struct option *o);
	const char *before, *after; /* what stands around a command's name */
	const char *quote;
} shells[] = {
	{"bash", bash_has, " ", "", "'"},
	{"zsh", zsh_has, "\t", ") _arguments ", "\""},
	{"fish", fish_has, " -n 'not __patctl_command' -a ", " -d ", "'"},
};

START_TEST(complete)
{
	print(shells[_i].shell);
	for (const struct option *o = commands_options; o->name; o++)
		shells[_i].has(NULL, o);
	for (const struct command *const *c = commands; *c; c++) {
		if (c != commands)
			has("%s%s%s", shells[_i].before, (*c)->name, shells[_i].after);
		for (const struct option *o = (*c)->options; o->name; o++)
			shells[_i].has((*c)->name, o);
		has_words((*c)->operand, shells[_i].quote);
	}
	free(script);
}
END_TEST

START_TEST(known_shells)
{
	ck_assert_uint_eq(COUNT(shells), 3);
	for (size_t i = 0; i < COUNT(shells); i++)
		ck_assert_str_eq(completion_shell(i), shells[i].shell);
	ck_assert_ptr_null(completion_shell(COUNT(shells)));
	ck_assert_int_eq(completion_print("csh", stderr), ERR_INVALID);
	ck_assert_int_eq(completion_print("", stderr), ERR_INVALID);
}
END_TEST

START_TEST(quoted)
{
	size_t n = 0;
	FILE *out = open_memstream(&script, &n);

	completion_word(out, "", "used up");
	completion_word(out, " ", "it's $(x) \\ \"%s");
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_str_eq(script, "'used up' 'it'\\''s $(x) \\ \"%s'");
	free(script);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("completion");
	TCase *tc = tcase_create("completion");

	tcase_add_loop_test(tc, complete, 0, COUNT(shells));
	tcase_add_test(tc, known_shells);
	tcase_add_test(tc, quoted);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
