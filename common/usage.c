#include "common/usage.h"

#include <string.h>

#include "common/err.h"

static void write_short(struct writer *w, const char *text)
{
	size_t n = strlen(text);

	write_u8(w, (uint8_t)n);
	write_bytes(w, text, n);
}

size_t usage_encode(const struct usage *u, void *buf)
{
	struct writer w;

	writer_init(&w, buf, USAGE_BYTES);
	write_u64(&w, u->last);
	write_u64(&w, u->count);
	write_short(&w, u->service);
	write_short(&w, u->rhost);
	return writer_len(&w);
}

int usage_decode(struct span bytes, struct usage *out)
{
	struct usage u = {0};
	struct reader r;
	bool texts;

	reader_init(&r, bytes.p, bytes.n);
	u.last = read_u64(&r);
	u.count = read_u64(&r);
	texts = span_copy(read_bytes(&r, read_u8(&r)), u.service, sizeof(u.service));
	texts &= span_copy(read_bytes(&r, read_u8(&r)), u.rhost, sizeof(u.rhost));
	if (!reader_done(&r) || !texts)
		return ERR_STORE;
	*out = u;
	return 0;
}

void usage_count(struct usage *u, uint64_t now, struct span service, struct span rhost)
{
	u->last = now;
	u->count++;
	span_copy(service, u->service, sizeof(u->service));
	span_copy(rhost, u->rhost, sizeof(u->rhost));
}

void usage_add(struct usage *u, const struct usage *later)
{
	uint64_t count = u->count + later->count;

	if (later->last >= u->last)
		*u = *later;
	u->count = count;
}
