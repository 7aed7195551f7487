/* check_answer.c: which prompts an askpass file answers, and which files are none. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "patctl/answer.h"

/* Two texts with right checksums. */
#define ONE	"pat_4fJk29sQxZbGm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd1iHlU4"
#define TWO	"pats_000000000000000000000000000000000000000000000000000000496EB6"
#define NOT_ONE "pat_4fJk29sQxZbGm1abcdefghijABCDEFGHIJ0123456789klmnopq7Qd1iHlU5"

static const struct {
	const char *where, *prompt;
	bool matches;
} prompts[] = {
	{"alice@host", "alice@host's password:", true},
	{"alice@host", "alice@host's password: ", true},
	{"alice@host", "(alice@host) Password: ", true},
	{"alice@host", "(alice@host) Password or token:", true},
	{"alice@host", "(alice@host) ", true},
	{"alice@corp@host", "alice@corp@host's password: ", true},
	{"sudo:alice", "[sudo] password for alice:", true},
	{"sudo:alice", "[sudo] password for alice: ", true},
	{"sudo:alice@corp", "[sudo] password for alice@corp: ", true},

	{"alice@host", "", false},
	{"alice@host", "alice@host", false},
	{"alice@host", "alice@host's password", false},
	{"alice@host", "alice@host's password:  ", false},
	{"alice@host", "alice@host's password:\n", false},
	{"alice@host", "alice@host's password: \n", false},
	{"alice@host", "alice@host's password: x", false},
	{"alice@host", "Alice@host's password: ", false},
	{"alice@host", "malice@host's password: ", false},
	{"alice@host", " alice@host's password: ", false},
	{"alice@host", "alice@host.evil's password: ", false},
	{"alice@host.evil", "alice@host's password: ", false},
	{"alice@host", "alice@hos's password: ", false},
	{"alice@host", "bob@host's password: ", false},
	{"alice@host", "x\nalice@host's password: ", false},
	/* a hostile server's text, behind its own name */
	{"alice@host", "(alice@evil) alice@host's password: ", false},
	{"alice@host", "(alice@evil) (alice@host) Password: ", false},
	{"alice@host", "(alice@host)Password: ", false},
	{"alice@host", "(alice@host)", false},
	{"alice@host", "(alice@hosts) Password: ", false},
	{"alice@host", " (alice@host) Password: ", false},
	{"alice@host", "(alice@host) The host key\nPassword: ", false},
	{"alice@host", "(alice@host) Password:\r\n", false},
	/* what others ask of an askpass program */
	{"alice@host", "Password for 'https://alice@host': ", false},
	{"alice@host", "Username for 'https://host': ", false},
	{"alice@host", "Password: ", false},
	{"alice@host", "Enter passphrase for key '/home/alice/.ssh/id_ed25519': ", false},
	{"alice@host",
		"The authenticity of host 'host (::1)' can't be established.\n"
		"Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
		false},
	{"alice@host", "Allow use of key alice@host?\nKey fingerprint SHA256:x.", false},
	{"alice@host", "[sudo] password for alice: ", false},
	{"alice@host", "[sudo] password for alice@host: ", false},
	{"sudo:alice", "[sudo] password for bob: ", false},
	{"sudo:alice", "[sudo] password for alicea: ", false},
	{"sudo:alice", "[sudo] password for alic: ", false},
	{"sudo:alice", "[sudo] password for alice: x", false},
	{"sudo:alice", "[sudo] password for alice", false},
	{"sudo:alice", "[sudo] password for root: ", false},
	{"sudo:alice", "sudo:alice's password: ", false},
	{"sudo:alice", "(sudo:alice) Password: ", false},
	{"sudo:alice@host", "alice@host's password: ", false},
};

START_TEST(matching)
{
	ck_assert_msg(answer_matches(span_of(prompts[_i].where), prompts[_i].prompt) ==
			      prompts[_i].matches,
		"%s: %s", prompts[_i].where, prompts[_i].prompt);
}
END_TEST

/* A file, asked for alice@host. */
static const struct {
	const char *text, *token; /* NULL: none */
	size_t line;		  /* of the fault, else 0 */
} files[] = {
	{"", NULL, 0},
	{"\n\n", NULL, 0},
	{"# nothing\n  # here\n \t\n", NULL, 0},
	{ONE " alice@host", ONE, 0},
	{ONE " alice@host\n", ONE, 0},
	{"\t" ONE "\t alice@host \t\n", ONE, 0},
	{ONE " bob@host sudo:alice alice@host\n", ONE, 0},
	{ONE " bob@host\n" TWO " alice@host\n", TWO, 0},
	{TWO " alice@host\n" ONE " alice@host\n", TWO, 0},
	{"#" ONE " alice@host\n", NULL, 0},
	{ONE " #alice@host\n", NULL, 0},
	{ONE " sudo:alice\n", NULL, 0},
	/* a fault anywhere, before or behind what would answer */
	{ONE "\n", NULL, 1},
	{ONE " alice\n", NULL, 1},
	{ONE " @host\n", NULL, 1},
	{ONE " alice@\n", NULL, 1},
	{ONE " @\n", NULL, 1},
	{ONE " sudo:\n", NULL, 1},
	{"alice@host " ONE "\n", NULL, 1},
	{NOT_ONE " alice@host\n", NULL, 1},
	{"x" ONE "x alice@host\n", NULL, 1},
	{"hunter2 alice@host\n", NULL, 1},
	{ONE " alice@host\r\n", NULL, 1},
	{ONE " alice@host\n\n# x\nrubbish\n", NULL, 4},
	{ONE " alice@host\n" ONE " alice@host alice", NULL, 2},
	{ONE " alice@host al\x01ice@host\n", NULL, 1},
};

START_TEST(files_of_all_kinds)
{
	struct span token = {"untouched", 9};
	size_t line = 0;
	size_t n = strlen(files[_i].text);
	char *text = malloc(n + 1); /* n bytes and no NUL behind them */
	int err;

	ck_assert_ptr_nonnull(text);
	memcpy(text, files[_i].text, n);
	text = realloc(text, n ? n : 1);
	err = answer_find((struct span){text, n}, "alice@host's password: ", &token, &line);
	ck_assert_uint_eq(line, files[_i].line);
	if (files[_i].token) {
		ck_assert_int_eq(err, 0);
		ck_assert(span_is(token, files[_i].token));
	} else {
		ck_assert_int_eq(err, files[_i].line ? ERR_INVALID : ERR_NO_TOKEN);
		ck_assert(span_is(token, "untouched"));
	}
	free(text);
}
END_TEST

START_TEST(binary)
{
	static const char nul[] = ONE " alice@host\0 bob@host\n";
	char junk[512];
	struct span token;
	size_t line = 0;

	ck_assert_int_eq(answer_find((struct span){nul, sizeof(nul) - 1},
				 "alice@host's password: ", &token, &line),
		ERR_INVALID);
	ck_assert_uint_eq(line, 1);
	for (int byte = 0; byte < 256; byte++) {
		int harmless = byte == ' ' || byte == '\t' || byte == '\n' || byte == '#';

		memset(junk, byte, sizeof(junk));
		ck_assert_int_eq(answer_find((struct span){junk, sizeof(junk)}, "x", &token, &line),
			harmless ? ERR_NO_TOKEN : ERR_INVALID);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("answer");
	TCase *tc = tcase_create("answer");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tc, matching, 0, sizeof(prompts) / sizeof(prompts[0]));
	tcase_add_loop_test(tc, files_of_all_kinds, 0, sizeof(files) / sizeof(files[0]));
	tcase_add_test(tc, binary);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
