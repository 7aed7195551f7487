/*
 * columns.h: how a token is shown. One table of columns drives the table of `list`, the lines of
 * `show`, and JSON. Values come from the daemon's message; what a person sees of them is escaped.
 */
#ifndef PATCTL_COLUMNS_H
#define PATCTL_COLUMNS_H

#include <jansson.h>
#include <stdbool.h>

#include "common/proto.h"
#include "patctl/fault.h"
#include "patctl/table.h"

struct column;

enum { COLUMNS_MAX = 28 };

/* Columns, in the order in which they are shown. */
struct columns {
	size_t n;
	const struct column *column[COLUMNS_MAX];
};

/* All columns; those that a list shows unasked, with the owner's or without. */
void columns_all(struct columns *cs);
void columns_listed(struct columns *cs, bool owner);

/* The columns' names, by number; NULL after the last. */
const char *columns_name(size_t i);

/* By a comma-separated list of names, in any case. ERR_USAGE: unknown, or twice the same. */
int columns_select(struct columns *cs, const char *list, struct fault *f);

/* The JSON object of a token; absent values are null. NULL: no memory. */
json_t *columns_json(const struct columns *cs, const struct proto_msg *m);

/* A line a column on stdout, but for what is absent. */
void columns_print(const struct columns *cs, const struct proto_msg *m);

/* `"laptop" (4fJk29sQxZb)`, escaped, for a sentence about the token. */
enum { COLUMNS_LABEL_SIZE = 4 * LIMIT_NAME + TOKEN_ID_LEN + 8 };
char *columns_label(const struct proto_msg *m, char out[COLUMNS_LABEL_SIZE]);

/*
 * A table with these columns; NULL: no memory. And a token as its next line: with columns_tree(),
 * which comes before the first one, under the token that it was exchanged for.
 */
struct table *columns_table(const struct columns *cs, bool color);
void columns_tree(const struct columns *cs, struct table *t);
void columns_line(const struct columns *cs, const struct proto_msg *m, struct table *t);

#endif
