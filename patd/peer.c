#include "patd/peer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/err.h"

enum { OVERFLOW_UID = 65534 };

int peer_uid(int fd, uid_t overflow, uid_t *out)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0 || n != sizeof(peer))
		return ERR_NOT_PERMITTED;
	if (peer.uid == (uid_t)-1 || peer.uid == overflow)
		return ERR_NOT_PERMITTED;
	*out = peer.uid;
	return 0;
}

pid_t peer_pid(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0 || n != sizeof(peer))
		return 0;
	return peer.pid > 0 ? peer.pid : 0;
}

uid_t peer_overflow_uid(void)
{
	FILE *f = fopen("/proc/sys/kernel/overflowuid", "re");
	unsigned long uid = 0;
	char text[16];

	if (f && fgets(text, sizeof(text), f))
		uid = strtoul(text, NULL, 10);
	if (f)
		fclose(f);
	return uid > 0 && uid < UINT32_MAX ? (uid_t)uid : OVERFLOW_UID;
}
