/*
 * mute_socket PATH SOCK_STREAM|SOCK_DGRAM|SOCK_SEQPACKET: listens there, where that kind can, and
 * never says a word.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const struct {
	const char *name;
	int type;
} kinds[] = {{"SOCK_STREAM", SOCK_STREAM}, {"SOCK_DGRAM", SOCK_DGRAM},
	{"SOCK_SEQPACKET", SOCK_SEQPACKET}};

int main(int argc, char **argv)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = -1;

	if (argc != 3 || strlen(argv[1]) >= sizeof(addr.sun_path))
		return 2;
	strcpy(addr.sun_path, argv[1]);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, argv[2]) == 0)
			fd = socket(AF_UNIX, kinds[i].type | SOCK_CLOEXEC, 0);
	umask(0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return 1;
	listen(fd, 8); /* datagrams need none */
	for (;;)
		pause();
}
