/*
 * check_conn.c: connections from accept to close: caps, requests whole and broken, waits for names,
 * the person, the disk and slow readers, and what stays if the client or its time goes away
 * meanwhile.
 */
#include <semaphore.h>

#include "common/process.h"
#include "tests/unit/serving.h"

static struct minted token(struct args a)
{
	a.user = "alice";
	ck_assert_int_eq(finished(sent_by(ROOT, VERB_MINT, a)), 0);
	return taken_from_reply();
}

#define TOKEN(...) token((struct args){__VA_ARGS__})

/* ---- requests, whole and broken ---- */

START_TEST(answers_and_ends)
{
	int fd = connected(ROOT);

	silent(fd);
	SEND(fd, STATUS, .all = false);
	ck_assert_int_eq(finished(fd), 0);
	told_number(TAG_COUNT, 0);
	ck_assert(ends());
	/* The request was there before anyone looked. */
	ck_assert_int_eq(SERVE(STATUS, ALICE, .all = false), 0);
	ck_assert(!proto_has(&reply, TAG_COUNT)); /* root's */
	ck_assert(ends());
}
END_TEST

/* Closed without a word. */
START_TEST(what_breaks_the_protocol)
{
	static const uint8_t long_packet[LIMIT_PACKET + 1] = {PROTO_VERSION, VERB_STATUS};
	static const struct {
		const char *bytes;
		size_t n;
	} broken[] = {
		{"", 0},
		{"\x01", 1},
		{"\x01\x20\x00", 3},
		{"\x01\x20\x00\x01", 4},     /* shorter than it says */
		{"\x01\x20\x00\x00\x00", 5}, /* longer */
		{"\x01\x7f\x00\x00", 4},     /* no verb */
		{"\x01\x80\x00\x00", 4},     /* an answer's */
		{"\x01\x30\x00\x00", 4},     /* a RESPONSE, of nothing */
		{"\x01\x32\x00\x00", 4},     /* END, of no stream */
		{"\x01\x20\x00\x03\x7f\x00\x00", 7},
	};

	for (size_t i = 0; i < COUNT(broken); i++) {
		int fd = connected(ROOT);

		say(fd, broken[i].bytes, broken[i].n);
		ck_assert_msg(finished(fd) == CLOSED, "packet %zu was answered", i);
		ck_assert(ends());
	}
	{
		int fd = connected(ROOT);

		say(fd, long_packet, sizeof(long_packet));
		ck_assert_int_eq(finished(fd), CLOSED);
	}
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

START_TEST(another_version)
{
	static const uint8_t packet[] = {PROTO_VERSION + 1, 0x55, 0xff, 0xff, 1, 2, 3};
	int fd = connected(BOB);

	say(fd, packet, sizeof(packet));
	ck_assert_uint_eq(heard(fd), VERB_VERSION);
	told_number(TAG_VERSION_OLDEST, PROTO_VERSION_OLDEST);
	told_number(TAG_VERSION_NEWEST, PROTO_VERSION);
	ck_assert_uint_eq(heard(fd), 0);
	close(fd);
}
END_TEST

/* A client that went away is noticed, and one whose time is up is closed, wherever it stands. */
START_TEST(says_nothing)
{
	int fd = connected(ALICE);

	silent(fd);
	time_is_up();
	ck_assert_int_eq(finished(fd), CLOSED);
	fd = connected(ALICE);
	close(fd);
	ck_assert(ends());
	/* Not even counted yet. */
	forget_names();
	turn();
	names.silent = true;
	fd = connected(ALICE);
	silent(fd);
	time_is_up();
	ck_assert_int_eq(finished(fd), CLOSED);
	names.silent = false;
	/* Its answer comes too late, and for nobody. */
	settle();
	ck_assert_int_eq(SERVE(STATUS, ALICE, .all = false), 0);
}
END_TEST

/* ---- caps ---- */

static void fill(int fds[], size_t n, uid_t uid)
{
	for (size_t i = 0; i < n; i++) {
		fds[i] = connected(uid);
		silent(fds[i]);
	}
}

static void close_all(const int fds[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
}

START_TEST(a_uids_share)
{
	int fds[LIMIT_CONNS_PER_UID];

	fill(fds, COUNT(fds), ALICE);
	/* Answered, whether or not its request is there already. */
	ck_assert_int_eq(finished(connected(ALICE)), ERR_BUSY);
	ck_assert_int_eq(SERVE(STATUS, ALICE, .all = false), ERR_BUSY);
	ck_assert_int_eq(SERVE(STATUS, BOB, .all = false), 0);
	ck_assert_int_eq(SERVE(STATUS, ROOT, .all = false), 0);
	close(fds[0]);
	settle();
	ck_assert_int_eq(SERVE(STATUS, ALICE, .all = false), 0);
	close_all(fds + 1, COUNT(fds) - 1);
	ck_assert(ends());
}
END_TEST

/* Uids without an account have one share together; if nobody knows, each has its own. */
START_TEST(uids_without_an_account)
{
	int fds[LIMIT_CONNS_PER_UID];

	for (size_t i = 0; i < COUNT(fds); i++)
		fill(&fds[i], 1, (uid_t)(100000 + i));
	ck_assert_int_eq(finished(connected(200000)), ERR_BUSY);
	ck_assert_int_eq(SERVE(STATUS, ALICE, .all = false), 0);
	bob->state = ACCOUNT_ERROR;
	ck_assert_int_eq(SERVE(STATUS, BOB, .all = false), 0);
	close_all(fds, COUNT(fds));
	ck_assert(ends());
}
END_TEST

START_TEST(verifiers_have_more)
{
	int fds[LIMIT_CONNS_PER_VERIFIER], people_fds[LIMIT_CONNS_PER_UID];

	reconfigure("verifier \"www-data\" { services = {\"nginx\"} users = {\"*\"} }\n");
	fill(fds, COUNT(fds), WWW);
	ck_assert_int_eq(SERVE(STATUS, WWW, .all = false), ERR_BUSY);
	/* In places of their own: nobody else has fewer. */
	fill(people_fds, COUNT(people_fds), ALICE);
	close_all(fds, COUNT(fds));
	close_all(people_fds, COUNT(people_fds));
	ck_assert(ends());
}
END_TEST

/* Those whose account is being asked for fill nobody else's places. */
START_TEST(newcomers)
{
	int fds[LIMIT_CONNS_PER_UID];

	names.silent = true;
	fill(fds, COUNT(fds), ALICE);
	ck_assert_int_eq(finished(connected(ALICE)), ERR_BUSY);
	ck_assert_int_eq(SERVE(STATUS, ROOT, .all = false), 0);
	names.silent = false;
	for (size_t i = 0; i < COUNT(fds); i++) {
		SEND(fds[i], STATUS, .all = false);
		ck_assert_int_eq(finished(fds[i]), 0);
	}
	ck_assert(ends());
}
END_TEST

START_TEST(roots_many)
{
	int fd;

	for (int i = 0; i < LIMIT_CONNS_ROOT; i++)
		ck_assert(caps_take(&server.caps, PLACE_ROOT, ROOT));
	fd = connected(ROOT);
	ck_assert_int_eq(finished(fd), ERR_BUSY);
	caps_release(&server.caps, PLACE_ROOT, ROOT);
	ck_assert_int_eq(SERVE(STATUS, ROOT, .all = false), 0);
	for (int i = 1; i < LIMIT_CONNS_ROOT; i++)
		caps_release(&server.caps, PLACE_ROOT, ROOT);
}
END_TEST

/* The names process is behind, or gone: a person is served, as far as that goes without it. */
START_TEST(names_cannot_be_asked)
{
	close(names.fd);
	names.silent = true;
	/* Both who it is counted as and who it is; the second is needed. */
	ck_assert_int_eq(SERVE(STATUS, ALICE, .all = false), 0);
	ck_assert_int_eq(SERVE(LIST, ALICE, .all = false), ERR_NAMES);
	ck_assert_int_eq(SERVE(SHOW, ROOT, .id = "4fJk29sQxZb"), ERR_NAMES);
}
END_TEST

/* Whatever the name service does, root can look and revoke; others cannot. */
START_TEST(names_fail)
{
	struct minted m = TOKEN(.name = "ci");

	for (size_t i = 0; i < COUNT(people); i++)
		people[i].state = ACCOUNT_ERROR;
	forget_names();
	ck_assert_int_eq(SERVE(SHOW, ROOT, .id = m.id), 0);
	ck_assert_int_eq(SERVE(REVOKE, ALICE, .id = m.id), ERR_NAMES);
	ck_assert_int_eq(SERVE(REVOKE, ROOT, .id = m.id), 0);
	ck_assert_uint_ne(stored(m.id).revoked_rank, 0);
}
END_TEST

/* ---- who is who ---- */

START_TEST(names_are_asked_once)
{
	struct minted m = TOKEN(.name = "ci");
	unsigned before = names.asked;

	/* By uid and by name: for the count, the check, and the check inside the write transaction.
	 */
	forget_names();
	ck_assert_int_eq(SERVE(REVOKE, ALICE, .id = m.id), 0);
	ck_assert_uint_eq(names.asked, before + 2);
	ck_assert_uint_ne(stored(m.id).revoked_rank, 0);
}
END_TEST

/* Refused with what the names process said last, not with what was true when it was asked first. */
START_TEST(names_change_meanwhile)
{
	int fd;

	alice->state = ACCOUNT_ABSENT;
	ck_assert_int_eq(SERVE(MINT, ALICE, .name = "ci"), ERR_NO_ACCOUNT);
	alice->state = ACCOUNT_ERROR;
	forget_names();
	ck_assert_int_eq(SERVE(MINT, ALICE, .name = "ci"), ERR_NAMES);
	alice->state = ACCOUNT_FOUND;
	forget_names();
	turn();
	names.silent = true;
	fd = ASK(MINT, ROOT, .user = "alice", .name = "ci");
	silent(fd);
	reconfigure("deny_users = {\"alice\"}\n");
	names.silent = false;
	ck_assert_int_ne(finished(fd), 0); /* by the configuration of now */
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

/* Gone while names were asked: the answer is for nobody, and nothing is done. Who waited before it
 * goes on waiting. */
START_TEST(gone_while_asking)
{
	int fds[2];

	names.silent = true;
	fds[0] = ASK(MINT, ROOT, .user = "bob", .name = "ci");
	fds[1] = ASK(MINT, ROOT, .user = "alice", .name = "ci");
	silent(fds[1]);
	time_is_up();
	ck_assert_int_eq(finished(fds[1]), CLOSED);
	names.silent = false;
	ck_assert_int_eq(finished(fds[0]), 0);
	ck_assert_uint_eq(tokens_in_store(), 1);
}
END_TEST

/* ---- the person ---- */

START_TEST(the_person_is_asked)
{
	int fd;

	ck_assert_int_eq(SERVE(MINT, ALICE, .name = "ci"), 0);
	ck_assert(proto_has(&reply, TAG_TOKEN));
	ck_assert_uint_eq(parent.reauths, 1);
	/* Root is not; nor is anyone whose request is refused anyway. */
	ck_assert_int_eq(SERVE(MINT, ROOT, .name = "ci2", .user = "alice"), 0);
	ck_assert_int_eq(SERVE(MINT, ALICE, .name = "-x"), ERR_INVALID);
	ck_assert_uint_eq(parent.reauths, 1);

	knows_password = false;
	parent.message = "two more tries";
	log_begin();
	fd = ASK(MINT, ALICE, .name = "ci3");
	ck_assert_int_eq(finished(fd), ERR_REAUTH);
	told(TAG_MESSAGE, "two more tries");
	ck_assert_uint_eq(log_end("reauthentication_failed"), 1);
	ck_assert(journal_waits(server.journal)); /* it is on record, too */
	ck_assert_uint_eq(tokens_in_store(), 2);
}
END_TEST

/* Minutes may have passed at the prompt: who is who is asked again. */
START_TEST(changed_at_the_prompt)
{
	int fd;

	parent.silent = true;
	fd = ASK(MINT, ALICE, .name = "ci");
	silent(fd);
	ck_assert_uint_eq(parent.reauths, 1);
	alice->state = ACCOUNT_ABSENT;
	forget_names();
	parent_answer((struct control){.id = parent.last.id});
	ck_assert_int_eq(finished(fd), ERR_NO_ACCOUNT);
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

START_TEST(gone_at_the_prompt)
{
	int fd;

	parent.silent = true;
	fd = ASK(MINT, ALICE, .name = "ci");
	silent(fd);
	time_is_up();
	ck_assert_int_eq(finished(fd), CLOSED);
	settle();
	ck_assert_uint_eq(parent.cancels, 1);
	/* A result that was on its way is nobody's. */
	parent_answer((struct control){.id = parent.last.id});
	settle();
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

START_TEST(nobody_to_ask_the_person)
{
	close(parent.fd);
	parent.fd = -1;
	ck_assert_int_eq(SERVE(MINT, ALICE, .name = "ci"), ERR_BUSY);
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

/* ---- the disk ---- */

static struct {
	struct commit_job job;
	sem_t begun, may_end;
} stall;

static int stall_run(void *arg, struct store_txn *t)
{
	(void)arg;
	(void)t;
	sem_post(&stall.begun);
	sem_wait(&stall.may_end);
	return 0;
}

static void stall_done(void *arg, int result)
{
	(void)arg;
	(void)result;
}

/* The writing thread does nothing else until disk_goes_on(). */
static void disk_stalls(void)
{
	sem_init(&stall.begun, 0, 0);
	sem_init(&stall.may_end, 0, 0);
	stall.job = (struct commit_job){.run = stall_run, .done = stall_done};
	commit_submit(server.committer, &stall.job);
	sem_wait(&stall.begun);
}

static void disk_goes_on(void)
{
	sem_post(&stall.may_end);
}

/* The client's time ends while the writing thread has its request: what comes of it comes of it;
 * nobody is answered. */
START_TEST(gone_while_writing)
{
	int fds[2];

	disk_stalls();
	for (int i = 0; i < 2; i++) {
		/* Of one name: the second will be refused there. */
		fds[i] = ASK(MINT, ROOT, .user = "alice", .name = "ci");
		silent(fds[i]);
		time_is_up();
		silent(fds[i]); /* it is still the writing thread's */
	}
	ck_assert_ptr_nonnull(server.conns);
	disk_goes_on();
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(finished(fds[i]), CLOSED);
	ck_assert(ends());
	ck_assert_uint_eq(tokens_in_store(), 1);
}
END_TEST

/* Whoever waits for the disk does not keep others from being answered. */
START_TEST(reads_while_writing)
{
	int fd;

	disk_stalls();
	fd = ASK(MINT, ROOT, .user = "alice", .name = "ci");
	silent(fd);
	ck_assert_int_eq(SERVE(STATUS, ROOT, .all = false), 0);
	told_number(TAG_COUNT, 0);
	disk_goes_on();
	ck_assert_int_eq(finished(fd), 0);
}
END_TEST

/* ---- sessions: answered before they are written ---- */

static struct process self(void)
{
	struct process p;

	ck_assert_int_eq(process_self(&p), 0);
	return p;
}

static int log_in(const struct minted *m, const struct process *p)
{
	return SERVE(
		VERIFY, ROOT, .token = m->text, .user = "alice", .service = "sshd", .process = p);
}

/* The answer; the connection goes on until it is written. */
static int open_session(const struct minted *m, const struct process *p)
{
	int fd = ASK(
		SESSION_OPEN, ROOT, .id = m->id, .user = "alice", .service = "sshd", .process = p);
	int err = answer_of(fd);

	close(fd);
	return err;
}

static void session_lives(struct control *errand)
{
	*errand = (struct control){.type = CONTROL_RESULT};
}

static unsigned sessions_told(void)
{
	parent_does = session_lives;
	ck_assert_int_eq(SERVE(SESSIONS, ROOT, .all = true), 0);
	return listed;
}

START_TEST(sessions_wait_for_no_disk)
{
	struct minted m = TOKEN(.name = "ci");
	struct process p = self();

	ck_assert_int_eq(log_in(&m, &p), 0);
	disk_stalls();
	ck_assert_int_eq(open_session(&m, &p), 0);
	told(TAG_ID, m.id);
	ck_assert_uint_eq(server.told, 1);
	/* It takes nobody's place meanwhile, but there is a bound. */
	ck_assert_uint_eq(server.caps.at[PLACE_ROOT].total, 0);
	server.told += LIMIT_CONNS_TOLD - 1;
	ck_assert_int_eq(SERVE(SESSION_CLOSE, ROOT, .id = m.id, .process = &p), ERR_LIMIT);
	server.told -= LIMIT_CONNS_TOLD - 1;
	disk_goes_on();
	ck_assert(ends());
	ck_assert_uint_eq(server.told, 0);
	ck_assert_uint_eq(sessions_told(), 1);
	/* One login, one session. */
	ck_assert_int_eq(open_session(&m, &p), ERR_NO_SESSION);
	ck_assert_int_eq(SERVE(SESSION_CLOSE, ROOT, .id = m.id, .process = &p), 0);
	ck_assert(ends());
	ck_assert_uint_eq(sessions_told(), 0);
}
END_TEST

/* A login that was claimed by a request that came to nothing is there for the next. */
START_TEST(a_claim_is_given_back)
{
	struct minted m = TOKEN(.name = "ci");
	struct process p = self();
	int fd;

	ck_assert_int_eq(log_in(&m, &p), 0);
	server.told = LIMIT_CONNS_TOLD;
	ck_assert_int_eq(open_session(&m, &p), ERR_LIMIT);
	server.told = 0;
	/* Gone before it could be answered: it is recorded all the same. */
	disk_stalls();
	{
		struct client c = dial();
		struct args a = {.id = m.id, .user = "alice", .service = "sshd", .process = &p};

		request(c.fd, VERB_SESSION_OPEN, a);
		close(c.fd);
		conn_start(&server, c.far, ROOT, true);
	}
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC); /* not the client's number again */
	ck_assert_uint_eq(server.told, 0);
	disk_goes_on();
	ck_assert(ends());
	close(fd);
	ck_assert_uint_eq(sessions_told(), 1);
}
END_TEST

/* ---- what is told to log and counters ---- */

/* Where a process of the owner says that it was used proves nothing, and is not kept. */
START_TEST(uses_are_counted)
{
	struct minted m = TOKEN(.name = "ci");

	ck_assert_int_eq(SERVE(VERIFY, ALICE, .token = m.text, .user = "alice", .service = "sshd",
				 .rhost = "192.0.2.9"),
		0);
	ck_assert_int_eq(SERVE(SHOW, ROOT, .id = m.id), 0);
	told_number(TAG_USE_COUNT, 1);
	told(TAG_SERVICE, NULL);
	told(TAG_RHOST, NULL);
	ck_assert_int_eq(SERVE(VERIFY, ROOT, .token = m.text, .user = "alice", .service = "sshd",
				 .rhost = "192.0.2.9"),
		0);
	ck_assert_int_eq(SERVE(SHOW, ROOT, .id = m.id), 0);
	told_number(TAG_USE_COUNT, 2);
	told(TAG_SERVICE, "sshd");
	told(TAG_RHOST, "192.0.2.9");
}
END_TEST

static void be_refused(uid_t uid, unsigned times)
{
	static const char never_minted[] =
		"pat_4fJk29sQxZb0123456789abcdefghijklmnopqrstuvwxyzABCDEFG1lEhUQ";

	for (unsigned i = 0; i < times; i++)
		ck_assert_int_eq(SERVE(VERIFY, uid, .token = never_minted, .user = "alice",
					 .service = "sshd"),
			ERR_NO_TOKEN);
}

/* The log must not grow as fast as a uid can ask. */
START_TEST(refusals_are_told_so_often)
{
	enum { MORE = LIMIT_REFUSALS_LOGGED + 5 };

	log_begin();
	be_refused(ALICE, MORE);
	ck_assert_uint_eq(log_end("claimed_refused"), LIMIT_REFUSALS_LOGGED);
	log_begin();
	be_refused(ALICE, MORE);
	ck_assert_uint_eq(log_end("refused"), 0); /* and that was told once */
	log_begin();
	be_refused(BOB, 1);
	be_refused(ROOT, MORE);
	ck_assert_uint_eq(log_end("refused "), MORE + 1);
	/* The next minute begins anew. */
	now += 60;
	log_begin();
	be_refused(ALICE, MORE);
	ck_assert_uint_eq(log_end("is refused so often"), 1);
}
END_TEST

START_TEST(the_clock_is_reset)
{
	now += 100000;
	ck_assert_int_eq(SERVE(CLOCK_RESET, ROOT, .all = false), 0);
	ck_assert_uint_eq(tally_clock(server.tally, now), now);
	now -= 50000;
	ck_assert_int_eq(SERVE(STATUS, ROOT, .all = false), 0);
	told_number(TAG_CLOCK_BEHIND, 50000);
	ck_assert_int_eq(SERVE(CLOCK_RESET, ROOT, .all = false), 0);
	ck_assert_int_eq(SERVE(STATUS, ROOT, .all = false), 0);
	ck_assert(!proto_has(&reply, TAG_CLOCK_BEHIND));
}
END_TEST

/* ---- streams to the client ---- */

enum { MANY = 150 };

static void mint_many(unsigned n)
{
	reconfigure("max_tokens = 1000\n");
	for (unsigned i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "t-%u", i);
		TOKEN(.name = name);
	}
}

/* A reader who takes its time gets each packet once, in order, and keeps nobody waiting. */
START_TEST(a_slow_reader)
{
	struct client c = dial();
	int small = 1;

	mint_many(MANY);
	ck_assert_int_eq(setsockopt(c.far, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	SEND(c.fd, LIST, .user = "alice");
	conn_start(&server, c.far, ROOT, true);
	settle();
	ck_assert_int_eq(SERVE(STATUS, ROOT, .all = false), 0);
	for (unsigned i = 0; i < MANY; i++) {
		char name[16];

		snprintf(name, sizeof(name), "t-%u", i);
		ck_assert_uint_eq(heard(c.fd), VERB_MORE);
		told(TAG_NAME, name);
	}
	ck_assert_int_eq(finished(c.fd), 0);
	ck_assert_uint_eq(listed, 0);
}
END_TEST

START_TEST(a_reader_that_stops)
{
	struct client c = dial();
	int small = 1;

	mint_many(MANY);
	ck_assert_int_eq(setsockopt(c.far, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	SEND(c.fd, LIST, .user = "alice");
	conn_start(&server, c.far, ROOT, true);
	settle();
	ck_assert_ptr_nonnull(server.conns);
	time_is_up();
	ck_assert(ends());
	close(c.fd);

	/* And one that goes away. */
	c = dial();
	ck_assert_int_eq(setsockopt(c.far, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	SEND(c.fd, LIST, .user = "alice");
	conn_start(&server, c.far, ROOT, true);
	settle();
	close(c.fd);
	ck_assert(ends());
}
END_TEST

/* An answer of one packet waits for room, too. */
START_TEST(no_room_for_an_answer)
{
	struct client c = dial();
	int small = 1, junk = 0;

	ck_assert_int_eq(setsockopt(c.far, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	while (send(c.far, "junk", 4, MSG_NOSIGNAL) == 4)
		junk++;
	ck_assert_int_gt(junk, 0);
	SEND(c.fd, STATUS, .all = false);
	conn_start(&server, c.far, ROOT, true);
	settle();
	ck_assert_ptr_nonnull(server.conns);
	for (; junk > 0; junk--)
		ck_assert_int_eq(recv(c.fd, &(char[4]){0}, 4, 0), 4);
	ck_assert_int_eq(finished(c.fd), 0);
}
END_TEST

/* Names are asked in the midst of a stream, of whoever owns what comes next. */
START_TEST(names_within_a_stream)
{
	TOKEN(.name = "ci");
	ck_assert_int_eq(SERVE(MINT, ROOT, .user = "bob", .name = "ci"), 0);
	forget_names();
	ck_assert_int_eq(SERVE(LIST, ROOT, .all = true), 0);
	ck_assert_uint_eq(listed, 2);
	bob->state = ACCOUNT_ERROR;
	forget_names();
	turn();
	ck_assert_int_eq(SERVE(LIST, ROOT, .all = true), 0);
	ck_assert_uint_eq(listed, 2);
	turn();
	close(names.fd);
	names.silent = true;
	ck_assert_int_eq(SERVE(LIST, ROOT, .all = true), ERR_NAMES);
	ck_assert_uint_eq(listed, 1);
}
END_TEST

/* The parent is asked in the midst of one. */
START_TEST(an_errand_within_a_stream)
{
	struct minted m = TOKEN(.name = "ci");
	struct process p = self();
	int fd;

	ck_assert_int_eq(log_in(&m, &p), 0);
	ck_assert_int_eq(open_session(&m, &p), 0);
	ck_assert(ends());
	parent_does = session_lives;
	log_begin();
	ck_assert_int_eq(SERVE(KILL, ROOT, .id = m.id), 0);
	told_number(TAG_COUNT, 1);
	ck_assert_uint_eq(log_end("session_killed"), 1);
	/* Gone meanwhile: the parent is told that nobody waits. */
	parent.silent = true;
	fd = ASK(KILL, ROOT, .id = m.id);
	silent(fd);
	time_is_up();
	ck_assert_int_eq(finished(fd), CLOSED);
	settle();
	ck_assert_uint_eq(parent.cancels, 1);
	close(parent.fd);
	parent.fd = -1;
	ck_assert_int_eq(SERVE(SESSIONS, ROOT, .all = true), ERR_BUSY);
}
END_TEST

/* ---- streams to patd ---- */

static void say_item(int fd, const char *token, uint64_t seq)
{
	static struct proto_out o;

	proto_begin(&o, VERB_ITEM);
	proto_put_string(&o, TAG_TOKEN, token);
	proto_put_number_if(&o, TAG_SEQ, seq);
	say(fd, o.packet, proto_end(&o));
}

/* The stream's end, or whatever else is only a verb. */
static void say_verb(int fd, uint8_t verb)
{
	const uint8_t packet[] = {PROTO_VERSION, verb, 0, 0};

	say(fd, packet, sizeof(packet));
}

/* A scan that has its GO. */
static int scan(uid_t uid)
{
	int fd = ASK(SCAN, uid, .reason = "leaked");

	ck_assert_uint_eq(heard(fd), VERB_GO);
	return fd;
}

START_TEST(a_stream_to_patd)
{
	struct minted m = TOKEN(.name = "ci");
	int fd = scan(BOB);

	silent(fd);
	say_item(fd, m.text, 0);
	silent(fd);
	say_item(fd, m.text, 0);
	say_verb(fd, VERB_END);
	ck_assert_int_eq(finished(fd), 0);
	told_number(TAG_COUNT, 1);
	told_number(TAG_ALREADY, 1);
	ck_assert_uint_ne(stored(m.id).revoked_rank, 0);
}
END_TEST

/* More than one transaction's worth, told as one. */
START_TEST(a_long_stream)
{
	struct minted m = TOKEN(.name = "ci");
	int fd = scan(ROOT);

	for (unsigned i = 0; i < 3 * LIMIT_BATCH + 5; i++) {
		turn();
		say_item(fd, m.text, i + 1);
	}
	say_verb(fd, VERB_END);
	ck_assert_int_eq(finished(fd), 0);
	told_number(TAG_COUNT, 1);
	told_number(TAG_ALREADY, 3 * LIMIT_BATCH + 4);
}
END_TEST

/* What came before a refused item is done, what comes after it is not. */
START_TEST(a_refused_item)
{
	struct minted m = TOKEN(.name = "ci"), other = TOKEN(.name = "ci2");
	char wrong[sizeof(m.text)];
	int fd = scan(BOB);

	strcpy(wrong, m.text);
	wrong[8] = wrong[8] == 'x' ? 'y' : 'x'; /* and its checksum is not right any more */
	say_item(fd, m.text, 1);
	say_item(fd, wrong, 17);
	say_item(fd, other.text, 18);
	say_verb(fd, VERB_END);
	ck_assert_int_eq(finished(fd), ERR_INVALID);
	ck_assert(span_of("line 17").n <= proto_text(&reply, TAG_MESSAGE).n);
	ck_assert_int_eq(strncmp(proto_text(&reply, TAG_MESSAGE).p, "line 17", 7), 0);
	ck_assert_uint_ne(stored(m.id).revoked_rank, 0);
	ck_assert_uint_eq(stored(other.id).revoked_rank, 0);
}
END_TEST

/* A stream that breaks off, or off the protocol: what waits in its batch is not applied. */
START_TEST(a_broken_stream)
{
	struct minted m = TOKEN(.name = "ci");

	for (int how = 0; how < 4; how++) {
		int fd = scan(BOB);

		say_item(fd, m.text, 0);
		silent(fd);
		switch (how) {
		case 0:
			close(fd);
			break;
		case 1:
			say_verb(fd, VERB_STATUS);
			break;
		case 2:
			say(fd, "\x01", 1);
			break;
		case 3:
			time_is_up();
			break;
		}
		if (how > 0)
			ck_assert_int_eq(finished(fd), CLOSED);
		ck_assert(ends());
		ck_assert_uint_eq(stored(m.id).revoked_rank, 0);
	}
}
END_TEST

/* Gone before it could be told to go. */
START_TEST(nobody_to_tell_go)
{
	struct client c = dial();

	SEND(c.fd, SCAN, .reason = "leaked");
	close(c.fd);
	conn_start(&server, c.far, ROOT, true);
	ck_assert(ends());
}
END_TEST

/* Bulk work without a stream: part by part, and others have their turn between. */
START_TEST(bulk_work)
{
	enum { DEAD = LIMIT_BATCH + 20 };

	mint_many(DEAD);
	ck_assert_int_eq(SERVE(REVOKE, ROOT, .user = "alice", .all = true), 0);
	now += 1000;
	ck_assert_int_eq(
		SERVE(PRUNE, ROOT, .user = "alice", .revoked_for = "1", .dry_run = true), 0);
	ck_assert_uint_eq(listed, DEAD);
	ck_assert_uint_eq(tokens_in_store(), DEAD);
	ck_assert_int_eq(SERVE(PRUNE, ROOT, .user = "alice", .revoked_for = "1"), 0);
	told_number(TAG_COUNT, DEAD);
	ck_assert_uint_eq(tokens_in_store(), 0);
}
END_TEST

/* Everything that is open is closed at the end. */
START_TEST(all_end)
{
	int fds[3] = {connected(ROOT), connected(ALICE), connected(BOB)};

	settle();
	conn_end_all(&server);
	for (size_t i = 0; i < COUNT(fds); i++)
		ck_assert_int_eq(finished(fds[i]), CLOSED);
}
END_TEST

static void add_tests(TCase *t, const TTest *const *tests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tcase_add_test(t, tests[i]);
}

int main(void)
{
	Suite *s = suite_create("conn");
	TCase *t = tcase_create("conn");
	const TTest *const tests[] = {answers_and_ends, what_breaks_the_protocol, another_version,
		says_nothing, a_uids_share, uids_without_an_account, verifiers_have_more, newcomers,
		roots_many, names_cannot_be_asked, names_fail, names_are_asked_once,
		names_change_meanwhile, gone_while_asking, the_person_is_asked,
		changed_at_the_prompt, gone_at_the_prompt, nobody_to_ask_the_person,
		gone_while_writing, reads_while_writing, sessions_wait_for_no_disk,
		a_claim_is_given_back, uses_are_counted, refusals_are_told_so_often,
		the_clock_is_reset, a_slow_reader, a_reader_that_stops, no_room_for_an_answer,
		names_within_a_stream, an_errand_within_a_stream, a_stream_to_patd, a_long_stream,
		a_refused_item, a_broken_stream, nobody_to_tell_go, bulk_work, all_end};

	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_set_timeout(t, 30);
	add_tests(t, tests, COUNT(tests));
	suite_add_tcase(s, t);
	return unit_run(s);
}
