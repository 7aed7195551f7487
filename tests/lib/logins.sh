# shellcheck shell=bash
# logins.sh: logins all the time while something else is done, for the tests of what may come of them then.
# To be sourced after system.sh.
# shellcheck disable=SC2154 # of common.sh

# keep KEY COMMAND...: does that again and again until it is enough.
loops=()
keep() {
	rm -f "$work/enough"
	(
		while [[ ! -e $work/enough ]]; do
			"${@:2}" >"$work/loop.$1.out" 2>&1
			echo $?
		done >"$work/loop.$1"
	) &
	loops+=($!)
}
# enough: none of them goes on.
enough() {
	touch "$work/enough"
	wait "${loops[@]}"
	loops=()
}

# only NAME KEY STATUS...: each of them ended with one of those.
only() {
	local wanted=("${@:3}")
	is "$1" "$(sort -u "$work/loop.$2" | grep -vx "${wanted[@]/#/-e}")" ''
}
# many NAME KEY MINIMUM: there were more than so many.
many() {
	local n
	n=$(tried "$2")
	if ((n > $3)); then pass "$1: there were $n, by $2"; else fail "$1: there were logins by $2" "$n"; fi
}
tried() { wc -l <"$work/loop.$1"; }
granted() { grep -cx 0 "$work/loop.$1"; }
