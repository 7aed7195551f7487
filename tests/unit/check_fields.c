/* check_fields.c: members by a table: in order, at most once, nothing that is empty. */
#include <string.h>

#include "common/fields.h"
#include "tests/unit/unit.h"

struct thing {
	char must[4], may[4];
	uint8_t small;
	uint64_t big;
};

static const struct field table[] = {
	FIELD_TEXT_AT(1, true, struct thing, must),
	{3, FIELD_U8, false, offsetof(struct thing, small), 0},
	{5, FIELD_U64, false, offsetof(struct thing, big), 0},
	FIELD_TEXT_AT(7, false, struct thing, may),
};

static size_t encode(const struct thing *t, uint8_t buf[64])
{
	struct writer w;

	writer_init(&w, buf, 64);
	fields_encode(&w, table, COUNT(table), t);
	return writer_len(&w);
}

static bool decode(const void *bytes, size_t n, struct thing *t)
{
	struct reader r;

	reader_init(&r, bytes, n);
	memset(t, 0, sizeof(*t));
	return fields_decode(&r, table, COUNT(table), t);
}

START_TEST(there_and_back)
{
	static const struct thing t = {"abc", "x", 9, 258};
	static const char bytes[] = "\1\0\3abc"
				    "\3\0\1\t"
				    "\5\0\x08\0\0\0\0\0\0\1\2"
				    "\7\0\1x";
	struct thing again;
	uint8_t buf[64];

	ck_assert_uint_eq(encode(&t, buf), sizeof(bytes) - 1);
	ck_assert_mem_eq(buf, bytes, sizeof(bytes) - 1);
	ck_assert(decode(bytes, sizeof(bytes) - 1, &again));
	ck_assert_str_eq(again.must, "abc");
	ck_assert_str_eq(again.may, "x");
	ck_assert_uint_eq(again.small, 9);
	ck_assert_uint_eq(again.big, 258);
}
END_TEST

START_TEST(what_is_empty)
{
	struct thing t = {.must = "a"};
	uint8_t buf[64];

	ck_assert_uint_eq(encode(&t, buf), 4);
	t.must[0] = '\0';
	ck_assert_uint_eq(encode(&t, buf), 0);
	memset(t.must, 'a', sizeof(t.must)); /* without an end */
	ck_assert_uint_eq(encode(&t, buf), 0);
}
END_TEST

#define BYTES(literal)                                                                             \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static const struct span refused[] = {
	BYTES(""),		    /* what must be there is not */
	BYTES("\3\0\1\1"),	    /* nor here */
	BYTES("\1\0\1a\2\0\1a"),    /* an unknown tag */
	BYTES("\1\0\1a\1\0\1a"),    /* twice */
	BYTES("\3\0\1\1\1\0\1a"),   /* out of order */
	BYTES("\1\0\4abcd"),	    /* too long */
	BYTES("\1\0\0"),	    /* empty */
	BYTES("\1\0\2a\0"),	    /* a NUL */
	BYTES("\1\0\1a\3\0\2\0\1"), /* another length than the type's */
	BYTES("\1\0\1a\3\0\1\0"),   /* a number that says nothing */
	BYTES("\1\0\1a\5\0\1\1"),
	BYTES("\1\0\1a\7"), /* cut off */
	BYTES("\1\0\1a\7\0"),
	BYTES("\1\0\1a\7\0\2x"),
};

START_TEST(rules)
{
	struct thing t;

	ck_assert(decode("\1\0\1a", 4, &t));
	ck_assert_msg(!decode(refused[_i].p, refused[_i].n, &t), "case %d", _i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fields");
	TCase *t = tcase_create("fields");

	tcase_add_test(t, there_and_back);
	tcase_add_test(t, what_is_empty);
	tcase_add_loop_test(t, rules, 0, COUNT(refused));
	suite_add_tcase(s, t);
	return unit_run(s);
}
