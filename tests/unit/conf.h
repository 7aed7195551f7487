/* conf.h: a configuration of a text, as config_read() would have read it from files. */
#ifndef CONF_H
#define CONF_H

#include <string.h>

#include "patd/config.h"
#include "tests/unit/unit.h"

/* Adds a file to the text. */
static inline void conf_add(struct config_text *t, const char *path, struct span bytes)
{
	size_t name = strlen(path) + 1;
	const uint8_t length[] = {(uint8_t)(bytes.n >> 24), (uint8_t)(bytes.n >> 16),
		(uint8_t)(bytes.n >> 8), (uint8_t)bytes.n};
	char *p = realloc(t->p, t->n + name + sizeof(length) + bytes.n);

	ck_assert_ptr_nonnull(p);
	t->p = p;
	memcpy(p + t->n, path, name);
	memcpy(p + t->n + name, length, sizeof(length));
	if (bytes.n)
		memcpy(p + t->n + name + sizeof(length), bytes.p, bytes.n);
	t->n += name + sizeof(length) + bytes.n;
}

/* The configuration of one file, which is right; config_unref() it. */
static inline struct config *conf(const char *text)
{
	struct config_text t = {0};
	struct config *c = NULL;
	char why[512] = "";

	conf_add(&t, "pat.conf", span_of(text));
	ck_assert_msg(config_parse(&t, &c, why, sizeof(why)) == 0, "\"%s\": %s", text, why);
	config_text_free(&t);
	return c;
}

#endif
