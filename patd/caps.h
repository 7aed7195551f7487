/* caps.h: how many connections there may be, of one uid and in all. Pure. */
#ifndef PATD_CAPS_H
#define PATD_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/limits.h"

/*
 * Where a connection is counted: root's; newcomers, whose account is being asked for; verifiers;
 * everyone else. So none of these can fill another's places.
 */
enum place { PLACE_ROOT, PLACE_NEWCOMER, PLACE_VERIFIER, PLACE_COMMON, PLACES };

/* Uids without an account share this one's cap. */
#define CAPS_NOBODY ((uid_t)-1)

/* Connections in use, by place. Starts zeroed. */
struct caps {
	struct {
		size_t total;
		size_t used; /* entries */
		struct {
			uid_t uid;
			unsigned count;
		} entry[LIMIT_CONNS];
	} at[PLACES];
};

/* Takes one more for this uid; false if there is no room for it. */
bool caps_take(struct caps *c, enum place place, uid_t uid);
/* Gives one back that was taken there. */
void caps_release(struct caps *c, enum place place, uid_t uid);

#endif
