/*
 * command.h: what a command is, and the command line that it is given.
 *
 * A command is one const descriptor in a file of its own and one row in the table of commands.c;
 * help, the checks of operands, the parsing of options and the shells' completion follow from it.
 */
#ifndef PATCTL_COMMAND_H
#define PATCTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "patctl/fault.h"

/* The whole command line, parsed. All texts are argv's own. */
struct args {
	const struct command *command;
	char **operands;
	size_t operand_count;

	/* options of every command */
	bool json, help, version;
	const char *color;  /* NULL: auto */
	const char *user;   /* NULL: the caller's own account */
	const char *socket; /* NULL: by the caller's uid */

	/* options of some */
	bool leaked; /* revoke: by what stands in stdin */
	bool dry_run;
	const char *expired, *revoked, *match_by;
	bool all, yes, kill;
	bool from_stdin;    /* -S: answers to prompts come from stdin */
	const char *prompt; /* "json": the conversation is held in JSON */
	const char *expires, *scopes, *note, *name, *reason, *status, *columns, *unused, *expiring;
	const char *from, *uses, *not_before, *bind_key; /* restrictions */
	const char *grace, *ttl;
	const char *service, *rhost;
	const char *since;
	bool follow;
	bool tree;
};

/* One option; `field` is where in struct args its value goes. */
struct option {
	const char *name;  /* without "--"; NULL ends a table */
	char letter;	   /* 0: none */
	const char *value; /* what help calls its argument, and by that what it completes to:
			      value.h; NULL: it has none, and the field is a bool */
	size_t field;
	const char *help;
};

#define OPTION_FIELD(name) offsetof(struct args, name)
#define OPTION_END                                                                                 \
	{                                                                                          \
		NULL, 0, NULL, 0, NULL                                                             \
	}

/* How to re-authenticate where there is no terminal: the same for every command that asks it. */
#define OPTIONS_REAUTH                                                                             \
	{"stdin", 'S', NULL, OPTION_FIELD(from_stdin), "read the answers to prompts from stdin"},  \
	{                                                                                          \
		"prompt", 0, "json", OPTION_FIELD(prompt), "prompt and read answers as JSON lines" \
	}

enum { COMMAND_ANY = 1000000 }; /* as many operands as the kernel lets through */

struct command {
	const char *name;
	const char *synopsis; /* operands and options, as help shows them */
	const char *help;     /* one line */
	const struct option *options;
	const char *operand; /* what each operand is: value.h; NULL: there are none */
	size_t min, max;     /* operands */
	bool account;	     /* -u has a meaning for it */
	/* 0, or an error. f->err is set too if there is something that main has to tell. */
	int (*run)(const struct args *a, struct fault *f);
};

extern const struct command command_mint, command_list, command_show, command_edit, command_revoke,
	command_restore, command_delete, command_inspect, command_explain, command_whoami,
	command_policy, command_accounts, command_rotate, command_exchange, command_log,
	command_sessions, command_prune, command_export, command_import, command_status,
	command_clock_reset, command_askpass, command_completion;

#endif
