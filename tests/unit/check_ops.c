/*
 * check_ops.c: the operations behind the verbs, run as a connection runs them: decoded from a
 * packet, checked in a read transaction of a real store, applied in a write transaction, answered
 * by a packet. The test is the name service, the clock and the person at the prompt.
 */
#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/err.h"
#include "patd/dispatch.h"
#include "patd/hash.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NOW = 1800000000, ROOT = 0, ALICE = 1000, BOB = 1001, STARTED = 1700000000 };

/* ---- the system ---- */

static char base[] = "/tmp/check_ops.XXXXXX";
static struct store *store;
static struct config config;
static uint64_t now;
static bool knows_password;

static const struct account everybody[] = {
	{ACCOUNT_FOUND, ROOT, false, false, "root"},
	{ACCOUNT_FOUND, ALICE, false, false, "alice"},
	{ACCOUNT_FOUND, BOB, false, false, "bob"},
};
/* What the name service says; a test may change it. */
static struct account people[COUNT(everybody)];
static struct account *const alice = &people[1], *const bob = &people[2];

static void make_base(void)
{
	ck_assert_ptr_nonnull(mkdtemp(base));
	ck_assert_int_eq(hash_init(), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_base(void)
{
	nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void setup(void)
{
	static char prefix[] = "pat", scopes[] = "sshd";
	char dir[sizeof(base) + 8], why[256] = "";

	snprintf(dir, sizeof(dir), "%s/XXXXXX", base);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
	config = (struct config){.refs = 1,
		.token_prefix = prefix,
		.default_scopes = scopes,
		.warn_before = 7 * 86400,
		.max_tokens = 100,
		.reauth = REAUTH_PAM};
	memcpy(people, everybody, sizeof(people));
	now = NOW;
	knows_password = true;
}

static void teardown(void)
{
	store_close(store);
}

static struct account asked(const struct account_query *q)
{
	static const struct account absent = {.state = ACCOUNT_ABSENT};

	for (size_t i = 0; i < COUNT(people); i++)
		if (q->by_uid ? people[i].uid == q->uid : strcmp(people[i].name, q->name) == 0) {
			struct account failed = {.state = people[i].state};

			return people[i].state == ACCOUNT_FOUND ? people[i] : failed;
		}
	return absent;
}

/* ---- a request, from its packet to its answer ---- */

struct args {
	const char *token, *user, *service, *rhost, *id, *name, *new_name, *scopes, *note, *reason;
	const char *expires; /* a number */
	bool all;
};

/* What came of the last request. */
static struct request r;
static struct proto_msg reply;
static unsigned prompts; /* how often the person was asked who they are */
static unsigned listed;	 /* packets before the last */
static char listed_ids[64][TOKEN_ID_LEN + 1];

static void put(struct proto_out *o, enum proto_tag tag, const char *text)
{
	if (text)
		proto_put_string(o, tag, text);
}

static void build(uint8_t verb, const struct args *a)
{
	static struct proto_out o; /* r.msg points into it */
	size_t n;

	proto_begin(&o, (enum proto_verb)verb);
	put(&o, TAG_TOKEN, a->token);
	put(&o, TAG_USER, a->user);
	put(&o, TAG_SERVICE, a->service);
	put(&o, TAG_RHOST, a->rhost);
	put(&o, TAG_NAME, a->name);
	put(&o, TAG_NEW_NAME, a->new_name);
	put(&o, TAG_SCOPES, a->scopes);
	put(&o, TAG_NOTE, a->note);
	put(&o, TAG_REASON, a->reason);
	if (a->id)
		proto_put_text(&o, TAG_ID, (struct span){a->id, TOKEN_ID_LEN});
	if (a->expires)
		proto_put_number(&o, TAG_EXPIRES, strtoull(a->expires, NULL, 10));
	if (a->all)
		proto_put_number(&o, TAG_ALL, 1);
	n = proto_end(&o);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(proto_decode(o.packet, n, &r.msg), 0);
}

static void answer_want(void)
{
	struct account a = asked(&r.want);

	request_answered(&r, &a);
}

static int check(const struct operation *op)
{
	struct store_txn *t;
	int err;

	do {
		ck_assert_int_eq(store_begin_read(store, &t), 0);
		r.now = now;
		err = dispatch_check(op, &r, t);
		store_abort(t);
		if (err == REQUEST_ASK)
			answer_want();
	} while (err == REQUEST_ASK);
	return err;
}

/* As the writing thread does it: whatever a job returns, its transaction is committed. */
static int apply(const struct operation *op)
{
	struct store_txn *t;
	int err;

	do {
		ck_assert_int_eq(store_begin_write(store, &t), 0);
		r.now = now;
		err = dispatch_apply(op, &r, t);
		ck_assert(!store_failed(t));
		ck_assert_int_eq(store_commit(t), 0);
		if (err == REQUEST_ASK)
			answer_want();
	} while (err == REQUEST_ASK);
	return err;
}

static void take_packet(void)
{
	size_t n = proto_end(&r.out);

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(proto_decode(r.out.packet, n, &reply), 0);
}

static int stream(const struct operation *op)
{
	for (listed = 0;;) {
		struct store_txn *t;
		int err;

		ck_assert_int_eq(store_begin_read(store, &t), 0);
		err = op->next(&r, t);
		store_abort(t);
		if (err == REQUEST_ASK) {
			answer_want();
			continue;
		}
		if (err)
			return err;
		take_packet();
		if (r.last)
			return 0;
		ck_assert_int_eq(reply.verb, VERB_MORE);
		ck_assert_uint_lt(listed, COUNT(listed_ids));
		ck_assert(span_copy(
			proto_text(&reply, TAG_ID), listed_ids[listed], sizeof(listed_ids[0])));
		listed++;
	}
}

/* The check, and the prompt if there must be one. */
static int decide(const struct operation *op)
{
	int err = check(op);

	prompts = 0;
	if (err != REQUEST_REAUTHENTICATE)
		return err;
	prompts++;
	if (!knows_password)
		return ERR_REAUTH;
	r.reauthenticated = true;
	request_forget(&r);
	return check(op);
}

static void begin(uint8_t verb, uid_t peer, struct args a)
{
	memset(&r, 0, sizeof(r));
	r.peer = peer;
	r.config = &config;
	r.started = STARTED;
	build(verb, &a);
}

static int perform(uint8_t verb, uid_t peer, struct args a)
{
	const struct operation *op = dispatch_find(verb);
	int err;

	ck_assert_ptr_nonnull(op);
	begin(verb, peer, a);
	err = decide(op);
	if (!err && op->apply)
		err = apply(op);
	if (!err && op->next)
		return stream(op);
	if (!err) {
		take_packet();
		ck_assert_int_eq(reply.verb, VERB_OK);
	}
	return err;
}

#define DO(verb, peer, ...) perform(VERB_##verb, peer, (struct args){__VA_ARGS__})

/* ---- what is expected ---- */

static void told(enum proto_tag tag, const char *expected)
{
	struct span text = proto_text(&reply, tag);

	ck_assert_msg(expected ? span_is(text, expected) : !proto_has(&reply, tag),
		"tag %d: \"%.*s\", not \"%s\"", tag, (int)text.n, text.p,
		expected ? expected : "(none)");
}

static void told_number(enum proto_tag tag, uint64_t expected)
{
	ck_assert(proto_has(&reply, tag));
	ck_assert_uint_eq(proto_number(&reply, tag), expected);
}

static const char *number(uint64_t n)
{
	static char text[4][32];
	static unsigned i;

	snprintf(text[++i % 4], sizeof(text[0]), "%llu", (unsigned long long)n);
	return text[i % 4];
}

/* A token minted by root for alice, and its text. */
struct minted {
	char id[TOKEN_ID_LEN + 1];
	char text[TOKEN_TEXT_MAX + 1];
};

static struct minted taken_from_reply(void)
{
	struct minted m;

	ck_assert(span_copy(proto_text(&reply, TAG_ID), m.id, sizeof(m.id)));
	ck_assert(span_copy(proto_text(&reply, TAG_TOKEN), m.text, sizeof(m.text)));
	return m;
}

static struct minted mint(struct args a)
{
	a.user = "alice";
	ck_assert_int_eq(perform(VERB_MINT, ROOT, a), 0);
	return taken_from_reply();
}

#define MINT(...) mint((struct args){__VA_ARGS__})

static int status_of(const char *id)
{
	ck_assert_int_eq(DO(SHOW, ROOT, .id = id), 0);
	return (int)proto_number(&reply, TAG_STATUS);
}

static uint64_t tokens_in_store(void)
{
	ck_assert_int_eq(DO(STATUS, ROOT, .all = false), 0);
	return proto_number(&reply, TAG_COUNT);
}

/* ---- mint ---- */

START_TEST(mint_by_root)
{
	struct minted m = MINT(.name = "ci", .note = "a note");
	struct token t;
	struct record stored;
	struct store_txn *txn;
	uint8_t hash[RECORD_HASH];

	told(TAG_NAME, "ci");
	told(TAG_OWNER, "alice");
	told(TAG_CREATED_BY, "root");
	told(TAG_SCOPES, "sshd");
	told(TAG_NOTE, "a note");
	told(TAG_STATUS_REASON, NULL);
	told_number(TAG_UID, ALICE);
	told_number(TAG_KIND, KIND_PERSONAL);
	told_number(TAG_STATUS, STATUS_ACTIVE);
	ck_assert(!proto_has(&reply, TAG_EXPIRES));
	ck_assert_uint_eq(prompts, 0);

	ck_assert(token_parse(m.text, strlen(m.text), &t));
	ck_assert_str_eq(t.prefix, "pat");
	ck_assert_str_eq(t.id, m.id);
	ck_assert_int_eq(store_begin_read(store, &txn), 0);
	ck_assert_int_eq(store_get(txn, m.id, &stored), 0);
	store_abort(txn);
	hash_secret(&t, hash);
	ck_assert_mem_eq(stored.hash, hash, sizeof(hash));
	/* the log names the token, and the secret is nowhere but in the answer */
	ck_assert_ptr_nonnull(strstr(r.audit.line, m.id));
	ck_assert_ptr_null(strstr(r.audit.line, t.secret));
	ck_assert_ptr_null(memmem(&stored, sizeof(stored), t.secret, TOKEN_SECRET_LEN));
}
END_TEST

START_TEST(mint_for_oneself)
{
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), 0);
	ck_assert_uint_eq(prompts, 1);
	told(TAG_OWNER, "alice");
	told(TAG_CREATED_BY, "alice");
	ck_assert_int_eq(DO(MINT, ALICE, .name = "second", .user = "alice"), 0);
	ck_assert_uint_eq(prompts, 1);
	knows_password = false;
	ck_assert_int_eq(DO(MINT, ALICE, .name = "third"), ERR_REAUTH);
	ck_assert_uint_eq(tokens_in_store(), 2);
}
END_TEST

START_TEST(mint_for_another)
{
	ck_assert_int_eq(DO(MINT, BOB, .name = "ci", .user = "alice"), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(MINT, BOB, .name = "ci", .user = "root"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "nobody-here"), ERR_NO_ACCOUNT);
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

START_TEST(mint_root_only)
{
	config.reauth = REAUTH_ROOT_ONLY;
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(prompts, 0);
	MINT(.name = "ci");
}
END_TEST

/* What is wrong is told before anyone is asked for a password. */
START_TEST(mint_bad_values)
{
	static const struct args cases[] = {
		{.name = ""}, {.name = "-a"}, {.name = "a/b"}, {.name = "4fJk29sQxZb"},
		{.name = "a\nb"}, {.name = "a\xe2\x80\xae"}, {.name = "a\xff"},
		{.name = "ci", .note = "a\nb"}, {.name = "ci", .note = "\x1b"},
		{.name = "ci", .scopes = ""}, {.name = "ci", .scopes = "SSHD"},
		{.name = "ci", .scopes = "sshd,,sudo"}, {.name = "ci", .scopes = "patctl"},
		{.name = "ci", .scopes = "sshd,patctl"}, {.name = "ci", .expires = "1"},
		{.name = "ci", .expires = "1799999999"},
		{.name = "ci", .expires = "1800000000"}, /* now */
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_msg(perform(VERB_MINT, ALICE, cases[i]) == ERR_INVALID, "case %zu", i);
		ck_assert_uint_eq(prompts, 0);
		ck_assert_str_ne(r.why, "");
	}
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

START_TEST(mint_expiry)
{
	MINT(.name = "a", .expires = number(NOW + 1));
	told_number(TAG_EXPIRES, NOW + 1);
	config.default_lifetime = 86400;
	MINT(.name = "b");
	told_number(TAG_EXPIRES, NOW + 86400);
	MINT(.name = "c", .expires = "0");
	ck_assert(!proto_has(&reply, TAG_EXPIRES));
}
END_TEST

START_TEST(mint_scopes)
{
	MINT(.name = "a", .scopes = "sudo,sshd,sudo");
	told(TAG_SCOPES, "sshd,sudo");
	MINT(.name = "b", .scopes = "*");
	told(TAG_SCOPES, "*");
}
END_TEST

START_TEST(mint_name_taken)
{
	struct minted first = MINT(.name = "ci", .expires = number(NOW + 100));

	ck_assert_int_eq(DO(MINT, ROOT, .user = "alice", .name = "ci"), ERR_NAME_TAKEN);
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), ERR_NAME_TAKEN);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(MINT, ROOT, .user = "bob", .name = "ci"), 0); /* bob's own */
	now = NOW + 99;
	ck_assert_int_eq(DO(MINT, ROOT, .user = "alice", .name = "ci"), ERR_NAME_TAKEN);
	now = NOW + 100; /* the first has ended: its name is free */
	MINT(.name = "ci");
	ck_assert_int_eq(DO(REVOKE, ALICE, .name = "ci"), 0);
	MINT(.name = "ci");
	ck_assert_int_eq(status_of(first.id), STATUS_EXPIRED);
}
END_TEST

/* Names of any length beside each other's. */
START_TEST(mint_long_names)
{
	char name[LIMIT_NAME + 1];

	MINT(.name = "zz");
	for (size_t n = 1; n <= LIMIT_NAME; n++) {
		if (n == TOKEN_ID_LEN)
			continue;
		memset(name, 'a', n);
		name[n] = '\0';
		ck_assert_msg(DO(MINT, ROOT, .user = "alice", .name = name) == 0, "%zu bytes", n);
	}
}
END_TEST

START_TEST(mint_too_many)
{
	config.max_tokens = 3;
	MINT(.name = "a");
	MINT(.name = "b", .expires = number(NOW + 100));
	MINT(.name = "c");
	ck_assert_int_eq(DO(MINT, ALICE, .name = "d"), ERR_LIMIT);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(MINT, ROOT, .user = "bob", .name = "d"), 0);
	now = NOW + 100; /* b has ended */
	MINT(.name = "d");
	ck_assert_int_eq(DO(MINT, ROOT, .user = "alice", .name = "e"), ERR_LIMIT);
	ck_assert_int_eq(DO(REVOKE, ROOT, .user = "alice", .name = "a"), 0);
	MINT(.name = "e");
}
END_TEST

START_TEST(mint_for_root)
{
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci"), ERR_DISALLOWED);
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "root"), ERR_DISALLOWED);
	config.root_tokens = true;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci"), 0);
	told(TAG_OWNER, "root");
	told_number(TAG_UID, ROOT);
}
END_TEST

START_TEST(mint_for_accounts_that_are_not_well)
{
	alice->locked = true;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "alice"), ERR_LOCKED);
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), ERR_LOCKED);
	alice->locked = false;
	alice->expired = true;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "alice"), ERR_LOCKED);
	alice->expired = false;
	alice->state = ACCOUNT_ERROR;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "alice"), ERR_NAMES);
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), ERR_NAMES);
	alice->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "ci", .user = "alice"), ERR_NO_ACCOUNT);
	ck_assert_int_eq(DO(MINT, ALICE, .name = "ci"), ERR_NO_ACCOUNT);
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

/* The owner is who the name service says it is, not what was typed. */
START_TEST(mint_for_the_name_given_back)
{
	struct account_query q;

	begin(VERB_MINT, ROOT, (struct args){.name = "ci", .user = "ALICE@example.org"});
	for (;;) {
		struct store_txn *t;
		int err;

		ck_assert_int_eq(store_begin_write(store, &t), 0);
		r.now = now;
		err = dispatch_apply(dispatch_find(VERB_MINT), &r, t);
		ck_assert_int_eq(store_commit(t), 0);
		if (!err)
			break;
		ck_assert_int_eq(err, REQUEST_ASK);
		q = r.want;
		request_answered(&r, q.by_uid ? &people[0] : alice);
	}
	take_packet();
	told(TAG_OWNER, "alice");
}
END_TEST

/* Both were fine when they were checked; what is written is decided anew. */
START_TEST(mint_twice_at_once)
{
	const struct operation *op = dispatch_find(VERB_MINT);
	struct request first;

	begin(VERB_MINT, ROOT, (struct args){.name = "ci", .user = "alice"});
	ck_assert_int_eq(decide(op), 0);
	first = r;
	MINT(.name = "ci");
	r = first;
	build(VERB_MINT, &(struct args){.name = "ci", .user = "alice"});
	ck_assert_int_eq(apply(op), ERR_NAME_TAKEN);
	ck_assert_uint_eq(tokens_in_store(), 1);
}
END_TEST

/* Nothing is written for who has not proved who they are, whatever the caller forgets. */
START_TEST(mint_applied_without_password)
{
	const struct operation *op = dispatch_find(VERB_MINT);

	begin(VERB_MINT, ALICE, (struct args){.name = "ci"});
	ck_assert_int_eq(check(op), REQUEST_REAUTHENTICATE);
	ck_assert_int_eq(apply(op), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

/* ---- list and show ---- */

START_TEST(list_own)
{
	struct minted a = MINT(.name = "zz"), b = MINT(.name = "aa"), c;

	ck_assert_int_eq(DO(MINT, ROOT, .user = "bob", .name = "other"), 0);
	c = MINT(.name = "mm");
	ck_assert_int_eq(DO(LIST, ALICE, .all = false), 0);
	ck_assert_uint_eq(listed, 3);
	ck_assert_str_eq(listed_ids[0], a.id);
	ck_assert_str_eq(listed_ids[1], b.id);
	ck_assert_str_eq(listed_ids[2], c.id);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(LIST, ALICE, .user = "alice"), 0);
	ck_assert_uint_eq(listed, 3);
	ck_assert_int_eq(DO(LIST, ROOT, .user = "bob"), 0);
	ck_assert_uint_eq(listed, 1);
	ck_assert_int_eq(DO(LIST, ROOT, .all = false), 0);
	ck_assert_uint_eq(listed, 0);
}
END_TEST

START_TEST(list_of_others)
{
	MINT(.name = "ci");
	ck_assert_int_eq(DO(LIST, BOB, .user = "alice"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(LIST, BOB, .user = "root"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(LIST, BOB, .all = true), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(LIST, ALICE, .all = true), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(LIST, ROOT, .user = "alice", .all = true), ERR_INVALID);
	ck_assert_int_eq(DO(LIST, ROOT, .user = "nobody-here"), ERR_NO_ACCOUNT);
}
END_TEST

START_TEST(list_all)
{
	struct minted a = MINT(.name = "a"), b;

	ck_assert_int_eq(DO(MINT, ROOT, .user = "bob", .name = "b"), 0);
	b = taken_from_reply();
	config.root_tokens = true;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "r"), 0);
	ck_assert_int_eq(DO(LIST, ROOT, .all = true), 0);
	ck_assert_uint_eq(listed, 3); /* by uid */
	ck_assert_str_eq(listed_ids[1], a.id);
	ck_assert_str_eq(listed_ids[2], b.id);
	alice->state = ACCOUNT_ABSENT; /* gone accounts' are still told */
	ck_assert_int_eq(DO(LIST, ROOT, .all = true), 0);
	ck_assert_uint_eq(listed, 3);
}
END_TEST

/* The account was made anew with the same uid: what was another's is not its own. */
START_TEST(list_after_renaming)
{
	MINT(.name = "ci");
	strcpy(alice->name, "alicia");
	ck_assert_int_eq(DO(LIST, ALICE, .all = false), 0);
	ck_assert_uint_eq(listed, 0);
	ck_assert_int_eq(DO(LIST, ROOT, .all = true), 0);
	ck_assert_uint_eq(listed, 1);
}
END_TEST

START_TEST(show_one)
{
	struct minted m = MINT(.name = "ci", .expires = number(NOW + 5), .note = "n");

	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	told(TAG_ID, m.id);
	told(TAG_NAME, "ci");
	told(TAG_NOTE, "n");
	told_number(TAG_EXPIRES, NOW + 5);
	ck_assert(!proto_has(&reply, TAG_TOKEN));
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "ci"), 0);
	told(TAG_ID, m.id);
	ck_assert_int_eq(DO(SHOW, ROOT, .name = "ci", .user = "alice"), 0);
	told(TAG_ID, m.id);
	ck_assert_int_eq(DO(SHOW, ROOT, .id = m.id, .user = "alice"), 0);
	ck_assert_int_eq(DO(SHOW, ROOT, .id = m.id, .user = "bob"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(SHOW, ROOT, .name = "ci"), ERR_NO_TOKEN); /* root's own */
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "c"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(SHOW, ALICE, .name = ""), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id, .name = "ci"), ERR_INVALID);
	ck_assert_int_eq(DO(SHOW, ALICE, .all = false), ERR_INVALID);
}
END_TEST

/* A name means the live one, else the newest that bore it. */
START_TEST(show_by_name)
{
	struct minted first = MINT(.name = "ci"), second, third;

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = first.id), 0);
	second = MINT(.name = "ci");
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = second.id), 0);
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "ci"), 0);
	told(TAG_ID, second.id);
	third = MINT(.name = "ci");
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "ci"), 0);
	told(TAG_ID, third.id);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = third.id), 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = first.id), 0);
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "ci"), 0);
	told(TAG_ID, first.id);
}
END_TEST

START_TEST(show_statuses)
{
	struct minted m = MINT(.name = "ci", .expires = number(NOW + 100));

	ck_assert_int_eq(status_of(m.id), STATUS_ACTIVE);
	alice->locked = true;
	ck_assert_int_eq(status_of(m.id), STATUS_LOCKED);
	ck_assert(proto_text(&reply, TAG_STATUS_REASON).n > 0);
	alice->locked = false;
	alice->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(status_of(m.id), STATUS_LOCKED);
	alice->state = ACCOUNT_FOUND;
	alice->uid = 2000;
	ck_assert_int_eq(status_of(m.id), STATUS_LOCKED);
	alice->uid = ALICE;
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m.id), 0);
	ck_assert_int_eq(status_of(m.id), STATUS_REVOKED);
	now = NOW + 100;
	ck_assert_int_eq(status_of(m.id), STATUS_REVOKED);
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), ERR_EXPIRED);
}
END_TEST

/* A foreign ID is answered like one that there is not, whatever is asked. */
START_TEST(foreign_ids)
{
	static const uint8_t verbs[] = {
		VERB_SHOW, VERB_EDIT, VERB_REVOKE, VERB_RESTORE, VERB_DELETE};
	struct minted m = MINT(.name = "ci"), dead = MINT(.name = "dead");
	char why[LIMIT_MESSAGE + 1];

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = dead.id), 0);
	for (size_t i = 0; i < COUNT(verbs); i++) {
		const char *const ids[] = {"00000000000", m.id, dead.id};

		for (size_t j = 0; j < COUNT(ids); j++) {
			ck_assert_int_eq(
				perform(verbs[i], BOB, (struct args){.id = ids[j]}), ERR_NO_TOKEN);
			ck_assert_uint_eq(prompts, 0);
			if (j == 0)
				strcpy(why, r.why);
			ck_assert_str_eq(r.why, why);
		}
		ck_assert_int_eq(
			perform(verbs[i], BOB, (struct args){.name = "ci", .user = "alice"}),
			ERR_NOT_PERMITTED);
		ck_assert_int_eq(perform(verbs[i], BOB, (struct args){.name = "ci"}), ERR_NO_TOKEN);
	}
	ck_assert_int_eq(status_of(m.id), STATUS_ACTIVE);
	ck_assert_int_eq(status_of(dead.id), STATUS_REVOKED);
	/* and a uid that has no account, or none for now, gets nothing */
	bob->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(DO(SHOW, BOB, .id = m.id), ERR_NO_ACCOUNT);
	bob->state = ACCOUNT_ERROR;
	ck_assert_int_eq(DO(SHOW, BOB, .id = m.id), ERR_NAMES);
}
END_TEST

/* ---- edit ---- */

START_TEST(edit_name)
{
	struct minted m = MINT(.name = "ci"), other = MINT(.name = "other");

	ck_assert_int_eq(DO(EDIT, ALICE, .name = "ci", .new_name = "laptop"), 0);
	ck_assert_uint_eq(prompts, 1);
	told(TAG_ID, m.id);
	told(TAG_NAME, "laptop");
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "laptop"), 0);
	told(TAG_ID, m.id);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = "other"), ERR_NAME_TAKEN);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = "laptop"), 0); /* its own */
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = "a/b"), ERR_INVALID);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = ""), ERR_INVALID);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = other.id), 0);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = "other"), 0);
	MINT(.name = "ci"); /* the old name is free */
}
END_TEST

START_TEST(edit_note)
{
	struct minted m = MINT(.name = "ci", .note = "first");

	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .note = "second"), 0);
	told(TAG_NOTE, "second");
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .new_name = "x"), 0);
	told(TAG_NOTE, "second");
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .note = "a\nb"), ERR_INVALID);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .note = ""), 0);
	told(TAG_NOTE, NULL);
}
END_TEST

/* Never later than it was. */
START_TEST(edit_expiry)
{
	struct minted m = MINT(.name = "ci"), n = MINT(.name = "n");

	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = "0"), 0); /* never, as it was */
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW + 1000)), 0);
	told_number(TAG_EXPIRES, NOW + 1000);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW + 1000)), 0);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW + 1001)), ERR_REFUSED);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = "0"), ERR_REFUSED);
	ck_assert_int_eq(DO(EDIT, ROOT, .id = m.id, .expires = "0"), ERR_REFUSED);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW)), ERR_INVALID);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = "1"), ERR_INVALID);
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW + 10)), 0);
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	told_number(TAG_EXPIRES, NOW + 10);
	now = NOW + 10; /* what has ended does not come back */
	ck_assert_int_lt(DO(EDIT, ALICE, .id = m.id, .expires = number(NOW + 20)), 0);
	ck_assert_int_lt(DO(EDIT, ALICE, .id = m.id, .expires = "0"), 0);
	ck_assert_int_eq(status_of(m.id), STATUS_EXPIRED);
	ck_assert_int_eq(status_of(n.id), STATUS_ACTIVE);
}
END_TEST

START_TEST(edit_by_whom)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(DO(EDIT, ROOT, .id = m.id, .note = "root's"), 0);
	ck_assert_uint_eq(prompts, 0);
	knows_password = false;
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .note = "alice's"), ERR_REAUTH);
	ck_assert_int_eq(DO(SHOW, ALICE, .id = m.id), 0);
	told(TAG_NOTE, "root's");
	config.reauth = REAUTH_ROOT_ONLY;
	ck_assert_int_eq(DO(EDIT, ALICE, .id = m.id, .note = "alice's"), ERR_NOT_PERMITTED);
}
END_TEST

/* What cannot be asked for now is no reason to give a name twice. */
START_TEST(edit_name_while_names_fail)
{
	struct minted m = MINT(.name = "ci");

	MINT(.name = "other");
	alice->state = ACCOUNT_ERROR;
	ck_assert_int_lt(DO(EDIT, ROOT, .id = m.id, .new_name = "other"), 0);
	alice->state = ACCOUNT_FOUND;
	ck_assert_int_eq(DO(SHOW, ROOT, .id = m.id), 0);
	told(TAG_NAME, "ci");
}
END_TEST

/* ---- revoke ---- */

START_TEST(revoke_one)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(DO(REVOKE, ALICE, .name = "ci", .reason = "lost \"it\""), 0);
	ck_assert_uint_eq(prompts, 0);
	told(TAG_ID, m.id);
	told_number(TAG_COUNT, 1);
	told_number(TAG_STATUS, STATUS_REVOKED);
	told_number(TAG_REVOKED, NOW);
	told(TAG_REVOKED_BY, "alice");
	told(TAG_REASON, "lost \"it\"");
	now = NOW + 50;
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0); /* again: nothing to do, and no error */
	told_number(TAG_COUNT, 0);
	told_number(TAG_REVOKED, NOW);
	told(TAG_REASON, "lost \"it\"");
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id, .reason = "a\nb"), ERR_INVALID);
	ck_assert_int_eq(DO(REVOKE, ALICE, .name = "none"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(REVOKE, ALICE, .reason = "x"), ERR_INVALID);
}
END_TEST

START_TEST(revoke_all)
{
	struct minted a = MINT(.name = "a"), b = MINT(.name = "b"), c, other;

	c = MINT(.name = "c", .expires = number(NOW + 10));
	ck_assert_int_eq(DO(MINT, ROOT, .user = "bob", .name = "a"), 0);
	other = taken_from_reply();
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = b.id, .reason = "first"), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true, .reason = "all"), 0);
	told_number(TAG_COUNT, 2);
	ck_assert_int_eq(status_of(a.id), STATUS_REVOKED);
	told(TAG_REASON, "all");
	ck_assert_int_eq(status_of(b.id), STATUS_REVOKED);
	told(TAG_REASON, "first");
	ck_assert_int_eq(status_of(c.id), STATUS_REVOKED);
	ck_assert_int_eq(status_of(other.id), STATUS_ACTIVE);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true), 0);
	told_number(TAG_COUNT, 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true, .id = a.id), ERR_INVALID);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true, .name = "a"), ERR_INVALID);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true, .user = "bob"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(status_of(other.id), STATUS_ACTIVE);
	ck_assert_int_eq(DO(REVOKE, ROOT, .all = true, .user = "bob"), 0);
	told_number(TAG_COUNT, 1);
	ck_assert_int_eq(status_of(other.id), STATUS_REVOKED);
}
END_TEST

/* Root kills what is left of an account that is gone. */
START_TEST(revoke_of_gone_accounts)
{
	struct minted m = MINT(.name = "ci");

	alice->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m.id), 0);
	told_number(TAG_COUNT, 1);
	alice->state = ACCOUNT_FOUND;
	ck_assert_int_eq(status_of(m.id), STATUS_REVOKED);
}
END_TEST

/* ---- restore ---- */

START_TEST(restore_own)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_NOT_REVOKED);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id, .reason = "lost"), 0);
	knows_password = false;
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_REAUTH);
	ck_assert_int_eq(status_of(m.id), STATUS_REVOKED);
	knows_password = true;
	ck_assert_int_eq(DO(RESTORE, ALICE, .name = "ci"), 0);
	ck_assert_uint_eq(prompts, 1);
	told_number(TAG_STATUS, STATUS_ACTIVE);
	told(TAG_REASON, NULL);
	told(TAG_REVOKED_BY, NULL);
	ck_assert(!proto_has(&reply, TAG_REVOKED));
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = m.text, .user = "alice", .service = "sshd"), 0);
}
END_TEST

/* Who ranks below the revoker cannot undo it, and root's word stands over the owner's. */
START_TEST(restore_by_rank)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m.id), 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_NOT_PERMITTED);
	ck_assert_uint_eq(prompts, 0);
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m.id), 0);
	told_number(TAG_COUNT, 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_NOT_PERMITTED);
	/* and not the other way round */
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), 0);
}
END_TEST

START_TEST(restore_if_policy_allows)
{
	struct minted m = MINT(.name = "ci", .expires = number(NOW + 10)), other;

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	other = MINT(.name = "ci");
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_NAME_TAKEN);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = other.id), 0);
	config.max_tokens = 1;
	other = MINT(.name = "other");
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = m.id), ERR_LIMIT);
	config.max_tokens = 100;
	alice->locked = true;
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), ERR_LOCKED);
	alice->locked = false;
	alice->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), ERR_LOCKED);
	alice->state = ACCOUNT_ERROR;
	ck_assert_int_lt(DO(RESTORE, ROOT, .id = m.id), 0);
	alice->state = ACCOUNT_FOUND;
	ck_assert_int_eq(status_of(m.id), STATUS_REVOKED);
	now = NOW + 10;
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), ERR_EXPIRED);
	now = NOW + 9;
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = m.id), 0);
	config.root_tokens = true;
	ck_assert_int_eq(DO(MINT, ROOT, .name = "r"), 0);
	ck_assert_int_eq(DO(REVOKE, ROOT, .name = "r"), 0);
	config.root_tokens = false;
	ck_assert_int_eq(DO(RESTORE, ROOT, .name = "r"), ERR_DISALLOWED);
}
END_TEST

/* ---- delete ---- */

START_TEST(delete_dead_ones)
{
	struct minted live = MINT(.name = "live"), dead = MINT(.name = "dead");
	struct minted ended = MINT(.name = "ended", .expires = number(NOW + 1));

	ck_assert_int_eq(DO(DELETE, ALICE, .id = live.id), ERR_LIVE);
	ck_assert_int_eq(DO(DELETE, ROOT, .id = live.id), ERR_LIVE);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = ended.id), ERR_LIVE);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = dead.id, .reason = "why"), 0);
	ck_assert_int_eq(DO(DELETE, ALICE, .name = "dead"), 0);
	ck_assert_uint_eq(prompts, 0);
	told(TAG_ID, dead.id);
	told_number(TAG_STATUS, STATUS_REVOKED);
	told(TAG_REASON, "why");
	ck_assert_ptr_nonnull(strstr(r.audit.line, dead.id));
	ck_assert_int_eq(DO(SHOW, ALICE, .id = dead.id), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(SHOW, ALICE, .name = "dead"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = dead.id), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(RESTORE, ROOT, .id = dead.id), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = dead.text, .user = "alice", .service = "sshd"),
		ERR_NO_TOKEN);
	now = NOW + 1;
	ck_assert_int_eq(DO(DELETE, ROOT, .id = ended.id), 0);
	ck_assert_uint_eq(tokens_in_store(), 1);
}
END_TEST

/* ---- verify and account ---- */

#define VERIFY(peer, ...) DO(VERIFY, peer, .user = "alice", .service = "sshd", __VA_ARGS__)

START_TEST(verify_good)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), 0);
	told(TAG_ID, m.id);
	told(TAG_NAME, "ci");
	ck_assert(!proto_has(&reply, TAG_EXPIRES));
	ck_assert(!proto_has(&reply, TAG_TOKEN));
	ck_assert_int_eq(VERIFY(ALICE, .token = m.text, .rhost = "192.0.2.1"), 0);
	m = MINT(.name = "ends", .expires = number(NOW + 5));
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), 0);
	told_number(TAG_EXPIRES, NOW + 5);
}
END_TEST

/* A peer that is not root learns nothing of another's token, though it has the right secret. */
START_TEST(verify_by_others)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(VERIFY(BOB, .token = m.text), ERR_NO_TOKEN);
	ck_assert_str_eq(r.why, "");
	ck_assert_int_eq(
		DO(ACCOUNT, BOB, .id = m.id, .user = "alice", .service = "sshd"), ERR_NO_TOKEN);
	ck_assert_str_eq(r.why, "");
}
END_TEST

/* A wrong secret, an unknown ID and no token at all are one and the same. */
START_TEST(verify_wrong)
{
	struct minted m = MINT(.name = "ci");
	struct token t;
	char text[TOKEN_TEXT_MAX + 1];

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0); /* which only its holder is told */
	ck_assert(token_parse(m.text, strlen(m.text), &t));
	for (size_t i = 0; i < TOKEN_SECRET_LEN; i++) {
		struct token wrong = t;

		wrong.secret[i] = wrong.secret[i] == 'a' ? 'b' : 'a';
		ck_assert(token_format(&wrong, text));
		ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
		ck_assert_str_eq(r.why, "");
	}
	for (size_t i = 0; i < TOKEN_ID_LEN; i++) {
		struct token wrong = t;

		wrong.id[i] = wrong.id[i] == 'a' ? 'b' : 'a';
		ck_assert(token_format(&wrong, text));
		ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
		ck_assert_str_eq(r.why, "");
	}
	ck_assert_int_eq(VERIFY(ROOT, .token = ""), ERR_NO_TOKEN);
	ck_assert_int_eq(VERIFY(ROOT, .token = "password"), ERR_NO_TOKEN);
	strcpy(text, m.text);
	text[strlen(text) - 1] ^= 1; /* the checksum */
	ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_REVOKED);
	ck_assert_str_ne(r.why, "");
}
END_TEST

/* What is no token may be a password: not a byte of it is logged. */
START_TEST(verify_logs_no_password)
{
	char text[TOKEN_TEXT_MAX + 1];

	for (size_t n = 1; n <= TOKEN_TEXT_MAX; n++) {
		memset(text, '#', n);
		text[n] = '\0';
		ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
		r.audit.line[r.audit.n] = '\0';
		ck_assert_msg(!strchr(r.audit.line, '#'), "%s", r.audit.line);
	}
}
END_TEST

START_TEST(verify_log_lines)
{
	struct minted m = MINT(.name = "ci \"x\"");
	struct token t;

	ck_assert(token_parse(m.text, strlen(m.text), &t));
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = m.text, .user = "alice", .service = "sudo",
				 .rhost = "a\" b=\"c\n"),
		ERR_SCOPE);
	ck_assert(r.audit_refusal);
	r.audit.line[r.audit.n] = '\0';
	ck_assert_ptr_eq(strstr(r.audit.line, "refused"), r.audit.line);
	ck_assert_ptr_nonnull(strstr(r.audit.line, m.id));
	ck_assert_ptr_nonnull(strstr(r.audit.line, "\"ci \\x22x\\x22\""));
	ck_assert_ptr_nonnull(strstr(r.audit.line, " service=\"sudo\""));
	ck_assert_ptr_null(strstr(r.audit.line, t.secret));
	ck_assert_ptr_null(strchr(r.audit.line, '\n'));
	ck_assert_ptr_null(strstr(r.audit.line, "b=\""));
	/* what others say of a login is only what they say */
	ck_assert_int_eq(DO(VERIFY, ALICE, .token = m.text, .user = "alice", .service = "sudo",
				 .rhost = "192.0.2.1"),
		ERR_SCOPE);
	r.audit.line[r.audit.n] = '\0';
	ck_assert_ptr_eq(strstr(r.audit.line, "claimed_"), r.audit.line);
	ck_assert_ptr_null(strstr(r.audit.line, " rhost="));
	ck_assert_ptr_null(strstr(r.audit.line, " service="));
	ck_assert_ptr_nonnull(strstr(r.audit.line, " claimed_rhost=\"192.0.2.1\""));
	ck_assert_ptr_null(strstr(r.audit.line, t.secret));
}
END_TEST

static const struct {
	const char *what, *user, *service;
	int expected;
} doors[] = {
	{"good", "alice", "sshd", 0},
	{"another service", "alice", "sudo", ERR_SCOPE},
	{"patctl", "alice", "patctl", ERR_SCOPE},
	{"no service", "alice", "", ERR_SCOPE},
	{"another user", "bob", "sshd", ERR_OWNER},
	{"root", "root", "sshd", ERR_OWNER},
	{"no such user", "nobody-here", "sshd", ERR_OWNER},
	{"no user", "", "sshd", ERR_OWNER},
	{"a name in capitals", "ALICE", "sshd", ERR_OWNER},
	{"another user and service", "bob", "sudo", ERR_OWNER},
};

START_TEST(verify_doors)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_msg(DO(VERIFY, ROOT, .token = m.text, .user = doors[_i].user,
			      .service = doors[_i].service) == doors[_i].expected,
		"%s", doors[_i].what);
	ck_assert_int_eq(r.why[0] != '\0', doors[_i].expected != 0);
	ck_assert_msg(DO(ACCOUNT, ROOT, .id = m.id, .user = doors[_i].user,
			      .service = doors[_i].service) == doors[_i].expected,
		"%s", doors[_i].what);
}
END_TEST

START_TEST(verify_over_time)
{
	struct minted m = MINT(.name = "ci", .expires = number(NOW + 10));

	now = NOW + 9;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), 0);
	now = NOW + 10;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_EXPIRED);
	ck_assert_int_eq(
		DO(ACCOUNT, ROOT, .id = m.id, .user = "alice", .service = "sshd"), ERR_EXPIRED);
	now = NOW;
	alice->locked = true;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_LOCKED);
	alice->locked = false;
	alice->state = ACCOUNT_ERROR;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_NAMES);
	alice->state = ACCOUNT_FOUND;
	alice->uid = 2000; /* made anew */
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_OWNER);
	alice->uid = ALICE;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_REVOKED);
}
END_TEST

/* Another prefix: no longer this site's, or another kind's, whose checksum is right all the same.
 */
START_TEST(verify_prefixes)
{
	static char acme[] = "acme", pat[] = "pat";
	static char *old[] = {pat};
	struct minted m = MINT(.name = "ci");
	char text[TOKEN_TEXT_MAX + 1];
	struct token t;

	ck_assert(token_parse(m.text, strlen(m.text), &t));
	strcpy(t.prefix, "pats");
	ck_assert(token_format(&t, text));
	ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(INSPECT, BOB, .token = text), ERR_NO_TOKEN);
	strcpy(t.prefix, "ghp");
	ck_assert(token_format(&t, text));
	ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
	config.token_prefix = acme;
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), ERR_NO_TOKEN);
	config.old_prefixes = (struct config_list){1, old};
	ck_assert_int_eq(VERIFY(ROOT, .token = m.text), 0);
	MINT(.name = "new");
	ck_assert(strncmp(proto_text(&reply, TAG_TOKEN).p, "acme_", 5) == 0);
}
END_TEST

START_TEST(account_warns)
{
	static const struct {
		uint64_t left;
		bool warned;
	} cases[] = {{1, true}, {3 * 86400, true}, {7 * 86400 - 1, true}, {7 * 86400 + 1, false},
		{365 * 86400, false}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[] = {'n', (char)('0' + i), '\0'};
		struct minted m = MINT(.name = name, .expires = number(NOW + cases[i].left));

		ck_assert_int_eq(
			DO(ACCOUNT, ROOT, .id = m.id, .user = "alice", .service = "sshd"), 0);
		told(TAG_ID, m.id);
		told(TAG_NAME, name);
		told_number(TAG_EXPIRES, NOW + cases[i].left);
		ck_assert_int_eq(proto_has(&reply, TAG_WARN), cases[i].warned);
		if (cases[i].warned)
			told_number(TAG_WARN, cases[i].left);
	}
	config.warn_before = 0; /* never */
	ck_assert_int_eq(DO(ACCOUNT, ROOT, .id = MINT(.name = "x", .expires = number(NOW + 1)).id,
				 .user = "alice", .service = "sshd"),
		0);
	ck_assert(!proto_has(&reply, TAG_WARN));
	ck_assert_int_eq(DO(ACCOUNT, ROOT, .id = MINT(.name = "never").id, .user = "alice",
				 .service = "sshd"),
		0);
	ck_assert(!proto_has(&reply, TAG_WARN));
	ck_assert(!proto_has(&reply, TAG_EXPIRES));
	ck_assert_int_eq(DO(ACCOUNT, ROOT, .id = "00000000000", .user = "alice", .service = "sshd"),
		ERR_NO_TOKEN);
}
END_TEST

/* ---- inspect and status ---- */

START_TEST(inspect)
{
	struct minted m = MINT(.name = "ci", .scopes = "sudo,sshd", .expires = number(NOW + 10));
	struct token t;
	char text[TOKEN_TEXT_MAX + 1];

	ck_assert_int_eq(DO(INSPECT, BOB, .token = m.text), 0); /* whoever holds it */
	ck_assert_uint_eq(prompts, 0);
	told_number(TAG_KIND, KIND_PERSONAL);
	told(TAG_OWNER, "alice");
	told_number(TAG_STATUS, STATUS_ACTIVE);
	told(TAG_SCOPES, "sshd,sudo");
	told_number(TAG_EXPIRES, NOW + 10);
	/* and no more */
	ck_assert_uint_eq(reply.present, PROTO_BIT(TAG_KIND) | PROTO_BIT(TAG_OWNER) |
						 PROTO_BIT(TAG_STATUS) | PROTO_BIT(TAG_SCOPES) |
						 PROTO_BIT(TAG_EXPIRES));
	now = NOW + 10;
	ck_assert_int_eq(DO(INSPECT, BOB, .token = m.text), 0);
	told_number(TAG_STATUS, STATUS_EXPIRED);
	ck_assert(proto_text(&reply, TAG_STATUS_REASON).n > 0);

	ck_assert(token_parse(m.text, strlen(m.text), &t));
	t.secret[0] = t.secret[0] == 'a' ? 'b' : 'a';
	ck_assert(token_format(&t, text));
	ck_assert_int_eq(DO(INSPECT, ALICE, .token = text), ERR_NO_TOKEN);
	ck_assert_str_eq(r.why, "");
	ck_assert_int_eq(DO(INSPECT, ALICE, .token = "pat_none"), ERR_NO_TOKEN);
	ck_assert_str_eq(r.why, "");
}
END_TEST

START_TEST(daemon_status)
{
	MINT(.name = "ci");
	ck_assert_int_eq(DO(STATUS, ROOT, .all = false), 0);
	told_number(TAG_COUNT, 1);
	told_number(TAG_STARTED, STARTED);
	ck_assert_uint_gt(proto_number(&reply, TAG_STORE_BYTES), 0);
	ck_assert(proto_text(&reply, TAG_DAEMON).n > 0);
	ck_assert_int_eq(DO(STATUS, ALICE, .all = false), 0);
	ck_assert_uint_eq(reply.present, PROTO_BIT(TAG_DAEMON));
	bob->state = ACCOUNT_ERROR; /* needs no names */
	ck_assert_int_eq(DO(STATUS, BOB, .all = false), 0);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, mint_by_root);
	tcase_add_test(t, mint_for_oneself);
	tcase_add_test(t, mint_for_another);
	tcase_add_test(t, mint_root_only);
	tcase_add_test(t, mint_bad_values);
	tcase_add_test(t, mint_expiry);
	tcase_add_test(t, mint_scopes);
	tcase_add_test(t, mint_name_taken);
	tcase_add_test(t, mint_long_names);
	tcase_add_test(t, mint_too_many);
	tcase_add_test(t, mint_for_root);
	tcase_add_test(t, mint_for_accounts_that_are_not_well);
	tcase_add_test(t, mint_for_the_name_given_back);
	tcase_add_test(t, mint_twice_at_once);
	tcase_add_test(t, mint_applied_without_password);
	tcase_add_test(t, list_own);
	tcase_add_test(t, list_of_others);
	tcase_add_test(t, list_all);
	tcase_add_test(t, list_after_renaming);
	tcase_add_test(t, show_one);
	tcase_add_test(t, show_by_name);
	tcase_add_test(t, show_statuses);
	tcase_add_test(t, foreign_ids);
	tcase_add_test(t, edit_name);
	tcase_add_test(t, edit_note);
	tcase_add_test(t, edit_expiry);
	tcase_add_test(t, edit_by_whom);
	tcase_add_test(t, edit_name_while_names_fail);
	tcase_add_test(t, revoke_one);
	tcase_add_test(t, revoke_all);
	tcase_add_test(t, revoke_of_gone_accounts);
	tcase_add_test(t, restore_own);
	tcase_add_test(t, restore_by_rank);
	tcase_add_test(t, restore_if_policy_allows);
	tcase_add_test(t, delete_dead_ones);
	tcase_add_test(t, verify_good);
	tcase_add_test(t, verify_by_others);
	tcase_add_test(t, verify_wrong);
	tcase_add_test(t, verify_logs_no_password);
	tcase_add_test(t, verify_log_lines);
	tcase_add_loop_test(t, verify_doors, 0, COUNT(doors));
	tcase_add_test(t, verify_over_time);
	tcase_add_test(t, verify_prefixes);
	tcase_add_test(t, account_warns);
	tcase_add_test(t, inspect);
	tcase_add_test(t, daemon_status);
}

int main(void)
{
	Suite *s = suite_create("ops");
	TCase *t = tcase_create("ops");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60); /* for slow disks */
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	add_tests(t);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
