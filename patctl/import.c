#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"
#include "common/fd.h"
#include "patctl/call.h"
#include "patctl/command.h"
#include "patctl/input.h"
#include "patctl/output.h"
#include "patctl/transfer.h"
#include "patctl/value.h"
#include "patctl/when.h"

static const struct option options[] = {
	{"match-by", 0, "MATCH", OPTION_FIELD(match_by),
		"owners by name: the uid is looked up here; or by id (default)"},
	OPTION_END,
};

/* One file on its way in. */
struct importing {
	const char *name; /* of the file, for faults */
	struct input input;
	struct call call;
	uint64_t line;
	bool by_name, ended;
	/* the owner that was looked up last */
	char owner[LIMIT_USER + 1];
	uint32_t uid;
	bool here;
	uint64_t strangers; /* tokens whose owner has no account here */
};

/* A fault of the line under way. */
__attribute__((format(printf, 4, 5))) static int bad(
	const struct importing *im, struct fault *f, int err, const char *format, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	return fault_say(f, err, NULL, "%s: line %" PRIu64 ": %s", im->name, im->line, what);
}

/* ---- owners ---- */

/* Accounts are asked for once in a row: a file has them one after the other. */
static int look_up(struct importing *im, const char *owner, struct fault *f)
{
	const struct passwd *pw;

	if (im->owner[0] && strcmp(im->owner, owner) == 0)
		return 0;
	errno = 0;
	pw = getpwnam(owner);
	if (!pw && errno != 0 && errno != ENOENT && errno != ESRCH)
		return bad(im, f, ERR_NAMES, "%s: %s", owner, err_text(ERR_NAMES));
	snprintf(im->owner, sizeof(im->owner), "%s", owner);
	im->here = pw && strcmp(pw->pw_name, owner) == 0;
	im->uid = im->here ? pw->pw_uid : 0;
	return 0;
}

/* ---- lines ---- */

static int send_token(struct importing *im, json_t *doc, struct fault *f)
{
	uint8_t record[LIMIT_RECORD], usage[USAGE_BYTES] = {0};
	struct proto_out *o = &im->call.out;
	struct record token;
	struct usage used;
	char why[256];
	size_t n;
	int err = 0;

	if (transfer_parse(doc, &token, &used, why, sizeof(why)))
		return bad(im, f, ERR_INVALID, "%s", why);
	if (im->by_name && (err = look_up(im, token.owner, f)))
		return err;
	if (im->by_name && !im->here) {
		im->strangers++;
		return 0;
	}
	if (im->by_name)
		token.uid = im->uid;
	n = record_encode(&token, record);
	if (n == 0 || !token_id_valid(token.id, strlen(token.id)))
		return bad(
			im, f, ERR_INVALID, "a value is missing, or does not go with the others");
	proto_begin(o, VERB_ITEM);
	proto_put_string(o, TAG_ID, token.id);
	proto_put_text(o, TAG_RECORD, (struct span){(const char *)record, n});
	proto_put_text(
		o, TAG_USAGE, (struct span){(const char *)usage, usage_encode(&used, usage)});
	proto_put_number(o, TAG_SEQ, im->line);
	return call_send(&im->call, f);
}

static int send_deleted(struct importing *im, json_t *doc, struct fault *f)
{
	struct proto_out *o = &im->call.out;
	const char *id, *when;
	uint64_t us;

	if (json_unpack_ex(doc, NULL, JSON_STRICT, "{s:{s:s, s:s!}!}", "deleted", "id", &id, "time",
		    &when) ||
		!token_id_valid(id, strlen(id)) || when_stored(when, &us) || us < 1000000)
		return bad(
			im, f, ERR_INVALID, "accepted is {\"deleted\":{\"id\":ID,\"time\":TIME}}");
	proto_begin(o, VERB_ITEM);
	proto_put_string(o, TAG_ID, id);
	proto_put_number(o, TAG_DELETED, us / 1000000);
	proto_put_number(o, TAG_SEQ, im->line);
	return call_send(&im->call, f);
}

static int take_end(struct importing *im, json_t *doc, struct fault *f)
{
	json_int_t tokens;

	if (json_unpack_ex(doc, NULL, JSON_STRICT, "{s:{s:I!}!}", "end", "tokens", &tokens))
		return bad(im, f, ERR_INVALID, "accepted is {\"end\":{\"tokens\":N}}");
	im->ended = true;
	return 0;
}

static int take_header(struct importing *im, json_t *doc, struct fault *f)
{
	const json_t *format = json_object_get(doc, "pam_pat_export");
	const char *when, *version;
	int n;

	if (!json_is_integer(format) || json_integer_value(format) < 1)
		return bad(im, f, ERR_INVALID, "no export of pam_pat: its first line says so");
	if (json_integer_value(format) > TRANSFER_FORMAT)
		return bad(im, f, ERR_VERSION,
			"of format %lld; this patctl reads up to %d: upgrade it first",
			(long long)json_integer_value(format), TRANSFER_FORMAT);
	if (json_unpack_ex(doc, NULL, JSON_STRICT, "{s:i, s:s, s:s!}", "pam_pat_export", &n, "time",
		    &when, "version", &version))
		return bad(im, f, ERR_INVALID, "a key that this format's first line does not have");
	return 0;
}

static int take_line(struct importing *im, const char *line, struct fault *f)
{
	json_error_t wrong;
	json_t *doc = json_loads(line, JSON_REJECT_DUPLICATES, &wrong);
	int err;

	if (!doc)
		err = bad(im, f, ERR_INVALID, "not JSON: %s", wrong.text);
	else if (!json_is_object(doc))
		err = bad(im, f, ERR_INVALID, "not a JSON object");
	else if (im->ended)
		err = bad(im, f, ERR_INVALID, "something follows the last line");
	else if (json_object_get(doc, "deleted"))
		err = send_deleted(im, doc, f);
	else if (json_object_get(doc, "end"))
		err = take_end(im, doc, f);
	else
		err = send_token(im, doc, f);
	json_decref(doc);
	return err;
}

/* The next line. 0, ERR_DECLINED at the end, or an error. */
static int next_line(struct importing *im, char line[LIMIT_LINE], struct fault *f)
{
	int err = input_line(&im->input, line, LIMIT_LINE);

	im->line++;
	if (err == ERR_INVALID)
		return bad(im, f, err, "longer than %d bytes, or a NUL in it", LIMIT_LINE - 1);
	if (err == ERR_IO)
		return bad(im, f, err, "cannot be read");
	return err;
}

static int send_all(struct importing *im, struct fault *f)
{
	char line[LIMIT_LINE];
	int err = 0;

	while (!err && !(err = next_line(im, line, f)))
		err = take_line(im, line, f);
	if (err != ERR_DECLINED)
		return err;
	if (!im->ended)
		output_note("%s: the last line is missing: it may be cut off", im->name);
	return 0;
}

/* ---- what came of it ---- */

static int tell_json(const struct importing *im, const struct proto_msg *m, struct fault *f)
{
	struct fault none = {0};
	json_t *doc = json_pack("{s:I, s:I, s:I, s:I, s:I}", "added",
		(json_int_t)proto_number(m, TAG_COUNT), "changed",
		(json_int_t)proto_number(m, TAG_CHANGED), "already",
		(json_int_t)proto_number(m, TAG_ALREADY), "conflicts",
		(json_int_t)proto_number(m, TAG_CONFLICTS), "no_account",
		(json_int_t)im->strangers);

	if (doc && f->err)
		json_object_set_new(doc, "error", output_error(f));
	*f = none; /* it is told in here */
	return output_json(doc, f);
}

static int tell(const struct importing *im, struct fault *f)
{
	const struct proto_msg *m = call_answer(&im->call);
	struct span conflict = proto_text(m, TAG_MESSAGE);

	if (conflict.n > 0)
		output_note("%.*s", (int)conflict.n, conflict.p);
	if (im->call.args->json)
		return tell_json(im, m, f);
	printf("added %" PRIu64 ", changed %" PRIu64 ", already there %" PRIu64
	       ", conflicts %" PRIu64,
		proto_number(m, TAG_COUNT), proto_number(m, TAG_CHANGED),
		proto_number(m, TAG_ALREADY), proto_number(m, TAG_CONFLICTS));
	if (im->by_name)
		printf(", without an account here %" PRIu64, im->strangers);
	putchar('\n');
	return 0;
}

/* Whatever stands before a fault is imported. What the daemon refused stands before what was found
 * wrong here. */
static int finish(struct importing *im, int err, struct fault *f)
{
	struct fault first = *f;
	int late = 0, told;

	if (im->call.client.msg.verb == VERB_GO)
		late = call_finish(&im->call, f);
	if (im->call.client.msg.verb == VERB_ERROR) {
		first = late ? *f : first;
		return fault_say(f, late ? late : err, NULL,
			"%s: %s; what stands before it is imported", im->name, first.text);
	}
	if (late) {
		*f = err ? first : *f;
		return err ? err : late;
	}
	if (err)
		fault_say(f, err, NULL, "%s; what stands before it is imported", first.text);
	told = tell(im, f);
	return err ? err : told;
}

/* The first line is judged before anything is asked of the daemon. */
static int read_header(struct importing *im, struct fault *f)
{
	char line[LIMIT_LINE];
	json_error_t wrong;
	json_t *doc;
	int err = next_line(im, line, f);

	if (err == ERR_DECLINED)
		return fault_say(f, ERR_INVALID, NULL, "%s: empty", im->name);
	if (err)
		return err;
	doc = json_loads(line, JSON_REJECT_DUPLICATES, &wrong);
	err = take_header(im, doc, f);
	json_decref(doc);
	return err;
}

static int open_file(struct importing *im, const char *path, struct fault *f)
{
	struct stat st;
	int fd = fd_above_stdio(open(path, O_RDONLY | O_CLOEXEC));

	if (fd < 0)
		return fault_say(f, ERR_IO, NULL, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
		output_note("%s: open to others (mode %04o); its verifiers are nobody's business",
			path, st.st_mode & 07777);
	im->name = path;
	input_init(&im->input, fd);
	return 0;
}

static int match_by(const struct args *a, bool *by_name, struct fault *f)
{
	*by_name = a->match_by && strcmp(a->match_by, "name") == 0;
	if (!a->match_by || value_has("MATCH", a->match_by))
		return 0;
	return fault_say(
		f, ERR_USAGE, NULL, "--match-by: \"%s\": accepted are name and id", a->match_by);
}

static int run(const struct args *a, struct fault *f)
{
	struct importing im = {.name = "stdin"};
	int err = match_by(a, &im.by_name, f);

	input_init(&im.input, STDIN_FILENO);
	if (!err && a->operand_count)
		err = open_file(&im, a->operands[0], f);
	if (!err)
		err = read_header(&im, f);
	if (!err) {
		call_begin(&im.call, a, VERB_IMPORT, NULL);
		err = call_run(&im.call, f);
		if (!err)
			err = finish(&im, send_all(&im, f), f);
		call_end(&im.call);
	}
	if (im.input.fd != STDIN_FILENO)
		close(im.input.fd);
	input_wipe(&im.input);
	return err;
}

const struct command command_import = {
	.name = "import",
	.synopsis = "[FILE]",
	.help = "merge what export wrote; nothing lives again (root)",
	.options = options,
	.operand = "FILE",
	.max = 1,
	.run = run,
};
