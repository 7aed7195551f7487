/*
 * check_conn_faults.c: every request, with each allocation, each call of the store and each of the
 * sockets failing in turn. Nobody is told that something was done that was not, or the other way
 * round; whatever fails, fails alone: the next request is served.
 */
#include "tests/unit/faults.h"

/* The loop's thread plays all the other parts as well: only the daemon's own steps may fail. */
#define AS_DAEMON(what)                                                                            \
	do {                                                                                       \
		faults_off = false;                                                                \
		what;                                                                              \
		faults_off = true;                                                                 \
	} while (0)

/* What waits for a call that failed waits until its time is over. */
#define IMPATIENT (fault_name != NULL)

#include "patd/store_session.h"
#include "tests/unit/serving.h"

/* ---- what a request is about ---- */

static struct minted token;
static struct process self;

static int login(void)
{
	return SERVE(VERIFY, ROOT, .token = token.text, .user = "alice", .service = "sshd",
		.process = &self);
}

static int session_open(void)
{
	int fd = ASK(SESSION_OPEN, ROOT, .id = token.id, .user = "alice", .service = "sshd",
		.process = &self);
	int err = answer_of(fd);

	close(fd);
	ck_assert(ends());
	return err;
}

static int session_close(void)
{
	int err = SERVE(SESSION_CLOSE, ROOT, .id = token.id, .process = &self);

	ck_assert(ends());
	return err;
}

/* A token of alice's, with two uses. */
static void has_token(void)
{
	ck_assert_int_eq(SERVE(MINT, ROOT, .user = "alice", .name = "ci", .uses = "9"), 0);
	token = taken_from_reply();
}

static void has_revoked(void)
{
	has_token();
	ck_assert_int_eq(SERVE(REVOKE, ROOT, .id = token.id), 0);
	now += 10;
}

static void has_login(void)
{
	has_token();
	ck_assert_int_eq(login(), 0);
}

static void has_session(void)
{
	has_login();
	ck_assert_int_eq(session_open(), 0);
}

static void has_child(void)
{
	has_token();
	ck_assert_int_eq(SERVE(EXCHANGE, ALICE, .token = token.text), 0);
}

/* ---- requests ---- */

static int do_mint(void)
{
	return SERVE(MINT, ROOT, .user = "alice", .name = "new");
}
static int do_mint_as_alice(void)
{
	return SERVE(MINT, ALICE, .name = "new");
}
static int do_list(void)
{
	return SERVE(LIST, ROOT, .all = true);
}
static int do_show(void)
{
	return SERVE(SHOW, ALICE, .id = token.id);
}
static int do_edit(void)
{
	return SERVE(EDIT, ROOT, .id = token.id, .new_name = "new");
}
static int do_revoke(void)
{
	return SERVE(REVOKE, ALICE, .id = token.id);
}
static int do_restore(void)
{
	return SERVE(RESTORE, ROOT, .id = token.id);
}
static int do_delete(void)
{
	return SERVE(DELETE, ROOT, .id = token.id);
}
static int do_inspect(void)
{
	return SERVE(INSPECT, BOB, .token = token.text);
}
static int do_explain(void)
{
	return SERVE(EXPLAIN, ALICE, .id = token.id, .service = "sshd");
}
static int do_policy(void)
{
	return SERVE(POLICY, ALICE, .all = false);
}
static int do_status(void)
{
	return SERVE(STATUS, ROOT, .all = false);
}
static int do_rotate(void)
{
	return SERVE(ROTATE, ROOT, .id = token.id);
}
static int do_exchange(void)
{
	return SERVE(EXCHANGE, BOB, .token = token.text);
}
static int do_log(void)
{
	return SERVE(LOG, ROOT, .all = true);
}
static int do_prune(void)
{
	return SERVE(PRUNE, ROOT, .user = "alice", .revoked_for = "1");
}
static int do_export(void)
{
	return SERVE(EXPORT, ROOT, .all = false);
}
static int do_sessions(void)
{
	return SERVE(SESSIONS, ROOT, .all = true);
}
static int do_kill(void)
{
	return SERVE(KILL, ROOT, .id = token.id);
}
static int do_account(void)
{
	return SERVE(ACCOUNT, ROOT, .id = token.id, .user = "alice", .service = "sshd");
}

static int do_scan(void)
{
	static const uint8_t end[] = {PROTO_VERSION, VERB_END, 0, 0};
	static struct proto_out o;
	int fd = ASK(SCAN, ROOT, .reason = "leaked");
	uint8_t verb = heard(fd);

	if (verb != VERB_GO) {
		close(fd);
		return verb == 0 ? CLOSED : err_from_wire(proto_number(&reply, TAG_ERROR));
	}
	proto_begin(&o, VERB_ITEM);
	proto_put_string(&o, TAG_TOKEN, token.text);
	/* It may be gone already. */
	if (send(fd, o.packet, proto_end(&o), MSG_NOSIGNAL) > 0)
		send(fd, end, sizeof(end), MSG_NOSIGNAL);
	return finished(fd);
}

/* ---- what comes of them ---- */

static bool is_revoked(void)
{
	return stored(token.id).revoked_rank != 0;
}
static bool is_restored(void)
{
	return !is_revoked();
}
static bool is_deleted(void)
{
	return is_gone(token.id);
}
static bool is_renamed(void)
{
	return strcmp(stored(token.id).name, "new") == 0;
}
static bool is_rotated(void)
{
	return stored(token.id).successor[0] != '\0';
}

static bool is_minted(void)
{
	struct store_walk w;
	struct store_txn *t;
	struct record found;
	int err;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	store_walk_name(&w, ALICE, span_of("new"));
	err = store_walk_next(t, &w, &found);
	store_abort(t);
	ck_assert(err == 0 || err == ERR_NO_TOKEN);
	return err == 0;
}

static bool is_used(void)
{
	return stored(token.id).used == 1;
}

static bool is_opened(void)
{
	struct session s = {0};
	struct store_txn *t;
	int err;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	err = store_next_session(t, &s);
	store_abort(t);
	ck_assert(err == 0 || err == ERR_NO_TOKEN);
	return err == 0;
}

static bool is_closed(void)
{
	return !is_opened();
}

static void session_lives(struct control *errand)
{
	*errand = (struct control){.type = CONTROL_RESULT, .err = ERR_REFUSED};
}

static const struct {
	const char *what;
	void (*prepare)(void);
	int (*request)(void);
	bool (*done)(void); /* NULL: it changes nothing */
	bool early;	    /* it is answered before it is done: then the log has what went wrong */
} cases[] = {
	{"mint", has_token, do_mint, is_minted, false},
	{"mint, with a prompt", has_token, do_mint_as_alice, is_minted, false},
	{"list", has_child, do_list, NULL, false},
	{"show", has_child, do_show, NULL, false},
	{"edit", has_token, do_edit, is_renamed, false},
	{"revoke", has_child, do_revoke, is_revoked, false},
	{"restore", has_revoked, do_restore, is_restored, false},
	{"delete", has_revoked, do_delete, is_deleted, false},
	{"inspect", has_token, do_inspect, NULL, false},
	{"explain", has_token, do_explain, NULL, false},
	{"policy", has_token, do_policy, NULL, false},
	{"status", has_token, do_status, NULL, false},
	{"rotate", has_child, do_rotate, is_rotated, false},
	{"exchange", has_token, do_exchange, is_used, false},
	{"log", has_child, do_log, NULL, false},
	{"prune", has_revoked, do_prune, is_deleted, false},
	{"export", has_revoked, do_export, NULL, false},
	{"verify", has_token, login, is_used, false},
	{"account", has_login, do_account, NULL, false},
	{"scan", has_token, do_scan, is_revoked, false},
	{"session_open", has_login, session_open, is_opened, true},
	{"session_close", has_session, session_close, is_closed, true},
	{"sessions", has_session, do_sessions, NULL, false},
	{"kill", has_session, do_kill, NULL, false},
};

static void setup(void)
{
	faults_off = true;
	serving_setup();
	parent_does = session_lives;
	ck_assert_int_eq(process_self(&self), 0);
}

/* What was told to whoever asked, or else to the log, is so. */
static void as_told(size_t i, int err, const char *failed, int n, bool not_recorded)
{
	/* A connection that is closed tells nothing: it may be so or so. */
	if (!cases[i].done || err == CLOSED)
		return;
	ck_assert_msg(cases[i].done() == (err == 0 && !(cases[i].early && not_recorded)),
		"%s, %s %d failed: %s, and it is %s", cases[i].what, failed ? failed : "nothing", n,
		err ? err_text(err) : "done", err ? "done" : "not");
}

/* One round, on a store of its own: the n-th call fails. False: there was none. */
static bool goes_through(size_t i, unsigned kinds, int n)
{
	const char *failed;
	int err;

	setup();
	log_begin();
	cases[i].prepare();
	faults_begin(kinds, n);
	err = cases[i].request();
	failed = faults_end();
	fault_name = NULL;
	ck_assert(ends());
	if (!failed)
		ck_assert_msg(err == 0, "%s: %s", cases[i].what, err_text(err));
	as_told(i, err, failed, n, log_end("not recorded") > 0);
	ck_assert_msg(SERVE(STATUS, ROOT, .all = false) == 0, "after %s, %s %d failed",
		cases[i].what, failed ? failed : "nothing", n);
	serving_teardown();
	return failed != NULL;
}

static void every_call(size_t i, unsigned kinds)
{
	int n = 1;

	while (goes_through(i, kinds, n))
		n++;
	ck_assert_msg(n > 1, "%s: nothing could fail", cases[i].what);
}

START_TEST(every_call_fails)
{
	for (size_t k = 0; k < COUNT(fault_all); k++)
		every_call((size_t)_i, fault_all[k]);
}
END_TEST

/* The disk is full, say: what is tried again fails again. */
START_TEST(the_store_fails_for_good)
{
	fault_stays = true;
	every_call((size_t)_i, FAULT_STORE);
}
END_TEST

int main(void)
{
	/* Thousands of commits: where there is no disk to wait for. */
	static const char memory[sizeof(base)] = "/dev/shm/check.XXXXXX";
	Suite *s = suite_create("conn_faults");
	TCase *t = tcase_create("conn_faults");

	if (access("/dev/shm", W_OK) == 0)
		memcpy(base, memory, sizeof(memory));
	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, every_call_fails, 0, (int)COUNT(cases));
	tcase_add_loop_test(t, the_store_fails_for_good, 0, (int)COUNT(cases));
	suite_add_tcase(s, t);
	return unit_run(s);
}
