/* check_err.c: the error table is whole, and what it has published stays. */
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "tests/unit/unit.h"

/* Wire numbers and JSON codes are never used again for something else: rows here are only added. */
static const struct {
	int err;
	uint64_t number;
	const char *json;
	int status;
} published[] = {
	{ERR_MEMORY, 1, "out_of_memory", 75},
	{ERR_IO, 2, "io_error", 75},
	{ERR_PROTO, 3, "protocol_error", 75},
	{ERR_VERSION, 4, "version_mismatch", 75},
	{ERR_UNAVAILABLE, 5, "unavailable", 75},
	{ERR_TIMEOUT, 6, "timeout", 75},
	{ERR_BUSY, 7, "busy", 75},
	{ERR_IMPOSTOR, 8, "impostor", 75},
	{ERR_STORE, 9, "store_error", 75},
	{ERR_NAMES, 10, "names_error", 75},
	{ERR_USAGE, 11, "usage", 2},
	{ERR_INVALID, 12, "invalid", 2},
	{ERR_LEAKED, 13, "token_in_arguments", 2},
	{ERR_NO_TOKEN, 20, "no_such_token", 3},
	{ERR_NO_ACCOUNT, 21, "no_such_account", 3},
	{ERR_NO_SESSION, 22, "no_token_session", 3},
	{ERR_NOT_PERMITTED, 30, "not_permitted", 4},
	{ERR_REAUTH, 31, "reauth_failed", 4},
	{ERR_REAUTH_NEEDED, 32, "reauth_impossible", 4},
	{ERR_REAUTH_BLOCKED, 33, "reauth_blocked", 4},
	{ERR_NO_FACTOR, 34, "no_password", 4},
	{ERR_NAME_TAKEN, 40, "name_taken", 5},
	{ERR_REFUSED, 41, "refused", 1},
	{ERR_DECLINED, 42, "declined", 1},
	{ERR_LIVE, 43, "token_is_live", 1},
	{ERR_LIMIT, 44, "too_many_tokens", 1},
	{ERR_NOT_REVOKED, 45, "token_not_revoked", 1},
	{ERR_EXPIRED, 50, "expired", 1},
	{ERR_PENDING, 51, "pending", 1},
	{ERR_REVOKED, 52, "revoked", 1},
	{ERR_USED_UP, 53, "used_up", 1},
	{ERR_LOCKED, 54, "locked", 1},
	{ERR_DISALLOWED, 55, "disallowed", 1},
	{ERR_SCOPE, 56, "out_of_scope", 1},
	{ERR_OWNER, 57, "wrong_owner", 1},
};

/* Every error there is, so that a row added to the table is tested without being named here. */
static const int all[] = {
#define NAME(name, number, json, status, pam, text) name,
	ERR_TABLE(NAME)
#undef NAME
};

enum {
	N_PUBLISHED = sizeof(published) / sizeof(published[0]),
	N_ALL = sizeof(all) / sizeof(all[0])
};

START_TEST(published_rows_stay)
{
	const struct err_info *info = err_info(published[_i].err);

	ck_assert_int_eq(info->err, published[_i].err);
	ck_assert_str_eq(info->json, published[_i].json);
	ck_assert_int_eq(info->status, published[_i].status);
	ck_assert_int_eq(err_from_wire(published[_i].number), published[_i].err);
}
END_TEST

static bool snake_case(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	do {
		size_t n = strspn(s, letters);

		if (n == 0)
			return false;
		s += n;
	} while (*s++ == '_');
	return s[-1] == '\0';
}

START_TEST(every_error_has_a_whole_row)
{
	static const int documented[] = {EXIT_REFUSED, EXIT_USAGE, EXIT_NOT_FOUND,
		EXIT_NOT_PERMITTED, EXIT_NAME_TAKEN, EXIT_UNAVAILABLE};
	const struct err_info *info = err_info(all[_i]);
	bool found = false;

	ck_assert_int_lt(all[_i], 0);
	ck_assert_int_eq(info->err, all[_i]);
	ck_assert_msg(snake_case(info->json), "%s", info->json);
	for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++)
		found |= info->status == documented[i];
	ck_assert_msg(found, "%s: exit status %d", info->json, info->status);
	ck_assert(info->pam == ERR_PAM_DENIED || info->pam == ERR_PAM_UNAVAILABLE);
	/* One line without a full stop, since programs put it after "patctl: ". */
	ck_assert_uint_gt(strlen(info->text), 0);
	ck_assert_ptr_null(strpbrk(info->text, "\r\n"));
	ck_assert_int_ne(info->text[strlen(info->text) - 1], '.');
	ck_assert_ptr_eq(err_text(all[_i]), info->text);
	/* What is no verdict on the token must not be told to PAM as one. */
	if (info->status == EXIT_UNAVAILABLE)
		ck_assert_int_eq(info->pam, ERR_PAM_UNAVAILABLE);
}
END_TEST

START_TEST(rows_differ)
{
	for (int i = 0; i < N_ALL; i++) {
		if (i == _i)
			continue;
		ck_assert_int_ne(all[i], all[_i]);
		ck_assert_str_ne(err_info(all[i])->json, err_info(all[_i])->json);
	}
}
END_TEST

START_TEST(wire_round_trip)
{
	uint64_t number = (uint64_t) - (int64_t)all[_i];

	ck_assert_uint_ge(number, 1);
	ck_assert_uint_le(number, UINT16_MAX); /* TAG_ERROR is 16 bits wide */
	ck_assert_int_eq(err_from_wire(number), all[_i]);
}
END_TEST

START_TEST(unknown_numbers)
{
	static const uint64_t high[] = {UINT16_MAX + 1, UINT32_MAX, (uint64_t)UINT32_MAX + 1,
		/* What a narrower or signed comparison would take for ERR_EXPIRED. */
		((uint64_t)1 << 32) + 50, (uint64_t)-50, INT64_MAX, (uint64_t)INT64_MAX + 1,
		UINT64_MAX};
	bool known[UINT16_MAX + 1] = {false};

	for (int i = 0; i < N_ALL; i++)
		known[-all[i]] = true;
	for (uint64_t n = 0; n <= UINT16_MAX; n++)
		ck_assert_int_eq(err_from_wire(n), known[n] ? -(int)n : ERR_PROTO);
	for (size_t i = 0; i < sizeof(high) / sizeof(high[0]); i++)
		ck_assert_int_eq(err_from_wire(high[i]), ERR_PROTO);
}
END_TEST

START_TEST(unknown_errors_are_told_as_protocol_errors)
{
	static const int strange[] = {ERR_NONE, 1, 50, -49, -65536, INT_MAX, INT_MIN};

	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		ck_assert_ptr_eq(err_info(strange[i]), err_info(ERR_PROTO));
		ck_assert_ptr_eq(err_text(strange[i]), err_text(ERR_PROTO));
	}
}
END_TEST

START_TEST(exit_statuses)
{
	ck_assert_int_eq(EXIT_DONE, 0);
	ck_assert_int_eq(EXIT_REFUSED, 1);
	ck_assert_int_eq(EXIT_USAGE, 2);
	ck_assert_int_eq(EXIT_NOT_FOUND, 3);
	ck_assert_int_eq(EXIT_NOT_PERMITTED, 4);
	ck_assert_int_eq(EXIT_NAME_TAKEN, 5);
	ck_assert_int_eq(EXIT_UNAVAILABLE, 75);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("err");
	TCase *t = tcase_create("table");

	tcase_add_loop_test(t, published_rows_stay, 0, N_PUBLISHED);
	tcase_add_loop_test(t, every_error_has_a_whole_row, 0, N_ALL);
	tcase_add_loop_test(t, rows_differ, 0, N_ALL);
	tcase_add_loop_test(t, wire_round_trip, 0, N_ALL);
	tcase_add_test(t, unknown_numbers);
	tcase_add_test(t, unknown_errors_are_told_as_protocol_errors);
	tcase_add_test(t, exit_statuses);
	suite_add_tcase(s, t);
	return unit_run(s);
}
