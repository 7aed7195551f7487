/*
 * errand.h: what the store process asks the root parent to do, each under an id, and its result.
 * For the loop's thread only.
 */
#ifndef PATD_ERRAND_H
#define PATD_ERRAND_H

#include <sys/queue.h>

#include "patd/control.h"

/* One that is under way; the caller owns it. */
struct errand {
	void (*done)(void *arg, const struct control *result);
	void *arg;
	/* the rest is errand.c's */
	uint32_t id; /* 0: it is not under way */
	LIST_ENTRY(errand) link;
};

struct errands {
	int control; /* the channel to the parent */
	uint32_t last_id;
	LIST_HEAD(errand_list, errand) list;
};

void errands_init(struct errands *e, int control);

/*
 * Sends the message, with an id of its own and a descriptor unless that is -1. done() is called
 * once, from errand_result(). If it can't be sent returns ERR_BUSY, and nobody is called.
 */
int errand_send(struct errands *e, struct errand *errand, const struct control *m, int pass_fd);

/* Waits no more, and tells the parent so; harmless if it is not under way. */
void errand_cancel(struct errands *e, struct errand *errand);

/* A CONTROL_RESULT has come. One of an id that is not (any more) under way is ignored. */
void errand_result(struct errands *e, const struct control *result);

#endif
