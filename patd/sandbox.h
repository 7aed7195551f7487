/* sandbox.h: what is left to the store process, which reads what strangers send. */
#ifndef PATD_SANDBOX_H
#define PATD_SANDBOX_H

#include <stddef.h>

/*
 * For a process that has become a system user (privileges.h), before it has threads: from now on
 * it reaches no file outside of state_dir, and makes no system call but those that it is known to
 * need (landlock.h, syscalls.h). What it wants to know of the system must be read before.
 *
 * 0, or ERR_IO with one line in why: the process must end. A kernel without Landlock is told of in
 * the log.
 */
int sandbox_enter(const char *state_dir, char *why, size_t why_size);

#endif
