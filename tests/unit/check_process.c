/* check_process.c: a process as /proc tells it, and its bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/err.h"
#include "common/process.h"
#include "tests/unit/unit.h"

static const struct process sample = {
	0x01020304, 0x05060708090a0b0c, 0x0d0e0f10, 0x1112131415161718, 0x191a1b1c, 0x1d1e1f20};

static void same(const struct process *a, const struct process *b)
{
	ck_assert_uint_eq(a->pid, b->pid);
	ck_assert_uint_eq(a->start, b->start);
	ck_assert_uint_eq(a->parent, b->parent);
	ck_assert_uint_eq(a->parent_start, b->parent_start);
	ck_assert_uint_eq(a->session, b->session);
	ck_assert_uint_eq(a->login_uid, b->login_uid);
}

static int decode(const void *bytes, size_t n, struct process *out)
{
	return process_decode((struct span){bytes, n}, out);
}

/* ---- bytes ---- */

START_TEST(bytes_as_documented)
{
	uint8_t bytes[PROCESS_BYTES];
	struct process out;

	process_encode(&sample, bytes);
	for (size_t i = 0; i < sizeof(bytes); i++)
		ck_assert_uint_eq(bytes[i], i + 1);
	ck_assert_int_eq(decode(bytes, sizeof(bytes), &out), 0);
	same(&out, &sample);
}
END_TEST

START_TEST(other_lengths)
{
	uint8_t bytes[PROCESS_BYTES + 1] = {0};
	struct process out = sample;

	process_encode(&sample, bytes);
	for (size_t n = 0; n <= sizeof(bytes); n++)
		ck_assert_int_eq(decode(bytes, n, &out), n == PROCESS_BYTES ? 0 : ERR_PROTO);
	same(&out, &sample);
}
END_TEST

START_TEST(no_processes)
{
	static const struct process wrong[] = {
		{.pid = 0, .start = 1},
		{.pid = (uint32_t)INT32_MAX + 1},
		{.pid = UINT32_MAX},
		{.pid = 1, .parent = (uint32_t)INT32_MAX + 1},
		{.pid = 1, .parent = 0, .parent_start = 1},
	};
	static const struct process right[] = {
		{.pid = 1},
		{.pid = INT32_MAX, .start = UINT64_MAX, .parent = INT32_MAX},
		{.pid = 2, .parent = 1, .session = PROCESS_UNSET, .login_uid = PROCESS_UNSET},
	};
	uint8_t bytes[PROCESS_BYTES];
	struct process out = sample;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		process_encode(&wrong[i], bytes);
		ck_assert_int_eq(decode(bytes, sizeof(bytes), &out), ERR_PROTO);
		same(&out, &sample);
	}
	for (size_t i = 0; i < COUNT(right); i++) {
		process_encode(&right[i], bytes);
		ck_assert_int_eq(decode(bytes, sizeof(bytes), &out), 0);
		same(&out, &right[i]);
	}
}
END_TEST

/* ---- the line of stat ---- */

#define TAIL " 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 "

static const struct {
	const char *line;
	unsigned pid, parent;
	unsigned long long start;
	char state; /* 0: refused */
} lines[] = {
	{"7 (sshd) S 3" TAIL "4711 1000 2 18446744073709551615\n", 7, 3, 4711, 'S'},
	{"7 (sshd) Z 0" TAIL "4711", 7, 0, 4711, 'Z'},
	{"2147483647 (x) R 2147483647" TAIL "18446744073709551615 1", 2147483647, 2147483647,
		18446744073709551615ULL, 'R'},
	/* names that look like what follows a name */
	{"7 (a) Z 1 2 (b) S 3" TAIL "4711 1\n", 7, 3, 4711, 'S'},
	{"7 (() S 3" TAIL "4711 1\n", 7, 3, 4711, 'S'},
	{"7 ()) S 3" TAIL "4711 1\n", 7, 3, 4711, 'S'},
	{"7 () S 3" TAIL "4711 1\n", 7, 3, 4711, 'S'},
	{"7 (a\nb c) S 3" TAIL "4711 1\n", 7, 3, 4711, 'S'},
	{"", 0, 0, 0, 0},
	{"7", 0, 0, 0, 0},
	{"7 (sshd", 0, 0, 0, 0},
	{"7 (sshd)", 0, 0, 0, 0},
	{"7 (sshd) S", 0, 0, 0, 0},
	{"7 (sshd) SS 3" TAIL "4711 1", 0, 0, 0, 0},
	{"7 (sshd) S x" TAIL "4711 1", 0, 0, 0, 0},
	{"7 (sshd) S -3" TAIL "4711 1", 0, 0, 0, 0},
	{"7 (sshd) S 3" TAIL, 0, 0, 0, 0},
	{"7 (sshd) S 3" TAIL "-1 1", 0, 0, 0, 0},
	{"7 (sshd) S 3" TAIL "18446744073709551616 1", 0, 0, 0, 0},
	{"0 (sshd) S 3" TAIL "4711 1", 0, 0, 0, 0},
	{"2147483648 (sshd) S 3" TAIL "4711 1", 0, 0, 0, 0},
	{"7 (sshd) S 2147483648" TAIL "4711 1", 0, 0, 0, 0},
	{"x (sshd) S 3" TAIL "4711 1", 0, 0, 0, 0},
	{" (sshd) S 3" TAIL "4711 1", 0, 0, 0, 0},
	{"(sshd) S 3" TAIL "4711 1", 0, 0, 0, 0},
	{")7 (", 0, 0, 0, 0},
};

START_TEST(stat_lines)
{
	struct process out = sample;
	char state = '?';
	int err = process_parse(span_of(lines[_i].line), &out, &state);

	if (!lines[_i].state) {
		ck_assert_int_eq(err, ERR_PROTO);
		same(&out, &sample);
		return;
	}
	ck_assert_int_eq(err, 0);
	ck_assert_uint_eq(out.pid, lines[_i].pid);
	ck_assert_uint_eq(out.parent, lines[_i].parent);
	ck_assert_uint_eq(out.start, lines[_i].start);
	ck_assert_int_eq(state, lines[_i].state);
}
END_TEST

/* ---- /proc ---- */

START_TEST(self)
{
	struct process p, read, parent;

	ck_assert_int_eq(process_self(&p), 0);
	ck_assert_uint_eq(p.pid, (unsigned)getpid());
	ck_assert_uint_eq(p.parent, (unsigned)getppid());
	ck_assert_uint_gt(p.start, 0);
	ck_assert_int_eq(process_read(p.pid, &read), 0);
	same(&read, &p);
	ck_assert_int_eq(process_read(p.parent, &parent), 0);
	ck_assert_uint_eq(parent.start, p.parent_start);
}
END_TEST

/* In a child: a name that tries to be somebody else, and descriptors that are missing. */
START_TEST(hostile_host)
{
	struct process before, p;
	pid_t child;
	int status;

	ck_assert_int_eq(process_self(&before), 0);
	child = fork();
	if (child == 0) {
		bool fine;

		prctl(PR_SET_NAME, "x) S 1 1 1");
		close(0);
		close(1);
		close(2);
		fine = process_self(&p) == 0 && p.pid == (uint32_t)getpid() &&
		       p.parent == before.pid && p.parent_start == before.start &&
		       p.session == before.session && p.login_uid == before.login_uid &&
		       open("/dev/null", O_RDONLY | O_CLOEXEC) == 0; /* none of ours is left */
		_exit(fine ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* Dead, whether or not somebody has taken its status. */
START_TEST(ended)
{
	struct process p = sample;
	siginfo_t info;
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(process_read((uint32_t)child, &p), ERR_NO_SESSION);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_int_eq(process_read((uint32_t)child, &p), ERR_NO_SESSION);
	ck_assert_int_eq(process_read(0, &p), ERR_NO_SESSION);
	same(&p, &sample);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("process");
	TCase *t = tcase_create("process");

	tcase_add_test(t, bytes_as_documented);
	tcase_add_test(t, other_lengths);
	tcase_add_test(t, no_processes);
	tcase_add_loop_test(t, stat_lines, 0, COUNT(lines));
	tcase_add_test(t, self);
	tcase_add_test(t, hostile_host);
	tcase_add_test(t, ended);
	suite_add_tcase(s, t);
	return unit_run(s);
}
