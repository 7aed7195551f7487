#include "patd/dispatch.h"

#include <stddef.h>

#include "common/err.h"
#include "patd/ops.h"
#include "patd/store_event.h"

/* clang-format off */
static const struct operation operations[] = {
	{VERB_VERIFY,  "verify",  op_verify_check,  op_verify_apply,  NULL, NULL},
	{VERB_ACCOUNT, "account", op_account,       NULL,             NULL, NULL},
	{VERB_SESSION_OPEN, "session-open", op_session_open_check, op_session_open_apply, NULL, NULL},
	{VERB_SESSION_CLOSE, "session-close", op_session_close_check, op_session_close_apply, NULL, NULL},
	{VERB_MINT,    "mint",    op_mint_check,    op_mint_apply,    NULL, NULL},
	{VERB_LIST,    "list",    op_list_check,    NULL,             op_list_next, NULL},
	{VERB_SHOW,    "show",    op_show,          NULL,             NULL, NULL},
	{VERB_EDIT,    "edit",    op_edit_check,    op_edit_apply,    NULL, NULL},
	{VERB_REVOKE,  "revoke",  op_revoke_check,  op_revoke_apply,  NULL, NULL},
	{VERB_RESTORE, "restore", op_restore_check, op_restore_apply, NULL, NULL},
	{VERB_DELETE,  "delete",  op_delete_check,  op_delete_apply,  NULL, NULL},
	{VERB_INSPECT, "inspect", op_inspect,       NULL,             NULL, NULL},
	{VERB_EXPLAIN, "explain", op_explain_check, NULL,             op_explain_next, NULL},
	{VERB_POLICY,  "policy",  op_policy_check,  NULL,             op_policy_next, NULL},
	{VERB_ACCOUNTS, "accounts", op_accounts_check, NULL,          op_accounts_next, NULL},
	{VERB_STATUS,  "status",  op_status,        NULL,             NULL, NULL},
	{VERB_ROTATE,  "rotate",  op_rotate_check,  op_rotate_apply,  NULL, NULL},
	{VERB_EXCHANGE, "exchange", op_exchange_check, op_exchange_apply, NULL, NULL},
	{VERB_LOG,     "log",     op_log_check,     NULL,             op_log_next, NULL},
	{VERB_SESSIONS, "sessions", op_sessions_check, NULL,          op_sessions_next, NULL},
	{VERB_KILL,    "kill",    op_kill_check,    NULL,             op_kill_next, NULL},
	{VERB_SCAN,    "scan",    op_scan_check,    op_scan_apply,    NULL, op_scan_take},
	{VERB_PRUNE,   "prune",   op_prune_check,   op_prune_apply,   op_prune_next, NULL},
	{VERB_EXPORT,  "export",  op_export_check,  op_export_apply,  op_export_next, NULL},
	{VERB_IMPORT,  "import",  op_import_check,  op_import_apply,  NULL, op_import_take},
	{VERB_CLOCK_RESET, "clock-reset", op_clock_check, op_clock_apply, NULL, NULL},
};
/* clang-format on */

const struct operation *dispatch_find(uint8_t verb)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (operations[i].verb == verb)
			return &operations[i];
	return NULL;
}

int dispatch_check(const struct operation *op, struct request *r, struct store_txn *t)
{
	int err;

	request_reset(r);
	err = op->check(r, t);
	if (!err && r->reauth_needed && !r->reauthenticated)
		return REQUEST_REAUTHENTICATE;
	return err;
}

/* Is there a deed to put on record, in the transaction that did it? */
static bool has_deed(const struct request *r, int err)
{
	return (!err || err == REQUEST_AGAIN) && r->event.type != EVENT_NONE &&
	       log_event_class(&r->event) == CLASS_DEED;
}

int dispatch_apply(const struct operation *op, struct request *r, struct store_txn *t)
{
	unsigned long writes;
	int err = dispatch_check(op, r, t);

	/* The first check did not ask for it; whatever changed since, nothing is written now. */
	if (err == REQUEST_REAUTHENTICATE)
		return ERR_NOT_PERMITTED;
	if (err || r->answered)
		return err;
	writes = store_writes(t);
	err = op->apply(r, t);
	/* It would be run again, on what it has half done: then better not at all. */
	if (err == REQUEST_ASK && store_writes(t) != writes)
		store_fail(t);
	if (has_deed(r, err) && store_event_add(t, &r->event))
		err = ERR_STORE;
	return err;
}
