/*
 * check_module.c: what the module does without a root daemon: texts that are no tokens, a daemon
 * that is away or an impostor, arguments, items, conversations. Needs no root.
 */
#include "tests/pam/harness.h"

/* --- not a token: the next module's business, and no I/O --- */

static const char *const not_tokens[] = {
	"",
	"x",
	"correct horse battery staple",
	"\b\n\r\177INCORRECT", /* sshd's, for users that there aren't */
	"pat_",
	"_",
	"\xff\xfe\xfd",
	"%n%n%s",
	/* a token's form, with a wrong checksum, a missing or a foreign byte */
	"pat_4fJk29sQxZb0123456789abcdefghijklmnopqrstuvwxyzABCDEFG000000",
	"pat-4fJk29sQxZb0123456789abcdefghijklmnopqrstuvwxyzABCDEFG000000",
	"PAT_4fJk29sQxZb0123456789abcdefghijklmnopqrstuvwxyzABCDEFG000000",
};

static void check_left_alone(const char *text)
{
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", "ok", NULL);
	stack_raw("raw", "");
	app_start(&app, "raw", "alice", text);
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTH_ERR);
	ck_assert(!was_delayed(&app));
	app_end(&app);

	stack_show_authtok("show", "");
	app_start(&app, "show", "alice", text);
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_uint_eq(app.asked, 1);
	/* pam_exec passes on 511 bytes at most */
	ck_assert_int_eq(strncmp(seen_authtok(), text, 511), 0);
	ck_assert(*text == '\0' || *seen_authtok() != '\0');
	app_end(&app);
	ck_assert_int_eq(responder_stop(&responder), 0);
	ck_assert_str_eq(logged, "");
}

START_TEST(not_a_token)
{
	check_left_alone(not_tokens[_i]);
}
END_TEST

static const size_t lengths[] = {1, 63, 69, 70, 80, 81, 511, 512, 4096, 70000};

START_TEST(not_a_token_by_length)
{
	char *text = malloc(lengths[_i] + 1);
	size_t n = strlen(token_text("pat"));

	ck_assert_ptr_nonnull(text);
	memset(text, 'a', lengths[_i]);
	text[lengths[_i]] = '\0';
	check_left_alone(text);
	if (lengths[_i] <= n)
		goto out;
	memcpy(text, token_text("pat"), n); /* a token, and more */
	check_left_alone(text);
	memset(text, ' ', lengths[_i]); /* more, and a token */
	memcpy(text + lengths[_i] - n, token_text("pat"), n);
	check_left_alone(text);
out:
	free(text);
}
END_TEST

START_TEST(almost_a_token)
{
	char text[TOKEN_TEXT_MAX + 2];
	size_t n = strlen(token_text("pat"));

	strcpy(text, token_text("pat"));
	text[n - 1] = text[n - 1] == '0' ? '1' : '0'; /* a wrong check */
	check_left_alone(text);
	text[n - 1] = '\0'; /* one short */
	check_left_alone(text);
	strcpy(text, token_text("pat")); /* one long */
	strcat(text, "\n");
	check_left_alone(text);
	text[0] = ' ';
	strcpy(text + 1, token_text("pat"));
	check_left_alone(text);
}
END_TEST

/* --- a token, and nobody to ask --- */

static const char *const prefixes[] = {"pa", "pat", "pats", "patx", "acme1xyz"};

/* Whatever goes wrong with a token: never success, the delay, the token gone, nothing told of it.
 */
static void check_unavailable(const char *text, const char *reason)
{
	struct app app;

	stack_raw("raw", "timeout=1");
	app_start(&app, "raw", "alice", text);
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTHINFO_UNAVAIL);
	ck_assert(was_delayed(&app));
	ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_ID"));
	ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_NAME"));
	ck_assert_str_eq(app.told, "");
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), WAS_IGNORED);
	app_end(&app);
	ck_assert_msg(log_has("pam_pat(raw:auth): token not checked: user=alice id=" TOKEN_ID),
		"%s", logged);
	ck_assert_msg(log_has(reason), "%s", logged);

	stack_show_authtok("show", "timeout=1 debug");
	app_start(&app, "show", "alice", text);
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SUCCESS);
	ck_assert_uint_eq(app.asked, 2);
	ck_assert_str_eq(seen_authtok(), "second answer");
	app_end(&app);
	ck_assert(!log_has(TOKEN_SECRET));
}

START_TEST(no_daemon)
{
	check_unavailable(token_text(prefixes[_i]), "reason=unavailable");
}
END_TEST

/* A listener that isn't root is not told a byte. */
START_TEST(impostor)
{
	struct responder responder;

	responder_start(&responder, "ok", "ok", geteuid() == 0 ? "65534" : NULL);
	check_unavailable(token_text("pat"), "reason=impostor");
	ck_assert_int_eq(responder_stop(&responder), 2);
	ck_assert_str_eq(responder.lines, "nothing\nnothing\n");
}
END_TEST

START_TEST(socket_is_no_socket)
{
	stack_write("sock", "this is a file"); /* at the socket's path */
	check_unavailable(token_text("pat"), "reason=unavailable");
}
END_TEST

/* --- managing tokens --- */

START_TEST(service_patctl)
{
	static const char *const args[] = {"", "use_first_pass", "nonsense"};
	struct responder responder;
	struct app app;

	responder_start(&responder, "ok", "ok", NULL);
	for (size_t i = 0; i < COUNT(args); i++) {
		stack_raw("patctl", args[i]);
		app_start(&app, "patctl", "alice", token_text("pat"));
		ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTH_ERR);
		ck_assert_uint_eq(app.asked, 0);
		ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), WAS_IGNORED);
		app_end(&app);
	}
	/* libpam knows services in lower case only */
	app_start(&app, "PATCTL", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTH_ERR);
	ck_assert_uint_eq(app.asked, 0);
	app_end(&app);
	ck_assert_int_eq(responder_stop(&responder), 0);
}
END_TEST

/* --- arguments --- */

static const struct {
	const char *argument, *logged;
} bad_arguments[] = {
	{"nullok", "argument=\"nullok\" accepted=\"socket\\x3dPATH (absolute"},
	{"timeout=0", "argument=\"timeout\\x3d0\" accepted=\"timeout\\x3dSECONDS (1 to 60)\""},
	{"timeout=61", "argument=\"timeout\\x3d61\" accepted=\"timeout\\x3dSECONDS (1 to 60)\""},
	{"socket=patd.sock", "argument=\"socket\\x3dpatd.sock\" accepted=\"socket\\x3dPATH"},
	{"debug=1", "argument=\"debug\\x3d1\" accepted=\"debug\""},
};

START_TEST(bad_argument)
{
	struct app app;

	stack_raw("raw", bad_arguments[_i].argument);
	app_start(&app, "raw", "alice", "password");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_SERVICE_ERR);
	ck_assert_uint_eq(app.asked, 0);
	ck_assert_msg(log_has("pam_pat(raw:auth): bad argument: "), "%s", logged);
	ck_assert_msg(log_has(bad_arguments[_i].logged), "%s", logged);
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), WAS_IGNORED);
	ck_assert_int_eq(pam_open_session(app.pamh, 0), WAS_IGNORED);
	ck_assert_int_eq(pam_close_session(app.pamh, 0), WAS_IGNORED);
	app_end(&app);
}
END_TEST

START_TEST(debug_tells_no_secret)
{
	stack_raw("raw", "debug");
	ck_assert_int_eq(authenticate_once("raw", "hunter2"), PAM_AUTH_ERR);
	ck_assert_msg(log_has("not a token"), "%s", logged);
	ck_assert(!log_has("hunter2"));
	ck_assert_int_eq(authenticate_once("raw", token_text("pat")), PAM_AUTHINFO_UNAVAIL);
	ck_assert_msg(log_has(socket_path), "%s", logged);
	ck_assert(!log_has(TOKEN_SECRET));
}
END_TEST

/* --- the conversation --- */

START_TEST(prompts)
{
	struct app app;

	stack_raw("raw", "[prompt=Token or %s: ]");
	app_start(&app, "raw", "alice", "password");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTH_ERR);
	ck_assert_str_eq(app.prompt, "Token or %s: ");
	app_end(&app);
	/* the application left the name to us: first that, then the password */
	app_start(&app, "raw", NULL, "alice");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTH_ERR);
	ck_assert_uint_eq(app.asked, 2);
	ck_assert_str_eq(app.prompt, "Token or %s: ");
	app_end(&app);
}
END_TEST

START_TEST(conversation_fails)
{
	struct app app;

	stack_raw("raw", "");
	app_start(&app, "raw", "alice", NULL);
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_CONV_ERR);
	app_end(&app);
	app_start(&app, "raw", NULL, NULL);
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_CONV_ERR);
	app_end(&app);
	app_start(&app, "raw", NULL, "alice"); /* the name, and then no password */
	app.answers[1] = NULL;
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_CONV_ERR);
	app_end(&app);
}
END_TEST

/* With nobody to converse with at all, no stack of the shipped kind may open. */
START_TEST(conversation_fails_in_stacks)
{
	stack_write("required", "auth required PAT\nauth required pam_permit.so\n");
	stack_write("sufficient", "auth sufficient PAT\nauth required pam_deny.so\n");
	ck_assert_int_ne(authenticate_once("required", NULL), PAM_SUCCESS);
	ck_assert_int_ne(authenticate_once("sufficient", NULL), PAM_SUCCESS);
}
END_TEST

START_TEST(use_first_pass)
{
	struct app app;

	stack_raw("raw", "use_first_pass");
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTH_ERR);
	ck_assert_uint_eq(app.asked, 0);
	app_end(&app);
	app_start(&app, "raw", NULL, token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTH_ERR);
	ck_assert_uint_eq(app.asked, 0);
	app_end(&app);
}
END_TEST

/* An earlier module asked: nobody is asked again, and its text is looked at. */
static const char *const first_pass[] = {"", "try_first_pass", "use_first_pass"};

START_TEST(earlier_module_asked)
{
	char text[512];
	struct app app;

	snprintf(text, sizeof(text),
		"auth optional pam_exec.so quiet expose_authtok /bin/true\n"
		"auth [ignore=ignore success=done default=die] PAT %s\n"
		"auth requisite pam_debug.so auth=authtok_lock_busy\n",
		first_pass[_i]);
	stack_write("raw", text);
	app_start(&app, "raw", "alice", token_text("pat"));
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTHINFO_UNAVAIL);
	ck_assert_uint_eq(app.asked, 1);
	app_end(&app);
	app_start(&app, "raw", "alice", "password");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTH_ERR);
	ck_assert_uint_eq(app.asked, 1);
	app_end(&app);
}
END_TEST

/* --- the phases after it, when no token was used --- */

START_TEST(no_token_used)
{
	struct app app;

	stack_raw("raw", "");
	app_start(&app, "raw", "alice", "password");
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), WAS_IGNORED);
	ck_assert_int_eq(pam_setcred(app.pamh, PAM_ESTABLISH_CRED), WAS_IGNORED);
	ck_assert_int_eq(pam_open_session(app.pamh, 0), WAS_IGNORED);
	ck_assert_int_eq(pam_close_session(app.pamh, 0), WAS_IGNORED);
	ck_assert_int_eq(pam_chauthtok(app.pamh, 0), WAS_IGNORED);
	app_end(&app);
	ck_assert_str_eq(logged, "");
}
END_TEST

/* Whoever can set the PAM environment is not believed. */
START_TEST(environment_is_no_proof)
{
	struct app app;

	stack_raw("raw", "");
	app_start(&app, "raw", "alice", "password");
	ck_assert_int_eq(pam_putenv(app.pamh, "PAT_ID=" TOKEN_ID), PAM_SUCCESS);
	ck_assert_int_eq(pam_putenv(app.pamh, "PAT_NAME=laptop"), PAM_SUCCESS);
	ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), WAS_IGNORED);
	ck_assert_int_eq(pam_open_session(app.pamh, 0), WAS_IGNORED);
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTH_ERR);
	ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_ID"));
	ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_NAME"));
	app_end(&app);
}
END_TEST

/* --- items that the protocol cannot carry --- */

static int refuse_item(const char *service, const char *user, const char *rhost)
{
	struct responder responder;
	struct app app;
	int retval;

	logged[0] = '\0';
	stack_raw(service, "");
	responder_start(&responder, "ok", "ok", NULL);
	app_start(&app, service, user, token_text("pat"));
	app_item(&app, PAM_RHOST, rhost);
	retval = pam_authenticate(app.pamh, 0);
	ck_assert(was_delayed(&app));
	app_end(&app);
	ck_assert_int_eq(responder_stop(&responder), 0);
	ck_assert_msg(log_has("token refused: "), "%s", logged);
	ck_assert_msg(log_has("reason=unusable_pam_item"), "%s", logged);
	return retval;
}

/* libpam tells the kernel's audit, where there is one, and fails if the item is too long for that.
 */
static void check_refused(int retval, size_t n)
{
	if (n <= 300 || retval != PAM_SYSTEM_ERR)
		ck_assert_int_eq(retval, PAM_PERM_DENIED);
}

static const size_t item_lengths[] = {256, 300, 9000, 70000};

START_TEST(unusable_user_or_rhost)
{
	char *text = malloc(item_lengths[_i] + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, 'u', item_lengths[_i]);
	text[item_lengths[_i]] = '\0';
	check_refused(refuse_item("raw", "alice", text), item_lengths[_i]);
	check_refused(refuse_item("raw", text, NULL), item_lengths[_i]);
	free(text);
}
END_TEST

START_TEST(unusable_service)
{
	char service[66];

	memset(service, 's', 65);
	service[65] = '\0';
	ck_assert_int_eq(refuse_item(service, "alice", NULL), PAM_PERM_DENIED);
}
END_TEST

/* --- the log --- */

START_TEST(log_is_escaped)
{
	struct app app;

	stack_raw("raw", "");
	app_start(&app, "raw", "x rhost=1.2.3.4\n\"\\", token_text("pat"));
	app_item(&app, PAM_RHOST, "local\r\npam_pat(sshd:auth): token accepted: user=root");
	app_item(&app, PAM_RUSER, "../../x");
	app_item(&app, PAM_TTY, "../../tty");
	ck_assert_int_eq(pam_authenticate(app.pamh, 0), PAM_AUTHINFO_UNAVAIL);
	app_end(&app);
	ck_assert_str_eq(logged, "pam_pat(raw:auth): token not checked: "
				 "user=x\\x20rhost\\x3d1.2.3.4\\x0a\\x22\\x5c id=" TOKEN_ID
				 " rhost=local\\x0d\\x0apam_pat(sshd:auth):\\x20token\\x20accepted:"
				 "\\x20user\\x3droot"
				 " reason=unavailable\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("module");
	TCase *tc = add_case(suite, "module");

	tcase_add_loop_test(tc, not_a_token, 0, COUNT(not_tokens));
	tcase_add_loop_test(tc, not_a_token_by_length, 0, COUNT(lengths));
	tcase_add_test(tc, almost_a_token);
	tcase_add_loop_test(tc, no_daemon, 0, COUNT(prefixes));
	tcase_add_test(tc, impostor);
	tcase_add_test(tc, socket_is_no_socket);
	tcase_add_test(tc, service_patctl);
	tcase_add_loop_test(tc, bad_argument, 0, COUNT(bad_arguments));
	tcase_add_test(tc, debug_tells_no_secret);
	tcase_add_test(tc, prompts);
	tcase_add_test(tc, conversation_fails);
	tcase_add_test(tc, conversation_fails_in_stacks);
	tcase_add_test(tc, use_first_pass);
	tcase_add_loop_test(tc, earlier_module_asked, 0, COUNT(first_pass));
	tcase_add_test(tc, no_token_used);
	tcase_add_test(tc, environment_is_no_proof);
	tcase_add_loop_test(tc, unusable_user_or_rhost, 0, COUNT(item_lengths));
	tcase_add_test(tc, unusable_service);
	tcase_add_test(tc, log_is_escaped);
	return run_suite(suite);
}
