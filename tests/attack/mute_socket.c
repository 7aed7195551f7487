/*
 * mute_socket PATH SOCK_STREAM|SOCK_DGRAM|SOCK_SEQPACKET: listens there, where that kind can, and
 * never says a word.
 */
#include <string.h>
#include <unistd.h>

#include "tests/lib/unix_socket.h"

static const struct {
	const char *name;
	int type;
} kinds[] = {{"SOCK_STREAM", SOCK_STREAM}, {"SOCK_DGRAM", SOCK_DGRAM},
	{"SOCK_SEQPACKET", SOCK_SEQPACKET}};

int main(int argc, char **argv)
{
	int fd = -1;

	if (argc != 3)
		return 2;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, argv[2]) == 0)
			fd = unix_bind(argv[1], kinds[i].type);
	if (fd < 0)
		return 1;
	listen(fd, 8); /* datagrams need none */
	for (;;)
		pause();
}
