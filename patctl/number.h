/* number.h: numbers of the command line. Pure. */
#ifndef PATCTL_NUMBER_H
#define PATCTL_NUMBER_H

#include <stdint.h>

#include "patctl/fault.h"

/* --uses: 1 to UINT32_MAX, in digits alone. 0, or ERR_USAGE and its fault. */
int number_uses(const char *text, uint64_t *uses, struct fault *f);

/* The duration that --`option` was given (NULL: it was not, and *seconds stays), or zero of any
 * unit. 0, or ERR_USAGE and its fault. */
int number_delay(const char *option, const char *text, uint64_t *seconds, struct fault *f);

#endif
