/* check_value.c: what the names of values stand for. */
#include <string.h>

#include "patctl/value.h"
#include "tests/unit/unit.h"

static const struct {
	const char *name;
	enum value_kind kind;
	const char *first, *last; /* of its words; NULL: it has none */
} cases[] = {
	{"ACCOUNT", VALUE_ACCOUNT, NULL, NULL},
	{"COLOR", VALUE_WORD, "auto", "never"},
	{"COLUMNS", VALUE_WORDS, "ID", "USE-COUNT"},
	{"PATH", VALUE_FILE, NULL, NULL},
	{"SHELL", VALUE_WORD, "bash", "fish"},
	{"STATUS", VALUE_WORD, "active", "disallowed"},
	{"TOKEN", VALUE_TOKEN, NULL, NULL},
	{"json", VALUE_WORD, "json", "json"},
	{"TEXT", VALUE_ANY, NULL, NULL},
	{"token", VALUE_ANY, NULL, NULL},
	{"TOKEN...", VALUE_ANY, NULL, NULL},
	{"", VALUE_ANY, NULL, NULL},
};

START_TEST(known)
{
	const char *name = cases[_i].name, *last = NULL, *word;

	ck_assert_int_eq(value_kind(name), cases[_i].kind);
	ck_assert_pstr_eq(value_word(name, 0), cases[_i].first);
	for (size_t i = 0; (word = value_word(name, i)); i++) {
		ck_assert(value_has(name, word));
		last = word;
	}
	ck_assert_pstr_eq(last, cases[_i].last);
	ck_assert(!value_has(name, ""));
	ck_assert(!value_has(name, "Auto"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("value");
	TCase *tc = tcase_create("value");

	tcase_add_loop_test(tc, known, 0, COUNT(cases));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
