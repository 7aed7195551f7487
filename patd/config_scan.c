#include "patd/config_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"

enum kind { END, WORD, STRING, PUNCTUATION, WRONG };

struct lexeme {
	enum kind kind;
	struct span text; /* without quotes */
};

/* What stood before, to find what stands twice. There are few keys; sections are looked up one by
 * one. */
struct seen {
	size_t n, room;
	struct span (*item)[2]; /* key and nothing, or kind and title */
};

struct scan {
	struct span left;
	size_t line;
	char *why;
	size_t why_size;
	config_shape_of *shape;
	struct span section; /* its kind; empty at the top */
	struct seen *keys;   /* keys so far, of the file or the section */
	struct seen *titles; /* sections so far, of the file */
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
		return wrong(s,
			"unexpected character (values with spaces go in double quotes; only # "
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
		return is(l, "{") ? scan_list(s, key, shape == SHAPE_SOME)
				  : fail(s, l, "a list, {...}", key);
	return is_value(l) ? true : fail(s, l, "a value", key);
}

/* Has this stood before? From now on it has. */
static bool repeated(struct seen *seen, struct span a, struct span b)
{
	for (size_t i = 0; i < seen->n; i++)
		if (span_eq(seen->item[i][0], a) && span_eq(seen->item[i][1], b))
			return true;
	if (seen->n == seen->room) {
		size_t room = seen->room ? 2 * seen->room : 64;
		void *more = realloc(seen->item, room * sizeof(seen->item[0]));

		/* Without memory nothing can be ruled out: say so by calling it repeated. */
		if (!more)
			return true;
		seen->item = more;
		seen->room = room;
	}
	seen->item[seen->n][0] = a;
	seen->item[seen->n++][1] = b;
	return false;
}

static bool refuse(struct scan *s, const char *what, struct span key)
{
	snprintf(s->why, s->why_size, "%s \"%.*s\"", what, (int)(key.n > 40 ? 40 : key.n), key.p);
	return false;
}

static bool scan_entry(struct scan *s, struct lexeme l);

/* After its kind: title, brace, entries, brace. */
static bool scan_section(struct scan *s, struct span kind)
{
	struct seen keys = {0}, *outer = s->keys;
	struct lexeme title = next(s), l;
	bool good = true;

	if (!is_value(title))
		return fail(s, title, "a title", kind);
	if (repeated(s->titles, kind, title.text))
		return refuse(s, "repeated section", title.text);
	if (!is(l = next(s), "{"))
		return fail(s, l, "{", kind);
	s->keys = &keys;
	s->section = kind;
	while (good && !is(l = next(s), "}"))
		good = scan_entry(s, l);
	s->keys = outer;
	s->section = (struct span){"", 0};
	free(keys.item);
	return good;
}

static bool scan_entry(struct scan *s, struct lexeme l)
{
	enum config_shape shape;

	if (l.kind != WORD)
		return fail(s, l, s->section.n ? "a key or }" : "a key", s->section);
	shape = s->shape(s->section, l.text);
	if (shape == SHAPE_UNKNOWN)
		return refuse(s, "unknown key", l.text);
	if (shape == SHAPE_SECTION)
		return scan_section(s, l.text);
	if (repeated(s->keys, l.text, (struct span){"", 0}))
		return refuse(s, "repeated key", l.text);
	return scan_value(s, l.text, shape);
}

size_t config_scan(struct span text, config_shape_of *shape, char *why, size_t why_size)
{
	struct seen keys = {0}, titles = {0};
	struct scan s = {.left = text,
		.line = 1,
		.why = why,
		.why_size = why_size,
		.shape = shape,
		.section = {"", 0},
		.keys = &keys,
		.titles = &titles};
	struct lexeme l;
	bool good = true;

	while (good && (l = next(&s)).kind != END)
		good = scan_entry(&s, l);
	free(keys.item);
	free(titles.item);
	return good ? 0 : s.line;
}

void config_blank_comments(char *text, size_t n)
{
	bool comment = false, quoted = false;

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			comment = false;
		else if (text[i] == '"' && !comment)
			quoted = !quoted;
		else if (text[i] == '#' && !quoted)
			comment = true;
		if (comment)
			text[i] = ' ';
	}
}
