/* clock.h: the clock that deadlines are held against. */
#ifndef PAT_CLOCK_H
#define PAT_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in milliseconds: no change of the date moves it. */
int64_t clock_ms(void);

#endif
