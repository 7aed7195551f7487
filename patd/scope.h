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
 * Checks a list as a person gave it and writes its canonical form: sorted, each once. False, and out
 * is "", if it is not of SCOPE_FORM, is empty, or names the service `patctl`.
 */
bool scope_canonical(struct span list, char out[LIMIT_SCOPES + 1]);

/* Does the list (canonical) accept the service? `patctl` is never accepted. */
bool scope_match(const char *list, struct span service);

#endif
