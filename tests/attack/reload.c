/*
 * reload MODULE SERVICE USER ROUNDS ANSWER...: a host that loads and unloads the module ROUNDS
 * times and logs in between, with one of the ANSWERs' texts (from files) after the other; libpam
 * loads and unloads it for each login once more. Prints what the process holds after half of it
 * and in the end: descriptors, mappings, bytes of the heap. Exit status: 0 all loaded, and it has
 * no variables of a thread's.
 */
#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/pam_host.h"

static char answer[512];

static bool log_in(const char *service, const char *user)
{
	static const struct pam_conv conv = {host_converse, answer};
	pam_handle_t *pamh;
	bool in;

	if (pam_start(service, user, &conv, &pamh) != PAM_SUCCESS)
		return false;
	host_set_delay(pamh, host_no_delay);
	in = pam_authenticate(pamh, 0) == PAM_SUCCESS && pam_acct_mgmt(pamh, 0) == PAM_SUCCESS;
	pam_end(pamh, PAM_SUCCESS);
	return in;
}

/* Loaded, used and gone again: 0, or what is wrong with it. */
static const char *load(const char *module)
{
	void *m = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	size_t tls = 1;

	if (!m || !dlsym(m, "pam_sm_authenticate"))
		return dlerror();
	if (dlinfo(m, RTLD_DI_TLS_MODID, &tls) || tls)
		return "it has variables of a thread's";
	if (dlclose(m))
		return dlerror();
	return dlopen(module, RTLD_NOW | RTLD_NOLOAD) ? "it stays loaded" : NULL;
}

static int count_lines(const char *path)
{
	FILE *f = fopen(path, "re");
	int lines = 0, c;

	while (f && (c = getc(f)) != EOF)
		lines += c == '\n';
	if (f)
		fclose(f);
	return lines;
}

static void print_held(void)
{
	printf("%d %d %zu\n", host_descriptors(), count_lines("/proc/self/maps"),
		mallinfo2().uordblks);
}

static bool read_answer(const char *path)
{
	FILE *f = fopen(path, "re");
	bool good = f && fgets(answer, sizeof(answer), f);

	if (f)
		fclose(f);
	answer[strcspn(answer, "\n")] = '\0';
	return good;
}

int main(int argc, char **argv)
{
	int rounds = argc > 5 ? atoi(argv[4]) : 0, in = 0;

	if (rounds < 2) {
		fprintf(stderr, "usage: reload MODULE SERVICE USER ROUNDS ANSWER...\n");
		return 100;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < rounds; i++) {
		const char *fault = load(argv[1]);

		if (fault || !read_answer(argv[5 + i % (argc - 5)])) {
			printf("round %d: %s\n", i, fault ? fault : "no answer");
			return 1;
		}
		in += log_in(argv[2], argv[3]);
		if (i + 1 == rounds / 2 || i + 1 == rounds)
			print_held();
	}
	printf("%d let in\n", in);
	return 0;
}
