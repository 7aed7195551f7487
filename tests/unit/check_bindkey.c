/* check_bindkey.c: fingerprints, and what sshd says of the keys that were proved. */
#include <string.h>
#include <stdarg.h>

#include "common/limits.h"
#include "patd/bindkey.h"
#include "tests/unit/keys.h"
#include "tests/unit/unit.h"

static const struct {
	const char *what, *key, *certificate, *print;
} keys[] = {
	{"ed25519", KEY_ED25519, CERT_ED25519, PRINT_ED25519},
	{"rsa", KEY_RSA, CERT_RSA, PRINT_RSA},
	{"ecdsa 256", KEY_ECDSA256, CERT_ECDSA256, PRINT_ECDSA256},
	{"ecdsa 384", KEY_ECDSA384, CERT_ECDSA384, PRINT_ECDSA384},
	{"ecdsa 521", KEY_ECDSA521, CERT_ECDSA521, PRINT_ECDSA521},
	{"ed25519 of a security token", KEY_SK_ED25519, CERT_SK_ED25519, PRINT_SK_ED25519},
	{"ecdsa of a security token", KEY_SK_ECDSA, CERT_SK_ECDSA, PRINT_SK_ECDSA},
};

/* ---- fingerprints ---- */

START_TEST(fingerprints)
{
	static const struct {
		struct span text;
		bool valid;
	} cases[] = {
		{SPAN("SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M"), true},
		{SPAN(PRINT_ED25519), true},
		{SPAN(PRINT_RSA), true},
		{SPAN(PRINT_CA), true},
		{SPAN("SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), true},
		{SPAN("SHA256:++++++++++++++++++++++//////////////////////A"),
			false}, /* one more */
		{SPAN("SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6"), false},
		{SPAN("SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M="), false},
		{SPAN("SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M\0"), false},
		{SPAN("SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M\n"), false},
		{SPAN("sha256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M"), false},
		{SPAN("SHA512:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M"), false},
		{SPAN("jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M"), false},
		{SPAN("MD5:b1:94:6a:c9:24:92:d2:34:7c:62:35:b4:d2:61:11:84"), false},
		{SPAN("SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ-_"), false},
		{SPAN("SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6N"),
			false}, /* spare bits set */
		{SPAN("SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0 J6M"), false},
		{SPAN("SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUP\0"
		      "0wJ6M"),
			false},
		{SPAN(""), false},
		{SPAN("SHA256:"), false},
		{{NULL, 0}, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(bindkey_valid(cases[i].text) == cases[i].valid, "case %zu", i);
	for (size_t i = 0; i < COUNT(keys); i++)
		ck_assert(bindkey_valid(span_of(keys[i].print)));
}
END_TEST

/* Of the last digit's values only every fourth can end what base64 makes of 32 bytes. */
START_TEST(last_digits)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[] = PRINT_ED25519;

	for (unsigned c = 0; c < 256; c++) {
		const char *at = c ? strchr(digits, (int)c) : NULL;

		text[BINDKEY_LEN - 1] = (char)c;
		ck_assert_int_eq(bindkey_valid((struct span){text, BINDKEY_LEN}),
			at && (at - digits) % 4 == 0);
		text[BINDKEY_LEN - 1] = 'A';
		text[20] = (char)c;
		ck_assert_int_eq(bindkey_valid((struct span){text, BINDKEY_LEN}), at != NULL);
		text[20] = 'A';
	}
}
END_TEST

/* ---- what was proved ---- */

/* Asks with exactly these bytes, so that a sanitizer sees one too many. */
static bool proved(const char *print, const char *info, size_t n)
{
	char *exact = malloc(n ? n : 1);
	bool yes;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, info, n);
	yes = bindkey_proved(print, (struct span){exact, n});
	free(exact);
	return yes;
}

__attribute__((format(printf, 2, 3))) static bool proved_by(
	const char *print, const char *format, ...)
{
	static char info[4 * LIMIT_AUTH_INFO];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(info, sizeof(info), format, args);
	va_end(args);
	ck_assert_int_lt(n, (int)sizeof(info));
	return proved(print, info, (size_t)n);
}

/* Each key proves itself, by a certificate too, and no other. */
START_TEST(each_proves_itself)
{
	const char *key = keys[_i].key, *cert = keys[_i].certificate;

	for (size_t i = 0; i < COUNT(keys); i++) {
		bool own = i == (size_t)_i;

		ck_assert_msg(
			proved_by(keys[i].print, "publickey %s\n", key) == own, "%s", keys[i].what);
		ck_assert_msg(proved_by(keys[i].print, "publickey %s\n", cert) == own, "%s",
			keys[i].what);
		ck_assert(proved_by(keys[i].print, "publickey %s", key) == own);
		ck_assert(proved_by(keys[i].print, "publickey %s\npublickey %s\n", cert,
				  KEY_ED25519) == (own || i == 0));
	}
	ck_assert(!proved_by(PRINT_CA, "publickey %s\n", cert)); /* not who signed it */
}
END_TEST

START_TEST(lines)
{
	const char *key = keys[_i].key, *print = keys[_i].print, *blob = strchr(key, ' ') + 1;

	/* where it stands does not matter */
	ck_assert(proved_by(print, "password\npublickey %s\n", key));
	ck_assert(proved_by(print, "\n\n\npublickey %s\n\n", key));
	ck_assert(proved_by(
		print, "publickey x y\npublickey\npublickey %s\nkeyboard-interactive/pam", key));
	ck_assert(proved_by(
		print, "publickey whatever %s\n", blob)); /* the key says its kind itself */
	/* anything else proves nothing */
	ck_assert(!proved_by(print, "%s\n", key));
	ck_assert(!proved_by(print, "hostbased %s\n", key));
	ck_assert(!proved_by(print, "Publickey %s\n", key));
	ck_assert(!proved_by(print, "publickey-hostbound-v00@openssh.com %s\n", key));
	ck_assert(!proved_by(print, "xpublickey %s\n", key));
	ck_assert(!proved_by(print, " publickey %s\n", key));
	ck_assert(!proved_by(print, "publickey\t%s\n", key));
	ck_assert(!proved_by(print, "publickey  %s\n", key));
	ck_assert(!proved_by(print, "publickey %s\n", blob));
	ck_assert(!proved_by(print, "publickey %s comment\n", key));
	ck_assert(!proved_by(print, "publickey %s \n", key));
	ck_assert(!proved_by(print, "publickey %s\r\n", key));
	ck_assert(!proved_by(print, "publickey\n%s\n", key));
	ck_assert(!proved_by(print, "publickey x\n%s\n", blob));
	ck_assert(!proved_by(print, "password publickey %s\n", key));
	ck_assert(!proved_by(print, "publickey %s", print));
	ck_assert(!proved_by(print, "publickey x %s", print));
	ck_assert(!proved_by(print, "publickey %s=\n", key));
	ck_assert(!proved_by(print, "publickey x \n"));
	ck_assert(!proved_by(print, "publickey  \n"));
	ck_assert(!proved_by(print, "publickey \n"));
	ck_assert(!proved_by(print, "\n"));
	ck_assert(!proved(print, "", 0));
	ck_assert(!bindkey_proved(print, (struct span){NULL, 0}));
}
END_TEST

/* Cut short anywhere, or with any character changed, it is another key or none. */
START_TEST(every_byte_matters)
{
	char info[LIMIT_AUTH_INFO];
	size_t n = (size_t)snprintf(info, sizeof(info), "publickey %s", keys[_i].key);
	size_t blob = (size_t)(strrchr(info, ' ') + 1 - info);

	for (size_t cut = 0; cut < n; cut++)
		ck_assert_msg(!proved(keys[_i].print, info, cut), "cut to %zu", cut);
	for (size_t i = blob; i < n; i++) {
		char before = info[i];

		for (const char *c = "A+/=b\n \xff"; *c; c++) {
			info[i] = *c;
			ck_assert_msg(proved(keys[_i].print, info, n) == (*c == before),
				"%02x at %zu", (uint8_t)*c, i);
		}
		info[i] = '\0';
		ck_assert(!proved(keys[_i].print, info, n));
		info[i] = before;
	}
}
END_TEST

/* A certificate that is cut proves nothing; one whose key is cut out of it neither. */
START_TEST(cut_certificates)
{
	char info[LIMIT_AUTH_INFO];
	size_t n = (size_t)snprintf(info, sizeof(info), "publickey %s", keys[_i].certificate);
	size_t whole = 0;

	for (size_t cut = 0; cut < n; cut++)
		whole += proved(keys[_i].print, info, cut);
	/* what follows the key in it is sshd's business, which has checked it */
	ck_assert_uint_lt(whole, n);
	ck_assert(!proved(keys[_i].print, info, 60));
	ck_assert(!proved(keys[_i].print, info, 100));
}
END_TEST

START_TEST(as_much_as_may_come)
{
	static char info[LIMIT_AUTH_INFO + 1];
	size_t n = sizeof(info) - 1;

	/* the key at the very end */
	memset(info, '\n', n);
	memcpy(info + n - strlen("publickey " KEY_ED25519), "publickey " KEY_ED25519,
		strlen("publickey " KEY_ED25519));
	ck_assert(proved(PRINT_ED25519, info, n));
	/* one line of base64 */
	memset(info, 'A', n);
	memcpy(info, "publickey x ", 12);
	ck_assert(!proved(PRINT_ED25519, info, n));
	memset(info, ' ', n);
	ck_assert(!proved(PRINT_ED25519, info, n));
	for (size_t i = 0; i < n; i++)
		info[i] = "publickey "[i % 10];
	ck_assert(!proved(PRINT_ED25519, info, n));
}
END_TEST

/* Lengths inside that lie. */
START_TEST(blobs_that_lie)
{
	static const char *const blobs[] = {
		"/////w==",
		"AAAAAA==",
		"AAAAAQ==",
		"AAAA/w==",
		"AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t",
		"AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t/////w==",
		"AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAAP////8=",
		"AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAAA==",
		"AAAAHHNzaC1yc2EtY2VydC12MDFAb3BlbnNzaC5jb20AAAAAAAAAAQ==",
	};

	for (size_t i = 0; i < COUNT(blobs); i++)
		for (size_t k = 0; k < COUNT(keys); k++)
			ck_assert(!proved_by(keys[k].print, "publickey x %s\n", blobs[i]));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bindkey");
	TCase *t = tcase_create("bindkey");

	tcase_set_timeout(t, 60); /* for the sanitizers' sake */
	tcase_add_test(t, fingerprints);
	tcase_add_test(t, last_digits);
	tcase_add_loop_test(t, each_proves_itself, 0, COUNT(keys));
	tcase_add_loop_test(t, lines, 0, COUNT(keys));
	tcase_add_loop_test(t, every_byte_matters, 0, COUNT(keys));
	tcase_add_loop_test(t, cut_certificates, 0, COUNT(keys));
	tcase_add_test(t, as_much_as_may_come);
	tcase_add_test(t, blobs_that_lie);
	suite_add_tcase(s, t);
	return unit_run(s);
}
