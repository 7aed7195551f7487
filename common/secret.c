#include "common/secret.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void secret_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

void secret_free_string(char *s)
{
	if (s)
		secret_wipe(s, malloc_usable_size(s));
	free(s);
}
