/* check_intake.c: a stream to the daemon over a real socket; the test is its sender. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/intake.h"
#include "tests/unit/unit.h"

static int daemon_end, client;
static struct request r;
static unsigned taken;
static int take_result;

static int take(struct request *req, const struct proto_msg *item)
{
	ck_assert_ptr_eq(req, &r);
	ck_assert_int_eq(item->verb, VERB_ITEM);
	if (take_result)
		return request_fail(req, take_result, "no good");
	batch_add(req->batch);
	taken++;
	return 0;
}

static const struct operation op = {0x7f, "fake", .take = take};

static void setup(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	daemon_end = pair[0];
	client = pair[1];
	memset(&r, 0, sizeof(r));
	r.batch = batch_new();
	ck_assert_ptr_nonnull(r.batch);
	taken = 0;
	take_result = 0;
}

static void teardown(void)
{
	request_end(&r);
	close(daemon_end);
	if (client >= 0)
		close(client);
}

static bool send_bytes(const void *p, size_t n)
{
	return send(client, p, n, MSG_DONTWAIT) == (ssize_t)n;
}

static bool send_verb(enum proto_verb verb, uint64_t seq)
{
	static struct proto_out o;
	size_t n;

	proto_begin(&o, verb);
	if (seq)
		proto_put_number(&o, TAG_SEQ, seq);
	n = proto_end(&o);
	ck_assert_uint_gt(n, 0);
	return send_bytes(o.packet, n);
}

START_TEST(until_the_end)
{
	ck_assert_int_eq(intake_some(daemon_end, &op, &r), INTAKE_WAIT);
	send_verb(VERB_ITEM, 1);
	ck_assert_int_eq(intake_some(daemon_end, &op, &r), INTAKE_WAIT);
	ck_assert_uint_eq(taken, 1);
	ck_assert(!r.batch->ended);
	send_verb(VERB_ITEM, 2);
	send_verb(VERB_END, 0);
	send_verb(VERB_ITEM, 3); /* whatever follows is not read */
	ck_assert_int_eq(intake_some(daemon_end, &op, &r), INTAKE_APPLY);
	ck_assert_uint_eq(taken, 2);
	ck_assert(r.batch->ended);
	ck_assert_int_eq(r.batch->err, 0);
}
END_TEST

/* Nobody is kept from their turn, and nothing is heaped up. */
START_TEST(bounded)
{
	unsigned turns = 0;
	int got = INTAKE_TURN;

	while (got != INTAKE_APPLY) {
		while (send_verb(VERB_ITEM, 0))
			;
		got = intake_some(daemon_end, &op, &r);
		ck_assert(got == INTAKE_TURN || got == INTAKE_WAIT || got == INTAKE_APPLY);
		turns++;
	}
	ck_assert_uint_eq(taken, LIMIT_BATCH);
	ck_assert_uint_ge(turns, 4);
	ck_assert(!r.batch->ended);
	ck_assert_int_eq(intake_some(daemon_end, &op, &r), INTAKE_APPLY); /* still full */
	ck_assert_uint_eq(taken, LIMIT_BATCH);
	request_settle(&r);
	ck_assert_uint_eq(r.batch->n, 0);
	send_verb(VERB_ITEM, 0);
	ck_assert_int_gt(intake_some(daemon_end, &op, &r), 0);
	ck_assert_uint_gt(taken, LIMIT_BATCH);
}
END_TEST

/* What came before a refused item is to be applied. */
START_TEST(refused)
{
	send_verb(VERB_ITEM, 16);
	ck_assert_int_eq(intake_some(daemon_end, &op, &r), INTAKE_WAIT);
	take_result = ERR_INVALID;
	send_verb(VERB_ITEM, 17);
	send_verb(VERB_ITEM, 18);
	ck_assert_int_eq(intake_some(daemon_end, &op, &r), INTAKE_APPLY);
	ck_assert_uint_eq(taken, 1);
	ck_assert_uint_eq(r.batch->n, 1);
	ck_assert(!r.batch->ended);
	ck_assert_int_eq(r.batch->err, ERR_INVALID);
	ck_assert_str_eq(r.batch->why, "line 17: no good");
}
END_TEST

START_TEST(refused_without_a_number)
{
	take_result = ERR_INVALID;
	send_verb(VERB_ITEM, 0);
	ck_assert_int_eq(intake_some(daemon_end, &op, &r), INTAKE_APPLY);
	ck_assert_str_eq(r.batch->why, "no good");
}
END_TEST

START_TEST(gone)
{
	send_verb(VERB_ITEM, 1);
	close(client);
	client = -1;
	ck_assert_int_eq(intake_some(daemon_end, &op, &r), ERR_PROTO);
}
END_TEST

START_TEST(nonsense)
{
	static const char *const packets[] = {"", "x", "\1\x31\0\1", "\1\x10\0\0"};
	static const size_t lengths[] = {0, 1, 4, 4};
	static uint8_t huge[LIMIT_PACKET + 1];

	if (_i < (int)COUNT(packets)) {
		send_bytes(packets[_i], lengths[_i]);
	} else if (_i == (int)COUNT(packets)) {
		send_verb(VERB_STATUS, 0); /* a request, in its place nowhere */
	} else {
		huge[0] = 1;
		huge[1] = VERB_ITEM;
		send_bytes(huge, sizeof(huge));
	}
	ck_assert_int_eq(intake_some(daemon_end, &op, &r), ERR_PROTO);
	ck_assert_uint_eq(taken, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("intake");
	TCase *t = tcase_create("intake");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, until_the_end);
	tcase_add_test(t, bounded);
	tcase_add_test(t, refused);
	tcase_add_test(t, refused_without_a_number);
	tcase_add_test(t, gone);
	tcase_add_loop_test(t, nonsense, 0, 6);
	suite_add_tcase(s, t);
	return unit_run(s);
}
