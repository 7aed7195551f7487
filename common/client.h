/*
 * client.h: one request to patd and its answer, for the module and for patctl.
 *
 * Plain socket I/O: no allocation, no signals, no threads, no state outside the struct; descriptors
 * are CLOEXEC and never 0 to 2, sends never raise SIGPIPE. Everything happens under one deadline.
 */
#ifndef PAT_CLIENT_H
#define PAT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/proto.h"

struct client {
	int fd;		      /* -1: not connected */
	int64_t deadline;     /* CLOCK_MONOTONIC, ms */
	struct proto_msg msg; /* the last packet received, pointing into `packet` */
	uint8_t packet[LIMIT_PACKET];
};

/*
 * Sends `req` (on which proto_end() has not been called yet) to the socket at `path` and receives
 * the first packet of the answer into c->msg. timeout_ms bounds the whole call, connecting
 * included. A daemon that is not there (ENOENT, ECONNREFUSED) is retried for LIMIT_ABSENT_DAEMON_MS
 * from the first try; one that answers BUSY with jitter until the deadline; in a queue that is full
 * it waits for its turn, as long. The server must be uid 0 by SO_PEERCRED, before anything is sent
 * to it.
 *
 * 0: c->msg is VERB_OK, VERB_PROMPT or a packet of an answer that goes on (VERB_MORE, VERB_ROW,
 * VERB_EVENT, VERB_SESSION, VERB_ITEM) or of one that is awaited (VERB_GO), and c may be used
 * further. Else the error: the one that the answer carries (c->msg is that VERB_ERROR, for its
 * TAG_MESSAGE), or ERR_INVALID (req is no message: a value too long), ERR_UNAVAILABLE, ERR_TIMEOUT,
 * ERR_BUSY, ERR_IMPOSTOR, ERR_VERSION, ERR_PROTO, ERR_IO; then c->msg.present is 0. Always
 * client_close() afterwards.
 */
int client_call(struct client *c, const char *path, int timeout_ms, struct proto_out *req);

/* The next packet, after VERB_MORE, VERB_ROW, VERB_EVENT, VERB_ITEM, a VERB_PROMPT that wants no
 * answer, or a VERB_RESPONSE that was sent. Returns as client_call(). */
int client_next(struct client *c, int timeout_ms);

/* Sends a further message on the same connection. */
int client_send(struct client *c, int timeout_ms, struct proto_out *req);

/* Has something come, or the connection ended? A stream that is being sent stops then. */
bool client_answered(const struct client *c);

/* Closes and wipes. Safe to call twice. */
void client_close(struct client *c);

#endif
