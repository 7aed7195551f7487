#!/bin/bash
# patd_socket.sh: patd's socket gone, or something else in its place; its folder somebody else's. No token
# opens what it should not, a password always does, and with patd back in its place all is as before.
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
install_build
add_accounts alice bob
write_stacks
start_patd
minted good alice good --scopes '*'
minted revoked alice revoked --scopes '*'
must patctl -u alice revoke revoked -y
tokens_work 'at first'

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
tokens_work 'the socket back in its place'
ln $socket "$run_dir/second"
must rm $socket
ln -s "$run_dir/second" $socket
tokens_work 'a link to the real one'
must mv "$run_dir/second" $socket
chmod 000 $socket
tokens_work 'a socket of mode 0, which is nothing to root'
must rm $socket $run_dir/patd.sock
closed 'both sockets gone'
crash_patd
tokens_work 'patd makes them anew'

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
tokens_work 'no folder: patd makes it'

# A second one.
run timeout 10 patd -F
if ((status != 0 && status != 124)); then pass 'a second patd does not start'; else fail 'a second patd starts' "$status"; fi
tokens_work 'the first one serves on'
# What a killed one has left is no obstacle, nor is what others have put there.
crash_patd
tokens_work 'with the sockets of a killed one there'
stop_patd
ln -s /etc/passwd $run_dir/patd.sock
touch $run_dir/root.sock
start_patd
tokens_work 'with other things in their place'
is 'it followed no link' "$(stat -c %F /etc/passwd)" 'regular file'
is 'the socket is one' "$(stat -c %F $run_dir/patd.sock)" socket
finish
