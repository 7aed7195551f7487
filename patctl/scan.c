#include "patctl/scan.h"

#include <string.h>

#include "common/secret.h"

void scan_init(struct scan *s, int (*found)(void *arg, const char *text, size_t n), void *arg)
{
	s->found = found;
	s->arg = arg;
	s->n = s->next = 0;
}

/* Judges each underscore behind which there is room for a token. */
static int examine(struct scan *s)
{
	int err = 0;

	while (!err && s->n - s->next > TOKEN_BODY_LEN) {
		size_t room = s->n - s->next - TOKEN_BODY_LEN, prefix;
		const char *at = memchr(s->held + s->next, '_', room);

		if (!at) {
			s->next += room;
			break;
		}
		s->next = (size_t)(at - s->held);
		prefix = token_around(s->held, s->n, s->next);
		if (prefix)
			err = s->found(s->arg, at - prefix, prefix + 1 + TOKEN_BODY_LEN);
		s->next++;
	}
	return err;
}

/* Keeps what was not judged, and before it as much as a prefix may have. */
static void forget(struct scan *s)
{
	size_t gone = s->next > TOKEN_PREFIX_MAX ? s->next - TOKEN_PREFIX_MAX : 0;

	memmove(s->held, s->held + gone, s->n - gone);
	s->n -= gone;
	s->next -= gone;
}

int scan_feed(struct scan *s, const char *bytes, size_t n)
{
	int err = 0;

	while (n > 0 && !err) {
		size_t room = sizeof(s->held) - s->n;
		size_t piece = n < room ? n : room;

		memcpy(s->held + s->n, bytes, piece);
		s->n += piece;
		bytes += piece;
		n -= piece;
		err = examine(s);
		forget(s);
	}
	return err;
}

void scan_wipe(struct scan *s)
{
	SECRET_WIPE_ARRAY(s->held);
	s->n = s->next = 0;
}
