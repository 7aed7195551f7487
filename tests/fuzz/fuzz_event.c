/*
 * fuzz_event.c: any bytes as an event of the store. What is decoded, encoded again, is the same
 * bytes, and makes one line of log; what is refused leaves nothing behind.
 */
#include <assert.h>
#include <string.h>

#include "common/err.h"
#include "patd/log_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Printable ASCII only, and quotes in pairs: a word, then fields. */
static void check_line(const struct log_event *e)
{
	struct audit line;
	size_t quotes = 0;

	log_event_line(e, &line);
	assert(line.n == strlen(line.line) && line.n < sizeof(line.line));
	assert(strncmp(line.line, log_event_name(e->type), strlen(log_event_name(e->type))) == 0);
	for (size_t i = 0; i < line.n; i++) {
		assert(line.line[i] >= ' ' && line.line[i] <= '~');
		quotes += line.line[i] == '"';
	}
	assert(quotes % 2 == 0 || line.cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = {(const char *)data, size};
	struct log_event e, before;
	uint8_t again[LIMIT_EVENT];

	memset(&e, 0x5a, sizeof(e));
	before = e;
	if (log_event_decode(bytes, &e)) {
		assert(memcmp(&e, &before, sizeof(e)) == 0);
		return 0;
	}
	assert(log_event_class(&e) <= CLASS_NOT_KEPT);
	assert(log_event_encode(&e, again) == size && memcmp(again, data, size) == 0);
	check_line(&e);
	return 0;
}
