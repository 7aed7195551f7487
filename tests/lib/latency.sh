# shellcheck shell=bash
# latency.sh: how long others wait, for the attack tests whose issue names a limit.

# measured FILE COMMAND...: adds a line to FILE: how many ms that took, and its exit status.
measured() {
	local file=$1 start=${EPOCHREALTIME/./} result
	shift
	"$@" >/dev/null 2>&1
	result=$?
	echo "$(((${EPOCHREALTIME/./} - start) / 1000)) $result" >>"$file"
}

# all_within NAME MS FILE COUNT: at least COUNT were measured, each succeeded, and none took MS or longer.
all_within() {
	local name=$1 limit=$2 file=$3 count=$4 times
	mapfile -t times < <(cut -d' ' -f1 "$file" | sort -n)
	local n=${#times[@]}
	((n > 0)) || times=(0)
	echo "# $name: $n, p50 ${times[n / 2]} ms, p100 ${times[-1]} ms"
	is "$name: all succeed" "$(grep -vc ' 0$' "$file")" 0
	if ((n >= count && times[-1] < limit)); then
		pass "$name: none of $n takes $limit ms"
	else
		fail "$name: none takes $limit ms" "$n of $count, p50 ${times[n / 2]} ms, p100 ${times[-1]} ms"
	fi
}
