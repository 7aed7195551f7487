#!/bin/bash
# confined.sh: what somebody could do who had taken over a process of patd. System calls are made from
# inside the running store process; the privileges of all three are read from the kernel.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

at_cwd=-100
inject() { "$BUILD/tests/lib/inject" "$(pgrep -x patd-store)" "$@"; }

kills=0
# kills NAME CALL...: the call is the end of the store process. refuses NAME ERRNO CALL...
kills() {
	run inject "${@:2}"
	is "$1" "$out$err" 'killed by SIGSYS'
	must within 10 patd_gone
	wait "$patd"
	start_patd
	kills=$((kills + 1))
}
refuses() {
	run inject "${@:3}"
	is "$1" "$out$err" "failed with $2"
}
works() {
	run inject "${@:2}"
	like "$1" '^returned [0-9]+$' "$out$err"
}

install_build
add_accounts alice
use_pam generic web
start_syslog
start_patd
minted web alice web --scopes web

# ---- the store process ----

works 'a system call is made from inside' getpid
is 'by that process' "$out" "returned $(pgrep -x patd-store)"
works 'a file of the store can be opened' openat "$at_cwd" "$store/data.mdb" 0
works 'and one be made' openat "$at_cwd" "$store/new" 0102 0600
refuses 'not /etc/shadow' EACCES openat "$at_cwd" /etc/shadow 0
refuses 'nor what everyone may read' EACCES openat "$at_cwd" /etc/passwd 0
refuses 'nor the configuration' EACCES openat "$at_cwd" /etc/security/pam_env.conf 0
refuses 'nor a program' EACCES openat "$at_cwd" /bin/true 0
refuses 'nor anything of /proc' EACCES openat "$at_cwd" /proc/self/mem 2
refuses 'nor what lies behind /proc/PID/root' EACCES openat "$at_cwd" /proc/self/root/etc/passwd 0
refuses 'nor a way out of the store' EACCES openat "$at_cwd" "$store/../../../etc/passwd" 0
refuses 'nor a file anywhere else' EACCES openat "$at_cwd" /tmp/new 0102 0600
ln -s /etc/passwd "$store/link"
refuses 'nor one that a link leads to' EACCES openat "$at_cwd" "$store/link" 0
rm "$store/link" "$store/new"

kills 'execve' execve /bin/sh 0 0
kills 'execveat' execveat "$at_cwd" /bin/sh 0 0 0
kills 'a socket of IPv4' socket 2 1 0
kills 'a socket of IPv6' socket 10 2 0
kills 'a raw socket' socket 17 3 0
kills 'netlink' socket 16 3 0
refuses 'a stream to others of this host' EACCES socket 1 1 0
works "only the log's kind of socket" socket 1 2 0
kills 'bind' bind 9 0 0
kills 'a process' clone 17 0 0 0 0
kills 'ptrace' ptrace 16 1 0 0
kills 'the memory of others' process_vm_readv 1 0 0 0 0 0
kills 'a signal to a process' kill 1 0
kills 'a signal to a thread' tgkill 1 1 9
kills 'setuid' setuid 0
kills 'setgroups' setgroups 0 0
kills 'prctl' prctl 4 1
kills 'a name space' unshare 0x10000000
kills 'mount' mount none /tmp tmpfs 0 0
kills 'chroot' chroot /tmp
kills 'bpf' bpf 0 0 0
kills 'io_uring' io_uring_setup 8 0
kills 'userfaultfd' userfaultfd 0
kills 'keyctl' keyctl 0 0
kills 'ioctl' ioctl 0 0x5412 0
refuses 'but for asking whether this is a terminal' ENOTTY ioctl 0 0x5401 0
refuses 'or the newer way' ENOTTY ioctl 0 0x802c542a 0
refuses 'how large the memory is' ENOSYS sysinfo 0
refuses 'a name for memory is not needed' EINVAL prctl 0x53564d41 0 0 0 0
kills 'a limit' prlimit64 0 4 0 0
kills 'a directory' mkdirat "$at_cwd" "$store/dir" 0700
kills 'a link' symlinkat /etc/passwd "$at_cwd" "$store/link"
kills 'a hard link' linkat "$at_cwd" "$store/data.mdb" "$at_cwd" "$store/link" 0
kills 'a device' mknodat "$at_cwd" "$store/device" 020600 0
kills 'renaming' renameat2 "$at_cwd" "$store/data.mdb" "$at_cwd" "$store/old" 0
kills 'a mode' fchmodat "$at_cwd" "$store/data.mdb" 0666 0
kills 'memory to write and run' mmap 0 4096 7 0x22 -1 0
kills 'code by mprotect' mprotect 0x10000 4096 5
works 'memory to write' mmap 0 4096 3 0x22 -1 0
is 'each death was told' "$(grep -c 'the store process ended: signal 31' "$syslog")" \
	"$kills"
ok 'after all that a token opens' pam_login web alice "${token[web]}"

# What is asked for rarely: by a reload, and where the store is on ext4, of which LMDB is wary.
for n in 1 2; do
	configure <<<"max_tokens = 1$n"
	kill -HUP "$patd"
	reloaded() { (($(grep -c 'configuration reloaded' "$syslog") >= n)); }
	ok "reload $n" within 10 reloaded
done
ok 'the store process lives' pam_login web alice "${token[web]}"
truncate -s 64M "$work/ext4"
must mkfs.ext4 -q "$work/ext4"
mkdir "$work/mounted"
mknod /dev/loop-control c 10 237
for n in {0..31}; do mknod "/dev/loop$n" b 7 "$n"; done
if ok 'a filesystem' mount -o loop "$work/ext4" "$work/mounted"; [[ $(stat -f -c %T "$work/mounted") == ext* ]]; then
	install -d -m 700 -o patd -g patd "$work/mounted/state"
	chmod 755 "$work" "$work/mounted"
	stop_patd
	patd -F --state-dir "$work/mounted/state" >>"$work/patd.out" 2>&1 &
	patd=$!
	ok 'a store on ext4' within 10 patctl status
	ok 'can be written' patctl -u alice mint there --scopes web
	stop_patd
	must umount "$work/mounted"
	start_patd
else
	fail 'a filesystem of its own'
fi

# ---- what the kernel says of each process ----

# The names process has workers, which are younger.
pid() { if [[ $1 == self ]]; then echo "$1"; else pgrep -o -x "$1"; fi; }
# status PROCESS FIELD
status() { sed -nE "s/^$2:[[:space:]]*//p" "/proc/$(pid "$1")/status"; }
# limits_of PROCESS LIMIT: soft and hard.
limits_of() { sed -nE "s/^$2 +([^ ]+) +([^ ]+) .*/\1 \2/p" "/proc/$(pid "$1")/limits"; }
# The capabilities that a process has, in words.
capabilities() { capsh --decode="$(status "$1" "$2")" | sed 's/.*=//' | tr , '\n' | sort | paste -sd' '; }

for process in patd-store patd-names; do
	user=${process/-store/}
	is "$process: its uids" "$(status $process Uid | tr '\t' ' ')" "$(for n in 1 2 3 4; do id -u "$user"; done | paste -sd' ')"
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		is "$process: $set" "$(status $process $set)" 0000000000000000
	done
	is "$process: no new privileges" "$(status $process NoNewPrivs)" 1
	is "$process: no core file" "$(limits_of $process 'Max core file size')" '0 0'
	is "$process: not dumpable, so root's" "$(stat -c %U "/proc/$(pid $process)/mem")" root
done
is 'the store process: system calls are filtered' "$(status patd-store Seccomp)" 2
is 'the store process: its groups' "$(status patd-store Groups | xargs)" ''
# What the two stacks and one connection take is locked at least; nothing of the store's file is.
locked=$(status patd-store VmLck)
if ((${locked% kB} >= 256)); then pass "memory is locked: $locked"; else fail 'memory is locked' "$locked"; fi
is 'the store itself is not' \
	"$(awk '/data\.mdb/ { here = 1 } here && /^VmFlags/ { print / lo( |$)/ ? "locked" : "free"; here = 0 }' \
		"/proc/$(pid patd-store)/smaps" | sort -u)" free
is 'the parent: its capabilities' "$(capabilities patd CapPrm)" \
	"$(sed -n 's/^CapabilityBoundingSet=//p' "$top/systemd/patd.service.in" | tr ' ' '\n' | sort -u | tr '[:upper:]' '[:lower:]' | paste -sd' ')"
is 'and no program that it runs gets more' "$(status patd CapBnd)" "$(status patd CapPrm)"
# A /proc that hides would hide sessions from it.
stop_patd
must mount -o remount,hidepid=2,gid=4 /proc
start_patd
is 'where /proc hides, one more' "$(capabilities patd CapPrm | tr ' ' '\n' | grep -c .) $(capabilities patd CapPrm | grep -o sys_ptrace)" \
	'11 sys_ptrace'
unlike 'and none for what it runs' ptrace "$(capabilities patd CapBnd)"
must mount -o remount,hidepid=0 /proc
stop_patd
start_patd
is 'the parent: no core file' "$(limits_of patd 'Max core file size')" '0 0'
run "$BUILD/tests/lib/inject" "$patd" prctl 3
is 'the parent: not dumpable' "$out$err" 'returned 0'

# ---- re-authentication: what a password is typed into ----

mkfifo "$work/typing"
as alice patctl mint another -S <"$work/typing" >/dev/null 2>&1 &
exec {typing}>"$work/typing"
must within 10 pgrep -x patd-reauth
like 'its memory is locked' '^[1-9]' "$(status patd-reauth VmLck)"
is 'it is not dumpable' "$("$BUILD/tests/lib/inject" "$(pid patd-reauth)" prctl 3)" 'returned 0'
is 'no core file' "$(limits_of patd-reauth 'Max core file size')" '0 0'
is 'and it can do no more than the parent' "$(status patd-reauth CapBnd)" "$(status patd CapBnd)"
exec {typing}>&-

# ---- the unit, by systemd's own measure ----

limit=$(limits_of self 'Max locked memory')
prlimit --memlock=unlimited:unlimited true 2>/dev/null && limit='unlimited unlimited'
is 'it may lock as much memory as it can be given' "$(limits_of patd 'Max locked memory')" "$limit"
ok 'and the unit gives all' grep -qx LimitMEMLOCK=infinity "$top/systemd/patd.service.in"
for socket in patd patd-root; do
	is "the queue of $socket.socket is the one of patd -F" \
		"$(ss -xlH src "/run/pam_pat/${socket#patd-}.sock" | awk '{ print $4 }')" \
		"$(sed -n 's/^Backlog=//p' "$top/systemd/$socket.socket.in")"
done
figure=$(sed -nE 's/.*exposure level of ([0-9.]+).*/\1/p' "$top/SECURITY.md")
like 'SECURITY.md has a figure' '^[0-9]\.[0-9]$' "$figure"
ok 'the unit is not more exposed than it says' systemd-analyze security --offline=true \
	--threshold="${figure/./}" /usr/lib/systemd/system/patd.service
finish
