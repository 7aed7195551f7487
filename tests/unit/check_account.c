/* check_account.c: the two messages between store and names, and what shadow's fields say. */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patd/account.h"
#include "tests/unit/unit.h"

#define ROOM (ACCOUNT_PACKET + 1)

static char longest[LIMIT_USER + 1]; /* as long as a name may be */

static const struct account_query queries[] = {
	{.seq = 1, .name = "a"},
	{.seq = UINT32_MAX, .name = "alice"},
	{.seq = 256, .name = "\x01\xff:\n"}, /* the codec keeps what the lookup then refuses */
	{.seq = 7, .by_uid = true, .uid = 0},
	{.seq = 7, .by_uid = true, .uid = UINT32_MAX},
};

static const struct account_answer answers[] = {
	{0, {.state = ACCOUNT_ERROR}},
	{1, {.state = ACCOUNT_ERROR}},
	{UINT32_MAX, {.state = ACCOUNT_ABSENT}},
	{2, {.state = ACCOUNT_FOUND, .uid = 0, .name = "root"}},
	{3, {.state = ACCOUNT_FOUND, .uid = UINT32_MAX, .locked = true, .name = "a"}},
	{4, {.state = ACCOUNT_FOUND, .uid = 1000, .expired = true, .name = "DOM\\al ice"}},
	{5, {.state = ACCOUNT_FOUND, .uid = 1, .locked = true, .expired = true, .name = "b"}},
};

enum {
	N_QUERIES = sizeof(queries) / sizeof(queries[0]),
	N_ANSWERS = sizeof(answers) / sizeof(answers[0]),
};

static bool same_account(const struct account *a, const struct account *b)
{
	return a->state == b->state && a->uid == b->uid && a->locked == b->locked &&
	       a->expired == b->expired && strcmp(a->name, b->name) == 0;
}

START_TEST(query_round_trip)
{
	const struct account_query *q = &queries[_i];
	struct account_query back;
	char buf[ACCOUNT_PACKET];
	size_t n = account_query_encode(q, buf);

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(account_query_decode(buf, n, &back), 0);
	ck_assert_uint_eq(back.seq, q->seq);
	ck_assert_int_eq(back.by_uid, q->by_uid);
	ck_assert_uint_eq(back.uid, q->uid);
	ck_assert_str_eq(back.name, q->name);
}
END_TEST

START_TEST(answer_round_trip)
{
	struct account_answer back;
	char buf[ACCOUNT_PACKET];
	size_t n = account_answer_encode(&answers[_i], buf);

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(account_answer_decode(buf, n, &back), 0);
	ck_assert_uint_eq(back.seq, answers[_i].seq);
	ck_assert(same_account(&back.account, &answers[_i].account));
}
END_TEST

START_TEST(longest_name)
{
	struct account_query q = {.seq = 1}, q_back;
	struct account_answer a = {1, {.state = ACCOUNT_FOUND}}, a_back;
	char buf[ACCOUNT_PACKET];

	memcpy(q.name, longest, sizeof(longest));
	memcpy(a.account.name, longest, sizeof(longest));
	ck_assert_int_eq(account_query_decode(buf, account_query_encode(&q, buf), &q_back), 0);
	ck_assert_str_eq(q_back.name, longest);
	ck_assert_int_eq(account_answer_decode(buf, account_answer_encode(&a, buf), &a_back), 0);
	ck_assert_str_eq(a_back.account.name, longest);
}
END_TEST

START_TEST(what_is_no_message_is_not_encoded)
{
	struct account_query q = {.seq = 1};
	struct account_answer a = {1, {.state = ACCOUNT_FOUND}};
	char buf[ACCOUNT_PACKET];

	ck_assert_uint_eq(account_query_encode(&q, buf), 0);
	memset(q.name, 'n', sizeof(q.name)); /* no NUL within bounds */
	ck_assert_uint_eq(account_query_encode(&q, buf), 0);
	q = (struct account_query){.seq = 0, .name = "alice"};
	ck_assert_uint_eq(account_query_encode(&q, buf), 0);
	ck_assert_uint_eq(account_answer_encode(&a, buf), 0);
	a = (struct account_answer){0, {.state = ACCOUNT_ABSENT}};
	ck_assert_uint_eq(account_answer_encode(&a, buf), 0);
}
END_TEST

/* Decodes hostile bytes: refused with `out` left alone, or exactly what these bytes say. */
static void judge_query(const char *bytes, size_t n, bool must_fail)
{
	struct account_query q, untouched;
	char again[ACCOUNT_PACKET];

	memset(&q, 0x5a, sizeof(q));
	untouched = q;
	if (account_query_decode(bytes, n, &q)) {
		ck_assert_int_eq(memcmp(&q, &untouched, sizeof(q)), 0);
		return;
	}
	ck_assert(!must_fail);
	ck_assert_uint_eq(account_query_encode(&q, again), n);
	ck_assert_mem_eq(again, bytes, n);
}

static void judge_answer(const char *bytes, size_t n, bool must_fail)
{
	struct account_answer a, untouched;
	char again[ACCOUNT_PACKET];

	memset(&a, 0x5a, sizeof(a));
	untouched = a;
	if (account_answer_decode(bytes, n, &a)) {
		ck_assert_int_eq(memcmp(&a, &untouched, sizeof(a)), 0);
		return;
	}
	ck_assert(!must_fail);
	ck_assert_uint_eq(account_answer_encode(&a, again), n);
	ck_assert_mem_eq(again, bytes, n);
}

/* Every truncation, one byte more, every other value of every byte. */
static void torment(const char *bytes, size_t n, void (*judge)(const char *, size_t, bool))
{
	char hurt[ROOM] = {0};

	for (size_t cut = 0; cut < n; cut++)
		judge(bytes, cut, true);
	memcpy(hurt, bytes, n);
	judge(hurt, n + 1, true);
	for (size_t at = 0; at < n; at++) {
		for (int change = 1; change < 256; change++) {
			hurt[at] = (char)(bytes[at] ^ change);
			judge(hurt, n, false);
		}
		hurt[at] = bytes[at];
	}
}

START_TEST(hostile_query)
{
	char buf[ACCOUNT_PACKET];

	torment(buf, account_query_encode(&queries[_i], buf), judge_query);
}
END_TEST

START_TEST(hostile_answer)
{
	char buf[ACCOUNT_PACKET];

	torment(buf, account_answer_encode(&answers[_i], buf), judge_answer);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
} refused_queries[] =
	{
		{"", 0}, {"\0\0\0\0\0\1a", 7}, /* seq 0 */
		{"\0\0\0\1\2\1a", 7},	       /* neither name nor uid */
		{"\0\0\0\1\0\0", 6},	       /* no name */
		{"\0\0\0\1\0\2a\0", 8},	       /* a NUL */
		{"\0\0\0\1\1\0\0\0\1\0", 10},  /* a byte too many */
},
  refused_answers[] = {
	  {"", 0}, {"\0\0\0\0\2", 5},	    /* seq 0 answers nothing */
	  {"\0\0\0\1\3", 5},		    /* no such state */
	  {"\0\0\0\1\1\0\0\0\1\4\1a", 12},  /* no such flag */
	  {"\0\0\0\1\1\0\0\0\1\0\0", 11},   /* found, and no name */
	  {"\0\0\0\1\2\0\0\0\1\0\1a", 12},  /* absent, and yet a name */
	  {"\0\0\0\1\1\0\0\0\1\0\1\0", 12}, /* a NUL */
};

START_TEST(refused_query)
{
	judge_query(refused_queries[_i].bytes, refused_queries[_i].n, true);
}
END_TEST

START_TEST(refused_answer)
{
	judge_answer(refused_answers[_i].bytes, refused_answers[_i].n, true);
}
END_TEST

static const struct {
	const char *field;
	bool locked;
} fields[] = {
	{NULL, false},
	{"", false},
	{"x", false},
	{"*", false},
	{"!", false},
	{"!!", false},
	{"!!!", false},
	{"$y$j9T$salt$hash", false},
	{"$y$j9T$salt$ha!sh", false},
	{"*!", false},
	{"!$y$j9T$salt$hash", true},
	{"!!$6$salt$hash", true},
	{"!x", true},
	{"!*", false},
	{"!!*", false},
	{"!*LK*", true},
};

START_TEST(password_locked)
{
	ck_assert_int_eq(account_password_locked(fields[_i].field), fields[_i].locked);
}
END_TEST

static const struct {
	long expire, today;
	bool expired;
} dates[] = {
	{-1, 20000, false},
	{-1, 0, false},
	{-99, 20000, false},
	{0, 20000, true}, /* as pam_unix reads it */
	{0, 0, true},
	{19999, 20000, true},
	{20000, 20000, true}, /* the day itself is over for the account */
	{20001, 20000, false},
};

START_TEST(expired)
{
	ck_assert_int_eq(account_expired(dates[_i].expire, dates[_i].today), dates[_i].expired);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *s = suite_create("account");
	TCase *t = tcase_create("account");

	memset(longest, 'n', LIMIT_USER);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, query_round_trip, 0, N_QUERIES);
	tcase_add_loop_test(t, answer_round_trip, 0, N_ANSWERS);
	tcase_add_test(t, longest_name);
	tcase_add_test(t, what_is_no_message_is_not_encoded);
	tcase_add_loop_test(t, hostile_query, 0, N_QUERIES);
	tcase_add_loop_test(t, hostile_answer, 0, N_ANSWERS);
	tcase_add_loop_test(t, refused_query, 0, ROWS(refused_queries));
	tcase_add_loop_test(t, refused_answer, 0, ROWS(refused_answers));
	tcase_add_loop_test(t, password_locked, 0, ROWS(fields));
	tcase_add_loop_test(t, expired, 0, ROWS(dates));
	suite_add_tcase(s, t);
	return unit_run(s);
}
