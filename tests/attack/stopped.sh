#!/bin/bash
# stopped.sh (hazard 1): alice stops and kills her own su, sudo and patctl at every moment of a login
# by token, some of them while they are connected to patd. Nobody else waits: the longest of the others'
# logins meanwhile takes less than 2 s.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/latency.sh
. "$(dirname "$0")/../lib/latency.sh"
# shellcheck source=tests/lib/store_process.sh
. "$(dirname "$0")/../lib/store_process.sh"
password[carol]=carol

# The names and pids of those programs that are stopped and hold a socket to patd: the only sockets of
# that type which any of them has.
stopped_connected() {
	local name pid
	ss -xaHp | sed -nE '/^u_seq/s/.*"(su|sudo|patctl)",pid=([0-9]+).*/\1 \2/p' | while read -r name pid; do
		grep -q '^State:.T' "/proc/$pid/status" && echo "$name $pid"
	done 2>/dev/null
}
watch() {
	while [[ ! -e $work/enough ]]; do stopped_connected; done >"$work/connected"
}

# attack NAME SPAN ROUNDS FILE COMMAND...: SPAN: about as long as COMMAND takes undisturbed, in us.
attack() {
	as alice "$work/stop" "$2" "$3" 40 "/home/alice/$4" "${@:5}" >"$work/attack.$1" 2>&1
}
attacks() {
	local turn
	for turn in 1 2 3; do
		attack "su.$turn" 12000 250 su su bob -c true
		attack "sudo.$turn" 12000 250 sudo sudo -k -S true
		attack "exchange.$turn" 4000 150 sudo patctl exchange
		attack "mint.$turn" 8000 50 password patctl mint none -S
	done
	touch "$work/enough"
}
# stopped NAME MINIMUM: in all turns.
stopped() {
	local n
	n=$(cat "$work/attack.$1".? | sed -E 's/.* ([0-9]+) stopped by signal, ([0-9]+) by key.*/\1 \2/' |
		awk '{ n += $1 + $2 } END { print n + 0 }')
	cat "$work/attack.$1".? | sed "s/^/# $1: /"
	if ((n >= $2)); then pass "$1: $n were stopped"; else fail "$1: at least $2 are stopped" "$n"; fi
}

install_build
add_accounts alice bob carol
must usermod -aG sudo alice
for service in sshd su sudo; do use_pam "$service"; done
use_pam generic web
# What sudo leaves running of itself on its own terminal when it is killed is none of ours.
echo 'Defaults !use_pty' >>/etc/sudoers
start_patd
start_sshd
minted bob bob bob --scopes su
minted sudo alice sudo --scopes sudo
minted carol carol carol --scopes sshd,su,web
must install -m 755 "$BUILD/tests/attack/stop" "$work/stop"
for name in bob sudo; do
	must install -m 600 -o alice /dev/stdin "/home/alice/${name/bob/su}" <<<"${token[$name]}"
done
must install -m 600 -o alice /dev/stdin /home/alice/password <<<"${password[alice]}"
ok 'undisturbed: su' as alice su bob -c true </home/alice/su
ok 'undisturbed: sudo' as alice sudo -k -S true </home/alice/sudo
ok 'undisturbed: patctl' as alice patctl exchange </home/alice/sudo
before=$(descriptors)

attacks &
attacking=$!
watch &
watching=$!
while [[ ! -e $work/enough ]]; do
	for n in {1..5}; do
		measured "$work/pam" pam_login web carol "${token[carol]}"
		measured "$work/su" as bob su carol -c true <<<"${token[carol]}"
		measured "$work/patctl" as carol patctl list
	done
	measured "$work/ssh" login carol password "${token[carol]}" true
done
wait "$attacking" "$watching"

stopped su 300
stopped sudo 300
stopped exchange 100
stopped mint 30
for name in su sudo patctl; do
	connected=$(sort -u "$work/connected" | grep -c "^$name ")
	if ((connected > 0)); then
		pass "$name: $connected of them were stopped while connected to patd"
	else
		fail "$name: some are stopped while connected to patd"
	fi
done
all_within 'logins through libpam' 2000 "$work/pam" 100
all_within 'real su' 2000 "$work/su" 100
all_within 'patctl' 2000 "$work/patctl" 100
all_within 'real ssh' 2000 "$work/ssh" 20
ok 'what they left in patd ends' within 20 no_more_descriptors "$before"
ok 'alice herself is served again' as alice patctl list
ok 'and logs in' as alice sudo -k -S true </home/alice/sudo
is 'patd is the one that was started' "$(pgrep -x patd)" "$patd"
finish
