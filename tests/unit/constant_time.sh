#!/bin/bash
# constant_time.sh: valgrind's word that no jump and no address depends on a secret of a token, and
# that an unknown ID is as much work as a wrong secret. constant_time.c has the cases.
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../lib/common.sh"

program=$BUILD/tests/unit/constant_time
command -v valgrind >/dev/null || skip 'no valgrind'
if nm "$program" | grep -q '__\(asan\|tsan\)_'; then
	skip "a sanitizer's build does not run under valgrind"
fi

# under CASE VALGRIND_OPTION...
under() {
	run env CK_FORK=no CK_RUN_CASE="$1" LD_PRELOAD="$BUILD/tests/preload/valgrind.so" valgrind "${@:2}" "$program"
}
memcheck() { under "$1" -q --error-exitcode=9 --suppressions=tests/unit/constant_time.supp; }

cd "$top" || exit 1
memcheck hash
verdict 'hash and comparison: no jump on the secret or on the hash' 0
memcheck store
verdict 'from the store to the verdict: no jump on the hash' 0
memcheck control
verdict 'memcmp() in its place is noticed' 9
err_like 'as a jump on what is hidden' 'Conditional jump or move depends on uninitialised value.*memcmp'

under work --tool=callgrind --toggle-collect=op_verify_check --callgrind-out-file="$work/count"
verdict 'count what is done for a wrong secret and for an unknown ID' 0
# instructions NAME: in the file of that name's dump.
instructions() {
	sed -n 's/^totals: //p' "$(grep -l "^desc: Trigger: Client Request: $1$" "$work"/count.*)"
}
known=$(instructions known) unknown=$(instructions unknown)
difference=$((known > unknown ? known - unknown : unknown - known))
if ((known > 1000000 && difference * 100 <= known)); then
	pass "both are the same work: $known and $unknown instructions"
else
	fail 'both are the same work, but for 1 %' "a wrong secret: $known" "an unknown ID: $unknown"
fi
finish
