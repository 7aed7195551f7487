#include "patd/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* Process-wide, as the log is: set once, before there are threads. */
static bool to_stderr;
static int max_priority = LOG_INFO;

void audit_open(bool debug)
{
	to_stderr = debug || access("/dev/log", F_OK) != 0;
	openlog("patd", LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
	max_priority = debug ? LOG_DEBUG : LOG_INFO;
}

/* Room is kept for the mark of a cut line; nothing is added after it. */
static void append(struct audit *a, const char *s, size_t n)
{
	static const char cut[] = "...";

	if (a->cut)
		return;
	if (a->n + n + sizeof(cut) > sizeof(a->line)) {
		a->cut = true;
		s = cut;
		n = sizeof(cut) - 1;
	}
	memcpy(a->line + a->n, s, n);
	a->n += n;
	a->line[a->n] = '\0';
}

static void append_escaped(struct audit *a, struct span value)
{
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = (uint8_t)value.p[i];
		char hex[5];

		if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
			append(a, value.p + i, 1);
		} else {
			snprintf(hex, sizeof(hex), "\\x%02X", c);
			append(a, hex, 4);
		}
	}
}

void audit_begin(struct audit *a, const char *event)
{
	a->n = 0;
	a->cut = false;
	append(a, event, strlen(event));
}

void audit_text(struct audit *a, const char *name, struct span value)
{
	append(a, " ", 1);
	append(a, name, strlen(name));
	append(a, "=\"", 2);
	append_escaped(a, value);
	append(a, "\"", 1);
}

void audit_string(struct audit *a, const char *name, const char *value)
{
	audit_text(a, name, span_of(value));
}

void audit_number(struct audit *a, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "=%llu", (unsigned long long)value);
	append(a, " ", 1);
	append(a, name, strlen(name));
	append(a, text, strlen(text));
}

void audit_end(struct audit *a, int priority)
{
	if (priority > max_priority)
		return;
	if (to_stderr)
		dprintf(STDERR_FILENO, "patd: %s\n", a->line);
	else
		syslog(priority, "%s", a->line);
}

void audit_say(int priority, const char *format, ...)
{
	struct audit a;
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	audit_begin(&a, "");
	append_escaped(&a, span_of(text));
	audit_end(&a, priority);
}
