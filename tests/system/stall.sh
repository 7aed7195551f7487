#!/bin/bash
# stall.sh: a disk that takes its time holds up nobody but who writes: logins go on while a commit is
# under way, beside a stream of durable writes. Nothing here is timed: it is told by what ends first.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

web() { pam_login web alice "$1"; }

# slow_disk SECONDS: every sync of the store takes so long from now on. fast_disk: no more.
slow_disk() {
	trace_process "$(pgrep -x patd-store)" "$work/strace" -e trace=fdatasync,fsync,msync \
		-e "inject=fdatasync,fsync,msync:delay_enter=${1}s"
}
fast_disk() { end_trace; }

install_build
add_accounts alice
use_pam generic web
start_patd
minted plain alice plain --scopes web
minted few alice few --scopes web --uses 1000

slow_disk 5
patctl -u alice mint slow --scopes web >"$work/slow" 2>/dev/null &
minting=$!
sleep 0.5
done_before=0
for n in {1..20}; do
	web "${token[plain]}" >/dev/null && kill -0 "$minting" 2>/dev/null && done_before=$((done_before + 1))
done
is 'twenty logins while one commit is under way' "$done_before" 20
ok 'list goes on, too' patctl -u alice list
out_unlike 'it sees nothing of what is not durable' slow
kill -0 "$minting" 2>/dev/null
is 'the commit is still under way' $? 0
is 'nothing was told yet of the new token' "$(<"$work/slow")" ''
ok 'then it is there' wait "$minting"
like 'and told' '^pat_' "$(<"$work/slow")"
fast_disk

# What waits while a commit is under way shares the next one: sixteen logins that must be durable
# need no sixteen syncs.
slow_disk 1
for n in {1..16}; do
	web "${token[few]}" >/dev/null 2>&1 &
	racers+=($!)
done
won=0
for pid in "${racers[@]}"; do wait "$pid" && won=$((won + 1)); done
fast_disk
is 'all sixteen were counted' "$(patctl -u alice --json show few | jq .uses_left)" $((1000 - won))
syncs=$(grep -c 'sync' "$work/strace")
if ((won > 0 && syncs < won)); then
	pass "$won durable logins took $syncs syncs"
else
	fail 'commits are grouped' "logins $won" "syncs $syncs"
fi

# A stream of durable writes, and logins beside it.
(
	n=0
	while [[ ! -e $work/enough ]]; do
		patctl -u alice mint "stream$((n++))" --scopes web >/dev/null 2>&1
		patctl -u alice revoke "stream$((n - 1))" -y >/dev/null 2>&1
	done
	echo "$n" >"$work/stream"
) &
streaming=$!
accepted=0
for n in {1..200}; do web "${token[plain]}" >/dev/null && accepted=$((accepted + 1)); done
touch "$work/enough"
wait "$streaming"
is '200 logins beside a stream of durable writes' "$accepted" 200
written=$(<"$work/stream")
if ((written > 1)); then pass "$written tokens were minted and revoked meanwhile"; else fail 'the stream ran' "$written"; fi
finish
