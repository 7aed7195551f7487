/* pat.conf's bytes into values: config_parse() of config.h. */
#include "patd/config.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patd/config_scan.h"
#include "patd/scope.h"

/* ---- the keys ---- */

enum section { TOP, SCOPE, ACCOUNT, VERIFIER, SECTIONS };

static const char *const section_names[SECTIONS] = {
	[TOP] = "", [SCOPE] = "scope", [ACCOUNT] = "account", [VERIFIER] = "verifier"};

/* What a key's value becomes. Up to TYPE_LAST_LIST it is a list in the file. */
enum type {
	TYPE_LIST,   /* struct config_list */
	TYPE_SCOPES, /* char *, canonical */
	TYPE_BITS,   /* unsigned, a bit for each word */
	TYPE_LAST_LIST = TYPE_BITS,
	TYPE_TEXT,     /* char * */
	TYPE_DURATION, /* uint64_t, seconds */
	TYPE_NUMBER,   /* uint64_t */
	TYPE_BOOL,     /* bool */
	TYPE_WORD,     /* an enum: the word's index */
};

struct key {
	enum section section;
	const char *name;
	enum type type;
	const char *standard; /* the default, as it would stand in the file; NULL: stays empty */
	size_t offset;	      /* in the section's struct */
	bool (*check)(const char *value);
	const char *form;
	const char *const *words; /* TYPE_WORD, TYPE_BITS */
};

static const char *const reauth_words[] = {"pam", "root-only", NULL};
static const char *const reuse_words[] = {"log", "revoke", NULL};

static bool prefix_valid(const char *value)
{
	return token_prefix_valid(value, strlen(value), TOKEN_SITE_PREFIX_MAX);
}

static bool scope_valid(const char *value)
{
	char canonical[LIMIT_SCOPES + 1];

	return !strchr(value, ',') && scope_canonical(span_of(value), canonical);
}

static bool service_valid(const char *value)
{
	return strcmp(value, "*") != 0 && scope_valid(value);
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

/* An account's name: nothing that passwd could not hold. */
static bool user_valid(const char *value)
{
	size_t n = strlen(value);

	return n >= 1 && n <= LIMIT_USER && value[0] != '-' && value[0] != '@' && value[0] != '*' &&
	       !strpbrk(value, ":,/");
}

static bool name_valid(const char *value)
{
	return strcmp(value, "*") == 0 || user_valid(value + (value[0] == '@'));
}

static bool text_valid(const char *value)
{
	return strlen(value) <= LIMIT_NOTE;
}

#define TOP_AT(member)	    offsetof(struct config, member)
#define SCOPE_AT(member)    offsetof(struct config_scope, member)
#define ACCOUNT_AT(member)  offsetof(struct config_account, member)
#define VERIFIER_AT(member) offsetof(struct config_verifier, member)

/* A type with its check, the form that its error names, and its words. */
#define PREFIX	 prefix_valid, "2 to 7 characters [a-z][a-z0-9]*, e.g. \"acme\"", NULL
#define SCOPES_	 scope_valid, SCOPE_FORM, NULL
#define SERVICE	 service_valid, "a PAM service's name: [a-z0-9][a-z0-9._+-]*", NULL
#define DURATION duration_valid, CONFIG_DURATION_FORM, NULL
#define TOKENS	 tokens_valid, "a number from 1 to 100000", NULL
#define BOOL	 bool_valid, "true or false", NULL
#define NAME	 name_valid, "an account's name, a group's name after @, or *", NULL
#define TEXT	 text_valid, "up to 256 bytes", NULL
#define REAUTH	 NULL, "\"pam\" or \"root-only\"", reauth_words
#define REUSE	 NULL, "\"log\" or \"revoke\"", reuse_words
#define REQUIRE	 NULL, "one of from, expires, uses, bind-key, permit", config_require_words

/* clang-format off */
static const struct key keys[] = {
	{TOP, "token_prefix",          TYPE_TEXT,     "pat",      TOP_AT(token_prefix),          PREFIX},
	{TOP, "old_prefixes",          TYPE_LIST,     NULL,       TOP_AT(old_prefixes),          PREFIX},
	{TOP, "default_scopes",        TYPE_SCOPES,   "{sshd}",   TOP_AT(default_scopes),        SCOPES_},
	{TOP, "local_services",        TYPE_LIST,     "{sudo, sudo-i, su, su-l}", TOP_AT(local_services), SERVICE},
	{TOP, "default_lifetime",      TYPE_DURATION, "never",    TOP_AT(default_lifetime),      DURATION},
	{TOP, "max_lifetime",          TYPE_DURATION, "never",    TOP_AT(max_lifetime),          DURATION},
	{TOP, "exchange_lifetime",     TYPE_DURATION, "15m",      TOP_AT(exchange_lifetime),     DURATION},
	{TOP, "exchange_max_lifetime", TYPE_DURATION, "1h",       TOP_AT(exchange_max_lifetime), DURATION},
	{TOP, "rotate_grace",          TYPE_DURATION, "24h",      TOP_AT(rotate_grace),          DURATION},
	{TOP, "reuse",                 TYPE_WORD,     "log",      TOP_AT(reuse),                 REUSE},
	{TOP, "warn_before",           TYPE_DURATION, "7d",       TOP_AT(warn_before),           DURATION},
	{TOP, "inactive_after",        TYPE_DURATION, "never",    TOP_AT(inactive_after),        DURATION},
	{TOP, "retention",             TYPE_DURATION, "90d",      TOP_AT(retention),             DURATION},
	{TOP, "max_tokens",            TYPE_NUMBER,   "100",      TOP_AT(max_tokens),            TOKENS},
	{TOP, "allow_users",           TYPE_LIST,     "{\"*\"}",     TOP_AT(allow_users),           NAME},
	{TOP, "deny_users",            TYPE_LIST,     NULL,       TOP_AT(deny_users),            NAME},
	{TOP, "root_tokens",           TYPE_BOOL,     "false",    TOP_AT(root_tokens),           BOOL},
	{TOP, "require",               TYPE_BITS,     NULL,       TOP_AT(require),               REQUIRE},
	{TOP, "reauth",                TYPE_WORD,     "pam",      TOP_AT(reauth),                REAUTH},
	{TOP, "session_services",      TYPE_LIST,     NULL,       TOP_AT(session_services),      SERVICE},
	{TOP, "late_services",         TYPE_LIST,     "{sshd}",   TOP_AT(late_services),         SERVICE},

	{SCOPE, "services",            TYPE_LIST,     NULL,       SCOPE_AT(services),            SERVICE},
	{SCOPE, "description",         TYPE_TEXT,     NULL,       SCOPE_AT(description),         TEXT},

	{ACCOUNT, "managers",          TYPE_LIST,     NULL,       ACCOUNT_AT(managers),          NAME},
	{ACCOUNT, "scopes",            TYPE_SCOPES,   NULL,       ACCOUNT_AT(scopes),            SCOPES_},
	{ACCOUNT, "max_lifetime",      TYPE_DURATION, NULL,       ACCOUNT_AT(max_lifetime),      DURATION},
	{ACCOUNT, "default_lifetime",  TYPE_DURATION, NULL,       ACCOUNT_AT(default_lifetime),  DURATION},

	{VERIFIER, "services",         TYPE_LIST,     NULL,       VERIFIER_AT(services),         SERVICE},
	{VERIFIER, "users",            TYPE_LIST,     NULL,       VERIFIER_AT(users),            NAME},
};
/* clang-format on */

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static bool is_list(const struct key *k)
{
	return k->type <= TYPE_LAST_LIST;
}

static const struct key *key_find(struct span section, struct span name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (span_is(section, section_names[keys[i].section]) && span_is(name, keys[i].name))
			return &keys[i];
	return NULL;
}

static enum config_shape shape_of(struct span section, struct span name)
{
	const struct key *k = key_find(section, name);

	for (int i = SCOPE; section.n == 0 && i < SECTIONS; i++)
		if (span_is(name, section_names[i]))
			return SHAPE_SECTION;
	if (!k)
		return SHAPE_UNKNOWN;
	return k->type == TYPE_SCOPES ? SHAPE_SOME : is_list(k) ? SHAPE_LIST : SHAPE_VALUE;
}

/* The word's index, or -1. */
static int word_index(const char *const *words, const char *value)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], value) == 0)
			return i;
	return -1;
}

static bool valid(const struct key *k, const char *value)
{
	return k->words ? word_index(k->words, value) >= 0 : k->check(value);
}

/* ---- libconfuse ---- */

/* Its callbacks carry no pointer of the caller's; one parse runs at a time. */
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
	const char *section = strcmp(cfg_name(cfg), "root") == 0 ? "" : cfg_name(cfg);
	const struct key *k = key_find(span_of(section), span_of(cfg_opt_name(opt)));
	unsigned n = cfg_opt_size(opt);
	const char *value = n ? cfg_opt_getnstr(opt, n - 1) : NULL;

	if (!k || !value)
		return 0;
	if (k->type == TYPE_SCOPES && !scopes_fit(opt)) {
		cfg_error(cfg, "%s: more than %d scopes, or %d bytes of them", k->name,
			LIMIT_SCOPE_COUNT, LIMIT_SCOPES);
		return -1;
	}
	if (valid(k, value))
		return 0;
	cfg_error(cfg, "%s: \"%.60s\" is not %s", k->name, value, k->form);
	return -1;
}

/* Called after each section: its title is a name. */
static int on_section(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	bool scope = strcmp(cfg_opt_name(opt), section_names[SCOPE]) == 0;

	if (scope ? service_valid(cfg_title(section)) : user_valid(cfg_title(section)))
		return 0;
	cfg_error(cfg, "%s \"%.60s\": its title is not %s", cfg_opt_name(opt), cfg_title(section),
		scope ? "a scope's name: [a-z0-9][a-z0-9._+-]*" : "an account's name");
	return -1;
}

/* The options of one section, and at the top the other sections themselves. */
struct options {
	cfg_opt_t of[SECTIONS][KEYS + SECTIONS + 1];
};

static void fill_section(struct options *o, enum section section)
{
	cfg_opt_t *out = o->of[section];

	for (size_t i = 0; i < KEYS; i++) {
		/* libconfuse parses a list's default, which it takes as char * and does not change.
		 */
		char *standard = (char *)(uintptr_t)keys[i].standard;
		cfg_opt_t text = CFG_STR(keys[i].name, standard, CFGF_NONE);
		cfg_opt_t list = CFG_STR_LIST(keys[i].name, standard, CFGF_NONE);

		if (keys[i].section == section)
			*out++ = is_list(&keys[i]) ? list : text;
	}
	for (int i = SCOPE; section == TOP && i < SECTIONS; i++) {
		cfg_opt_t sub = CFG_SEC(section_names[i], o->of[i], CFGF_MULTI | CFGF_TITLE);

		*out++ = sub;
	}
	*out = (cfg_opt_t)CFG_END();
}

static cfg_t *start(struct options *o)
{
	cfg_t *cfg;

	for (int i = SECTIONS - 1; i >= TOP; i--)
		fill_section(o, (enum section)i);
	cfg = cfg_init(o->of[TOP], CFGF_NONE);
	if (!cfg)
		return NULL;
	cfg_set_error_function(cfg, on_error);
	for (size_t i = 0; i < KEYS; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s%s%s", section_names[keys[i].section],
			keys[i].section == TOP ? "" : "|", keys[i].name);
		cfg_set_validate_func(cfg, path, on_value);
	}
	for (int i = SCOPE; i < SECTIONS; i++)
		cfg_set_validate_func(cfg, section_names[i], on_section);
	return cfg;
}

/* A text that has been scanned, as libconfuse is to see it: in memory of its own. */
static int parse_values(cfg_t *cfg, const char *path, char *text, size_t n)
{
	FILE *f = fmemopen(text, n, "r");
	int rc;

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

static int parse_file(cfg_t *cfg, const char *path, struct span text)
{
	size_t line = config_scan(text, shape_of, report.why, report.size);
	char *copy;
	int err;

	if (line) {
		char what[256];

		snprintf(what, sizeof(what), "%s", report.why);
		snprintf(report.why, report.size, "%s:%zu: %s", path, line, what);
		return ERR_INVALID;
	}
	if (text.n == 0)
		return 0;
	copy = malloc(text.n);
	if (!copy)
		return ERR_MEMORY;
	memcpy(copy, text.p, text.n);
	config_blank_comments(copy, text.n);
	err = parse_values(cfg, path, copy, text.n);
	free(copy);
	return err;
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

/* ---- values into structs ---- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int put_list(struct config_list *list, cfg_t *cfg, const char *name)
{
	unsigned n = cfg_size(cfg, name);

	list->item = calloc(n + 1, sizeof(char *));
	if (!list->item)
		return ERR_MEMORY;
	for (unsigned i = 0; i < n; i++) {
		if (!(list->item[i] = strdup(cfg_getnstr(cfg, name, i))))
			return ERR_MEMORY;
		list->groups |= list->item[i][0] == '@';
		list->n++;
	}
	qsort(list->item, list->n, sizeof(char *), compare);
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

static void put_bits(unsigned *bits, const struct key *k, cfg_t *cfg)
{
	for (unsigned i = 0; i < cfg_size(cfg, k->name); i++) {
		int word = word_index(k->words, cfg_getnstr(cfg, k->name, i));

		if (word >= 0)
			*bits |= 1U << word;
	}
}

static int put_value(void *section, const struct key *k, cfg_t *cfg)
{
	char *at = (char *)section + k->offset;
	const char *text = is_list(k) ? "" : cfg_getstr(cfg, k->name);

	if (is_list(k) && k->type != TYPE_LIST && cfg_size(cfg, k->name) == 0 && !k->standard)
		return 0;
	if (!text)
		return 0;
	switch (k->type) {
	case TYPE_TEXT:
		return (*(char **)at = strdup(text)) ? 0 : ERR_MEMORY;
	case TYPE_LIST:
		return put_list((struct config_list *)at, cfg, k->name);
	case TYPE_SCOPES:
		return put_scopes((char **)at, cfg, k->name);
	case TYPE_BITS:
		put_bits((unsigned *)at, k, cfg);
		return 0;
	case TYPE_DURATION:
		config_duration(text, (uint64_t *)at);
		return 0;
	case TYPE_NUMBER:
		*(uint64_t *)at = strtoull(text, NULL, 10);
		return 0;
	case TYPE_BOOL:
		*(bool *)at = strcmp(text, "true") == 0;
		return 0;
	case TYPE_WORD:
		*(unsigned *)at = (unsigned)word_index(k->words, text);
		return 0;
	}
	return ERR_INVALID;
}

static int put_section(void *out, enum section section, cfg_t *cfg)
{
	int err = 0;

	for (size_t i = 0; i < KEYS && !err; i++)
		if (keys[i].section == section)
			err = put_value(out, &keys[i], cfg);
	return err;
}

/* Every section's struct begins with its title. */
static int put_sections(void **out, size_t *count, size_t size, enum section section, cfg_t *cfg)
{
	unsigned n = cfg_size(cfg, section_names[section]);
	char *all = calloc(n + 1, size);
	int err = all ? 0 : ERR_MEMORY;

	*out = all;
	for (unsigned i = 0; i < n && !err; i++) {
		cfg_t *sub = cfg_getnsec(cfg, section_names[section], i);
		char **title = (char **)(void *)(all + i * size);

		*count = i + 1;
		*title = strdup(cfg_title(sub));
		err = *title ? put_section(title, section, sub) : ERR_MEMORY;
	}
	return err;
}

static int put_all(struct config *c, cfg_t *cfg)
{
	int err = put_section(c, TOP, cfg);

	if (!err)
		err = put_sections(
			(void **)&c->scopes, &c->scope_count, sizeof(*c->scopes), SCOPE, cfg);
	if (!err)
		err = put_sections((void **)&c->accounts, &c->account_count, sizeof(*c->accounts),
			ACCOUNT, cfg);
	if (!err)
		err = put_sections((void **)&c->verifiers, &c->verifier_count,
			sizeof(*c->verifiers), VERIFIER, cfg);
	return err;
}

static int compare_prefix(const void *a, const void *b)
{
	return strcmp(a, b);
}

/*
 * A site's prefix stands for three: itself, with s, with x. No text may stand for two things: all
 * of them, sorted, have no two neighbours alike.
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
				site ? c->old_prefixes.item[site - 1] : c->token_prefix,
				letters[i]);
	qsort(all, n, sizeof(*all), compare_prefix);
	for (size_t i = 1; i < n && !err; i++) {
		if (strcmp(all[i - 1], all[i]) != 0)
			continue;
		snprintf(report.why, report.size,
			"token_prefix, old_prefixes: two of them stand for \"%s\" (each also "
			"stands for "
			"itself followed by s or x)",
			all[i]);
		err = ERR_INVALID;
	}
	free(all);
	return err;
}

int config_parse(const struct config_text *text, struct config **out, char *why, size_t why_size)
{
	struct options options = {0};
	struct config *c = calloc(1, sizeof(*c));
	cfg_t *cfg = start(&options);
	int err = c && cfg ? 0 : ERR_MEMORY;

	report.why = why;
	report.size = why_size;
	snprintf(why, why_size, "out of memory");
	if (c)
		c->refs = 1;
	if (!err)
		err = parse_files(cfg, text);
	if (!err)
		err = put_all(c, cfg);
	if (!err)
		err = check_prefixes(c);
	if (cfg)
		cfg_free(cfg);
	if (err)
		config_unref(c);
	else
		*out = c;
	return err;
}
