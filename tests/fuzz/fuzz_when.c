/*
 * fuzz_when.c: a text as a time or a duration, in a zone and at a moment that the input says; and
 * as a duration of pat.conf. Both read durations alike; whatever is read as a time lies where it
 * must, is printed in forms that read back as the same, and what is refused leaves nothing behind.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "common/err.h"
#include "patctl/when.h"
#include "patd/config.h"
#include "tests/fuzz/input.h"

enum { UNTOUCHED = 0x5a5a5a5a };

/* Midnights that do not exist, hours that come twice, days that were left out, half hours. */
static const char *const zones[] = {"UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia",
	"Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "America/New_York", "<+14>-14",
	"XYZ12ABC,M1.1.0/0,M6.1.0/0"};

static void set_zone(const char *zone)
{
	if (setenv("TZ", zone, 1))
		abort();
	tzset();
}

/* The obvious reading: digits, and one letter of a unit. -1: it is none, or longer than that. */
static int64_t read_slowly(const char *text, int64_t longest)
{
	static const char letters[] = "smhdwy";
	static const int64_t units[] = {1, 60, 3600, 86400, 604800, 31536000};
	size_t digits = strspn(text, "0123456789");
	const char *letter = text[digits] ? strchr(letters, text[digits]) : NULL;
	long double n = strtold(text, NULL);

	if (digits == 0 || !letter || text[digits + 1])
		return -1;
	n *= (long double)units[letter - letters];
	return n > (long double)longest ? -1 : (int64_t)n;
}

static void check_duration(const char *text)
{
	int64_t expected = read_slowly(text, WHEN_MAX);
	int64_t delay = UNTOUCHED, duration = UNTOUCHED;
	int delay_err = when_delay(text, &delay), duration_err = when_duration(text, &duration);

	assert(delay_err == (expected < 0 ? ERR_INVALID : 0));
	assert(delay == (delay_err ? UNTOUCHED : expected));
	assert(duration_err == (expected <= 0 ? ERR_INVALID : 0));
	assert(duration == (duration_err ? UNTOUCHED : expected));
}

/* pat.conf has no zero, nine digits at most, and a bound of its own. */
static void check_conf_duration(const char *text)
{
	int64_t expected = read_slowly(text, UINT32_MAX * INT64_C(100));
	uint64_t conf = UNTOUCHED, read = UNTOUCHED;
	char again[CONFIG_DURATION_TEXT];

	if (strcmp(text, "never") == 0)
		expected = 0;
	else if (expected == 0 || strspn(text, "0123456789") > 9)
		expected = -1;
	assert(config_duration(text, &conf) == (expected >= 0));
	assert(conf == (expected < 0 ? UNTOUCHED : (uint64_t)expected));
	if (expected >= 0)
		assert(config_duration(config_duration_text(conf, again), &read) && read == conf);
}

/* Printed for a machine, it reads back; printed for a person, it is one line that fits. */
static void check_printed(uint64_t t, time_t now)
{
	char text[WHEN_SIZE], second[WHEN_SIZE];
	uint64_t back = UNTOUCHED;

	assert(strlen(when_rfc3339(t, text)) == strlen("2027-01-31T18:00:00Z"));
	if ((time_t)t > now)
		assert(when_expiry(text, now, &back) == 0 && back == t);
	else
		assert(when_past(text, now, &back) == 0 && back == t);
	assert(when_stored(text, &back) == 0 && back == t * 1000000);
	when_short(t, text);
	when_second(t, second);
	assert(strncmp(text, second, strlen(text)) == 0 && second[strlen(text)] == ':');
	/* East of Greenwich the last of these times are in the year 10000. */
	assert(strlen(second) == (second[4] == '-' ? 19 : 20));
	when_exact(t, text);
	assert(strncmp(text, second, strlen(second)) == 0 && strlen(text) < WHEN_SIZE);
}

/* A day's beginning is no later than its end, and both are of that day. */
static void check_day(const char *text, uint64_t begins, uint64_t ends)
{
	char day[WHEN_SIZE];

	assert(begins < ends && ends - begins < 2 * 86400);
	assert(strncmp(when_second(begins, day), text, 10) == 0);
	assert(strncmp(when_second(ends, day), text, 10) == 0);
	assert(strncmp(when_second(ends + 1, day), text, 10) != 0 || ends >= (uint64_t)WHEN_MAX);
	assert(strncmp(when_second(begins - 1, day), text, 10) != 0);
}

static void check_time(const char *text, time_t now)
{
	uint64_t expiry = UNTOUCHED, start = UNTOUCHED, past = UNTOUCHED;
	int expiry_err = when_expiry(text, now, &expiry), start_err = when_start(text, now, &start);
	int past_err = when_past(text, now, &past);
	bool is_duration = read_slowly(text, WHEN_MAX) > 0;

	assert(expiry_err == 0 || (expiry_err == ERR_INVALID && expiry == UNTOUCHED));
	assert(start_err == 0 || (start_err == ERR_INVALID && start == UNTOUCHED));
	assert(past_err == 0 || (past_err == ERR_INVALID && past == UNTOUCHED));
	if (!expiry_err && expiry) {
		assert((time_t)expiry > now && (int64_t)expiry <= WHEN_MAX);
		check_printed(expiry, now);
	}
	assert(expiry_err || expiry || strcmp(text, "never") == 0);
	if (!start_err) /* the last day of the year 9999 may end after it */
		assert((time_t)start > now &&
			(expiry_err ? (int64_t)start + 86400 > WHEN_MAX : start <= expiry));
	if (!past_err) {
		assert((time_t)past <= now);
		check_printed(past, now);
	}
	if (!past_err && !start_err) /* what begins before now and after it */
		assert(is_duration);
	if (!start_err && !expiry_err && strlen(text) == 10 && text[4] == '-')
		check_day(text, start, expiry);
}

static void check_stored(const char *text)
{
	uint64_t us = UNTOUCHED, back = UNTOUCHED;
	char again[WHEN_SIZE];

	if (when_stored(text, &us)) {
		assert(us == UNTOUCHED);
		return;
	}
	assert(when_stored(when_micros(us, again), &back) == 0 && back == us);
	/* The same, but for a fraction that was left out. */
	assert(strncmp(again, text, 19) == 0 && (text[19] == 'Z' || strcmp(again, text) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;
	time_t now;

	input = (struct span){(const char *)data, size};
	set_zone(zones[any(COUNT(zones))]);
	now = (time_t)(take_u64() % (uint64_t)(WHEN_MAX + 1));
	text = malloc(input.n + 1); /* its very size, so that a byte too many is seen */
	if (!text)
		abort();
	if (input.n)
		memcpy(text, input.p, input.n);
	text[input.n] = '\0';
	check_duration(text);
	check_conf_duration(text);
	check_time(text, now);
	check_time(text, 1800000000);
	check_stored(text);
	free(text);
	return 0;
}
