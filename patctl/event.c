#include "patctl/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "patctl/escape.h"
#include "patctl/output.h"
#include "patctl/when.h"

enum { CELL = ESCAPE_SIZE(LIMIT_SCOPES) };

enum form { FORM_TEXT, FORM_LIST, FORM_NUMBER, FORM_TIME };

struct value {
	const char *key;
	enum proto_tag tag;
	enum form form;
};

/* Of JSON. */
static const struct value values[] = {
	{"seq", TAG_SEQ, FORM_NUMBER},
	{"time", TAG_TIME, FORM_TIME},
	{"event", TAG_EVENT, FORM_TEXT},
	{"id", TAG_ID, FORM_TEXT},
	{"name", TAG_NAME, FORM_TEXT},
	{"owner", TAG_OWNER, FORM_TEXT},
	{"by", TAG_ACTOR, FORM_TEXT},
	{"uid", TAG_UID, FORM_NUMBER},
	{"user", TAG_USER, FORM_TEXT},
	{"service", TAG_SERVICE, FORM_TEXT},
	{"rhost", TAG_RHOST, FORM_TEXT},
	{"reason", TAG_REASON, FORM_TEXT},
	{"count", TAG_COUNT, FORM_NUMBER},
	{"other", TAG_OTHER, FORM_TEXT},
	{"scopes", TAG_SCOPES, FORM_LIST},
	{"expires", TAG_EXPIRES, FORM_TIME},
};

/* Of a line. What is free text comes last. */
static const struct column {
	const char *head;
	int width;
	enum proto_tag tag;
	enum proto_tag instead; /* where that one is absent; 0: nothing */
} columns[] = {
	{"TIME", 19, TAG_TIME, 0},
	{"EVENT", 12, TAG_EVENT, 0},
	{"ID", TOKEN_ID_LEN, TAG_ID, 0},
	{"NAME", 14, TAG_NAME, 0},
	{"USER", 10, TAG_USER, TAG_OWNER},
	{"BY", 10, TAG_ACTOR, TAG_UID},
	{"SERVICE", 8, TAG_SERVICE, 0},
	{"FROM", 15, TAG_RHOST, 0},
	{"COUNT", 5, TAG_COUNT, 0},
	{"RESULT", 0, TAG_REASON, 0},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static json_t *json_of(const struct proto_msg *m, const struct value *v)
{
	char text[WHEN_SIZE];

	if (!proto_has(m, v->tag))
		return json_null();
	switch (v->form) {
	case FORM_LIST:
		return output_list(proto_text(m, v->tag));
	case FORM_NUMBER:
		return json_integer((json_int_t)proto_number(m, v->tag));
	case FORM_TIME:
		return json_string(when_rfc3339(proto_number(m, v->tag), text));
	default:
		return output_text(proto_text(m, v->tag));
	}
}

json_t *event_json(const struct proto_msg *m)
{
	json_t *doc = json_object();

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (json_object_set_new(doc, values[i].key, json_of(m, &values[i])) == 0)
			continue;
		json_decref(doc);
		return NULL;
	}
	return doc;
}

/* How many columns of a terminal a text takes; it is escaped, so all of it can be shown. */
static int width_of(const char *text)
{
	wchar_t wide[CELL];
	size_t n = mbstowcs(wide, text, CELL);
	int width = n < CELL ? wcswidth(wide, n) : -1;

	return width < 0 ? (int)strlen(text) : width;
}

static void print_cell(const struct column *c, const char *text)
{
	int pad = c->width - width_of(text);

	fputs(text, stdout);
	/* The last column has nothing behind it. */
	if (c->width)
		printf("%*s", (pad > 0 ? pad : 0) + 1, "");
}

void event_print_heads(void)
{
	for (size_t i = 0; i < COLUMNS; i++)
		print_cell(&columns[i], columns[i].head);
	putchar('\n');
}

static void cell_of(const struct proto_msg *m, enum proto_tag tag, char out[CELL])
{
	/* Root's programs tell of logins; that is not worth a word. */
	if (!proto_has(m, tag) || (tag == TAG_UID && proto_number(m, tag) == 0))
		snprintf(out, CELL, "-");
	else if (tag == TAG_TIME)
		when_second(proto_number(m, tag), out);
	else if (tag == TAG_COUNT)
		snprintf(out, CELL, "%" PRIu64, proto_number(m, tag));
	else if (tag == TAG_UID)
		snprintf(out, CELL, "uid %" PRIu64, proto_number(m, tag));
	else
		escape_text(proto_text(m, tag), out, CELL);
}

void event_print(const struct proto_msg *m)
{
	char text[CELL];

	for (size_t i = 0; i < COLUMNS; i++) {
		const struct column *c = &columns[i];

		cell_of(m, proto_has(m, c->tag) || !c->instead ? c->tag : c->instead, text);
		print_cell(c, text);
	}
	putchar('\n');
}
