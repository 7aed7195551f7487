#include "common/fields.h"

#include <string.h>

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

void fields_encode(struct writer *w, const struct field *fields, size_t n, const void *from)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = (const char *)from + fields[i].offset;

		if (fields[i].type == FIELD_TEXT)
			encode_text(w, &fields[i], at);
		else
			encode_number(w, &fields[i], at);
	}
}

static bool decode_field(const struct field *f, struct span value, void *to)
{
	char *at = (char *)to + f->offset;
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
static const struct field *find(const struct field *fields, size_t n, uint8_t tag, size_t *next)
{
	for (; *next < n; (*next)++)
		if (fields[*next].tag == tag)
			return &fields[(*next)++];
	return NULL;
}

static bool complete(const struct field *fields, size_t n, const void *to)
{
	for (size_t i = 0; i < n; i++)
		if (fields[i].must && !*((const char *)to + fields[i].offset))
			return false;
	return true;
}

bool fields_decode(struct reader *r, const struct field *fields, size_t n, void *to)
{
	size_t next = 0;

	while (reader_left(r) > 0) {
		uint8_t tag = read_u8(r);
		struct span value = read_bytes(r, read_u16(r));
		const struct field *f = r->failed ? NULL : find(fields, n, tag, &next);

		if (!f || !decode_field(f, value, to))
			return false;
	}
	return reader_done(r) && complete(fields, n, to);
}
