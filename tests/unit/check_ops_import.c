/* check_ops_import.c: export and import, in whole requests: from one store into itself, into an
 * empty one, and from older files into newer stores. */
#include "tests/unit/requests.h"

/* ---- an exported file, in memory ---- */

static struct file {
	size_t n;
	struct line {
		char id[TOKEN_ID_LEN + 1];
		size_t record_n, usage_n;
		uint8_t record[LIMIT_RECORD], usage[USAGE_BYTES];
		uint64_t deleted;
	} line[64];
} file;

static size_t copy(struct span from, uint8_t *to)
{
	memcpy(to, from.p, from.n);
	return from.n;
}

static void keep_line(void)
{
	struct line *l = &file.line[file.n++];

	ck_assert_uint_le(file.n, COUNT(file.line));
	ck_assert(span_copy(proto_text(&reply, TAG_ID), l->id, sizeof(l->id)));
	l->record_n = copy(proto_text(&reply, TAG_RECORD), l->record);
	l->usage_n = copy(proto_text(&reply, TAG_USAGE), l->usage);
	l->deleted = proto_number(&reply, TAG_DELETED);
	ck_assert_int_eq(l->record_n == 0, proto_has(&reply, TAG_DELETED));
}

static void export_tokens(void)
{
	file.n = 0;
	on_packet = keep_line;
	ck_assert_int_eq(DO(EXPORT, ROOT, .all = false), 0);
	on_packet = NULL;
}

static void send_line(const struct line *l, uint64_t seq)
{
	static struct proto_out o;

	proto_begin(&o, VERB_ITEM);
	proto_put_string(&o, TAG_ID, l->id);
	if (l->record_n)
		proto_put_text(&o, TAG_RECORD, (struct span){(const char *)l->record, l->record_n});
	else
		proto_put_number(&o, TAG_DELETED, l->deleted);
	if (l->usage_n)
		proto_put_text(&o, TAG_USAGE, (struct span){(const char *)l->usage, l->usage_n});
	proto_put_number(&o, TAG_SEQ, seq);
	send_packet(&o);
}

static int import_file(void)
{
	for (size_t i = 0; i < file.n; i++)
		send_line(&file.line[i], i + 2);
	return DO(IMPORT, ROOT, .all = false);
}

static void imports(uint64_t added, uint64_t changed, uint64_t already, uint64_t conflicts)
{
	ck_assert_int_eq(import_file(), 0);
	told_number(TAG_COUNT, added);
	told_number(TAG_CHANGED, changed);
	told_number(TAG_ALREADY, already);
	told_number(TAG_CONFLICTS, conflicts);
	ck_assert(r.sweep);
}

static void empty_store(void)
{
	char dir[BASE_DIR], why[256] = "";

	request_end(&r);
	store_close(store);
	make_dir(dir);
	ck_assert_msg(store_open(dir, &store, why, sizeof(why)) == 0, "%s", why);
}

static struct line *line_of(const char *id)
{
	for (size_t i = 0; i < file.n; i++)
		if (strcmp(file.line[i].id, id) == 0)
			return &file.line[i];
	ck_abort_msg("no line of %s", id);
	return NULL;
}

/* Changes what the file says of a token. */
static void rewrite(const char *id, void (*change)(struct record *token))
{
	struct line *l = line_of(id);
	struct record token;

	ck_assert_int_eq(
		record_decode(id, (struct span){(const char *)l->record, l->record_n}, &token), 0);
	change(&token);
	l->record_n = record_encode(&token, l->record);
	ck_assert_uint_gt(l->record_n, 0);
}

static int login(const struct minted *m)
{
	return DO(VERIFY, ROOT, .token = m->text, .user = "alice", .service = "sshd",
		.rhost = "192.0.2.7");
}

/* ---- tests ---- */

static struct minted plain, counted, old, new, child, gone;

static void setup(void)
{
	requests_setup();
	plain = MINT(.name = "plain", .from = "192.0.2.0/24", .note = "a note");
	counted = MINT(.name = "counted", .uses = "3");
	ck_assert_int_eq(logs_in(&counted), 0);
	old = MINT(.name = "rotated");
	ck_assert_int_eq(DO(ROTATE, ALICE, .id = old.id, .grace = "1000"), 0);
	new = taken_from_reply();
	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = plain.text), 0);
	child = taken_from_reply();
	gone = MINT(.name = "gone");
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = gone.id), 0);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = gone.id), 0);
}

START_TEST(who_may)
{
	ck_assert_int_eq(DO(EXPORT, ALICE, .all = false), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(IMPORT, ALICE, .all = false), ERR_NOT_PERMITTED);
	ck_assert_int_eq(DO(EXPORT, ROOT, .all = false), 0);
}
END_TEST

START_TEST(exported)
{
	struct token t;

	export_tokens();
	ck_assert_uint_eq(file.n, 6);
	told_number(TAG_COUNT, 5);
	ck_assert_uint_gt(line_of(gone.id)->deleted, 0);
	ck_assert(token_parse(plain.text, strlen(plain.text), &t));
	ck_assert_ptr_null(memmem(&file, sizeof(file), t.secret, TOKEN_SECRET_LEN));
	ck_assert_ptr_nonnull(strstr(told_line(), "exported"));
}
END_TEST

START_TEST(where_it_is_from)
{
	export_tokens();
	imports(0, 0, 6, 0);
	ck_assert_str_eq(told_line(), "");
}
END_TEST

START_TEST(into_an_empty_store)
{
	struct file before;

	export_tokens();
	before = file;
	empty_store();
	imports(5, 1, 0, 0);
	ck_assert_ptr_nonnull(strstr(told_line(), "imported"));
	ck_assert_ptr_nonnull(strstr(told_line(), "count=6"));
	export_tokens();
	ck_assert_uint_eq(file.n, before.n);
	for (size_t i = 0; i < file.n; i++) {
		ck_assert_uint_eq(file.line[i].record_n, before.line[i].record_n);
		ck_assert_mem_eq(
			file.line[i].record, before.line[i].record, before.line[i].record_n);
		ck_assert_mem_eq(file.line[i].usage, before.line[i].usage, before.line[i].usage_n);
	}
	ck_assert_int_eq(login(&plain), 0);
	ck_assert_int_eq(login(&old), 0);
	ck_assert_int_eq(login(&new), 0);
	ck_assert_int_eq(login(&child), 0);
	ck_assert_int_eq(login(&counted), 0);
	ck_assert_int_eq(login(&counted), 0);
	ck_assert_int_eq(login(&counted), ERR_USED_UP); /* the first was before the export */
	imports(0, 0, 6, 0);
}
END_TEST

/* An account that an import made is not taken for one of /etc/passwd. */
START_TEST(accounts)
{
	struct store_account a;
	struct store_txn *t;

	export_tokens();
	empty_store();
	imports(5, 1, 0, 0);
	ck_assert_int_eq(store_begin_read(store, &t), 0);
	ck_assert_int_eq(store_get_account(t, ALICE, "alice", &a), 0);
	store_abort(t);
	ck_assert(!a.local);
	ck_assert_uint_eq(a.children, 1);
}
END_TEST

/* A child before its parent: the order of lines is no matter. */
START_TEST(in_any_order)
{
	export_tokens();
	empty_store();
	for (size_t i = 0; i < file.n / 2; i++) {
		struct line l = file.line[i];

		file.line[i] = file.line[file.n - 1 - i];
		file.line[file.n - 1 - i] = l;
	}
	imports(5, 1, 0, 0);
	ck_assert_int_eq(login(&child), 0);
	ck_assert_int_eq(login(&old), 0);
}
END_TEST

START_TEST(older_file)
{
	export_tokens();
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = new.id), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = old.id), 0);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = old.id), 0);
	ck_assert_int_eq(login(&counted), 0);
	ck_assert_int_eq(login(&counted), 0);
	imports(0, 0, 6, 0);
	ck_assert_int_eq(login(&new), ERR_REVOKED);
	ck_assert(is_gone(old.id));
	ck_assert_int_eq(login(&counted), ERR_USED_UP);
}
END_TEST

/* The file is newer than the store: what was done to its tokens is done here. */
START_TEST(newer_file)
{
	struct file older;

	export_tokens();
	older = file;
	ck_assert_int_eq(DO(REVOKE, ROOT, .id = plain.id, .reason = "stolen"), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = new.id), 0);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = new.id), 0);
	ck_assert_int_eq(login(&counted), 0);
	export_tokens();
	empty_store();
	{
		struct file newer = file;

		file = older;
		imports(5, 1, 0, 0);
		ck_assert_int_eq(login(&plain), 0);
		file = newer;
	}
	now += 50;
	imports(0, 3, 3, 0); /* plain, and with it its child; new; counted */
	ck_assert_int_eq(login(&plain), ERR_REVOKED);
	ck_assert_uint_eq(stored(plain.id).revoked, NOW); /* when it was */
	ck_assert_uint_eq(stored(plain.id).revoked_rank, RANK_ROOT);
	ck_assert_str_eq(stored(plain.id).reason, "stolen");
	ck_assert_uint_eq(stored(child.id).revoked_rank, RANK_GONE);
	ck_assert(is_gone(new.id));
	ck_assert_uint_eq(stored(counted.id).used, 2);
	imports(0, 0, 6, 0);
}
END_TEST

/* A file that revokes a parent, from a time when the child was not made yet. */
START_TEST(child_of_a_dead_parent)
{
	export_tokens();
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = child.id), 0);
	ck_assert_int_eq(DO(DELETE, ALICE, .id = child.id), 0);
	empty_store();
	send_line(line_of(plain.id), 2);
	ck_assert_int_eq(DO(IMPORT, ROOT, .all = false), 0);
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = plain.id), 0);
	imports(4, 1, 1, 0);
	ck_assert_uint_eq(stored(child.id).revoked_rank, RANK_GONE);
	ck_assert_int_eq(DO(RESTORE, ALICE, .id = plain.id), 0);
	ck_assert_int_eq(login(&child), ERR_REVOKED);
}
END_TEST

static void other_secret(struct record *token)
{
	token->hash[0] ^= 1;
}

static void other_owner(struct record *token)
{
	strcpy(token->owner, "bob");
	token->uid = BOB;
}

static void ends_soon(struct record *token)
{
	token->expires = NOW + 60;
}

static void ends_late(struct record *token)
{
	token->expires = NOW + 800;
}

/* What comes is no way to last longer than what it hangs below, here or in the file: what is
 * cleared away by its end would leave it behind. */
START_TEST(child_ends_with_its_parent)
{
	struct minted top = MINT(.name = "a"), middle, lowest;

	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = top.text), 0);
	middle = taken_from_reply();
	ck_assert_int_eq(DO(EXCHANGE, ALICE, .token = middle.text), 0);
	lowest = taken_from_reply();
	export_tokens();
	/* The end of what is here comes nearer by an import. */
	rewrite(middle.id, ends_soon);
	ck_assert_int_eq(import_file(), 0);
	ck_assert_uint_eq(stored(middle.id).expires, NOW + 60);
	ck_assert_uint_eq(stored(lowest.id).expires, NOW + 60);
	/* What is added would last longer than what is above it here, */
	rewrite(lowest.id, ends_late);
	memcpy(line_of(lowest.id)->id, "4fJk29sQxZb", TOKEN_ID_LEN);
	ck_assert_int_eq(import_file(), 0);
	ck_assert_uint_eq(stored("4fJk29sQxZb").expires, NOW + 60);
	/* and by what came before what is above it. */
	empty_store();
	memcpy(&file.line[63], line_of(middle.id), sizeof(file.line[0]));
	file.line[0] = *line_of("4fJk29sQxZb");
	file.line[1] = file.line[63];
	file.n = 2;
	ck_assert_int_eq(import_file(), 0);
	ck_assert_uint_eq(stored("4fJk29sQxZb").expires, NOW + 60);
}
END_TEST

START_TEST(conflicts)
{
	export_tokens();
	rewrite(plain.id, other_secret);
	rewrite(counted.id, other_owner);
	imports(0, 0, 4, 2);
	ck_assert(proto_has(&reply, TAG_MESSAGE));
	ck_assert_int_eq(login(&plain), 0);
	ck_assert_str_eq(stored(counted.id).owner, "alice");
}
END_TEST

/* Another live token of the name is here: two would bear it. */
START_TEST(name_taken)
{
	struct line l;

	export_tokens();
	l = *line_of(plain.id);
	file.n = 1;
	file.line[0] = l;
	strcpy(file.line[0].id, "0000000000z");
	imports(0, 0, 0, 1);
	ck_assert(is_gone("0000000000z"));
	ck_assert_int_eq(DO(REVOKE, ALICE, .id = plain.id), 0);
	imports(1, 0, 0, 0); /* the name is free */
}
END_TEST

static void widest(struct record *token)
{
	token->expires = 0;
	token->uses = 0;
	token->used = 0;
	strcpy(token->scopes, "*");
	token->from[0] = '\0';
}

START_TEST(never_wider)
{
	struct minted m = MINT(.name = "tight", .scopes = "sshd", .from = "192.0.2.0/24",
		.uses = "5", .expires = number(NOW + 100));
	struct record before = stored(m.id), after;

	export_tokens();
	rewrite(m.id, widest);
	imports(0, 0, 7, 0);
	after = stored(m.id);
	ck_assert_uint_eq(after.expires, before.expires);
	ck_assert_uint_eq(after.uses, 5);
	ck_assert_str_eq(after.scopes, "sshd");
	ck_assert_str_eq(after.from, before.from);
}
END_TEST

static void bad_scope(struct record *token)
{
	strcpy(token->scopes, "patctl");
}

START_TEST(refused)
{
	export_tokens();
	rewrite(file.line[2].id, bad_scope);
	empty_store();
	ck_assert_int_eq(import_file(), ERR_INVALID);
	ck_assert_msg(strncmp(r.why, "line 4: token ", 14) == 0, "%s", r.why);
	ck_assert_ptr_nonnull(strstr(r.why, "scopes"));
	ck_assert(!is_gone(file.line[0].id));
	ck_assert(!is_gone(file.line[1].id));
	ck_assert(is_gone(file.line[2].id));
	ck_assert(is_gone(file.line[3].id));
}
END_TEST

START_TEST(malformed)
{
	struct line good;

	export_tokens();
	good = *line_of(plain.id);
	for (int i = 0; i < 5; i++) {
		struct line l = good;

		if (i == 0)
			l.record_n--;
		else if (i == 1)
			l.record[0] = 9;
		else if (i == 2)
			l.usage_n--;
		else if (i == 3)
			l.usage[16] = 255;
		else
			l.id[0] = '\0';
		if (i < 4) {
			send_line(&l, 1);
		} else {
			send_token(plain.text); /* an item of another stream */
		}
		ck_assert_int_eq(DO(IMPORT, ROOT, .all = false), ERR_INVALID);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ops_import");
	TCase *t = tcase_create("ops_import");

	tcase_set_timeout(t, 120); /* for slow disks */
	tcase_add_unchecked_fixture(t, requests_base, remove_base);
	tcase_add_checked_fixture(t, setup, requests_teardown);
	tcase_add_test(t, who_may);
	tcase_add_test(t, exported);
	tcase_add_test(t, where_it_is_from);
	tcase_add_test(t, into_an_empty_store);
	tcase_add_test(t, accounts);
	tcase_add_test(t, in_any_order);
	tcase_add_test(t, older_file);
	tcase_add_test(t, newer_file);
	tcase_add_test(t, child_of_a_dead_parent);
	tcase_add_test(t, child_ends_with_its_parent);
	tcase_add_test(t, conflicts);
	tcase_add_test(t, name_taken);
	tcase_add_test(t, never_wider);
	tcase_add_test(t, refused);
	tcase_add_test(t, malformed);
	suite_add_tcase(s, t);
	return unit_run(s);
}
