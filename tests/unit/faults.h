/*
 * faults.h: the n-th call fails. For tests named check_*_faults, in which the linker's --wrap
 * brings our programs' calls of the functions listed here through this file, and no library's.
 *
 * A test does the same thing again and again, each time with the next call failing, until nothing
 * failed any more: so it has been through every failure that there is. The other ends that a test
 * plays must not fail: they call within FAULTS_OFF.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <lmdb.h>
#include <pthread.h>
#include <seccomp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum fault_kind {
	FAULT_MEMORY = 1,
	FAULT_STORE = 2,
	FAULT_SYSTEM = 4,
	FAULT_CHANNEL = 8,
	FAULT_PRIVILEGE = 16,
	FAULT_WAY_BACK = 32,
	FAULT_SENDING = 64
};

/* Those that are to fail; how many calls from now; what failed. */
static atomic_uint fault_kinds;
static atomic_int fault_in;
static const char *volatile fault_name;
/* Set whenever one fails, if it is there: in memory that several processes share. */
static atomic_int *fault_met __attribute__((unused));
/* The calling thread plays another part. */
static __thread bool faults_off __attribute__((unused));

#define FAULTS_OFF(what)                                                                           \
	do {                                                                                       \
		bool fault_was_off = faults_off;                                                   \
		faults_off = true;                                                                 \
		what;                                                                              \
		faults_off = fault_was_off;                                                        \
	} while (0)

/* The n-th call (1: the next) of these kinds fails. */
static inline void faults_begin(unsigned kinds, int n)
{
	fault_name = NULL;
	fault_in = n;
	fault_kinds = kinds;
}

/* And so do all that come after it. */
static bool fault_stays __attribute__((unused));
/* As what it fails; 0: as it would without memory, or with a fault of the machine's. */
static int fault_errno __attribute__((unused));
/* Changes of identity do nothing then, and say that they did. */
static bool fault_lies __attribute__((unused));

/* What has failed; NULL: there were not so many calls. */
static inline const char *faults_end(void)
{
	fault_kinds = 0;
	return fault_name;
}

static inline bool fault(enum fault_kind kind, const char *name)
{
	int left;

	if (faults_off || !(fault_kinds & kind))
		return false;
	left = atomic_fetch_sub(&fault_in, 1);
	if (left != 1 && !(fault_stays && left < 1))
		return false;
	fault_name = name;
	if (fault_met)
		*fault_met = 1;
	errno = fault_errno ? fault_errno : kind == FAULT_MEMORY ? ENOMEM : EIO;
	return true;
}

#define FAULT(kind, type, name, failed, parameters, arguments)                                     \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		return fault(kind, #name) ? (failed) : __real_##name arguments;                    \
	}

/* clang-format off */
FAULT(FAULT_MEMORY, void *, malloc, NULL, (size_t n), (n))
FAULT(FAULT_MEMORY, void *, calloc, NULL, (size_t n, size_t size), (n, size))
FAULT(FAULT_MEMORY, void *, realloc, NULL, (void *p, size_t n), (p, n))
FAULT(FAULT_MEMORY, void *, reallocarray, NULL, (void *p, size_t n, size_t size), (p, n, size))
FAULT(FAULT_MEMORY, void *, sodium_malloc, NULL, (size_t n), (n))
FAULT(FAULT_MEMORY, struct event_base *, event_base_new, NULL, (void), ())
FAULT(FAULT_MEMORY, struct event *, event_new, NULL,
	(struct event_base *b, evutil_socket_t fd, short what, event_callback_fn fn, void *arg), (b, fd, what, fn, arg))
FAULT(FAULT_MEMORY, int, event_add, -1, (struct event *e, const struct timeval *t), (e, t))
FAULT(FAULT_MEMORY, int, pthread_create, EAGAIN,
	(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *arg), (t, a, run, arg))

FAULT(FAULT_STORE, int, mdb_env_create, EIO, (MDB_env **e), (e))
FAULT(FAULT_STORE, int, mdb_env_set_mapsize, EIO, (MDB_env *e, size_t n), (e, n))
FAULT(FAULT_STORE, int, mdb_env_set_maxdbs, EIO, (MDB_env *e, MDB_dbi n), (e, n))
FAULT(FAULT_STORE, int, mdb_env_open, EIO, (MDB_env *e, const char *p, unsigned f, mdb_mode_t m), (e, p, f, m))
FAULT(FAULT_STORE, int, mdb_env_get_fd, EIO, (MDB_env *e, mdb_filehandle_t *fd), (e, fd))
FAULT(FAULT_STORE, int, mdb_dbi_open, EIO, (MDB_txn *t, const char *n, unsigned f, MDB_dbi *d), (t, n, f, d))
FAULT(FAULT_STORE, int, mdb_txn_begin, EIO, (MDB_env *e, MDB_txn *p, unsigned f, MDB_txn **t), (e, p, f, t))
FAULT(FAULT_STORE, int, mdb_txn_renew, EIO, (MDB_txn *t), (t))
/* One that fails has freed the transaction. */
FAULT(FAULT_STORE, int, mdb_txn_commit, (mdb_txn_abort(t), EIO), (MDB_txn *t), (t))
FAULT(FAULT_STORE, int, mdb_get, EIO, (MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v), (t, d, k, v))
FAULT(FAULT_STORE, int, mdb_put, EIO, (MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v, unsigned f), (t, d, k, v, f))
FAULT(FAULT_STORE, int, mdb_del, EIO, (MDB_txn *t, MDB_dbi d, MDB_val *k, MDB_val *v), (t, d, k, v))
FAULT(FAULT_STORE, int, mdb_drop, EIO, (MDB_txn *t, MDB_dbi d, int del), (t, d, del))
FAULT(FAULT_STORE, int, mdb_stat, EIO, (MDB_txn *t, MDB_dbi d, MDB_stat *s), (t, d, s))
FAULT(FAULT_STORE, int, mdb_cursor_open, EIO, (MDB_txn *t, MDB_dbi d, MDB_cursor **c), (t, d, c))
FAULT(FAULT_STORE, int, mdb_cursor_get, EIO, (MDB_cursor *c, MDB_val *k, MDB_val *v, MDB_cursor_op op), (c, k, v, op))

FAULT(FAULT_SYSTEM, ssize_t, send, -1, (int fd, const void *p, size_t n, int f), (fd, p, n, f))
FAULT(FAULT_SYSTEM, ssize_t, recv, -1, (int fd, void *p, size_t n, int f), (fd, p, n, f))
FAULT(FAULT_SENDING, ssize_t, sendmsg, -1, (int fd, const struct msghdr *m, int f), (fd, m, f))
FAULT(FAULT_CHANNEL, ssize_t, recvmsg, -1, (int fd, struct msghdr *m, int f), (fd, m, f))
FAULT(FAULT_SYSTEM, int, accept4, -1, (int fd, struct sockaddr *a, socklen_t *n, int f), (fd, a, n, f))
FAULT(FAULT_SYSTEM, int, getsockopt, -1, (int fd, int l, int o, void *p, socklen_t *n), (fd, l, o, p, n))
FAULT(FAULT_SYSTEM, int, socketpair, -1, (int d, int t, int p, int *fds), (d, t, p, fds))
FAULT(FAULT_SYSTEM, int, eventfd, -1, (unsigned n, int f), (n, f))
FAULT(FAULT_SYSTEM, int, fstat, -1, (int fd, struct stat *s), (fd, s))
FAULT(FAULT_SYSTEM, ssize_t, pread, -1, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
FAULT(FAULT_SYSTEM, int, inotify_init1, -1, (int f), (f))
FAULT(FAULT_SYSTEM, int, inotify_add_watch, -1, (int fd, const char *p, uint32_t m), (fd, p, m))
FAULT(FAULT_SYSTEM, pid_t, fork, -1, (void), ())

FAULT(FAULT_PRIVILEGE, int, setgroups, -!fault_lies, (size_t n, const gid_t *g), (n, g))
FAULT(FAULT_PRIVILEGE, int, setresgid, -!fault_lies, (gid_t r, gid_t e, gid_t s), (r, e, s))
FAULT(FAULT_PRIVILEGE, int, setresuid, -!fault_lies, (uid_t r, uid_t e, uid_t s), (r, e, s))
FAULT(FAULT_WAY_BACK, int, setuid, -!fault_lies, (uid_t u), (u))
FAULT(FAULT_WAY_BACK, int, seteuid, -!fault_lies, (uid_t u), (u))
FAULT(FAULT_WAY_BACK, int, setgid, -!fault_lies, (gid_t g), (g))
FAULT(FAULT_WAY_BACK, int, setegid, -!fault_lies, (gid_t g), (g))
FAULT(FAULT_PRIVILEGE, int, setrlimit, -1, (__rlimit_resource_t r, const struct rlimit *l), (r, l))
FAULT(FAULT_PRIVILEGE, int, getresuid, -1, (uid_t *r, uid_t *e, uid_t *s), (r, e, s))
FAULT(FAULT_PRIVILEGE, int, getresgid, -1, (gid_t *r, gid_t *e, gid_t *s), (r, e, s))
FAULT(FAULT_PRIVILEGE, int, getgroups, -1, (int n, gid_t *g), (n, g))
/* The kernel takes as many of the arguments as it needs. */
FAULT(FAULT_PRIVILEGE, int, prctl, -1, (int o, unsigned long a, unsigned long b, unsigned long c, unsigned long d),
	(o, a, b, c, d))
FAULT(FAULT_PRIVILEGE, long, syscall, -1, (long n, long a, long b, long c, long d, long e, long f),
	(n, a, b, c, d, e, f))
FAULT(FAULT_PRIVILEGE, scmp_filter_ctx, seccomp_init, NULL, (uint32_t action), (action))
FAULT(FAULT_PRIVILEGE, int, seccomp_attr_set, -1, (scmp_filter_ctx f, enum scmp_filter_attr a, uint32_t v), (f, a, v))
/* For rules without conditions. */
FAULT(FAULT_PRIVILEGE, int, seccomp_rule_add, -1, (scmp_filter_ctx f, uint32_t a, int nr, unsigned n), (f, a, nr, n))
FAULT(FAULT_PRIVILEGE, int, seccomp_rule_add_array, -1,
	(scmp_filter_ctx f, uint32_t a, int nr, unsigned n, const struct scmp_arg_cmp *c), (f, a, nr, n, c))
FAULT(FAULT_PRIVILEGE, int, seccomp_load, -1, (const scmp_filter_ctx f), (f))
/* clang-format on */

/* What is tried, one after the other. */
static const unsigned fault_all[] __attribute__((unused)) = {
	FAULT_MEMORY,
	FAULT_STORE,
	FAULT_SYSTEM | FAULT_SENDING,
};

#endif
