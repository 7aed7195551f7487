/*
 * session.h: what the session phase knows of the login before it, and of the session it opened.
 *
 * Where authenticate ran in another process (sshd's keyboard-interactive) only the PAM environment
 * is left of it, which a user's file of pam_env can forge and remove. So none of this grants
 * anything: it says which token to ask patd about, and patd has its own record of who was let in.
 */
#ifndef PAM_PAT_SESSION_H
#define PAM_PAT_SESSION_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "common/process.h"
#include "common/token.h"

/*
 * The token that this handle seems to have been opened by: the one accepted on it, else what was
 * noted, else the environment's. False: none, as in every login by password or key.
 */
bool session_token(pam_handle_t *pamh, char id[TOKEN_ID_LEN + 1]);

/* Keeps what the environment says now, be it nothing, before a later module changes it. The first
 * note counts. */
void session_note(pam_handle_t *pamh);

/* A session that patd has recorded. */
struct session {
	char id[TOKEN_ID_LEN + 1];
	struct process opener;
};

/* 0 or ERR_MEMORY. */
int session_remember(pam_handle_t *pamh, const struct session *session);
/* NULL: this handle has opened none. */
const struct session *session_of(const pam_handle_t *pamh);

/* A login that begins anew has opened nothing and been noted nowhere. */
void session_forget(pam_handle_t *pamh);

#endif
