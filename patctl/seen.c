#include "patctl/seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/limits.h"
#include "common/secret.h"
#include "common/token.h"

/* An open-addressing table (linear probing), never more than half full. */
enum { SLOTS = 2 * LIMIT_SEEN };

struct seen {
	size_t used;
	uint32_t salt; /* who wrote the text shall not choose which tokens fall on one slot */
	char slot[SLOTS][TOKEN_TEXT_MAX + 1]; /* "": empty */
};

struct seen *seen_new(void)
{
	struct seen *s = calloc(1, sizeof(*s));

	if (s && getrandom(&s->salt, sizeof(s->salt), 0) != sizeof(s->salt))
		s->salt = 0;
	return s;
}

void seen_free(struct seen *s)
{
	if (s)
		seen_clear(s);
	free(s);
}

static size_t place(const struct seen *s, const char *text, size_t n)
{
	char salted[sizeof(s->salt) + TOKEN_TEXT_MAX];
	uint32_t hash;

	memcpy(salted, &s->salt, sizeof(s->salt));
	memcpy(salted + sizeof(s->salt), text, n);
	hash = span_hash((struct span){salted, sizeof(s->salt) + n});
	SECRET_WIPE_ARRAY(salted);
	return hash % SLOTS;
}

int seen_add(struct seen *s, const char *text, size_t n)
{
	struct span token = {text, n};
	size_t at;

	if (n == 0 || n > TOKEN_TEXT_MAX)
		return ERR_INVALID;
	for (at = place(s, text, n); s->slot[at][0]; at = (at + 1) % SLOTS)
		if (span_is(token, s->slot[at]))
			return 0;
	if (s->used == LIMIT_SEEN)
		return ERR_LIMIT;
	span_copy(token, s->slot[at], sizeof(s->slot[at]));
	s->used++;
	return 0;
}

size_t seen_count(const struct seen *s)
{
	return s->used;
}

int seen_each(const struct seen *s, int (*each)(void *arg, const char *text), void *arg)
{
	int err = 0;

	for (size_t i = 0; i < SLOTS && s->used > 0 && !err; i++)
		if (s->slot[i][0])
			err = each(arg, s->slot[i]);
	return err;
}

void seen_clear(struct seen *s)
{
	if (s->used > 0)
		secret_wipe(s->slot, sizeof(s->slot));
	s->used = 0;
}
