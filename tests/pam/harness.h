/*
 * harness.h: an application of the real libpam, for the tests beside it.
 *
 * A program has a directory, empty before each test, for PAM files that name the built module by
 * its path and for the socket of a responder. What the module logs is caught where libpam hands it
 * to libc.
 */
#ifndef TESTS_PAM_HARNESS_H
#define TESTS_PAM_HARNESS_H

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "common/token.h"

#define UNUSED			__attribute__((unused))
#define EXPORT			__attribute__((visibility("default")))
#define PRINTF_LIKE(nth, first) __attribute__((format(printf, nth, first)))
#define COUNT(array)		(sizeof(array) / sizeof((array)[0]))

/* Returned by a stack of stack_raw() when the module said PAM_IGNORE, which nothing else here says.
 */
enum { WAS_IGNORED = PAM_AUTHTOK_LOCK_BUSY };

/* --- the log --- */

static char logged[64 * 1024];
static pthread_mutex_t logged_lock = PTHREAD_MUTEX_INITIALIZER;

static PRINTF_LIKE(1, 0) void log_line(const char *format, va_list args)
{
	size_t n;

	pthread_mutex_lock(&logged_lock);
	n = strlen(logged);
	vsnprintf(logged + n, sizeof(logged) - n, format, args);
	n = strlen(logged);
	if (n + 1 < sizeof(logged))
		memcpy(logged + n, "\n", 2);
	pthread_mutex_unlock(&logged_lock);
}

/* libpam calls one or the other, by how it was built. libc's header has macros of these names. */
EXPORT void syslog(int priority, const char *format, ...) PRINTF_LIKE(2, 3);
EXPORT void __syslog_chk(int priority, int flag, const char *format, ...) PRINTF_LIKE(3, 4);

void syslog(int priority UNUSED, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(format, args);
	va_end(args);
}

void __syslog_chk(int priority UNUSED, int flag UNUSED, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(format, args);
	va_end(args);
}

static UNUSED bool log_has(const char *text)
{
	return strstr(logged, text) != NULL;
}

/* --- the test's directory --- */

static char dir[64], socket_path[96], build[256];

/* For what is no finding but a machine that cannot run the test. */
static void must(bool done, const char *what)
{
	if (done)
		return;
	perror(what);
	exit(2);
}

static void path_in_dir(char *out, size_t size, const char *name)
{
	must(snprintf(out, size, "%s/%s", dir, name) < (int)size, name);
}

/* The command finds the directory in $DIR. */
static void run_shell(const char *command)
{
	must(setenv("DIR", dir, 1) == 0 && system(command) == 0, command);
}

/* This program is $BUILD/tests/pam/check_*. */
static void make_dir(void)
{
	must(readlink("/proc/self/exe", build, sizeof(build) - 1) > 0, "/proc/self/exe");
	for (int up = 0; up < 3; up++)
		*strrchr(build, '/') = '\0';
	strcpy(dir, "/tmp/pam_pat_test.XXXXXX");
	must(mkdtemp(dir) && chmod(dir, 0755) == 0, dir);
	path_in_dir(socket_path, sizeof(socket_path), "sock");
}

/* An empty directory, but for what libpam takes for services that have no file. */
static void setup(void)
{
	run_shell("rm -rf \"$DIR\"/* && echo 'auth required pam_deny.so' >\"$DIR/other\"");
	logged[0] = '\0';
}

static void put_line(FILE *f, const char *line)
{
	const char *pat = strstr(line, "PAT");

	if (pat)
		fprintf(f, "%.*s%s/pam_pat.so socket=%s%s", (int)(pat - line), line, build,
			socket_path, pat + 3);
	else
		fputs(line, f);
}

/* Writes a PAM file. PAT, at most once a line, is the module with its socket. */
static void stack_write(const char *service, const char *text)
{
	char path[256], copy[4096], *save = NULL;
	FILE *f;

	path_in_dir(path, sizeof(path), service);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_lt(strlen(text), sizeof(copy));
	strcpy(copy, text);
	for (char *s = strtok_r(copy, "\n", &save); s; s = strtok_r(NULL, "\n", &save)) {
		put_line(f, s);
		fputc('\n', f);
	}
	ck_assert_int_eq(fclose(f), 0);
}

/* A stack that gives the application the module's own code in every phase, or WAS_IGNORED. */
static UNUSED void stack_raw(const char *service, const char *args)
{
	static const char *const types[] = {"auth", "account", "session", "password"};
	char text[2048] = "";
	size_t n = 0;

	for (size_t i = 0; i < COUNT(types); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"%s [ignore=ignore success=done default=die] PAT %s\n"
			"%s requisite pam_debug.so auth=authtok_lock_busy cred=authtok_lock_busy "
			"acct=authtok_lock_busy "
			"open_session=authtok_lock_busy close_session=authtok_lock_busy "
			"prechauthtok=authtok_lock_busy\n",
			types[i], args, types[i]);
	stack_write(service, text);
}

/* pam_exec leaves what is in PAM_AUTHTOK in the file "seen"; if nothing is, it asks for it. */
static UNUSED void stack_show_authtok(const char *service, const char *args)
{
	char script[96], text[512];
	FILE *f;

	path_in_dir(script, sizeof(script), "catch");
	f = fopen(script, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "#!/bin/sh\n/bin/cat >'%s/seen'\n", dir);
	ck_assert_int_eq(fchmod(fileno(f), 0755), 0);
	ck_assert_int_eq(fclose(f), 0);
	snprintf(text, sizeof(text),
		"auth [default=ignore] PAT %s\n"
		"auth optional pam_exec.so quiet expose_authtok %s\n"
		"auth required pam_permit.so\n",
		args, script);
	stack_write(service, text);
}

static UNUSED const char *seen_authtok(void)
{
	static char seen[4096];
	char path[96];
	size_t n;
	FILE *f;

	path_in_dir(path, sizeof(path), "seen");
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(seen, 1, sizeof(seen) - 1, f);
	seen[n] = '\0';
	fclose(f);
	return seen;
}

/* --- the application --- */

struct app {
	pam_handle_t *pamh;
	const char *answers[3]; /* to prompts, in order; NULL: the conversation fails */
	unsigned int asked;
	char prompt[600];   /* the last one */
	char told[2048];    /* "error: ..." and "info: ...", a line each */
	unsigned int delay; /* microseconds that libpam would have waited */
	int delays;
};

static char *answer_prompt(struct app *app, const struct pam_message *m)
{
	const char *s = app->asked < COUNT(app->answers) ? app->answers[app->asked] : NULL;

	snprintf(app->prompt, sizeof(app->prompt), "%s", m->msg);
	app->asked++;
	return s ? strdup(s) : NULL;
}

static void take_message(struct app *app, const struct pam_message *m)
{
	size_t n = strlen(app->told);

	snprintf(app->told + n, sizeof(app->told) - n, "%s: %s\n",
		m->msg_style == PAM_ERROR_MSG ? "error" : "info", m->msg);
}

static int converse(int n, const struct pam_message **m, struct pam_response **out, void *arg)
{
	struct app *app = arg;
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	if (!r)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (m[i]->msg_style != PAM_PROMPT_ECHO_OFF &&
			m[i]->msg_style != PAM_PROMPT_ECHO_ON) {
			take_message(app, m[i]);
			continue;
		}
		r[i].resp = answer_prompt(app, m[i]);
		if (!r[i].resp) {
			free(r);
			return PAM_CONV_ERR;
		}
	}
	*out = r;
	return PAM_SUCCESS;
}

/* libpam calls this instead of sleeping. */
static void take_delay(int status UNUSED, unsigned int us, void *arg)
{
	struct app *app = arg;

	app->delay = us;
	app->delays++;
}

union delay_item {
	void (*function)(int, unsigned int, void *);
	const void *item;
};

static void app_start(struct app *app, const char *service, const char *user, const char *answer)
{
	struct pam_conv conv = {converse, app};
	union delay_item delay = {.function = take_delay};

	*app = (struct app){.answers = {answer, "second answer", "third answer"}};
	ck_assert_int_eq(pam_start_confdir(service, user, &conv, dir, &app->pamh), PAM_SUCCESS);
	ck_assert_int_eq(pam_set_item(app->pamh, PAM_FAIL_DELAY, delay.item), PAM_SUCCESS);
}

static void app_end(struct app *app)
{
	ck_assert_int_eq(pam_end(app->pamh, PAM_SUCCESS), PAM_SUCCESS);
}

static UNUSED void app_item(struct app *app, int item, const char *value)
{
	ck_assert_int_eq(pam_set_item(app->pamh, item, value), PAM_SUCCESS);
}

/* One handle, one pam_authenticate(). */
static UNUSED int authenticate_once(const char *service, const char *answer)
{
	struct app app;
	int retval;

	app_start(&app, service, "alice", answer);
	retval = pam_authenticate(app.pamh, 0);
	app_end(&app);
	return retval;
}

static UNUSED bool was_delayed(const struct app *app)
{
	/* libpam makes of 2 s something between 1 and 3. */
	return app->delay >= 1000000;
}

/* --- the responder --- */

struct responder {
	pid_t pid;
	FILE *out;
	char lines[8192]; /* once it was stopped: a line for each connection */
};

static UNUSED void responder_start(
	struct responder *r, const char *verify, const char *account, const char *uid)
{
	char program[300], ready[16];
	int pipe_fds[2];

	snprintf(program, sizeof(program), "%s/tests/pam/responder", build);
	ck_assert_int_eq(pipe(pipe_fds), 0);
	unlink(socket_path);
	r->pid = fork();
	ck_assert_int_ge(r->pid, 0);
	if (r->pid == 0) {
		dup2(pipe_fds[1], 1);
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		execl(program, "responder", socket_path, verify, account, uid, (char *)NULL);
		_exit(127);
	}
	close(pipe_fds[1]);
	r->out = fdopen(pipe_fds[0], "r");
	ck_assert_ptr_nonnull(r->out);
	ck_assert_ptr_nonnull(fgets(ready, sizeof(ready), r->out));
	ck_assert_str_eq(ready, "ready\n");
}

/* Ends it and returns how many connections it had; what they carried stands in r->lines. */
static UNUSED int responder_stop(struct responder *r)
{
	int status, lines = 0;
	size_t n;

	ck_assert_int_eq(kill(r->pid, SIGTERM), 0);
	n = fread(r->lines, 1, sizeof(r->lines) - 1, r->out);
	r->lines[n] = '\0';
	for (size_t i = 0; i < n; i++)
		lines += r->lines[i] == '\n';
	while (getc(r->out) != EOF)
		;
	fclose(r->out);
	ck_assert_int_eq(waitpid(r->pid, &status, 0), r->pid);
	ck_assert_msg(
		WIFEXITED(status) && WEXITSTATUS(status) == 0, "responder: status %d", status);
	return lines;
}

/* --- tokens --- */

#define TOKEN_ID "4fJk29sQxZb"

/* The text of a token of this prefix and TOKEN_ID, with the right checksum. */
static UNUSED const char *token_text(const char *prefix)
{
	static char text[TOKEN_TEXT_MAX + 1];
	struct token t = {.id = TOKEN_ID, .secret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"};

	strcpy(t.prefix, prefix);
	ck_assert(token_format(&t, text));
	return text;
}

/* The part of it that nobody may ever see again. */
#define TOKEN_SECRET "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

/* --- the program --- */

static UNUSED int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	make_dir();
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	run_shell("rm -rf \"$DIR\"");
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static UNUSED TCase *add_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(suite, tc);
	return tc;
}

#endif
