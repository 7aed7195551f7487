#include "patd/source.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* IPv4 is kept in its mapped form (RFC 4291, 2.5.5.2), so that there is one kind of address. */
struct network {
	uint8_t address[16];
	unsigned bits; /* 0 to 128 */
};

enum { V4_BITS = 96 }; /* where the IPv4 address begins in a mapped one */
static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_v4(const uint8_t address[16])
{
	return memcmp(address, v4_prefix, sizeof(v4_prefix)) == 0;
}

static bool parse_address(struct span text, uint8_t address[16], unsigned *width)
{
	char buf[INET6_ADDRSTRLEN];

	if (!span_copy(text, buf, sizeof(buf)))
		return false;
	*width = 128;
	if (inet_pton(AF_INET6, buf, address) == 1)
		return true;
	memcpy(address, v4_prefix, sizeof(v4_prefix));
	*width = 32;
	return inet_pton(AF_INET, buf, address + sizeof(v4_prefix)) == 1;
}

/* A prefix length: decimal digits, no sign, no leading zero, at most `width`. */
static bool parse_bits(struct span text, unsigned width, unsigned *bits)
{
	char buf[4];

	if (text.n == 0 || !span_copy(text, buf, sizeof(buf)) ||
		strspn(buf, "0123456789") != text.n || (buf[0] == '0' && text.n > 1))
		return false;
	*bits = (unsigned)strtoul(buf, NULL, 10);
	return *bits <= width;
}

static bool parse_network(struct span text, struct network *out)
{
	const char *slash = memchr(text.p, '/', text.n);
	struct span address = {text.p, slash ? (size_t)(slash - text.p) : text.n};
	unsigned width;

	if (!parse_address(address, out->address, &width))
		return false;
	out->bits = width;
	if (slash &&
		!parse_bits((struct span){slash + 1, text.n - address.n - 1}, width, &out->bits))
		return false;
	out->bits += 128 - width;
	return true;
}

static bool is_v4_network(const struct network *n)
{
	return is_v4(n->address) && n->bits >= V4_BITS;
}

/* Is the address in the network? ::/0 is about IPv6, though mapped IPv4 addresses lie in it. */
static bool contains(const struct network *n, const uint8_t address[16])
{
	unsigned whole = n->bits / 8, rest = n->bits % 8;

	if (is_v4(address) != is_v4_network(n) || memcmp(address, n->address, whole) != 0)
		return false;
	return rest == 0 || (uint8_t)((address[whole] ^ n->address[whole]) >> (8 - rest)) == 0;
}

static bool has_host_bits(const struct network *n)
{
	uint8_t masked[16] = {0};

	memcpy(masked, n->address, n->bits / 8);
	if (n->bits % 8)
		masked[n->bits / 8] = (uint8_t)(n->address[n->bits / 8] & ~(0xFFU >> n->bits % 8));
	return memcmp(masked, n->address, sizeof(masked)) != 0;
}

static int format(const struct network *n, char *out, size_t size)
{
	bool v4 = is_v4_network(n);
	unsigned width = v4 ? 32 : 128, bits = n->bits - (128 - width);
	char address[INET6_ADDRSTRLEN];

	if (!inet_ntop(
		    v4 ? AF_INET : AF_INET6, n->address + (v4 ? 12 : 0), address, sizeof(address)))
		return -1;
	return bits == width ? snprintf(out, size, "%s", address)
			     : snprintf(out, size, "%s/%u", address, bits);
}

static bool listed(const char *list, struct span element)
{
	struct span left = span_of(list);

	while (left.n > 0)
		if (span_eq(span_take(&left, ','), element))
			return true;
	return false;
}

static bool append(char out[LIMIT_SOURCES + 1], const char *element)
{
	size_t n = strlen(out);

	if (listed(out, span_of(element)))
		return true;
	return n + strlen(element) + 1 <= LIMIT_SOURCES &&
	       snprintf(out + n, LIMIT_SOURCES + 1 - n, "%s%s", n ? "," : "", element) > 0;
}

bool source_canonical(struct span list, char out[LIMIT_SOURCES + 1])
{
	out[0] = '\0';
	if (list.n == 0 || list.n > LIMIT_SOURCES || list.p[list.n - 1] == ',')
		return false;
	for (int count = 0; list.n > 0; count++) {
		struct span element = span_take(&list, ',');
		char text[INET6_ADDRSTRLEN + 4] = "local";
		struct network n;

		if (!span_is(element, "local") &&
			(!parse_network(element, &n) || has_host_bits(&n) ||
				format(&n, text, sizeof(text)) < 0))
			goto bad;
		if (count == LIMIT_SOURCE_COUNT || !append(out, text))
			goto bad;
	}
	return true;
bad:
	out[0] = '\0';
	return false;
}

bool source_match(const char *list, struct span rhost, bool local)
{
	struct span left = span_of(list);
	uint8_t address[16];
	unsigned width;
	bool literal = parse_address(rhost, address, &width);

	while (left.n > 0) {
		struct span element = span_take(&left, ',');
		struct network n;

		if (span_is(element, "local")
				? local
				: literal && parse_network(element, &n) && contains(&n, address))
			return true;
	}
	return false;
}

static bool covers(const char *outer, struct span element)
{
	struct span left = span_of(outer);
	struct network in, out;

	if (span_is(element, "local") || !parse_network(element, &in))
		return listed(outer, element);
	while (left.n > 0)
		if (parse_network(span_take(&left, ','), &out) && out.bits <= in.bits &&
			contains(&out, in.address))
			return true;
	return false;
}

bool source_within(const char *inner, const char *outer)
{
	struct span left = span_of(inner);

	if (left.n == 0)
		return false;
	while (left.n > 0)
		if (!covers(outer, span_take(&left, ',')))
			return false;
	return true;
}
