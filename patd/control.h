/*
 * control.h: what the root parent and the store process say to each other. Strict and pure; chan.h
 * carries it.
 */
#ifndef PATD_CONTROL_H
#define PATD_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "common/limits.h"

enum control_type {
	CONTROL_READY = 1,  /* store: clients are served from now on */
	CONTROL_REAUTH = 2, /* store, with the client's descriptor: find out if it is the person */
	CONTROL_CANCEL = 3, /* store: the client of that id is gone */
	CONTROL_RESULT = 4, /* parent: how the re-authentication of that id ended */
	CONTROL_CONFIG = 5, /* parent, with a descriptor of a config_text: read it and use it */
};

struct control {
	uint8_t type;
	uint32_t id;			 /* of a re-authentication; else 0 */
	int err;			 /* CONTROL_RESULT: 0 or an error */
	char message[LIMIT_MESSAGE + 1]; /* CONTROL_RESULT: for the person, or "" */
};

enum { CONTROL_PACKET = 16 + LIMIT_MESSAGE };

/* Encodes into buf (CONTROL_PACKET bytes): the length. Decodes: 0 or ERR_PROTO. */
size_t control_encode(const struct control *c, void *buf);
int control_decode(const void *buf, size_t n, struct control *c);

/* Encodes and sends. 0 or as chan_send(). */
int control_send(int fd, const struct control *c, int pass_fd);

/*
 * Receives one. 0, with *pass_fd the caller's to close (-1: none came); ERR_BUSY: nothing is there;
 * else (ERR_IO, ERR_PROTO) the other side is gone or not to be trusted any more.
 */
int control_receive(int fd, struct control *c, int *pass_fd);

#endif
