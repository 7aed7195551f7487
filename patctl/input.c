#include "patctl/input.h"

#include <errno.h>
#include <unistd.h>

#include "common/err.h"
#include "common/secret.h"

void input_init(struct input *in, int fd)
{
	in->fd = fd;
	in->at = in->n = 0;
}

/* More bytes: 0, ERR_IO, or ERR_DECLINED at the end. */
static int fill(struct input *in)
{
	ssize_t n;

	do
		n = read(in->fd, in->buf, sizeof(in->buf));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? ERR_IO : ERR_DECLINED;
	in->at = 0;
	in->n = (size_t)n;
	return 0;
}

int input_line(struct input *in, char *line, size_t size)
{
	size_t len = 0;
	int err = 0;

	for (;;) {
		char c;

		if (in->at == in->n && (err = fill(in))) {
			if (err == ERR_DECLINED && len > 0)
				err = 0;
			break;
		}
		c = in->buf[in->at++];
		if (c == '\n')
			break;
		if (c == '\0' || len + 1 == size) {
			err = ERR_INVALID;
			break;
		}
		line[len++] = c;
	}
	if (err)
		secret_wipe(line, size);
	else
		line[len] = '\0';
	return err;
}

void input_wipe(struct input *in)
{
	SECRET_WIPE_ARRAY(in->buf);
	in->at = in->n = 0;
}
