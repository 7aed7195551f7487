#!/bin/bash
# impostor.sh (hazard 16): who listens where patd should. Where it is not root, no byte of a token or a
# password reaches it; where it is, and talks nonsense, a token is refused. A password works all along.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# rogue NAME PATH HOW [UID]: what it is told stands in $work/told.NAME.
rogues=()
rogue() {
	rm -f "$2"
	"$BUILD/tests/attack/rogue" "$2" "$3" "$(token_id "${token[wide]}")" "${@:4}" >"$work/told.$1" &
	rogues+=($!)
	must within 10 grep -q ready "$work/told.$1"
}
end_rogues() {
	kill "${rogues[@]}"
	wait "${rogues[@]}" 2>/dev/null
	rogues=()
}
heard() { (($(grep -vc ready "$work/told.$1") >= $2)); }

su_with() { as bob su alice -c true <<<"$1"; }
sudo_with() { as alice sudo -k -S true <<<"$1"; }
# patctl_with SECRET ARGUMENT...
patctl_with() { as alice patctl "${@:2}" <<<"$1"; }
# Ends by itself, with some error: of an answer that means nothing patctl makes this or that.
declines() {
	"$@"
	local result=$?
	((result > 0 && result < 126))
}

# impostor NAME: everything that holds a secret meets it, as root.sock and as patd.sock, and tells it nothing.
impostor() {
	later "$1: ssh by token" 255 login alice password "${token[wide]}" true
	later "$1: ssh by token, keyboard-interactive" 255 login alice keyboard-interactive "${token[wide]}" true
	later "$1: su by token" 1 su_with "${token[wide]}"
	later "$1: sudo by token" 1 sudo_with "${token[wide]}"
	later "$1: ssh by password" 0 login alice password "${password[alice]}" true
	later "$1: su by password" 0 su_with "${password[alice]}"
	later "$1: sudo by password" 0 sudo_with "${password[alice]}"
	later "$1: patctl exchange" 75 patctl_with "${token[wide]}" exchange
	later "$1: patctl mint" 75 patctl_with "${password[alice]}" mint new -S
	later "$1: patctl revoke --stdin" 75 patctl_with "${token[wide]}" revoke --stdin
	gather
	is "$1: it was met, and told nothing" "$(sort -u "$work/told.$1" | paste -sd,)" nothing,ready
	ok "$1: by each of the seven" heard "$1" 7
}

install_build
add_accounts alice bob
must usermod -aG sudo alice
for service in sshd su sudo; do use_pam $service; done
start_syslog
start_patd
start_sshd
minted wide alice laptop --scopes sshd,su,sudo
chmod 755 "$work"
ok 'at first: ssh' login alice password "${token[wide]}" true
ok 'at first: su' su_with "${token[wide]}"
ok 'at first: sudo' sudo_with "${token[wide]}"
must mkdir /run/real
must mv /run/pam_pat/root.sock /run/pam_pat/patd.sock /run/real

# ---- another uid listens ----

bob=$(id -u bob)
for uid in "$bob" "$(id -u patd)" 65534; do
	dir=$work/of.$uid
	must install -d -o "$uid" "$dir"
	rogue "uid-$uid" "$dir/sock" early "$uid"
	# What is root's leads there, by mistake or by a backup that was unpacked.
	for name in root patd; do must ln -s "$dir/sock" "/run/pam_pat/$name.sock"; done
	impostor "uid-$uid"
	must rm /run/pam_pat/root.sock /run/pam_pat/patd.sock
done
like 'the log says what it was' 'pam_pat\(sshd:auth\): token not checked.*reason=impostor' "$(<"$syslog")"
like 'in sudo, too' 'pam_pat\(sudo:auth\): token not checked.*reason=impostor' "$(<"$syslog")"

# Where the module and patctl are told to look.
rogue configured "$work/of.$bob/sock.2" early "$bob"
must sed -i "s|pam_pat.so|& socket=$work/of.$bob/sock.2|" /etc/pam.d/{sshd,su,sudo}
later 'socket=: ssh by token' 255 login alice password "${token[wide]}" true
later 'socket=: su by token' 1 su_with "${token[wide]}"
later 'socket=: sudo by token' 1 sudo_with "${token[wide]}"
later 'socket=: ssh by password' 0 login alice password "${password[alice]}" true
later 'socket=: sudo by password' 0 sudo_with "${password[alice]}"
later '--socket: patctl exchange' 75 patctl_with "${token[wide]}" --socket "$work/of.$bob/sock.2" exchange
later '--socket: patctl mint' 75 patctl_with "${password[alice]}" --socket "$work/of.$bob/sock.2" mint new -S
later '--socket: root lists' 75 patctl --socket "$work/of.$bob/sock.2" list -a
gather
is 'socket=: it was met, and told nothing' "$(sort -u "$work/told.configured" | paste -sd,)" nothing,ready
ok 'socket=: by each of the six' heard configured 6
is 'nobody can put a socket where patd has its own' "$(as bob ln -s /tmp /run/pam_pat/x 2>&1)" \
	"ln: failed to create symbolic link '/run/pam_pat/x': Permission denied"
end_rogues

# ---- root listens, and is no patd ----

sockets=$work/sockets
must mkdir "$sockets"
must sed -i "s|socket=[^ ]*|socket=$sockets/now timeout=2|" /etc/pam.d/{sshd,su,sudo}
for how in early-other early-busy close-first close mute half halves long junk empty other more unknown stream deaf; do
	rogue $how "$sockets/$how" $how
	must ln -sfn "$sockets/$how" "$sockets/now"
	later "$how: su by token" 1 su_with "${token[wide]}"
	later "$how: ssh by token" 255 login alice password "${token[wide]}" true
	later "$how: su by password" 0 su_with "${password[alice]}"
	later "$how: patctl" 0 declines patctl_with "${token[wide]}" --socket "$sockets/$how" inspect
	# A stream is another kind of socket, and the deaf one tells nothing.
	if [[ $how != @(stream|deaf) ]]; then
		ok "$how: all three met it" within 10 heard $how 3
	else
		sleep 1
	fi
done
gather
for path in "$work" "$work/sshd/config" /dev/null; do
	must ln -sfn "$path" "$sockets/now"
	later "$path: su by token" 1 su_with "${token[wide]}"
	later "$path: su by password" 0 su_with "${password[alice]}"
	gather
done
must mkfifo "$sockets/fifo" && must ln -sfn "$sockets/fifo" "$sockets/now"
later 'a pipe: su by token' 1 su_with "${token[wide]}"
later 'a pipe: su by password' 0 su_with "${password[alice]}"
gather
end_rogues

# Back to what it was.
must mv /run/real/root.sock /run/real/patd.sock /run/pam_pat
must sed -i 's| socket=.*||' /etc/pam.d/{sshd,su,sudo}
ok 'in the end: ssh' login alice password "${token[wide]}" true
ok 'in the end: su' su_with "${token[wide]}"
ok 'in the end: sudo' sudo_with "${token[wide]}"
finish
