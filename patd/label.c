#include "patd/label.h"

#include <string.h>

#include "common/limits.h"
#include "common/token.h"

/* Ranges of code points that a terminal or a log must not be given: controls, the bidirectional
 * formatting characters (Unicode Bidi_Control), line and paragraph separators, byte order mark,
 * surrogates, tags and variation selectors beyond the BMP, noncharacters at the end of the BMP. */
static const struct {
	uint32_t first, last;
} unprintable[] = {
	{0x0000, 0x001F},
	{0x007F, 0x009F},
	{0x00AD, 0x00AD},
	{0x061C, 0x061C},
	{0x180E, 0x180E},
	{0x200B, 0x200F},
	{0x2028, 0x202E},
	{0x2060, 0x206F},
	{0xD800, 0xDFFF},
	{0xFDD0, 0xFDEF},
	{0xFEFF, 0xFEFF},
	{0xFFF9, 0xFFFB},
	{0xFFFE, 0xFFFF},
	{0xE0000, 0xE0FFF},
	{0xF0000, 0xFFFFFFFF},
};

static bool printable(uint32_t c)
{
	for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++)
		if (c >= unprintable[i].first && c <= unprintable[i].last)
			return false;
	return true;
}

/* One character of UTF-8 (RFC 3629): its length, or 0 if it is ill-formed or overlong. */
static size_t utf8_next(struct span s, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint8_t b = (uint8_t)s.p[0];
	size_t n = b < 0x80 ? 1 : b >> 5 == 6 ? 2 : b >> 4 == 14 ? 3 : b >> 3 == 30 ? 4 : 0;

	if (n == 0 || n > s.n)
		return 0;
	*c = n == 1 ? b : b & (0xFFU >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if (((uint8_t)s.p[i] & 0xC0) != 0x80)
			return 0;
		*c = *c << 6 | ((uint8_t)s.p[i] & 0x3F);
	}
	return *c < least[n] || *c > 0x10FFFF ? 0 : n;
}

static bool text_valid(struct span s)
{
	size_t len;

	if (token_find(s.p, s.n, &len) < s.n)
		return false;
	while (s.n > 0) {
		uint32_t c;
		size_t n = utf8_next(s, &c);

		if (n == 0 || !printable(c))
			return false;
		s = (struct span){s.p + n, s.n - n};
	}
	return true;
}

bool label_name_valid(struct span name)
{
	return name.n >= 1 && name.n <= LIMIT_NAME_CHOSEN && name.p[0] != '-' && name.p[0] != ' ' &&
	       name.p[name.n - 1] != ' ' && !memchr(name.p, '/', name.n) &&
	       !token_id_valid(name.p, name.n) && text_valid(name);
}

bool label_note_valid(struct span note)
{
	return note.n <= LIMIT_NOTE && text_valid(note);
}
