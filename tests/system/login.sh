#!/bin/bash
# login.sh: real ssh logins, by password and by keyboard-interactive, with tokens and without.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

install_build
add_accounts alice bob
use_pam sshd
start_syslog
start_patd
start_sshd
give_key alice

minted laptop alice laptop
minted narrow alice narrow --scopes sudo
minted wide alice wide --scopes '*'
minted expired alice expired --expires 5s
minted revoked alice revoked
minted foreign bob laptop
ok 'revoke a token' as alice patctl revoke revoked -y
must within 20 has_expired alice expired

id=$(token_id "${token[laptop]}")
unknown=$(forge pat 00000000000 "$(token_secret "${token[laptop]}")")
mixed=$(forge pat "$id" "$(token_secret "${token[foreign]}")")
x100=$(printf '%0100d' 0)
is 'a forged checksum is what patctl makes' "$(forge pat "$id" "$(token_secret "${token[laptop]}")")" "${token[laptop]}"

for method in password keyboard-interactive; do
	ok "$method: the token logs in" login alice $method "${token[laptop]}" 'id -un; env'
	out_like "$method: as its owner" '^alice'
	out_like "$method: the session is told the ID" "PAT_ID=$id"
	out_like "$method: and the name" 'PAT_NAME=laptop'
	out_unlike "$method: and not the secret" "$(token_secret "${token[laptop]}")"
	ok "$method: again, and the status is the command's" login alice $method "${token[laptop]}" true
	exits "$method: a command that fails" 7 login alice $method "${token[laptop]}" 'exit 7'
	ok "$method: scope *" login alice $method "${token[wide]}" true
	ok "$method: the password logs in" login alice $method "${password[alice]}" id -un
	out_like "$method: as its owner" '^alice$'
	ok "$method: another account's password" login bob $method "${password[bob]}" true

	# Refusals take two seconds or more each, so they are tried side by side.
	later "$method: wrong password" 255 login alice $method wrong true
	later "$method: wrong secret" 255 login alice $method "$mixed" true
	later "$method: unknown ID" 255 login alice $method "$unknown" true
	later "$method: one character too few" 255 login alice $method "${token[laptop]%?}" true
	later "$method: one character too many" 255 login alice $method "${token[laptop]}0" true
	later "$method: the front cut off" 255 login alice $method "${token[laptop]#?}" true
	later "$method: a blank before it" 255 login alice $method " ${token[laptop]}" true
	later "$method: 100 characters too many" 255 login alice $method "${token[laptop]}$x100" true
	later "$method: 900 characters too many" 255 login alice $method \
		"${token[laptop]}$x100$x100$x100$x100$x100$x100$x100$x100$x100" true
	later "$method: no characters" 255 login alice $method '' true
	gather
	later "$method: wrong checksum" 255 login alice $method "${token[laptop]%??????}zzzzzz" true
	later "$method: foreign prefix" 255 login alice $method \
		"$(forge acme "$id" "$(token_secret "${token[laptop]}")")" true
	later "$method: revoked" 255 login alice $method "${token[revoked]}" true
	later "$method: expired" 255 login alice $method "${token[expired]}" true
	later "$method: other user's" 255 login alice $method "${token[foreign]}" true
	later "$method: own token for another account" 255 login bob $method "${token[laptop]}" true
	later "$method: for root" 255 login root $method "${token[laptop]}" true
	later "$method: for an account that does not exist" 255 login mallory $method "${token[laptop]}" true
	later "$method: out of scope" 255 login alice $method "${token[narrow]}" true
	gather
	ok "$method: the token still logs in" login alice $method "${token[laptop]}" true
done

ok 'publickey logs in' login_key alice 'id -un; env'
out_like 'publickey: as its owner' '^alice'
out_unlike 'publickey: no token in it' 'PAT_'

run cat "$syslog"
out_like 'accepted, by ID and name' \
	"pam_pat\(sshd:auth\): token accepted: user=alice id=$id name=\"laptop\" rhost="
for refused in "${token[narrow]}" "${token[expired]}" "${token[revoked]}" "${token[foreign]}"; do
	out_like 'a refused token is logged by its ID' "$(token_id "$refused")"
done
finish
