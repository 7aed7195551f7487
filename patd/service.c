#include "patd/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/err.h"
#include "common/paths.h"

/* As in the units. Whoever connects waits for all that stand there: a short queue is a short wait,
 * and those who find it full wait in line. */
enum { FIRST_PASSED = 3, BACKLOG = 128, BACKLOG_ROOT = 512 };

/* ---- passed sockets ---- */

static int socket_option(int fd, int option)
{
	int value = -1;
	socklen_t n = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &n) < 0 ? -1 : value;
}

static bool is_listener(int fd)
{
	return socket_option(fd, SO_DOMAIN) == AF_UNIX &&
	       socket_option(fd, SO_TYPE) == SOCK_SEQPACKET &&
	       socket_option(fd, SO_ACCEPTCONN) == 1;
}

static bool prepare(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

/* How many descriptors the service manager passed to this process, from FIRST_PASSED on. */
static int passed_count(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	long n = pid && count && strtol(pid, NULL, 10) == getpid() ? strtol(count, NULL, 10) : 0;

	return n > 0 && n < 1000 ? (int)n : 0;
}

void service_close_inherited(void)
{
	close_range((unsigned)(FIRST_PASSED + passed_count()), ~0U, 0);
}

/* Two sockets in either order, and nothing else: what has no name, or another, is a mistake. */
static bool sort_passed(const char *names, struct sockets *out)
{
	bool common_first = strcmp(names, PATH_SOCKET_NAME ":" PATH_ROOT_SOCKET_NAME) == 0;
	int first = FIRST_PASSED, second = FIRST_PASSED + 1;

	if (!common_first && strcmp(names, PATH_ROOT_SOCKET_NAME ":" PATH_SOCKET_NAME) != 0)
		return false;
	*out = (struct sockets){common_first ? first : second, common_first ? second : first};
	return is_listener(first) && is_listener(second) && prepare(first) && prepare(second);
}

int service_passed(struct sockets *out, char *why, size_t why_size)
{
	const char *names = getenv("LISTEN_FDNAMES");
	int count = passed_count();
	struct sockets got;
	bool good = count == 2 && names && sort_passed(names, &got);

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (count == 0)
		return ERR_NO_TOKEN;
	if (!good) {
		snprintf(why, why_size,
			"the service manager must pass two listening SOCK_SEQPACKET sockets, named "
			"%s and %s",
			PATH_SOCKET_NAME, PATH_ROOT_SOCKET_NAME);
		return ERR_INVALID;
	}
	*out = got;
	return 0;
}

/* ---- own sockets ---- */

static int check_dir(const char *dir, char *why, size_t size)
{
	struct stat st;

	/* The mode is set apart from the making, whatever the umask is: everyone must get through.
	 */
	if (mkdir(dir, 0755) == 0 ? chmod(dir, 0755) < 0 : errno != EEXIST) {
		snprintf(why, size, "%s: %s", dir, strerror(errno));
		return ERR_IO;
	}
	if (lstat(dir, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != 0 || (st.st_mode & 022)) {
		snprintf(why, size,
			"%s: must be a directory that belongs to root and is writable by no one "
			"else",
			dir);
		return ERR_IO;
	}
	return 0;
}

static int address(const char *dir, const char *name, struct sockaddr_un *addr)
{
	int n;

	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	n = snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/%s", dir, name);
	return n > 0 && (size_t)n < sizeof(addr->sun_path) ? 0 : ERR_IO;
}

static bool somebody_listens(int fd, const struct sockaddr_un *addr)
{
	return connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 || errno == EAGAIN;
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int listen_at(const char *dir, const char *name, mode_t mode, int backlog, int *out,
	char *why, size_t size)
{
	struct sockaddr_un addr;
	int probe = new_socket(), fd = new_socket(), err = ERR_IO;
	mode_t before = umask(0777 & ~mode);

	if (address(dir, name, &addr) || probe < 0 || fd < 0) {
		snprintf(why, size, "%s/%s: cannot be made a socket", dir, name);
	} else if (somebody_listens(probe, &addr)) {
		snprintf(why, size, "%s: another process listens there", addr.sun_path);
		err = ERR_BUSY;
	} else if ((unlink(addr.sun_path) < 0 && errno != ENOENT) ||
		   bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
		   listen(fd, backlog) < 0) {
		snprintf(why, size, "%s: %s", addr.sun_path, strerror(errno));
	} else {
		*out = fd;
		fd = -1;
		err = 0;
	}
	umask(before);
	if (probe >= 0)
		close(probe);
	if (fd >= 0)
		close(fd);
	return err;
}

int service_listen(const char *dir, struct sockets *out, char *why, size_t why_size)
{
	struct sockets got = {-1, -1};
	int err = check_dir(dir, why, why_size);

	if (!err)
		err = listen_at(
			dir, PATH_ROOT_SOCKET_NAME, 0600, BACKLOG_ROOT, &got.root, why, why_size);
	if (!err)
		err = listen_at(dir, PATH_SOCKET_NAME, 0666, BACKLOG, &got.common, why, why_size);
	if (!err)
		*out = got;
	else if (got.root >= 0)
		close(got.root);
	return err;
}

void service_unlink(const char *dir)
{
	struct sockaddr_un addr;

	if (!address(dir, PATH_SOCKET_NAME, &addr))
		unlink(addr.sun_path);
	if (!address(dir, PATH_ROOT_SOCKET_NAME, &addr))
		unlink(addr.sun_path);
}

/* ---- telling ---- */

void service_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	socklen_t n;
	int fd;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, path, strlen(path));
	n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	/* An abstract address is written with @ for its NUL. */
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&addr, n);
	close(fd);
}

void service_notify_reloading(void)
{
	struct timespec t;
	char state[64];

	clock_gettime(CLOCK_MONOTONIC, &t);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	service_notify(state);
}
