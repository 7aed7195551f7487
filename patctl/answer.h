/*
 * answer.h: which token of an askpass file answers a prompt. Pure.
 *
 * A line of the file is `TOKEN WHERE [WHERE...]`, blank, or a comment (#). WHERE is USER@HOST, for
 * the prompts of ssh, or sudo:USER, for that of sudo. A prompt must be exactly the one that such a
 * WHERE stands for: git hands its prompts for strangers' servers to the same program.
 */
#ifndef PATCTL_ANSWER_H
#define PATCTL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"

/*
 * Does WHERE answer this prompt?
 *     USER@HOST     "USER@HOST's password:", and "(USER@HOST) " with one line of text behind it
 *     sudo:USER     "[sudo] password for USER:"
 * One space may follow a colon.
 */
bool answer_matches(struct span where, const char *prompt);

/*
 * The token of the first line that answers. ERR_NO_TOKEN: none does. ERR_INVALID: a line, anywhere
 * in the file, is not of its form, and *line is its number.
 */
int answer_find(struct span file, const char *prompt, struct span *token, size_t *line);

#endif
