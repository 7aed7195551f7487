/* check_commit.c: the writing thread on a real store, with a real event loop. */
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/commit.h"
#include "tests/unit/unit.h"

enum { MANY = 200 };

/* ---- a store and a loop for each test ---- */

static struct store *store;
static struct event_base *loop;
static struct committer *committer;
static pthread_t loop_thread;

static void setup(void)
{
	char dir[BASE_DIR], why[256] = "";

	make_dir(dir);
	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
	loop = event_base_new();
	ck_assert_ptr_nonnull(loop);
	loop_thread = pthread_self();
	committer = commit_start(loop, store);
	ck_assert_ptr_nonnull(committer);
}

static void teardown(void)
{
	if (committer)
		commit_stop(committer);
	event_base_free(loop);
	store_close(store);
}

static struct record token(unsigned n)
{
	struct record r = {.kind = KIND_PERSONAL, .uid = 1000, .created = n};

	snprintf(r.id, sizeof(r.id), "%011u", n);
	strcpy(r.owner, "alice");
	strcpy(r.name, "ci");
	strcpy(r.scopes, "sshd");
	strcpy(r.created_by, "alice");
	return r;
}

static bool stored(unsigned n)
{
	struct record r, key = token(n);
	struct store_txn *t;
	int err;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	err = store_get(t, key.id, &r);
	store_abort(t);
	return err == 0;
}

/* ---- jobs ---- */

struct job {
	struct commit_job job;
	unsigned number; /* of the token to add */
	int fails;	 /* what run() returns instead */
	bool half;	 /* it adds the token, and fails then */
	unsigned again;	 /* times that done() submits it for the next token */
	unsigned runs, dones;
	int result;
	bool was_stored; /* when done() was called */
};

static unsigned dones; /* of all jobs */

static int add_token(void *arg, struct store_txn *t)
{
	struct job *j = arg;
	struct record r = token(j->number);

	j->runs++;
	if (pthread_equal(pthread_self(), loop_thread))
		return ERR_USAGE; /* the loop must never write */
	if (j->fails && !j->half)
		return j->fails;
	return store_add(t, &r, true) ? ERR_STORE : j->fails;
}

static void is_done(void *arg, int result)
{
	struct job *j = arg;

	ck_assert(pthread_equal(pthread_self(), loop_thread));
	j->dones++;
	j->result = result;
	j->was_stored = stored(j->number);
	if (j->again > 0) {
		j->again--;
		j->number++;
		commit_submit(committer, &j->job);
	} else if (--dones == 0) {
		event_base_loopbreak(loop);
	}
}

static void submit(struct job *j, unsigned number, int fails)
{
	*j = (struct job){.number = number, .fails = fails, .result = 77};
	j->job = (struct commit_job){.run = add_token, .done = is_done, .arg = j};
	dones++;
	commit_submit(committer, &j->job);
}

/* Until every job is done. */
static void run_loop(void)
{
	if (dones > 0)
		event_base_loop(loop, EVLOOP_NO_EXIT_ON_EMPTY);
	ck_assert_uint_eq(dones, 0);
}

static void ended(const struct job *j, int result, bool there)
{
	ck_assert_uint_eq(j->dones, 1);
	ck_assert_uint_ge(j->runs, 1);
	ck_assert_msg(j->result == result, "job %u: %d", j->number, j->result);
	ck_assert_int_eq(j->was_stored, there);
	ck_assert_int_eq(stored(j->number), there);
}

/* ---- a disk ---- */

static enum { DISK_GOOD, DISK_FULL, ROOTS_LOST } disk;

/* LMDB calls this one instead of libc's. It writes whole pages of data, and less of the page that a
 * commit ends with. */
__attribute__((visibility("default"))) ssize_t pwrite(int fd, const void *p, size_t n, off_t offset)
{
	if (disk == (n < 4096 ? ROOTS_LOST : DISK_FULL)) {
		errno = disk == DISK_FULL ? ENOSPC : EIO;
		return -1;
	}
	return (ssize_t)syscall(SYS_pwrite64, fd, p, n, offset);
}

__attribute__((visibility("default"))) ssize_t writev(int fd, const struct iovec *v, int n)
{
	if (disk == DISK_FULL) {
		errno = ENOSPC;
		return -1;
	}
	return (ssize_t)syscall(SYS_writev, fd, v, n);
}

START_TEST(one_job)
{
	struct job j;

	submit(&j, 1, 0);
	ck_assert_uint_eq(j.dones, 0); /* not before the loop runs */
	run_loop();
	ended(&j, 0, true);
}
END_TEST

START_TEST(one_after_another)
{
	struct job j;

	for (unsigned n = 1; n <= 20; n++) {
		submit(&j, n, 0);
		run_loop();
		ended(&j, 0, true);
	}
}
END_TEST

/* Once it is done, a job is its owner's: it may be submitted again, from within done(). */
START_TEST(again_and_again)
{
	struct job j;

	submit(&j, 1, 0);
	j.again = 10;
	run_loop();
	ck_assert_uint_eq(j.dones, 11);
	ck_assert_int_eq(j.result, 0);
	for (unsigned n = 1; n <= 11; n++)
		ck_assert(stored(n));
}
END_TEST

START_TEST(many_jobs)
{
	static struct job jobs[MANY];

	for (unsigned i = 0; i < MANY; i++)
		submit(&jobs[i], i, 0);
	run_loop();
	for (unsigned i = 0; i < MANY; i++)
		ended(&jobs[i], 0, true);
}
END_TEST

static void is_told(void *arg, int result)
{
	struct job *j = arg;

	j->result = result;
	dones--;
}

/* The store can be used no more: whoever runs the loop is to open it anew. */
START_TEST(roots_cannot_be_written)
{
	struct store_txn *t;
	struct job j;

	disk = ROOTS_LOST;
	submit(&j, 1, 0);
	j.job.done = is_told;
	ck_assert(!store_lost(store));
	run_loop(); /* ends, though nobody breaks it here */
	ck_assert_int_eq(j.result, ERR_STORE);
	ck_assert(store_lost(store));
	ck_assert_int_eq(store_begin_read(store, &t), ERR_STORE);
	disk = DISK_GOOD;
}
END_TEST

/* Room comes back: so does the store, by itself. */
START_TEST(full_disk)
{
	struct job j;

	disk = DISK_FULL;
	submit(&j, 1, 0);
	run_loop();
	ended(&j, ERR_STORE, false);
	ck_assert_str_eq(store_why(store), strerror(ENOSPC));
	disk = DISK_GOOD;
	ck_assert(!store_lost(store));
	submit(&j, 2, 0);
	run_loop();
	ended(&j, 0, true);
	ck_assert_ptr_null(store_why(store));
	ck_assert(!stored(1));
}
END_TEST

/* Refusals of the jobs' own, in the middle of a group: each is told its own result. */
START_TEST(failing_jobs)
{
	static const int errors[] = {ERR_NAME_TAKEN, ERR_NO_TOKEN, 10, ERR_LIMIT};
	static struct job jobs[MANY];

	for (unsigned i = 0; i < MANY; i++)
		submit(&jobs[i], i, i % 3 == 1 ? errors[i % COUNT(errors)] : 0);
	run_loop();
	for (unsigned i = 0; i < MANY; i++)
		ended(&jobs[i], jobs[i].fails, !jobs[i].fails);
}
END_TEST

START_TEST(only_failing_jobs)
{
	static struct job jobs[10];

	for (unsigned i = 0; i < COUNT(jobs); i++)
		submit(&jobs[i], i, ERR_NAME_TAKEN);
	run_loop();
	for (unsigned i = 0; i < COUNT(jobs); i++)
		ended(&jobs[i], ERR_NAME_TAKEN, false);
}
END_TEST

/* The store fails in one job: it alone is told so, and the rest is durable. */
static void fail_at(unsigned n, unsigned at)
{
	static struct job jobs[MANY];

	for (unsigned i = 0; i < n; i++)
		submit(&jobs[i], i == at ? 1000 : 2000 + 100 * at + i, 0); /* 1000 is there */
	run_loop();
	for (unsigned i = 0; i < n; i++) {
		ck_assert_uint_eq(jobs[i].dones, 1);
		ck_assert_msg(jobs[i].result == (i == at ? ERR_STORE : 0), "job %u of %u: %d", i, n,
			jobs[i].result);
		ck_assert(jobs[i].was_stored);
		ck_assert(stored(jobs[i].number));
	}
}

/* What could not be done whole is not done; what others did in the same transaction is. */
START_TEST(half_done)
{
	struct job before, half, after;

	submit(&before, 1, 0);
	submit(&half, 2, ERR_STORE);
	half.half = true;
	submit(&after, 3, 0);
	run_loop();
	ended(&before, 0, true);
	ended(&half, ERR_STORE, false);
	ended(&after, 0, true);
}
END_TEST

START_TEST(store_fails_in_one)
{
	struct job j;

	submit(&j, 1000, 0);
	run_loop();
	ended(&j, 0, true);
	fail_at(1, 0);
	for (unsigned at = 0; at < 5; at++)
		fail_at(5, at);
	fail_at(90, 45);
}
END_TEST

START_TEST(store_fails_in_many)
{
	static struct job jobs[MANY];
	struct job j;

	submit(&j, 1000, 0);
	run_loop();
	for (unsigned i = 0; i < MANY; i++)
		submit(&jobs[i], i % 2 ? 1000 : i, i % 7 == 6 ? ERR_LIMIT : 0);
	run_loop();
	for (unsigned i = 0; i < MANY; i++) {
		int expected = jobs[i].fails ? jobs[i].fails : i % 2 ? ERR_STORE : 0;

		ck_assert_uint_eq(jobs[i].dones, 1);
		ck_assert_msg(jobs[i].result == expected, "job %u: %d", i, jobs[i].result);
		ck_assert_int_eq(stored(jobs[i].number), i % 2 || !jobs[i].fails);
	}
}
END_TEST

/* Two of one group that want the same: one has it, and the other is refused. */
START_TEST(two_of_the_same)
{
	struct job a, b;

	submit(&a, 5, 0);
	submit(&b, 5, 0);
	run_loop();
	ck_assert(stored(5));
	ck_assert_int_eq(a.result, 0);
	ck_assert_int_eq(b.result, ERR_STORE);
}
END_TEST

/* Whatever was submitted is written; nobody is told any more. */
START_TEST(stopped)
{
	static struct job jobs[MANY];

	for (unsigned i = 0; i < MANY; i++)
		submit(&jobs[i], i, 0);
	commit_stop(committer);
	committer = NULL;
	event_base_loop(loop, EVLOOP_NONBLOCK);
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert(stored(i));
		ck_assert_uint_eq(jobs[i].dones, 0);
	}
}
END_TEST

START_TEST(stopped_at_once)
{
	commit_stop(committer);
	committer = commit_start(loop, store);
	ck_assert_ptr_nonnull(committer);
}
END_TEST

/* Reading goes on while the thread writes. */
START_TEST(reading_meanwhile)
{
	static struct job jobs[MANY];

	for (unsigned i = 0; i < MANY; i++) {
		submit(&jobs[i], i, 0);
		ck_assert(!stored(MANY + i));
		event_base_loop(loop, EVLOOP_NONBLOCK);
	}
	run_loop();
	for (unsigned i = 0; i < MANY; i++)
		ended(&jobs[i], 0, true);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("commit");
	TCase *t = tcase_create("commit");

	tcase_set_timeout(t, 60); /* for slow disks */
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one_job);
	tcase_add_test(t, one_after_another);
	tcase_add_test(t, again_and_again);
	tcase_add_test(t, many_jobs);
	tcase_add_test(t, failing_jobs);
	tcase_add_test(t, only_failing_jobs);
	tcase_add_test(t, half_done);
	tcase_add_test(t, store_fails_in_one);
	tcase_add_test(t, store_fails_in_many);
	tcase_add_test(t, two_of_the_same);
	tcase_add_test(t, stopped);
	tcase_add_test(t, stopped_at_once);
	tcase_add_test(t, reading_meanwhile);
	tcase_add_test(t, roots_cannot_be_written);
	tcase_add_test(t, full_disk);
	suite_add_tcase(s, t);
	return unit_run(s);
}
