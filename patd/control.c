#include "patd/control.h"

#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/err.h"
#include "patd/chan.h"

/* What a type has behind its number and id. */
struct form {
	void (*write)(struct writer *w, const struct control *c);
	bool (*read)(struct reader *r, struct control *c);
};

static void write_result(struct writer *w, const struct control *c)
{
	size_t n = strnlen(c->message, LIMIT_MESSAGE);

	write_u32(w, (uint32_t)-c->err);
	write_u16(w, (uint16_t)n);
	write_bytes(w, c->message, n);
	write_u32(w, c->others_more);
	write_u8(w, (uint8_t)c->other_count);
	for (unsigned i = 0; i < c->other_count; i++) {
		n = strnlen(c->others[i].name, sizeof(c->others[i].name) - 1);
		write_u32(w, c->others[i].pid);
		write_u8(w, (uint8_t)n);
		write_bytes(w, c->others[i].name, n);
	}
}

static bool read_result(struct reader *r, struct control *c)
{
	uint32_t err = read_u32(r);
	bool valid = span_copy(read_bytes(r, read_u16(r)), c->message, sizeof(c->message));

	c->err = err ? err_from_wire(err) : 0;
	c->others_more = read_u32(r);
	c->other_count = read_u8(r);
	if (c->other_count > LIMIT_OTHERS)
		return false;
	for (unsigned i = 0; i < c->other_count; i++) {
		struct control_other *o = &c->others[i];

		o->pid = read_u32(r);
		valid &= span_copy(read_bytes(r, read_u8(r)), o->name, sizeof(o->name));
	}
	return valid;
}

static void write_live(struct writer *w, const struct control *c)
{
	uint8_t bytes[PROCESS_BYTES];

	process_encode(&c->process, bytes);
	write_bytes(w, bytes, sizeof(bytes));
}

static bool read_live(struct reader *r, struct control *c)
{
	return process_decode(read_bytes(r, PROCESS_BYTES), &c->process) == 0;
}

static void write_kill(struct writer *w, const struct control *c)
{
	write_live(w, c);
	write_u8(w, c->nested);
	write_u32(w, c->uid);
}

static bool read_kill(struct reader *r, struct control *c)
{
	bool valid = read_live(r, c);

	c->nested = read_u8(r);
	c->uid = read_u32(r);
	return valid && c->nested <= 1;
}

static void write_others(struct writer *w, const struct control *c)
{
	write_u32(w, c->uid);
}

static bool read_others(struct reader *r, struct control *c)
{
	c->uid = read_u32(r);
	return true;
}

static const struct form forms[CONTROL_TYPES] = {
	[CONTROL_RESULT] = {write_result, read_result},
	[CONTROL_LIVE] = {write_live, read_live},
	[CONTROL_KILL] = {write_kill, read_kill},
	[CONTROL_OTHERS] = {write_others, read_others},
};

size_t control_encode(const struct control *c, void *buf)
{
	struct writer w;

	if (c->type < CONTROL_READY || c->type >= CONTROL_TYPES)
		return 0;
	writer_init(&w, buf, CONTROL_PACKET);
	write_u8(&w, c->type);
	write_u32(&w, c->id);
	if (forms[c->type].write)
		forms[c->type].write(&w, c);
	return writer_len(&w);
}

int control_decode(const void *buf, size_t n, struct control *c)
{
	struct control got = {0};
	struct reader r;

	reader_init(&r, buf, n);
	got.type = read_u8(&r);
	got.id = read_u32(&r);
	if (r.failed || got.type < CONTROL_READY || got.type >= CONTROL_TYPES)
		return ERR_PROTO;
	if (forms[got.type].read && !forms[got.type].read(&r, &got))
		return ERR_PROTO;
	if (!reader_done(&r))
		return ERR_PROTO;
	*c = got;
	return 0;
}

int control_send(int fd, const struct control *c, int pass_fd)
{
	uint8_t buf[CONTROL_PACKET];

	return chan_send(fd, buf, control_encode(c, buf), pass_fd);
}

int control_receive(int fd, struct control *c, int *pass_fd)
{
	uint8_t buf[CONTROL_PACKET];
	int passed = -1;
	ssize_t n = chan_recv(fd, buf, sizeof(buf), &passed);
	int err;

	if (n <= 0)
		return n < 0 ? (int)n : ERR_IO;
	err = control_decode(buf, (size_t)n, c);
	if (!err)
		*pass_fd = passed;
	else if (passed >= 0)
		close(passed);
	return err;
}
