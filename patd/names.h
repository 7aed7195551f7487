/*
 * names.h: the process that asks the name service.
 *
 * NSS modules load strangers' code, open sockets and block, so no client's question reaches them in
 * the process that owns the store or in the root parent. This process keeps LIMIT_NAMES_WORKERS
 * forked workers, each with one lookup in flight; one that takes longer than LIMIT_NAMES_MS is
 * killed, its question answered with ACCOUNT_ERROR, and replaced. At most LIMIT_NAMES_QUEUE
 * questions wait, more are answered with ACCOUNT_ERROR at once. When one of the files in /etc that
 * accounts come from changes (passwd, shadow, group, gshadow, nsswitch.conf), it sends an answer
 * with seq 0.
 */
#ifndef PATD_NAMES_H
#define PATD_NAMES_H

/*
 * Serves account.h's messages on `fd` (SOCK_SEQPACKET) until its other end is closed; then ends its
 * workers and returns 0. Called with privileges dropped already. ERR_MEMORY, ERR_PROTO (what came
 * is no question), ERR_IO.
 */
int names_run(int fd);

#endif
