/* unit.h: what unit tests share: the end of main(), and a directory of their own. */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A sanitizer makes system calls that patd's sandbox kills a process for. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

/* Runs the suite and frees it: main()'s result. */
static inline int unit_run(Suite *s)
{
	SRunner *runner = srunner_create(s);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The directory, by tcase_add_unchecked_fixture(t, make_base, remove_base). */
static char base[] __attribute__((unused)) = "/tmp/check_pat.XXXXXX";

static inline void make_base(void)
{
	ck_assert_ptr_nonnull(mkdtemp(base));
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void remove_base(void)
{
	nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A new one in it, mode 0700. */
enum { BASE_DIR = sizeof(base) + sizeof("/XXXXXX") };

static inline void make_dir(char out[BASE_DIR])
{
	snprintf(out, BASE_DIR, "%s/XXXXXX", base);
	ck_assert_ptr_nonnull(mkdtemp(out));
}

#endif
