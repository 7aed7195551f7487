#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"
#include "common/secret.h"
#include "patctl/answer.h"
#include "patctl/command.h"
#include "patctl/output.h"

static const struct option options[] = {OPTION_END};

enum { FILE_MAX = 65536 };

/* The file that holds the tokens, and who may own and read it. */
struct source {
	char path[PATH_MAX];
	bool root_may_own;
	mode_t forbidden;
};

static const char *home(void)
{
	const char *env = getenv("HOME");
	const struct passwd *pw;

	if (env && env[0] == '/')
		return env;
	pw = getpwuid(getuid());
	return pw ? pw->pw_dir : "";
}

/* A service manager made the one file, perhaps as root and readable by an ACL; a person the other.
 */
static int find_source(struct source *s, struct fault *f)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	int n;

	if (credentials)
		n = snprintf(s->path, sizeof(s->path), "%s/pat", credentials);
	else
		n = snprintf(s->path, sizeof(s->path), "%s/.config/pat/token", home());
	s->root_may_own = credentials != NULL;
	s->forbidden = credentials ? 027 : 077;
	if (n < 0 || (size_t)n >= sizeof(s->path))
		return fault_say(
			f, ERR_REFUSED, NULL, "askpass: the token file's path is too long");
	return 0;
}

static int check(const struct source *s, int fd, struct fault *f)
{
	const char *why = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "not a regular file";
	else if (st.st_uid != getuid() && !(s->root_may_own && st.st_uid == 0))
		why = "belongs to someone else";
	else if (st.st_mode & s->forbidden)
		why = s->root_may_own ? "others may read or its group may write it"
				      : "others may read or write it; its mode must be 0600";
	else if (st.st_size > FILE_MAX)
		why = "too large";
	return why ? fault_say(f, ERR_REFUSED, NULL, "%s: %s", s->path, why) : 0;
}

/* Reads to the end; one byte more than fits is too much. */
static int read_all(
	const struct source *s, int fd, char buf[FILE_MAX + 1], size_t *size, struct fault *f)
{
	size_t n = 0;

	while (n <= FILE_MAX) {
		ssize_t got = read(fd, buf + n, FILE_MAX + 1 - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_say(f, ERR_REFUSED, NULL, "%s: %s", s->path, strerror(errno));
		if (got == 0) {
			*size = n;
			return 0;
		}
		n += (size_t)got;
	}
	return fault_say(f, ERR_REFUSED, NULL, "%s: too large", s->path);
}

static int read_source(const struct source *s, char buf[FILE_MAX + 1], size_t *n, struct fault *f)
{
	/* Not to wait for the other end of a pipe, before it is known to be none. */
	int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	int err;

	if (fd < 0)
		return fault_say(f, ERR_REFUSED, NULL, "%s: %s", s->path,
			errno == ELOOP ? "a symbolic link" : strerror(errno));
	err = check(s, fd, f);
	if (!err)
		err = read_all(s, fd, buf, n, f);
	close(fd);
	return err;
}

static int print(const struct args *a, const struct source *s, struct span file, struct fault *f)
{
	struct span token = {"", 0};
	size_t line = 0;

	switch (answer_find(file, a->operands[0], &token, &line)) {
	case 0:
		return a->json ? output_json(json_pack("{s:o}", "token", output_text(token)), f)
			       : output_secret(token, f);
	case ERR_INVALID:
		return fault_say(f, ERR_REFUSED, NULL, "%s: line %zu: not TOKEN WHERE [WHERE...]",
			s->path, line);
	default:
		return fault_say(
			f, ERR_REFUSED, NULL, "askpass: %s answers no such prompt", s->path);
	}
}

static int run(const struct args *a, struct fault *f)
{
	static char buf[FILE_MAX + 1];
	const char *kind = getenv("SSH_ASKPASS_PROMPT");
	struct source s;
	size_t n = 0;
	int err;

	if (kind && *kind)
		return fault_say(
			f, ERR_REFUSED, NULL, "askpass: only password prompts are answered");
	err = find_source(&s, f);
	if (!err)
		err = read_source(&s, buf, &n, f);
	if (!err)
		err = print(a, &s, (struct span){buf, n}, f);
	SECRET_WIPE_ARRAY(buf);
	return err;
}

const struct command command_askpass = {
	.name = "askpass",
	.synopsis = "PROMPT",
	.help = "answer ssh's or sudo's prompt from a file, for SSH_ASKPASS and SUDO_ASKPASS",
	.options = options,
	.operand = "PROMPT",
	.min = 1,
	.max = 1,
	.run = run,
};
