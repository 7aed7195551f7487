/* check_presented.c: what is found of a token's text, and what is let out of it. */
#include "patd/presented.h"
#include "tests/unit/requests.h"

static struct minted laptop, child;

static void setup(void)
{
	requests_setup();
	laptop = MINT(.name = "laptop");
	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = laptop.text), 0);
	child = taken_from_reply();
}

/* The text, as an inspection presents it. */
static int find(const char *text, struct record *out, struct presented *p)
{
	struct store_txn *t;
	int err;

	begin(VERB_INSPECT, ALICE, (struct args){.token = text});
	memset(out, 0, sizeof(*out));
	ck_assert_int_eq(store_begin_read(store, &t), 0);
	err = presented_find(&r, t, out, p);
	store_abort(t);
	return err;
}

START_TEST(right)
{
	struct presented p;
	struct record found;

	ck_assert_int_eq(find(laptop.text, &found, &p), 0);
	ck_assert_str_eq(p.id, laptop.id);
	ck_assert_str_eq(found.name, "laptop");
	ck_assert(p.known && p.matches);
	ck_assert_uint_eq(p.prefix_kind, KIND_PERSONAL);
	ck_assert_int_eq(find(child.text, &found, &p), 0);
	ck_assert_str_eq(found.parent, laptop.id);
	ck_assert_uint_eq(p.prefix_kind, KIND_EXCHANGED);
}
END_TEST

/* Of a text that is no token nothing is known, not even its beginning. */
START_TEST(no_token)
{
	char text[TOKEN_TEXT_MAX + 1];
	struct presented p;
	struct record found;

	strcpy(text, laptop.text);
	text[strlen(text) - 1] ^= 1; /* the check is wrong */
	ck_assert_int_eq(find(text, &found, &p), ERR_NO_TOKEN);
	ck_assert_str_eq(p.id, "");
	ck_assert(!p.known && !p.matches);
	ck_assert_str_eq(found.id, "");
}
END_TEST

/* The ID of one token with the secret of another, and an ID that nobody has. */
START_TEST(wrong_secret)
{
	static const char *const ids[] = {"", "00000000000"};
	struct token mixed, of_child;
	char text[TOKEN_TEXT_MAX + 1];
	struct presented p;
	struct record found;

	ck_assert(token_parse(laptop.text, strlen(laptop.text), &mixed));
	ck_assert(token_parse(child.text, strlen(child.text), &of_child));
	memcpy(mixed.secret, of_child.secret, sizeof(mixed.secret));
	if (ids[_i][0])
		strcpy(mixed.id, ids[_i]);
	ck_assert(token_format(&mixed, text));
	ck_assert_int_eq(find(text, &found, &p), ERR_NO_TOKEN);
	ck_assert_str_eq(p.id, mixed.id);
	ck_assert(p.known == (_i == 0));
	ck_assert(!p.matches);
	ck_assert_str_eq(found.name, _i == 0 ? "laptop" : ""); /* for the log */
}
END_TEST

START_TEST(foreign_prefix)
{
	char text[TOKEN_TEXT_MAX + 1];
	struct presented p;
	struct record found;
	struct token t;

	ck_assert(token_parse(laptop.text, strlen(laptop.text), &t));
	strcpy(t.prefix, "acme");
	ck_assert(token_format(&t, text));
	find(text, &found, &p);
	ck_assert_uint_eq(p.prefix_kind, 0);
}
END_TEST

START_TEST(reused)
{
	begin(VERB_INSPECT, ALICE, (struct args){.token = laptop.text});
	config.reuse = REUSE_LOG;
	ck_assert_int_eq(presented_reused(&r), ERR_ROTATED);
	ck_assert(!r.reused);
	config.reuse = REUSE_REVOKE;
	ck_assert_int_eq(presented_reused(&r), 0);
	ck_assert(r.reused);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("presented");
	TCase *t = tcase_create("presented");

	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, setup, requests_teardown);
	tcase_add_test(t, right);
	tcase_add_test(t, no_token);
	tcase_add_loop_test(t, wrong_secret, 0, 2);
	tcase_add_test(t, foreign_prefix);
	tcase_add_test(t, reused);
	suite_add_tcase(s, t);
	return unit_run(s);
}
