/*
 * model.h: tokens as the documents describe them, in memory: what an operation is refused for, and
 * what it changes. The oracle of check_model.c; it shares no code with patd but its numbers.
 *
 * A token is an index into model.tok. One that is deleted stays there, as not there.
 */
#ifndef MODEL_H
#define MODEL_H

#include "tests/unit/requests.h"

enum { MODEL_TOKENS = 128, NONE = -1 };

/* What a request may be refused for, an error a bit: the documents give no order to all of them. */
typedef uint64_t refusals;
#define E(err) ((refusals)1 << -(err))

/* ---- words ---- */

/* Scopes and sources are sets of bits; their texts are what the store has. NULL: not used here. */
enum { SSHD = 1, SU = 2, EVERYWHERE = 4, SCOPE_SETS };
static const char *const scope_texts[SCOPE_SETS] = {NULL, "sshd", "su", "sshd,su", "*"};

enum { NET = 1, HOST = 2, LOCAL = 4, SOURCE_SETS = 7 };
static const char *const source_texts[SOURCE_SETS] = {
	NULL, "192.0.2.0/24", "192.0.2.7", NULL, "local", "192.0.2.0/24,local", "192.0.2.7,local"};

static const struct door {
	const char *service, *rhost;
	unsigned scope;	  /* what opens it beside "*" */
	unsigned sources; /* any of these */
	bool closed;	  /* to every token */
} doors[] = {
	{"sshd", "192.0.2.7", SSHD, NET | HOST, false},
	{"sshd", "192.0.2.9", SSHD, NET, false},
	{"sshd", "198.51.100.1", SSHD, 0, false},
	{"sshd", NULL, SSHD, 0, false},
	{"su", NULL, SU, LOCAL, false},
	{"su", "192.0.2.7", SU, NET | HOST | LOCAL, false},
	{"login", NULL, 0, 0, false},
	{"patctl", "192.0.2.7", 0, 0, true},
};

/* ---- the model ---- */

struct tok {
	bool there;
	struct minted minted;
	unsigned owner; /* in people[] */
	unsigned kind, scopes, sources;
	uint64_t made, created; /* microseconds, seconds */
	uint64_t expires, not_before, uses, used, children;
	uint64_t revoked, rotated, grace_ends;
	enum rank rank;
	bool until_used, retires;
	int parent, successor, predecessor;
	uint64_t last, count;
	const char *last_service, *last_rhost;
	const char *created_by, *revoked_by, *reason, *note;
	char name[LIMIT_NAME + 1];
};

/* Of the configuration and the accounts. */
struct rules {
	bool deny_alice, revoke_reused;
	bool need_source, need_end, need_uses;
	unsigned ceiling; /* of deploy */
	unsigned max_tokens;
	uint64_t default_lifetime, max_lifetime, inactive_after, rotate_grace;
};

static struct model {
	int n;
	struct tok tok[MODEL_TOKENS];
	struct rules rules;
} model;

enum { PERSON_ALICE = 1, PERSON_BOB, PERSON_DEPLOY };
enum { TTL = 15 * 60, TTL_MAX = 60 * 60, CHAIN = LIMIT_DEPTH + 1 };
static const uint64_t forever = 253402300799; /* the end of the year 9999 */

static inline struct tok *tok(int i)
{
	return &model.tok[i];
}

static inline bool is_there(int i)
{
	return i != NONE && tok(i)->there;
}

static inline uint64_t sooner(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* ---- what a token is now ---- */

static inline uint64_t end_of(int i)
{
	return sooner(tok(i)->expires, tok(i)->grace_ends);
}

/* Neither revoked nor past its end; it may be used up. */
static inline bool is_live(int i)
{
	return is_there(i) && !tok(i)->revoked && (!end_of(i) || now < end_of(i));
}

/* Its name is taken. */
static inline bool is_current(int i)
{
	return is_live(i) && !tok(i)->rotated;
}

/* The last of a family; NONE, or what is not there: one between them is gone. */
static inline int head_of(int i)
{
	while (is_there(i) && tok(i)->rotated)
		i = tok(i)->successor;
	return i;
}

/* All of a family count in its last one, and when that is gone nothing is left. */
static inline uint64_t uses_counted(int i)
{
	i = head_of(i);
	return is_there(i) ? tok(i)->used : UINT64_MAX;
}

static inline uint64_t uses_left(int i)
{
	uint64_t used = uses_counted(i);

	if (!tok(i)->uses)
		return UINT64_MAX;
	return used < tok(i)->uses ? tok(i)->uses - used : 0;
}

static inline bool was_used(int i)
{
	return tok(i)->count > 0;
}

static inline unsigned depth_of(int i)
{
	unsigned depth = 0;

	for (i = tok(i)->parent; i != NONE; i = tok(i)->parent)
		depth++;
	return depth;
}

/* ---- the decision: docs/DESIGN.md's order ---- */

static inline int policy_verdict(int i, unsigned scope, bool any_door)
{
	const struct tok *t = tok(i);
	const struct rules *rules = &model.rules;
	uint64_t idle_since = t->last ? t->last : t->created;
	bool source = false, end = false, uses = false;

	for (int j = i; j != NONE; j = tok(j)->parent) { /* a child inherits what it does not add */
		source |= tok(j)->sources != 0;
		end |= tok(j)->expires != 0;
		uses |= tok(j)->uses != 0;
	}
	if ((rules->deny_alice && t->owner == PERSON_ALICE) ||
		(rules->max_lifetime && now - t->created >= rules->max_lifetime) ||
		(rules->inactive_after && now - idle_since >= rules->inactive_after) ||
		(rules->need_source && !source) || (rules->need_end && !end) ||
		(rules->need_uses && !uses))
		return ERR_DISALLOWED;
	if (t->owner == PERSON_DEPLOY && !(rules->ceiling & EVERYWHERE)) {
		unsigned open =
			t->scopes & EVERYWHERE ? rules->ceiling : t->scopes & rules->ceiling;

		if (any_door ? !open : !(open & scope))
			return ERR_DISALLOWED;
	}
	return 0;
}

/* Of the token itself. door NULL: is there any? counted: this login's uses are. */
static inline int own_verdict(int i, const struct door *door, bool counted)
{
	const struct tok *t = tok(i);

	if (people[t->owner].locked)
		return ERR_LOCKED;
	if (t->revoked)
		return ERR_REVOKED;
	if (now < t->not_before)
		return ERR_PENDING;
	if (end_of(i) && now + 300 < clock_mark)
		return ERR_CLOCK;
	if (t->expires && now >= t->expires)
		return ERR_EXPIRED;
	if (t->grace_ends && now >= t->grace_ends)
		return ERR_ROTATED;
	if (!counted && !uses_left(i))
		return ERR_USED_UP;
	if (door && (door->closed || !(t->scopes & (door->scope | EVERYWHERE))))
		return ERR_SCOPE;
	if (door && t->sources && !(t->sources & door->sources))
		return ERR_SOURCE;
	return policy_verdict(i, door ? door->scope : 0, !door);
}

/* And of all above it. */
static inline int verdict(int i, const struct door *door, bool counted)
{
	int err = own_verdict(i, door, counted);

	for (i = tok(i)->parent; !err && i != NONE; i = tok(i)->parent)
		err = is_there(i) ? own_verdict(i, NULL, counted) : ERR_EXPIRED;
	return err;
}

static inline unsigned status_in_model(int i)
{
	switch (verdict(i, NULL, false)) {
	case 0:
		return tok(i)->rotated ? STATUS_ROTATED : STATUS_ACTIVE;
	case ERR_LOCKED:
		return STATUS_LOCKED;
	case ERR_REVOKED:
		return STATUS_REVOKED;
	case ERR_PENDING:
		return STATUS_PENDING;
	case ERR_EXPIRED:
	case ERR_ROTATED:
		return STATUS_EXPIRED;
	case ERR_USED_UP:
		return STATUS_USED_UP;
	default:
		return STATUS_DISALLOWED;
	}
}

/* ---- who and which ---- */

static inline enum rank rank_of(uid_t peer, unsigned owner)
{
	if (peer == ROOT)
		return RANK_ROOT;
	if (peer == everybody[owner].uid)
		return RANK_OWNER;
	return owner == PERSON_DEPLOY && peer == ALICE ? RANK_MANAGER : RANK_NONE;
}

/* The current one of that name, else a live one, else the newest that bore it. */
static inline int named(unsigned owner, const char *name)
{
	int best = NONE, best_rank = 0;

	for (int i = 0; i < model.n; i++) {
		int rank = is_current(i) ? 2 : is_live(i);

		if (!tok(i)->there || tok(i)->owner != owner || strcmp(tok(i)->name, name) != 0)
			continue;
		if (best == NONE || rank >= best_rank) {
			best = i;
			best_rank = rank;
		}
	}
	return best;
}

/* Is the name free for a current token of the owner? `but` may have it. */
static inline bool name_is_free(unsigned owner, const char *name, int but)
{
	for (int i = 0; i < model.n; i++)
		if (i != but && is_current(i) && tok(i)->owner == owner &&
			strcmp(tok(i)->name, name) == 0)
			return false;
	return true;
}

/* Those in their grace time count, too. */
static inline bool has_room(unsigned owner)
{
	unsigned n = 0;

	for (int i = 0; i < model.n; i++)
		n += is_live(i) && tok(i)->owner == owner && tok(i)->kind != KIND_EXCHANGED;
	return n < model.rules.max_tokens;
}

static inline uint64_t clipped(uint64_t end)
{
	return model.rules.max_lifetime ? sooner(end, now + model.rules.max_lifetime) : end;
}

/* A new one; its links, name and times are the caller's. */
static inline int add(const struct tok *of)
{
	ck_assert_int_lt(model.n, MODEL_TOKENS);
	*tok(model.n) = *of;
	tok(model.n)->there = true;
	tok(model.n)->created = now;
	return model.n++;
}

/* What is refused to a token that is to be, or to live again; one for later is asked as of then. */
static inline refusals unfit(int i)
{
	uint64_t today = now;
	int err;

	if (now < tok(i)->not_before)
		now = tok(i)->not_before;
	err = verdict(i, NULL, false);
	now = today;
	if (err == ERR_CLOCK) /* told in either way */
		return E(ERR_CLOCK) | E(ERR_DISALLOWED);
	return err ? E(err) : 0;
}

/* ---- mint ---- */

static inline bool wider_scopes(unsigned scopes, unsigned than)
{
	return !(than & EVERYWHERE) && (scopes & ~than) != 0;
}

/* `t` has what was asked for; without `end` its end is the default. 0: it is added, the last one.
 */
static inline refusals mint_refusals(struct tok *t, uid_t peer, bool end)
{
	const struct rules *rules = &model.rules;
	refusals why = 0;
	int i;

	if (rank_of(peer, t->owner) == RANK_NONE)
		return E(ERR_NOT_PERMITTED);
	if (!end)
		t->expires = clipped(rules->default_lifetime ? now + rules->default_lifetime : 0);
	if (t->expires && (t->expires <= now || t->not_before >= t->expires))
		why |= E(ERR_INVALID);
	if (t->expires != clipped(t->expires))
		why |= E(ERR_DISALLOWED);
	if (t->owner == PERSON_DEPLOY && wider_scopes(t->scopes, rules->ceiling))
		why |= E(ERR_DISALLOWED);
	if (!name_is_free(t->owner, t->name, NONE))
		why |= E(ERR_NAME_TAKEN);
	if (!has_room(t->owner))
		why |= E(ERR_LIMIT);
	i = add(t);
	why |= unfit(i) & ~E(ERR_EXPIRED);
	if (why)
		model.n--;
	return why;
}

/* ---- revoke, restore, delete ---- */

static inline uint64_t mark(int i, enum rank rank, const char *by, const char *reason)
{
	struct tok *t = tok(i);
	bool new = !t->revoked;

	if (new)
		t->revoked = now;
	if (new || rank > t->rank) {
		t->rank = rank;
		t->revoked_by = by;
		t->reason = reason;
	}
	return new;
}

static inline void revoke_below(int i, const char *by)
{
	for (int j = 0; j < model.n; j++)
		if (tok(j)->there && tok(j)->parent == i) {
			mark(j, RANK_GONE, by, "its parent was revoked");
			revoke_below(j, by);
		}
}

/* How many of those that were named are revoked now and were not before. */
static inline uint64_t revoke_token(int i, enum rank rank, const char *by, const char *reason)
{
	uint64_t changed = mark(i, rank, by, reason);

	revoke_below(i, by);
	return changed;
}

/* All that a name means beside the one: what is live and bears it, and predecessors of another one.
 */
static inline uint64_t revoke_namesakes(int i, enum rank rank, const char *by, const char *reason)
{
	uint64_t n = 0;

	for (int j = 0; j < model.n; j++)
		if (j != i && is_live(j) && tok(j)->owner == tok(i)->owner &&
			strcmp(tok(j)->name, tok(i)->name) == 0)
			n += revoke_token(j, rank, by, reason);

	for (i = tok(i)->predecessor; is_there(i); i = tok(i)->predecessor)
		if (is_live(i))
			n += revoke_token(i, rank, by, reason);
	return n;
}

/* How many of them were live until then, and not below another. */
static inline uint64_t revoke_all_of(
	unsigned owner, enum rank rank, const char *by, const char *reason)
{
	uint64_t n = 0;

	for (int i = 0; i < model.n; i++)
		if (tok(i)->there && tok(i)->owner == owner) {
			n += is_live(i);
			revoke_token(i, rank, by, reason);
		}
	return n;
}

/* What was rotated was used after its grace time, and reuse = revoke. */
static inline void revoke_family(int i)
{
	for (int j = i; is_there(j); j = tok(j)->successor)
		revoke_token(j, RANK_ROOT, "patd", NULL);
	for (int j = tok(i)->predecessor; is_there(j); j = tok(j)->predecessor)
		revoke_token(j, RANK_ROOT, "patd", NULL);
}

static inline refusals restore_refusals(int i, uid_t peer)
{
	struct tok *t = tok(i);
	uint64_t revoked = t->revoked;
	refusals why = 0;

	if (!revoked)
		return E(ERR_NOT_REVOKED);
	if (rank_of(peer, t->owner) < t->rank)
		why |= E(ERR_NOT_PERMITTED);
	if (!t->rotated && t->kind != KIND_EXCHANGED) {
		if (!name_is_free(t->owner, t->name, i))
			why |= E(ERR_NAME_TAKEN);
		if (!has_room(t->owner))
			why |= E(ERR_LIMIT);
	}
	t->revoked = 0;
	why |= unfit(i);
	t->revoked = revoked;
	if (why & E(ERR_ROTATED)) /* which is a way to end */
		why |= E(ERR_EXPIRED);
	return why;
}

static inline void restore_token(int i)
{
	tok(i)->revoked = 0;
	tok(i)->rank = RANK_NONE;
	tok(i)->revoked_by = tok(i)->reason = NULL;
}

static inline refusals delete_refusals(int i)
{
	for (; i != NONE; i = tok(i)->parent)
		if (!is_live(i) || !uses_left(i))
			return 0;
	return E(ERR_LIVE);
}

static inline void delete_token(int i)
{
	tok(i)->there = false;
	for (int j = 0; j < model.n; j++)
		if (tok(j)->there && tok(j)->parent == i)
			delete_token(j);
}

/* ---- edit ---- */

struct edit {
	const char *name, *note;
	bool has_end;
	uint64_t expires;
};

static inline refusals edit_refusals(int i, const struct edit *e)
{
	const struct tok *t = tok(i);
	refusals why = 0;

	if (e->name && is_live(i) && !name_is_free(t->owner, e->name, i))
		why |= E(ERR_NAME_TAKEN);
	if (e->has_end && e->expires && (e->expires <= now || e->expires <= t->not_before))
		why |= E(ERR_INVALID);
	if (e->has_end && t->expires && (!e->expires || e->expires > t->expires))
		why |= E(ERR_REFUSED);
	return why;
}

static inline void clip_below(int i)
{
	for (int j = 0; j < model.n; j++)
		if (tok(j)->there && tok(j)->parent == i) {
			if (tok(j)->expires > tok(i)->expires)
				tok(j)->expires = tok(i)->expires;
			clip_below(j);
		}
}

static inline void edit_token(int i, const struct edit *e)
{
	if (e->name)
		strcpy(tok(i)->name, e->name);
	if (e->note)
		tok(i)->note = *e->note ? e->note : NULL;
	if (e->has_end)
		tok(i)->expires = e->expires;
	if (e->has_end && e->expires)
		clip_below(i);
}

/* ---- rotate ---- */

struct rotation {
	bool has_grace, until_used, has_end;
	uint64_t grace, expires;
	int drop;   /* the unused one whose place the new one takes; NONE */
	int behind; /* the new one's predecessor */
};

/* How many predecessors a token behind which the new one stands would have, and the oldest. */
static inline unsigned family_behind(int i, int *oldest)
{
	unsigned n = 0;

	for (; is_there(i); i = tok(i)->predecessor) {
		*oldest = i;
		n++;
	}
	return n;
}

static inline refusals plan_rotation(int i, struct rotation *how)
{
	const struct tok *t = tok(i);
	int before = t->predecessor, after = t->successor;

	how->drop = NONE;
	how->behind = i;
	if (!t->rotated && is_live(before) && tok(before)->successor == i && !was_used(i)) {
		how->drop = i;
		how->behind = before;
	}
	if (t->rotated && !is_live(after) && is_current(head_of(i)))
		return E(ERR_REFUSED);
	if (t->rotated && is_live(after)) {
		if (was_used(after) || tok(after)->rotated)
			return E(ERR_REFUSED);
		how->drop = after;
	}
	return 0;
}

/* The new one: as good as the old one, or as the one that it replaces, for as long from now on. */
static inline struct tok rotated_from(int i, const struct rotation *how, const char *by)
{
	struct tok new = *tok(how->drop != NONE ? how->drop : i);
	uint64_t began = new.not_before > new.created ? new.not_before : new.created;
	uint64_t begins = new.not_before > now ? new.not_before : now;

	new.used = new.uses ? uses_counted(i) : 0;
	new.not_before = begins > now ? begins : 0;
	if (how->has_end)
		new.expires = how->expires;
	else
		new.expires = clipped(new.expires ? begins + (new.expires - began) : 0);
	new.created_by = by;
	new.last = new.count = new.rotated = new.grace_ends = 0;
	new.last_service = new.last_rhost = NULL;
	new.until_used = false;
	new.successor = NONE;
	return new;
}

static inline refusals fit_to_rotate(int i)
{
	const struct tok *t = tok(i);

	if (t->kind == KIND_EXCHANGED)
		return E(ERR_REFUSED);
	if (t->revoked)
		return E(ERR_REVOKED);
	if (t->expires && now >= t->expires)
		return E(ERR_EXPIRED);
	if (t->grace_ends && now >= t->grace_ends)
		return E(ERR_ROTATED);
	return uses_left(i) ? 0 : E(ERR_USED_UP);
}

/* With how->drop and how->behind told. */
static inline refusals rotate_refusals(int i, struct rotation *how)
{
	refusals why = fit_to_rotate(i);
	int oldest = NONE, made;
	struct tok new;

	if (!why)
		why = plan_rotation(i, how);
	if (why)
		return why;
	new = rotated_from(i, how, "");
	if (new.expires && (new.expires <= now || new.expires <= new.not_before))
		why |= E(ERR_INVALID);
	if (new.expires != clipped(new.expires))
		why |= E(ERR_DISALLOWED);
	if (!name_is_free(new.owner, new.name, how->drop != NONE ? how->drop : i))
		why |= E(ERR_NAME_TAKEN);
	if (how->drop == NONE && tok(i)->rotated && !has_room(new.owner))
		why |= E(ERR_LIMIT); /* there is one more then that is current */
	if (family_behind(how->behind, &oldest) > LIMIT_FAMILY && is_live(oldest))
		why |= E(ERR_LIMIT);
	made = add(&new);
	why |= unfit(made) & ~E(ERR_EXPIRED);
	model.n--;
	return why;
}

static inline int rotate_token(int i, const struct rotation *how, const char *by)
{
	struct tok new = rotated_from(i, how, by);
	struct tok *old = tok(how->behind);
	bool first = !old->rotated;
	int oldest = NONE, made;

	if (first) {
		uint64_t grace = how->has_grace ? how->grace : model.rules.rotate_grace;

		old->rotated = now;
		old->until_used = how->until_used;
		if (!how->until_used)
			old->grace_ends = grace || how->has_grace ? now + grace : forever;
	} else {
		old->until_used |= how->until_used;
		if (how->has_grace)
			old->grace_ends = sooner(old->grace_ends, now + how->grace);
	}
	new.predecessor = how->behind;
	new.retires = old->until_used && (!old->grace_ends || old->grace_ends > now);
	made = add(&new);
	old->successor = made;
	if (how->drop != NONE)
		delete_token(how->drop);
	if (family_behind(how->behind, &oldest) > LIMIT_FAMILY)
		delete_token(oldest);
	return made;
}

/* ---- uses ---- */

static inline void count_use(int i)
{
	while (tok(i)->rotated)
		i = tok(i)->successor;
	tok(i)->used++;
}

/* Of the token and of all above it; predecessors that waited for its first use end. */
static inline void use_token(int i)
{
	if (tok(i)->retires)
		for (int j = tok(i)->predecessor; is_there(j); j = tok(j)->predecessor)
			if (tok(j)->until_used)
				tok(j)->grace_ends = sooner(tok(j)->grace_ends, now);
	tok(i)->retires = false;
	for (; i != NONE; i = tok(i)->parent)
		if (tok(i)->uses)
			count_use(i);
}

/* ---- exchange ---- */

struct wish {
	unsigned scopes, sources; /* 0: the parent's */
	uint64_t uses;		  /* 0: any number */
	bool has_end;
	uint64_t expires;
};

static inline bool wider_sources(unsigned sources, unsigned than)
{
	if (than & NET)
		than |= HOST;
	return than && (sources & ~than) != 0;
}

static inline uint64_t nearest_end(int i)
{
	uint64_t end = 0;

	for (; i != NONE; i = tok(i)->parent)
		end = sooner(end, end_of(i));
	return end;
}

/* For one more login by a child, once the exchange is counted. */
static inline uint64_t left_after_exchange(int i)
{
	uint64_t left = UINT64_MAX;

	for (; i != NONE; i = tok(i)->parent)
		if (tok(i)->uses && uses_left(i) - 1 < left)
			left = uses_left(i) - 1;
	return left;
}

/* Whose number of children tells the name of the next: no two of a family get the same. */
static inline int counter_of(int i)
{
	int head = head_of(i);

	return is_there(head) ? head : i;
}

static inline struct tok child_of(int i, const struct wish *w, const char *by)
{
	const struct tok *parent = tok(i);
	struct tok new = {.owner = parent->owner,
		.kind = KIND_EXCHANGED,
		.scopes = w->scopes ? w->scopes : parent->scopes,
		.sources = w->sources ? w->sources : parent->sources,
		.uses = w->uses,
		.created_by = by,
		.parent = i,
		.successor = NONE,
		.predecessor = NONE};

	new.expires = sooner(w->has_end ? w->expires : now + TTL, nearest_end(i));
	snprintf(new.name, sizeof(new.name), "%.90s/%u", parent->name,
		(unsigned)tok(counter_of(i))->children + 1);
	return new;
}

/* The parent may be used; what else is in the way? */
static inline refusals exchange_refusals(int i, const struct wish *w)
{
	const struct tok *parent = tok(i);
	refusals why = 0;
	struct tok new;

	if (depth_of(i) >= LIMIT_DEPTH)
		why |= E(ERR_LIMIT);
	if ((w->scopes && wider_scopes(w->scopes, parent->scopes)) ||
		(w->sources && wider_sources(w->sources, parent->sources)) ||
		!left_after_exchange(i) || w->uses > left_after_exchange(i))
		why |= E(ERR_REFUSED);
	if (w->has_end && w->expires <= now)
		why |= E(ERR_INVALID);
	if (w->has_end && w->expires > now + TTL_MAX)
		why |= E(ERR_DISALLOWED);
	new = child_of(i, w, "");
	i = add(&new);
	why |= unfit(i) & (E(ERR_DISALLOWED) | E(ERR_CLOCK));
	model.n--;
	return why;
}

static inline int exchange_token(int i, const struct wish *w, const char *by)
{
	struct tok new = child_of(i, w, by);

	tok(counter_of(i))->children++;
	use_token(i);
	tok(i)->count++;
	tok(i)->last = now;
	tok(i)->last_service = tok(i)->last_rhost = NULL;
	return add(&new);
}

/* ---- what patd does by itself ---- */

static inline void clear_ended(void)
{
	for (int i = 0; i < model.n; i++)
		if (tok(i)->kind == KIND_EXCHANGED && tok(i)->expires <= now)
			tok(i)->there = false;
}

#endif
