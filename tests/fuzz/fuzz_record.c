/*
 * fuzz_record.c: any bytes as a token's record, and as a token's usage. What is decoded, encoded
 * again, is the same bytes; what is refused leaves nothing behind.
 */
#include <assert.h>
#include <string.h>

#include "common/err.h"
#include "common/record.h"
#include "common/usage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char id[] = "4fJk29sQxZb";

static void check_record(struct span bytes)
{
	struct record r, before;
	uint8_t again[LIMIT_RECORD];

	memset(&r, 0x5a, sizeof(r));
	before = r;
	if (record_decode(id, bytes, &r)) {
		assert(memcmp(&r, &before, sizeof(r)) == 0);
		return;
	}
	assert(strcmp(r.id, id) == 0 && token_kind_name(r.kind) && r.revoked_rank <= RANK_GONE);
	assert(r.owner[0] && r.name[0] && r.scopes[0] && r.created_by[0]);
	assert(record_encode(&r, again) == bytes.n && memcmp(again, bytes.p, bytes.n) == 0);
	assert(!record_live(&r, 0) || r.revoked == 0);
}

static void check_usage(struct span bytes)
{
	struct usage u, before;
	uint8_t again[USAGE_BYTES];

	memset(&u, 0x5a, sizeof(u));
	before = u;
	if (usage_decode(bytes, &u)) {
		assert(memcmp(&u, &before, sizeof(u)) == 0);
		return;
	}
	assert(usage_encode(&u, again) == bytes.n && memcmp(again, bytes.p, bytes.n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = {(const char *)data, size};

	check_record(bytes);
	check_usage(bytes);
	return 0;
}
