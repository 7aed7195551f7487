#include "pam_pat/conv.h"

#include <stddef.h>

#include <security/pam_ext.h>

#include "common/limits.h"
#include "pam_pat/item.h"
#include "pam_pat/text.h"

int conv_text(pam_handle_t *pamh, const struct args *args, const char **text)
{
	const char *user, *typed = NULL;

	if (args->use_first_pass)
		typed = item_text(pamh, PAM_AUTHTOK);
	else if (pam_get_user(pamh, &user, NULL) != PAM_SUCCESS ||
		 pam_get_authtok(pamh, PAM_AUTHTOK, &typed, args->prompt) != PAM_SUCCESS)
		return PAM_CONV_ERR;
	if (!typed)
		return PAM_AUTH_ERR;
	*text = typed;
	return PAM_SUCCESS;
}

void conv_tell_error(pam_handle_t *pamh, const struct args *args, struct span message)
{
	char line[LIMIT_MESSAGE];

	if (args->silent || message.n == 0)
		return;
	text_printable(message, line, sizeof(line));
	pam_error(pamh, "%s", line);
}

void conv_tell_end(pam_handle_t *pamh, const struct args *args, const char *name, uint64_t seconds)
{
	char left[TEXT_DURATION];

	if (args->silent)
		return;
	text_duration(seconds, left);
	pam_info(pamh, "token \"%s\" expires in %s", name, left);
}
