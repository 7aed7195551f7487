/* item.h: the texts that the application gave libpam. Attacker-chosen, all of them. */
#ifndef PAM_PAT_ITEM_H
#define PAM_PAT_ITEM_H

#include <stdbool.h>

#include <security/pam_modules.h>

/* PAM_USER, PAM_RHOST, ...: the handle's own string, NULL if there is none. Never prompts. */
const char *item_text(const pam_handle_t *pamh, int item);

/* Is this the conversation in which a person re-authenticates to manage tokens? */
bool item_service_is_patctl(const pam_handle_t *pamh);

#endif
