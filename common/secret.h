/* secret.h: wiping what was secret. */
#ifndef PAT_SECRET_H
#define PAT_SECRET_H

#include <stddef.h>

/* Overwrites n bytes; the compiler may not leave it out. p may be NULL when n is 0. */
void secret_wipe(void *p, size_t n);

/* Wipes an array by its size; does not compile for a pointer (whose size would be wrong). */
#define SECRET_WIPE_ARRAY(a)                                                                       \
	do {                                                                                       \
		_Static_assert(!__builtin_types_compatible_p(__typeof__(a), __typeof__(&(a)[0])),  \
			"not an array");                                                           \
		secret_wipe((a), sizeof(a));                                                       \
	} while (0)

/* Wipes, by its allocation size, and frees a heap string; NULL is fine. */
void secret_free_string(char *s);

#endif
