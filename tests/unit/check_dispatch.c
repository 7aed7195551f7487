/* check_dispatch.c: the table of operations, and the order of deciding and writing. */
#include <stdlib.h>
#include <string.h>

#include <stddef.h>

#include "common/err.h"
#include "patd/dispatch.h"
#include "tests/unit/unit.h"

/* The requests of docs/PROTOCOL.md: which of them write, and which are answered by a stream. */
static const struct {
	uint8_t verb;
	const char *name;
	bool writes, streams;
} requests[] = {
	{0x01, "verify", true, false},
	{0x02, "account", false, false},
	{0x03, "session-open", true, false},
	{0x04, "session-close", true, false},
	{0x10, "mint", true, false},
	{0x11, "list", false, true},
	{0x12, "show", false, false},
	{0x13, "edit", true, false},
	{0x14, "revoke", true, false},
	{0x15, "restore", true, false},
	{0x16, "delete", true, false},
	{0x17, "inspect", false, false},
	{0x18, "explain", false, true},
	{0x19, "policy", false, true},
	{0x1a, "accounts", false, true},
	{0x20, "status", false, false},
	{0x21, "clock-reset", true, false},
	{0x22, "rotate", true, false},
	{0x23, "exchange", true, false},
	{0x24, "scan", true, false},
	{0x26, "prune", true, true},
	{0x27, "export", true, true},
	{0x28, "import", true, false},
	{0x25, "log", false, true},
	{0x29, "sessions", true, true},
	{0x2a, "kill", true, true},
};

START_TEST(table)
{
	for (unsigned verb = 0; verb < 256; verb++) {
		const struct operation *op = dispatch_find((uint8_t)verb);
		size_t i = 0;

		while (i < COUNT(requests) && requests[i].verb != verb)
			i++;
		ck_assert_msg((op != NULL) == (i < COUNT(requests)), "verb %02x", verb);
		if (!op)
			continue;
		ck_assert_uint_eq(op->verb, verb);
		ck_assert_str_eq(op->name, requests[i].name);
		ck_assert_ptr_nonnull(op->check);
		ck_assert_int_eq(op->apply != NULL, requests[i].writes);
		ck_assert_int_eq(op->next != NULL, requests[i].streams);
	}
}
END_TEST

/* An operation that does what the test says, and counts. */
static int check_result, apply_result;
static bool wants_reauth, answers;
static unsigned checks, applies;
/* One that nothing has happened on. */
static _Alignas(max_align_t) char no_txn[1024];
static struct store_txn *const txn = (struct store_txn *)no_txn;

static int fake_check(struct request *r, struct store_txn *t)
{
	ck_assert_ptr_eq(t, txn);
	ck_assert(!r->reauth_needed);
	ck_assert_str_eq(r->why, "");
	ck_assert_uint_eq(r->event.type, EVENT_NONE);
	ck_assert(!r->answered && !r->clock_reset && !r->last);
	ck_assert_str_eq(r->counted, "");
	r->reauth_needed = wants_reauth;
	r->answered = answers;
	checks++;
	return check_result;
}

static int fake_apply(struct request *r, struct store_txn *t)
{
	ck_assert_ptr_eq(t, txn);
	ck_assert(r->reauthenticated || !r->reauth_needed);
	applies++;
	return apply_result;
}

static const struct operation fake = {0x7f, "fake", .check = fake_check, .apply = fake_apply};

/* A request on which an earlier run has left its traces. */
static struct request used_request(bool reauthenticated)
{
	static struct request r;

	memset(&r, 0, sizeof(r));
	r.reauthenticated = reauthenticated;
	r.reauth_needed = true;
	request_fail(&r, ERR_LIMIT, "an earlier reason");
	r.event.type = EVENT_MINTED;
	r.answered = r.clock_reset = r.last = true;
	strcpy(r.counted, "4fJk29sQxZb");
	checks = applies = 0;
	return r;
}

START_TEST(decisions)
{
	static const struct {
		int check;
		bool wants, has;
		int checked, applied;
	} cases[] = {
		{0, false, false, 0, 0},
		{0, false, true, 0, 0},
		{0, true, true, 0, 0},
		{0, true, false, REQUEST_REAUTHENTICATE, ERR_NOT_PERMITTED},
		{REQUEST_ASK, false, false, REQUEST_ASK, REQUEST_ASK},
		{REQUEST_ASK, true, false, REQUEST_ASK, REQUEST_ASK},
		{REQUEST_ASK, true, true, REQUEST_ASK, REQUEST_ASK},
		/* nobody is asked for a password only to be refused */
		{ERR_NAME_TAKEN, true, false, ERR_NAME_TAKEN, ERR_NAME_TAKEN},
		{ERR_NAME_TAKEN, true, true, ERR_NAME_TAKEN, ERR_NAME_TAKEN},
		{ERR_NOT_PERMITTED, false, false, ERR_NOT_PERMITTED, ERR_NOT_PERMITTED},
		{ERR_STORE, false, true, ERR_STORE, ERR_STORE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct request r = used_request(cases[i].has);

		check_result = cases[i].check;
		wants_reauth = cases[i].wants;
		apply_result = 0;
		ck_assert_msg(dispatch_check(&fake, &r, txn) == cases[i].checked, "case %zu", i);
		ck_assert_uint_eq(checks, 1);
		ck_assert_uint_eq(applies, 0);

		r = used_request(cases[i].has);
		ck_assert_msg(dispatch_apply(&fake, &r, txn) == cases[i].applied, "case %zu", i);
		ck_assert_uint_eq(checks, 1); /* again, in the transaction that writes */
		ck_assert_uint_eq(applies, cases[i].applied == 0);
	}
}
END_TEST

/* What a check has answered is not applied. */
START_TEST(answered)
{
	struct request r = used_request(false);

	check_result = apply_result = 0;
	wants_reauth = false;
	answers = true;
	ck_assert_int_eq(dispatch_apply(&fake, &r, txn), 0);
	ck_assert_uint_eq(checks, 1);
	ck_assert_uint_eq(applies, 0);
}
END_TEST

START_TEST(apply_fails)
{
	static const int errors[] = {ERR_STORE, REQUEST_ASK, ERR_MEMORY};

	check_result = 0;
	wants_reauth = false;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct request r = used_request(false);

		apply_result = errors[i];
		ck_assert_int_eq(dispatch_apply(&fake, &r, txn), errors[i]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dispatch");
	TCase *t = tcase_create("dispatch");

	tcase_add_test(t, table);
	tcase_add_test(t, decisions);
	tcase_add_test(t, answered);
	tcase_add_test(t, apply_fails);
	suite_add_tcase(s, t);
	return unit_run(s);
}
