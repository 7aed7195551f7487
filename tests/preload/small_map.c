/*
 * small_map.c: patd's store maps 64 GiB of addresses, more than valgrind has for a program. With
 * this in LD_PRELOAD it maps 1 GiB, which is plenty for a test.
 */
#include <dlfcn.h>
#include <lmdb.h>
#include <stdlib.h>

__attribute__((visibility("default"))) int mdb_env_set_mapsize(MDB_env *env, size_t size)
{
	static const size_t most = (size_t)1 << 30;
	union {
		void *found;
		int (*call)(MDB_env *env, size_t size);
	} next = {.found = dlsym(RTLD_NEXT, "mdb_env_set_mapsize")};

	if (!next.found)
		abort();
	return next.call(env, size < most ? size : most);
}
