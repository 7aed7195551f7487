/*
 * kill.h: ending a session, in a child of the root parent's, which may take its time (killer.h).
 *
 * Every process carries, from its fork on, the audit session and the login uid that pam_loginuid
 * gave its login; neither a daemon's double fork nor setsid shakes them off. What carries both is
 * the session; its opener's pid alone is not: that is root's sshd, which every command outlives.
 */
#ifndef PATD_KILL_H
#define PATD_KILL_H

#include "common/bytes.h"
#include "common/process.h"
#include "patd/control.h"

/* Which processes are meant. */
struct kill_target {
	struct process opener; /* as /proc has it now, or as it was recorded */
	bool alive;	       /* the opener lives */
	bool nested;	       /* only the opener and what descends from it */
};

/*
 * Is it to be ended at all, and what of it? found: the opener's pid as /proc has it, NULL if there
 * is none. 0, or ERR_REFUSED with why in `message` (LIMIT_MESSAGE + 1): no audit session, a login
 * uid that is 0 or is not the account's, the session that `self` is in. Pure.
 */
int kill_decide(const struct control *request, const struct process *found,
	const struct process *found_parent, const struct process *self, struct kill_target *out,
	char *message);

/* Does the process belong to the target, as far as its audit session tells? Pure. */
bool kill_matches(const struct kill_target *t, const struct process *p);

/*
 * Is a process whose /proc/PID/cgroup this is in the scope that logind names after its audit
 * session
 * ("0::/user.slice/user-1000.slice/session-3.scope")? Else it is in none, or in that of the login
 * around it, as what was started by hand from there. Pure.
 */
bool kill_in_scope(struct span cgroup, uint32_t session);

/*
 * Ends the session of a CONTROL_KILL: by logind where that has it, and then whatever is left of it,
 * each process by a descriptor that cannot become another's. Fills the result: 0 (message: "ended",
 * or that it had and what it left was), ERR_NO_SESSION (nothing is left of it), or ERR_REFUSED,
 * ERR_TIMEOUT and why.
 */
void kill_session(const struct control *request, struct control *result);

#endif
