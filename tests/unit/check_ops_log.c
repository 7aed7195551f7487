/* check_ops_log.c: which operation leaves which event, and who is told of it (requests.h). */
#include <stdarg.h>

#include "tests/unit/requests.h"

/* The events of the last LOG, "word id;" each. */
static char told_events[4096];

/* Puts on record what the last request left for the journal, as a connection does. */
static int journaled(int err)
{
	struct store_txn *t;

	if (r.event.type == EVENT_NONE || log_event_durable(r.event.type) ||
		log_event_refusal(r.event.type) != (err != 0))
		return err;
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	ck_assert_int_eq(store_event_add(t, &r.event), 0);
	ck_assert_int_eq(store_commit(t), 0);
	return err;
}

#define JOURNALED(verb, peer, ...) journaled(DO(verb, peer, __VA_ARGS__))

static void collect(void)
{
	size_t used = strlen(told_events);
	struct span word = proto_text(&reply, TAG_EVENT), id = proto_text(&reply, TAG_ID);

	snprintf(told_events + used, sizeof(told_events) - used, "%.*s %.*s;", (int)word.n, word.p,
		(int)id.n, id.p);
}

/* As perform(), but any number of packets: the last EVENT's is left in `event`. */
static struct proto_out event_packet;
static struct proto_msg event;

static int log_of(uid_t peer, struct args a)
{
	const struct operation *op = dispatch_find(VERB_LOG);
	int err;

	begin(VERB_LOG, peer, a);
	told_events[0] = '\0';
	err = decided(op);
	while (!err && !r.last) {
		struct store_txn *t;

		ck_assert_int_eq(store_begin_read(store, &t), 0);
		err = op->next(&r, t);
		store_abort(t);
		if (err == REQUEST_NOTHING) {
			err = 0;
			continue;
		}
		if (err)
			return err;
		take_packet();
		if (r.last)
			break;
		ck_assert_int_eq(reply.verb, VERB_EVENT);
		collect();
		event_packet = r.out;
		ck_assert_int_eq(
			proto_decode(event_packet.packet, proto_end(&event_packet), &event), 0);
	}
	return err;
}

#define LOG(peer, ...) log_of(peer, (struct args){__VA_ARGS__})

static const char *events(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *events(const char *format, ...)
{
	static char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

static const char *text_of(enum proto_tag tag)
{
	static char text[8][LIMIT_SCOPES + 1];
	static unsigned i;

	span_copy(proto_text(&event, tag), text[++i % 8], sizeof(text[0]));
	return text[i % 8];
}

/* ---- which events ---- */

START_TEST(deeds_have_their_event)
{
	struct minted m = MINT(.name = "ci", .scopes = "sshd,sudo", .expires = number(NOW + 9));
	const char *id = m.id;

	ck_assert_int_eq(LOG(ALICE, .all = false), 0);
	ck_assert_str_eq(told_events, events("minted %s;", id));
	ck_assert_str_eq(text_of(TAG_NAME), "ci");
	ck_assert_str_eq(text_of(TAG_OWNER), "alice");
	ck_assert_str_eq(text_of(TAG_ACTOR), "root");
	ck_assert_str_eq(text_of(TAG_SCOPES), "sshd,sudo");
	ck_assert_uint_eq(proto_number(&event, TAG_UID), 0);
	ck_assert_uint_eq(proto_number(&event, TAG_EXPIRES), NOW + 9);
	ck_assert_uint_eq(proto_number(&event, TAG_TIME), NOW);
	ck_assert_uint_eq(proto_number(&event, TAG_SEQ), 1);
	ck_assert(!proto_has(&event, TAG_COUNT) && !proto_has(&event, TAG_REASON));
	told_number(TAG_SEQ, 1);

	now = NOW + 1;
	ck_assert_int_eq(DO(EDIT, ALICE, .id = id, .new_name = "ci2"), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = id, .reason = "lost"), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = id), 0); /* nothing was done */
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = id), 0);
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = id, .reason = "no"), 0);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = id), 0);
	/* what is refused, or only looked at, is no deed */
	ck_assert_int_eq(DO(DELETE, ALICE, .id = id), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(LIST, ALICE, .all = false), 0);
	ck_assert_int_eq(LOG(ALICE, .id = id), 0);
	ck_assert_str_eq(told_events, events("minted %s;edited %s;revoked %s;restored %s;"
					     "revoked %s;deleted %s;",
					      id, id, id, id, id, id));
	ck_assert_str_eq(text_of(TAG_NAME), "ci2");
	ck_assert_str_eq(text_of(TAG_ACTOR), "alice");
	ck_assert_uint_eq(proto_number(&event, TAG_TIME), NOW + 1);
}
END_TEST

START_TEST(reasons)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id, .reason = "lost \"it\""), 0);
	ck_assert_int_eq(LOG(ALICE, .all = false), 0);
	ck_assert_str_eq(text_of(TAG_REASON), "lost \"it\"");
}
END_TEST

START_TEST(clock_reset)
{
	clock_mark = NOW + 1000;
	ck_assert_int_eq(DO(CLOCK_RESET, ROOT, .all = false), 0);
	ck_assert_int_eq(LOG(ROOT, .all = true), 0);
	ck_assert_str_eq(told_events, "clock_reset ;");
	ck_assert_str_eq(text_of(TAG_REASON), "from 1800001000 to 1800000000");
	ck_assert_int_eq(LOG(ROOT, .user = "root"), 0); /* it is nobody's */
	ck_assert_str_eq(told_events, "");
}
END_TEST

START_TEST(all_revoked)
{
	struct minted a = MINT(.name = "a"), b = MINT(.name = "b"), c = MINT(.name = "c");

	ck_assert_int_eq(DO(REVOKE, ROOT, .id = b.id), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true, .reason = "left"), 0);
	ck_assert_int_eq(LOG(ALICE, .seq = "4"), 0);
	/* root's revocation stands as it is */
	ck_assert_str_eq(told_events, events("revoked %s;revoked %s;revoked_all ;", a.id, c.id));
	ck_assert_str_eq(text_of(TAG_REASON), "left");
	ck_assert_str_eq(text_of(TAG_OWNER), "alice");
	ck_assert_uint_eq(proto_number(&event, TAG_COUNT), 2);
	ck_assert_int_eq(DO(REVOKE, ALICE, .all = true), 0);
	ck_assert_int_eq(LOG(ALICE, .seq = "7"), 0);
	ck_assert_str_eq(told_events, "");
}
END_TEST

#define VERIFY(peer, ...) JOURNALED(VERIFY, peer, .user = "alice", .service = "sshd", __VA_ARGS__)

START_TEST(logins)
{
	struct minted m = MINT(.name = "ci", .uses = "5");

	ck_assert_int_eq(VERIFY(ROOT, .token = m.text, .rhost = "192.0.2.7"), 0);
	ck_assert_int_eq(LOG(ALICE, .seq = "1"), 0);
	ck_assert_str_eq(told_events, events("accepted %s;", m.id));
	ck_assert_str_eq(text_of(TAG_NAME), "ci");
	ck_assert_str_eq(text_of(TAG_USER), "alice");
	ck_assert_str_eq(text_of(TAG_SERVICE), "sshd");
	ck_assert_str_eq(text_of(TAG_RHOST), "192.0.2.7");
	ck_assert(!proto_has(&event, TAG_ACTOR));
	/* the second phase of the same login is no event, unless it refuses */
	ck_assert_int_eq(
		JOURNALED(ACCOUNT, ROOT, .id = m.id, .user = "alice", .service = "sshd"), 0);
	ck_assert_int_eq(LOG(ALICE, .seq = "2"), 0);
	ck_assert_str_eq(told_events, "");
	ck_assert_int_eq(JOURNALED(ACCOUNT, ROOT, .id = m.id, .user = "alice", .service = "cron"),
		ERR_SCOPE);
	ck_assert_int_eq(LOG(ALICE, .seq = "2"), 0);
	ck_assert_str_eq(told_events, events("refused %s;", m.id));
	ck_assert_str_eq(text_of(TAG_REASON), "out_of_scope");
	/* what an owner's own process says is a claim */
	ck_assert_int_eq(VERIFY(ALICE, .token = m.text), 0);
	ck_assert_int_eq(LOG(ALICE, .seq = "3"), 0);
	ck_assert_str_eq(told_events, events("claimed_accepted %s;", m.id));
	ck_assert_uint_eq(proto_number(&event, TAG_UID), ALICE);
}
END_TEST

/* A refusal counts against the ID, in its owner's log, whoever was to be logged in. */
START_TEST(refusals)
{
	struct minted m = MINT(.name = "ci"), other = MINT(.name = "other");
	struct token t, wrong;
	char text[TOKEN_TEXT_MAX + 1];

	ck_assert(token_parse(m.text, strlen(m.text), &t));
	ck_assert(token_parse(other.text, strlen(other.text), &wrong));
	memcpy(t.secret, wrong.secret, sizeof(t.secret));
	ck_assert(token_format(&t, text));
	ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
	ck_assert_str_eq(r.why, "");
	ck_assert_ptr_nonnull(strstr(told_line(), " reason=\"wrong_secret\""));
	ck_assert_ptr_null(strstr(told_line(), "name="));
	ck_assert_int_eq(LOG(ALICE, .seq = "2"), 0);
	ck_assert_str_eq(told_events, events("refused %s;", m.id));
	ck_assert_str_eq(text_of(TAG_REASON), "wrong_secret");
	ck_assert(!proto_has(&event, TAG_NAME));

	ck_assert_int_eq(JOURNALED(VERIFY, ROOT, .token = m.text, .user = "bob", .service = "sshd"),
		ERR_OWNER);
	ck_assert_int_eq(LOG(BOB, .all = false), 0);
	ck_assert_str_eq(told_events, ""); /* nothing against bob, who can't help it */
	ck_assert_int_eq(LOG(ALICE, .seq = "3"), 0);
	ck_assert_str_eq(told_events, events("refused %s;", m.id));
	ck_assert_str_eq(text_of(TAG_USER), "bob");
	ck_assert_str_eq(text_of(TAG_REASON), "wrong_owner");

	/* an ID of no token is nobody's */
	memcpy(t.id, "AAAAAAAAAAA", TOKEN_ID_LEN);
	ck_assert(token_format(&t, text));
	ck_assert_int_eq(VERIFY(ROOT, .token = text), ERR_NO_TOKEN);
	ck_assert_uint_eq(r.event.uid, EVENT_NOBODY);
	ck_assert_int_eq(LOG(ALICE, .seq = "4"), 0);
	ck_assert_str_eq(told_events, "");
	ck_assert_int_eq(LOG(ROOT, .all = true, .seq = "4"), 0);
	ck_assert_str_eq(told_events, "refused AAAAAAAAAAA;");
	ck_assert_str_eq(text_of(TAG_REASON), "no_such_token");

	/* a stranger with the right secret: the owner should know, the stranger learns nothing */
	ck_assert_int_eq(VERIFY(BOB, .token = m.text), ERR_NO_TOKEN);
	ck_assert_str_eq(r.why, "");
	ck_assert_int_eq(LOG(ALICE, .seq = "5"), 0);
	ck_assert_str_eq(told_events, events("claimed_refused %s;", m.id));
	ck_assert_str_eq(text_of(TAG_REASON), "not_permitted");
	ck_assert_uint_eq(proto_number(&event, TAG_UID), BOB);

	/* what is no token leaves nothing at all */
	ck_assert_int_eq(VERIFY(ROOT, .token = "password"), ERR_NO_TOKEN);
	ck_assert_uint_eq(r.event.type, EVENT_NONE);
}
END_TEST

/* ---- who is told ---- */

START_TEST(ones_own)
{
	struct minted m = MINT(.name = "ci");
	struct minted b;

	ck_assert_int_eq(DO(MINT, BOB, .name = "bobs"), 0);
	b = taken_from_reply();
	ck_assert_int_eq(LOG(ALICE, .all = false), 0);
	ck_assert_str_eq(told_events, events("minted %s;", m.id));
	ck_assert_int_eq(LOG(BOB, .all = false), 0);
	ck_assert_str_eq(told_events, events("minted %s;", b.id));
	ck_assert_int_eq(LOG(BOB, .user = "alice"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(LOG(BOB, .all = true), ERR_NOT_PERMITTED);
	/* a stranger's token does not exist, alive or deleted */
	ck_assert_int_eq(LOG(BOB, .id = m.id), ERR_NO_TOKEN);
	ck_assert_int_eq(LOG(BOB, .id = m.id, .since = number(NOW)), ERR_NO_TOKEN);
	ck_assert_int_eq(LOG(BOB, .name = "ci"), ERR_NO_TOKEN);
	ck_assert_int_eq(LOG(ROOT, .all = true), 0);
	ck_assert_str_eq(told_events, events("minted %s;minted %s;", m.id, b.id));
	ck_assert_int_eq(LOG(ROOT, .user = "alice"), 0);
	ck_assert_str_eq(told_events, events("minted %s;", m.id));
	ck_assert_int_eq(LOG(ROOT, .id = b.id), 0);
	ck_assert_str_eq(told_events, events("minted %s;", b.id));
	ck_assert_int_eq(LOG(ALICE, .name = "ci"), 0);
	ck_assert_str_eq(told_events, events("minted %s;", m.id));
}
END_TEST

START_TEST(managers)
{
	struct minted d;

	configure("account \"deploy\" { managers = {\"alice\"} }");
	ck_assert_int_eq(DO(MINT, ROOT, .name = "d", .user = "deploy"), 0);
	d = taken_from_reply();
	ck_assert_int_eq(LOG(ALICE, .user = "deploy"), 0);
	ck_assert_str_eq(told_events, events("minted %s;", d.id));
	ck_assert_int_eq(LOG(ALICE, .id = d.id), 0);
	ck_assert_int_eq(LOG(BOB, .user = "deploy"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(LOG(BOB, .id = d.id), ERR_NO_TOKEN);
	ck_assert_int_eq(LOG(ALICE, .all = false), 0);
	ck_assert_str_eq(told_events, "");
}
END_TEST

/* A token that is gone is found by its ID, by those who could see it. */
START_TEST(deleted)
{
	struct minted m = MINT(.name = "ci");

	MINT(.name = "other");
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = m.id), 0);
	ck_assert_int_eq(LOG(ALICE, .id = m.id), 0);
	ck_assert_str_eq(told_events, events("minted %s;revoked %s;deleted %s;", m.id, m.id, m.id));
	ck_assert_int_eq(LOG(ROOT, .id = m.id), 0);
	ck_assert_str_eq(told_events, events("minted %s;revoked %s;deleted %s;", m.id, m.id, m.id));
	ck_assert_int_eq(LOG(ROOT, .id = m.id, .user = "alice"), 0);
	ck_assert_int_eq(LOG(ROOT, .id = m.id, .user = "bob"), ERR_NO_TOKEN);
	ck_assert_int_eq(LOG(BOB, .id = m.id), ERR_NO_TOKEN);
	ck_assert_int_eq(LOG(ALICE, .name = "ci"), ERR_NO_TOKEN);
	ck_assert_int_eq(LOG(ALICE, .id = "AAAAAAAAAAA"), ERR_NO_TOKEN);
	ck_assert_int_eq(LOG(ROOT, .id = "AAAAAAAAAAA"), ERR_NO_TOKEN);
	/* it had events once: there are none since */
	ck_assert_int_eq(LOG(ALICE, .id = m.id, .since = number(NOW + 1)), 0);
	ck_assert_str_eq(told_events, "");
	ck_assert_int_eq(LOG(ALICE, .id = m.id, .seq = "99"), 0);
	ck_assert_str_eq(told_events, "");
}
END_TEST

/* Another person's account with the same uid, or the same name, has another log. */
START_TEST(account_made_anew)
{
	MINT(.name = "ci");
	strcpy(alice->name, "eve");
	ck_assert_int_eq(LOG(ALICE, .all = false), 0);
	ck_assert_str_eq(told_events, "");
	strcpy(alice->name, "alice");
	alice->uid = 2000;
	ck_assert_int_eq(LOG(2000, .all = false), 0);
	ck_assert_str_eq(told_events, "");
	alice->uid = ALICE;
	ck_assert_int_eq(LOG(ALICE, .all = false), 0);
	ck_assert_str_ne(told_events, "");
}
END_TEST

START_TEST(since_and_seq)
{
	struct minted a = MINT(.name = "a"), b, c;

	now = NOW + 10;
	b = MINT(.name = "b");
	now = NOW + 20;
	c = MINT(.name = "c");
	ck_assert_int_eq(LOG(ALICE, .since = number(NOW)), 0);
	ck_assert_str_eq(told_events, events("minted %s;minted %s;minted %s;", a.id, b.id, c.id));
	ck_assert_int_eq(LOG(ALICE, .since = number(NOW + 10)), 0);
	ck_assert_str_eq(told_events, events("minted %s;minted %s;", b.id, c.id));
	ck_assert_int_eq(LOG(ALICE, .since = number(NOW + 21)), 0);
	ck_assert_str_eq(told_events, "");
	told_number(TAG_SEQ, 3);
	ck_assert_int_eq(LOG(ALICE, .seq = "2"), 0);
	ck_assert_str_eq(told_events, events("minted %s;", c.id));
	ck_assert_int_eq(LOG(ALICE, .seq = "0", .since = number(NOW + 20)), 0);
	ck_assert_str_eq(told_events, events("minted %s;", c.id));
	ck_assert_int_eq(LOG(BOB, .seq = "18446744073709551615"), 0);
	ck_assert_str_eq(told_events, "");
}
END_TEST

START_TEST(contradictions)
{
	struct minted m = MINT(.name = "ci");

	ck_assert_int_eq(LOG(ROOT, .all = true, .user = "alice"), ERR_INVALID);
	ck_assert_int_eq(LOG(ROOT, .all = true, .id = m.id), ERR_INVALID);
	ck_assert_int_eq(LOG(ROOT, .all = true, .name = "ci"), ERR_INVALID);
	ck_assert_int_eq(LOG(ROOT, .id = m.id, .name = "ci"), ERR_INVALID);
	ck_assert_int_eq(LOG(ROOT, .user = "nobody-here"), ERR_NO_ACCOUNT);
}
END_TEST

/* One token among very many events: a call looks at a few and says that there is more. */
START_TEST(bounded_work)
{
	const struct operation *op = dispatch_find(VERB_LOG);
	struct minted m = MINT(.name = "ci"), noise = MINT(.name = "noise");
	struct store_txn *t;
	struct log_event e;
	unsigned calls = 0;
	int err;

	ck_assert_int_eq(store_begin_write(store, &t), 0);
	request_event(&r, EVENT_REFUSED, &r.subject.token, &e);
	memcpy(e.id, noise.id, sizeof(e.id));
	e.uid = ALICE;
	strcpy(e.owner, "alice");
	for (int i = 0; i < 5000; i++)
		ck_assert_int_eq(store_event_add(t, &e), 0);
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = m.id), 0);

	begin(VERB_LOG, ALICE, (struct args){.id = m.id});
	ck_assert_int_eq(decided(op), 0);
	do {
		ck_assert_int_eq(store_begin_read(store, &t), 0);
		err = op->next(&r, t);
		store_abort(t);
		calls++;
	} while (!r.last && (err == 0 || err == REQUEST_NOTHING));
	ck_assert_int_eq(err, 0);
	ck_assert_uint_ge(calls, 5000 / 100);
	ck_assert_uint_le(calls, 5000 / 10);
	ck_assert_int_eq(LOG(ALICE, .id = m.id), 0);
	ck_assert_str_eq(told_events, events("minted %s;revoked %s;", m.id, m.id));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ops_log");
	TCase *t = tcase_create("ops_log");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, requests_setup, requests_teardown);
	tcase_add_test(t, deeds_have_their_event);
	tcase_add_test(t, reasons);
	tcase_add_test(t, clock_reset);
	tcase_add_test(t, all_revoked);
	tcase_add_test(t, logins);
	tcase_add_test(t, refusals);
	tcase_add_test(t, ones_own);
	tcase_add_test(t, managers);
	tcase_add_test(t, deleted);
	tcase_add_test(t, account_made_anew);
	tcase_add_test(t, since_and_seq);
	tcase_add_test(t, contradictions);
	tcase_add_test(t, bounded_work);
	suite_add_tcase(s, t);
	return unit_run(s);
}
