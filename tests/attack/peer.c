/*-
 * peer STEP...: a client of patd that does as it is told, step by step, for what patctl and the
 * module never do. The steps:
 *
 *   connect=PATH          to a socket; what was connected before is closed
 *   uid=REAL,EFFECTIVE    changes those two uids, and the saved one to the effective
 *   drop                  gives up what a set-uid bit gave, for good
 *   pass=UID              all further steps are another process's, of this uid, which gets the
 *                         descriptor by SCM_RIGHTS
 *   user= service= id= name= token=   what requests carry from now on; token=- is a line of stdin
 *   process=PID           likewise, what /proc says of it; 0: of this process
 *   send=VERB             the request of that name, with those of the above that it carries
 *   receive               prints a packet: its verb, an error by name, an owner and name, and
 *                         "for root" if it has what only root is told; "closed" at the end
 *   end                   no more will be sent
 *   run=COMMAND           of the shell, with our pid in $PEER; it has to succeed
 *
 * A step that fails says so, and ends it with status 1.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/err.h"
#include "common/process.h"
#include "common/proto.h"
#include "tests/lib/unix_socket.h"

static int fd = -1;
static const char *text[PROTO_TAG_END];
static uint8_t process[PROCESS_BYTES];
static bool has_process;

static void fail(const char *step)
{
	printf("%s: %s\n", step, strerror(errno));
	fflush(stdout);
	_exit(1);
}

static void do_connect(const char *path)
{
	if (fd >= 0)
		close(fd);
	fd = unix_connect(path);
	if (fd < 0)
		fail("connect");
}

static void do_uid(const char *value)
{
	char *end;
	uid_t real = (uid_t)strtoul(value, &end, 10);
	uid_t effective = *end == ',' ? (uid_t)strtoul(end + 1, NULL, 10) : real;

	if (setresuid(real, effective, effective) < 0)
		fail("uid");
}

static void do_drop(const char *value)
{
	(void)value;
	if (setresuid(getuid(), getuid(), getuid()) < 0)
		fail("drop");
}

static void give(int to)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec byte = {&(char){'x'}, 1};
	struct msghdr m = {.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space)};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(to, &m, 0) != 1)
		fail("pass");
}

static void take(int from)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space)};

	if (recvmsg(from, &m, 0) != 1 || !CMSG_FIRSTHDR(&m))
		fail("pass");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
}

/* The receiver was there before the connection was given away, and never had it otherwise. */
static void do_pass(const char *uid)
{
	int pair[2], status;
	pid_t pid;

	fflush(stdout);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		fail("pass");
	pid = fork();
	if (pid < 0)
		fail("pass");
	if (pid == 0) {
		close(fd);
		do_uid(uid);
		take(pair[1]);
		return;
	}
	give(pair[0]);
	close(fd);
	if (waitpid(pid, &status, 0) != pid)
		fail("pass");
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void do_process(const char *pid)
{
	struct process p;
	int err = *pid == '0' ? process_self(&p) : process_read((uint32_t)atoi(pid), &p);

	if (err) {
		errno = ESRCH;
		fail("process");
	}
	process_encode(&p, process);
	has_process = true;
}

static const struct request {
	const char *name;
	enum proto_verb verb;
	enum proto_tag tags[4]; /* of texts; 0 ends them */
	bool flag_all, with_process;
} requests[] = {
	{"status", VERB_STATUS, {0}, false, false},
	{"list", VERB_LIST, {0}, false, false},
	{"list-all", VERB_LIST, {0}, true, false},
	{"clock-reset", VERB_CLOCK_RESET, {0}, false, false},
	{"mint", VERB_MINT, {TAG_NAME, TAG_USER, 0}, false, false},
	{"verify", VERB_VERIFY, {TAG_TOKEN, TAG_USER, TAG_SERVICE, 0}, false, true},
	{"session-open", VERB_SESSION_OPEN, {TAG_ID, TAG_USER, TAG_SERVICE, 0}, false, true},
	{"session-close", VERB_SESSION_CLOSE, {TAG_ID, 0}, false, true},
};

static void send_request(const struct request *r)
{
	static struct proto_out out;
	size_t n;

	proto_begin(&out, r->verb);
	for (size_t i = 0; i < 4 && r->tags[i]; i++)
		if (text[r->tags[i]])
			proto_put_string(&out, r->tags[i], text[r->tags[i]]);
	if (r->flag_all)
		proto_put_number(&out, TAG_ALL, 1);
	if (r->with_process && has_process)
		proto_put_text(
			&out, TAG_PROCESS, (struct span){(const char *)process, sizeof(process)});
	n = proto_end(&out);
	errno = EINVAL;
	/* Where patd has closed already, receive tells. */
	if (n == 0 || (send(fd, out.packet, n, MSG_NOSIGNAL) < 0 && errno != EPIPE &&
			      errno != ECONNRESET))
		fail("send");
}

static void do_send(const char *name)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (strcmp(requests[i].name, name) == 0) {
			send_request(&requests[i]);
			return;
		}
	errno = ENOSYS;
	fail(name);
}

static const struct {
	enum proto_verb verb;
	const char *name;
} answers[] = {
	{VERB_OK, "OK"},
	{VERB_MORE, "MORE"},
	{VERB_ERROR, "ERROR"},
	{VERB_PROMPT, "PROMPT"},
	{VERB_ITEM, "ITEM"},
};

static void print_answer(const struct proto_msg *m)
{
	const char *name = "something else";
	struct span owner = proto_text(m, TAG_OWNER), token = proto_text(m, TAG_NAME);

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (answers[i].verb == m->verb)
			name = answers[i].name;
	printf("%s", name);
	if (proto_has(m, TAG_ERROR))
		printf(" %s", err_info(err_from_wire(proto_number(m, TAG_ERROR)))->json);
	if (owner.n > 0)
		printf(" %.*s", (int)owner.n, owner.p);
	if (token.n > 0)
		printf(" %.*s", (int)token.n, token.p);
	puts(proto_has(m, TAG_STARTED) ? " for root" : "");
}

static void do_receive(const char *value)
{
	static uint8_t packet[LIMIT_PACKET];
	ssize_t n = recv(fd, packet, sizeof(packet), 0);
	struct proto_msg m;

	(void)value;
	if (n < 0 && errno == ECONNRESET) /* told once, ahead of what was answered */
		n = recv(fd, packet, sizeof(packet), 0);
	if (n <= 0)
		puts("closed");
	else if (proto_decode(packet, (size_t)n, &m))
		puts("malformed");
	else
		print_answer(&m);
}

static void do_end(const char *value)
{
	(void)value;
	if (shutdown(fd, SHUT_WR) < 0)
		fail("end");
}

static void do_run(const char *command)
{
	char pid[16];

	fflush(stdout);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("PEER", pid, 1);
	errno = ECHILD;
	if (system(command) != 0)
		fail("run");
}

static void do_token(const char *value)
{
	static char line[256];

	if (strcmp(value, "-") == 0) {
		if (!fgets(line, sizeof(line), stdin))
			fail("token");
		line[strcspn(line, "\n")] = '\0';
		value = line;
	}
	text[TAG_TOKEN] = value;
}

static const struct {
	const char *name;
	enum proto_tag tag; /* that is set, where there is no function */
	void (*run)(const char *value);
} steps[] = {
	{"connect", 0, do_connect},
	{"uid", 0, do_uid},
	{"drop", 0, do_drop},
	{"pass", 0, do_pass},
	{"process", 0, do_process},
	{"send", 0, do_send},
	{"receive", 0, do_receive},
	{"end", 0, do_end},
	{"run", 0, do_run},
	{"token", 0, do_token},
	{"user", TAG_USER, NULL},
	{"service", TAG_SERVICE, NULL},
	{"id", TAG_ID, NULL},
	{"name", TAG_NAME, NULL},
};

static void take_step(const char *step)
{
	size_t n = strcspn(step, "=");
	const char *value = step[n] ? step + n + 1 : "";

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strlen(steps[i].name) == n && strncmp(steps[i].name, step, n) == 0) {
			if (steps[i].run)
				steps[i].run(value);
			else
				text[steps[i].tag] = value;
			return;
		}
	errno = ENOSYS;
	fail(step);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		take_step(argv[i]);
	return 0;
}
