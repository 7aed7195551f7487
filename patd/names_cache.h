/*
 * names_cache.h: the store process's side of the names process: questions that are answered later,
 * and a cache of answers that are believed for LIMIT_NAMES_CACHE_MS. For the loop's thread only.
 */
#ifndef PATD_NAMES_CACHE_H
#define PATD_NAMES_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "patd/account.h"

struct event_base;
struct names_cache;

/* Somebody who waits for an answer; the caller owns it. */
struct names_wait {
	void (*answered)(void *arg, const struct account *account);
	void *arg;
	/* the rest is names_cache.c's */
	uint32_t seq; /* 0: not waiting */
	struct account_query query;
	struct names_wait *next;
};

/* What the store process wants to hear of. */
struct names_listener {
	void (*lost)(void *arg);    /* the names process is gone */
	void (*changed)(void *arg); /* accounts may have changed: the cache is empty now */
	void *arg;
};

/* fd: the channel to the names process. NULL: no memory. */
struct names_cache *names_cache_new(
	struct event_base *base, int fd, const struct names_listener *listener);
void names_cache_free(struct names_cache *n);

/* The answer, if a fresh one is known: valid until the next call. Else NULL. Errors aren't kept. */
const struct account *names_cached(struct names_cache *n, const struct account_query *q);

/*
 * Asks; w->answered() is called once, from the loop, not before this returns. If the question can't
 * be sent (the names process is behind) returns ERR_NAMES, and nobody is called.
 */
int names_ask(struct names_cache *n, const struct account_query *q, struct names_wait *w);
/* Stops waiting; harmless if not waiting. */
void names_forget(struct names_cache *n, struct names_wait *w);

/* Questions. A name longer than LIMIT_USER makes one that nobody has the answer to: ACCOUNT_ABSENT.
 */
struct account_query names_query_uid(uid_t uid);
bool names_query_name(const char *name, size_t n, struct account_query *out);

#endif
