/*
 * fuzz_store.c: operations on a real store, in an order and with values that the input says, while
 * the call of LMDB or the memory that the input says fails. After each: what was acknowledged is
 * there, what failed left nothing behind, indexes, counts and links agree; and so it is when the
 * store is opened anew.
 */
#include "tests/fuzz/world.h"

/* ---- what a step may be about ---- */

static const char *const owners[] = {"alice", "alice", "bob", "deploy"};
static const char *const names[] = {"a", "b", "laptop", "thrice", "ci", "phone"};
static const char *const scopes[] = {NULL, "sshd", "su", "sshd,su", "*", "web"};
static const char *const services[] = {"sshd", "su", "nginx"};

static const char *one_of(const char *const *list, size_t n)
{
	return list[any((unsigned)n)];
}
#define ONE_OF(list) one_of(list, COUNT(list))

/* One that is there; NULL: there is none. */
static const struct record *any_token(void)
{
	return seen.n ? &seen.token[take_u8() % seen.n] : NULL;
}

/* A number, or none; of at most so many seconds from now, if it is a time. */
static const char *any_number(uint64_t from, unsigned step)
{
	uint8_t n = take_u8();

	return n % 3 ? NULL : number(from + (uint64_t)n * step);
}

/* Of the last step: the token that it was about, as it was before. */
static struct record subject;
static bool has_subject;

static const char *subject_id(void)
{
	const struct record *t = any_token();

	has_subject = t != NULL;
	if (t)
		subject = *t;
	return t ? subject.id : "4fJk29sQxZb";
}

/* Nobody has one of what was imported under another ID. */
static const char *subject_text(void)
{
	const char *text = text_of(subject_id());

	has_subject &= text != NULL;
	return text ? text : texts[0].text;
}

static const char *subject_owner(void)
{
	return has_subject ? subject.owner : "alice";
}

/* ---- operations ---- */

static void do_mint(void)
{
	const char *owner = ONE_OF(owners), *name = ONE_OF(names), *scope = ONE_OF(scopes);
	const char *expires = any_number(now + 1, 600), *uses = any_number(1, 1);

	begin(VERB_MINT, ROOT,
		(struct args){.user = owner,
			.name = name,
			.scopes = scope,
			.expires = expires,
			.uses = uses});
}

static void do_verify(void)
{
	static struct process p = {.start = 1000, .session = 7, .login_uid = ALICE};
	const char *text = subject_text(), *service = ONE_OF(services);

	p.pid = 100 + any(4);
	begin(VERB_VERIFY, ROOT,
		(struct args){.token = text,
			.user = subject_owner(),
			.service = service,
			.rhost = "192.0.2.7",
			.process = any(2) ? &p : NULL});
}

static void do_session(void)
{
	static struct process p = {.start = 1000, .session = 7, .login_uid = ALICE};
	const char *id = subject_id();
	bool opens = any(2);

	p.pid = 100 + any(4);
	begin(opens ? VERB_SESSION_OPEN : VERB_SESSION_CLOSE, ROOT,
		(struct args){.id = id,
			.user = opens ? subject_owner() : NULL,
			.service = opens ? "sshd" : NULL,
			.process = &p});
}

static void do_account(void)
{
	const char *id = subject_id();

	begin(VERB_ACCOUNT, ROOT,
		(struct args){.id = id, .user = subject_owner(), .service = "sshd"});
}

static void do_edit(void)
{
	const char *id = subject_id(), *name = any(2) ? ONE_OF(names) : NULL;
	const char *expires = any_number(now + 1, 300);

	begin(VERB_EDIT, ROOT,
		(struct args){.id = id, .new_name = name, .note = "noted", .expires = expires});
}

static void do_revoke(void)
{
	begin(VERB_REVOKE, ROOT, (struct args){.id = subject_id(), .reason = "because"});
}

static void do_revoke_name(void)
{
	const char *owner = ONE_OF(owners), *name = ONE_OF(names);

	has_subject = false;
	begin(VERB_REVOKE, ROOT, (struct args){.user = owner, .name = name});
}

static void do_revoke_all(void)
{
	const char *owner = ONE_OF(owners), *unused = any_number(0, 60);

	has_subject = false;
	begin(VERB_REVOKE, ROOT,
		(struct args){.user = owner, .all = !unused, .unused_for = unused});
}

static void do_restore(void)
{
	begin(VERB_RESTORE, ROOT, (struct args){.id = subject_id()});
}

static void do_delete(void)
{
	begin(VERB_DELETE, ROOT, (struct args){.id = subject_id()});
}

static void do_rotate(void)
{
	const char *id = subject_id(), *grace = any_number(0, 60);
	bool until_used = any(2);

	begin(VERB_ROTATE, ROOT, (struct args){.id = id, .grace = grace, .until_used = until_used});
}

static void do_exchange(void)
{
	const char *text = subject_text(), *scope = any(3) ? NULL : ONE_OF(scopes);
	const char *uses = any_number(1, 1), *expires = any_number(now + 1, 10);

	begin(VERB_EXCHANGE, ALICE,
		(struct args){.token = text, .scopes = scope, .uses = uses, .expires = expires});
}

static void do_prune(void)
{
	const char *expired = any_number(1, 60), *revoked = any_number(1, 60);

	has_subject = false;
	begin(VERB_PRUNE, ROOT,
		(struct args){.all = true,
			.expired_for = expired,
			.revoked_for = expired || revoked ? revoked : "1",
			.dry_run = any(4) == 3});
}

static void do_scan(void)
{
	has_subject = false;
	begin(VERB_SCAN, ROOT, (struct args){.reason = "leaked"});
}

static void do_import(void)
{
	has_subject = false;
	begin(VERB_IMPORT, ROOT, (struct args){.id = NULL});
}

static void do_look(void)
{
	static const uint8_t verbs[] = {
		VERB_LIST, VERB_EXPORT, VERB_LOG, VERB_STATUS, VERB_SESSIONS, VERB_ACCOUNTS};
	uint8_t verb = verbs[any(sizeof(verbs))];

	has_subject = false;
	begin(verb, ROOT,
		(struct args){
			.all = verb == VERB_LIST || verb == VERB_LOG || verb == VERB_SESSIONS});
}

static void do_show(void)
{
	begin(VERB_SHOW, ROOT, (struct args){.id = subject_id()});
}

static void (*const deeds[])(void) = {do_mint, do_verify, do_session, do_account, do_edit,
	do_revoke, do_revoke_name, do_revoke_all, do_restore, do_delete, do_rotate, do_exchange,
	do_prune, do_scan, do_import, do_look, do_show};

/* ---- what is streamed ---- */

static void put_import(struct proto_out *o)
{
	const struct record *t = any_token();
	struct record other;
	uint8_t bytes[LIMIT_RECORD];
	size_t n;

	if (!t)
		return;
	other = *t;
	switch (any(6)) {
	case 0: /* another one */
		other.id[any(TOKEN_ID_LEN)] ^= 1;
		break;
	case 1:
		other.revoked = now;
		other.revoked_rank = RANK_ROOT;
		strcpy(other.revoked_by, "root");
		break;
	case 2:
		strcpy(other.name, ONE_OF(names));
		break;
	case 3:
		other.uses = 1 + any(4);
		break;
	case 4:
		other.expires = other.expires ? other.expires - any(100) : now + any(100) + 1;
		break;
	}
	proto_put_string(o, TAG_ID, other.id);
	n = record_encode(&other, bytes);
	if (n && any(4))
		proto_put_text(o, TAG_RECORD, (struct span){(char *)bytes, n});
	else
		proto_put_number(o, TAG_DELETED, now);
}

/* So many items as the input says, and the end. */
static size_t make_item(uint8_t packet[LIMIT_PACKET])
{
	struct proto_out o;
	size_t n = 0;

	if (any(4)) {
		proto_begin(&o, VERB_ITEM);
		if (r.msg.verb == VERB_SCAN)
			proto_put_string(&o, TAG_TOKEN, texts[take_u8() % text_count].text);
		else
			put_import(&o);
		n = proto_end(&o);
	}
	if (n == 0) {
		proto_begin(&o, VERB_END);
		n = proto_end(&o);
	}
	memcpy(packet, o.packet, n);
	return n;
}

/* ---- what must have come of it ---- */

static const struct record *left_of(const struct record *before)
{
	return token_seen(before->id);
}

static void check_new(const struct proto_msg *m)
{
	const struct minted *last = &texts[text_count - 1];
	const struct record *t = token_seen(last->id);
	struct token text;

	assert(span_is(proto_text(m, TAG_ID), last->id) && t);
	assert(token_parse(last->text, strlen(last->text), &text) && hash_matches(&text, t->hash));
	if (r.msg.verb == VERB_ROTATE)
		assert(t->predecessor[0] && strcmp(t->owner, subject.owner) == 0);
	if (r.msg.verb == VERB_EXCHANGE)
		assert(t->parent[0] && token_seen(t->parent));
}

static struct proto_msg last_answer;

static void keep_answer(const struct proto_msg *m)
{
	last_answer = *m;
}

/* It was acknowledged. */
static void check_done(void)
{
	const struct record *after = has_subject ? left_of(&subject) : NULL;

	switch (r.msg.verb) {
	case VERB_MINT:
	case VERB_ROTATE:
	case VERB_EXCHANGE:
		check_new(&last_answer);
		break;
	case VERB_REVOKE:
		assert(!after || after->revoked);
		break;
	case VERB_RESTORE:
		assert(after && !after->revoked);
		break;
	case VERB_DELETE:
		assert(!after);
		break;
	case VERB_EDIT:
		assert(after && strcmp(after->note, "noted") == 0);
		break;
	case VERB_VERIFY:
		assert(!has_subject || (after && !after->revoked));
		assert(!after || !after->uses || after->rotated || after->used == subject.used + 1);
		break;
	}
}

/* What was written before the failure stands: parts of bulk work; that there was an export. */
static bool in_parts(void)
{
	static const uint8_t verbs[] = {VERB_SCAN, VERB_IMPORT, VERB_PRUNE, VERB_EXPORT};

	return memchr(verbs, r.msg.verb, sizeof(verbs)) != NULL;
}

static void request_step(void)
{
	uint64_t before = seen.hash;
	int err;

	deeds[any(COUNT(deeds))]();
	err = world_run();
	world_look();
	if (!err)
		check_done();
	else if (!in_parts() && !r.reused)
		assert(seen.hash == before);
	/* A store that failed is told, and never taken for one that has nothing. */
	assert(!world.hit || err);
}

/* ---- what patd does by itself ---- */

/* In one transaction, which takes nothing with it if a call on it failed. 0: it stands. */
static int by_itself(int (*work)(struct store_txn *t))
{
	struct store_txn *t;
	int err, committed = 0;

	world.armed = true;
	err = store_begin_write(store, &t);
	if (!err) {
		err = work(t);
		committed = store_commit(t);
	}
	world.armed = false;
	return err ? err : committed;
}

static int clear_ended(struct store_txn *t)
{
	struct record token;
	int err;

	while (!(err = store_clear_ended(t, now, &token)))
		continue;
	return err == ERR_NO_TOKEN ? 0 : err;
}

/* As the tally does it. */
static int count_use(struct store_txn *t)
{
	struct usage u;
	int err;

	if (!has_subject)
		return 0;
	err = store_get_usage(t, subject.id, &u);
	if (!err)
		usage_count(&u, now, SPAN("sshd"), SPAN("192.0.2.7"));
	if (!err)
		err = store_put_usage(t, subject.id, &u);
	return err ? err : store_put_clock(t, now);
}

static int flush_handovers(struct store_txn *t)
{
	return handovers_flush(handovers, t);
}

static int trim_events(struct store_txn *t)
{
	bool full;

	return store_event_trim(t, now - 60, 4, &full);
}

static void patd_step(void)
{
	static int (*const works[])(struct store_txn * t) = {
		clear_ended, count_use, flush_handovers, trim_events};
	uint64_t before = seen.hash;
	int err;

	subject_id();
	err = by_itself(works[any(COUNT(works))]);
	world_look();
	if (err)
		assert(seen.hash == before);
	assert(!world.hit || err);
}

static void step(void)
{
	static const int errors[] = {EIO, ENOSPC, ENOMEM, MDB_MAP_FULL, MDB_CORRUPTED, MDB_PANIC,
		MDB_TXN_FULL, MDB_BAD_TXN, MDB_PAGE_NOTFOUND};
	uint8_t what = take_u8();

	world.left = take_u8() % 128;
	world.error = errors[any(COUNT(errors))];
	world.hit = false;
	now += (uint64_t)(what >> 4) * 60;
	if (what % 8 == 7)
		patd_step();
	else if (what == 6)
		world_reopen();
	else
		request_step();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!world_dir[0]) {
		world_init();
		next_item = make_item;
		on_answer = keep_answer;
		parent_does = parent_answers;
	}
	input = (struct span){(const char *)data, size};
	world_begin();
	for (int i = 0; i < 40 && input.n > 0; i++)
		step();
	world_end();
	return 0;
}
