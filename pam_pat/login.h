/*
 * login.h: that a token was used on this handle, and which one.
 *
 * What counts is kept with pam_set_data(), which no application and no other module can write.
 * PAT_ID and PAT_NAME in the PAM environment say the same for information only.
 */
#ifndef PAM_PAT_LOGIN_H
#define PAM_PAT_LOGIN_H

#include <security/pam_modules.h>

#include "common/limits.h"
#include "common/token.h"

struct login {
	char id[TOKEN_ID_LEN + 1];
	char name[LIMIT_NAME + 1];
};

/* 0, or ERR_MEMORY: then nothing is remembered, and the login must be refused. */
int login_remember(pam_handle_t *pamh, const struct login *login);

/* NULL: no token was accepted on this handle. */
const struct login *login_of(const pam_handle_t *pamh);

/* An earlier token doesn't vouch for what comes now. */
void login_forget(pam_handle_t *pamh);

#endif
