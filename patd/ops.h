/*
 * ops.h: the operations behind the verbs (docs/PROTOCOL.md). dispatch.c has the table.
 *
 * Each is run in a transaction and returns 0 with the answer in r->out, REQUEST_ASK, or an error. A
 * check decides whether a write may be done and fills r->subject; the apply that follows it, in the
 * same write transaction, does it.
 */
#ifndef PATD_OPS_H
#define PATD_OPS_H

#include "patd/request.h"

/* ops_verify.c: what the module asks, and inspect */
int op_verify_check(struct request *r, struct store_txn *t);
int op_verify_apply(struct request *r, struct store_txn *t); /* counts a use that is limited */
int op_account(struct request *r, struct store_txn *t);
int op_inspect(struct request *r, struct store_txn *t);

/* ops_session.c: what the module tells of sessions, and what people ask; a packet a call */
int op_session_open_check(struct request *r, struct store_txn *t);
int op_session_open_apply(struct request *r, struct store_txn *t);
int op_session_close_check(struct request *r, struct store_txn *t);
int op_session_close_apply(struct request *r, struct store_txn *t);
int op_sessions_check(struct request *r, struct store_txn *t);
/* Waits for what was told before: the answer to that did not. */
int op_sessions_apply(struct request *r, struct store_txn *t);
int op_sessions_next(struct request *r, struct store_txn *t);
int op_kill_check(struct request *r, struct store_txn *t);
int op_kill_next(struct request *r, struct store_txn *t);

/* ops_look.c */
int op_list_check(struct request *r, struct store_txn *t);
int op_list_next(struct request *r, struct store_txn *t); /* a packet a call; r->last ends it */
int op_show(struct request *r, struct store_txn *t);
int op_status(struct request *r, struct store_txn *t);

/* ops_policy.c: what is in force, and why; a packet a call */
int op_explain_check(struct request *r, struct store_txn *t);
int op_explain_next(struct request *r, struct store_txn *t);
int op_policy_check(struct request *r, struct store_txn *t);
int op_policy_next(struct request *r, struct store_txn *t);
int op_accounts_check(struct request *r, struct store_txn *t);
int op_accounts_next(struct request *r, struct store_txn *t);

/* ops_log.c: what happened; a packet a call, or REQUEST_NOTHING */
int op_log_check(struct request *r, struct store_txn *t);
int op_log_next(struct request *r, struct store_txn *t);

/* ops_clock.c */
int op_clock_check(struct request *r, struct store_txn *t);
int op_clock_apply(struct request *r, struct store_txn *t);

/* ops_mint.c */
int op_mint_check(struct request *r, struct store_txn *t);
int op_mint_apply(struct request *r, struct store_txn *t);

/* ops_rotate.c */
int op_rotate_check(struct request *r, struct store_txn *t);
int op_rotate_apply(struct request *r, struct store_txn *t);

/* ops_exchange.c */
int op_exchange_check(struct request *r, struct store_txn *t);
int op_exchange_apply(struct request *r, struct store_txn *t);

/* ops_scan.c: a stream of tokens that leaked */
int op_scan_check(struct request *r, struct store_txn *t);
int op_scan_take(struct request *r, const struct proto_msg *m);
int op_scan_apply(struct request *r, struct store_txn *t);

/* ops_prune.c: in parts; by next, what would go */
int op_prune_check(struct request *r, struct store_txn *t);
int op_prune_apply(struct request *r, struct store_txn *t);
int op_prune_next(struct request *r, struct store_txn *t);

/* ops_export.c: a packet a call */
int op_export_check(struct request *r, struct store_txn *t);
int op_export_apply(struct request *r, struct store_txn *t); /* puts on record that it was */
int op_export_next(struct request *r, struct store_txn *t);

/* ops_import.c: a stream of tokens as export tells them */
int op_import_check(struct request *r, struct store_txn *t);
int op_import_take(struct request *r, const struct proto_msg *m);
int op_import_apply(struct request *r, struct store_txn *t);

/* ops_change.c */
int op_edit_check(struct request *r, struct store_txn *t);
int op_edit_apply(struct request *r, struct store_txn *t);
int op_revoke_check(struct request *r, struct store_txn *t);
int op_revoke_apply(struct request *r, struct store_txn *t);
int op_restore_check(struct request *r, struct store_txn *t);
int op_restore_apply(struct request *r, struct store_txn *t);
int op_delete_check(struct request *r, struct store_txn *t);
int op_delete_apply(struct request *r, struct store_txn *t);

#endif
