/* sessions.h: ending the sessions of a token, after its revocation. */
#ifndef PATCTL_SESSIONS_H
#define PATCTL_SESSIONS_H

#include <jansson.h>

#include "patctl/command.h"

/*
 * Ends what the token `id` opened, or, with NULL, all tokens of the account, and tells of each
 * session and of what else runs: in members `sessions` and `running` of *doc, or, without --json
 * (doc is NULL then), to a person.
 */
int sessions_kill(const struct args *a, const char *id, json_t *doc, struct fault *f);

#endif
