#include "patd/intake.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/err.h"
#include "common/secret.h"

/* Packets taken before others get their turn. */
enum { PAGE = 64 };

/* Told by the number that the sender gave it. */
static void refuse(struct request *r, const struct proto_msg *item, int err)
{
	struct batch *b = r->batch;
	const char *why = r->why[0] ? r->why : err_text(err);

	b->err = err;
	if (proto_has(item, TAG_SEQ))
		snprintf(b->why, sizeof(b->why), "line %llu: %.480s",
			(unsigned long long)proto_number(item, TAG_SEQ), why);
	else
		snprintf(b->why, sizeof(b->why), "%s", why);
}

int intake_packet(const struct operation *op, struct request *r, const void *packet, size_t n)
{
	struct proto_msg item;
	int err;

	if (proto_decode(packet, n, &item))
		return ERR_PROTO;
	if (item.verb == VERB_END) {
		r->batch->ended = true;
		return INTAKE_APPLY;
	}
	if (item.verb != VERB_ITEM)
		return ERR_PROTO;
	r->why[0] = '\0';
	err = op->take(r, &item);
	if (err)
		refuse(r, &item, err);
	return err ? INTAKE_APPLY : 0;
}

int intake_some(int fd, const struct operation *op, struct request *r)
{
	uint8_t packet[LIMIT_PACKET];
	int err = INTAKE_TURN;

	for (int i = 0; i < PAGE && err == INTAKE_TURN; i++) {
		ssize_t n;

		if (batch_full(r->batch))
			return INTAKE_APPLY;
		n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			err = INTAKE_WAIT;
		else if (n <= 0 || (size_t)n > sizeof(packet))
			err = ERR_PROTO;
		else
			err = intake_packet(op, r, packet, (size_t)n);
		if (err == 0)
			err = INTAKE_TURN;
	}
	SECRET_WIPE_ARRAY(packet);
	return err;
}
