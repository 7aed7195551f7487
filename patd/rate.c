#include "patd/rate.h"

#include <string.h>

#include "common/bytes.h"

enum { PROBES = 16 };

bool rate_take(struct rate *r, const char *id, uint64_t second, uint32_t limit)
{
	uint32_t hash = span_hash((struct span){id, TOKEN_ID_LEN});

	for (uint32_t i = 0; i < PROBES; i++) {
		size_t at = (hash + i) % RATE_SLOTS;

		if (r->slot[at].second != second) { /* of a second that is over */
			r->slot[at].second = second;
			r->slot[at].count = 0;
			memcpy(r->slot[at].id, id, TOKEN_ID_LEN);
		}
		if (memcmp(r->slot[at].id, id, TOKEN_ID_LEN) != 0)
			continue;
		if (r->slot[at].count >= limit)
			return false;
		r->slot[at].count++;
		return true;
	}
	return false;
}
