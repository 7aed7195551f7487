/*
 * process.h: a process as /proc tells it, and its bytes (TAG_PROCESS, docs/PROTOCOL.md).
 *
 * A pid comes back, a pid with the time at which its process began does not, until the next boot.
 * For the module too: small reads, no allocation, descriptors CLOEXEC and never 0 to 2.
 */
#ifndef PAT_PROCESS_H
#define PAT_PROCESS_H

#include <stdint.h>

#include "common/bytes.h"

enum { PROCESS_BYTES = 32 };

/* An audit session or a login uid that nobody has set; also on a kernel without them. */
#define PROCESS_UNSET UINT32_MAX

struct process {
	uint32_t pid;
	uint64_t start;	 /* when it began, in clock ticks since the boot */
	uint32_t parent; /* its parent's pid; 0: none that can be seen */
	uint64_t parent_start;
	uint32_t session;   /* audit session, PROCESS_UNSET: none */
	uint32_t login_uid; /* as whom it, or the login that it is of, came in; likewise */
};

void process_encode(const struct process *p, uint8_t out[PROCESS_BYTES]);
/* 0 or ERR_PROTO: another length, or no pid. */
int process_decode(struct span bytes, struct process *out);

/*
 * The line of /proc/PID/stat: fills pid, start and parent, and *state ('R', 'Z', ...). A process
 * chooses its own name, which stands in the line with whatever it is made of. 0 or ERR_PROTO.
 */
int process_parse(struct span line, struct process *out, char *state);

/* The calling process. ERR_IO: /proc is not there, or it is another pid namespace's. */
int process_self(struct process *out);
/* Any process. ERR_NO_SESSION: it has ended; ERR_IO: that can't be told. */
int process_read(uint32_t pid, struct process *out);

#endif
