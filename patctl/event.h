/*
 * event.h: how an event of the log is shown: a line for a person, and an object of JSON, by one
 * table. Lines go out as they come, so the columns have fixed widths and a long value moves those
 * behind it.
 */
#ifndef PATCTL_EVENT_H
#define PATCTL_EVENT_H

#include <jansson.h>

#include "common/proto.h"

/* The heads of the columns, and an event; on stdout. */
void event_print_heads(void);
void event_print(const struct proto_msg *m);

/* Absent values are null. NULL: no memory. */
json_t *event_json(const struct proto_msg *m);

#endif
