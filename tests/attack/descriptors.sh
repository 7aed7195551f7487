#!/bin/bash
# descriptors.sh: a token leaves no descriptor behind: none in the session that it opened, by ssh, su and
# sudo, and none in a process that authenticates ten thousand times, which does not grow either.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# Of the session's shell, and not of ls: number and kind.
# shellcheck disable=SC2016 # it is for that shell
show='for f in /proc/$$/fd/*; do printf "%s %s\n" "${f##*/}" "$(readlink "$f" | sed "s/[0-9]*//g")"; done'
su_with() { as alice su bob -c "$show" <<<"$1"; }
sudo_with() { as alice sudo -k -S -p '' -u bob bash -c "$show" <<<"$1"; }
ssh_with() { login alice "$method" "$1" "$show"; }
pty_with() { login alice "$method" "$1" -tt "$show"; }

# same WHAT COMMAND TOKEN PASSWORD
same() {
	local by_token by_password
	by_token=$("$2" "$3" | tr -d '\r')
	by_password=$("$2" "$4" | tr -d '\r')
	is "$1: those of a session that a password opened" "$by_token" "$by_password"
	like "$1: there are some" '(^|'$'\n'')0 ' "$by_token"
	unlike "$1: none of them is ours, or a socket of another" 'pam_pat|patd|mdb' "$by_token"
}

install_build
add_accounts alice bob
must usermod -aG sudo alice
use_pam sshd
use_pam su
use_pam sudo
start_patd
start_sshd
minted ssh alice ssh --scopes sshd
minted su bob su --scopes su
minted sudo alice sudo --scopes sudo
for method in password keyboard-interactive; do
	same "ssh, $method" ssh_with "${token[ssh]}" "${password[alice]}"
	same "ssh, $method, on a terminal" pty_with "${token[ssh]}" "${password[alice]}"
done
same su su_with "${token[su]}" "${password[bob]}"
same sudo sudo_with "${token[sudo]}" "${password[alice]}"

# --- ten thousand logins in one process ---

mkdir "$work/pam.d"
printf '%s pam_pat.so\n' 'auth required' 'account required' 'session required' >"$work/pam.d/many"
printf 'auth required pam_deny.so\n' >"$work/pam.d/other"
minted many alice many --scopes many
minted gone alice gone --scopes many
must patctl -u alice revoke gone -y
(umask 077 && printf '%s\n' "${token[many]}" "${token[gone]}" 'a password' "${token[many]}" >"$work/secrets")
ok 'ten thousand logins' "$BUILD/tests/attack/many_logins" "$work/pam.d" many alice "$work/secrets" 10000
counts=$out
read -r _ _ first_fds _ <<<"$(head -n 1 <<<"$counts")"
read -r last let_in last_fds last_kb <<<"$(tail -n 1 <<<"$counts")"
read -r _ _ _ tenth_kb <<<"$(sed -n 2p <<<"$counts")"
is 'all were made' "$last" 10000
is 'half were by a token that is good, and were let in' "$let_in" 5000
is 'its descriptors are those of the beginning' "$last_fds" "$first_fds"
is 'at each look' "$(cut -d' ' -f3 <<<"$counts" | sort -u | wc -l)" 1
if ((last_kb - tenth_kb < 512)); then
	pass "nine thousand more cost $((last_kb - tenth_kb)) kB"
else
	fail 'it does not grow' "$counts"
fi

# The same where patd is away, and where it is frozen: what fails leaks nothing either.
mapfile -t processes < <(patd_processes)
must kill -STOP "${processes[@]}"
printf '%s pam_pat.so timeout=1\n' 'auth required' >"$work/pam.d/many"
ok 'twenty logins while patd is frozen' "$BUILD/tests/attack/many_logins" "$work/pam.d" many alice "$work/secrets" 20
is 'descriptors, frozen' "$(cut -d' ' -f3 <<<"$out" | sort -u)" "$first_fds"
must kill -CONT "${processes[@]}"
stop_patd
ok 'a hundred while it is away' "$BUILD/tests/attack/many_logins" "$work/pam.d" many alice "$work/secrets" 100
is 'descriptors, away' "$(cut -d' ' -f3 <<<"$out" | sort -u)" "$first_fds"
finish
