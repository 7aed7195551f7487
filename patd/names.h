/*
 * names.h: the process that asks the name service.
 *
 * NSS modules load strangers' code, open sockets and block, so they run neither in the process that
 * owns the store nor as root. This process keeps LIMIT_NAMES_WORKERS forked workers, each with one
 * lookup in flight; one that takes longer than LIMIT_NAMES_MS is killed, its question answered with
 * ACCOUNT_ERROR, and replaced. At most LIMIT_NAMES_QUEUE questions wait, more are answered with
 * ACCOUNT_ERROR at once. When /etc/passwd, /etc/shadow, /etc/group or /etc/nsswitch.conf change, it
 * sends an answer with seq 0.
 */
#ifndef PATD_NAMES_H
#define PATD_NAMES_H

#include <sys/types.h>

#include "patd/account.h"

/*
 * Serves account.h's messages on `fd` (SOCK_SEQPACKET) until its other end is closed; then ends its
 * workers and returns 0. Called with privileges dropped already. Returns an error if it cannot
 * start.
 */
int names_run(int fd);

/* One lookup, in this process, however long it takes. What a worker does. */
void names_lookup(const struct account_query *q, struct account *out);

#endif
