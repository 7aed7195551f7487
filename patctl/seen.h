/* seen.h: a set of distinct tokens, up to LIMIT_SEEN of them. They are secrets: it wipes them. */
#ifndef PATCTL_SEEN_H
#define PATCTL_SEEN_H

#include <stdbool.h>
#include <stddef.h>

struct seen;

/* NULL: no memory. */
struct seen *seen_new(void);
void seen_free(struct seen *s);

/* Adds a token (n bytes, at most TOKEN_TEXT_MAX), if it is not in there. ERR_LIMIT: no room. */
int seen_add(struct seen *s, const char *text, size_t n);
size_t seen_count(const struct seen *s);

/* Each of them, in no order. Returns the first that is not 0 of what `each` returns. */
int seen_each(const struct seen *s, int (*each)(void *arg, const char *text), void *arg);

void seen_clear(struct seen *s);

#endif
