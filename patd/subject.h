/* subject.h: who a request comes from, which account and token it is about, and whether it may be.
 */
#ifndef PATD_SUBJECT_H
#define PATD_SUBJECT_H

#include "patd/request.h"

/*
 * Both fill r->subject and r->reauth_needed. 0, REQUEST_ASK, or an error: ERR_NO_ACCOUNT,
 * ERR_NAMES, ERR_NOT_PERMITTED, ERR_NO_TOKEN (also for a stranger's token), ERR_INVALID, ERR_STORE.
 */

/* The account named by TAG_USER, or the peer's own. */
int subject_account(struct request *r, enum action action);
/* The token named by TAG_ID, or by TAG_NAME among the account's. With both TAG_ID and TAG_USER it
 * must be that account's. */
int subject_token(struct request *r, struct store_txn *t, enum action action);
/* The same, where TAG_USER beside TAG_ID is about something else. */
int subject_token_of_any(struct request *r, struct store_txn *t, enum action action);

/* The peer alone, where it needs no permission: "uid N" if no account is found. 0 or
 * REQUEST_ASK. */
int subject_caller(struct request *r);

/* Is the token one of the account that the request is about? Asked of the store, not of names. */
bool subject_owns(const struct request *r, const struct record *token);

/* Is the name borne by a live token of the subject's account, other than the one with this ID? */
int subject_name_taken(
	struct request *r, struct store_txn *t, struct span name, const char *but_id);
/* ERR_LIMIT if the subject's account has as many live tokens as max_tokens. */
int subject_has_room(struct request *r, struct store_txn *t);

#endif
