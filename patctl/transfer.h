/*
 * transfer.h: a token as a line of an exported file (docs/EXPORT.md): JSON of all that the store
 * keeps of it, by one table of fields for both directions. Pure.
 */
#ifndef PATCTL_TRANSFER_H
#define PATCTL_TRANSFER_H

#include <jansson.h>

#include "common/record.h"
#include "common/usage.h"

enum { TRANSFER_FORMAT = 1 };

/* NULL: no memory. */
json_t *transfer_json(const struct record *token, const struct usage *usage);

/*
 * Strictly: every key is known, every value of its form; an absent one and null are the same.
 * ERR_INVALID, with one line in `why` that names the key. Whether the values make a token is for
 * record_encode() and the daemon to say.
 */
int transfer_parse(
	json_t *doc, struct record *token, struct usage *usage, char *why, size_t why_size);

#endif
