#include "patd/peer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/err.h"

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

uid_t peer_overflow_uid(void)
{
	char text[16] = "";
	int fd = open("/proc/sys/kernel/overflowuid", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	return n > 0 ? (uid_t)strtoul(text, NULL, 10) : 65534;
}

static size_t find(const struct caps *c, uid_t uid)
{
	size_t i = 0;

	while (i < c->used && c->entry[i].uid != uid)
		i++;
	return i;
}

bool caps_take(struct caps *c, uid_t uid)
{
	size_t i = find(c, uid);

	/* An entry has at least one connection, so there are never more of them than LIMIT_CONNS. */
	if (c->total >= LIMIT_CONNS)
		return false;
	if (i == c->used) {
		c->entry[i].uid = uid;
		c->entry[i].count = 0;
		c->used++;
	} else if (uid != 0 && c->entry[i].count >= LIMIT_CONNS_PER_UID) {
		return false;
	}
	c->entry[i].count++;
	c->total++;
	return true;
}

void caps_release(struct caps *c, uid_t uid)
{
	size_t i = find(c, uid);

	if (i == c->used)
		return;
	c->total--;
	if (--c->entry[i].count == 0)
		c->entry[i] = c->entry[--c->used];
}
