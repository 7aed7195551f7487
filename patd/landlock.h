/*
 * landlock.h: confining a process to one directory, by the kernel's Landlock (landlock(7)), for
 * good.
 */
#ifndef PATD_LANDLOCK_H
#define PATD_LANDLOCK_H

/*
 * From now on the calling thread, and whatever it starts, can open, make and remove regular files
 * in dir and nowhere else: no reading outside of it, no directories, links, devices or sockets made
 * in it, nothing executed. Where the kernel knows how, it also uses no TCP port (6.7), no abstract
 * socket of others, and signals no process outside (6.12). Takes no_new_privs, or CAP_SYS_ADMIN.
 *
 * 0, with the version of Landlock in *abi, 0 where the kernel has none; or ERR_IO: nothing has
 * changed, or less than was asked for.
 */
int landlock_confine(int dir, int *abi);

#endif
