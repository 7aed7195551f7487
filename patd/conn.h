/*
 * conn.h: one connection of the store process, from accept to close: one request, and its answer.
 *
 *	NEW -> READING -> (ASKING | REAUTH | WRITING)* -> SENDING -> closed
 */
#ifndef PATD_CONN_H
#define PATD_CONN_H

#include <stdbool.h>

#include "patd/server.h"

/*
 * Takes over a descriptor just accepted from the common socket, where caps count, or from root's.
 * One too many is answered BUSY and closed.
 */
void conn_start(struct server *s, int fd, uid_t peer, bool root_socket);

/* Closes all, at the end, after the committer has stopped. */
void conn_end_all(struct server *s);

#endif
