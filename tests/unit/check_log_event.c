/* check_log_event.c: events: their lines, which others parse, and their bytes, which are kept. */
#include <string.h>

#include "common/err.h"
#include "patd/log_event.h"
#include "tests/unit/unit.h"

static const struct log_event full = {
	.type = EVENT_MINTED,
	.time = 1800000000,
	.id = "4fJk29sQxZb",
	.name = "laptop",
	.owner = "alice",
	.uid = 1000,
	.actor = "bob",
	.peer = 1001,
	.user = "carol",
	.service = "sshd",
	.rhost = "192.0.2.7",
	.reason = "revoked",
	.other = "5gKl30tRyAc",
	.scopes = "sshd,sudo",
	.expires = 1900000000,
	.count = 3,
};

/* Log lines are read by programs: what stands here changes only by words and keys added behind. */
#define TOLD                                                                                       \
	" uid=1001 id=\"4fJk29sQxZb\" service=\"sshd\" rhost=\"192.0.2.7\" reason=\"revoked\""     \
	" user=\"carol\" name=\"laptop\" owner=\"alice\" by=\"bob\" count=3"                       \
	" other=\"5gKl30tRyAc\" expires=1900000000 scopes=\"sshd,sudo\""
#define CLAIMED                                                                                    \
	" uid=1001 id=\"4fJk29sQxZb\" claimed_service=\"sshd\" claimed_rhost=\"192.0.2.7\""        \
	" reason=\"revoked\" claimed_user=\"carol\" name=\"laptop\" owner=\"alice\" by=\"bob\""    \
	" count=3 other=\"5gKl30tRyAc\" expires=1900000000 scopes=\"sshd,sudo\""

static const struct {
	enum event_type type;
	uint8_t number;
	const char *line;
	enum log_class class;
	int priority;
	bool refusal, claimed;
} types[] = {
	{EVENT_MINTED, 1, "minted" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_EDITED, 2, "edited" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_REVOKED, 3, "revoked" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_REVOKED_ALL, 4, "revoked_all" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_RESTORED, 5, "restored" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_DELETED, 6, "deleted" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_ROTATED, 7, "rotated" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_PRUNED, 8, "pruned" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_IMPORTED, 9, "imported" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_EXPORTED, 10, "exported" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_CLOCK_RESET, 11, "clock_reset" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_SESSION_KILLED, 12, "session_killed" TOLD, CLASS_DEED, LOG_NOTICE, false, false},
	{EVENT_ACCEPTED, 13, "accepted" TOLD, CLASS_LOGIN, LOG_DEBUG, false, false},
	{EVENT_CLAIMED_ACCEPTED, 14, "claimed_accepted" CLAIMED, CLASS_LOGIN, LOG_DEBUG, false,
		true},
	{EVENT_EXCHANGED, 15, "exchanged" TOLD, CLASS_LOGIN, LOG_INFO, false, false},
	{EVENT_SESSION_OPENED, 16, "session_opened" TOLD, CLASS_NOT_KEPT, LOG_INFO, false, false},
	{EVENT_SESSION_CLOSED, 17, "session_closed" TOLD, CLASS_NOT_KEPT, LOG_INFO, false, false},
	{EVENT_REFUSED, 18, "refused" TOLD, CLASS_REFUSAL, LOG_NOTICE, true, false},
	{EVENT_CLAIMED_REFUSED, 19, "claimed_refused" CLAIMED, CLASS_REFUSAL, LOG_NOTICE, true,
		true},
	{EVENT_REUSED, 20, "reused" TOLD, CLASS_REFUSAL, LOG_WARNING, true, false},
	{EVENT_CLAIMED_REUSED, 21, "claimed_reused" CLAIMED, CLASS_REFUSAL, LOG_WARNING, true,
		true},
	{EVENT_REAUTHENTICATION_FAILED, 22, "reauthentication_failed" TOLD, CLASS_REFUSAL,
		LOG_NOTICE, true, false},
	{EVENT_DROPPED, 23, "dropped" TOLD, CLASS_REFUSAL, LOG_WARNING, true, false},
};
_Static_assert(COUNT(types) == EVENT_TYPES - 1, "a type without its line");

START_TEST(every_type)
{
	struct log_event e = full;
	struct audit line;

	e.type = (uint8_t)types[_i].type;
	ck_assert_uint_eq(e.type, types[_i].number);
	log_event_line(&e, &line);
	ck_assert_str_eq(line.line, types[_i].line);
	ck_assert_int_eq(log_event_class(&e), types[_i].class);
	ck_assert_int_eq(log_event_priority(e.type), types[_i].priority);
	ck_assert_int_eq(log_event_refusal(e.type), types[_i].refusal);
	ck_assert_int_eq(log_event_claimed(e.type), types[_i].claimed);
	ck_assert_int_eq(log_event_durable(e.type),
		types[_i].class == CLASS_DEED || e.type == EVENT_EXCHANGED);
}
END_TEST

START_TEST(no_type)
{
	ck_assert_ptr_null(log_event_name(EVENT_NONE));
	ck_assert_ptr_null(log_event_name(EVENT_TYPES));
	ck_assert_ptr_null(log_event_name(UINT64_MAX));
	ck_assert(!log_event_durable(EVENT_NONE) && !log_event_durable(255));
	ck_assert(!log_event_refusal(EVENT_NONE) && !log_event_claimed(255));
}
END_TEST

/* What there is nothing of is left out. */
START_TEST(short_lines)
{
	static const struct {
		struct log_event e;
		const char *line;
	} cases[] = {
		{{.type = EVENT_DROPPED, .uid = EVENT_NOBODY, .peer = EVENT_NOBODY, .count = 7},
			"dropped count=7"},
		{{.type = EVENT_MINTED, .uid = 0, .owner = "root"}, "minted uid=0 user=\"root\""},
		/* the account of a login is the one that was told; the token's only if another */
		{{.type = EVENT_REFUSED, .uid = 5, .owner = "alice", .user = "alice"},
			"refused uid=0 user=\"alice\""},
		{{.type = EVENT_REFUSED, .uid = 5, .owner = "alice", .user = "bob"},
			"refused uid=0 user=\"bob\" owner=\"alice\""},
		{{.type = EVENT_REFUSED, .uid = EVENT_NOBODY, .user = "bob"},
			"refused uid=0 user=\"bob\""},
		/* a claim says nothing of anybody */
		{{.type = EVENT_CLAIMED_REFUSED, .uid = 5, .owner = "alice", .user = "alice"},
			"claimed_refused uid=0 claimed_user=\"alice\" owner=\"alice\""},
		{{.type = EVENT_CLAIMED_REFUSED, .uid = 5, .owner = "alice"},
			"claimed_refused uid=0 owner=\"alice\""},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct audit line;

		log_event_line(&cases[i].e, &line);
		ck_assert_str_eq(line.line, cases[i].line);
	}
}
END_TEST

static void fill(char *text, size_t size, char c)
{
	memset(text, c, size - 1);
	text[size - 1] = '\0';
}

/* Whatever strangers write, where it came from and why it was refused stand in the line. */
START_TEST(escaped_and_in_time)
{
	struct log_event e = full;
	struct audit line;

	e.type = EVENT_REFUSED;
	fill(e.user, sizeof(e.user), '\n');
	fill(e.owner, sizeof(e.owner), '"');
	fill(e.name, sizeof(e.name), '\\');
	strcpy(e.rhost, "x\" rhost=\"192.0.2.9");
	log_event_line(&e, &line);
	ck_assert_ptr_eq(strstr(line.line, "refused uid=1001 id=\"4fJk29sQxZb\" service=\"sshd\""
					   " rhost=\"x\\x22 rhost=\\x22192.0.2.9\""
					   " reason=\"revoked\" user=\"\\x0A"),
		line.line);
	ck_assert_ptr_null(strchr(line.line, '\n'));
	ck_assert_ptr_null(strstr(line.line, " rhost=\"192"));
}
END_TEST

/* An owner's own process may ask as often as it likes: that must not evict logins. */
START_TEST(own_claims)
{
	struct log_event e = full;

	e.type = EVENT_CLAIMED_ACCEPTED;
	e.peer = e.uid;
	ck_assert_int_eq(log_event_class(&e), CLASS_REFUSAL);
	e.peer = 33; /* a verifier */
	ck_assert_int_eq(log_event_class(&e), CLASS_LOGIN);
	e.type = EVENT_ACCEPTED;
	e.peer = e.uid = 0; /* root's own token */
	ck_assert_int_eq(log_event_class(&e), CLASS_LOGIN);
}
END_TEST

/* ---- bytes ---- */

static const char golden[] = "\x01\x01"				/* version, type */
			     "\x00\x00\x00\x00\x6b\x49\xd2\x00" /* time */
			     "\x00\x00\x03\xe8\x00\x00\x03\xe9" /* uid, peer */
			     "\x01\x00\x0b"
			     "4fJk29sQxZb" /* id */
			     "\x02\x00\x06"
			     "laptop" /* name */
			     "\x03\x00\x05"
			     "alice" /* owner */
			     "\x04\x00\x03"
			     "bob" /* actor */
			     "\x05\x00\x05"
			     "carol" /* user */
			     "\x06\x00\x04"
			     "sshd" /* service */
			     "\x07\x00\x09"
			     "192.0.2.7" /* rhost */
			     "\x08\x00\x07"
			     "revoked" /* reason */
			     "\x09\x00\x08"
			     "\0\0\0\0\0\0\0\x03" /* count */
			     "\x0a\x00\x0b"
			     "5gKl30tRyAc" /* other */
			     "\x0b\x00\x08"
			     "\0\0\0\0\x71\x3f\xb3\x00" /* expires */
			     "\x0c\x00\x09"
			     "sshd,sudo"; /* scopes */
enum { GOLDEN = sizeof(golden) - 1 };

START_TEST(golden_bytes)
{
	uint8_t buf[LIMIT_EVENT];
	struct log_event e;

	ck_assert_uint_eq(log_event_encode(&full, buf), GOLDEN);
	ck_assert_mem_eq(buf, golden, GOLDEN);
	memset(&e, 0x5a, sizeof(e));
	ck_assert_int_eq(log_event_decode((struct span){golden, GOLDEN}, &e), 0);
	ck_assert_mem_eq(&e, &full, sizeof(e));
}
END_TEST

/* Any byte too few, too many or of another kind is noticed, and nothing is told of the rest. */
START_TEST(damaged)
{
	char bytes[GOLDEN + 1];
	struct log_event e, before;

	memset(&before, 0x5a, sizeof(before));
	for (size_t n = 0; n < GOLDEN; n++) {
		e = before;
		/* Where a field ends, what remains is an event with fewer of them. */
		if (log_event_decode((struct span){golden, n}, &e))
			ck_assert_mem_eq(&e, &before, sizeof(e));
		else
			ck_assert(e.owner[0] && n > 0 && golden[n] > 3 && golden[n] <= 12);
	}
	memcpy(bytes, golden, GOLDEN);
	bytes[GOLDEN] = 0;
	ck_assert_int_eq(log_event_decode((struct span){bytes, GOLDEN + 1}, &e), ERR_STORE);
	bytes[0] = 2;
	ck_assert_int_eq(log_event_decode((struct span){bytes, GOLDEN}, &e), ERR_STORE);
	bytes[0] = 1;
	bytes[1] = EVENT_TYPES;
	ck_assert_int_eq(log_event_decode((struct span){bytes, GOLDEN}, &e), ERR_STORE);
	bytes[1] = 0;
	ck_assert_int_eq(log_event_decode((struct span){bytes, GOLDEN}, &e), ERR_STORE);
}
END_TEST

/* An account is a name and a uid; an ID is one. */
START_TEST(rules)
{
	static const struct log_event bad[] = {
		{.type = EVENT_NONE, .uid = EVENT_NOBODY},
		{.type = EVENT_TYPES, .uid = EVENT_NOBODY},
		{.type = EVENT_MINTED, .uid = 1000},
		{.type = EVENT_MINTED, .uid = EVENT_NOBODY, .owner = "alice"},
		{.type = EVENT_MINTED, .uid = EVENT_NOBODY, .id = "short"},
		{.type = EVENT_MINTED, .uid = EVENT_NOBODY, .other = "4fJk29sQx-b"},
	};
	uint8_t buf[LIMIT_EVENT];

	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(log_event_encode(&bad[i], buf) == 0, "case %zu", i);
}
END_TEST

START_TEST(longest)
{
	struct log_event e = full, again;
	uint8_t buf[LIMIT_EVENT];
	size_t n;

	fill(e.name, sizeof(e.name), 'n');
	fill(e.owner, sizeof(e.owner), 'o');
	fill(e.actor, sizeof(e.actor), 'a');
	fill(e.user, sizeof(e.user), '\x01');
	fill(e.service, sizeof(e.service), 's');
	fill(e.rhost, sizeof(e.rhost), 'r');
	fill(e.reason, sizeof(e.reason), 'w');
	fill(e.scopes, sizeof(e.scopes), 's');
	n = log_event_encode(&e, buf);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(log_event_decode((struct span){(char *)buf, n}, &again), 0);
	ck_assert_mem_eq(&again, &e, sizeof(e));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log_event");
	TCase *t = tcase_create("log_event");

	tcase_add_loop_test(t, every_type, 0, COUNT(types));
	tcase_add_test(t, no_type);
	tcase_add_test(t, short_lines);
	tcase_add_test(t, escaped_and_in_time);
	tcase_add_test(t, own_claims);
	tcase_add_test(t, golden_bytes);
	tcase_add_test(t, damaged);
	tcase_add_test(t, rules);
	tcase_add_test(t, longest);
	suite_add_tcase(s, t);
	return unit_run(s);
}
