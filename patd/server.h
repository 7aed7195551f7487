/* server.h: the store process: listeners, and what its connections share. */
#ifndef PATD_SERVER_H
#define PATD_SERVER_H

#include <stdint.h>

#include "patd/caps.h"
#include "patd/commit.h"
#include "patd/config.h"
#include "patd/errand.h"
#include "patd/locked.h"
#include "patd/names_cache.h"
#include "patd/rate.h"
#include "patd/store.h"

struct conn;
struct event_base;
struct janitor;
struct handovers;
struct journal;
struct reaper;
struct sweep;
struct tally;

/* Priorities of events: root's socket is served first. */
enum { SERVER_FIRST, SERVER_THEN, SERVER_PRIORITIES };

struct server {
	struct event_base *base;
	struct store *store;
	struct committer *committer;
	struct names_cache *names;
	struct tally *tally;
	struct journal *journal;
	struct {
		uint64_t minute;
		unsigned lines;
	} refusals[64]; /* logged, by uid */
	struct sweep *sweep;
	struct janitor *janitor;
	struct handovers *handovers;
	struct reaper *reaper;
	struct config *config;	/* the one in force; each check takes it anew */
	struct errands errands; /* over the channel to the root parent */
	uid_t overflow;
	uint64_t started; /* seconds since the epoch */
	struct caps caps;
	unsigned told; /* connections whose answer is out and whose writing is not done */
	struct rate exchanges;
	struct conn *conns;
	struct locked_pool conn_memory;
};

/* What the store process is given; it owns the descriptors. */
struct server_setup {
	int socket, root_socket; /* listening, non-blocking */
	int control, names;
	const char *state_dir;
	struct config *config;
	/* By server_prepare(): */
	uid_t overflow; /* see peer.h */
	char boot[64];	/* the kernel's name for this boot; empty if it has none */
};

/* What the sandbox will not let it do: reads of the system what server_run() wants to know, and
 * raises the limit of descriptors to what all connections together take, if it
 * may. */
void server_prepare(struct server_setup *setup);

/*
 * Runs until the parent is gone. Called in the sandbox. 0, or an error that has been
 * logged: the store could not be opened, or a part of it failed.
 */
int server_run(const struct server_setup *setup);

#endif
