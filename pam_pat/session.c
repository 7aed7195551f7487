#include "pam_pat/session.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "pam_pat/login.h"

static const char note_name[] = "pam_pat_note", session_name[] = "pam_pat_session";

static void free_data(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

static const void *get_data(const pam_handle_t *pamh, const char *name)
{
	const void *data = NULL;

	return pam_get_data(pamh, name, &data) == PAM_SUCCESS ? data : NULL;
}

static int set_data(pam_handle_t *pamh, const char *name, const void *value, size_t n)
{
	void *copy = malloc(n);

	if (!copy)
		return ERR_MEMORY;
	memcpy(copy, value, n);
	if (pam_set_data(pamh, name, copy, free_data) == PAM_SUCCESS)
		return 0;
	free(copy);
	return ERR_MEMORY;
}

/* Replacing what is there needs no memory, so this cannot fail. */
static void drop_data(pam_handle_t *pamh, const char *name)
{
	if (get_data(pamh, name))
		pam_set_data(pamh, name, NULL, NULL);
}

/* What the environment says, or "". */
static const char *environment(pam_handle_t *pamh)
{
	const char *id = pam_getenv(pamh, "PAT_ID");

	return id && token_id_valid(id, strlen(id)) ? id : "";
}

bool session_token(pam_handle_t *pamh, char id[TOKEN_ID_LEN + 1])
{
	const struct login *login = login_of(pamh);
	const char *note = get_data(pamh, note_name);
	const char *known = login ? login->id : note ? note : environment(pamh);

	if (!*known)
		return false;
	memcpy(id, known, TOKEN_ID_LEN + 1);
	return true;
}

void session_note(pam_handle_t *pamh)
{
	char id[TOKEN_ID_LEN + 1] = "";

	if (get_data(pamh, note_name))
		return;
	session_token(pamh, id);
	/* Without memory nothing is noted: then the environment is asked once more. */
	set_data(pamh, note_name, id, sizeof(id));
}

int session_remember(pam_handle_t *pamh, const struct session *session)
{
	return set_data(pamh, session_name, session, sizeof(*session));
}

const struct session *session_of(const pam_handle_t *pamh)
{
	return get_data(pamh, session_name);
}

void session_forget(pam_handle_t *pamh)
{
	drop_data(pamh, note_name);
	drop_data(pamh, session_name);
}
