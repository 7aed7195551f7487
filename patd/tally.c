#include "patd/tally.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/clock.h"
#include "common/token.h"
#include "patd/audit.h"
#include "patd/journal.h"
#include "patd/store.h"

/* An open-addressing table (linear probing), never more than half full. */
enum { SLOTS = 2 * TALLY_ROOM };

struct slot {
	char id[TOKEN_ID_LEN + 1]; /* "": empty */
	struct usage usage;
};

struct batch {
	size_t used;
	bool full_told;
	uint64_t clock; /* set when it is handed to the writing thread */
	struct slot slot[SLOTS];
};

struct tally {
	struct committer *committer;
	struct journal *journal; /* NULL: none */
	struct event *timer;
	struct commit_job job;
	bool writing;
	uint64_t clock, clock_written;
	pthread_mutex_t lock; /* guards the next two and what is in them */
	struct batch *filling, *writing_batch;
};

static struct slot *find(struct batch *b, const char *id)
{
	for (uint32_t h = span_hash((struct span){id, TOKEN_ID_LEN});; h++) {
		struct slot *s = &b->slot[h % SLOTS];

		if (!s->id[0] || memcmp(s->id, id, TOKEN_ID_LEN) == 0)
			return s;
	}
}

static void clear(struct batch *b)
{
	memset(b, 0, sizeof(*b));
}

void tally_add(struct tally *c, const char *id, struct usage *u)
{
	pthread_mutex_lock(&c->lock);
	for (int i = 0; i < 2; i++) {
		const struct slot *s = find(i ? c->filling : c->writing_batch, id);

		if (s->id[0])
			usage_add(u, &s->usage);
	}
	pthread_mutex_unlock(&c->lock);
}

uint64_t tally_clock(struct tally *c, uint64_t now)
{
	if (now > c->clock)
		c->clock = now;
	return c->clock;
}

void tally_reset_clock(struct tally *c, uint64_t now)
{
	c->clock = c->clock_written = now;
}

static int write_slot(struct store_txn *t, const struct slot *s)
{
	struct record token;
	struct usage u;
	int err = store_get(t, s->id, &token);

	/* Deleted meanwhile: nothing to remember. A damaged record keeps nobody else's from being
	 * written. */
	if (err)
		return store_failed(t) ? err : 0;
	err = store_get_usage(t, s->id, &u);
	if (err)
		u = (struct usage){0};
	usage_add(&u, &s->usage);
	return store_put_usage(t, s->id, &u);
}

static int write_batch(const struct batch *b, struct store_txn *t)
{
	int err = store_put_clock(t, b->clock);

	for (size_t i = 0; i < SLOTS && !err && b->used; i++)
		if (b->slot[i].id[0])
			err = write_slot(t, &b->slot[i]);
	return err;
}

static int job_run(void *arg, struct store_txn *t)
{
	struct tally *c = arg;

	int err = write_batch(c->writing_batch, t);

	return err || !c->journal ? err : journal_write(c->journal, t);
}

static void job_done(void *arg, int result)
{
	struct tally *c = arg;

	if (result)
		audit_say(LOG_ERR, "the last use of %zu tokens could not be recorded",
			c->writing_batch->used);
	if (c->journal)
		journal_written(c->journal, result != 0);
	pthread_mutex_lock(&c->lock);
	clear(c->writing_batch);
	pthread_mutex_unlock(&c->lock);
	c->writing = false;
}

/* Hands the batch to the writing thread, unless that has one still. */
static void write_out(struct tally *c)
{
	struct batch *full = c->filling;

	if (c->writing)
		return;
	pthread_mutex_lock(&c->lock);
	c->filling = c->writing_batch;
	c->writing_batch = full;
	pthread_mutex_unlock(&c->lock);
	full->clock = c->clock_written = c->clock;
	if (c->journal)
		journal_hand_over(c->journal, clock_now());
	c->writing = true;
	c->job = (struct commit_job){.run = job_run, .done = job_done, .arg = c};
	commit_submit(c->committer, &c->job);
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct tally *c = arg;
	bool journal_waits = c->journal && journal_tick(c->journal, clock_now());

	(void)fd;
	(void)events;
	if (journal_waits || c->filling->used > 0 || c->clock >= c->clock_written + TALLY_CLOCK_S)
		write_out(c);
}

/* The token's slot of the batch that is being filled, with the lock held; NULL: it is full. */
static struct slot *take_slot(struct tally *c, const char *id)
{
	struct slot *s = find(c->filling, id);

	if (s->id[0])
		return s;
	if (c->filling->used == TALLY_ROOM)
		return NULL;
	memcpy(s->id, id, TOKEN_ID_LEN);
	c->filling->used++;
	return s;
}

static void tell_full(struct tally *c)
{
	if (!c->filling->full_told)
		audit_say(LOG_WARNING,
			"more than %d tokens used in a second: the last use of some is not "
			"recorded",
			TALLY_ROOM);
	c->filling->full_told = true;
}

void tally_count(
	struct tally *c, const char *id, uint64_t now, struct span service, struct span rhost)
{
	struct slot *s;

	pthread_mutex_lock(&c->lock);
	s = take_slot(c, id);
	if (s)
		usage_count(&s->usage, now, service, rhost);
	pthread_mutex_unlock(&c->lock);
	if (!s)
		tell_full(c);
	else if (c->filling->used >= TALLY_ROOM / 2)
		write_out(c);
}

struct tally *tally_new(struct event_base *base, struct committer *committer, uint64_t clock_mark)
{
	static const struct timeval often = {TALLY_MS / 1000, TALLY_MS % 1000 * 1000};
	struct tally *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	c->committer = committer;
	c->clock = c->clock_written = clock_mark;
	c->filling = calloc(1, sizeof(*c->filling));
	c->writing_batch = calloc(1, sizeof(*c->writing_batch));
	c->timer = event_new(base, -1, EV_PERSIST, on_timer, c);
	if (!c->filling || !c->writing_batch || !c->timer || event_add(c->timer, &often)) {
		tally_free(c);
		return NULL;
	}
	return c;
}

void tally_carry(struct tally *c, struct journal *journal)
{
	c->journal = journal;
}

void tally_hurry(struct tally *c)
{
	write_out(c);
}

int tally_flush(struct tally *c, struct store_txn *t)
{
	int err;

	c->filling->clock = c->clock;
	err = write_batch(c->filling, t);
	return err || !c->journal ? err : journal_flush(c->journal, t, clock_now());
}

void tally_free(struct tally *c)
{
	if (!c)
		return;
	if (c->timer)
		event_free(c->timer);
	pthread_mutex_destroy(&c->lock);
	free(c->filling);
	free(c->writing_batch);
	free(c);
}
