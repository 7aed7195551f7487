/* conv.h: what the person types, and what the person is told. */
#ifndef PAM_PAT_CONV_H
#define PAM_PAT_CONV_H

#include <stdint.h>

#include <security/pam_modules.h>

#include "common/bytes.h"
#include "pam_pat/args.h"

/*
 * The text that the person gave, from an earlier module or, unless use_first_pass forbids, by
 * asking now (for the user's name too, if the application left that to its modules). *text is the
 * handle's own string, valid until PAM_AUTHTOK is set again. PAM_SUCCESS, PAM_AUTH_ERR (there is no
 * text) or PAM_CONV_ERR (the person could not be asked): no other code of libpam passes through.
 */
int conv_text(pam_handle_t *pamh, const struct args *args, const char **text);

/* Tells the person why not, unless silent. Whoever isn't listening loses nothing but the message.
 */
void conv_tell_error(pam_handle_t *pamh, const struct args *args, struct span message);

/* `token "laptop" expires in 3 days`, unless silent. */
void conv_tell_end(pam_handle_t *pamh, const struct args *args, const char *name, uint64_t seconds);

#endif
