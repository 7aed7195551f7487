#include "patctl/leaked.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/secret.h"
#include "patctl/call.h"
#include "patctl/output.h"
#include "patctl/prompt.h"
#include "patctl/scan.h"
#include "patctl/seen.h"

/* One search under way. */
struct search {
	const struct args *args;
	struct fault *fault;
	struct seen *seen; /* found, and not sent yet */
	struct scan scan;
	uint64_t found, revoked, already, unknown;
};

/* ---- to the daemon ---- */

struct sending {
	struct call call;
	struct fault *fault;
};

static int send_one(void *arg, const char *text)
{
	struct sending *s = arg;

	proto_begin(&s->call.out, VERB_ITEM);
	proto_put_string(&s->call.out, TAG_TOKEN, text);
	return call_send(&s->call, s->fault);
}

/* What was found so far, all at once: no connection waits while a text comes slowly. */
static int send_all(struct search *s)
{
	struct sending to = {.fault = s->fault};
	const struct proto_msg *m;
	int err;

	call_begin(&to.call, s->args, VERB_SCAN, NULL);
	call_text(&to.call, TAG_REASON, "--reason", s->args->reason);
	err = call_run(&to.call, s->fault);
	if (!err)
		err = seen_each(s->seen, send_one, &to);
	if (!err)
		err = call_finish(&to.call, s->fault);
	m = call_answer(&to.call);
	if (!err) {
		s->found += seen_count(s->seen);
		s->revoked += proto_number(m, TAG_COUNT);
		s->already += proto_number(m, TAG_ALREADY);
		s->unknown += proto_number(m, TAG_UNKNOWN);
	}
	call_end(&to.call);
	seen_clear(s->seen);
	return err;
}

/* ---- the text ---- */

static int found(void *arg, const char *text, size_t n)
{
	struct search *s = arg;
	int err = seen_add(s->seen, text, n);

	if (err != ERR_LIMIT)
		return err;
	err = send_all(s);
	return err ? err : seen_add(s->seen, text, n);
}

static ssize_t read_some(char *buf, size_t size)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, buf, size);
	while (n < 0 && errno == EINTR);
	return n;
}

static int read_all(struct search *s)
{
	static char buf[65536];
	uint64_t total = 0;
	ssize_t n = 0;
	int err = 0;

	while (!err && total < LIMIT_SCAN && (n = read_some(buf, sizeof(buf))) > 0) {
		total += (uint64_t)n;
		err = scan_feed(&s->scan, buf, (size_t)n);
	}
	if (!err && n < 0)
		err = fault_say(s->fault, ERR_IO, NULL, "stdin: %s", strerror(errno));
	/* A byte more than the limit is what the limit is for. */
	if (!err && total >= LIMIT_SCAN && (total > LIMIT_SCAN || read_some(buf, 1) > 0))
		err = fault_say(s->fault, ERR_INVALID, NULL,
			"stdin: longer than %d MiB: the rest was not looked at", LIMIT_SCAN >> 20);
	SECRET_WIPE_ARRAY(buf);
	return err;
}

/* ---- what came of it ---- */

static int tell_json(const struct search *s, struct fault *f)
{
	struct fault none = {0};
	json_t *doc = json_pack("{s:I, s:I, s:I, s:I}", "found", (json_int_t)s->found, "revoked",
		(json_int_t)s->revoked, "already", (json_int_t)s->already, "unknown",
		(json_int_t)s->unknown);

	if (doc && f->err)
		json_object_set_new(doc, "error", output_error(f));
	*f = none; /* it is told in here */
	return output_json(doc, f);
}

static void tell(const struct search *s)
{
	if (s->found == 0)
		puts("found no tokens");
	else
		printf("found %" PRIu64 " token%s: %" PRIu64 " revoked, %" PRIu64
		       " %s revoked already, %" PRIu64 " unknown\n",
			s->found, s->found == 1 ? "" : "s", s->revoked, s->already,
			s->already == 1 ? "was" : "were", s->unknown);
}

int leaked_revoke(const struct args *a, bool *did, struct fault *f)
{
	struct search s = {.args = a, .fault = f, .seen = seen_new()};
	struct fault first;
	int err, later = 0;

	if (!s.seen)
		return fault_plain(f, ERR_MEMORY, NULL);
	if (prompt_terminal())
		output_note("paste the text, and end it with ^D on a line of its own");
	scan_init(&s.scan, found, &s);
	err = read_all(&s);
	scan_wipe(&s.scan);
	first = *f;
	if (seen_count(s.seen) > 0)
		later = send_all(&s);
	if (err)
		*f = first;
	seen_free(s.seen);
	*did = s.revoked > 0;
	if (a->json && !(later && s.found == 0)) {
		int told = tell_json(&s, f);

		return err ? err : later ? later : told;
	}
	if (!later)
		tell(&s);
	return err ? err : later;
}
