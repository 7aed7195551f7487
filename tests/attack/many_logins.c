/*
 * many_logins CONFDIR SERVICE USER SECRETS N: one process that goes through all phases of N logins,
 * each on a handle of its own. The secrets, one a line, are taken in turns. Prints for the first,
 * and for every tenth part: the number, how many logins were let in, the open descriptors, and the
 * memory in kB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/pam_host.h"

enum { SECRETS_MAX = 8 };

static char *secrets[SECRETS_MAX];
static size_t secret_count;

static void read_secrets(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	while (f && secret_count < SECRETS_MAX && getline(&line, &size, f) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		secrets[secret_count++] = strdup(line);
	}
	free(line);
	if (f)
		fclose(f);
}

static int phases(pam_handle_t *pamh)
{
	int retval = pam_authenticate(pamh, 0);

	if (!retval)
		retval = pam_acct_mgmt(pamh, 0);
	if (!retval)
		retval = pam_setcred(pamh, PAM_ESTABLISH_CRED);
	if (!retval)
		retval = pam_open_session(pamh, 0);
	return retval ? retval : pam_close_session(pamh, 0);
}

static int login(char **argv, char *secret)
{
	const struct pam_conv conv = {host_converse, secret};
	pam_handle_t *pamh;
	int retval = pam_start_confdir(argv[2], argv[3], &conv, argv[1], &pamh);

	if (retval)
		return retval;
	host_set_delay(pamh, host_no_delay);
	retval = phases(pamh);
	pam_end(pamh, retval);
	return retval;
}

static long memory_kb(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long pages = -1;

	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = -1;
	if (f)
		fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv)
{
	long n = argc == 6 ? strtol(argv[5], NULL, 10) : 0, let_in = 0;

	if (n < 10)
		return 2;
	read_secrets(argv[4]);
	if (secret_count == 0)
		return 2;
	for (long i = 1; i <= n; i++) {
		let_in += login(argv, secrets[(size_t)i % secret_count]) == PAM_SUCCESS;
		if (i == 1 || i % (n / 10) == 0)
			printf("%ld %ld %d %ld\n", i, let_in, host_descriptors(), memory_kb());
	}
	return 0;
}
