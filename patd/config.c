#include "patd/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/proto.h"

const char *const config_require_words[REQUIRES + 1] = {
	[REQUIRE_FROM] = "from",
	[REQUIRE_EXPIRES] = "expires",
	[REQUIRE_USES] = "uses",
	[REQUIRE_BIND_KEY] = "bind-key",
	[REQUIRE_PERMIT] = "permit",
};

struct config *config_ref(struct config *c)
{
	c->refs++;
	return c;
}

static void free_list(struct config_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->item[i]);
	free(list->item);
}

static void free_sections(struct config *c)
{
	for (size_t i = 0; i < c->scope_count; i++) {
		free(c->scopes[i].name);
		free(c->scopes[i].description);
		free_list(&c->scopes[i].services);
	}
	for (size_t i = 0; i < c->account_count; i++) {
		free(c->accounts[i].name);
		free_list(&c->accounts[i].managers);
		free(c->accounts[i].scopes);
	}
	for (size_t i = 0; i < c->verifier_count; i++) {
		free(c->verifiers[i].name);
		free_list(&c->verifiers[i].services);
		free_list(&c->verifiers[i].users);
	}
	free(c->scopes);
	free(c->accounts);
	free(c->verifiers);
}

void config_unref(struct config *c)
{
	if (!c || --c->refs > 0)
		return;
	free_sections(c);
	free_list(&c->old_prefixes);
	free_list(&c->local_services);
	free_list(&c->allow_users);
	free_list(&c->deny_users);
	free_list(&c->session_services);
	free_list(&c->late_services);
	free(c->token_prefix);
	free(c->default_scopes);
	free(c);
}

static int compare_item(const void *key, const void *item)
{
	return strcmp(key, *(char *const *)item);
}

bool config_list_has(const struct config_list *list, const char *item)
{
	return list->n > 0 &&
	       bsearch(item, list->item, list->n, sizeof(list->item[0]), compare_item);
}

/* There are few sections, and an account is looked up once a request. */
const struct config_scope *config_scope(const struct config *c, struct span name)
{
	for (size_t i = 0; i < c->scope_count; i++)
		if (span_is(name, c->scopes[i].name))
			return &c->scopes[i];
	return NULL;
}

const struct config_account *config_account(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->account_count; i++)
		if (strcmp(c->accounts[i].name, name) == 0)
			return &c->accounts[i];
	return NULL;
}

const struct config_verifier *config_verifier(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->verifier_count; i++)
		if (strcmp(c->verifiers[i].name, name) == 0)
			return &c->verifiers[i];
	return NULL;
}

static const char kind_letter[] = {
	[KIND_PERSONAL] = '\0', [KIND_SERVICE] = 's', [KIND_EXCHANGED] = 'x'};

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

static const struct {
	char unit;
	uint64_t seconds;
} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}, {'y', 31536000}};

enum { UNITS = sizeof(units) / sizeof(units[0]), UNIT_DAY = 3 };

bool config_duration(const char *text, uint64_t *seconds)
{
	size_t digits = strspn(text, "0123456789");

	if (strcmp(text, "never") == 0) {
		*seconds = 0;
		return true;
	}
	if (digits == 0 || digits > 9 || strlen(text) != digits + 1)
		return false;
	for (size_t i = 0; i < UNITS; i++) {
		uint64_t n = strtoull(text, NULL, 10);

		if (text[digits] != units[i].unit || n == 0 ||
			n > UINT32_MAX * 100ULL / units[i].seconds)
			continue;
		*seconds = n * units[i].seconds;
		return true;
	}
	return false;
}

/* Weeks and years are for people who write; who reads is better served with days. */
const char *config_duration_text(uint64_t seconds, char out[CONFIG_DURATION_TEXT])
{
	size_t i = UNIT_DAY;

	while (seconds % units[i].seconds != 0)
		i--;
	if (seconds == 0)
		snprintf(out, CONFIG_DURATION_TEXT, "never");
	else
		snprintf(out, CONFIG_DURATION_TEXT, "%llu%c",
			(unsigned long long)(seconds / units[i].seconds), units[i].unit);
	return out;
}
