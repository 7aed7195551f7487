/* check_errand.c: what the store process asks of the parent. The test is the parent. */
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/chan.h"
#include "patd/errand.h"
#include "tests/unit/unit.h"

static struct errands errands;
static int parent;

static void setup(void)
{
	int pair[2];

	ck_assert_int_eq(chan_pair(pair), 0);
	errands_init(&errands, pair[0]);
	parent = pair[1];
}

static void teardown(void)
{
	close(errands.control);
	close(parent);
}

struct told {
	unsigned times;
	int err;
	char message[32];
};

static void on_done(void *arg, const struct control *result)
{
	struct told *told = arg;

	told->times++;
	told->err = result->err;
	snprintf(told->message, sizeof(told->message), "%.31s", result->message);
}

static int send(struct errand *e, struct told *told, uint8_t type)
{
	struct control m = {.type = type, .id = 12345, .process = {.pid = 7}};

	e->done = on_done;
	e->arg = told;
	return errand_send(&errands, e, &m, -1);
}

static struct control heard(void)
{
	struct control m;
	int passed = -1;

	ck_assert_int_eq(control_receive(parent, &m, &passed), 0);
	ck_assert_int_eq(passed, -1);
	return m;
}

static bool silent(void)
{
	struct control m;
	int passed;

	return control_receive(parent, &m, &passed) == ERR_BUSY;
}

static void answer(uint32_t id, int err, const char *message)
{
	struct control m = {.type = CONTROL_RESULT, .id = id, .err = err};

	strcpy(m.message, message);
	errand_result(&errands, &m);
}

/* Answered in another order than asked, each with its own. */
START_TEST(each_its_own)
{
	struct errand a = {0}, b = {0}, c = {0};
	struct told of_a = {0}, of_b = {0}, of_c = {0};
	struct control m[3];

	ck_assert_int_eq(send(&a, &of_a, CONTROL_LIVE), 0);
	ck_assert_int_eq(send(&b, &of_b, CONTROL_KILL), 0);
	ck_assert_int_eq(send(&c, &of_c, CONTROL_LIVE), 0);
	for (int i = 0; i < 3; i++) {
		m[i] = heard();
		ck_assert_uint_ne(m[i].id, 0);
		ck_assert_uint_ne(m[i].id, 12345); /* ids are given here */
		ck_assert_uint_eq(m[i].process.pid, 7);
		for (int j = 0; j < i; j++)
			ck_assert_uint_ne(m[i].id, m[j].id);
	}
	ck_assert_uint_eq(m[1].type, CONTROL_KILL);
	answer(m[2].id, ERR_NO_SESSION, "");
	answer(m[0].id, 0, "first");
	ck_assert_uint_eq(of_b.times, 0);
	answer(m[1].id, ERR_REFUSED, "second");
	ck_assert_str_eq(of_a.message, "first");
	ck_assert_int_eq(of_b.err, ERR_REFUSED);
	ck_assert_int_eq(of_c.err, ERR_NO_SESSION);
	/* Once. */
	answer(m[0].id, 0, "again");
	ck_assert_uint_eq(of_a.times, 1);
	ck_assert_str_eq(of_a.message, "first");
}
END_TEST

START_TEST(cancelled)
{
	struct errand a = {0};
	struct told of_a = {0};
	struct control m, cancel;

	errand_cancel(&errands, &a); /* not under way */
	ck_assert(silent());
	ck_assert_int_eq(send(&a, &of_a, CONTROL_KILL), 0);
	m = heard();
	errand_cancel(&errands, &a);
	cancel = heard();
	ck_assert_uint_eq(cancel.type, CONTROL_CANCEL);
	ck_assert_uint_eq(cancel.id, m.id);
	errand_cancel(&errands, &a);
	ck_assert(silent());
	answer(m.id, 0, "");
	ck_assert_uint_eq(of_a.times, 0);
	ck_assert_int_eq(send(&a, &of_a, CONTROL_KILL), 0); /* and may go again */
	ck_assert_uint_ne(heard().id, m.id);
	answer(errands.last_id, 0, "");
	ck_assert_uint_eq(of_a.times, 1);
	errand_cancel(&errands, &a);
	ck_assert(silent());
}
END_TEST

START_TEST(strangers_results)
{
	struct errand a = {0};
	struct told of_a = {0};

	answer(0, 0, "");
	answer(1, 0, "");
	ck_assert_int_eq(send(&a, &of_a, CONTROL_LIVE), 0);
	answer(0, 0, "");
	answer(heard().id + 1, 0, "");
	ck_assert_uint_eq(of_a.times, 0);
}
END_TEST

/* When the numbers begin anew, none is 0 or one that is under way. */
START_TEST(numbers_wrap)
{
	struct errand a = {0}, b = {0};
	struct told of_a = {0}, of_b = {0};
	struct control first, second;

	ck_assert_int_eq(send(&a, &of_a, CONTROL_LIVE), 0);
	first = heard();
	errands.last_id = UINT32_MAX - 1;
	ck_assert_int_eq(send(&b, &of_b, CONTROL_LIVE), 0);
	ck_assert_uint_eq(heard().id, UINT32_MAX);
	answer(UINT32_MAX, 0, "");
	ck_assert_int_eq(send(&b, &of_b, CONTROL_LIVE), 0);
	second = heard();
	ck_assert_uint_ne(second.id, 0);
	ck_assert_uint_ne(second.id, first.id);
}
END_TEST

/* With nobody there, or nobody listening, nobody is called. */
START_TEST(not_sent)
{
	struct errand a[4096] = {{0}}, last = {0};
	struct told told = {0};
	size_t n = 0;

	while (n < COUNT(a) && send(&a[n], &told, CONTROL_KILL) == 0)
		n++;
	ck_assert_uint_lt(n, COUNT(a));
	ck_assert_int_eq(send(&last, &told, CONTROL_KILL), ERR_BUSY);
	errand_cancel(&errands, &last);
	ck_assert_uint_eq(told.times, 0);
	close(parent);
	ck_assert_int_eq(send(&last, &told, CONTROL_KILL), ERR_BUSY);
	parent = -1;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("errand");
	TCase *t = tcase_create("errand");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_its_own);
	tcase_add_test(t, cancelled);
	tcase_add_test(t, strangers_results);
	tcase_add_test(t, numbers_wrap);
	tcase_add_test(t, not_sent);
	suite_add_tcase(s, t);
	return unit_run(s);
}
