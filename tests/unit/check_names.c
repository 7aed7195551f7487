/*
 * check_names.c: what NSS says of accounts, and the process that asks it. The lookups run on an
 * /etc of the test's own, and a slow name service is a FIFO in place of /etc/shadow, whose open()
 * blocks; the tests that need that need root.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "common/err.h"
#include "patd/chan.h"
#include "patd/lookup.h"
#include "patd/names.h"
#include "tests/unit/private_etc.h"
#include "tests/unit/unit.h"

#define N10  "nnnnnnnnnn"
#define N50  N10 N10 N10 N10 N10
#define N255 N50 N50 N50 N50 N50 "nnnnn"

static const char *passwd_text = "root:x:0:0:root:/root:/bin/sh\n"
				 "alice:x:1000:1000::/:/bin/sh\n"
				 "locked:x:1001:1001::/:/bin/sh\n"
				 "gone:x:1002:1002::/:/bin/sh\n"
				 "never:x:1003:1003::/:/bin/sh\n"
				 "bare:x:1004:1004::/:/bin/sh\n"
				 "unshadowed:x:1005:1005::/:/bin/sh\n"
				 "old:!$6$salt$hash:1006:1006::/:/bin/sh\n"
				 "oldfine:$6$salt$hash:1007:1007::/:/bin/sh\n"
				 "Case.Kept@EXAMPLE:x:1008:1008::/:/bin/sh\n" N255
				 ":x:1009:1009::/:/bin/sh\n" N255 "n:x:1010:1010::/:/bin/sh\n"
				 "twin:x:1000:1000::/:/bin/sh\n";

static const char *shadow_text = "root:*:19000:0:99999:7:::\n"
				 "alice:$6$salt$hash:19000:0:99999:7:::\n"
				 "locked:!$6$salt$hash:19000:0:99999:7:::\n"
				 "gone:$6$salt$hash:19000:0:99999:7::19001:\n"
				 "never:*:19000:0:99999:7::99999:\n"
				 "bare:!:19000:0:99999:7:::\n"
				 "old:*:19000:0:99999:7:::\n"
				 "Case.Kept@EXAMPLE:*:19000::::::\n" N255 ":*:19000::::::\n";

static void set_up_etc(const char *sources)
{
	char nsswitch[128];

	ck_assert(private_etc());
	snprintf(nsswitch, sizeof(nsswitch), "passwd: %s\nshadow: %s\n", sources, sources);
	ck_assert(put_file("/etc/nsswitch.conf", 0644, nsswitch));
	ck_assert(put_file("/etc/passwd", 0644, passwd_text));
	ck_assert(put_file("/etc/shadow", 0600, shadow_text));
}

static void etc_files(void)
{
	set_up_etc("files");
}

/* A second source makes glibc hide that the first could not be read. */
static void etc_two_sources(void)
{
	set_up_etc("files systemd");
}

static struct account_query by_name(uint32_t seq, const char *name)
{
	struct account_query q = {.seq = seq};

	ck_assert_uint_lt(strlen(name), sizeof(q.name));
	strcpy(q.name, name);
	return q;
}

static struct account_query by_uid(uint32_t seq, uid_t uid)
{
	return (struct account_query){.seq = seq, .by_uid = true, .uid = uid};
}

static struct account lookup(const char *name)
{
	struct account_query q = by_name(1, name);
	struct account a;

	memset(&a, 0x5a, sizeof(a));
	lookup_account(&q, &a);
	return a;
}

/* ---- lookups ---- */

static const struct {
	const char *ask; /* NULL: by uid */
	uid_t uid;
	enum account_state state;
	const char *name;
	bool locked, expired;
} lookups[] = {
	{"root", 0, ACCOUNT_FOUND, "root", false, false},
	{"alice", 1000, ACCOUNT_FOUND, "alice", false, false},
	{"locked", 1001, ACCOUNT_FOUND, "locked", true, false},
	{"gone", 1002, ACCOUNT_FOUND, "gone", false, true},
	{"never", 1003, ACCOUNT_FOUND, "never", false, false},
	{"bare", 1004, ACCOUNT_FOUND, "bare", false, false},
	{"unshadowed", 1005, ACCOUNT_FOUND, "unshadowed", false, false},
	{"old", 1006, ACCOUNT_FOUND, "old", true, false},
	{"oldfine", 1007, ACCOUNT_FOUND, "oldfine", false, false},
	{"Case.Kept@EXAMPLE", 1008, ACCOUNT_FOUND, "Case.Kept@EXAMPLE", false, false},
	{N255, 1009, ACCOUNT_FOUND, N255, false, false},
	{"twin", 1000, ACCOUNT_FOUND, "twin", false, false},
	{NULL, 0, ACCOUNT_FOUND, "root", false, false},
	{NULL, 1000, ACCOUNT_FOUND, "alice", false, false},
	{NULL, 1001, ACCOUNT_FOUND, "locked", true, false},
	{NULL, 1009, ACCOUNT_FOUND, N255, false, false},
	{NULL, 1010, ACCOUNT_ERROR, "", false, false}, /* its name is longer than any may be */
	{NULL, 4242, ACCOUNT_ABSENT, "", false, false},
	{NULL, UINT32_MAX, ACCOUNT_ABSENT, "", false, false},
	{"absent", 0, ACCOUNT_ABSENT, "", false, false},
	{"ALICE", 0, ACCOUNT_ABSENT, "", false, false},
	{"alic", 0, ACCOUNT_ABSENT, "", false, false},
	{"", 0, ACCOUNT_ABSENT, "", false, false},
	{"alice:x", 0, ACCOUNT_ABSENT, "", false, false},
	{"alice\n", 0, ACCOUNT_ABSENT, "", false, false},
	{"root\nalice", 0, ACCOUNT_ABSENT, "", false, false},
	{"alice\x7f", 0, ACCOUNT_ABSENT, "", false, false},
	{"\x01", 0, ACCOUNT_ABSENT, "", false, false},
	{"\xff\xfe", 0, ACCOUNT_ABSENT, "", false, false},
	{"../../etc/passwd", 0, ACCOUNT_ABSENT, "", false, false},
};

START_TEST(lookup_row)
{
	struct account_query q =
		lookups[_i].ask ? by_name(1, lookups[_i].ask) : by_uid(1, lookups[_i].uid);
	bool found = lookups[_i].state == ACCOUNT_FOUND;
	struct account a;

	memset(&a, 0x5a, sizeof(a));
	lookup_account(&q, &a);
	ck_assert_int_eq(a.state, lookups[_i].state);
	ck_assert_uint_eq(a.uid, found ? lookups[_i].uid : 0);
	ck_assert_int_eq(a.locked, lookups[_i].locked);
	ck_assert_int_eq(a.expired, lookups[_i].expired);
	ck_assert_str_eq(a.name, lookups[_i].name);
}
END_TEST

/* A lookup by someone who is not root. */
static enum account_state state_as_user(const char *name)
{
	enum account_state state;

	ck_assert_int_eq(seteuid(1000), 0);
	state = lookup(name).state;
	ck_assert_int_eq(seteuid(0), 0);
	return state;
}

START_TEST(shadow_that_cannot_be_read_is_an_error)
{
	ck_assert_int_eq(state_as_user("alice"), ACCOUNT_ERROR);
	ck_assert_int_eq(state_as_user("locked"), ACCOUNT_ERROR);
	ck_assert_int_eq(state_as_user("absent"), ACCOUNT_ABSENT);
	ck_assert_int_eq(chmod("/etc/shadow", 0644), 0);
	ck_assert_int_eq(state_as_user("alice"), ACCOUNT_FOUND);
}
END_TEST

START_TEST(passwd_that_cannot_be_read_is_an_error)
{
	ck_assert_int_eq(chmod("/etc/passwd", 0600), 0);
	ck_assert_int_eq(state_as_user("alice"), ACCOUNT_ERROR);
	ck_assert_int_eq(state_as_user("absent"), ACCOUNT_ERROR);
	ck_assert_int_eq(unlink("/etc/passwd"), 0);
	ck_assert_int_eq(lookup("absent").state, ACCOUNT_ERROR);
}
END_TEST

/* Without a passwd file every name that is asked for is an error: these are not asked for. */
START_TEST(impossible_names_are_not_asked_for)
{
	static const char *const names[] = {
		"", ":", "alice:x", "alice\n", "\n", "\tx", "\x01", "\x1f", "a\x7f"};

	ck_assert_int_eq(unlink("/etc/passwd"), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_int_eq(lookup(names[i]).state, ACCOUNT_ABSENT);
	ck_assert_int_eq(lookup("alice").state, ACCOUNT_ERROR);
}
END_TEST

START_TEST(no_shadow_file_is_no_entry)
{
	ck_assert_int_eq(unlink("/etc/shadow"), 0);
	ck_assert_int_eq(lookup("alice").state, ACCOUNT_FOUND);
	ck_assert(!lookup("locked").locked);
	ck_assert(lookup("old").locked);
}
END_TEST

/* ---- the process ---- */

struct process {
	pid_t pid;
	int fd;
};

/* Workers that outlive the process would become ours, and end_process() would see them. */
static struct process start_process(void)
{
	struct process p;
	int pair[2];

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_eq(chan_pair(pair), 0);
	p.pid = fork();
	if (p.pid == 0) {
		close(pair[0]);
		_exit(-names_run(pair[1]));
	}
	close(pair[1]);
	p.fd = pair[0];
	return p;
}

static void send_query(const struct process *p, const struct account_query *q)
{
	char packet[ACCOUNT_PACKET];
	size_t n = account_query_encode(q, packet);
	struct pollfd pfd = {p->fd, POLLOUT, 0};
	int err;

	while ((err = chan_send(p->fd, packet, n, -1)) == ERR_BUSY)
		ck_assert_int_eq(poll(&pfd, 1, -1), 1);
	ck_assert_int_eq(err, 0);
}

static struct account_answer next_answer(const struct process *p)
{
	char packet[ACCOUNT_PACKET];
	struct pollfd pfd = {p->fd, POLLIN, 0};
	struct account_answer a;
	ssize_t n;

	ck_assert_int_eq(poll(&pfd, 1, -1), 1);
	n = chan_recv(p->fd, packet, sizeof(packet), NULL);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(account_answer_decode(packet, (size_t)n, &a), 0);
	return a;
}

static struct account ask(const struct process *p, struct account_query q)
{
	struct account_answer a;

	send_query(p, &q);
	a = next_answer(p);
	ck_assert_uint_eq(a.seq, q.seq);
	return a.account;
}

/* Closes our end: the process and all of its workers must end. */
static void end_process(const struct process *p, int err)
{
	int status;

	close(p->fd);
	ck_assert_int_eq(waitpid(p->pid, &status, 0), p->pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), -err);
	while (waitpid(-1, &status, 0) > 0)
		;
	ck_assert_int_eq(errno, ECHILD);
}

/* An account whose shadow entry cannot be read is never one that may be used. */
static bool usable(const struct account *a)
{
	return a->state == ACCOUNT_FOUND && !a->locked && !a->expired;
}

/* This system's own name service, whatever it is. */
START_TEST(real_system)
{
	struct process p = start_process();
	struct account root = ask(&p, by_name(1, "root")), zero = ask(&p, by_uid(2, 0));

	if (access("/etc/shadow", R_OK) == 0) {
		ck_assert_int_eq(root.state, ACCOUNT_FOUND);
		ck_assert_uint_eq(root.uid, 0);
		ck_assert_str_eq(root.name, "root");
		ck_assert_int_eq(zero.state, ACCOUNT_FOUND);
		ck_assert_uint_eq(zero.uid, 0);
		ck_assert_uint_gt(ask(&p, by_name(3, "nobody")).uid, 0);
	} else {
		ck_assert(!usable(&root));
		ck_assert(!usable(&zero));
	}
	ck_assert_int_eq(ask(&p, by_name(4, "no-such-account")).state, ACCOUNT_ABSENT);
	ck_assert_int_eq(ask(&p, by_name(5, "no:such")).state, ACCOUNT_ABSENT);
	end_process(&p, 0);
}
END_TEST

/*
 * In bursts that a socket has room for: the process waits for room for its answers, as the store
 * never does for its questions.
 */
START_TEST(every_question_has_one_answer)
{
	enum { BURST = 125, BURSTS = 4 };
	struct process p = start_process();
	bool seen[BURST * BURSTS + 1] = {false};

	for (uint32_t burst = 0; burst < BURSTS; burst++) {
		uint32_t first = burst * BURST + 1;

		for (uint32_t seq = first; seq < first + BURST; seq++) {
			struct account_query q = by_name(seq, "no-such-account");

			send_query(&p, &q);
		}
		for (int i = 0; i < BURST; i++) {
			struct account_answer a = next_answer(&p);

			ck_assert_uint_ge(a.seq, first);
			ck_assert_uint_lt(a.seq, first + BURST);
			ck_assert(!seen[a.seq]);
			ck_assert_int_eq(a.account.state, ACCOUNT_ABSENT);
			seen[a.seq] = true;
		}
	}
	end_process(&p, 0);
}
END_TEST

/* The first process whose parent is `parent`; 0 if there is none. */
static pid_t child_of(pid_t parent)
{
	DIR *d = opendir("/proc");
	pid_t found = 0;
	struct dirent *e;

	ck_assert_ptr_nonnull(d);
	while (found == 0 && (e = readdir(d))) {
		char path[300], want[32], line[128];
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/status", e->d_name);
		snprintf(want, sizeof(want), "PPid:\t%d\n", parent);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f))
			if (strcmp(line, want) == 0)
				found = atoi(e->d_name);
		if (f)
			fclose(f);
	}
	closedir(d);
	return found;
}

static int count_fds_of(pid_t pid)
{
	char path[64];
	struct dirent *e;
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

START_TEST(a_worker_has_its_channel_and_nothing_else)
{
	struct process p = start_process();
	pid_t worker;

	ck_assert_int_eq(child_of(p.pid), 0);
	ck_assert_int_eq(ask(&p, by_name(1, "no-such-account")).state, ACCOUNT_ABSENT);
	worker = child_of(p.pid);
	ck_assert_int_gt(worker, 0);
	ck_assert_int_eq(count_fds_of(worker), 3 + 1); /* stdio, the channel */
	end_process(&p, 0);
}
END_TEST

/* One that dies is replaced. */
START_TEST(a_killed_worker_is_replaced)
{
	struct process p = start_process();

	for (uint32_t seq = 1; seq <= 3 * LIMIT_NAMES_WORKERS; seq++) {
		ck_assert_int_eq(ask(&p, by_name(seq, "no-such-account")).state, ACCOUNT_ABSENT);
		ck_assert_int_eq(kill(child_of(p.pid), SIGKILL), 0);
		while (child_of(p.pid) > 0)
			; /* until it is seen and reaped, so that the next one is asked */
	}
	end_process(&p, 0);
}
END_TEST

START_TEST(what_is_no_question_ends_it)
{
	struct process p = start_process();

	ck_assert_int_eq(ask(&p, by_name(1, "no-such-account")).state, ACCOUNT_ABSENT);
	ck_assert_int_eq(chan_send(p.fd, "\0\0\0\1\7", 5, -1), 0);
	end_process(&p, ERR_PROTO);
}
END_TEST

/* From here on, opening /etc/shadow blocks for ever. */
static void hang_shadow(void)
{
	ck_assert_int_eq(mkfifo("/etc/fifo", 0600), 0);
	ck_assert_int_eq(rename("/etc/fifo", "/etc/shadow"), 0);
}

START_TEST(a_slow_lookup_delays_nobody_and_is_given_up)
{
	struct account_query slow = by_name(1, "alice");
	struct account_answer a;
	struct process p;

	hang_shadow();
	p = start_process();
	send_query(&p, &slow);
	ck_assert_int_eq(ask(&p, by_name(2, "absent")).state, ACCOUNT_ABSENT);
	a = next_answer(&p);
	ck_assert_uint_eq(a.seq, 1);
	ck_assert_int_eq(a.account.state, ACCOUNT_ERROR);
	ck_assert(put_file("/etc/shadow", 0600, shadow_text));
	ck_assert_uint_eq(next_answer(&p).seq, 0);
	ck_assert_int_eq(ask(&p, by_name(3, "alice")).state, ACCOUNT_FOUND);
	end_process(&p, 0);
}
END_TEST

/* The next answer is the one of the killed worker. */
START_TEST(a_worker_killed_in_its_lookup_is_an_error)
{
	struct account_query slow = by_name(1, "alice");
	struct account_answer a;
	struct process p;

	hang_shadow();
	p = start_process();
	send_query(&p, &slow);
	while (child_of(p.pid) == 0)
		;
	ck_assert_int_eq(kill(child_of(p.pid), SIGKILL), 0);
	a = next_answer(&p);
	ck_assert_uint_eq(a.seq, 1);
	ck_assert_int_eq(a.account.state, ACCOUNT_ERROR);
	ck_assert_int_eq(ask(&p, by_name(2, "absent")).state, ACCOUNT_ABSENT);
	end_process(&p, 0);
}
END_TEST

START_TEST(all_workers_are_replaced)
{
	enum { COUNT = 2 * LIMIT_NAMES_WORKERS };
	struct process p;

	hang_shadow();
	p = start_process();
	for (uint32_t seq = 1; seq <= COUNT; seq++) {
		struct account_query q = by_name(seq, "alice");

		send_query(&p, &q);
	}
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(next_answer(&p).account.state, ACCOUNT_ERROR);
	ck_assert_int_eq(ask(&p, by_name(COUNT + 1, "absent")).state, ACCOUNT_ABSENT);
	end_process(&p, 0);
}
END_TEST

/* Behind a full queue they would take minutes: all answers come before the test's time is up. */
START_TEST(questions_too_many_are_answered_at_once)
{
	enum { HELD = LIMIT_NAMES_WORKERS + LIMIT_NAMES_QUEUE, MORE = 200 };
	struct process p;

	hang_shadow();
	p = start_process();
	for (uint32_t seq = 1; seq <= HELD + MORE; seq++) {
		struct account_query q = by_name(seq, "alice");

		send_query(&p, &q);
	}
	for (int refused = 0; refused < MORE;) {
		struct account_answer a = next_answer(&p);

		ck_assert_int_eq(a.account.state, ACCOUNT_ERROR);
		refused += a.seq > HELD;
	}
	end_process(&p, 0);
}
END_TEST

START_TEST(the_end_does_not_wait_for_a_slow_lookup)
{
	struct account_query slow = by_name(1, "alice");
	struct process p;

	hang_shadow();
	p = start_process();
	send_query(&p, &slow);
	ck_assert_int_eq(ask(&p, by_name(2, "absent")).state, ACCOUNT_ABSENT);
	end_process(&p, 0);
}
END_TEST

static void await_change(const struct process *p)
{
	struct account_answer a = next_answer(p);

	ck_assert_uint_eq(a.seq, 0);
	ck_assert_int_eq(a.account.state, ACCOUNT_ERROR);
}

static const char *const watched[] = {
	"/etc/passwd", "/etc/shadow", "/etc/group", "/etc/nsswitch.conf", "/etc/gshadow"};

START_TEST(a_change_is_told)
{
	struct process p = start_process();

	ck_assert_int_eq(ask(&p, by_name(1, "alice")).state, ACCOUNT_FOUND);
	/* nobody is told of another file: the next to come is the answer */
	ck_assert(put_file("/etc/motd", 0644, "passwd\n"));
	ck_assert(put_file("/etc/passwd-", 0644, passwd_text));
	ck_assert_int_eq(ask(&p, by_name(2, "alice")).state, ACCOUNT_FOUND);
	ck_assert(put_file(watched[_i], 0644, "passwd: files\nshadow: files\n"));
	await_change(&p);
	end_process(&p, 0);
}
END_TEST

START_TEST(after_a_change_the_new_file_is_read)
{
	struct process p = start_process();

	ck_assert_int_eq(ask(&p, by_name(1, "newcomer")).state, ACCOUNT_ABSENT);
	ck_assert(put_file("/etc/passwd", 0644, "newcomer:x:7:7::/:/bin/sh\n"));
	await_change(&p);
	ck_assert_uint_eq(ask(&p, by_name(2, "newcomer")).uid, 7);
	ck_assert_int_eq(ask(&p, by_name(3, "alice")).state, ACCOUNT_ABSENT);
	end_process(&p, 0);
}
END_TEST

/* A lookup across a change: its answer is told, and taken back at once. */
START_TEST(an_answer_older_than_the_change_is_taken_back)
{
	struct account_query slow = by_name(1, "alice");
	struct account_answer a;
	struct process p;
	int fd;

	/* the FIFO is in a folder that is not watched, so that only the group file changes */
	ck_assert_int_eq(mkdir("/etc/sub", 0700), 0);
	ck_assert_int_eq(mkfifo("/etc/sub/fifo", 0600), 0);
	ck_assert_int_eq(unlink("/etc/shadow"), 0);
	ck_assert_int_eq(symlink("sub/fifo", "/etc/shadow"), 0);
	p = start_process();
	send_query(&p, &slow);
	ck_assert_int_eq(ask(&p, by_name(2, "absent")).state, ACCOUNT_ABSENT); /* 1 is under way */
	ck_assert(put_file("/etc/group", 0644, ""));
	await_change(&p);
	/* the FIFO gets a writer: the lookup goes on, and finds that this is no file */
	fd = open("/etc/sub/fifo", O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	a = next_answer(&p);
	ck_assert_uint_eq(a.seq, 1);
	ck_assert_int_eq(a.account.state, ACCOUNT_ERROR);
	await_change(&p);
	/* only once */
	ck_assert_int_eq(unlink("/etc/sub/fifo"), 0);
	close(fd);
	ck_assert_int_eq(ask(&p, by_name(3, "alice")).state, ACCOUNT_FOUND);
	ck_assert_int_eq(ask(&p, by_name(4, "alice")).state, ACCOUNT_FOUND);
	end_process(&p, 0);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static TCase *new_case(Suite *s, const char *name, void (*etc)(void))
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 60);
	if (etc)
		tcase_add_checked_fixture(t, etc, NULL);
	suite_add_tcase(s, t);
	return t;
}

static void add_tests(Suite *s)
{
	TCase *real = new_case(s, "real", NULL);
	TCase *files = new_case(s, "files", etc_files);
	TCase *two = new_case(s, "two sources", etc_two_sources);

	tcase_add_test(real, real_system);
	tcase_add_test(real, every_question_has_one_answer);
	tcase_add_test(real, a_worker_has_its_channel_and_nothing_else);
	tcase_add_test(real, a_killed_worker_is_replaced);
	tcase_add_test(real, what_is_no_question_ends_it);
	for (int i = 0; i < 2; i++) {
		TCase *t = i == 0 ? files : two;

		ADD_PRIVATE(t, lookup_row, ROWS(lookups));
		ADD_PRIVATE(t, shadow_that_cannot_be_read_is_an_error, 1);
		ADD_PRIVATE(t, passwd_that_cannot_be_read_is_an_error, 1);
		ADD_PRIVATE(t, no_shadow_file_is_no_entry, 1);
	}
	ADD_PRIVATE(files, impossible_names_are_not_asked_for, 1);
	ADD_PRIVATE(files, a_slow_lookup_delays_nobody_and_is_given_up, 1);
	ADD_PRIVATE(files, a_worker_killed_in_its_lookup_is_an_error, 1);
	ADD_PRIVATE(files, all_workers_are_replaced, 1);
	ADD_PRIVATE(files, questions_too_many_are_answered_at_once, 1);
	ADD_PRIVATE(files, the_end_does_not_wait_for_a_slow_lookup, 1);
	ADD_PRIVATE(files, a_change_is_told, ROWS(watched));
	ADD_PRIVATE(files, after_a_change_the_new_file_is_read, 1);
	ADD_PRIVATE(files, an_answer_older_than_the_change_is_taken_back, 1);
}

int main(void)
{
	Suite *s = suite_create("names");

	add_tests(s);
	return unit_run(s);
}
