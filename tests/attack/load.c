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

#include "common/clock.h"
#include "tests/attack/asking.h"
#include "tests/attack/blocklog.h"
#include "tests/attack/choosing.h"
#include "tests/attack/logbook.h"

enum {
	BACK_MS = 30000, /* how long patd may be away */
	LOOK_EVERY = 64, /* deeds */
};

/* What became of a deed. */
enum outcome { DONE, REFUSED, UNKNOWN };

struct actor {
	uint32_t number;
	char account[LIMIT_USER + 1];
	struct ledger ledger;
	struct chooser chooser;
	unsigned long done, refused, unknown, unknown_done;
	pthread_t thread;
};

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

/* ---- looking ---- */

static void pause_ms(long ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
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

static int show_each(struct actor *a, struct ledger *seen)
{
	struct fact f;
	int err = 0;

	for (size_t i = 0; i < seen->n && !err; i++) {
		err = show(a->account, TAG_ID, seen->fact[i].id, &f);
		if (!err && memcmp(&f, &seen->fact[i], sizeof(f)) != 0)
			wrong(a, "token %s: list and show differ", seen->fact[i].id);
		if (!err)
			err = show(a->account, TAG_NAME, seen->fact[i].name, &f);
		if (!err && strcmp(f.name, seen->fact[i].name) != 0)
			wrong(a, "name %s: another token is found", seen->fact[i].name);
	}
	if (err && !is_unknown(err))
		wrong(a, "what is listed cannot be shown: %s", err_text(err));
	return err;
}

/* What must open nothing opens nothing. What must open, and is not counted durably, opens. */
static int knock(struct actor *a)
{
	int err = 0;

	for (size_t i = 0; i < a->ledger.n && !err; i++) {
		const struct fact *f = &a->ledger.fact[i];
		bool opens = ledger_opens(&a->ledger, f);

		if (!f->text[0] || (opens && (f->uses || f->predecessor[0] || f->parent[0])))
			continue;
		err = present(a->account, f->text);
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
		if (list(a->account, &seen) || show_each(a, &seen))
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

static bool must_be_done(struct actor *a, const struct deed *d)
{
	return d->kind != DEED_USE || ledger_opens(&a->ledger, ledger_find(&a->ledger, d->id));
}

static void perform(struct actor *a, const struct deed *d)
{
	struct made made = {.id = ""};
	int err;

	note(BLOCKLOG_ASKED, a->number, d, sizeof(*d), true);
	err = ask(a->account, &a->ledger, d, &made);
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

static void *act(void *arg)
{
	struct actor *a = arg;

	look(a, &no_deed);
	for (unsigned long i = 1; !stop && (!deeds || i <= deeds); i++) {
		struct deed d;

		choose(&a->chooser, &a->ledger, &d);
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
		if (list(a.account, &seen) || show_each(&a, &seen))
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
		a->chooser.random = (uint64_t)strtoull(argv[2], NULL, 10) * 1000003 + a->number + 1;
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
