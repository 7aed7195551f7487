/* issue.h: a new token: its ID and secret, its place in the store, and the answer that shows it. */
#ifndef PATD_ISSUE_H
#define PATD_ISSUE_H

#include "patd/policy.h"
#include "patd/request.h"

/* The end of a new token: TAG_EXPIRES, as far as max_lifetime allows, else the account's default.
 * 0, ERR_INVALID, ERR_DISALLOWED. */
int issue_end(struct request *r, const struct policy_rules *rules, struct record *token);

/*
 * A token that would be refused at once is not made: would r->subject.account's token be accepted
 * at some door? The question is the one that every login asks. lineage: what is above it, or NULL.
 * 0, ERR_LOCKED, ERR_DISALLOWED.
 */
int issue_acceptable(struct request *r, const struct record *token, const struct lineage *lineage);

/*
 * Gives `token`, filled but for what is random and the time of creation, an ID and a secret, adds
 * it to the store, and begins the answer in r->out: OK with its view and, once, its text. 0,
 * ERR_STORE, or REQUEST_ASK, and then nothing was written: so it comes before whatever else is.
 */
int issue_token(struct request *r, struct store_txn *t, struct record *token);

#endif
