#include "patd/control.h"

#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/err.h"
#include "patd/chan.h"

size_t control_encode(const struct control *c, void *buf)
{
	struct writer w;

	writer_init(&w, buf, CONTROL_PACKET);
	write_u8(&w, c->type);
	write_u32(&w, c->id);
	write_u32(&w, (uint32_t)-c->err);
	write_bytes(&w, c->message, strnlen(c->message, LIMIT_MESSAGE));
	return writer_len(&w);
}

int control_decode(const void *buf, size_t n, struct control *c)
{
	struct control got = {0};
	struct reader r;
	uint32_t err;

	reader_init(&r, buf, n);
	got.type = read_u8(&r);
	got.id = read_u32(&r);
	err = read_u32(&r);
	if (r.failed || got.type < CONTROL_READY || got.type > CONTROL_CONFIG)
		return ERR_PROTO;
	got.err = err ? err_from_wire(err) : 0;
	if (!span_copy(read_bytes(&r, reader_left(&r)), got.message, sizeof(got.message)))
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
