#include "patctl/prompt.h"

#include <stdint.h>
#include <bsd/readpassphrase.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/err.h"
#include "common/secret.h"
#include "patctl/escape.h"
#include "patctl/output.h"

enum { JSON_LINE = 6 * LIMIT_RESPONSE + 64 }; /* every byte written as \uXXXX, and the rest */

static int terminal_open(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC);
}

bool prompt_terminal(void)
{
	int fd;

	if (!isatty(STDIN_FILENO) || (fd = terminal_open()) < 0)
		return false;
	close(fd);
	return true;
}

int prompt_mode(const struct args *a, enum prompt_mode *mode, struct fault *f)
{
	if (a->prompt && strcmp(a->prompt, "json") != 0)
		return fault_say(
			f, ERR_USAGE, NULL, "--prompt: %s: the only form is json", a->prompt);
	if (a->prompt && a->from_stdin)
		return fault_say(f, ERR_USAGE, NULL, "--stdin and --prompt exclude each other");
	*mode = a->prompt	    ? PROMPT_JSON
		: a->from_stdin	    ? PROMPT_STDIN
		: prompt_terminal() ? PROMPT_TERMINAL
				    : PROMPT_NOBODY;
	return 0;
}

static bool wants_answer(enum proto_style style)
{
	return style == STYLE_ECHO_OFF || style == STYLE_ECHO_ON;
}

/* What input_line() says, told as what it means for an answer. */
static int answer_fault(int err, struct fault *f)
{
	if (err == ERR_INVALID)
		return fault_say(f, err, NULL,
			"the answer to the prompt is longer than %d bytes or not of its form",
			LIMIT_RESPONSE);
	if (err == ERR_DECLINED)
		return fault_say(f, ERR_REAUTH, NULL, "no answer to the prompt");
	return err ? fault_say(f, err, NULL, "reading the answer to the prompt failed") : 0;
}

static int answer_nobody(struct input *in, enum proto_style style, struct span message,
	char *answer, struct fault *f)
{
	(void)in, (void)style, (void)message, (void)answer;
	return fault_plain(f, ERR_REAUTH_NEEDED, NULL);
}

static int answer_terminal(struct input *in, enum proto_style style, struct span message,
	char *answer, struct fault *f)
{
	char text[ESCAPE_SIZE(LIMIT_MESSAGE)];
	char line[LIMIT_RESPONSE + 2]; /* one more than fits, to tell a line that was cut */
	int err = 0;

	(void)in;
	escape_lines(message, text, sizeof(text));
	if (!wants_answer(style)) {
		fprintf(stderr, "%s\n", text);
		return 0;
	}
	if (!readpassphrase(text, line, sizeof(line),
		    RPP_REQUIRE_TTY | (style == STYLE_ECHO_ON ? RPP_ECHO_ON : RPP_ECHO_OFF)))
		err = ERR_IO;
	else if (!span_copy(span_of(line), answer, LIMIT_RESPONSE + 1))
		err = ERR_INVALID;
	SECRET_WIPE_ARRAY(line);
	return answer_fault(err, f);
}

static int answer_stdin(struct input *in, enum proto_style style, struct span message, char *answer,
	struct fault *f)
{
	char text[ESCAPE_SIZE(LIMIT_MESSAGE)];

	fprintf(stderr, "%s\n", escape_lines(message, text, sizeof(text)));
	if (!wants_answer(style))
		return 0;
	return answer_fault(input_line(in, answer, LIMIT_RESPONSE + 1), f);
}

static const char *const style_names[] = {
	[STYLE_ECHO_OFF] = "echo_off",
	[STYLE_ECHO_ON] = "echo_on",
	[STYLE_ERROR] = "error",
	[STYLE_INFO] = "info",
};

/* Takes {"response":"..."} apart, and nothing else. */
static int parse_response(const char *line, char *answer)
{
	json_t *doc = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	json_t *response = json_object_get(doc, "response");
	int err = 0;

	if (json_object_size(doc) != 1 || !json_is_string(response) ||
		!span_copy((struct span){json_string_value(response), json_string_length(response)},
			answer, LIMIT_RESPONSE + 1))
		err = ERR_INVALID;
	/* The parser's own copy of the answer. */
	if (json_is_string(response))
		secret_wipe((void *)(uintptr_t)json_string_value(response),
			json_string_length(response));
	json_decref(doc);
	return err;
}

static int answer_json(struct input *in, enum proto_style style, struct span message, char *answer,
	struct fault *f)
{
	char line[JSON_LINE];
	int err = output_json(json_pack("{s:{s:s, s:o}}", "prompt", "style", style_names[style],
				      "text", output_text(message)),
		f);

	if (err || !wants_answer(style))
		return err;
	err = input_line(in, line, sizeof(line));
	if (!err)
		err = parse_response(line, answer);
	SECRET_WIPE_ARRAY(line);
	return answer_fault(err, f);
}

int prompt_answer(enum prompt_mode mode, struct input *in, enum proto_style style,
	struct span message, char answer[LIMIT_RESPONSE + 1], struct fault *f)
{
	static int (*const answers[])(
		struct input *, enum proto_style, struct span, char *, struct fault *) = {
		[PROMPT_NOBODY] = answer_nobody,
		[PROMPT_TERMINAL] = answer_terminal,
		[PROMPT_STDIN] = answer_stdin,
		[PROMPT_JSON] = answer_json,
	};

	if (style < STYLE_ECHO_OFF || style > STYLE_INFO)
		return fault_plain(f, ERR_PROTO, NULL);
	return answers[mode](in, style, message, answer, f);
}

int prompt_ask(const char *question, char *line, size_t size, struct fault *f)
{
	char text[ESCAPE_SIZE(1024)];
	struct input in;
	int fd = terminal_open();
	int err;

	if (fd < 0)
		return fault_say(f, ERR_DECLINED, NULL, "no terminal to ask on");
	dprintf(fd, "%s", escape_lines(span_of(question), text, sizeof(text)));
	input_init(&in, fd);
	err = input_line(&in, line, size);
	close(fd);
	if (err == ERR_INVALID)
		return fault_say(f, err, NULL, "the answer is too long");
	return err ? fault_plain(f, err, NULL) : 0;
}

int prompt_confirm(const struct args *a, const char *question, struct fault *f)
{
	char line[16];
	int err;

	if (a->yes)
		return 0;
	if (!prompt_terminal())
		return fault_say(f, ERR_DECLINED, NULL,
			"%s: no terminal to ask on; say -y to do it without being asked",
			a->command->name);
	err = prompt_ask(question, line, sizeof(line), f);
	if (err)
		return err;
	if (strcasecmp(line, "y") != 0 && strcasecmp(line, "yes") != 0)
		return fault_plain(f, ERR_DECLINED, NULL);
	return 0;
}
