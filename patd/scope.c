#include "patd/scope.h"

#include <stdlib.h>
#include <string.h>

#include "common/paths.h"

/* Takes the next element off the list. */
static struct span next(struct span *list)
{
	const char *comma = memchr(list->p, ',', list->n);
	size_t n = comma ? (size_t)(comma - list->p) : list->n;
	struct span element = {list->p, n};

	*list = (struct span){list->p + n + (comma ? 1 : 0), list->n - n - (comma ? 1 : 0)};
	return element;
}

static bool service_valid(struct span s)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789._+-";

	if (span_is(s, "*"))
		return true;
	if (s.n == 0 || s.n > LIMIT_SERVICE || !memchr(first, s.p[0], sizeof(first) - 1))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!memchr(rest, s.p[i], sizeof(rest) - 1))
			return false;
	return !span_is(s, PATH_PAM_SERVICE);
}

static int compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return order ? order : (x->n > y->n) - (x->n < y->n);
}

bool scope_canonical(struct span list, char out[LIMIT_SCOPES + 1])
{
	struct span element[LIMIT_SCOPE_COUNT];
	size_t count = 0, at = 0;

	out[0] = '\0';
	/* A comma at the end would leave nothing to see after it. */
	if (list.n == 0 || list.n > LIMIT_SCOPES || list.p[list.n - 1] == ',')
		return false;
	while (list.n > 0) {
		if (count == LIMIT_SCOPE_COUNT)
			return false;
		element[count] = next(&list);
		if (!service_valid(element[count++]))
			return false;
	}
	qsort(element, count, sizeof(element[0]), compare);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && span_eq(element[i], element[i - 1]))
			continue;
		if (at > 0)
			out[at++] = ',';
		memcpy(out + at, element[i].p, element[i].n);
		at += element[i].n;
	}
	out[at] = '\0';
	return true;
}

bool scope_match(const char *list, struct span service)
{
	struct span left = span_of(list);

	if (span_is(service, PATH_PAM_SERVICE))
		return false;
	while (left.n > 0) {
		struct span element = next(&left);

		if (span_is(element, "*") || (service.n > 0 && span_eq(element, service)))
			return true;
	}
	return false;
}
