/*
 * blocklog.c: tells of every write and flush of a file called data.mdb, in a log beside it
 * (tests/attack/blocklog.h). A write is told when it has returned, and so is a flush: what the log
 * has before a flush is durable there.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/attack/blocklog.h"
#include "tests/preload/next.h"

enum { FDS = 2048 };

/* How each descriptor of the file was opened; 0: it is none. */
enum { NOT_OURS, PLAIN, SYNC };
static char kind[FDS];
static int log_fd = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int kind_of(int fd)
{
	return fd >= 0 && fd < FDS ? kind[fd] : NOT_OURS;
}

/* One append. A log with a gap proves nothing: better no patd. */
static void tell(enum blocklog_type type, off_t offset, const struct iovec *v, int n, bool sync)
{
	struct blocklog head = {BLOCKLOG_MAGIC, type, (uint64_t)offset, 0, sync};
	size_t at = sizeof(head), size = at;
	char *buf;

	for (int i = 0; i < n; i++)
		size += v[i].iov_len;
	head.size = (uint32_t)(size - at);
	buf = malloc(size);
	if (!buf)
		abort();
	memcpy(buf, &head, sizeof(head));
	for (int i = 0; i < n; at += v[i++].iov_len)
		memcpy(buf + at, v[i].iov_base, v[i].iov_len);
	if (NEXT(write)(log_fd, buf, size) != (ssize_t)size)
		abort();
	free(buf);
}

static void open_log(const char *path)
{
	char name[4096];
	int n = (int)(strrchr(path, '/') - path);

	snprintf(name, sizeof(name), "%.*s/%s", n, path, BLOCKLOG_NAME);
	log_fd = NEXT(open)(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (log_fd < 0)
		abort();
}

EXPORT int open(const char *path, int flags, ...)
{
	const char *name = strrchr(path, '/');
	va_list ap;
	int mode, fd;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, int) : 0;
	va_end(ap);
	fd = NEXT(open)(path, flags, mode);
	if (fd < 0 || fd >= FDS)
		return fd;
	kind[fd] = NOT_OURS;
	if (name && strcmp(name, "/data.mdb") == 0) {
		if (log_fd < 0)
			open_log(path);
		kind[fd] = flags & O_DSYNC ? SYNC : PLAIN;
	}
	return fd;
}

EXPORT int close(int fd)
{
	if (fd >= 0 && fd < FDS)
		kind[fd] = NOT_OURS;
	return NEXT(close)(fd);
}

/* What was written of the vector, at which place. */
static void tell_write(int fd, off_t offset, const struct iovec *v, int n, ssize_t written)
{
	ssize_t size = 0;

	for (int i = 0; i < n; i++)
		size += (ssize_t)v[i].iov_len;
	if (written < 0)
		return;
	if (written != size)
		abort(); /* nothing here makes short writes */
	tell(BLOCKLOG_WRITE, offset, v, n, kind_of(fd) == SYNC);
}

EXPORT ssize_t pwrite(int fd, const void *buf, size_t size, off_t offset)
{
	const struct iovec v = {(void *)(uintptr_t)buf, size};
	ssize_t n;

	if (!kind_of(fd))
		return NEXT(pwrite)(fd, buf, size, offset);
	pthread_mutex_lock(&lock);
	n = NEXT(pwrite)(fd, buf, size, offset);
	tell_write(fd, offset, &v, 1, n);
	pthread_mutex_unlock(&lock);
	return n;
}

EXPORT ssize_t writev(int fd, const struct iovec *v, int count)
{
	off_t offset;
	ssize_t n;

	if (!kind_of(fd))
		return NEXT(writev)(fd, v, count);
	pthread_mutex_lock(&lock);
	offset = NEXT(lseek)(fd, 0, SEEK_CUR);
	n = NEXT(writev)(fd, v, count);
	tell_write(fd, offset, v, count, n);
	pthread_mutex_unlock(&lock);
	return n;
}

EXPORT ssize_t write(int fd, const void *buf, size_t size)
{
	const struct iovec v = {(void *)(uintptr_t)buf, size};

	return kind_of(fd) ? writev(fd, &v, 1) : NEXT(write)(fd, buf, size);
}

EXPORT int ftruncate(int fd, off_t size)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = NEXT(ftruncate)(fd, size);
	if (rc == 0 && kind_of(fd))
		tell(BLOCKLOG_TRUNCATE, size, NULL, 0, false);
	pthread_mutex_unlock(&lock);
	return rc;
}

static int flush(int fd, int rc)
{
	if (rc == 0 && kind_of(fd))
		tell(BLOCKLOG_FLUSH, 0, NULL, 0, false);
	return rc;
}

EXPORT int fdatasync(int fd)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = flush(fd, NEXT(fdatasync)(fd));
	pthread_mutex_unlock(&lock);
	return rc;
}

EXPORT int fsync(int fd)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = flush(fd, NEXT(fsync)(fd));
	pthread_mutex_unlock(&lock);
	return rc;
}
