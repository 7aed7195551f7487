/* processes.h: walking through /proc. For the root parent's children. */
#ifndef PATD_PROCESSES_H
#define PATD_PROCESSES_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/process.h"
#include "patd/control.h"

/* The next process of /proc, opened by opendir(); false at the end. */
bool processes_next(DIR *proc, struct process *p);

/* The beginning of the file /proc/PID/NAME, and a NUL: its length; 0 if there is none. */
size_t processes_text(uint32_t pid, const char *name, char *out, size_t size);

/*
 * What runs under the uid of a CONTROL_OTHERS, as processes of its own or of a login of its, goes
 * into the result. Of root nothing is told: everything would be.
 */
void processes_others(const struct control *request, struct control *result);

#endif
