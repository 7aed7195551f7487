/*
 * parent.h: the root parent. It starts the two other processes, holds re-authentications, reads the
 * configuration, and ends all when one ends. It never opens the store and parses no client's bytes.
 */
#ifndef PATD_PARENT_H
#define PATD_PARENT_H

#include <stdbool.h>

struct parent_options {
	const char *run_dir;
	const char *state_dir;
	const char *config;
	bool foreground; /* make the sockets; else the service manager passes them */
};

/* Runs until SIGTERM or SIGINT. 0, or an error that has been told on standard error or in the log.
 */
int parent_run(const struct parent_options *o);

#endif
