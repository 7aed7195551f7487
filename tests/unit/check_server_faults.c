/*
 * check_server_faults.c: the store process, as the root parent starts it: in a process of its own,
 * with the test as its parent and its clients, and a real names process. What it refuses, what
 * makes it end, what it has written by then; and each call that it makes at its start failing in
 * turn.
 */
#include "tests/unit/faults.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/err.h"
#include "common/proto.h"
#include "patd/audit.h"
#include "patd/chan.h"
#include "patd/control.h"
#include "patd/names.h"
#include "patd/sandbox.h"
#include "patd/server.h"
#include "tests/unit/conf.h"

static char dir[BASE_DIR], state[BASE_DIR + 8];
static int control, names_fd;
static pid_t server_pid, names_pid;
static FILE *log_file;

enum { FAILED = 1, FAULT_MET = 2 }; /* bits of the exit status */

/* ---- the processes ---- */

static struct sockaddr_un address(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	ck_assert_int_lt(snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", dir, name),
		(int)sizeof(a.sun_path));
	return a;
}

static int listener(const char *name)
{
	struct sockaddr_un a = address(name);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	unlink(a.sun_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(chmod(a.sun_path, 0777), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	return fd;
}

static void start_names(int fd)
{
	names_pid = fork();
	ck_assert_int_ge(names_pid, 0);
	if (names_pid == 0)
		_exit(chan_close_others(fd, fd) || names_run(fd));
}

/* The n-th call of these kinds fails in it; 0: none. */
static void start(unsigned kinds, int n)
{
	struct server_setup setup = {
		.socket = listener("patd.sock"),
		.root_socket = listener("root.sock"),
		.state_dir = state,
		.config = conf("max_tokens = 11\n"),
	};
	int to_names[2], to_parent[2];

	ck_assert_int_eq(chan_pair(to_names), 0);
	ck_assert_int_eq(chan_pair(to_parent), 0);
	start_names(to_names[1]);
	server_pid = fork();
	ck_assert_int_ge(server_pid, 0);
	if (server_pid == 0) {
		char why[256];
		int status;

		setup.names = to_names[0];
		setup.control = to_parent[1];
		close(to_names[1]);
		close(to_parent[0]);
		dup2(fileno(log_file), STDERR_FILENO);
		audit_open(true);
		server_prepare(&setup);
		if (!SANITIZED && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
					  sandbox_enter(state, why, sizeof(why))))
			_exit(FAILED);
		faults_begin(kinds, n);
		status = server_run(&setup) ? FAILED : 0;
		_exit(status | (faults_end() ? FAULT_MET : 0));
	}
	close(setup.socket);
	close(setup.root_socket);
	config_unref(setup.config);
	close(to_names[0]);
	close(to_parent[1]);
	names_fd = to_names[1];
	control = to_parent[0];
}

/* The bits of its exit status; it did not crash. */
static int ended(void)
{
	int status;

	if (control >= 0)
		close(control);
	control = -1;
	ck_assert_int_eq(waitpid(server_pid, &status, 0), server_pid);
	ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
	server_pid = 0;
	if (names_fd >= 0)
		close(names_fd);
	names_fd = -1;
	ck_assert_int_eq(kill(names_pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(names_pid, NULL, 0), names_pid);
	return WEXITSTATUS(status);
}

/* Waits until it serves, or ends instead. */
static bool serves(void)
{
	struct pollfd p = {control, POLLIN, 0};
	struct control m;
	int passed;

	ck_assert_int_eq(poll(&p, 1, -1), 1);
	if (control_receive(control, &m, &passed))
		return false;
	ck_assert_uint_eq(m.type, CONTROL_READY);
	return true;
}

static bool logged(const char *text)
{
	static char all[65536];
	ssize_t n = pread(fileno(log_file), all, sizeof(all) - 1, 0);

	ck_assert_int_ge(n, 0);
	all[n] = '\0';
	return strstr(all, text);
}

static bool will_log(const char *text)
{
	for (int i = 0; i < 5000 && !logged(text); i++)
		poll(NULL, 0, 1);
	return logged(text);
}

static void setup(void)
{
	make_dir(dir);
	/* Clients of any uid get to the sockets. */
	ck_assert_int_eq(chmod(base, 0755), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	snprintf(state, sizeof(state), "%s/state", dir);
	ck_assert_int_eq(mkdir(state, 0700), 0);
	log_file = tmpfile();
	ck_assert_ptr_nonnull(log_file);
	server_pid = 0;
}

static void teardown(void)
{
	if (server_pid > 0)
		kill(server_pid, SIGKILL);
	fclose(log_file);
}

/* ---- clients ---- */

static struct proto_msg reply;

static int dial(const char *name, uid_t uid)
{
	struct sockaddr_un a = address(name);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int rc;

	/* The kernel tells the effective uid of that moment. */
	ck_assert_int_eq(seteuid(uid), 0);
	rc = connect(fd, (struct sockaddr *)&a, sizeof(a));
	ck_assert_int_eq(seteuid(getuid()), 0);
	ck_assert_int_eq(rc, 0);
	return fd;
}

/* The verb of the next packet; 0: closed. */
static uint8_t heard(int fd)
{
	static uint8_t packet[LIMIT_PACKET];
	ssize_t n = recv(fd, packet, sizeof(packet), 0);

	if (n <= 0)
		return 0;
	ck_assert_int_eq(proto_decode(packet, (size_t)n, &reply), 0);
	return reply.verb;
}

static void say(int fd, const void *packet, size_t n)
{
	/* It may have been closed already. */
	if (send(fd, packet, n, MSG_NOSIGNAL) < 0)
		ck_assert(errno == EPIPE || errno == ECONNRESET);
}

/* The answer's verb, or 0. */
static uint8_t asks_status(const char *name, uid_t uid)
{
	static const uint8_t packet[] = {PROTO_VERSION, VERB_STATUS, 0, 0};
	int fd = dial(name, uid);
	uint8_t verb;

	say(fd, packet, sizeof(packet));
	verb = heard(fd);
	close(fd);
	return verb;
}

/* As policy tells it. */
static uint64_t max_tokens(void)
{
	static struct proto_out o;
	char value[16] = "";
	int fd = dial("root.sock", 0);
	uint8_t verb;

	proto_begin(&o, VERB_POLICY);
	say(fd, o.packet, proto_end(&o));
	while ((verb = heard(fd)) == VERB_ROW)
		if (span_is(proto_text(&reply, TAG_KEY), "max_tokens"))
			span_copy(proto_text(&reply, TAG_VALUE), value, sizeof(value));
	ck_assert_uint_eq(verb, VERB_OK);
	close(fd);
	return strtoull(value, NULL, 10);
}

/* ---- what it does ---- */

START_TEST(whom_it_serves)
{
	enum { DAEMON = 1, OVERFLOW = 65534 };

	start(0, 0);
	ck_assert(serves());
	ck_assert_uint_eq(asks_status("root.sock", 0), VERB_OK);
	ck_assert(proto_has(&reply, TAG_COUNT));
	ck_assert_uint_eq(asks_status("patd.sock", 0), VERB_OK);
	ck_assert_uint_eq(asks_status("patd.sock", DAEMON), VERB_OK);
	ck_assert(!proto_has(&reply, TAG_COUNT));
	/* Whatever the socket's mode says, root's is root's. */
	ck_assert_uint_eq(asks_status("root.sock", DAEMON), 0);
	/* A uid that stands for any other is nobody. */
	ck_assert_uint_eq(asks_status("patd.sock", OVERFLOW), 0);
	ck_assert_int_eq(ended(), 0);
}
END_TEST

static int memory_file(const struct config_text *text)
{
	int fd = memfd_create("pat.conf", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text->p, text->n), (ssize_t)text->n);
	return fd;
}

static void send_config(const char *text)
{
	struct control m = {.type = CONTROL_CONFIG};
	struct config_text t = {0};
	int fd;

	conf_add(&t, "pat.conf", span_of(text));
	fd = memory_file(&t);
	ck_assert_int_eq(control_send(control, &m, fd), 0);
	close(fd);
	config_text_free(&t);
}

START_TEST(its_configuration)
{
	struct control m = {.type = CONTROL_CONFIG};
	int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	start(0, 0);
	ck_assert(serves());
	ck_assert_uint_eq(max_tokens(), 11);
	send_config("max_tokens = 12\n");
	ck_assert(will_log("configuration reloaded"));
	ck_assert_uint_eq(max_tokens(), 12);
	send_config("max_tokens = many\n");
	ck_assert(will_log("configuration not reloaded: pat.conf:1:"));
	ck_assert_uint_eq(max_tokens(), 12);
	/* A descriptor of nothing that can be read, and none. */
	ck_assert_int_eq(control_send(control, &m, directory), 0);
	ck_assert(will_log("configuration not reloaded: cannot be read"));
	ck_assert_int_eq(control_send(control, &m, -1), 0);
	ck_assert_uint_eq(max_tokens(), 12);
	close(directory);
	ck_assert_int_eq(ended(), 0);
}
END_TEST

/* What it did not ask for changes nothing. */
START_TEST(unasked_results)
{
	struct control m = {.type = CONTROL_RESULT, .id = 77};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	start(0, 0);
	ck_assert(serves());
	ck_assert_int_eq(control_send(control, &m, null), 0);
	m = (struct control){.type = CONTROL_READY};
	ck_assert_int_eq(control_send(control, &m, -1), 0);
	ck_assert_uint_eq(asks_status("root.sock", 0), VERB_OK);
	close(null);
	ck_assert_int_eq(ended(), 0);
}
END_TEST

/* ---- what makes it end ---- */

START_TEST(a_parent_not_to_be_trusted)
{
	start(0, 0);
	ck_assert(serves());
	ck_assert_int_eq(chan_send(control, "\x55", 1, -1), 0);
	ck_assert(!serves());
	ck_assert_int_eq(ended(), 0);
}
END_TEST

START_TEST(without_names)
{
	start(0, 0);
	ck_assert(serves());
	close(names_fd);
	names_fd = -1;
	ck_assert_int_eq(kill(names_pid, SIGKILL), 0);
	ck_assert(!serves());
	ck_assert_int_eq(ended(), 0);
	ck_assert(logged("the names process is gone"));
}
END_TEST

START_TEST(without_a_store)
{
	ck_assert_int_eq(chmod(state, 0755), 0);
	start(0, 0);
	ck_assert(!serves());
	ck_assert_int_eq(ended(), FAILED);
	ck_assert(logged("must belong to uid"));
	ck_assert(logged("the store process ends"));
}
END_TEST

/* ---- what it has written by then ---- */

static void ask(struct proto_out *o)
{
	int fd = dial("root.sock", 0);

	say(fd, o->packet, proto_end(o));
	ck_assert_uint_eq(heard(fd), VERB_OK);
	close(fd);
}

/* A login that was counted in memory only is not lost. */
START_TEST(what_was_counted)
{
	static struct proto_out o;
	char text[TOKEN_TEXT_MAX + 1], id[TOKEN_ID_LEN + 1], why[256] = "";
	struct store *store;
	struct store_txn *t;
	struct usage u;

	start(0, 0);
	ck_assert(serves());
	proto_begin(&o, VERB_MINT);
	proto_put_string(&o, TAG_USER, "daemon");
	proto_put_string(&o, TAG_NAME, "ci");
	ask(&o);
	ck_assert(span_copy(proto_text(&reply, TAG_TOKEN), text, sizeof(text)));
	ck_assert(span_copy(proto_text(&reply, TAG_ID), id, sizeof(id)));
	proto_begin(&o, VERB_VERIFY);
	proto_put_string(&o, TAG_TOKEN, text);
	proto_put_string(&o, TAG_USER, "daemon");
	proto_put_string(&o, TAG_SERVICE, "sshd");
	ask(&o);
	ck_assert_int_eq(ended(), 0);

	ck_assert_msg(store_open(state, &store, why, sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(store_begin_read(store, &t), 0);
	ck_assert_int_eq(store_get_usage(t, id, &u), 0);
	ck_assert_uint_eq(u.count, 1);
	store_abort(t);
	store_close(store);
}
END_TEST

/* ---- every call fails ---- */

/* It serves, or ends and says so: nothing else. A false return: nothing failed. */
static bool starts_or_ends(unsigned kinds, int n)
{
	bool ready;
	int status;

	start(kinds, n);
	ready = serves();
	status = ended();
	ck_assert_msg(ready || (status & FAILED), "kind %u, call %d: it ended as if all were well",
		kinds, n);
	if (!(status & FAULT_MET))
		ck_assert_int_eq(status, 0);
	return status & FAULT_MET;
}

START_TEST(every_call_fails)
{
	int n = 1;

	while (starts_or_ends(fault_all[_i], n))
		n++;
	ck_assert_int_gt(n, 1);
	/* And after all that, the store is as good as before. */
	start(0, 0);
	ck_assert(serves());
	ck_assert_uint_eq(asks_status("root.sock", 0), VERB_OK);
	ck_assert_int_eq(ended(), 0);
}
END_TEST

int main(void)
{
	static const char memory[sizeof(base)] = "/dev/shm/check.XXXXXX";
	Suite *s = suite_create("server_faults");
	TCase *t = tcase_create("server_faults");
	const TTest *const as_root[] = {
		whom_it_serves, its_configuration, unasked_results, what_was_counted};
	const TTest *const as_anyone[] = {
		a_parent_not_to_be_trusted, without_names, without_a_store};

	if (access("/dev/shm", W_OK) == 0)
		memcpy(base, memory, sizeof(memory));
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	for (size_t i = 0; i < COUNT(as_anyone); i++)
		tcase_add_test(t, as_anyone[i]);
	/* Peers of other uids, and root's answers. */
	for (size_t i = 0; i < COUNT(as_root) && geteuid() == 0; i++)
		tcase_add_test(t, as_root[i]);
	if (geteuid() == 0)
		tcase_add_loop_test(t, every_call_fails, 0, (int)COUNT(fault_all));
	suite_add_tcase(s, t);
	return unit_run(s);
}
