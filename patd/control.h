/*
 * control.h: what the root parent and the store process say to each other. Strict and pure; chan.h
 * carries it.
 */
#ifndef PATD_CONTROL_H
#define PATD_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "common/limits.h"
#include "common/process.h"

enum control_type {
	CONTROL_READY = 1,  /* store: clients are served from now on */
	CONTROL_REAUTH = 2, /* store, with the client's descriptor: find out if it is the person */
	CONTROL_CANCEL = 3, /* store: nobody waits for the result of that id any more */
	CONTROL_RESULT = 4, /* parent: how what the store process asked for under that id ended */
	CONTROL_CONFIG = 5, /* parent, with a descriptor of a config_text: read it and use it */
	CONTROL_LIVE = 6,   /* store: does the process live? The result is 0 or ERR_NO_SESSION */
	CONTROL_KILL = 7,   /* store: end the session that the process opened, of that account */
	CONTROL_OTHERS = 8, /* store: what runs under that account's uid? The result tells them */
	CONTROL_TYPES
};

/* A process that runs. */
struct control_other {
	uint32_t pid;
	char name[16]; /* its own choice */
};

struct control {
	uint8_t type;
	uint32_t id;			 /* of a request and its result; else 0 */
	int err;			 /* CONTROL_RESULT: 0 or an error */
	char message[LIMIT_MESSAGE + 1]; /* CONTROL_RESULT: for the person, or "" */
	struct process process;		 /* CONTROL_LIVE, CONTROL_KILL */
	uint8_t nested; /* CONTROL_KILL: 1: it is inside of another login's session */
	uint32_t uid;	/* CONTROL_KILL, CONTROL_OTHERS: the account's */
	/* CONTROL_RESULT of CONTROL_OTHERS: those told of here, and how many more there are */
	unsigned other_count;
	uint32_t others_more;
	struct control_other others[LIMIT_OTHERS];
};

enum { CONTROL_PACKET = 64 + LIMIT_MESSAGE + LIMIT_OTHERS * (4 + 1 + 15) };

/* Encodes into buf (CONTROL_PACKET bytes): the length. Decodes: 0 or ERR_PROTO. What the type does
 * not carry is zeros. */
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
