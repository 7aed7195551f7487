/* number.h: numbers of the command line. Pure. */
#ifndef PATCTL_NUMBER_H
#define PATCTL_NUMBER_H

#include <stdint.h>

#include "patctl/fault.h"

/* --uses: 1 to UINT32_MAX, in digits alone. 0, or ERR_USAGE and its fault. */
int number_uses(const char *text, uint64_t *uses, struct fault *f);

#endif
