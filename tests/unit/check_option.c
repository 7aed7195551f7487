/* check_option.c: the options of a command line, where they may stand, and what is none. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patctl/option.h"

static const struct option global[] = {
	{"json", 0, NULL, OPTION_FIELD(json), ""},
	{"user", 'u', "ACCOUNT", OPTION_FIELD(user), ""},
	OPTION_END,
};
static const struct option own[] = {
	{"all", 'a', NULL, OPTION_FIELD(all), ""},
	{"yes", 'y', NULL, OPTION_FIELD(yes), ""},
	{"reason", 'r', "TEXT", OPTION_FIELD(reason), ""},
	OPTION_END,
};

enum { WORDS = 8 };

/* Words, split at '|', and what becomes of them: values are NULL where the option is absent. */
static const struct {
	const char *line;
	bool json, all, yes;
	const char *user, *reason, *operands;
} good[] = {
	{"", false, false, false, NULL, NULL, ""},
	{"one|two", false, false, false, NULL, NULL, "one|two"},
	{"--all|one", false, true, false, NULL, NULL, "one"},
	{"one|--all|two|-y", false, true, true, NULL, NULL, "one|two"},
	{"-ay", false, true, true, NULL, NULL, ""},
	{"-ayrwhy", false, true, true, NULL, "why", ""},
	{"-ar|why|one", false, true, false, NULL, "why", "one"},
	{"--reason=why|--json", true, false, false, NULL, "why", ""},
	{"--reason|why", false, false, false, NULL, "why", ""},
	{"--reason=", false, false, false, NULL, "", ""},
	{"--reason|", false, false, false, NULL, "", ""},
	{"--reason=a=b", false, false, false, NULL, "a=b", ""},
	{"--reason|--all", false, false, false, NULL, "--all", ""},
	{"-r|--", false, false, false, NULL, "--", ""},
	{"-r-y", false, false, false, NULL, "-y", ""},
	{"-r=x", false, false, false, NULL, "=x", ""},
	{"-u|bob|one|-u|alice", false, false, false, "alice", NULL, "one"},
	{"--|--all|-y", false, false, false, NULL, NULL, "--all|-y"},
	{"one|--|--|two", false, false, false, NULL, NULL, "one|--|two"},
	{"-|one", false, false, false, NULL, NULL, "-|one"},
};

static const struct {
	const char *line, *named;
} bad[] = {
	{"--frob", "--frob: unknown"},
	{"--frob=x", "--frob: unknown"},
	{"--al", "--al: unknown"},
	{"--allx", "--allx: unknown"},
	{"--ALL", "--ALL: unknown"},
	{"--=x", "--: unknown"},
	{"---all", "---all: unknown"},
	{"-z", "-z: unknown"},
	{"-az", "-z: unknown"},
	{"-a-", "--: unknown"},
	{"--all=yes", "--all: takes no value"},
	{"--all=", "--all: takes no value"},
	{"--reason", "--reason: needs a value"},
	{"-r", "--reason: needs a value"},
	{"one|-ayr", "--reason: needs a value"},
};

static int split(const char *line, char *copy, char **argv)
{
	int argc = 0;

	strcpy(copy, line);
	for (char *p = copy; *line && p; argc++) {
		argv[argc] = p;
		p = strchr(p, '|');
		if (p)
			*p++ = '\0';
	}
	argv[argc] = NULL;
	return argc;
}

static void check_text(const char *line, const char *got, const char *wanted)
{
	ck_assert_msg((!got && !wanted) || (got && wanted && strcmp(got, wanted) == 0), "%s: %s",
		line, got ? got : "(null)");
}

START_TEST(accepted)
{
	char copy[128], *argv[WORDS + 1], operands[128] = "";
	struct args a = {0};
	struct fault f = {0};
	int argc = split(good[_i].line, copy, argv);

	ck_assert_int_eq(option_parse(global, own, false, argc, argv, &a, &f), argc);
	ck_assert_int_eq(f.err, 0);
	ck_assert_int_eq(a.json, good[_i].json);
	ck_assert_int_eq(a.all, good[_i].all);
	ck_assert_int_eq(a.yes, good[_i].yes);
	check_text(good[_i].line, a.user, good[_i].user);
	check_text(good[_i].line, a.reason, good[_i].reason);
	for (size_t i = 0; i < a.operand_count; i++) {
		strcat(operands, i ? "|" : "");
		strcat(operands, a.operands[i]);
	}
	ck_assert_str_eq(operands, good[_i].operands);
}
END_TEST

START_TEST(refused)
{
	char copy[128], *argv[WORDS + 1];
	struct args a = {0};
	struct fault f = {0};
	int argc = split(bad[_i].line, copy, argv);

	ck_assert_int_eq(option_parse(global, own, false, argc, argv, &a, &f), ERR_USAGE);
	ck_assert_int_eq(f.err, ERR_USAGE);
	ck_assert_msg(strncmp(f.text, bad[_i].named, strlen(bad[_i].named)) == 0, "%s", f.text);
}
END_TEST

/* The global options before a command: its own are unknown there, and it ends at the command. */
START_TEST(until_operand)
{
	char copy[128], *argv[WORDS + 1];
	struct args a = {0};
	struct fault f = {0};
	int argc = split("--json|-u|bob|list|--all", copy, argv);

	ck_assert_int_eq(option_parse(global, NULL, true, argc, argv, &a, &f), 3);
	ck_assert(a.json);
	ck_assert_str_eq(a.user, "bob");
	ck_assert_str_eq(argv[3], "list");
	argc = split("--json|--|-u", copy, argv);
	ck_assert_int_eq(option_parse(global, NULL, true, argc, argv, &a, &f), 2);
	argc = split("--json", copy, argv);
	ck_assert_int_eq(option_parse(global, NULL, true, argc, argv, &a, &f), 1);
	argc = split("--all|list", copy, argv);
	ck_assert_int_eq(option_parse(global, NULL, true, argc, argv, &a, &f), ERR_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("option");
	TCase *tc = tcase_create("option");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tc, accepted, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, refused, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, until_operand);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
