#include "patctl/number.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patctl/when.h"

int number_uses(const char *text, uint64_t *uses, struct fault *f)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long long n = strtoull(text, NULL, 10);

	if (digits == 0 || text[digits] != '\0' || n == 0 || n > UINT32_MAX)
		return fault_say(f, ERR_USAGE, NULL,
			"--uses: \"%s\": accepted is a number from 1 to %" PRIu32 ", e.g. 1", text,
			UINT32_MAX);
	*uses = n;
	return 0;
}

int number_delay(const char *option, const char *text, uint64_t *seconds, struct fault *f)
{
	int64_t n;

	if (!text)
		return 0;
	if (when_delay(text, &n))
		return fault_say(f, ERR_USAGE, NULL, "--%s: \"%s\": no duration; accepted is %s",
			option, text, WHEN_DURATION_FORM);
	*seconds = (uint64_t)n;
	return 0;
}
