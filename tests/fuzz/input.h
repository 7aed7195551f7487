/* input.h: a fuzzer's input, taken from its front. What is no longer there is zero, or empty. */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"

#define UNUSED	     __attribute__((unused))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory where that can be had, and where tests/fuzz/run sweeps up after a crash. */
enum { DIR_SIZE = sizeof("/dev/shm/pat.XXXXXX") };
static UNUSED void make_own_dir(char dir[DIR_SIZE])
{
	strcpy(dir, "/dev/shm/pat.XXXXXX");
	if (mkdtemp(dir))
		return;
	strcpy(dir, "/tmp/pat.XXXXXX");
	if (mkdtemp(dir))
		return;
	perror(dir);
	exit(EXIT_FAILURE);
}

/* ---- the input ---- */

static struct span input;

static UNUSED struct span take(size_t n)
{
	struct span s = {input.p, n < input.n ? n : input.n};

	input = (struct span){input.p + s.n, input.n - s.n};
	return s;
}

static UNUSED uint8_t take_u8(void)
{
	struct span s = take(1);

	return s.n ? (uint8_t)s.p[0] : 0;
}

static UNUSED uint16_t take_u16(void)
{
	uint8_t high = take_u8();

	return (uint16_t)(high << 8 | take_u8());
}

static UNUSED uint64_t take_u64(void)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | take_u8();
	return n;
}

/* Less than n. */
static UNUSED unsigned any(unsigned n)
{
	return take_u8() % n;
}

/* So many bytes as the one or two before them say. */
static UNUSED struct span take_short(void)
{
	return take(take_u8());
}

static UNUSED struct span take_long(void)
{
	return take(take_u16());
}

/* A string of them, which ends at their first NUL; valid until the next eight were taken. */
static UNUSED const char *take_text(void)
{
	static char texts[8][UINT8_MAX + 1];
	static unsigned next;
	char *text = texts[next++ % COUNT(texts)];
	struct span s = take_short();

	if (s.n)
		memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return text;
}

#endif
