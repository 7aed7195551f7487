/*
 * prompt.h: what a person is asked: the prompts of re-authentication, and patctl's own questions.
 */
#ifndef PATCTL_PROMPT_H
#define PATCTL_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/proto.h"
#include "patctl/command.h"
#include "patctl/input.h"

/* Is a person there to be asked: stdin is a terminal, and it is the controlling one? */
bool prompt_terminal(void);

/* Who answers the prompts of re-authentication. */
enum prompt_mode {
	PROMPT_NOBODY,
	PROMPT_TERMINAL,
	PROMPT_STDIN, /* -S: prompts on stderr, a line of stdin each */
	PROMPT_JSON,  /* --prompt=json: an object a line, both ways */
};

/* ERR_USAGE if the options contradict one another. */
int prompt_mode(const struct args *a, enum prompt_mode *mode, struct fault *f);

/*
 * Shows one message of the conversation, and for the styles that want an answer reads it. The
 * answer is a secret: wipe it. ERR_INVALID (too long, or not of its form), ERR_REAUTH (none came),
 * ERR_REAUTH_NEEDED (nobody is there), ERR_IO, ERR_MEMORY.
 */
int prompt_answer(enum prompt_mode mode, struct input *in, enum proto_style style,
	struct span message, char answer[LIMIT_RESPONSE + 1], struct fault *f);

/* Asks on the terminal and reads one line. ERR_DECLINED at its end (^D). */
int prompt_ask(const char *question, char *line, size_t size, struct fault *f);

/*
 * Yes or no, on the terminal. 0: yes, or --yes was given. ERR_DECLINED: anything else, and where
 * there is no terminal.
 */
int prompt_confirm(const struct args *a, const char *question, struct fault *f);

#endif
