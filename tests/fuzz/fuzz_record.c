/*
 * fuzz_record.c: any bytes as a token's record, as its usage, as a session, as a login under way,
 * and as a process and its line of /proc. What is decoded, encoded again, is the same bytes; what
 * is refused leaves nothing behind.
 */
#include <assert.h>
#include <string.h>

#include "common/err.h"
#include "common/record.h"
#include "common/usage.h"
#include "patd/session.h"

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

/* Under the key that the value's own pid gives. */
static void check_session(struct span bytes)
{
	uint8_t key[SESSION_KEY] = "4fJk29sQxZb", again[SESSION_BYTES], again_key[SESSION_KEY];
	struct session s, before;

	if (bytes.n >= 4)
		memcpy(key + sizeof(key) - 4, bytes.p, 4);
	memset(&s, 0x5a, sizeof(s));
	before = s;
	if (session_decode((struct span){(char *)key, sizeof(key)}, bytes, &s)) {
		assert(memcmp(&s, &before, sizeof(s)) == 0);
		return;
	}
	assert(session_encode(&s, again) == bytes.n && memcmp(again, bytes.p, bytes.n) == 0);
	session_key(&s, again_key);
	assert(memcmp(key, again_key, sizeof(key)) == 0);
}

static void check_handover(struct span bytes)
{
	uint8_t again[HANDOVER_BYTES];
	struct handover h;
	struct span key = {bytes.p, bytes.n < HANDOVER_KEY ? bytes.n : HANDOVER_KEY};

	if (handover_decode(key, bytes, &h))
		return;
	assert(handover_encode(&h, again) == bytes.n && memcmp(again, bytes.p, bytes.n) == 0);
}

static void check_process(struct span bytes)
{
	uint8_t again[PROCESS_BYTES];
	struct process p;
	char state;

	if (process_decode(bytes, &p) == 0) {
		process_encode(&p, again);
		assert(bytes.n == sizeof(again) && memcmp(again, bytes.p, bytes.n) == 0);
	}
	if (process_parse(bytes, &p, &state) == 0)
		assert(p.pid > 0 && p.pid <= INT32_MAX && p.parent <= INT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = {(const char *)data, size};

	check_session(bytes);
	check_handover(bytes);
	check_process(bytes);

	check_record(bytes);
	check_usage(bytes);
	return 0;
}
