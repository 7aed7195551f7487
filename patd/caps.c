#include "patd/caps.h"

static const struct {
	unsigned each, all; /* of one uid, and together */
} room[PLACES] = {
	[PLACE_ROOT] = {LIMIT_CONNS_ROOT, LIMIT_CONNS_ROOT},
	[PLACE_NEWCOMER] = {LIMIT_CONNS_PER_UID, LIMIT_CONNS},
	[PLACE_VERIFIER] = {LIMIT_CONNS_PER_VERIFIER, LIMIT_CONNS},
	[PLACE_COMMON] = {LIMIT_CONNS_PER_UID, LIMIT_CONNS},
};

static size_t find(const struct caps *c, enum place place, uid_t uid)
{
	size_t i = 0;

	while (i < c->at[place].used && c->at[place].entry[i].uid != uid)
		i++;
	return i;
}

bool caps_take(struct caps *c, enum place place, uid_t uid)
{
	size_t i = find(c, place, uid);
	bool known = i < c->at[place].used;

	if (c->at[place].total >= room[place].all ||
		(known ? c->at[place].entry[i].count >= room[place].each : i == LIMIT_CONNS))
		return false;
	if (!known) {
		c->at[place].entry[i].uid = uid;
		c->at[place].entry[i].count = 0;
		c->at[place].used++;
	}
	c->at[place].entry[i].count++;
	c->at[place].total++;
	return true;
}

void caps_release(struct caps *c, enum place place, uid_t uid)
{
	size_t i = find(c, place, uid);

	if (i == c->at[place].used)
		return;
	c->at[place].total--;
	if (--c->at[place].entry[i].count == 0)
		c->at[place].entry[i] = c->at[place].entry[--c->at[place].used];
}
