/* leaked.h: `revoke --stdin`: revokes the tokens that stand in a text, whatever that is. */
#ifndef PATCTL_LEAKED_H
#define PATCTL_LEAKED_H

#include <stdbool.h>

#include "patctl/command.h"

/*
 * Reads stdin to its end, or to LIMIT_SCAN, and has revoked what was found. Tells the numbers. Also
 * after a fault the tokens of before it are revoked, and told. *did: one was revoked.
 */
int leaked_revoke(const struct args *a, bool *did, struct fault *f);

#endif
