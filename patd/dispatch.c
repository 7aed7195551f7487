#include "patd/dispatch.h"

#include <stddef.h>

#include "common/err.h"
#include "patd/ops.h"
#include "patd/store_event.h"

/* clang-format off */
static const struct operation operations[] = {
	{VERB_VERIFY,  "verify",  op_verify_check,  op_verify_apply,  NULL},
	{VERB_ACCOUNT, "account", op_account,       NULL,             NULL},
	{VERB_MINT,    "mint",    op_mint_check,    op_mint_apply,    NULL},
	{VERB_LIST,    "list",    op_list_check,    NULL,             op_list_next},
	{VERB_SHOW,    "show",    op_show,          NULL,             NULL},
	{VERB_EDIT,    "edit",    op_edit_check,    op_edit_apply,    NULL},
	{VERB_REVOKE,  "revoke",  op_revoke_check,  op_revoke_apply,  NULL},
	{VERB_RESTORE, "restore", op_restore_check, op_restore_apply, NULL},
	{VERB_DELETE,  "delete",  op_delete_check,  op_delete_apply,  NULL},
	{VERB_INSPECT, "inspect", op_inspect,       NULL,             NULL},
	{VERB_EXPLAIN, "explain", op_explain_check, NULL,             op_explain_next},
	{VERB_POLICY,  "policy",  op_policy_check,  NULL,             op_policy_next},
	{VERB_ACCOUNTS, "accounts", op_accounts_check, NULL,          op_accounts_next},
	{VERB_STATUS,  "status",  op_status,        NULL,             NULL},
	{VERB_LOG,     "log",     op_log_check,     NULL,             op_log_next},
	{VERB_CLOCK_RESET, "clock-reset", op_clock_check, op_clock_apply, NULL},
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

int dispatch_apply(const struct operation *op, struct request *r, struct store_txn *t)
{
	int err = dispatch_check(op, r, t);

	/* The first check did not ask for it; whatever changed since, nothing is written now. */
	if (err == REQUEST_REAUTHENTICATE)
		return ERR_NOT_PERMITTED;
	if (err || r->answered)
		return err;
	err = op->apply(r, t);
	/* In the same transaction: what was done and acknowledged is on record. */
	if (!err && log_event_durable(r->event.type))
		err = store_event_add(t, &r->event);
	return err;
}
