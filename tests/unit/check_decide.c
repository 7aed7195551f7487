/* check_decide.c: does this token open this door now? The decision as one table of cases. */
#include <string.h>

#include "common/err.h"
#include "patd/decide.h"
#include "tests/unit/conf.h"
#include "tests/unit/keys.h"

enum { NOW = 1800000000, DAY = 86400, HOUR = 3600 };

/* ---- people ---- */

#define GROUPS(names) .groups_known = true, .groups_len = sizeof(names), .groups = names
#define ALICE	      .state = ACCOUNT_FOUND, .uid = 1000, .name = "alice", .local = true

static const struct account alice = {ALICE, GROUPS("users\0staff")};
static const struct account alice_locked = {ALICE, GROUPS("users\0staff"), .locked = true};
static const struct account alice_expired = {ALICE, GROUPS("users\0staff"), .expired = true};
static const struct account alice_both = {
	ALICE, GROUPS("users\0staff"), .locked = true, .expired = true};
static const struct account alice_unknown_groups = {ALICE};
static const struct account alice_some_groups = {
	ALICE, .groups_len = sizeof("users"), .groups = "users"};
static const struct account alice_no_groups = {ALICE, .groups_known = true};
static const struct account remade = {
	.state = ACCOUNT_FOUND, .uid = 1001, .name = "alice", GROUPS("users")};
static const struct account renamed = {
	.state = ACCOUNT_FOUND, .uid = 1000, .name = "alicia", GROUPS("users")};
static const struct account bob = {
	.state = ACCOUNT_FOUND, .uid = 1001, .name = "bob", GROUPS("users")};
static const struct account root = {
	.state = ACCOUNT_FOUND, .uid = 0, .name = "root", GROUPS("root")};
static const struct account toor = {
	.state = ACCOUNT_FOUND, .uid = 0, .name = "toor", GROUPS("root")};
static const struct account deploy = {
	.state = ACCOUNT_FOUND, .uid = 500, .name = "deploy", GROUPS("deploy")};
static const struct account gone = {.state = ACCOUNT_ABSENT};
static const struct account failed = {.state = ACCOUNT_ERROR};

/* ---- cases ---- */

/* What a case names differs from a login that is fine: alice's token for sshd, from 192.0.2.7, now.
 */
struct row {
	const char *what, *fails; /* the check that refuses; NULL: accepted */
	const char *conf;
	const char *scopes, *from, *bind_key; /* of the token: sshd, anywhere, none */
	uint8_t kind;			      /* KIND_PERSONAL */
	uint64_t expires, not_before, uses, used, revoked;
	uint64_t age, idle; /* seconds since it was minted, and used (0: never) */
	const struct account *who, *user,
		*owner;				 /* whose token it is, and what names say of both */
	const char *service, *rhost, *auth_info; /* "sshd", "192.0.2.7", nothing */
	int prefix;				 /* -1: not ours; 0: the kind's */
	uint64_t mark;				 /* the clock's */
	bool no_user, any_door, counted;
	uint64_t rotated, grace_ends;
	bool until_used, orphan;
};

#define FROM(list)   .from = (list)
#define SERVICE(s)   .service = (s)
#define RHOST(host)  .rhost = (host)
#define CONF(text)   .conf = text "\n"
#define KEY(print)   .bind_key = (print)
#define INFO(text)   .auth_info = (text)
#define V4	     FROM("192.0.2.0/24")
#define V6	     FROM("2001:db8::/32")
#define DEPLOY(keys) .who = &deploy, .kind = KIND_SERVICE, CONF("account deploy { " keys " }")
#define WEB	     "scope web { services = {nginx, cockpit} }\n"

static const struct row rows[] = {
	/* what is fine */
	{"all is well", NULL, .any_door = false},
	{"at any door", NULL, .any_door = true},
	{"of nobody in particular", NULL, .no_user = true},
	{"an exchanged one", NULL, .kind = KIND_EXCHANGED},
	{"a service account's", NULL, DEPLOY("")},
	{"with every restriction", NULL, V4, KEY(PRINT_ED25519),
		INFO("publickey " KEY_ED25519 "\n"), .uses = 1, .expires = NOW + 1,
		.not_before = NOW},

	/* names */
	{"the user unknown for now", "names", .user = &failed},
	{"the owner unknown for now", "names", .owner = &failed},
	{"both unknown for now", "names", .user = &failed, .owner = &failed},
	{"the owner unknown for now, nobody in particular", "names", .owner = &failed,
		.no_user = true},
	{"the owner unknown for now, at any door", "names", .owner = &failed, .any_door = true},
	{"unknown for now and revoked", "names", .owner = &failed, .revoked = 1},

	/* prefix */
	{"of another site", "prefix", .prefix = -1},
	{"another kind's prefix", "prefix", .prefix = KIND_SERVICE},
	{"an exchanged one's prefix", "prefix", .prefix = KIND_EXCHANGED},
	{"a service account's with a personal one's prefix", "prefix", .kind = KIND_SERVICE,
		.prefix = KIND_PERSONAL},
	{"prefix before all that follows", "prefix", .prefix = -1, .user = &bob, .revoked = 1,
		SERVICE("su")},

	/* user */
	{"another user", "user", .user = &bob},
	{"no such user", "user", .user = &gone},
	{"the owner's name, another uid", "user", .user = &remade},
	{"the owner's uid, another name", "user", .user = &renamed},
	{"root", "user", .user = &root},
	{"another user, whose token is revoked", "user", .user = &bob, .revoked = 1},
	{"another user, of an owner that is gone", "user", .user = &bob, .owner = &gone},

	/* owner and locks */
	{"deleted", "owner", .owner = &gone, .no_user = true},
	{"deleted, at any door", "owner", .owner = &gone, .any_door = true, .no_user = true},
	{"made anew with another uid", "owner", .owner = &remade, .no_user = true},
	{"renamed", "owner", .owner = &renamed, .no_user = true},
	{"deleted since the user was looked up", "owner", .owner = &gone},
	{"locked", "locked", .user = &alice_locked, .owner = &alice_locked},
	{"expired in shadow", "locked", .user = &alice_expired, .owner = &alice_expired},
	{"locked and expired", "locked", .owner = &alice_both},
	{"locked, nobody in particular", "locked", .owner = &alice_locked, .no_user = true},
	{"locked before revoked", "locked", .owner = &alice_locked, .revoked = 1},

	/* revoked */
	{"revoked", "revoked", .revoked = NOW - 1},
	{"revoked this second", "revoked", .revoked = NOW},
	{"revoked in the future", "revoked", .revoked = NOW + DAY},
	{"revoked in the first second", "revoked", .revoked = 1},
	{"revoked before pending", "revoked", .revoked = 1, .not_before = NOW + 1},
	{"revoked before expired", "revoked", .revoked = 1, .expires = 1},

	/* not before */
	{"began a second ago", NULL, .not_before = NOW - 1},
	{"begins now", NULL, .not_before = NOW},
	{"begins in a second", "not-before", .not_before = NOW + 1},
	{"begins at the end of time", "not-before", .not_before = UINT64_MAX},
	{"pending, at any door", "not-before", .not_before = NOW + 1, .any_door = true},
	{"pending before expired", "not-before", .not_before = NOW + 1, .expires = NOW - 1},
	{"pending before used up", "not-before", .not_before = NOW + 1, .uses = 1, .used = 1},

	/* the clock */
	{"as the mark says", NULL, .expires = NOW + DAY, .mark = NOW},
	{"a mark long past", NULL, .expires = NOW + DAY, .mark = 1},
	{"behind by a second", NULL, .expires = NOW + DAY, .mark = NOW + 1},
	{"behind by a second less than 5 minutes", NULL, .expires = NOW + DAY, .mark = NOW + 299},
	{"behind by 5 minutes", NULL, .expires = NOW + DAY, .mark = NOW + 300},
	{"behind by a second more", "clock", .expires = NOW + DAY, .mark = NOW + 301},
	{"behind by years", "clock", .expires = NOW + DAY, .mark = NOW + 1000 * DAY},
	{"behind, without an end", NULL, .mark = NOW + 1000 * DAY},
	{"behind, at any door", "clock", .expires = NOW + DAY, .mark = NOW + 301, .any_door = true},
	{"behind before expired", "clock", .expires = NOW, .mark = NOW + 301},

	/* expires */
	{"ends in a second", NULL, .expires = NOW + 1},
	{"ends now", "expires", .expires = NOW},
	{"ended a second ago", "expires", .expires = NOW - 1},
	{"ended in the first second", "expires", .expires = 1},
	{"ends at the end of time", NULL, .expires = UINT64_MAX},
	{"ended, at any door", "expires", .expires = NOW, .any_door = true},
	{"expired before used up", "expires", .expires = NOW, .uses = 1, .used = 1},
	{"expired before the scope", "expires", .expires = NOW, SERVICE("su")},

	/* uses */
	{"one of one left", NULL, .uses = 1},
	{"one of three left", NULL, .uses = 3, .used = 2},
	{"rotated, in its grace time", NULL, .rotated = NOW - 5, .grace_ends = NOW + 1},
	{"rotated, its grace time ends now", "rotated", .rotated = NOW - 5, .grace_ends = NOW},
	{"rotated long ago", "rotated", .rotated = NOW - DAY, .grace_ends = NOW - HOUR},
	{"rotated long ago, at any door", "rotated", .rotated = NOW - DAY, .grace_ends = NOW - HOUR,
		.any_door = true},
	{"rotated this second, without grace", "rotated", .rotated = NOW, .grace_ends = NOW},
	{"rotated, its successor not used yet", NULL, .rotated = 1, .until_used = true},
	{"rotated, its successor used", "rotated", .rotated = 1, .until_used = true,
		.grace_ends = NOW - 1},
	{"rotated, and the clock behind", "clock", .rotated = NOW - 5, .grace_ends = NOW + 999,
		.mark = NOW + DECIDE_CLOCK_SLACK + 1},
	{"rotated until used, and the clock behind", NULL, .rotated = NOW - 5, .until_used = true,
		.mark = NOW + DECIDE_CLOCK_SLACK + 1},
	{"expired before rotated", "expires", .expires = NOW, .rotated = NOW - 5,
		.grace_ends = NOW},
	{"revoked before rotated", "revoked", .revoked = NOW, .rotated = NOW - 5,
		.grace_ends = NOW},
	{"rotated before used up", "rotated", .uses = 1, .used = 1, .rotated = NOW - 5,
		.grace_ends = NOW},
	{"exchanged for what is gone", "parent", .kind = KIND_EXCHANGED, .orphan = true},
	{"exchanged for what is gone, at any door", "parent", .kind = KIND_EXCHANGED,
		.orphan = true, .any_door = true},
	{"used up before its parent is gone", "uses", .uses = 1, .used = 1, .orphan = true},
	{"none of one left", "uses", .uses = 1, .used = 1},
	{"none of three left", "uses", .uses = 3, .used = 3},
	{"more used than there were", "uses", .uses = 3, .used = 4},
	{"counted, but not limited", NULL, .used = 7},
	{"the last, counted already", NULL, .uses = 1, .used = 1, .counted = true},
	{"as many as there can be", NULL, .uses = UINT64_MAX, .used = UINT64_MAX - 1},
	{"used up, at any door", "uses", .uses = 1, .used = 1, .any_door = true},
	{"counted, and expired since", "expires", .uses = 1, .used = 1, .counted = true,
		.expires = NOW},

	/* scope */
	{"another service", "scope", SERVICE("sudo")},
	{"a service of which the scope is the start", "scope", SERVICE("sshd2")},
	{"a service that is the start of the scope", "scope", SERVICE("ssh")},
	{"no service", "scope", SERVICE("")},
	{"a service in capitals", "scope", SERVICE("SSHD")},
	{"the second of two", NULL, .scopes = "sshd,sudo", SERVICE("sudo")},
	{"two are none", "scope", .scopes = "sshd,sudo", SERVICE("sshd,sudo")},
	{"every service", NULL, .scopes = "*", SERVICE("nginx")},
	{"every service but patctl", "scope", .scopes = "*", SERVICE("patctl")},
	{"patctl though it stands there", "scope", .scopes = "patctl,sshd", SERVICE("patctl")},
	{"the star is no service", "scope", SERVICE("*")},
	{"a scope of pat.conf", NULL, CONF(WEB), .scopes = "web", SERVICE("nginx")},
	{"its other service", NULL, CONF(WEB), .scopes = "sshd,web", SERVICE("cockpit")},
	{"a service that is not of it", "scope", CONF(WEB), .scopes = "web"},
	{"its name is no service", "scope", CONF(WEB), .scopes = "web", SERVICE("web")},
	{"a scope that pat.conf no longer defines", "scope", .scopes = "web", SERVICE("nginx")},
	{"a scope that is patctl's, though listed by a star", "scope", CONF(WEB), .scopes = "*,web",
		SERVICE("patctl")},
	{"scope before source", "scope", V6, SERVICE("su")},

	/* from */
	{"in the network", NULL, V4},
	{"its first address", NULL, V4, RHOST("192.0.2.0")},
	{"its last address", NULL, V4, RHOST("192.0.2.255")},
	{"one past it", "from", V4, RHOST("192.0.3.0")},
	{"one before it", "from", V4, RHOST("192.0.1.255")},
	{"the address", NULL, FROM("192.0.2.7")},
	{"another address", "from", FROM("192.0.2.8")},
	{"any IPv4", NULL, FROM("0.0.0.0/0")},
	{"any IPv6 is not IPv4", "from", FROM("::/0")},
	{"any IPv4 is not IPv6", "from", FROM("0.0.0.0/0"), RHOST("2001:db8::1")},
	{"IPv6", NULL, V6, RHOST("2001:db8::1")},
	{"IPv6 in capitals and long", NULL, V6, RHOST("2001:0DB8:0:0:0:0:0:1")},
	{"IPv6 outside", "from", V6, RHOST("2001:db9::")},
	{"mapped IPv4", NULL, V4, RHOST("::ffff:192.0.2.7")},
	{"mapped IPv4 in hexadecimal", NULL, V4, RHOST("::ffff:c000:207")},
	{"mapped IPv4 outside", "from", V4, RHOST("::ffff:192.0.3.7")},
	{"compatible IPv4 is IPv6", "from", V4, RHOST("::192.0.2.7")},
	{"mapped IPv4 is not any IPv6", "from", FROM("::/0"), RHOST("::ffff:192.0.2.7")},
	{"the loopback", NULL, FROM("::1"), RHOST("::1")},
	{"the other loopback", "from", FROM("::1"), RHOST("127.0.0.1")},
	{"a zone", "from", FROM("fe80::/10"), RHOST("fe80::1%eth0")},
	{"no zone", NULL, FROM("fe80::/10"), RHOST("fe80::1")},
	{"a host's name", "from", FROM("0.0.0.0/0"), RHOST("localhost")},
	{"a name that begins as an address", "from", V4, RHOST("192.0.2.7.example.org")},
	{"an address with a port", "from", V4, RHOST("192.0.2.7:22")},
	{"an address and a blank", "from", V4, RHOST("192.0.2.7 ")},
	{"an address in brackets", "from", V6, RHOST("[2001:db8::1]")},
	{"a short address", "from", V4, RHOST("192.0.519")},
	{"an octal address", "from", V4, RHOST("192.0.02.7")},
	{"a terminal", "from", V4, RHOST("tty1")},
	{"the word local as a host", "from", FROM("local"), RHOST("local")},
	{"no host", "from", V4, RHOST("")},
	{"no host, any address", "from", FROM("0.0.0.0/0,::/0"), RHOST("")},
	{"sshd is not local", "from", FROM("local"), RHOST("")},
	{"sudo is local", NULL, FROM("local"), .scopes = "sudo", SERVICE("sudo"), RHOST("")},
	{"sudo is local whatever host it tells", NULL, FROM("local"), .scopes = "sudo",
		SERVICE("sudo")},
	{"su-l is local", NULL, FROM("local"), .scopes = "*", SERVICE("su-l"), RHOST("somewhere")},
	{"login is not, by default", "from", FROM("local"), .scopes = "*", SERVICE("login"),
		RHOST("")},
	{"login is, where pat.conf says so", NULL, CONF("local_services = {login}"), FROM("local"),
		.scopes = "*", SERVICE("login"), RHOST("")},
	{"sudo is not, where pat.conf does not", "from", CONF("local_services = {login}"),
		FROM("local"), .scopes = "*", SERVICE("sudo"), RHOST("")},
	{"sudo with a network only", "from", V4, .scopes = "sudo", SERVICE("sudo"), RHOST("")},
	{"sudo that tells a host in the network", NULL, V4, .scopes = "sudo", SERVICE("sudo")},
	{"one of several", NULL, FROM("10.0.0.0/8,2001:db8::/32,192.0.2.7")},
	{"none of several", "from", FROM("10.0.0.0/8,2001:db8::/32,local")},
	{"from elsewhere, at any door", NULL, FROM("10.0.0.0/8"), .any_door = true},
	{"from elsewhere, of nobody", "from", FROM("10.0.0.0/8"), .no_user = true},
	{"source before key", "from", FROM("10.0.0.0/8"), KEY(PRINT_RSA)},

	/* bind-key */
	{"the key", NULL, KEY(PRINT_ED25519), INFO("publickey " KEY_ED25519 "\n")},
	{"no newline", NULL, KEY(PRINT_ED25519), INFO("publickey " KEY_ED25519)},
	{"a key among others", NULL, KEY(PRINT_ED25519),
		INFO("publickey " KEY_RSA "\npassword\npublickey " KEY_ED25519
		     "\nkeyboard-interactive/pam\n")},
	{"a certificate of the key", NULL, KEY(PRINT_ED25519),
		INFO("publickey " CERT_ED25519 "\n")},
	{"a certificate of an RSA key", NULL, KEY(PRINT_RSA), INFO("publickey " CERT_RSA "\n")},
	{"a key that no security token holds", NULL, KEY(PRINT_ECDSA256),
		INFO("publickey " KEY_ECDSA256 "\n")},
	{"sshd tells nothing", "bind-key", KEY(PRINT_ED25519)},
	{"another key", "bind-key", KEY(PRINT_ED25519), INFO("publickey " KEY_RSA "\n")},
	{"a certificate of another key", "bind-key", KEY(PRINT_ED25519),
		INFO("publickey " CERT_RSA "\n")},
	{"the authority's key", "bind-key", KEY(PRINT_CA), INFO("publickey " CERT_ED25519 "\n")},
	{"another method with the key", "bind-key", KEY(PRINT_ED25519),
		INFO("hostbased " KEY_ED25519 "\n")},
	{"a method that begins alike", "bind-key", KEY(PRINT_ED25519),
		INFO("publickey-hostbound " KEY_ED25519 "\n")},
	{"the key without a method", "bind-key", KEY(PRINT_ED25519), INFO(KEY_ED25519 "\n")},
	{"the fingerprint itself", "bind-key", KEY(PRINT_ED25519),
		INFO("publickey ssh-ed25519 " PRINT_ED25519 "\n")},
	{"half a key", "bind-key", KEY(PRINT_ED25519),
		INFO("publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA\n")},
	{"a key not asked for", NULL, INFO("publickey " KEY_RSA "\n")},
	{"no key, at any door", NULL, KEY(PRINT_ED25519), .any_door = true},
	{"key before policy", "bind-key", CONF("allow_users = {bob}"), KEY(PRINT_ED25519)},

	/* account: who may have tokens */
	{"allowed by name", NULL, CONF("allow_users = {bob, alice}")},
	{"not among the allowed", "account", CONF("allow_users = {bob, alicia}")},
	{"nobody is allowed", "account", CONF("allow_users = {}")},
	{"allowed by a group", NULL, CONF("allow_users = {\"@staff\"}")},
	{"allowed by the primary group", NULL, CONF("allow_users = {\"@users\"}")},
	{"in none of the groups", "account",
		CONF("allow_users = {\"@ops\", \"@staf\", \"@staffs\"}")},
	{"a group's name is no account's", "account", CONF("allow_users = {staff}")},
	{"an account's name is no group's", "account", CONF("allow_users = {\"@alice\"}")},
	{"denied by name", "account", CONF("deny_users = {alice}")},
	{"another is denied", NULL, CONF("deny_users = {bob}")},
	{"denied by a group", "account", CONF("deny_users = {\"@staff\"}")},
	{"another group is denied", NULL, CONF("deny_users = {\"@ops\"}")},
	{"everybody is denied", "account", CONF("deny_users = {\"*\"}")},
	{"denied though allowed", "account",
		CONF("allow_users = {alice} deny_users = {\"@users\"}")},
	{"groups unknown, allowed by one", "account", CONF("allow_users = {\"@staff\"}"),
		.owner = &alice_unknown_groups},
	{"groups unknown, allowed by name", NULL, CONF("allow_users = {alice, \"@ops\"}"),
		.owner = &alice_unknown_groups},
	{"groups unknown, none asked for", NULL, CONF("deny_users = {bob}"),
		.owner = &alice_unknown_groups},
	{"groups unknown, one denied", "account", CONF("deny_users = {\"@ops\"}"),
		.owner = &alice_unknown_groups},
	{"some groups known, one of them allowed", NULL, CONF("allow_users = {\"@users\"}"),
		.owner = &alice_some_groups},
	{"some groups known, another allowed", "account", CONF("allow_users = {\"@staff\"}"),
		.owner = &alice_some_groups},
	{"some groups known, another denied", "account", CONF("deny_users = {\"@staff\"}"),
		.owner = &alice_some_groups},
	{"in no group, one denied", NULL, CONF("deny_users = {\"@ops\"}"),
		.owner = &alice_no_groups},
	{"in no group, one allowed", "account", CONF("allow_users = {\"@ops\"}"),
		.owner = &alice_no_groups},
	{"root's", "account", .who = &root},
	{"root's, allowed", NULL, CONF("root_tokens = true"), .who = &root},
	{"root's under another name", "account", .who = &toor},
	{"root's under another name, allowed", NULL, CONF("root_tokens = true"), .who = &toor},
	{"root is uid 0 in lists, whatever its name", NULL,
		CONF("root_tokens = true allow_users = {root}"), .who = &toor},
	{"root denied under another name", "account",
		CONF("root_tokens = true deny_users = {root}"), .who = &toor},
	{"root allowed by list only", "account", CONF("allow_users = {root}"), .who = &root},
	{"not allowed, at any door", "account", CONF("allow_users = {bob}"), .any_door = true},
	{"not allowed, of nobody", "account", CONF("allow_users = {bob}"), .no_user = true},

	/* the ceiling of a service account */
	{"by default it is default_scopes", "ceiling", DEPLOY(""), .scopes = "su", SERVICE("su")},
	{"default_scopes changed", NULL, CONF("default_scopes = {su}\naccount deploy {}"),
		.who = &deploy, .kind = KIND_SERVICE, .scopes = "su", SERVICE("su")},
	{"within", NULL, DEPLOY("scopes = {sshd, su}"), .scopes = "sshd,su", SERVICE("su")},
	{"a wider token, within", NULL, DEPLOY("scopes = {sshd}"), .scopes = "*"},
	{"a wider token, outside", "ceiling", DEPLOY("scopes = {sshd}"), .scopes = "*",
		SERVICE("su")},
	{"narrowed since", "ceiling", DEPLOY("scopes = {su}")},
	{"widened since", NULL, DEPLOY("scopes = {\"*\"}"), .scopes = "su", SERVICE("su")},
	{"widened, the token is not", "scope", DEPLOY("scopes = {\"*\"}"), SERVICE("su")},
	{"narrowed since, at any door", "ceiling", DEPLOY("scopes = {su}"), .any_door = true},
	{"narrowed in part, at any door", NULL, DEPLOY("scopes = {su}"), .scopes = "sshd,su",
		.any_door = true},
	{"a ceiling that is a scope", NULL, CONF(WEB "account deploy { scopes = {web} }"),
		.who = &deploy, .kind = KIND_SERVICE, .scopes = "nginx", SERVICE("nginx")},
	{"outside a ceiling that is a scope", "ceiling",
		CONF(WEB "account deploy { scopes = {web} }"), .who = &deploy,
		.kind = KIND_SERVICE},
	{"a scope under that ceiling, at any door", NULL,
		CONF(WEB "account deploy { scopes = {nginx} }"), .who = &deploy,
		.kind = KIND_SERVICE, .scopes = "web", .any_door = true},
	{"another account's ceiling", NULL, CONF("account deploy { scopes = {su} }")},
	{"a person who became a service account", "ceiling",
		CONF("account alice { scopes = {su} }")},
	{"a service account no more", NULL, .who = &deploy, .kind = KIND_SERVICE},
	{"a service account that is denied", "account",
		CONF("deny_users = {deploy}\naccount deploy {}"), .who = &deploy,
		.kind = KIND_SERVICE},
	{"a service account that is locked", "locked", .owner = &alice_locked,
		CONF("account alice {}")},

	/* lifetime */
	{"a second younger than it may be", NULL, CONF("max_lifetime = 1d"), .age = DAY - 1},
	{"as old as it may be", "lifetime", CONF("max_lifetime = 1d"), .age = DAY},
	{"older", "lifetime", CONF("max_lifetime = 1d"), .age = DAY + 1},
	{"for ever young", NULL, CONF("max_lifetime = never"), .age = 1000 * DAY},
	{"too old, though it ends later", "lifetime", CONF("max_lifetime = 1d"), .age = DAY,
		.expires = NOW + 1},
	{"minted in the future", NULL, CONF("max_lifetime = 1s"), .age = (uint64_t)-DAY},
	{"its account's lifetime", "lifetime", DEPLOY("max_lifetime = 1h"), .age = HOUR},
	{"within its account's lifetime", NULL, DEPLOY("max_lifetime = 1h"), .age = HOUR - 1},
	{"everyone's is nearer", "lifetime",
		CONF("max_lifetime = 1h\naccount deploy { max_lifetime = 1d }"), .who = &deploy,
		.kind = KIND_SERVICE, .age = HOUR},
	{"its account's is nearer", "lifetime",
		CONF("max_lifetime = 1d\naccount deploy { max_lifetime = 1h }"), .who = &deploy,
		.kind = KIND_SERVICE, .age = HOUR},
	{"another account's lifetime", NULL, CONF("account deploy { max_lifetime = 1h }"),
		.age = HOUR},
	{"too old, at any door", "lifetime", CONF("max_lifetime = 1d"), .age = DAY,
		.any_door = true},
	{"default_lifetime binds at minting only", NULL, CONF("default_lifetime = 1d"), .age = DAY},

	/* inactivity */
	{"used a second less ago", NULL, CONF("inactive_after = 1d"), .age = 9 * DAY,
		.idle = DAY - 1},
	{"used as long ago as may be", "inactivity", CONF("inactive_after = 1d"), .age = 9 * DAY,
		.idle = DAY},
	{"used longer ago", "inactivity", CONF("inactive_after = 1d"), .age = 9 * DAY,
		.idle = DAY + 1},
	{"never used, and young", NULL, CONF("inactive_after = 1d"), .age = DAY - 1},
	{"never used, and old", "inactivity", CONF("inactive_after = 1d"), .age = DAY},
	{"used long ago, no rule", NULL, .age = 999 * DAY, .idle = 998 * DAY},
	{"inactive, at any door", "inactivity", CONF("inactive_after = 1d"), .age = DAY,
		.any_door = true},
	{"lifetime before inactivity", "lifetime", CONF("inactive_after = 1d max_lifetime = 1d"),
		.age = DAY},

	/* required restrictions */
	{"from required", "restrictions", CONF("require = {from}")},
	{"from required and there", NULL, CONF("require = {from}"), V4},
	{"expires required", "restrictions", CONF("require = {expires}")},
	{"expires required and there", NULL, CONF("require = {expires}"), .expires = NOW + 1},
	{"uses required", "restrictions", CONF("require = {uses}")},
	{"uses required and there", NULL, CONF("require = {uses}"), .uses = 1},
	{"bind-key required", "restrictions", CONF("require = {bind-key}")},
	{"bind-key required and there", NULL, CONF("require = {bind-key}"), KEY(PRINT_RSA),
		INFO("publickey " KEY_RSA "\n")},
	{"permit required, which no token has", "restrictions", CONF("require = {permit}")},
	{"two required, one there", "restrictions", CONF("require = {from, expires}"), V4},
	{"two required, both there", NULL, CONF("require = {from, expires}"), V4,
		.expires = NOW + 1},
	{"not-before is no substitute", "restrictions", CONF("require = {expires}"),
		.not_before = 1},
	{"required, at any door", "restrictions", CONF("require = {from}"), .any_door = true},
	{"required of a service account too", "restrictions",
		CONF("require = {from}\naccount deploy {}"), .who = &deploy, .kind = KIND_SERVICE},
	{"account before restrictions", "account", CONF("require = {from} deny_users = {alice}")},
};

static const struct {
	const char *check;
	int err;
} errors[] = {
	{"names", ERR_NAMES},
	{"prefix", ERR_NO_TOKEN},
	{"user", ERR_OWNER},
	{"owner", ERR_LOCKED},
	{"locked", ERR_LOCKED},
	{"revoked", ERR_REVOKED},
	{"not-before", ERR_PENDING},
	{"clock", ERR_CLOCK},
	{"expires", ERR_EXPIRED},
	{"rotated", ERR_ROTATED},
	{"uses", ERR_USED_UP},
	{"parent", ERR_REVOKED},
	{"scope", ERR_SCOPE},
	{"from", ERR_SOURCE},
	{"bind-key", ERR_BIND_KEY},
	{"account", ERR_DISALLOWED},
	{"ceiling", ERR_DISALLOWED},
	{"lifetime", ERR_DISALLOWED},
	{"inactivity", ERR_DISALLOWED},
	{"restrictions", ERR_DISALLOWED},
};

static int error_of(const char *check)
{
	for (size_t i = 0; check && i < COUNT(errors); i++)
		if (strcmp(errors[i].check, check) == 0)
			return errors[i].err;
	ck_assert_ptr_null(check);
	return 0;
}

/* ---- a case, made ---- */

struct scene {
	struct record token;
	struct use use;
	struct config *config;
};

static const struct lineage orphaned = {.broken = true};

static void make(struct scene *s, const struct row *row)
{
	const struct account *who = row->who ? row->who : &alice;

	*s = (struct scene){.config = conf(row->conf ? row->conf : "")};
	s->token = (struct record){
		.id = "4fJk29sQxZb",
		.kind = row->kind ? row->kind : KIND_PERSONAL,
		.uid = who->uid,
		.created = (NOW - row->age) * 1000000 + 999999,
		.expires = row->expires,
		.revoked = row->revoked,
		.revoked_rank = row->revoked ? RANK_OWNER : RANK_NONE,
		.not_before = row->not_before,
		.uses = row->uses,
		.used = row->used,
		.rotated = row->rotated,
		.grace_ends = row->grace_ends,
		.until_used = row->until_used,
		.name = "ci",
	};
	strcpy(s->token.owner, who->name);
	strcpy(s->token.scopes, row->scopes ? row->scopes : "sshd");
	strcpy(s->token.from, row->from ? row->from : "");
	strcpy(s->token.bind_key, row->bind_key ? row->bind_key : "");
	s->use = (struct use){
		.token = &s->token,
		.prefix_kind = row->prefix < 0 ? 0
			       : row->prefix   ? (uint8_t)row->prefix
					       : s->token.kind,
		.user = row->no_user ? NULL
			: row->user  ? row->user
				     : who,
		.owner = row->owner ? row->owner : who,
		.any_door = row->any_door,
		.counted = row->counted,
		.now = NOW,
		.clock_mark = row->mark,
		.last_used = row->idle ? NOW - row->idle : 0,
		.used = row->used,
		.lineage = row->orphan ? &orphaned : NULL,
		.config = s->config,
	};
	if (!row->any_door) {
		s->use.service = span_of(row->service ? row->service : "sshd");
		s->use.rhost = span_of(row->rhost ? row->rhost : "192.0.2.7");
		s->use.auth_info = span_of(row->auth_info ? row->auth_info : "");
	}
}

/* One line, that ends in its room, without a byte that a terminal or a log would act on. */
static void clean(const char *text, size_t size, const char *what)
{
	size_t n = strnlen(text, size);

	ck_assert_msg(n < size, "%s: no end", what);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg((uint8_t)text[i] >= 0x20 && text[i] != 0x7f, "%s: %02x in \"%s\"",
			what, (uint8_t)text[i], text);
}

/* ---- the decision ---- */

START_TEST(decisions)
{
	const struct row *row = &rows[_i];
	char why[LIMIT_MESSAGE + 1];
	struct scene s;
	int err;

	make(&s, row);
	memset(why, '#', sizeof(why));
	err = decide(&s.use, why, sizeof(why));
	ck_assert_msg(err == error_of(row->fails), "%s: %s (%s)", row->what,
		err ? err_info(err)->json : "0", why);
	clean(why, sizeof(why), row->what);
	ck_assert_int_eq(why[0] != '\0', err != 0);
	if (err)
		ck_assert_msg(strstr(why, "\"ci\""), "%s", why);
	config_unref(s.config);
}
END_TEST

/* The explanation's first refusal is the decision; and it is told of every check, to the end. */
START_TEST(explanations)
{
	const struct row *row = &rows[_i];
	struct verdict v;
	struct scene s;
	bool refused = false;
	size_t i;

	make(&s, row);
	for (i = 0; decide_explain(&s.use, i, &v); i++) {
		ck_assert_uint_lt(i, COUNT(errors));
		ck_assert_str_eq(v.check, errors[i].check);
		clean(v.value, sizeof(v.value), v.check);
		clean(v.rule, sizeof(v.rule), v.check);
		ck_assert_msg(v.rule[0], "%s: %s has no rule", row->what, v.check);
		if (v.passes || refused)
			continue;
		refused = true;
		ck_assert_msg(row->fails && strcmp(v.check, row->fails) == 0, "%s: refused by %s",
			row->what, v.check);
	}
	ck_assert_uint_eq(i, COUNT(errors));
	ck_assert(!decide_explain(&s.use, i + 1, &v) && !decide_explain(&s.use, SIZE_MAX, &v));
	ck_assert_int_eq(refused, row->fails != NULL);
	config_unref(s.config);
}
END_TEST

static const struct {
	int err;
	enum token_status status;
} told_as[] = {
	{0, STATUS_ACTIVE},
	{ERR_LOCKED, STATUS_LOCKED},
	{ERR_REVOKED, STATUS_REVOKED},
	{ERR_PENDING, STATUS_PENDING},
	{ERR_EXPIRED, STATUS_EXPIRED},
	{ERR_USED_UP, STATUS_USED_UP},
	{ERR_ROTATED, STATUS_EXPIRED},
	{ERR_DISALLOWED, STATUS_DISALLOWED},
};

/* The status is the decision at any door, of nobody in particular, with the token's own prefix. */
START_TEST(statuses)
{
	const struct row *row = &rows[_i];
	char why[LIMIT_MESSAGE + 1], told[LIMIT_MESSAGE + 1];
	enum token_status status;
	struct scene s;
	int err;

	make(&s, row);
	status = decide_status(&s.use, told, sizeof(told));
	s.use.any_door = true;
	s.use.user = NULL;
	s.use.prefix_kind = s.token.kind;
	err = decide(&s.use, why, sizeof(why));
	ck_assert_str_eq(told, why);
	ck_assert_int_eq(status == STATUS_ACTIVE || status == STATUS_ROTATED, err == 0);
	if (!err)
		ck_assert_int_eq(status == STATUS_ROTATED, s.token.rotated != 0);
	ck_assert_ptr_nonnull(token_status_name(status));
	for (size_t i = 0; i < COUNT(told_as); i++)
		if (told_as[i].err == err && (err || !s.token.rotated))
			ck_assert_msg(status == told_as[i].status, "%s: %s", row->what,
				token_status_name(status));
	config_unref(s.config);
}
END_TEST

/* ---- what is above it ---- */

/* A token exchanged for the row's, or for one that was, as wide as it could be made. */
static void hang_below(struct scene *s, struct lineage *above, struct record *child, size_t depth)
{
	*above = (struct lineage){.n = depth};
	for (size_t i = 0; i < depth; i++) {
		above->kin[i].token = s->token;
		above->kin[i].last_used = s->use.last_used;
		above->kin[i].used = s->use.used;
		if (i + 1 < depth) { /* between the two: one that refuses nothing of its own */
			above->kin[i].token.kind = KIND_EXCHANGED;
			above->kin[i].token.expires = above->kin[i].token.revoked = 0;
			above->kin[i].token.uses = above->kin[i].token.rotated = 0;
			above->kin[i].token.grace_ends = above->kin[i].token.not_before = 0;
			above->kin[i].token.from[0] = above->kin[i].token.bind_key[0] = '\0';
			strcpy(above->kin[i].token.scopes, "*");
			strcpy(above->kin[i].token.name, "ci/1");
			above->kin[i].token.created = (uint64_t)NOW * 1000000;
		}
	}
	*child = above->kin[0].token;
	if (depth == 1) {
		*child = (struct record){.kind = KIND_EXCHANGED, .uid = s->token.uid};
		child->created = (uint64_t)NOW * 1000000;
		strcpy(child->owner, s->token.owner);
		strcpy(child->scopes, "*");
	}
	strcpy(child->name, "ci/1/1");
	s->use.token = child;
	s->use.used = 0;
	s->use.prefix_kind = KIND_EXCHANGED;
	s->use.lineage = above;
}

/* A child is no better than what is above it: what refuses that refuses it, at every depth. */
START_TEST(no_better_than_what_is_above)
{
	const struct row *row = &rows[_i];

	for (size_t depth = 1; depth <= LIMIT_DEPTH; depth++) {
		char why[LIMIT_MESSAGE + 1], alone[LIMIT_MESSAGE + 1];
		struct lineage above;
		struct record child;
		struct verdict v;
		struct scene s;
		bool refused = false;
		int err, alone_err, told;

		make(&s, row);
		s.use.prefix_kind = s.token.kind;
		s.use.lineage = NULL;
		err = decide(&s.use, alone, sizeof(alone));
		hang_below(&s, &above, &child, depth);
		s.use.lineage = NULL;
		alone_err = decide(&s.use, alone, sizeof(alone));
		s.use.lineage = &above;
		/* Where the child has one of the same kind to tell of itself, that is told. */
		told = decide(&s.use, why, sizeof(why));
		ck_assert_msg(told == err || (err && told == alone_err), "%s, %zu deep: %s",
			row->what, depth, why);
		clean(why, sizeof(why), row->what);
		for (size_t i = 0; decide_explain(&s.use, i, &v); i++)
			refused |= !v.passes;
		ck_assert_int_eq(refused, err != 0);
		config_unref(s.config);
	}
}
END_TEST

/* What `require` asks for may be carried by any of them. */
START_TEST(restrictions_are_inherited)
{
	static const struct row row = {"", NULL, CONF("require = {uses, bind-key}"), .uses = 3,
		.bind_key = PRINT_ED25519, .any_door = true};
	char why[LIMIT_MESSAGE + 1];
	struct lineage above;
	struct record child;
	struct scene s;

	make(&s, &row);
	hang_below(&s, &above, &child, 3);
	ck_assert_int_eq(decide(&s.use, why, sizeof(why)), 0);
	above.kin[2].token.uses = 0;
	ck_assert_int_eq(decide(&s.use, why, sizeof(why)), ERR_DISALLOWED);
	config_unref(s.config);
}
END_TEST

/* A door at which it would be accepted makes it one that some door accepts. */
START_TEST(some_door_is_any_door)
{
	char why[LIMIT_MESSAGE + 1];
	struct scene s;

	make(&s, &rows[_i]);
	if (decide(&s.use, why, sizeof(why)) == 0) {
		s.use.any_door = true;
		ck_assert_msg(s.use.counted || decide(&s.use, why, sizeof(why)) == 0, "%s: %s",
			rows[_i].what, why);
	}
	config_unref(s.config);
}
END_TEST

/* ---- what is told ---- */

/* Every text as long as it may be, and in as little room as there may be. */
START_TEST(reasons_fit)
{
	char why[LIMIT_MESSAGE + 2];
	struct account longest;
	struct scene s;

	make(&s, &rows[_i]);
	memset(s.token.name, 'x', LIMIT_NAME);
	memset(s.token.reason, 'z', LIMIT_REASON);
	if (rows[_i].fails && strcmp(rows[_i].fails, "scope") == 0)
		memset(s.token.scopes, 's', LIMIT_SCOPES);
	if (rows[_i].fails && strcmp(rows[_i].fails, "from") == 0)
		memset(s.token.from, 'f', LIMIT_SOURCES);
	longest = *s.use.owner;
	if (longest.state == ACCOUNT_FOUND && !rows[_i].conf) {
		memset(s.token.owner, 'y', LIMIT_USER);
		memset(longest.name, 'y', LIMIT_USER);
		s.use.owner = &longest;
	}
	for (size_t size = 1; size <= LIMIT_MESSAGE + 1; size++) {
		memset(why, '#', sizeof(why));
		decide(&s.use, why, size);
		clean(why, size, rows[_i].what);
		ck_assert_msg(why[size] == '#', "%s: more than %zu bytes", rows[_i].what, size);
	}
	config_unref(s.config);
}
END_TEST

/* What a peer makes up of service, host and keys is not handed on to a terminal. */
START_TEST(reasons_are_clean)
{
	static const char evil[] = "\x01\x1b]0;x\x07\r\n\x7f\x80\xff";
	char why[LIMIT_MESSAGE + 1];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene s;

		make(&s, &rows[i]);
		s.use.service = s.use.rhost = s.use.auth_info = SPAN(evil);
		decide(&s.use, why, sizeof(why));
		clean(why, sizeof(why), rows[i].what);
		config_unref(s.config);
	}
}
END_TEST

/* Times in words, and the rule by its name in pat.conf. */
START_TEST(reasons_tell_why)
{
	static const struct {
		const char *what, *told;
	} cases[] = {
		{"ends now", "2027-01-15 08:00 UTC"},
		{"begins in a second", "2027-01-15 08:00 UTC"},
		{"revoked this second", "2027-01-15 08:00 UTC"},
		{"rotated, its grace time ends now", "grace time ended on 2027-01-15 08:00 UTC"},
		{"another service", "sshd"},
		{"another address", "192.0.2.8"},
		{"another key", PRINT_ED25519},
		{"sshd tells nothing", "AuthenticationMethods"},
		{"none of three left", "3 of 3"},
		{"not among the allowed", "allow_users"},
		{"denied by name", "deny_users"},
		{"root's", "root_tokens"},
		{"as old as it may be", "max_lifetime"},
		{"used longer ago", "inactive_after"},
		{"from required", "from"},
		{"two required, one there", "expires"},
		{"bind-key required", "bind-key"},
		{"narrowed since", "su"},
	};
	char why[LIMIT_MESSAGE + 1];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scene s;
		size_t at = 0;

		while (at < COUNT(rows) && strcmp(rows[at].what, cases[i].what) != 0)
			at++;
		ck_assert_msg(at < COUNT(rows), "%s: no such case", cases[i].what);
		make(&s, &rows[at]);
		ck_assert_int_lt(decide(&s.use, why, sizeof(why)), 0);
		ck_assert_msg(strstr(why, cases[i].told), "%s: %s", cases[i].what, why);
		config_unref(s.config);
	}
}
END_TEST

START_TEST(clock_marks)
{
	ck_assert(!decide_clock_behind(NOW, 0));
	ck_assert(!decide_clock_behind(NOW, NOW));
	ck_assert(!decide_clock_behind(NOW, NOW + DECIDE_CLOCK_SLACK));
	ck_assert(decide_clock_behind(NOW, NOW + DECIDE_CLOCK_SLACK + 1));
	ck_assert(!decide_clock_behind(NOW, 1));
	ck_assert(decide_clock_behind(0, UINT64_MAX));
	ck_assert(!decide_clock_behind(UINT64_MAX - DECIDE_CLOCK_SLACK, UINT64_MAX));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decide");
	TCase *t = tcase_create("decide");

	_Static_assert(COUNT(rows) >= 150, "a table of all that matters");
	tcase_set_timeout(t, 60); /* for the sanitizers' sake */
	tcase_add_loop_test(t, decisions, 0, COUNT(rows));
	tcase_add_loop_test(t, explanations, 0, COUNT(rows));
	tcase_add_loop_test(t, statuses, 0, COUNT(rows));
	tcase_add_loop_test(t, no_better_than_what_is_above, 0, COUNT(rows));
	tcase_add_test(t, restrictions_are_inherited);
	tcase_add_loop_test(t, some_door_is_any_door, 0, COUNT(rows));
	tcase_add_loop_test(t, reasons_fit, 0, COUNT(rows));
	tcase_add_test(t, reasons_are_clean);
	tcase_add_test(t, reasons_tell_why);
	tcase_add_test(t, clock_marks);
	suite_add_tcase(s, t);
	return unit_run(s);
}
