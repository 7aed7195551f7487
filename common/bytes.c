#include "common/bytes.h"

#include <string.h>

struct span span_of(const char *s)
{
	return (struct span){s, strlen(s)};
}

bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool span_is(struct span a, const char *s)
{
	return span_eq(a, span_of(s));
}

uint32_t span_hash(struct span s)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * 16777619U;
	return h ^ h >> 16; /* for those who take the low bits */
}

bool span_copy(struct span a, char *dst, size_t size)
{
	dst[0] = '\0';
	if (a.n >= size || (a.n > 0 && memchr(a.p, '\0', a.n)))
		return false;
	if (a.n > 0)
		memcpy(dst, a.p, a.n);
	dst[a.n] = '\0';
	return true;
}

struct span span_take(struct span *s, char end)
{
	const char *at = s->n > 0 ? memchr(s->p, end, s->n) : NULL;
	struct span taken = {s->p, at ? (size_t)(at - s->p) : s->n};
	size_t gone = taken.n + (at ? 1 : 0);

	*s = (struct span){s->p + gone, s->n - gone};
	return taken;
}

void reader_init(struct reader *r, const void *data, size_t n)
{
	r->p = data;
	r->end = r->p ? r->p + n : NULL;
	r->failed = false;
}

size_t reader_left(const struct reader *r)
{
	return r->failed ? 0 : (size_t)(r->end - r->p);
}

bool reader_done(const struct reader *r)
{
	return !r->failed && r->p == r->end;
}

struct span read_bytes(struct reader *r, size_t n)
{
	struct span s = {(const char *)r->p, n};

	if (reader_left(r) < n)
		r->failed = true;
	if (r->failed || n == 0)
		return (struct span){"", 0};
	r->p += n;
	return s;
}

static uint64_t read_be(struct reader *r, size_t n)
{
	struct span s = read_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | (uint8_t)s.p[i];
	return v;
}

uint8_t read_u8(struct reader *r)
{
	return (uint8_t)read_be(r, 1);
}

uint16_t read_u16(struct reader *r)
{
	return (uint16_t)read_be(r, 2);
}

uint32_t read_u32(struct reader *r)
{
	return (uint32_t)read_be(r, 4);
}

uint64_t read_u64(struct reader *r)
{
	return read_be(r, 8);
}

void writer_init(struct writer *w, void *data, size_t size)
{
	w->start = w->p = data;
	w->end = w->p + size;
	w->failed = false;
}

void write_bytes(struct writer *w, const void *data, size_t n)
{
	if (w->failed || (size_t)(w->end - w->p) < n) {
		w->failed = true;
		return;
	}
	if (n > 0)
		memcpy(w->p, data, n);
	w->p += n;
}

static void write_be(struct writer *w, uint64_t v, size_t n)
{
	uint8_t b[8];

	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	write_bytes(w, b, n);
}

void write_u8(struct writer *w, uint8_t v)
{
	write_be(w, v, 1);
}

void write_u16(struct writer *w, uint16_t v)
{
	write_be(w, v, 2);
}

void write_u32(struct writer *w, uint32_t v)
{
	write_be(w, v, 4);
}

void write_u64(struct writer *w, uint64_t v)
{
	write_be(w, v, 8);
}

size_t writer_len(const struct writer *w)
{
	return w->failed ? 0 : (size_t)(w->p - w->start);
}
