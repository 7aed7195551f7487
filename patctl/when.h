/*
 * when.h: times as people write and read them. Pure: `now` comes from the caller, the zone is the
 * local one (TZ). Times are seconds since the epoch, up to the end of the year 9999 (UTC).
 */
#ifndef PATCTL_WHEN_H
#define PATCTL_WHEN_H

#include <stdint.h>
#include <time.h>

#include "common/limits.h"

#define WHEN_MAX ((int64_t)LIMIT_TIME)

/* For messages: the forms that when_expiry() accepts. */
#define WHEN_FORMS "30d (units s m h d w y), 2027-01-31, 2027-01-31T18:00:00Z or never"

#define WHEN_START_FORMS   "30d (units s m h d w y), 2027-01-31 or 2027-01-31T18:00:00Z"
#define WHEN_PAST_FORMS	   "30d (ago; units s m h d w y), 2027-01-31 or 2027-01-31T18:00:00Z"
#define WHEN_DURATION_FORM "a number and one of s m h d w y, e.g. 30d"

enum { WHEN_SIZE = 64 }; /* room for any time, formatted */

/* One number and one unit of s m h d w y (365 d), more than zero: 0, or ERR_INVALID. */
int when_duration(const char *text, int64_t *seconds);

/* The same, or 0 with any unit: at once. */
int when_delay(const char *text, int64_t *seconds);

/*
 * An end that lies after `now`. 30d: from now. 2027-01-31: the end of that day, local.
 * 2027-01-31T18:00:00, with Z, +02:00 or nothing (local) behind it. never: 0.
 * ERR_INVALID: none of these, a day or local time that doesn't exist, not in the future, or after
 * the year 9999.
 */
int when_expiry(const char *text, time_t now, uint64_t *out);

/* A start that lies after `now`: the same, but a day is its beginning, and there is no never. */
int when_start(const char *text, time_t now, uint64_t *out);

/* A time that does not lie after `now`: 30d is so long ago, a day is its beginning. */
int when_past(const char *text, time_t now, uint64_t *out);

/* 2027-01-31T18:00:00Z. A time after WHEN_MAX is told as WHEN_MAX, here and below. */
char *when_rfc3339(uint64_t t, char out[WHEN_SIZE]);

/* Microseconds since the epoch as 2027-01-31T18:00:00.123456Z, and, from a time of this form or of
 * when_rfc3339()'s, back. ERR_INVALID: it is neither, or does not exist. */
char *when_micros(uint64_t us, char out[WHEN_SIZE]);
int when_stored(const char *text, uint64_t *us);

/* 2027-01-31 19:00:00 +0100 (CET) */
char *when_exact(uint64_t t, char out[WHEN_SIZE]);

/* 2027-01-31 19:00:00 */
char *when_second(uint64_t t, char out[WHEN_SIZE]);

/* 2027-01-31 19:00 */
char *when_short(uint64_t t, char out[WHEN_SIZE]);

#endif
