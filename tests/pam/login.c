/*
 * login CONFDIR SERVICE USER ANSWERS: an application of libpam without anything of its own, for the
 * scripts beside it. PAM files come from CONFDIR ("-": the system's), answers to prompts from the
 * lines of the file ANSWERS. Goes through all phases; prints what each returned, by number, and
 * what the modules told. Exit status: the number of the first phase that failed, else 0. Refusals
 * are not waited for: the delay is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/pam_host.h"

static FILE *answers;

static char *read_answer(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n = getline(&line, &size, answers);

	if (n < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static int converse_one(const struct pam_message *m, struct pam_response *r)
{
	switch (m->msg_style) {
	case PAM_ERROR_MSG:
	case PAM_TEXT_INFO:
		printf("%s: %s\n", m->msg_style == PAM_ERROR_MSG ? "error" : "info", m->msg);
		return PAM_SUCCESS;
	case PAM_PROMPT_ECHO_OFF:
	case PAM_PROMPT_ECHO_ON:
		printf("prompt: %s\n", m->msg);
		r->resp = read_answer();
		return r->resp ? PAM_SUCCESS : PAM_CONV_ERR;
	default:
		return PAM_CONV_ERR;
	}
}

static int converse(int n, const struct pam_message **m, struct pam_response **out, void *arg)
{
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	(void)arg;
	if (!r)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (converse_one(m[i], &r[i]) == PAM_SUCCESS)
			continue;
		while (i-- > 0)
			free(r[i].resp);
		free(r);
		return PAM_CONV_ERR;
	}
	*out = r;
	return PAM_SUCCESS;
}

static void print_delay(int status, unsigned int us, void *arg)
{
	(void)status, (void)arg;
	if (us > 0)
		puts("delayed");
}

static int authenticate(pam_handle_t *pamh)
{
	return pam_authenticate(pamh, 0);
}

static int account(pam_handle_t *pamh)
{
	return pam_acct_mgmt(pamh, 0);
}

static int establish(pam_handle_t *pamh)
{
	return pam_setcred(pamh, PAM_ESTABLISH_CRED);
}

static int open_session(pam_handle_t *pamh)
{
	return pam_open_session(pamh, 0);
}

static int close_session(pam_handle_t *pamh)
{
	return pam_close_session(pamh, 0);
}

static const struct {
	const char *name;
	int (*run)(pam_handle_t *pamh);
} phases[] = {
	{"authenticate", authenticate},
	{"account", account},
	{"setcred", establish},
	{"open_session", open_session},
	{"close_session", close_session},
};

static int run_phases(pam_handle_t *pamh)
{
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		int retval = phases[i].run(pamh);

		printf("%s %d\n", phases[i].name, retval);
		if (retval != PAM_SUCCESS)
			return retval;
	}
	return PAM_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct pam_conv conv = {converse, NULL};
	pam_handle_t *pamh;
	int retval;

	if (argc != 5 || !(answers = fopen(argv[4], "re"))) {
		fprintf(stderr, "usage: login CONFDIR SERVICE USER ANSWERS\n");
		return 100;
	}
	retval = pam_start_confdir(
		argv[2], argv[3], &conv, strcmp(argv[1], "-") ? argv[1] : NULL, &pamh);
	if (retval != PAM_SUCCESS)
		return retval;
	host_set_delay(pamh, print_delay);
	retval = run_phases(pamh);
	pam_end(pamh, retval);
	fclose(answers);
	return retval;
}
