/* privileges.h: what the processes of patd may do: root's share, and becoming a system user for
 * good. */
#ifndef PATD_PRIVILEGES_H
#define PATD_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct identity {
	uid_t uid;
	gid_t gid;
	gid_t extra;   /* one supplementary group, or (gid_t)-1 */
	bool read_all; /* keep CAP_DAC_READ_SEARCH, to read shadow where no group may */
};

/*
 * For the root parent, at its start: gives up all capabilities but those that it needs, for itself
 * and for what it runs; it cannot be dumped, and leaves no core file. 0 or ERR_IO: it must end.
 */
int privileges_limit(void);

/*
 * Looks a system user up, at start, in the root parent. 0, or ERR_NO_ACCOUNT / ERR_NAMES /
 * ERR_REFUSED (it is uid 0 or gid 0) with one line in why.
 */
int identity_find(const char *user, struct identity *out, char *why, size_t why_size);

/*
 * For the names process: adds the group that may read /etc/shadow (by fstat of the file: its group,
 * if not 0 and the mode lets it read), else sets read_all.
 */
void identity_add_shadow(struct identity *id);

/*
 * Groups, gid, uid (real, effective, saved), all capabilities but the one asked for (the bounding
 * set included, which takes CAP_SETPCAP), no_new_privs, non-dumpable, no core file; then checks
 * that there is no way back. 0 or ERR_IO: the process must end. Clears PR_SET_PDEATHSIG: set that
 * afterwards.
 */
int identity_become(const struct identity *id);

#endif
