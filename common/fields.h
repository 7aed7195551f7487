/*
 * fields.h: the TLVs of what the store holds (docs/RECORD.md), by a table of a struct's members.
 * The tags ascend, each comes at most once, and a value that would be 0 or empty is left out. Pure.
 */
#ifndef PAT_FIELDS_H
#define PAT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"

enum field_type { FIELD_TEXT, FIELD_U8, FIELD_U64 };

struct field {
	uint8_t tag;
	enum field_type type;
	bool must; /* a text that may not be empty */
	size_t offset;
	size_t size; /* of a text's array, with its NUL */
};

#define FIELD_TEXT_AT(tag, must, type, member)                                                     \
	{                                                                                          \
		tag, FIELD_TEXT, must, offsetof(type, member), sizeof(((type *)0)->member)         \
	}

/* Writes the members of *from; n rows, in ascending order of tags. A text without an end or one
 * that must be there and is not fails the writer. */
void fields_encode(struct writer *w, const struct field *fields, size_t n, const void *from);

/* Reads all that is left into *to, whose members must be zeros. False: it breaks a rule of the
 * table, and *to is of no use. */
bool fields_decode(struct reader *r, const struct field *fields, size_t n, void *to);

#endif
