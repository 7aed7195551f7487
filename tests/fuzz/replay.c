/*
 * replay.c: gives a fuzzer's inputs to it once more, without a fuzzing engine.
 * usage: fuzz_NAME FILE|DIRECTORY... (status 77: left out, since it cannot run here)
 */
#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay_file(const char *path, size_t size)
{
	uint8_t *data =
		malloc(size ? size : 1); /* its very size, so that a byte too many is seen */
	FILE *f = fopen(path, "rbe");

	if (!data || !f || fread(data, 1, size, f) != size)
		err(EXIT_FAILURE, "%s", path);
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

/* Returns how many inputs there were. */
static int replay(const char *path)
{
	struct dirent *e;
	struct stat st;
	int count = 0;
	DIR *d;

	if (stat(path, &st) < 0)
		err(EXIT_FAILURE, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path, (size_t)st.st_size);
		return 1;
	}
	if (!(d = opendir(path)))
		err(EXIT_FAILURE, "%s", path);
	while ((e = readdir(d))) {
		char *inner;

		if (e->d_name[0] == '.')
			continue;
		if (asprintf(&inner, "%s/%s", path, e->d_name) < 0)
			err(EXIT_FAILURE, "%s", path);
		count += replay(inner);
		free(inner);
	}
	closedir(d);
	return count;
}

int main(int argc, char **argv)
{
	int count = 0;

	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	if (count == 0)
		errx(EXIT_FAILURE, "no input");
	printf("%s: %d inputs\n", argv[0], count);
	return EXIT_SUCCESS;
}
