#!/bin/bash
# reauth.sh: who makes a token proves who they are, by a password and never by a token.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# patctl_with USER INPUT ARGUMENT...: INPUT are the lines on stdin.
patctl_with() {
	as "$1" patctl "${@:3}" <<<"$2"
}

# count USER: how many tokens the account has, of whatever status.
count() { as "$1" patctl --json list | jq length; }

# respond TEXT: an answer of --prompt=json.
respond() { jq -cn --arg text "$1" '{response: $text}'; }

install_build
add_accounts alice bob
must useradd --create-home --shell /bin/bash carol # has no password
use_pam sshd
use_pam su
start_syslog
start_patd
start_sshd

ok 'mint with the password' patctl_with alice "${password[alice]}" mint laptop -S
like 'a token alone on stdout' '^pat_[0-9A-Za-z]{60}$' "$out"
laptop=$out
ok 'mint by --prompt=json' patctl_with alice "$(respond "${password[alice]}")" mint json --prompt=json
is 'a JSON object a line' "$(jq -c 'keys' <<<"$out" | tr -d '\n')" '["prompt"]["result"]'
is 'the prompt wants no echo' "$(jq -r 'select(.prompt).prompt.style' <<<"$out")" echo_off
like 'the result has the token' '^pat_[0-9A-Za-z]{60}$' "$(jq -r 'select(.result).result.token' <<<"$out")"
is 'two tokens now' "$(count alice)" 2

# Who may not.
later 'wrong password' 4 patctl_with alice wrong mint no1 -S
later 'wrong password, by JSON' 4 patctl_with alice "$(respond wrong)" mint no2 --prompt=json
later 'a token offered as the password' 4 patctl_with alice "$laptop" mint no3 -S
gather
exits 'no answer' 4 as alice patctl mint no4 -S
exits 'no terminal, -S or --prompt=json' 4 as alice patctl mint no5
err_like 'is told what is needed' '-S'
ok 'the right password in between' patctl_with alice "${password[alice]}" mint yes -S
exits 'an answer that is no JSON' 2 patctl_with alice "${password[alice]}" mint no6 --prompt=json
is 'nothing was minted by all that' "$(count alice)" 3

exits 'for another account' 4 patctl_with alice "${password[alice]}" -u bob mint no7 -S
exits "for another account, with that one's password" 4 patctl_with alice "${password[bob]}" -u bob mint no8 -S
exits 'for root' 4 patctl_with alice "${password[alice]}" -u root mint no9 -S
is 'the other account has none' "$(count bob)" 0
exits 'an account without a password' 4 patctl_with carol anything mint no10 -S
err_like 'is sent to root' 'carol has no password here; ask root: patctl -u carol mint'
ok 'root mints for it' patctl -u carol mint build

# Edit and restore ask as well; revoke and delete, which only take away, do not.
exits 'edit with a wrong password' 4 patctl_with alice wrong edit laptop --note changed -S
ok 'edit with the right one' patctl_with alice "${password[alice]}" edit laptop --note changed -S
ok 'revoke asks nothing' as alice patctl revoke json -y
exits 'restore with a wrong password' 4 patctl_with alice wrong restore json -S
is 'it stays revoked' "$(as alice patctl --json show json | jq -r .status)" revoked
ok 'restore with the right one' patctl_with alice "${password[alice]}" restore json -S
is 'it is active' "$(as alice patctl --json show json | jq -r .status)" active

# A session that a token opened is no proof.
session() { login alice password "$laptop" "$@"; }
exits 'in a token session: mint' 4 session patctl mint sneaky --scopes sudo
exits 'in a token session: mint with the token' 4 session patctl mint sneaky -S <<<"$laptop"
ok 'in a token session: mint with the password' session patctl mint honest -S <<<"${password[alice]}"

# On a terminal: the prompt does not echo.
cat >"$work/terminal" <<'X'
set timeout 30
log_user 1
spawn -noecho setpriv --reuid alice --regid alice --init-groups --reset-env patctl mint terminal --expires 30d
expect "assword" { send "$env(ANSWER)\r" } timeout { exit 90 }
expect eof
exit [lindex [wait] 3]
X
export ANSWER=${password[alice]}
ok 'on a terminal' command expect "$work/terminal"
like 'a token comes out' 'pat_[0-9A-Za-z]{60}' "$out"
is 'the answer is not echoed' "${out//"${password[alice]}"/(echo)}" "$out"

# Five failures block, whatever comes then; others are not concerned.
for n in 1 2 3 4 5; do
	run patctl_with bob wrong mint "no$n" -S
	is "failure $n" "$status" 4
done
exits 'the sixth try, with the right password' 4 patctl_with bob "${password[bob]}" --json mint blocked -S
json 'it is told as blocked' '.error.code == "reauth_blocked"'
ok 'another account is not blocked' patctl_with alice "${password[alice]}" mint free -S
ok "root is asked nothing, for the blocked account's token too" patctl -u bob mint by-root
is 'bob has that one' "$(count bob)" 1

# What the person cannot prove any more, and what is not set up.
must chage -d 0 alice
exits 'a password that must be changed' 4 patctl_with alice "${password[alice]}" mint stale -S
must chage -d 20000 alice
must mv /etc/pam.d/patctl "$work/patctl.pam"
exits 'without /etc/pam.d/patctl' 4 patctl_with alice "${password[alice]}" mint nofile -S
ok 'root needs it not' patctl -u alice mint by-root
must mv "$work/patctl.pam" /etc/pam.d/patctl
ok 'and it is back' patctl_with alice "${password[alice]}" mint back -S

echo 'reauth = "root-only"' | configure
stop_patd
start_patd
exits 'root-only: nobody mints' 4 patctl_with alice "${password[alice]}" mint nope -S
ok 'root-only: but root' patctl -u alice mint given
finish
