/*
 * config_scan.h: the form of pat.conf, checked before libconfuse reads its values.
 *
 * libconfuse accepts what an administrator must be told of: a key or section given twice, one that
 * is never closed, a list where one value belongs and the other way round, other kinds of comment,
 * the environment in strings. This scanner refuses those. Pure.
 */
#ifndef PATD_CONFIG_SCAN_H
#define PATD_CONFIG_SCAN_H

#include <stddef.h>

#include "common/bytes.h"

/* What may stand at a key: a list, a list that is not empty (some), one value, a section with a
 * title, or (unknown key) nothing. */
enum config_shape { SHAPE_UNKNOWN, SHAPE_VALUE, SHAPE_LIST, SHAPE_SOME, SHAPE_SECTION };

/* section: the kind of section that the key stands in; empty at the top. */
typedef enum config_shape config_shape_of(struct span section, struct span key);

/*
 *     file    = { entry | section }
 *     section = kind value "{" { entry } "}"
 *     entry   = key "=" ( value | "{" [ value { "," value } [ "," ] ] "}" )
 *     value   = word | string
 *
 * with `#` comments to the end of the line, words of [A-Za-z0-9._@-], strings in double quotes on
 * one line without `\` and `$`. A key stands once in a file or section, a section of a kind and a
 * title once in a file. 0, or the number of the line that is wrong, with what is wrong in why.
 */
size_t config_scan(struct span text, config_shape_of *shape, char *why, size_t why_size);

/* Overwrites the comments of a text that has this form by blanks: libconfuse counts their lines
 * twice. */
void config_blank_comments(char *text, size_t n);

#endif
