#include "patd/config.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/proto.h"
#include "patd/config_scan.h"
#include "patd/scope.h"

/* ---- the keys ---- */

enum key_type { KEY_TEXT, KEY_LIST, KEY_SCOPES, KEY_DURATION, KEY_NUMBER, KEY_BOOL, KEY_REAUTH };

struct key {
	const char *name;
	enum key_type type;
	const char *standard; /* the default, as it would stand in the file */
	size_t offset;	      /* in struct config */
	bool (*check)(const char *value);
	const char *form;
};

static bool prefix_valid(const char *value)
{
	return token_prefix_valid(value, strlen(value), TOKEN_SITE_PREFIX_MAX);
}

static bool scope_valid(const char *value)
{
	char canonical[LIMIT_SCOPES + 1];

	return !strchr(value, ',') && scope_canonical(span_of(value), canonical);
}

static bool duration_valid(const char *value)
{
	uint64_t seconds;

	return config_duration(value, &seconds);
}

static bool tokens_valid(const char *value)
{
	uint64_t n = strtoull(value, NULL, 10);

	return strlen(value) < 8 && strspn(value, "0123456789") == strlen(value) && n >= 1 &&
		n <= LIMIT_TOKENS;
}

static bool bool_valid(const char *value)
{
	return strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
}

static bool reauth_valid(const char *value)
{
	return strcmp(value, "pam") == 0 || strcmp(value, "root-only") == 0;
}

#define PREFIX_FORM "2 to 7 characters [a-z][a-z0-9]*, e.g. \"acme\""
#define AT(member) offsetof(struct config, member)

static const struct key keys[] = {
	{"token_prefix", KEY_TEXT, "pat", AT(token_prefix), prefix_valid, PREFIX_FORM},
	{"old_prefixes", KEY_LIST, "{}", AT(old_prefixes), prefix_valid, PREFIX_FORM},
	{"default_scopes", KEY_SCOPES, "{sshd}", AT(default_scopes), scope_valid, SCOPE_FORM},
	{"default_lifetime", KEY_DURATION, "never", AT(default_lifetime), duration_valid,
		CONFIG_DURATION_FORM},
	{"warn_before", KEY_DURATION, "7d", AT(warn_before), duration_valid, CONFIG_DURATION_FORM},
	{"max_tokens", KEY_NUMBER, "100", AT(max_tokens), tokens_valid, "a number from 1 to 100000"},
	{"root_tokens", KEY_BOOL, "false", AT(root_tokens), bool_valid, "true or false"},
	{"reauth", KEY_REAUTH, "pam", AT(reauth), reauth_valid, "\"pam\" or \"root-only\""},
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static bool is_list(const struct key *k)
{
	return k->type == KEY_LIST || k->type == KEY_SCOPES;
}

static const struct key *key_find(struct span name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (span_is(name, keys[i].name))
			return &keys[i];
	return NULL;
}

static enum config_shape shape_of(struct span name)
{
	const struct key *k = key_find(name);

	if (!k)
		return SHAPE_UNKNOWN;
	return k->type == KEY_SCOPES ? SHAPE_SOME : is_list(k) ? SHAPE_LIST : SHAPE_VALUE;
}

bool config_duration(const char *text, uint64_t *seconds)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}, {'y', 31536000}};
	size_t digits = strspn(text, "0123456789");

	if (strcmp(text, "never") == 0) {
		*seconds = 0;
		return true;
	}
	if (digits == 0 || digits > 9 || strlen(text) != digits + 1)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t n = strtoull(text, NULL, 10);

		if (text[digits] != units[i].unit || n == 0 || n > UINT32_MAX * 100ULL / units[i].seconds)
			continue;
		*seconds = n * units[i].seconds;
		return true;
	}
	return false;
}

/* ---- parsing ---- */

/* libconfuse's callbacks carry no pointer of the caller's; one parse runs at a time. */
static struct {
	char *why;
	size_t size;
} report;

__attribute__((format(printf, 2, 0))) static void on_error(
	cfg_t *cfg, const char *format, va_list args)
{
	int n = snprintf(report.why, report.size, "%s:%d: ", cfg->filename, cfg->line);

	if (n > 0 && (size_t)n < report.size)
		vsnprintf(report.why + n, report.size - (size_t)n, format, args);
}

/* A list of scopes is stored as one text. */
static bool scopes_fit(cfg_opt_t *opt)
{
	unsigned n = cfg_opt_size(opt);
	size_t length = 0;

	for (unsigned i = 0; i < n; i++)
		length += strlen(cfg_opt_getnstr(opt, i)) + 1;
	return n <= LIMIT_SCOPE_COUNT && length <= LIMIT_SCOPES + 1;
}

/* Called after each value, so that errors know their line. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct key *k = key_find(span_of(cfg_opt_name(opt)));
	unsigned n = cfg_opt_size(opt);
	const char *value = n ? cfg_opt_getnstr(opt, n - 1) : NULL;

	if (!value)
		return 0;
	if (k->type == KEY_SCOPES && !scopes_fit(opt)) {
		cfg_error(cfg, "%s: more than %d scopes, or %d bytes of them", k->name, LIMIT_SCOPE_COUNT,
			LIMIT_SCOPES);
		return -1;
	}
	if (k->check(value))
		return 0;
	cfg_error(cfg, "%s: \"%.60s\" is not %s", k->name, value, k->form);
	return -1;
}

static int parse_file(cfg_t *cfg, const char *path, struct span text)
{
	size_t line = config_scan(text, shape_of, report.why, report.size);
	FILE *f;
	int rc;

	if (line) {
		char what[256];

		snprintf(what, sizeof(what), "%s", report.why);
		snprintf(report.why, report.size, "%s:%zu: %s", path, line, what);
		return ERR_INVALID;
	}
	if (text.n == 0)
		return 0;
	f = fmemopen((void *)(uintptr_t)text.p, text.n, "r");
	free(cfg->filename);
	cfg->filename = strdup(path);
	cfg->line = 1;
	if (!f || !cfg->filename) {
		if (f)
			fclose(f);
		return ERR_MEMORY;
	}
	rc = cfg_parse_fp(cfg, f);
	fclose(f);
	return rc == CFG_SUCCESS ? 0 : ERR_INVALID;
}

static int parse_files(cfg_t *cfg, const struct config_text *text)
{
	struct reader r;

	reader_init(&r, text->p, text->n);
	while (reader_left(&r) > 0) {
		const char *path = (const char *)r.p;
		struct span skipped = read_bytes(&r, strnlen(path, reader_left(&r) - 1) + 1);
		struct span body = read_bytes(&r, read_u32(&r));
		int err;

		if (r.failed || skipped.p[skipped.n - 1] != '\0')
			return ERR_INVALID;
		if ((err = parse_file(cfg, path, body)))
			return err;
	}
	return 0;
}

/* ---- values into struct config ---- */

static int put_list(struct config_list *list, cfg_t *cfg, const char *name)
{
	unsigned n = cfg_size(cfg, name);

	list->item = calloc(n + 1, sizeof(char *));
	if (!list->item)
		return ERR_MEMORY;
	for (unsigned i = 0; i < n; i++) {
		if (!(list->item[i] = strdup(cfg_getnstr(cfg, name, i))))
			return ERR_MEMORY;
		list->n++;
	}
	return 0;
}

/* Each was checked when it was read, and that all of them fit. */
static int put_scopes(char **out, cfg_t *cfg, const char *name)
{
	char joined[LIMIT_SCOPES + 2] = "", canonical[LIMIT_SCOPES + 1];
	unsigned n = cfg_size(cfg, name);

	for (unsigned i = 0; i < n; i++) {
		strcat(joined, i ? "," : "");
		strcat(joined, cfg_getnstr(cfg, name, i));
	}
	if (!scope_canonical(span_of(joined), canonical))
		return ERR_INVALID;
	*out = strdup(canonical);
	return *out ? 0 : ERR_MEMORY;
}

static int put_value(struct config *c, const struct key *k, cfg_t *cfg)
{
	char *at = (char *)c + k->offset;
	const char *text = is_list(k) ? "" : cfg_getstr(cfg, k->name);

	switch (k->type) {
	case KEY_TEXT:
		return (*(char **)at = strdup(text)) ? 0 : ERR_MEMORY;
	case KEY_LIST:
		return put_list((struct config_list *)at, cfg, k->name);
	case KEY_SCOPES:
		return put_scopes((char **)at, cfg, k->name);
	case KEY_DURATION:
		config_duration(text, (uint64_t *)at);
		return 0;
	case KEY_NUMBER:
		*(uint64_t *)at = strtoull(text, NULL, 10);
		return 0;
	case KEY_BOOL:
		*(bool *)at = strcmp(text, "true") == 0;
		return 0;
	case KEY_REAUTH:
		*(enum config_reauth *)at =
			strcmp(text, "root-only") == 0 ? REAUTH_ROOT_ONLY : REAUTH_PAM;
		return 0;
	}
	return ERR_INVALID;
}

static int compare_prefix(const void *a, const void *b)
{
	return strcmp(a, b);
}

/*
 * A site's prefix stands for three: itself, with s, with x. No text may stand for two things: all of
 * them, sorted, have no two neighbours alike.
 */
static int check_prefixes(const struct config *c)
{
	static const char *const letters[] = {"", "s", "x"};
	size_t sites = c->old_prefixes.n + 1, n = 0;
	char(*all)[TOKEN_PREFIX_MAX + 1] = calloc(sites * 3, sizeof(*all));
	int err = 0;

	if (!all)
		return ERR_MEMORY;
	for (size_t site = 0; site < sites; site++)
		for (int i = 0; i < 3; i++)
			snprintf(all[n++], sizeof(*all), "%s%s",
				site ? c->old_prefixes.item[site - 1] : c->token_prefix, letters[i]);
	qsort(all, n, sizeof(*all), compare_prefix);
	for (size_t i = 1; i < n && !err; i++) {
		if (strcmp(all[i - 1], all[i]) != 0)
			continue;
		snprintf(report.why, report.size,
			"token_prefix, old_prefixes: two of them stand for \"%s\" (each also stands for "
			"itself followed by s or x)", all[i]);
		err = ERR_INVALID;
	}
	free(all);
	return err;
}

static void fill_options(cfg_opt_t opts[KEYS + 1])
{
	for (size_t i = 0; i < KEYS; i++) {
		cfg_opt_t text = CFG_STR(keys[i].name, keys[i].standard, CFGF_NONE);
		/* libconfuse parses a list's default, which it takes as char * and does not change. */
		char *standard = (char *)(uintptr_t)keys[i].standard;
		cfg_opt_t list = CFG_STR_LIST(keys[i].name, standard, CFGF_NONE);

		opts[i] = is_list(&keys[i]) ? list : text;
	}
	opts[KEYS] = (cfg_opt_t)CFG_END();
}

int config_parse(const struct config_text *text, struct config **out, char *why, size_t why_size)
{
	cfg_opt_t opts[KEYS + 1];
	struct config *c = calloc(1, sizeof(*c));
	cfg_t *cfg;
	int err = 0;

	report.why = why;
	report.size = why_size;
	snprintf(why, why_size, "out of memory");
	fill_options(opts);
	cfg = cfg_init(opts, CFGF_NONE);
	if (c)
		c->refs = 1;
	if (!cfg || !c) {
		err = ERR_MEMORY;
		goto out;
	}
	cfg_set_error_function(cfg, on_error);
	for (size_t i = 0; i < KEYS; i++)
		cfg_set_validate_func(cfg, keys[i].name, on_value);
	err = parse_files(cfg, text);
	for (size_t i = 0; i < KEYS && !err; i++)
		err = put_value(c, &keys[i], cfg);
	if (!err)
		err = check_prefixes(c);
	if (!err) {
		*out = c;
		c = NULL;
	}
out:
	if (cfg)
		cfg_free(cfg);
	config_unref(c);
	return err;
}

/* ---- use ---- */

struct config *config_ref(struct config *c)
{
	c->refs++;
	return c;
}

void config_unref(struct config *c)
{
	if (!c || --c->refs > 0)
		return;
	for (size_t i = 0; i < c->old_prefixes.n; i++)
		free(c->old_prefixes.item[i]);
	free(c->old_prefixes.item);
	free(c->token_prefix);
	free(c->default_scopes);
	free(c);
}

static const char kind_letter[] = {[KIND_PERSONAL] = '\0', [KIND_SERVICE] = 's', [KIND_EXCHANGED] = 'x'};

void config_prefix(const struct config *c, uint8_t kind, char out[TOKEN_PREFIX_MAX + 1])
{
	snprintf(out, TOKEN_PREFIX_MAX + 1, "%s%c", c->token_prefix, kind_letter[kind]);
}

static bool prefix_stands_for(const char *site, const char *prefix, uint8_t *kind)
{
	size_t n = strlen(site);

	if (strncmp(site, prefix, n) != 0)
		return false;
	for (int k = KIND_PERSONAL; k <= KIND_EXCHANGED; k++) {
		char rest[2] = {kind_letter[k], '\0'};

		if (strcmp(prefix + n, rest) == 0) {
			*kind = (uint8_t)k;
			return true;
		}
	}
	return false;
}

/* All of the site's prefixes: the one in use first. */
static const char *prefix_at(const struct config *c, size_t i)
{
	return i == 0 ? c->token_prefix : c->old_prefixes.item[i - 1];
}

bool config_prefix_kind(const struct config *c, const char *prefix, uint8_t *kind)
{
	for (size_t i = 0; i <= c->old_prefixes.n; i++)
		if (prefix_stands_for(prefix_at(c, i), prefix, kind))
			return true;
	return false;
}
