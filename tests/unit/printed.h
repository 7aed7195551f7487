/* printed.h: what a table prints. */
#ifndef PRINTED_H
#define PRINTED_H

#include <check.h>
#include <stdio.h>
#include <unistd.h>

#include "patctl/table.h"

/* Prints the table into a file in the place of stdout, and reads it back. */
static inline const char *printed(struct table *t)
{
	static char text[8192];
	int terminal = dup(STDOUT_FILENO);
	FILE *file = tmpfile();
	size_t n;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(dup2(fileno(file), STDOUT_FILENO), STDOUT_FILENO);
	ck_assert_int_eq(table_print(t), 0);
	ck_assert_int_eq(fflush(stdout), 0);
	ck_assert_int_eq(dup2(terminal, STDOUT_FILENO), STDOUT_FILENO);
	close(terminal);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

#endif
