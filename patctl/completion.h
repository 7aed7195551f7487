/*
 * completion.h: scripts with which bash, zsh and fish complete patctl's command line, made from the
 * tables of commands and options. The scripts run in a person's shell: what they get from elsewhere
 * (names of tokens, the line that was typed) is quoted and never expanded.
 */
#ifndef PATCTL_COMPLETION_H
#define PATCTL_COMPLETION_H

#include <stdio.h>

/* The shells, by number; NULL after the last. */
const char *completion_shell(size_t i);

/* Prints the script for a shell. ERR_INVALID: there is none for it. */
int completion_print(const char *shell, FILE *out);

/* The same, for one of them each. */
void completion_bash(FILE *out);
void completion_zsh(FILE *out);
void completion_fish(FILE *out);

/* before, and the text as a word of the shell that stands for itself: for bash and zsh. */
void completion_word(FILE *out, const char *before, const char *text);

#endif
