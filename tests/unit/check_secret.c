/* check_secret.c: what was wiped is gone from memory, read back as a stranger would. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include "common/secret.h"
#include "tests/unit/unit.h"

enum { STACK = 1 << 18 };

static const char pattern[] = "SECRET-SECRET-SECRET-SECRET-SECRET-SECRET-SECRET";

/* Copies memory that is ours no longer, through the kernel. */
static void peek(uintptr_t at, void *dst, size_t n)
{
	struct iovec to = {dst, n}, from = {(void *)at, n};

	ck_assert_int_eq(process_vm_readv(getpid(), &to, 1, &from, 1, 0), (ssize_t)n);
}

START_TEST(wipes_what_was_said_and_no_more)
{
	for (size_t at = 0; at <= 32; at++) {
		for (size_t n = 0; n <= 32; n++) {
			char memory[64];

			memset(memory, 'S', sizeof(memory));
			secret_wipe(memory + at, n);
			for (size_t i = 0; i < sizeof(memory); i++)
				ck_assert_int_eq(memory[i], i >= at && i < at + n ? 0 : 'S');
		}
	}
	secret_wipe(NULL, 0);
}
END_TEST

START_TEST(wipes_arrays_by_their_size)
{
	static const char zero[64];
	struct {
		char before[8], bytes[33], after[8];
		uint32_t words[9];
	} m;

	memset(&m, 'S', sizeof(m));
	SECRET_WIPE_ARRAY(m.bytes);
	SECRET_WIPE_ARRAY(m.words);
	ck_assert_mem_eq(m.bytes, zero, sizeof(m.bytes));
	ck_assert_mem_eq(m.words, zero, sizeof(m.words));
	ck_assert_mem_eq(m.before, "SSSSSSSS", 8);
	ck_assert_mem_eq(m.after, "SSSSSSSS", 8);
}
END_TEST

/* Holds the secret on its stack, in memory that nothing reads any more. */
static void hold(int wipe)
{
	char secret[sizeof(pattern)];

	/* Byte by byte: vector registers full of it may be saved elsewhere by the dynamic linker.
	 */
	for (size_t i = 0; i < sizeof(secret); i++)
		((volatile char *)secret)[i] = pattern[i];
	if (wipe)
		SECRET_WIPE_ARRAY(secret);
}

/* Runs hold() on a stack of our own, which may be searched afterwards. */
static bool stack_keeps_secret(bool wipe)
{
	char *stack = calloc(1, STACK);
	ucontext_t here, there;
	bool found;

	ck_assert_ptr_nonnull(stack);
	ck_assert_int_eq(getcontext(&there), 0);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = STACK;
	there.uc_link = &here;
	makecontext(&there, (void (*)(void))hold, 1, (int)wipe);
	ck_assert_int_eq(swapcontext(&here, &there), 0);
	found = memmem(stack, STACK, pattern, sizeof(pattern)) != NULL;
	free(stack);
	return found;
}

START_TEST(the_compiler_keeps_the_wipe)
{
	ck_assert(stack_keeps_secret(false)); /* else the test could not tell */
	ck_assert(!stack_keeps_secret(true));
}
END_TEST

/* The allocator writes its own words over the start of what is free, so the rest is looked at. */
START_TEST(a_freed_string_is_gone)
{
	char *s = strdup(pattern), after[sizeof(pattern)];
	uintptr_t at = (uintptr_t)s;

	ck_assert_ptr_nonnull(s);
	peek(at, after, sizeof(after));
	ck_assert_mem_eq(after, pattern, sizeof(pattern));
	secret_free_string(s);
	peek(at, after, sizeof(after));
	for (size_t i = 16; i < sizeof(after); i++)
		ck_assert_int_eq(after[i], 0);
}
END_TEST

START_TEST(nothing_and_the_empty_string_are_fine)
{
	char *empty = strdup("");

	ck_assert_ptr_nonnull(empty);
	secret_free_string(NULL);
	secret_free_string(empty);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("secret");
	TCase *t = tcase_create("secret");

	tcase_add_test(t, wipes_what_was_said_and_no_more);
	tcase_add_test(t, wipes_arrays_by_their_size);
	tcase_add_test(t, the_compiler_keeps_the_wipe);
	tcase_add_test(t, a_freed_string_is_gone);
	tcase_add_test(t, nothing_and_the_empty_string_are_fine);
	suite_add_tcase(s, t);
	return unit_run(s);
}
