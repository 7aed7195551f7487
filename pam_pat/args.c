#include "pam_pat/args.h"

#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "common/err.h"
#include "common/limits.h"

/* A reader stores an argument's value in its field; value is NULL when there was no '='. */
typedef bool read_value(void *field, const char *value);

static bool read_flag(void *field, const char *value)
{
	if (value)
		return false;
	*(bool *)field = true;
	return true;
}

static bool read_text(void *field, const char *value)
{
	if (!value || !*value || strlen(value) >= LIMIT_MESSAGE)
		return false;
	*(const char **)field = value;
	return true;
}

static bool read_path(void *field, const char *value)
{
	struct sockaddr_un addr;

	if (!value || value[0] != '/' || strlen(value) >= sizeof(addr.sun_path))
		return false;
	*(const char **)field = value;
	return true;
}

/* One or two decimal digits, so that nothing can overflow and no locale has a say. */
static bool read_seconds(void *field, const char *value)
{
	size_t n = value ? strspn(value, "0123456789") : 0;
	int seconds;

	if (n < 1 || n > 2 || value[n])
		return false;
	seconds = n == 1 ? value[0] - '0' : (value[0] - '0') * 10 + (value[1] - '0');
	if (seconds < 1 || seconds > ARGS_TIMEOUT_MAX)
		return false;
	*(int *)field = seconds;
	return true;
}

/* clang-format off */
#define ARGS(X) \
	X(socket,         read_path,    "socket=PATH (absolute, at most 107 bytes)") \
	X(timeout,        read_seconds, "timeout=SECONDS (1 to 60)") \
	X(prompt,         read_text,    "prompt=TEXT (1 to 511 bytes)") \
	X(try_first_pass, read_flag,    "try_first_pass") \
	X(use_first_pass, read_flag,    "use_first_pass") \
	X(debug,          read_flag,    "debug") \
	X(silent,         read_flag,    "silent")
/* clang-format on */

struct row {
	const char *name;
	size_t field;
	read_value *read;
	const char *accepted;
};

static const struct row rows[] = {
#define ARGS_ROW(name, read, accepted) {#name, offsetof(struct args, name), read, accepted},
	ARGS(ARGS_ROW)
#undef ARGS_ROW
};

static const char accepted_all[] =
#define ARGS_ACCEPTED(name, read, accepted) accepted "; "
	ARGS(ARGS_ACCEPTED)
#undef ARGS_ACCEPTED
		"nothing else";

static const struct row *row_of(const char *argument, size_t name_length)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].name) == name_length &&
			memcmp(rows[i].name, argument, name_length) == 0)
			return &rows[i];
	return NULL;
}

int args_parse(int argc, const char *const *argv, struct args *out, struct args_fault *fault)
{
	struct args a = {.timeout = ARGS_TIMEOUT_DEFAULT};

	for (int i = 0; i < argc; i++) {
		size_t n = strcspn(argv[i], "=");
		const struct row *row = row_of(argv[i], n);

		if (row && row->read((char *)&a + row->field, argv[i][n] ? argv[i] + n + 1 : NULL))
			continue;
		*fault = (struct args_fault){argv[i], row ? row->accepted : accepted_all};
		return ERR_USAGE;
	}
	*out = a;
	return 0;
}
