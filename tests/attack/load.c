/*
 * load SOCKET SEED DEEDS ACCOUNT...: root's mixed load on patd, a connection at a time for each
 * account: tokens are minted, used (those with a number of uses among them), revoked, restored,
 * renamed, rotated, exchanged, deleted. Each account has a ledger (ledger.h) of what was
 * acknowledged. Whenever an answer stays out, because patd died, it waits for patd and looks:
 * all that was acknowledged must be there, and what was not must be there whole or not at all.
 *
 * Ends after so many deeds of each account (0: never), or on SIGTERM, with a last look and a line
 * of counts. What is not as it must be ends it at once, with status 1 and a line that begins with
 * WRONG. With LOAD_LOG set what is asked and answered goes to that file (blocklog.h).
 *
 * load -c SOCKET LOG AT: looks whether patd has what it must have, by the first AT bytes of such a
 * log.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "common/client.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/process.h"
#include "tests/attack/blocklog.h"
#include "tests/attack/ledger.h"
#include "tests/attack/logbook.h"
#include "tests/lib/xorshift.h"

enum {
	ANSWER_MS = 20000,
	BACK_MS = 30000, /* how long patd may be away */
	ENOUGH = 24,	 /* tokens of an account, from which on they get fewer */
	LOOK_EVERY = 64, /* deeds */
};

/* What became of a deed. */
enum outcome { DONE, REFUSED, UNKNOWN };

struct actor {
	uint32_t number;
	char account[LIMIT_USER + 1];
	struct ledger ledger;
	uint64_t random;
	unsigned named; /* how many names were given */
	unsigned long done, refused, unknown, unknown_done;
	pthread_t thread;
};

static const char *socket_path;
static unsigned long deeds;
static int log_fd = -1;
static volatile sig_atomic_t stop;
static const struct deed no_deed = {.kind = DEED_NONE};

__attribute__((noreturn, format(printf, 2, 3))) static void wrong(
	const struct actor *a, const char *format, ...)
{
	char text[LEDGER_REASON + 200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fprintf(stderr, "WRONG: account %s: %s\n", a->account, text);
	_exit(1);
}

/* ---- the log ---- */

static void note(enum blocklog_type type, uint64_t number, const void *p, size_t n, bool sync)
{
	struct blocklog head = {BLOCKLOG_MAGIC, type, number, (uint32_t)n, sync};
	struct iovec v[] = {{&head, sizeof(head)}, {(void *)(uintptr_t)p, n}};

	if (log_fd >= 0 && writev(log_fd, v, 2) != (ssize_t)(sizeof(head) + n))
		abort();
}

/* ---- asking ---- */

static void pause_ms(long ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* No answer, or one that says that nobody knows. */
static bool is_unknown(int err)
{
	return err == ERR_UNAVAILABLE || err == ERR_STORE || err == ERR_IO || err == ERR_TIMEOUT ||
	       err == ERR_MEMORY;
}

static void wait_for_patd(const struct actor *a)
{
	struct client c;
	struct proto_out req;
	int err = ERR_UNAVAILABLE;

	for (int64_t until = clock_ms() + BACK_MS; err && clock_ms() < until;) {
		proto_begin(&req, VERB_STATUS);
		err = client_call(&c, socket_path, 1000, &req);
		client_close(&c);
		if (err)
			pause_ms(20);
	}
	if (err)
		wrong(a, "patd does not come back: %s", err_text(err));
}

static void copy_text(const struct proto_msg *m, enum proto_tag tag, char *out, size_t size)
{
	span_copy(proto_text(m, tag), out, size);
}

static void see(const struct proto_msg *m, struct fact *f)
{
	uint64_t status = proto_number(m, TAG_STATUS);

	*f = (struct fact){.uses = proto_number(m, TAG_USES)};
	copy_text(m, TAG_ID, f->id, sizeof(f->id));
	copy_text(m, TAG_NAME, f->name, sizeof(f->name));
	copy_text(m, TAG_PARENT, f->parent, sizeof(f->parent));
	copy_text(m, TAG_SUCCESSOR, f->successor, sizeof(f->successor));
	if (f->uses)
		f->used = f->uses - proto_number(m, TAG_USES_LEFT);
	f->revoked = proto_has(m, TAG_REVOKED);
	f->ended = proto_has(m, TAG_GRACE_ENDS);
	f->opens = status == STATUS_ACTIVE || status == STATUS_ROTATED;
}

/* What patd lists of the account. 0 or an error. */
static int list(const struct actor *a, struct ledger *seen)
{
	struct client c;
	struct proto_out req;
	int err;

	seen->n = 0;
	proto_begin(&req, VERB_LIST);
	proto_put_string(&req, TAG_USER, a->account);
	err = client_call(&c, socket_path, ANSWER_MS, &req);
	while (!err && c.msg.verb == VERB_MORE && seen->n < LEDGER_TOKENS) {
		see(&c.msg, &seen->fact[seen->n++]);
		err = client_next(&c, ANSWER_MS);
	}
	client_close(&c);
	return err;
}

/* The other indexes: by ID and by name the same tokens are found. */
static int show(const struct actor *a, enum proto_tag tag, const char *value, struct fact *out)
{
	struct client c;
	struct proto_out req;
	int err;

	proto_begin(&req, VERB_SHOW);
	proto_put_string(&req, TAG_USER, a->account);
	proto_put_string(&req, tag, value);
	err = client_call(&c, socket_path, ANSWER_MS, &req);
	if (!err)
		see(&c.msg, out);
	client_close(&c);
	return err;
}

static int show_each(struct actor *a, struct ledger *seen)
{
	struct fact f;
	int err = 0;

	for (size_t i = 0; i < seen->n && !err; i++) {
		err = show(a, TAG_ID, seen->fact[i].id, &f);
		if (!err && memcmp(&f, &seen->fact[i], sizeof(f)) != 0)
			wrong(a, "token %s: list and show differ", seen->fact[i].id);
		if (!err)
			err = show(a, TAG_NAME, seen->fact[i].name, &f);
		if (!err && strcmp(f.name, seen->fact[i].name) != 0)
			wrong(a, "name %s: another token is found", seen->fact[i].name);
	}
	if (err && !is_unknown(err))
		wrong(a, "what is listed cannot be shown: %s", err_text(err));
	return err;
}

/* A login. */
static int present(const struct actor *a, const char *text)
{
	struct client c;
	struct proto_out req;
	struct process self;
	uint8_t bytes[PROCESS_BYTES];
	int err;

	proto_begin(&req, VERB_VERIFY);
	proto_put_string(&req, TAG_TOKEN, text);
	proto_put_string(&req, TAG_USER, a->account);
	proto_put_string(&req, TAG_SERVICE, "sshd");
	if (process_self(&self) == 0) {
		process_encode(&self, bytes);
		proto_put_text(&req, TAG_PROCESS, (struct span){(char *)bytes, sizeof(bytes)});
	}
	err = client_call(&c, socket_path, ANSWER_MS, &req);
	proto_wipe(&req);
	client_close(&c);
	return err;
}

/* ---- looking ---- */

/* What must open nothing opens nothing. What must open, and is not counted durably, opens. */
static int knock(struct actor *a)
{
	int err = 0;

	for (size_t i = 0; i < a->ledger.n && !err; i++) {
		const struct fact *f = &a->ledger.fact[i];
		bool opens = ledger_opens(&a->ledger, f);

		if (!f->text[0] || (opens && (f->uses || f->predecessor[0] || f->parent[0])))
			continue;
		err = present(a, f->text);
		if (is_unknown(err))
			return err;
		if (opens != !err)
			wrong(a, "token %s (%s) must be %s, and is not: %s", f->id, f->name,
				opens ? "accepted" : "refused", err ? err_text(err) : "accepted");
		err = 0;
	}
	return err;
}

/* Looks until patd lives long enough for it; `deed` is what is not known of. */
static void look(struct actor *a, const struct deed *deed)
{
	struct ledger seen;
	char why[LEDGER_REASON];
	bool done;

	for (int64_t until = clock_ms() + 2 * BACK_MS; clock_ms() < until;) {
		wait_for_patd(a);
		if (list(a, &seen) || show_each(a, &seen))
			continue;
		if (!ledger_settle(&a->ledger, deed, &seen, &done, why))
			wrong(a, "%s", why);
		if (deed->kind != DEED_NONE)
			a->unknown_done += done;
		deed = &no_deed;
		if (!knock(a))
			return;
	}
	wrong(a, "patd answers, and cannot be looked at");
}

/* ---- deeds ---- */

/* The request of a deed: verb, and how it says which token. */
static const struct {
	enum proto_verb verb;
	bool by_text;
} requests[DEEDS] = {
	[DEED_MINT] = {VERB_MINT, false},
	[DEED_REVOKE] = {VERB_REVOKE, false},
	[DEED_RESTORE] = {VERB_RESTORE, false},
	[DEED_DELETE] = {VERB_DELETE, false},
	[DEED_RENAME] = {VERB_EDIT, false},
	[DEED_ROTATE] = {VERB_ROTATE, false},
	[DEED_EXCHANGE] = {VERB_EXCHANGE, true},
};

static void put_deed(struct actor *a, const struct deed *d, struct proto_out *req)
{
	const struct fact *f = ledger_find(&a->ledger, d->id);

	proto_begin(req, requests[d->kind].verb);
	if (requests[d->kind].by_text)
		proto_put_string(req, TAG_TOKEN, f->text);
	else
		proto_put_string(req, TAG_USER, a->account);
	if (f && !requests[d->kind].by_text)
		proto_put_string(req, TAG_ID, d->id);
	if (d->kind == DEED_MINT)
		proto_put_string(req, TAG_NAME, d->name);
	if (d->kind == DEED_RENAME)
		proto_put_string(req, TAG_NEW_NAME, d->name);
	if (d->kind == DEED_ROTATE)
		proto_put_number(req, TAG_UNTIL_USED, 1);
	if (d->kind == DEED_EXCHANGE)
		proto_put_number(req, TAG_EXPIRES, (uint64_t)time(NULL) + 3000);
	proto_put_number_if(req, TAG_USES, d->uses);
}

static int ask(struct actor *a, const struct deed *d, struct made *made)
{
	struct client c;
	struct proto_out req;
	int err;

	if (d->kind == DEED_USE)
		return present(a, ledger_find(&a->ledger, d->id)->text);
	put_deed(a, d, &req);
	err = client_call(&c, socket_path, ANSWER_MS, &req);
	if (!err) {
		copy_text(&c.msg, TAG_ID, made->id, sizeof(made->id));
		copy_text(&c.msg, TAG_TOKEN, made->text, sizeof(made->text));
		copy_text(&c.msg, TAG_NAME, made->name, sizeof(made->name));
	}
	proto_wipe(&req);
	client_close(&c);
	return err;
}

static bool must_be_done(struct actor *a, const struct deed *d)
{
	return d->kind != DEED_USE || ledger_opens(&a->ledger, ledger_find(&a->ledger, d->id));
}

static void perform(struct actor *a, const struct deed *d)
{
	struct made made = {.id = ""};
	int err;

	note(BLOCKLOG_ASKED, a->number, d, sizeof(*d), true);
	err = ask(a, d, &made);
	if (is_unknown(err)) {
		a->unknown++;
		look(a, d);
		return;
	}
	note(BLOCKLOG_ANSWERED, a->number, &made, sizeof(made), !err);
	if (err == ERR_TOO_OFTEN) {
		a->refused++;
		return;
	}
	if (must_be_done(a, d) != !err)
		wrong(a, "deed %u of token %s: must be %s, and is not: %s", d->kind, d->id,
			must_be_done(a, d) ? "done" : "refused", err ? err_text(err) : "done");
	if (!err)
		ledger_apply(&a->ledger, d, &made);
	*(err ? &a->refused : &a->done) += 1;
}

/* ---- choosing ---- */

static bool has_child(const struct ledger *l, const struct fact *f)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->fact[i].parent, f->id) == 0)
			return true;
	return false;
}

/* Is the deed one that patd does (or, a use, one that it refuses for a known reason)? */
static bool possible(struct ledger *l, enum deed_kind kind, const struct fact *f)
{
	const struct fact *parent = ledger_find(l, f->parent);
	bool over = fact_is_over(f), child = f->parent[0];

	switch (kind) {
	case DEED_USE:
		return f->text[0];
	case DEED_REVOKE:
		return !f->revoked;
	case DEED_RESTORE:
		return f->revoked && !child && !f->ended && (!f->uses || f->used < f->uses);
	case DEED_DELETE:
		return over || (child && (!parent || fact_is_over(parent)));
	case DEED_RENAME:
		return !over && !child && !f->successor[0] && !f->predecessor[0] &&
		       !has_child(l, f);
	case DEED_ROTATE:
		return !over && !child && !f->successor[0] && !f->predecessor[0] && !f->uses;
	case DEED_EXCHANGE:
		return !over && !child && f->text[0] && (!f->uses || f->used + 1 < f->uses);
	default:
		return false;
	}
}

/* How often each is chosen. */
static const uint8_t weights[DEEDS] = {
	[DEED_MINT] = 22,
	[DEED_USE] = 30,
	[DEED_REVOKE] = 14,
	[DEED_RESTORE] = 6,
	[DEED_DELETE] = 12,
	[DEED_RENAME] = 4,
	[DEED_ROTATE] = 6,
	[DEED_EXCHANGE] = 6,
};
enum { WEIGHTS = 100 };

static enum deed_kind choose_kind(struct actor *a)
{
	uint64_t at = random_below(&a->random, WEIGHTS);
	enum deed_kind kind = DEED_NONE;

	do
		kind++;
	while (at >= weights[kind] && (at -= weights[kind], true));
	if (a->ledger.n >= ENOUGH &&
		(kind == DEED_MINT || kind == DEED_ROTATE || kind == DEED_EXCHANGE))
		kind = random_below(&a->random, 2) ? DEED_DELETE : DEED_REVOKE;
	return kind;
}

/* Uses that are few enough to be used up. */
static uint64_t choose_uses(struct actor *a)
{
	return random_below(&a->random, 2) ? 1 + random_below(&a->random, 5) : 0;
}

static void choose(struct actor *a, struct deed *d)
{
	const struct fact *f = NULL;
	struct ledger *l = &a->ledger;

	do {
		*d = (struct deed){.kind = choose_kind(a)};
		if (d->kind != DEED_MINT && l->n > 0)
			f = &l->fact[random_below(&a->random, l->n)];
	} while (d->kind != DEED_MINT && (!f || !possible(l, d->kind, f)));
	if (d->kind != DEED_MINT)
		memcpy(d->id, f->id, sizeof(d->id));
	if (d->kind == DEED_MINT)
		d->uses = choose_uses(a);
	if (d->kind == DEED_EXCHANGE && !f->uses)
		d->uses = choose_uses(a);
	if (d->kind == DEED_MINT || d->kind == DEED_RENAME)
		snprintf(d->name, sizeof(d->name), "t%u", a->named++);
}

static void *act(void *arg)
{
	struct actor *a = arg;

	look(a, &no_deed);
	for (unsigned long i = 1; !stop && (!deeds || i <= deeds); i++) {
		struct deed d;

		choose(a, &d);
		perform(a, &d);
		if (i % LOOK_EVERY == 0)
			look(a, &no_deed);
	}
	look(a, &no_deed);
	return NULL;
}

/* ---- by a log ---- */

static int check_log(const char *path, size_t at)
{
	static struct logbook book;
	char why[LEDGER_REASON];
	bool done;

	if (!logbook_read(&book, path))
		return 2;
	while (book.at < at && logbook_next(&book))
		continue;
	for (uint32_t i = 0; i < book.accounts; i++) {
		static struct actor a;
		struct ledger seen;

		a = (struct actor){.ledger = book.account[i].ledger};
		memcpy(a.account, book.account[i].name, sizeof(a.account));
		if (list(&a, &seen) || show_each(&a, &seen))
			wrong(&a, "patd does not answer");
		if (!ledger_settle(&a.ledger, &book.account[i].deed, &seen, &done, why))
			wrong(&a, "%s", why);
		if (knock(&a))
			wrong(&a, "patd does not answer a login");
	}
	puts("as it must be");
	return 0;
}

/* ---- all ---- */

static void on_term(int number)
{
	(void)number;
	stop = 1;
}

static void report(const struct actor *actors, int n)
{
	struct actor sum = {.done = 0};

	for (int i = 0; i < n; i++) {
		sum.done += actors[i].done;
		sum.refused += actors[i].refused;
		sum.unknown += actors[i].unknown;
		sum.unknown_done += actors[i].unknown_done;
	}
	printf("%lu acknowledged %lu refused %lu unanswered %lu of these done\n", sum.done,
		sum.refused, sum.unknown, sum.unknown_done);
}

int main(int argc, char **argv)
{
	const char *log = getenv("LOAD_LOG");
	static struct actor actors[LOGBOOK_ACCOUNTS];
	int n = argc - 4;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 5 && strcmp(argv[1], "-c") == 0) {
		socket_path = argv[2];
		return check_log(argv[3], strtoul(argv[4], NULL, 10));
	}
	if (n < 1 || n > LOGBOOK_ACCOUNTS) {
		fputs("usage: load SOCKET SEED DEEDS ACCOUNT... | load -c SOCKET LOG AT\n", stderr);
		return 2;
	}
	if (log && (log_fd = open(log, O_WRONLY | O_APPEND | O_CLOEXEC)) < 0) {
		perror(log);
		return 2;
	}
	signal(SIGTERM, on_term);
	socket_path = argv[1];
	deeds = strtoul(argv[3], NULL, 10);
	for (int i = 0; i < n; i++) {
		struct actor *a = &actors[i];

		a->number = (uint32_t)i;
		a->random = (uint64_t)strtoull(argv[2], NULL, 10) * 1000003 + a->number + 1;
		snprintf(a->account, sizeof(a->account), "%s", argv[4 + i]);
		note(BLOCKLOG_ACCOUNT, a->number, a->account, sizeof(a->account), true);
	}
	for (int i = 0; i < n; i++)
		if (pthread_create(&actors[i].thread, NULL, act, &actors[i]))
			return 2;
	for (int i = 0; i < n; i++)
		pthread_join(actors[i].thread, NULL);
	report(actors, n);
	return 0;
}
