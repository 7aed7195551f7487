#!/bin/bash
# Every header compiles alone, as the first thing that a file includes, and twice.
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../lib/common.sh"

# The build's own flags, which the Makefile knows.
flags=$(make --no-print-directory -s -C "$top" -f - print <<'END'
include Makefile
print:
	@echo '$(FLAGS)'
END
) || skip "make doesn't tell its flags"

# shellcheck disable=SC2317 # called by ok
compiles() {
	printf '#include "%s"\n#include "%s"\n' "$1" "$1" |
		eval "${CC:-cc} ${flags/-MMD -MP/} -I'$top' -fsyntax-only -xc -"
}

shopt -s nullglob
cd "$top" || exit 1
for header in {common,pam_pat,patctl,patd,tests/*}/*.h; do
	ok "$header" compiles "$header"
done
finish
