/*
 * steady: the second stands still, for who asks the C library. What libpam waits after a refusal,
 * from half as long as it was asked to half as long again, is drawn with the second at which a
 * login began: now it is always the same, and what is left in the times of two logins is what they
 * themselves took.
 */
#include <time.h>

#include "tests/preload/next.h"

enum { SECOND = 1800000099 /* of which libpam makes 1.2 s of 2 */ };

EXPORT time_t time(time_t *out)
{
	if (out)
		*out = SECOND;
	return SECOND;
}
