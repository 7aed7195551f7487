/*
 * check_model.c: random sequences of operations, each on an empty store, against tokens in memory
 * (model.h): the same answers, and the same tokens in the end.
 *
 * MODEL_SEED=N and MODEL_SEQUENCES=N repeat a run or make it longer. A sequence that fails tells
 * its own seed, with which it is the first, and all that it did.
 */
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/model.h"

enum { SEQUENCES = 10000, SHORTEST = 10, LONGEST = 45, HOUR = 3600, DAY = 86400 };

static unsigned seed, sequence_seed;
static unsigned stamp; /* so that no two tokens were made at once */

/* What stamps a new token goes by the test's clock. */
int clock_gettime(clockid_t id, struct timespec *t)
{
	if (id != CLOCK_REALTIME)
		return (int)syscall(SYS_clock_gettime, id, t);
	*t = (struct timespec){.tv_sec = (time_t)now, .tv_nsec = 1000 * (long)++stamp};
	return 0;
}

static unsigned any(unsigned n)
{
	return (unsigned)rand() % n;
}

/* ---- what was done, told when it fails ---- */

static char story[64 * 1024];
static size_t told_so_far;

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(story + told_so_far, sizeof(story) - told_so_far, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < sizeof(story) - told_so_far)
		told_so_far += (size_t)n;
}

/* For the story; 0: never. */
static long long from_now(uint64_t t)
{
	return t ? (long long)(t - now) : 0;
}

#define HOLDS(condition, ...)                                                                      \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			tell("\n*** ");                                                            \
			tell(__VA_ARGS__);                                                         \
			printf("%s\n", story);                                                     \
			fflush(stdout);                                                            \
			ck_abort_msg("%s (MODEL_SEED=%u MODEL_SEQUENCES=1 repeats it)",            \
				#condition, sequence_seed);                                        \
		}                                                                                  \
	} while (0)

/* What a run must have seen, so that it says something. */
enum deed {
	MINTED,
	ACCEPTED,
	REFUSED,
	TOLD,
	EDITED,
	REVOKED,
	RESTORED,
	DELETED,
	ROTATED,
	REPLACED,
	EXCHANGED,
	DEEPEST,
	CASCADED,
	USES_ENDED,
	REUSED,
	GRACE_ENDED,
	FAMILY_FULL,
	FAMILY_LIVE,
	DEEDS
};
static const char *const deed_names[DEEDS] = {"minted", "logins accepted", "logins refused", "told",
	"edited", "revoked", "restored", "deleted", "rotated", "replaced unused", "exchanged",
	"at depth 4", "revoked in the middle of such", "used up", "reused, family revoked",
	"refused after their grace", "families trimmed", "families full"};
static unsigned deeds[DEEDS];

/* ---- answers ---- */

/* Refused for one of these, or done if there are none. True: done. */
static bool answered(int err, refusals why)
{
	tell(err ? " -> %d %s (%s)" : " -> done", err, err_info(err)->json, r.why);
	HOLDS(err ? (why & E(err)) != 0 : why == 0, "expected %s, among %llx",
		why ? "a refusal" : "success", (unsigned long long)why);
	return !err;
}

static void says(enum proto_tag tag, const char *expected)
{
	struct span text = proto_text(&reply, tag);

	HOLDS(expected ? span_is(text, expected) : !proto_has(&reply, tag),
		"tag %d is \"%.*s\", not \"%s\"", tag, (int)text.n, text.p,
		expected ? expected : "(none)");
}

/* 0 is told, too. */
static void says_count(enum proto_tag tag, uint64_t expected)
{
	HOLDS(proto_has(&reply, tag) && proto_number(&reply, tag) == expected,
		"tag %d is %llu, not %llu", tag, (unsigned long long)proto_number(&reply, tag),
		(unsigned long long)expected);
}

/* 0 is absent. */
static void says_number(enum proto_tag tag, uint64_t expected)
{
	HOLDS(proto_number(&reply, tag) == expected && proto_has(&reply, tag) == (expected != 0),
		"tag %d is %lld from now, not %lld (%llu, %llu)", tag,
		(long long)(proto_number(&reply, tag) - now), (long long)(expected - now),
		(unsigned long long)proto_number(&reply, tag), (unsigned long long)expected);
}

static const char *id_of(int i)
{
	return i == NONE ? NULL : tok(i)->minted.id;
}

static void says_status(int i)
{
	unsigned status = status_in_model(i);

	HOLDS(proto_number(&reply, TAG_STATUS) == status, "#%d is %s, not %s", i,
		token_status_name(proto_number(&reply, TAG_STATUS)), token_status_name(status));
	HOLDS(proto_has(&reply, TAG_STATUS_REASON) ==
			(status != STATUS_ACTIVE && status != STATUS_ROTATED),
		"#%d: a reason where there is none, or none", i);
}

/* A time, or that there is none yet. */
static void says_grace(int i)
{
	says_number(TAG_GRACE_ENDS, tok(i)->grace_ends);
	says_number(TAG_UNTIL_USED, tok(i)->until_used && !tok(i)->grace_ends);
}

/* The whole view. */
static void says_token(int i)
{
	const struct tok *t = tok(i);

	says(TAG_ID, t->minted.id);
	says(TAG_NAME, t->name);
	says(TAG_OWNER, everybody[t->owner].name);
	says(TAG_SCOPES, scope_texts[t->scopes]);
	says(TAG_FROM, source_texts[t->sources]);
	says(TAG_CREATED_BY, t->created_by);
	says(TAG_NOTE, t->note);
	says(TAG_REVOKED_BY, t->revoked_by);
	if (!t->revoked || t->reason)
		says(TAG_REASON, t->reason);
	says(TAG_PARENT, id_of(t->parent));
	says(TAG_SUCCESSOR, t->rotated ? id_of(t->successor) : NULL);
	says(TAG_SERVICE, t->last_service);
	says(TAG_RHOST, t->last_rhost);
	says_number(TAG_UID, everybody[t->owner].uid);
	says_number(TAG_KIND, t->kind);
	says_number(TAG_CREATED, t->created);
	says_number(TAG_EXPIRES, t->expires);
	says_number(TAG_NOT_BEFORE, t->not_before);
	says_number(TAG_USES, t->uses);
	says_number(TAG_REVOKED, t->revoked);
	says_number(TAG_LAST_USED, t->last);
	says_grace(i);
	says_count(TAG_USE_COUNT, t->count);
	if (t->uses)
		says_count(TAG_USES_LEFT, uses_left(i));
	says_status(i);
}

/* A new one: its ID and text are what only the answer tells. */
static void takes(int i)
{
	tok(i)->minted = taken_from_reply();
	tok(i)->made = stored(tok(i)->minted.id).created;
	says_token(i);
	tell(" = #%d", i);
}

/* ---- whom and what a request is about ---- */

static const char *account_name(unsigned owner)
{
	return everybody[owner].name;
}

static uid_t any_peer(unsigned owner)
{
	const uid_t own = everybody[owner].uid;
	const uid_t peers[] = {own, own, own, own, ROOT, ROOT, ROOT, ROOT, ALICE, BOB};

	return peers[any(COUNT(peers))];
}

static const char *peer_name(uid_t peer)
{
	for (size_t i = 0; i < COUNT(everybody); i++)
		if (everybody[i].uid == peer)
			return everybody[i].name;
	return NULL;
}

/* Some sequences do much of two things, and to the newest, so that families grow and children get
 * children. */
static void (*favourites[2])(void);

/* One of those that are there, the newest more often; NONE: there is none. */
static int any_token(void)
{
	if (favourites[0] && model.n && tok(model.n - 1)->there && any(4)) {
		int i = model.n - 1;

		while (tok(i)->parent != NONE && !any(3)) /* or one above it */
			i = tok(i)->parent;
		return i;
	}
	for (unsigned tries = 0; model.n && tries < 40; tries++) {
		int i = any(3) ? model.n - 1 - (int)any(4) : (int)any((unsigned)model.n);

		if (i >= 0 && tok(i)->there)
			return i;
	}
	return NONE;
}

/* A token, told by its ID or a name, and who asks. */
struct target {
	struct args args;
	uid_t peer;
	int token; /* NONE: there is none of that name */
	unsigned owner;
	bool by_name;
	refusals why; /* whoever asks may not, or there is none */
	char name[LIMIT_NAME + 1];
};

static bool aim(struct target *g, const char *deed)
{
	int i = any_token();

	if (i == NONE)
		return false;
	*g = (struct target){.token = i, .owner = tok(i)->owner, .by_name = !any(3)};
	g->peer = any_peer(g->owner);
	if (g->by_name) {
		strcpy(g->name, tok(i)->name);
		g->args.name = g->name;
		g->args.user = account_name(g->owner);
		g->token = named(g->owner, g->name);
	} else {
		g->args.id = tok(i)->minted.id;
	}
	if (rank_of(g->peer, g->owner) == RANK_NONE)
		g->why = g->by_name ? E(ERR_NOT_PERMITTED) : E(ERR_NO_TOKEN);
	tell("\n%s %s#%d by %u", deed, g->by_name ? "the name of " : "", g->token, g->peer);
	return true;
}

/* Who must prove who they are, and cannot. */
static refusals person(const struct target *g, refusals why)
{
	knows_password = any(25) != 0;
	return !why && g->peer != ROOT && !knows_password ? E(ERR_REAUTH) : why;
}

/* ---- operations ---- */

static const unsigned some_scopes[] = {SSHD, SSHD, SU, SSHD | SU, SSHD | SU, EVERYWHERE};
static const unsigned some_sources[] = {0, 0, 0, NET, HOST, LOCAL, NET | LOCAL, HOST | LOCAL};
static const char *const some_names[] = {"a", "b", "c"};
static const char *const some_notes[] = {NULL, NULL, "a note"};

static uint64_t some_end(void)
{
	const uint64_t ends[] = {0, 0, now + 1 + any(HOUR), now + HOUR, now + DAY + any(10 * DAY),
		any(8) ? now + 5 * DAY : now};

	return ends[any(COUNT(ends))];
}

/* With restrictions or without, and what it lacks as the account's default. */
static struct tok some_token(bool scopes, bool end)
{
	static const unsigned owners[] = {
		PERSON_ALICE, PERSON_ALICE, PERSON_ALICE, PERSON_DEPLOY, PERSON_DEPLOY, PERSON_BOB};
	struct tok t = {.owner = owners[any(COUNT(owners))],
		.sources = some_sources[any(COUNT(some_sources))],
		.note = some_notes[any(COUNT(some_notes))],
		.expires = end ? some_end() : 0,
		.not_before = any(8) ? 0 : now + any(2 * HOUR),
		.uses = any(2) ? 0 : 1 + any(8),
		.parent = NONE,
		.predecessor = NONE,
		.successor = NONE};

	strcpy(t.name, some_names[any(COUNT(some_names))]);
	t.kind = t.owner == PERSON_DEPLOY ? KIND_SERVICE : KIND_PERSONAL;
	t.scopes = t.owner == PERSON_DEPLOY ? model.rules.ceiling : SSHD;
	if (scopes)
		t.scopes = some_scopes[any(COUNT(some_scopes))];
	return t;
}

static void mint_one(void)
{
	bool scopes = any(8) != 0, end = any(4) != 0;
	struct tok t = some_token(scopes, end);
	struct target g = {.peer = any_peer(t.owner)};
	refusals why;

	t.created_by = peer_name(g.peer);
	g.args = (struct args){.user = account_name(t.owner),
		.name = t.name,
		.scopes = scopes ? scope_texts[t.scopes] : NULL,
		.from = source_texts[t.sources],
		.note = t.note,
		.expires = end ? number(t.expires) : NULL,
		.not_before = t.not_before ? number(t.not_before) : NULL,
		.uses = t.uses ? number(t.uses) : NULL};
	tell("\nmint %s/%s by %u scopes %u from %u uses %u ends %+lld from %+lld", g.args.user,
		t.name, g.peer, t.scopes, t.sources, (unsigned)t.uses, from_now(t.expires),
		from_now(t.not_before));
	why = mint_refusals(&t, g.peer, end);
	if (!why && person(&g, why)) {
		why = E(ERR_REAUTH);
		model.n--;
	}
	if (!answered(perform(VERB_MINT, g.peer, g.args), why))
		return;
	takes(model.n - 1);
	deeds[MINTED]++;
}

/* As the tally does it, a moment later. */
static void write_usage(int i, const struct door *door)
{
	struct tok *t = tok(i);
	struct store_txn *txn;
	struct usage u;

	HOLDS(strcmp(r.counted, t->minted.id) == 0, "another was counted: %s", r.counted);
	ck_assert_int_eq(store_begin_write(store, &txn), 0);
	ck_assert_int_eq(store_get_usage(txn, r.counted, &u), 0);
	usage_count(&u, now, span_of(door ? door->service : ""), span_of(door && door->rhost ? door->rhost : ""));
	ck_assert_int_eq(store_put_usage(txn, r.counted, &u), 0);
	ck_assert_int_eq(store_commit(txn), 0);
	t->last = now;
	t->count++;
	t->last_service = door ? door->service : NULL;
	t->last_rhost = door ? door->rhost : NULL;
}

/* The same with another secret. */
static const char *wrong_text(int i)
{
	static char text[TOKEN_TEXT_MAX + 1];
	struct token t;

	ck_assert(token_parse(tok(i)->minted.text, strlen(tok(i)->minted.text), &t));
	t.secret[any(TOKEN_SECRET_LEN)] ^= 1;
	if (!token_format(&t, text))
		strcpy(text, "pat_none");
	return strcmp(text, tok(i)->minted.text) == 0 ? "pat_none" : text;
}

/* Whoever holds it has used it: did it come after its grace time? */
static void perhaps_reused(int i, int err)
{
	deeds[GRACE_ENDED] += err == ERR_ROTATED;
	if (err != ERR_ROTATED || own_verdict(i, NULL, false) != ERR_ROTATED ||
		!model.rules.revoke_reused)
		return;
	deeds[REUSED]++;
	revoke_family(i);
}

/* A uid that is not root asks for its own tokens only. */
static int login_verdict(int i, uid_t peer, unsigned user, const struct door *door, bool counted)
{
	if (peer != ROOT && peer != everybody[tok(i)->owner].uid)
		return ERR_NO_TOKEN;
	return user == tok(i)->owner ? verdict(i, door, counted) : ERR_OWNER;
}

static void log_in(void)
{
	const struct door *door = &doors[any(COUNT(doors))];
	int i = any_token(), expected;
	unsigned user;
	uid_t peer;
	bool wrong = !any(20);

	if (i == NONE)
		return;
	for (unsigned tries = any(3) * 5; tries > 0 && verdict(i, door, false); tries--)
		door = &doors[any(COUNT(doors))]; /* aim at what might open */
	user = any(15) ? tok(i)->owner : PERSON_BOB;
	peer = any(6) ? ROOT : any_peer(user);
	expected = wrong ? ERR_NO_TOKEN : login_verdict(i, peer, user, door, false);
	tell("\nlogin by #%d of %s to %s from %s, asked by %u%s", i, account_name(user),
		door->service, door->rhost ? door->rhost : "-", peer, wrong ? ", wrong" : "");
	if (!answered(DO(VERIFY, peer, .token = wrong ? wrong_text(i) : tok(i)->minted.text,
			      .user = account_name(user), .service = door->service,
			      .rhost = door->rhost),
		    expected ? E(expected) : 0)) {
		deeds[REFUSED]++;
		deeds[USES_ENDED] += expected == ERR_USED_UP;
		perhaps_reused(i, expected);
		return;
	}
	deeds[ACCEPTED]++;
	says(TAG_ID, tok(i)->minted.id);
	says(TAG_NAME, tok(i)->name);
	says_number(TAG_EXPIRES, end_of(i));
	use_token(i);
	write_usage(i, peer == ROOT ? door : NULL);
}

/* The phase after it, which counts nothing. */
static void ask_again(void)
{
	const struct door *door = &doors[any(COUNT(doors))];
	int i = any_token(), expected;
	unsigned user;
	uid_t peer;

	if (i == NONE)
		return;
	user = any(15) ? tok(i)->owner : PERSON_BOB;
	peer = any(3) ? ROOT : any_peer(user);
	expected = login_verdict(i, peer, user, door, true);
	tell("\naccount of %s for #%d, asked by %u", account_name(user), i, peer);
	if (!answered(DO(ACCOUNT, peer, .id = tok(i)->minted.id, .user = account_name(user),
			      .service = door->service, .rhost = door->rhost),
		    expected ? E(expected) : 0))
		return;
	deeds[TOLD]++;
	says(TAG_ID, tok(i)->minted.id);
	says(TAG_NAME, tok(i)->name);
	says_number(TAG_EXPIRES, end_of(i));
}

static void inspect_one(void)
{
	int i = any_token();
	bool wrong = !any(6);

	if (i == NONE)
		return;
	tell("\ninspect #%d%s", i, wrong ? ", wrong" : "");
	if (!answered(DO(INSPECT, BOB, .token = wrong ? wrong_text(i) : tok(i)->minted.text),
		    wrong ? E(ERR_NO_TOKEN) : 0))
		return;
	deeds[TOLD]++;
	says(TAG_OWNER, account_name(tok(i)->owner));
	says(TAG_SCOPES, scope_texts[tok(i)->scopes]);
	says_number(TAG_KIND, tok(i)->kind);
	says_number(TAG_EXPIRES, end_of(i));
	says_status(i);
}

static void show_one(void)
{
	struct target g;

	if (!aim(&g, "show"))
		return;
	if (!answered(perform(VERB_SHOW, g.peer, g.args), g.why))
		return;
	says_token(g.token);
	deeds[TOLD]++;
}

static void list_some(void)
{
	unsigned owner = PERSON_ALICE + any(3), n = 0;
	uid_t peer = any_peer(owner);

	tell("\nlist of %s by %u", account_name(owner), peer);
	if (!answered(DO(LIST, peer, .user = account_name(owner)),
		    rank_of(peer, owner) == RANK_NONE ? E(ERR_NOT_PERMITTED) : 0))
		return;
	for (int i = 0; i < model.n; i++)
		if (tok(i)->there && tok(i)->owner == owner) {
			HOLDS(n < listed && strcmp(listed_ids[n], tok(i)->minted.id) == 0,
				"#%d is not where it should be", i);
			n++;
		}
	HOLDS(n == listed, "%u are listed, not %u", listed, n);
	deeds[TOLD]++;
}

static void edit_one(void)
{
	struct edit e = {.name = any(3) ? NULL : some_names[any(COUNT(some_names))],
		.note = any(2)	 ? NULL
			: any(2) ? "another"
				 : ""};
	struct target g;

	if (!aim(&g, "edit"))
		return;
	e.has_end = any(2) || (!e.name && !e.note);
	e.expires = some_end();
	g.args.new_name = e.name;
	g.args.note = e.note;
	g.args.expires = e.has_end ? number(e.expires) : NULL;
	tell(" name %s note %s ends %+lld", e.name ? e.name : "-", e.note ? e.note : "-",
		e.has_end ? from_now(e.expires) : -1);
	if (!g.why)
		g.why = person(&g, edit_refusals(g.token, &e));
	if (!answered(perform(VERB_EDIT, g.peer, g.args), g.why))
		return;
	edit_token(g.token, &e);
	says_token(g.token);
	deeds[EDITED]++;
}

/* Is a live token of the last generation below it? */
static bool is_above_the_deepest(int i)
{
	for (int j = 0; j < model.n; j++)
		if (is_live(j) && depth_of(j) == LIMIT_DEPTH)
			for (int k = tok(j)->parent; k != NONE; k = tok(k)->parent)
				if (k == i)
					return true;
	return false;
}

static void revoke_one(void)
{
	struct target g;
	const char *by;
	uint64_t changed;
	enum rank rank;

	if (!aim(&g, "revoke"))
		return;
	by = peer_name(g.peer);
	rank = rank_of(g.peer, g.owner);
	g.args.reason = any(2) ? "lost" : NULL;
	if (!answered(perform(VERB_REVOKE, g.peer, g.args), g.why))
		return;
	deeds[CASCADED] += depth_of(g.token) && is_above_the_deepest(g.token);
	changed = revoke_token(g.token, rank, by, g.args.reason);
	if (g.by_name)
		changed += revoke_namesakes(g.token, rank, by, g.args.reason);
	says_count(TAG_COUNT, changed);
	says_token(g.token);
	deeds[REVOKED]++;
}

static void revoke_many(void)
{
	unsigned owner = PERSON_ALICE + any(3);
	uid_t peer = any_peer(owner);
	enum rank rank = rank_of(peer, owner);

	tell("\nrevoke all of %s by %u", account_name(owner), peer);
	if (!answered(DO(REVOKE, peer, .all = true, .user = account_name(owner), .reason = "all"),
		    rank == RANK_NONE ? E(ERR_NOT_PERMITTED) : 0))
		return;
	says_count(TAG_COUNT, revoke_all_of(owner, rank, peer_name(peer), "all"));
	deeds[REVOKED]++;
}

static void restore_one(void)
{
	struct target g;

	if (!aim(&g, "restore"))
		return;
	if (!g.why)
		g.why = person(&g, restore_refusals(g.token, g.peer));
	if (!answered(perform(VERB_RESTORE, g.peer, g.args), g.why))
		return;
	restore_token(g.token);
	says_token(g.token);
	deeds[RESTORED]++;
}

static void delete_one(void)
{
	struct target g;

	if (!aim(&g, "delete"))
		return;
	if (!g.why)
		g.why = delete_refusals(g.token);
	if (!answered(perform(VERB_DELETE, g.peer, g.args), g.why))
		return;
	says_token(g.token);
	delete_token(g.token);
	deeds[DELETED]++;
}

static void rotate_one(void)
{
	static const uint64_t graces[] = {0, 60, HOUR, 3 * DAY};
	struct rotation how = {.has_grace = !any(3), .has_end = !any(4), .behind = NONE};
	struct target g;
	int made, oldest;
	bool full;

	if (!aim(&g, "rotate"))
		return;
	how.grace = graces[any(COUNT(graces))];
	how.until_used = !how.has_grace && !any(3);
	how.expires = some_end();
	g.args.grace = how.has_grace ? number(how.grace) : NULL;
	g.args.until_used = how.until_used;
	g.args.expires = how.has_end ? number(how.expires) : NULL;
	tell(" grace %lld%s ends %+lld", how.has_grace ? (long long)how.grace : -1,
		how.until_used ? " until used" : "", how.has_end ? from_now(how.expires) : -1);
	if (!g.why)
		g.why = person(&g, rotate_refusals(g.token, &how));
	full = !(g.why & ~E(ERR_LIMIT)) && family_behind(how.behind, &oldest) > LIMIT_FAMILY;
	deeds[g.why ? FAMILY_LIVE : FAMILY_FULL] += full;
	if (!answered(perform(VERB_ROTATE, g.peer, g.args), g.why))
		return;
	made = rotate_token(g.token, &how, peer_name(g.peer));
	deeds[ROTATED]++;
	deeds[REPLACED] += how.drop != NONE;
	/* beside the new one's view, when the old one ends */
	says_grace(how.behind);
	reply.present &= ~(PROTO_BIT(TAG_GRACE_ENDS) | PROTO_BIT(TAG_UNTIL_USED));
	reply.number[TAG_GRACE_ENDS] = reply.number[TAG_UNTIL_USED] = 0;
	takes(made);
}

static void exchange_one(void)
{
	static const uid_t peers[] = {BOB, ALICE, ROOT};
	struct wish w = {.scopes = any(3) ? 0 : some_scopes[any(COUNT(some_scopes))],
		.sources = any(3) ? 0 : some_sources[any(COUNT(some_sources))],
		.uses = any(3) ? 0 : 1 + any(4),
		.has_end = !any(3)};
	int i = any_token(), err, made;
	uid_t peer = peers[any(COUNT(peers))];
	bool wrong = !any(30);
	refusals why;

	if (i == NONE)
		return;
	w.expires = any(12) ? now + 1 + any(TTL_MAX) : any(2) ? now : now + TTL_MAX + 1;
	err = wrong ? ERR_NO_TOKEN : verdict(i, NULL, false);
	why = err ? E(err) : exchange_refusals(i, &w);
	tell("\nexchange #%d by %u scopes %u from %u uses %u ends %+lld%s", i, peer, w.scopes,
		w.sources, (unsigned)w.uses, w.has_end ? from_now(w.expires) : -1,
		wrong ? ", wrong" : "");
	if (!answered(DO(EXCHANGE, peer, .token = wrong ? wrong_text(i) : tok(i)->minted.text,
			      .scopes = scope_texts[w.scopes], .from = source_texts[w.sources],
			      .uses = w.uses ? number(w.uses) : NULL,
			      .expires = w.has_end ? number(w.expires) : NULL),
		    why)) {
		perhaps_reused(i, err);
		return;
	}
	HOLDS(proto_has(&reply, TAG_MESSAGE) ==
			(child_of(i, &w, "").expires < (w.has_end ? w.expires : now + TTL)),
		"told of an end that is not clipped, or not told");
	made = exchange_token(i, &w, peer_name(peer));
	takes(made);
	deeds[EXCHANGED]++;
	deeds[DEEPEST] += depth_of(made) == LIMIT_DEPTH;
}

/* ---- the world ---- */

/* On, often to just the time at which something ends or begins, or the second before. */
static void pass_time(void)
{
	int i = any_token();
	uint64_t to = now + any(any(3) ? 20 * 60 : 2 * DAY);

	if (i != NONE && any(2)) {
		const uint64_t ends[] = {tok(i)->expires, tok(i)->grace_ends, tok(i)->not_before,
			tok(i)->created + model.rules.max_lifetime,
			(tok(i)->last ? tok(i)->last : tok(i)->created) +
				model.rules.inactive_after};
		uint64_t end = ends[any(COUNT(ends))] - any(2);

		if (end > now && end < now + 40 * DAY)
			to = end;
	}
	now = to;
	tell("\ntime: +%llu", (unsigned long long)(now - NOW));
}

static void enforce(void)
{
	const struct rules *p = &model.rules;
	char text[1024];
	int n = snprintf(text, sizeof(text),
		"max_tokens = %u\ndeny_users = {%s}\nreuse = %s\nrequire = {%s%s%s}\n"
		"account deploy { managers = {\"@ops\"} scopes = {%s} }\n",
		p->max_tokens, p->deny_alice ? "alice" : "", p->revoke_reused ? "revoke" : "log",
		p->need_source ? "from," : "", p->need_end ? "expires," : "",
		p->need_uses ? "uses," : "", p->ceiling & EVERYWHERE ? "\"*\"" : "sshd");
	const struct {
		const char *key;
		uint64_t seconds;
	} times[] = {{"default_lifetime", p->default_lifetime}, {"max_lifetime", p->max_lifetime},
		{"inactive_after", p->inactive_after}, {"rotate_grace", p->rotate_grace}};

	for (size_t i = 0; i < COUNT(times); i++)
		n += times[i].seconds ? sprintf(text + n, "%s = %us\n", times[i].key,
						(unsigned)times[i].seconds)
				      : sprintf(text + n, "%s = never\n", times[i].key);
	configure(text);
	tell("\npolicy: %s", text);
}

static void change_policy(void)
{
	static const uint64_t lifetimes[] = {0, 0, DAY, 7 * DAY}, graces[] = {DAY, HOUR, 0};
	struct rules *p = &model.rules;

	switch (any(9)) {
	case 0:
		p->deny_alice = !any(3);
		break;
	case 1:
		p->revoke_reused = any(2);
		break;
	case 2:
		p->need_source = !any(3);
		p->need_end = !any(3);
		p->need_uses = !any(3);
		break;
	case 3:
		p->ceiling = any(2) ? EVERYWHERE : SSHD;
		break;
	case 4:
		p->max_tokens = any(2) ? 100 : 1 + any(4);
		break;
	case 5:
		p->default_lifetime = lifetimes[any(4)];
		break;
	case 6:
		p->max_lifetime = lifetimes[any(4)];
		break;
	case 7:
		p->inactive_after = lifetimes[any(4)];
		break;
	default:
		p->rotate_grace = graces[any(3)];
		break;
	}
	if (any(2))
		p->deny_alice = p->need_source = p->need_end = p->need_uses = false;
	enforce();
}

/* A jump of the clock that was wrong has left a mark ahead of it. */
static void change_clock(void)
{
	clock_mark = any(2) ? 0 : now + 299 + any(3) + any(2) * DAY;
	tell("\nthe clock is %lld behind", clock_mark ? (long long)(clock_mark - now) : 0);
}

static void change_people(void)
{
	unsigned who = PERSON_ALICE + any(3);

	if (!any(3)) {
		change_clock();
		return;
	}
	people[who].locked = !people[who].locked && any(2);
	tell("\n%s is %s", account_name(who), people[who].locked ? "locked" : "well");
}

static void clear_away(void)
{
	struct record gone;
	struct store_txn *t;
	int err;

	tell("\nended children are cleared away");
	clear_ended();
	ck_assert_int_eq(store_begin_write(store, &t), 0);
	do
		err = store_clear_ended(t, now, &gone);
	while (!err);
	ck_assert_int_eq(err, ERR_NO_TOKEN);
	ck_assert_int_eq(store_commit(t), 0);
}

/* ---- the store in the end ---- */

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void text_is(int i, const char *what, const char *is, const char *expected)
{
	HOLDS(strcmp(is, or_empty(expected)) == 0, "#%d: %s is \"%s\", not \"%s\"", i, what, is,
		or_empty(expected));
}

static void record_is(int i, const struct record *s)
{
	const struct tok *t = tok(i);
	const struct {
		const char *what;
		uint64_t is, expected;
	} numbers[] = {
		{"kind", s->kind, t->kind},
		{"uid", s->uid, everybody[t->owner].uid},
		{"created", s->created, t->made},
		{"expires", s->expires, t->expires},
		{"revoked", s->revoked, t->revoked},
		{"rank", s->revoked_rank, t->rank},
		{"not before", s->not_before, t->not_before},
		{"uses", s->uses, t->uses},
		{"used", s->used, t->used},
		{"children", s->children, t->children},
		{"rotated", s->rotated, t->rotated},
		{"grace ends", s->grace_ends, t->grace_ends},
		{"until used", s->until_used, t->until_used},
		{"retires", s->retires, t->retires},
	};

	for (size_t n = 0; n < COUNT(numbers); n++)
		HOLDS(numbers[n].is == numbers[n].expected, "#%d: %s is %llu, not %llu", i,
			numbers[n].what, (unsigned long long)numbers[n].is,
			(unsigned long long)numbers[n].expected);
	text_is(i, "owner", s->owner, account_name(t->owner));
	text_is(i, "name", s->name, t->name);
	text_is(i, "scopes", s->scopes, scope_texts[t->scopes]);
	text_is(i, "from", s->from, source_texts[t->sources]);
	text_is(i, "note", s->note, t->note);
	text_is(i, "created by", s->created_by, t->created_by);
	text_is(i, "revoked by", s->revoked_by, t->revoked_by);
	text_is(i, "parent", s->parent, id_of(t->parent));
	text_is(i, "successor", s->successor, id_of(t->successor));
	text_is(i, "predecessor", s->predecessor, id_of(t->predecessor));
}

/* All that a walk finds, in its order: those of the model for which `wanted` holds. */
#define WALKS(walk, what, wanted)                                                                  \
	do {                                                                                       \
		struct record s;                                                                   \
		for (int i = 0; i < model.n; i++) {                                                \
			if (!tok(i)->there || !(wanted))                                           \
				continue;                                                          \
			HOLDS(store_walk_next(t, walk, &s) == 0, "%s: #%d is missing", what, i);   \
			HOLDS(strcmp(s.id, tok(i)->minted.id) == 0, "%s: another than #%d", what,  \
				i);                                                                \
		}                                                                                  \
		HOLDS(store_walk_next(t, walk, &s) == ERR_NO_TOKEN, "%s: one too many", what);     \
	} while (0)

static void indexes_of(struct store_txn *t, unsigned owner)
{
	struct store_account a = {.children = 0};
	struct store_walk w;
	uint32_t children = 0;
	int err;

	store_walk_owner(&w, everybody[owner].uid);
	WALKS(&w, "owner", tok(i)->owner == owner);
	for (int j = 0; j < model.n; j++) {
		if (tok(j)->owner != owner)
			continue;
		store_walk_name(&w, everybody[owner].uid, span_of(tok(j)->name));
		WALKS(&w, "name",
			tok(i)->owner == owner && strcmp(tok(i)->name, tok(j)->name) == 0);
		store_walk_child(&w, tok(j)->minted.id);
		WALKS(&w, "child", tok(i)->parent == j);
		children += tok(j)->there && tok(j)->kind == KIND_EXCHANGED;
	}
	err = store_get_account(t, everybody[owner].uid, account_name(owner), &a);
	ck_assert(err == 0 || err == ERR_NO_TOKEN);
	HOLDS(a.children == children, "%s has %u children, not %u", account_name(owner), a.children,
		children);
}

static void compare(void)
{
	uint64_t expected = 0;
	struct store_txn *t;
	struct store_stat stat;

	ck_assert_int_eq(store_begin_read(store, &t), 0);
	for (int i = 0; i < model.n; i++) {
		struct record s;
		struct usage u;
		int err = store_get(t, tok(i)->minted.id, &s);

		HOLDS(err == (tok(i)->there ? 0 : ERR_NO_TOKEN), "#%d: %d", i, err);
		if (err) {
			HOLDS(tok(i)->kind == KIND_EXCHANGED ||
					!store_id_free(t, tok(i)->minted.id),
				"#%d has no tombstone", i);
			continue;
		}
		expected++;
		record_is(i, &s);
		ck_assert_int_eq(store_get_usage(t, tok(i)->minted.id, &u), 0);
		HOLDS(u.count == tok(i)->count && u.last == tok(i)->last, "#%d: usage", i);
	}
	ck_assert_int_eq(store_stat(t, &stat), 0);
	HOLDS(stat.tokens == expected, "%u tokens, not %u", (unsigned)stat.tokens,
		(unsigned)expected);
	for (unsigned owner = PERSON_ALICE; owner <= PERSON_DEPLOY; owner++)
		indexes_of(t, owner);
	store_abort(t);
}

/* What each is said to be, and whether it opens a door. */
static void ask_each(void)
{
	for (int i = 0; i < model.n; i++) {
		const struct door *door = &doors[any(COUNT(doors))];
		int err;

		if (!tok(i)->there)
			continue;
		ck_assert_int_eq(DO(SHOW, ROOT, .id = tok(i)->minted.id), 0);
		says_token(i);
		begin(VERB_VERIFY, ROOT,
			(struct args){.token = tok(i)->minted.text,
				.user = account_name(tok(i)->owner),
				.service = door->service,
				.rhost = door->rhost});
		err = check(dispatch_find(VERB_VERIFY));
		if (!err && r.reused) /* which is told once the family is revoked */
			err = ERR_ROTATED;
		HOLDS(err == verdict(i, door, false), "#%d at %s from %s: %d, not %d", i,
			door->service, door->rhost ? door->rhost : "-", err,
			verdict(i, door, false));
	}
}

/* Everything goes, but for the tombstones. */
static void empty_store(void)
{
	struct store_walk w;
	struct store_txn *t;
	struct record s;

	ck_assert_int_eq(store_begin_write(store, &t), 0);
	store_walk_all(&w);
	while (store_walk_next(t, &w, &s) == 0)
		ck_assert_int_eq(store_delete(t, &s, now), 0);
	while (store_clear_ended(t, UINT64_MAX, &s) == 0)
		;
	ck_assert_int_eq(store_commit(t), 0);
}

/* ---- sequences ---- */

static const struct {
	void (*run)(void);
	unsigned share; /* of a hundred */
} operations[] = {{mint_one, 12}, {log_in, 22}, {ask_again, 3}, {inspect_one, 3}, {show_one, 4},
	{list_some, 2}, {edit_one, 4}, {revoke_one, 8}, {revoke_many, 1}, {restore_one, 6},
	{delete_one, 5}, {rotate_one, 10}, {exchange_one, 12}, {pass_time, 5}, {change_policy, 1},
	{change_people, 1}, {clear_away, 1}};

static void operate(void)
{
	unsigned at = any(100);

	if (favourites[0] && any(4)) {
		favourites[any(2)]();
		return;
	}
	for (size_t i = 0; i < COUNT(operations); i++) {
		if (at < operations[i].share) {
			operations[i].run();
			return;
		}
		at -= operations[i].share;
	}
}

static void favour(unsigned *n)
{
	static void (*const pairs[][2])(void) = {{rotate_one, log_in}, {rotate_one, revoke_one},
		{rotate_one, restore_one}, {exchange_one, exchange_one}, {exchange_one, log_in},
		{exchange_one, revoke_one}, {exchange_one, rotate_one}};
	unsigned i = any(3 * COUNT(pairs));

	memset(favourites, 0, sizeof(favourites));
	if (i >= COUNT(pairs))
		return;
	memcpy(favourites, pairs[i], sizeof(favourites));
	*n += LONGEST;
}

static void sequence(void)
{
	unsigned n = SHORTEST + any(LONGEST - SHORTEST);

	memset(&model, 0, sizeof(model));
	model.rules = (struct rules){.max_tokens = 100,
		.ceiling = EVERYWHERE,
		.rotate_grace = DAY,
		.revoke_reused = any(2)};
	memcpy(people, everybody, sizeof(people));
	now = NOW;
	clock_mark = 0;
	stamp = 0;
	told_so_far = 0;
	favour(&n);
	enforce();
	for (unsigned i = 0; i < 3; i++) /* some begin under other rules */
		if (!any(3))
			change_policy();
	mint_one();
	while (n-- > 0) {
		if (n < SHORTEST)
			memset(favourites, 0, sizeof(favourites));
		operate();
	}
	tell("\nin the end");
	ask_each();
	compare();
	empty_store();
}

/* In memory, if that can be had: every commit is synchronous. */
static char memory[] = "/dev/shm/check_model.XXXXXX";
static bool in_memory;

static void model_base(void)
{
	requests_base();
	in_memory = mkdtemp(memory) != NULL;
}

static void model_remove_base(void)
{
	if (in_memory)
		nftw(memory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	remove_base();
}

static void model_setup(void)
{
	char why[256] = "";

	requests_setup();
	if (!in_memory)
		return;
	store_close(store);
	ck_assert_msg(store_open(memory, &store, why, sizeof(why)) == 0, "%s", why);
}

START_TEST(sequences)
{
	const char *given = getenv("MODEL_SEQUENCES");
	unsigned many = given ? (unsigned)atoi(given) : SEQUENCES;

	for (unsigned i = 0; i < many; i++) {
		sequence_seed = seed + i;
		srand(sequence_seed);
		sequence();
	}
	printf("%u sequences:", many);
	for (unsigned i = 0; i < DEEDS; i++)
		printf("%s %u %s", i ? "," : "", deeds[i], deed_names[i]);
	printf("\n");
	for (unsigned i = 0; i < DEEDS && many >= SEQUENCES; i++)
		ck_assert_msg(deeds[i] > 0, "none %s", deed_names[i]);
}
END_TEST

int main(void)
{
	const char *given = getenv("MODEL_SEED");
	Suite *s = suite_create("model");
	TCase *t = tcase_create("model");

	seed = given ? (unsigned)strtoul(given, NULL, 10)
		     : (unsigned)time(NULL) ^ (unsigned)getpid() << 16;
	printf("MODEL_SEED=%u\n", seed);
	fflush(stdout);
	tcase_set_timeout(t, 500); /* for slow disks */
	tcase_add_unchecked_fixture(t, model_base, model_remove_base);
	tcase_add_checked_fixture(t, model_setup, requests_teardown);
	tcase_add_test(t, sequences);
	suite_add_tcase(s, t);
	return unit_run(s);
}
