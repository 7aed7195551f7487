/* check_killer.c: children of the root parent that end sessions; here they find nothing to end. */
#include <event2/event.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/killer.h"
#include "tests/unit/unit.h"

static struct event_base *loop;
static struct killer *killer;
static struct control results[64];
static unsigned count;

static void on_done(void *arg, const struct control *result)
{
	(void)arg;
	ck_assert_uint_lt(count, COUNT(results));
	ck_assert_uint_eq(result->type, CONTROL_RESULT);
	results[count++] = *result;
}

static void setup(void)
{
	loop = event_base_new();
	ck_assert_ptr_nonnull(loop);
	killer = killer_new(loop, on_done, NULL);
	ck_assert_ptr_nonnull(killer);
	count = 0;
}

static void teardown(void)
{
	killer_free(killer);
	event_base_free(loop);
}

static void run_until(unsigned n)
{
	while (count < n)
		ck_assert_int_eq(event_base_loop(loop, EVLOOP_ONCE), 0);
}

/* Until there are no children any more. */
static void run_out(void)
{
	event_base_dispatch(loop);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}

static struct control request(uint8_t type, uint32_t id)
{
	struct control m = {.type = type, .id = id, .uid = 54321};

	/* Nobody's, whatever runs here. */
	m.process = (struct process){INT32_MAX, 1, 0, 0, UINT32_MAX - 1, 54321};
	return m;
}

START_TEST(results_come_back)
{
	struct control kill = request(CONTROL_KILL, 7), others = request(CONTROL_OTHERS, 8);

	killer_start(killer, &kill);
	killer_start(killer, &others);
	ck_assert_uint_eq(count, 0); /* nobody has been waited for */
	run_until(2);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(results[i].err, results[i].id == 7 ? ERR_NO_SESSION : 0);
	ck_assert_uint_eq(results[0].id + results[1].id, 15);
	run_out();
	ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(refused)
{
	struct control m = request(CONTROL_KILL, 7);

	m.uid = 54322;
	killer_start(killer, &m);
	run_until(1);
	ck_assert_int_eq(results[0].err, ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(results[0].message, "left alone"));
	run_out();
}
END_TEST

/* One too many is told at once; when some are done there is room again. */
START_TEST(too_many)
{
	for (uint32_t id = 1; id <= LIMIT_KILLS + 1; id++) {
		struct control m = request(CONTROL_KILL, id);

		killer_start(killer, &m);
	}
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(results[0].id, LIMIT_KILLS + 1);
	ck_assert_int_eq(results[0].err, ERR_BUSY);
	run_until(LIMIT_KILLS + 1);
	run_out();
	killer_start(killer, &(struct control){.type = CONTROL_OTHERS, .id = 99});
	run_until(LIMIT_KILLS + 2);
	ck_assert_int_eq(results[LIMIT_KILLS + 1].err, 0);
	run_out();
}
END_TEST

/* None is left behind, nor told of. */
START_TEST(freed_meanwhile)
{
	struct control m = request(CONTROL_KILL, 1);

	killer_start(killer, &m);
	killer_free(killer);
	killer = NULL;
	while (waitpid(-1, NULL, 0) > 0)
		;
	ck_assert_uint_eq(count, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("killer");
	TCase *t = tcase_create("killer");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, results_come_back);
	tcase_add_test(t, refused);
	tcase_add_test(t, too_many);
	tcase_add_test(t, freed_meanwhile);
	suite_add_tcase(s, t);
	return unit_run(s);
}
