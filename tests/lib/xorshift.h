/*
 * xorshift.h: choices that a seed repeats (xorshift64*), for the tests that need to. A state is any
 * number but 0.
 */
#ifndef TESTS_LIB_XORSHIFT_H
#define TESTS_LIB_XORSHIFT_H

#include <stdint.h>

static inline uint64_t random_below(uint64_t *state, uint64_t n)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (*state * UINT64_C(2685821657736338717) >> 32) % n;
}

#endif
