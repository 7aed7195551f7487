#!/bin/bash
# token_session.sh: what a thief of a narrow token tries in the session that it opens: to make a wider
# one, there and then, later by cron and at, or with what is left of a login that was cut off.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# attempt FILE: a program that mints by whatever a session or a job has, and leaves what it was told.
attempt() {
	install -m 755 /dev/stdin "/home/alice/$1" <<X
#!/bin/sh
patctl mint "$1" --scopes sudo >/home/alice/$1.out 2>/home/alice/$1.err
echo \$? >/home/alice/$1.status.new
mv /home/alice/$1.status.new /home/alice/$1.status
X
}
# attempted NAME FILE: it has tried, and has got nothing.
attempted() {
	ok "$1: it ran" within 130 test -e "/home/alice/$2.status"
	is "$1: refused" "$(<"/home/alice/$2.status")" 4
	is "$1: no token" "$(<"/home/alice/$2.out")" ''
	like "$1: it says why" 'terminal|-S' "$(<"/home/alice/$2.err")"
}
names() { patctl -u alice --json list | jq -r '.[].name' | sort | paste -sd' '; }
session() { login alice "$1" "${token[narrow]}" "${@:2}"; }

install_build
add_accounts alice
use_pam sshd
use_pam sudo
start_syslog
start_patd
start_sshd
minted narrow alice narrow --scopes sshd
must usermod -aG sudo alice

cron
atd
attempt cron
attempt at
must session password 'echo "* * * * * /home/alice/cron" | crontab - && echo /home/alice/at | at now'
for method in password keyboard-interactive; do
	exits "$method: mint" 4 session $method patctl mint wide --scopes sudo
	exits "$method: mint, the token as the password" 4 session $method patctl mint wide --scopes sudo -S \
		<<<"${token[narrow]}"
	exits "$method: mint as JSON, the token as the answer" 4 session $method \
		patctl mint wide --scopes sudo --prompt=json <<<"$(jq -cn --arg t "${token[narrow]}" '{response: $t}')"
	exits "$method: rotate" 4 session $method patctl rotate narrow
	exits "$method: a later end" 4 session $method patctl edit narrow --expires never
	exits "$method: an exchange that widens" 1 session $method patctl exchange --scopes sudo <<<"${token[narrow]}"
	exits "$method: sudo by the narrow token" 1 session $method "sudo -k -S -p '' patctl mint wide --scopes sudo" \
		<<<"${token[narrow]}"
done
as alice patctl revoke narrow -y >/dev/null
exits 'restore is for who proves who they are' 4 as alice patctl restore narrow
must patctl -u alice restore narrow

# The environment that tells of the token is information, and no authority.
exits 'a forged environment' 4 login alice password "${password[alice]}" \
	"PAT_ID=$(token_id "${token[narrow]}") PAT_NAME=narrow patctl mint wide --scopes sudo"

# Connections that are cut at any moment of their login leave nothing that opens a session.
before=$(patctl -u alice --json show narrow | jq .use_count)
for method in password keyboard-interactive; do
	for delay in 0.05 0.1 0.15 0.2 0.25 0.3 0.4 0.5 0.7; do
		session $method 'sleep 5' >/dev/null 2>&1 &
		sleep "$delay"
		pkill -KILL -x ssh
		wait $! 2>/dev/null
	done
done
no_sessions() { [[ $(patctl --json sessions -a | jq length) == 0 ]]; }
ok 'no session stays on record' within 60 no_sessions
after=$(patctl -u alice --json show narrow | jq .use_count)
if ((after > before)); then pass "of 18 logins that were cut off $((after - before)) had got as far as the token"; else
	fail 'some of them had got as far as the token' "$before, $after"
fi
ok 'the next login is as any' session password true

attempted 'from cron' cron
attempted 'from at' at
is 'after all that there is one token' "$(names)" narrow
finish
