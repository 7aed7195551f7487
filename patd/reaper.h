/*
 * reaper.h: forgets sessions whose opener has ended without closing them: one at a time, the parent
 * being asked whether it lives, at the start and every REAPER_EVERY seconds.
 */
#ifndef PATD_REAPER_H
#define PATD_REAPER_H

struct reaper;
struct server;

enum { REAPER_EVERY = 300 };

/* NULL: no memory. Begins as soon as the loop runs. */
struct reaper *reaper_new(struct server *s);
void reaper_free(struct reaper *r);

#endif
