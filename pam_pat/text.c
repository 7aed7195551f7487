#include "pam_pat/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static void put_string(struct writer *w, const char *s)
{
	write_bytes(w, s, strlen(s));
}

static void put_hex(struct writer *w, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	write_bytes(w, (const char[]){'\\', 'x', digits[c >> 4], digits[c & 15]}, 4);
}

static void put_escaped(struct writer *w, const char *value, const char *also_plain)
{
	size_t i;

	for (i = 0; i < TEXT_VALUE && value[i]; i++) {
		unsigned char c = (unsigned char)value[i];
		bool plain = c > 0x20 && c < 0x7f && !strchr("\"\\=", c);

		if (plain || strchr(also_plain, c))
			write_u8(w, c);
		else
			put_hex(w, c);
	}
	if (value[i])
		put_string(w, "...");
}

static void put_key(struct writer *w, const char *key)
{
	put_string(w, " ");
	put_string(w, key);
	put_string(w, "=");
}

void text_field(struct writer *w, const char *key, const char *value)
{
	if (!value)
		return;
	put_key(w, key);
	put_escaped(w, value, "");
}

void text_quoted(struct writer *w, const char *key, const char *value)
{
	if (!value)
		return;
	put_key(w, key);
	put_string(w, "\"");
	put_escaped(w, value, " ");
	put_string(w, "\"");
}

void text_printable(struct span s, char *out, size_t size)
{
	struct writer w;

	writer_init(&w, out, size - 1);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool control = is_control(c);

		if (writer_len(&w) + (control ? 4 : 1) > size - 1)
			break;
		if (control)
			put_hex(&w, c);
		else
			write_u8(&w, c);
	}
	out[writer_len(&w)] = '\0';
}

bool text_is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_control((unsigned char)s.p[i]))
			return false;
	return s.n > 0;
}

void text_duration(uint64_t seconds, char out[TEXT_DURATION])
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}};

	snprintf(out, TEXT_DURATION, "less than a minute");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t n = seconds / units[i].seconds;

		if (n > 0) {
			snprintf(out, TEXT_DURATION, "%" PRIu64 " %s%s", n, units[i].name,
				n == 1 ? "" : "s");
			return;
		}
	}
}
