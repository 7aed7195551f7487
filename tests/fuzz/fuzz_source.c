/*
 * fuzz_source.c: a list of sources, a NUL, and the host of a login. What is canonical stays so,
 * lies within itself, and matches the host exactly if one of its elements does.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "patd/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Does one of the elements match, by itself? */
static bool one_matches(const char *list, struct span rhost, bool local)
{
	char copy[LIMIT_SOURCES + 1], *save = NULL;

	strcpy(copy, list);
	for (char *e = strtok_r(copy, ",", &save); e; e = strtok_r(NULL, ",", &save)) {
		assert(source_within(e, list));
		if (source_match(e, rhost, local))
			return true;
	}
	return false;
}

static void check_list(const char *list, struct span rhost)
{
	char again[LIMIT_SOURCES + 1];

	assert(list[0] && source_canonical(span_of(list), again) && strcmp(again, list) == 0);
	assert(source_within(list, list));
	for (int local = 0; local < 2; local++)
		assert(source_match(list, rhost, local) == one_matches(list, rhost, local));
	assert(!source_match(list, rhost, false) || source_match(list, rhost, true));
	assert(!source_match(list, rhost, false) || source_match("0.0.0.0/0,::/0", rhost, false));
}

/* A host that is an address is in the list of itself. */
static void check_host(struct span rhost)
{
	char own[LIMIT_SOURCES + 1];
	bool literal = source_match("0.0.0.0/0,::/0", rhost, false);

	if (literal)
		assert(source_canonical(rhost, own) && source_match(own, rhost, false));
	assert(!literal || !memchr(rhost.p, '%', rhost.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	size_t n = nul ? (size_t)(nul - data) : size;
	struct span list = {(const char *)data, n};
	struct span rhost =
		nul ? (struct span){(const char *)nul + 1, size - n - 1} : (struct span){"", 0};
	char *canonical =
		malloc(LIMIT_SOURCES + 1); /* its very size, so that a byte too many is seen */

	if (!canonical)
		abort();
	if (source_canonical(list, canonical))
		check_list(canonical, rhost);
	else
		assert(!canonical[0]);
	check_host(rhost);
	free(canonical);
	return 0;
}
