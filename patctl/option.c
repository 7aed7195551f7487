#include "patctl/option.h"

#include <string.h>

#include "common/err.h"

struct scan {
	const struct option *tables[2];
	int argc, at;
	char **argv;
	struct args *args;
	struct fault *fault;
};

/* By its long name (n bytes of `name`), or by its letter when name is NULL. */
static const struct option *find(const struct scan *s, const char *name, size_t n, char letter)
{
	for (size_t t = 0; t < 2; t++) {
		for (const struct option *o = s->tables[t]; o && o->name; o++) {
			if (name ? strlen(o->name) == n && memcmp(o->name, name, n) == 0
				 : o->letter == letter)
				return o;
		}
	}
	return NULL;
}

static void set(struct scan *s, const struct option *o, const char *value)
{
	char *field = (char *)s->args + o->field;

	if (o->value)
		memcpy(field, &value, sizeof(value));
	else
		memcpy(field, &(bool){true}, sizeof(bool));
}

/* The word after the option, as its value; NULL if there is none. */
static const char *next_word(struct scan *s)
{
	return s->at < s->argc ? s->argv[s->at++] : NULL;
}

static int set_value(struct scan *s, const struct option *o, const char *value)
{
	if (!value)
		return fault_say(
			s->fault, ERR_USAGE, NULL, "--%s: needs a value: %s", o->name, o->value);
	set(s, o, value);
	return 0;
}

static int parse_long(struct scan *s, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	const struct option *o = find(s, word, n, 0);

	if (!o)
		return fault_say(s->fault, ERR_USAGE, NULL, "--%.*s: unknown option", (int)n, word);
	if (o->value)
		return set_value(s, o, equals ? equals + 1 : next_word(s));
	if (equals)
		return fault_say(s->fault, ERR_USAGE, NULL, "--%s: takes no value", o->name);
	set(s, o, NULL);
	return 0;
}

/* A word of letters, of which the first that takes a value ends it. */
static int parse_letters(struct scan *s, const char *letters)
{
	for (; *letters; letters++) {
		const struct option *o = find(s, NULL, 0, *letters);

		if (!o)
			return fault_say(
				s->fault, ERR_USAGE, NULL, "-%c: unknown option", *letters);
		if (o->value)
			return set_value(s, o, letters[1] ? letters + 1 : next_word(s));
		set(s, o, NULL);
	}
	return 0;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

int option_parse(const struct option *global, const struct option *own, bool until_operand,
	int argc, char **argv, struct args *a, struct fault *f)
{
	struct scan s = {{own, global}, argc, 0, argv, a, f};
	bool options_ended = false;

	a->operands = argv;
	a->operand_count = 0;
	while (s.at < argc) {
		char *word = argv[s.at];
		int err;

		if (options_ended || !is_option(word)) {
			if (until_operand)
				break;
			argv[a->operand_count++] = word;
			s.at++;
			continue;
		}
		s.at++;
		if (strcmp(word, "--") == 0) {
			options_ended = true;
			continue;
		}
		err = word[1] == '-' ? parse_long(&s, word + 2) : parse_letters(&s, word + 1);
		if (err)
			return err;
	}
	return s.at;
}
