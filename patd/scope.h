/* scope.h: which PAM services a token is for. Pure. */
#ifndef PATD_SCOPE_H
#define PATD_SCOPE_H

#include <stdbool.h>

#include "common/bytes.h"
#include "common/limits.h"

/*
 * Scopes are a comma-separated list of PAM services' names, or "*": every service but the one by
 * which tokens are managed. A service's name is that of its file in /etc/pam.d in lower case, since
 * libpam asks for it so.
 */
#define SCOPE_FORM                                                                                 \
	"names of PAM services, separated by commas, or *: [a-z0-9][a-z0-9._+-]*, at most 64 "     \
	"bytes each and 32 of them, e.g. sshd,sudo"

/*
 * Checks a list as a person gave it and writes its canonical form: sorted, each once. False, and
 * out is "", if it is not of SCOPE_FORM, is empty, or names the service `patctl`.
 */
bool scope_canonical(struct span list, char out[LIMIT_SCOPES + 1]);

/*
 * What canonical lists mean under a configuration: an element is `*`, the name of a scope that
 * pat.conf defines, or else a service.
 */
struct config;

/* Does the list accept the service? `patctl` is never accepted. */
bool scope_accepts(const struct config *c, const char *list, struct span service);
/* Does `outer` accept every service that `inner` accepts? */
bool scope_covers(const struct config *c, const char *outer, const char *inner);
/* Is there a service that both accept? */
bool scope_overlap(const struct config *c, const char *a, const char *b);

#endif
