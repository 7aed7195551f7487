/*
 * bytes.h: a bounded reader and a bounded writer whose errors latch.
 *
 * Every byte that comes from outside (a packet, a record) goes through a reader, every byte format
 * is made by a writer. A call that would pass the end marks the reader or writer as failed and
 * yields zero or an empty span; all later calls do the same. So the caller checks once, at the end.
 * Integers are unsigned and big-endian.
 */
#ifndef PAT_BYTES_H
#define PAT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that someone else owns, not terminated. */
struct span {
	const char *p; /* never NULL when n > 0 */
	size_t n;
};

/* A span over a string, without its NUL. The macro is for string literals, in constant tables. */
struct span span_of(const char *s);
#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

/* The same bytes? Not in constant time. */
bool span_eq(struct span a, struct span b);
bool span_is(struct span a, const char *s);

/* A hash (FNV-1a) for tables in memory. Who chooses the bytes can choose collisions. */
uint32_t span_hash(struct span s);

/* Copies the span and a NUL into dst (size is at least 1); false, and dst is "", if it does not fit
 * or contains a NUL. */
bool span_copy(struct span a, char *dst, size_t size);

/*
 * Takes what stands before the first `end`, and that one, off the front of *s; all of *s if it has
 * none. An empty element is taken like any other, but not one after an `end` that stands last.
 */
struct span span_take(struct span *s, char end);

struct reader {
	const uint8_t *p, *end;
	bool failed;
};

void reader_init(struct reader *r, const void *data, size_t n);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
/* A view of the next n bytes; valid as long as the data is. */
struct span read_bytes(struct reader *r, size_t n);
size_t reader_left(const struct reader *r);
/* True when nothing failed and nothing is left: the only point at which what was read may be used.
 */
bool reader_done(const struct reader *r);

struct writer {
	uint8_t *start, *p, *end;
	bool failed;
};

void writer_init(struct writer *w, void *data, size_t size);
void write_u8(struct writer *w, uint8_t v);
void write_u16(struct writer *w, uint16_t v);
void write_u32(struct writer *w, uint32_t v);
void write_u64(struct writer *w, uint64_t v);
void write_bytes(struct writer *w, const void *data, size_t n);
/* Bytes written so far; 0 after a failure, so that nothing half made is ever sent or stored. */
size_t writer_len(const struct writer *w);

#endif
