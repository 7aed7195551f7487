/*
 * config.h: pat.conf, in two steps. config_read() gets the bytes of the files, as root and after
 * looking at who may write them; config_parse() makes a typed configuration of the bytes, without
 * I/O. So the root parent checks what it hands to the store process by the same code.
 */
#ifndef PATD_CONFIG_H
#define PATD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/limits.h"
#include "common/token.h"

/* The files' bytes: for each `path NUL length u32 bytes`. */
struct config_text {
	char *p;
	size_t n;
};

/*
 * Reads `path` and, in the order of their names, `path`.d's *.conf (pat.conf.d beside pat.conf). A
 * file that is absent is no error: the defaults are in force. Each file must be regular, belong to
 * root (or, run by another user, to that user) and be writable by no one else. 0, ERR_IO,
 * ERR_INVALID, ERR_MEMORY, with one line in why that names the file.
 */
int config_read(const char *path, struct config_text *out, char *why, size_t why_size);
void config_text_free(struct config_text *t);

/* A list of strings, sorted by strcmp(). */
struct config_list {
	size_t n;
	char **item;
	bool groups; /* some items are groups: they begin with @ */
};

bool config_list_has(const struct config_list *list, const char *item);

enum config_reauth { REAUTH_PAM, REAUTH_ROOT_ONLY };
enum config_reuse { REUSE_LOG, REUSE_REVOKE };

/* What `require` may list; each is the bit 1U << REQUIRE_... of it. */
enum config_require {
	REQUIRE_FROM,
	REQUIRE_EXPIRES,
	REQUIRE_USES,
	REQUIRE_BIND_KEY,
	REQUIRE_PERMIT,
	REQUIRES
};
/* Their words in pat.conf, in that order, and a NULL. */
extern const char *const config_require_words[REQUIRES + 1];

/* scope "NAME" {}: a name for several services. */
struct config_scope {
	char *name;
	char *description; /* NULL: none */
	struct config_list services;
};

/* account "NAME" {}: a service account. Names are of accounts or, with @, of groups. */
struct config_account {
	char *name;
	struct config_list managers;
	char *scopes;		   /* the ceiling, canonical (scope.h); NULL: default_scopes */
	uint64_t max_lifetime;	   /* 0: as for everyone */
	uint64_t default_lifetime; /* likewise */
};

/* verifier "USER" {}: a PAM application that is not root. */
struct config_verifier {
	char *name;
	struct config_list services;
	struct config_list users;
};

/* Durations in seconds; 0: never. */
struct config {
	unsigned refs;
	char *token_prefix;
	struct config_list old_prefixes;
	char *default_scopes; /* canonical (scope.h) */
	struct config_list local_services;
	uint64_t default_lifetime;
	uint64_t max_lifetime;
	uint64_t exchange_lifetime;
	uint64_t exchange_max_lifetime;
	uint64_t rotate_grace;
	enum config_reuse reuse;
	uint64_t warn_before;
	uint64_t inactive_after;
	uint64_t retention;
	uint64_t max_tokens;
	struct config_list allow_users;
	struct config_list deny_users;
	bool root_tokens;
	unsigned require; /* bits, see enum config_require */
	enum config_reauth reauth;
	struct config_list session_services;
	struct config_list late_services;

	size_t scope_count, account_count, verifier_count;
	struct config_scope *scopes;
	struct config_account *accounts;
	struct config_verifier *verifiers;
};

/*
 * 0 and a configuration with one reference, or ERR_INVALID / ERR_MEMORY with `FILE:LINE: what` in
 * why: unknown or repeated key or section, a value out of its range or form, bytes that are no
 * text.
 */
int config_parse(const struct config_text *text, struct config **out, char *why, size_t why_size);

struct config *config_ref(struct config *c);
/* NULL is fine. References are counted by one thread. */
void config_unref(struct config *c);

/* Is `prefix` (of a token) this site's, now or earlier? Gives the kind that it stands for. */
bool config_prefix_kind(const struct config *c, const char *prefix, uint8_t *kind);
/* The prefix of new tokens of this kind. */
void config_prefix(const struct config *c, uint8_t kind, char out[TOKEN_PREFIX_MAX + 1]);

/* The section of that name, or NULL. */
const struct config_scope *config_scope(const struct config *c, struct span name);
const struct config_account *config_account(const struct config *c, const char *name);
const struct config_verifier *config_verifier(const struct config *c, const char *name);

/* A duration: one number and one unit of s m h d w y, or "never" (0). False: it is none. */
bool config_duration(const char *text, uint64_t *seconds);
/* The other way, in the largest unit that is exact. */
enum { CONFIG_DURATION_TEXT = 24 };
const char *config_duration_text(uint64_t seconds, char out[CONFIG_DURATION_TEXT]);
#define CONFIG_DURATION_FORM "a number and one of s m h d w y, or never, e.g. \"90d\""

#endif
