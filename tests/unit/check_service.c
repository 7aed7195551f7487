/* check_service.c: the listening sockets, from the service manager and of our own making. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/err.h"
#include "common/paths.h"
#include "patd/service.h"
#include "tests/unit/unit.h"

/* Descriptors passed by a service manager begin at 3; the tests pass up to three. */
enum { WHY_SIZE = 256, FIRST = 3, RESERVED = 3 };

static char dir[sizeof(base) + 32];

/* Each test has a directory that is not made yet, and no variables of a service manager. */
static void setup(void)
{
	snprintf(dir, sizeof(dir), "%s/XXXXXX", base);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	strcat(dir, "/run");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	unsetenv("NOTIFY_SOCKET");
}

static struct sockaddr_un address(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	ck_assert_int_lt(snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", dir, name),
		(int)sizeof(a.sun_path));
	return a;
}

static int bound(int type, const char *name, bool listening)
{
	struct sockaddr_un a = address(name);
	int fd = socket(AF_UNIX, type, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (listening)
		ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

static int connected(const char *name)
{
	struct sockaddr_un a = address(name);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Listening where its name says, inherited by nobody, and never waited for. */
static void is_listener(int fd, const char *name)
{
	struct sockaddr_un a, expected = address(name);
	socklen_t n = sizeof(a);
	int value;

	ck_assert_int_gt(fd, 2);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	memset(&a, 0, sizeof(a));
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	ck_assert_str_eq(a.sun_path, expected.sun_path);
	n = sizeof(value);
	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &n), 0);
	ck_assert_int_eq(value, SOCK_SEQPACKET);
	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &n), 0);
	ck_assert_int_eq(value, 1);
	ck_assert_int_eq(accept(fd, NULL, NULL), -1);
	ck_assert_int_eq(errno, EAGAIN);
}

/* ---- passed by a service manager ---- */

#define BOTH PATH_SOCKET_NAME ":" PATH_ROOT_SOCKET_NAME

/* Puts the sockets at the descriptors from 3 on, and says so. */
static void pass(const int *fds, size_t n, const char *pid, const char *count, const char *names)
{
	char number[16];

	for (int i = 0; i < RESERVED; i++)
		close(FIRST + i);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(dup2(fds[i], FIRST + (int)i), FIRST + (int)i);
	snprintf(number, sizeof(number), "%d", getpid());
	setenv("LISTEN_PID", pid ? pid : number, 1);
	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_FDNAMES", names, 1);
}

static void no_variables(void)
{
	ck_assert_ptr_null(getenv("LISTEN_PID"));
	ck_assert_ptr_null(getenv("LISTEN_FDS"));
	ck_assert_ptr_null(getenv("LISTEN_FDNAMES"));
}

static void make_run_dir(void)
{
	ck_assert_int_eq(mkdir(dir, 0755), 0);
}

static void passed_fails(int expected)
{
	struct sockets out = {-7, -7};
	char why[WHY_SIZE] = "";
	int err = service_passed(&out, why, sizeof(why));

	ck_assert_msg(err == expected, "%d: %s", err, why);
	ck_assert_int_eq(out.common, -7);
	ck_assert_int_eq(out.root, -7);
	if (expected == ERR_INVALID) {
		ck_assert_str_ne(why, "");
		ck_assert_ptr_null(strchr(why, '\n'));
	}
}

START_TEST(passed_in_either_order)
{
	struct sockets out;
	char why[WHY_SIZE] = "";
	int fds[2];

	make_run_dir();
	fds[_i] = bound(SOCK_SEQPACKET, PATH_SOCKET_NAME, true);
	fds[!_i] = bound(SOCK_SEQPACKET, PATH_ROOT_SOCKET_NAME, true);
	pass(fds, 2, NULL, "2", _i ? PATH_ROOT_SOCKET_NAME ":" PATH_SOCKET_NAME : BOTH);
	ck_assert_msg(service_passed(&out, why, sizeof(why)) == 0, "%s", why);
	is_listener(out.common, PATH_SOCKET_NAME);
	is_listener(out.root, PATH_ROOT_SOCKET_NAME);
	no_variables();
	passed_fails(ERR_NO_TOKEN); /* they were taken */
}
END_TEST

START_TEST(nothing_passed)
{
	passed_fails(ERR_NO_TOKEN);
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "2", 1);
	passed_fails(ERR_NO_TOKEN); /* to another process */
	setenv("LISTEN_FDS", "2", 1);
	unsetenv("LISTEN_PID");
	passed_fails(ERR_NO_TOKEN);
}
END_TEST

START_TEST(passed_to_another_process)
{
	int fds[2];

	make_run_dir();
	fds[0] = bound(SOCK_SEQPACKET, PATH_SOCKET_NAME, true);
	fds[1] = bound(SOCK_SEQPACKET, PATH_ROOT_SOCKET_NAME, true);
	pass(fds, 2, "1", "2", BOTH);
	passed_fails(ERR_NO_TOKEN);
}
END_TEST

static const struct passed {
	const char *what;
	size_t n;
	const char *count, *names;
	int types[3]; /* negative: not listening */
} bad[] = {
	{"one alone", 1, "1", "patd.sock", {SOCK_SEQPACKET}},
	{"the other alone", 1, "1", "root.sock", {SOCK_SEQPACKET}},
	{"a third", 3, "3", BOTH ":other", {SOCK_SEQPACKET, SOCK_SEQPACKET, SOCK_SEQPACKET}},
	{"a third without a name", 3, "3", BOTH, {SOCK_SEQPACKET, SOCK_SEQPACKET, SOCK_SEQPACKET}},
	{"a stream", 2, "2", BOTH, {SOCK_STREAM, SOCK_SEQPACKET}},
	{"a stream for root", 2, "2", BOTH, {SOCK_SEQPACKET, SOCK_STREAM}},
	{"a datagram socket", 2, "2", BOTH, {SOCK_SEQPACKET, -SOCK_DGRAM}},
	{"not listening", 2, "2", BOTH, {-SOCK_SEQPACKET, SOCK_SEQPACKET}},
	{"another name", 2, "2", "other.sock:root.sock", {SOCK_SEQPACKET, SOCK_SEQPACKET}},
	{"a name that ends alike", 2, "2", "xpatd.sock:root.sock",
		{SOCK_SEQPACKET, SOCK_SEQPACKET}},
	{"a name that begins alike", 2, "2", "patd.socket:root.sock",
		{SOCK_SEQPACKET, SOCK_SEQPACKET}},
	{"twice the same name", 2, "2", "patd.sock:patd.sock", {SOCK_SEQPACKET, SOCK_SEQPACKET}},
	{"no names", 2, "2", "", {SOCK_SEQPACKET, SOCK_SEQPACKET}},
	{"an empty name first", 2, "2", ":" BOTH, {SOCK_SEQPACKET, SOCK_SEQPACKET}},
	{"fewer promised than named", 2, "1", BOTH, {SOCK_SEQPACKET, SOCK_SEQPACKET}},
	{"more promised than passed", 1, "2", BOTH, {SOCK_SEQPACKET}},
};

START_TEST(passed_badly)
{
	const struct passed *p = &bad[_i];
	int fds[3];

	make_run_dir();
	for (size_t i = 0; i < p->n; i++) {
		const char name[] = {(char)('a' + i), '\0'};

		fds[i] = bound(abs(p->types[i]), name, p->types[i] > 0);
	}
	pass(fds, p->n, NULL, p->count, p->names);
	passed_fails(ERR_INVALID);
	no_variables();
}
END_TEST

START_TEST(passed_something_else)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	pass(fds, 2, NULL, "2", BOTH);
	passed_fails(ERR_INVALID);
}
END_TEST

/* Whatever the variables hold, sockets are never taken from them by mistake. */
START_TEST(variables_that_are_no_numbers)
{
	static const char *const counts[] = {
		"", "x", "-2", " 2", "2x", "0x2", "4294967298", "99999999999999999999"};

	for (size_t i = 0; i < COUNT(counts); i++) {
		struct sockets out = {-7, -7};
		char why[WHY_SIZE], pid[16];

		snprintf(pid, sizeof(pid), "%d", getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", counts[i], 1);
		ck_assert_msg(service_passed(&out, why, sizeof(why)) < 0, "%s", counts[i]);
		ck_assert_int_eq(out.common, -7);
		strcat(pid, "x");
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "2", 1);
		ck_assert_int_lt(service_passed(&out, why, sizeof(why)), 0);
		ck_assert_int_eq(out.common, -7);
	}
}
END_TEST

/* ---- of our own making ---- */

/* Only root's directory will do, so anyone else can only be refused. */
static bool can_listen(void)
{
	char why[WHY_SIZE] = "";
	struct sockets s;

	if (geteuid() == 0)
		return true;
	make_run_dir();
	ck_assert_int_eq(service_listen(dir, &s, why, sizeof(why)), ERR_IO);
	ck_assert_ptr_nonnull(strstr(why, dir));
	return false;
}

static struct sockets listens(void)
{
	char why[WHY_SIZE] = "";
	struct sockets s;

	ck_assert_msg(service_listen(dir, &s, why, sizeof(why)) == 0, "%s", why);
	is_listener(s.common, PATH_SOCKET_NAME);
	is_listener(s.root, PATH_ROOT_SOCKET_NAME);
	return s;
}

static void listen_fails(int expected)
{
	struct sockets s = {-7, -7};
	char why[WHY_SIZE] = "";
	int err = service_listen(dir, &s, why, sizeof(why));

	ck_assert_msg(err == expected, "%d: %s", err, why);
	ck_assert_ptr_nonnull(strstr(why, dir));
	ck_assert_ptr_null(strchr(why, '\n'));
	ck_assert_int_eq(s.common, -7);
	ck_assert_int_eq(s.root, -7);
}

static mode_t mode_of(const char *name)
{
	struct sockaddr_un a = address(name);
	struct stat st;

	ck_assert_int_eq(lstat(a.sun_path, &st), 0);
	ck_assert_uint_eq(st.st_uid, 0);
	return st.st_mode;
}

START_TEST(modes_whatever_the_umask)
{
	static const mode_t masks[] = {0, 022, 077, 0777};

	if (!can_listen())
		return;
	umask(masks[_i]);
	listens();
	ck_assert_uint_eq(mode_of(PATH_SOCKET_NAME), S_IFSOCK | 0666);
	ck_assert_uint_eq(mode_of(PATH_ROOT_SOCKET_NAME), S_IFSOCK | 0600);
	ck_assert_uint_eq(mode_of("."), S_IFDIR | 0755);
}
END_TEST

START_TEST(listens_to_clients)
{
	struct sockets s;
	struct ucred cred;
	socklen_t n = sizeof(cred);
	int client, server;

	if (!can_listen())
		return;
	s = listens();
	client = connected(PATH_SOCKET_NAME);
	ck_assert_int_ge(client, 0);
	ck_assert_int_eq(getsockopt(client, SOL_SOCKET, SO_PEERCRED, &cred, &n), 0);
	ck_assert_int_eq(cred.pid, getpid()); /* the listener that clients see */
	ck_assert_uint_eq(cred.uid, 0);
	server = accept(s.common, NULL, NULL);
	ck_assert_int_ge(server, 0);
	ck_assert_int_eq(accept(s.root, NULL, NULL), -1);
	ck_assert_int_ge(connected(PATH_ROOT_SOCKET_NAME), 0);
	ck_assert_int_ge(accept(s.root, NULL, NULL), 0);
}
END_TEST

/* What a killed daemon left behind is no obstacle. */
START_TEST(stale_sockets)
{
	struct sockets s;

	if (!can_listen())
		return;
	s = listens();
	close(s.common);
	close(s.root);
	ck_assert_int_eq(connected(PATH_SOCKET_NAME), -1);
	listens();
	ck_assert_int_ge(connected(PATH_SOCKET_NAME), 0);
}
END_TEST

/* Somebody listens on one of them: they keep both. */
START_TEST(sockets_in_use)
{
	static const char *const names[] = {PATH_SOCKET_NAME, PATH_ROOT_SOCKET_NAME};
	int theirs, client;

	if (!can_listen())
		return;
	make_run_dir();
	theirs = bound(SOCK_SEQPACKET, names[_i], true);
	listen_fails(ERR_BUSY);
	client = connected(names[_i]);
	ck_assert_int_ge(client, 0);
	ck_assert_int_ge(accept(theirs, NULL, NULL), 0);
}
END_TEST

START_TEST(directories_of_others)
{
	if (!can_listen())
		return;
	make_run_dir();
	ck_assert_int_eq(chmod(dir, 0775), 0);
	listen_fails(ERR_IO);
	ck_assert_int_eq(chmod(dir, 01777), 0);
	listen_fails(ERR_IO);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chown(dir, 12345, 0), 0);
	listen_fails(ERR_IO);
	ck_assert_int_eq(chown(dir, 0, 0), 0);
	listens();
}
END_TEST

START_TEST(no_directory)
{
	char target[sizeof(dir) + 2];
	int fd;

	if (!can_listen())
		return;
	fd = open(dir, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	listen_fails(ERR_IO);
	ck_assert_int_eq(unlink(dir), 0);
	snprintf(target, sizeof(target), "%s2", dir);
	ck_assert_int_eq(mkdir(target, 0755), 0);
	ck_assert_int_eq(symlink(target, dir), 0);
	listen_fails(ERR_IO);
	ck_assert_int_eq(unlink(dir), 0);
	strcat(dir, "/deeper");
	listen_fails(ERR_IO); /* the directory above is not made */
}
END_TEST

START_TEST(directory_too_long)
{
	char path[200], why[WHY_SIZE] = "";
	struct sockets s = {-7, -7};

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	memcpy(path, base, strlen(base));
	path[strlen(base)] = '/';
	ck_assert_int_lt(service_listen(path, &s, why, sizeof(why)), 0);
	ck_assert_str_ne(why, "");
	ck_assert_int_eq(s.common, -7);
}
END_TEST

START_TEST(unlinked)
{
	struct sockaddr_un a = address(PATH_SOCKET_NAME), b = address(PATH_ROOT_SOCKET_NAME);

	service_unlink(dir); /* nothing there: no harm */
	if (!can_listen())
		return;
	listens();
	service_unlink(dir);
	ck_assert_int_eq(access(a.sun_path, F_OK), -1);
	ck_assert_int_eq(access(b.sun_path, F_OK), -1);
}
END_TEST

/* ---- telling the service manager ---- */

static void is_told(int manager, const char *state)
{
	char text[256];
	ssize_t n;

	service_notify(state);
	n = recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	ck_assert_str_eq(text, state);
}

START_TEST(notified_by_path)
{
	struct sockaddr_un a;
	int manager;

	make_run_dir();
	a = address("notify");
	manager = bound(SOCK_DGRAM, "notify", false);
	setenv("NOTIFY_SOCKET", a.sun_path, 1);
	is_told(manager, "READY=1");
	is_told(manager, "STOPPING=1\nSTATUS=ending");
}
END_TEST

START_TEST(notified_by_abstract_name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char name[64];
	int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(name, sizeof(name), "@check_service.%d", getpid());
	strcpy(a.sun_path, name);
	a.sun_path[0] = '\0';
	ck_assert_int_eq(
		bind(manager, (struct sockaddr *)&a,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
		0);
	setenv("NOTIFY_SOCKET", name, 1);
	is_told(manager, "READY=1");
}
END_TEST

/* Nobody there, or no address at all: no harm and no wait. */
START_TEST(notified_in_vain)
{
	static const char *const names[] = {"", "@", "relative", "/nonexistent/socket", "/"};
	char longest[300];

	service_notify("READY=1");
	for (size_t i = 0; i < COUNT(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		service_notify("READY=1");
	}
	memset(longest, '/', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	service_notify("READY=1");
	ck_assert_int_eq(connected("nothing"), -1);
}
END_TEST

/* Keeps those places free of what Check itself opens. */
static void reserve(void)
{
	int fd;

	do
		fd = dup(STDIN_FILENO);
	while (fd >= 0 && fd < FIRST + RESERVED - 1);
}

int main(void)
{
	Suite *s = suite_create("service");
	TCase *t = tcase_create("service");

	reserve();
	tcase_add_unchecked_fixture(t, make_base, remove_base);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, passed_in_either_order, 0, 2);
	tcase_add_test(t, nothing_passed);
	tcase_add_test(t, passed_to_another_process);
	tcase_add_loop_test(t, passed_badly, 0, COUNT(bad));
	tcase_add_test(t, passed_something_else);
	tcase_add_test(t, variables_that_are_no_numbers);
	tcase_add_loop_test(t, modes_whatever_the_umask, 0, 4);
	tcase_add_test(t, listens_to_clients);
	tcase_add_test(t, stale_sockets);
	tcase_add_loop_test(t, sockets_in_use, 0, 2);
	tcase_add_test(t, directories_of_others);
	tcase_add_test(t, no_directory);
	tcase_add_test(t, directory_too_long);
	tcase_add_test(t, unlinked);
	tcase_add_test(t, notified_by_path);
	tcase_add_test(t, notified_by_abstract_name);
	tcase_add_test(t, notified_in_vain);
	suite_add_tcase(s, t);
	return unit_run(s);
}
