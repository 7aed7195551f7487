#include "patd/config_scan.h"

#include <stdio.h>
#include <string.h>

#include "common/limits.h"

enum kind { END, WORD, STRING, PUNCTUATION, WRONG };

struct lexeme {
	enum kind kind;
	struct span text; /* without quotes */
};

struct scan {
	struct span left;
	size_t line;
	char *why;
	size_t why_size;
	struct span seen[64]; /* keys so far; there are fewer than that */
	size_t seen_count;
};

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		(c && strchr("._@-", c));
}

static struct span take(struct scan *s, size_t n)
{
	struct span taken = {s->left.p, n};

	s->left = (struct span){s->left.p + n, s->left.n - n};
	return taken;
}

static bool is_control(char c)
{
	return (uint8_t)c < ' ' || c == 0x7f;
}

static void skip_blank(struct scan *s)
{
	bool comment = false;

	while (s->left.n > 0) {
		char c = s->left.p[0];

		if (c == '\n') {
			s->line++;
			comment = false;
		} else if (c == '#') {
			comment = true;
		} else if (c != ' ' && c != '\t' && (!comment || is_control(c))) {
			return;
		}
		take(s, 1);
	}
}

static struct lexeme wrong(struct scan *s, const char *what)
{
	snprintf(s->why, s->why_size, "%s", what);
	return (struct lexeme){WRONG, {"", 0}};
}

static struct lexeme string(struct scan *s)
{
	size_t n = 0;
	struct lexeme l = {STRING, {"", 0}};

	take(s, 1);
	for (; n < s->left.n && s->left.p[n] != '"'; n++)
		if (is_control(s->left.p[n]) || strchr("\\$", s->left.p[n]))
			return wrong(s, "a string ends on its line and has no backslash, dollar or "
					"control character");
	if (n == s->left.n)
		return wrong(s, "a string is never closed");
	l.text = take(s, n);
	take(s, 1);
	return l;
}

static struct lexeme next(struct scan *s)
{
	size_t n = 0;

	skip_blank(s);
	if (s->left.n == 0)
		return (struct lexeme){END, {"end of file", 11}};
	if (s->left.p[0] == '"')
		return string(s);
	if (s->left.p[0] && strchr("={},", s->left.p[0]))
		return (struct lexeme){PUNCTUATION, take(s, 1)};
	while (n < s->left.n && word_char(s->left.p[n]))
		n++;
	if (n == 0)
		return wrong(s, "unexpected character (values with spaces go in double quotes; only # "
				"starts a comment)");
	return (struct lexeme){WORD, take(s, n)};
}

static bool is_value(struct lexeme l)
{
	return l.kind == WORD || l.kind == STRING;
}

static bool is(struct lexeme l, const char *punctuation)
{
	return l.kind == PUNCTUATION && span_is(l.text, punctuation);
}

static bool fail(struct scan *s, struct lexeme l, const char *wanted, struct span key)
{
	if (l.kind != WRONG)
		snprintf(s->why, s->why_size, "%.*s%sexpected %s, not \"%.*s\"", (int)key.n, key.p,
			key.n ? ": " : "", wanted, (int)(l.text.n > 40 ? 40 : l.text.n), l.text.p);
	return false;
}

/* After the opening brace. */
static bool scan_list(struct scan *s, struct span key, bool some)
{
	for (size_t count = 0;; count++) {
		struct lexeme l = next(s);

		if (is(l, "}") && !(some && count == 0))
			return true;
		if (count == LIMIT_LIST)
			break;
		if (!is_value(l))
			return fail(s, l, some && count == 0 ? "a value" : "a value or }", key);
		l = next(s);
		if (is(l, "}"))
			return true;
		if (!is(l, ","))
			return fail(s, l, "a comma or }", key);
	}
	snprintf(s->why, s->why_size, "%.*s: more than %d elements", (int)key.n, key.p, LIMIT_LIST);
	return false;
}

static bool scan_value(struct scan *s, struct span key, enum config_shape shape)
{
	struct lexeme l = next(s);

	if (!is(l, "="))
		return fail(s, l, "=", key);
	l = next(s);
	if (shape == SHAPE_LIST || shape == SHAPE_SOME)
		return is(l, "{") ? scan_list(s, key, shape == SHAPE_SOME) :
				    fail(s, l, "a list, {...}", key);
	return is_value(l) ? true : fail(s, l, "a value", key);
}

static bool repeated(struct scan *s, struct span key)
{
	for (size_t i = 0; i < s->seen_count; i++)
		if (span_eq(s->seen[i], key))
			return true;
	if (s->seen_count < sizeof(s->seen) / sizeof(s->seen[0]))
		s->seen[s->seen_count++] = key;
	return false;
}

static bool scan_key(struct scan *s, struct lexeme l, config_shape_of *shape_of)
{
	enum config_shape shape;

	if (l.kind != WORD)
		return fail(s, l, "a key", (struct span){"", 0});
	shape = shape_of(l.text);
	if (shape == SHAPE_UNKNOWN || repeated(s, l.text)) {
		snprintf(s->why, s->why_size, "%s key \"%.*s\"",
			shape == SHAPE_UNKNOWN ? "unknown" : "repeated",
			(int)(l.text.n > 40 ? 40 : l.text.n), l.text.p);
		return false;
	}
	return scan_value(s, l.text, shape);
}

size_t config_scan(struct span text, config_shape_of *shape, char *why, size_t why_size)
{
	struct scan s = {.left = text, .line = 1, .why = why, .why_size = why_size};

	for (;;) {
		struct lexeme l = next(&s);

		if (l.kind == END)
			return 0;
		if (!scan_key(&s, l, shape))
			return s.line;
	}
}
