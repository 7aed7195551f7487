/* option.h: one parser for the options of all commands, driven by their tables. Pure. */
#ifndef PATCTL_OPTION_H
#define PATCTL_OPTION_H

#include <stdbool.h>

#include "patctl/command.h"

/*
 * Parses argv[0..argc) into *a, by the options of up to two tables (`own` may be NULL).
 * Forms: --name, --name=VALUE, --name VALUE, -x, -xVALUE, -x VALUE, -xyz; names whole, never
 * abbreviated; `--` ends the options; of a repeated one the last counts. Options may stand between
 * operands, which are gathered at the front of argv: a->operands, a->operand_count. With
 * until_operand it ends before the first one.
 * Returns the number of words used up, or ERR_USAGE and a fault that names the option.
 */
int option_parse(const struct option *global, const struct option *own, bool until_operand,
	int argc, char **argv, struct args *a, struct fault *f);

#endif
