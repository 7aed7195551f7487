#include "patctl/output.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/limits.h"
#include "common/secret.h"
#include "patctl/escape.h"

enum { JSON_FORM = JSON_COMPACT | JSON_ENSURE_ASCII };

/* JSON on its way out, gathered into few writes and wiped. */
struct sink {
	int fd;
	size_t n;
	char buf[4096];
};

static struct sink out = {.fd = STDOUT_FILENO};
static const char *out_name = "stdout";
static int out_errno;	  /* the first failure to write to stdout */
static bool array_begun;  /* a part of a document is out */
static bool array_filled; /* and it has an element */

static void wipe_and_free(void *p)
{
	if (p)
		secret_wipe(p, malloc_usable_size(p));
	free(p);
}

void output_init(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}

void output_to(int fd, const char *name)
{
	out.fd = fd;
	out_name = name;
}

static void write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, p, n);

		if (written >= 0) {
			p += written;
			n -= (size_t)written;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){fd, POLLOUT, 0}, 1, -1);
		} else if (errno != EINTR) {
			if (fd == out.fd && !out_errno)
				out_errno = errno;
			return;
		}
	}
}

static void sink_flush(struct sink *s)
{
	write_all(s->fd, s->buf, s->n);
	secret_wipe(s->buf, s->n);
	s->n = 0;
}

static int sink_write(const char *text, size_t n, void *arg)
{
	struct sink *s = arg;

	for (size_t i = 0; i < n; i++) {
		/* The one control character that jansson lets through; only strings have it. */
		const char *piece = text[i] == 0x7f ? "\\u007f" : text + i;
		size_t len = text[i] == 0x7f ? 6 : 1;

		if (s->n + len > sizeof(s->buf))
			sink_flush(s);
		memcpy(s->buf + s->n, piece, len);
		s->n += len;
	}
	return 0;
}

static int dump(struct sink *s, json_t *doc, const char *end, struct fault *f)
{
	int failed = !doc || json_dump_callback(doc, sink_write, s, JSON_FORM);

	json_decref(doc);
	if (failed)
		return fault_plain(f, ERR_MEMORY, NULL);
	sink_write(end, strlen(end), s);
	return 0;
}

int output_json(json_t *doc, struct fault *f)
{
	int err = dump(&out, doc, "\n", f);

	sink_flush(&out);
	return err;
}

int output_result(const struct args *a, json_t *doc, struct fault *f)
{
	return output_json(a->prompt ? json_pack("{s:o}", "result", doc) : doc, f);
}

void output_array_begin(void)
{
	array_begun = true;
	sink_write("[", 1, &out);
}

int output_array_element(json_t *element, struct fault *f)
{
	sink_write(",\n", array_filled ? 2 : 0, &out);
	array_filled = true;
	return dump(&out, element, "", f);
}

void output_array_end(void)
{
	sink_write("]\n", 2, &out);
	sink_flush(&out);
	array_begun = false;
}

int output_secret(struct span text, struct fault *f)
{
	char line[256];

	if (text.n >= sizeof(line))
		return fault_plain(f, ERR_PROTO, NULL);
	memcpy(line, text.p, text.n);
	line[text.n] = '\n';
	write_all(STDOUT_FILENO, line, text.n + 1);
	SECRET_WIPE_ARRAY(line);
	return 0;
}

int output_finish(struct fault *f)
{
	if (fflush(stdout) != 0 && !out_errno)
		out_errno = errno;
	sink_flush(&out);
	return output_failed(f);
}

int output_failed(struct fault *f)
{
	if (!out_errno)
		return 0;
	return fault_say(f, ERR_IO, NULL, "%s: %s", out_name, strerror(out_errno));
}

json_t *output_text(struct span text)
{
	char escaped[ESCAPE_SIZE(LIMIT_SCOPES)];
	json_t *j = json_stringn(text.p, text.n);

	return j ? j : json_string(escape_text(text, escaped, sizeof(escaped)));
}

json_t *output_list(struct span text)
{
	json_t *array = json_array();

	while (text.n > 0) {
		if (json_array_append_new(array, output_text(span_take(&text, ',')))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *output_error(const struct fault *f)
{
	return json_pack("{s:s, s:o, s:o}", "code", err_info(f->err)->json, "message",
		output_text(span_of(f->text)), "token",
		f->token ? output_text(span_of(f->token)) : json_null());
}

static void print_line(const char *token, const char *text)
{
	char name[ESCAPE_SIZE(LIMIT_NAME)] = "";
	char line[ESCAPE_SIZE(1024)];

	if (token)
		escape_text(span_of(token), name, sizeof(name));
	fprintf(stderr, "patctl: %s%s%s\n", name, *name ? ": " : "",
		escape_lines(span_of(text), line, sizeof(line)));
}

void output_fault(const struct args *a, const struct fault *f)
{
	struct sink err = {.fd = STDERR_FILENO};
	struct fault ignored;

	fflush(stdout);
	sink_flush(&out);
	if (!a->json || dump(array_begun || out_errno ? &err : &out,
				json_pack("{s:o}", "error", output_error(f)), "\n", &ignored))
		print_line(f->token, f->text);
	sink_flush(&err);
	sink_flush(&out);
}

void output_note(const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	print_line(NULL, text);
}

bool output_color(const struct args *a)
{
	const char *no_color = getenv("NO_COLOR");

	if (a->color && strcmp(a->color, "auto") != 0)
		return strcmp(a->color, "always") == 0;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}
