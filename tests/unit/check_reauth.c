/*
 * check_reauth.c: re-authentication with the real libpam and pam_unix, on accounts in an /etc of
 * the test's own. Needs root. The person is played by the test: its end of the client's connection
 * is made under the person's uid, and what the person may do to the child is done by a process of
 * that uid.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "common/err.h"
#include "common/proto.h"
#include "patd/reauth.h"
#include "tests/unit/private_etc.h"
#include "tests/unit/unit.h"

enum {
	ALICE = 1000,
	BOB = 1001,
	CAROL = 1002,
	DAVE = 1003,
	ERIN = 1004,
	FRANK = 1005,
	NONE = 4242
};

#define PASSWORD "right horse"
#define HASH                                                                                       \
	"$6$pam_pat$AiwSsdpQS6hOZcdbeY.6PgmnRKFF.ADL1sIvb9B5o."                                    \
	"0oNVWhBRYcTpkrfWvULULPwLsaiRr4iCsEqwth"                                                   \
	"fq3cH/"
#define TOKEN "pat_4fJk29sQxZbGm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd1iHlU4"

static const char *passwd_text =
	"root:x:0:0::/:/bin/sh\n"
	"alice:x:1000:1000::/:/bin/sh\n"
	"bob:x:1001:1001::/:/bin/sh\n"
	"carol:x:1002:1002::/:/bin/sh\n"
	"dave:x:1003:1003::/:/bin/sh\n"
	"erin:x:1004:1004::/:/bin/sh\n"
	"frank:x:1005:1005::/:/bin/sh\n"
	"alice:x:1006:1006::/:/bin/sh\n"; /* a uid whose name leads to another uid */

static const char *shadow_text = "root:*:19000:0:99999:7:::\n"
				 "alice:" HASH ":19000:0:99999:7:::\n"
				 "bob:" HASH ":19000:0:99999:7:::\n"
				 "carol:!:19000:0:99999:7:::\n"
				 "dave:" HASH ":0:0:99999:7:::\n"
				 "erin:" HASH ":19000:0:99999:7::19001:\n"
				 "frank:!" HASH ":19000:0:99999:7:::\n";

#define UNIX_STACK                                                                                 \
	"auth required pam_unix.so nodelay\n"                                                      \
	"account required pam_unix.so\n"

/* ---- the parent ---- */

static struct event_base *loop_base;
static struct reauth *reauth;
static struct {
	int count;
	uint32_t id;
	int err;
	char message[LIMIT_MESSAGE + 1];
} last; /* what reauth_done was told */

static void on_done(void *arg, uint32_t id, int err, const char *message)
{
	ck_assert_ptr_eq(arg, &last);
	last.count++;
	last.id = id;
	last.err = err;
	snprintf(last.message, sizeof(last.message), "%s", message);
}

static void set_up(void)
{
	ck_assert(private_etc());
	ck_assert(put_file("/etc/nsswitch.conf", 0644, "passwd: files\nshadow: files\n"));
	ck_assert(put_file("/etc/passwd", 0644, passwd_text));
	ck_assert(put_file("/etc/shadow", 0640, shadow_text));
	ck_assert_int_eq(mkdir("/etc/pam.d", 0755), 0);
	ck_assert(put_file("/etc/pam.d/patctl", 0644, UNIX_STACK));
	/* what libpam would take for a service without a file: it would let everyone in */
	ck_assert(put_file("/etc/pam.d/other", 0644,
		"auth required pam_permit.so\naccount required pam_permit.so\n"));
	loop_base = event_base_new();
	ck_assert_ptr_nonnull(loop_base);
	reauth = reauth_new(loop_base, on_done, &last);
	ck_assert_ptr_nonnull(reauth);
}

/*
 * The deadline of a re-authentication is two minutes and that of a prompt one: too long for a test.
 * So both are made a hundred times shorter, here, on their way to libevent and to the kernel.
 */
static bool hurry;

static int64_t hurried(int64_t ms)
{
	return hurry && ms >= LIMIT_PROMPT_MS ? ms / 100 : ms;
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	int64_t ms = hurried(timeout);
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	return ppoll(fds, n, timeout < 0 ? NULL : &t, NULL);
}

int event_add(struct event *e, const struct timeval *tv)
{
	int (*real)(struct event *, const struct timeval *);
	struct timeval t;

	*(void **)&real = dlsym(RTLD_NEXT, "event_add");
	if (tv) {
		int64_t ms = hurried((int64_t)tv->tv_sec * 1000 + tv->tv_usec / 1000);

		t = (struct timeval){ms / 1000, ms % 1000 * 1000};
	}
	return real(e, tv ? &t : NULL);
}

static void tear_down(void)
{
	reauth_free(reauth);
	event_base_free(loop_base);
}

/* ---- the person ---- */

struct person {
	uint32_t id;
	int fd;		 /* their end of the connection */
	pid_t child;	 /* who talks with them, once it said something */
	uid_t child_uid; /* its real uid */
};

/* Connects as `uid` and starts a re-authentication of the next number. */
static struct person meet(uid_t uid)
{
	static uint32_t next_id = 100;
	struct person p = {.id = next_id++};
	int pair[2], on = 1;

	ck_assert_int_eq(seteuid(uid), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(seteuid(0), 0);
	p.fd = pair[0];
	ck_assert_int_eq(setsockopt(p.fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	reauth_start(reauth, pair[1], p.id);
	return p;
}

/* Receives one packet and who sent it; 0 at the end of the conversation. */
static size_t receive(struct person *p, char packet[LIMIT_PACKET])
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = {packet, LIMIT_PACKET};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes)};
	ssize_t n = recvmsg(p->fd, &msg, 0);
	struct ucred cred;

	ck_assert_int_ge(n, 0);
	if (n > 0) {
		ck_assert_ptr_nonnull(CMSG_FIRSTHDR(&msg));
		memcpy(&cred, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(cred));
		p->child = cred.pid;
		p->child_uid = cred.uid;
	}
	return (size_t)n;
}

static void hear(struct person *p, enum proto_style style, const char *text)
{
	char packet[LIMIT_PACKET];
	struct proto_msg m;
	size_t n = receive(p, packet);

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(proto_decode(packet, n, &m), 0);
	ck_assert_int_eq(m.verb, VERB_PROMPT);
	ck_assert_uint_eq(proto_number(&m, TAG_STYLE), style);
	ck_assert_msg(span_is(proto_text(&m, TAG_MESSAGE), text), "heard %.*s, not %s",
		(int)proto_text(&m, TAG_MESSAGE).n, proto_text(&m, TAG_MESSAGE).p, text);
}

static void say(const struct person *p, const char *text)
{
	struct proto_out o;
	size_t n;

	proto_begin(&o, VERB_RESPONSE);
	proto_put_string(&o, TAG_RESPONSE, text);
	n = proto_end(&o);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(send(p->fd, o.packet, n, MSG_NOSIGNAL), (ssize_t)n);
}

static void asked_for_password(struct person *p)
{
	hear(p, STYLE_ECHO_OFF, "Password: ");
}

/* What pam_ftp asks. */
static void asked_for_address(struct person *p)
{
	hear(p, STYLE_ECHO_OFF, "Guest login ok, send your complete e-mail address as password.");
}

/* Runs the parent's loop until `done` was called once more than `before` times. */
static void await_done(int before)
{
	while (last.count == before)
		ck_assert_int_eq(event_base_loop(loop_base, EVLOOP_ONCE), 0);
	ck_assert_int_eq(last.count, before + 1);
}

/* ... for this person, and they hang up. */
static int outcome(const struct person *p)
{
	await_done(last.count);
	ck_assert_uint_eq(last.id, p->id);
	close(p->fd);
	return last.err;
}

static int try(uid_t uid, const char *password)
{
	struct person p = meet(uid);

	asked_for_password(&p);
	say(&p, password);
	return outcome(&p);
}

/* Until the child is gone, its zombie included. */
static void await_gone(pid_t child)
{
	while (kill(child, 0) == 0)
		ck_assert_int_ge(event_base_loop(loop_base, EVLOOP_ONCE), 0);
	ck_assert_int_eq(errno, ESRCH);
}

/* reauth_start() said no at once, without a conversation. */
static void ck_refused_at_once(uid_t uid, int err)
{
	int before = last.count;
	struct person p = meet(uid);
	char packet[LIMIT_PACKET];

	ck_assert_int_eq(last.count, before + 1);
	ck_assert_uint_eq(last.id, p.id);
	ck_assert_int_eq(last.err, err);
	ck_assert_str_eq(last.message, "");
	ck_assert_uint_eq(receive(&p, packet), 0); /* the parent's copy is closed */
	close(p.fd);
}

/* What the person may do to the child. */
static void signal_as(uid_t uid, pid_t child, int signal_number)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(setresuid(uid, uid, uid) < 0 || kill(child, signal_number) < 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void set_stack(const char *text)
{
	ck_assert(put_file("/etc/pam.d/patctl", 0644, text));
}

/* The second question shows that the answer to the first was taken. */
static void set_stack_of_two_questions(void)
{
	set_stack(UNIX_STACK "auth required pam_ftp.so users=alice\n");
}

/* ---- what comes of it ---- */

START_TEST(right_password)
{
	struct person p = meet(ALICE);

	asked_for_password(&p);
	say(&p, PASSWORD);
	ck_assert_int_eq(outcome(&p), 0);
	ck_assert_str_eq(last.message, "");
	await_gone(p.child);
	ck_assert_int_eq(last.count, 1);
}
END_TEST

static const char *const wrong[] = {"", "wrong", "right hors", "right horse ", "Right horse", HASH,
	"x", "!", "right horse\nright horse"};

START_TEST(wrong_password)
{
	ck_assert_int_eq(try(ALICE, wrong[_i]), ERR_REAUTH);
	ck_assert_str_eq(last.message, "");
	ck_assert_int_eq(try(ALICE, PASSWORD), 0);
}
END_TEST

START_TEST(five_wrong_passwords_block_this_uid_only)
{
	for (int i = 0; i < LIMIT_REAUTH_FAILURES; i++)
		ck_assert_int_eq(try(ALICE, "wrong"), ERR_REAUTH);
	ck_refused_at_once(ALICE, ERR_REAUTH_BLOCKED);
	ck_assert_int_eq(try(BOB, PASSWORD), 0);
	ck_refused_at_once(ALICE, ERR_REAUTH_BLOCKED);
}
END_TEST

START_TEST(success_forgets_failures)
{
	for (int round = 0; round < 2; round++) {
		for (int i = 1; i < LIMIT_REAUTH_FAILURES; i++)
			ck_assert_int_eq(try(ALICE, "wrong"), ERR_REAUTH);
		ck_assert_int_eq(try(ALICE, PASSWORD), 0);
	}
}
END_TEST

START_TEST(a_token_is_no_password)
{
	for (int i = 0; i < LIMIT_REAUTH_FAILURES; i++) {
		ck_assert_int_eq(try(ALICE, TOKEN), ERR_REAUTH);
		ck_assert_str_eq(last.message, "a token does not authorise managing tokens");
	}
	ck_refused_at_once(ALICE, ERR_REAUTH_BLOCKED);
}
END_TEST

/* Not even where the stack lets in whoever stands before it. */
START_TEST(a_token_fails_whatever_the_stack_says)
{
	set_stack("auth optional pam_unix.so nodelay\n"
		  "auth required pam_permit.so\n"
		  "account required pam_permit.so\n");
	ck_assert_int_eq(try(ALICE, TOKEN), ERR_REAUTH);
	ck_assert_int_eq(try(ALICE, "anything"), 0);
}
END_TEST

START_TEST(after_a_token_nothing_more_is_asked)
{
	char packet[LIMIT_PACKET];
	struct person p;

	set_stack_of_two_questions();
	p = meet(ALICE);
	asked_for_password(&p);
	say(&p, TOKEN);
	ck_assert_uint_eq(receive(&p, packet), 0);
	ck_assert_int_eq(outcome(&p), ERR_REAUTH);
}
END_TEST

START_TEST(no_password_at_all)
{
	ck_assert_int_eq(try(CAROL, "guess"), ERR_NO_FACTOR);
	ck_assert_str_eq(
		last.message, "carol has no password here; ask root: patctl -u carol mint ...");
}
END_TEST

START_TEST(a_locked_password)
{
	ck_assert_int_eq(try(FRANK, PASSWORD), ERR_REAUTH);
	ck_assert_str_eq(last.message, "");
}
END_TEST

START_TEST(a_password_that_must_be_changed)
{
	struct person p = meet(DAVE);

	asked_for_password(&p);
	say(&p, PASSWORD);
	hear(&p, STYLE_ERROR,
		"You are required to change your password immediately (administrator enforced).");
	ck_assert_int_eq(outcome(&p), ERR_REAUTH);
	ck_assert_str_eq(last.message, "your password must be changed first");
}
END_TEST

START_TEST(an_expired_account)
{
	struct person p = meet(ERIN);

	asked_for_password(&p);
	say(&p, PASSWORD);
	hear(&p, STYLE_ERROR,
		"Your account has expired; please contact your system administrator.");
	ck_assert_int_eq(outcome(&p), ERR_REAUTH);
	ck_assert_str_eq(last.message, "your account has expired");
}
END_TEST

START_TEST(without_the_pam_file_nobody_is_let_in)
{
	struct person p;

	ck_assert_int_eq(unlink("/etc/pam.d/patctl"), 0);
	p = meet(ALICE);
	ck_assert_int_eq(outcome(&p), ERR_REAUTH);
	ck_assert_str_eq(
		last.message, "/etc/pam.d/patctl is missing: re-authentication is refused");
}
END_TEST

START_TEST(a_broken_stack_lets_nobody_in)
{
	struct person p;

	set_stack("auth required pam_no_such_module.so\n");
	p = meet(ALICE);
	ck_assert_int_eq(outcome(&p), ERR_REAUTH);
}
END_TEST

/* pam_rootok asks for the real uid, and pam_ftp makes the first of its users of any of them. */
START_TEST(rootok_does_not_take_the_person_for_root)
{
	struct person p;

	set_stack("auth required pam_rootok.so\naccount required pam_permit.so\n");
	p = meet(ALICE);
	ck_assert_int_eq(outcome(&p), ERR_REAUTH);
}
END_TEST

START_TEST(a_changed_pam_user_is_refused)
{
	struct person p;

	set_stack("auth required pam_ftp.so users=bob,alice\naccount required pam_permit.so\n");
	p = meet(ALICE);
	asked_for_address(&p);
	say(&p, "alice@example.org");
	ck_assert_int_eq(outcome(&p), ERR_REAUTH);
	p = meet(BOB);
	asked_for_address(&p);
	say(&p, "bob@example.org");
	ck_assert_int_eq(outcome(&p), 0);
}
END_TEST

START_TEST(what_modules_say_is_heard)
{
	struct person p;

	set_stack("auth optional pam_echo.so hello %u, from %U\n" UNIX_STACK);
	p = meet(ALICE);
	hear(&p, STYLE_INFO, "hello alice, from alice");
	asked_for_password(&p);
	say(&p, PASSWORD);
	ck_assert_int_eq(outcome(&p), 0);
}
END_TEST

START_TEST(long_prompts_are_cut)
{
	char line[LIMIT_MESSAGE + 200], heard[LIMIT_MESSAGE + 1] = "";
	struct person p;

	memset(line, 'w', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	memset(heard, 'w', LIMIT_MESSAGE);
	ck_assert(put_file("/etc/words", 0644, line));
	set_stack("auth optional pam_echo.so file=/etc/words\n" UNIX_STACK);
	p = meet(ALICE);
	hear(&p, STYLE_INFO, heard);
	asked_for_password(&p);
	close(p.fd);
	await_done(0);
}
END_TEST

/* A stack of `count` times this line, then the usual one. */
static void set_long_stack(const char *line, int count)
{
	char text[8192] = "";

	while (count-- > 0)
		strcat(text, line);
	strcat(text, UNIX_STACK);
	set_stack(text);
}

START_TEST(answers_are_limited)
{
	struct person p;

	set_long_stack("auth required pam_ftp.so users=alice\n", 8);
	p = meet(ALICE);
	for (int i = 0; i < 8; i++) {
		asked_for_address(&p);
		say(&p, "alice@example.org");
	}
	ck_assert_int_eq(outcome(&p), ERR_REAUTH);
	ck_assert_str_eq(last.message, "too many questions");
}
END_TEST

START_TEST(messages_are_limited)
{
	struct person p;

	set_long_stack("auth optional pam_echo.so hello\n", 32);
	p = meet(ALICE);
	for (int i = 0; i < 32; i++)
		hear(&p, STYLE_INFO, "hello");
	ck_assert_int_eq(outcome(&p), ERR_REAUTH);
	ck_assert_str_eq(last.message, "too many questions");
}
END_TEST

/* ---- who it is ---- */

static const struct {
	uid_t uid;
	int err;
} peers[] = {{0, ERR_NOT_PERMITTED}, {65534, ERR_NOT_PERMITTED}};

START_TEST(some_uids_are_nobody)
{
	ck_refused_at_once(peers[_i].uid, peers[_i].err);
}
END_TEST

START_TEST(a_uid_without_a_name)
{
	struct person p = meet(NONE);

	ck_assert_int_eq(outcome(&p), ERR_NO_ACCOUNT);
}
END_TEST

START_TEST(a_name_that_leads_elsewhere)
{
	struct person p = meet(1006);

	ck_assert_int_eq(outcome(&p), ERR_NAMES);
}
END_TEST

START_TEST(children_are_limited)
{
	for (uid_t i = 0; i < LIMIT_CONNS; i++)
		close(meet(NONE + i).fd);
	ck_assert_int_eq(last.count, 0);
	ck_refused_at_once(ALICE, ERR_BUSY);
	while (event_base_loop(loop_base, EVLOOP_ONCE) == 0)
		; /* until nothing is left to wait for: all are reaped */
	ck_assert_int_eq(last.count, 1 + LIMIT_CONNS);
	ck_assert_int_eq(last.err, ERR_NO_ACCOUNT);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(try(ALICE, PASSWORD), 0);
}
END_TEST

static int count_fds_of(pid_t pid)
{
	char path[64];
	struct dirent *e;
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

START_TEST(the_child_has_the_real_uid_and_nothing_of_the_parents)
{
	int open_for_all = open("/etc/shadow", O_RDWR); /* not even CLOEXEC */
	struct person p = meet(ALICE);

	ck_assert_int_ge(open_for_all, 0);
	asked_for_password(&p);
	ck_assert_uint_eq(p.child_uid, ALICE);
	/* stdio, the client, the reports */
	ck_assert_int_eq(count_fds_of(p.child), 5);
	say(&p, PASSWORD);
	ck_assert_int_eq(outcome(&p), 0);
}
END_TEST

/* ---- who goes away, stops, kills ---- */

START_TEST(hanging_up_ends_it_and_is_no_failure)
{
	for (int i = 0; i < 2 * LIMIT_REAUTH_FAILURES; i++) {
		struct person p = meet(ALICE);

		asked_for_password(&p);
		ck_assert_int_eq(shutdown(p.fd, SHUT_RDWR), 0);
		ck_assert_int_eq(outcome(&p), ERR_IO);
	}
	ck_assert_int_eq(try(ALICE, PASSWORD), 0);
}
END_TEST

START_TEST(hanging_up_after_an_answer_is_a_failure)
{
	set_stack_of_two_questions();
	for (int i = 0; i < LIMIT_REAUTH_FAILURES; i++) {
		struct person p = meet(ALICE);

		asked_for_password(&p);
		say(&p, "guess");
		asked_for_address(&p);
		ck_assert_int_eq(shutdown(p.fd, SHUT_RDWR), 0);
		ck_assert_int_eq(outcome(&p), ERR_IO);
	}
	ck_refused_at_once(ALICE, ERR_REAUTH_BLOCKED);
}
END_TEST

START_TEST(killing_the_child_after_an_answer_is_a_failure)
{
	set_stack_of_two_questions();
	for (int i = 0; i < LIMIT_REAUTH_FAILURES; i++) {
		struct person p = meet(ALICE);

		asked_for_password(&p);
		say(&p, "guess");
		asked_for_address(&p);
		signal_as(ALICE, p.child, SIGKILL);
		ck_assert_int_eq(outcome(&p), ERR_REAUTH);
		await_gone(p.child);
	}
	ck_refused_at_once(ALICE, ERR_REAUTH_BLOCKED);
}
END_TEST

START_TEST(killing_the_child_before_an_answer_is_none)
{
	for (int i = 0; i < 2 * LIMIT_REAUTH_FAILURES; i++) {
		struct person p = meet(ALICE);

		asked_for_password(&p);
		signal_as(ALICE, p.child, SIGKILL);
		ck_assert_int_eq(outcome(&p), ERR_REAUTH);
	}
	ck_assert_int_eq(try(ALICE, PASSWORD), 0);
}
END_TEST

/* What the parent ignores or handles does not pass to the child. */
START_TEST(the_child_has_default_signals)
{
	struct person p;

	ck_assert_ptr_ne(signal(SIGTERM, SIG_IGN), SIG_ERR);
	p = meet(ALICE);
	asked_for_password(&p);
	signal_as(ALICE, p.child, SIGTERM);
	ck_assert_int_eq(outcome(&p), ERR_REAUTH);
}
END_TEST

START_TEST(a_stopped_child_delays_nobody)
{
	struct person p = meet(ALICE);

	asked_for_password(&p);
	signal_as(ALICE, p.child, SIGSTOP);
	say(&p, PASSWORD);
	ck_assert_int_eq(try(BOB, PASSWORD), 0);
	ck_assert_int_eq(try(ALICE, PASSWORD), 0);
	signal_as(ALICE, p.child, SIGCONT);
	ck_assert_int_eq(outcome(&p), 0);
}
END_TEST

START_TEST(a_stopped_child_is_killed_at_the_deadline)
{
	struct person p;

	hurry = true;
	p = meet(ALICE);
	asked_for_password(&p);
	signal_as(ALICE, p.child, SIGSTOP);
	ck_assert_int_eq(outcome(&p), ERR_TIMEOUT);
	ck_assert_str_eq(last.message, "re-authentication took too long");
	await_gone(p.child);
}
END_TEST

START_TEST(a_prompt_is_not_waited_for_for_ever)
{
	struct person p;

	hurry = true;
	p = meet(ALICE);
	asked_for_password(&p);
	ck_assert_int_eq(outcome(&p), ERR_TIMEOUT);
	ck_assert_str_eq(last.message, "no answer in time");
}
END_TEST

START_TEST(attempts_under_way_count)
{
	struct person p[LIMIT_REAUTH_FAILURES];

	for (int i = 0; i < LIMIT_REAUTH_FAILURES; i++) {
		p[i] = meet(ALICE);
		asked_for_password(&p[i]);
	}
	ck_refused_at_once(ALICE, ERR_REAUTH_BLOCKED);
	ck_assert_int_eq(shutdown(p[0].fd, SHUT_RDWR), 0);
	ck_assert_int_eq(outcome(&p[0]), ERR_IO);
	ck_assert_int_eq(try(ALICE, PASSWORD), 0);
}
END_TEST

START_TEST(cancelled)
{
	for (int i = 0; i < 2 * LIMIT_REAUTH_FAILURES; i++) {
		struct person p = meet(ALICE);

		asked_for_password(&p);
		reauth_cancel(reauth, p.id + 1); /* another's number: nothing happens */
		ck_assert_int_eq(kill(p.child, 0), 0);
		reauth_cancel(reauth, p.id);
		reauth_cancel(reauth, p.id);
		await_gone(p.child);
		close(p.fd);
	}
	ck_assert_int_eq(last.count, 0);
	ck_assert_int_eq(try(ALICE, PASSWORD), 0);
}
END_TEST

/* Even if the parent has not heard of the answer yet. */
START_TEST(cancelled_after_an_answer_is_a_failure)
{
	set_stack_of_two_questions();
	for (int i = 0; i < LIMIT_REAUTH_FAILURES; i++) {
		struct person p = meet(ALICE);

		asked_for_password(&p);
		say(&p, "guess");
		asked_for_address(&p);
		reauth_cancel(reauth, p.id);
		await_gone(p.child);
		close(p.fd);
	}
	ck_assert_int_eq(last.count, 0);
	ck_refused_at_once(ALICE, ERR_REAUTH_BLOCKED);
}
END_TEST

START_TEST(children_do_not_outlive_the_parent)
{
	struct person p = meet(ALICE);
	int status;

	asked_for_password(&p);
	reauth_free(reauth);
	reauth = NULL;
	ck_assert_int_eq(waitpid(p.child, &status, 0), p.child);
	ck_assert(WIFSIGNALED(status));
	close(p.fd);
}
END_TEST

/* ---- hostile bytes instead of an answer ---- */

static const struct {
	const char *bytes;
	size_t n;
	int err;
} packets[] = {
	{"\1\x20\0\0", 4, ERR_PROTO},			      /* another verb */
	{"\1\x30\0\0", 4, ERR_PROTO},			      /* a response without one */
	{"\2\x30\0\x0e\x2b\0\x0bright horse", 18, ERR_PROTO}, /* another version */
	{"\1\x30\0\x0e\x2b\0\x0bright horse\0", 19, ERR_PROTO},
	{"\1\x30\0\x0e\x2b\0\x0cright horse", 18, ERR_PROTO},
	{"\1\x30\0\x0e\x2b\0\x0bright\0hors", 18, ERR_PROTO}, /* a NUL in the text */
	{"right horse", 11, ERR_PROTO}, {"\1", 1, ERR_PROTO}, {"", 0, ERR_IO}, /* as an end */
};

START_TEST(not_an_answer)
{
	struct person p = meet(ALICE);

	asked_for_password(&p);
	ck_assert_int_eq(send(p.fd, packets[_i].bytes, packets[_i].n, 0), (ssize_t)packets[_i].n);
	ck_assert_int_eq(outcome(&p), packets[_i].err);
}
END_TEST

START_TEST(a_packet_too_long)
{
	static const char packet[2 * LIMIT_PACKET] = "\1\x30";
	struct person p = meet(ALICE);

	asked_for_password(&p);
	ck_assert_int_eq(send(p.fd, packet, sizeof(packet), 0), sizeof(packet));
	ck_assert_int_eq(outcome(&p), ERR_PROTO);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static void add_tests(TCase *t)
{
	ADD_PRIVATE(t, right_password, 1);
	ADD_PRIVATE(t, wrong_password, ROWS(wrong));
	ADD_PRIVATE(t, five_wrong_passwords_block_this_uid_only, 1);
	ADD_PRIVATE(t, success_forgets_failures, 1);
	ADD_PRIVATE(t, a_token_is_no_password, 1);
	ADD_PRIVATE(t, a_token_fails_whatever_the_stack_says, 1);
	ADD_PRIVATE(t, after_a_token_nothing_more_is_asked, 1);
	ADD_PRIVATE(t, no_password_at_all, 1);
	ADD_PRIVATE(t, a_locked_password, 1);
	ADD_PRIVATE(t, a_password_that_must_be_changed, 1);
	ADD_PRIVATE(t, an_expired_account, 1);
	ADD_PRIVATE(t, without_the_pam_file_nobody_is_let_in, 1);
	ADD_PRIVATE(t, a_broken_stack_lets_nobody_in, 1);
	ADD_PRIVATE(t, rootok_does_not_take_the_person_for_root, 1);
	ADD_PRIVATE(t, a_changed_pam_user_is_refused, 1);
	ADD_PRIVATE(t, what_modules_say_is_heard, 1);
	ADD_PRIVATE(t, long_prompts_are_cut, 1);
	ADD_PRIVATE(t, answers_are_limited, 1);
	ADD_PRIVATE(t, messages_are_limited, 1);
	ADD_PRIVATE(t, some_uids_are_nobody, ROWS(peers));
	ADD_PRIVATE(t, a_uid_without_a_name, 1);
	ADD_PRIVATE(t, a_name_that_leads_elsewhere, 1);
	ADD_PRIVATE(t, children_are_limited, 1);
	ADD_PRIVATE(t, the_child_has_the_real_uid_and_nothing_of_the_parents, 1);
	ADD_PRIVATE(t, hanging_up_ends_it_and_is_no_failure, 1);
	ADD_PRIVATE(t, hanging_up_after_an_answer_is_a_failure, 1);
	ADD_PRIVATE(t, killing_the_child_after_an_answer_is_a_failure, 1);
	ADD_PRIVATE(t, killing_the_child_before_an_answer_is_none, 1);
	ADD_PRIVATE(t, the_child_has_default_signals, 1);
	ADD_PRIVATE(t, a_stopped_child_delays_nobody, 1);
	ADD_PRIVATE(t, a_stopped_child_is_killed_at_the_deadline, 1);
	ADD_PRIVATE(t, a_prompt_is_not_waited_for_for_ever, 1);
	ADD_PRIVATE(t, attempts_under_way_count, 1);
	ADD_PRIVATE(t, cancelled, 1);
	ADD_PRIVATE(t, cancelled_after_an_answer_is_a_failure, 1);
	ADD_PRIVATE(t, children_do_not_outlive_the_parent, 1);
	ADD_PRIVATE(t, not_an_answer, ROWS(packets));
	ADD_PRIVATE(t, a_packet_too_long, 1);
}

int main(void)
{
	Suite *s = suite_create("reauth");
	TCase *t = tcase_create("reauth");

	if (!private_etc_possible()) {
		printf("skipped: reauth needs root\n");
		return 77;
	}
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	add_tests(t);
	suite_add_tcase(s, t);
	return unit_run(s);
}
