/*
 * output.h: what goes to stdout and stderr. With --json, one document on stdout; else text. What
 * may be secret goes out by write(2), from memory that is wiped.
 */
#ifndef PATCTL_OUTPUT_H
#define PATCTL_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>

#include "common/bytes.h"
#include "patctl/command.h"

/* Makes jansson wipe what it frees: once, before its first use. */
void output_init(void);

/* Documents go to this descriptor instead of stdout from now on; `name` is what a fault calls it.
 */
void output_to(int fd, const char *name);

/*
 * Tells a fault: one line on stderr, or with --json {"error":...} on stdout; on stderr once an
 * array has been begun on stdout, which then stays unfinished.
 */
void output_fault(const struct args *a, const struct fault *f);

/* A string of JSON. What is not UTF-8, which JSON demands, is told as a terminal would show it. */
json_t *output_text(struct span text);

/* "a,b" as ["a","b"], "" as []. */
json_t *output_list(struct span text);

/* The object that is "error"'s value; NULL: no memory. */
json_t *output_error(const struct fault *f);

/* One line for a person, on stderr, escaped. */
void output_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Prints a document and a newline, and releases it; NULL is ERR_MEMORY. In a conversation by
 * --prompt=json, output_result() wraps it in {"result":...}.
 */
int output_json(json_t *doc, struct fault *f);
int output_result(const struct args *a, json_t *doc, struct fault *f);

/* An array, one element at a time: begin, any number of elements (released), end. */
void output_array_begin(void);
int output_array_element(json_t *element, struct fault *f);
void output_array_end(void);

/* A secret and a newline, at once. */
int output_secret(struct span text, struct fault *f);

/* Flushes stdout: ERR_IO if anything that was printed there did not arrive. */
int output_finish(struct fault *f);

/* ERR_IO, if anything did not arrive so far. */
int output_failed(struct fault *f);

/* Are colours wanted on stdout? a->color is "auto" (or NULL), "always" or "never". */
bool output_color(const struct args *a);

#endif
