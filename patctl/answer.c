#include "patctl/answer.h"

#include <string.h>

#include "common/err.h"
#include "common/token.h"

#define SUDO "sudo:"

/* Takes `what` off the front of the text, if it is there. */
static bool skip(struct span *text, struct span what)
{
	if (text->n < what.n || memcmp(text->p, what.p, what.n) != 0)
		return false;
	text->p += what.n;
	text->n -= what.n;
	return true;
}

static bool is_end(struct span text)
{
	return text.n == 0 || span_is(text, " ");
}

static bool is_line(struct span text)
{
	return !memchr(text.p, '\n', text.n) && !memchr(text.p, '\r', text.n);
}

bool answer_matches(struct span where, const char *prompt)
{
	struct span sudo = span_of(prompt), password = sudo, interactive = sudo;
	struct span user = where;

	if (skip(&user, SPAN(SUDO)))
		return skip(&sudo, SPAN("[sudo] password for ")) && skip(&sudo, user) &&
		       skip(&sudo, SPAN(":")) && is_end(sudo);
	if (skip(&password, where) && skip(&password, SPAN("'s password:")) && is_end(password))
		return true;
	return skip(&interactive, SPAN("(")) && skip(&interactive, where) &&
	       skip(&interactive, SPAN(") ")) && is_line(interactive);
}

static bool where_valid(struct span where)
{
	const char *at;

	for (size_t i = 0; i < where.n; i++)
		if ((unsigned char)where.p[i] <= ' ' || where.p[i] == 0x7f)
			return false;
	if (skip(&where, SPAN(SUDO)))
		return where.n > 0;
	at = memrchr(where.p, '@', where.n);
	return at && at > where.p && at + 1 < where.p + where.n;
}

/* The next word of a line, separated by blanks; empty at its end. */
static struct span next_word(struct span *line)
{
	struct span word;

	while (skip(line, SPAN(" ")) || skip(line, SPAN("\t")))
		;
	word = (struct span){line->p, 0};
	while (word.n < line->n && line->p[word.n] != ' ' && line->p[word.n] != '\t')
		word.n++;
	skip(line, word);
	return word;
}

/* One line: its token, empty on a blank line or comment, and whether a WHERE of it answers. */
static int parse_line(struct span line, const char *prompt, struct span *token, bool *answers)
{
	size_t places = 0;

	*answers = false;
	*token = next_word(&line);
	if (token->n == 0 || token->p[0] == '#')
		return 0;
	if (!token_parse(token->p, token->n, NULL))
		return ERR_INVALID;
	for (struct span where = next_word(&line); where.n > 0; where = next_word(&line)) {
		if (!where_valid(where))
			return ERR_INVALID;
		places++;
		*answers |= answer_matches(where, prompt);
	}
	return places ? 0 : ERR_INVALID;
}

int answer_find(struct span file, const char *prompt, struct span *token, size_t *line)
{
	struct span found = {"", 0};
	size_t number = 0;

	/* To the end, whatever was found: a file with a fault in it answers nothing. */
	while (file.n > 0) {
		struct span text = span_take(&file, '\n');
		struct span candidate;
		bool answers;

		number++;
		if (parse_line(text, prompt, &candidate, &answers)) {
			*line = number;
			return ERR_INVALID;
		}
		if (answers && found.n == 0)
			found = candidate;
	}
	if (found.n == 0)
		return ERR_NO_TOKEN;
	*token = found;
	return 0;
}
