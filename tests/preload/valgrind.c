/*
 * valgrind.c: what patd needs to run under valgrind, in LD_PRELOAD. Its store maps 64 GiB of
 * addresses, more than valgrind has for a program: here it is 1 GiB. And its filter of system calls
 * kills valgrind, which calls others and makes code in memory: here there is none.
 */
#include <lmdb.h>
#include <seccomp.h>
#include <stdlib.h>

#include "tests/preload/next.h"

EXPORT int mdb_env_set_mapsize(MDB_env *env, size_t size)
{
	static const size_t most = (size_t)1 << 30;

	return NEXT(mdb_env_set_mapsize)(env, size < most ? size : most);
}

EXPORT scmp_filter_ctx seccomp_init(uint32_t action)
{
	static int nothing;

	(void)action;
	return &nothing;
}

EXPORT int seccomp_attr_set(scmp_filter_ctx filter, enum scmp_filter_attr attr, uint32_t value)
{
	(void)filter, (void)attr, (void)value;
	return 0;
}

EXPORT int seccomp_rule_add(
	scmp_filter_ctx filter, uint32_t action, int syscall, unsigned int count, ...)
{
	(void)filter, (void)action, (void)syscall, (void)count;
	return 0;
}

EXPORT int seccomp_rule_add_array(scmp_filter_ctx filter, uint32_t action, int syscall,
	unsigned int count, const struct scmp_arg_cmp *arguments)
{
	(void)filter, (void)action, (void)syscall, (void)count, (void)arguments;
	return 0;
}

EXPORT int seccomp_load(const scmp_filter_ctx filter)
{
	(void)filter;
	return 0;
}

EXPORT void seccomp_release(scmp_filter_ctx filter)
{
	(void)filter;
}
