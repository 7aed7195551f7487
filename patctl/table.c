#include "patctl/table.h"

#include <libsmartcols/libsmartcols.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/limits.h"
#include "patctl/escape.h"

/* A line that others may stand under. */
struct node {
	struct libscols_line *line;
	size_t n;
	char name[];
};

struct table {
	struct libscols_table *table;
	struct libscols_line *line; /* the one that is being filled */
	size_t cell;		    /* its next one */
	bool tree, failed;
	void *nodes; /* tsearch()'s, by name; of a tree only */
};

struct table *table_new(bool color)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t || !(t->table = scols_new_table())) {
		free(t);
		return NULL;
	}
	scols_table_enable_colors(t->table, color);
	scols_table_enable_noencoding(t->table, 1); /* escaped already, and by other rules */
	return t;
}

void table_column(struct table *t, const char *name)
{
	t->failed |= !scols_table_new_column(t->table, name, 0, 0);
}

static void begin_line(struct table *t, struct libscols_line *parent)
{
	t->line = scols_table_new_line(t->table, parent);
	t->cell = 0;
	t->failed |= !t->line;
}

void table_line(struct table *t)
{
	begin_line(t, NULL);
}

void table_tree(struct table *t, size_t i)
{
	struct libscols_column *column = scols_table_get_column(t->table, i);

	t->tree = true;
	t->failed |= !column || scols_column_set_flags(column, SCOLS_FL_TREE);
}

static int compare(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return memcmp(x->name, y->name, x->n);
}

static struct node *new_node(struct span name)
{
	struct node *node = malloc(sizeof(*node) + name.n);

	if (node) {
		node->line = NULL;
		node->n = name.n;
		memcpy(node->name, name.p, name.n);
	}
	return node;
}

/* The line of that name; NULL if there is none. */
static struct libscols_line *find_line(struct table *t, struct span name)
{
	struct node *key = new_node(name), **found;

	t->failed |= !key;
	found = key ? tfind(key, &t->nodes, compare) : NULL;
	free(key);
	return found ? (*found)->line : NULL;
}

/* Remembers the line; of several of a name, the first. */
static void name_line(struct table *t, struct span name)
{
	struct node *node = new_node(name), **found = NULL;

	if (node && (found = tsearch(node, &t->nodes, compare)) && *found == node)
		node->line = t->line;
	else
		free(node);
	t->failed |= !found;
}

void table_node(struct table *t, struct span name, struct span parent)
{
	begin_line(t, t->tree && parent.n > 0 ? find_line(t, parent) : NULL);
	if (t->tree)
		name_line(t, name);
}

void table_cell(struct table *t, const char *text, const char *color)
{
	size_t i = t->cell++;

	if (t->failed)
		return;
	t->failed = (text && scols_line_set_data(t->line, i, text)) ||
		    (color && scols_cell_set_color(scols_line_get_cell(t->line, i), color));
}

void table_text(struct table *t, struct span text)
{
	char escaped[ESCAPE_SIZE(LIMIT_SCOPES)];

	table_cell(t, escape_text(text, escaped, sizeof(escaped)), NULL);
}

int table_print(struct table *t)
{
	return t->failed || scols_print_table(t->table) ? ERR_MEMORY : 0;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	tdestroy(t->nodes, free);
	scols_unref_table(t->table);
	free(t);
}
