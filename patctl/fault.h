/*
 * fault.h: what went wrong, to be told once, by main. Pure.
 *
 * Functions that may fail for a reason that a person should read take a struct fault, which starts
 * zeroed; err stays 0 where there is nothing to tell.
 */
#ifndef PATCTL_FAULT_H
#define PATCTL_FAULT_H

struct fault {
	int err;
	const char *token; /* the token that it is about, as the command line called it, or NULL */
	char text[1024];   /* one line; may hold any bytes: escaped when it is printed */
};

/* Fills in the text of the error itself. Returns err. */
int fault_plain(struct fault *f, int err, const char *token);

/* The same with a text of its own; what doesn't fit is cut. */
int fault_say(struct fault *f, int err, const char *token, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
