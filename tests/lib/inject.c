/*
 * inject.c: makes a running process do a system call of our choice, from inside: as somebody
 * would who had taken it over. Whatever confines the process judges the call as its own.
 *
 *	inject PID CALL [ARGUMENT]...
 *
 * CALL is a name of calls[]; an argument is a number, or a string that is copied into the process.
 * Prints what came of it: "returned N", "failed with ERRNO" (its name), or "killed by SIGNAL".
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <elf.h>
#include <unistd.h>

enum { ARGUMENTS = 6, STRING_MAX = 256 };

static const struct {
	const char *name;
	long nr;
} calls[] = {
	{"execve", SYS_execve},
	{"execveat", SYS_execveat},
	{"openat", SYS_openat},
	{"mkdirat", SYS_mkdirat},
	{"symlinkat", SYS_symlinkat},
	{"mknodat", SYS_mknodat},
	{"linkat", SYS_linkat},
	{"renameat2", SYS_renameat2},
	{"fchmodat", SYS_fchmodat},
	{"socket", SYS_socket},
	{"bind", SYS_bind},
	{"clone", SYS_clone},
	{"ptrace", SYS_ptrace},
	{"process_vm_readv", SYS_process_vm_readv},
	{"kill", SYS_kill},
	{"tgkill", SYS_tgkill},
	{"setuid", SYS_setuid},
	{"setgroups", SYS_setgroups},
	{"prctl", SYS_prctl},
	{"unshare", SYS_unshare},
	{"mount", SYS_mount},
	{"chroot", SYS_chroot},
	{"bpf", SYS_bpf},
	{"io_uring_setup", SYS_io_uring_setup},
	{"userfaultfd", SYS_userfaultfd},
	{"keyctl", SYS_keyctl},
	{"mmap", SYS_mmap},
	{"mprotect", SYS_mprotect},
	{"getpid", SYS_getpid},
	{"ioctl", SYS_ioctl},
	{"sysinfo", SYS_sysinfo},
	{"prlimit64", SYS_prlimit64},
};

/* Registers by what they are for. The process stands behind an instruction that does a system call.
 */
#if defined(__x86_64__)
enum { CALL_INSTRUCTION = 2 };
#define PC(r)	  ((r)->rip)
#define SP(r)	  ((r)->rsp)
#define RESULT(r) ((long)(r)->rax)
static void set_call(struct user_regs_struct *r, long nr, const unsigned long a[ARGUMENTS])
{
	r->rax = (unsigned long)nr;
	r->orig_rax = ~0UL; /* nothing to start over */
	r->rdi = a[0], r->rsi = a[1], r->rdx = a[2];
	r->r10 = a[3], r->r8 = a[4], r->r9 = a[5];
}
#elif defined(__aarch64__)
enum { CALL_INSTRUCTION = 4 };
#define PC(r)	  ((r)->pc)
#define SP(r)	  ((r)->sp)
#define RESULT(r) ((long)(r)->regs[0])
static void set_call(struct user_regs_struct *r, long nr, const unsigned long a[ARGUMENTS])
{
	for (int i = 0; i < ARGUMENTS; i++)
		r->regs[i] = a[i];
	r->regs[8] = (unsigned long)nr;
}
#else
#error "unknown registers"
#endif

static void die(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(2);
}

static long call_number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(name, calls[i].name) == 0)
			return calls[i].nr;
	errno = EINVAL;
	die(name);
	return -1;
}

static void registers(pid_t pid, enum __ptrace_request request, struct user_regs_struct *r)
{
	struct iovec v = {r, sizeof(*r)};

	if (ptrace(request, pid, (void *)NT_PRSTATUS, &v) < 0)
		die("registers");
}

/* Far below the stack that is in use. */
static unsigned long put_string(pid_t pid, unsigned long stack, int slot, const char *text)
{
	unsigned long at = (stack & ~15UL) - 4096 + (unsigned long)slot * STRING_MAX;
	char copy[STRING_MAX] = "";
	struct iovec local = {copy, sizeof(copy)}, remote = {(void *)at, sizeof(copy)};

	snprintf(copy, sizeof(copy), "%s", text);
	if (process_vm_writev(pid, &local, 1, &remote, 1, 0) != sizeof(copy))
		die("string");
	return at;
}

static void read_arguments(pid_t pid, unsigned long stack, char **argv, unsigned long a[ARGUMENTS])
{
	for (int i = 0; i < ARGUMENTS && argv[i]; i++) {
		char *end;

		a[i] = strtoul(argv[i], &end, 0);
		if (*end != '\0' || end == argv[i])
			a[i] = put_string(pid, stack, i, argv[i]);
	}
}

static void resume(pid_t pid, enum __ptrace_request how, int *status)
{
	if (ptrace(how, pid, NULL, NULL) < 0 && errno != ESRCH)
		die("resume");
	if (waitpid(pid, status, __WALL) < 0)
		die("wait");
}

/* A call that seccomp kills for comes to its end, not done, and the signal then waits. */
static bool doomed(pid_t pid)
{
	char path[64], line[256];
	unsigned long pending = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "SigPnd: %lx", &pending) == 1)
			break;
	fclose(f);
	return pending & 1UL << (SIGSYS - 1);
}

/* Over the system call's beginning and end. False: it did not live to tell; see *status. */
static bool survives(pid_t pid, int *status)
{
	for (int stops = 0; stops < 2;) {
		resume(pid, PTRACE_SYSCALL, status);
		if (!WIFSTOPPED(*status))
			return false;
		stops += WSTOPSIG(*status) == (SIGTRAP | 0x80);
	}
	if (!doomed(pid))
		return true;
	while (WIFSTOPPED(*status))
		resume(pid, PTRACE_CONT, status);
	return false;
}

static int tell(long result)
{
	if (result < 0 && result > -4096)
		printf("failed with %s\n", strerrorname_np((int)-result));
	else
		printf("returned %ld\n", result);
	return 0;
}

int main(int argc, char **argv)
{
	struct user_regs_struct before, now;
	unsigned long a[ARGUMENTS] = {0};
	int status;
	pid_t pid;

	if (argc < 3 || argc > 3 + ARGUMENTS) {
		fputs("usage: inject PID CALL [ARGUMENT]...\n", stderr);
		return 2;
	}
	pid = (pid_t)strtol(argv[1], NULL, 10);
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_TRACESYSGOOD) < 0 ||
		ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) < 0)
		die(argv[1]);
	registers(pid, PTRACE_GETREGSET, &before);
	now = before;
	read_arguments(pid, SP(&before), argv + 3, a);
	set_call(&now, call_number(argv[2]), a);
	PC(&now) -= CALL_INSTRUCTION;
	registers(pid, PTRACE_SETREGSET, &now);
	if (!survives(pid, &status)) {
		printf("killed by SIG%s\n",
			WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "?");
		return 0;
	}
	registers(pid, PTRACE_GETREGSET, &now);
	registers(pid, PTRACE_SETREGSET, &before);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return tell(RESULT(&now));
}
