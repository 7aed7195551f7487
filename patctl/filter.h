/* filter.h: which tokens a list shows. Pure: `now` comes from the caller. */
#ifndef PATCTL_FILTER_H
#define PATCTL_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "common/proto.h"
#include "patctl/command.h"

struct filter {
	uint64_t status; /* 0: any */
	int64_t now;
	int64_t unused, expiring; /* seconds; 0: no matter */
};

/* From --status, --unused and --expiring. ERR_USAGE names the option, and what it accepts. */
int filter_parse(const struct args *a, time_t now, struct filter *out, struct fault *f);

/*
 * Does the token meet all that was asked? Unused for so long: its last use, or its creation if
 * there was none, is as long ago. Expiring: it could be used now or later, and ends within that
 * time.
 */
bool filter_shows(const struct filter *filter, const struct proto_msg *m);

#endif
