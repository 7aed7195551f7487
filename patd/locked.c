#include "patd/locked.h"

#include <sodium.h>
#include <string.h>

/* More than twice what the deepest operation takes; see -fstack-usage. */
enum { STACK = 128 * 1024 };

void *locked_alloc(size_t n)
{
	void *p = sodium_malloc(n);

	return p ? memset(p, 0, n) : NULL;
}

void locked_free(void *p)
{
	sodium_free(p);
}

/* The array is where the frames of later calls will be, so its pages are theirs. */
__attribute__((noinline)) void locked_stack(void)
{
	unsigned char here[STACK];

	sodium_memzero(here, sizeof(here));
	sodium_mlock(here, sizeof(here));
}
