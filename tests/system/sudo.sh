#!/bin/bash
# sudo.sh: a real sudo with tokens: from stdin, by an askpass program, by its timestamp.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# sudo_as USER SECRET COMMAND...: each call is asked anew.
sudo_as() {
	local user=$1 secret=$2
	shift 2
	as "$user" sudo -k -S -p '' -- "$@" <<<"$secret"
}

install_build
add_accounts alice bob
must usermod -aG sudo alice
use_pam sudo
start_syslog
start_patd
minted sudo alice become-root --scopes sudo
minted ssh alice laptop
minted both alice both --scopes sshd,sudo
minted foreign bob become-root --scopes sudo
minted expired alice short --scopes sudo --expires 5s
must within 20 has_expired alice short

ok 'sudo -S with a sudo token' sudo_as alice "${token[sudo]}" id -u
is 'runs as root' "$out" 0
ok 'a token for both services' sudo_as alice "${token[both]}" id -u
ok 'the password' sudo_as alice "${password[alice]}" id -u
is 'runs as root with the password' "$out" 0
ok 'for another account' as alice sudo -k -S -p '' -u bob id -un <<<"${token[sudo]}"
is 'runs as that account' "$out" bob
later 'the ssh token is refused' 1 sudo_as alice "${token[ssh]}" id -u
later 'an expired token is refused' 1 sudo_as alice "${token[expired]}" id -u
later "another account's token is refused" 1 sudo_as alice "${token[foreign]}" id -u
later 'a token with its end cut off is refused' 1 sudo_as alice "${token[sudo]%?}" id -u
later 'an account outside sudoers stays outside' 1 sudo_as bob "${token[foreign]}" id -u
gather

# sudo -A runs the askpass program as the caller; this one is as plain as they come.
install -m 700 -o alice -g alice /dev/stdin /home/alice/askpass <<<"#!/bin/sh
cat /home/alice/token"
install -m 600 -o alice -g alice /dev/stdin /home/alice/token <<<"${token[sudo]}"
ok 'sudo -A' as alice env SUDO_ASKPASS=/home/alice/askpass sudo -k -A id -u
is 'runs as root through askpass' "$out" 0
install -m 600 -o alice -g alice /dev/stdin /home/alice/token <<<"${token[ssh]}"
exits 'sudo -A with the ssh token' 1 as alice env SUDO_ASKPASS=/home/alice/askpass sudo -k -A id -u

# sudo remembers whom it has asked, by its timestamp: what it let in within those minutes goes on
# after a revocation, until sudo -k.
install -m 700 -o alice -g alice /dev/stdin /home/alice/session <<'S'
#!/bin/bash
sudo -k
sudo -S -p '' true <<<"$(cat)" || exit 1
patctl revoke become-root -y || exit 2
sudo -n true || exit 3
sudo -k
! sudo -n true || exit 4
S
ok 'sudo, revoke, sudo: the timestamp outlives the token until sudo -k' as alice /home/alice/session <<<"${token[sudo]}"
exits 'the revoked token is refused' 1 sudo_as alice "${token[sudo]}" id -u
ok 'the password still works' sudo_as alice "${password[alice]}" id -u

stop_patd
later 'patd stopped: the token is refused' 1 sudo_as alice "${token[both]}" id -u
later 'patd stopped: the password works' 0 sudo_as alice "${password[alice]}" id -u
gather

run cat "$syslog"
out_like 'accepted, by ID and name' \
	"pam_pat\(sudo:auth\): token accepted: user=alice id=$(token_id "${token[sudo]}") name=\"become-root\""
finish
