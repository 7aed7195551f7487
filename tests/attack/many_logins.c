/*
 * many_logins CONFDIR SERVICE USER SECRETS N: one process that goes through all phases of N logins,
 * each on a handle of its own. The secrets, one a line, are taken in turns. Prints for the first,
 * and for every tenth part: the number, how many logins were let in, the open descriptors, and the
 * memory in kB.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_appl.h>

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

static int converse(int n, const struct pam_message **m, struct pam_response **out, void *secret)
{
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	for (int i = 0; r && i < n; i++)
		if (m[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			r[i].resp = strdup(secret);
	*out = r;
	return r ? PAM_SUCCESS : PAM_BUF_ERR;
}

static void no_delay(int status, unsigned int us, void *arg)
{
	(void)status, (void)us, (void)arg;
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
	const struct pam_conv conv = {converse, secret};
	const union {
		void (*function)(int, unsigned int, void *);
		const void *item;
	} delay = {.function = no_delay};
	pam_handle_t *pamh;
	int retval = pam_start_confdir(argv[2], argv[3], &conv, argv[1], &pamh);

	if (retval)
		return retval;
	pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);
	retval = phases(pamh);
	pam_end(pamh, retval);
	return retval;
}

static int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = -1; /* its own */

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 2; /* . and .. */
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
			printf("%ld %ld %d %ld\n", i, let_in, descriptors(), memory_kb());
	}
	return 0;
}
