/*
 * throttle.h: who failed re-authentication how often. Pure: the clock comes from the caller.
 *
 * LIMIT_REAUTH_FAILURES failures of a uid within LIMIT_REAUTH_WINDOW seconds block it for as long,
 * counted from the last of them. An attempt under way whose first answer has come counts as a
 * failure until it ends in success: the person may kill the child that talks with them.
 */
#ifndef PATD_THROTTLE_H
#define PATD_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct throttle;

struct throttle *throttle_new(void); /* NULL: no memory */
void throttle_free(struct throttle *t);

/*
 * May this uid try now? now: seconds of a monotonic clock. Attempts under way (begun and neither
 * failed nor succeeded) are held against the limit too, so that parallel ones don't get past it.
 * Also false when LIMIT_REAUTH_UIDS uids are remembered and this is another: fail closed.
 */
bool throttle_begin(struct throttle *t, uid_t uid, int64_t now);
/* The first answer came: a failure from now on. */
void throttle_answered(struct throttle *t, uid_t uid, int64_t now);
/* The attempt ended; success forgets this uid's failures. answered: throttle_answered() was called.
 */
void throttle_end(struct throttle *t, uid_t uid, bool answered, bool success);

#endif
