/* label.h: names and notes that people give to tokens: what is accepted. Pure. */
#ifndef PATD_LABEL_H
#define PATD_LABEL_H

#include <stdbool.h>

#include "common/bytes.h"

/*
 * 1 to LIMIT_NAME_CHOSEN bytes of printable UTF-8, no control or bidirectional characters, no
 * leading '-', no space at either end, no '/', neither of the form of an ID nor containing a token.
 */
bool label_name_valid(struct span name);
#define LABEL_NAME_FORM                                                                            \
	"1 to 64 bytes of printable text, no leading '-', no space at either end, no '/', not 11 " \
	"letters and digits (the form of an ID), no token in it, e.g. \"ci laptop\""

/* 0 to LIMIT_NOTE bytes of printable UTF-8 that contain no token. The same holds for a reason. */
bool label_note_valid(struct span note);
#define LABEL_NOTE_FORM "up to 256 bytes of printable text on one line, no token in it"

#endif
