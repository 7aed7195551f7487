/* input.h: lines from a descriptor, by read(2), into memory that is wiped: no stdio copy is left.
 */
#ifndef PATCTL_INPUT_H
#define PATCTL_INPUT_H

#include <stddef.h>

struct input {
	int fd;
	size_t at, n;
	char buf[1024];
};

void input_init(struct input *in, int fd);

/*
 * The next line without its newline (the last one may have none) as a string. ERR_INVALID: longer
 * than size - 1, or a NUL in it; ERR_DECLINED: nothing is left; ERR_IO. On failure `line` is wiped.
 */
int input_line(struct input *in, char *line, size_t size);

void input_wipe(struct input *in);

#endif
