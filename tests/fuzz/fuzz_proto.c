/*
 * fuzz_proto.c: any bytes as a packet. What decodes, made again from its values in the order they
 * came, is the same packet; only tags that may be ignored are gone.
 *
 * Few inputs have a header that fits, so each is also tried with the right version and length.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_text(enum proto_tag tag)
{
	static const bool text[PROTO_TAG_END] = {
#define IS_TEXT(name, number, type, limit) [number] = (type) >= PROTO_TEXT,
		PROTO_TAGS(IS_TEXT)
#undef IS_TEXT
	};

	return text[tag];
}

/* The packet without the tags that may be ignored. */
static size_t strict_part(const uint8_t *data, size_t size, uint8_t out[LIMIT_PACKET])
{
	size_t n = PROTO_HEADER;

	memcpy(out, data, n);
	for (size_t at = n; at < size;) {
		size_t length = 3 + (size_t)(data[at + 1] << 8 | data[at + 2]);

		if (data[at] < PROTO_TAG_OPTIONAL) {
			memcpy(out + n, data + at, length);
			n += length;
		}
		at += length;
	}
	out[2] = (uint8_t)((n - PROTO_HEADER) >> 8);
	out[3] = (uint8_t)(n - PROTO_HEADER);
	return n;
}

static size_t make_again(
	const struct proto_msg *m, const uint8_t *strict, size_t n, struct proto_out *o)
{
	proto_begin(o, (enum proto_verb)m->verb);
	o->packet[0] = m->version; /* a VERSION answer may be of another one */
	for (size_t at = PROTO_HEADER; at < n;
		at += 3 + (size_t)(strict[at + 1] << 8 | strict[at + 2])) {
		enum proto_tag tag = (enum proto_tag)strict[at];

		assert(proto_has(m, tag));
		if (is_text(tag))
			proto_put_text(o, tag, proto_text(m, tag));
		else
			proto_put_number(o, tag, proto_number(m, tag));
	}
	return proto_end(o);
}

static void check(const uint8_t *data, size_t size)
{
	uint8_t strict[LIMIT_PACKET];
	struct proto_msg m, again;
	struct proto_out o;
	size_t n;
	int err = proto_decode(data, size, &m);

	if (err) {
		assert(err == ERR_PROTO || (err == ERR_VERSION && data[0] != PROTO_VERSION));
		return;
	}
	assert(size <= LIMIT_PACKET);
	assert(m.version == data[0] && m.verb == data[1]);
	n = strict_part(data, size, strict);
	assert(make_again(&m, strict, n, &o) == n);
	assert(memcmp(o.packet, strict, n) == 0);
	assert(proto_decode(o.packet, n, &again) == 0 && again.present == m.present);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *fitting;

	check(data, size);
	if (size < PROTO_HEADER || size - PROTO_HEADER > UINT16_MAX)
		return 0;
	if (!(fitting = malloc(size)))
		abort();
	memcpy(fitting, data, size);
	fitting[0] = PROTO_VERSION;
	fitting[2] = (uint8_t)((size - PROTO_HEADER) >> 8);
	fitting[3] = (uint8_t)(size - PROTO_HEADER);
	check(fitting, size);
	free(fitting);
	return 0;
}
