#include "patctl/sessions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/err.h"
#include "patctl/call.h"
#include "patctl/escape.h"
#include "patctl/output.h"
#include "patctl/rows.h"
#include "patctl/when.h"

static const struct option options[] = {
	{"all", 'a', NULL, OPTION_FIELD(all), "of every account (root)"},
	OPTION_END,
};

/* ---- a session, as it is told ---- */

static void token_cells(struct table *t, const struct proto_msg *row)
{
	table_text(t, proto_text(row, TAG_ID));
	table_text(t, proto_text(row, TAG_NAME));
}

static void session_cells(struct table *t, const struct proto_msg *row)
{
	char opened[WHEN_SIZE], pid[16];

	table_text(t, proto_text(row, TAG_USER));
	table_text(t, proto_text(row, TAG_SERVICE));
	table_text(t, proto_text(row, TAG_RHOST));
	when_short(proto_number(row, TAG_TIME), opened);
	table_cell(t, opened, NULL);
	snprintf(pid, sizeof(pid), "%" PRIu64, proto_number(row, TAG_PID));
	table_cell(t, pid, NULL);
}

static void own_cells(struct table *t, const struct proto_msg *row)
{
	token_cells(t, row);
	session_cells(t, row);
}

static void all_cells(struct table *t, const struct proto_msg *row)
{
	token_cells(t, row);
	table_text(t, proto_text(row, TAG_OWNER));
	session_cells(t, row);
}

static void killed_cells(struct table *t, const struct proto_msg *row)
{
	session_cells(t, row);
	table_text(t, proto_text(row, TAG_STATE));
}

static json_t *text_or_null(const struct proto_msg *row, enum proto_tag tag)
{
	return proto_has(row, tag) ? output_text(proto_text(row, tag)) : json_null();
}

static json_t *json_of_session(const struct proto_msg *row)
{
	char opened[WHEN_SIZE];

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:I, s:o}", "id",
		output_text(proto_text(row, TAG_ID)), "name",
		output_text(proto_text(row, TAG_NAME)), "owner",
		output_text(proto_text(row, TAG_OWNER)), "user",
		output_text(proto_text(row, TAG_USER)), "service",
		output_text(proto_text(row, TAG_SERVICE)), "rhost", text_or_null(row, TAG_RHOST),
		"opened", when_rfc3339(proto_number(row, TAG_TIME), opened), "pid",
		(json_int_t)proto_number(row, TAG_PID), "state", text_or_null(row, TAG_STATE));
}

static const struct rows_form own = {
	.heads = (const char *const[]){"ID", "NAME", "USER", "SERVICE", "FROM", "OPENED", "PID",
		NULL},
	.cells = own_cells,
	.json = json_of_session,
	.none = "no sessions",
};

static const struct rows_form of_all = {
	.heads = (const char *const[]){"ID", "NAME", "OWNER", "USER", "SERVICE", "FROM", "OPENED",
		"PID", NULL},
	.cells = all_cells,
	.json = json_of_session,
	.none = "no sessions",
};

static const struct rows_form of_killed = {
	.heads = (const char *const[]){"USER", "SERVICE", "FROM", "OPENED", "PID", "STATE", NULL},
	.cells = killed_cells,
	.json = json_of_session,
	.none = "no session was open",
};

/* ---- sessions ---- */

static int run(const struct args *a, struct fault *f)
{
	struct rows rows;
	struct call call;
	int err;

	if (a->all && a->user)
		return fault_say(f, ERR_USAGE, NULL, "--all and --user exclude each other");
	call_begin(&call, a, VERB_SESSIONS, NULL);
	if (a->all)
		call_number(&call, TAG_ALL, 1);
	err = rows_begin(&rows, a->all ? &of_all : &own, a, f);
	if (!err)
		err = rows_receive(&rows, &call, f);
	if (!err)
		err = rows_print(&rows, f);
	rows_free(&rows);
	call_end(&call);
	return err;
}

const struct command command_sessions = {
	.name = "sessions",
	.synopsis = "",
	.help = "show the sessions that an account's tokens opened",
	.options = options,
	.account = true,
	.run = run,
};

/* ---- revoke --kill ---- */

/* What runs on: in JSON, or as a text for a note. */
struct running {
	json_t *doc, *note;
	size_t n;
	char text[800];
};

static int add_running(struct running *r, const struct proto_msg *row)
{
	char name[ESCAPE_SIZE(32)], pid[16] = "";
	struct span value = proto_text(row, TAG_VALUE);

	span_copy(proto_text(row, TAG_KEY), pid, sizeof(pid));
	if (r->doc)
		return json_array_append_new(
			r->doc, json_pack("{s:I, s:o}", "pid", (json_int_t)strtoll(pid, NULL, 10),
					"name", output_text(value)));
	value.n = value.n > 32 ? 32 : value.n;
	escape_text(value, name, sizeof(name));
	if (r->n < sizeof(r->text))
		r->n += (size_t)snprintf(r->text + r->n, sizeof(r->text) - r->n, "%s%s (%s)",
			r->n ? ", " : "", pid, name);
	return 0;
}

/* Sessions, then what runs on, then the end. */
static int receive(struct call *call, struct rows *rows, struct running *running, struct fault *f)
{
	struct span note;
	int err = call_run(call, f);

	if (err || call_answer(call)->verb == VERB_OK)
		return err;
	while (!err && call_answer(call)->verb != VERB_OK) {
		if (call_answer(call)->verb == VERB_SESSION)
			err = rows_add(rows, call_answer(call), f);
		else if (add_running(running, call_answer(call)))
			err = fault_plain(f, ERR_MEMORY, NULL);
		if (!err)
			err = call_next(call, f);
	}
	note = proto_text(call_answer(call), TAG_MESSAGE);
	if (err || note.n == 0)
		return err;
	if (!rows->doc)
		output_note("%.*s", (int)note.n, note.p);
	else if (!(running->note = output_text(note)))
		return fault_plain(f, ERR_MEMORY, NULL);
	return 0;
}

static int tell(const struct rows *rows, struct running *running, json_t *doc, struct fault *f)
{
	int err;

	if (doc)
		return json_object_set(doc, "sessions", rows->doc) ||
				       json_object_set(doc, "running", running->doc) ||
				       json_object_set_new(doc, "running_note",
					       running->note ? json_incref(running->note)
							     : json_null())
			       ? fault_plain(f, ERR_MEMORY, NULL)
			       : 0;
	err = rows_print(rows, f);
	if (running->n)
		output_note("what runs on, and was opened otherwise or has left its session: %s",
			running->text);
	return err;
}

int sessions_kill(const struct args *a, const char *id, json_t *doc, struct fault *f)
{
	struct running running = {.doc = doc ? json_array() : NULL};
	struct rows rows;
	struct call call;
	uint64_t ended;
	int err;

	call_begin(&call, a, VERB_KILL, id);
	if (id)
		call_token(&call);
	else
		call_number(&call, TAG_ALL, 1);
	err = rows_begin(&rows, &of_killed, a, f);
	if (!err && doc && !running.doc)
		err = fault_plain(f, ERR_MEMORY, NULL);
	if (!err)
		err = receive(&call, &rows, &running, f);
	if (!err)
		err = tell(&rows, &running, doc, f);
	ended = proto_number(call_answer(&call), TAG_COUNT);
	if (!err && ended < rows.n)
		err = fault_say(f, ERR_REFUSED, id, "%zu of %zu sessions were not ended",
			rows.n - (size_t)ended, rows.n);
	json_decref(running.doc);
	json_decref(running.note);
	rows_free(&rows);
	call_end(&call);
	return err;
}
