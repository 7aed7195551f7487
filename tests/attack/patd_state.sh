#!/bin/bash
# patd_state.sh: patd stopped, killed, frozen and started again while people log in; its socket gone, or
# something else in its place; its folder somebody else's. A token then opens or does not, but never what
# it should not; a password always does, and with patd back all is as before.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

run_dir=/run/pam_pat socket=/run/pam_pat/root.sock

# closed WHAT: who asks gets no answer; what needs none goes on.
closed() {
	exits "$1: a token is not checked" 9 pam_login raw alice "${token[good]}"
	exits "$1: a revoked one is not, either" 9 pam_login required alice "${token[revoked]}"
	ok "$1: the password works" pam_login shipped alice "${password[alice]}"
}
open() {
	ok "$1: the token works" pam_login raw alice "${token[good]}"
	exits "$1: the revoked one is refused" 6 pam_login required alice "${token[revoked]}"
}

# --- logins all the time ---

# keep KEY SECRET [STACK]: logins with the secret until told to end, their statuses in a file.
loops=()
keep() {
	(
		while [[ ! -e $work/enough ]]; do
			pam_login "${3:-raw}" alice "$2" >/dev/null 2>&1
			echo $?
		done >"$work/loop.$1"
	) &
	loops+=($!)
}
# meanwhile NAME COMMAND...: each of them while there are logins by four secrets.
meanwhile() {
	local name=$1 key
	rm -f "$work/enough"
	loops=()
	keep good "${token[good]}"
	keep counted "${token[counted]}"
	keep revoked "${token[revoked]}" required
	keep password "${password[alice]}" shipped
	"${@:2}"
	touch "$work/enough"
	wait "${loops[@]}"
	is "$name: a token is accepted or not checked" "$(sort -u "$work/loop.good" | grep -vx -e 0 -e 9)" ''
	is "$name: a revoked one is refused or not checked" "$(sort -u "$work/loop.revoked" | grep -vx -e 6 -e 9)" ''
	is "$name: a password works every time" "$(sort -u "$work/loop.password")" 0
	granted=$((granted + $(grep -cx 0 "$work/loop.counted")))
	tried=$((tried + $(wc -l <"$work/loop.counted")))
	for key in good revoked password; do
		if (($(wc -l <"$work/loop.$key") > 4)); then
			pass "$name: there were $(wc -l <"$work/loop.$key"), by $key"
		else
			fail "$name: there were logins by $key" "$(wc -l <"$work/loop.$key")"
		fi
	done
	open "$name, afterwards"
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
open 'at first'

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
rm -f "$work/enough"
come_and_go & # its patd is its own child
going=$!
in_or_refused() { "$@" || (($? == 255)); }
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
open 'after the ssh logins'

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

# --- the socket ---

must mv $socket $run_dir/kept
closed 'no socket'
touch $socket
closed 'a file in its place'
rm $socket
mkdir $socket
closed 'a folder in its place'
rmdir $socket
mkfifo $socket
closed 'a pipe in its place'
rm $socket
for target in /dev/null /dev/log none "$socket" /etc/shadow; do
	ln -s "$target" $socket
	closed "a link to $target in its place"
	rm $socket
done
# Sockets of root's, and of others: of the wrong kind, of nobody who answers, of somebody who is not root.
for kind in SOCK_STREAM SOCK_DGRAM SOCK_SEQPACKET; do
	for user in root bob; do
		rm -f "$work/other.sock"
		chmod 1777 "$work"
		setpriv --reuid $user --regid $user --clear-groups "$BUILD/tests/attack/mute_socket" "$work/other.sock" $kind &
		mute=$!
		must within 10 test -S "$work/other.sock"
		ln -s "$work/other.sock" $socket
		closed "a link to a $kind of $user's"
		rm $socket
		end_process $mute
	done
done
chmod 755 "$work"
must mv $run_dir/kept $socket
open 'the socket back in its place'
ln $socket "$run_dir/second"
must rm $socket
ln -s "$run_dir/second" $socket
open 'a link to the real one'
must mv "$run_dir/second" $socket
chmod 000 $socket
open 'a socket of mode 0, which is nothing to root'
must rm $socket $run_dir/patd.sock
closed 'both sockets gone'
crash_patd
open 'patd makes them anew'

# --- its folder ---

# will_not_start WHAT
will_not_start() {
	run timeout 10 patd -F
	if ((status != 0 && status != 124)); then pass "$1: patd does not start"; else fail "$1: patd starts" "$status"; fi
	err_like "$1: and says why" "$run_dir"
	closed "$1"
}
stop_patd
rm -rf $run_dir
install -d -m 755 -o bob $run_dir
will_not_start "bob's folder"
chown root $run_dir
for mode in 777 775 757 1777; do
	chmod $mode $run_dir
	will_not_start "a folder of mode $mode"
done
rmdir $run_dir
install -d -m 755 "$work/elsewhere"
ln -s "$work/elsewhere" $run_dir
will_not_start 'a link in place of the folder'
rm $run_dir
touch $run_dir
will_not_start 'a file in place of the folder'
rm $run_dir
start_patd
open 'no folder: patd makes it'

# A second one.
run timeout 10 patd -F
if ((status != 0 && status != 124)); then pass 'a second patd does not start'; else fail 'a second patd starts' "$status"; fi
open 'the first one serves on'
# What a killed one has left is no obstacle, nor is what others have put there.
crash_patd
open 'with the sockets of a killed one there'
stop_patd
ln -s /etc/passwd $run_dir/patd.sock
touch $run_dir/root.sock
start_patd
open 'with other things in their place'
is 'it followed no link' "$(stat -c %F /etc/passwd)" 'regular file'
is 'the socket is one' "$(stat -c %F $run_dir/patd.sock)" socket
finish
