/*
 * value.h: what may stand for an option's value or an operand, by the name that help and the
 * synopsis call it by (`value` of struct option, `operand` of struct command). Names that are not
 * known here stand for anything. Pure.
 */
#ifndef PATCTL_VALUE_H
#define PATCTL_VALUE_H

#include <stdbool.h>
#include <stddef.h>

enum value_kind {
	VALUE_ANY,
	VALUE_WORD,  /* one of its words */
	VALUE_WORDS, /* some of them, comma-separated */
	VALUE_TOKEN,
	VALUE_ACCOUNT,
	VALUE_FILE,
};

enum value_kind value_kind(const char *name);

/* Its words, by number; NULL after the last, and for what has none. They may hold spaces. */
const char *value_word(const char *name, size_t i);

/* Is it one of the words? */
bool value_has(const char *name, const char *word);

#endif
