#include "patctl/typed.h"

#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/token.h"
#include "patctl/input.h"
#include "patctl/prompt.h"

int typed_token(char text[TYPED_SIZE], struct fault *f)
{
	struct input in;
	int err;

	input_init(&in, STDIN_FILENO);
	if (prompt_terminal())
		err = prompt_answer(PROMPT_TERMINAL, &in, STYLE_ECHO_OFF, SPAN("Token: "), text, f);
	else
		err = input_line(&in, text, TYPED_SIZE);
	input_wipe(&in);
	if (err == ERR_IO)
		return fault_say(f, err, NULL, "stdin: cannot be read");
	if (err || !token_parse(text, strlen(text), NULL))
		return fault_say(f, ERR_INVALID, NULL,
			"stdin: not a token (its form or its checksum is wrong)");
	return 0;
}
