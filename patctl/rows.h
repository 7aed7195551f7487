/*
 * rows.h: an answer of rows (VERB_ROW, VERB_SESSION), gathered: into a table for a person, or into
 * a JSON document with --json.
 */
#ifndef PATCTL_ROWS_H
#define PATCTL_ROWS_H

#include <jansson.h>

#include "patctl/call.h"
#include "patctl/table.h"

/* How a row is told. */
struct rows_form {
	const char *const *heads; /* of the table; NULL ends them */
	void (*cells)(struct table *t, const struct proto_msg *row);
	json_t *(*json)(const struct proto_msg *row); /* NULL: no memory */
	const char *none;			      /* told to a person where there are no rows */
	bool keyed; /* JSON is an object whose members TAG_KEY names, else an array */
};

struct rows {
	const struct rows_form *form;
	size_t n;
	json_t *doc;	     /* NULL without --json */
	struct table *table; /* NULL with it */
};

/* 0 or ERR_MEMORY. */
int rows_begin(struct rows *r, const struct rows_form *form, const struct args *a, struct fault *f);
int rows_add(struct rows *r, const struct proto_msg *row, struct fault *f);

/* Runs the call and gathers its rows; the packet that ended them is the call's answer. */
int rows_receive(struct rows *r, struct call *call, struct fault *f);

int rows_print(const struct rows *r, struct fault *f);

/* Safe also where rows_begin() failed. */
void rows_free(struct rows *r);

#endif
