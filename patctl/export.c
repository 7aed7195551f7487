#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/err.h"
#include "common/fd.h"
#include "patctl/call.h"
#include "patctl/command.h"
#include "patctl/output.h"
#include "patctl/transfer.h"
#include "patctl/when.h"

static const struct option options[] = {OPTION_END};

static json_t *header(void)
{
	char now[WHEN_SIZE];

	return json_pack("{s:i, s:s, s:s}", "pam_pat_export", TRANSFER_FORMAT, "time",
		when_rfc3339((uint64_t)time(NULL), now), "version", PAT_VERSION);
}

static json_t *deleted(const char *id, uint64_t when)
{
	char text[WHEN_SIZE];

	return json_pack("{s:{s:s, s:s}}", "deleted", "id", id, "time", when_rfc3339(when, text));
}

static json_t *end(uint64_t tokens)
{
	return json_pack("{s:{s:I}}", "end", "tokens", (json_int_t)tokens);
}

static int put_item(const struct proto_msg *m, struct fault *f)
{
	char id[TOKEN_ID_LEN + 1];
	struct record token;
	struct usage usage;

	span_copy(proto_text(m, TAG_ID), id, sizeof(id));
	if (proto_has(m, TAG_DELETED))
		return output_json(deleted(id, proto_number(m, TAG_DELETED)), f);
	if (!token_id_valid(id, strlen(id)) ||
		record_decode(id, proto_text(m, TAG_RECORD), &token) ||
		usage_decode(proto_text(m, TAG_USAGE), &usage))
		return fault_plain(f, ERR_PROTO, NULL);
	return output_json(transfer_json(&token, &usage), f);
}

static int put_all(const struct args *a, uint64_t *count, struct fault *f)
{
	struct call call;
	int err;

	call_begin(&call, a, VERB_EXPORT, NULL);
	err = call_run(&call, f);
	if (!err)
		err = output_json(header(), f);
	while (!err && call_answer(&call)->verb == VERB_ITEM) {
		err = put_item(call_answer(&call), f);
		if (!err)
			err = output_failed(f);
		if (!err)
			err = call_next(&call, f);
	}
	*count = proto_number(call_answer(&call), TAG_COUNT);
	call_end(&call);
	return err ? err : output_json(end(*count), f);
}

/* A new file, for its owner alone: verifiers are no secrets, but nobody else's business. */
static int open_file(const char *path, struct fault *f)
{
	int fd = fd_above_stdio(
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));

	if (fd < 0)
		return fault_say(f, ERR_IO, NULL, "%s: %s", path, strerror(errno));
	output_to(fd, path);
	return fd;
}

/* On the disk whole, or not there. */
static int close_file(const char *path, int fd, int err, struct fault *f)
{
	if (!err)
		err = output_failed(f);
	if (!err && fsync(fd) < 0)
		err = fault_say(f, ERR_IO, NULL, "%s: %s", path, strerror(errno));
	close(fd);
	output_to(STDOUT_FILENO, "stdout");
	if (err)
		unlink(path);
	return err;
}

static int run(const struct args *a, struct fault *f)
{
	const char *path = a->operand_count ? a->operands[0] : NULL;
	uint64_t count;
	int fd, err;

	if (!path)
		return put_all(a, &count, f);
	fd = open_file(path, f);
	if (fd < 0)
		return fd;
	err = put_all(a, &count, f);
	err = close_file(path, fd, err, f);
	if (!err && a->json)
		err = output_json(json_pack("{s:I}", "tokens", (json_int_t)count), f);
	else if (!err)
		printf("exported %" PRIu64 " token%s\n", count, count == 1 ? "" : "s");
	return err;
}

const struct command command_export = {
	.name = "export",
	.synopsis = "[FILE]",
	.help = "write all tokens, without secrets, as JSON lines (root)",
	.options = options,
	.operand = "FILE",
	.max = 1,
	.run = run,
};
