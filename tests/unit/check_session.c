/* check_session.c: logins under way and sessions, and their bytes, against docs/RECORD.md. */
#include <string.h>

#include "common/err.h"
#include "patd/session.h"
#include "tests/unit/unit.h"

static const struct handover login = {
	.process = {0x01020304, 0x05060708090a0b0c, 0x0d0e0f10, 0x1112131415161718, 0x191a1b1c,
		0x1d1e1f20},
	.made = 0x2122232425262728,
	.id = "4fJk29sQxZb",
	.user = "alice",
};

static const struct session session = {
	.id = "4fJk29sQxZb",
	.opened = 0x2122232425262728,
	.opener = {0x01020304, 0x05060708090a0b0c, 0x0d0e0f10, 0x1112131415161718, 0x191a1b1c,
		0x1d1e1f20},
	.nested = 1,
	.uid = 0x31323334,
	.owner = "al",
	.name = "ci",
	.user = "root",
	.service = "sudo",
	.rhost = "::1",
	.above_count = 2,
	.above = {"0123456789A", "abcdefghijk"},
};

#define PROCESS                                                                                    \
	"\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b"   \
	"\x1c\x1d\x1e\x1f\x20"
#define TIME "!\"#$%&'("

static const char login_key[] = "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc";
static const char login_bytes[] = PROCESS TIME "4fJk29sQxZb\5alice";
static const char session_key_bytes[] = "4fJk29sQxZb" TIME "\1\2\3\4";
static const char session_bytes[] = PROCESS "\1"
					    "1234"
					    "\2al\2ci\4root\4sudo\3::1\x2"
					    "0123456789Aabcdefghijk";

static struct span copy_of(const void *bytes, size_t n)
{
	char *exact = malloc(n ? n : 1);

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, bytes, n);
	return (struct span){exact, n};
}

static int decode_login(struct span key, const void *bytes, size_t n, struct handover *out)
{
	struct span exact = copy_of(bytes, n);
	int err = handover_decode(key, exact, out);

	free((char *)(uintptr_t)exact.p);
	return err;
}

static int decode_session(struct span key, const void *bytes, size_t n, struct session *out)
{
	struct span exact = copy_of(bytes, n);
	int err = session_decode(key, exact, out);

	free((char *)(uintptr_t)exact.p);
	return err;
}

static void same_session(const struct session *a, const struct session *b)
{
	ck_assert_str_eq(a->id, b->id);
	ck_assert_uint_eq(a->opened, b->opened);
	ck_assert_uint_eq(a->opener.pid, b->opener.pid);
	ck_assert_uint_eq(a->opener.start, b->opener.start);
	ck_assert_uint_eq(a->opener.login_uid, b->opener.login_uid);
	ck_assert_uint_eq(a->nested, b->nested);
	ck_assert_uint_eq(a->uid, b->uid);
	ck_assert_str_eq(a->owner, b->owner);
	ck_assert_str_eq(a->name, b->name);
	ck_assert_str_eq(a->user, b->user);
	ck_assert_str_eq(a->service, b->service);
	ck_assert_str_eq(a->rhost, b->rhost);
}

START_TEST(login_golden)
{
	uint8_t key[HANDOVER_KEY], bytes[HANDOVER_BYTES];
	struct handover out;

	handover_key(&login.process, key);
	ck_assert_mem_eq(key, login_key, sizeof(key));
	ck_assert_uint_eq(handover_encode(&login, bytes), sizeof(login_bytes) - 1);
	ck_assert_mem_eq(bytes, login_bytes, sizeof(login_bytes) - 1);
	ck_assert_int_eq(decode_login(SPAN(login_key), bytes, sizeof(login_bytes) - 1, &out), 0);
	ck_assert_uint_eq(out.process.parent, login.process.parent);
	ck_assert_uint_eq(out.process.parent_start, login.process.parent_start);
	ck_assert_uint_eq(out.made, login.made);
	ck_assert_str_eq(out.id, login.id);
	ck_assert_str_eq(out.user, login.user);
}
END_TEST

START_TEST(session_golden)
{
	uint8_t key[SESSION_KEY], bytes[SESSION_BYTES];
	struct session out;

	session_key(&session, key);
	ck_assert_mem_eq(key, session_key_bytes, sizeof(key));
	ck_assert_uint_eq(session_encode(&session, bytes), sizeof(session_bytes) - 1);
	ck_assert_mem_eq(bytes, session_bytes, sizeof(session_bytes) - 1);
	ck_assert_int_eq(
		decode_session(SPAN(session_key_bytes), bytes, sizeof(session_bytes) - 1, &out), 0);
	same_session(&out, &session);
}
END_TEST

/* A walk begins before every ID, and before every session of one. */
START_TEST(first_keys)
{
	static const uint8_t zeros[SESSION_KEY];
	struct session first = {.opened = 0};
	uint8_t key[SESSION_KEY];

	session_key(&first, key);
	ck_assert_mem_eq(key, zeros, sizeof(key));
	strcpy(first.id, "4fJk29sQxZb");
	session_key(&first, key);
	ck_assert_mem_eq(key, "4fJk29sQxZb\0\0\0\0\0\0\0\0\0\0\0", sizeof(key));
}
END_TEST

static void fill(char *text, size_t n)
{
	memset(text, 'x', n);
}

START_TEST(longest)
{
	struct session s = session, out;
	struct handover h = login, login_out;
	uint8_t bytes[SESSION_BYTES], key[SESSION_KEY];
	size_t n;

	fill(s.owner, LIMIT_USER);
	fill(s.name, LIMIT_NAME);
	fill(s.user, LIMIT_USER);
	fill(s.service, LIMIT_SERVICE);
	fill(s.rhost, LIMIT_RHOST);
	s.above_count = LIMIT_DEPTH;
	for (size_t i = 0; i < LIMIT_DEPTH; i++)
		strcpy(s.above[i], s.id);
	fill(h.user, LIMIT_USER);
	n = session_encode(&s, bytes);
	ck_assert_uint_eq(n, SESSION_BYTES);
	session_key(&s, key);
	ck_assert_int_eq(
		decode_session((struct span){(char *)key, sizeof(key)}, bytes, n, &out), 0);
	same_session(&out, &s);
	n = handover_encode(&h, bytes);
	ck_assert_uint_eq(n, HANDOVER_BYTES);
	ck_assert_int_eq(decode_login(SPAN(login_key), bytes, n, &login_out), 0);
	ck_assert_str_eq(login_out.user, h.user);
}
END_TEST

/* Cut, longer, or with any byte changed: refused without a trace, or it means just these bytes. */
START_TEST(damaged)
{
	char bytes[sizeof(session_bytes)];
	struct session out = session;
	uint8_t again[SESSION_BYTES];

	for (size_t n = 0; n < sizeof(session_bytes) - 1; n++)
		ck_assert_int_eq(
			decode_session(SPAN(session_key_bytes), session_bytes, n, &out), ERR_STORE);
	ck_assert_int_eq(
		decode_session(SPAN(session_key_bytes), session_bytes, sizeof(session_bytes), &out),
		ERR_STORE);
	for (size_t n = 0; n < sizeof(login_bytes); n++) {
		struct handover h = login;

		ck_assert_int_eq(decode_login(SPAN(login_key), login_bytes, n, &h),
			n == sizeof(login_bytes) - 1 ? 0 : ERR_STORE);
	}
	for (size_t i = 0; i < sizeof(session_bytes) - 1; i++)
		for (unsigned v = 0; v < 256; v++) {
			memcpy(bytes, session_bytes, sizeof(bytes));
			bytes[i] = (char)v;
			if (decode_session(SPAN(session_key_bytes), bytes, sizeof(bytes) - 1, &out))
				continue;
			ck_assert_uint_eq(session_encode(&out, again), sizeof(bytes) - 1);
			ck_assert_mem_eq(again, bytes, sizeof(bytes) - 1);
			ck_assert_uint_le(out.nested, 1);
		}
}
END_TEST

/* A value under another's key. */
START_TEST(wrong_keys)
{
	struct handover h = login;
	struct session s = session;
	uint8_t key[SESSION_KEY];

	h.process.pid++;
	handover_key(&h.process, key);
	ck_assert_int_eq(decode_login((struct span){(char *)key, HANDOVER_KEY}, login_bytes,
				 sizeof(login_bytes) - 1, &h),
		ERR_STORE);
	ck_assert_int_eq(decode_login((struct span){login_key, 11}, login_bytes,
				 sizeof(login_bytes) - 1, &h),
		ERR_STORE);
	s.opener.pid++;
	session_key(&s, key);
	ck_assert_int_eq(decode_session((struct span){(char *)key, sizeof(key)}, session_bytes,
				 sizeof(session_bytes) - 1, &s),
		ERR_STORE);
	session_key(&session, key);
	key[0] = '-';
	ck_assert_int_eq(decode_session((struct span){(char *)key, sizeof(key)}, session_bytes,
				 sizeof(session_bytes) - 1, &s),
		ERR_STORE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session");
	TCase *t = tcase_create("session");

	tcase_add_test(t, login_golden);
	tcase_add_test(t, session_golden);
	tcase_add_test(t, first_keys);
	tcase_add_test(t, longest);
	tcase_add_test(t, damaged);
	tcase_add_test(t, wrong_keys);
	suite_add_tcase(s, t);
	return unit_run(s);
}
