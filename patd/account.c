#include "patd/account.h"

#include <string.h>

#include "common/bytes.h"
#include "common/err.h"

/*
 * query:  seq u32 · by u8 · BY_UID: uid u32, BY_NAME: name
 * answer: seq u32 · state u8 · of a found one: uid u32 · flags u8 · name · groups
 * name:   length u8 · bytes
 * groups: length u16 · names, each with a NUL
 */
enum { BY_NAME = 0, BY_UID = 1, FIRST = 0x80 };
enum { FLAG_LOCKED = 1, FLAG_EXPIRED = 2, FLAG_LOCAL = 4, FLAG_GROUPS = 8, FLAGS = 15 };

static void write_name(struct writer *w, const char *name)
{
	size_t n = strnlen(name, LIMIT_USER + 1);

	if (n == 0 || n > LIMIT_USER)
		w->failed = true;
	write_u8(w, (uint8_t)n);
	write_bytes(w, name, n);
}

static void read_name(struct reader *r, char out[LIMIT_USER + 1])
{
	struct span name = read_bytes(r, read_u8(r));

	if (name.n == 0 || !span_copy(name, out, LIMIT_USER + 1))
		r->failed = true;
}

bool account_query_same(const struct account_query *a, const struct account_query *b)
{
	return a->by_uid == b->by_uid &&
	       (a->by_uid ? a->uid == b->uid : strcmp(a->name, b->name) == 0);
}

size_t account_query_encode(const struct account_query *q, void *buf)
{
	struct writer w;

	if (q->seq == 0)
		return 0;
	writer_init(&w, buf, ACCOUNT_PACKET);
	write_u32(&w, q->seq);
	write_u8(&w, (uint8_t)((q->by_uid ? BY_UID : BY_NAME) | (q->first ? FIRST : 0)));
	if (q->by_uid)
		write_u32(&w, q->uid);
	else
		write_name(&w, q->name);
	return writer_len(&w);
}

int account_query_decode(const void *buf, size_t n, struct account_query *q)
{
	struct account_query out = {0};
	struct reader r;
	uint8_t by;

	reader_init(&r, buf, n);
	out.seq = read_u32(&r);
	by = read_u8(&r);
	out.first = by & FIRST;
	by &= 0x7f;
	out.by_uid = by == BY_UID;
	if (out.by_uid)
		out.uid = read_u32(&r);
	else
		read_name(&r, out.name);
	if (!reader_done(&r) || out.seq == 0 || (by != BY_NAME && by != BY_UID))
		return ERR_PROTO;
	*q = out;
	return 0;
}

size_t account_answer_encode(const struct account_answer *a, void *buf)
{
	const struct account *account = &a->account;
	struct writer w;

	if (a->seq == 0 && account->state != ACCOUNT_ERROR)
		return 0;
	writer_init(&w, buf, ACCOUNT_PACKET);
	write_u32(&w, a->seq);
	write_u8(&w, (uint8_t)account->state);
	if (account->state == ACCOUNT_FOUND) {
		write_u32(&w, account->uid);
		write_u8(&w, (uint8_t)((account->locked ? FLAG_LOCKED : 0) |
				       (account->expired ? FLAG_EXPIRED : 0) |
				       (account->local ? FLAG_LOCAL : 0) |
				       (account->groups_known ? FLAG_GROUPS : 0)));
		write_name(&w, account->name);
		write_u16(&w, account->groups_len);
		write_bytes(&w, account->groups, account->groups_len);
	}
	return writer_len(&w);
}

static void read_groups(struct reader *r, struct account *a)
{
	uint16_t n = read_u16(r);
	struct span groups = read_bytes(r, n);

	if (groups.n > sizeof(a->groups) || (groups.n > 0 && groups.p[groups.n - 1] != '\0')) {
		r->failed = true;
		return;
	}
	a->groups_len = (uint16_t)groups.n;
	if (groups.n > 0)
		memcpy(a->groups, groups.p, groups.n);
}

static void read_found(struct reader *r, struct account *a)
{
	uint8_t flags;

	a->uid = read_u32(r);
	flags = read_u8(r);
	a->locked = flags & FLAG_LOCKED;
	a->expired = flags & FLAG_EXPIRED;
	a->local = flags & FLAG_LOCAL;
	a->groups_known = flags & FLAG_GROUPS;
	if (flags & ~FLAGS)
		r->failed = true;
	read_name(r, a->name);
	read_groups(r, a);
}

int account_answer_decode(const void *buf, size_t n, struct account_answer *a)
{
	struct account_answer out = {0};
	struct reader r;
	uint8_t state;

	reader_init(&r, buf, n);
	out.seq = read_u32(&r);
	state = read_u8(&r);
	if (state == ACCOUNT_FOUND)
		read_found(&r, &out.account);
	if (!reader_done(&r) || state > ACCOUNT_ABSENT || (out.seq == 0 && state != ACCOUNT_ERROR))
		return ERR_PROTO;
	out.account.state = state;
	*a = out;
	return 0;
}

void account_add_group(struct account *a, const char *group)
{
	size_t n = strlen(group) + 1;

	if (n == 1 || a->groups_len + n > sizeof(a->groups)) {
		a->groups_known = false;
		return;
	}
	memcpy(a->groups + a->groups_len, group, n);
	a->groups_len = (uint16_t)(a->groups_len + n);
}

bool account_password_locked(const char *field)
{
	size_t marks = field ? strspn(field, "!") : 0;

	return marks > 0 && field[marks] != '\0' && strcmp(field + marks, "*") != 0;
}

bool account_expired(long sp_expire, long today)
{
	return sp_expire >= 0 && today >= sp_expire;
}
