/* args.h: the arguments of a pam_pat.so line in a PAM file, by one table. Pure. */
#ifndef PAM_PAT_ARGS_H
#define PAM_PAT_ARGS_H

#include <stdbool.h>

enum {
	ARGS_TIMEOUT_DEFAULT = 3, /* seconds */
	ARGS_TIMEOUT_MAX = 60,
};

struct args {
	const char *socket;  /* absolute; NULL: the daemon's own, by who runs this */
	const char *prompt;  /* NULL: libpam's */
	int timeout;	     /* seconds, 1 to ARGS_TIMEOUT_MAX */
	bool try_first_pass; /* what happens anyway; accepted because stacks say it everywhere */
	bool use_first_pass;
	bool debug;
	bool silent;
};

/* What is wrong with an argument. Both strings live as long as argv. */
struct args_fault {
	const char *argument; /* as it stands in the line */
	const char *accepted; /* its forms, or those of all arguments if it is unknown */
};

/*
 * Reads a line's arguments; the last of several of one name counts, as in other modules. The
 * strings of `out` point into argv. 0, or ERR_USAGE with the first bad one in *fault.
 */
int args_parse(int argc, const char *const *argv, struct args *out, struct args_fault *fault);

#endif
