/* check_import.c: what a file may say of a token, and what becomes of the one that is here. */
#include <string.h>

#include "patd/import.h"
#include "tests/unit/unit.h"

#define KEY "SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M"
#define MAX UINT64_C(253402300799)

/* A token that is good, with what a case changes. */
#define TOKEN(...)                                                                                 \
	{                                                                                          \
		.id = "4fJk29sQxZb", .kind = KIND_PERSONAL, .uid = 1000, .created = 1000000,       \
		.owner = "alice", .name = "ci", .scopes = "sshd", .created_by = "root",            \
		__VA_ARGS__                                                                        \
	}
#define CHILD(n) .kind = KIND_EXCHANGED, .expires = 5, .parent = "00000000001", .name = (n)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif

static const struct record good[] = {
	TOKEN(.uid = 1000),
	TOKEN(.note = "a note", .from = "192.0.2.0/24,local", .bind_key = KEY),
	TOKEN(.uses = UINT32_MAX, .used = 7, .expires = MAX, .not_before = 7),
	TOKEN(.revoked = 9, .revoked_rank = RANK_ROOT, .revoked_by = "uid 1000", .reason = "x"),
	TOKEN(.revoked = 9, .revoked_rank = RANK_GONE, .revoked_by = "patd"),
	TOKEN(CHILD("ci/1")),
	TOKEN(CHILD("ci/1/20/300/4294967296")),
	TOKEN(.scopes = "*"),
	TOKEN(.created = MAX * 1000000),
};

static const struct {
	struct record token;
	const char *why; /* how it begins */
} bad[] = {
	{TOKEN(.uid = UINT32_MAX), "owner"},
	{TOKEN(.owner = ""), "owner"},
	{TOKEN(.owner = "al\nice"), "owner"},
	{TOKEN(.created_by = ""), "created_by"},
	{TOKEN(.created_by = "\x1b[2J"), "created_by"},
	{TOKEN(.name = ""), "name"},
	{TOKEN(.name = "-ci"), "name"},
	{TOKEN(.name = "ci/1"), "name"},
	{TOKEN(.name = "4fJk29sQxZb"), "name"},
	{TOKEN(CHILD("ci")), "name"},
	{TOKEN(CHILD("/1")), "name"},
	{TOKEN(CHILD("ci/")), "name"},
	{TOKEN(CHILD("ci//1")), "name"},
	{TOKEN(CHILD("ci/x")), "name"},
	{TOKEN(CHILD("ci/01")), "name"},
	{TOKEN(CHILD("ci/1/2/3/4/5")), "name"},
	{TOKEN(CHILD("ci/123456789012345678901")), "name"},
	{TOKEN(.scopes = ""), "scopes"},
	{TOKEN(.scopes = "sudo,sshd"), "scopes"}, /* not in their order */
	{TOKEN(.scopes = "patctl"), "scopes"},
	{TOKEN(.scopes = "SSHD"), "scopes"},
	{TOKEN(.note = "a\nb"), "note"},
	{TOKEN(.from = "192.0.2.7/24"), "from"},
	{TOKEN(.from = "::ffff:192.0.2.7"), "from"}, /* not canonical */
	{TOKEN(.from = "example.org"), "from"},
	{TOKEN(.bind_key = "SHA256:x"), "bind_key"},
	{TOKEN(.revoked = 9), "revoked"},
	{TOKEN(.revoked = 9, .revoked_rank = RANK_ROOT), "revoked"},
	{TOKEN(.revoked = 9, .revoked_rank = RANK_ROOT, .revoked_by = "r", .reason = "\t"),
		"revoked"},
	{TOKEN(.revoked_rank = RANK_ROOT), "revoked"},
	{TOKEN(.revoked_by = "bob"), "revoked"},
	{TOKEN(.reason = "x"), "revoked"},
	{TOKEN(.uses = UINT64_C(1) << 32), "uses"},
	{TOKEN(.used = UINT64_C(1) << 32), "uses"},
	{TOKEN(.children = UINT64_C(1) << 32), "uses"},
	{TOKEN(.created = 0), "a time"},
	{TOKEN(.created = MAX * 1000000 + 1), "a time"},
	{TOKEN(.expires = MAX + 1), "a time"},
	{TOKEN(.not_before = MAX + 1), "a time"},
	{TOKEN(.grace_ends = MAX + 1), "a time"},
	{TOKEN(.successor = "4fJk29sQxZb"), "a token that is its own"},
	{TOKEN(.predecessor = "4fJk29sQxZb"), "a token that is its own"},
	{TOKEN(CHILD("ci/1"), .parent = "4fJk29sQxZb"), "a token that is its own"},
};

/* What is here and what the file says, by the members that differ, and what comes of it. */
#define ROTATED(...) .rotated = 5, .successor = "00000000002", __VA_ARGS__
static const struct {
	struct record here, file, merged;
} merges[] = {
	{TOKEN(.uid = 1000), TOKEN(.uid = 1000), TOKEN(.uid = 1000)},
	/* ends: the sooner */
	{TOKEN(.expires = 0), TOKEN(.expires = 50), TOKEN(.expires = 50)},
	{TOKEN(.expires = 50), TOKEN(.expires = 0), TOKEN(.expires = 50)},
	{TOKEN(.expires = 50), TOKEN(.expires = 40), TOKEN(.expires = 40)},
	{TOKEN(.expires = 40), TOKEN(.expires = 50), TOKEN(.expires = 40)},
	/* beginnings: the later */
	{TOKEN(.not_before = 0), TOKEN(.not_before = 7), TOKEN(.not_before = 7)},
	{TOKEN(.not_before = 7), TOKEN(.not_before = 5), TOKEN(.not_before = 7)},
	/* uses: the fewer that are granted, the more that were made */
	{TOKEN(.uses = 5, .used = 1), TOKEN(.uses = 3, .used = 2), TOKEN(.uses = 3, .used = 2)},
	{TOKEN(.uses = 5, .used = 4), TOKEN(.uses = 0, .used = 0), TOKEN(.uses = 5, .used = 4)},
	{TOKEN(.uses = 0), TOKEN(.uses = 3), TOKEN(.uses = 3)},
	{TOKEN(.children = 3), TOKEN(.children = 9), TOKEN(.children = 9)},
	/* rotation: a fact, once it is one */
	{TOKEN(.uid = 1000), TOKEN(ROTATED(.grace_ends = 70)), TOKEN(ROTATED(.grace_ends = 70))},
	{TOKEN(.uid = 1000), TOKEN(ROTATED(.until_used = 1)), TOKEN(ROTATED(.until_used = 1))},
	{TOKEN(ROTATED(.grace_ends = 70)), TOKEN(.uid = 1000), TOKEN(ROTATED(.grace_ends = 70))},
	{TOKEN(ROTATED(.grace_ends = 70)), TOKEN(ROTATED(.grace_ends = 60)),
		TOKEN(ROTATED(.grace_ends = 60))},
	{TOKEN(ROTATED(.grace_ends = 60)), TOKEN(ROTATED(.grace_ends = 70)),
		TOKEN(ROTATED(.grace_ends = 60))},
	{TOKEN(ROTATED(.until_used = 1)), TOKEN(ROTATED(.until_used = 1, .grace_ends = 60)),
		TOKEN(ROTATED(.until_used = 1, .grace_ends = 60))},
	{TOKEN(.uid = 1000), TOKEN(.predecessor = "00000000003"),
		TOKEN(.predecessor = "00000000003")},
	/* labels, scopes and restrictions: as they are here */
	{TOKEN(.name = "new", .note = "n", .scopes = "sudo", .from = "local", .bind_key = KEY),
		TOKEN(.note = "m", .scopes = "*", .from = "192.0.2.7"),
		TOKEN(.name = "new", .note = "n", .scopes = "sudo", .from = "local",
			.bind_key = KEY)},
	/* a revocation is not merged, and none is taken back */
	{TOKEN(.uid = 1000), TOKEN(.revoked = 9, .revoked_rank = RANK_ROOT, .revoked_by = "r"),
		TOKEN(.uid = 1000)},
	{TOKEN(.revoked = 9, .revoked_rank = RANK_ROOT, .revoked_by = "r"), TOKEN(.uid = 1000),
		TOKEN(.revoked = 9, .revoked_rank = RANK_ROOT, .revoked_by = "r")},
};

static const struct {
	struct record here, file;
	const char *why;
} conflicts[] = {
	{TOKEN(.hash = {1}), TOKEN(.hash = {2}), "secret"},
	{TOKEN(.uid = 1000), TOKEN(.uid = 1001), "owner"},
	{TOKEN(.uid = 1000), TOKEN(.owner = "bob"), "owner"},
	{TOKEN(.uid = 1000), TOKEN(.kind = KIND_SERVICE), "kind"},
	{TOKEN(CHILD("ci/1")), TOKEN(CHILD("ci/1"), .parent = "00000000009"), "parent"},
	{TOKEN(.uid = 1000), TOKEN(.created = 2000000), "created"},
};

#pragma GCC diagnostic pop

START_TEST(forms)
{
	const char *why = NULL;

	for (size_t i = 0; i < COUNT(good); i++)
		ck_assert_msg(import_valid(&good[i], &why), "good %zu: %s", i, why);
	for (size_t i = 0; i < COUNT(bad); i++) {
		why = "";
		ck_assert_msg(!import_valid(&bad[i].token, &why), "bad %zu", i);
		ck_assert_msg(
			strncmp(why, bad[i].why, strlen(bad[i].why)) == 0, "bad %zu: %s", i, why);
	}
}
END_TEST

static bool same(const struct record *a, const struct record *b)
{
	uint8_t as[LIMIT_RECORD], bs[LIMIT_RECORD];
	size_t n = record_encode(a, as);

	return n > 0 && n == record_encode(b, bs) && memcmp(as, bs, n) == 0;
}

START_TEST(merging)
{
	for (size_t i = 0; i < COUNT(merges); i++) {
		bool changes = !same(&merges[i].here, &merges[i].merged);
		struct record once, twice;
		const char *why = NULL;

		ck_assert_msg(import_merge(&merges[i].here, &merges[i].file, &once, &why) ==
				      (changes ? IMPORT_MERGED : IMPORT_SAME),
			"merge %zu", i);
		ck_assert_msg(same(&once, &merges[i].merged), "merge %zu", i);
		/* once more changes nothing */
		ck_assert_msg(import_merge(&once, &merges[i].file, &twice, &why) == IMPORT_SAME,
			"merge %zu, twice", i);
	}
}
END_TEST

START_TEST(conflicting)
{
	for (size_t i = 0; i < COUNT(conflicts); i++) {
		struct record out = {.id = "x"};
		const char *why = "";

		ck_assert_msg(import_merge(&conflicts[i].here, &conflicts[i].file, &out, &why) ==
				      IMPORT_CONFLICT,
			"conflict %zu", i);
		ck_assert_msg(strstr(why, conflicts[i].why), "conflict %zu: %s", i, why);
		ck_assert_str_eq(out.id, "x");
	}
}
END_TEST

START_TEST(revocations)
{
	for (int here = RANK_NONE; here <= RANK_GONE; here++)
		for (int file = RANK_NONE; file <= RANK_GONE; file++) {
			struct record a = {.revoked = here ? 5 : 0, .revoked_rank = (uint8_t)here};
			struct record b = {.revoked = file ? 9 : 0, .revoked_rank = (uint8_t)file};

			ck_assert_int_eq(import_revokes(&a, &b), file > here);
		}
}
END_TEST

START_TEST(usage)
{
	struct usage here = {100, 7, "sshd", "h"}, again;
	const struct usage older = {90, 9, "sudo", "o"}, later = {110, 3, "su", ""}, none = {0};

	ck_assert(!import_usage(&here, &none));
	ck_assert(import_usage(&here, &older));
	ck_assert_uint_eq(here.last, 100);
	ck_assert_str_eq(here.service, "sshd");
	ck_assert_uint_eq(here.count, 9);
	ck_assert(import_usage(&here, &later));
	ck_assert_uint_eq(here.last, 110);
	ck_assert_str_eq(here.service, "su");
	ck_assert_str_eq(here.rhost, "");
	ck_assert_uint_eq(here.count, 9);
	again = here;
	ck_assert(!import_usage(&again, &older) && !import_usage(&again, &later));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("import");
	TCase *t = tcase_create("import");

	tcase_add_test(t, forms);
	tcase_add_test(t, merging);
	tcase_add_test(t, conflicting);
	tcase_add_test(t, revocations);
	tcase_add_test(t, usage);
	suite_add_tcase(s, t);
	return unit_run(s);
}
