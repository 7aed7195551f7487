/* check_ops_exchange.c: exchange, in whole requests: a child can never do more than its parent, and
 * dies with it. */
#include "patd/rate.h"
#include "tests/unit/requests.h"

enum { MINUTE = 60, HOUR = 3600 };

/* By anybody who holds the parent; a second later, so that the rate is no matter here. */
static int exchange(const struct minted *parent, struct args a, struct minted *child)
{
	int err;

	a.token = parent->text;
	err = perform(VERB_EXCHANGE, BOB, a);
	if (!err)
		*child = taken_from_reply();
	return err;
}

#define EXCHANGE_ERR(parent, ...)                                                                  \
	exchange(&(parent), (struct args){__VA_ARGS__}, &(struct minted){.id = ""})

static struct minted exchanged(const struct minted *parent, struct args a)
{
	struct minted child;

	ck_assert_int_eq(exchange(parent, a, &child), 0);
	return child;
}

#define EXCHANGE(parent, ...) exchanged(&(parent), (struct args){__VA_ARGS__})

START_TEST(what_a_child_is)
{
	struct minted p = MINT(.name = "ci", .scopes = "sshd,su", .from = "192.0.2.0/24",
			      .note = "a note"),
		      c = EXCHANGE(p, .all = false);
	struct token t;

	ck_assert_uint_eq(prompts, 0);
	told(TAG_NAME, "ci/1");
	told(TAG_OWNER, "alice");
	told(TAG_CREATED_BY, "bob");
	told(TAG_SCOPES, "sshd,su");
	told(TAG_FROM, "192.0.2.0/24");
	told(TAG_PARENT, p.id);
	told(TAG_NOTE, NULL);
	told(TAG_MESSAGE, NULL);
	told_number(TAG_KIND, KIND_EXCHANGED);
	told_number(TAG_EXPIRES, NOW + 15 * MINUTE);
	told_number(TAG_STATUS, STATUS_ACTIVE);
	ck_assert(token_parse(c.text, strlen(c.text), &t));
	ck_assert_str_eq(t.prefix, "patx");
	ck_assert_ptr_null(memmem(&r.event, sizeof(r.event), t.secret, TOKEN_SECRET_LEN));
	ck_assert_str_eq(r.event.other, p.id);
	EXCHANGE(p, .all = false);
	told(TAG_NAME, "ci/2");
	ck_assert_int_eq(logs_in(&c), 0);
	now = NOW + 15 * MINUTE;
	ck_assert_int_eq(logs_in(&c), ERR_EXPIRED);
	ck_assert_int_eq(logs_in(&p), 0);
}
END_TEST

START_TEST(by_whom)
{
	struct minted p = MINT(.name = "ci");
	char wrong[TOKEN_TEXT_MAX + 1];
	struct token t;

	/* by a uid that has no account, too */
	ck_assert_int_eq(DO(EXCHANGE, 4242, .token = p.text), 0);
	told(TAG_CREATED_BY, "uid 4242");
	ck_assert(token_parse(p.text, strlen(p.text), &t));
	t.secret[0] = t.secret[0] == 'a' ? 'b' : 'a';
	ck_assert(token_format(&t, wrong));
	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = wrong), ERR_NO_TOKEN);
	ck_assert_str_eq(r.why, "");
	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = "pat_none"), ERR_NO_TOKEN);
	strcpy(t.prefix, "acme");
	ck_assert(token_parse(p.text, strlen(p.text), &t));
	strcpy(t.prefix, "acme");
	ck_assert(token_format(&t, wrong));
	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = wrong), ERR_NO_TOKEN);
}
END_TEST

/* Narrower, or told why not. */
START_TEST(only_narrower)
{
	struct minted p = MINT(.name = "ci", .scopes = "sshd,su", .from = "192.0.2.0/24,local",
			      .uses = "10"),
		      any = MINT(.name = "any", .scopes = "*"), c;

	EXCHANGE(p, .scopes = "su", .from = "192.0.2.7", .uses = "3");
	told(TAG_SCOPES, "su");
	told(TAG_FROM, "192.0.2.7");
	told_number(TAG_USES, 3);
	ck_assert_int_eq(EXCHANGE_ERR(p, .scopes = "sudo"), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(r.why, "wider"));
	ck_assert_int_eq(EXCHANGE_ERR(p, .scopes = "*"), ERR_REFUSED);
	ck_assert_int_eq(EXCHANGE_ERR(p, .scopes = "sshd,sudo"), ERR_REFUSED);
	ck_assert_int_eq(EXCHANGE_ERR(p, .from = "192.0.0.0/16"), ERR_REFUSED);
	ck_assert_int_eq(EXCHANGE_ERR(p, .from = "192.0.2.1,192.0.3.1"), ERR_REFUSED);
	ck_assert_int_eq(EXCHANGE_ERR(p, .from = "::/0"), ERR_REFUSED);
	ck_assert_int_eq(EXCHANGE_ERR(p, .uses = "9"), ERR_REFUSED); /* 8 are left after it */
	ck_assert_int_eq(EXCHANGE_ERR(p, .uses = "0"), ERR_INVALID);
	ck_assert_int_eq(EXCHANGE_ERR(p, .scopes = "SSHD"), ERR_INVALID);
	ck_assert_int_eq(EXCHANGE_ERR(p, .from = "nowhere"), ERR_INVALID);
	ck_assert_int_eq(EXCHANGE_ERR(p, .expires = number(NOW)), ERR_INVALID);
	ck_assert_int_eq(EXCHANGE_ERR(p, .expires = "0"), ERR_INVALID);
	ck_assert_int_eq(EXCHANGE_ERR(p, .expires = number(NOW + HOUR + 1)), ERR_DISALLOWED);
	ck_assert_ptr_nonnull(strstr(r.why, "exchange_max_lifetime"));
	EXCHANGE(p, .expires = number(NOW + HOUR), .uses = "7");
	/* where the parent has no restriction a child may have any */
	c = EXCHANGE(any, .scopes = "sshd", .from = "198.51.100.1", .uses = "1");
	ck_assert_int_eq(logs_in(&c), ERR_SOURCE);
	/* and a child's child is held to the child */
	ck_assert_int_eq(EXCHANGE_ERR(c, .scopes = "su"), ERR_REFUSED);
}
END_TEST

START_TEST(ends_with_its_parent)
{
	struct minted p = MINT(.name = "ci", .expires = number(NOW + 5 * MINUTE)), c, d;

	c = EXCHANGE(p, .all = false);
	told_number(TAG_EXPIRES, NOW + 5 * MINUTE);
	ck_assert(proto_text(&reply, TAG_MESSAGE).n > 0);
	c = EXCHANGE(p, .expires = number(NOW + 10 * MINUTE));
	told_number(TAG_EXPIRES, NOW + 5 * MINUTE);
	ck_assert(proto_text(&reply, TAG_MESSAGE).n > 0);
	c = EXCHANGE(p, .expires = number(NOW + 2 * MINUTE));
	told_number(TAG_EXPIRES, NOW + 2 * MINUTE);
	told(TAG_MESSAGE, NULL);
	d = EXCHANGE(c, .expires = number(NOW + 3 * MINUTE));
	told_number(TAG_EXPIRES, NOW + 2 * MINUTE);
	ck_assert_int_eq(logs_in(&d), 0);
	/* a parent in its grace time */
	p = MINT(.name = "old");
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = p.id, .grace = "30"), 0);
	c = EXCHANGE(p, .all = false);
	told_number(TAG_EXPIRES, NOW + 30);
	ck_assert_int_eq(logs_in(&c), 0);
	ck_assert_int_eq(
		DO(EDIT, ROOT, .user = "alice", .name = "ci", .expires = number(NOW + 60)), 0);
	ck_assert_int_eq(logs_in(&d), 0);
	/* and nothing below it is left when it is cleared away */
	ck_assert_uint_eq(stored(d.id).expires, NOW + 60);
	now = NOW + 60;
	ck_assert_int_eq(logs_in(&d), ERR_EXPIRED);
}
END_TEST

START_TEST(depth)
{
	struct minted t = MINT(.name = "a");
	static const char *const names[] = {"a/1", "a/1/1", "a/1/1/1", "a/1/1/1/1"};

	for (size_t i = 0; i < LIMIT_DEPTH; i++) {
		t = EXCHANGE(t, .all = false);
		told(TAG_NAME, names[i]);
		ck_assert_int_eq(logs_in(&t), 0);
	}
	ck_assert_int_eq(EXCHANGE_ERR(t, .all = false), ERR_LIMIT);
}
END_TEST

/* A chain of LIMIT_DEPTH below a minted one; made anew for each way in which one of them may end.
 */
static void chain(struct minted of[LIMIT_DEPTH + 1], struct args first)
{
	static unsigned n;
	char name[16];

	snprintf(name, sizeof(name), "chain%u", n++);
	first.name = name;
	of[0] = mint(first);
	for (size_t i = 0; i < LIMIT_DEPTH; i++)
		of[i + 1] = EXCHANGE(of[i], .all = false);
}

static void all_refused(const struct minted of[LIMIT_DEPTH + 1], size_t from, int err)
{
	for (size_t i = 0; i <= LIMIT_DEPTH; i++) {
		int got = logs_in(&of[i]);

		ck_assert_msg(i < from ? got == 0 : got == err, "%zu, from %zu: %d (%s)", i, from,
			got, r.why);
		ck_assert_int_eq(i < from || status_of(of[i].id) != STATUS_ACTIVE, true);
	}
}

/* In the middle of a cascade: what is above lives, all below is dead at once, for good. */
START_TEST(revoked_anywhere)
{
	for (size_t at = 0; at <= LIMIT_DEPTH; at++) {
		struct minted of[LIMIT_DEPTH + 1];

		chain(of, (struct args){.all = false});
		now += 2;
		ck_assert_int_eq(DO(REVOKE, ALICE, .id = of[at].id, .reason = "leaked"), 0);
		told_number(TAG_COUNT, 1);
		all_refused(of, at, ERR_REVOKED);
		for (size_t i = at + 1; i <= LIMIT_DEPTH; i++) {
			ck_assert_int_eq(DO(SHOW, ALICE, .id = of[i].id), 0);
			told(TAG_REASON, "its parent was revoked");
			told(TAG_REVOKED_BY, "alice");
		}
		/* restored, it is alone: nobody can restore what was below it */
		ck_assert_int_eq(DO(RESTORE, ALICE, .id = of[at].id), 0);
		ck_assert_int_eq(logs_in(&of[at]), 0);
		if (at == LIMIT_DEPTH)
			continue;
		ck_assert_int_eq(logs_in(&of[at + 1]), ERR_REVOKED);
		ck_assert_int_eq(DO(RESTORE, ALICE, .id = of[at + 1].id), ERR_NOT_PERMITTED);
		ck_assert_int_eq(DO(RESTORE, ROOT, .id = of[at + 1].id), ERR_NOT_PERMITTED);
	}
}
END_TEST

START_TEST(deleted_anywhere)
{
	for (size_t at = 0; at <= LIMIT_DEPTH; at++) {
		struct minted of[LIMIT_DEPTH + 1];
		uint64_t before;

		chain(of, (struct args){.all = false});
		now += 2;
		before = tokens_in_store();
		ck_assert_int_eq(DO(DELETE, ALICE, .id = of[at].id), ERR_LIVE);
		ck_assert_int_eq(DO(REVOKE, ALICE, .id = of[at].id), 0);
		ck_assert_int_eq(DO(DELETE, ALICE, .id = of[at].id), 0);
		ck_assert_uint_eq(before - tokens_in_store(), LIMIT_DEPTH + 1 - at);
		for (size_t i = 0; i <= LIMIT_DEPTH; i++)
			ck_assert_int_eq(logs_in(&of[i]), i < at ? 0 : ERR_NO_TOKEN);
	}
}
END_TEST

START_TEST(used_up_anywhere)
{
	struct minted of[LIMIT_DEPTH + 1];

	/* one use of the top for the exchange, and two logins of the lowest */
	chain(of, (struct args){.uses = "6"});
	told_number(TAG_STATUS, STATUS_ACTIVE);
	ck_assert_int_eq(logs_in(&of[LIMIT_DEPTH]), 0);
	ck_assert_uint_eq(stored(of[0].id).used, LIMIT_DEPTH + 1);
	ck_assert_int_eq(EXCHANGE_ERR(of[1], .all = false), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(r.why, "last use"));
	ck_assert_int_eq(logs_in(&of[2]), 0);
	for (size_t i = 0; i <= LIMIT_DEPTH; i++) {
		ck_assert_int_eq(logs_in(&of[i]), ERR_USED_UP);
		ck_assert_int_eq(status_of(of[i].id), STATUS_USED_UP);
	}
	for (size_t i = LIMIT_DEPTH + 1; i-- > 0;)
		ck_assert_int_eq(DO(DELETE, ALICE, .id = of[i].id), 0);
}
END_TEST

START_TEST(disallowed_and_locked)
{
	struct minted of[LIMIT_DEPTH + 1];
	struct config *denied = conf("deny_users = {alice}");

	chain(of, (struct args){.all = false});
	config.deny_users = denied->deny_users;
	all_refused(of, 0, ERR_DISALLOWED);
	ck_assert_int_eq(EXCHANGE_ERR(of[0], .all = false), ERR_DISALLOWED);
	config.deny_users = (struct config_list){0};
	config_unref(denied);
	all_refused(of, LIMIT_DEPTH + 1, 0); /* it comes back with the policy */
	alice->locked = true;
	all_refused(of, 0, ERR_LOCKED);
	alice->locked = false;
	/* older than max_lifetime allows: only the top is */
	config.max_lifetime = 10 * MINUTE;
	now = stored(of[0].id).created / 1000000 + 10 * MINUTE;
	all_refused(of, 0, ERR_DISALLOWED);
}
END_TEST

START_TEST(uses_of_a_child)
{
	struct minted p = MINT(.name = "ci", .uses = "10"), c = EXCHANGE(p, .uses = "2");

	ck_assert_int_eq(logs_in(&c), 0);
	ck_assert_int_eq(logs_in(&c), 0);
	ck_assert_int_eq(logs_in(&c), ERR_USED_UP);
	ck_assert_uint_eq(stored(p.id).used, 3);
	ck_assert_int_eq(logs_in(&p), 0);
	/* the account phase counts nothing, and does not ask */
	p = MINT(.name = "last", .uses = "2");
	c = EXCHANGE(p, .all = false);
	ck_assert_int_eq(logs_in(&c), 0);
	ck_assert_int_eq(DO(ACCOUNT, ROOT, .id = c.id, .user = "alice", .service = "sshd"), 0);
	ck_assert_uint_eq(stored(p.id).used, 2);
}
END_TEST

/* The last use of a parent, raced for by two children: decided in the transaction that counts it.
 */
START_TEST(last_use_raced_for)
{
	const struct operation *op = dispatch_find(VERB_VERIFY);
	struct minted p = MINT(.name = "ci", .uses = "3"), a = EXCHANGE(p, .all = false),
		      b = EXCHANGE(p, .all = false);
	struct args login = {.token = a.text, .user = "alice", .service = "sshd"};
	struct request first;

	begin(VERB_VERIFY, ROOT, login);
	ck_assert_int_eq(decided(op), 0);
	first = r;
	ck_assert_int_eq(logs_in(&b), 0);
	r = first;
	build(VERB_VERIFY, &login);
	ck_assert_int_eq(apply(op), ERR_USED_UP);
	ck_assert_uint_eq(stored(p.id).used, 3);
}
END_TEST

START_TEST(counts_as_a_use)
{
	struct minted p = MINT(.name = "ci"), old = MINT(.name = "old"), new;

	EXCHANGE(p, .all = false);
	ck_assert_int_eq(DO(SHOW, ROOT, .id = p.id), 0);
	told_number(TAG_USE_COUNT, 1);
	told_number(TAG_LAST_USED, NOW);
	/* the first use of a new one ends the old one */
	new = old;
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = old.id, .until_used = true), 0);
	new = taken_from_reply();
	EXCHANGE(new, .all = false);
	ck_assert_int_eq(logs_in(&old), ERR_ROTATED);
}
END_TEST

START_TEST(bound_to_the_parents_key)
{
	struct minted p = MINT(.name = "ci",
			      .bind_key = "SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M"),
		      c = EXCHANGE(p, .all = false);

	told(TAG_BIND_KEY, "SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M");
	ck_assert_int_eq(logs_in(&c), ERR_BIND_KEY);
}
END_TEST

START_TEST(required_restrictions_are_inherited)
{
	struct minted p;

	p = MINT(.name = "ci", .uses = "9");
	config.require = 1U << REQUIRE_USES | 1U << REQUIRE_EXPIRES;
	ck_assert_int_eq(EXCHANGE_ERR(p, .all = false), ERR_DISALLOWED); /* the parent has no end */
	config.require = 1U << REQUIRE_USES;
	EXCHANGE(p, .all = false);
	ck_assert(!proto_has(&reply, TAG_USES));
	told_number(TAG_STATUS, STATUS_ACTIVE);
}
END_TEST

START_TEST(of_what_is_dead)
{
	struct minted revoked = MINT(.name = "a"),
		      pending = MINT(.name = "b", .not_before = number(NOW + 9)),
		      rotated = MINT(.name = "c");

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = revoked.id), 0);
	ck_assert_int_eq(EXCHANGE_ERR(revoked, .all = false), ERR_REVOKED);
	ck_assert_ptr_nonnull(strstr(r.why, "revoked"));
	ck_assert_int_eq(EXCHANGE_ERR(pending, .all = false), ERR_PENDING);
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = rotated.id, .grace = "0"), 0);
	config.reuse = REUSE_REVOKE;
	ck_assert_int_eq(EXCHANGE_ERR(rotated, .all = false), ERR_ROTATED);
	ck_assert_int_eq(r.event.type, EVENT_REUSED);
	ck_assert_int_eq(DO(SHOW, ROOT, .user = "alice", .name = "c"), 0);
	told_number(TAG_STATUS, STATUS_REVOKED);
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = pending.id), 0);
}
END_TEST

/* A child that outlives its parent's grace time is no sign that anyone kept the parent. */
START_TEST(no_reuse_by_children)
{
	struct minted p = MINT(.name = "ci"), c = EXCHANGE(p, .all = false);

	config.reuse = REUSE_REVOKE;
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = p.id, .grace = "0"), 0);
	ck_assert_int_eq(logs_in(&c), ERR_ROTATED);
	ck_assert_int_eq(r.event.type, EVENT_REFUSED);
	ck_assert_int_eq(EXCHANGE_ERR(c, .all = false), ERR_ROTATED);
	ck_assert_int_ne(r.event.type, EVENT_REUSED);
	ck_assert_int_eq(status_of(c.id), STATUS_EXPIRED);
	ck_assert_int_eq(DO(SHOW, ROOT, .user = "alice", .name = "ci"), 0);
	told_number(TAG_STATUS, STATUS_ACTIVE);
}
END_TEST

/* They take no place of max_tokens, and no name; they have a cap of their own. */
START_TEST(room)
{
	struct minted p, c = {.id = ""};
	struct store_account a;
	struct store_txn *t;

	config.max_tokens = 2;
	p = MINT(.name = "ci");
	for (unsigned i = 0; i < LIMIT_CHILDREN; i++)
		c = EXCHANGE(p, .expires = number(NOW + 100 + (i >= 10) * 100));
	MINT(.name = "second");
	ck_assert_int_eq(DO(MINT, ROOT, .user = "alice", .name = "third"), ERR_LIMIT);
	ck_assert_int_eq(EXCHANGE_ERR(p, .all = false), ERR_LIMIT);
	ck_assert_int_eq(EXCHANGE_ERR(c, .all = false), ERR_LIMIT);
	/* those that ended make room */
	now = NOW + 100;
	EXCHANGE(p, .all = false);
	ck_assert_int_eq(store_begin_read(store, &t), 0);
	ck_assert_int_eq(store_get_account(t, ALICE, "alice", &a), 0);
	store_abort(t);
	ck_assert_uint_eq(a.children, LIMIT_CHILDREN - 10 + 1);
	ck_assert_uint_eq(tokens_in_store(), LIMIT_CHILDREN - 10 + 1 + 2);
}
END_TEST

/* A thief's children do not keep the owner's other tokens from theirs. */
START_TEST(dead_ones_take_no_room)
{
	struct minted p = MINT(.name = "stolen"), q = MINT(.name = "mine");

	for (unsigned i = 0; i < LIMIT_CHILDREN; i++)
		EXCHANGE(p, .all = false);
	ck_assert_int_eq(EXCHANGE_ERR(q, .all = false), ERR_LIMIT);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = p.id), 0);
	EXCHANGE(q, .all = false);
	ck_assert_uint_eq(tokens_in_store(), 3);
}
END_TEST

/* Their numbers go on through a rotation: no two live ones have a name in common. */
START_TEST(numbers_of_a_family)
{
	struct minted old = MINT(.name = "ci"), new;

	EXCHANGE(old, .all = false);
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = old.id), 0);
	new = taken_from_reply();
	EXCHANGE(new, .all = false);
	told(TAG_NAME, "ci/2");
	EXCHANGE(old, .all = false);
	told(TAG_NAME, "ci/3");
	EXCHANGE(new, .all = false);
	told(TAG_NAME, "ci/4");
}
END_TEST

START_TEST(cannot_be_rotated)
{
	struct minted p = MINT(.name = "ci"), c = EXCHANGE(p, .all = false);

	ck_assert_int_eq(DO(ROTATE, ROOT, .id = c.id), ERR_REFUSED);
	ck_assert_int_eq(logs_in(&c), 0);
}
END_TEST

START_TEST(rated)
{
	static struct rate rate;
	struct minted p = MINT(.name = "ci"), q = MINT(.name = "cd");
	const struct operation *op = dispatch_find(VERB_EXCHANGE);
	unsigned made = 0, refused = 0;

	for (unsigned i = 0; i < 3 * LIMIT_EXCHANGES; i++) {
		begin(VERB_EXCHANGE, BOB, (struct args){.token = p.text});
		r.exchanges = &rate;
		switch (check(op)) {
		case 0:
			ck_assert_int_eq(apply(op), 0); /* is not counted again */
			made++;
			break;
		case ERR_TOO_OFTEN:
			refused++;
			break;
		default:
			ck_abort_msg("%s", r.why);
		}
	}
	ck_assert_uint_eq(made, LIMIT_EXCHANGES);
	ck_assert_uint_eq(refused, 2 * LIMIT_EXCHANGES);
	begin(VERB_EXCHANGE, BOB, (struct args){.token = q.text}); /* another parent */
	r.exchanges = &rate;
	ck_assert_int_eq(check(op), 0);
	now++;
	begin(VERB_EXCHANGE, BOB, (struct args){.token = p.text});
	r.exchanges = &rate;
	ck_assert_int_eq(check(op), 0);
}
END_TEST

/* Explained with what is above it. */
/* An account has many parents, each child among them; there is a rate for all of them. */
START_TEST(rated_by_account)
{
	static struct rate rate;
	const struct operation *op = dispatch_find(VERB_EXCHANGE);
	struct minted p[LIMIT_EXCHANGES_ACCOUNT / LIMIT_EXCHANGES + 1];
	unsigned granted = 0;

	for (size_t i = 0; i < COUNT(p); i++) {
		char name[16];

		snprintf(name, sizeof(name), "p%zu", i);
		p[i] = MINT(.name = name);
		for (unsigned n = 0; n < LIMIT_EXCHANGES; n++) {
			begin(VERB_EXCHANGE, BOB, (struct args){.token = p[i].text});
			r.exchanges = &rate;
			granted += check(op) == 0;
		}
	}
	ck_assert_uint_eq(granted, LIMIT_EXCHANGES_ACCOUNT);
}
END_TEST

START_TEST(explained)
{
	struct minted p = MINT(.name = "ci"), c = EXCHANGE(p, .all = false),
		      d = EXCHANGE(c, .all = false);

	ck_assert_int_eq(DO(EXPLAIN, ALICE, .id = d.id, .service = "sshd"), 0);
	told_number(TAG_PASSES, 1);
	ck_assert_str_eq(told_rows[listed - 2].key, "ancestor");
	ck_assert_str_eq(told_rows[listed - 1].key, "ancestor");
	ck_assert_ptr_nonnull(strstr(told_rows[listed - 1].value, p.id));
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = p.id), 0);
	ck_assert_int_eq(DO(EXPLAIN, ALICE, .id = d.id, .service = "sshd"), 0);
	told_number(TAG_PASSES, 0);
	ck_assert_uint_eq(told_rows[listed - 1].passes, 0);
}
END_TEST

/* No warning for what is meant to end soon. */
START_TEST(no_warning)
{
	struct minted p = MINT(.name = "ci", .expires = number(NOW + HOUR)),
		      c = EXCHANGE(p, .all = false);

	ck_assert_int_eq(DO(ACCOUNT, ROOT, .id = p.id, .user = "alice", .service = "sshd"), 0);
	told_number(TAG_WARN, HOUR);
	ck_assert_int_eq(DO(ACCOUNT, ROOT, .id = c.id, .user = "alice", .service = "sshd"), 0);
	ck_assert(!proto_has(&reply, TAG_WARN));
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = p.id, .grace = "60"), 0);
	ck_assert_int_eq(DO(ACCOUNT, ROOT, .id = p.id, .user = "alice", .service = "sshd"), 0);
	told_number(TAG_WARN, 60);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ops_exchange");
	TCase *t = tcase_create("ops_exchange");

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, requests_setup, requests_teardown);
	tcase_add_test(t, what_a_child_is);
	tcase_add_test(t, by_whom);
	tcase_add_test(t, only_narrower);
	tcase_add_test(t, ends_with_its_parent);
	tcase_add_test(t, depth);
	tcase_add_test(t, revoked_anywhere);
	tcase_add_test(t, deleted_anywhere);
	tcase_add_test(t, used_up_anywhere);
	tcase_add_test(t, disallowed_and_locked);
	tcase_add_test(t, uses_of_a_child);
	tcase_add_test(t, last_use_raced_for);
	tcase_add_test(t, counts_as_a_use);
	tcase_add_test(t, bound_to_the_parents_key);
	tcase_add_test(t, required_restrictions_are_inherited);
	tcase_add_test(t, of_what_is_dead);
	tcase_add_test(t, no_reuse_by_children);
	tcase_add_test(t, room);
	tcase_add_test(t, dead_ones_take_no_room);
	tcase_add_test(t, numbers_of_a_family);
	tcase_add_test(t, cannot_be_rotated);
	tcase_add_test(t, rated);
	tcase_add_test(t, rated_by_account);
	tcase_add_test(t, explained);
	tcase_add_test(t, no_warning);
	suite_add_tcase(s, t);
	return unit_run(s);
}
