#!/bin/bash
# from.sh: tokens that are good from some addresses only, over a real sshd on several of them; `local`
# with real sudo and su.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# from ADDRESS TOKEN: a login of alice, over the address family of ADDRESS, from there.
from() {
	local to=127.0.0.1 ssh_options=(-o BindAddress="$1" -o HostKeyAlias=localhost)
	[[ $1 != *:* ]] || to=::1
	ssh_options+=(-o HostName="$to" -o AddressFamily=any)
	login alice keyboard-interactive "${token[$2]}" true
}

# at RHOST TOKEN: what sshd's stack says to a PAM_RHOST that no real sshd would tell.
at() { pamtester -I rhost="$1" sshd alice authenticate <<<"${token[$2]}"; }

# explained TOKEN RHOST: the first check that refuses.
explained() {
	as alice patctl --json explain "$1" --service sshd --rhost "$2" |
		jq -r 'first(.checks[] | select(.passes | not) | .check)'
}

sudo_with() { as alice sudo -k -S -p '' -- id -u <<<"$1"; }
su_with() { as bob su alice -c 'id -un' <<<"$1"; }

install_build
add_accounts alice bob
must usermod -aG sudo alice
use_pam sshd
use_pam sudo
use_pam su
must ip address add 192.0.2.7/32 dev lo
must ip address add 192.0.2.8/32 dev lo
must ip address add 2001:db8::7/128 dev lo nodad
# Names that whoever owns the reverse zone could give to the addresses.
printf '127.0.0.1 localhost sandbox\n%s\n%s\n' '192.0.2.7 local' '192.0.2.8 trusted.example' >/etc/hosts
start_syslog
start_patd
sshd_lines=('ListenAddress ::1')
start_sshd

minted loop alice loop --from 127.0.0.1
minted six alice six --from ::1
minted net alice net --from 192.0.2.0/29,2001:db8::/64
minted host alice host --from 192.0.2.8
minted all alice all --from 0.0.0.0/0
minted mapped alice mapped --from ::ffff:192.0.2.8
minted local alice local --from local --scopes sshd,sudo,su
minted both alice both --from local,127.0.0.0/8 --scopes sshd,sudo,su
minted far alice far --from 203.0.113.0/24 --scopes sshd,sudo,su
ok 'show tells the networks' as alice patctl --json show net
json 'in canonical form' '.from == ["192.0.2.0/29", "2001:db8::/64"]'

ok '127.0.0.1 from there' from 127.0.0.1 loop
ok '::1 from there' from ::1 six
ok 'a network, IPv4' from 192.0.2.7 net
ok 'a network, IPv6' from 2001:db8::7 net
ok 'the last address but one of it' at 192.0.2.6 net
ok 'one address' from 192.0.2.8 host
ok 'all of IPv4' from 192.0.2.7 all
ok 'an address minted in its IPv6 form' from 192.0.2.8 mapped
ok 'local, and a network: from there' from 127.0.0.1 both

later '127.0.0.1 from ::1' 255 from ::1 loop
later '127.0.0.1 from another address' 255 from 192.0.2.7 loop
later '::1 from 127.0.0.1' 255 from 127.0.0.1 six
later '::1 from another IPv6 address' 255 from 2001:db8::7 six
later 'a network from 127.0.0.1' 255 from 127.0.0.1 net
later 'a network from ::1' 255 from ::1 net
later 'one address from its neighbour' 255 from 192.0.2.7 host
later 'all of IPv4 from IPv6' 255 from ::1 all
later 'local is no address' 255 from 127.0.0.1 local
later 'local, and a network: from elsewhere' 255 from ::1 both
later 'far away' 255 from 127.0.0.1 far
later 'the address after the network' 1 at 192.0.2.8 net
gather

# What PAM_RHOST can hold besides: a host that IPv6 tells of, nothing, a zone, a name, junk.
ok 'IPv4 told as IPv6' at ::ffff:192.0.2.8 host
ok 'IPv6 written out' at 2001:0DB8:0:0:0:0:0:7 net
for rhost in '' local localhost 127.1 127.0.0.01 2130706433 0x7f000001 '::1%lo' '127.0.0.1 ' ' 127.0.0.1' \
	'127.0.0.1,::1' '[::1]' 127.0.0.1/8 127.0.0.1:22 $'127.0.0.1\n' tty1 "$(printf '%0300d' 0)"; do
	later "PAM_RHOST $(printf %.20q "$rhost")" 1 at "$rhost" both
done
gather
is 'explain blames it' "$(explained loop 192.0.2.7)" from
is 'a host name too' "$(explained loop localhost)" from

# sudo and su: no address, but services that are listed as local.
ok 'sudo with a local token' sudo_with "${token[local]}"
is 'runs as root' "$out" 0
ok 'su with a local token' su_with "${token[local]}"
ok 'sudo with local and a network' sudo_with "${token[both]}"
later 'sudo with a network alone' 1 sudo_with "${token[far]}"
later 'su with a network alone' 1 su_with "${token[far]}"
gather
run su_with "${token[far]}"
err_like 'the holder is told why' 'token "far" is for logins from 203\.0\.113\.0/24 only'
# sudoers can be told to put a name into PAM_RHOST; that does not make sudo less local.
echo 'Defaults pam_rhost' >/etc/sudoers.d/rhost
ok 'sudo that tells a host name, with a local token' sudo_with "${token[local]}"
echo 'local_services = {"su"}' | configure
stop_patd
start_patd
exits 'sudo is no local service any more' 1 sudo_with "${token[local]}"
ok 'su still is' su_with "${token[local]}"

# sshd with UseDNS tells names where it finds them. A name never matches, whatever it is.
stop_sshd
sshd_lines+=('UseDNS yes')
start_sshd
later 'a name for the address: refused' 255 from 192.0.2.8 host
later 'the name "local": refused' 255 from 192.0.2.7 local
later 'the name "local", for all of IPv4: refused' 255 from 192.0.2.7 all
gather
ok 'an address without a name' from 2001:db8::7 net
like 'sshd told the names' 'wrong_source.* rhost=(trusted\.example|local)' "$(grep 'token refused' "$syslog" | tail -n 4)"

run grep 'token refused' "$syslog"
out_like 'the log has the reason and the address' 'id=[0-9A-Za-z]{11}.*wrong_source.*rhost=::1|rhost=::1.*wrong_source'
finish
