/* peer.h: who connects, and how often. */
#ifndef PATD_PEER_H
#define PATD_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/limits.h"

/*
 * The uid of the process that connected, by SO_PEERCRED (its effective uid at that time). 0, or
 * ERR_NOT_PERMITTED if there is none, or it is -1 or the overflow uid, which stands for whoever has
 * no uid in our user namespace.
 */
int peer_uid(int fd, uid_t overflow, uid_t *out);
/* /proc/sys/kernel/overflowuid; 65534 if it can't be read. */
uid_t peer_overflow_uid(void);

/* Connections in use on the common socket. */
struct caps {
	size_t total;
	size_t used; /* entries */
	struct {
		uid_t uid;
		unsigned count;
	} entry[LIMIT_CONNS];
};

/* Uids without an account share this one's cap. */
#define CAPS_NOBODY ((uid_t)-1)

/* Takes a place for this uid; false if it has LIMIT_CONNS_PER_UID (root has no such cap) or all
 * together have LIMIT_CONNS. */
bool caps_take(struct caps *c, uid_t uid);
void caps_release(struct caps *c, uid_t uid);

#endif
