/* check_config.c: pat.conf's keys and values, and the prefixes and durations made of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/proto.h"
#include "tests/unit/conf.h"

#define DAY 86400

enum { WHY_SIZE = 512 };

/* ---- texts ---- */

static int parse_span(struct span bytes, struct config **out, char why[WHY_SIZE])
{
	struct config_text t = {0};
	int err;

	why[0] = '\0';
	conf_add(&t, "pat.conf", bytes);
	err = config_parse(&t, out, why, WHY_SIZE);
	config_text_free(&t);
	return err;
}

static struct config *parsed(const char *text)
{
	struct config *c = NULL;
	char why[WHY_SIZE];

	ck_assert_msg(parse_span(span_of(text), &c, why) == 0, "\"%s\": %s", text, why);
	ck_assert_ptr_nonnull(c);
	return c;
}

/* One line that begins with `pat.conf:LINE: `, and no configuration. */
static void refused_at(struct span text, unsigned line)
{
	struct config *c = NULL;
	char why[WHY_SIZE], where[32];

	ck_assert_msg(parse_span(text, &c, why) == ERR_INVALID, "accepted: \"%.*s\"",
		(int)(text.n < 80 ? text.n : 80), text.p);
	ck_assert_ptr_null(c);
	snprintf(where, sizeof(where), "pat.conf:%u: ", line);
	ck_assert_msg(strncmp(why, where, strlen(where)) == 0, "\"%.*s\" told as \"%s\"",
		(int)(text.n < 80 ? text.n : 80), text.p, why);
	ck_assert_msg(strlen(why) > strlen(where), "%s", why);
	for (const char *p = why; *p; p++)
		ck_assert_msg(
			(uint8_t)*p >= 0x20 && *p != 0x7f, "%02x in \"%s\"", (uint8_t)*p, why);
}

/* ---- values ---- */

static void check_defaults(struct config *c)
{
	ck_assert_str_eq(c->token_prefix, "pat");
	ck_assert_uint_eq(c->old_prefixes.n, 0);
	ck_assert_str_eq(c->default_scopes, "sshd");
	ck_assert_uint_eq(c->default_lifetime, 0);
	ck_assert_uint_eq(c->warn_before, 7 * DAY);
	ck_assert_uint_eq(c->max_tokens, 100);
	ck_assert(!c->root_tokens);
	ck_assert_int_eq(c->reauth, REAUTH_PAM);
	config_unref(c);
}

START_TEST(defaults)
{
	static const char *const texts[] = {"", "\n", "# nothing\n", " \t\n\n# x"};
	struct config_text none = {0};
	struct config *c;
	char why[WHY_SIZE];

	ck_assert_int_eq(config_parse(&none, &c, why, sizeof(why)), 0);
	check_defaults(c);
	for (size_t i = 0; i < COUNT(texts); i++)
		check_defaults(parsed(texts[i]));
	/* said aloud, they are the same */
	check_defaults(parsed("token_prefix = \"pat\"\nold_prefixes = {}\n"
			      "default_scopes = {\"sshd\"}\ndefault_lifetime = \"never\"\n"
			      "warn_before = \"7d\"\nmax_tokens = 100\nroot_tokens = false\n"
			      "reauth = \"pam\"\n"));
}
END_TEST

START_TEST(every_key)
{
	struct config *c = parsed("token_prefix = \"acme\"\n"
				  "old_prefixes = {\"pat\", \"corp\"}\n"
				  "default_scopes = {\"sudo\", \"sshd\", \"sudo\"}\n"
				  "default_lifetime = \"90d\"\n"
				  "warn_before = \"never\"\n"
				  "max_tokens = 3\n"
				  "root_tokens = true\n"
				  "reauth = \"root-only\"\n");

	ck_assert_str_eq(c->token_prefix, "acme");
	ck_assert_uint_eq(c->old_prefixes.n, 2);
	ck_assert_str_eq(c->old_prefixes.item[0], "corp");
	ck_assert_str_eq(c->old_prefixes.item[1], "pat");
	ck_assert_str_eq(c->default_scopes, "sshd,sudo");
	ck_assert_uint_eq(c->default_lifetime, 90 * DAY);
	ck_assert_uint_eq(c->warn_before, 0);
	ck_assert_uint_eq(c->max_tokens, 3);
	ck_assert(c->root_tokens);
	ck_assert_int_eq(c->reauth, REAUTH_ROOT_ONLY);
	config_unref(c);
}
END_TEST

/* Values at the ends of what is accepted. */
static const char *const accepted[] = {
	"token_prefix = pa",
	"token_prefix = \"p0\"",
	"token_prefix = \"abcdefg\"",
	"old_prefixes = {ab, \"abcdefg\", c9}",
	"old_prefixes = {}",
	"default_scopes = {\"*\"}",
	"default_scopes = {su, su-l, sudo-i, \"a.b_c+d\"}",
	"default_lifetime = 1s",
	"default_lifetime = \"90d\"",
	"default_lifetime = never",
	"warn_before = 1y",
	"max_tokens = 1",
	"max_tokens = 100000",
	"max_tokens = \"7\"",
	"root_tokens = true",
	"root_tokens = false",
	"reauth = pam",
	"reauth = root-only",
};

START_TEST(accepted_values)
{
	config_unref(parsed(accepted[_i]));
}
END_TEST

/* With and without quotes, a word is the same value; what would lose a sign needs the quotes. */
START_TEST(words_are_taken_whole)
{
	static const char *const words[] = {
		"a", "a.b", "a_b", "a-b", "0", "a+b", "a+", "a++", "0+1"};

	for (size_t i = 0; i < COUNT(words); i++) {
		char text[128];
		struct config *c;

		snprintf(text, sizeof(text), "default_scopes = {\"%s\"}", words[i]);
		c = parsed(text);
		ck_assert_str_eq(c->default_scopes, words[i]);
		config_unref(c);
		snprintf(text, sizeof(text), "default_scopes = {%s}", words[i]);
		if (strchr(words[i], '+')) {
			refused_at(span_of(text), 1);
			continue;
		}
		c = parsed(text);
		ck_assert_str_eq(c->default_scopes, words[i]);
		config_unref(c);
	}
}
END_TEST

/* A star beside a word makes it none, rather than vanishing. */
START_TEST(stars_do_not_vanish)
{
	refused_at(SPAN("default_scopes = {*}\n"), 1);
	refused_at(SPAN("default_scopes = {sshd*}\n"), 1);
	refused_at(SPAN("default_scopes = {\"sshd*\"}\n"), 1);
	refused_at(SPAN("default_scopes = {*sshd}\n"), 1);
	refused_at(SPAN("max_tokens = 1*\n"), 1);
	refused_at(SPAN("token_prefix = pat*\n"), 1);
	refused_at(SPAN("default_lifetime = 1d*\n"), 1);
}
END_TEST

/* A list that does not fit is refused, and not cut to what does. */
START_TEST(too_many_default_scopes)
{
	char text[4096];
	size_t n;

	for (int count = 17; count <= 41; count += 8) { /* each fits, all together don't */
		n = (size_t)sprintf(text, "default_scopes = {");
		for (int i = 0; i < count; i++)
			n += (size_t)sprintf(text + n, "\"%0*d\",", 1100 / count, i);
		n += (size_t)sprintf(text + n, "}\n");
		refused_at((struct span){text, n}, 1);
	}
}
END_TEST

static const struct {
	unsigned line;
	const char *text;
} refused[] = {
	/* keys */
	{1, "token_prefix"},
	{1, "nonsense = 1\n"},
	{1, "Token_prefix = pat\n"},
	{1, "token_prefixes = pat\n"},
	{1, "token_prefi = pat\n"},
	{2, "token_prefix = pat\ntoken_prefix = pat\n"},
	{4, "max_tokens = 1\n\n# again\nmax_tokens = 1\n"},
	{2, "old_prefixes = {}\nold_prefixes = {ab}\n"},
	{3, "\n\nnonsense = 1\n"},
	{1, "scope \"web\" { servces = {\"nginx\"} }\n"},
	{2, "account \"deploy\" {\n"},
	/* after comments, whose lines libconfuse counts twice */
	{2, "# fine\nmax_tokens = many\n"},
	{4, "\n# \"\n#\nmax_tokens = many # why\n"},
	{3, "old_prefixes = { # {\n\tab, # \"\n\t\"#\" }\n"},
	{1, "include(\"/etc/passwd\")\n"},
	{1, "__unknown = 1\n"},

	/* shapes */
	{1, "old_prefixes = ab\n"},
	{1, "old_prefixes = \"ab\"\n"},
	{1, "default_scopes = \"sshd\"\n"},
	{1, "token_prefix = {pat}\n"},
	{1, "max_tokens = {1}\n"},
	{1, "root_tokens = {true}\n"},
	{1, "old_prefixes = {ab"},
	{3, "\nold_prefixes = {ab\n"},
	{1, "old_prefixes += {ab}\n"},
	{1, "token_prefix += pat\n"},
	{1, "token_prefix ="},

	/* what libconfuse would take besides */
	{1, "// max_tokens = 1\n"},
	{1, "/* max_tokens = 1 */\n"},
	{2, "max_tokens = 1\n/*\n"},
	{1, "token_prefix = \"${HOME}\"\n"},
	{1, "token_prefix = ${HOME}\n"},
	{1, "token_prefix = \"p\\x61t\"\n"},
	{1, "token_prefix = 'pat'\n"},
	{1, "token_prefix = \"pa\nt\"\n"},

	/* token_prefix and old_prefixes */
	{1, "token_prefix = \"\"\n"},
	{1, "token_prefix = p\n"},
	{1, "token_prefix = abcdefgh\n"},
	{1, "token_prefix = Pat\n"},
	{1, "token_prefix = 0pat\n"},
	{1, "token_prefix = p-t\n"},
	{1, "token_prefix = p_t\n"},
	{1, "token_prefix = \"pa t\"\n"},
	{1, "token_prefix = \"pat \"\n"},
	{1, "token_prefix = p*\n"},
	{1, "old_prefixes = {\"\"}\n"},
	{1, "old_prefixes = {a}\n"},
	{1, "old_prefixes = {ab, A0}\n"},
	{1, "old_prefixes = {abcdefgh}\n"},

	/* default_scopes */
	{1, "default_scopes = {}\n"},
	{1, "default_scopes = {\"\"}\n"},
	{1, "default_scopes = {SSHD}\n"},
	{1, "default_scopes = {\"sshd,sudo\", \"\"}\n"},
	{1, "default_scopes = {patctl}\n"},
	{1, "default_scopes = {sshd, patctl}\n"},
	{1, "default_scopes = {\"s shd\"}\n"},
	{1, "default_scopes = {\"../sshd\"}\n"},

	/* durations */
	{1, "default_lifetime = \"\"\n"},
	{1, "default_lifetime = 90\n"},
	{1, "default_lifetime = d\n"},
	{1, "default_lifetime = 0d\n"},
	{1, "default_lifetime = -1d\n"},
	{1, "default_lifetime = +1d\n"},
	{1, "default_lifetime = \"1 d\"\n"},
	{1, "default_lifetime = 1D\n"},
	{1, "default_lifetime = 1d1h\n"},
	{1, "default_lifetime = 1.5d\n"},
	{1, "default_lifetime = Never\n"},
	{1, "default_lifetime = 99999999999999999999d\n"},
	{1, "warn_before = 7\n"},
	{1, "warn_before = 7days\n"},

	/* max_tokens */
	{1, "max_tokens = 0\n"},
	{1, "max_tokens = -1\n"},
	{1, "max_tokens = +1\n"},
	{1, "max_tokens = 100001\n"},
	{1, "max_tokens = 1.5\n"},
	{1, "max_tokens = 0x10\n"},
	{1, "max_tokens = 1e3\n"},
	{1, "max_tokens = \"\"\n"},
	{1, "max_tokens = \" 1\"\n"},
	{1, "max_tokens = ten\n"},
	{1, "max_tokens = 18446744073709551617\n"},
	{1, "max_tokens = 4294967297\n"},
	{1, "max_tokens = never\n"},

	/* root_tokens, reauth */
	{1, "root_tokens = maybe\n"},
	{1, "root_tokens = \"\"\n"},
	{1, "root_tokens = 2\n"},
	{1, "root_tokens = tru\n"},
	{1, "reauth = none\n"},
	{1, "reauth = \"\"\n"},
	{1, "reauth = root\n"},
	{1, "reauth = PAM\n"},
	{3, "max_tokens = 5\n\nreauth = none\n"},
};

START_TEST(refused_values)
{
	refused_at(span_of(refused[_i].text), refused[_i].line);
}
END_TEST

/* PREFIX, PREFIXs and PREFIXx of all prefixes must be different texts. */
START_TEST(prefixes_that_collide)
{
	static const char *const texts[] = {
		"old_prefixes = {pats}",
		"old_prefixes = {patx}",
		"token_prefix = pats\nold_prefixes = {pat}",
		"token_prefix = acmex\nold_prefixes = {acme}",
		"old_prefixes = {ab, abs}",
		"old_prefixes = {abx, ab}",
	};
	static const char *const fine[] = {
		"old_prefixes = {pa, patt, pt}",
		"old_prefixes = {sat, xat}",
		"old_prefixes = {patsx}",
		"old_prefixes = {ps, px}",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct config *c = NULL;
		char why[WHY_SIZE];

		ck_assert_msg(
			parse_span(span_of(texts[i]), &c, why) == ERR_INVALID, "%s", texts[i]);
		ck_assert_ptr_null(c);
		ck_assert_msg(strstr(why, "prefix") != NULL, "%s", why);
	}
	for (size_t i = 0; i < COUNT(fine); i++)
		config_unref(parsed(fine[i]));
}
END_TEST

START_TEST(junk)
{
	static const struct span texts[] = {
		SPAN("\0"),
		SPAN("max_tokens = 1\0\n"),
		SPAN("max_tokens = 1\n\0max_tokens = 2\n"),
		SPAN("# a\0b\n"),
		SPAN("\x7f"
		     "ELF\2\1\1\0\0\0\0\0"),
		SPAN("\xff\xfe"
		     "m\0a\0x\0"),
		SPAN("\xef\xbb\xbfmax_tokens = 1\n"),
		SPAN("max_tokens = \x01\n"),
		SPAN("token_prefix = \"p\x01t\"\n"),
		SPAN("token_prefix = \"p\xff\"\n"),
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		refused_at(texts[i], i == 2 ? 2 : 1);
}
END_TEST

/* A parser that cuts long lines would shorten lists silently. */
START_TEST(very_long_strings)
{
	enum { N = 1 << 20 };
	char *text = malloc(N + 64);
	size_t n;

	ck_assert_ptr_nonnull(text);
	n = (size_t)sprintf(text, "token_prefix = \"");
	memset(text + n, 'a', N);
	memcpy(text + n + N, "\"\n", 2);
	refused_at((struct span){text, n + N + 2}, 1);
	n = (size_t)sprintf(text, "# ");
	memset(text + n, 'a', N);
	n += N;
	n += (size_t)sprintf(text + n, "\nmax_tokens = 7\n");
	{
		struct config *c = NULL;
		char why[WHY_SIZE];

		ck_assert_int_eq(parse_span((struct span){text, n}, &c, why), 0);
		ck_assert_uint_eq(c->max_tokens, 7);
		config_unref(c);
	}
	free(text);
}
END_TEST

/* `count` prefixes of three characters, none of which collides: b00, b01, ... */
static size_t make_prefixes(char *text, unsigned count)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrtuvwyz"; /* no s, no x */
	size_t n = (size_t)sprintf(text, "old_prefixes = {"), radix = sizeof(digits) - 1;

	for (unsigned i = 0; i < count; i++)
		n += (size_t)sprintf(text + n, "%s\"b%c%c%c\"", i ? ",\n\t" : "",
			digits[i / radix / radix], digits[i / radix % radix], digits[i % radix]);
	return n + (size_t)sprintf(text + n, "}\nmax_tokens = 5\n");
}

START_TEST(lists_of_20000)
{
	char *text = malloc(20001 * 16 + 64), why[WHY_SIZE];
	struct config *c = NULL;
	size_t n;

	ck_assert_ptr_nonnull(text);
	n = make_prefixes(text, 20000);
	ck_assert_msg(parse_span((struct span){text, n}, &c, why) == 0, "%s", why);
	ck_assert_uint_eq(c->old_prefixes.n, 20000);
	ck_assert_str_eq(c->old_prefixes.item[0], "b000");
	ck_assert_uint_eq(strlen(c->old_prefixes.item[19999]), 4);
	ck_assert_uint_eq(c->max_tokens, 5);
	config_unref(c);

	n = make_prefixes(text, 20001);
	c = NULL;
	ck_assert_int_eq(parse_span((struct span){text, n}, &c, why), ERR_INVALID);
	ck_assert_ptr_null(c);
	ck_assert_msg(strncmp(why, "pat.conf:", 9) == 0, "%s", why);
	free(text);
}
END_TEST

/* ---- several files ---- */

START_TEST(later_files_override)
{
	struct config_text t = {0};
	struct config *c;
	char why[WHY_SIZE];

	conf_add(&t, "pat.conf",
		SPAN("max_tokens = 1\nold_prefixes = {ab, cd}\nreauth = root-only\n"));
	conf_add(&t, "pat.conf.d/10.conf", SPAN("max_tokens = 2\n"));
	conf_add(&t, "pat.conf.d/20.conf", SPAN(""));
	conf_add(&t, "pat.conf.d/30.conf", SPAN("max_tokens = 3\nold_prefixes = {ef}\n"));
	ck_assert_msg(config_parse(&t, &c, why, sizeof(why)) == 0, "%s", why);
	ck_assert_uint_eq(c->max_tokens, 3);
	ck_assert_int_eq(c->reauth, REAUTH_ROOT_ONLY);
	ck_assert_uint_eq(c->old_prefixes.n, 1); /* replaced, not added to */
	ck_assert_str_eq(c->old_prefixes.item[0], "ef");
	config_unref(c);
	config_text_free(&t);
}
END_TEST

START_TEST(errors_name_their_file)
{
	struct config_text t = {0};
	struct config *c = NULL;
	char why[WHY_SIZE];

	conf_add(&t, "/etc/security/pat.conf", SPAN("max_tokens = 1\n"));
	conf_add(&t, "/etc/security/pat.conf.d/a.conf", SPAN("\n\nmax_tokens = 0\n"));
	conf_add(&t, "/etc/security/pat.conf.d/b.conf", SPAN("max_tokens = 2\n"));
	ck_assert_int_eq(config_parse(&t, &c, why, sizeof(why)), ERR_INVALID);
	ck_assert_ptr_null(c);
	ck_assert_msg(strncmp(why, "/etc/security/pat.conf.d/a.conf:3: ", 35) == 0, "%s", why);
	config_text_free(&t);
}
END_TEST

/* Whatever the files' bytes are cut to, they are refused or whole. */
START_TEST(cut_texts)
{
	struct config_text t = {0};
	size_t first, second;

	conf_add(&t, "a", SPAN("max_tokens = 1\n"));
	first = t.n;
	conf_add(&t, "b", SPAN("max_tokens = 22\n"));
	second = t.n;
	for (size_t n = 0; n <= second; n++) {
		struct config_text cut = {malloc(n ? n : 1), n};
		struct config *c = NULL;
		char why[WHY_SIZE] = "";
		int err;

		ck_assert_ptr_nonnull(cut.p);
		memcpy(cut.p, t.p, n);
		err = config_parse(&cut, &c, why, sizeof(why));
		if (n == 0 || n == first || n == second) {
			ck_assert_int_eq(err, 0);
			ck_assert_uint_eq(c->max_tokens, n == 0 ? 100 : n == first ? 1 : 22);
			config_unref(c);
		} else {
			ck_assert_msg(err == ERR_INVALID, "%zu bytes: %d", n, err);
			ck_assert_str_ne(why, "");
			ck_assert_ptr_null(c);
		}
		free(cut.p);
	}
	config_text_free(&t);
}
END_TEST

START_TEST(lengths_that_lie)
{
	static const uint32_t lengths[] = {16, 14, 1000, 0x7fffffff, 0x80000000, 0xffffffff};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct config_text t = {0};
		struct config *c = NULL;
		char why[WHY_SIZE] = "";

		conf_add(&t, "a", SPAN("max_tokens = 1\n"));
		for (unsigned b = 0; b < 4; b++)
			t.p[2 + b] = (char)(lengths[i] >> (24 - 8 * b));
		ck_assert_int_eq(config_parse(&t, &c, why, sizeof(why)), ERR_INVALID);
		ck_assert_ptr_null(c);
		config_text_free(&t);
	}
}
END_TEST

START_TEST(freed_texts)
{
	struct config_text t = {0};

	config_text_free(&t);
	conf_add(&t, "a", SPAN(""));
	config_text_free(&t);
}
END_TEST

START_TEST(references)
{
	struct config *c = parsed("max_tokens = 7");

	ck_assert_ptr_eq(config_ref(c), c);
	ck_assert_ptr_eq(config_ref(c), c);
	config_unref(c);
	config_unref(c);
	ck_assert_uint_eq(c->max_tokens, 7); /* the first is left */
	config_unref(c);
	config_unref(NULL);
}
END_TEST

/* ---- prefixes ---- */

START_TEST(prefixes)
{
	static const struct {
		const char *prefix;
		uint8_t kind; /* 0: not ours */
	} cases[] = {
		{"acme", KIND_PERSONAL},
		{"acmes", KIND_SERVICE},
		{"acmex", KIND_EXCHANGED},
		{"pat", KIND_PERSONAL},
		{"pats", KIND_SERVICE},
		{"patx", KIND_EXCHANGED},
		{"corps", KIND_PERSONAL},
		{"corpss", KIND_SERVICE},
		{"corpsx", KIND_EXCHANGED},
		{"corp", 0},
		{"acm", 0},
		{"acmesx", 0},
		{"acmea", 0},
		{"ACME", 0},
		{"acme ", 0},
		{"pa", 0},
		{"patt", 0},
		{"s", 0},
		{"x", 0},
		{"", 0},
		{"ghp", 0},
	};
	struct config *c = parsed("token_prefix = acme\nold_prefixes = {pat, corps}\n");
	char out[TOKEN_PREFIX_MAX + 1];

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t kind = 77;

		ck_assert_msg(config_prefix_kind(c, cases[i].prefix, &kind) == (cases[i].kind != 0),
			"%s", cases[i].prefix);
		ck_assert_uint_eq(kind, cases[i].kind ? cases[i].kind : 77);
	}
	config_prefix(c, KIND_PERSONAL, out);
	ck_assert_str_eq(out, "acme");
	config_prefix(c, KIND_SERVICE, out);
	ck_assert_str_eq(out, "acmes");
	config_prefix(c, KIND_EXCHANGED, out);
	ck_assert_str_eq(out, "acmex");
	config_unref(c);
}
END_TEST

START_TEST(longest_prefix)
{
	struct config *c = parsed("token_prefix = abcdefg");
	char out[TOKEN_PREFIX_MAX + 1];
	uint8_t kind;

	config_prefix(c, KIND_SERVICE, out);
	ck_assert_str_eq(out, "abcdefgs");
	ck_assert(config_prefix_kind(c, out, &kind));
	ck_assert_uint_eq(kind, KIND_SERVICE);
	ck_assert(!config_prefix_kind(c, "pat", &kind)); /* no longer, unless listed */
	config_unref(c);
}
END_TEST

/* ---- durations ---- */

START_TEST(durations)
{
	static const struct {
		const char *text;
		bool fine;
		uint64_t seconds;
	} cases[] = {
		{"1s", true, 1},
		{"1m", true, 60},
		{"1h", true, 3600},
		{"1d", true, DAY},
		{"1w", true, 7 * DAY},
		{"1y", true, 365 * DAY},
		{"90d", true, 90 * DAY},
		{"015m", true, 900},
		{"24h", true, DAY},
		{"never", true, 0},
		{"", false, 0},
		{"0s", false, 0},
		{"0", false, 0},
		{"1", false, 0},
		{"s", false, 0},
		{"-1s", false, 0},
		{"+1s", false, 0},
		{" 1s", false, 0},
		{"1s ", false, 0},
		{"1 s", false, 0},
		{"1ss", false, 0},
		{"1S", false, 0},
		{"1mo", false, 0},
		{"1d12h", false, 0},
		{"1.5h", false, 0},
		{"0x1s", false, 0},
		{"never ", false, 0},
		{"nevers", false, 0},
		{"NEVER", false, 0},
		{"18446744073709551615s", false, 0},
		{"18446744073709551616s", false, 0},
		{"18446744073709551616y", false, 0},
		{"584942417356y", false, 0},
		{"99999999999999999999999999999999s", false, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t seconds = 77;

		ck_assert_msg(config_duration(cases[i].text, &seconds) == cases[i].fine, "\"%s\"",
			cases[i].text);
		ck_assert_uint_eq(seconds, cases[i].fine ? cases[i].seconds : 77);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");

	tcase_set_timeout(t, 60); /* for the sanitizers' sake */
	tcase_add_test(t, defaults);
	tcase_add_test(t, every_key);
	tcase_add_loop_test(t, accepted_values, 0, COUNT(accepted));
	tcase_add_test(t, words_are_taken_whole);
	tcase_add_test(t, stars_do_not_vanish);
	tcase_add_test(t, too_many_default_scopes);
	tcase_add_loop_test(t, refused_values, 0, COUNT(refused));
	tcase_add_test(t, prefixes_that_collide);
	tcase_add_test(t, junk);
	tcase_add_test(t, very_long_strings);
	tcase_add_test(t, later_files_override);
	tcase_add_test(t, errors_name_their_file);
	tcase_add_test(t, cut_texts);
	tcase_add_test(t, lengths_that_lie);
	tcase_add_test(t, freed_texts);
	tcase_add_test(t, references);
	tcase_add_test(t, prefixes);
	tcase_add_test(t, longest_prefix);
	tcase_add_test(t, durations);
	suite_add_tcase(s, t);
	t = tcase_create("long lists");
	tcase_set_timeout(t, 30);
	tcase_add_test(t, lists_of_20000);
	suite_add_tcase(s, t);
	return unit_run(s);
}
