/* ask.h: one question to patd about a token, and its answer checked. */
#ifndef PAM_PAT_ASK_H
#define PAM_PAT_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include <security/pam_modules.h>

#include "common/limits.h"
#include "pam_pat/args.h"
#include "pam_pat/login.h"
#include "pam_pat/session.h"

struct answer {
	struct login login;		 /* accepted */
	bool warned;			 /* accepted, and the end is near */
	uint64_t warn;			 /* seconds until then */
	char message[LIMIT_MESSAGE + 1]; /* refused: for the person; may be "" */
	const char *reason;		 /* refused or not answered: one word for the log */
};

/*
 * "Does this token, of this ID, open this door to PAM_USER?" 0 with answer->login, else the error;
 * one whose err_info() says ERR_PAM_DENIED is a refusal, every other means that nobody knows. A PAM
 * item that the protocol cannot carry is refused here (ERR_REFUSED), never cut or left out. An
 * answer about another token is no answer (ERR_PROTO).
 */
int ask_verify(pam_handle_t *pamh, const struct args *args, const char *text, const char *id,
	struct answer *answer);

/* "Does it still?", for a token accepted earlier on this handle. */
int ask_account(pam_handle_t *pamh, const struct args *args, const char *id, struct answer *answer);

/*
 * "A session of PAM_USER begins in this process, opened by that token": 0 once patd has recorded
 * it. ERR_NO_SESSION: the token let in nobody here. And that it has ended.
 */
int ask_session_open(pam_handle_t *pamh, const struct args *args, const struct session *session,
	struct answer *answer);
int ask_session_close(const struct args *args, const struct session *session);

#endif
