/*
 * module.c: what libpam calls. Every return code of pam_pat(8) is decided here, and PAM_IGNORE is
 * never the answer to a text: an error that says "ignore me" lets people in.
 */
#include <stddef.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "common/err.h"
#include "common/secret.h"
#include "common/token.h"
#include "pam_pat/args.h"
#include "pam_pat/ask.h"
#include "pam_pat/conv.h"
#include "pam_pat/item.h"
#include "pam_pat/log.h"
#include "pam_pat/login.h"
#include "pam_pat/session.h"

#define EXPORT __attribute__((visibility("default")))

enum { REFUSAL_DELAY_US = 2000000 };

static int read_args(pam_handle_t *pamh, int flags, int argc, const char **argv, struct args *args)
{
	struct args_fault fault;
	int err = args_parse(argc, (const char *const *)argv, args, &fault);

	if (err) {
		log_fault(pamh, &fault);
		return err;
	}
	args->silent = args->silent || ((unsigned int)flags & PAM_SILENT);
	return 0;
}

/* Says in the log and to the person why not. `denied`: what a refusal is in this phase. */
static int refuse(pam_handle_t *pamh, const struct args *args, int err, int denied, const char *id,
	const char *name, const struct answer *answer)
{
	bool refused = err_info(err)->pam == ERR_PAM_DENIED;

	log_token(pamh, refused ? LOG_NOTICE : LOG_ERR,
		refused ? "token refused" : "token not checked", id, name, answer->reason);
	conv_tell_error(pamh, args, span_of(answer->message));
	return refused ? denied : PAM_AUTHINFO_UNAVAIL;
}

static int verify(pam_handle_t *pamh, const struct args *args, const char *text, const char *id)
{
	struct answer answer;
	int err = ask_verify(pamh, args, text, id, &answer);

	if (!err && (err = login_remember(pamh, &answer.login)))
		answer.reason = err_info(err)->json;
	if (err) {
		/* Else the next module's delay would tell unknown users from known ones. */
		pam_fail_delay(pamh, REFUSAL_DELAY_US);
		return refuse(pamh, args, err, PAM_PERM_DENIED, id, NULL, &answer);
	}
	log_token(pamh, LOG_INFO, "token accepted", id, answer.login.name, NULL);
	return PAM_SUCCESS;
}

EXPORT int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct token token;
	struct args args;
	const char *text;
	int retval;

	login_forget(pamh);
	session_forget(pamh);
	if (item_service_is_patctl(pamh))
		return PAM_AUTH_ERR; /* a token never authorises managing tokens */
	if (read_args(pamh, flags, argc, argv, &args))
		return PAM_SERVICE_ERR;
	retval = conv_text(pamh, &args, &text);
	if (retval != PAM_SUCCESS)
		return retval;
	if (!token_parse(text, strnlen(text, TOKEN_TEXT_MAX + 1), &token)) {
		if (args.debug)
			pam_syslog(pamh, LOG_DEBUG, "not a token: left to other modules");
		return PAM_AUTH_ERR;
	}
	retval = verify(pamh, &args, text, token.id);
	secret_wipe(&token, sizeof(token));
	/* Whatever the answer: modules that keep passwords must never see a token. */
	pam_set_item(pamh, PAM_AUTHTOK, NULL);
	return retval;
}

/*
 * A login by key comes here without authenticate: PAM_SUCCESS, which the shipped stacks end at,
 * would keep later modules from setting up its credentials. sshd's keyboard-interactive
 * authenticates in another process, of which only the PAM environment is left: forging that gains
 * nothing here. The session phase wants to know it too, and by then a later module may have changed
 * it.
 */
EXPORT int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags, (void)argc, (void)argv;
	session_note(pamh);
	return login_of(pamh) || pam_getenv(pamh, "PAT_ID") ? PAM_SUCCESS : PAM_IGNORE;
}

EXPORT int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const struct login *login = login_of(pamh);
	struct answer answer;
	struct args args;
	int err = read_args(pamh, flags, argc, argv, &args);

	if (!login)
		return PAM_IGNORE;
	if (err)
		return PAM_SERVICE_ERR;
	err = ask_account(pamh, &args, login->id, &answer);
	if (err)
		return refuse(pamh, &args, err, PAM_ACCT_EXPIRED, login->id, login->name, &answer);
	if (answer.warned)
		conv_tell_end(pamh, &args, answer.login.name, answer.warn);
	return PAM_SUCCESS;
}

/*
 * Tells patd that the token opens a session here: 0, and it is recorded. ERR_REVOKED: the token
 * was revoked since the login. Of all else nothing depends on it but what is shown.
 */
static int open_session(pam_handle_t *pamh, const struct args *args, const char *id)
{
	struct session session;
	struct answer answer = {.reason = "no_process"};
	int err = process_self(&session.opener);

	memcpy(session.id, id, sizeof(session.id));
	if (!err)
		err = ask_session_open(pamh, args, &session, &answer);
	if (!err) {
		/* Unremembered it is not closed in order, but found to have ended. */
		session_remember(pamh, &session);
		return 0;
	}
	log_token(pamh, err == ERR_NO_SESSION ? LOG_NOTICE : LOG_ERR, "session not recorded", id,
		NULL, answer.reason);
	return err;
}

/* Where no token was accepted on this handle, patd's word is needed that one was at all. */
EXPORT int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	bool accepted = login_of(pamh), recorded = false;
	char id[TOKEN_ID_LEN + 1];
	struct args args;
	int err = read_args(pamh, flags, argc, argv, &args);

	if (!session_token(pamh, id))
		return PAM_IGNORE;
	if (err)
		return accepted ? PAM_SERVICE_ERR : PAM_IGNORE;
	if (geteuid() == 0) { /* patd takes nobody else's word */
		err = open_session(pamh, &args, id);
		if (err == ERR_REVOKED)
			return PAM_PERM_DENIED;
		recorded = !err;
	}
	return accepted || recorded ? PAM_SUCCESS : PAM_IGNORE;
}

/* A process that was forked since and has the handle too is not the one that opened it. */
static void close_session(const struct args *args, const struct session *session)
{
	struct process self;

	if (process_self(&self) == 0 && self.pid == session->opener.pid &&
		self.start == session->opener.start)
		ask_session_close(args, session);
}

EXPORT int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const struct session *session = session_of(pamh);
	struct args args;
	int err = read_args(pamh, flags, argc, argv, &args);

	if (!session && !login_of(pamh))
		return PAM_IGNORE;
	if (err)
		return PAM_SERVICE_ERR;
	if (session) {
		close_session(&args, session);
		session_forget(pamh);
	}
	return PAM_SUCCESS;
}

/* Tokens are no passwords to change. Here only so that a stray line breaks nobody's passwd. */
EXPORT int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_IGNORE;
}
