/*
 * scan.h: finds the tokens in any bytes, given in pieces of any size: logs, diffs, JSON, binary. A
 * token may lie across pieces. Pure; holds secrets: scan_wipe() it.
 */
#ifndef PATCTL_SCAN_H
#define PATCTL_SCAN_H

#include <stddef.h>

#include "common/token.h"

enum { SCAN_PIECE = 4096 };

struct scan {
	/* Called with each token, in the order of their underscores. Not 0: the scan ends with it.
	 */
	int (*found)(void *arg, const char *text, size_t n);
	void *arg;
	size_t n;    /* bytes held: what a token that is not complete may begin with, and more */
	size_t next; /* of these, the first that may be the underscore of one */
	char held[TOKEN_TEXT_MAX + SCAN_PIECE];
};

void scan_init(struct scan *s, int (*found)(void *arg, const char *text, size_t n), void *arg);

/* The next n bytes. 0, or what found() returned. */
int scan_feed(struct scan *s, const char *bytes, size_t n);

void scan_wipe(struct scan *s);

#endif
