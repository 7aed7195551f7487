#!/bin/bash
# down.sh: whatever happens to patd or to the module, tokens are refused and nobody is locked out.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# away WHAT: a token is refused, password and key work, by both methods.
away() {
	later "$1: token, by password" 255 login alice password "${token[laptop]}" true
	later "$1: token, by keyboard-interactive" 255 login alice keyboard-interactive "${token[laptop]}" true
	later "$1: password, by password" 0 login alice password "${password[alice]}" true
	later "$1: password, by keyboard-interactive" 0 login alice keyboard-interactive "${password[alice]}" true
	later "$1: publickey" 0 login_key alice true
	gather
}

back() {
	ok "$1: the token works again" login alice password "${token[laptop]}" true
}

install_build
add_accounts alice
use_pam sshd
start_patd
start_sshd
give_key alice
minted laptop alice laptop
ok 'at first the token works' login alice password "${token[laptop]}" true

stop_patd
away 'patd stopped'
start_patd
back 'patd started'

is "patd's processes" "$(patd_kinds)" 'patd patd-names patd-store'
end_process "$patd" KILL
ok 'with its parent killed, the rest of patd ends' within 5 patd_gone
away 'patd killed'
start_patd
back 'patd started after a kill'

mapfile -t processes < <(patd_processes)
must kill -STOP "${processes[@]}"
away 'patd frozen'
must kill -CONT "${processes[@]}"
back 'patd thawed'

for process in patd-store patd-names; do
	must pkill -KILL -x "$process"
	# The rest of patd starts another, or ends and leaves it to who started it.
	within 5 patctl status || kill -0 "$patd" 2>/dev/null || start_patd
	back "$process killed"
done

module=$(find /usr/lib /lib -name pam_pat.so -path '*security*' -print -quit)
must test -n "$module"
must mv "$module" "$work/pam_pat.so"
away 'module file missing'
must mv "$work/pam_pat.so" "$module"
back 'module file put back'

# A wrong argument in the stack: tokens are refused, the rest goes on.
sed -i '/pam_pat\.so/s/$/ nonsense=1/' /etc/pam.d/sshd
away 'unknown module argument'
finish
