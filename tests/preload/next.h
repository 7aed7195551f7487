/*
 * next.h: for libraries in LD_PRELOAD: a function that takes the place of another, and the one
 * whose place it takes.
 */
#ifndef TESTS_PRELOAD_NEXT_H
#define TESTS_PRELOAD_NEXT_H

#include <dlfcn.h>

#define EXPORT	   __attribute__((visibility("default")))
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#endif
