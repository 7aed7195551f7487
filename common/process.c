#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/fd.h"

enum {
	LINE = 1024,	  /* of stat: 52 numbers, and a name of 64 bytes at most */
	PATH = 48,	  /* "/proc/4294967295/sessionid" */
	FIELD_START = 22, /* proc(5) counts from 1 */
};

/* ---- bytes ---- */

void process_encode(const struct process *p, uint8_t out[PROCESS_BYTES])
{
	struct writer w;

	writer_init(&w, out, PROCESS_BYTES);
	write_u32(&w, p->pid);
	write_u64(&w, p->start);
	write_u32(&w, p->parent);
	write_u64(&w, p->parent_start);
	write_u32(&w, p->session);
	write_u32(&w, p->login_uid);
}

int process_decode(struct span bytes, struct process *out)
{
	struct process p;
	struct reader r;

	reader_init(&r, bytes.p, bytes.n);
	p.pid = read_u32(&r);
	p.start = read_u64(&r);
	p.parent = read_u32(&r);
	p.parent_start = read_u64(&r);
	p.session = read_u32(&r);
	p.login_uid = read_u32(&r);
	if (!reader_done(&r) || p.pid == 0 || p.pid > INT32_MAX || p.parent > INT32_MAX ||
		(p.parent == 0 && p.parent_start != 0))
		return ERR_PROTO;
	*out = p;
	return 0;
}

/* ---- what /proc says ---- */

/* All of it a decimal number. */
static bool parse_number(struct span text, uint64_t most, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned digit = (unsigned char)text.p[i] - (unsigned)'0';

		if (digit > 9 || n > (most - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (text.n == 0)
		return false;
	*out = n;
	return true;
}

int process_parse(struct span line, struct process *out, char *state)
{
	const char *name = memchr(line.p, '(', line.n), *name_end = memrchr(line.p, ')', line.n);
	uint64_t pid, parent = 0, start = 0;
	struct span rest, word;

	/* "PID (NAME) STATE PARENT ...": the name may have any ") S 1 " in it. */
	if (!name || !name_end || name - line.p < 2 || name_end < name ||
		!parse_number((struct span){line.p, (size_t)(name - line.p) - 1}, INT32_MAX, &pid))
		return ERR_PROTO;
	rest = (struct span){name_end + 1, line.n - (size_t)(name_end + 1 - line.p)};
	span_take(&rest, ' ');
	word = span_take(&rest, ' ');
	if (word.n != 1 || pid == 0)
		return ERR_PROTO;
	if (!parse_number(span_take(&rest, ' '), INT32_MAX, &parent))
		return ERR_PROTO;
	for (int field = 5; field < FIELD_START; field++)
		span_take(&rest, ' ');
	if (!parse_number(span_take(&rest, ' '), UINT64_MAX, &start))
		return ERR_PROTO;
	*state = word.p[0];
	out->pid = (uint32_t)pid;
	out->parent = (uint32_t)parent;
	out->start = start;
	return 0;
}

/* The beginning of a small file of /proc, which gives it in one read. */
static int read_file(const char *dir, const char *name, char buf[LINE], struct span *out)
{
	char path[PATH];
	ssize_t n;
	int fd, err;

	snprintf(path, sizeof(path), "/proc/%s/%s", dir, name);
	fd = fd_above_stdio(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? ERR_NO_SESSION : ERR_IO;
	do
		n = read(fd, buf, LINE);
	while (n < 0 && errno == EINTR);
	err = n < 0 && errno == ESRCH ? ERR_NO_SESSION : ERR_IO;
	close(fd);
	if (n <= 0)
		return err;
	*out = (struct span){buf, (size_t)n};
	return 0;
}

static int read_stat(const char *dir, struct process *out)
{
	char buf[LINE], state;
	struct span line;
	int err = read_file(dir, "stat", buf, &line);

	if (err)
		return err;
	if (process_parse(line, out, &state))
		return ERR_IO;
	/* Nothing is left of it but its exit status. */
	return state == 'Z' || state == 'X' ? ERR_NO_SESSION : 0;
}

/* A kernel without audit has no such file. */
static uint32_t read_audit(const char *dir, const char *name)
{
	char buf[LINE];
	struct span text;
	uint64_t n;

	if (read_file(dir, name, buf, &text) || !parse_number(text, UINT32_MAX, &n))
		return PROCESS_UNSET;
	return (uint32_t)n;
}

static int read_process(const char *dir, struct process *out)
{
	struct process p = {0}, parent;
	char parent_dir[16];
	int err = read_stat(dir, &p);

	if (err)
		return err;
	snprintf(parent_dir, sizeof(parent_dir), "%u", p.parent);
	if (p.parent == 0 || read_stat(parent_dir, &parent))
		p.parent = 0;
	else
		p.parent_start = parent.start;
	p.session = read_audit(dir, "sessionid");
	p.login_uid = read_audit(dir, "loginuid");
	*out = p;
	return 0;
}

int process_self(struct process *out)
{
	struct process p;

	/* Another pid namespace's /proc knows us by another number, or not at all. */
	if (read_process("self", &p) || p.pid != (uint32_t)getpid())
		return ERR_IO;
	*out = p;
	return 0;
}

int process_read(uint32_t pid, struct process *out)
{
	char dir[16];
	struct process p;
	int err;

	snprintf(dir, sizeof(dir), "%u", pid);
	err = read_process(dir, &p);
	if (err)
		return err;
	if (p.pid != pid)
		return ERR_IO;
	*out = p;
	return 0;
}
