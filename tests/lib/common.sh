# shellcheck shell=bash
# common.sh: checks and their count, for every test that is a script. A test sources this file,
# makes its checks and ends with `finish`; exit status 0 passed, 1 failed, 77 skipped.
set -u

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export BUILD=${BUILD:-$top/build}
checks_passed=0 checks_failed=0 finished=
status=0 out='' err=''
work=$(mktemp -d) || exit 1

# A script that ends before `finish` has failed, whatever its status was.
trap 'leave $?' EXIT
leave() {
	rm -rf "$work"
	[[ $finished ]] && exit "$1"
	echo "ended before its last check, with status $1"
	echo "$checks_passed passed, $((checks_failed + 1)) failed"
	exit 1
}

# Functions that finish() calls before it counts: for what has to be true after every test.
last_looks=()
finish() {
	local look
	for look in "${last_looks[@]}"; do "$look"; done
	finished=yes
	[[ ! -e $work/lost ]] || fail 'checks in a subshell, which nobody counts' "$(<"$work/lost")"
	echo "$checks_passed passed, $checks_failed failed"
	((checks_failed == 0 && checks_passed > 0))
	exit
}

skip() {
	finished=yes
	echo "skipped: $*"
	exit 77
}

# skip_if_sanitized WHY: where the module was built with a sanitizer's runtime.
skip_if_sanitized() {
	! nm -D "$BUILD/pam_pat.so" | grep -q '__[at]san_' || skip "$1"
}

# count_here NAME: the shell that makes a check is the one that counts it.
count_here() {
	[[ $BASHPID == "$$" ]] || echo "$1" >>"$work/lost"
}

pass() {
	count_here "$1"
	checks_passed=$((checks_passed + 1))
	echo "ok - $1"
}

# fail NAME LINE...: the lines say what was found.
fail() {
	count_here "$1"
	checks_failed=$((checks_failed + 1))
	echo "not ok - $1"
	shift
	(($# == 0)) || printf '%s\n' "$@" | sed 's/^/    /'
}

# Runs a command with what stands on our stdin; sets $status, $out and $err.
run() {
	local files
	files=$(mktemp -d "$work/run.XXXXXX")
	"$@" >"$files/out" 2>"$files/err"
	status=$?
	out=$(tr -d '\0' <"$files/out")
	err=$(tr -d '\0' <"$files/err")
	rm -rf "$files"
}

# verdict NAME STATUS: passes if the last run ended with STATUS.
verdict() {
	if ((status == $2)); then
		pass "$1"
	else
		fail "$1" "exit status $status, expected $2" "stdout: $out" "stderr: $err"
	fi
}

# exits NAME STATUS COMMAND...
exits() {
	local name=$1 wanted=$2
	shift 2
	run "$@"
	verdict "$name" "$wanted"
}

# ok NAME COMMAND...
ok() {
	local name=$1
	shift
	exits "$name" 0 "$@"
}

# not NAME COMMAND...: ends with some other status than 0.
not() {
	local name=$1
	shift
	run "$@"
	if ((status != 0)); then pass "$name"; else fail "$name" "exit status 0" "stdout: $out"; fi
}

# The last run's output against an extended regular expression.
out_like() { like "$1" "$2" "$out"; }
err_like() { like "$1" "$2" "$err"; }
out_unlike() { unlike "$1" "$2" "$out"; }
err_unlike() { unlike "$1" "$2" "$err"; }

# is NAME FOUND EXPECTED
is() {
	if [[ $2 == "$3" ]]; then pass "$1"; else fail "$1" "found:    $2" "expected: $3"; fi
}

# like NAME REGEX TEXT
like() {
	if [[ $3 =~ $2 ]]; then pass "$1"; else fail "$1" "no /$2/ in:" "$3"; fi
}

unlike() {
	if [[ $3 =~ $2 ]]; then fail "$1" "/$2/ in:" "$3"; else pass "$1"; fi
}

# json NAME FILTER: the last run's stdout is JSON, and jq's FILTER is true of it.
json() {
	local found
	if found=$(jq -e "$2" <<<"$out" 2>&1); then
		pass "$1"
	else
		fail "$1" "filter: $2" "gave: $found" "JSON: $out"
	fi
}

# within SECONDS COMMAND...: tries until the command succeeds.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# later NAME STATUS COMMAND... runs in the background; gather reports all of them, in their order.
# For what takes long by design, such as refused logins. What they print stands in $work/later.N.
laters=()
later() {
	local n=${#laters[@]} name=$1 wanted=$2
	shift 2
	(
		"$@" >"$work/later.$n" 2>&1
		echo $? >"$work/later.$n.status"
	) &
	laters+=("$!:$wanted:$name")
}

gather() {
	local n pid wanted name
	for n in "${!laters[@]}"; do
		IFS=: read -r pid wanted name <<<"${laters[n]}"
		wait "$pid"
		status=$(<"$work/later.$n.status") out=$(<"$work/later.$n") err=
		verdict "$name" "$wanted"
	done
	laters=()
}
