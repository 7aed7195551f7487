/*
 * ledger.h: what the tokens of an account must be, by what was asked of patd and what it answered.
 * It knows the rules of docs/DESIGN.md by itself: nothing of patd's code is in it.
 */
#ifndef ATTACK_LEDGER_H
#define ATTACK_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "common/token.h"

enum { LEDGER_TOKENS = 64, LEDGER_REASON = 400 };

/* A token. Its ID is "?" while the answer that would have told it is missing. */
struct fact {
	char id[TOKEN_ID_LEN + 1];
	char text[TOKEN_TEXT_MAX + 1]; /* "": not known */
	char name[LIMIT_NAME + 1];     /* "": any */
	char parent[TOKEN_ID_LEN + 1];
	char successor[TOKEN_ID_LEN + 1]; /* "?": that of the token without ID */
	char predecessor[TOKEN_ID_LEN + 1];
	uint64_t uses, used;
	bool revoked;
	bool ended; /* it was rotated, and its successor used */
	bool opens; /* only of what was seen */
};

struct ledger {
	size_t n;
	struct fact fact[LEDGER_TOKENS];
};

enum deed_kind {
	DEED_NONE,
	DEED_MINT,
	DEED_USE,
	DEED_REVOKE,
	DEED_RESTORE,
	DEED_DELETE,
	DEED_RENAME,
	DEED_ROTATE, /* until its successor is used */
	DEED_EXCHANGE,
	DEEDS
};

struct deed {
	uint32_t kind;
	char id[TOKEN_ID_LEN + 1];
	char name[LIMIT_NAME + 1];
	uint64_t uses;
};

/* What an answer tells of the token that was made. */
struct made {
	char id[TOKEN_ID_LEN + 1];
	char text[TOKEN_TEXT_MAX + 1];
	char name[LIMIT_NAME + 1];
};

static inline struct fact *ledger_find(struct ledger *l, const char *id)
{
	for (size_t i = 0; i < l->n && id[0]; i++)
		if (strcmp(l->fact[i].id, id) == 0)
			return &l->fact[i];
	return NULL;
}

static inline bool fact_is_over(const struct fact *f)
{
	return f->revoked || f->ended || (f->uses && f->used >= f->uses);
}

/* Must it be let in? */
static inline bool ledger_opens(struct ledger *l, const struct fact *f)
{
	const struct fact *parent = ledger_find(l, f->parent);

	if (fact_is_over(f))
		return false;
	return !f->parent[0] || (parent && ledger_opens(l, parent));
}

/* ---- deeds ---- */

static inline struct fact *ledger_add(struct ledger *l, const struct made *made, const char *name)
{
	struct fact *f = &l->fact[l->n++];

	*f = (struct fact){.id = "?"};
	snprintf(f->name, sizeof(f->name), "%s", name);
	if (made) {
		memcpy(f->id, made->id, sizeof(f->id));
		memcpy(f->text, made->text, sizeof(f->text));
		memcpy(f->name, made->name, sizeof(f->name));
	}
	return f;
}

/* A use, or an exchange, of the token: it counts for its parent, too, and is the end of what it
 * was rotated from. */
static inline void ledger_use(struct ledger *l, struct fact *f)
{
	struct fact *parent = ledger_find(l, f->parent);
	struct fact *before = ledger_find(l, f->predecessor);

	f->used += f->uses != 0;
	if (parent)
		parent->used += parent->uses != 0;
	if (before)
		before->ended = true;
}

static inline void ledger_revoke(struct ledger *l, struct fact *f)
{
	f->revoked = true;
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->fact[i].parent, f->id) == 0)
			l->fact[i].revoked = true;
}

static inline void ledger_delete(struct ledger *l, const char *id)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->fact[i].id, id) != 0 && strcmp(l->fact[i].parent, id) != 0)
			l->fact[kept++] = l->fact[i];
	l->n = kept;
}

static inline void ledger_rotate(struct ledger *l, struct fact *f, const struct made *made)
{
	struct fact *after = ledger_add(l, made, f->name);

	memcpy(after->predecessor, f->id, sizeof(f->id));
	memcpy(f->successor, after->id, sizeof(f->successor));
}

static inline void ledger_exchange(
	struct ledger *l, struct fact *f, const struct made *made, uint64_t uses)
{
	struct fact *child = ledger_add(l, made, "");

	memcpy(child->parent, f->id, sizeof(f->id));
	child->uses = uses;
	ledger_use(l, f);
}

/* It was done. made: NULL: what it made is not known. */
static inline void ledger_apply(struct ledger *l, const struct deed *d, const struct made *made)
{
	char id[TOKEN_ID_LEN + 1];
	struct fact *f = ledger_find(l, d->id);

	if (d->kind == DEED_MINT)
		ledger_add(l, made, d->name)->uses = d->uses;
	if (!f)
		return;
	memcpy(id, f->id, sizeof(id));
	switch (d->kind) {
	case DEED_USE:
		ledger_use(l, f);
		break;
	case DEED_REVOKE:
		ledger_revoke(l, f);
		break;
	case DEED_RESTORE:
		f->revoked = false;
		break;
	case DEED_DELETE:
		ledger_delete(l, id);
		break;
	case DEED_RENAME:
		memcpy(f->name, d->name, sizeof(f->name));
		break;
	case DEED_ROTATE:
		ledger_rotate(l, f, made);
		break;
	case DEED_EXCHANGE:
		ledger_exchange(l, f, made, d->uses);
		break;
	default:
		break;
	}
}

/* ---- comparing with what is there ---- */

/* The one that the ledger has no ID of. */
static inline const struct fact *ledger_stranger(struct ledger *want, struct ledger *seen)
{
	for (size_t i = 0; i < seen->n; i++)
		if (!ledger_find(want, seen->fact[i].id))
			return &seen->fact[i];
	return NULL;
}

static inline const char *ledger_resolve(const char *id, const struct fact *stranger)
{
	return strcmp(id, "?") == 0 && stranger ? stranger->id : id;
}

static inline bool ledger_differs_one(struct ledger *want, const struct fact *w,
	const struct fact *s, const struct fact *stranger, char why[LEDGER_REASON])
{
	const struct {
		const char *what;
		bool same;
	} checks[] = {
		{"name", !w->name[0] || strcmp(w->name, s->name) == 0},
		{"parent", strcmp(w->parent, s->parent) == 0},
		{"successor", strcmp(ledger_resolve(w->successor, stranger), s->successor) == 0},
		{"uses", w->uses == s->uses && w->used == s->used},
		{"revoked", w->revoked == s->revoked},
		{"ended", w->ended == s->ended},
		{"opens", ledger_opens(want, w) == s->opens},
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (checks[i].same)
			continue;
		snprintf(why, LEDGER_REASON,
			"token %s (%.30s): %s: expected revoked %d ended %d used %llu/%llu "
			"successor %.11s opens %d, found %d %d %llu/%llu %.11s %d",
			s->id, s->name, checks[i].what, w->revoked, w->ended,
			(unsigned long long)w->used, (unsigned long long)w->uses, w->successor,
			ledger_opens(want, w), s->revoked, s->ended, (unsigned long long)s->used,
			(unsigned long long)s->uses, s->successor, s->opens);
		return true;
	}
	return false;
}

static inline bool ledger_differs(struct ledger *want, struct ledger *seen, char why[LEDGER_REASON])
{
	const struct fact *stranger = ledger_stranger(want, seen);

	for (size_t i = 0; i < want->n; i++) {
		const char *id = ledger_resolve(want->fact[i].id, stranger);
		const struct fact *s = ledger_find(seen, id);

		if (!s) {
			snprintf(why, LEDGER_REASON, "token %s (%.64s) is missing", id,
				want->fact[i].name);
			return true;
		}
		if (ledger_differs_one(want, &want->fact[i], s, stranger, why))
			return true;
	}
	if (seen->n != want->n)
		snprintf(why, LEDGER_REASON, "%zu tokens, expected %zu", seen->n, want->n);
	return seen->n != want->n;
}

/* Takes over the ID that was not known. */
static inline void ledger_adopt(struct ledger *l, struct ledger *seen)
{
	const struct fact *stranger = ledger_stranger(l, seen);

	for (size_t i = 0; i < l->n && stranger; i++) {
		struct fact *f = &l->fact[i];

		if (strcmp(f->id, "?") == 0) {
			memcpy(f->id, stranger->id, sizeof(f->id));
			memcpy(f->name, stranger->name, sizeof(f->name));
		}
		if (strcmp(f->successor, "?") == 0)
			memcpy(f->successor, stranger->id, sizeof(f->successor));
	}
}

/*
 * Is what is there what it must be: with what was asked last and not answered (deed->kind
 * DEED_NONE: nothing) done whole, or not at all? Then the ledger is as what is there, and *done
 * tells which. Else why.
 */
static inline bool ledger_settle(struct ledger *l, const struct deed *deed, struct ledger *seen,
	bool *done, char why[LEDGER_REASON])
{
	struct ledger after = *l;
	char before[LEDGER_REASON], then[LEDGER_REASON];

	*done = false;
	if (!ledger_differs(l, seen, before))
		return true;
	if (deed->kind == DEED_NONE) {
		memcpy(why, before, LEDGER_REASON);
		return false;
	}
	ledger_apply(&after, deed, NULL);
	if (ledger_differs(&after, seen, then)) {
		snprintf(why, LEDGER_REASON, "deed %u: neither undone (%.170s) nor done (%.170s)",
			deed->kind, before, then);
		return false;
	}
	ledger_adopt(&after, seen);
	*l = after;
	*done = true;
	return true;
}

#endif
