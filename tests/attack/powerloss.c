/*
 * powerloss LOG DIRECTORY SEED [pages|roots]: what the power's loss would leave of the store, by a
 * log of its writes and flushes (blocklog.h), at every flush. All that was written before the flush
 * before it is on the disk. Of what was written since, nothing is certain: none of it, all, all but
 * one write, one alone, and random choices with writes torn at a 512-byte sector are tried. Each
 * such file must be sound (soundness.h) and have all that was acknowledged until then; of what was
 * not, all or nothing.
 *
 * Of some of the files it keeps DIRECTORY/N.mdb, and in DIRECTORY/N.at how much of the log was
 * written until then, for a real patd. Prints how many flushes and files there were. With `pages`
 * or `roots` every third flush of those is taken for none, as by a disk that lies: then there must
 * be files that are not as they must be.
 */
#include <stdlib.h>

#include "patd/hash.h"
#include "tests/attack/logbook.h"
#include "tests/attack/soundness.h"
#include "tests/lib/xorshift.h"

enum { SECTOR = 512, WRITES = 4096, RANDOM_CHOICES = 12, KEPT = 40, KEPT_OF = 500 };

/* A write of the log, or a part of it. */
struct block {
	uint64_t offset;
	const uint8_t *p;
	size_t n;
};

static struct {
	struct logbook book;
	const char *dir;
	char path[512];
	int fd;	       /* of the file that is tried */
	uint8_t *disk; /* what is certain */
	size_t size, room;
	struct block since[WRITES]; /* what is not */
	size_t n;
	uint64_t random;
	unsigned long flushes, files;
	unsigned long unmade; /* that are no store yet: the power failed while it was made */
	unsigned kept;
} p;

__attribute__((noreturn)) static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* ---- the disk ---- */

static void put(struct block b)
{
	while (b.offset + b.n > p.room) {
		size_t room = p.room ? 2 * p.room : 1 << 20;

		p.disk = realloc(p.disk, room);
		if (!p.disk)
			die("memory");
		memset(p.disk + p.room, 0, room - p.room);
		p.room = room;
	}
	if (b.offset + b.n > p.size)
		p.size = b.offset + b.n;
	memcpy(p.disk + b.offset, b.p, b.n);
}

static void write_out(const void *from, size_t n, uint64_t offset)
{
	if (pwrite(p.fd, from, n, (off_t)offset) != (ssize_t)n)
		die(p.path);
}

/* A block reaches the file. */
static void put_out(struct block b)
{
	write_out(b.p, b.n, b.offset);
}

/* And is taken back. */
static void take_back(struct block b)
{
	if (b.offset < p.size)
		write_out(p.disk + b.offset, b.offset + b.n > p.size ? p.size - b.offset : b.n,
			b.offset);
}

/* What was certain stays so, and all that was not has become so. */
static void flush(void)
{
	for (size_t i = 0; i < p.n; i++) {
		put(p.since[i]);
		put_out(p.since[i]);
	}
	p.n = 0;
	if (ftruncate(p.fd, (off_t)p.size))
		die(p.path);
}

/* ---- looking at a file ---- */

static int account_of(const char *owner)
{
	for (uint32_t i = 0; i < p.book.accounts; i++)
		if (strcmp(p.book.account[i].name, owner) == 0)
			return (int)i;
	return -1;
}

static struct ledger seen[LOGBOOK_ACCOUNTS];
static char found[LEDGER_REASON];

/* Does its text, which was acknowledged, have the hash that is stored? */
static void check_hash(int account, const struct record *r)
{
	const struct fact *f = ledger_find(&p.book.account[account].ledger, r->id);
	struct token t;

	if (f && f->text[0] &&
		(!token_parse(f->text, strlen(f->text), &t) || !hash_matches(&t, r->hash)))
		snprintf(found, sizeof(found), "token %s: another secret's hash", r->id);
}

static void see(void *arg, const struct record *r)
{
	int account = account_of(r->owner);
	struct ledger *l = &seen[account < 0 ? 0 : account];
	struct fact *f = &l->fact[l->n];

	(void)arg;
	if (account < 0 || l->n == LEDGER_TOKENS) {
		snprintf(found, sizeof(found), "token %s: whose is it?", r->id);
		return;
	}
	l->n++;
	*f = (struct fact){.uses = r->uses, .used = r->used};
	memcpy(f->id, r->id, sizeof(f->id));
	memcpy(f->name, r->name, sizeof(f->name));
	memcpy(f->parent, r->parent, sizeof(f->parent));
	memcpy(f->successor, r->successor, sizeof(f->successor));
	f->revoked = r->revoked != 0;
	f->ended = r->grace_ends != 0;
	check_hash(account, r);
}

/* The file has no verdict of patd's: the ledger's rule is applied to what is seen. */
static void judge(struct ledger *l)
{
	for (size_t i = 0; i < l->n; i++)
		l->fact[i].opens = ledger_opens(l, &l->fact[i]);
}

static bool settle(uint32_t account)
{
	struct ledger before = p.book.account[account].ledger;
	bool done;

	judge(&seen[account]);
	return ledger_settle(&before, &p.book.account[account].deed, &seen[account], &done, found);
}

/* Until patd has made the store, and acknowledged something, there may be nothing at all. */
static bool nothing_acknowledged(void)
{
	for (uint32_t i = 0; i < p.book.accounts; i++)
		if (p.book.account[i].ledger.n > 0)
			return false;
	return true;
}

static bool is_right(void)
{
	struct sound s = {.token = see};

	memset(seen, 0, sizeof(seen));
	found[0] = '\0';
	if (!sound_check(&s, p.path)) {
		snprintf(found, sizeof(found), "%s", s.why);
		return false;
	}
	for (uint32_t i = 0; i < p.book.accounts && !found[0]; i++)
		if (!settle(i))
			return false;
	return !found[0];
}

/* ---- samples for a real patd ---- */

static void save(const char *suffix, const void *from, size_t n)
{
	char name[600];
	FILE *f;

	snprintf(name, sizeof(name), "%s/%u.%s", p.dir, p.kept, suffix);
	f = fopen(name, "w");
	if (!f || fwrite(from, 1, n, f) != n || fclose(f))
		die(name);
}

static void keep(void)
{
	struct stat st;
	char at[32];
	void *map;

	if (fstat(p.fd, &st) || st.st_size == 0)
		return;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, p.fd, 0);
	if (map == MAP_FAILED)
		die(p.path);
	save("mdb", map, (size_t)st.st_size);
	save("at", at, (size_t)snprintf(at, sizeof(at), "%zu", p.book.at));
	munmap(map, (size_t)st.st_size);
	p.kept++;
}

/* ---- the choices ---- */

static void try_file(const struct block *blocks, size_t n)
{
	bool good;

	for (size_t i = 0; i < n; i++)
		put_out(blocks[i]);
	p.files++;
	good = is_right();
	if (!good && nothing_acknowledged() && p.size < 3 * 4096) {
		p.unmade++;
	} else if (!good) {
		printf("WRONG: flush %lu, %zu of %zu writes: %s\n", p.flushes, n, p.n, found);
		exit(1);
	}
	if (p.kept < KEPT && random_below(&p.random, KEPT_OF) == 0 && !nothing_acknowledged())
		keep();
	for (size_t i = 0; i < n; i++)
		take_back(blocks[i]);
	if (ftruncate(p.fd, (off_t)p.size))
		die(p.path);
}

/* One alone, or all but one. */
static void try_each(void)
{
	struct block rest[WRITES];

	for (size_t i = 0; i < p.n; i++) {
		size_t n = 0;

		for (size_t j = 0; j < p.n; j++)
			if (j != i)
				rest[n++] = p.since[j];
		try_file(&p.since[i], 1);
		try_file(rest, n);
	}
}

/* The sectors of a block, each there or not. */
static size_t tear(struct block b, struct block *out)
{
	size_t n = 0;

	for (size_t at = 0; at < b.n; at += SECTOR)
		if (random_below(&p.random, 2))
			out[n++] = (struct block){
				b.offset + at, b.p + at, b.n - at < SECTOR ? b.n - at : SECTOR};
	return n;
}

static void try_random(void)
{
	static struct block some[WRITES * 64];
	size_t n = 0;

	for (size_t i = 0; i < p.n; i++)
		switch (random_below(&p.random, 3)) {
		case 0:
			some[n++] = p.since[i];
			break;
		case 1:
			n += tear(p.since[i], some + n);
			break;
		default:
			break;
		}
	try_file(some, n);
}

static void lose_power(void)
{
	p.flushes++;
	if (p.n == 0)
		return;
	try_file(NULL, 0);
	try_file(p.since, p.n);
	if (p.n > 1)
		try_each();
	for (int i = 0; i < RANDOM_CHOICES; i++)
		try_random();
}

/* ---- the log ---- */

/* A write of several pages is as many, for the disk. */
static void take_write(const struct blocklog *r, const uint8_t *bytes)
{
	for (uint64_t at = 0; at < r->size; at += 4096) {
		size_t n = r->size - at < 4096 ? r->size - at : 4096;

		if (p.n == WRITES)
			die("too many writes without a flush");
		p.since[p.n++] = (struct block){r->offset + at, bytes + at, n};
	}
}

/* Once there is something to lose, every third time. */
static bool lies(const char *lie, const char *about)
{
	return lie && strcmp(lie, about) == 0 && !nothing_acknowledged() && p.flushes % 3 == 0;
}

static void take(const char *lie)
{
	const struct blocklog *r = &p.book.record;

	switch (r->type) {
	case BLOCKLOG_WRITE:
		take_write(r, p.book.payload);
		if (!r->sync)
			return;
		if (r->size > 4096)
			die("more than a page at once");
		/* The write itself may be cut. Done, it is certain, but nothing else is. */
		lose_power();
		if (lies(lie, "roots"))
			return;
		put(p.since[p.n - 1]);
		put_out(p.since[p.n - 1]);
		p.n--;
		return;
	case BLOCKLOG_FLUSH:
		lose_power();
		if (!lies(lie, "pages"))
			flush();
		return;
	case BLOCKLOG_TRUNCATE:
		die("the file is never cut");
	default:
		return;
	}
}

int main(int argc, char **argv)
{
	const char *lie = argc == 5 ? argv[4] : NULL;

	if ((argc != 4 && !lie) || hash_init()) {
		fputs("usage: powerloss LOG DIRECTORY SEED [pages|roots]\n", stderr);
		return 2;
	}
	p.dir = argv[2];
	p.random = strtoull(argv[3], NULL, 10) * 2 + 1;
	snprintf(p.path, sizeof(p.path), "%s/tried.mdb", p.dir);
	p.fd = open(p.path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (p.fd < 0)
		die(p.path);
	if (!logbook_read(&p.book, argv[1]))
		return 2;
	while (logbook_next(&p.book))
		take(lie);
	printf("%lu flushes, %lu files, %lu of them before there was a store, %u kept\n", p.flushes,
		p.files, p.unmade, p.kept);
	return 0;
}
