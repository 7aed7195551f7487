#include "patctl/table.h"

#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/limits.h"
#include "patctl/escape.h"

struct table {
	struct libscols_table *table;
	struct libscols_line *line; /* the one that is being filled */
	size_t cell;		    /* its next one */
	bool failed;
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

void table_line(struct table *t)
{
	t->line = scols_table_new_line(t->table, NULL);
	t->cell = 0;
	t->failed |= !t->line;
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
	if (t)
		scols_unref_table(t->table);
	free(t);
}
