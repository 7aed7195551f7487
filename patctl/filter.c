#include "patctl/filter.h"

#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "patctl/when.h"

static int unknown_status(const char *name, struct fault *f)
{
	char known[256];
	size_t used = 0;

	for (uint64_t i = STATUS_ACTIVE; token_status_name(i) && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
			i > STATUS_ACTIVE ? ", " : "", token_status_name(i));
	return fault_say(
		f, ERR_USAGE, NULL, "--status: \"%s\": unknown status; there are %s", name, known);
}

static int parse_status(const char *name, uint64_t *status, struct fault *f)
{
	if (!name)
		return 0;
	for (uint64_t i = STATUS_ACTIVE; token_status_name(i); i++) {
		if (strcmp(token_status_name(i), name) == 0) {
			*status = i;
			return 0;
		}
	}
	return unknown_status(name, f);
}

static int parse_duration(const char *option, const char *text, int64_t *seconds, struct fault *f)
{
	if (!text || when_duration(text, seconds) == 0)
		return 0;
	return fault_say(f, ERR_USAGE, NULL, "--%s: \"%s\": no duration; accepted is %s", option,
		text, WHEN_DURATION_FORM);
}

int filter_parse(const struct args *a, time_t now, struct filter *out, struct fault *f)
{
	struct filter filter = {.now = now};
	int err = parse_status(a->status, &filter.status, f);

	if (!err)
		err = parse_duration("unused", a->unused, &filter.unused, f);
	if (!err)
		err = parse_duration("expiring", a->expiring, &filter.expiring, f);
	if (!err)
		*out = filter;
	return err;
}

/* A time from the daemon; what is past counting is told as the end of counting. */
static int64_t seconds_of(const struct proto_msg *m, enum proto_tag tag)
{
	uint64_t t = proto_number(m, tag);

	return t < (uint64_t)WHEN_MAX ? (int64_t)t : WHEN_MAX;
}

static bool unused(const struct filter *filter, const struct proto_msg *m)
{
	enum proto_tag last = proto_has(m, TAG_LAST_USED) ? TAG_LAST_USED : TAG_CREATED;

	return seconds_of(m, last) <= filter->now - filter->unused;
}

static bool expiring(const struct filter *filter, const struct proto_msg *m)
{
	uint64_t status = proto_number(m, TAG_STATUS);
	bool dead =
		status == STATUS_EXPIRED || status == STATUS_REVOKED || status == STATUS_USED_UP;

	return !dead && proto_has(m, TAG_EXPIRES) &&
	       seconds_of(m, TAG_EXPIRES) <= filter->now + filter->expiring;
}

bool filter_shows(const struct filter *filter, const struct proto_msg *m)
{
	return (!filter->status || proto_number(m, TAG_STATUS) == filter->status) &&
	       (!filter->unused || unused(filter, m)) && (!filter->expiring || expiring(filter, m));
}
