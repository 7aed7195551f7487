/*
 * log.h: the module's log lines: an event, then key=value in a fixed order, every value escaped.
 *
 *     pam_pat(sshd:auth): token accepted: user=alice id=4fJk29sQxZb name="laptop" rhost=192.0.2.7
 *
 * libpam writes what stands before the event. No line holds a secret, with `debug` neither.
 */
#ifndef PAM_PAT_LOG_H
#define PAM_PAT_LOG_H

#include <security/pam_modules.h>

#include "pam_pat/args.h"

/* What is NULL is left out; user and rhost are the handle's. */
void log_token(pam_handle_t *pamh, int priority, const char *event, const char *id,
	const char *name, const char *reason);

void log_fault(pam_handle_t *pamh, const struct args_fault *fault);

#endif
