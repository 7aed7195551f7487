/*
 * locked.h: memory for secrets: what is in it is not swapped out, and is in no core file.
 *
 * As far as RLIMIT_MEMLOCK goes: beyond that it is memory like any other, since a login that waits
 * is worse than a token's text in a swap file, for the time of a request.
 */
#ifndef PATD_LOCKED_H
#define PATD_LOCKED_H

#include <stddef.h>

/* n bytes, all 0, between pages that nobody can touch; NULL: no memory. Slow: for what is kept. */
void *locked_alloc(size_t n);

/* Wipes and frees; NULL is fine. */
void locked_free(void *p);

/* Locks as much of the calling thread's stack as handling a request takes, from here on down. */
void locked_stack(void);

#endif
