#include "patd/scope.h"

#include <stdlib.h>
#include <string.h>

#include "common/paths.h"
#include "patd/config.h"

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
		element[count] = span_take(&list, ',');
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

static bool element_accepts(const struct config *c, struct span element, struct span service)
{
	const struct config_scope *scope;
	char name[LIMIT_SERVICE + 1];

	if (span_is(element, "*"))
		return true;
	scope = config_scope(c, element);
	if (!scope)
		return span_eq(element, service);
	return span_copy(service, name, sizeof(name)) && config_list_has(&scope->services, name);
}

bool scope_accepts(const struct config *c, const char *list, struct span service)
{
	struct span left = span_of(list);

	if (service.n == 0 || span_is(service, PATH_PAM_SERVICE))
		return false;
	while (left.n > 0)
		if (element_accepts(c, span_take(&left, ','), service))
			return true;
	return false;
}

static bool listed(const char *list, struct span element)
{
	struct span left = span_of(list);

	while (left.n > 0)
		if (span_eq(span_take(&left, ','), element))
			return true;
	return false;
}

/* Calls fn for each service that the element stands for, until it says `stop`; "*" is not asked
 * for. */
static bool each_service(const struct config *c, struct span element, const char *other,
	bool (*fn)(const struct config *, const char *, struct span), bool stop)
{
	const struct config_scope *scope = config_scope(c, element);

	if (!scope)
		return fn(c, other, element);
	for (size_t i = 0; i < scope->services.n; i++)
		if (fn(c, other, span_of(scope->services.item[i])) == stop)
			return stop;
	return !stop;
}

bool scope_covers(const struct config *c, const char *outer, const char *inner)
{
	struct span left = span_of(inner);

	if (listed(outer, SPAN("*")))
		return true;
	while (left.n > 0) {
		struct span element = span_take(&left, ',');

		if (listed(outer, element))
			continue;
		if (span_is(element, "*") || !each_service(c, element, outer, scope_accepts, false))
			return false;
	}
	return true;
}

bool scope_overlap(const struct config *c, const char *a, const char *b)
{
	struct span left = span_of(a);

	if (listed(a, SPAN("*")) || listed(b, SPAN("*")))
		return true;
	while (left.n > 0)
		if (each_service(c, span_take(&left, ','), b, scope_accepts, true))
			return true;
	return false;
}
