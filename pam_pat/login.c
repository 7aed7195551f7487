#include "pam_pat/login.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/err.h"

static const char data_name[] = "pam_pat_login";

static void free_login(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

static int put_env(pam_handle_t *pamh, const char *name, const char *value)
{
	char entry[sizeof("PAT_NAME=") + LIMIT_NAME];

	snprintf(entry, sizeof(entry), "%s=%s", name, value);
	return pam_putenv(pamh, entry) == PAM_SUCCESS ? 0 : ERR_MEMORY;
}

static void drop_env(pam_handle_t *pamh, const char *name)
{
	/* libpam logs the removal of what isn't there. */
	if (pam_getenv(pamh, name))
		pam_putenv(pamh, name);
}

static int set_data(pam_handle_t *pamh, const struct login *login)
{
	struct login *copy = malloc(sizeof(*copy));

	if (!copy)
		return ERR_MEMORY;
	*copy = *login;
	if (pam_set_data(pamh, data_name, copy, free_login) != PAM_SUCCESS) {
		free(copy);
		return ERR_MEMORY;
	}
	return 0;
}

int login_remember(pam_handle_t *pamh, const struct login *login)
{
	int err = set_data(pamh, login);

	if (!err)
		err = put_env(pamh, "PAT_ID", login->id);
	if (!err)
		err = put_env(pamh, "PAT_NAME", login->name);
	if (err)
		login_forget(pamh);
	return err;
}

const struct login *login_of(const pam_handle_t *pamh)
{
	const void *data = NULL;

	return pam_get_data(pamh, data_name, &data) == PAM_SUCCESS ? data : NULL;
}

void login_forget(pam_handle_t *pamh)
{
	/* Replacing what is there needs no memory, so this cannot fail. */
	if (login_of(pamh))
		pam_set_data(pamh, data_name, NULL, NULL);
	drop_env(pamh, "PAT_ID");
	drop_env(pamh, "PAT_NAME");
}
