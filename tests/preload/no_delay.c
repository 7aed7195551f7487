/*
 * no_delay.c: libpam waits after a refusal, by a select() on nothing. With this in LD_PRELOAD it
 * does not, so that a test may have thousands of refusals; every other select() is libc's.
 */
#include <sys/select.h>

#include "tests/preload/next.h"

EXPORT int select(int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *time)
{
	return n == 0 ? 0 : NEXT(select)(n, in, out, except, time);
}
