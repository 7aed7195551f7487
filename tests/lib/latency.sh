# shellcheck shell=bash
# latency.sh: how long others wait, for the attack tests whose hazard names a limit.

# measured FILE COMMAND...: adds a line to FILE: how many ms that took, and its exit status.
measured() {
	local file=$1 start=${EPOCHREALTIME/./} result
	shift
	"$@" >/dev/null 2>&1
	result=$?
	echo "$(((${EPOCHREALTIME/./} - start) / 1000)) $result" >>"$file"
}

# all_succeed NAME FILE COUNT: so many were measured, or more, and each succeeded. Leaves $longest.
all_succeed() {
	local times n
	mapfile -t times < <(cut -d' ' -f1 "$2" | sort -n)
	n=${#times[@]}
	((n > 0)) || times=(0)
	longest=${times[-1]}
	echo "# $1: $n, p50 ${times[n / 2]} ms, p100 $longest ms"
	is "$1: all succeed" "$(grep -c ' 0$' "$2")" "$n"
	((n >= $3)) || fail "$1: $3 are tried" "$n"
}

# all_within NAME MS FILE COUNT: the same, and none took MS or longer.
all_within() {
	all_succeed "$1" "$3" "$4"
	if ((longest < $2)); then
		pass "$1: none takes $2 ms"
	else
		fail "$1: none takes $2 ms" "the longest: $longest ms"
	fi
}
