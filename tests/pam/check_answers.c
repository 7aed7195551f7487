/*
 * check_answers.c: every row of the module's return table that needs an answer, with a responder
 * that gives each answer there is and many that there mustn't be. The module believes only root, so
 * this needs root.
 */
#include "tests/pam/harness.h"

#include <dlfcn.h>
#include <sys/resource.h>

#include "common/err.h"
#include "common/limits.h"
#include "tests/lib/pam_host.h"

/* --- accepted --- */

START_TEST(accepted)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", "ok", NULL);
	stack_raw("raw", "");
	app_start(&app, "raw", "alice", token_text("pat"));
	app_item(&app, PAM_RHOST, "192.0.2.7");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(app.delay, 0);
	ck_assert_str_eq(logged, "pam_pat(raw:auth): token accepted: user=alice id=" TOKEN_ID
				 " name=\"laptop\" rhost=192.0.2.7\n");
	ck_assert_str_eq(pam_getenv(app.pamh, "PAT_ID"), TOKEN_ID);
	ck_assert_str_eq(pam_getenv(app.pamh, "PAT_NAME"), "laptop");
	ck_assert_int_eq(pam_setcred(app.pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_close_session(app.pamh, 0), PAM_SUCCESS);
	ck_assert_uint_eq(app.asked, 1);
	ck_assert_str_eq(app.told, "");
	app_end(&app);
	ck_assert_int_eq(responder_stop(&responder), 4);
	ck_assert_str_eq(responder.lines,
		"verify user=[alice] service=[raw] rhost=[192.0.2.7]\n"
		"account user=[alice] service=[raw] rhost=[192.0.2.7]\n"
		"session_open user=[alice] service=[raw] rhost=[192.0.2.7]\n"
		"session_close\n");
}
END_TEST

/* What an application may leave out, or set to what an attacker chose, goes as it is. */
static const struct {
	const char *rhost, *line;
} rhosts[] = {
	{NULL, "verify user=[alice] service=[raw]\n"},
	{"", "verify user=[alice] service=[raw]\n"},
	{"tty1", "verify user=[alice] service=[raw] rhost=[tty1]\n"},
	{"local", "verify user=[alice] service=[raw] rhost=[local]\n"},
	{"\x01\x1b[2J%s", "verify user=[alice] service=[raw] rhost=[\x01\x1b[2J%s]\n"},
};

START_TEST(items)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", "ok", NULL);
	stack_raw("raw", "");
	app_start(&app, "raw", "alice", token_text("pat"));
	app_item(&app, PAM_RHOST, rhosts[_i].rhost);
	app_item(&app, PAM_RUSER, "../../x");
	app_item(&app, PAM_TTY, "/dev/../etc/passwd");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	app_end(&app);
	ck_assert_int_eq(responder_stop(&responder), 1);
	ck_assert_str_eq(responder.lines, rhosts[_i].line);
}
END_TEST

/* The longest values that the protocol carries. */
START_TEST(longest_items)
{
	char user[LIMIT_USER + 1], rhost[LIMIT_RHOST + 1], service[LIMIT_SERVICE + 1];
	struct responder responder;
	struct app app;

	memset(user, 'u', LIMIT_USER);
	memset(rhost, 'r', LIMIT_RHOST);
	memset(service, 's', LIMIT_SERVICE);
	user[LIMIT_USER] = rhost[LIMIT_RHOST] = service[LIMIT_SERVICE] = '\0';
	responder_start(&responder, "ok", "ok", NULL);
	stack_raw(service, "");
	app_start(&app, service, user, token_text("acme1xyz"));
	app_item(&app, PAM_RHOST, rhost);
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	app_end(&app);
	ck_assert_int_eq(responder_stop(&responder), 1);
	ck_assert_ptr_nonnull(strstr(responder.lines, user));
	ck_assert_ptr_nonnull(strstr(responder.lines, rhost));
	ck_assert_ptr_nonnull(strstr(responder.lines, service));
}
END_TEST

START_TEST(wiped_when_accepted)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", "ok", NULL);
	stack_show_authtok("show", "");
	app_start(&app, "show", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_uint_eq(app.asked, 2);
	ck_assert_str_eq(seen_authtok(), "second answer");
	app_end(&app);
	responder_stop(&responder);
}
END_TEST

/* --- every error that the daemon may answer --- */

static const int errors[] = {
#define ERROR(name, number, json, status, pam, text) name,
	ERR_TABLE(ERROR)
#undef ERROR
};

static bool is_refusal(int err)
{
	return err_info(err)->pam == ERR_PAM_DENIED;
}

/* BUSY is asked again until the time is over: then it is that, or that the time was over. */
static bool is_final(int err)
{
	return err != ERR_BUSY;
}

static const char *error_answer(int err, const char *message)
{
	static char answer[128];

	snprintf(answer, sizeof(answer), "error=%d%s%s", -err, message ? "," : "",
		message ? message : "");
	return answer;
}

static void check_logged(const char *type, const char *event, const char *reason)
{
	char line[256];

	snprintf(line, sizeof(line), "pam_pat(raw:%s): %s: user=alice id=" TOKEN_ID, type, event);
	ck_assert_msg(log_has(line), "%s", logged);
	snprintf(line, sizeof(line), " reason=%s%s", reason, *reason ? "\n" : "");
	ck_assert_msg(log_has(line), "%s", logged);
	ck_assert(!log_has(TOKEN_SECRET));
}

START_TEST(error_at_authenticate)
{
	int err = errors[_i];
	struct responder responder;
	struct app app;

	responder_start(&responder, error_answer(err, "no \"ci\" \x1b[1m"), "ok", NULL);
	stack_raw("raw", "timeout=1");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0),
		is_refusal(err) ? PAM_PERM_DENIED : PAM_AUTHINFO_UNAVAIL);
	ck_assert(was_delayed(&app));
	if (is_final(err))
		ck_assert_str_eq(app.told, "error: no \"ci\" \\x1b[1m\n");
	ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_ID"));
	ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_NAME"));
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), WAS_IGNORED);
	ck_assert_int_eq(pam_open_session(app.pamh, 0), WAS_IGNORED);
	app_end(&app);
	responder_stop(&responder);
	check_logged("auth", is_refusal(err) ? "token refused" : "token not checked",
		is_final(err) ? err_info(err)->json : "");
}
END_TEST

START_TEST(wiped_on_error)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, error_answer(errors[_i], NULL), "ok", NULL);
	stack_show_authtok("show", "timeout=1 debug");
	app_start(&app, "show", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_uint_eq(app.asked, 2);
	ck_assert_str_eq(seen_authtok(), "second answer");
	ck_assert_str_eq(app.told, "");
	app_end(&app);
	responder_stop(&responder);
	ck_assert(!log_has(TOKEN_SECRET));
}
END_TEST

START_TEST(error_at_account)
{
	int err = errors[_i];
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", error_answer(err, "token \"ci\" is revoked"), NULL);
	stack_raw("raw", "timeout=1");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	logged[0] = '\0';
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0),
		is_refusal(err) ? PAM_ACCT_EXPIRED : PAM_AUTHINFO_UNAVAIL);
	if (is_final(err))
		ck_assert_str_eq(app.told, "error: token \"ci\" is revoked\n");
	app_end(&app);
	responder_stop(&responder);
	check_logged("account", is_refusal(err) ? "token refused" : "token not checked",
		is_final(err) ? err_info(err)->json : "");
}
END_TEST

START_TEST(silent)
{
	static const struct {
		const char *args;
		int flags;
	} ways[] = {{"silent", 0}, {"", PAM_SILENT}};
	struct responder responder;
	struct app app;

	for (size_t i = 0; i < COUNT(ways); i++) {
		responder_start(&responder, error_answer(ERR_EXPIRED, "expired"), "ok", NULL);
		stack_raw("raw", ways[i].args);
		app_start(&app, "raw", "alice", token_text("pat"));
		ck_assert_int_eq(pam_authenticate(app.pamh, ways[i].flags), PAM_PERM_DENIED);
		ck_assert_str_eq(app.told, "");
		app_end(&app);
		responder_stop(&responder);

		responder_start(&responder, "ok", "ok=86400", NULL);
		app_start(&app, "raw", "alice", token_text("pat"));
		ck_assert_int_eq(pam_authenticate(app.pamh, ways[i].flags), PAM_SUCCESS);
		ck_assert_int_eq(pam_acct_mgmt(app.pamh, ways[i].flags), PAM_SUCCESS);
		ck_assert_str_eq(app.told, "");
		app_end(&app);
		responder_stop(&responder);
	}
}
END_TEST

/* --- what is no answer --- */

static const struct {
	const char *answer, *reason;
} odd[] = {
	{"other_id=00000000000", "protocol_error"},
	{"other_id=", "protocol_error"},
	{"nameless", "protocol_error"},
	{"named=", "protocol_error"},
	{"named=lap\ntop", "protocol_error"},
	{"more", "protocol_error"},
	{"prompt=Password: ", "protocol_error"},
	{"echo", "protocol_error"},
	{"resized=-", "protocol_error"},
	{"resized=+", "protocol_error"},
	{"garbage", "protocol_error"},
	{"garbage=x", "protocol_error"},
	{"error=0", "protocol_error"},
	{"error=999", "protocol_error"},
	{"error=65535", "protocol_error"},
	{"version", "version_mismatch"},
	{"close", "unavailable"},
	{"slow", "timeout"},
};

START_TEST(odd_answer_at_authenticate)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, odd[_i].answer, "ok", NULL);
	stack_raw("raw", "timeout=1");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTHINFO_UNAVAIL);
	ck_assert(was_delayed(&app));
	ck_assert_str_eq(app.told, "");
	ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_ID"));
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), WAS_IGNORED);
	app_end(&app);
	responder_stop(&responder);
	check_logged("auth", "token not checked", odd[_i].reason);
}
END_TEST

START_TEST(odd_answer_at_account)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", odd[_i].answer, NULL);
	stack_raw("raw", "timeout=1");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), PAM_AUTHINFO_UNAVAIL);
	ck_assert_str_eq(app.told, "");
	app_end(&app);
	responder_stop(&responder);
	check_logged("account", "token not checked", odd[_i].reason);
}
END_TEST

/* --- no error lets anyone in, whatever the stack --- */

#define SHIPPED                                                                                    \
	"auth [success=done perm_denied=die authinfo_unavail=die default=ignore] PAT timeout=1\n"

static const char *const stacks[] = {
	SHIPPED "auth required pam_permit.so\n", /* a refused token is never handed on */
	SHIPPED "auth required pam_deny.so\n",
	"auth required PAT timeout=1\nauth required pam_permit.so\n",
	"auth requisite PAT timeout=1\nauth required pam_permit.so\n",
	"auth sufficient PAT timeout=1\nauth required pam_deny.so\n",
};

static void check_stacks(const char *verify)
{
	struct responder responder;

	responder_start(&responder, verify, "ok", NULL);
	for (size_t i = 0; i < COUNT(stacks); i++) {
		stack_write("stack", stacks[i]);
		ck_assert_msg(authenticate_once("stack", token_text("pat")) != PAM_SUCCESS,
			"%s lets in with\n%s", verify, stacks[i]);
	}
	ck_assert_int_ge(responder_stop(&responder), (int)COUNT(stacks));
}

START_TEST(stacks_with_errors)
{
	check_stacks(error_answer(errors[_i], NULL));
}
END_TEST

START_TEST(stacks_with_odd_answers)
{
	check_stacks(odd[_i].answer);
}
END_TEST

/* So that the tests above fail for the answer and for nothing else. */
START_TEST(stacks_with_good_token)
{
	struct responder responder;

	responder_start(&responder, "ok", "ok", NULL);
	for (size_t i = 0; i < COUNT(stacks); i++) {
		stack_write("stack", stacks[i]);
		ck_assert_int_eq(authenticate_once("stack", token_text("pat")), PAM_SUCCESS);
	}
	responder_stop(&responder);
}
END_TEST

/* --- the account phase --- */

static const struct {
	const char *account, *told;
} warnings[] = {
	{"ok", ""},
	{"ok=259200", "info: token \"laptop\" expires in 3 days\n"},
	{"ok=90061", "info: token \"laptop\" expires in 1 day\n"},
	{"ok=1", "info: token \"laptop\" expires in less than a minute\n"},
};

START_TEST(warns)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", warnings[_i].account, NULL);
	stack_raw("raw", "");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), PAM_SUCCESS);
	ck_assert_str_eq(app.told, warnings[_i].told);
	app_end(&app);
	responder_stop(&responder);
}
END_TEST

/* The daemon is told who is to be let in now, not who authenticated. */
START_TEST(user_changed)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", error_answer(ERR_OWNER, NULL), NULL);
	stack_raw("raw", "");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	app_item(&app, PAM_USER, "root");
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), PAM_ACCT_EXPIRED);
	app_end(&app);
	responder_stop(&responder);
	ck_assert_ptr_nonnull(strstr(responder.lines, "account user=[root] service=[raw]\n"));
}
END_TEST

START_TEST(user_changed_to_unusable)
{
	struct responder responder;
	char user[300];
	struct app app;

	memset(user, 'u', sizeof(user) - 1);
	user[sizeof(user) - 1] = '\0';
	responder_start(&responder, "ok", "ok", NULL);
	stack_raw("raw", "");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	app_item(&app, PAM_USER, user);
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), PAM_ACCT_EXPIRED);
	app_end(&app);
	ck_assert_int_eq(responder_stop(&responder), 1);
}
END_TEST

START_TEST(bad_argument_after_token)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", "ok", NULL);
	stack_write("mixed", "auth required PAT\n"
			     "account required PAT nonsense\n"
			     "session required PAT nonsense\n");
	app_start(&app, "mixed", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), PAM_SERVICE_ERR);
	ck_assert_int_eq(pam_open_session(app.pamh, 0), PAM_SERVICE_ERR);
	ck_assert_int_eq(pam_close_session(app.pamh, 0), PAM_SERVICE_ERR);
	app_end(&app);
	responder_stop(&responder);
	ck_assert_msg(log_has("pam_pat(mixed:account): bad argument: argument=\"nonsense\""), "%s",
		logged);
}
END_TEST

/* --- sessions --- */

/*
 * As in sshd's keyboard-interactive: the token was accepted elsewhere, and the environment is all
 * that is known of it. patd says whether that is so.
 */
static const struct {
	const char *env;     /* what the application puts there */
	bool noted;	     /* setcred sees it */
	const char *changed; /* what stands there when the session begins */
	const char *answer;  /* patd's */
	int retval;
	int requests;
} seen[] = {
	{"PAT_ID=" TOKEN_ID, true, NULL, "ok", PAM_SUCCESS, 2},
	{"PAT_ID=" TOKEN_ID, true, NULL, "error=22", WAS_IGNORED, 1},
	{"PAT_ID=" TOKEN_ID, true, NULL, "error=52", PAM_PERM_DENIED, 1},
	{"PAT_ID=" TOKEN_ID, true, NULL, "other_id=00000000000", WAS_IGNORED, 1},
	{"PAT_ID=" TOKEN_ID, true, NULL, "close", WAS_IGNORED, 1},
	/* removed or forged by a later module */
	{"PAT_ID=" TOKEN_ID, true, "PAT_ID", "ok", PAM_SUCCESS, 2},
	{"PAT_ID=" TOKEN_ID, true, "PAT_ID=00000000000", "ok", PAM_SUCCESS, 2},
	{"X=Y", true, "PAT_ID=" TOKEN_ID, "ok", WAS_IGNORED, 0},
	/* without setcred */
	{"PAT_ID=" TOKEN_ID, false, NULL, "ok", PAM_SUCCESS, 2},
	{"PAT_ID=" TOKEN_ID, false, "PAT_ID", "ok", WAS_IGNORED, 0},
	/* none */
	{"X=Y", true, NULL, "ok", WAS_IGNORED, 0},
	{"PAT_ID=", true, NULL, "ok", WAS_IGNORED, 0},
	{"PAT_ID=short", true, NULL, "ok", WAS_IGNORED, 0},
	{"PAT_ID=" TOKEN_ID "0", false, NULL, "ok", WAS_IGNORED, 0},
	{"PAT_ID=../../../..", true, NULL, "ok", WAS_IGNORED, 0},
};

START_TEST(session_of_another_process)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "close", seen[_i].answer, NULL);
	stack_raw("raw", "timeout=1");
	app_start(&app, "raw", "alice", "never asked");
	ck_assert_int_eq(pam_putenv(app.pamh, seen[_i].env), PAM_SUCCESS);
	if (seen[_i].noted)
		pam_setcred(app.pamh, PAM_ESTABLISH_CRED);
	if (seen[_i].changed)
		ck_assert_int_eq(pam_putenv(app.pamh, seen[_i].changed), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(app.pamh, 0), seen[_i].retval);
	ck_assert_int_eq(pam_close_session(app.pamh, 0), seen[_i].retval);
	if (seen[_i].retval != PAM_PERM_DENIED) /* which libpam keeps to */
		ck_assert_int_eq(pam_close_session(app.pamh, 0), WAS_IGNORED); /* it is closed */
	ck_assert_uint_eq(app.asked, 0);
	app_end(&app);
	ck_assert_int_eq(responder_stop(&responder), seen[_i].requests);
	ck_assert_msg(log_has("session not recorded: user=alice id=" TOKEN_ID) ==
			      (seen[_i].requests == 1),
		"%s", logged);
}
END_TEST

/* The token was accepted on this handle: its session begins, recorded or not. */
START_TEST(session_not_recorded)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", "error=22", NULL);
	stack_raw("raw", "");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_close_session(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(responder_stop(&responder), 2); /* what was not opened is not closed */
	ck_assert_msg(log_has("pam_pat(raw:session): session not recorded: user=alice id=" TOKEN_ID
			      " reason=no_token_session"),
		"%s", logged);
	/* With nobody there. */
	ck_assert_int_eq(pam_open_session(app.pamh, 0), PAM_SUCCESS);
	ck_assert_msg(log_has("reason=unavailable"), "%s", logged);
	app_end(&app);
}
END_TEST

/* Revoked between the login and its session. */
START_TEST(session_of_a_revoked_token)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", "error=52", NULL);
	stack_raw("raw", "");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(app.pamh, 0), PAM_PERM_DENIED);
	ck_assert_int_eq(responder_stop(&responder), 2);
	ck_assert_msg(log_has("session not recorded: user=alice id=" TOKEN_ID " reason=revoked"),
		"%s", logged);
	app_end(&app);
}
END_TEST

/* A process that was forked after the session began, and has the handle too, does not close it. */
START_TEST(session_closed_by_a_copy)
{
	struct responder responder;
	struct app app;
	int status;
	pid_t child;

	responder_start(&responder, "ok", "ok", NULL);
	stack_raw("raw", "");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(app.pamh, 0), PAM_SUCCESS);
	child = fork();
	if (child == 0)
		_exit(pam_close_session(app.pamh, 0) == PAM_SUCCESS ? 0 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(pam_close_session(app.pamh, 0), PAM_SUCCESS);
	app_end(&app);
	ck_assert_int_eq(responder_stop(&responder), 3);
}
END_TEST

/* --- one handle, several logins --- */

static const struct {
	const char *second; /* NULL: the conversation fails */
	const char *service;
	int retval;
} seconds[] = {
	{"password", "raw", PAM_AUTH_ERR},
	{"", "raw", PAM_AUTH_ERR},
	{NULL, "raw", PAM_CONV_ERR},
	{"password", "patctl", PAM_AUTH_ERR},
	{"password", "broken", PAM_SERVICE_ERR},
};

START_TEST(earlier_token_is_forgotten)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", "ok", NULL);
	stack_raw("raw", "");
	stack_raw("patctl", "");
	stack_raw("broken", "nonsense");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	app.answers[1] = seconds[_i].second;
	app_item(&app, PAM_SERVICE, seconds[_i].service);
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), seconds[_i].retval);
	ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_ID"));
	ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_NAME"));
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), WAS_IGNORED);
	ck_assert_int_eq(pam_open_session(app.pamh, 0), WAS_IGNORED);
	app_end(&app);
	ck_assert_int_eq(responder_stop(&responder), 1);
}
END_TEST

START_TEST(earlier_token_is_forgotten_when_refused)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", "ok", NULL);
	stack_raw("raw", "");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	responder_stop(&responder);
	responder_start(&responder, error_answer(ERR_NO_TOKEN, NULL), "ok", NULL);
	app.answers[1] = token_text("pat");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_PERM_DENIED);
	ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_ID"));
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), WAS_IGNORED);
	app_end(&app);
	responder_stop(&responder);
}
END_TEST

START_TEST(second_token_after_password)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", "ok", NULL);
	stack_raw("raw", "");
	app_start(&app, "raw", "alice", "password");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTH_ERR);
	app.answers[1] = token_text("pat");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), PAM_SUCCESS);
	app_end(&app);
	responder_stop(&responder);
}
END_TEST

/* --- the host's process --- */

enum { CYCLES = 1000 };

/* Each pam_end() unloads the module, so this loads it as often. */
START_TEST(descriptors)
{
	static const char *const verifies[] = {"ok", "error=20", "close", "garbage"};
	struct responder responder;
	int before = host_descriptors();

	stack_raw("raw", "");
	for (size_t i = 0; i < COUNT(verifies); i++) {
		responder_start(&responder, verifies[i], "ok", NULL);
		for (int n = 0; n < CYCLES / (int)COUNT(verifies); n++)
			authenticate_once("raw", n % 5 ? token_text("pat") : "password");
		responder_stop(&responder);
	}
	for (int n = 0; n < 3; n++) /* nobody there */
		authenticate_once("raw", token_text("pat"));
	ck_assert_int_eq(host_descriptors(), before);
}
END_TEST

START_TEST(load_and_unload)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/pam_pat.so", build);
	for (int n = 0; n < CYCLES; n++) {
		void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);

		ck_assert_msg(module != NULL, "%s", dlerror());
		ck_assert_ptr_nonnull(dlsym(module, "pam_sm_authenticate"));
		ck_assert_int_eq(dlclose(module), 0);
		ck_assert_ptr_null(dlopen(path, RTLD_NOW | RTLD_NOLOAD));
	}
}
END_TEST

/* No descriptor is left: the token is not checked, and nothing else breaks. */
START_TEST(no_descriptors)
{
	struct responder responder;
	struct rlimit limit, before;
	struct app app;

	stack_raw("raw", "");
	responder_start(&responder, "ok", "ok", NULL);
	app_start(&app, "raw", "alice", "password");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTH_ERR); /* loads the modules */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = 3;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	app.answers[1] = token_text("pat");
	/* libpam's call of the kernel's audit fails too, where there is one, with a code of its own
	 */
	ck_assert_int_ne(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	check_logged("auth", "token not checked", "io_error");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	app.answers[2] = token_text("pat");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	app_end(&app);
	responder_stop(&responder);
}
END_TEST

/* --- threads --- */

enum { THREADS = 32, LOGINS = 20 };

static char thread_token[TOKEN_TEXT_MAX + 1];

static void *log_in(void *arg)
{
	int *good = arg;

	for (int i = 0; i < LOGINS; i++) {
		*good += authenticate_once("raw", thread_token) == PAM_SUCCESS;
		*good += authenticate_once("raw", "password") == PAM_AUTH_ERR;
	}
	return NULL;
}

START_TEST(threads)
{
	struct responder responder;
	pthread_t thread[THREADS];
	int good[THREADS] = {0};

	stack_raw("raw", "timeout=60");
	strcpy(thread_token, token_text("pat"));
	responder_start(&responder, "ok", "ok", NULL);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, log_in, &good[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
		ck_assert_int_eq(good[i], 2 * LOGINS);
	}
	responder_stop(&responder);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tc, *host;

	if (geteuid() != 0) {
		puts("skipped: needs root, since the module believes nobody else");
		return 77;
	}
	suite = suite_create("answers");
	tc = add_case(suite, "answers");
	host = add_case(suite, "host");
	tcase_add_test(tc, accepted);
	tcase_add_loop_test(tc, items, 0, COUNT(rhosts));
	tcase_add_test(tc, longest_items);
	tcase_add_test(tc, wiped_when_accepted);
	tcase_add_loop_test(tc, error_at_authenticate, 0, COUNT(errors));
	tcase_add_loop_test(tc, wiped_on_error, 0, COUNT(errors));
	tcase_add_loop_test(tc, error_at_account, 0, COUNT(errors));
	tcase_add_test(tc, silent);
	tcase_add_loop_test(tc, odd_answer_at_authenticate, 0, COUNT(odd));
	tcase_add_loop_test(tc, odd_answer_at_account, 0, COUNT(odd));
	tcase_add_loop_test(tc, stacks_with_errors, 0, COUNT(errors));
	tcase_add_loop_test(tc, stacks_with_odd_answers, 0, COUNT(odd));
	tcase_add_test(tc, stacks_with_good_token);
	tcase_add_loop_test(tc, warns, 0, COUNT(warnings));
	tcase_add_test(tc, user_changed);
	tcase_add_test(tc, user_changed_to_unusable);
	tcase_add_test(tc, bad_argument_after_token);
	tcase_add_loop_test(tc, session_of_another_process, 0, COUNT(seen));
	tcase_add_test(tc, session_not_recorded);
	tcase_add_test(tc, session_of_a_revoked_token);
	tcase_add_test(tc, session_closed_by_a_copy);
	tcase_add_loop_test(tc, earlier_token_is_forgotten, 0, COUNT(seconds));
	tcase_add_test(tc, earlier_token_is_forgotten_when_refused);
	tcase_add_test(tc, second_token_after_password);
	tcase_add_test(host, descriptors);
	tcase_add_test(host, load_and_unload);
	tcase_add_test(host, no_descriptors);
	tcase_add_test(host, threads);
	return run_suite(suite);
}
