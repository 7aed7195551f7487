/*
 * logbook.h: a log (blocklog.h), read record by record, and the ledgers as of that record.
 */
#ifndef ATTACK_LOGBOOK_H
#define ATTACK_LOGBOOK_H

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/attack/blocklog.h"
#include "tests/attack/ledger.h"

enum { LOGBOOK_ACCOUNTS = 16 };

struct logbook {
	const char *bytes;
	size_t size, at;
	struct blocklog record; /* the last one read */
	const void *payload;
	uint32_t accounts;
	struct {
		char name[LIMIT_USER + 1];
		struct ledger ledger;
		struct deed deed; /* asked, and not answered */
	} account[LOGBOOK_ACCOUNTS];
};

static inline bool logbook_read(struct logbook *b, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *p = fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0
			  ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
			  : MAP_FAILED;

	if (fd >= 0)
		close(fd);
	if (p == MAP_FAILED) {
		perror(path);
		return false;
	}
	*b = (struct logbook){.bytes = p, .size = (size_t)st.st_size};
	return true;
}

static inline void logbook_take(struct logbook *b)
{
	const struct blocklog *r = &b->record;

	switch (r->type) {
	case BLOCKLOG_ACCOUNT:
		memcpy(b->account[r->offset].name, b->payload, LIMIT_USER + 1);
		b->accounts = (uint32_t)r->offset + 1;
		break;
	case BLOCKLOG_ASKED:
		memcpy(&b->account[r->offset].deed, b->payload, sizeof(struct deed));
		break;
	case BLOCKLOG_ANSWERED:
		if (r->sync)
			ledger_apply(&b->account[r->offset].ledger, &b->account[r->offset].deed,
				b->payload);
		b->account[r->offset].deed.kind = DEED_NONE;
		break;
	default:
		break;
	}
}

/* The next record, its part of the ledgers done. False: there is none. */
static inline bool logbook_next(struct logbook *b)
{
	if (b->size - b->at < sizeof(b->record))
		return false;
	memcpy(&b->record, b->bytes + b->at, sizeof(b->record));
	if (b->record.magic != BLOCKLOG_MAGIC ||
		b->record.size > b->size - b->at - sizeof(b->record)) {
		fprintf(stderr, "the log is broken at %zu\n", b->at);
		_exit(2);
	}
	b->payload = b->bytes + b->at + sizeof(b->record);
	b->at += sizeof(b->record) + b->record.size;
	logbook_take(b);
	return true;
}

#endif
