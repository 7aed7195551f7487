#include "patd/import.h"

#include <string.h>

#include "patd/bindkey.h"
#include "patd/label.h"
#include "patd/scope.h"
#include "patd/source.h"

/* ---- forms ---- */

/* `PARENT/N`, as often as it was exchanged over: the name that was chosen stands before it. */
static bool child_name_valid(struct span name)
{
	struct span chosen = span_take(&name, '/');
	int depth = 0;

	if (!label_name_valid(chosen))
		return false;
	while (name.n > 0) {
		struct span number = span_take(&name, '/');

		if (number.n == 0 || number.n > 20 || number.p[0] == '0' || ++depth > LIMIT_DEPTH)
			return false;
		for (size_t i = 0; i < number.n; i++)
			if (number.p[i] < '0' || number.p[i] > '9')
				return false;
	}
	return depth > 0;
}

static bool name_valid(const struct record *r)
{
	struct span name = span_of(r->name);

	return r->kind == KIND_EXCHANGED ? child_name_valid(name) : label_name_valid(name);
}

static bool account_valid(const char *name)
{
	return name[0] && label_note_valid(span_of(name));
}

static bool owner_valid(const struct record *r)
{
	return account_valid(r->owner) && r->uid != UINT32_MAX;
}

static bool created_by_valid(const struct record *r)
{
	return account_valid(r->created_by);
}

static bool scopes_valid(const struct record *r)
{
	char canonical[LIMIT_SCOPES + 1];

	return scope_canonical(span_of(r->scopes), canonical) && strcmp(r->scopes, canonical) == 0;
}

static bool from_valid(const struct record *r)
{
	char canonical[LIMIT_SOURCES + 1];

	return !r->from[0] ||
	       (source_canonical(span_of(r->from), canonical) && strcmp(r->from, canonical) == 0);
}

static bool bind_key_valid(const struct record *r)
{
	return !r->bind_key[0] || bindkey_valid(span_of(r->bind_key));
}

static bool note_valid(const struct record *r)
{
	return label_note_valid(span_of(r->note));
}

/* All that is told of a revocation, or nothing. */
static bool revoked_valid(const struct record *r)
{
	if (!r->revoked)
		return r->revoked_rank == RANK_NONE && !r->revoked_by[0] && !r->reason[0];
	return r->revoked_rank != RANK_NONE && account_valid(r->revoked_by) &&
	       label_note_valid(span_of(r->reason));
}

static bool uses_valid(const struct record *r)
{
	return r->uses <= UINT32_MAX && r->used <= UINT32_MAX && r->children <= UINT32_MAX;
}

static bool times_valid(const struct record *r)
{
	return r->created > 0 && r->created <= LIMIT_TIME * 1000000 && r->expires <= LIMIT_TIME &&
	       r->not_before <= LIMIT_TIME && r->revoked <= LIMIT_TIME &&
	       r->rotated <= LIMIT_TIME && r->grace_ends <= LIMIT_TIME;
}

static bool links_differ(const struct record *r)
{
	return strcmp(r->id, r->parent) != 0 && strcmp(r->id, r->successor) != 0 &&
	       strcmp(r->id, r->predecessor) != 0;
}

static const struct {
	bool (*valid)(const struct record *r);
	const char *why;
} forms[] = {
	{owner_valid, "owner: not of an account's form"},
	{name_valid, "name: not of the accepted form: " LABEL_NAME_FORM},
	{scopes_valid, "scopes: not of the accepted form: " SCOPE_FORM},
	{created_by_valid, "created_by: not of an account's form"},
	{note_valid, "note: not of the accepted form: " LABEL_NOTE_FORM},
	{from_valid, "from: not of the accepted form: " SOURCE_FORM},
	{bind_key_valid, "bind_key: not of the accepted form: " BINDKEY_FORM},
	{revoked_valid, "revoked: time, rank, by and reason do not go together"},
	{uses_valid, "uses: too many"},
	{times_valid, "a time that does not exist"},
	{links_differ, "a token that is its own parent or successor"},
};

bool import_valid(const struct record *token, const char **why)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].valid(token))
			continue;
		*why = forms[i].why;
		return false;
	}
	return true;
}

/* ---- merging ---- */

/* The sooner of two ends, or the fewer of two grants, where 0 is none. */
static uint64_t narrower(uint64_t a, uint64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static const char *difference(const struct record *a, const struct record *b)
{
	if (memcmp(a->hash, b->hash, sizeof(a->hash)) != 0)
		return "has another secret here";
	if (a->uid != b->uid || strcmp(a->owner, b->owner) != 0)
		return "has another owner here";
	if (a->kind != b->kind || strcmp(a->parent, b->parent) != 0)
		return "is of another kind or parent here";
	return a->created != b->created ? "was created at another time here" : NULL;
}

static bool same(const struct record *a, const struct record *b)
{
	uint8_t as[LIMIT_RECORD], bs[LIMIT_RECORD];
	size_t n = record_encode(a, as);

	return n > 0 && record_encode(b, bs) == n && memcmp(as, bs, n) == 0;
}

static void merge_rotation(struct record *r, const struct record *file)
{
	if (!file->rotated)
		return;
	if (!r->rotated) {
		r->rotated = file->rotated;
		r->until_used = file->until_used;
		memcpy(r->successor, file->successor, sizeof(r->successor));
	}
	r->grace_ends = narrower(r->grace_ends, file->grace_ends);
}

enum import_verdict import_merge(const struct record *here, const struct record *file,
	struct record *merged, const char **why)
{
	const char *differs = difference(here, file);
	struct record r = *here;

	if (differs) {
		*why = differs;
		return IMPORT_CONFLICT;
	}
	r.expires = narrower(r.expires, file->expires);
	r.not_before = larger(r.not_before, file->not_before);
	r.uses = narrower(r.uses, file->uses);
	r.used = larger(r.used, file->used);
	r.children = larger(r.children, file->children);
	merge_rotation(&r, file);
	if (!r.predecessor[0])
		memcpy(r.predecessor, file->predecessor, sizeof(r.predecessor));
	*merged = r;
	return same(here, &r) ? IMPORT_SAME : IMPORT_MERGED;
}

bool import_revokes(const struct record *here, const struct record *file)
{
	return file->revoked && (!here->revoked || file->revoked_rank > here->revoked_rank);
}

bool import_usage(struct usage *here, const struct usage *file)
{
	struct usage before = *here;

	if (file->last > here->last)
		*here = *file;
	here->count = larger(before.count, file->count);
	return here->last != before.last || here->count != before.count;
}
