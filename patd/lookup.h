/*
 * lookup.h: one question to the name service, answered in this process, however long that takes: in
 * a worker of the names process, and in the child that holds a re-authentication.
 */
#ifndef PATD_LOOKUP_H
#define PATD_LOOKUP_H

#include "patd/account.h"

/* Never fails: what could not be found out is ACCOUNT_ERROR. q->seq has no meaning here. */
void lookup_account(const struct account_query *q, struct account *out);

#endif
