#!/bin/bash
# crash_sync.sh: the store process dies at every call of each kind that a commit and its answer consist of, in
# turn, through a fixed sequence of deeds; and each such call fails. What was acknowledged is there
# afterwards; what was not is there whole or not at all, and whoever asked was told that it failed.
[[ ${PAT_SANDBOX:-} ]] ||
	exec "$(dirname "$0")/../lib/sandbox" env DEEDS="${DEEDS:-24}" "$(realpath "$0")"
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

socket=/run/pam_pat/root.sock

# inject WHAT: strace's -e inject=WHAT on a new patd with an empty store.
inject() {
	find "$store" -mindepth 1 -delete
	start_patd
	trace_process "$(pgrep -o -x patd-store)" "$work/trace" -e "trace=${1%%:*}" -e "inject=$1"
}

# supervise: as systemd would do, until the load has ended.
supervise() {
	while kill -0 "$load" 2>/dev/null; do
		if kill -0 "$patd" 2>/dev/null; then
			sleep 0.02
		else
			wait "$patd" 2>/dev/null
			within 10 patd_gone
			start_patd
			starts=$((starts + 1))
		fi
	done
}

# deeds_under WHAT: does the deeds while WHAT is injected. Sets $starts, how often patd had to be started
# again, and $unanswered.
deeds_under() {
	inject "$1"
	starts=0
	"$BUILD/tests/attack/load" "$socket" 7 "$DEEDS" c0 >"$work/load.out" 2>&1 &
	load=$!
	supervise 2>/dev/null
	wait "$load"
	status=$?
	out=$(<"$work/load.out") err=
	end_trace
	stop_patd
	unanswered=$(sed -E 's/.* ([0-9]+) unanswered.*/\1/' <<<"$out")
	((status == 0)) && run "$BUILD/tests/attack/sound" "$store/data.mdb"
}

# deaths CALL: at the first, the second … until the deeds are done before it comes.
deaths() {
	local call=$1 n died=0
	for ((n = 1; n <= 200; n++)); do
		deeds_under "$call:signal=KILL:when=$n"
		((status == 0)) || {
			fail "death at $call number $n: all is as it must be" "$out" "$err"
			return
		}
		((starts)) || break
		died=$((died + 1))
	done
	if ((died >= DEEDS / 2 && n <= 200)); then
		pass "death at each of $died calls of $call: all was as it must be"
	else
		fail "death at each call of $call" "$died deaths"
	fi
}

# failures CALL ERROR WHICH: the calls fail. getpid takes their place: the call number -1, which strace
# would put there, is not on the list of what the store process may do, and kills it.
failures() {
	deeds_under "$1:error=$2:syscall=getpid:when=$3"
	verdict "$1 fails with $2, $3: all is as it must be" 0
}

# told NAME STARTS: whoever asked in vain was told; patd was started again so often.
told() {
	if ((unanswered > 0)); then
		pass "$1: who asked is told that it failed, $unanswered times"
	else
		fail "$1: who asked is told that it failed"
	fi
	is "$1: patd was started again so often" "$starts" "$2"
}

install_build
must useradd c0

# A commit writes pages, flushes them, writes the root page, wakes the loop; that answers.
for call in writev fdatasync pwrite64 write sendto; do
	deaths "$call"
done

# The disk is full, or broken, from the third call on: nothing that changes the store is acknowledged any
# more, while patd answers what only reads.
for failure in writev:ENOSPC writev:EIO fdatasync:EIO fdatasync:ENOSPC; do
	failures "${failure%:*}" "${failure#*:}" 3+
	told "$failure" 0
done
# When the page that a commit ends with cannot be written nobody knows what the file has: patd ends, to be
# started again, and reads it anew.
failures pwrite64 EIO 2+
told 'the root page' 1
ok 'it says why' grep -q 'store process ends: the store failed' "$work/patd.out"
# Each call once: the deed is tried again by itself, or told to have failed.
for ((n = 1; n <= 12; n++)); do
	failures fdatasync EIO "$n"
	is "fdatasync fails once, number $n: it is tried again, and patd goes on" "$unanswered $starts" '0 0'
	failures pwrite64 EIO "$n"
done
finish
