/*
 * no_delay.c: libpam waits after a refusal, by a select() on nothing. With this in LD_PRELOAD it
 * does not, so that a test may have thousands of refusals; every other select() is libc's.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/select.h>

__attribute__((visibility("default"))) int select(
	int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *time)
{
	union {
		void *found;
		int (*call)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
	} next = {.found = dlsym(RTLD_NEXT, "select")};

	if (n == 0)
		return 0;
	if (!next.found)
		abort();
	return next.call(n, in, out, except, time);
}
