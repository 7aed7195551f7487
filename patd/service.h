/*
 * service.h: where the listening sockets come from, and telling the service manager. The protocols
 * are systemd's (sd_listen_fds(3), sd_notify(3)), spoken here without its library.
 */
#ifndef PATD_SERVICE_H
#define PATD_SERVICE_H

#include <stddef.h>

/* Both listening, non-blocking, CLOEXEC. */
struct sockets {
	int common; /* patd.sock */
	int root;   /* root.sock */
};

/* Closes what was inherited and is none of ours: all but 0 to 2 and the sockets passed. Call it
 * first. */
void service_close_inherited(void);

/*
 * Takes the sockets that the service manager passed (LISTEN_PID, LISTEN_FDS), and removes the
 * variables. 0; ERR_NO_TOKEN: none were passed; ERR_INVALID with one line in why: not two listening
 * SOCK_SEQPACKET sockets named patd.sock and root.sock.
 */
int service_passed(struct sockets *out, char *why, size_t why_size);

/*
 * Makes `dir` if need be and the two sockets in it. The directory must belong to root and be
 * writable by no one else; a socket on which somebody listens is left alone and refused. 0, or
 * ERR_IO, ERR_BUSY, with one line in why. The listener that clients see is the process that called
 * this.
 */
int service_listen(const char *dir, struct sockets *out, char *why, size_t why_size);
/* Removes the two files again. */
void service_unlink(const char *dir);

/* "READY=1" and the like, to NOTIFY_SOCKET if there is one. */
void service_notify(const char *state);
/* The same for a reload that begins now, with its time. Its end is "READY=1". */
void service_notify_reloading(void);

#endif
