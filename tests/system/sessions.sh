#!/bin/bash
# sessions.sh: which sessions tokens opened, over real sshd, sudo and su, and their end by
# `revoke --kill`, without logind.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

[[ -e /proc/self/sessionid ]] || skip "this kernel keeps no audit sessions"

# "NAME SERVICE USER" of each session, sorted, on one line.
sessions() {
	patctl --json sessions -a | jq -r '.[] | "\(.name) \(.service) \(.user)"' | sort | paste -sd,
}
sessions_are() { [[ $(sessions) == "$1" ]]; }

# stay USER METHOD SECRET [COMMAND]: a login that lasts, in the background; its pid in $login.
stay() {
	login "$1" "$2" "$3" "${4:-} exec sleep 1000" >"$work/stay.out" 2>&1 &
	login=$!
	logins+=("$login")
}
logins=()
ended() { ! kill -0 "$1"; }
# Ends the clients that are left; their deaths are not commented on.
leave_all() {
	pkill -f "^ssh -F $work/ssh_config"
	pkill -x -f 'sleep (1000|700|60.)'
	wait "${logins[@]}" 2>/dev/null
	logins=()
}

runs() { pgrep -u "$1" -f "$2"; }
none_of() { ! runs "$@"; }

# The length of the log, and what came after it had some length.
lines() { wc -l <"$syslog"; }
since() { tail -n "+$(($1 + 1))" "$syslog"; }

install_build
add_accounts alice bob
must usermod -aG sudo alice
use_pam sshd
use_pam sudo
use_pam su
start_syslog
start_patd
start_sshd
give_key alice
minted laptop alice laptop
minted second alice second
minted root alice root --scopes sudo
minted other bob other --scopes sshd,su

# ---- which logins are recorded ----

for method in password keyboard-interactive; do
	stay alice $method "${token[laptop]}"
	ok "$method: a token's session is told" within 20 sessions_are 'laptop sshd alice'
	ok "$method: to its owner" as alice patctl --json sessions
	json "$method: with all there is" 'length == 1 and .[0].name == "laptop" and .[0].owner == "alice" and
		.[0].rhost == "127.0.0.1" and .[0].pid > 1 and .[0].opened > "2020" and .[0].state == null'
	pid=$(jq '.[0].pid' <<<"$out")
	is "$method: its process is sshd's for the connection" "$(<"/proc/$pid/comm")" sshd
	ok "$method: as a table" as alice patctl sessions
	out_like "$method: as a table" "ID +NAME +USER +SERVICE +FROM +OPENED +PID"
	ok "$method: not to another" as bob patctl --json sessions
	is "$method: not to another" "$out" '[]'
	leave_all
	ok "$method: it ends with the login" within 20 sessions_are ''
done
exits "another's are not for everyone" 4 as bob patctl sessions -u alice
exits 'nor are all' 4 as bob patctl sessions -a
like 'opened in the log' 'session_opened .*service="sshd".* name="laptop"' "$(<"$syslog")"
like 'closed in the log' 'session_closed .*service="sshd".* name="laptop"' "$(<"$syslog")"

mark=$(lines)
for method in password keyboard-interactive; do
	ok "$method: a login by password" login alice $method "${password[alice]}" 'sleep 0.2'
done
ok 'a login by key' login_key alice 'sleep 0.2'
unlike 'passwords and keys open no session of a token' 'session_(opened|closed)|session not recorded' "$(since "$mark")"

# sudo and su, inside of a login by password.
stay alice password "${password[alice]}" "sudo -k -S -p '' sleep 999 <<<'${token[root]}' & sleep 0.5;"
ok 'sudo: the session of its token, as root' within 20 sessions_are 'root sudo root'
leave_all
must pkill -f 'sleep 999'
ok 'sudo: it ends' within 20 sessions_are ''
stay alice password "${password[alice]}" "su bob -c 'sleep 998' <<<'${token[other]}' & sleep 0.5;"
ok 'su: the session of the token of whom one becomes' within 20 sessions_are 'other su bob'
is "su: it is that owner's" "$(as bob patctl --json sessions | jq length)" 1
is "su: not the caller's" "$(as alice patctl --json sessions | jq length)" 0
leave_all
must pkill -f 'sleep 998'
ok 'su: it ends' within 20 sessions_are ''

# ---- what proves nothing ----

# Environments that a user can write, read before pam_pat's session line and after it.
id=$(token_id "${token[laptop]}")
printf '%s\n' "PAT_ID=$id" 'PAT_NAME=forged' >/home/alice/.pam_environment
chown alice: /home/alice/.pam_environment
mark=$(lines)
sed -i 's/^session.*pam_pat.so/session required pam_env.so user_readenv=1\n&/' /etc/pam.d/sshd
for method in password keyboard-interactive; do
	stay alice $method "${password[alice]}" "echo \$PAT_ID;"
	ok "$method: a forged environment reaches the session" within 20 grep -q "$id" "$work/stay.out"
	is "$method: and opens no token's session" "$(sessions)" ''
	leave_all
done
# Before setcred too: then it is asked about, and refused.
use_pam sshd
sed -i '0,/^auth/s/^auth/auth required pam_env.so user_readenv=1\n&/' /etc/pam.d/sshd
stay alice password "${password[alice]}" "echo here;"
ok 'forged before the login: it goes on' within 20 grep -q here "$work/stay.out"
is 'forged before the login: no session' "$(sessions)" ''
like 'forged before the login: it is told' "session not recorded: .*id=$id .*reason=no_token_session" "$(since "$mark")"
leave_all
unlike 'nothing forged was recorded' session_opened "$(since "$mark")"
# One that takes it away keeps no session from being recorded.
use_pam sshd
sed -i 's/^session.*pam_pat.so/session required pam_env.so user_readenv=1\n&/' /etc/pam.d/sshd
printf '%s\n' 'PAT_ID=' 'PAT_NAME DEFAULT= OVERRIDE=' >/home/alice/.pam_environment
for method in password keyboard-interactive; do
	stay alice $method "${token[laptop]}"
	ok "$method: removed from the environment, recorded all the same" within 20 sessions_are 'laptop sshd alice'
	leave_all
	must within 20 sessions_are ''
done
rm /home/alice/.pam_environment

# SetEnv goes to the command, not to PAM.
use_pam sshd
must stop_sshd
sshd_lines=('AcceptEnv PAT_ID' 'PermitUserEnvironment yes')
start_sshd
ssh_options=(-o "SetEnv=PAT_ID=$id")
stay alice password "${password[alice]}" "echo \$PAT_ID;"
ok 'SetEnv: it reaches the session' within 20 grep -q "$id" "$work/stay.out"
is 'SetEnv: and opens no session' "$(sessions)" ''
leave_all
ssh_options=()

# A token that is accepted, and a later module that denies; then a password, on the same connection.
# (sshd itself sees to it that none follows a refusal by an account module.)
sed -i -e 's/^auth .*/auth [success=1 perm_denied=die default=ignore] pam_pat.so/' \
	-e "s|^@include common-auth|auth required pam_unix.so\nauth required pam_exec.so quiet $work/no_tokens|" \
	/etc/pam.d/sshd
# pam_exec's program sees the PAM environment.
install -m 755 /dev/stdin "$work/no_tokens" <<'X'
#!/bin/sh
[ -z "$PAT_ID" ]
X
# askpass: the token first, then the password.
install -m 755 /dev/stdin "$work/askpass" <<X
#!/bin/sh
if mkdir "$work/asked" 2>/dev/null; then echo '${token[laptop]}'; else cat "$work/password"; fi
X
printf '%s\n' "${password[alice]}" >"$work/password"
mark=$(lines)
SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force ssh -F "$work/ssh_config" \
	-o PreferredAuthentications=keyboard-interactive,password -o NumberOfPasswordPrompts=1 \
	alice@localhost 'echo in; exec sleep 1000' >"$work/stay.out" 2>&1 &
logins+=($!)
ok 'denied after the token, then let in by password' within 30 grep -q in "$work/stay.out"
like 'denied: the token was accepted at first' "token accepted: user=alice id=$id" "$(since "$mark")"
like 'denied: the password let in' 'Accepted password for alice' "$(since "$mark")"
is 'denied: the password inherits nothing' "$(sessions)" ''
unlike 'denied: nor was it asked about' 'session not recorded|session_opened' "$(since "$mark")"
leave_all
use_pam sshd

# ---- patd restarts between authenticate and the session ----

restart_patd() {
	stop_patd
	start_patd
}
sed -i "s|^session.*pam_pat.so|session required pam_exec.so quiet $work/pause\n&|" /etc/pam.d/sshd
install -m 755 /dev/stdin "$work/pause" <<X
#!/bin/sh
[ -n "\$PAM_TYPE" ] && [ "\$PAM_TYPE" = open_session ] || exit 0
touch "$work/paused"
while [ ! -e "$work/go" ]; do sleep 0.05; done
X
for method in password keyboard-interactive; do
	rm -f "$work/paused" "$work/go"
	stay alice $method "${token[laptop]}"
	must within 20 test -e "$work/paused"
	restart_patd
	touch "$work/go"
	ok "$method: recorded by the patd of after" within 20 sessions_are 'laptop sshd alice'
	restart_patd
	is "$method: known to the next one" "$(sessions)" 'laptop sshd alice'
	leave_all
	ok "$method: which sees it end" within 20 sessions_are ''
done
# While it is away the login goes on, unrecorded.
rm -f "$work/paused" "$work/go"
stay alice password "${token[laptop]}" 'echo in;'
must within 20 test -e "$work/paused"
stop_patd
mark=$(lines)
touch "$work/go"
ok 'without patd the session begins' within 20 grep -q in "$work/stay.out"
like 'without patd: it is told' "session not recorded: user=alice id=$id .*reason=unavailable" "$(since "$mark")"
start_patd
is 'without patd: it is not recorded' "$(sessions)" ''
leave_all
use_pam sshd

# An opener that was killed has closed nothing.
stay alice password "${token[laptop]}"
must within 20 sessions_are 'laptop sshd alice'
must kill -KILL "$(patctl --json sessions -a | jq '.[0].pid')"
ok 'an opener that was killed: the session is not told any more' within 20 sessions_are ''
leave_all

# ---- revoke --kill ----

install -m 755 /dev/stdin /home/alice/burrow <<'X'
#!/bin/bash
# Processes that try to outlive their login.
nohup sleep 901 >/dev/null 2>&1 &
setsid sleep 902 >/dev/null 2>&1 </dev/null &
(setsid bash -c '(trap "" TERM HUP INT; exec -a "x) S 1 1" sleep 903) & exit' >/dev/null 2>&1 </dev/null &)
(trap '' TERM HUP; exec sleep 904 >/dev/null 2>&1 </dev/null) &
X
burrowed() { for n in 901 902 904; do runs alice "sleep $n" || return 1; done && runs alice ' 903'; }

as alice sleep 800 & # of no login at all
must within 20 runs alice '^sleep 800'
outside=$(runs alice '^sleep 800')
stay bob password "${password[bob]}" 'echo in;'
must within 20 grep -q in "$work/stay.out"
bobs=$login
stay alice password "${password[alice]}" 'sleep 700 & echo in;'
must within 20 grep -q in "$work/stay.out"
by_password=$login
for method in password keyboard-interactive; do
	stay alice $method "${token[laptop]}" '/home/alice/burrow;'
done
by_token=("${logins[@]: -2}")
must within 20 sessions_are 'laptop sshd alice,laptop sshd alice'
must within 20 burrowed
stay alice password "${token[second]}"
by_second=$login
must within 20 sessions_are 'laptop sshd alice,laptop sshd alice,second sshd alice'
ok 'revoke --kill' as alice patctl revoke laptop --kill -y
out_like 'the revocation is told first' '^revoked "laptop"'
is 'both sessions are told' "$(grep -c ' ended$' <<<"$out")" 2
err_like 'what else runs is told' "runs on.* $outside \(sleep\)"
for n in 901 902 903 904; do
	ok "nothing is left of it: $n" none_of alice " $n"
done
for pid in "${by_token[@]}"; do
	ok 'the client is told that it is over' within 20 ended "$pid"
done
is 'no other session is touched' "$(sessions)" 'second sshd alice'
ok "the same account's login by password goes on" kill -0 "$by_password"
ok 'and what it runs' runs alice 'sleep 700'
ok 'what is of no login at all goes on' kill -0 "$outside"
ok "another account's login goes on" kill -0 "$bobs"
ok "another token's login goes on" kill -0 "$by_second"
ok 'sshd serves' login bob password "${password[bob]}" true
is 'patd has left no process behind' "$(patd_kinds)" 'patd patd-names patd-store'
like 'in the log' 'session_killed .*reason="ended".* name="laptop"' "$(<"$syslog")"
kill "$outside"

ok 'again: nothing to end' patctl revoke -u alice laptop --kill -y
out_like 'again: it was revoked already' 'was revoked already'
err_like 'again: no session' 'no session was open'
ok 'as JSON' patctl --json revoke -u alice second --kill -y
json 'as JSON: the token, its session, and what runs on' '.name == "second" and .changed and
	(.sessions | length == 1) and .sessions[0].state == "ended" and .sessions[0].service == "sshd" and
	(.running | map(.name) | contains(["sleep"])) and .running_note == null and (has("kill_error") | not)'
ok 'as JSON: it is over' within 20 ended "$by_second"
leave_all

# sudo inside of a login by password: only the command ends.
stay alice password "${password[alice]}" "sudo -k -S -p '' bash -c 'sleep 601 & sleep 602' <<<'${token[root]}' & sleep 0.5; sleep 603 & echo in;"
around=$login
must within 20 sessions_are 'root sudo root'
must within 20 runs root '^sleep 602'
ok 'revoke the token of a sudo' patctl revoke -u alice root --kill -y
out_like 'sudo: ended' 'root +sudo .* ended'
ok 'sudo: what it ran is gone' none_of root '^sleep 60[12]'
ok 'sudo: and sudo' none_of root '^sudo '
ok 'sudo: the login around it goes on' kill -0 "$around"
ok 'sudo: and what that runs' runs alice 'sleep 603'
leave_all

# su to an account whose login it is not: left alone, and said so.
stay alice password "${password[alice]}" "su bob -c 'sleep 998' <<<'${token[other]}' & sleep 0.5; echo in;"
around=$login
must within 20 sessions_are 'other su bob'
exits 'su: revoke --kill tells that it did not' 1 patctl revoke -u bob other --kill -y
out_like 'su: why' 'left alone: it belongs to the login of another uid'
ok "su: it and the login around it go on" runs bob 'sleep 998'
ok 'su: the token is revoked' has_status revoked -u bob other
leave_all
pkill -f 'sleep 998'

# Without pam_loginuid nobody can tell what belongs to a login.
sed -i '/pam_loginuid/d' /etc/pam.d/sshd
minted third alice third
stay alice password "${token[third]}"
must within 20 sessions_are 'third sshd alice'
exits 'no audit session: revoke --kill tells that it did not' 1 as alice patctl revoke third --kill -y
out_like 'no audit session: why' 'left alone: it has no audit session'
ok 'no audit session: it goes on' kill -0 "$login"
leave_all
use_pam sshd

# Everything of an account.
minted a alice a
minted b alice b
stay alice password "${token[a]}"
of_a=$login
stay alice keyboard-interactive "${token[b]}"
must within 20 sessions_are 'a sshd alice,b sshd alice'
ok 'revoke --all --kill' as alice patctl --json revoke --all --kill -y
json 'revoke --all --kill: told' '.count >= 2 and (.sessions | length == 2 and all(.state == "ended"))'
ok 'revoke --all --kill: over' within 20 ended "$of_a"
is 'revoke --all --kill: none is left' "$(sessions)" ''
leave_all

# The client goes away: what was begun is finished.
minted c alice c
stay alice password "${token[c]}" '/home/alice/burrow;'
must within 20 burrowed
mapfile -t processes < <(pgrep -x patd)
must kill -STOP "${processes[@]}"
as alice patctl revoke c --kill -y >"$work/gone" 2>&1 &
client=$!
ok 'a client that goes away: it is told of the revocation' within 20 grep -q revoked "$work/gone"
sleep 0.3 # the question is with the parent, which sleeps
end_process "$client" KILL
must kill -CONT "${processes[@]}"
ok 'a client that goes away: the session ends' within 20 none_of alice 'sleep 90[1-4]'
ok 'a client that goes away: patd serves' within 20 sessions_are ''
leave_all

# A /proc that shows nobody's processes to others hides no session from patd.
must mount -o remount,hidepid=2,gid=4 /proc
restart_patd
minted hidden alice hidden
stay alice password "${token[hidden]}"
ok 'hidepid: the session is told' within 20 sessions_are 'hidden sshd alice'
ok 'hidepid: it is ended' as alice patctl revoke hidden --kill -y
out_like 'hidepid: and told' 'ended'
ok 'hidepid: it is gone' within 20 sessions_are ''
must mount -o remount,hidepid=0 /proc
leave_all

exits 'nothing of all this was too much for patd' 1 grep -E 'process (ended|ends|is gone)' "$syslog"
finish
