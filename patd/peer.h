/* peer.h: who is at the other end of a connection. */
#ifndef PATD_PEER_H
#define PATD_PEER_H

#include <sys/types.h>

/*
 * The uid of the process that connected, by SO_PEERCRED (its effective uid at that time). 0, or
 * ERR_NOT_PERMITTED if there is none, or it is -1 or the overflow uid, which stands for whoever has
 * no uid in our user namespace.
 */
int peer_uid(int fd, uid_t overflow, uid_t *out);
/* Its pid, as our pid namespace knows it; 0: it is in none that we see, or it can't be told. */
pid_t peer_pid(int fd);

/* /proc/sys/kernel/overflowuid; 65534, the kernel's default, if that can't be read. */
uid_t peer_overflow_uid(void);

#endif
