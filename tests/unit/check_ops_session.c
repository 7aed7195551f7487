/* check_ops_session.c: sessions, in whole requests: those of the module and of people. The test is
 * the root parent, too. */
#include <event2/event.h>

#include "patd/family.h"
#include "patd/store_session.h"
#include "tests/unit/requests.h"

static struct event_base *loop; /* never run */

/* A login over ssh: sshd's process for the connection, and the one in which it asks for the token.
 */
static const struct process sshd = {100, 1000, 1, 1, PROCESS_UNSET, PROCESS_UNSET};
static const struct process asker = {101, 1001, 100, 1000, PROCESS_UNSET, PROCESS_UNSET};
/* Once pam_loginuid has run. */
static const struct process opener = {100, 1000, 1, 1, 7, ALICE};
static const struct process stranger = {102, 1002, 1, 1, PROCESS_UNSET, PROCESS_UNSET};
/* sudo, inside of that login, before and after. */
static const struct process sudo = {200, 2000, 100, 1000, 7, ALICE};

/* ---- the parent ---- */

static struct control errands[64];
static unsigned errand_count;
static struct control results[8]; /* by the pid of whom it is about, modulo; the last: others */
static uint32_t dead_pid;

static void parent(struct control *errand)
{
	ck_assert_uint_lt(errand_count, COUNT(errands));
	errands[errand_count++] = *errand;
	if (errand->type == CONTROL_OTHERS)
		*errand = results[7];
	else if (errand->type == CONTROL_KILL)
		*errand = results[errand->process.pid % 7];
	else
		*errand = (struct control){
			.err = errand->process.pid == dead_pid ? ERR_NO_SESSION : 0};
	errand->type = CONTROL_RESULT;
}

static void setup(void)
{
	requests_setup();
	loop = event_base_new();
	ck_assert_ptr_nonnull(loop);
	handovers = handovers_new(loop, NULL);
	ck_assert_ptr_nonnull(handovers);
	parent_does = parent;
	errand_count = 0;
	dead_pid = 0;
	memset(results, 0, sizeof(results));
	for (size_t i = 0; i < COUNT(results); i++)
		strcpy(results[i].message, "ended");
}

static void teardown(void)
{
	handovers_free(handovers);
	event_base_free(loop);
	requests_teardown();
}

/* ---- the module ---- */

static int verify(const struct minted *m, const struct process *p)
{
	return DO(VERIFY, ROOT, .token = m->text, .user = "alice", .service = "sshd", .process = p);
}

static int open_as(const char *user, const char *id, const struct process *p)
{
	return DO(SESSION_OPEN, ROOT, .id = id, .user = user, .service = "sshd",
		.rhost = "192.0.2.7", .process = p);
}

static int close_session(const char *id, const struct process *p)
{
	return DO(SESSION_CLOSE, ROOT, .id = id, .process = p);
}

static uint64_t sessions(void)
{
	struct store_txn *t;
	uint64_t n;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	ck_assert_int_eq(store_count_sessions(t, &n), 0);
	store_abort(t);
	return n;
}

static struct session first_session(void)
{
	struct session s = {.opened = 0};
	struct store_txn *t;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	ck_assert_int_eq(store_next_session(t, &s), 0);
	store_abort(t);
	return s;
}

static void log_in(const struct minted *m, uint32_t pid)
{
	struct process p = {pid, 10 * pid, 1, 1, PROCESS_UNSET, PROCESS_UNSET};

	ck_assert_int_eq(verify(m, &p), 0);
	p.session = pid;
	p.login_uid = ALICE;
	ck_assert_int_eq(open_as("alice", m->id, &p), 0);
}

START_TEST(opened_and_closed)
{
	struct minted m = MINT(.name = "laptop");
	struct session s;

	ck_assert_int_eq(verify(&m, &sshd), 0);
	ck_assert_int_eq(open_as("alice", m.id, &opener), 0);
	told(TAG_ID, m.id);
	told(TAG_NAME, "laptop");
	ck_assert_ptr_nonnull(strstr(told_line(), "session_opened"));
	s = first_session();
	ck_assert_str_eq(s.id, m.id);
	ck_assert_uint_eq(s.opened, NOW);
	ck_assert_uint_eq(s.opener.pid, 100);
	ck_assert_uint_eq(s.opener.session, 7);
	ck_assert_uint_eq(s.opener.login_uid, ALICE);
	ck_assert_uint_eq(s.nested, 0);
	ck_assert_uint_eq(s.uid, ALICE);
	ck_assert_str_eq(s.owner, "alice");
	ck_assert_str_eq(s.name, "laptop");
	ck_assert_str_eq(s.user, "alice");
	ck_assert_str_eq(s.service, "sshd");
	ck_assert_str_eq(s.rhost, "192.0.2.7");

	/* One login, one session. */
	ck_assert_int_eq(open_as("alice", m.id, &opener), ERR_NO_SESSION);
	ck_assert_uint_eq(sessions(), 1);
	/* Another process, or one of that pid, closes nothing, and is told nothing else. */
	ck_assert_int_eq(close_session(m.id, &stranger), 0);
	ck_assert_int_eq(close_session("4fJk29sQxZb", &opener), 0);
	ck_assert_int_eq(close_session(m.id, &(struct process){.pid = 100, .start = 999}), 0);
	ck_assert_uint_eq(sessions(), 1);
	ck_assert_int_eq(close_session(m.id, &opener), 0);
	ck_assert_ptr_nonnull(strstr(told_line(), "session_closed"));
	ck_assert_uint_eq(sessions(), 0);
	ck_assert_int_eq(close_session(m.id, &opener), 0);
}
END_TEST

/* sshd's keyboard-interactive: authenticated by a child. */
START_TEST(opened_by_the_parent)
{
	struct minted m = MINT(.name = "laptop");

	ck_assert_int_eq(verify(&m, &asker), 0);
	ck_assert_int_eq(open_as("bob", m.id, &opener), ERR_NO_SESSION);
	ck_assert_int_eq(open_as("alice", m.id, &stranger), ERR_NO_SESSION);
	ck_assert_int_eq(open_as("alice", m.id, &opener), 0);
	ck_assert_uint_eq(sessions(), 1);
}
END_TEST

/* sudo changes the user after the login; it has no audit session of its own. */
START_TEST(nested)
{
	struct minted m = MINT(.name = "laptop");

	ck_assert_int_eq(verify(&m, &sudo), 0);
	ck_assert_int_eq(open_as("root", m.id, &sudo), 0);
	ck_assert_uint_eq(first_session().nested, 1);
	ck_assert_str_eq(first_session().user, "root");
	ck_assert_uint_eq(first_session().uid, ALICE);
}
END_TEST

/* Who was let in by one token opens no session of another; who was not let in, none. */
START_TEST(forged)
{
	struct minted m = MINT(.name = "laptop"), other = MINT(.name = "other");

	ck_assert_int_eq(open_as("alice", m.id, &opener), ERR_NO_SESSION);
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = m.text, .user = "bob", .service = "sshd",
				 .process = &sshd),
		ERR_OWNER);
	ck_assert_int_eq(open_as("alice", m.id, &opener), ERR_NO_SESSION);
	ck_assert_int_eq(verify(&m, &sshd), 0);
	ck_assert_int_eq(open_as("alice", other.id, &opener), ERR_NO_SESSION);
	ck_assert_int_eq(open_as("alice", "4fJk29sQxZb", &opener), ERR_NO_SESSION);
	ck_assert_uint_eq(sessions(), 0);
	ck_assert_int_eq(open_as("alice", m.id, &opener), 0);
}
END_TEST

/* Of its process a peer is believed only what the kernel says too, and only root at all. */
START_TEST(who_may_tell)
{
	struct minted m = MINT(.name = "laptop");

	ck_assert_int_eq(DO(VERIFY, ALICE, .token = m.text, .user = "alice", .service = "sshd",
				 .process = &sshd),
		0);
	ck_assert_str_eq(r.login.id, "");
	ck_assert_int_eq(DO(VERIFY, ROOT, .token = m.text, .user = "alice", .service = "sshd",
				 .process = &sshd, .peer_pid = 99),
		0);
	ck_assert_str_eq(r.login.id, "");
	ck_assert_int_eq(open_as("alice", m.id, &opener), ERR_NO_SESSION);
	ck_assert_int_eq(verify(&m, &sshd), 0);
	ck_assert_int_eq(DO(SESSION_OPEN, ALICE, .id = m.id, .user = "alice", .service = "sshd",
				 .process = &opener),
		ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(SESSION_OPEN, ROOT, .id = m.id, .user = "alice", .service = "sshd",
				 .process = &opener, .peer_pid = 99),
		ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(SESSION_OPEN, ROOT, .id = m.id, .user = "alice", .service = "sshd",
				 .process = &(struct process){.pid = 0}, .peer_pid = 100),
		ERR_INVALID);
	ck_assert_int_eq(open_as("alice", m.id, &opener), 0);
	ck_assert_int_eq(
		DO(SESSION_CLOSE, ALICE, .id = m.id, .process = &opener), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(SESSION_CLOSE, ROOT, .id = m.id, .process = &opener, .peer_pid = 99),
		ERR_NOT_PERMITTED);
	ck_assert_uint_eq(sessions(), 1);
}
END_TEST

/* Between the login and its session a token is revoked, and more. A login whose session could not
 * be recorded can be asked for again. */
START_TEST(revoked_meanwhile)
{
	struct minted m = MINT(.name = "laptop");

	ck_assert_int_eq(verify(&m, &sshd), 0);
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m.id), 0);
	ck_assert_int_eq(open_as("alice", m.id, &opener), ERR_REVOKED);
	ck_assert_int_eq(DO(DELETE, ROOT, .id = m.id), 0);
	ck_assert_int_eq(open_as("alice", m.id, &opener), ERR_REVOKED);
	ck_assert_uint_eq(sessions(), 0);
}
END_TEST

START_TEST(parent_revoked_meanwhile)
{
	struct minted m = MINT(.name = "laptop"), child;

	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = m.text), 0);
	child = taken_from_reply();
	ck_assert_int_eq(verify(&child, &sshd), 0);
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m.id), 0);
	ck_assert_int_eq(open_as("alice", child.id, &opener), ERR_REVOKED);
	ck_assert_uint_eq(sessions(), 0);
}
END_TEST

/* The answer is out when the token is revoked: the session is recorded, for whoever ends it. */
START_TEST(revoked_once_told)
{
	const struct operation *op = dispatch_find(VERB_SESSION_OPEN);
	const struct revocation how = {
		.now = NOW, .rank = RANK_OWNER, .by = "alice", .peer = ALICE};
	struct minted m = MINT(.name = "laptop");
	struct record token;
	struct store_txn *t;

	ck_assert_int_eq(verify(&m, &sshd), 0);
	begin(VERB_SESSION_OPEN, ROOT,
		(struct args){.id = m.id, .user = "alice", .service = "sshd", .process = &opener});
	ck_assert_int_eq(decided(op), 0);
	r.told = true;
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	ck_assert_int_eq(store_get(t, m.id, &token), 0);
	ck_assert_int_eq(family_revoke(t, &token, &how), 0);
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_int_eq(apply(op), 0);
	keep_login(0);
	ck_assert_uint_eq(sessions(), 1);
	ck_assert_int_eq(DO(KILL, ALICE, .id = m.id), 0);
	ck_assert_uint_eq(errands[0].process.pid, 100);
}
END_TEST

/* What a token was exchanged from is known of its sessions when it is gone. */
START_TEST(child_is_gone)
{
	struct minted m = MINT(.name = "laptop"), child, grandchild;

	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = m.text), 0);
	child = taken_from_reply();
	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = child.text), 0);
	grandchild = taken_from_reply();
	log_in(&grandchild, 100);
	ck_assert_uint_eq(first_session().above_count, 2);
	ck_assert_str_eq(first_session().above[0], child.id);
	ck_assert_str_eq(first_session().above[1], m.id);
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = child.id), 0);
	ck_assert_int_eq(DO(DELETE, ROOT, .id = child.id), 0);
	ck_assert_int_eq(DO(KILL, ALICE, .id = m.id), 0);
	ck_assert_uint_eq(errand_count, 2); /* and what else runs */
	ck_assert_int_eq(errands[0].type, CONTROL_KILL);
	ck_assert_uint_eq(errands[0].process.pid, 100);
}
END_TEST

/* Of one token, and of all. */
START_TEST(too_many)
{
	struct minted m = MINT(.name = "laptop");
	struct session s = {.opened = 1, .opener = {.pid = 1}};
	int count = _i ? LIMIT_SESSIONS : LIMIT_SESSIONS_TOKEN;
	struct store_txn *t;

	strcpy(s.id, _i ? "4fJk29sQxZb" : m.id);
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	for (int i = 0; i < count - 1; i++) {
		s.opener.pid++;
		ck_assert_int_eq(store_put_session(t, &s), 0);
	}
	ck_assert_int_eq(store_commit(t), 0);
	ck_assert_int_eq(verify(&m, &sshd), 0);
	ck_assert_int_eq(open_as("alice", m.id, &opener), 0);
	ck_assert_int_eq(verify(&m, &sudo), 0);
	ck_assert_int_eq(open_as("alice", m.id, &sudo), ERR_LIMIT);
}
END_TEST

/* ---- people ---- */

START_TEST(listed_to)
{
	struct minted m = MINT(.name = "laptop");

	log_in(&m, 100);
	log_in(&m, 101);
	ck_assert_int_eq(DO(SESSIONS, ALICE, .all = false), 0);
	ck_assert_uint_eq(listed, 2);
	ck_assert_str_eq(listed_ids[0], m.id);
	ck_assert_uint_eq(errand_count, 2);
	ck_assert_uint_eq(errands[0].type, CONTROL_LIVE);
	ck_assert_uint_eq(errands[0].process.pid, 100);
	ck_assert_uint_eq(errands[0].process.start, 1000);
	ck_assert_int_eq(DO(SESSIONS, BOB, .all = false), 0);
	ck_assert_uint_eq(listed, 0);
	ck_assert_int_eq(DO(SESSIONS, BOB, .user = "alice"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(SESSIONS, BOB, .all = true), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(SESSIONS, ROOT, .user = "alice"), 0);
	ck_assert_uint_eq(listed, 2);
	ck_assert_int_eq(DO(SESSIONS, ROOT, .all = true), 0);
	ck_assert_uint_eq(listed, 2);
	ck_assert_int_eq(DO(SESSIONS, ROOT, .all = true, .user = "alice"), ERR_INVALID);
	ck_assert_int_eq(DO(SESSIONS, ROOT, .all = false), 0);
	ck_assert_uint_eq(listed, 0);
	/* the uid came back with another name */
	strcpy(alice->name, "alicia");
	ck_assert_int_eq(DO(SESSIONS, ALICE, .all = false), 0);
	ck_assert_uint_eq(listed, 0);
}
END_TEST

START_TEST(dead_ones_are_not_listed)
{
	struct minted m = MINT(.name = "laptop");

	log_in(&m, 100);
	log_in(&m, 101);
	log_in(&m, 102);
	for (dead_pid = 100; dead_pid <= 102; dead_pid++) {
		ck_assert_int_eq(DO(SESSIONS, ALICE, .all = false), 0);
		ck_assert_uint_eq(listed, 2);
	}
}
END_TEST

static void told_message(const char *expected)
{
	told(TAG_MESSAGE, expected);
}

START_TEST(killed)
{
	struct minted m = MINT(.name = "laptop"), other = MINT(.name = "other");

	log_in(&m, 100);
	log_in(&m, 101);
	log_in(&other, 102);
	results[100 % 7].err = ERR_REFUSED;
	strcpy(results[100 % 7].message, "left alone");
	results[7].other_count = 3;
	results[7].others[0] = (struct control_other){55, "tmux"};
	results[7].others[1] = (struct control_other){77, "patctl"}; /* who asks */
	results[7].others[2] = (struct control_other){56, "screen"};
	results[7].others_more = 3;
	ck_assert_int_eq(DO(KILL, ALICE, .id = m.id, .peer_pid = 77), 0);
	ck_assert_uint_eq(errand_count, 3);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(errands[i].type, CONTROL_KILL);
		ck_assert_uint_eq(errands[i].process.pid, 100 + i);
		ck_assert_uint_eq(errands[i].process.session, 100 + i);
		ck_assert_uint_eq(errands[i].uid, ALICE);
		ck_assert_uint_eq(errands[i].nested, 0);
	}
	ck_assert_uint_eq(errands[2].type, CONTROL_OTHERS);
	ck_assert_uint_eq(errands[2].uid, ALICE);
	ck_assert_uint_eq(listed, 4);
	ck_assert_str_eq(listed_ids[0], m.id);
	ck_assert_str_eq(listed_ids[1], m.id);
	ck_assert_str_eq(told_rows[2].key, "55");
	ck_assert_str_eq(told_rows[2].value, "tmux");
	ck_assert_str_eq(told_rows[3].key, "56");
	told_number(TAG_COUNT, 1);
	told_message("and 3 more processes");
	ck_assert_ptr_nonnull(strstr(told_line(), "session_killed"));
	ck_assert_ptr_nonnull(strstr(told_line(), "reason=\"ended\""));
	ck_assert_ptr_nonnull(strstr(told_line(), "by=\"alice\""));
}
END_TEST

/* It closes in order while it is being ended: told all the same. */
static void parent_closes(struct control *errand)
{
	struct store_txn *t;

	if (errand->type == CONTROL_KILL) {
		struct session s = first_session();

		ck_assert_int_eq(store_begin_write(store, &t), 0);
		ck_assert_int_eq(store_del_session(t, &s), 0);
		ck_assert_int_eq(store_commit(t), 0);
	}
	parent(errand);
}

START_TEST(closed_meanwhile)
{
	struct minted m = MINT(.name = "laptop");

	log_in(&m, 100);
	log_in(&m, 101);
	parent_does = parent_closes;
	log_in(&m, 102);
	ck_assert_int_eq(DO(KILL, ALICE, .name = "laptop"), 0);
	told_number(TAG_COUNT, 3);
	ck_assert_uint_eq(listed, 3);
	ck_assert_uint_eq(sessions(), 0);
}
END_TEST

START_TEST(who_may_kill)
{
	struct minted m = MINT(.name = "laptop");

	log_in(&m, 100);
	ck_assert_int_eq(DO(KILL, BOB, .id = m.id), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(KILL, BOB, .name = "laptop"), ERR_NO_TOKEN);
	ck_assert_int_eq(DO(KILL, BOB, .name = "laptop", .user = "alice"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(KILL, BOB, .all = true, .user = "alice"), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(KILL, BOB, .all = true), 0);
	told_number(TAG_COUNT, 0);
	ck_assert_int_eq(DO(KILL, ALICE, .all = true, .id = m.id), ERR_INVALID);
	ck_assert_int_eq(DO(KILL, ALICE, .user = "alice"), ERR_INVALID);
	for (unsigned i = 0; i < errand_count; i++)
		ck_assert_uint_ne(errands[i].type, CONTROL_KILL);
	ck_assert_int_eq(DO(KILL, ALICE, .all = true), 0);
	told_number(TAG_COUNT, 1);
	ck_assert_int_eq(DO(KILL, ROOT, .id = m.id), 0);
	told_number(TAG_COUNT, 1);
}
END_TEST

static struct minted rotated(const struct minted *old)
{
	ck_assert_int_eq(DO(ROTATE, ROOT, .id = old->id, .grace = "1000"), 0);
	return taken_from_reply();
}

static struct minted exchanged(const struct minted *parent)
{
	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = parent->text), 0);
	return taken_from_reply();
}

/*
 * first -> rotated to second -> rotated to third; child of second, grandchild of it; niece: a child
 * of third. Whose sessions end with whom?
 */
static const struct {
	const char *killed;
	const char *ended; /* pids */
} families[] = {
	{"third", "100 101 102 103 104 105 "},
	{"second", "100 101 103 104 "},
	{"first", "100 "},
	{"child", "103 104 "},
	{"grandchild", "104 "},
	{"niece", "105 "},
	{"stranger", "106 "},
};

START_TEST(family)
{
	static const char *const names[] = {
		"first", "second", "third", "child", "grandchild", "niece", "stranger"};
	struct minted m[COUNT(names)];
	const char *target = NULL;
	char ended[128] = "";

	m[0] = MINT(.name = "first");
	m[1] = rotated(&m[0]);
	m[3] = exchanged(&m[1]); /* which makes it used: it is not dropped for the next one */
	m[4] = exchanged(&m[3]);
	m[2] = rotated(&m[1]);
	m[5] = exchanged(&m[2]);
	m[6] = MINT(.name = "stranger");
	for (size_t i = 0; i < COUNT(names); i++) {
		log_in(&m[i], 100 + (uint32_t)i);
		if (strcmp(names[i], families[_i].killed) == 0)
			target = m[i].id;
	}
	ck_assert_int_eq(DO(KILL, ALICE, .id = target), 0);
	for (uint32_t pid = 100; pid < 107; pid++)
		for (unsigned i = 0; i < errand_count; i++)
			if (errands[i].type == CONTROL_KILL && errands[i].process.pid == pid)
				sprintf(ended + strlen(ended), "%u ", pid);
	ck_assert_str_eq(ended, families[_i].ended);
}
END_TEST

/* As no operation does it. */
static void point(const char *id, const char *successor)
{
	struct store_txn *t;
	struct record old, changed;

	ck_assert_int_eq(store_begin_write(store, &t), 0);
	ck_assert_int_eq(store_get(t, id, &old), 0);
	changed = old;
	changed.rotated = NOW;
	changed.grace_ends = NOW + 1000;
	strcpy(changed.successor, successor);
	ck_assert_int_eq(store_replace(t, &old, &changed), 0);
	ck_assert_int_eq(store_commit(t), 0);
}

/* Records that point at each other, which no operation makes, are not followed for ever. */
START_TEST(circle)
{
	struct minted a = MINT(.name = "a"), b = MINT(.name = "b"), c = MINT(.name = "c");

	point(a.id, b.id);
	point(b.id, a.id);
	log_in(&a, 100);
	ck_assert_int_eq(DO(KILL, ALICE, .id = c.id), 0);
	told_number(TAG_COUNT, 0);
	ck_assert_int_eq(DO(KILL, ALICE, .id = b.id), 0);
	told_number(TAG_COUNT, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ops_session");
	TCase *t = tcase_create("ops_session");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, opened_and_closed);
	tcase_add_test(t, opened_by_the_parent);
	tcase_add_test(t, nested);
	tcase_add_test(t, forged);
	tcase_add_test(t, who_may_tell);
	tcase_add_test(t, revoked_meanwhile);
	tcase_add_test(t, parent_revoked_meanwhile);
	tcase_add_test(t, revoked_once_told);
	tcase_add_test(t, child_is_gone);
	tcase_add_loop_test(t, too_many, 0, 2);
	tcase_add_test(t, listed_to);
	tcase_add_test(t, dead_ones_are_not_listed);
	tcase_add_test(t, killed);
	tcase_add_test(t, closed_meanwhile);
	tcase_add_test(t, who_may_kill);
	tcase_add_loop_test(t, family, 0, COUNT(families));
	tcase_add_test(t, circle);
	suite_add_tcase(s, t);
	return unit_run(s);
}
