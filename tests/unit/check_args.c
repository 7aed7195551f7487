/* check_args.c: the arguments of a module's line, by tables of lines. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "common/err.h"
#include "common/limits.h"
#include "pam_pat/args.h"

enum { ARGC_MAX = 4 };

static int count(const char *const *argv)
{
	int n = 0;

	while (n < ARGC_MAX && argv[n])
		n++;
	return n;
}

static const struct {
	const char *argv[ARGC_MAX];
	struct args args;
} good[] = {
	{{NULL}, {.timeout = 3}},
	{{"socket=/run/x.sock"}, {.socket = "/run/x.sock", .timeout = 3}},
	{{"socket=/a=b"}, {.socket = "/a=b", .timeout = 3}},
	{{"timeout=1"}, {.timeout = 1}},
	{{"timeout=09"}, {.timeout = 9}},
	{{"timeout=60"}, {.timeout = 60}},
	{{"timeout=5", "timeout=7"}, {.timeout = 7}},
	{{"prompt=Token or password: "}, {.prompt = "Token or password: ", .timeout = 3}},
	{{"prompt=%n%s"}, {.prompt = "%n%s", .timeout = 3}},
	{{"try_first_pass"}, {.timeout = 3, .try_first_pass = true}},
	{{"use_first_pass"}, {.timeout = 3, .use_first_pass = true}},
	{{"debug", "silent"}, {.timeout = 3, .debug = true, .silent = true}},
};

static void same_text(const char *a, const char *b)
{
	ck_assert_int_eq(a == NULL, b == NULL);
	if (a)
		ck_assert_str_eq(a, b);
}

START_TEST(accepted)
{
	const char *const *argv = good[_i].argv;
	const struct args *want = &good[_i].args;
	struct args_fault fault;
	struct args a;

	ck_assert_int_eq(args_parse(count(argv), argv, &a, &fault), 0);
	same_text(a.socket, want->socket);
	same_text(a.prompt, want->prompt);
	ck_assert_int_eq(a.timeout, want->timeout);
	ck_assert_int_eq(a.try_first_pass, want->try_first_pass);
	ck_assert_int_eq(a.use_first_pass, want->use_first_pass);
	ck_assert_int_eq(a.debug, want->debug);
	ck_assert_int_eq(a.silent, want->silent);
}
END_TEST

/* The bad argument is the last one; what is accepted in its place begins with... */
static const struct {
	const char *argv[ARGC_MAX];
	const char *accepted;
} bad[] = {
	{{"socket"}, "socket=PATH"},
	{{"socket="}, "socket=PATH"},
	{{"socket=run/x.sock"}, "socket=PATH"},
	{{"debug", "socket=@abstract"}, "socket=PATH"},
	{{"timeout"}, "timeout=SECONDS"},
	{{"timeout="}, "timeout=SECONDS"},
	{{"timeout=0"}, "timeout=SECONDS"},
	{{"timeout=00"}, "timeout=SECONDS"},
	{{"timeout=61"}, "timeout=SECONDS"},
	{{"timeout=003"}, "timeout=SECONDS"},
	{{"timeout=-1"}, "timeout=SECONDS"},
	{{"timeout=+1"}, "timeout=SECONDS"},
	{{"timeout= 1"}, "timeout=SECONDS"},
	{{"timeout=1s"}, "timeout=SECONDS"},
	{{"timeout=0x1"}, "timeout=SECONDS"},
	{{"timeout=4294967297"}, "timeout=SECONDS"},
	{{"prompt"}, "prompt=TEXT"},
	{{"prompt="}, "prompt=TEXT"},
	{{"debug="}, "debug"},
	{{"debug=yes"}, "debug"},
	{{"silent=1"}, "silent"},
	{{"use_first_pass=1"}, "use_first_pass"},
	{{"try_first_pass=no"}, "try_first_pass"},
	{{""}, "socket=PATH"},
	{{"="}, "socket=PATH"},
	{{"=x"}, "socket=PATH"},
	{{"DEBUG"}, "socket=PATH"},
	{{"debugger"}, "socket=PATH"},
	{{"debu"}, "socket=PATH"},
	{{"nullok"}, "socket=PATH"},
	{{"timeout=3", "debug", "sockets=/x"}, "socket=PATH"},
};

START_TEST(refused)
{
	const char *const *argv = bad[_i].argv;
	struct args_fault fault = {0};
	struct args a, before;

	memset(&a, 0x5a, sizeof(a));
	before = a;
	ck_assert_int_eq(args_parse(count(argv), argv, &a, &fault), ERR_USAGE);
	ck_assert_mem_eq(&a, &before, sizeof(a));
	ck_assert_ptr_eq(fault.argument, argv[count(argv) - 1]);
	ck_assert_msg(strncmp(fault.accepted, bad[_i].accepted, strlen(bad[_i].accepted)) == 0,
		"%s", fault.accepted);
}
END_TEST

/* Whoever mistypes an argument is told all that there are. */
START_TEST(unknown_names_all)
{
	static const char *const names[] = {"socket=", "timeout=", "prompt=", "try_first_pass",
		"use_first_pass", "debug", "silent"};
	const char *argv[] = {"nullok"};
	struct args_fault fault;
	struct args a;

	ck_assert_int_eq(args_parse(1, argv, &a, &fault), ERR_USAGE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_ptr_nonnull(strstr(fault.accepted, names[i]));
}
END_TEST

/* A value of n bytes after "name=", of which the longest that is accepted is `longest`. */
static void check_longest(const char *name, char fill, size_t longest)
{
	char text[2048];
	size_t prefix = strlen(name);

	for (size_t n = longest - 1; n <= longest + 1; n++) {
		const char *argv[] = {text};
		struct args_fault fault;
		struct args a;

		memcpy(text, name, prefix);
		memset(text + prefix, fill, n);
		text[prefix + n] = '\0';
		ck_assert_int_eq(args_parse(1, argv, &a, &fault), n <= longest ? 0 : ERR_USAGE);
	}
}

START_TEST(longest)
{
	check_longest("socket=", '/', sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	check_longest("prompt=", 'x', LIMIT_MESSAGE - 1);
	/* The numbers that people are told. */
	ck_assert_uint_eq(sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1, 107);
	ck_assert_uint_eq(LIMIT_MESSAGE - 1, 511);
	ck_assert_int_eq(ARGS_TIMEOUT_MAX, 60);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("args");
	TCase *tc = tcase_create("args");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tc, accepted, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, refused, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, unknown_names_all);
	tcase_add_test(tc, longest);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
