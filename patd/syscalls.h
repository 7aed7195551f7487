/* syscalls.h: the system calls that the store process is left with (seccomp(2)). */
#ifndef PATD_SYSCALLS_H
#define PATD_SYSCALLS_H

/*
 * From now on the calling thread, and whatever it starts, is killed, all threads of it, by a system
 * call that is not on the list of syscalls.c. Takes no_new_privs. 0, or ERR_IO: the process must
 * end.
 */
int syscalls_restrict(void);

#endif
