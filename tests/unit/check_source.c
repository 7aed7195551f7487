/* check_source.c: where a login may come from: what is accepted, the canonical form, what it
 * matches. */
#include <arpa/inet.h>
#include <string.h>

#include "patd/source.h"
#include "tests/unit/unit.h"

/* ---- the form ---- */

static const struct {
	const char *list, *canonical; /* NULL: refused */
} rows[] = {
	{"192.0.2.7", "192.0.2.7"},
	{"192.0.2.7/32", "192.0.2.7"},
	{"192.0.2.0/24", "192.0.2.0/24"},
	{"192.0.2.0/31", "192.0.2.0/31"},
	{"128.0.0.0/1", "128.0.0.0/1"},
	{"0.0.0.0/0", "0.0.0.0/0"},
	{"0.0.0.0", "0.0.0.0"},
	{"255.255.255.255", "255.255.255.255"},
	{"::1", "::1"},
	{"::1/128", "::1"},
	{"::/0", "::/0"},
	{"::", "::"},
	{"2001:DB8::/32", "2001:db8::/32"},
	{"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
	{"2001:db8:0:0::/64", "2001:db8::/64"},
	{"fe80::/10", "fe80::/10"},
	{"8000::/1", "8000::/1"},
	{"::ffff:192.0.2.7", "192.0.2.7"},
	{"::ffff:192.0.2.0/120", "192.0.2.0/24"},
	{"::ffff:c000:200/120", "192.0.2.0/24"},
	{"::FFFF:0:0/96", "0.0.0.0/0"},
	{"::192.0.2.7", "::192.0.2.7"},
	{"local", "local"},
	{"local,192.0.2.7", "local,192.0.2.7"}, /* in the order given */
	{"192.0.2.7,local", "192.0.2.7,local"},
	{"192.0.2.7,192.0.2.7", "192.0.2.7"},
	{"192.0.2.7,::ffff:192.0.2.7,192.0.2.7/32", "192.0.2.7"},
	{"local,local", "local"},
	{"10.0.0.0/8,10.0.0.0/9", "10.0.0.0/8,10.0.0.0/9"},

	{"", NULL},
	{",", NULL},
	{"192.0.2.7,", NULL},
	{",192.0.2.7", NULL},
	{"192.0.2.7,,::1", NULL},
	{"192.0.2.7, ::1", NULL},
	{" 192.0.2.7", NULL},
	{"192.0.2.7 ", NULL},
	{"192.0.2.7\n", NULL},
	{"192.0.2.7/24", NULL}, /* host bits */
	{"192.0.2.1/31", NULL},
	{"128.0.0.0/0", NULL},
	{"2001:db8::1/64", NULL},
	{"::1/0", NULL},
	{"::1/127", NULL},
	{"::ffff:192.0.2.7/120", NULL},
	{"::ffff:0:0/95", NULL},
	{"192.0.2.0/33", NULL},
	{"::/129", NULL},
	{"192.0.2.0/", NULL},
	{"192.0.2.0/a", NULL},
	{"192.0.2.0/-1", NULL},
	{"192.0.2.0/+24", NULL},
	{"192.0.2.0/ 24", NULL},
	{"192.0.2.0/024", NULL},
	{"192.0.2.0/00", NULL},
	{"0.0.0.0/00", NULL},
	{"192.0.2.0/24/24", NULL},
	{"192.0.2.0/255.255.255.0", NULL},
	{"192.0.2.0/256", NULL},
	{"192.0.2.0/4294967320", NULL},
	{"/24", NULL},
	{"/", NULL},
	{"192.0.2", NULL},
	{"192.0.2.256", NULL},
	{"192.0.02.7", NULL},
	{"0xc0.0.2.7", NULL},
	{"3221225991", NULL},
	{"192.0.2.7.", NULL},
	{"192.0.2.7:22", NULL},
	{"[::1]", NULL},
	{":::", NULL},
	{"1::2::3", NULL},
	{"12345::", NULL},
	{"g::", NULL},
	{"fe80::1%eth0", NULL},
	{"fe80::%1/10", NULL},
	{"*", NULL},
	{"localhost", NULL},
	{"LOCAL", NULL},
	{"Local", NULL},
	{"local/8", NULL},
	{"locals", NULL},
	{"host.example.org", NULL},
};

static void canonical_is(struct span list, const char *expected)
{
	char out[LIMIT_SOURCES + 1], again[LIMIT_SOURCES + 1];

	memset(out, 'x', sizeof(out));
	ck_assert_msg(source_canonical(list, out) == (expected != NULL), "\"%.*s\": %s",
		(int)list.n, list.p, out);
	ck_assert_str_eq(out, expected ? expected : "");
	if (!expected)
		return;
	ck_assert(source_canonical(span_of(out), again));
	ck_assert_str_eq(again, out);
}

START_TEST(canonical)
{
	canonical_is(span_of(rows[_i].list), rows[_i].canonical);
}
END_TEST

START_TEST(odd_spans)
{
	canonical_is((struct span){NULL, 0}, NULL);
	canonical_is(SPAN("\0"), NULL);
	canonical_is(SPAN("local\0"), NULL);
	canonical_is(SPAN("192.0.2.7\0"), NULL);
	canonical_is(SPAN("::1\0,local"), NULL);
	canonical_is((struct span){"192.0.2.77", 9}, "192.0.2.7"); /* what is behind is not read */
	canonical_is((struct span){"local,x", 5}, "local");
	canonical_is((struct span){"10.0.0.0/89", 10}, "10.0.0.0/8");
}
END_TEST

START_TEST(number_of_them)
{
	char list[4096] = "", out[LIMIT_SOURCES + 1];
	size_t n = 0;

	for (unsigned i = 0; i < LIMIT_SOURCE_COUNT; i++)
		n += (size_t)sprintf(list + n, "%s10.0.0.%u", i ? "," : "", i);
	canonical_is((struct span){list, n}, list);
	n += (size_t)sprintf(list + n, ",10.0.1.0");
	ck_assert(!source_canonical((struct span){list, n}, out));
	ck_assert_str_eq(out, "");
}
END_TEST

/* The longest address and the most of them: what fits is kept whole, what does not is refused. */
START_TEST(length_of_all)
{
	char list[4096] = "", out[LIMIT_SOURCES + 1];
	size_t n = 0, fits = 0;

	for (unsigned i = 0; i < LIMIT_SOURCE_COUNT; i++) {
		n += (size_t)sprintf(list + n, "%s1111:2222:3333:4444:5555:6666:7777:%04x",
			i ? "," : "", 0x1000 + i);
		if (n <= LIMIT_SOURCES) {
			canonical_is((struct span){list, n}, list);
			fits++;
		} else {
			ck_assert(!source_canonical((struct span){list, n}, out));
			ck_assert_str_eq(out, "");
		}
	}
	ck_assert_uint_gt(fits, 20);
	ck_assert_uint_lt(fits, LIMIT_SOURCE_COUNT);
}
END_TEST

/* A short text whose canonical form is long: ::ffff:... and zeros are never longer, so none
 * outgrows. */
START_TEST(never_longer_than_there_is_room)
{
	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		char list[LIMIT_SOURCES + 64] = "", *out = malloc(LIMIT_SOURCES + 1);
		size_t n = 0;

		ck_assert_ptr_nonnull(out);
		for (unsigned i = 0; i < 40 && n < LIMIT_SOURCES; i++)
			n += (size_t)sprintf(list + n, "%s%x:%x::%x:0:%x", i ? "," : "",
				rand() % 0x10000, rand() % 0x10000, rand() % 0x10000,
				rand() % 0x10000);
		if (source_canonical(
			    (struct span){list, n < LIMIT_SOURCES ? n : LIMIT_SOURCES}, out))
			ck_assert_uint_le(strlen(out), LIMIT_SOURCES);
		free(out);
	}
}
END_TEST

/* ---- what matches ---- */

static const struct {
	const char *list, *rhost;
	bool local, match;
} logins[] = {
	{"192.0.2.7", "192.0.2.7", false, true},
	{"192.0.2.7", "192.0.2.8", false, false},
	{"192.0.2.7", "::ffff:192.0.2.7", false, true},
	{"192.0.2.7", "::ffff:c000:207", false, true},
	{"192.0.2.7", "::FFFF:192.0.2.7", false, true},
	{"192.0.2.7", "0:0:0:0:0:ffff:192.0.2.7", false, true},
	{"192.0.2.7", "::192.0.2.7", false, false},
	{"192.0.2.7", "::ffff:0:192.0.2.7", false, false},
	{"192.0.2.7", "64:ff9b::192.0.2.7", false, false},
	{"192.0.2.0/24", "192.0.2.255", false, true},
	{"192.0.2.0/24", "192.0.3.0", false, false},
	{"192.0.2.0/25", "192.0.2.127", false, true},
	{"192.0.2.0/25", "192.0.2.128", false, false},
	{"192.0.2.128/25", "192.0.2.127", false, false},
	{"192.0.2.6/31", "192.0.2.7", false, true},
	{"192.0.2.6/31", "192.0.2.8", false, false},
	{"0.0.0.0/0", "255.255.255.255", false, true},
	{"0.0.0.0/0", "::1", false, false},
	{"0.0.0.0/0", "::", false, false},
	{"128.0.0.0/1", "127.255.255.255", false, false},
	{"::/0", "::1", false, true},
	{"::/0", "2001:db8::1", false, true},
	{"::/0", "192.0.2.7", false, false},
	{"::/0", "::ffff:192.0.2.7", false, false},
	{"::1", "::1", false, true},
	{"::1", "0:0:0:0:0:0:0:1", false, true},
	{"::1", "127.0.0.1", false, false},
	{"127.0.0.0/8", "::1", false, false},
	{"2001:db8::/33", "2001:db8:7fff::", false, true},
	{"2001:db8::/33", "2001:db8:8000::", false, false},
	{"fe80::/10", "fe80::1", false, true},
	{"fe80::/10", "fe80::1%eth0", false, false},
	{"fe80::/10", "fe80::1%2", false, false},
	{"10.0.0.0/8,192.0.2.7", "192.0.2.7", false, true},
	{"10.0.0.0/8,192.0.2.7", "10.1.2.3", false, true},
	{"10.0.0.0/8,192.0.2.7", "11.0.0.0", false, false},
	/* a host's name, whatever it resolves to */
	{"127.0.0.0/8", "localhost", false, false},
	{"0.0.0.0/0,::/0", "host.example.org", false, false},
	{"0.0.0.0/0,::/0", "local", false, false},
	{"0.0.0.0/0,::/0", "tty1", false, false},
	{"0.0.0.0/0,::/0", "192.0.2.7.example.org", false, false},
	{"0.0.0.0/0,::/0", "192.0.2.7 ", false, false},
	{"0.0.0.0/0,::/0", " 192.0.2.7", false, false},
	{"0.0.0.0/0,::/0", "192.0.2.7/32", false, false},
	{"0.0.0.0/0,::/0", "192.0.2.7,::1", false, false},
	{"0.0.0.0/0,::/0", "192.0.2.07", false, false},
	{"0.0.0.0/0,::/0", "192.0.519", false, false},
	{"0.0.0.0/0,::/0", "3221225991", false, false},
	{"0.0.0.0/0,::/0", "[::1]", false, false},
	{"0.0.0.0/0,::/0", "", false, false},
	/* local is of the service, and of nothing else */
	{"local", "", true, true},
	{"local", "192.0.2.7", true, true},
	{"local", "host.example.org", true, true},
	{"local", "", false, false},
	{"local", "local", false, false},
	{"local", "127.0.0.1", false, false},
	{"local", "::1", false, false},
	{"192.0.2.7", "", true, false},
	{"192.0.2.7", "192.0.2.7", true, true},
	{"0.0.0.0/0,::/0", "", true, false},
	{"192.0.2.7,local", "", true, true},
	{"local,192.0.2.7", "192.0.2.7", false, true},
	{"local,192.0.2.7", "192.0.2.8", false, false},
	/* no list matches nothing: that a token has none is asked elsewhere */
	{"", "192.0.2.7", true, false},
};

START_TEST(matches)
{
	size_t n = strlen(logins[_i].rhost);
	char *exact = malloc(n ? n : 1); /* so that a sanitizer sees a byte too many */

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, logins[_i].rhost, n);
	ck_assert_msg(source_match(logins[_i].list, (struct span){exact, n}, logins[_i].local) ==
			      logins[_i].match,
		"%s from \"%s\"", logins[_i].list, logins[_i].rhost);
	free(exact);
}
END_TEST

START_TEST(odd_hosts)
{
	char longest[LIMIT_RHOST];

	ck_assert(!source_match("0.0.0.0/0,::/0", (struct span){NULL, 0}, false));
	ck_assert(source_match("local", (struct span){NULL, 0}, true));
	ck_assert(!source_match("192.0.2.7", SPAN("192.0.2.7\0"), false));
	ck_assert(!source_match("192.0.2.7", SPAN("192.0.2.7\0.example.org"), false));
	ck_assert(!source_match("192.0.2.7", SPAN("\0"), false));
	memset(longest, '1', sizeof(longest));
	ck_assert(!source_match("0.0.0.0/0,::/0", (struct span){longest, sizeof(longest)}, false));
	memset(longest, ':', sizeof(longest));
	ck_assert(!source_match("0.0.0.0/0,::/0", (struct span){longest, sizeof(longest)}, false));
}
END_TEST

/* Every prefix length, at both ends of the network and one past each. */
START_TEST(every_prefix_length)
{
	for (unsigned bits = 1; bits <= 32; bits++) {
		uint32_t size = bits == 32 ? 1 : 1U << (32 - bits),
			 first = 0xc0000200 & ~(size - 1);
		const uint32_t hosts[] = {first, first + size - 1, first - 1, first + size};
		char list[64];

		snprintf(list, sizeof(list), "%s/%u", inet_ntoa((struct in_addr){htonl(first)}),
			bits);
		for (int i = 0; i < 4; i++)
			ck_assert_msg(source_match(list,
					      span_of(inet_ntoa((struct in_addr){htonl(hosts[i])})),
					      false) == (i < 2),
				"%s, host %d", list, i);
	}
}
END_TEST

/* ---- one within another ---- */

static const struct {
	const char *inner, *outer;
	bool within;
} pairs[] = {
	{"192.0.2.7", "192.0.2.7", true},
	{"192.0.2.7", "192.0.2.0/24", true},
	{"192.0.2.0/24", "192.0.2.7", false},
	{"192.0.2.0/24", "192.0.2.0/24", true},
	{"192.0.2.0/24", "192.0.2.0/25", false},
	{"192.0.2.0/25", "192.0.2.0/24", true},
	{"192.0.2.128/25", "192.0.2.0/25", false},
	{"192.0.2.7", "0.0.0.0/0", true},
	{"192.0.2.7", "::/0", false},
	{"0.0.0.0/0", "::/0", false},
	{"::/0", "0.0.0.0/0", false},
	{"::/0", "::/0", true},
	{"2001:db8::1", "::/0", true},
	{"2001:db8::/48", "2001:db8::/32", true},
	{"2001:db8::/32", "2001:db8::/48", false},
	{"192.0.2.7,10.0.0.1", "10.0.0.0/8,192.0.2.0/24", true},
	{"192.0.2.7,10.0.0.1", "192.0.2.0/24", false},
	{"10.0.0.1,192.0.2.7", "192.0.2.0/24", false},
	{"local", "local", true},
	{"local", "0.0.0.0/0,::/0", false},
	{"192.0.2.7", "local", false},
	{"192.0.2.7,local", "192.0.2.7", false},
	{"192.0.2.7,local", "local,192.0.2.0/24", true},
	{"192.0.2.7", "local,192.0.2.7", true},
	{"", "192.0.2.7", false}, /* from anywhere */
	{"192.0.2.7", "", false},
};

START_TEST(within)
{
	ck_assert_msg(source_within(pairs[_i].inner, pairs[_i].outer) == pairs[_i].within,
		"%s in %s", pairs[_i].inner, pairs[_i].outer);
}
END_TEST

/* Never says yes where a login that inner accepts is refused by outer. */
START_TEST(within_against_a_model)
{
	static const char *const parts[] = {"10.0.0.0/8", "10.0.0.0/30", "10.0.0.1", "10.0.0.2",
		"0.0.0.0/0", "local", "::/0", "2001:db8::/126", "2001:db8::1", "::1"};
	static const char *const hosts[] = {"10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3",
		"10.1.1.1", "11.0.0.1", "2001:db8::", "2001:db8::1", "2001:db8::4", "::1", "::2",
		"name", ""};
	unsigned said_yes = 0;

	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		char list[2][256] = {"", ""};
		bool yes, holds = true;

		for (int l = 0; l < 2; l++)
			for (int i = rand() % 4; i >= 0; i--)
				sprintf(list[l] + strlen(list[l]), "%s%s", list[l][0] ? "," : "",
					parts[(size_t)rand() % COUNT(parts)]);
		yes = source_within(list[0], list[1]);
		for (size_t h = 0; h < COUNT(hosts); h++)
			for (int local = 0; local < 2; local++)
				holds &= !source_match(list[0], span_of(hosts[h]), local) ||
					 source_match(list[1], span_of(hosts[h]), local);
		ck_assert_msg(!yes || holds, "%s in %s", list[0], list[1]);
		said_yes += yes;
	}
	ck_assert_uint_gt(said_yes, 1000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("source");
	TCase *t = tcase_create("source");

	tcase_set_timeout(t, 60); /* for the sanitizers' sake */
	tcase_add_loop_test(t, canonical, 0, COUNT(rows));
	tcase_add_test(t, odd_spans);
	tcase_add_test(t, number_of_them);
	tcase_add_test(t, length_of_all);
	tcase_add_test(t, never_longer_than_there_is_room);
	tcase_add_loop_test(t, matches, 0, COUNT(logins));
	tcase_add_test(t, odd_hosts);
	tcase_add_test(t, every_prefix_length);
	tcase_add_loop_test(t, within, 0, COUNT(pairs));
	tcase_add_test(t, within_against_a_model);
	suite_add_tcase(s, t);
	return unit_run(s);
}
