#include "patd/syscalls.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "common/err.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED
#endif

/*
 * What the store process calls itself, what LMDB, libsodium, libevent and libconfuse call for it,
 * and what the C library calls for these. A name that an architecture does not have is no rule
 * there.
 */
static const int allowed[] = {
	/* Connections, and the channels to the other processes. */
	SCMP_SYS(accept4),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(getsockopt),
	SCMP_SYS(connect), /* of a socket that could be made: see below */
	SCMP_SYS(close),
	/* The loop. */
	SCMP_SYS(epoll_create),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(eventfd2),
	SCMP_SYS(pipe2),
	/* The store. Landlock says where. */
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(fstat),
	SCMP_SYS(fstat64),
	SCMP_SYS(newfstatat),
	SCMP_SYS(fstatat64),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(fstatfs),
	SCMP_SYS(fstatfs64),
	SCMP_SYS(uname), /* LMDB, on ext2, 3 and 4: is this a kernel with a broken fdatasync? */
	SCMP_SYS(fcntl),
	SCMP_SYS(fcntl64),
	SCMP_SYS(flock),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(ftruncate),
	SCMP_SYS(ftruncate64),
	SCMP_SYS(lseek),
	SCMP_SYS(_llseek),
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev),
	SCMP_SYS(fdatasync),
	SCMP_SYS(fsync),
	/* Memory; mmap and mprotect are below. */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	/* The writing thread. */
	SCMP_SYS(futex),
	SCMP_SYS(futex_time64),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_yield),
	SCMP_SYS(exit),
	/* Time, chance, and who we are. */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(nanosleep),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(exit_group),
#ifdef WATCHED
	/* Threads, and reports, of a sanitizer's runtime: of a build that is tested, and no other.
	 */
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(readlink),
#endif
};

/* What libraries ask for and do without, some of it rarely: it fails. */
static const int refused[] = {
	SCMP_SYS(sysinfo), /* qsort(3) of much: how large is the memory? */
#ifndef WATCHED
	SCMP_SYS(sched_getaffinity), /* malloc(3) of many threads: how many processors? */
#endif
	SCMP_SYS(membarrier),
	SCMP_SYS(getrusage),
	SCMP_SYS(getcpu),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_getres_time64),
	SCMP_SYS(times),
};

#define IS(n, value)                                                                               \
	{                                                                                          \
		(n), SCMP_CMP_EQ, (value), 0                                                       \
	}
#define HAS(n, mask, value)                                                                        \
	{                                                                                          \
		(n), SCMP_CMP_MASKED_EQ, (mask), (value)                                           \
	}

/* Which argument of clone has its flags. */
#ifdef __s390__
enum { CLONE_FLAGS = 1 };
#else
enum { CLONE_FLAGS = 0 };
#endif

/* The type of a socket, without its flags. */
enum { TYPE = ~(SOCK_CLOEXEC | SOCK_NONBLOCK) & 0xffff };

/* Calls that are allowed, or fail, by what they ask for. Numbered from 0, as the kernel does. */
static const struct {
	uint32_t action;
	int nr;
	unsigned count;
	struct scmp_arg_cmp arg[2];
} by_argument[] = {
	/* The log's socket, made again when syslogd was; glibc tries the other kind, and no more.
	 */
	{SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, {IS(0, AF_UNIX), HAS(1, TYPE, SOCK_DGRAM)}},
	{SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 2, {IS(0, AF_UNIX), HAS(1, TYPE, SOCK_STREAM)}},
	/* stdio asks whether what it reads is a terminal; newer ones by the second. */
	{SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1, {IS(1, TCGETS)}},
	{SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1, {IS(1, TCGETS2)}},
	/* A name for memory, which the C library gives where it is told to. */
	{SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, {IS(0, PR_SET_VMA)}},
	/* No memory becomes code. */
	{SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, {HAS(2, PROT_EXEC, 0)}},
	{SCMP_ACT_ALLOW, SCMP_SYS(mmap2), 1, {HAS(2, PROT_EXEC, 0)}},
	{SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, {HAS(2, PROT_EXEC, 0)}},
	/* A thread, and no process. The flags of clone3 are out of reach: glibc then takes clone.
	 */
	{SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, {HAS(CLONE_FLAGS, CLONE_THREAD, CLONE_THREAD)}},
	{SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0, {{0}}},
	/* abort(3), so that a fault is told as what it is. */
	{SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, {IS(2, SIGABRT)}},
};

static int add_all(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0))
			return ERR_IO;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), refused[i], 0))
			return ERR_IO;
	for (size_t i = 0; i < sizeof(by_argument) / sizeof(by_argument[0]); i++)
		if (seccomp_rule_add_array(filter, by_argument[i].action, by_argument[i].nr,
			    by_argument[i].count, by_argument[i].arg))
			return ERR_IO;
	return 0;
}

int syscalls_restrict(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err = ERR_IO;

	if (!filter)
		return err;
	if (seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
		/* A tree of comparisons, not a list: a call of a login costs about the same as one
		 * of a rarer kind. */
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 &&
		add_all(filter) == 0 && seccomp_load(filter) == 0)
		err = 0;
	seccomp_release(filter);
	return err;
}
