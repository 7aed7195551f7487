#!/bin/bash
# clock.sh: a clock that jumps. While it is behind what the store has seen, ends cannot be judged, and
# tokens that have one are refused: an expired one must not live again.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

web() { pam_login web alice "${token[$1]}"; }
right() { patctl --json status | jq -e '.clock_behind == null'; }

# refused WHAT: the token with an end is, the one without is not.
refused() {
	ok "$1: status tells" clock_behind
	exits "$1: a token with an end is refused" 6 web month
	out_like "$1: its holder is told" 'error: token "month" has an end, and the clock is behind what it was'
	ok "$1: show" patctl -u alice --json show month
	json "$1: disallowed, and why" '.status == "disallowed" and (.status_reason | test("clock is behind"))'
	exits "$1: the expired one is, too" 6 web hour
	ok "$1: a token without end works" web ever
	is "$1: and is active" "$(status_of -u alice ever)" active
}

# fine WHAT
fine() {
	ok "$1: status has nothing to tell" right
	ok "$1: a token with an end works" web month
	ok "$1: a token without end works" web ever
}

restart() {
	stop_patd
	start_patd
}

install_build
add_accounts alice
use_pam generic web
fake_time +0
start_patd
minted ever alice ever --scopes web
minted month alice month --scopes web --expires 30d
minted hour alice hour --scopes web --expires 1h
fine 'at first'
ok 'the token of an hour works' web hour

# Forward, on purpose, and a little back: what a time server does.
fake_time +2h
exits 'two hours on: the token of an hour has expired' 6 web hour
out_like 'two hours on: its holder is told' 'error: token "hour" expired on'
fine 'two hours on'
fake_time +117m
fine 'three minutes back'

# An hour back: where the expired one would live again.
fake_time +1h
refused 'an hour back'
ok 'an hour back: status, for people' patctl status
out_like 'an hour back: says so and what to do' 'the clock is 3[0-9]{3} s behind the latest time seen:.*patctl clock-reset'
exits 'an hour back: explain' 1 patctl -u alice --json explain month --service web
json 'an hour back: explain names the check' 'first(.checks[] | select(.passes | not) | .check) == "clock"'
restart
refused 'an hour back, and patd started anew'
end_process "$patd" KILL
must within 10 patd_gone
start_patd
refused 'an hour back, and patd killed'

# Until it has caught up, or root says that it is right.
exits 'clock-reset is for root' 4 as alice patctl clock-reset
refused 'alice may not reset it'
fake_time +2h
fine 'caught up'
fake_time +0
refused 'two hours back'
ok 'clock-reset' patctl --json clock-reset
json 'tells that it is right now' '.clock_behind == null'
fine 'reset'
ok 'reset: the token of an hour lives again, as documented' web hour
restart
fine 'reset, and patd started anew'
ok 'clock-reset of a right clock' patctl clock-reset
fine 'reset again'

# A wrong jump forward, seen by nothing but the daemon's own watch.
fake_time +400d
ok 'far ahead: it has expired' within 5 has_expired alice month
sleep 1.5 # the mark is written within a second
end_process "$patd" KILL
must within 10 patd_gone
fake_time +0
start_patd
refused 'back from far ahead'
ok 'back from far ahead: clock-reset' patctl clock-reset
fine 'mended'
finish
