#!/bin/bash
# fuzz_replay.sh: what the fuzzers found worth keeping, replayed. A target that says that it was left
# out (status 77: it needs root) is no failure; one without a corpus or a dictionary is.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
for source in tests/fuzz/fuzz_*.c; do
	name=${source##*/fuzz_}
	name=${name%.c}
	if [[ ! -s tests/fuzz/$name.dict ]]; then
		echo "not ok - $name has no dictionary"
		failed=$((failed + 1))
	fi
	"$BUILD/tests/fuzz/fuzz_$name" "tests/fuzz/corpus/$name"
	case $? in
	0)
		echo "ok - $name"
		passed=$((passed + 1))
		;;
	77) echo "left out - $name" ;;
	*)
		echo "not ok - $name"
		failed=$((failed + 1))
		;;
	esac
done
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
