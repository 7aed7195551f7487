#!/bin/bash
# patd_state.sh: patd stopped, killed, frozen and started again while people log in. A token then opens or
# does not, but never what it should not; a password always does, and with patd back all is as before.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"
# shellcheck source=tests/lib/logins.sh
. "$top/tests/lib/logins.sh"

# --- logins all the time ---

# meanwhile NAME COMMAND...: each of them while there are logins by four secrets.
meanwhile() {
	local name=$1 key
	keep good pam_login raw alice "${token[good]}"
	keep counted pam_login raw alice "${token[counted]}"
	keep revoked pam_login required alice "${token[revoked]}"
	keep password pam_login shipped alice "${password[alice]}"
	"${@:2}"
	enough
	only "$name: a token is accepted or not checked" good 0 9
	only "$name: a revoked one is refused or not checked" revoked 6 9
	only "$name: a password works every time" password 0
	granted=$((granted + $(granted counted)))
	tried=$((tried + $(tried counted)))
	for key in good revoked password; do many "$name" $key 4; done
	tokens_work "$name, afterwards"
}
granted=0 tried=0

stopped_and_started() {
	local _
	for _ in {1..10}; do
		stop_patd
		sleep 0.1
		start_patd
		sleep 0.2
	done
}
killed_and_started() {
	local _
	for _ in {1..10}; do
		crash_patd
		sleep 0.2
	done
}
# Of its processes each alone: the others end, or go on without it.
killed_one_by_one() {
	local process _
	for _ in 1 2 3; do
		for process in patd-store patd-names patd; do
			pkill -KILL -x "$process"
			wait "$patd" 2>/dev/null
			must within 10 patd_gone
			start_patd
			sleep 0.1
		done
	done
}
frozen_and_thawed() {
	local process _
	for _ in 1 2; do
		for process in patd-store patd-names patd; do
			must pkill -STOP -x "$process"
			sleep 1.5
			must pkill -CONT -x "$process"
			sleep 0.2
		done
	done
}
flickering() {
	local _
	for _ in {1..60}; do
		must pkill -STOP -x patd-store
		sleep 0.02
		must pkill -CONT -x patd-store
		sleep 0.03
	done
}

install_build
add_accounts alice bob
write_stacks
use_pam sshd
start_patd
start_sshd
minted good alice good --scopes '*'
minted counted alice counted --scopes '*' --uses 100000
minted revoked alice revoked --scopes '*'
must patctl -u alice revoke revoked -y
tokens_work 'at first'

meanwhile 'stopped and started' stopped_and_started
meanwhile 'killed and started' killed_and_started
meanwhile 'one process killed' killed_one_by_one
meanwhile 'one process frozen' frozen_and_thawed
meanwhile 'frozen for moments' flickering
left=$(patctl -u alice --json show counted | jq .uses_left)
counted=$((100000 - left))
if ((0 < granted && granted <= counted && counted <= tried)); then
	pass "of $tried logins by a token whose uses are counted $granted were granted, and $counted counted"
else
	fail 'each login that was granted was counted' "$tried $granted $counted"
fi

# Real logins by ssh, while it comes and goes.
come_and_go() {
	while [[ ! -e $work/enough ]]; do
		stop_patd
		sleep 0.3
		start_patd
		sleep 0.3
	done
}
rm "$work/enough"
come_and_go & # its patd is its own child
going=$!
for n in {1..5}; do
	for method in password keyboard-interactive; do
		later "ssh, $method, $n: a token" 0 in_or_refused login alice $method "${token[good]}" true
		later "ssh, $method, $n: a revoked one" 255 login alice $method "${token[revoked]}" true
		later "ssh, $method, $n: the password" 0 login alice $method "${password[alice]}" true
	done
	gather
done
touch "$work/enough"
wait $going
pkill -x patd
must within 10 patd_gone
start_patd
tokens_work 'after the ssh logins'

# Frozen, one after the other, for as long as a login may wait; then a login each. What the names and the
# parent know may be answered without them.
for process in patd-store patd-names patd; do
	must pkill -STOP -x $process
	later "$process frozen: a token" 0 in_or_refused login alice password "${token[good]}" true
	later "$process frozen: a revoked token" 255 login alice password "${token[revoked]}" true
	later "$process frozen: the password" 0 login alice password "${password[alice]}" true
	later "$process frozen: the password, keyboard-interactive" 0 \
		login alice keyboard-interactive "${password[alice]}" true
	gather
	must pkill -CONT -x $process
	ok "$process thawed: the token" login alice password "${token[good]}" true
done
finish
