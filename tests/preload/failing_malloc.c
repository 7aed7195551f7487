/*
 * failing_malloc.c: memory runs out for pam_pat.so alone. An allocation counts if the module makes
 * it, itself or by libc and libpam; not the host's own, when it is asked for an answer. To be
 * preloaded, by /etc/ld.so.preload where programs are set-id.
 *
 * $FAILING_MALLOC names a directory, else nothing fails. Its file "at" says which allocation fails,
 * counted from 0 in each process: "N", or "N+" for that one and all that follow. That one did is
 * told by the file "hit".
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/preload/next.h"

enum { FRAMES = 24, OURSELVES = 3 }; /* by_module(), must_fail(), malloc() */

/* glibc's own names of what is replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

EXPORT void *malloc(size_t size);
EXPORT void *calloc(size_t n, size_t size);
EXPORT void *realloc(void *p, size_t size);

static char hit_path[256];
static long at = -1, seen;
static bool from_then_on;
static __thread bool inside; /* what is done here may allocate */

static void read_at(const char *path)
{
	FILE *f = fopen(path, "re");
	char more;

	if (!f)
		return;
	if (fscanf(f, "%ld", &at) != 1)
		at = -1;
	from_then_on = fscanf(f, "%c", &more) == 1 && more == '+';
	fclose(f);
}

__attribute__((constructor)) static void begin(void)
{
	const char *dir = getenv("FAILING_MALLOC");
	char path[256];
	void *frame;

	if (!dir)
		return;
	inside = true;
	snprintf(path, sizeof(path), "%s/at", dir);
	snprintf(hit_path, sizeof(hit_path), "%s/hit", dir);
	read_at(path);
	backtrace(&frame, 1); /* loads what it needs */
	inside = false;
}

static bool names(const char *path, const char *library)
{
	const char *base = strrchr(path, '/');

	return base && strncmp(base + 1, library, strlen(library)) == 0;
}

/* Is the module the first on the stack that is neither libc nor libpam? */
static bool by_module(void)
{
	void *frame[FRAMES];
	int n = backtrace(frame, FRAMES);

	for (int i = OURSELVES; i < n; i++) {
		Dl_info info;

		if (!dladdr(frame[i], &info) || !info.dli_fname)
			return false;
		if (names(info.dli_fname, "pam_pat.so"))
			return true;
		if (!names(info.dli_fname, "libc.so") && !names(info.dli_fname, "libpam.so") &&
			!names(info.dli_fname, "failing_malloc.so"))
			return false;
	}
	return false;
}

static void tell(void)
{
	int fd = open(hit_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd >= 0)
		close(fd);
}

static bool must_fail(void)
{
	bool fails = false;

	if (at < 0 || inside)
		return false;
	inside = true;
	if (by_module()) {
		fails = from_then_on ? seen >= at : seen == at;
		seen++;
	}
	if (fails)
		tell();
	inside = false;
	errno = fails ? ENOMEM : errno;
	return fails;
}

void *malloc(size_t size)
{
	return must_fail() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return must_fail() ? NULL : __libc_realloc(p, size);
}
