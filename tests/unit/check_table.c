/* check_table.c: what a table prints, with and without colours. */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/limits.h"
#include "patctl/table.h"
#include "tests/unit/printed.h"

static struct table *make(bool color)
{
	struct table *t = table_new(color);

	ck_assert_ptr_nonnull(t);
	table_column(t, "CHECK");
	table_column(t, "VERDICT");
	table_column(t, "RULE");
	return t;
}

START_TEST(aligned)
{
	struct table *t = make(false);

	table_line(t);
	table_text(t, SPAN("scope"));
	table_cell(t, "pass", "green");
	table_text(t, SPAN("sshd"));
	table_line(t);
	table_cell(t, "from", NULL);
	table_cell(t, NULL, NULL);
	table_cell(t, "anywhere", NULL);
	ck_assert_str_eq(printed(t), "CHECK VERDICT RULE\n"
				     "scope pass    sshd\n"
				     "from          anywhere\n");
	table_free(t);
}
END_TEST

START_TEST(colored)
{
	struct table *t = make(true);

	table_line(t);
	table_text(t, SPAN("scope"));
	table_cell(t, "refuse", "red");
	table_text(t, SPAN("sshd"));
	ck_assert_ptr_nonnull(strstr(printed(t), "\x1b[31mrefuse"));
	table_free(t);
}
END_TEST

/* What comes from outside does not act on the terminal, however long it is. */
START_TEST(escaped)
{
	struct table *t = make(false);
	char longest[LIMIT_SCOPES];

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	memset(longest, '\x1b', sizeof(longest));
	table_line(t);
	table_text(t, SPAN("a\x1b[2Jb\nc\xc3\xbc\xff"));
	table_cell(t, "", NULL);
	table_text(t, (struct span){longest, sizeof(longest)});
	ck_assert_ptr_nonnull(strstr(printed(t), "\na\\x1b[2Jb\\x0ac\xc3\xbc\\xff"));
	ck_assert_ptr_null(strchr(printed(t), '\x1b'));
	table_free(t);
}
END_TEST

/* One cell too many is an error, told when it is printed. */
START_TEST(latched)
{
	struct table *t = make(false);

	table_line(t);
	for (int i = 0; i < 4; i++)
		table_cell(t, "x", NULL);
	table_line(t);
	table_cell(t, "y", NULL);
	ck_assert_int_eq(table_print(t), ERR_MEMORY);
	table_free(t);
	table_free(NULL);
}
END_TEST

/* A tree is drawn in the column that is said; names are any bytes. */
START_TEST(tree)
{
	struct table *t = make(false);

	table_tree(t, 1);
	table_node(t, SPAN("\0x"), SPAN(""));
	table_cell(t, "a", NULL);
	table_cell(t, "A", NULL);
	table_node(t, SPAN("\0"), SPAN("\0x"));
	table_cell(t, "b", NULL);
	table_cell(t, "B", NULL);
	table_node(t, SPAN("c"), SPAN("\0"));
	table_cell(t, "c", NULL);
	table_cell(t, "C", NULL);
	ck_assert_str_eq(printed(t), "CHECK VERDICT RULE\n"
				     "a     A       \n"
				     "b     `-B     \n"
				     "c       `-C   \n");
	table_free(t);
}
END_TEST

/* No such column: told when it is printed. */
START_TEST(tree_of_nothing)
{
	struct table *t = make(false);

	table_tree(t, 3);
	table_node(t, SPAN("a"), SPAN(""));
	ck_assert_int_eq(table_print(t), ERR_MEMORY);
	table_free(t);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("table");
	TCase *tc = tcase_create("table");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, aligned);
	tcase_add_test(tc, colored);
	tcase_add_test(tc, escaped);
	tcase_add_test(tc, latched);
	tcase_add_test(tc, tree);
	tcase_add_test(tc, tree_of_nothing);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
