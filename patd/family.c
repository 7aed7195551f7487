#include "patd/family.h"

#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "patd/store_event.h"

int family_head(struct store_txn *t, const struct record *token, struct record *head)
{
	struct record at = *token;
	int err = 0;

	for (int i = 0; i <= LIMIT_FAMILY && at.successor[0] && !err; i++)
		err = store_get(t, at.successor, &at);
	if (!err && at.successor[0])
		err = ERR_NO_TOKEN; /* longer than any that is kept */
	if (!err)
		*head = at;
	return err;
}

int family_used(struct store_txn *t, const struct record *token, uint64_t *used)
{
	struct record head;
	int err;

	if (!token->uses || !token->successor[0]) {
		*used = token->used;
		return 0;
	}
	err = family_head(t, token, &head);
	if (err && err != ERR_NO_TOKEN)
		return err;
	*used = err ? UINT64_MAX : head.used;
	return 0;
}

int family_lineage(struct store_txn *t, const struct record *token, struct lineage *out)
{
	const struct record *below = token;
	int err = 0;

	out->n = 0;
	out->broken = false;
	while (below->parent[0] && out->n < LIMIT_DEPTH && !err) {
		struct kin *k = &out->kin[out->n];

		k->last_used = 0;
		err = store_get(t, below->parent, &k->token);
		if (!err)
			err = family_used(t, &k->token, &k->used);
		if (!err) {
			below = &k->token;
			out->n++;
		}
	}
	/* One that is gone, or deeper than anything is made. */
	out->broken = err == ERR_NO_TOKEN || (!err && below->parent[0]);
	return err == ERR_NO_TOKEN ? 0 : err;
}

static bool is_over(const struct record *token, uint64_t used, uint64_t now)
{
	return !record_live(token, now) || (token->uses && used >= token->uses);
}

int family_dead(struct store_txn *t, const struct record *token, uint64_t now, bool *dead)
{
	struct lineage above;
	uint64_t used;
	int err = family_used(t, token, &used);

	if (!err)
		err = family_lineage(t, token, &above);
	if (err)
		return err;
	*dead = above.broken || is_over(token, used, now);
	for (size_t i = 0; i < above.n; i++)
		*dead |= is_over(&above.kin[i].token, above.kin[i].used, now);
	return 0;
}

/* ---- use ---- */

bool family_use_writes(const struct record *token, const struct lineage *above)
{
	bool writes = token->uses || token->retires;

	for (size_t i = 0; i < above->n; i++)
		writes |= above->kin[i].token.uses != 0;
	return writes;
}

static int count_one(struct store_txn *t, const struct record *token)
{
	struct record old, changed;
	int err;

	if (!token->uses)
		return 0;
	err = family_head(t, token, &old);
	if (err)
		return err;
	changed = old;
	changed.used++;
	return store_replace(t, &old, &changed);
}

/* The predecessors that waited for the token's first use. */
static int end_waiting(struct store_txn *t, const struct record *token, uint64_t now)
{
	struct record old = *token, changed;
	int err = 0;

	for (int i = 0; i <= LIMIT_FAMILY && old.predecessor[0] && !err; i++) {
		err = store_get(t, old.predecessor, &old);
		if (err)
			return err == ERR_NO_TOKEN ? 0 : err;
		changed = old;
		changed.grace_ends = now;
		if (old.until_used && (!old.grace_ends || old.grace_ends > now))
			err = store_replace(t, &old, &changed);
	}
	return err;
}

static int retire(struct store_txn *t, const struct record *token, uint64_t now)
{
	struct record old, changed;
	int err = store_get(t, token->id, &old); /* its use may have been counted just now */

	if (err || !old.retires)
		return err;
	changed = old;
	changed.retires = 0;
	err = store_replace(t, &old, &changed);
	return err ? err : end_waiting(t, token, now);
}

int family_use(struct store_txn *t, const struct record *token, uint64_t now)
{
	struct record at = *token;
	int err = count_one(t, token);

	for (int i = 0; i < LIMIT_DEPTH && at.parent[0] && !err; i++) {
		err = store_get(t, at.parent, &at);
		if (!err)
			err = count_one(t, &at);
	}
	if (!err)
		err = retire(t, token, now);
	/* The login was decided in this transaction, by all of them. */
	return err == ERR_NO_TOKEN ? ERR_STORE : err;
}

/* ---- revoking and deleting ---- */

bool family_mark(struct record *token, const struct revocation *how)
{
	if (token->revoked && token->revoked_rank >= how->rank)
		return false;
	if (!token->revoked)
		token->revoked = how->now;
	token->revoked_rank = (uint8_t)how->rank;
	snprintf(token->revoked_by, sizeof(token->revoked_by), "%s", how->by);
	span_copy(how->reason, token->reason, sizeof(token->reason));
	return true;
}

/* Does `each` to everything below a token, the lowest first. */
static int descend(struct store_txn *t, const struct record *token, int depth,
	int (*each)(struct store_txn *t, const struct record *token, const void *arg),
	const void *arg)
{
	struct store_walk w;
	struct record child;
	int err;

	store_walk_child(&w, token->id);
	while (!(err = store_walk_sound(t, &w, &child))) {
		if (depth < LIMIT_DEPTH)
			err = descend(t, &child, depth + 1, each, arg);
		if (!err)
			err = each(t, &child, arg);
		if (err)
			return err;
	}
	return err == ERR_NO_TOKEN ? 0 : err;
}

/* Marks the token alone, and records that. */
static int revoke_one(struct store_txn *t, const struct record *token, const struct revocation *how)
{
	struct record changed = *token;
	struct log_event e = {.type = EVENT_REVOKED, .time = how->now, .peer = how->peer};
	int err;

	if (!family_mark(&changed, how))
		return 0;
	err = store_replace(t, token, &changed);
	if (err)
		return err;
	log_event_about(&e, &changed);
	snprintf(e.actor, sizeof(e.actor), "%s", how->by);
	memcpy(e.reason, changed.reason, sizeof(e.reason));
	return store_event_add(t, &e);
}

static int revoke_descendant(struct store_txn *t, const struct record *token, const void *arg)
{
	return revoke_one(t, token, arg);
}

/* At a rank that nobody has: restoring what is above brings none of it back. */
static int revoke_below(
	struct store_txn *t, const struct record *token, const struct revocation *how)
{
	struct revocation below = *how;

	below.rank = RANK_GONE;
	below.reason = SPAN("its parent was revoked");
	return descend(t, token, 0, revoke_descendant, &below);
}

int family_revoke(struct store_txn *t, const struct record *token, const struct revocation *how)
{
	struct record changed = *token;
	int err = family_mark(&changed, how) ? store_replace(t, token, &changed) : 0;

	return err ? err : revoke_below(t, token, how);
}

int family_revoke_told(
	struct store_txn *t, const struct record *token, const struct revocation *how)
{
	int err = revoke_one(t, token, how);

	return err ? err : revoke_below(t, token, how);
}

int family_revoke_predecessors(struct store_txn *t, const struct record *token,
	const struct revocation *how, uint64_t *count)
{
	struct record at = *token;

	for (int i = 0; i <= LIMIT_FAMILY && at.predecessor[0]; i++) {
		int err = store_get(t, at.predecessor, &at);
		bool live = !err && record_live(&at, how->now);

		if (err)
			return err == ERR_NO_TOKEN ? 0 : err;
		if (live && (err = family_revoke_told(t, &at, how)))
			return err;
		*count += live;
	}
	return 0;
}

/* Along one of the links, to the end or to one that is gone, which needs no revoking. */
static int revoke_along(
	struct store_txn *t, const struct record *token, bool forward, const struct revocation *how)
{
	struct record at = *token;
	int err = 0;

	for (int i = 0; i <= LIMIT_FAMILY && !err; i++) {
		const char *link = forward ? at.successor : at.predecessor;

		if (!link[0])
			return 0;
		err = store_get(t, link, &at);
		if (!err)
			err = family_revoke_told(t, &at, how);
	}
	return err == ERR_NO_TOKEN ? 0 : err;
}

int family_revoke_all(struct store_txn *t, const struct record *token, const struct revocation *how)
{
	int err = family_revoke_told(t, token, how);

	if (!err)
		err = revoke_along(t, token, true, how);
	return err ? err : revoke_along(t, token, false, how);
}

int family_reused(struct store_txn *t, const struct record *token, uint64_t now)
{
	const struct revocation how = {
		.now = now,
		.rank = RANK_ROOT,
		.by = "patd",
		.peer = EVENT_NOBODY,
		.reason = SPAN("a token that was rotated was used again"),
	};
	int err = family_revoke_all(t, token, &how);

	return err ? err : ERR_ROTATED;
}

static int clip_descendant(struct store_txn *t, const struct record *token, const void *arg)
{
	struct record changed = *token;

	changed.expires = *(const uint64_t *)arg;
	return token->expires > changed.expires ? store_replace(t, token, &changed) : 0;
}

int family_clip(struct store_txn *t, const struct record *token, uint64_t end)
{
	return end ? descend(t, token, 0, clip_descendant, &end) : 0;
}

static int delete_descendant(struct store_txn *t, const struct record *token, const void *arg)
{
	return store_delete(t, token, *(const uint64_t *)arg);
}

int family_delete(struct store_txn *t, const struct record *token, uint64_t now)
{
	int err = descend(t, token, 0, delete_descendant, &now);

	return err ? err : store_delete(t, token, now);
}
