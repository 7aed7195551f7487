/*
 * check_names_faults.c: the names process and its workers, with each of their calls failing in
 * turn: a question is answered rightly, or as one that failed, or the process ends. Never as one
 * about an account that there is not: a fault of ours locks nobody out.
 */
#include "tests/unit/faults.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "common/err.h"
#include "patd/account.h"
#include "patd/chan.h"
#include "patd/names.h"
#include "tests/unit/unit.h"

static int channel;
static pid_t pid;

static void start(unsigned kinds, int n)
{
	int pair[2];

	ck_assert_int_eq(chan_pair(pair), 0);
	*fault_met = 0;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(pair[0]);
		faults_begin(kinds, n);
		_exit(names_run(pair[1]) ? 1 : 0);
	}
	close(pair[1]);
	channel = pair[0];
}

/* The answer to who root is; false: the process has ended. Others may be told of meanwhile. */
static bool answers(uint32_t seq, struct account_answer *a)
{
	struct account_query q = {.seq = seq, .by_uid = true, .uid = 0};
	uint8_t packet[ACCOUNT_PACKET];
	ssize_t n;

	if (chan_send(channel, packet, account_query_encode(&q, packet), -1))
		return false;
	do {
		struct pollfd p = {channel, POLLIN, 0};

		ck_assert_int_eq(poll(&p, 1, -1), 1);
		n = chan_recv(channel, packet, sizeof(packet), NULL);
		if (n <= 0)
			return false;
		ck_assert_int_eq(account_answer_decode(packet, (size_t)n, a), 0);
	} while (a->seq != seq);
	return true;
}

/* False: there was no such call. */
static bool survives(unsigned kinds, int n)
{
	struct account_answer a;
	int status, failures = 0;

	start(kinds, n);
	for (uint32_t seq = 1; seq <= 3 && answers(seq, &a); seq++) {
		ck_assert_msg(a.account.state == ACCOUNT_FOUND || a.account.state == ACCOUNT_ERROR,
			"kind %u, call %d: root is absent", kinds, n);
		failures += a.account.state == ACCOUNT_ERROR;
	}
	/* What failed once is over. */
	ck_assert_int_le(failures, 1);
	close(channel);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	if (!*fault_met)
		ck_assert_int_eq(status, 0);
	return *fault_met;
}

static const unsigned kinds[] = {FAULT_MEMORY, FAULT_SYSTEM, FAULT_CHANNEL};

START_TEST(every_call_fails)
{
	int n = 1;

	while (survives(kinds[_i], n))
		n++;
	ck_assert_int_gt(n, 1);
}
END_TEST

static void setup(void)
{
	fault_met = mmap(NULL, sizeof(*fault_met), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(fault_met, MAP_FAILED);
}

int main(void)
{
	Suite *s = suite_create("names_faults");
	TCase *t = tcase_create("names_faults");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_call_fails, 0, (int)COUNT(kinds));
	suite_add_tcase(s, t);
	return unit_run(s);
}
