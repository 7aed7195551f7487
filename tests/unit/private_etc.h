/*
 * private_etc.h: an /etc of a test's own, seen by its process and the children of that alone. Each
 * Check test runs in a forked process, so that nothing is left of it afterwards.
 */
#ifndef TESTS_PRIVATE_ETC_H
#define TESTS_PRIVATE_ETC_H

#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a mount namespace of our own, an empty tmpfs over /etc. */
static inline bool private_etc(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", "/etc", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") == 0;
}

/* May this process do that? Root in a container often may not. */
static inline bool private_etc_possible(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(private_etc() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Writes a file as the tools of passwd(5) do: beside the old one, then renamed over it. */
static inline bool put_file(const char *path, mode_t mode, const char *text)
{
	char beside[256];
	int fd;
	bool ok;

	snprintf(beside, sizeof(beside), "%s.new", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0;
	return close(fd) == 0 && ok && rename(beside, path) == 0;
}

/* Adds a test that needs an /etc of its own, run `count` times as a loop test; or says that it
 * can't. */
static inline void add_private(TCase *t, const TTest *test, const char *name, int count)
{
	static int possible = -1;

	if (possible < 0)
		possible = private_etc_possible();
	if (possible)
		tcase_add_loop_test(t, test, 0, count);
	else
		printf("skipped: %s needs root\n", name);
}
#define ADD_PRIVATE(t, test, count) add_private(t, test, #test, count)

#endif
