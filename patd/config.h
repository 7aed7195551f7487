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

enum config_reauth { REAUTH_PAM, REAUTH_ROOT_ONLY };

/* A list of strings. */
struct config_list {
	size_t n;
	char **item;
};

/* Durations in seconds; 0: never. */
struct config {
	unsigned refs;
	char *token_prefix;
	struct config_list old_prefixes;
	char *default_scopes; /* canonical (scope.h) */
	uint64_t default_lifetime;
	uint64_t warn_before;
	uint64_t max_tokens;
	bool root_tokens;
	enum config_reauth reauth;
};

/*
 * 0 and a configuration with one reference, or ERR_INVALID / ERR_MEMORY with `FILE:LINE: what` in
 * why: unknown or repeated key, a value out of its range or form, bytes that are no text.
 */
int config_parse(const struct config_text *text, struct config **out, char *why, size_t why_size);

struct config *config_ref(struct config *c);
/* NULL is fine. References are counted by one thread. */
void config_unref(struct config *c);

/* Is `prefix` (of a token) this site's, now or earlier? Gives the kind that it stands for. */
bool config_prefix_kind(const struct config *c, const char *prefix, uint8_t *kind);
/* The prefix of new tokens of this kind. */
void config_prefix(const struct config *c, uint8_t kind, char out[TOKEN_PREFIX_MAX + 1]);

/* A duration: one number and one unit of s m h d w y, or "never" (0). False: it is none. */
bool config_duration(const char *text, uint64_t *seconds);
#define CONFIG_DURATION_FORM "a number and one of s m h d w y, or never, e.g. \"90d\""

#endif
