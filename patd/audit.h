/*
 * audit.h: one line of log for each thing that happened: `event key=value key="value" …`.
 *
 * To syslog (facility authpriv), or to standard error where /dev/log is missing. Every value is
 * escaped, so that no name or host from outside can end its field or forge another: printable ASCII
 * but `"` and `\` stands as it is, anything else as \xHH.
 */
#ifndef PATD_AUDIT_H
#define PATD_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"

struct audit {
	size_t n;
	bool cut;
	char line[2048]; /* a value that does not fit is cut, and the line ends in "..." */
};

/* Opens the log while the process may still reach it. debug: LOG_DEBUG lines too, and all to
 * stderr. */
void audit_open(bool debug);

/* event: a constant word, e.g. "refused". */
void audit_begin(struct audit *a, const char *event);
/* name="value"; name is constant. */
void audit_text(struct audit *a, const char *name, struct span value);
void audit_string(struct audit *a, const char *name, const char *value);
/* name=value, for numbers and words without a character to escape. */
void audit_number(struct audit *a, const char *name, uint64_t value);
/* Writes the line. priority: LOG_INFO, LOG_NOTICE, ... */
void audit_end(struct audit *a, int priority);

/* A plain message of the daemon about itself, formatted; values in it are escaped likewise. */
__attribute__((format(printf, 2, 3))) void audit_say(int priority, const char *format, ...);

#endif
