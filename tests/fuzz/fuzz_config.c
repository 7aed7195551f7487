/*
 * fuzz_config.c: any bytes as pat.conf. They are refused with one line of why, or make a
 * configuration whose values keep their promises: the same file read once more, as a drop-in after
 * itself, changes nothing of it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/proto.h"
#include "patd/config.h"
#include "patd/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char name[] = "pat.conf";

static size_t put_file(char *at, const uint8_t *data, size_t size)
{
	const uint8_t length[] = {
		(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};

	memcpy(at, name, sizeof(name));
	memcpy(at + sizeof(name), length, sizeof(length));
	if (size)
		memcpy(at + sizeof(name) + sizeof(length), data, size);
	return sizeof(name) + sizeof(length) + size;
}

/* The file, so many times. NULL: refused. */
static struct config *parse(const uint8_t *data, size_t size, unsigned times)
{
	struct config_text text = {malloc(times * (size + sizeof(name) + 4)), 0};
	struct config *c = NULL;
	char why[512];
	int err;

	if (!text.p)
		abort();
	while (times-- > 0)
		text.n += put_file(text.p + text.n, data, size);
	memset(why, '#', sizeof(why));
	why[0] = '\0';
	err = config_parse(&text, &c, why, sizeof(why));
	free(text.p);
	assert(!err == (c != NULL));
	assert(!err || err == ERR_INVALID);
	assert(memchr(why, '\0', sizeof(why)));
	assert(!err || (why[0] && !strchr(why, '\n')));
	return c;
}

static void check_list(const struct config_list *a, const struct config_list *b)
{
	bool groups = false;

	assert(a->n == b->n && a->n <= LIMIT_LIST);
	for (size_t i = 0; i < a->n; i++) {
		assert(a->item[i][0] && strcmp(a->item[i], b->item[i]) == 0);
		assert(i == 0 || strcmp(a->item[i - 1], a->item[i]) <= 0);
		assert(config_list_has(a, a->item[i]));
		groups |= a->item[i][0] == '@';
	}
	assert(a->groups == groups);
}

static void check_scopes(const char *a, const char *b)
{
	char canonical[LIMIT_SCOPES + 1];

	assert(!a == !b);
	if (a)
		assert(strcmp(a, b) == 0 && scope_canonical(span_of(a), canonical) &&
			strcmp(a, canonical) == 0);
}

static void check_sections(const struct config *a, const struct config *b)
{
	assert(a->scope_count == b->scope_count && a->account_count == b->account_count &&
		a->verifier_count == b->verifier_count);
	for (size_t i = 0; i < a->scope_count; i++) {
		assert(config_scope(a, span_of(a->scopes[i].name)) == &a->scopes[i]);
		check_list(&a->scopes[i].services, &b->scopes[i].services);
		assert(!config_list_has(&a->scopes[i].services, "patctl"));
		assert(!config_list_has(&a->scopes[i].services, "*"));
	}
	for (size_t i = 0; i < a->account_count; i++) {
		assert(config_account(a, a->accounts[i].name) == &a->accounts[i]);
		check_list(&a->accounts[i].managers, &b->accounts[i].managers);
		check_scopes(a->accounts[i].scopes, b->accounts[i].scopes);
	}
	for (size_t i = 0; i < a->verifier_count; i++) {
		assert(config_verifier(a, a->verifiers[i].name) == &a->verifiers[i]);
		check_list(&a->verifiers[i].services, &b->verifiers[i].services);
		check_list(&a->verifiers[i].users, &b->verifiers[i].users);
	}
}

static void check_prefixes(const struct config *c)
{
	for (uint8_t kind = KIND_PERSONAL; kind <= KIND_EXCHANGED; kind++) {
		char prefix[TOKEN_PREFIX_MAX + 1];
		uint8_t back;

		config_prefix(c, kind, prefix);
		assert(token_prefix_valid(prefix, strlen(prefix), TOKEN_PREFIX_MAX));
		assert(config_prefix_kind(c, prefix, &back) && back == kind);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *once = parse(data, size, 1), *twice;

	twice = parse(data, size, 2);
	assert(!once == !twice);
	if (once) {
		check_list(&once->old_prefixes, &twice->old_prefixes);
		check_list(&once->local_services, &twice->local_services);
		check_list(&once->allow_users, &twice->allow_users);
		check_list(&once->deny_users, &twice->deny_users);
		check_scopes(once->default_scopes, twice->default_scopes);
		assert(once->max_tokens >= 1 && once->max_tokens <= LIMIT_TOKENS);
		assert(once->max_lifetime == twice->max_lifetime &&
			once->require == twice->require);
		check_sections(once, twice);
		check_prefixes(once);
	}
	config_unref(once);
	config_unref(twice);
	return 0;
}
