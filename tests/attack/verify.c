/*
 * verify PATH SERVICE USER TIMES PAUSE_MS: asks patd so often about the token on stdin, as the
 * module does, without the time that a program takes to start. Prints a line for each: how many ms
 * it took, and 0 for accepted, else the number of the error.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/client.h"
#include "common/clock.h"

enum { TIMEOUT_MS = 3000 }; /* the module's */

static int ask(const char *path, const char *service, const char *user, const char *token)
{
	static struct proto_out out;
	static struct client client;
	int err;

	proto_begin(&out, VERB_VERIFY);
	proto_put_string(&out, TAG_TOKEN, token);
	proto_put_string(&out, TAG_USER, user);
	proto_put_string(&out, TAG_SERVICE, service);
	err = client_call(&client, path, TIMEOUT_MS, &out);
	client_close(&client);
	return err;
}

int main(int argc, char **argv)
{
	char token[TOKEN_TEXT_MAX + 2];

	if (argc != 6 || !fgets(token, sizeof(token), stdin)) {
		fprintf(stderr, "usage: verify PATH SERVICE USER TIMES PAUSE_MS\n");
		return 2;
	}
	token[strcspn(token, "\n")] = '\0';
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < atoi(argv[4]); i++) {
		int64_t start = clock_ms();
		int err = ask(argv[1], argv[2], argv[3], token);

		printf("%d %d\n", (int)(clock_ms() - start), -err);
		poll(NULL, 0, atoi(argv[5]));
	}
	return 0;
}
