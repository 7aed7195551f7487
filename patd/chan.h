/*
 * chan.h: one message, with or without a descriptor, over a SOCK_SEQPACKET socketpair between two
 * of patd's own processes.
 */
#ifndef PATD_CHAN_H
#define PATD_CHAN_H

#include <stddef.h>
#include <sys/types.h>

/* A pair, CLOEXEC and non-blocking, both above 2. 0 or ERR_IO. */
int chan_pair(int pair[2]);

/* Sends n > 0 bytes, and pass_fd unless it is -1. 0, ERR_BUSY (would block), ERR_IO. */
int chan_send(int fd, const void *data, size_t n, int pass_fd);

/*
 * Receives one message: its length, 0 at the end (a reset included), or ERR_BUSY (nothing there),
 * ERR_PROTO (longer than size, or more than one descriptor: all are closed), ERR_IO. *pass_fd
 * (CLOEXEC) is -1 if none came; pass_fd may be NULL: then one that comes is ERR_PROTO.
 */
ssize_t chan_recv(int fd, void *data, size_t size, int *pass_fd);

/*
 * In a process just forked: closes every descriptor above 2 but these two, which are above 2 and
 * may be the same. 0 or ERR_IO.
 */
int chan_close_others(int keep, int keep_too);

#endif
