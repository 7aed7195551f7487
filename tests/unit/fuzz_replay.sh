#!/bin/bash
# fuzz_replay.sh: what the fuzzers found worth keeping, replayed.
set -u
cd "$(dirname "$0")/../.." || exit 1
failed=0
for target in "$BUILD"/tests/fuzz/fuzz_*; do
	[[ -x $target && ! $target == *.* ]] || continue
	name=${target##*/fuzz_}
	if "$target" "tests/fuzz/corpus/$name"; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		failed=1
	fi
done
exit $failed
