/* check_reaper.c: sessions whose opener has ended, on a real store, loop and writing thread. The
 * test is the root parent, at the other end of the channel. */
#include <event2/event.h>
#include <string.h>

#include "common/err.h"
#include "patd/chan.h"
#include "patd/reaper.h"
#include "patd/server.h"
#include "patd/store_session.h"
#include "tests/unit/unit.h"

static struct server server;
static int parent;

static void setup(void)
{
	char dir[BASE_DIR], why[256] = "";
	int pair[2];

	make_dir(dir);
	memset(&server, 0, sizeof(server));
	ck_assert_msg(store_open(dir, &server.store, why, sizeof(why)) == 0, "%s", why);
	server.base = event_base_new();
	ck_assert_ptr_nonnull(server.base);
	ck_assert_int_eq(event_base_priority_init(server.base, SERVER_PRIORITIES), 0);
	server.committer = commit_start(server.base, server.store);
	ck_assert_ptr_nonnull(server.committer);
	ck_assert_int_eq(chan_pair(pair), 0);
	errands_init(&server.errands, pair[0]);
	parent = pair[1];
}

static void teardown(void)
{
	commit_stop(server.committer);
	reaper_free(server.reaper);
	event_base_free(server.base);
	store_close(server.store);
}

static void add(uint32_t pid)
{
	struct session s = {.opened = 1, .opener = {.pid = pid, .start = 10 * pid}};
	struct store_txn *t;

	strcpy(s.id, "4fJk29sQxZb");
	ck_assert_int_eq(store_begin_write(server.store, &t), 0);
	ck_assert_int_eq(store_put_session(t, &s), 0);
	ck_assert_int_eq(store_commit(t), 0);
}

static const char *sessions(void)
{
	static char text[256];
	struct session s = {.opened = 0};
	struct store_txn *t;

	text[0] = '\0';
	ck_assert_int_eq(store_begin_read(server.store, &t), 0);
	while (store_next_session(t, &s) == 0)
		sprintf(text + strlen(text), "%u ", s.opener.pid);
	store_abort(t);
	return text;
}

/* Answers questions until none comes for a while: those with even pids are gone, the third can't be
 * told. How many there were. */
static unsigned run(void)
{
	unsigned asked = 0;

	for (int idle = 0; idle < 50; idle++) {
		struct control m, result = {.type = CONTROL_RESULT};
		struct timeval soon = {0, 2000};
		int passed;

		event_base_loopexit(server.base, &soon);
		event_base_dispatch(server.base);
		if (control_receive(parent, &m, &passed))
			continue;
		ck_assert_uint_eq(m.type, CONTROL_LIVE);
		ck_assert_uint_eq(m.process.start, 10 * m.process.pid);
		result.id = m.id;
		result.err = m.process.pid % 2 == 0 ? ERR_NO_SESSION
			     : m.process.pid == 3   ? ERR_IO
						    : 0;
		errand_result(&server.errands, &result);
		asked++;
		idle = 0;
	}
	return asked;
}

START_TEST(dead_ones_are_forgotten)
{
	for (uint32_t pid = 1; pid <= 6; pid++)
		add(pid);
	server.reaper = reaper_new(&server);
	ck_assert_ptr_nonnull(server.reaper);
	ck_assert_uint_eq(run(), 6);
	ck_assert_str_eq(sessions(), "1 3 5 ");
}
END_TEST

START_TEST(nothing_to_do)
{
	server.reaper = reaper_new(&server);
	ck_assert_ptr_nonnull(server.reaper);
	ck_assert_uint_eq(run(), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reaper");
	TCase *t = tcase_create("reaper");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, dead_ones_are_forgotten);
	tcase_add_test(t, nothing_to_do);
	suite_add_tcase(s, t);
	return unit_run(s);
}
