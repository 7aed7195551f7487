#include "patd/throttle.h"

#include <stdlib.h>
#include <string.h>

#include "common/limits.h"

struct entry {
	uid_t uid;
	unsigned under_way; /* begun, and not answered yet */
	unsigned failures;
	int64_t failed[LIMIT_REAUTH_FAILURES]; /* when, the oldest first */
};

struct throttle {
	size_t used; /* no entry from here on was ever in use */
	struct entry entries[LIMIT_REAUTH_UIDS];
};

struct throttle *throttle_new(void)
{
	return calloc(1, sizeof(struct throttle));
}

void throttle_free(struct throttle *t)
{
	free(t);
}

static void drop_oldest(struct entry *e)
{
	e->failures--;
	memmove(e->failed, e->failed + 1, e->failures * sizeof(e->failed[0]));
}

/* Drops the failures that are too old to count. Of a full row each one counts until the last does
 * not. */
static void age(struct entry *e, int64_t now)
{
	int64_t since = now - LIMIT_REAUTH_WINDOW;

	if (e->failures == LIMIT_REAUTH_FAILURES && e->failed[LIMIT_REAUTH_FAILURES - 1] > since)
		return;
	while (e->failures > 0 && e->failed[0] <= since)
		drop_oldest(e);
}

static struct entry *find(struct throttle *t, uid_t uid)
{
	for (size_t i = 0; i < t->used; i++)
		if (t->entries[i].uid == uid)
			return &t->entries[i];
	return NULL;
}

/* An entry that nothing is remembered in. */
static struct entry *find_free(struct throttle *t, int64_t now)
{
	for (size_t i = 0; i < t->used; i++) {
		struct entry *e = &t->entries[i];

		age(e, now);
		if (e->under_way == 0 && e->failures == 0)
			return e;
	}
	return t->used < LIMIT_REAUTH_UIDS ? &t->entries[t->used++] : NULL;
}

bool throttle_begin(struct throttle *t, uid_t uid, int64_t now)
{
	struct entry *e = find(t, uid);

	if (!e && !(e = find_free(t, now)))
		return false;
	e->uid = uid;
	age(e, now);
	if (e->failures + e->under_way >= LIMIT_REAUTH_FAILURES)
		return false;
	e->under_way++;
	return true;
}

void throttle_answered(struct throttle *t, uid_t uid, int64_t now)
{
	struct entry *e = find(t, uid);

	if (!e || e->under_way == 0)
		return;
	e->under_way--;
	age(e, now);
	if (e->failures == LIMIT_REAUTH_FAILURES)
		drop_oldest(e);
	e->failed[e->failures++] = now;
}

void throttle_end(struct throttle *t, uid_t uid, bool answered, bool success)
{
	struct entry *e = find(t, uid);

	if (!e)
		return;
	if (!answered && e->under_way > 0)
		e->under_way--;
	if (success)
		e->failures = 0;
}
