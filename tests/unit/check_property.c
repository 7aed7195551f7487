/*
 * check_property.c: whatever is minted, edited, revoked and restored under whatever policy, no
 * login succeeds that the policy in force refuses, and none fails that it allows. The oracle is
 * this file's own reading of the rules: it shares no code with the decision.
 *
 * PROPERTY_SEED=N repeats a run, PROPERTY_STEPS=N makes it longer.
 */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/keys.h"
#include "tests/unit/requests.h"

enum { DAY = 86400, TOKENS = 48, DEFAULT_STEPS = 40000 };

static unsigned seed;

/* One clock for the test and for what stamps a new token. */
int clock_gettime(clockid_t id, struct timespec *t)
{
	if (id != CLOCK_REALTIME)
		return (int)syscall(SYS_clock_gettime, id, t);
	*t = (struct timespec){.tv_sec = (time_t)now, .tv_nsec = 123456789};
	return 0;
}

static unsigned any(unsigned n)
{
	return (unsigned)rand() % n;
}

/* ---- the world, as words ---- */

static const char *const services[] = {"sshd", "sudo", "su", "nginx", "cockpit", "login", "patctl"};
static const char *const hosts[] = {
	"192.0.2.5", "::ffff:192.0.2.5", "2001:db8::9", "10.0.0.1", "host.example.org", ""};
static const char *const scope_lists[] = {
	"sshd", "sudo", "sshd,sudo", "web", "sshd,web", "*", "nginx", "login,su"};

/* Which hosts each list of sources has, and whether `local` stands in it. */
static const struct {
	const char *list;
	bool host[COUNT(hosts)], local;
} sources[] = {
	{NULL, {true, true, true, true, true, true}, false},
	{"192.0.2.0/24", {true, true, false, false, false, false}, false},
	{"2001:db8::/32", {false, false, true, false, false, false}, false},
	{"local", {false, false, false, false, false, false}, true},
	{"10.0.0.1,local", {false, false, false, true, false, false}, true},
	{"0.0.0.0/0", {true, true, false, true, false, false}, false},
	{"::/0", {false, false, true, false, false, false}, false},
};

/* ---- the policy ---- */

enum list { LIST_EMPTY, LIST_STAR, LIST_ALICE, LIST_OPS, LIST_USERS, LIST_DEPLOY_ROOT, LISTS };
static const char *const list_words[LISTS] = {
	"", "\"*\"", "alice", "\"@ops\"", "\"@users\"", "deploy, root"};

static struct policy {
	enum list allow, deny, managers;
	bool root_tokens, root_only, web, login_is_local, section;
	unsigned require, ceiling; /* COUNT(scope_lists): default_scopes */
	uint64_t max_lifetime, account_lifetime, inactive_after;
} policy;

static void enforce(void)
{
	char text[2048];
	int n = snprintf(text, sizeof(text),
		"max_tokens = 1000\nallow_users = {%s}\ndeny_users = {%s}\nroot_tokens = "
		"%s\nreauth = %s\n"
		"%s\nrequire = {%s%s%s%s}\n",
		list_words[policy.allow], list_words[policy.deny],
		policy.root_tokens ? "true" : "false", policy.root_only ? "root-only" : "pam",
		policy.login_is_local ? "local_services = {login}" : "",
		policy.require & 1 ? "from," : "", policy.require & 2 ? "expires," : "",
		policy.require & 4 ? "uses," : "", policy.require & 8 ? "bind-key," : "");

	if (policy.max_lifetime)
		n += sprintf(text + n, "max_lifetime = %us\n", (unsigned)policy.max_lifetime);
	if (policy.inactive_after)
		n += sprintf(text + n, "inactive_after = %us\n", (unsigned)policy.inactive_after);
	if (policy.web)
		n += sprintf(text + n, "scope web { services = {nginx, cockpit} }\n");
	if (policy.section) {
		n += sprintf(text + n, "account deploy {\nmanagers = {%s}\n",
			list_words[policy.managers]);
		if (policy.account_lifetime)
			n += sprintf(text + n, "max_lifetime = %us\n",
				(unsigned)policy.account_lifetime);
		if (policy.ceiling < COUNT(scope_lists)) {
			char words[64], *save = NULL;

			strcpy(words, scope_lists[policy.ceiling]);
			n += sprintf(text + n, "scopes = {");
			for (char *w = strtok_r(words, ",", &save); w;
				w = strtok_r(NULL, ",", &save))
				n += sprintf(text + n, "\"%s\",", w);
			n += sprintf(text + n, "}\n");
		}
		sprintf(text + n, "}\n");
	}
	configure(text);
}

static void change_policy(void)
{
	static const uint64_t lifetimes[] = {0, 0, DAY, 10 * DAY}, idle[] = {0, 0, 3 * DAY};

	switch (any(10)) {
	case 0:
		policy.allow = (enum list)any(LISTS);
		break;
	case 1:
		policy.deny = (enum list)any(LISTS);
		break;
	case 2:
		policy.root_tokens = any(2);
		break;
	case 3:
		policy.web = any(2);
		break;
	case 4:
		policy.login_is_local = any(2);
		break;
	case 5:
		policy.require = any(4) ? 0 : 1U << any(4);
		break;
	case 6:
		policy.max_lifetime = lifetimes[any(4)];
		break;
	case 7:
		policy.inactive_after = idle[any(3)];
		break;
	case 8:
		policy.root_only = !any(3);
		break;
	default:
		policy.section = any(4);
		policy.managers = (enum list)any(LISTS);
		policy.ceiling = any(COUNT(scope_lists) + 1);
		policy.account_lifetime = lifetimes[any(4)];
	}
	/* Most of the time most people may do something. */
	if (any(3))
		policy.allow = LIST_STAR;
	if (any(3))
		policy.deny = LIST_EMPTY;
	if (any(2))
		policy.require = 0;
	enforce();
}

static void change_people(void)
{
	struct account *a = &people[1 + any(3)];

	*a = everybody[a - people];
	switch (any(20)) {
	case 0:
		a->locked = true;
		break;
	case 1:
		a->expired = true;
		break;
	case 2:
		a->state = ACCOUNT_ABSENT;
		break;
	case 3:
		a->state = ACCOUNT_ERROR;
		break;
	case 4:
		a->groups_known = false;
		a->groups_len = 0;
		break;
	case 5:
		a->groups_len = sizeof("users");
		break;
	default:
		break;
	}
}

/* ---- tokens, as the test remembers them ---- */

static struct model {
	struct minted minted;	 /* id "": none */
	unsigned person;	 /* in people[] */
	unsigned scopes, source; /* COUNT(scope_lists): what the account's default was */
	char scope_text[LIMIT_SCOPES + 1];
	uint64_t created, expires, not_before, uses, used, last;
	bool bound, revoked;
	uid_t revoker;
} models[TOKENS];

/* ---- the oracle ---- */

static bool has_group(const struct account *a, const char *group)
{
	for (size_t at = 0; at < a->groups_len; at += strlen(a->groups + at) + 1)
		if (strcmp(a->groups + at, group) == 0)
			return true;
	return false;
}

/* certain: only what is known; else also what might be. */
static bool in_list(enum list list, const struct account *a, bool certain)
{
	const char *group = list == LIST_OPS ? "ops" : "users";

	switch (list) {
	case LIST_STAR:
		return true;
	case LIST_ALICE:
		return strcmp(a->name, "alice") == 0;
	case LIST_DEPLOY_ROOT:
		return strcmp(a->name, "deploy") == 0 || a->uid == 0;
	case LIST_OPS:
	case LIST_USERS:
		return has_group(a, group) || (!certain && !a->groups_known);
	default:
		return false;
	}
}

static bool stands_for(const char *word, const char *service)
{
	if (strcmp(word, "*") == 0)
		return true;
	if (policy.web && strcmp(word, "web") == 0)
		return strcmp(service, "nginx") == 0 || strcmp(service, "cockpit") == 0;
	return strcmp(word, service) == 0;
}

static bool in_scopes(const char *list, const char *service)
{
	char words[LIMIT_SCOPES + 1], *save = NULL;

	strcpy(words, list);
	for (char *w = strtok_r(words, ",", &save); w; w = strtok_r(NULL, ",", &save))
		if (strcmp(service, "patctl") != 0 && stands_for(w, service))
			return true;
	return false;
}

static bool is_deploy(const struct model *m)
{
	return m->person == 3;
}

static const char *ceiling(const struct model *m)
{
	if (!policy.section || !is_deploy(m))
		return "*";
	return policy.ceiling < COUNT(scope_lists) ? scope_lists[policy.ceiling] : "sshd";
}

static bool is_local(const char *service)
{
	return policy.login_is_local ? strcmp(service, "login") == 0
				     : strcmp(service, "sudo") == 0 || strcmp(service, "su") == 0;
}

static bool owner_fine(const struct model *m)
{
	const struct account *a = &people[m->person];

	if (a->state != ACCOUNT_FOUND || a->locked || a->expired)
		return false;
	if (a->uid == 0 && !policy.root_tokens)
		return false;
	return in_list(policy.allow, a, true) && !in_list(policy.deny, a, false);
}

static bool old_enough_to_die(const struct model *m)
{
	uint64_t last = m->last ? m->last : m->created;

	return (policy.max_lifetime && now - m->created >= policy.max_lifetime) ||
	       (policy.section && is_deploy(m) && policy.account_lifetime &&
		       now - m->created >= policy.account_lifetime) ||
	       (policy.inactive_after && now - last >= policy.inactive_after);
}

static bool restricted(const struct model *m)
{
	return !((policy.require & 1 && !sources[m->source].list) ||
		 (policy.require & 2 && !m->expires) || (policy.require & 4 && !m->uses) ||
		 (policy.require & 8 && !m->bound));
}

static bool may_log_in(const struct model *m, const char *service, unsigned host, bool key)
{
	return !m->revoked && now >= m->not_before && (!m->expires || now < m->expires) &&
	       (!m->expires || now + 300 >= clock_mark) && (!m->uses || m->used < m->uses) &&
	       in_scopes(m->scope_text, service) && in_scopes(ceiling(m), service) &&
	       (sources[m->source].host[host] || (sources[m->source].local && is_local(service))) &&
	       (!m->bound || (key && strcmp(service, "sshd") == 0)) && owner_fine(m) &&
	       !old_enough_to_die(m) && restricted(m);
}

static bool may_widen(const struct model *m, uid_t peer)
{
	const struct account *actor = NULL;

	if (peer == ROOT)
		return true;
	for (size_t i = 0; i < COUNT(people); i++)
		if (people[i].uid == peer)
			actor = &people[i];
	if (policy.root_only || !actor || actor->state != ACCOUNT_FOUND)
		return false;
	return peer == everybody[m->person].uid ||
	       (is_deploy(m) && policy.section && in_list(policy.managers, actor, true));
}

/* ---- steps ---- */

static unsigned steps, accepted, refusals, minted_count, restored;

#define HOLDS(condition, ...)                                                                      \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("PROPERTY_SEED=%u, step %u: ", seed, steps);                        \
			printf(__VA_ARGS__);                                                       \
			printf("\n");                                                              \
			fflush(stdout);                                                            \
			ck_abort_msg("%s (PROPERTY_SEED=%u, step %u)", #condition, seed, steps);   \
		}                                                                                  \
	} while (0)

static int verify(
	const struct model *m, const char *service, unsigned host, bool key, bool for_real)
{
	struct args a = {.token = m->minted.text,
		.user = everybody[m->person].name,
		.service = service,
		.rhost = hosts[host],
		.auth_info = key ? "publickey " KEY_ED25519 "\n" : NULL};

	if (for_real)
		return perform(VERB_VERIFY, ROOT, a);
	begin(VERB_VERIFY, ROOT, a);
	return check(dispatch_find(VERB_VERIFY));
}

static void log_in(struct model *m)
{
	const char *service = services[any(COUNT(services))];
	unsigned host = any(COUNT(hosts));
	bool key = any(2), expected;
	int err;

	for (unsigned tries = any(2) ? 20 : 0; tries > 0 && !may_log_in(m, service, host, key);
		tries--) {
		service = services[any(COUNT(services))]; /* aim at what might work */
		host = any(COUNT(hosts));
		key = true;
	}
	expected = may_log_in(m, service, host, key);
	err = verify(m, service, host, key, true);
	HOLDS((err == 0) == expected, "%s for %s from \"%s\": %d (%s)", m->scope_text, service,
		hosts[host], err, r.why);
	accepted += !err;
	refusals += err != 0;
	if (err)
		return;
	m->used += m->uses != 0;
	if (!any(4)) { /* as the tally does, a moment later */
		struct store_txn *t;
		struct usage u;

		ck_assert_int_eq(store_begin_write(store, &t), 0);
		ck_assert_int_eq(store_get_usage(t, m->minted.id, &u), 0);
		usage_count(&u, now, span_of(service), span_of(hosts[host]));
		ck_assert_int_eq(store_put_usage(t, m->minted.id, &u), 0);
		ck_assert_int_eq(store_commit(t), 0);
		m->last = now;
	}
}

/* Every door, tried without walking through it. Does one open? */
static bool every_door(const struct model *m)
{
	bool opens = false;

	for (size_t s = 0; s < COUNT(services); s++)
		for (unsigned h = 0; h < COUNT(hosts); h++) {
			bool expected = may_log_in(m, services[s], h, true);
			int err = verify(m, services[s], h, true, false);

			HOLDS((err == 0) == expected, "any door: %s for %s from \"%s\": %d (%s)",
				m->scope_text, services[s], hosts[h], err, r.why);
			opens |= err == 0;
		}
	return opens;
}

/* Minted a moment ago: one of its services accepts it, from one of its sources. */
static void is_of_use(const struct model *m)
{
	bool of_use = every_door(m);

	/* but for one that is for later, and one whose sources or key no service of its scopes can
	 * have */
	if (m->not_before > now || (m->bound && !in_scopes(m->scope_text, "sshd")))
		return;
	if (sources[m->source].list && strcmp(sources[m->source].list, "local") == 0)
		return;
	/* of a scope that pat.conf does not define, none of the services is one */
	if (!policy.web && strcmp(m->scope_text, "web") == 0)
		return;
	HOLDS(of_use, "%s from %s is of no use", m->scope_text,
		sources[m->source].list ? sources[m->source].list : "anywhere");
}

static uid_t any_peer(unsigned person)
{
	const uid_t peers[] = {everybody[person].uid, everybody[person].uid, ROOT, ALICE, BOB};

	return peers[any(COUNT(peers))];
}

static void mint_one(struct model *m)
{
	static unsigned serial;
	char name[32];
	struct args a = {.name = name};
	uid_t peer;
	int err;

	*m = (struct model){.person = any(4),
		.scopes = any(COUNT(scope_lists) + 1),
		.source = any(3) ? 0 : any(COUNT(sources)),
		.bound = !any(5)};
	m->expires = any(2) ? now + 1 + any(20 * DAY) : 0;
	m->not_before = any(6) ? 0 : now + any(DAY);
	m->uses = any(3) ? 0 : 1 + any(3);
	snprintf(name, sizeof(name), "n-%u", serial++);
	a.user = everybody[m->person].name;
	a.scopes = m->scopes < COUNT(scope_lists) ? scope_lists[m->scopes] : NULL;
	a.from = sources[m->source].list;
	a.bind_key = m->bound ? PRINT_ED25519 : NULL;
	a.expires = m->expires || any(2) ? number(m->expires) : NULL;
	a.not_before = m->not_before ? number(m->not_before) : NULL;
	a.uses = m->uses ? number(m->uses) : NULL;
	peer = any_peer(m->person);
	err = perform(VERB_MINT, peer, a);
	if (err) {
		m->minted.id[0] = '\0';
		return;
	}
	minted_count++;
	HOLDS(may_widen(m, peer), "minted by uid %u", peer);
	m->minted = taken_from_reply();
	m->created = proto_number(&reply, TAG_CREATED);
	m->expires = proto_number(&reply, TAG_EXPIRES);
	ck_assert(span_copy(proto_text(&reply, TAG_SCOPES), m->scope_text, sizeof(m->scope_text)));
	HOLDS(m->created == now, "created %llu", (unsigned long long)m->created);
	HOLDS(!policy.max_lifetime || (m->expires && m->expires <= now + policy.max_lifetime),
		"lives too long");
	HOLDS(!policy.section || !is_deploy(m) || !policy.account_lifetime ||
			(m->expires && m->expires <= now + policy.account_lifetime),
		"lives longer than its account allows");
	is_of_use(m);
}

static void edit_one(struct model *m)
{
	uint64_t end = any(3) ? now + any(20 * DAY) : 0;
	uid_t peer = any_peer(m->person);

	if (DO(EDIT, peer, .id = m->minted.id, .expires = number(end),
		    .note = any(2) ? "edited" : NULL))
		return;
	HOLDS(may_widen(m, peer), "edited by uid %u", peer);
	HOLDS(proto_number(&reply, TAG_EXPIRES) == end, "another end than asked for");
	HOLDS(!m->expires || (end && end <= m->expires), "lives longer than it did");
	m->expires = end;
}

static void revoke_one(struct model *m)
{
	uid_t peer = any_peer(m->person);

	if (DO(REVOKE, peer, .id = m->minted.id))
		return;
	m->revoker = m->revoked && m->revoker == ROOT ? ROOT : peer;
	m->revoked = true;
}

static void restore_one(struct model *m)
{
	uid_t peer = any_peer(m->person);

	if (DO(RESTORE, peer, .id = m->minted.id))
		return;
	restored++;
	HOLDS(m->revoked, "was not revoked");
	HOLDS(may_widen(m, peer), "restored by uid %u", peer);
	HOLDS(peer == ROOT || m->revoker != ROOT, "restored by uid %u what root had revoked", peer);
	m->revoked = false;
	every_door(m);
}

static void drop(struct model *m)
{
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = m->minted.id), 0);
	ck_assert_int_eq(DO(DELETE, ROOT, .id = m->minted.id), 0);
	ck_assert_int_eq(verify(m, "sshd", 0, true, true), ERR_NO_TOKEN);
	m->minted.id[0] = '\0';
}

static void step(void)
{
	struct model *m = &models[any(TOKENS)];
	unsigned what = any(100);

	if (what < 4)
		change_policy();
	else if (what < 8)
		change_people();
	else if (what < 10)
		now += any(DAY / 4);
	else if (what < 11)
		clock_mark = any(2) ? now + any(600) : 0;
	else if (!m->minted.id[0])
		mint_one(m);
	else if (what < 15)
		edit_one(m);
	else if (what < 22)
		revoke_one(m);
	else if (what < 33)
		restore_one(m);
	else if (what < 36)
		drop(m);
	else
		log_in(m);
}

START_TEST(property)
{
	const char *given = getenv("PROPERTY_STEPS");
	unsigned many = given ? (unsigned)atoi(given) : DEFAULT_STEPS;

	srand(seed);
	memset(models, 0, sizeof(models));
	policy = (struct policy){.allow = LIST_STAR};
	enforce();
	for (steps = 0; steps < many; steps++)
		step();
	printf("%u steps: %u tokens minted, %u restored; %u logins accepted, %u refused\n", steps,
		minted_count, restored, accepted, refusals);
	/* a run in which little happened says little */
	ck_assert_uint_gt(minted_count, many / 200);
	ck_assert_uint_gt(accepted, many / 100);
	ck_assert_uint_gt(refusals, many / 100);
	ck_assert_uint_gt(restored, many / 1000);
}
END_TEST

int main(void)
{
	const char *given = getenv("PROPERTY_SEED");
	Suite *s = suite_create("property");
	TCase *t = tcase_create("property");

	seed = given ? (unsigned)strtoul(given, NULL, 10)
		     : (unsigned)time(NULL) ^ (unsigned)getpid() << 16;
	printf("PROPERTY_SEED=%u\n", seed);
	fflush(stdout);
	tcase_set_timeout(t, 500); /* for slow disks */
	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, requests_setup, requests_teardown);
	tcase_add_test(t, property);
	suite_add_tcase(s, t);
	return unit_run(s);
}
