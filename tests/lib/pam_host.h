/*
 * pam_host.h: what a small host of libpam among the tests is made of: a conversation that always
 * gives the same answer, no wait after a refusal, and a look at its descriptors.
 */
#ifndef TESTS_LIB_PAM_HOST_H
#define TESTS_LIB_PAM_HOST_H

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_appl.h>

/* The text ANSWER to every prompt for something hidden. */
static inline int host_converse(
	int n, const struct pam_message **m, struct pam_response **out, void *answer)
{
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	if (!r)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++)
		if (m[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			r[i].resp = strdup((const char *)answer);
	*out = r;
	return PAM_SUCCESS;
}

/* What libpam calls instead of sleeping after a refusal: a function is its item. */
static inline void host_set_delay(pam_handle_t *pamh, void (*delay)(int, unsigned int, void *))
{
	const union {
		void (*function)(int, unsigned int, void *);
		const void *item;
	} item = {.function = delay};

	pam_set_item(pamh, PAM_FAIL_DELAY, item.item);
}

static inline void host_no_delay(int status, unsigned int us, void *arg)
{
	(void)status, (void)us, (void)arg;
}

/* How many are open, or -1. */
static inline int host_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = -3; /* ., .. and its own */

	if (!d)
		return -1;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

#endif
