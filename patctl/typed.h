/* typed.h: a token that a command is given: one line of stdin, or typed unseen on a terminal. */
#ifndef PATCTL_TYPED_H
#define PATCTL_TYPED_H

#include "common/limits.h"
#include "patctl/fault.h"

enum { TYPED_SIZE = LIMIT_RESPONSE + 1 };

/* Its text, which is a secret: wipe it, whatever is returned. ERR_INVALID (no token by its form and
 * checksum), ERR_IO. */
int typed_token(char text[TYPED_SIZE], struct fault *f);

#endif
