/* fd.h: descriptors 0 to 2 are the standard streams, and nothing of ours ever lands there. */
#ifndef PAT_FD_H
#define PAT_FD_H

/*
 * A descriptor just made, moved (CLOEXEC) above 2 if it is not there. -1 stays -1; -1 also if it
 * cannot be moved, and then it is closed. In a host's process a descriptor of ours would be its
 * shell or log.
 */
int fd_above_stdio(int fd);

/* Opens /dev/null on those of 0 to 2 that are closed. 0 or ERR_IO. For programs, at their start. */
int fd_fill_stdio(void);

#endif
