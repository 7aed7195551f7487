#!/bin/bash
# reauth_stopped.sh (hazard 22): who is asked for a password owns the process that asks, by its real uid:
# it may be stopped, killed and sent any signal. Nobody else waits for it, no such end is a success,
# an answer that was given stays a failure, and five failures block. A password that is wrong is wrong.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

password[carol]=carol password[dora]=dora
mint_as() { as "$1" patctl mint "$2" -S <<<"$3"; }
count() { patctl -u "$1" --json list | jq length; }
child_of() { pgrep -x patd-reauth -r R,S,T -U "$(id -u "$1")"; }
no_child_of() { ! child_of "$1"; }

# asked USER NAME: begins a mint that waits at its prompt, $asking, held by $child; then answer TEXT,
# and outcome.
asked() {
	rm -f "$work/answers"
	mkfifo "$work/answers"
	exec {answers}<>"$work/answers"
	setpriv --reuid "$1" --regid "$1" --init-groups -- patctl mint "$2" -S <"$work/answers" \
		>"$work/asked" 2>&1 {answers}>&- &
	asking=$!
	must within 10 child_of "$1"
	child=$(child_of "$1")
}
answer() { printf '%s\n' "$1" >&"$answers"; }
outcome() {
	exec {answers}>&-
	wait "$asking"
}

install_build
add_accounts alice bob carol dora
use_pam generic web
start_syslog
start_patd
minted bob bob bob --scopes web

# dora stops hers, hangs up, and never thinks of it again.
asked dora one
must as dora kill -STOP "$child"
kill "$asking"
outcome

# ---- what she may do to the child, and what not ----

asked alice one
is 'the child that asks: its real uid is hers' "$(ps -o ruid= -p "$child" | tr -d ' ')" "$(id -u alice)"
is 'its effective uid is not' "$(ps -o euid= -p "$child" | tr -d ' ')" 0
not 'she cannot trace it' as alice strace -o /dev/null -p "$child"
not 'nor read its memory' as alice head -c 1 "/proc/$child/mem"
not 'nor see its descriptors' as alice ls "/proc/$child/fd"
not 'nor change its limits' as alice prlimit --pid "$child" --nofile=1
not "another's cannot signal it" as bob kill -STOP "$child"
ok 'she can stop it' as alice kill -STOP "$child"
ok 'it is stopped' within 5 grep -q '^State:.T' "/proc/$child/status"

# ---- nobody else waits for a stopped one ----

for n in 1 2 3; do
	ok "beside a stopped one: bob mints ($n)" mint_as bob "beside$n" "${password[bob]}"
	ok "beside a stopped one: a login ($n)" pam_login web bob "${token[bob]}"
done
ok 'beside a stopped one: root mints' patctl -u alice mint by-root
ok 'alice herself, on another connection' mint_as alice two "${password[alice]}"
answer "${password[alice]}"
ok 'let go on, it takes the right answer' as alice kill -CONT "$child"
ok 'and it is one' outcome

# ---- every signal that ends it, before an answer ----

for signal in HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT XCPU XFSZ VTALRM \
	PROF IO PWR SYS RTMIN; do
	asked alice "by-$signal"
	must as alice kill "-$signal" "$child"
	outcome
	is "SIG$signal before an answer: refused" $? 4
done
ok 'none of these was an answer: alice is not blocked' mint_as alice free "${password[alice]}"
names=$(as alice patctl --json list | jq -c '[.[].name]')
is 'and what she was given is what she asked for with her password' "$names" '["by-root","two","one","free"]'

# ---- each failure counts, five block ----

before=$(count carol)
# answer_wrong NAME: a mint of carol's, with the wrong answer, of which pam_unix has told the log; for 2 s
# from then on it says nothing to who asked.
wrong_answers() { grep -c 'pam_unix(patctl:auth): authentication failure.* user=carol' "$syslog"; }
more_wrong_answers() { (($(wrong_answers) > $1)); }
answer_wrong() {
	local told
	told=$(wrong_answers)
	asked carol "$1"
	answer wrong
	must within 10 more_wrong_answers "$told"
}
# answered_then N HOW...: the child has the wrong answer, and before it says so HOW is done to it.
answered_then() {
	answer_wrong "no$1"
	ok "failure $1: while the answer is judged, ${*:2}" "${@:2}"
	outcome
	is "failure $1, by ${*:2}: refused" $? 4
}
killed() { as carol kill -KILL "$child"; }
ended() { as carol kill -TERM "$child"; }
stopped_and_killed() { as carol kill -STOP "$child" && as carol kill -KILL "$child"; }
exits 'failure 1, a wrong password: refused' 4 mint_as carol no1 wrong
answered_then 2 killed
answered_then 3 stopped_and_killed
answered_then 4 ended
answer_wrong no5
as carol kill -STOP "$child"
# One that is stopped over an answer counts as well, before its deadline ends it.
exits 'while the fifth is stopped over its answer, carol is blocked' 4 mint_as carol no6 "${password[carol]}"
must as carol kill -KILL "$child"
outcome
exits 'and stays so when that has ended' 4 mint_as carol no7 "${password[carol]}"
run as carol patctl --json mint no8 -S <<<"${password[carol]}"
json 'it is told as blocked' '.error.code == "reauth_blocked"'
is 'nothing was minted' "$(count carol)" "$before"
ok 'alice is not blocked' mint_as alice unblocked "${password[alice]}"
ok 'root mints for carol' patctl -u carol mint by-root

# ---- as many as she may have at once ----

for n in 1 2 3 4; do
	mkfifo "$work/never.$n"
	setpriv --reuid bob --regid bob --init-groups -- patctl mint "at-once$n" -S <>"$work/never.$n" >"$work/null" 2>&1 &
	waiting+=($!)
done
four_of_bob() { (($(child_of bob | wc -l) == 4)); }
must within 10 four_of_bob
for child in $(child_of bob); do must as bob kill -STOP "$child"; done
ok 'root is served beside four that are stopped' patctl -u bob mint by-root
ok 'alice is asked beside them' mint_as alice beside "${password[alice]}"
ok 'a login beside them' pam_login web bob "${token[bob]}"
for child in $(child_of bob); do must as bob kill -KILL "$child"; done
kill "${waiting[@]}"
wait "${waiting[@]}"
ok 'they are gone' within 10 no_child_of bob
child_of dora >"$work/null" && echo "# dora's is still there, after $SECONDS s"
ok "dora's is ended by the deadline" within 150 no_child_of dora
is 'patd is the one that was started' "$(pgrep -x patd)" "$patd"
finish
