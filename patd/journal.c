#include "patd/journal.h"

#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/err.h"
#include "patd/audit.h"
#include "patd/store_event.h"

/* Events that are deleted in one batch because of their age. */
enum { TRIM_AT_ONCE = 512 };

/* Logins and refusals wait apart: neither takes the other's room. */
enum { LOGINS, REFUSALS, QUEUES };

/* Encoded events, each behind its length (u16). */
struct queue {
	size_t n;
	unsigned events;
	uint8_t bytes[LIMIT_JOURNAL];
};

/* What is refused of one ID, in one minute; an open-addressing table (linear probing). */
struct slot {
	bool used;
	struct log_event last; /* the latest; its count: those after the first */
};

/* Half full at most. What is only claimed has a table of its own. */
enum { TOLD, CLAIMED, TABLES, SLOTS = 2 * LIMIT_JOURNAL_IDS };
struct table {
	size_t used;
	struct slot slot[SLOTS];
};

struct journal {
	uint64_t retention;
	uint64_t minute;  /* of what is in the tables */
	uint64_t dropped; /* what found no room since it was last told */
	bool more;	  /* more is too old than was deleted */
	uint64_t oldest;  /* the writing thread's: what is older goes */
	bool full;	  /* and what it found of it */
	struct table table[TABLES];
	struct queue *filling[QUEUES], *writing[QUEUES];
};

/* ---- queues ---- */

static void enqueue(struct journal *j, int which, const struct log_event *e)
{
	struct queue *q = j->filling[which];
	uint8_t bytes[LIMIT_EVENT];
	size_t n = log_event_encode(e, bytes);
	struct writer w;

	writer_init(&w, q->bytes + q->n, sizeof(q->bytes) - q->n);
	write_u16(&w, (uint16_t)n);
	write_bytes(&w, bytes, n);
	if (n == 0 || writer_len(&w) == 0) {
		j->dropped++;
		return;
	}
	q->n += writer_len(&w);
	q->events++;
}

static int write_queue(const struct queue *q, struct store_txn *t)
{
	struct reader r;
	int err = 0;

	reader_init(&r, q->bytes, q->n);
	while (reader_left(&r) > 0 && !err) {
		struct log_event e;

		err = log_event_decode(read_bytes(&r, read_u16(&r)), &e);
		if (!err)
			err = store_event_add(t, &e);
	}
	return err;
}

static void empty(struct queue *q)
{
	q->n = 0;
	q->events = 0;
}

/* ---- refusals of a minute ---- */

static bool same(const struct log_event *a, const struct log_event *b)
{
	return a->type == b->type && a->uid == b->uid && strcmp(a->id, b->id) == 0 &&
	       strcmp(a->owner, b->owner) == 0;
}

static struct slot *find(struct table *t, const struct log_event *e)
{
	uint32_t h = span_hash(span_of(e->id)) ^ e->uid * 2654435761U ^ e->type;

	for (;; h++) {
		struct slot *s = &t->slot[h % SLOTS];

		if (!s->used || same(&s->last, e))
			return s;
	}
}

static void end_minute(struct journal *j, uint64_t minute)
{
	for (int i = 0; i < TABLES; i++) {
		struct table *t = &j->table[i];

		for (size_t n = 0; n < SLOTS && t->used; n++) {
			struct slot *s = &t->slot[n];

			if (s->used && s->last.count > 0)
				enqueue(j, REFUSALS, &s->last);
			t->used -= s->used;
			s->used = false;
		}
	}
	j->minute = minute;
}

/* What found no room, by then. */
static void tell_dropped(struct journal *j, uint64_t now)
{
	struct log_event e = {.type = EVENT_DROPPED,
		.time = now,
		.uid = EVENT_NOBODY,
		.peer = EVENT_NOBODY,
		.actor = "patd",
		.reason = "too many at once",
		.count = j->dropped};

	if (j->dropped == 0)
		return;
	j->dropped = 0;
	log_event_tell(&e);
	enqueue(j, REFUSALS, &e);
}

static void turn_minute(struct journal *j, uint64_t now)
{
	uint64_t minute = now / 60;

	/* A request may have begun just before the minute that others are in already. */
	if (minute == j->minute || minute + 1 == j->minute)
		return;
	end_minute(j, minute);
	tell_dropped(j, now);
}

static void add_refusal(struct journal *j, const struct log_event *told)
{
	struct table *t = &j->table[told->peer == 0 ? TOLD : CLAIMED];
	struct log_event e = *told;
	struct slot *s;

	/* An ID of no token is a text that a stranger chose. */
	if (e.uid == EVENT_NOBODY)
		e.id[0] = '\0';
	turn_minute(j, e.time);
	s = find(t, &e);
	if (s->used) {
		e.count = s->last.count + 1;
		s->last = e;
	} else if (t->used == LIMIT_JOURNAL_IDS) {
		j->dropped++;
	} else {
		s->used = true;
		s->last = e;
		t->used++;
		enqueue(j, REFUSALS, &e);
	}
}

/* ---- in the loop's thread ---- */

bool journal_add(struct journal *j, const struct log_event *e)
{
	enum log_class class = log_event_class(e);

	if (log_event_durable(e->type))
		return false;
	if (class == CLASS_LOGIN)
		enqueue(j, LOGINS, e);
	else if (class == CLASS_REFUSAL)
		add_refusal(j, e);
	return j->filling[LOGINS]->n > LIMIT_JOURNAL / 2 ||
	       j->filling[REFUSALS]->n > LIMIT_JOURNAL / 2;
}

bool journal_waits(const struct journal *j)
{
	return j->filling[LOGINS]->n > 0 || j->filling[REFUSALS]->n > 0;
}

bool journal_tick(struct journal *j, uint64_t now)
{
	turn_minute(j, now);
	return journal_waits(j) || j->more;
}

void journal_retention(struct journal *j, uint64_t seconds)
{
	j->retention = seconds;
}

static void set_oldest(struct journal *j, uint64_t now)
{
	j->oldest = j->retention && now > j->retention ? now - j->retention : 0;
}

void journal_hand_over(struct journal *j, uint64_t now)
{
	for (int i = 0; i < QUEUES; i++) {
		struct queue *q = j->filling[i];

		j->filling[i] = j->writing[i];
		j->writing[i] = q;
	}
	set_oldest(j, now);
}

void journal_written(struct journal *j, bool failed)
{
	unsigned lost = j->writing[LOGINS]->events + j->writing[REFUSALS]->events;

	if (failed && lost)
		audit_say(LOG_ERR, "%u events could not be recorded", lost);
	empty(j->writing[LOGINS]);
	empty(j->writing[REFUSALS]);
	j->more = !failed && j->full;
}

/* ---- in the writing thread ---- */

static int write_all(struct queue *const queues[QUEUES], struct store_txn *t)
{
	int err = write_queue(queues[LOGINS], t);

	return err ? err : write_queue(queues[REFUSALS], t);
}

int journal_write(struct journal *j, struct store_txn *t)
{
	int err = write_all(j->writing, t);

	return err ? err : store_event_trim(t, j->oldest, TRIM_AT_ONCE, &j->full);
}

int journal_flush(struct journal *j, struct store_txn *t, uint64_t now)
{
	end_minute(j, now / 60);
	tell_dropped(j, now);
	return write_all(j->filling, t);
}

/* ---- making ---- */

struct journal *journal_new(void)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	for (int i = 0; i < QUEUES; i++) {
		j->filling[i] = calloc(1, sizeof(struct queue));
		j->writing[i] = calloc(1, sizeof(struct queue));
		if (!j->filling[i] || !j->writing[i]) {
			journal_free(j);
			return NULL;
		}
	}
	return j;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	for (int i = 0; i < QUEUES; i++) {
		free(j->filling[i]);
		free(j->writing[i]);
	}
	free(j);
}
