/* check_when.c: times as people write them, in a zone whose clocks change. */
#include <check.h>
#include <stdlib.h>

#include "common/err.h"
#include "patctl/when.h"

enum { NOW = 1800000000 }; /* 2027-01-15T08:00:00Z, 09:00 in the zone below */

static void zone(void)
{
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
}

static const struct {
	const char *text;
	uint64_t end;
} good[] = {
	{"never", 0},
	{"1s", NOW + 1},
	{"1m", NOW + 60},
	{"24h", NOW + 86400},
	{"30d", NOW + 30 * 86400},
	{"030d", NOW + 30 * 86400},
	{"2w", NOW + 14 * 86400},
	{"1y", NOW + 365 * 86400},
	/* the end of the day, local: today's too; in winter and in summer */
	{"2027-01-15", 1800053999},
	{"2027-01-31", 1801436399},
	{"2027-07-31", 1817071199},
	{"2028-02-29", 1835477999},
	/* the days on which the clocks change have 23 and 25 hours */
	{"2027-03-28", 1806271199},
	{"2027-10-31", 1825023599},
	{"2027-01-31T18:00:00Z", 1801418400},
	{"2027-01-31T18:00:00", 1801414800},
	{"2027-01-31T18:00:00+00:00", 1801418400},
	{"2027-01-31T18:00:00-00:00", 1801418400},
	{"2027-01-31T18:00:00+02:00", 1801411200},
	{"2027-01-31T18:00:00-05:30", 1801438200},
	{"2027-01-15T08:00:01Z", NOW + 1},
	{"2027-01-15T07:59:00-23:59", 1800086280},
	{"9999-12-31T23:59:59Z", 253402300799},
	{"9999-12-31T23:59:59-00:00", 253402300799},
};

/* A start: as an end, but for days, which are their beginning. */
static const struct {
	const char *text;
	uint64_t start;
} starts[] = {
	{"1s", NOW + 1},
	{"30d", NOW + 30 * 86400},
	{"2027-01-16", 1800054000},
	{"2027-01-31", 1801350000},
	{"2027-07-31", 1816984800},
	{"2028-02-29", 1835391600},
	{"2027-03-01", 1803855600},
	{"2028-01-01", 1830294000},
	/* the days on which the clocks change, and those after them */
	{"2027-03-28", 1806188400},
	{"2027-03-29", 1806271200},
	{"2027-10-31", 1824933600},
	{"2027-11-01", 1825023600},
	{"2027-01-31T18:00:00Z", 1801418400},
	{"2027-01-31T18:00:00", 1801414800},
};

/* Besides what is no end either. */
static const char *const no_starts[] = {"never", "2027-01-15"};

static const char *const bad[] = {
	"",
	" ",
	"0",
	"30",
	"d",
	"0d",
	"00000d",
	"-1d",
	"+1d",
	" 1d",
	"1d ",
	"1 d",
	"1.5d",
	"1D",
	"1dd",
	"1d2h",
	"0x10d",
	"1e3d",
	"30days",
	"1M",
	"١d",
	"Never",
	"never ",
	"nevermind",
	"tomorrow",
	/* too far, and numbers made to overflow */
	"8000y",
	"253402300799s",
	"253402300800s",
	"9223372036854775807s",
	"9223372036854775808s",
	"18446744073709551617s",
	"99999999999999999999999999999999999999y",
	"292471208677y",
	/* past, or now */
	"2027-01-14",
	"2001-01-01",
	"1970-01-01",
	"1969-12-31",
	"1901-01-01",
	"0001-01-01",
	"0000-01-01",
	"2027-01-15T08:00:00Z",
	"2027-01-15T09:00:00",
	"2027-01-15T07:59:59Z",
	"1970-01-01T00:00:00Z",
	"2027-01-15T10:00:00+02:00",
	"0000-00-00T00:00:00Z",
	/* days and times that there are not */
	"2027-02-29",
	"2027-02-30",
	"2027-04-31",
	"2027-13-01",
	"2027-00-10",
	"2027-01-00",
	"2027-01-32",
	"2100-02-29",
	"2027-01-31T24:00:00Z",
	"2027-01-31T23:60:00Z",
	"2027-01-31T23:59:60Z",
	"2027-03-28T02:30:00",
	"2027-01-31T18:00:00+24:00",
	"2027-01-31T18:00:00+02:60",
	"9999-12-31T23:59:59-00:01",
	/* almost one of the forms */
	"2027-1-31",
	"27-01-31",
	"02027-01-31",
	"2027/01/31",
	"20270131",
	"2027-01-31 ",
	" 2027-01-31",
	"2027-01",
	"2027-01-31T",
	"2027-01-31T18",
	"2027-01-31T18:00",
	"2027-01-31T18:00Z",
	"2027-01-31 18:00:00Z",
	"2027-01-31t18:00:00Z",
	"2027-01-31T18:00:00z",
	"2027-01-31T18:00:00.5Z",
	"2027-01-31T18:00:00ZZ",
	"2027-01-31T18:00:00+0200",
	"2027-01-31T18:00:00+02",
	"2027-01-31T18:00:00+02:00Z",
	"2027-01-31T18:00:00 +02:00",
	"10000-01-01",
	"10000-01-01T00:00:00Z",
	"-2027-01-31",
	"2027-01-31T+8:00:00Z",
	"2027-01-31T18:00:00+-2:00",
	"2027-+1-31",
	"@1900000000",
};

START_TEST(accepted)
{
	uint64_t end = 1;

	zone();
	ck_assert_msg(when_expiry(good[_i].text, NOW, &end) == 0, "%s", good[_i].text);
	ck_assert_msg(end == good[_i].end, "%s: %llu", good[_i].text, (unsigned long long)end);
}
END_TEST

START_TEST(started)
{
	uint64_t start = 1;

	zone();
	ck_assert_msg(when_start(starts[_i].text, NOW, &start) == 0, "%s", starts[_i].text);
	ck_assert_msg(
		start == starts[_i].start, "%s: %llu", starts[_i].text, (unsigned long long)start);
}
END_TEST

START_TEST(not_started)
{
	uint64_t start = 4711;

	zone();
	for (size_t i = 0; i < sizeof(no_starts) / sizeof(no_starts[0]); i++)
		ck_assert_msg(
			when_start(no_starts[i], NOW, &start) == ERR_INVALID, "%s", no_starts[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(when_start(bad[i], NOW, &start) == ERR_INVALID, "%s", bad[i]);
	ck_assert_uint_eq(start, 4711);
}
END_TEST

/* A zone in which the day of 2027-04-30 has no midnight: it begins at one o'clock. */
START_TEST(no_midnight)
{
	uint64_t start;

	setenv("TZ", "EET-2EEST,M4.5.5/0,M10.5.4/24", 1);
	tzset();
	ck_assert_int_eq(when_expiry("2027-04-30T00:00:00", NOW, &start), ERR_INVALID);
	ck_assert_int_eq(when_start("2027-04-30", NOW, &start), 0);
	ck_assert_uint_eq(start, 1809036000); /* 2027-04-30T01:00:00+03:00 */
}
END_TEST

/* What an exported file holds: microseconds, in UTC, whatever the zone is. */
START_TEST(stored)
{
	static const struct {
		const char *text;
		uint64_t us;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2027-01-15T08:00:00Z", NOW * UINT64_C(1000000)},
		{"2027-01-15T08:00:00.000001Z", NOW * UINT64_C(1000000) + 1},
		{"2027-01-15T08:00:00.999999Z", NOW * UINT64_C(1000000) + 999999},
		{"9999-12-31T23:59:59.000000Z", WHEN_MAX * UINT64_C(1000000)},
	};
	static const char *const unstored[] = {"", "2027-01-15", "2027-01-15T08:00:00",
		"2027-01-15T08:00:00+00:00", "2027-01-15T08:00:00ZZ", "2027-01-15T08:00:00.Z",
		"2027-01-15T08:00:00.12345Z", "2027-01-15T08:00:00.1234567Z",
		"2027-01-15T08:00:00.12345 Z", "2027-02-29T08:00:00Z", "2027-01-15T24:00:00Z",
		"2027-01-15T08:00:60Z", "1969-12-31T23:59:59Z", " 2027-01-15T08:00:00Z", "30d",
		"never"};
	char text[WHEN_SIZE];
	uint64_t us = 4711;

	zone();
	for (size_t i = 0; i < sizeof(unstored) / sizeof(unstored[0]); i++)
		ck_assert_msg(when_stored(unstored[i], &us) == ERR_INVALID, "%s", unstored[i]);
	ck_assert_uint_eq(us, 4711);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(when_stored(cases[i].text, &us) == 0, "%s", cases[i].text);
		ck_assert_uint_eq(us, cases[i].us);
		ck_assert_int_eq(when_stored(when_micros(cases[i].us, text), &us), 0);
		ck_assert_uint_eq(us, cases[i].us);
	}
	ck_assert_str_eq(
		when_micros(NOW * UINT64_C(1000000) + 7, text), "2027-01-15T08:00:00.000007Z");
}
END_TEST

START_TEST(past)
{
	static const struct {
		const char *text;
		uint64_t t;
	} cases[] = {
		{"1s", NOW - 1},
		{"2d", NOW - 2 * 86400},
		{"8000y", 0}, /* from the beginning */
		{"1970-01-01T00:00:00Z", 0},
		{"2026-12-24", 1798066800}, /* where that day begins */
		{"2026-12-24T12:00:00+01:00", 1798110000},
	};
	static const char *const no_past[] = {"never", "", "0s", "1", "now", "-1d", "9999-12-31",
		"2026-13-01", "1969-12-31T00:00:00Z"};
	uint64_t t = 4711;

	zone();
	for (size_t i = 0; i < sizeof(no_past) / sizeof(no_past[0]); i++)
		ck_assert_msg(when_past(no_past[i], NOW, &t) == ERR_INVALID, "%s", no_past[i]);
	ck_assert_int_eq(when_past("1d", -1, &t), ERR_INVALID);
	ck_assert_uint_eq(t, 4711);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(when_past(cases[i].text, NOW, &t) == 0, "%s", cases[i].text);
		ck_assert_msg(t == cases[i].t, "%s: %llu", cases[i].text, (unsigned long long)t);
	}
	ck_assert_int_eq(when_past(when_rfc3339(NOW, (char[WHEN_SIZE]){0}), NOW, &t), 0);
	ck_assert_int_eq(
		when_past(when_rfc3339(NOW + 1, (char[WHEN_SIZE]){0}), NOW, &t), ERR_INVALID);
}
END_TEST

START_TEST(refused)
{
	uint64_t end = 4711;

	zone();
	ck_assert_msg(when_expiry(bad[_i], NOW, &end) == ERR_INVALID, "%s", bad[_i]);
	ck_assert_uint_eq(end, 4711);
}
END_TEST

/* An hour that comes twice: one of the two is meant. */
START_TEST(ambiguous)
{
	uint64_t end;

	zone();
	ck_assert_int_eq(when_expiry("2027-10-31T02:30:00", NOW, &end), 0);
	ck_assert(end == 1824942600 || end == 1824946200);
}
END_TEST

/* What the clock says is not believed blindly either. */
START_TEST(strange_clocks)
{
	uint64_t end = 4711;

	ck_assert_int_eq(when_expiry("1d", (time_t)WHEN_MAX + 1, &end), ERR_INVALID);
	ck_assert_int_eq(when_expiry("1s", (time_t)WHEN_MAX, &end), ERR_INVALID);
	ck_assert_int_eq(when_expiry("1d", -1, &end), ERR_INVALID);
	ck_assert_int_eq(when_expiry("1d", INT64_MAX, &end), ERR_INVALID);
	ck_assert_int_eq(when_expiry("1d", INT64_MIN, &end), ERR_INVALID);
	ck_assert_uint_eq(end, 4711);
	ck_assert_int_eq(when_expiry("1s", (time_t)WHEN_MAX - 1, &end), 0);
	ck_assert_uint_eq(end, WHEN_MAX);
}
END_TEST

START_TEST(durations)
{
	int64_t seconds = 4711;

	ck_assert_int_eq(when_duration("never", &seconds), ERR_INVALID);
	ck_assert_int_eq(when_duration("0y", &seconds), ERR_INVALID);
	ck_assert_int_eq(when_duration("8036y", &seconds), ERR_INVALID);
	ck_assert_int_eq(seconds, 4711);
	ck_assert_int_eq(when_duration("8035y", &seconds), 0);
	ck_assert_int_eq(seconds, INT64_C(8035) * 365 * 86400);
}
END_TEST

START_TEST(formats)
{
	char text[WHEN_SIZE];

	zone();
	ck_assert_str_eq(when_rfc3339(0, text), "1970-01-01T00:00:00Z");
	ck_assert_str_eq(when_rfc3339(1801418400, text), "2027-01-31T18:00:00Z");
	ck_assert_str_eq(when_exact(1801418400, text), "2027-01-31 19:00:00 +0100 (CET)");
	ck_assert_str_eq(when_exact(1817071199, text), "2027-07-31 23:59:59 +0200 (CEST)");
	ck_assert_str_eq(when_second(1801418407, text), "2027-01-31 19:00:07");
	ck_assert_str_eq(when_short(1801418400, text), "2027-01-31 19:00");
}
END_TEST

START_TEST(times_without_end)
{
	char text[WHEN_SIZE];

	zone();
	ck_assert_str_eq(when_rfc3339(WHEN_MAX, text), "9999-12-31T23:59:59Z");
	ck_assert_str_eq(when_rfc3339((uint64_t)WHEN_MAX + 1, text), "9999-12-31T23:59:59Z");
	ck_assert_str_eq(when_rfc3339(UINT64_MAX, text), "9999-12-31T23:59:59Z");
	ck_assert_str_eq(when_exact(UINT64_MAX, text), "10000-01-01 00:59:59 +0100 (CET)");
	ck_assert_str_eq(when_short(UINT64_MAX, text), "10000-01-01 00:59");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("when");
	TCase *tc = tcase_create("when");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tc, accepted, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, refused, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tc, started, 0, sizeof(starts) / sizeof(starts[0]));
	tcase_add_test(tc, not_started);
	tcase_add_test(tc, no_midnight);
	tcase_add_test(tc, stored);
	tcase_add_test(tc, past);
	tcase_add_test(tc, ambiguous);
	tcase_add_test(tc, strange_clocks);
	tcase_add_test(tc, durations);
	tcase_add_test(tc, formats);
	tcase_add_test(tc, times_without_end);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
