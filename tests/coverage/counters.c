/*
 * counters.c: part of each program of `make coverage`, and of no other build.
 *
 * gcov writes what it counted when a program exits. Most of ours do not get there: patd's processes
 * and those of unit tests end by _exit() or a signal, and neither the store process nor a user's
 * patctl could write the files. So all processes of a program, for as long as the tests run, count
 * in the pages of one file; at the end the program itself, told to by PAT_COUNTERS, hands the sums
 * to gcov:
 *
 *	PAT_COUNTERS=clear	makes the file, all zero
 *	PAT_COUNTERS=dump	adds what it has to the .gcda files
 *	(not set)		counts, if the file is there
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* By counters.ld. */
extern char counters_start[] __attribute__((visibility("hidden")));
extern char counters_end[] __attribute__((visibility("hidden")));

extern void __gcov_dump(void);

/* By the linker's --wrap: called when a program exits. Its sums would be written many times. */
void __wrap___gcov_exit(void);
void __wrap___gcov_exit(void)
{
}

static void die(const char *what)
{
	perror(what);
	_exit(EXIT_FAILURE);
}

static void clear(size_t size)
{
	int fd = open(COUNTERS, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	/* Whoever a program runs as counts. */
	if (fd < 0 || fchmod(fd, 0666) < 0 || ftruncate(fd, (off_t)size) < 0)
		die(COUNTERS);
	_exit(EXIT_SUCCESS);
}

static void dump(int fd, size_t size)
{
	if (fd < 0 || pread(fd, counters_start, size, 0) != (ssize_t)size)
		die(COUNTERS);
	__gcov_dump();
	_exit(EXIT_SUCCESS);
}

__attribute__((constructor)) static void count_in_file(void)
{
	const char *order = getenv("PAT_COUNTERS");
	size_t size = (size_t)(counters_end - counters_start);
	struct stat st;
	int fd;

	if (order && strcmp(order, "clear") == 0)
		clear(size);
	fd = open(COUNTERS, O_RDWR | O_CLOEXEC);
	if (order && strcmp(order, "dump") == 0)
		dump(fd, size);
	if (fd < 0)
		return;
	/* Of another size: it is of another build. */
	if (fstat(fd, &st) == 0 && size > 0 && (size_t)st.st_size == size)
		mmap(counters_start, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	close(fd);
}
