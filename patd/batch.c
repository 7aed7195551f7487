#include "patd/batch.h"

#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "common/usage.h"

enum { LARGEST = LIMIT_RECORD + USAGE_BYTES };

struct batch *batch_new(void)
{
	return calloc(1, sizeof(struct batch));
}

void batch_free(struct batch *b)
{
	if (b)
		secret_wipe(b, sizeof(*b));
	free(b);
}

bool batch_full(const struct batch *b)
{
	return b->n == LIMIT_BATCH || sizeof(b->bytes) - b->used < LARGEST;
}

struct batch_item *batch_add(struct batch *b)
{
	struct batch_item *item = &b->item[b->n++];

	memset(item, 0, sizeof(*item));
	return item;
}

struct span batch_keep(struct batch *b, struct span bytes)
{
	struct span kept = {(const char *)b->bytes + b->used, bytes.n};

	if (bytes.n == 0 || bytes.n > sizeof(b->bytes) - b->used)
		return (struct span){"", 0};
	memcpy(b->bytes + b->used, bytes.p, bytes.n);
	b->used += bytes.n;
	return kept;
}

void batch_clear(struct batch *b)
{
	b->n = b->used = 0;
}
