/* The bytes of pat.conf and its drop-ins: config_read() of config.h. */
#include "patd/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/err.h"

static int append_file(struct config_text *t, const char *path, int fd, size_t size)
{
	size_t head = strlen(path) + 1 + 4;
	char *p = realloc(t->p, t->n + head + size + 1);
	struct writer w;
	size_t got = 0;

	if (!p)
		return ERR_MEMORY;
	t->p = p;
	writer_init(&w, p + t->n, head);
	write_bytes(&w, path, strlen(path) + 1);
	/* One byte more than the file had, to see that it did not grow while it was read. */
	while (got <= size) {
		ssize_t n = read(fd, p + t->n + head + got, size + 1 - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	if (got != size)
		return ERR_IO;
	write_u32(&w, (uint32_t)size);
	t->n += head + size;
	return 0;
}

static int read_file(struct config_text *t, const char *path, char *why, size_t why_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	int err = ERR_INVALID;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0) {
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
		err = ERR_IO;
	} else if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) ||
		   (st.st_mode & 022)) {
		snprintf(why, why_size,
			"%s: must be a regular file that belongs to root and is "
			"writable by no one else",
			path);
	} else if (st.st_size > LIMIT_CONFIG) {
		snprintf(why, why_size, "%s: longer than %d bytes", path, LIMIT_CONFIG);
	} else if ((err = append_file(t, path, fd, (size_t)st.st_size))) {
		snprintf(why, why_size, "%s: %s", path, err_text(err));
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int is_drop_in(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > 5 && strcmp(e->d_name + n - 5, ".conf") == 0;
}

static int read_drop_ins(struct config_text *t, const char *dir, char *why, size_t why_size)
{
	struct dirent **entry;
	int n = scandir(dir, &entry, is_drop_in, alphasort);
	int err = 0;

	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0 || n >= LIMIT_CONFIG_FILES) {
		snprintf(why, why_size, "%s: %s", dir, n < 0 ? strerror(errno) : "too many files");
		err = ERR_IO;
	}
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX + NAME_MAX + 2];

		snprintf(path, sizeof(path), "%s/%s", dir, entry[i]->d_name);
		if (!err)
			err = read_file(t, path, why, why_size);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	return err;
}

int config_read(const char *path, struct config_text *out, char *why, size_t why_size)
{
	struct config_text t = {0};
	char dir[PATH_MAX];
	int err;

	snprintf(dir, sizeof(dir), "%s.d", path);
	err = read_file(&t, path, why, why_size);
	if (!err)
		err = read_drop_ins(&t, dir, why, why_size);
	if (err) {
		config_text_free(&t);
		return err;
	}
	*out = t;
	return 0;
}

void config_text_free(struct config_text *t)
{
	free(t->p);
	*t = (struct config_text){0};
}
