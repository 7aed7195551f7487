#!/bin/bash
# tokens_only.sh: an sshd stack without any password module: tokens log in, passwords do not.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

install_build
add_accounts alice
use_pam sshd-tokens-only sshd
start_patd
start_sshd
give_key alice
minted laptop alice laptop
minted revoked alice old
ok 'revoke a token' as alice patctl revoke old -y

for method in password keyboard-interactive; do
	ok "$method: the token logs in" login alice $method "${token[laptop]}" id -un
	out_like "$method: as its owner" '^alice$'
	later "$method: the right password" 255 login alice $method "${password[alice]}" true
	later "$method: no password" 255 login alice $method '' true
	later "$method: a revoked token" 255 login alice $method "${token[revoked]}" true
	gather
done
ok 'publickey still logs in' login_key alice true

stop_patd
later 'patd stopped: the token, by password' 255 login alice password "${token[laptop]}" true
later 'patd stopped: the token, by keyboard-interactive' 255 login alice keyboard-interactive "${token[laptop]}" true
later 'patd stopped: the password' 255 login alice password "${password[alice]}" true
later 'patd stopped: publickey' 0 login_key alice true
gather
finish
