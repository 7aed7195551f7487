/*
 * locked.h: memory for secrets: what is in it is not swapped out, and is in no core file.
 *
 * As far as RLIMIT_MEMLOCK goes: beyond that it is memory like any other, since a login that waits
 * is worse than a token's text in a swap file, for the time of a request.
 */
#ifndef PATD_LOCKED_H
#define PATD_LOCKED_H

#include <stddef.h>

/* n bytes, all 0, between pages that nobody can touch; NULL: no memory. After hash_init(). Slow:
 * for what is kept. */
void *locked_alloc(size_t n);

/* Wipes and frees; NULL is fine. */
void locked_free(void *p);

/*
 * Blocks of one size that come and go: making locked memory takes as long as a login. Those given
 * back are wiped and kept, a few of them. Zero-initialised it is empty. For one thread.
 */
enum { LOCKED_KEPT = 16 };

struct locked_pool {
	unsigned n;
	void *kept[LOCKED_KEPT];
};

/* n bytes, the same for each of a pool, all 0; NULL: no memory. */
void *locked_take(struct locked_pool *pool, size_t n);
void locked_give(struct locked_pool *pool, void *p, size_t n);
/* Frees what is kept. */
void locked_drain(struct locked_pool *pool);

/* Locks as much of the calling thread's stack as handling a request takes, from here on down. */
void locked_stack(void);

#endif
