/*
 * table.h: a table for a person, on stdout. Its columns first, then line after line, cell after
 * cell. Errors latch: the caller asks once, when it prints.
 */
#ifndef PATCTL_TABLE_H
#define PATCTL_TABLE_H

#include <stdbool.h>

#include "common/bytes.h"

struct table;

struct table *table_new(bool color); /* NULL: no memory */
void table_column(struct table *t, const char *name);
void table_line(struct table *t);

/*
 * Makes it a tree, drawn in column number i: once the columns are there, and before the first line.
 * table_node() then begins a line that has a name, under the earlier one that `parent` names; at
 * the top if there is none, or the table is no tree.
 */
void table_tree(struct table *t, size_t i);
void table_node(struct table *t, struct span name, struct span parent);

/*
 * The next cell of the line. text: shown as it is, so escape what comes from outside; NULL leaves
 * the cell empty. color: a name of terminal-colors.d(5), or NULL.
 */
void table_cell(struct table *t, const char *text, const char *color);

/* The same, escaped. */
void table_text(struct table *t, struct span text);

/* ERR_MEMORY also for what failed before. */
int table_print(struct table *t);

/* NULL is fine. */
void table_free(struct table *t);

#endif
