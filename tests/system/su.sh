#!/bin/bash
# su.sh: a real su, which asks for the secret of the account that it becomes.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# su_as CALLER TARGET SECRET
su_as() {
	as "$1" su "$2" -c 'id -un' <<<"$3"
}

install_build
add_accounts alice bob
use_pam su
start_patd
minted su bob shared --scopes su
minted ssh bob laptop
minted own alice own --scopes su
exits 'root has no tokens while root_tokens is false' 1 patctl mint root-su --scopes su

ok 'a su token of the account' su_as alice bob "${token[su]}"
is 'becomes it' "$out" bob
ok 'the password' su_as alice bob "${password[bob]}"
is 'becomes it with the password' "$out" bob
ok 'root is asked nothing' as root su bob -c 'id -un'
later "the account's ssh token" 1 su_as alice bob "${token[ssh]}"
later "the caller's own token" 1 su_as alice bob "${token[own]}"
later 'the su token cut short' 1 su_as alice bob "${token[su]%?}"
gather
ok 'revoke it' as bob patctl revoke shared -y
later 'the revoked token' 1 su_as alice bob "${token[su]}"
later 'the password still works' 0 su_as alice bob "${password[bob]}"
gather

# With root_tokens they are tokens like others, until it is taken back.
echo 'root_tokens = true' | configure
stop_patd
start_patd
must patctl mint root-su --scopes su
roots=$out
ok 'root_tokens: root has one' su_as alice root "$roots"
is 'root_tokens: becomes root' "$out" root
must rm "$config"
stop_patd
start_patd
exits 'without root_tokens it is refused' 1 su_as alice root "$roots"

stop_patd
later 'patd stopped: a token' 1 su_as bob alice "${token[own]}"
later 'patd stopped: the password' 0 su_as bob alice "${password[alice]}"
gather
finish
