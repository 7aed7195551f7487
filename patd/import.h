/* import.h: a token that comes from an exported file: is it one, and what becomes of the one that
 * is here? Pure. */
#ifndef PATD_IMPORT_H
#define PATD_IMPORT_H

#include <stdbool.h>

#include "common/record.h"
#include "common/usage.h"

/*
 * Does each value have a form that it could have been given here? What a file says is held to the
 * rules that a mint is held to. False: `why` names what is wrong.
 */
bool import_valid(const struct record *token, const char **why);

enum import_verdict { IMPORT_SAME, IMPORT_MERGED, IMPORT_CONFLICT };

/*
 * What the token that is here becomes by what a file says of the same ID, but for the file's
 * revocation, which is the caller's to do. It never gets wider, and never lives again: of ends the
 * sooner counts, of uses the fewer that are granted and the more that were made. Its labels, scopes
 * and other restrictions are kept. A conflict, with `why`: it is another token than the file's.
 */
enum import_verdict import_merge(const struct record *here, const struct record *file,
	struct record *merged, const char **why);

/* Would the file's revocation outrank the one that is here, or be the first? */
bool import_revokes(const struct record *here, const struct record *file);

/* The later use, and the larger count. True: that is not what was here. */
bool import_usage(struct usage *here, const struct usage *file);

#endif
