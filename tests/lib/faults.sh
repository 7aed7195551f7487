# shellcheck shell=bash
# faults.sh: which system calls there are to fail, and with what, for the tests that make them fail by
# strace; and a login that is looked at phase by phase. To be sourced after system.sh.
# shellcheck disable=SC2034,SC2154 # for the tests, and of common.sh

# What each call may fail with, by its manual page; what is not here fails like any other.
declare -A errnos=(
	[accept4]='EAGAIN ECONNABORTED EMFILE ENFILE ENOBUFS ENOMEM EINTR EPERM'
	[close]='EIO EINTR'
	[connect]='ENOENT ECONNREFUSED EACCES EAGAIN EINTR EPERM EPROTOTYPE ELOOP ENOTDIR'
	[clock_nanosleep]='EINTR'
	[epoll_ctl]='ENOMEM ENOSPC EPERM'
	[epoll_wait]='EINTR'
	[fcntl]='EMFILE EAGAIN'
	[fdatasync]='EIO ENOSPC EDQUOT EINTR'
	[futex]='' # glibc takes an error that its kind of futex() cannot have for a broken kernel, and aborts
	[getrandom]='EINTR'
	[getsockopt]='ENOPROTOOPT ENOMEM EBADF'
	[lseek]='EINVAL EOVERFLOW'
	[mmap]='ENOMEM EAGAIN EPERM'
	[mremap]='ENOMEM EAGAIN'
	[munmap]='EINVAL'
	[newfstatat]='ENOENT EACCES ENOMEM EOVERFLOW'
	[openat]='EMFILE ENOENT EACCES ENFILE ENOMEM ELOOP EINTR'
	[poll]='EINTR ENOMEM EINVAL'
	[pread64]='EIO EINTR'
	[pwrite64]='EIO ENOSPC EDQUOT EINTR'
	[pwritev]='EIO ENOSPC EDQUOT EINTR'
	[read]='EIO EINTR EAGAIN ESRCH'
	[recvfrom]='ECONNRESET EAGAIN EINTR ENOMEM ENOTCONN ECONNREFUSED'
	[recvmsg]='ECONNRESET EAGAIN EINTR ENOMEM'
	[sendmsg]='EAGAIN EPIPE ENOBUFS EINTR ETOOMANYREFS'
	[sendto]='EPIPE EAGAIN ENOBUFS ECONNRESET EINTR ENOMEM ENOTCONN EACCES'
	[socket]='EMFILE ENFILE EACCES ENOBUFS ENOMEM EAFNOSUPPORT'
	[write]='EIO ENOSPC EAGAIN EINTR EPIPE'
	[writev]='EIO ENOSPC EDQUOT EINTR'
)
# These cannot fail, or, like brk, not with an error number.
never_fails='brk|exit|exit_group|getegid|geteuid|getgid|getpid|getppid|gettid|getuid|restart_syscall|sched_yield|umask'

# errnos_of CALL
errnos_of() { echo "${errnos[$1]-EIO EINTR ENOMEM}"; }

# made_by LIBRARY TRACE: the lines of the system calls of a trace by `strace -k` that the library made, itself
# or by libc and libpam; not those of the host, when it is asked for an answer. Before each stands its
# number among the calls of its name in the process.
made_by() {
	awk -v library="/$1(" '
		/^ > / {
			if (index($0, library)) { if (line != "") print number, line; line = "" }
			else if ($0 !~ /\/(libc|libpam|ld-linux[^\/]*)\.so[^\/]*\(/) line = ""
			next
		}
		match($0, /^[a-z_0-9]+\(/) { line = $0; number = ++count[substr($0, 1, RLENGTH - 1)] }' "$2"
}

# calls_by LIBRARY TRACE: the same, as "CALL N", without those that cannot fail.
calls_by() { made_by "$@" | sed -E 's/^([0-9]+) ([a-z_0-9]+)\(.*/\2 \1/' | grep -vE "^($never_fails) "; }

# elsewhere TRACE: the fault hit another than the module: an answer that takes a moment is one recvfrom() more,
# and then it hits libaudit, which libpam does not forgive. That writes to netlink; of the module's own
# sockets none is read without MSG_TRUNC.
elsewhere() { grep INJECTED "$1" | grep -e 'nlmsg' -e 'recvfrom(' | grep -qv MSG_TRUNC; }

# fault CALL N error=ERRNO|signal=NAME: the text of an inject expression for the N-th CALL, or with N+ for
# all from that one on. Another call is made in place of one that fails: strace's own, number -1, is one
# that no seccomp filter lets through.
fault() {
	local instead=''
	[[ $3 != error=* ]] || instead=:syscall=getpid
	echo "inject=$1:$3$instead:when=$2"
}

# trace_process PID FILE OPTION...: strace on all threads of a running process, and on what it starts, until
# end_trace.
tracer=''
trace_process() {
	: >"$2"
	strace -qq -f -p "$1" -o "$2" "${@:3}" 2>"$work/strace.err" &
	tracer=$!
	within 10 traced "$1" "$2" || {
		fail "strace holds process $1" "$(<"$work/strace.err")"
		exit 1
	}
}
# Or has held it already, and it is dead.
traced() { grep -q "TracerPid:[[:space:]]*$tracer\$" "/proc/$1/status" || grep -q 'killed by' "$2"; }
# It may have ended with the process.
end_trace() { end_process "$tracer" INT 2>/dev/null; }

# met TRACE...: how many of these traces have a fault that was met. A signal of strace's comes from the kernel,
# unlike one from a process.
met() { grep -lE 'INJECTED|si_code=SI_KERNEL' "$@" | wc -l; }
# most_met WHAT MET FAULTS [TENTHS]: of so many faults at least nine tenths were met, or as many as told.
most_met() {
	if (($3 > 0 && $2 * 10 >= $3 * ${4:-9})); then
		pass "$1: $2 of $3 faults were met"
	else
		fail "$1: the faults were met" "$2 of $3"
	fi
}

# What the phases of a login return that lets in.
let_in='authenticate 0 account 0 setcred 0 open_session 0 close_session 0'
# trial SERVICE TEXT [COMMAND...]: one login of alice's, run by COMMAND; sets $status, and $phases to what each
# phase returned. Prompts that follow are answered with nothing.
trial() {
	printf '%s\n' "$2" >"$work/answers"
	"${@:3}" "$BUILD/tests/pam/login" - "$1" alice "$work/answers" >"$work/out" 2>&1
	status=$?
	phases=$(grep -E '^(authenticate|account|setcred|open_session|close_session) [0-9]+$' "$work/out" | paste -sd' ')
}

# Stacks of four kinds, with the names raw, required, sufficient and shipped.
write_stacks() {
	local type
	# The module's own codes, as they are; after PAM_IGNORE one that says nothing else here: 17.
	for type in auth account session; do
		echo "$type [ignore=ignore success=done default=die] pam_pat.so timeout=2"
		echo "$type requisite pam_debug.so auth=cred_err acct=cred_err open_session=cred_err"
	done >/etc/pam.d/raw
	# With nothing behind it that says no: where PAM_IGNORE would let in anyone.
	printf '%s required pam_pat.so timeout=2\n%s required pam_permit.so\n' \
		auth auth account account session session >/etc/pam.d/required
	# What is refused is asked for a password.
	printf '%s\n' 'auth sufficient pam_pat.so timeout=2' 'auth required pam_unix.so' \
		'account required pam_permit.so' 'session required pam_permit.so' >/etc/pam.d/sufficient
	sed 's/pam_pat\.so/& timeout=2/' "$top/examples/pam.d/generic" >/etc/pam.d/shipped
}

# tokens_work NAME: with those stacks, alice's tokens `good` and `revoked` are what they are called.
tokens_work() {
	ok "$1: the token works" pam_login raw alice "${token[good]}"
	exits "$1: the revoked one is refused" 6 pam_login required alice "${token[revoked]}"
}
