/* check_usage.c: how a token was used, and its bytes, against docs/RECORD.md. */
#include <string.h>

#include "common/err.h"
#include "common/usage.h"
#include "tests/unit/unit.h"

static const struct usage full = {
	.last = 1800000000, .count = 258, .service = "sshd", .rhost = "192.0.2.7"};

static const char golden[] = "\0\0\0\0\x6b\x49\xd2\0"
			     "\0\0\0\0\0\0\1\2"
			     "\4sshd\x09"
			     "192.0.2.7";

static void same(const struct usage *a, const struct usage *b)
{
	ck_assert_uint_eq(a->last, b->last);
	ck_assert_uint_eq(a->count, b->count);
	ck_assert_str_eq(a->service, b->service);
	ck_assert_str_eq(a->rhost, b->rhost);
}

static int decode(const void *bytes, size_t n, struct usage *out)
{
	uint8_t *exact = malloc(n ? n : 1);
	int err;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, bytes, n);
	err = usage_decode((struct span){(char *)exact, n}, out);
	free(exact);
	return err;
}

/* Refused without a trace, or exactly what these bytes say. */
static void judge(const void *bytes, size_t n)
{
	struct usage u, before;
	uint8_t again[USAGE_BYTES];

	memset(&u, 0x5a, sizeof(u));
	before = u;
	if (decode(bytes, n, &u)) {
		ck_assert_mem_eq(&u, &before, sizeof(u));
		return;
	}
	ck_assert_uint_eq(usage_encode(&u, again), n);
	ck_assert_mem_eq(again, bytes, n);
}

START_TEST(golden_bytes)
{
	uint8_t bytes[USAGE_BYTES];
	struct usage u;

	ck_assert_uint_eq(usage_encode(&full, bytes), sizeof(golden) - 1);
	ck_assert_mem_eq(bytes, golden, sizeof(golden) - 1);
	ck_assert_int_eq(decode(golden, sizeof(golden) - 1, &u), 0);
	same(&u, &full);
	ck_assert_uint_eq(usage_encode(&(struct usage){0}, bytes), 18);
	ck_assert_int_eq(decode(bytes, 18, &u), 0);
	same(&u, &(struct usage){0});
}
END_TEST

START_TEST(longest)
{
	struct usage u = {.last = UINT64_MAX, .count = UINT64_MAX}, back;
	uint8_t bytes[USAGE_BYTES];

	memset(u.service, 's', LIMIT_SERVICE);
	memset(u.rhost, 'r', LIMIT_RHOST);
	ck_assert_uint_eq(usage_encode(&u, bytes), USAGE_BYTES);
	ck_assert_int_eq(decode(bytes, sizeof(bytes), &back), 0);
	same(&back, &u);
}
END_TEST

START_TEST(hostile_bytes)
{
	enum { N = sizeof(golden) - 1 };
	uint8_t bytes[N + 1];

	for (size_t n = 0; n < N; n++) {
		struct usage u;

		ck_assert_int_eq(decode(golden, n, &u), ERR_STORE);
	}
	for (size_t i = 0; i < N; i++) {
		memcpy(bytes, golden, N);
		for (unsigned v = 0; v < 256; v++) {
			bytes[i] = (uint8_t)v;
			judge(bytes, N);
		}
	}
	for (size_t i = 0; i <= N; i++)
		for (unsigned v = 0; v < 256; v++) {
			memcpy(bytes, golden, i);
			bytes[i] = (uint8_t)v;
			memcpy(bytes + i + 1, golden + i, N - i);
			judge(bytes, N + 1);
		}
}
END_TEST

START_TEST(lengths_and_nuls)
{
	uint8_t bytes[USAGE_BYTES + 16] = {0};
	struct usage u;

	bytes[16] = LIMIT_SERVICE + 1;
	ck_assert_int_eq(decode(bytes, 16 + 1 + LIMIT_SERVICE + 1 + 1, &u), ERR_STORE);
	memset(bytes + 17, 's', LIMIT_SERVICE + 1);
	ck_assert_int_eq(decode(bytes, 16 + 1 + LIMIT_SERVICE + 1 + 1, &u), ERR_STORE);
	bytes[16] = 2;
	memcpy(bytes + 17, "a\0\0", 3);
	ck_assert_int_eq(decode(bytes, 20, &u), ERR_STORE);
	ck_assert_int_eq(usage_decode((struct span){NULL, 0}, &u), ERR_STORE);
}
END_TEST

START_TEST(counting)
{
	struct usage u = {0};
	char longest_text[LIMIT_RHOST + 2];

	usage_count(&u, 100, SPAN("sshd"), SPAN("192.0.2.7"));
	same(&u, &(struct usage){.last = 100, .count = 1, .service = "sshd", .rhost = "192.0.2.7"});
	usage_count(&u, 101, SPAN("sudo"), SPAN(""));
	same(&u, &(struct usage){.last = 101, .count = 2, .service = "sudo"});
	/* what is too long, or no text, is left out: whole */
	memset(longest_text, 'x', sizeof(longest_text));
	usage_count(&u, 102, (struct span){longest_text, LIMIT_SERVICE + 1},
		(struct span){longest_text, LIMIT_RHOST + 1});
	same(&u, &(struct usage){.last = 102, .count = 3});
	usage_count(&u, 103, (struct span){longest_text, LIMIT_SERVICE},
		(struct span){longest_text, LIMIT_RHOST});
	ck_assert_uint_eq(strlen(u.service), LIMIT_SERVICE);
	ck_assert_uint_eq(strlen(u.rhost), LIMIT_RHOST);
	usage_count(&u, 104, SPAN("a\0b"), SPAN("\0"));
	same(&u, &(struct usage){.last = 104, .count = 5});
}
END_TEST

START_TEST(adding)
{
	static const struct usage early = {100, 3, "sshd", "192.0.2.7"},
				  late = {200, 2, "sudo", ""}, none;
	struct usage u = early;

	usage_add(&u, &late);
	same(&u, &(struct usage){200, 5, "sudo", ""});
	u = none;
	usage_add(&u, &late);
	same(&u, &late);
	u = late;
	usage_add(&u, &none);
	same(&u, &late);
	/* the clock went back: the latest is kept, and nothing is lost of the count */
	u = late;
	usage_add(&u, &early);
	same(&u, &(struct usage){200, 5, "sudo", ""});
}
END_TEST

int main(void)
{
	Suite *s = suite_create("usage");
	TCase *t = tcase_create("usage");

	tcase_add_test(t, golden_bytes);
	tcase_add_test(t, longest);
	tcase_add_test(t, hostile_bytes);
	tcase_add_test(t, lengths_and_nuls);
	tcase_add_test(t, counting);
	tcase_add_test(t, adding);
	suite_add_tcase(s, t);
	return unit_run(s);
}
