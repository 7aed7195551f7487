/* check_audit.c: lines of the log: what stands in them, and that nothing in a value can end them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "patd/audit.h"
#include "tests/unit/unit.h"

/* In debug mode all goes to standard error, which is a pipe here. */
static int log_end;
static char said[65536];

static void setup(void)
{
	int pipes[2];

	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(dup2(pipes[1], STDERR_FILENO), STDERR_FILENO);
	close(pipes[1]);
	log_end = pipes[0];
	ck_assert_int_eq(fcntl(log_end, F_SETFL, O_NONBLOCK), 0);
	audit_open(true);
}

/* What was written: exactly one line. Without whatever comes before the event. */
static const char *line_of(const char *event)
{
	ssize_t n = read(log_end, said, sizeof(said) - 1);
	char *at;

	ck_assert_int_gt(n, 0);
	said[n] = '\0';
	ck_assert_uint_eq(strlen(said), (size_t)n);
	ck_assert_int_eq(said[n - 1], '\n');
	ck_assert_ptr_eq(strchr(said, '\n'), said + n - 1);
	said[n - 1] = '\0';
	at = strstr(said, event);
	ck_assert_msg(at != NULL, "%s", said);
	for (const char *c = said; *c; c++)
		ck_assert_msg(*c >= 0x20 && *c < 0x7f, "%02x in \"%s\"", (uint8_t)*c, said);
	return at;
}

START_TEST(fields)
{
	struct audit a;

	audit_begin(&a, "refused");
	audit_string(&a, "user", "alice");
	audit_number(&a, "uid", 1000);
	audit_text(&a, "name", SPAN("ci laptop"));
	audit_number(&a, "max", UINT64_MAX);
	audit_string(&a, "empty", "");
	audit_text(&a, "nothing", (struct span){NULL, 0});
	audit_end(&a, LOG_INFO);
	ck_assert_str_eq(line_of("refused"),
		"refused user=\"alice\" uid=1000 name=\"ci laptop\" max=18446744073709551615 "
		"empty=\"\" nothing=\"\"");
}
END_TEST

START_TEST(event_alone)
{
	struct audit a;

	audit_begin(&a, "started");
	audit_end(&a, LOG_NOTICE);
	ck_assert_str_eq(line_of("started"), "started");
}
END_TEST

/* Each line is a line: one call, one line; every priority is told in debug mode. */
START_TEST(every_priority)
{
	static const int priorities[] = {
		LOG_EMERG, LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG};

	for (size_t i = 0; i < COUNT(priorities); i++) {
		struct audit a;

		audit_begin(&a, "event");
		audit_number(&a, "n", i);
		audit_end(&a, priorities[i]);
		ck_assert_int_eq(line_of("event n=")[8], (int)('0' + i));
	}
}
END_TEST

START_TEST(escapes)
{
	static const struct {
		struct span value;
		const char *told;
	} cases[] = {
		{SPAN("x\" rhost=\"1.2.3.4"), "x\\x22 rhost=\\x221.2.3.4"},
		{SPAN("a\\b"), "a\\x5Cb"},
		{SPAN("\\x41"), "\\x5Cx41"},
		{SPAN("a\nb"), "a\\x0Ab"},
		{SPAN("a\r\nb"), "a\\x0D\\x0Ab"},
		{SPAN("\t"), "\\x09"},
		{SPAN("\x1b[31m"), "\\x1B[31m"},
		{SPAN("\x7f"), "\\x7F"},
		{SPAN("\x80\xff"), "\\x80\\xFF"},
		{SPAN("B\xc3\xbcro"), "B\\xC3\\xBCro"},
		{SPAN("a\0b"), "a\\x00b"},
		{SPAN(" "), " "},
		{SPAN("!#$%&'()*+,-./:;<=>?@[]^_`{|}~"), "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"},
		{SPAN("%s%n%x"), "%s%n%x"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char expected[256];
		const char *line;
		struct audit a;

		audit_begin(&a, "event");
		audit_text(&a, "v", cases[i].value);
		audit_number(&a, "after", 1);
		audit_end(&a, LOG_INFO);
		snprintf(expected, sizeof(expected), "event v=\"%s\" after=1", cases[i].told);
		line = line_of("event");
		ck_assert_msg(strcasecmp(line, expected) == 0, "%s", line);
	}
}
END_TEST

/* Every byte comes back from its escape; nothing but the two quotes ends a value. */
START_TEST(every_byte)
{
	for (unsigned c = 0; c < 256; c++) {
		const char byte = (char)c;
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
		const char *line;
		struct audit a;

		audit_begin(&a, "event");
		audit_text(&a, "v", (struct span){&byte, 1});
		audit_end(&a, LOG_INFO);
		line = line_of("event v=\"") + strlen("event v=\"");
		if (plain) {
			ck_assert_int_eq(line[0], byte);
			ck_assert_str_eq(line + 1, "\"");
		} else {
			ck_assert_msg(strncmp(line, "\\x", 2) == 0, "%s", line);
			ck_assert_uint_eq(
				strtoul((const char[]){line[2], line[3], '\0'}, NULL, 16), c);
			ck_assert_str_eq(line + 4, "\"");
		}
	}
}
END_TEST

/* A value that does not fit, of bytes that are escaped and of such that are not. */
START_TEST(cut)
{
	static const char fill[] = {'x', '\n', '"'};

	for (size_t i = 0; i < COUNT(fill); i++)
		for (size_t n = 1900; n < 2100; n++) {
			char value[2100];
			const char *line;
			struct audit a;
			size_t length;

			memset(value, fill[i], sizeof(value));
			audit_begin(&a, "event");
			audit_text(&a, "v", (struct span){value, n});
			audit_end(&a, LOG_INFO);
			line = line_of("event v=\"");
			length = strlen(line);
			ck_assert_uint_lt(length, sizeof(a.line));
			if (strcmp(line + length - 3, "...") == 0)
				continue;
			ck_assert_int_eq(line[length - 1], '"'); /* else it is whole */
			ck_assert_uint_eq(length, strlen("event v=\"\"") + (i == 0 ? n : 4 * n));
		}
}
END_TEST

/* After a cut nothing is added that could be taken for a field of its own. */
START_TEST(cut_for_good)
{
	char value[4096];
	const char *line;
	struct audit a;

	memset(value, 'x', sizeof(value));
	audit_begin(&a, "event");
	audit_text(&a, "v", (struct span){value, sizeof(value)});
	audit_number(&a, "n", 1);
	audit_string(&a, "s", "t");
	audit_end(&a, LOG_INFO);
	line = line_of("event v=\"");
	ck_assert_str_eq(line + strlen(line) - 3, "...");
	ck_assert_ptr_null(strstr(line, "n=1"));
	ck_assert_ptr_null(strstr(line, "s="));
}
END_TEST

START_TEST(many_fields)
{
	const char *line;
	struct audit a;

	audit_begin(&a, "event");
	for (unsigned i = 0; i < 1000; i++)
		audit_number(&a, "number", i);
	audit_end(&a, LOG_INFO);
	line = line_of("event");
	ck_assert_str_eq(line + strlen(line) - 3, "...");
	ck_assert_uint_lt(strlen(line), sizeof(a.line));
	ck_assert_ptr_nonnull(strstr(line, " number=100 "));
}
END_TEST

/* A message of the daemon about itself. */
START_TEST(said_plainly)
{
	audit_say(LOG_ERR, "%s: line %d", "pat.conf", 7);
	ck_assert_str_eq(line_of("pat.conf"), "pat.conf: line 7");
	audit_say(LOG_ERR, "why: %s", "a\nforged line\x1b\x7f");
	ck_assert_msg(
		strcasecmp(line_of("why"), "why: a\\x0Aforged line\\x1B\\x7F") == 0, "%s", said);
}
END_TEST

START_TEST(said_too_long)
{
	char value[8192];
	const char *line;

	memset(value, '\n', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	audit_say(LOG_ERR, "why: %s", value);
	line = line_of("why: ");
	ck_assert_uint_lt(strlen(line), sizeof(((struct audit *)NULL)->line));
	ck_assert_str_eq(line + strlen(line) - 3, "...");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit");
	TCase *t = tcase_create("audit");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, fields);
	tcase_add_test(t, event_alone);
	tcase_add_test(t, every_priority);
	tcase_add_test(t, escapes);
	tcase_add_test(t, every_byte);
	tcase_add_test(t, cut);
	tcase_add_test(t, cut_for_good);
	tcase_add_test(t, many_fields);
	tcase_add_test(t, said_plainly);
	tcase_add_test(t, said_too_long);
	suite_add_tcase(s, t);
	return unit_run(s);
}
