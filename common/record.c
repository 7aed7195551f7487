#include "common/record.h"

#include <string.h>

#include "common/err.h"
#include "common/fields.h"

#define TEXT(tag, must, member) FIELD_TEXT_AT(tag, must, struct record, member)

/* In ascending order of tags: the order in which they are encoded. */
static const struct field fields[] = {
	TEXT(1, true, owner),
	TEXT(2, true, name),
	TEXT(3, true, scopes),
	{4, FIELD_U64, false, offsetof(struct record, expires), 0},
	TEXT(5, true, created_by),
	TEXT(6, false, note),
	{7, FIELD_U64, false, offsetof(struct record, revoked), 0},
	{8, FIELD_U8, false, offsetof(struct record, revoked_rank), 0},
	TEXT(9, false, revoked_by),
	TEXT(10, false, reason),
	TEXT(11, false, from),
	{12, FIELD_U64, false, offsetof(struct record, not_before), 0},
	{13, FIELD_U64, false, offsetof(struct record, uses), 0},
	{14, FIELD_U64, false, offsetof(struct record, used), 0},
	TEXT(15, false, bind_key),
	TEXT(16, false, parent),
	{17, FIELD_U64, false, offsetof(struct record, children), 0},
	{18, FIELD_U64, false, offsetof(struct record, rotated), 0},
	{19, FIELD_U64, false, offsetof(struct record, grace_ends), 0},
	{20, FIELD_U8, false, offsetof(struct record, until_used), 0},
	{21, FIELD_U8, false, offsetof(struct record, retires), 0},
	TEXT(22, false, successor),
	TEXT(23, false, predecessor),
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static bool link_valid(const char id[TOKEN_ID_LEN + 1])
{
	return !id[0] || token_id_valid(id, strnlen(id, TOKEN_ID_LEN + 1));
}

/* An exchanged token has a parent and an end; a rotated one a successor, and an end of either kind.
 */
static bool links_valid(const struct record *r)
{
	bool child = r->kind == KIND_EXCHANGED, rotated = r->rotated != 0;

	return link_valid(r->parent) && link_valid(r->successor) && link_valid(r->predecessor) &&
	       child == (r->parent[0] != '\0') && (!child || r->expires) &&
	       rotated == (r->successor[0] != '\0') &&
	       rotated == (r->grace_ends != 0 || r->until_used != 0);
}

static bool numbers_valid(const struct record *r)
{
	return token_kind_name(r->kind) && r->revoked_rank <= RANK_GONE && r->until_used <= 1 &&
	       r->retires <= 1 && links_valid(r);
}

size_t record_encode(const struct record *r, void *buf)
{
	struct writer w;

	writer_init(&w, buf, LIMIT_RECORD);
	write_u8(&w, RECORD_VERSION);
	write_u8(&w, r->kind);
	write_u32(&w, r->uid);
	write_u64(&w, r->created);
	write_bytes(&w, r->hash, RECORD_HASH);
	fields_encode(&w, fields, FIELDS, r);
	return numbers_valid(r) ? writer_len(&w) : 0;
}

int record_decode(const char *id, struct span bytes, struct record *r)
{
	struct record got = {0};
	struct reader in;
	struct span hash;

	reader_init(&in, bytes.p, bytes.n);
	if (!token_id_valid(id, TOKEN_ID_LEN) || read_u8(&in) != RECORD_VERSION)
		return ERR_STORE;
	memcpy(got.id, id, TOKEN_ID_LEN);
	got.kind = read_u8(&in);
	got.uid = read_u32(&in);
	got.created = read_u64(&in);
	hash = read_bytes(&in, RECORD_HASH);
	if (hash.n == RECORD_HASH)
		memcpy(got.hash, hash.p, RECORD_HASH);
	if (!fields_decode(&in, fields, FIELDS, &got) || !numbers_valid(&got))
		return ERR_STORE;
	*r = got;
	return 0;
}

uint64_t record_end(const struct record *r)
{
	return r->grace_ends && (!r->expires || r->grace_ends < r->expires) ? r->grace_ends
									    : r->expires;
}

bool record_live(const struct record *r, uint64_t now)
{
	uint64_t end = record_end(r);

	return r->revoked == 0 && (end == 0 || end > now);
}

bool record_current(const struct record *r, uint64_t now)
{
	return record_live(r, now) && !r->rotated;
}
