/*
 * escape.h: text for a terminal. Pure; wants a UTF-8 LC_CTYPE, else all but ASCII is escaped.
 */
#ifndef PATCTL_ESCAPE_H
#define PATCTL_ESCAPE_H

#include "common/bytes.h"

/* The room that n bytes need at most, NUL included. */
#define ESCAPE_SIZE(n) (4 * (n) + 1)

/*
 * Copies the text into dst, each byte of what is no printable character (controls, invalid UTF-8,
 * marks that turn the direction of writing) as \xHH. What doesn't fit is cut. Returns dst.
 */
char *escape_text(struct span text, char *dst, size_t size);

/* The same, but newlines stay: for messages that may have several lines. */
char *escape_lines(struct span text, char *dst, size_t size);

#endif
