/* timer.h: the loop's timers, in milliseconds. */
#ifndef PATD_TIMER_H
#define PATD_TIMER_H

#include <event2/event.h>

/* It goes off once, so much from now; one that was started before is started anew. It fails only
 * without memory, for a timer that the loop has not had before. */
static inline void timer_start(struct event *timer, long ms)
{
	const struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	event_add(timer, &tv);
}

#endif
