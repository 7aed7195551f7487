#include "patctl/when.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"

static const struct {
	char letter;
	int64_t seconds;
} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}, {'y', 365 * 86400}};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int64_t unit_seconds(const char *text)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (text[0] == units[i].letter && text[1] == '\0')
			return units[i].seconds;
	return 0;
}

int when_delay(const char *text, int64_t *seconds)
{
	int64_t n = 0;
	int64_t unit;

	if (!is_digit(*text))
		return ERR_INVALID;
	for (; is_digit(*text); text++) {
		n = n * 10 + (*text - '0');
		if (n > WHEN_MAX)
			return ERR_INVALID;
	}
	unit = unit_seconds(text);
	if (unit == 0 || n > WHEN_MAX / unit)
		return ERR_INVALID;
	*seconds = n * unit;
	return 0;
}

int when_duration(const char *text, int64_t *seconds)
{
	int64_t n;

	if (when_delay(text, &n) || n == 0)
		return ERR_INVALID;
	*seconds = n;
	return 0;
}

/*
 * Reads by a pattern in which Y, M, D, h, m, s stand for one digit each of a number and anything
 * else for itself. Returns the end of what was read, or NULL.
 */
static const char *scan(const char *text, const char *pattern, struct tm *tm)
{
	for (; *pattern; pattern++, text++) {
		int *number = *pattern == 'Y'	? &tm->tm_year
			      : *pattern == 'M' ? &tm->tm_mon
			      : *pattern == 'D' ? &tm->tm_mday
			      : *pattern == 'h' ? &tm->tm_hour
			      : *pattern == 'm' ? &tm->tm_min
			      : *pattern == 's' ? &tm->tm_sec
						: NULL;

		if (number ? !is_digit(*text) : *text != *pattern)
			return NULL;
		if (number)
			*number = *number * 10 + (*text - '0');
	}
	return text;
}

/* mktime() or timegm(), of a time that exists as it was written: neither moves it. */
static bool convert(time_t (*to_time)(struct tm *), const struct tm *written, int64_t *out)
{
	struct tm tm = *written;
	int64_t t = to_time(&tm);

	if (tm.tm_year != written->tm_year || tm.tm_mon != written->tm_mon ||
		tm.tm_mday != written->tm_mday || tm.tm_hour != written->tm_hour ||
		tm.tm_min != written->tm_min || tm.tm_sec != written->tm_sec)
		return false;
	*out = t;
	return true;
}

/* What stands behind a time: nothing (local), Z, or an offset. */
static bool apply_zone(const char *zone, const struct tm *tm, int64_t *out)
{
	struct tm offset = {0};
	const char *end;
	int64_t t;

	if (*zone == '\0')
		return convert(mktime, tm, out);
	if (strcmp(zone, "Z") == 0)
		return convert(timegm, tm, out);
	end = scan(zone, *zone == '-' ? "-hh:mm" : "+hh:mm", &offset);
	if (!end || *end || offset.tm_hour > 23 || offset.tm_min > 59 || !convert(timegm, tm, &t))
		return false;
	t += (*zone == '-' ? 1 : -1) * (offset.tm_hour * 3600 + offset.tm_min * 60);
	*out = t;
	return true;
}

enum day { DAY_BEGINS, DAY_ENDS };

/*
 * A day's last second, or its first: the one after the last of the day before, since midnight
 * itself does not exist where clocks are put forward then.
 */
static bool convert_day(struct tm *tm, enum day day, int64_t *out)
{
	tm->tm_hour = 23;
	tm->tm_min = tm->tm_sec = 59;
	if (!convert(mktime, tm, out))
		return false;
	if (day == DAY_BEGINS) {
		tm->tm_mday--;
		*out = mktime(tm) + 1;
	}
	return true;
}

static bool parse_point(const char *text, enum day day, int64_t *out)
{
	struct tm tm = {.tm_isdst = -1};
	const char *rest = scan(text, "YYYY-MM-DD", &tm);

	if (!rest)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	if (*rest == '\0')
		return convert_day(&tm, day, out);
	rest = scan(rest, "Thh:mm:ss", &tm);
	return rest && apply_zone(rest, &tm, out);
}

static int parse_future(const char *text, time_t now, enum day day, uint64_t *out)
{
	int64_t t;

	if (now < 0 || now > WHEN_MAX)
		return ERR_INVALID;
	if (when_duration(text, &t) == 0)
		t += now;
	else if (!parse_point(text, day, &t))
		return ERR_INVALID;
	if (t <= now || t > WHEN_MAX)
		return ERR_INVALID;
	*out = (uint64_t)t;
	return 0;
}

int when_expiry(const char *text, time_t now, uint64_t *out)
{
	if (strcmp(text, "never") == 0) {
		*out = 0;
		return 0;
	}
	return parse_future(text, now, DAY_ENDS, out);
}

int when_start(const char *text, time_t now, uint64_t *out)
{
	return parse_future(text, now, DAY_BEGINS, out);
}

int when_past(const char *text, time_t now, uint64_t *out)
{
	int64_t t;

	if (now < 0 || now > WHEN_MAX)
		return ERR_INVALID;
	if (when_duration(text, &t) == 0)
		t = t < now ? now - t : 0;
	else if (!parse_point(text, DAY_BEGINS, &t))
		return ERR_INVALID;
	if (t < 0 || t > now)
		return ERR_INVALID;
	*out = (uint64_t)t;
	return 0;
}

static time_t clamp(uint64_t t)
{
	return (time_t)(t < (uint64_t)WHEN_MAX ? t : (uint64_t)WHEN_MAX);
}

char *when_rfc3339(uint64_t t, char out[WHEN_SIZE])
{
	struct tm tm;

	gmtime_r(&(time_t){clamp(t)}, &tm);
	strftime(out, WHEN_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

char *when_micros(uint64_t us, char out[WHEN_SIZE])
{
	char *z = strchr(when_rfc3339(us / 1000000, out), 'Z');

	snprintf(z, WHEN_SIZE - (size_t)(z - out), ".%06uZ", (unsigned)(us % 1000000));
	return out;
}

/* A dot and six digits, or nothing; what follows, or NULL. */
static const char *take_micros(const char *text, int64_t *us)
{
	*us = 0;
	if (*text != '.')
		return text;
	for (int i = 0; i < 6; i++) {
		if (!is_digit(*++text))
			return NULL;
		*us = *us * 10 + (*text - '0');
	}
	return text + 1;
}

int when_stored(const char *text, uint64_t *us)
{
	struct tm tm = {0};
	const char *rest = scan(text, "YYYY-MM-DDThh:mm:ss", &tm);
	int64_t seconds, fraction;

	if (rest)
		rest = take_micros(rest, &fraction);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	if (!rest || strcmp(rest, "Z") != 0 || !convert(timegm, &tm, &seconds) || seconds < 0)
		return ERR_INVALID;
	*us = (uint64_t)seconds * 1000000 + (uint64_t)fraction;
	return 0;
}

char *when_exact(uint64_t t, char out[WHEN_SIZE])
{
	struct tm tm;

	localtime_r(&(time_t){clamp(t)}, &tm);
	if (strftime(out, WHEN_SIZE, "%Y-%m-%d %H:%M:%S %z (%Z)", &tm) == 0)
		strftime(out, WHEN_SIZE, "%Y-%m-%d %H:%M:%S %z", &tm); /* a zone of endless name */
	return out;
}

char *when_second(uint64_t t, char out[WHEN_SIZE])
{
	struct tm tm;

	localtime_r(&(time_t){clamp(t)}, &tm);
	strftime(out, WHEN_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

char *when_short(uint64_t t, char out[WHEN_SIZE])
{
	struct tm tm;

	localtime_r(&(time_t){clamp(t)}, &tm);
	strftime(out, WHEN_SIZE, "%Y-%m-%d %H:%M", &tm);
	return out;
}
