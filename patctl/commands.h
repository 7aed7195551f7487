/*
 * commands.h: the table of commands, and the options that all of them take. Help, dispatch and the
 * shells' completion are made from it.
 */
#ifndef PATCTL_COMMANDS_H
#define PATCTL_COMMANDS_H

#include "patctl/command.h"

extern const struct command *const commands[]; /* in the order of help; NULL ends it */
extern const struct option commands_options[]; /* of every command */

/* By its whole name; NULL: there is none. */
const struct command *commands_find(const char *name);

#endif
