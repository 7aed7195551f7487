#include "patd/dispatch.h"

#include <stddef.h>

#include "common/err.h"
#include "patd/ops.h"
#include "patd/store_event.h"

/* clang-format off */
static const struct operation operations[] = {
	{VERB_VERIFY, "verify", .check = op_verify_check, .apply = op_verify_apply},
	{VERB_ACCOUNT, "account", .check = op_account},
	{VERB_SESSION_OPEN, "session-open", .check = op_session_open_check,
		.apply = op_session_open_apply, .early = true},
	{VERB_SESSION_CLOSE, "session-close", .check = op_session_close_check,
		.apply = op_session_close_apply, .early = true},
	{VERB_MINT, "mint", .check = op_mint_check, .apply = op_mint_apply},
	{VERB_LIST, "list", .check = op_list_check, .next = op_list_next},
	{VERB_SHOW, "show", .check = op_show},
	{VERB_EDIT, "edit", .check = op_edit_check, .apply = op_edit_apply},
	{VERB_REVOKE, "revoke", .check = op_revoke_check, .apply = op_revoke_apply},
	{VERB_RESTORE, "restore", .check = op_restore_check, .apply = op_restore_apply},
	{VERB_DELETE, "delete", .check = op_delete_check, .apply = op_delete_apply},
	{VERB_INSPECT, "inspect", .check = op_inspect},
	{VERB_EXPLAIN, "explain", .check = op_explain_check, .next = op_explain_next},
	{VERB_POLICY, "policy", .check = op_policy_check, .next = op_policy_next},
	{VERB_ACCOUNTS, "accounts", .check = op_accounts_check, .next = op_accounts_next},
	{VERB_STATUS, "status", .check = op_status},
	{VERB_ROTATE, "rotate", .check = op_rotate_check, .apply = op_rotate_apply},
	{VERB_EXCHANGE, "exchange", .check = op_exchange_check, .apply = op_exchange_apply},
	{VERB_LOG, "log", .check = op_log_check, .next = op_log_next},
	{VERB_SESSIONS, "sessions", .check = op_sessions_check, .apply = op_sessions_apply,
		.next = op_sessions_next},
	{VERB_KILL, "kill", .check = op_kill_check, .apply = op_sessions_apply, .next = op_kill_next},
	{VERB_SCAN, "scan", .check = op_scan_check, .apply = op_scan_apply, .take = op_scan_take},
	{VERB_PRUNE, "prune", .check = op_prune_check, .apply = op_prune_apply, .next = op_prune_next},
	{VERB_EXPORT, "export", .check = op_export_check, .apply = op_export_apply,
		.next = op_export_next},
	{VERB_IMPORT, "import", .check = op_import_check, .apply = op_import_apply,
		.take = op_import_take},
	{VERB_CLOCK_RESET, "clock-reset", .check = op_clock_check, .apply = op_clock_apply},
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
	return (!err || err == REQUEST_AGAIN) && log_event_durable(r->event.type);
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
