/*
 * reauth.h: re-authentication, in the root parent.
 *
 * Each one is a child of its own, forked by the parent, which holds the PAM conversation of service
 * `patctl` with the person on the client's own connection (VERB_PROMPT and VERB_RESPONSE of
 * common/proto.h). The child's real uid is the person's: they may stop or kill it, and nobody else
 * waits for it. It has LIMIT_REQUEST_MS, and LIMIT_PROMPT_MS for each answer.
 */
#ifndef PATD_REAUTH_H
#define PATD_REAUTH_H

#include <stdint.h>

struct event_base;
struct reauth;

/*
 * The end of re-authentication `id`: 0, or ERR_REAUTH, ERR_REAUTH_BLOCKED, ERR_NO_FACTOR (it failed
 * and the account has no password here), ERR_TIMEOUT, ERR_NOT_PERMITTED (uid 0, no uid, or the
 * overflow uid), ERR_NO_ACCOUNT (the uid has no name), ERR_NAMES, ERR_BUSY (LIMIT_CONNS are under
 * way), ERR_MEMORY, ERR_IO (the client went away), ERR_PROTO (it sent what is no VERB_RESPONSE).
 * message: one line for the person, or "": then err's own text is enough.
 */
typedef void reauth_done(void *arg, uint32_t id, int err, const char *message);

/* NULL: no memory. */
struct reauth *reauth_new(struct event_base *base, reauth_done *done, void *arg);
/* Kills every child that is left, and does not wait for them. NULL is fine. */
void reauth_free(struct reauth *r);

/*
 * Starts one. Takes the descriptor, which is above 2, over (and closes the parent's copy). Who the
 * person is comes from its SO_PEERCRED, taken here and not from what anyone says; their name is
 * looked up by the child. uid 0 is not asked: the caller doesn't send it here, and it is refused if
 * it does. `done` is always called exactly once, from the event loop or before this returns, unless
 * reauth_cancel() or reauth_free() comes first. The children are waited for here, each by its pid:
 * the rest of the process must not wait for just any child.
 */
void reauth_start(struct reauth *r, int client_fd, uint32_t id);

/*
 * Ends re-authentication `id` if it is still under way; `done` is not called for it. Once an answer
 * was given it counts as failed.
 */
void reauth_cancel(struct reauth *r, uint32_t id);

#endif
