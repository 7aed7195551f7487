#include "patd/prune.h"

#include <string.h>

#include "common/err.h"
#include "patd/family.h"
#include "patd/store_event.h"

/* Was it at least so long ago? 0 is no time. */
static bool long_ago(uint64_t then, uint64_t now, uint64_t at_least)
{
	return then != 0 && then <= now && now - then >= at_least;
}

bool prune_matches(const struct record *token, const struct prune_rule *rule)
{
	return (rule->expired && long_ago(record_end(token), rule->now, rule->expired_for)) ||
	       (rule->revoked && long_ago(token->revoked, rule->now, rule->revoked_for));
}

static bool is_meant(const struct prune *p, const struct record *token)
{
	bool mine = !p->owner || (token->uid == p->uid && strcmp(token->owner, p->owner) == 0);

	return mine && prune_matches(token, &p->rule);
}

static int prune_one(struct store_txn *t, const struct prune *p, const struct record *token)
{
	struct log_event e = p->event;
	int err = family_delete(t, token, p->rule.now);

	e.uid = token->uid;
	memcpy(e.owner, token->owner, sizeof(e.owner));
	memcpy(e.id, token->id, sizeof(e.id));
	memcpy(e.name, token->name, sizeof(e.name));
	return err ? err : store_event_add(t, &e);
}

int prune_some(struct store_txn *t, const struct prune *p, struct store_walk *w, struct pruned *out)
{
	struct pruned did = {.more = true};
	struct record token;
	int err = 0;

	for (int i = 0; i < LIMIT_LOOKED_AT && did.count < LIMIT_BATCH && !err; i++) {
		err = store_walk_sound(t, w, &token);
		if (err || !is_meant(p, &token))
			continue;
		err = prune_one(t, p, &token);
		did.count++;
	}
	if (err && err != ERR_NO_TOKEN)
		return err;
	did.more = !err;
	*out = did;
	return 0;
}
