#!/bin/bash
# crash_random.sh: patd is killed KILLS (500) times, at random points of a mixed load, all of it or one of
# its processes: what was acknowledged is there afterwards, what was not is there whole or not at all.
# SEED repeats the choices.
[[ ${PAT_SANDBOX:-} ]] ||
	exec "$(dirname "$0")/../lib/sandbox" env KILLS="${KILLS:-500}" SEED="${SEED:-$RANDOM}" "$(realpath "$0")"
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

kills=$KILLS seed=$SEED
accounts=(c{1..8})
load=''

# What dies of patd, and how often of 16 times: all at once as in a crash, or what a fault ends first.
victims=(all all all all all all all store store store store store store parent names starting)

# Whoever of patd is not killed ends by itself.
strike() {
	case $1 in
	all) kill_patd ;;
	store | names) pkill -KILL -o -x "patd-$1" ;;
	parent) pkill -KILL -o -x patd ;;
	starting)
		kill_patd
		patd -F >>"$work/patd.out" 2>&1 &
		patd=$!
		sleep "0.0$((RANDOM % 30))"
		kill_patd
		;;
	esac
	wait "$patd" 2>/dev/null
	within 10 patd_gone
}

echo "seed $seed"
RANDOM=$((seed % 32768))
install_build
for account in "${accounts[@]}"; do
	must useradd "$account"
done
start_patd
"$BUILD/tests/attack/load" /run/pam_pat/root.sock "$seed" 0 "${accounts[@]}" >"$work/load.out" 2>"$work/load.err" &
load=$!

struck=0 unsound=''
while ((struck < kills)) && kill -0 "$load" 2>/dev/null && [[ ! $unsound ]]; do
	sleep "0.$(printf %03d $((RANDOM % 80)))"
	victim=${victims[RANDOM % 16]}
	strike "$victim" || {
		fail "after the death of $victim the rest of patd ends"
		break
	}
	struck=$((struck + 1))
	unsound=$("$BUILD/tests/attack/sound" "$store/data.mdb" 2>&1 >/dev/null)
	start_patd
done
is "patd died $kills times, and the load found all as it must be" "$struck $(<"$work/load.err")" "$kills "
is 'after each death every record has its index rows, and every row its record' "$unsound" ''
kill -TERM "$load"
wait "$load"
is 'the load ends well' "$?" 0
counts=$(<"$work/load.out")
# Else the deaths came between the deeds, and nothing was shown.
if [[ $counts =~ ([0-9]+)\ unanswered\ ([0-9]+) ]] && ((BASH_REMATCH[1] > BASH_REMATCH[2] && BASH_REMATCH[2] > 0)); then
	pass "some deeds were cut off before they were done, some after: $counts"
else
	fail 'some deeds were cut off before they were done, some after' "$counts"
fi
ok 'export reads every record' patctl export "$work/export"
ok 'and the log every event' patctl log --all
stop_patd
ok 'the store is sound at the end' "$BUILD/tests/attack/sound" "$store/data.mdb"
finish
