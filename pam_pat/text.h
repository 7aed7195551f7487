/* text.h: texts for the log and for people, from values that strangers chose. Pure. */
#ifndef PAM_PAT_TEXT_H
#define PAM_PAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"

enum {
	TEXT_VALUE = 256,     /* bytes of one value that a log line shows; then "..." */
	TEXT_LINE = 8 * 1024, /* a whole line: room for seven values, every byte escaped */
	TEXT_DURATION = 32,   /* "213503982334601 days" */
};

/*
 * Appends ` key=value`; nothing when value is NULL. What is not printable ASCII, and blank, quote,
 * backslash and `=`, becomes \xHH: no value can end its field or begin another one.
 */
void text_field(struct writer *w, const char *key, const char *value);
/* The same as ` key="value"`, with blanks as they are. */
void text_quoted(struct writer *w, const char *key, const char *value);

/* A line for a person's terminal: control bytes become \xHH, UTF-8 stays. Cut to what fits. */
void text_printable(struct span s, char *out, size_t size);

/* Is there one byte at least, and no control byte? */
bool text_is_plain(struct span s);

/* "3 days", "1 hour", "less than a minute": rounded down, nobody is promised time that isn't left.
 */
void text_duration(uint64_t seconds, char out[TEXT_DURATION]);

#endif
