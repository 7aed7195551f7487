#include "patd/session.h"

#include <string.h>

#include "common/err.h"

static void write_short(struct writer *w, const char *text)
{
	size_t n = strlen(text);

	write_u8(w, (uint8_t)n);
	write_bytes(w, text, n);
}

static bool read_short(struct reader *r, char *out, size_t size)
{
	return span_copy(read_bytes(r, read_u8(r)), out, size);
}

static void write_process(struct writer *w, const struct process *p)
{
	uint8_t bytes[PROCESS_BYTES];

	process_encode(p, bytes);
	write_bytes(w, bytes, sizeof(bytes));
}

static bool read_process(struct reader *r, struct process *out)
{
	return process_decode(read_bytes(r, PROCESS_BYTES), out) == 0;
}

static bool read_id(struct reader *r, char out[TOKEN_ID_LEN + 1])
{
	struct span id = read_bytes(r, TOKEN_ID_LEN);

	return token_id_valid(id.p, id.n) && span_copy(id, out, TOKEN_ID_LEN + 1);
}

static bool same_key(const void *made, size_t n, struct span key)
{
	return key.n == n && memcmp(made, key.p, n) == 0;
}

/* ---- handovers ---- */

void handover_key(const struct process *p, uint8_t key[HANDOVER_KEY])
{
	struct writer w;

	writer_init(&w, key, HANDOVER_KEY);
	write_u32(&w, p->pid);
	write_u64(&w, p->start);
}

size_t handover_encode(const struct handover *h, void *buf)
{
	struct writer w;

	writer_init(&w, buf, HANDOVER_BYTES);
	write_process(&w, &h->process);
	write_u64(&w, h->made);
	write_bytes(&w, h->id, TOKEN_ID_LEN);
	write_short(&w, h->user);
	return writer_len(&w);
}

int handover_decode(struct span key, struct span bytes, struct handover *out)
{
	struct handover h = {0};
	uint8_t made[HANDOVER_KEY];
	struct reader r;
	bool valid;

	reader_init(&r, bytes.p, bytes.n);
	valid = read_process(&r, &h.process);
	h.made = read_u64(&r);
	valid &= read_id(&r, h.id);
	valid &= read_short(&r, h.user, sizeof(h.user));
	handover_key(&h.process, made);
	if (!valid || !reader_done(&r) || !same_key(made, sizeof(made), key))
		return ERR_STORE;
	*out = h;
	return 0;
}

/* ---- sessions ---- */

void session_key(const struct session *s, uint8_t key[SESSION_KEY])
{
	struct writer w;
	char id[TOKEN_ID_LEN] = {0};

	memcpy(id, s->id, strnlen(s->id, sizeof(id)));
	writer_init(&w, key, SESSION_KEY);
	write_bytes(&w, id, sizeof(id));
	write_u64(&w, s->opened);
	write_u32(&w, s->opener.pid);
}

size_t session_encode(const struct session *s, void *buf)
{
	struct writer w;

	writer_init(&w, buf, SESSION_BYTES);
	write_process(&w, &s->opener);
	write_u8(&w, s->nested);
	write_u32(&w, s->uid);
	write_short(&w, s->owner);
	write_short(&w, s->name);
	write_short(&w, s->user);
	write_short(&w, s->service);
	write_short(&w, s->rhost);
	write_u8(&w, s->above_count);
	for (size_t i = 0; i < s->above_count; i++)
		write_bytes(&w, s->above[i], TOKEN_ID_LEN);
	return writer_len(&w);
}

/* The key has what the value does not: the ID and the time. */
static bool read_key(struct span key, struct session *s)
{
	struct reader r;
	bool valid;

	reader_init(&r, key.p, key.n);
	valid = read_id(&r, s->id);
	s->opened = read_u64(&r);
	return read_u32(&r) == s->opener.pid && reader_done(&r) && valid;
}

static bool read_above(struct reader *r, struct session *s)
{
	s->above_count = read_u8(r);
	if (s->above_count > LIMIT_DEPTH)
		return false;
	for (size_t i = 0; i < s->above_count; i++)
		if (!read_id(r, s->above[i]))
			return false;
	return true;
}

int session_decode(struct span key, struct span bytes, struct session *out)
{
	struct session s = {0};
	struct reader r;
	bool valid;

	reader_init(&r, bytes.p, bytes.n);
	valid = read_process(&r, &s.opener);
	s.nested = read_u8(&r);
	valid &= s.nested <= 1;
	s.uid = read_u32(&r);
	valid &= read_short(&r, s.owner, sizeof(s.owner));
	valid &= read_short(&r, s.name, sizeof(s.name));
	valid &= read_short(&r, s.user, sizeof(s.user));
	valid &= read_short(&r, s.service, sizeof(s.service));
	valid &= read_short(&r, s.rhost, sizeof(s.rhost));
	valid &= read_above(&r, &s);
	if (!valid || !reader_done(&r) || !read_key(key, &s))
		return ERR_STORE;
	*out = s;
	return 0;
}
