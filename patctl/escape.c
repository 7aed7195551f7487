#include "patctl/escape.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

static bool turns_direction(wchar_t c)
{
	return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069);
}

/* The length of the printable character at p; 0 if there is none. */
static size_t printable(const char *p, size_t n)
{
	mbstate_t state = {0};
	wchar_t c;
	size_t len = mbrtowc(&c, p, n, &state);

	if (len == 0 || len > n || !iswprint((wint_t)c) || turns_direction(c))
		return 0;
	return len;
}

static char *escape(struct span text, const char *keep, char *dst, size_t size)
{
	char *out = dst;

	for (size_t at = 0; at < text.n;) {
		const char *p = text.p + at;
		size_t len = *p != '\0' && strchr(keep, *p) ? 1 : printable(p, text.n - at);
		size_t room = size - (size_t)(out - dst);

		if (room <= (len ? len : 4))
			break;
		if (len) {
			memcpy(out, p, len);
			out += len;
			at += len;
		} else {
			out += sprintf(out, "\\x%02x", (unsigned char)*p);
			at++;
		}
	}
	*out = '\0';
	return dst;
}

char *escape_text(struct span text, char *dst, size_t size)
{
	return escape(text, "", dst, size);
}

char *escape_lines(struct span text, char *dst, size_t size)
{
	return escape(text, "\n", dst, size);
}
