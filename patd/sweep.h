/*
 * sweep.h: looks after accounts that had tokens and are gone.
 *
 * userdel and useradd give the same name and the same uid back, so the tokens of an account that
 * stood in /etc/passwd are revoked for good once it is found gone from there. An account of a
 * directory is absent also when the directory cannot be reached: its tokens are refused meanwhile,
 * and revoked after SWEEP_PATIENCE of absence. A failed lookup changes nothing. One sweep goes
 * through all accounts that ever had a token, one at a time, at the start, when the account files
 * change, and every hour.
 */
#ifndef PATD_SWEEP_H
#define PATD_SWEEP_H

struct server;
struct sweep;

enum {
	SWEEP_EVERY = 3600, /* seconds */
	SWEEP_PATIENCE = 30 * 24 * 3600,
};

/* NULL: no memory. Begins as soon as the loop runs. */
struct sweep *sweep_new(struct server *s);
void sweep_free(struct sweep *w);

/* Begin from the first account; if one is under way, once it has come to the last. */
void sweep_start(struct sweep *w);

#endif
