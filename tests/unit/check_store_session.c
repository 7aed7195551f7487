/* check_store_session.c: logins under way and sessions in a real store. */
#include <string.h>

#include "common/err.h"
#include "patd/store_session.h"
#include "tests/unit/unit.h"

static struct store *store;
static struct store_txn *t;

static void setup(void)
{
	char dir[BASE_DIR], why[256] = "";

	make_dir(dir);
	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(store_begin_write(store, &t), 0);
}

static void teardown(void)
{
	store_abort(t);
	store_close(store);
}

/* What was written is durable, and is looked at in another transaction. */
static void renew(void)
{
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_int_eq(store_begin_write(store, &t), 0);
}

static struct handover login(uint32_t pid, uint64_t start)
{
	struct handover h = {.process = {.pid = pid, .start = start}, .made = 1, .user = "alice"};

	strcpy(h.id, "4fJk29sQxZb");
	return h;
}

static struct session session(const char *id, uint64_t opened, uint32_t pid)
{
	struct session s = {.opened = opened, .opener = {.pid = pid, .start = 7}, .uid = 1000};

	strcpy(s.id, id);
	strcpy(s.owner, "alice");
	strcpy(s.name, "laptop");
	return s;
}

static unsigned logins(void)
{
	struct handover h = {.made = 0};
	unsigned n = 0;
	int err;

	while (!(err = store_next_handover(t, &h)))
		n++;
	ck_assert_int_eq(err, ERR_NO_TOKEN);
	return n;
}

/* "ID.opened.pid " of each, in the order of the walk from *from on. */
static const char *sessions(struct session from)
{
	static char text[512];
	size_t n = 0;
	int err;

	text[0] = '\0';
	while (!(err = store_next_session(t, &from)))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%.2s.%u.%u ", from.id,
			(unsigned)from.opened, from.opener.pid);
	ck_assert_int_eq(err, ERR_NO_TOKEN);
	return text;
}

START_TEST(logins_come_and_go)
{
	struct handover a = login(1, 7), b = login(1, 8), c = login(256, 1), walk = {.made = 0};

	ck_assert_uint_eq(logins(), 0);
	ck_assert_int_eq(store_del_handover(t, &a.process), 0);
	ck_assert_int_eq(store_put_handover(t, &c), 0);
	ck_assert_int_eq(store_put_handover(t, &b), 0);
	ck_assert_int_eq(store_put_handover(t, &a), 0);
	renew();
	ck_assert_uint_eq(logins(), 3);
	ck_assert_int_eq(store_next_handover(t, &walk), 0);
	ck_assert_uint_eq(walk.process.start, 7);
	ck_assert_str_eq(walk.user, "alice");
	strcpy(a.user, "bob"); /* a later login of the same process */
	ck_assert_int_eq(store_put_handover(t, &a), 0);
	ck_assert_int_eq(store_del_handover(t, &b.process), 0);
	renew();
	ck_assert_uint_eq(logins(), 2);
	walk = (struct handover){.made = 0};
	ck_assert_int_eq(store_next_handover(t, &walk), 0);
	ck_assert_str_eq(walk.user, "bob");
}
END_TEST

START_TEST(sessions_come_and_go)
{
	struct session a = session("aaaaaaaaaaa", 5, 1), b = session("bbbbbbbbbbb", 3, 9),
		       a_later = session("aaaaaaaaaaa", 6, 1),
		       a_other = session("aaaaaaaaaaa", 5, 2), from = {.opened = 0};
	uint64_t n;

	ck_assert_int_eq(store_put_session(t, &b), 0);
	ck_assert_int_eq(store_put_session(t, &a_later), 0);
	ck_assert_int_eq(store_put_session(t, &a_other), 0);
	ck_assert_int_eq(store_put_session(t, &a), 0);
	renew();
	ck_assert_str_eq(sessions(from), "aa.5.1 aa.5.2 aa.6.1 bb.3.9 ");
	ck_assert_str_eq(sessions(a_other), "aa.6.1 bb.3.9 ");
	strcpy(from.id, "b0000000000");
	ck_assert_str_eq(sessions(from), "bb.3.9 ");
	ck_assert_int_eq(store_count_sessions(t, &n), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_int_eq(store_del_session(t, &a_other), 0);
	ck_assert_int_eq(store_del_session(t, &a_other), 0);
	/* a walk goes on where the one it stood at was */
	ck_assert_str_eq(sessions(a_other), "aa.6.1 bb.3.9 ");
	ck_assert_int_eq(store_count_sessions(t, &n), 0);
	ck_assert_uint_eq(n, 3);
}
END_TEST

/* Pids and times mean nothing after a boot; tokens' own data stays. */
START_TEST(another_boot)
{
	struct handover h = login(1, 7);
	struct session s = session("aaaaaaaaaaa", 5, 1), from = {.opened = 0};
	uint64_t clock;

	ck_assert_int_eq(store_note_boot(t, SPAN("one")), 0);
	ck_assert_int_eq(store_put_handover(t, &h), 0);
	ck_assert_int_eq(store_put_session(t, &s), 0);
	ck_assert_int_eq(store_put_clock(t, 77), 0);
	renew();
	ck_assert_int_eq(store_note_boot(t, SPAN("one")), 0);
	ck_assert_uint_eq(logins(), 1);
	ck_assert_str_eq(sessions(from), "aa.5.1 ");
	ck_assert_int_eq(store_note_boot(t, SPAN("another")), 0);
	renew();
	ck_assert_uint_eq(logins(), 0);
	ck_assert_str_eq(sessions(from), "");
	ck_assert_int_eq(store_get_clock(t, &clock), 0);
	ck_assert_uint_eq(clock, 77);
	ck_assert_int_eq(store_put_session(t, &s), 0);
	ck_assert_int_eq(store_note_boot(t, SPAN("another")), 0);
	ck_assert_str_eq(sessions(from), "aa.5.1 ");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store_session");
	TCase *c = tcase_create("store_session");

	tcase_add_unchecked_fixture(c, make_base, remove_base);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, logins_come_and_go);
	tcase_add_test(c, sessions_come_and_go);
	tcase_add_test(c, another_boot);
	suite_add_tcase(s, c);
	return unit_run(s);
}
