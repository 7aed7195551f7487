#include "patd/names_cache.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/clock.h"
#include "common/err.h"
#include "patd/chan.h"

/* A fixed table where a newer answer takes its slot: nothing that outsiders ask can make it grow.
 */
enum { SLOTS = 256 };

struct slot {
	struct account_query query; /* seq 0: empty */
	struct account account;
	int64_t until;
};

struct names_cache {
	struct event *event;
	int fd;
	struct names_listener listener;
	uint32_t last_seq;
	struct names_wait *waiting;
	struct slot slots[SLOTS];
};

/* Who provokes collisions only spoils the cache. */
static struct slot *slot_of(struct names_cache *n, const struct account_query *q)
{
	struct span key =
		q->by_uid ? (struct span){(const char *)&q->uid, sizeof(q->uid)} : span_of(q->name);

	return &n->slots[span_hash(key) % SLOTS];
}

const struct account *names_cached(struct names_cache *n, const struct account_query *q)
{
	struct slot *s = slot_of(n, q);

	bool fresh = s->query.seq != 0 && clock_ms() < s->until;

	return fresh && account_query_same(&s->query, q) ? &s->account : NULL;
}

static void keep(
	struct names_cache *n, const struct account_query *q, const struct account *account)
{
	struct slot *s = slot_of(n, q);

	if (account->state == ACCOUNT_ERROR)
		return;
	*s = (struct slot){*q, *account, clock_ms() + LIMIT_NAMES_CACHE_MS};
}

static void flush(struct names_cache *n)
{
	for (size_t i = 0; i < SLOTS; i++)
		n->slots[i].query.seq = 0;
}

void names_forget(struct names_cache *n, struct names_wait *w)
{
	for (struct names_wait **p = &n->waiting; *p; p = &(*p)->next) {
		if (*p != w)
			continue;
		*p = w->next;
		w->seq = 0;
		return;
	}
}

static void deliver(struct names_cache *n, const struct account_answer *a)
{
	for (struct names_wait *w = n->waiting; w; w = w->next) {
		if (w->seq != a->seq)
			continue;
		keep(n, &w->query, &a->account);
		names_forget(n, w);
		w->answered(w->arg, &a->account);
		return;
	}
}

static void on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct names_cache *n = arg;
	uint8_t buf[ACCOUNT_PACKET];
	struct account_answer a;

	(void)events;
	for (;;) {
		ssize_t got = chan_recv(fd, buf, sizeof(buf), NULL);

		if (got == ERR_BUSY)
			return;
		if (got <= 0 || account_answer_decode(buf, (size_t)got, &a)) {
			event_del(n->event);
			n->listener.lost(n->listener.arg);
			return;
		}
		if (a.seq != 0) {
			deliver(n, &a);
			continue;
		}
		flush(n);
		n->listener.changed(n->listener.arg);
	}
}

struct names_cache *names_cache_new(
	struct event_base *base, int fd, const struct names_listener *listener)
{
	struct names_cache *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->fd = fd;
	n->listener = *listener;
	n->event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, n);
	if (!n->event || event_add(n->event, NULL)) {
		names_cache_free(n);
		return NULL;
	}
	return n;
}

void names_cache_free(struct names_cache *n)
{
	if (n && n->event)
		event_free(n->event);
	free(n);
}

int names_ask(struct names_cache *n, const struct account_query *q, struct names_wait *w)
{
	uint8_t buf[ACCOUNT_PACKET];

	w->query = *q;
	/* 0 means "flush" in an answer and "not waiting" here. */
	if (++n->last_seq == 0)
		++n->last_seq;
	w->query.seq = n->last_seq;
	if (chan_send(n->fd, buf, account_query_encode(&w->query, buf), -1))
		return ERR_NAMES;
	w->seq = w->query.seq;
	w->next = n->waiting;
	n->waiting = w;
	return 0;
}

struct account_query names_query_uid(uid_t uid)
{
	return (struct account_query){.by_uid = true, .uid = uid};
}

bool names_query_name(const char *name, size_t n, struct account_query *out)
{
	struct account_query q = {.by_uid = false};

	if (n == 0 || !span_copy((struct span){name, n}, q.name, sizeof(q.name)))
		return false;
	*out = q;
	return true;
}
