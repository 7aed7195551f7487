/* check_event.c: an event of the log as JSON and as a line. */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "patctl/event.h"
#include "tests/unit/unit.h"

static struct proto_out packet;
static struct proto_msg message;

static void begin(void)
{
	proto_begin(&packet, VERB_EVENT);
	proto_put_number(&packet, TAG_SEQ, 7);
	proto_put_number(&packet, TAG_TIME, 1801418400);
	proto_put_string(&packet, TAG_EVENT, "refused");
}

/* Through the codec, as it would come from the daemon. */
static const struct proto_msg *end(void)
{
	size_t n = proto_end(&packet);

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(proto_decode(packet.packet, n, &message), 0);
	return &message;
}

static const struct proto_msg *everything(void)
{
	begin();
	proto_put_string(&packet, TAG_ID, "4fJk29sQxZb");
	proto_put_string(&packet, TAG_NAME, "B\xc3\xbcro");
	proto_put_string(&packet, TAG_OWNER, "alice");
	proto_put_string(&packet, TAG_ACTOR, "bob");
	proto_put_number(&packet, TAG_UID, 1001);
	proto_put_string(&packet, TAG_USER, "x\ny\xff");
	proto_put_string(&packet, TAG_SERVICE, "sshd");
	proto_put_string(&packet, TAG_RHOST, "192.0.2.7");
	proto_put_string(&packet, TAG_REASON, "out_of_scope");
	proto_put_number(&packet, TAG_COUNT, 3);
	proto_put_string(&packet, TAG_OTHER, "5gKl30tRyAc");
	proto_put_string(&packet, TAG_SCOPES, "sshd,sudo");
	proto_put_number(&packet, TAG_EXPIRES, 1801418401);
	return end();
}

static void check_json(const struct proto_msg *m, const char *wanted)
{
	json_t *doc = event_json(m);
	char *text = json_dumps(doc, JSON_COMPACT);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, wanted);
	free(text);
	json_decref(doc);
}

START_TEST(json)
{
	check_json(everything(),
		"{\"seq\":7,\"time\":\"2027-01-31T18:00:00Z\",\"event\":\"refused\","
		"\"id\":\"4fJk29sQxZb\",\"name\":\"B\xc3\xbcro\",\"owner\":\"alice\","
		"\"by\":\"bob\",\"uid\":1001,\"user\":\"x\\\\x0ay\\\\xff\",\"service\":\"sshd\","
		"\"rhost\":\"192.0.2.7\",\"reason\":\"out_of_scope\",\"count\":3,"
		"\"other\":\"5gKl30tRyAc\",\"scopes\":[\"sshd\",\"sudo\"],"
		"\"expires\":\"2027-01-31T18:00:01Z\"}");
	begin();
	check_json(end(),
		"{\"seq\":7,\"time\":\"2027-01-31T18:00:00Z\",\"event\":\"refused\","
		"\"id\":null,\"name\":null,\"owner\":null,\"by\":null,\"uid\":null,"
		"\"user\":null,\"service\":null,\"rhost\":null,\"reason\":null,\"count\":null,"
		"\"other\":null,\"scopes\":null,\"expires\":null}");
}
END_TEST

/* What is printed on stdout, in a file meanwhile. */
static const char *printed(void (*print)(const struct proto_msg *m), const struct proto_msg *m)
{
	static char text[4096];
	FILE *file = tmpfile();
	int out = dup(STDOUT_FILENO);
	size_t n;

	ck_assert_ptr_nonnull(file);
	fflush(stdout);
	ck_assert_int_ge(dup2(fileno(file), STDOUT_FILENO), 0);
	print(m);
	fflush(stdout);
	ck_assert_int_ge(dup2(out, STDOUT_FILENO), 0);
	close(out);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

static void print_heads(const struct proto_msg *m)
{
	(void)m;
	event_print_heads();
}

START_TEST(lines)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	ck_assert_str_eq(printed(print_heads, NULL),
		"TIME                EVENT        ID          NAME           USER       BY         "
		"SERVICE  FROM            COUNT RESULT\n");
	/* a character is as wide as it looks; what would move the terminal is told in ASCII */
	ck_assert_str_eq(printed(event_print, everything()),
		"2027-01-31 18:00:00 refused      4fJk29sQxZb B\xc3\xbcro           x\\x0ay\\xff "
		"bob        sshd     192.0.2.7       3     out_of_scope\n");
	begin();
	ck_assert_str_eq(printed(event_print, end()),
		"2027-01-31 18:00:00 refused      -           -              -          -          "
		"-        -               -     -\n");
	/* without what was told, the token's owner; without a name, the uid, if not root's */
	begin();
	proto_put_string(&packet, TAG_OWNER, "alice");
	proto_put_number(&packet, TAG_UID, 1001);
	ck_assert_ptr_nonnull(strstr(printed(event_print, end()), " alice      uid 1001   "));
	begin();
	proto_put_number(&packet, TAG_UID, 0);
	ck_assert_ptr_null(strstr(printed(event_print, end()), "uid"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("event");
	TCase *t = tcase_create("event");

	tcase_add_test(t, json);
	tcase_add_test(t, lines);
	suite_add_tcase(s, t);
	return unit_run(s);
}
