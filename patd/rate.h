/* rate.h: how often a second something was done for one ID. Bounded; for one thread. */
#ifndef PATD_RATE_H
#define PATD_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/token.h"

enum { RATE_SLOTS = 1024 };

struct rate {
	struct {
		char id[TOKEN_ID_LEN];
		uint32_t count;
		uint64_t second;
	} slot[RATE_SLOTS];
};

/*
 * Once more in this second? False: it was done `limit` times in it already, or for so many other
 * IDs that it cannot be known. id has TOKEN_ID_LEN bytes.
 */
bool rate_take(struct rate *r, const char *id, uint64_t second, uint32_t limit);

#endif
