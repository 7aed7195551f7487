/* check_scope.c: lists of services: what is accepted, the canonical form, and what they match. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "patd/scope.h"
#include "tests/unit/conf.h"

static const struct {
	const char *list, *canonical; /* NULL: refused */
} rows[] = {
	{"sshd", "sshd"},
	{"sshd,sudo", "sshd,sudo"},
	{"sudo,sshd", "sshd,sudo"},
	{"sudo,sshd,sudo,sshd", "sshd,sudo"},
	{"z,y,x,a,0", "0,a,x,y,z"},
	{"su,su-l,sudo,sudo-i", "su,su-l,sudo,sudo-i"},
	{"sudo-i,sudo,su-l,su", "su,su-l,sudo,sudo-i"},
	{"0", "0"},
	{"a.b_c+d-e", "a.b_c+d-e"},
	{"systemd-user", "systemd-user"},
	{"*", "*"},
	{"patctl2", "patctl2"},
	{"xpatctl", "xpatctl"},
	{"", NULL},
	{",", NULL},
	{",sshd", NULL},
	{"sshd,", NULL},
	{"sshd,,sudo", NULL},
	{"sshd sudo", NULL},
	{"sshd, sudo", NULL},
	{" sshd", NULL},
	{"sshd ", NULL},
	{"sshd\n", NULL},
	{"sshd;sudo", NULL},
	{"SSHD", NULL},
	{"Sshd", NULL},
	{"sshD", NULL},
	{"-sshd", NULL},
	{".sshd", NULL},
	{"_sshd", NULL},
	{"+sshd", NULL},
	{"../sshd", NULL},
	{"a/b", NULL},
	{"s\xc3\xbc", NULL},
	{"s\x7f", NULL},
	{"**", NULL},
	{"s*", NULL},
	{"*sshd", NULL},
	{"patctl", NULL},
	{"sshd,patctl", NULL},
	{"patctl,sshd", NULL},
	{"*,patctl", NULL},
};

static void canonical_is(struct span list, const char *expected)
{
	char out[LIMIT_SCOPES + 1], again[LIMIT_SCOPES + 1];

	memset(out, 'x', sizeof(out));
	ck_assert_msg(
		scope_canonical(list, out) == (expected != NULL), "\"%.*s\"", (int)list.n, list.p);
	ck_assert_str_eq(out, expected ? expected : "");
	if (expected) {
		ck_assert(scope_canonical(span_of(out), again));
		ck_assert_str_eq(again, out);
	}
}

START_TEST(canonical)
{
	canonical_is(span_of(rows[_i].list), rows[_i].canonical);
}
END_TEST

START_TEST(every_byte)
{
	static const char within[] = "abcdefghijklmnopqrstuvwxyz0123456789._+-";

	for (unsigned c = 0; c < 256; c++) {
		const char text[] = {'a', (char)c, 'b'};
		bool fine = c && strchr(within, (int)c);
		char out[LIMIT_SCOPES + 1];

		ck_assert_msg(scope_canonical((struct span){text, 3}, out) == (fine || c == ','),
			"%02x", c);
		ck_assert_msg(scope_canonical((struct span){text + 1, 2}, out) ==
				      (fine && !strchr("._+-", (int)c)),
			"%02x leads", c);
	}
	canonical_is((struct span){NULL, 0}, NULL);
	canonical_is(SPAN("sshd\0"), NULL);
	canonical_is(SPAN("\0"), NULL);
}
END_TEST

START_TEST(length_of_one)
{
	char name[LIMIT_SERVICE + 2];

	memset(name, 'a', sizeof(name));
	for (size_t n = 1; n <= sizeof(name); n++) {
		char out[LIMIT_SCOPES + 1];

		ck_assert_int_eq(scope_canonical((struct span){name, n}, out), n <= 64);
	}
}
END_TEST

/* `count` names of `length` bytes, no two the same. */
static size_t make_list(char *list, unsigned count, unsigned length)
{
	size_t n = 0;

	for (unsigned i = 0; i < count; i++)
		n += (size_t)sprintf(list + n, "%s%0*u", i ? "," : "", (int)length, i);
	return n;
}

START_TEST(number_of_them)
{
	char list[4096], out[LIMIT_SCOPES + 1];
	size_t n;

	n = make_list(list, LIMIT_SCOPE_COUNT, 4);
	canonical_is((struct span){list, n}, list);
	n = make_list(list, LIMIT_SCOPE_COUNT + 1, 4);
	ck_assert(!scope_canonical((struct span){list, n}, out));
	ck_assert_str_eq(out, "");
}
END_TEST

/* 32 names of 31 bytes and their commas make 1023 bytes; of 32 bytes, 1055. */
START_TEST(length_of_all)
{
	char list[4096], out[LIMIT_SCOPES + 1];
	size_t n;

	n = make_list(list, 32, 31);
	ck_assert_uint_eq(n, 1023);
	canonical_is((struct span){list, n}, list);
	n = make_list(list, 32, 32);
	ck_assert(!scope_canonical((struct span){list, n}, out));
	ck_assert_str_eq(out, "");
}
END_TEST

/* ---- what they mean ---- */

static struct config *named, *plain;

static void setup(void)
{
	plain = conf("");
	named = conf("scope web { services = {nginx, cockpit} description = \"web console\" }\n"
		     "scope shell { services = {sshd, su} }\n"
		     "scope none {}\n"
		     "scope sudo { services = {doas} }\n"); /* named as a service is */
}

static void teardown(void)
{
	config_unref(plain);
	config_unref(named);
}

START_TEST(matches)
{
	static const struct {
		const char *list;
		struct span service;
		bool match;
	} cases[] = {
		{"sshd", SPAN("sshd"), true},
		{"sshd,sudo", SPAN("sshd"), true},
		{"sshd,sudo", SPAN("sudo"), true},
		{"a,sshd,sudo", SPAN("sshd"), true},
		{"sshd", SPAN("ssh"), false},
		{"sshd", SPAN("sshd2"), false},
		{"sshd", SPAN("shd"), false},
		{"sshd,sudo", SPAN("sshd,sudo"), false},
		{"sshd,sudo", SPAN(","), false},
		{"sshd", SPAN(""), false},
		{"sshd,sudo", SPAN(""), false},
		{"sshd", SPAN("sshd\0"), false},
		{"sshd", SPAN("*"), false},
		{"sudo-i", SPAN("sudo"), false},
		{"sudo", SPAN("sudo-i"), false},
		{"*", SPAN("sshd"), true},
		{"*", SPAN("nginx"), true},
		{"*", SPAN("patctl"), false},
		{"*", SPAN("patctl2"), true},
		{"patctl", SPAN("patctl"), false}, /* though no such list is ever stored */
		{"patctl,sshd", SPAN("patctl"), false},
		{"patctl,sshd", SPAN("sshd"), true},
		{"", SPAN("sshd"), false},
		{"", SPAN(""), false},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(
			scope_accepts(plain, cases[i].list, cases[i].service) == cases[i].match,
			"%s for %.*s", cases[i].list, (int)cases[i].service.n, cases[i].service.p);
	ck_assert(!scope_accepts(plain, "sshd", (struct span){NULL, 0}));
}
END_TEST

START_TEST(names_of_scopes)
{
	static const struct {
		const char *list, *service;
		bool accepted;
	} cases[] = {
		{"web", "nginx", true},
		{"web", "cockpit", true},
		{"web", "sshd", false},
		{"web", "web", false}, /* a scope is no service */
		{"web", "ngin", false},
		{"web", "nginx2", false},
		{"web", "", false},
		{"web", "patctl", false},
		{"sshd,web", "nginx", true},
		{"sshd,web", "sshd", true},
		{"sshd,web", "su", false},
		{"shell,web", "su", true},
		{"we", "nginx", false},
		{"webs", "nginx", false},
		{"none", "none", false},
		{"none", "sshd", false},
		{"none,sshd", "sshd", true},
		{"sudo", "sudo", false}, /* the scope of that name hides the service */
		{"sudo", "doas", true},
		{"*", "sudo", true},
		{"*", "patctl", false},
		{"nginx", "nginx", true},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(scope_accepts(named, cases[i].list, span_of(cases[i].service)) ==
				      cases[i].accepted,
			"%s for %s", cases[i].list, cases[i].service);
	/* what pat.conf no longer defines is a service again */
	ck_assert(!scope_accepts(plain, "web", SPAN("nginx")));
	ck_assert(scope_accepts(plain, "web", SPAN("web")));
}
END_TEST

static const struct {
	const char *a, *b;
	bool covers, covered, overlap; /* a all of b, b all of a, one of both */
} pairs[] = {
	{"sshd", "sshd", true, true, true},
	{"sshd", "su", false, false, false},
	{"sshd,su", "sshd", true, false, true},
	{"sshd,su", "su,sudo-i", false, false, true},
	{"sshd,su", "nginx,sudo-i", false, false, false},
	{"*", "sshd", true, false, true},
	{"*", "*", true, true, true},
	{"*", "web", true, false, true},
	{"*", "none", true, false, true},
	{"web", "web", true, true, true},
	{"web", "nginx", true, false, true},
	{"web", "cockpit,nginx", true, true, true},
	{"web", "cockpit,nginx,sshd", false, true, true},
	{"web", "sshd", false, false, false},
	{"shell", "web", false, false, false},
	{"shell,web", "web", true, false, true},
	{"shell,web", "nginx,sshd", true, false, true},
	{"sshd,su,web", "shell", true, false, true},
	{"nginx,sshd", "shell", false, false, true},
	{"web", "we", false, false, false},
	{"sudo", "doas", true, true, true},
	{"shell", "none", true, false, false},
	{"none", "none", true, true, false},
};

START_TEST(covering)
{
	ck_assert_int_eq(scope_covers(named, pairs[_i].a, pairs[_i].b), pairs[_i].covers);
	ck_assert_int_eq(scope_covers(named, pairs[_i].b, pairs[_i].a), pairs[_i].covered);
}
END_TEST

START_TEST(overlapping)
{
	/* "any" of nothing and of what cannot be listed is not asked of lists with a star or an
	 * empty scope */
	bool vague = strchr(pairs[_i].a, '*') && strcmp(pairs[_i].b, "none") == 0;

	if (vague)
		return;
	ck_assert_int_eq(scope_overlap(named, pairs[_i].a, pairs[_i].b), pairs[_i].overlap);
	ck_assert_int_eq(scope_overlap(named, pairs[_i].b, pairs[_i].a), pairs[_i].overlap);
}
END_TEST

/* The three agree, service by service, for random lists. */
START_TEST(against_a_model)
{
	static const char *const words[] = {
		"cockpit", "doas", "nginx", "none", "shell", "sshd", "su", "sudo", "web"};
	static const char *const services[] = {
		"cockpit", "doas", "nginx", "none", "shell", "sshd", "su", "sudo", "web", "other"};

	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		char list[2][128] = {"", ""};
		bool covers = true, overlap = false;

		for (int l = 0; l < 2; l++)
			for (size_t i = 0; i < COUNT(words); i++)
				if (rand() % 3 == 0)
					sprintf(list[l] + strlen(list[l]), "%s%s",
						list[l][0] ? "," : "", words[i]);
		if (!list[0][0] || !list[1][0])
			continue;
		for (size_t i = 0; i < COUNT(services); i++) {
			bool a = scope_accepts(named, list[0], span_of(services[i]));
			bool b = scope_accepts(named, list[1], span_of(services[i]));

			covers &= a || !b;
			overlap |= a && b;
		}
		ck_assert_msg(scope_covers(named, list[0], list[1]) == covers, "%s covers %s",
			list[0], list[1]);
		ck_assert_msg(scope_overlap(named, list[0], list[1]) == overlap, "%s overlaps %s",
			list[0], list[1]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scope");
	TCase *t = tcase_create("scope");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, canonical, 0, COUNT(rows));
	tcase_add_test(t, every_byte);
	tcase_add_test(t, length_of_one);
	tcase_add_test(t, number_of_them);
	tcase_add_test(t, length_of_all);
	tcase_add_test(t, matches);
	tcase_add_test(t, names_of_scopes);
	tcase_add_loop_test(t, covering, 0, COUNT(pairs));
	tcase_add_loop_test(t, overlapping, 0, COUNT(pairs));
	tcase_add_test(t, against_a_model);
	suite_add_tcase(s, t);
	return unit_run(s);
}
