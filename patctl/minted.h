/* minted.h: a new token, shown once: its text on stdout, what it is on stderr. */
#ifndef PATCTL_MINTED_H
#define PATCTL_MINTED_H

#include "common/proto.h"
#include "patctl/command.h"

/* Call first: a reader that went away is to be told of, since what it missed is shown only once. */
void minted_begin(void);

/* Prints the token of an answer. how: "minted", "rotated", ... */
int minted_print(const struct args *a, const struct proto_msg *m, const char *how, struct fault *f);

#endif
