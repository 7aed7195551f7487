/* check_batch.c: what a stream to the daemon may heap up. */
#include <string.h>

#include "common/usage.h"
#include "patd/batch.h"
#include "tests/unit/unit.h"

static struct batch *b;

static void setup(void)
{
	b = batch_new();
	ck_assert_ptr_nonnull(b);
}

static void teardown(void)
{
	batch_free(b);
	batch_free(NULL);
}

START_TEST(items)
{
	for (int i = 0; i < LIMIT_BATCH; i++) {
		struct batch_item *item;

		ck_assert(!batch_full(b));
		item = batch_add(b);
		ck_assert_str_eq(item->id, "");
		ck_assert_uint_eq(item->record.n, 0);
		strcpy(item->id, "00000000000");
		item->record = batch_keep(b, SPAN("abc"));
		ck_assert(span_is(item->record, "abc"));
	}
	ck_assert(batch_full(b));
	ck_assert_uint_eq(b->n, LIMIT_BATCH);
	ck_assert(span_is(b->item[0].record, "abc"));
	batch_clear(b);
	ck_assert(!batch_full(b));
	ck_assert_str_eq(batch_add(b)->id, "");
}
END_TEST

/* The largest items: there is room for another as long as it is not full, and never for more. */
START_TEST(large_items)
{
	static char bytes[LIMIT_RECORD];
	struct span record = {bytes, LIMIT_RECORD}, usage = {bytes, USAGE_BYTES};
	size_t n = 0;

	while (!batch_full(b)) {
		struct batch_item *item = batch_add(b);

		item->record = batch_keep(b, record);
		item->usage = batch_keep(b, usage);
		ck_assert_uint_eq(item->record.n, LIMIT_RECORD);
		ck_assert_uint_eq(item->usage.n, USAGE_BYTES);
		ck_assert_ptr_eq(item->usage.p, item->record.p + LIMIT_RECORD);
		n++;
	}
	ck_assert_uint_gt(n, 1);
	ck_assert_uint_lt(n, LIMIT_BATCH);
	for (int i = 0; i < 2; i++)
		batch_keep(b, record);
	ck_assert_uint_eq(batch_keep(b, record).n, 0);
	ck_assert_uint_le(b->used, sizeof(b->bytes));
	ck_assert_uint_eq(batch_keep(b, (struct span){"", 0}).n, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("batch");
	TCase *t = tcase_create("batch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, items);
	tcase_add_test(t, large_items);
	suite_add_tcase(s, t);
	return unit_run(s);
}
