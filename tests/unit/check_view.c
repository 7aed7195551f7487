/* check_view.c: a token as answers and the log tell it, against docs/PROTOCOL.md. */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patd/view.h"
#include "tests/unit/unit.h"

#define B(tag) PROTO_BIT(TAG_##tag)
#define ALWAYS                                                                                     \
	(B(ID) | B(NAME) | B(KIND) | B(OWNER) | B(UID) | B(STATUS) | B(SCOPES) | B(CREATED) |      \
		B(CREATED_BY) | B(USE_COUNT))

enum { NOW = 1800000000 };

static struct config config;
static struct request r;
static struct proto_msg reply;

static const struct record plain = {
	.id = "4fJk29sQxZb",
	.kind = KIND_PERSONAL,
	.uid = 1000,
	.created = 1700000000999999,
	.owner = "alice",
	.name = "ci",
	.scopes = "sshd",
	.created_by = "root",
};

static const struct record full = {
	.id = "4fJk29sQxZb",
	.kind = KIND_SERVICE,
	.uid = 0xfffffffe,
	.created = 1700000000999999,
	.expires = NOW + 1,
	.revoked = NOW - 1,
	.revoked_rank = RANK_ROOT,
	.owner = "alice",
	.name = "ci",
	.scopes = "sshd,sudo",
	.created_by = "root",
	.note = "a note",
	.revoked_by = "bob",
	.reason = "lost",
};

static const struct account alice = {.state = ACCOUNT_FOUND, .uid = 1000, .name = "alice"};

/* A store in which no token was ever used. */
static struct store *store;
static struct store_txn *txn;

static void teardown(void)
{
	store_abort(txn);
	store_close(store);
	remove_base();
}

/* Whom the policy allows to have tokens. */
static char *anyone[] = {(char[]){"*"}};
static const struct config_list everybody = {.n = 1, .item = anyone};

static void setup(void)
{
	char why[256] = "";

	make_base();
	ck_assert_msg(store_open(base, &store, why, sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(store_begin_read(store, &txn), 0);
	memset(&r, 0, sizeof(r));
	memset(&config, 0, sizeof(config));
	config.allow_users = everybody;
	r.config = &config;
	r.now = NOW;
}

/* The view, its owner being as the name service says. */
static void view(enum proto_verb verb, const struct record *token, struct account owner)
{
	size_t n;

	proto_begin(&r.out, verb);
	ck_assert_int_eq(view_put(&r, txn, token), REQUEST_ASK);
	ck_assert(!r.want.by_uid);
	ck_assert_str_eq(r.want.name, token->owner);
	request_answered(&r, &owner);
	proto_begin(&r.out, verb);
	ck_assert_int_eq(view_put(&r, txn, token), 0);
	n = proto_end(&r.out);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(proto_decode(r.out.packet, n, &reply), 0);
	ck_assert_int_eq(reply.verb, verb);
}

static void told(enum proto_tag tag, const char *expected)
{
	ck_assert_msg(span_is(proto_text(&reply, tag), expected), "tag %d: %.*s", tag,
		(int)proto_text(&reply, tag).n, proto_text(&reply, tag).p);
}

START_TEST(what_always_stands)
{
	view(VERB_OK, &plain, alice);
	ck_assert(reply.present == (ALWAYS));
	told(TAG_ID, "4fJk29sQxZb");
	told(TAG_NAME, "ci");
	told(TAG_OWNER, "alice");
	told(TAG_SCOPES, "sshd");
	told(TAG_CREATED_BY, "root");
	ck_assert_uint_eq(proto_number(&reply, TAG_KIND), KIND_PERSONAL);
	ck_assert_uint_eq(proto_number(&reply, TAG_UID), 1000);
	ck_assert_uint_eq(proto_number(&reply, TAG_STATUS), STATUS_ACTIVE);
	ck_assert_uint_eq(proto_number(&reply, TAG_CREATED), 1700000000); /* seconds */
}
END_TEST

START_TEST(what_may_stand)
{
	struct account owner = {.state = ACCOUNT_FOUND, .uid = 0xfffffffe, .name = "alice"};

	view(VERB_MORE, &full, owner);
	ck_assert(reply.present == (ALWAYS | B(STATUS_REASON) | B(EXPIRES) | B(NOTE) | B(REVOKED) |
					   B(REVOKED_BY) | B(REASON)));
	ck_assert_uint_eq(proto_number(&reply, TAG_UID), 0xfffffffe);
	ck_assert_uint_eq(proto_number(&reply, TAG_STATUS), STATUS_REVOKED);
	ck_assert_uint_eq(proto_number(&reply, TAG_EXPIRES), NOW + 1);
	ck_assert_uint_eq(proto_number(&reply, TAG_REVOKED), NOW - 1);
	told(TAG_NOTE, "a note");
	told(TAG_REVOKED_BY, "bob");
	told(TAG_REASON, "lost");
	ck_assert(proto_text(&reply, TAG_STATUS_REASON).n > 0);
}
END_TEST

/* Everything as long as it may be fits in one packet. */
START_TEST(longest_view)
{
	struct record token = full;
	struct account owner = {.state = ACCOUNT_ABSENT};

	memset(token.owner, 'o', LIMIT_USER);
	memset(token.name, 'n', LIMIT_NAME);
	memset(token.scopes, 's', LIMIT_SCOPES);
	memset(token.created_by, 'c', LIMIT_USER);
	memset(token.note, 'n', LIMIT_NOTE);
	memset(token.revoked_by, 'r', LIMIT_USER);
	memset(token.reason, 'r', LIMIT_REASON);
	view(VERB_MORE, &token, owner);
	told(TAG_OWNER, token.owner);
	told(TAG_SCOPES, token.scopes);
	told(TAG_REASON, token.reason);
	ck_assert_uint_eq(proto_number(&reply, TAG_STATUS), STATUS_LOCKED);
}
END_TEST

START_TEST(statuses)
{
	static const struct {
		struct account owner;
		uint64_t expires, revoked;
		enum token_status expected;
	} cases[] = {
		{{.state = ACCOUNT_FOUND, .uid = 1000, .name = "alice"}, 0, 0, STATUS_ACTIVE},
		{{.state = ACCOUNT_FOUND, .uid = 1000, .name = "alice"}, NOW + 1, 0, STATUS_ACTIVE},
		{{.state = ACCOUNT_FOUND, .uid = 1000, .name = "alice"}, NOW, 0, STATUS_EXPIRED},
		{{.state = ACCOUNT_FOUND, .uid = 1000, .name = "alice"}, 0, NOW, STATUS_REVOKED},
		{{.state = ACCOUNT_FOUND, .uid = 1000, .locked = true, .name = "alice"}, 0, 0,
			STATUS_LOCKED},
		{{.state = ACCOUNT_FOUND, .uid = 1000, .expired = true, .name = "alice"}, 0, 0,
			STATUS_LOCKED},
		{{.state = ACCOUNT_FOUND, .uid = 1001, .name = "alice"}, 0, 0, STATUS_LOCKED},
		{{.state = ACCOUNT_ABSENT}, 0, 0, STATUS_LOCKED},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct record token = plain;
		enum token_status status = STATUS_ROTATED;
		char why[LIMIT_MESSAGE + 1] = "before";

		token.expires = cases[i].expires;
		token.revoked = cases[i].revoked;
		request_forget(&r);
		ck_assert_int_eq(view_status(&r, txn, &token, &status, why), REQUEST_ASK);
		ck_assert_int_eq(status, STATUS_ROTATED);
		ck_assert_str_eq(why, "before");
		request_answered(&r, &cases[i].owner);
		ck_assert_int_eq(view_status(&r, txn, &token, &status, why), 0);
		ck_assert_msg(
			status == cases[i].expected, "case %zu: %s", i, token_status_name(status));
		ck_assert_int_eq(why[0] == '\0', status == STATUS_ACTIVE);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("view");
	TCase *t = tcase_create("view");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_always_stands);
	tcase_add_test(t, what_may_stand);
	tcase_add_test(t, longest_view);
	tcase_add_test(t, statuses);
	suite_add_tcase(s, t);
	return unit_run(s);
}
