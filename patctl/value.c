#include "patctl/value.h"

#include <string.h>

#include "common/proto.h"
#include "patctl/columns.h"
#include "patctl/completion.h"

static const char *color(size_t i)
{
	static const char *const words[] = {"auto", "always", "never", NULL};

	return words[i];
}

static const char *json(size_t i)
{
	return i == 0 ? "json" : NULL;
}

static const char *match(size_t i)
{
	static const char *const words[] = {"id", "name", NULL};

	return words[i];
}

static const char *status(size_t i)
{
	return token_status_name(STATUS_ACTIVE + i);
}

/* `word` is asked for 0, 1 and so on, up to its first NULL. */
static const struct value {
	const char *name;
	enum value_kind kind;
	const char *(*word)(size_t i);
} values[] = {
	{"ACCOUNT", VALUE_ACCOUNT, NULL},
	{"COLOR", VALUE_WORD, color},
	{"COLUMNS", VALUE_WORDS, columns_name},
	{"FILE", VALUE_FILE, NULL},
	{"MATCH", VALUE_WORD, match},
	{"PATH", VALUE_FILE, NULL},
	{"SHELL", VALUE_WORD, completion_shell},
	{"STATUS", VALUE_WORD, status},
	{"TOKEN", VALUE_TOKEN, NULL},
	{"json", VALUE_WORD, json},
};

static const struct value *find(const char *name)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strcmp(values[i].name, name) == 0)
			return &values[i];
	return NULL;
}

enum value_kind value_kind(const char *name)
{
	const struct value *v = find(name);

	return v ? v->kind : VALUE_ANY;
}

const char *value_word(const char *name, size_t i)
{
	const struct value *v = find(name);

	return v && v->word ? v->word(i) : NULL;
}

bool value_has(const char *name, const char *word)
{
	const char *known;

	for (size_t i = 0; (known = value_word(name, i)); i++)
		if (strcmp(known, word) == 0)
			return true;
	return false;
}
