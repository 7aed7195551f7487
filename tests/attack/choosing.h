/*
 * choosing.h: the next deed of an account, by its ledger and a seed: one that patd does, or a use
 * that it refuses for a known reason.
 */
#ifndef ATTACK_CHOOSING_H
#define ATTACK_CHOOSING_H

#include "tests/attack/ledger.h"
#include "tests/lib/xorshift.h"

enum { ENOUGH = 24 }; /* tokens of an account, from which on they get fewer */

struct chooser {
	uint64_t random;
	unsigned named; /* how many names were given */
};

static inline bool has_child(const struct ledger *l, const struct fact *f)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->fact[i].parent, f->id) == 0)
			return true;
	return false;
}

/* Is the deed one that patd does (or, a use, one that it refuses for a known reason)? */
static inline bool possible(struct ledger *l, enum deed_kind kind, const struct fact *f)
{
	const struct fact *parent = ledger_find(l, f->parent);
	bool over = fact_is_over(f), child = f->parent[0];

	switch (kind) {
	case DEED_USE:
		return f->text[0];
	case DEED_REVOKE:
		return !f->revoked;
	case DEED_RESTORE:
		return f->revoked && !child && !f->ended && (!f->uses || f->used < f->uses);
	case DEED_DELETE:
		return over || (child && (!parent || fact_is_over(parent)));
	case DEED_RENAME:
		return !over && !child && !f->successor[0] && !f->predecessor[0] &&
		       !has_child(l, f);
	case DEED_ROTATE:
		return !over && !child && !f->successor[0] && !f->predecessor[0] && !f->uses;
	case DEED_EXCHANGE:
		return !over && !child && f->text[0] && (!f->uses || f->used + 1 < f->uses);
	default:
		return false;
	}
}

/* How often each is chosen. */
static const uint8_t weights[DEEDS] = {
	[DEED_MINT] = 22,
	[DEED_USE] = 30,
	[DEED_REVOKE] = 14,
	[DEED_RESTORE] = 6,
	[DEED_DELETE] = 12,
	[DEED_RENAME] = 4,
	[DEED_ROTATE] = 6,
	[DEED_EXCHANGE] = 6,
};
enum { WEIGHTS = 100 };

static inline enum deed_kind choose_kind(struct chooser *c, const struct ledger *l)
{
	uint64_t at = random_below(&c->random, WEIGHTS);
	enum deed_kind kind = DEED_NONE;

	do
		kind++;
	while (at >= weights[kind] && (at -= weights[kind], true));
	if (l->n >= ENOUGH && (kind == DEED_MINT || kind == DEED_ROTATE || kind == DEED_EXCHANGE))
		kind = random_below(&c->random, 2) ? DEED_DELETE : DEED_REVOKE;
	return kind;
}

/* Uses that are few enough to be used up. */
static inline uint64_t choose_uses(struct chooser *c)
{
	return random_below(&c->random, 2) ? 1 + random_below(&c->random, 5) : 0;
}

static inline void choose(struct chooser *c, struct ledger *l, struct deed *d)
{
	const struct fact *f = NULL;

	do {
		*d = (struct deed){.kind = choose_kind(c, l)};
		if (d->kind != DEED_MINT && l->n > 0)
			f = &l->fact[random_below(&c->random, l->n)];
	} while (d->kind != DEED_MINT && (!f || !possible(l, d->kind, f)));
	if (d->kind != DEED_MINT)
		memcpy(d->id, f->id, sizeof(d->id));
	if (d->kind == DEED_MINT)
		d->uses = choose_uses(c);
	if (d->kind == DEED_EXCHANGE && !f->uses)
		d->uses = choose_uses(c);
	if (d->kind == DEED_MINT || d->kind == DEED_RENAME)
		snprintf(d->name, sizeof(d->name), "t%u", c->named++);
}

#endif
