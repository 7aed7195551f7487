/* check_record.c: the bytes of a token's record, against docs/RECORD.md. */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/record.h"
#include "tests/unit/unit.h"

#define ID "4fJk29sQxZb"

enum { FIXED = 1 + 1 + 4 + 8 + RECORD_HASH, LAST_TAG = 23 };

/* Everything that a record may hold, byte for byte as the document says. */
static const char golden[] =
	"\x01"				   /* version */
	"\x03"				   /* kind: exchanged */
	"\x00\x00\x03\xe8"		   /* uid 1000 */
	"\x00\x06\x0a\x24\x18\x20\x22\x40" /* created 1700000000.123456 */
	"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
	"\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff"
	"\x01\x00\x05"
	"alice"
	"\x02\x00\x02"
	"ci"
	"\x03\x00\x09"
	"sshd,sudo"
	"\x04\x00\x08\x00\x00\x00\x00\x70\xdb\xd8\x80" /* expires 1893456000 */
	"\x05\x00\x04"
	"root"
	"\x06\x00\x06"
	"a note"
	"\x07\x00\x08\x00\x00\x00\x00\x69\x55\xb9\x00" /* revoked 1767225600 */
	"\x08\x00\x01\x03"			       /* by one of root's rank */
	"\x09\x00\x03"
	"bob"
	"\x0a\x00\x04"
	"lost"
	"\x0b\x00\x12"
	"192.0.2.0/24,local"
	"\x0c\x00\x08\x00\x00\x00\x00\x65\x53\xf1\x01" /* not before 1700000001 */
	"\x0d\x00\x08\x00\x00\x00\x00\x00\x00\x00\x03" /* for 3 logins */
	"\x0e\x00\x08\x00\x00\x00\x00\x00\x00\x00\x02" /* of which 2 were */
	"\x0f\x00\x32"
	"SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M"
	"\x10\x00\x0b"
	"AAAAAAAAAAA"				       /* its parent */
	"\x11\x00\x08\x00\x00\x00\x00\x00\x00\x00\x04" /* exchanged 4 times */
	"\x12\x00\x08\x00\x00\x00\x00\x69\x55\xb8\x00" /* rotated 1767225344 */
	"\x13\x00\x08\x00\x00\x00\x00\x69\x55\xba\x00" /* ends 1767225856 */
	"\x14\x00\x01\x01"			       /* or at its successor's first use */
	"\x15\x00\x01\x01"			       /* and its own ends its predecessor */
	"\x16\x00\x0b"
	"BBBBBBBBBBB"
	"\x17\x00\x0b"
	"CCCCCCCCCCC";

static const struct record full = {
	.id = ID,
	.hash = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d,
		0x0e, 0x0f, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb,
		0xfc, 0xfd, 0xfe, 0xff},
	.kind = KIND_EXCHANGED,
	.uid = 1000,
	.created = 1700000000123456,
	.expires = 1893456000,
	.revoked = 1767225600,
	.revoked_rank = RANK_ROOT,
	.owner = "alice",
	.name = "ci",
	.scopes = "sshd,sudo",
	.created_by = "root",
	.note = "a note",
	.revoked_by = "bob",
	.reason = "lost",
	.from = "192.0.2.0/24,local",
	.not_before = 1700000001,
	.uses = 3,
	.used = 2,
	.bind_key = "SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M",
	.parent = "AAAAAAAAAAA",
	.children = 4,
	.rotated = 1767225344,
	.grace_ends = 1767225856,
	.until_used = 1,
	.retires = 1,
	.successor = "BBBBBBBBBBB",
	.predecessor = "CCCCCCCCCCC",
};

static const struct record minimal = {
	.id = ID,
	.kind = KIND_PERSONAL,
	.created = 1,
	.owner = "a",
	.name = "b",
	.scopes = "*",
	.created_by = "c",
};

static void same_records(const struct record *a, const struct record *b)
{
	ck_assert_str_eq(a->id, b->id);
	ck_assert_mem_eq(a->hash, b->hash, RECORD_HASH);
	ck_assert_uint_eq(a->kind, b->kind);
	ck_assert_uint_eq(a->uid, b->uid);
	ck_assert_uint_eq(a->created, b->created);
	ck_assert_uint_eq(a->expires, b->expires);
	ck_assert_uint_eq(a->revoked, b->revoked);
	ck_assert_uint_eq(a->revoked_rank, b->revoked_rank);
	ck_assert_str_eq(a->owner, b->owner);
	ck_assert_str_eq(a->name, b->name);
	ck_assert_str_eq(a->scopes, b->scopes);
	ck_assert_str_eq(a->created_by, b->created_by);
	ck_assert_str_eq(a->note, b->note);
	ck_assert_str_eq(a->revoked_by, b->revoked_by);
	ck_assert_str_eq(a->reason, b->reason);
	ck_assert_str_eq(a->from, b->from);
	ck_assert_uint_eq(a->not_before, b->not_before);
	ck_assert_uint_eq(a->uses, b->uses);
	ck_assert_uint_eq(a->used, b->used);
	ck_assert_str_eq(a->bind_key, b->bind_key);
	ck_assert_str_eq(a->parent, b->parent);
	ck_assert_uint_eq(a->children, b->children);
	ck_assert_uint_eq(a->rotated, b->rotated);
	ck_assert_uint_eq(a->grace_ends, b->grace_ends);
	ck_assert_uint_eq(a->until_used, b->until_used);
	ck_assert_uint_eq(a->retires, b->retires);
	ck_assert_str_eq(a->successor, b->successor);
	ck_assert_str_eq(a->predecessor, b->predecessor);
}

static int decode(const void *bytes, size_t n, struct record *r)
{
	return record_decode(ID, (struct span){bytes, n}, r);
}

/* What is refused leaves no trace of itself. */
static void refused(const void *bytes, size_t n, const char *what)
{
	struct record r, before;

	memset(&before, 0x5a, sizeof(before));
	memcpy(&r, &before, sizeof(r));
	ck_assert_msg(decode(bytes, n, &r) == ERR_STORE, "%s was accepted", what);
	ck_assert_msg(memcmp(&r, &before, sizeof(r)) == 0, "%s touched the record", what);
}

/* The bytes are refused, or mean what they say: written again they are the same. */
static bool refused_or_exact(const uint8_t *bytes, size_t n)
{
	struct record r;
	uint8_t again[LIMIT_RECORD];

	if (decode(bytes, n, &r) == ERR_STORE)
		return true;
	return record_encode(&r, again) == n && memcmp(again, bytes, n) == 0;
}

/* A record under construction. */
struct bytes {
	size_t n;
	uint8_t p[2 * LIMIT_RECORD];
};

static void append(struct bytes *b, const void *p, size_t n)
{
	ck_assert_uint_le(b->n + n, sizeof(b->p));
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void append_tlv(struct bytes *b, uint8_t tag, const void *p, size_t n)
{
	const uint8_t head[] = {tag, (uint8_t)(n >> 8), (uint8_t)n};

	append(b, head, sizeof(head));
	append(b, p, n);
}

/* What every record has: the fixed part, and these TLVs. */
static bool is_always_there(uint8_t tag)
{
	return tag <= 3 || tag == 5;
}

/* A record of those, and of one TLV more (or another in its place); tag 0: none. */
static struct bytes record_with(uint8_t tag, const void *p, size_t n)
{
	struct bytes b = {0};

	append(&b, golden, FIXED);
	b.p[1] = KIND_PERSONAL;
	for (uint8_t i = 1; i <= LAST_TAG; i++)
		if (i == tag)
			append_tlv(&b, i, p, n);
		else if (is_always_there(i))
			append_tlv(&b, i, "abc", 3);
	return b;
}

static struct bytes start(void)
{
	return record_with(0, NULL, 0);
}

START_TEST(golden_bytes)
{
	uint8_t bytes[LIMIT_RECORD];
	struct record r;

	ck_assert_uint_eq(record_encode(&full, bytes), sizeof(golden) - 1);
	ck_assert_mem_eq(bytes, golden, sizeof(golden) - 1);
	ck_assert_int_eq(decode(golden, sizeof(golden) - 1, &r), 0);
	same_records(&r, &full);
}
END_TEST

START_TEST(minimal_record)
{
	static const char tail[] = "\x01\x00\x01"
				   "a\x02\x00\x01"
				   "b\x03\x00\x01*\x05\x00\x01"
				   "c";
	uint8_t bytes[LIMIT_RECORD];
	struct record r;
	size_t n = record_encode(&minimal, bytes);

	ck_assert_uint_eq(n, FIXED + sizeof(tail) - 1);
	ck_assert_mem_eq(bytes + FIXED, tail, sizeof(tail) - 1);
	memset(&r, 0x5a, sizeof(r)); /* what is left out is cleared, not left */
	ck_assert_int_eq(decode(bytes, n, &r), 0);
	same_records(&r, &minimal);
}
END_TEST

/* The ID is the key: eleven bytes that need no NUL after them. */
START_TEST(id_is_the_key)
{
	char key[TOKEN_ID_LEN];
	struct record r;

	memcpy(key, ID, sizeof(key));
	ck_assert_int_eq(record_decode(key, (struct span){golden, sizeof(golden) - 1}, &r), 0);
	ck_assert_str_eq(r.id, ID);
}
END_TEST

START_TEST(truncations)
{
	for (size_t n = 0; n < sizeof(golden) - 1; n++) {
		uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees a read past it */

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, golden, n);
		ck_assert_msg(refused_or_exact(exact, n), "cut to %zu bytes", n);
		free(exact);
	}
}
END_TEST

START_TEST(changed_bytes)
{
	uint8_t bytes[sizeof(golden) - 1];

	memcpy(bytes, golden, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		for (unsigned change = 1; change < 256; change++) {
			bytes[i] = (uint8_t)golden[i] ^ (uint8_t)change;
			ck_assert_msg(refused_or_exact(bytes, sizeof(bytes)), "byte %zu as %02x", i,
				bytes[i]);
		}
		bytes[i] = (uint8_t)golden[i];
	}
}
END_TEST

START_TEST(inserted_and_removed_bytes)
{
	enum { N = sizeof(golden) - 1 };
	uint8_t bytes[N + 1];

	for (size_t i = 0; i <= N; i++) {
		memcpy(bytes, golden, i);
		memcpy(bytes + i + 1, golden + i, N - i);
		for (unsigned v = 0; v < 256; v++) {
			bytes[i] = (uint8_t)v;
			ck_assert_msg(refused_or_exact(bytes, N + 1), "%02x at %zu", v, i);
		}
	}
	for (size_t i = 0; i < N; i++) {
		memcpy(bytes, golden, i);
		memcpy(bytes + i, golden + i + 1, N - i - 1);
		ck_assert_msg(refused_or_exact(bytes, N - 1), "without byte %zu", i);
	}
}
END_TEST

START_TEST(versions)
{
	struct bytes b = start();

	for (unsigned v = 0; v < 256; v++) {
		b.p[0] = (uint8_t)v;
		if (v != RECORD_VERSION)
			refused(b.p, b.n, "another version");
	}
}
END_TEST

START_TEST(kinds)
{
	struct bytes b = start();

	for (unsigned v = 0; v < 256; v++) {
		struct record r;

		b.p[1] = (uint8_t)v;
		if (v == KIND_PERSONAL || v == KIND_SERVICE) {
			ck_assert_int_eq(decode(b.p, b.n, &r), 0);
			ck_assert_uint_eq(r.kind, v);
		} else {
			refused(b.p, b.n, "an unknown kind, or one exchanged for nothing");
		}
	}
}
END_TEST

START_TEST(ranks)
{
	for (unsigned v = 0; v < 256; v++) {
		const uint8_t rank = (uint8_t)v;
		struct bytes b = record_with(8, &rank, 1);
		struct record r;

		if (v >= RANK_OWNER && v <= RANK_GONE) {
			ck_assert_int_eq(decode(b.p, b.n, &r), 0);
			ck_assert_uint_eq(r.revoked_rank, v);
		} else {
			refused(b.p, b.n, "an unknown rank");
		}
	}
}
END_TEST

START_TEST(unknown_tags)
{
	for (unsigned tag = 0; tag < 256; tag++) {
		struct bytes b = start();

		if (tag >= 1 && tag <= LAST_TAG)
			continue;
		append_tlv(&b, (uint8_t)tag, "xxxxxxxx", 8);
		refused(b.p, b.n, "an unknown tag");
		append_tlv(&b, (uint8_t)tag, "", 0);
		refused(b.p, b.n, "an empty unknown tag");
	}
}
END_TEST

/* Tags ascend; so any two neighbours changed about, and any one given twice, are refused. */
START_TEST(order)
{
	static const struct tlv {
		uint8_t tag;
		const char *p;
		size_t n;
	} tlvs[] = {
		{1, "alice", 5},
		{2, "ci", 2},
		{3, "sshd", 4},
		{4, "\0\0\0\0\0\0\0\1", 8},
		{5, "root", 4},
		{6, "note", 4},
		{7, "\0\0\0\0\0\0\0\1", 8},
		{8, "\1", 1},
		{9, "bob", 3},
		{10, "lost", 4},
		{11, "local", 5},
		{12, "\0\0\0\0\0\0\0\1", 8},
		{13, "\0\0\0\0\0\0\0\1", 8},
		{14, "\0\0\0\0\0\0\0\1", 8},
		{15, "SHA256:x", 8},
		{16, "AAAAAAAAAAA", 11},
		{17, "\0\0\0\0\0\0\0\1", 8},
		{18, "\0\0\0\0\0\0\0\1", 8},
		{19, "\0\0\0\0\0\0\0\1", 8},
		{20, "\1", 1},
		{21, "\1", 1},
		{22, "BBBBBBBBBBB", 11},
		{23, "CCCCCCCCCCC", 11},
	};

	for (size_t swap = 0; swap < COUNT(tlvs); swap++)
		for (int twice = 0; twice < 2; twice++) {
			struct bytes b = {0};

			append(&b, golden, FIXED);
			for (size_t i = 0; i < COUNT(tlvs); i++) {
				const struct tlv *t = &tlvs[i];

				if (!twice && i == swap && i + 1 < COUNT(tlvs))
					t++;
				else if (!twice && i == swap + 1)
					t--;
				append_tlv(&b, t->tag, t->p, t->n);
				if (twice && i == swap)
					append_tlv(&b, t->tag, t->p, t->n);
			}
			if (twice || swap + 1 < COUNT(tlvs))
				refused(b.p, b.n, twice ? "a repeated tag" : "a wrong order");
		}
}
END_TEST

START_TEST(missing_texts)
{
	for (uint8_t missing = 1; missing <= 5; missing++) {
		struct bytes b = {0};

		append(&b, golden, FIXED);
		for (uint8_t i = 1; i <= 5; i++)
			if (i != missing && is_always_there(i))
				append_tlv(&b, i, "abc", 3);
		if (is_always_there(missing))
			refused(b.p, b.n, "a record without owner, name, scopes or creator");
	}
}
END_TEST

static const struct text_limit {
	uint8_t tag;
	size_t limit, offset;
} texts[] = {
	{1, 255, offsetof(struct record, owner)},
	{2, 108, offsetof(struct record, name)},
	{3, 1024, offsetof(struct record, scopes)},
	{5, 255, offsetof(struct record, created_by)},
	{6, 256, offsetof(struct record, note)},
	{9, 255, offsetof(struct record, revoked_by)},
	{10, 256, offsetof(struct record, reason)},
	{11, 1024, offsetof(struct record, from)},
	{15, 63, offsetof(struct record, bind_key)},
};

/* A record whose text of this tag has n bytes of c. */
static struct bytes with_text(uint8_t tag, size_t n, char c)
{
	char text[2048];

	memset(text, c, sizeof(text));
	return record_with(tag, text, n);
}

START_TEST(lengths_of_texts)
{
	const struct text_limit *t = &texts[_i];
	struct record r;
	struct bytes b = with_text(t->tag, t->limit, 'x');

	ck_assert_int_eq(decode(b.p, b.n, &r), 0);
	ck_assert_uint_eq(strlen((const char *)&r + t->offset), t->limit);
	ck_assert(refused_or_exact(b.p, b.n));
	b = with_text(t->tag, t->limit + 1, 'x');
	refused(b.p, b.n, "a text too long");
	b = with_text(t->tag, 2000, 'x');
	refused(b.p, b.n, "a text far too long");
	b = with_text(t->tag, 0, 'x');
	refused(b.p, b.n, "an empty text");
	b = with_text(t->tag, 1, '\0');
	refused(b.p, b.n, "a text that is a NUL");
	b = with_text(t->tag, 3, 'x');
	ck_assert_ptr_nonnull(memmem(b.p, b.n, "xxx", 3));
	memcpy(memmem(b.p, b.n, "xxx", 3), "x\0y", 3);
	refused(b.p, b.n, "a text with a NUL in it");
}
END_TEST

START_TEST(lengths_of_numbers)
{
	static const struct {
		uint8_t tag;
		size_t n;
	} numbers[] = {{4, 8}, {7, 8}, {8, 1}, {12, 8}, {13, 8}, {14, 8}, {17, 8}, {21, 1}};

	for (size_t i = 0; i < COUNT(numbers); i++)
		for (size_t n = 0; n < 16; n++) {
			struct bytes b =
				record_with(numbers[i].tag, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", n);
			struct record r;

			if (n == numbers[i].n)
				ck_assert_int_eq(decode(b.p, b.n, &r), 0);
			else
				refused(b.p, b.n, "a number of another length");
		}
}
END_TEST

START_TEST(zeros_are_left_out)
{
	static const struct {
		uint8_t tag;
		size_t n;
	} numbers[] = {{4, 8}, {7, 8}, {8, 1}, {12, 8}, {13, 8}, {14, 8}, {17, 8}, {21, 1}};

	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct bytes b = record_with(numbers[i].tag, "\0\0\0\0\0\0\0", numbers[i].n);

		refused(b.p, b.n, "a zero written out");
	}
}
END_TEST

START_TEST(bytes_left_over)
{
	for (size_t n = 1; n < 3; n++) {
		struct bytes b = start();

		append(&b, "\x06\x00\x00", n);
		refused(b.p, b.n, "half a TLV");
	}
	for (unsigned claimed = 6; claimed < 0x10000; claimed += 251) {
		struct bytes b = start();
		const uint8_t head[] = {6, (uint8_t)(claimed >> 8), (uint8_t)claimed};

		append(&b, head, sizeof(head));
		append(&b, "note!", 5);
		refused(b.p, b.n, "a length past the end");
	}
}
END_TEST

START_TEST(numbers_at_their_ends)
{
	struct record r = full, out;
	uint8_t bytes[LIMIT_RECORD];
	size_t n;

	r.uid = UINT32_MAX;
	r.created = r.expires = r.revoked = r.not_before = r.uses = r.used = UINT64_MAX;
	n = record_encode(&r, bytes);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(decode(bytes, n, &out), 0);
	same_records(&out, &r);
}
END_TEST

/* All texts at their limits: the record fits, and is read back. */
START_TEST(longest_record)
{
	struct record r = full, out;
	uint8_t bytes[LIMIT_RECORD];
	size_t n;

	for (size_t i = 0; i < COUNT(texts); i++) {
		memset((char *)&r + texts[i].offset, 'x', texts[i].limit);
		((char *)&r)[texts[i].offset + texts[i].limit] = '\0';
	}
	n = record_encode(&r, bytes);
	ck_assert_uint_eq(n, FIXED + 23 * 3 + 8 * 8 + 3 + 255 + 108 + 1024 + 255 + 256 + 255 + 256 +
				     1024 + 63 + 3 * TOKEN_ID_LEN);
	ck_assert_int_eq(decode(bytes, n, &out), 0);
	same_records(&out, &r);
}
END_TEST

START_TEST(what_is_never_written)
{
	uint8_t bytes[LIMIT_RECORD];
	struct record r;

	for (size_t i = 0; i < COUNT(texts); i++) {
		r = full;
		memset((char *)&r + texts[i].offset, 'x', texts[i].limit + 1); /* no NUL */
		ck_assert_uint_eq(record_encode(&r, bytes), 0);
		r = full;
		((char *)&r)[texts[i].offset] = '\0';
		if (is_always_there(texts[i].tag))
			ck_assert_uint_eq(record_encode(&r, bytes), 0);
		else
			ck_assert_uint_gt(record_encode(&r, bytes), 0);
	}
	for (unsigned v = 0; v < 256; v++) {
		r = full;
		r.kind = (uint8_t)v;
		ck_assert_int_eq(record_encode(&r, bytes) > 0, v == KIND_EXCHANGED);
		r = full;
		r.revoked_rank = (uint8_t)v;
		if (v > RANK_GONE)
			ck_assert_uint_eq(record_encode(&r, bytes), 0);
	}
}
END_TEST

/* What belongs together: a parent, an end and the kind; a successor, the time, and an end of grace.
 */
START_TEST(links)
{
	static const struct {
		struct record r;
		bool valid;
	} rows[] = {
		{{.kind = KIND_EXCHANGED, .parent = "AAAAAAAAAAA", .expires = 5}, true},
		{{.kind = KIND_EXCHANGED, .parent = "AAAAAAAAAAA"}, false},
		{{.kind = KIND_EXCHANGED, .expires = 5}, false},
		{{.kind = KIND_PERSONAL, .parent = "AAAAAAAAAAA", .expires = 5}, false},
		{{.kind = KIND_EXCHANGED, .parent = "AAAAAAAAAA!", .expires = 5}, false},
		{{.kind = KIND_EXCHANGED, .parent = "AAAAAAAAAA", .expires = 5}, false},
		{{.kind = KIND_PERSONAL, .successor = "AAAAAAAAAAA", .rotated = 1, .grace_ends = 2},
			true},
		{{.kind = KIND_PERSONAL, .successor = "AAAAAAAAAAA", .rotated = 1, .until_used = 1},
			true},
		{{.kind = KIND_PERSONAL, .successor = "AAAAAAAAAAA", .rotated = 1}, false},
		{{.kind = KIND_PERSONAL, .successor = "AAAAAAAAAAA", .grace_ends = 2}, false},
		{{.kind = KIND_PERSONAL, .rotated = 1, .grace_ends = 2}, false},
		{{.kind = KIND_PERSONAL, .grace_ends = 2}, false},
		{{.kind = KIND_PERSONAL, .until_used = 1}, false},
		{{.kind = KIND_PERSONAL, .successor = "AAAAAAAAAAA", .rotated = 1, .until_used = 2},
			false},
		{{.kind = KIND_PERSONAL, .retires = 1}, true},
		{{.kind = KIND_PERSONAL, .retires = 2}, false},
		{{.kind = KIND_PERSONAL, .predecessor = "AAAAAAAAAAA"}, true},
		{{.kind = KIND_PERSONAL, .predecessor = "x"}, false},
	};
	uint8_t bytes[LIMIT_RECORD];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct record r = rows[i].r;

		memcpy(r.id, minimal.id, sizeof(r.id));
		strcpy(r.owner, "a");
		strcpy(r.name, "b");
		strcpy(r.scopes, "*");
		strcpy(r.created_by, "c");
		ck_assert_msg((record_encode(&r, bytes) > 0) == rows[i].valid, "row %zu", i);
	}
}
END_TEST

START_TEST(live)
{
	static const struct {
		uint64_t revoked, expires, rotated, grace_ends, now;
		bool live, current;
	} rows[] = {
		{0, 0, 0, 0, 1000, true, true},
		{0, 0, 0, 0, UINT64_MAX, true, true},
		{0, 1001, 0, 0, 1000, true, true},
		/* the end is the first moment at which it is not valid */
		{0, 1000, 0, 0, 1000, false, false},
		{0, 999, 0, 0, 1000, false, false},
		{0, UINT64_MAX, 0, 0, UINT64_MAX - 1, true, true},
		{1, 0, 0, 0, 1000, false, false},
		{2000, 0, 0, 0, 1000, false, false}, /* whatever the clock says of when */
		{1, 2000, 0, 0, 1000, false, false},
		/* in its grace time, whatever its own end, and after it */
		{0, 0, 900, 1001, 1000, true, false},
		{0, 2000, 900, 1001, 1000, true, false},
		{0, 2000, 900, 1000, 1000, false, false},
		{0, 0, 900, 1000, 1000, false, false},
		{0, 1000, 900, 2000, 1000, false, false},
		{1, 0, 900, 2000, 1000, false, false},
		/* until its successor's first use, which has not come */
		{0, 0, 900, 0, 1000, true, false},
		{0, 1000, 900, 0, 1000, false, false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct record r = minimal;

		r.revoked = rows[i].revoked;
		r.expires = rows[i].expires;
		r.rotated = rows[i].rotated;
		r.grace_ends = rows[i].grace_ends;
		ck_assert_msg(record_live(&r, rows[i].now) == rows[i].live, "row %zu", i);
		ck_assert_msg(record_current(&r, rows[i].now) == rows[i].current, "row %zu", i);
	}
}
END_TEST

/* Its name stays taken. */
START_TEST(used_up)
{
	struct record r = minimal;

	r.uses = r.used = 1;
	ck_assert(record_live(&r, 1000));
	ck_assert(record_current(&r, 1000));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("record");

	tcase_set_timeout(t, 60); /* for the sanitizers' sake */
	tcase_add_test(t, golden_bytes);
	tcase_add_test(t, minimal_record);
	tcase_add_test(t, id_is_the_key);
	tcase_add_test(t, truncations);
	tcase_add_test(t, changed_bytes);
	tcase_add_test(t, inserted_and_removed_bytes);
	tcase_add_test(t, versions);
	tcase_add_test(t, kinds);
	tcase_add_test(t, ranks);
	tcase_add_test(t, unknown_tags);
	tcase_add_test(t, order);
	tcase_add_test(t, missing_texts);
	tcase_add_loop_test(t, lengths_of_texts, 0, COUNT(texts));
	tcase_add_test(t, lengths_of_numbers);
	tcase_add_test(t, zeros_are_left_out);
	tcase_add_test(t, bytes_left_over);
	tcase_add_test(t, numbers_at_their_ends);
	tcase_add_test(t, longest_record);
	tcase_add_test(t, what_is_never_written);
	tcase_add_test(t, links);
	tcase_add_test(t, live);
	tcase_add_test(t, used_up);
	suite_add_tcase(s, t);
	return unit_run(s);
}
