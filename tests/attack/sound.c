/* sound FILE: is a store's file sound (soundness.h)? Nobody may write to it meanwhile. */
#include "tests/attack/soundness.h"

int main(int argc, char **argv)
{
	struct sound s = {.env = NULL};

	if (argc != 2) {
		fputs("usage: sound FILE\n", stderr);
		return 2;
	}
	if (!sound_check(&s, argv[1])) {
		fprintf(stderr, "%s: %s\n", argv[1], s.why);
		return 1;
	}
	printf("%zu tokens, %zu tombstones, %zu events\n", s.entries[SOUND_token],
		s.entries[SOUND_tombstone], s.entries[SOUND_event]);
	return 0;
}
