/*
 * check_memory.c: every allocation of a login fails, one after the other, in libpam, libc and the
 * module alike. Whatever fails, nobody gets in whom the daemon refuses, and whoever gets in by a
 * token is known to have used one. Needs root, whom alone the module believes.
 */
#include "tests/pam/harness.h"

#include <errno.h>

static bool counting;
static long left = -1; /* allocations until one fails; -1: none fails */

static UNUSED bool must_fail(void)
{
	return counting && left >= 0 && left-- == 0;
}

#ifndef __SANITIZE_ADDRESS__

/* glibc's own names of what is replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

EXPORT void *malloc(size_t size)
{
	if (!must_fail())
		return __libc_malloc(size);
	errno = ENOMEM;
	return NULL;
}

EXPORT void *calloc(size_t n, size_t size)
{
	if (!must_fail())
		return __libc_calloc(n, size);
	errno = ENOMEM;
	return NULL;
}

EXPORT void *realloc(void *p, size_t size)
{
	if (!must_fail())
		return __libc_realloc(p, size);
	errno = ENOMEM;
	return NULL;
}

#endif

enum { MANY = 2000 }; /* more allocations than any login makes */

/* pam_authenticate() of a fresh handle with allocation number n failing; false: it had fewer. */
static bool authenticate_failing(struct app *app, const char *text, long n, int *retval)
{
	app_start(app, "raw", "alice", text);
	app_item(app, PAM_RHOST, "192.0.2.7");
	left = n;
	counting = true;
	logged[0] = '\0';
	*retval = pam_authenticate(app->pamh, 0);
	counting = false;
	return left < 0;
}

START_TEST(refused_stays_refused)
{
	struct responder responder;
	struct app app;
	int retval;
	long n;

	responder_start(&responder, "error=50,expired", "ok", NULL);
	stack_raw("raw", "");
	for (n = 0; n < MANY; n++) {
		bool failed = authenticate_failing(&app, token_text("pat"), n, &retval);

		ck_assert_int_ne(retval, PAM_SUCCESS);
		ck_assert_int_ne(retval, WAS_IGNORED);
		ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_ID"));
		ck_assert(!log_has(TOKEN_SECRET));
		app_end(&app);
		if (!failed)
			break;
	}
	ck_assert_int_gt(n, 10);
	ck_assert_int_lt(n, MANY);
	ck_assert_int_eq(retval, PAM_PERM_DENIED);
	responder_stop(&responder);
}
END_TEST

START_TEST(accepted_is_remembered)
{
	struct responder responder;
	struct app app;
	int retval, unavailable = 0;
	long n;

	responder_start(&responder, "ok", "ok", NULL);
	stack_raw("raw", "");
	for (n = 0; n < MANY; n++) {
		bool failed = authenticate_failing(&app, token_text("pat"), n, &retval);

		ck_assert_int_ne(retval, WAS_IGNORED);
		if (retval == PAM_SUCCESS) {
			ck_assert_str_eq(pam_getenv(app.pamh, "PAT_ID"), TOKEN_ID);
			ck_assert_str_eq(pam_getenv(app.pamh, "PAT_NAME"), "laptop");
			ck_assert_int_eq(pam_acct_mgmt(app.pamh, 0), PAM_SUCCESS);
		} else if (!log_has("token accepted")) { /* else libpam failed after us */
			ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_ID"));
			ck_assert_ptr_null(pam_getenv(app.pamh, "PAT_NAME"));
			unavailable += log_has("reason=out_of_memory");
		}
		app_end(&app);
		if (!failed)
			break;
	}
	ck_assert_int_lt(n, MANY);
	ck_assert_int_eq(retval, PAM_SUCCESS);
	/* the module's own copy and libpam's two variables and record, at least */
	ck_assert_int_ge(unavailable, 4);
	responder_stop(&responder);
}
END_TEST

START_TEST(password_stays_password)
{
	struct app app;
	int retval;
	long n;

	stack_raw("raw", "debug");
	for (n = 0; n < MANY; n++) {
		bool failed = authenticate_failing(&app, "password", n, &retval);

		ck_assert_int_ne(retval, PAM_SUCCESS);
		ck_assert_int_ne(retval, WAS_IGNORED);
		app_end(&app);
		if (!failed)
			break;
	}
	ck_assert_int_lt(n, MANY);
	ck_assert_int_eq(retval, PAM_AUTH_ERR);
}
END_TEST

/* NULL: it can run here. */
static const char *why_not(void)
{
#ifdef __SANITIZE_ADDRESS__
	return "the address sanitizer has an allocator of its own";
#endif
	return geteuid() == 0 ? NULL : "needs root, since the module believes nobody else";
}

int main(void)
{
	Suite *suite;
	TCase *tc;

	if (why_not()) {
		printf("skipped: %s\n", why_not());
		return 77;
	}
	suite = suite_create("memory");
	tc = add_case(suite, "memory");
	tcase_add_test(tc, refused_stays_refused);
	tcase_add_test(tc, accepted_is_remembered);
	tcase_add_test(tc, password_stays_password);
	return run_suite(suite);
}
