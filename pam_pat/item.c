#include "pam_pat/item.h"

#include <stddef.h>
#include <string.h>

#include "common/paths.h"

const char *item_text(const pam_handle_t *pamh, int item)
{
	const void *value = NULL;

	return pam_get_item(pamh, item, &value) == PAM_SUCCESS ? value : NULL;
}

bool item_service_is_patctl(const pam_handle_t *pamh)
{
	const char *service = item_text(pamh, PAM_SERVICE);

	return service && strcmp(service, PATH_PAM_SERVICE) == 0;
}
