/* clock.h: the clock that deadlines are held against, and the date. */
#ifndef PAT_CLOCK_H
#define PAT_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in milliseconds: no change of the date moves it. */
int64_t clock_ms(void);

/* Seconds since the epoch. A clock that stands before it tells 0: as a number without a sign that
 * time would be the far end of all. */
uint64_t clock_now(void);

#endif
