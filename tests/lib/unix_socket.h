/*
 * unix_socket.h: sockets by a path, for the clients and servers among the tests. Each returns the
 * socket, or -1 with errno.
 */
#ifndef TESTS_LIB_UNIX_SOCKET_H
#define TESTS_LIB_UNIX_SOCKET_H

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static inline int unix_socket(const char *path, int type, struct sockaddr_un *addr)
{
	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(addr->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(addr->sun_path, path, strlen(path));
	return socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
}

/* Of patd's kind. */
static inline int unix_connect(const char *path)
{
	struct sockaddr_un addr;
	int fd = unix_socket(path, SOCK_SEQPACKET, &addr), err;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

/* Anybody may connect, once somebody listens. */
static inline int unix_bind(const char *path, int type)
{
	struct sockaddr_un addr;
	int fd = unix_socket(path, type, &addr), err;

	if (fd < 0 || (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0 &&
			      chmod(path, 0666) == 0))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

#endif
