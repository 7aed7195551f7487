/* check_commands.c: the table of commands keeps the rules that help, parser and completion rely on.
 */
#include <string.h>

#include "patctl/commands.h"
#include "patctl/value.h"
#include "tests/unit/unit.h"

/* A long name, a letter or a command: no shell makes anything else of it. */
static bool plain(const char *name)
{
	return *name && *name != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

static void check_options(const char *command, const struct option *options)
{
	for (const struct option *o = options; o->name; o++) {
		ck_assert_msg(plain(o->name), "%s --%s", command, o->name);
		ck_assert_msg(
			!o->letter || strspn((char[]){o->letter, 0}, "abcdefghijklmnopqrstuvwxyz"
								     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
			"%s --%s", command, o->name);
		ck_assert_msg(o->help && *o->help, "%s --%s", command, o->name);
	}
}

/* The tables that count at once give each name and letter one meaning. */
static void check_unambiguous(const struct option *a, const struct option *b)
{
	for (const struct option *o = a; o->name; o++) {
		for (const struct option *p = b; p->name; p++) {
			if (o == p)
				continue;
			ck_assert_str_ne(o->name, p->name);
			ck_assert_msg(
				!o->letter || o->letter != p->letter, "%s, %s", o->name, p->name);
		}
	}
}

START_TEST(options)
{
	check_options("", commands_options);
	check_unambiguous(commands_options, commands_options);
	for (const struct command *const *c = commands; *c; c++) {
		check_options((*c)->name, (*c)->options);
		check_unambiguous((*c)->options, (*c)->options);
		check_unambiguous((*c)->options, commands_options);
	}
}
END_TEST

START_TEST(operands)
{
	for (const struct command *const *c = commands; *c; c++) {
		ck_assert_msg(plain((*c)->name), "%s", (*c)->name);
		ck_assert_ptr_eq(commands_find((*c)->name), *c);
		ck_assert_msg(*(*c)->help, "%s", (*c)->name);
		ck_assert_msg((*c)->min <= (*c)->max, "%s", (*c)->name);
		/* Its operands are declared, and the synopsis tells of them. */
		ck_assert_msg(!(*c)->operand == ((*c)->max == 0), "%s", (*c)->name);
		ck_assert_msg(!(*c)->operand || *(*c)->synopsis, "%s", (*c)->name);
	}
}
END_TEST

START_TEST(found)
{
	static const char *const none[] = {"", "m", "min", "mintt", "MINT", "mint ", "--help"};

	for (size_t i = 0; i < COUNT(none); i++)
		ck_assert_ptr_null(commands_find(none[i]));
	ck_assert_str_eq(commands_find("mint")->name, "mint");
}
END_TEST

/* What names a token is known as such, so that it completes. */
START_TEST(tokens)
{
	static const char *const of_token[] = {
		"show", "edit", "revoke", "restore", "delete", "explain"};

	for (size_t i = 0; i < COUNT(of_token); i++)
		ck_assert_int_eq(value_kind(commands_find(of_token[i])->operand), VALUE_TOKEN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("commands");
	TCase *tc = tcase_create("commands");

	tcase_add_test(tc, options);
	tcase_add_test(tc, operands);
	tcase_add_test(tc, found);
	tcase_add_test(tc, tokens);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
