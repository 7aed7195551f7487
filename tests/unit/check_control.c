/* check_control.c: what the root parent and the store process say to each other, and nothing else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"
#include "patd/chan.h"
#include "patd/control.h"
#include "tests/unit/unit.h"

static const struct control samples[] = {
	{.type = CONTROL_READY},
	{.type = CONTROL_REAUTH, .id = 1},
	{.type = CONTROL_REAUTH, .id = UINT32_MAX},
	{.type = CONTROL_CANCEL, .id = 0x01020304},
	{.type = CONTROL_RESULT, .id = 7},
	{.type = CONTROL_RESULT, .id = 7, .err = ERR_REAUTH},
	{.type = CONTROL_RESULT, .id = 7, .err = ERR_NO_FACTOR, .message = "ask root"},
	{.type = CONTROL_CONFIG},
	{.type = CONTROL_LIVE, .id = 8, .process = {4711, 99, 1, 2, 3, 1000}},
	{.type = CONTROL_KILL, .id = 9, .process = {4711, 99, 0, 0, 3, 1000}, .uid = 1000},
	{.type = CONTROL_KILL, .id = 9, .process = {1, 2, 3, 4, 5, 6}, .nested = 1, .uid = 6},
	{.type = CONTROL_OTHERS, .id = 10, .uid = UINT32_MAX},
	{.type = CONTROL_RESULT,
		.id = 9,
		.err = ERR_REFUSED,
		.message = "left alone",
		.other_count = 2,
		.others_more = 7,
		.others = {{12, "tmux: server"}, {13, ""}}},
};

static void same(const struct control *a, const struct control *b)
{
	uint8_t x[PROCESS_BYTES], y[PROCESS_BYTES];

	ck_assert_uint_eq(a->type, b->type);
	ck_assert_uint_eq(a->id, b->id);
	ck_assert_int_eq(a->err, b->err);
	ck_assert_str_eq(a->message, b->message);
	process_encode(&a->process, x);
	process_encode(&b->process, y);
	ck_assert_mem_eq(x, y, PROCESS_BYTES);
	ck_assert_uint_eq(a->nested, b->nested);
	ck_assert_uint_eq(a->uid, b->uid);
	ck_assert_uint_eq(a->others_more, b->others_more);
	ck_assert_uint_eq(a->other_count, b->other_count);
	for (unsigned i = 0; i < a->other_count; i++) {
		ck_assert_uint_eq(a->others[i].pid, b->others[i].pid);
		ck_assert_str_eq(a->others[i].name, b->others[i].name);
	}
}

/*
 * Refused, and nothing of it is told; or it means what it says: encoded again it is the same, but
 * for the number of an error that there is not, which is told as ERR_PROTO.
 */
static void refused_or_exact(const uint8_t *bytes, size_t n)
{
	struct control c, before;
	uint8_t again[CONTROL_PACKET];

	memset(&before, 0x5a, sizeof(before));
	memcpy(&c, &before, sizeof(c));
	if (control_decode(bytes, n, &c) == ERR_PROTO) {
		ck_assert_mem_eq(&c, &before, sizeof(c));
		return;
	}
	ck_assert_ptr_nonnull(memchr(c.message, '\0', sizeof(c.message)));
	ck_assert_uint_eq(control_encode(&c, again), n);
	if (c.err != ERR_PROTO)
		ck_assert_mem_eq(again, bytes, n);
}

START_TEST(round_trips)
{
	const struct control *c = &samples[_i];
	uint8_t bytes[CONTROL_PACKET];
	struct control out;
	size_t n = control_encode(c, bytes);

	ck_assert_uint_gt(n, 0);
	ck_assert_uint_le(n, sizeof(bytes));
	memset(&out, 0x5a, sizeof(out));
	ck_assert_int_eq(control_decode(bytes, n, &out), 0);
	same(&out, c);
}
END_TEST

START_TEST(every_error_comes_through)
{
#define ROW(name, number, json, status, pam, text) name,
	static const int errors[] = {ERR_TABLE(ROW)};
#undef ROW

	for (size_t i = 0; i < COUNT(errors); i++) {
		struct control c = {.type = CONTROL_RESULT, .id = 1, .err = errors[i]}, out;
		uint8_t bytes[CONTROL_PACKET];

		ck_assert_int_eq(control_decode(bytes, control_encode(&c, bytes), &out), 0);
		ck_assert_int_eq(out.err, errors[i]);
	}
}
END_TEST

START_TEST(longest_message)
{
	struct control c = {.type = CONTROL_RESULT, .id = 1, .err = ERR_REAUTH}, out;
	uint8_t bytes[CONTROL_PACKET];
	size_t n;

	memset(c.message, 'x', LIMIT_MESSAGE);
	c.other_count = LIMIT_OTHERS;
	for (unsigned i = 0; i < LIMIT_OTHERS; i++) {
		c.others[i].pid = INT32_MAX;
		memset(c.others[i].name, 'n', sizeof(c.others[i].name) - 1);
	}
	n = control_encode(&c, bytes);
	ck_assert_uint_gt(n, LIMIT_MESSAGE);
	ck_assert_int_eq(control_decode(bytes, n, &out), 0);
	same(&out, &c);
}
END_TEST

START_TEST(cut)
{
	uint8_t bytes[CONTROL_PACKET];
	size_t n = control_encode(&samples[_i], bytes);

	for (size_t i = 0; i < n; i++) {
		uint8_t *exact = malloc(i ? i : 1);

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, bytes, i);
		refused_or_exact(exact, i);
		free(exact);
	}
}
END_TEST

START_TEST(changed)
{
	uint8_t bytes[CONTROL_PACKET];
	size_t n = control_encode(&samples[_i], bytes);

	for (size_t i = 0; i < n; i++) {
		uint8_t was = bytes[i];

		for (unsigned v = 0; v < 256; v++) {
			bytes[i] = (uint8_t)v;
			refused_or_exact(bytes, n);
		}
		bytes[i] = was;
	}
}
END_TEST

START_TEST(bytes_more)
{
	static const uint8_t fills[] = {0, 'x'};
	uint8_t bytes[2 * CONTROL_PACKET];

	for (size_t i = 0; i < COUNT(fills); i++) {
		size_t n;

		memset(bytes, fills[i], sizeof(bytes));
		for (n = control_encode(&samples[_i], bytes); n < sizeof(bytes); n++)
			refused_or_exact(bytes, n + 1);
	}
}
END_TEST

START_TEST(junk)
{
	uint8_t bytes[CONTROL_PACKET + 64];

	srand(1);
	for (unsigned round = 0; round < 100000; round++) {
		size_t n = (size_t)rand() % (round % 2 ? 24 : sizeof(bytes));

		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)(rand() % (round % 3 ? 8 : 256));
		refused_or_exact(bytes, n);
	}
}
END_TEST

START_TEST(unknown_types)
{
	uint8_t bytes[CONTROL_PACKET];

	for (unsigned type = 0; type < 256; type++) {
		struct control c = {.type = (uint8_t)type}, out;
		size_t n;

		if (type >= CONTROL_READY && type < CONTROL_TYPES)
			continue;
		n = control_encode(&c, bytes);
		ck_assert_msg(
			n == 0 || control_decode(bytes, n, &out) == ERR_PROTO, "type %u", type);
	}
}
END_TEST

/* Over a channel, with and without a descriptor. */
START_TEST(sent)
{
	int pair[2], passed, file[2];
	uint8_t bytes[CONTROL_PACKET];
	struct control out;
	struct stat a, b;
	ssize_t n;

	ck_assert_int_eq(chan_pair(pair), 0);
	ck_assert_int_eq(pipe(file), 0);
	ck_assert_int_eq(control_send(pair[0], &samples[6], -1), 0);
	n = chan_recv(pair[1], bytes, sizeof(bytes), NULL);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(control_decode(bytes, (size_t)n, &out), 0);
	same(&out, &samples[6]);

	ck_assert_int_eq(control_send(pair[0], &samples[1], file[0]), 0);
	n = chan_recv(pair[1], bytes, sizeof(bytes), &passed);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(control_decode(bytes, (size_t)n, &out), 0);
	same(&out, &samples[1]);
	ck_assert_int_eq(fstat(file[0], &a), 0);
	ck_assert_int_eq(fstat(passed, &b), 0);
	ck_assert_uint_eq(a.st_ino, b.st_ino);
}
END_TEST

START_TEST(sent_to_nobody)
{
	int pair[2], err, count = 0;

	ck_assert_int_eq(chan_pair(pair), 0);
	while ((err = control_send(pair[0], &samples[6], -1)) == 0)
		count++; /* until the channel is full */
	ck_assert_int_eq(err, ERR_BUSY);
	ck_assert_int_gt(count, 0);
	close(pair[1]);
	ck_assert_int_eq(control_send(pair[0], &samples[6], -1), ERR_IO); /* and no signal */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("control");
	TCase *t = tcase_create("control");

	tcase_set_timeout(t, 60); /* for the sanitizers' sake */
	tcase_add_loop_test(t, round_trips, 0, COUNT(samples));
	tcase_add_test(t, every_error_comes_through);
	tcase_add_test(t, longest_message);
	tcase_add_loop_test(t, cut, 0, COUNT(samples));
	tcase_add_loop_test(t, changed, 0, COUNT(samples));
	tcase_add_loop_test(t, bytes_more, 0, COUNT(samples));
	tcase_add_test(t, junk);
	tcase_add_test(t, unknown_types);
	tcase_add_test(t, sent);
	tcase_add_test(t, sent_to_nobody);
	suite_add_tcase(s, t);
	return unit_run(s);
}
