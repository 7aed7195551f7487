#!/bin/bash
# flood.sh (hazard 17): alice opens 1,000 connections and says nothing, then connects from 400 processes
# without end, then from 12 uids of her subordinate range. Meanwhile root verifies tokens, and so does
# bob, each in under 1 s; real logins go on; and nothing of it stays.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/latency.sh
. "$(dirname "$0")/../lib/latency.sh"
# shellcheck source=tests/lib/store_process.sh
. "$(dirname "$0")/../lib/store_process.sh"

sock=/run/pam_pat/patd.sock root_sock=/run/pam_pat/root.sock

# flood UID PROCESSES CONNECTIONS WHAT: in a session of its own, as a login of hers would be.
flooding=()
flood() {
	setsid setpriv --reuid "$1" --clear-groups --pdeathsig KILL -- "$work/flood" $sock "${@:2}" \
		>"$work/flood.${#flooding[@]}" &
	flooding+=($!)
}
# under_way: each of them has connected once, or found the queue full.
under_way() { (($(cat "$work"/flood.* | grep -c ready) == ${#flooding[@]})); }
end_floods() {
	kill -KILL "${flooding[@]}"
	wait "${flooding[@]}" 2>/dev/null
	rm -f "$work"/flood.[0-9]*
	flooding=()
}

# others NAME: root and bob ask 300 times each, side by side; libpam, su and ssh are tried beside that.
others() {
	local name=$1 n
	timeout 60 "$work/verify" $root_sock web carol 300 10 <<<"${token[carol]}" >"$work/root" &
	local root=$!
	as bob timeout 60 "$work/verify" $sock web bob 300 10 <<<"${token[bob]}" >"$work/bob" &
	local bob=$!
	rm -f "$work/pam" "$work/su" "$work/ssh"
	for n in {1..10}; do
		measured "$work/pam" pam_login web carol "${token[carol]}"
		measured "$work/su" as bob su carol -c true <<<"${token[carol]}"
	done
	for n in 1 2 3; do measured "$work/ssh" login carol password "${token[carol]}" true; done
	wait "$root" "$bob"
	all_within "$name: root" 1000 "$work/root" 300
	all_within "$name: bob" 1000 "$work/bob" 300
	all_within "$name: libpam" 1000 "$work/pam" 10
	all_succeed "$name: su" "$work/su" 10
	all_succeed "$name: ssh" "$work/ssh" 3
	echo "# $name: patd-store has $(descriptors) descriptors"
}

# few_descriptors NAME MAXIMUM: no more than so many more than at rest.
few_descriptors() {
	local n
	n=$(descriptors)
	if ((n <= before + $2)); then pass "$1: $n descriptors"; else fail "$1" "$n descriptors, $before before"; fi
}

install_build
add_accounts alice bob
password[carol]=carol
add_accounts carol
for service in sshd su; do use_pam $service; done
use_pam generic web
start_patd
start_sshd
minted bob bob bob --scopes web
minted carol carol carol --scopes sshd,su,web
must install -m 755 "$BUILD/tests/attack/flood" "$work/flood"
must install -m 755 "$BUILD/tests/attack/verify" "$work/verify"
alice=$(id -u alice)
others 'at rest'
before=$(descriptors)

flood "$alice" 10 100 hold
ok '1,000 idle connections' within 30 under_way
few_descriptors '1,000 idle connections: of which few are let in' 8
others '1,000 idle connections'
end_floods

flood "$alice" 400 1 churn
ok '400 connecting processes' within 30 under_way
others '400 connecting processes'
few_descriptors '400 connecting processes: few are in at once' 80
end_floods

flood "$alice" 400 1 status
ok '400 asking processes' within 30 under_way
others '400 asking processes'
end_floods

# A subordinate uid is one that newuidmap gives her; the kernel tells patd that uid.
for n in {1..12}; do flood $((100000 + n)) 4 50 hold; done
for n in {1..12}; do flood $((100000 + n)) 10 1 churn; done
ok '12 uids of her range' within 30 under_way
others '12 uids of her range'
few_descriptors '12 uids of her range: few are in at once' 80
end_floods

# All of it together.
flood "$alice" 10 100 hold
flood "$alice" 400 1 churn
for n in {1..12}; do flood $((100000 + n)) 4 20 hold; done
ok 'all together' within 30 under_way
others 'all together'
end_floods
ok 'nothing of it stays' within 20 no_more_descriptors "$before"
ok 'alice is served again' as alice patctl list
is 'patd is the one that was started' "$(pgrep -x patd)" "$patd"
finish
