/*
 * asking.h: what the load asks of patd, as root, of the tokens of an account: to see them, a login,
 * a deed. Each is 0 or an error, of patd or of the way to it.
 */
#ifndef ATTACK_ASKING_H
#define ATTACK_ASKING_H

#include <time.h>

#include "common/client.h"
#include "common/err.h"
#include "common/process.h"
#include "tests/attack/ledger.h"

enum { ANSWER_MS = 20000 };

static const char *socket_path;

/* No answer, or one that says that nobody knows. */
static inline bool is_unknown(int err)
{
	return err == ERR_UNAVAILABLE || err == ERR_STORE || err == ERR_IO || err == ERR_TIMEOUT ||
	       err == ERR_MEMORY;
}

static inline void copy_text(const struct proto_msg *m, enum proto_tag tag, char *out, size_t size)
{
	span_copy(proto_text(m, tag), out, size);
}

static inline void see(const struct proto_msg *m, struct fact *f)
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
static inline int list(const char *account, struct ledger *seen)
{
	struct client c;
	struct proto_out req;
	int err;

	seen->n = 0;
	proto_begin(&req, VERB_LIST);
	proto_put_string(&req, TAG_USER, account);
	err = client_call(&c, socket_path, ANSWER_MS, &req);
	while (!err && c.msg.verb == VERB_MORE && seen->n < LEDGER_TOKENS) {
		see(&c.msg, &seen->fact[seen->n++]);
		err = client_next(&c, ANSWER_MS);
	}
	client_close(&c);
	return err;
}

/* The other indexes: by ID and by name the same tokens are found. */
static inline int show(const char *account, enum proto_tag tag, const char *value, struct fact *out)
{
	struct client c;
	struct proto_out req;
	int err;

	proto_begin(&req, VERB_SHOW);
	proto_put_string(&req, TAG_USER, account);
	proto_put_string(&req, tag, value);
	err = client_call(&c, socket_path, ANSWER_MS, &req);
	if (!err)
		see(&c.msg, out);
	client_close(&c);
	return err;
}

/* A login. */
static inline int present(const char *account, const char *text)
{
	struct client c;
	struct proto_out req;
	struct process self;
	uint8_t bytes[PROCESS_BYTES];
	int err;

	proto_begin(&req, VERB_VERIFY);
	proto_put_string(&req, TAG_TOKEN, text);
	proto_put_string(&req, TAG_USER, account);
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

static inline void put_deed(
	const char *account, struct ledger *l, const struct deed *d, struct proto_out *req)
{
	const struct fact *f = ledger_find(l, d->id);

	proto_begin(req, requests[d->kind].verb);
	if (requests[d->kind].by_text)
		proto_put_string(req, TAG_TOKEN, f->text);
	else
		proto_put_string(req, TAG_USER, account);
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

static inline int ask(
	const char *account, struct ledger *l, const struct deed *d, struct made *made)
{
	struct client c;
	struct proto_out req;
	int err;

	if (d->kind == DEED_USE)
		return present(account, ledger_find(l, d->id)->text);
	put_deed(account, l, d, &req);
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

#endif
