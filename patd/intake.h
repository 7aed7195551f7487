/* intake.h: receives a stream to patd: its items become the request's batch, packet by packet. */
#ifndef PATD_INTAKE_H
#define PATD_INTAKE_H

#include "patd/dispatch.h"

enum {
	INTAKE_WAIT = 1, /* no more has come yet */
	INTAKE_TURN,	 /* more may be there; others have waited long enough */
	INTAKE_APPLY,	 /* the batch is to be applied: it is full, or the stream has ended */
};

/*
 * Receives from a non-blocking descriptor what is there, up to a page of packets. An item that is
 * refused ends the batch before it, with r->batch->err set. ERR_PROTO: the peer is gone, or broke
 * the protocol: what is in the batch is not to be applied.
 */
int intake_some(int fd, const struct operation *op, struct request *r);

/* One packet, received. 0, INTAKE_APPLY, ERR_PROTO. */
int intake_packet(const struct operation *op, struct request *r, const void *packet, size_t n);

#endif
