#include "patd/locked.h"

#include <sodium.h>
#include <string.h>

/* More than twice what the deepest operation takes (family_use() below a rotation's apply: 50 KiB).
 */
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

void *locked_take(struct locked_pool *pool, size_t n)
{
	return pool->n > 0 ? pool->kept[--pool->n] : locked_alloc(n);
}

void locked_give(struct locked_pool *pool, void *p, size_t n)
{
	if (pool->n == LOCKED_KEPT) {
		locked_free(p);
		return;
	}
	sodium_memzero(p, n);
	pool->kept[pool->n++] = p;
}

void locked_drain(struct locked_pool *pool)
{
	while (pool->n > 0)
		locked_free(pool->kept[--pool->n]);
}

/* The array is where the frames of later calls will be, so its pages are theirs. */
__attribute__((noinline)) void locked_stack(void)
{
	unsigned char here[STACK];

	sodium_memzero(here, sizeof(here));
	sodium_mlock(here, sizeof(here));
}
