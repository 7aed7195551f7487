#include "patd/record.h"

#include <string.h>

#include "common/err.h"

enum field_type { FIELD_TEXT, FIELD_U8, FIELD_U64 };

struct field {
	uint8_t tag;
	enum field_type type;
	bool must; /* a text that may not be empty */
	size_t offset;
	size_t size; /* of a text's array, with its NUL */
};

#define TEXT(tag, must, member)                                                                    \
	{                                                                                          \
		tag, FIELD_TEXT, must, offsetof(struct record, member),                            \
			sizeof(((struct record *)0)->member)                                       \
	}

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

static void encode_number(struct writer *w, const struct field *f, const void *at)
{
	uint64_t v = f->type == FIELD_U8 ? *(const uint8_t *)at : *(const uint64_t *)at;

	if (v == 0)
		return;
	write_u8(w, f->tag);
	if (f->type == FIELD_U8) {
		write_u16(w, 1);
		write_u8(w, (uint8_t)v);
	} else {
		write_u16(w, 8);
		write_u64(w, v);
	}
}

static void encode_text(struct writer *w, const struct field *f, const char *text)
{
	size_t n = strnlen(text, f->size);

	if (n == f->size || (f->must && n == 0))
		w->failed = true;
	if (n == 0)
		return;
	write_u8(w, f->tag);
	write_u16(w, (uint16_t)n);
	write_bytes(w, text, n);
}

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
	for (size_t i = 0; i < FIELDS; i++) {
		const char *at = (const char *)r + fields[i].offset;

		if (fields[i].type == FIELD_TEXT)
			encode_text(&w, &fields[i], at);
		else
			encode_number(&w, &fields[i], at);
	}
	return numbers_valid(r) ? writer_len(&w) : 0;
}

static bool decode_field(const struct field *f, struct span value, struct record *r)
{
	char *at = (char *)r + f->offset;
	struct reader number;

	if (f->type == FIELD_TEXT)
		return value.n > 0 && span_copy(value, at, f->size);
	reader_init(&number, value.p, value.n);
	if (f->type == FIELD_U8)
		*(uint8_t *)at = read_u8(&number);
	else
		*(uint64_t *)at = read_u64(&number);
	return reader_done(&number) &&
	       (f->type == FIELD_U8 ? *(uint8_t *)at : *(uint64_t *)at) != 0;
}

/* Finds the row of a tag at or after *next: tags ascend, so nothing can come twice. */
static const struct field *field_find(uint8_t tag, size_t *next)
{
	for (; *next < FIELDS; (*next)++)
		if (fields[*next].tag == tag)
			return &fields[(*next)++];
	return NULL;
}

static bool complete(const struct record *r)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].must && !*((const char *)r + fields[i].offset))
			return false;
	return true;
}

int record_decode(const char *id, struct span bytes, struct record *r)
{
	struct record got = {0};
	struct reader in;
	struct span hash;
	size_t next = 0;

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
	while (reader_left(&in) > 0) {
		uint8_t tag = read_u8(&in);
		uint16_t n = read_u16(&in);
		struct span value = read_bytes(&in, n);
		const struct field *f = in.failed ? NULL : field_find(tag, &next);

		if (!f || !decode_field(f, value, &got))
			return ERR_STORE;
	}
	if (!reader_done(&in) || !numbers_valid(&got) || !complete(&got))
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
