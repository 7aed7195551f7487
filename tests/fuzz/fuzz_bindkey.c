/*
 * fuzz_bindkey.c: any bytes as SSH_AUTH_INFO_0. A key is proved exactly if one line by itself
 * proves it, that line says `publickey `, and it has no byte that base64 and its blanks have not.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "patd/bindkey.h"
#include "tests/unit/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const prints[] = {PRINT_ED25519, PRINT_RSA, PRINT_ECDSA256, PRINT_ECDSA384,
	PRINT_ECDSA521, PRINT_SK_ED25519, PRINT_SK_ECDSA, PRINT_CA};

static bool well_formed(struct span line)
{
	size_t key = line.n;

	if (line.n < 10 || memcmp(line.p, "publickey ", 10) != 0)
		return false;
	while (key > 0 && line.p[key - 1] != ' ')
		key--;
	for (; key < line.n; key++)
		if (!line.p[key] ||
			!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=",
				line.p[key]))
			return false;
	return true;
}

static bool one_line_proves(const char *print, struct span info)
{
	bool yes = false;

	while (info.n > 0) {
		const char *end = memchr(info.p, '\n', info.n);
		struct span line = {info.p, end ? (size_t)(end - info.p) : info.n};
		size_t taken = line.n + (end != NULL);

		if (bindkey_proved(print, line)) {
			assert(well_formed(line));
			yes = true;
		}
		info = (struct span){info.p + taken, info.n - taken};
	}
	return yes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span info = {(const char *)data, size};

	if (size > LIMIT_AUTH_INFO)
		return 0;
	for (size_t i = 0; i < sizeof(prints) / sizeof(prints[0]); i++) {
		assert(bindkey_valid(span_of(prints[i])));
		assert(bindkey_proved(prints[i], info) == one_line_proves(prints[i], info));
	}
	if (bindkey_valid(info)) {
		char print[BINDKEY_LEN + 1];

		assert(size == BINDKEY_LEN && span_copy(info, print, sizeof(print)));
		assert(!bindkey_proved(print, info));
	}
	return 0;
}
