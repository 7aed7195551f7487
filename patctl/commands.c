#include "patctl/commands.h"

#include <string.h>

const struct command *const commands[] = {
	&command_mint,
	&command_list,
	&command_show,
	&command_edit,
	&command_revoke,
	&command_restore,
	&command_delete,
	&command_rotate,
	&command_exchange,
	&command_inspect,
	&command_explain,
	&command_whoami,
	&command_policy,
	&command_accounts,
	&command_log,
	&command_sessions,
	&command_prune,
	&command_export,
	&command_import,
	&command_status,
	&command_clock_reset,
	&command_askpass,
	&command_completion,
	NULL,
};

const struct option commands_options[] = {
	{"json", 0, NULL, OPTION_FIELD(json), "one JSON document on stdout, errors too"},
	{"color", 0, "COLOR", OPTION_FIELD(color), "auto, always or never"},
	{"user", 'u', "ACCOUNT", OPTION_FIELD(user),
		"whose tokens, if not one's own (root, managers)"},
	{"socket", 0, "PATH", OPTION_FIELD(socket), "where the daemon listens"},
	{"help", 'h', NULL, OPTION_FIELD(help), "this text, or a command's"},
	{"version", 'V', NULL, OPTION_FIELD(version), "the version"},
	OPTION_END,
};

const struct command *commands_find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}
