/*
 * batch.h: the items of a stream to patd, gathered until they are applied together. Bounded: what
 * does not fit waits with whoever sent it.
 */
#ifndef PATD_BATCH_H
#define PATD_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/limits.h"
#include "common/record.h"
#include "common/token.h"

/* SCAN: an ID and the hash of a secret. IMPORT: an ID and a record with its usage, or the time of
 * its deletion. */
struct batch_item {
	char id[TOKEN_ID_LEN + 1];
	uint8_t hash[RECORD_HASH];
	struct span record, usage; /* in the batch's bytes */
	uint64_t deleted;	   /* seconds since the epoch; 0: it was not */
};

struct batch {
	size_t n, used;
	bool ended;			  /* nothing comes after these */
	int err;			  /* what came after these was refused; 0: it was not */
	char why[LIMIT_MESSAGE + 1];	  /* with err */
	char conflict[LIMIT_MESSAGE + 1]; /* the first of the stream, told at its end; "": none */
	struct batch_item item[LIMIT_BATCH];
	uint8_t bytes[LIMIT_BATCH_BYTES];
};

/* NULL: no memory. Freed: wiped, NULL is fine. */
struct batch *batch_new(void);
void batch_free(struct batch *b);

/* Is there no room for another item, of whatever size? */
bool batch_full(const struct batch *b);

/* An empty item at the end; only while the batch is not full. */
struct batch_item *batch_add(struct batch *b);
/* A copy of the bytes that lasts as long as the items. */
struct span batch_keep(struct batch *b, struct span bytes);

/* Forgets the items. */
void batch_clear(struct batch *b);

#endif
