/*-
 * constant_time.c: what a refusal costs does not depend on what is stored. Cases for valgrind's
 * tools, which constant_time.sh runs:
 *
 *   hash      both secrets, the one that was presented and the hash that is stored, are undefined
 *             bytes for memcheck, which tells of every jump and every address that depends on one
 *   store     the same of the hash alone, where it stands in the store's map, for all that
 *             presented_find() does
 *   control   memcmp() in the place of our comparison: memcheck must tell of that
 *   work      callgrind counts what VERIFY does for a known ID with a wrong secret, and for an
 *             unknown ID
 *
 * Not secret here is what the sender of a text knows: its form, its checksum, its ID. That parsing
 * takes another way for what is no token tells them nothing that they could not have computed. What
 * they do not know is the stored hash. And the verdict, that the two are the same or not, is what
 * they are told in the end: presented_find() may jump on that (constant_time.supp).
 */
#include <valgrind/callgrind.h>
#include <valgrind/memcheck.h>

#include "patd/presented.h"
#include "tests/unit/requests.h"

enum { TOKENS = 200 }; /* more than one page of the store's tree */

static struct minted known[TOKENS];

/* Memcheck would have told of a jump by now. */
static void assert_no_jump(void)
{
	ck_assert_uint_eq(VALGRIND_COUNT_ERRORS, 0);
}

/* ---- the comparison alone ---- */

static struct token presented;
static uint8_t hash[RECORD_HASH];

static void make_secrets(void)
{
	ck_assert_int_eq(hash_init(), 0);
	hash_new_token(&presented);
	hash_secret(&presented, hash);
}

static void hide_secrets(void)
{
	VALGRIND_MAKE_MEM_UNDEFINED(presented.secret, TOKEN_SECRET_LEN);
	VALGRIND_MAKE_MEM_UNDEFINED(hash, sizeof(hash));
}

/* The verdict is told. */
static bool verdict(bool same)
{
	VALGRIND_MAKE_MEM_DEFINED(&same, sizeof(same));
	return same;
}

static bool is_defined(const bool *b)
{
	uint8_t undefined_bits = 0;

	ck_assert_uint_eq(VALGRIND_GET_VBITS(b, &undefined_bits, sizeof(*b)), 1);
	return undefined_bits == 0;
}

START_TEST(right_secret)
{
	hide_secrets();
	ck_assert(verdict(hash_matches(&presented, hash)));
	assert_no_jump();
}
END_TEST

START_TEST(wrong_secret)
{
	hash[_i] ^= 1;
	hide_secrets();
	ck_assert(!verdict(hash_matches(&presented, hash)));
	assert_no_jump();
}
END_TEST

START_TEST(no_such_token)
{
	hide_secrets();
	ck_assert(!verdict(hash_matches(&presented, NULL)));
	assert_no_jump();
}
END_TEST

START_TEST(hash_made_before)
{
	uint8_t made[RECORD_HASH];

	hide_secrets();
	hash_secret(&presented, made);
	ck_assert(verdict(hash_same(made, hash)));
	ck_assert(!verdict(hash_same(made, NULL)));
	assert_no_jump();
}
END_TEST

START_TEST(memcmp_is_noticed)
{
	uint8_t made[RECORD_HASH];

	hide_secrets();
	hash_secret(&presented, made);
	ck_assert(verdict(memcmp(made, hash, sizeof(hash)) == 0));
	assert_no_jump();
}
END_TEST

/* ---- a text that is looked up ---- */

static void make_store(void)
{
	requests_setup();
	config.max_tokens = TOKENS;
	for (int i = 0; i < TOKENS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "token%d", i);
		known[i] = MINT(.name = name);
	}
}

/* The text of a token of this ID, or with NULL of one that nobody has, with a secret that is wrong.
 */
static void wrong_text(const char *id, char text[TOKEN_TEXT_MAX + 1])
{
	struct token t = {.prefix = "pat"};

	hash_new_token(&t);
	if (id)
		memcpy(t.id, id, sizeof(t.id));
	ck_assert(token_format(&t, text));
}

/* Where the store's file is mapped, and how much of the map is file. */
static uint8_t *store_map(size_t *n)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], path[256];
	uint8_t *at = NULL;
	struct stat st;

	ck_assert_ptr_nonnull(maps);
	while (!at && fgets(line, sizeof(line), maps)) {
		void *start;

		if (sscanf(line, "%p-%*s %*s %*s %*s %*s %255s", &start, path) == 2 &&
			strstr(path, "data.mdb"))
			at = start;
	}
	fclose(maps);
	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(stat(path, &st), 0);
	*n = (size_t)st.st_size;
	return at;
}

/* Undefined from now on: the hash of the token of this ID, wherever a transaction could read it. */
static void hide_stored_hash(const char *id)
{
	struct record token = stored(id);
	size_t n, found = 0;
	uint8_t *map = store_map(&n), *at;

	for (uint8_t *p = map; (at = memmem(p, n - (size_t)(p - map), token.hash, RECORD_HASH));
		p = at + RECORD_HASH, found++)
		VALGRIND_MAKE_MEM_UNDEFINED(at, RECORD_HASH);
	ck_assert_uint_gt(found, 0);
}

static int find(const char *text, struct presented *p)
{
	struct store_txn *t;
	struct record found;
	int err;

	begin(VERB_INSPECT, ALICE, (struct args){.token = text});
	ck_assert_int_eq(store_begin_read(store, &t), 0);
	err = presented_find(&r, t, &found, p);
	VALGRIND_MAKE_MEM_DEFINED(&err, sizeof(err));
	store_abort(t);
	return err;
}

START_TEST(stored_hash)
{
	char text[TOKEN_TEXT_MAX + 1];
	struct presented p;

	hide_stored_hash(known[0].id);
	wrong_text(known[0].id, text);
	ck_assert_int_eq(find(text, &p), ERR_NO_TOKEN);
	/* The hash that was hidden is the one that was compared. */
	ck_assert(!is_defined(&p.matches));
	ck_assert_int_eq(find(known[0].text, &p), 0);
	ck_assert(verdict(p.matches));
	assert_no_jump();
}
END_TEST

static int verify(const char *text)
{
	return DO(VERIFY, ROOT, .token = text, .user = "alice", .service = "sshd",
		.rhost = "192.0.2.7");
}

/* callgrind writes a file for each, which tells the name. */
START_TEST(work)
{
	static const char *const ids[] = {"known", "unknown"};
	char text[TOKENS][TOKEN_TEXT_MAX + 1];

	for (size_t n = 0; n < COUNT(ids); n++) {
		for (int i = 0; i < TOKENS; i++)
			wrong_text(n == 0 ? known[i].id : NULL, text[i]);
		CALLGRIND_ZERO_STATS;
		for (int i = 0; i < TOKENS; i++)
			ck_assert_int_eq(verify(text[i]), ERR_NO_TOKEN);
		CALLGRIND_DUMP_STATS_AT(ids[n]);
	}
}
END_TEST

static TCase *add_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 0); /* they are run without forking */
	suite_add_tcase(s, t);
	return t;
}

static TCase *add_store_case(Suite *s, const char *name)
{
	TCase *t = add_case(s, name);

	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, make_store, requests_teardown);
	return t;
}

int main(void)
{
	Suite *s = suite_create("constant_time");
	TCase *t = add_case(s, "hash");

	tcase_add_checked_fixture(t, make_secrets, NULL);
	tcase_add_test(t, right_secret);
	tcase_add_loop_test(t, wrong_secret, 0, RECORD_HASH);
	tcase_add_test(t, no_such_token);
	tcase_add_test(t, hash_made_before);
	tcase_add_test(add_store_case(s, "store"), stored_hash);
	t = add_case(s, "control");
	tcase_add_checked_fixture(t, make_secrets, NULL);
	tcase_add_test(t, memcmp_is_noticed);
	tcase_add_test(add_store_case(s, "work"), work);
	return unit_run(s);
}
