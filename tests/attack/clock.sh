#!/bin/bash
# clock.sh: clocks that jump, beyond what system/clock.sh has: to and fro while people log in, across the
# ends of tokens, past 2038, 2106 and 9999, and before 1970. What has expired or was revoked never opens
# again by it, what is not yet good does not open for longer than it should, and a count of uses stays one.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/logins.sh
. "$(dirname "$0")/../lib/logins.sh"

web() { pam_login web alice "${token[$1]}"; }
# at DATE: how far that is from now, as fake_time wants it.
at() { printf '%+d' $(($(date -u -d "$1" +%s) - $(date +%s))); }
shown() { patctl -u alice --json show "$1"; }

# --- logins while the clock jumps ---

install_build
add_accounts alice
use_pam generic web
fake_time +0
start_patd
minted ever alice ever --scopes web
minted month alice month --scopes web --expires 30d
minted hour alice hour --scopes web --expires 1h
minted gone alice gone --scopes web
minted counted alice counted --scopes web --uses 100000
minted pending alice pending --scopes web --not-before "$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)"
must patctl -u alice revoke gone -y
ok 'at first: the token of an hour' web hour
exits 'at first: the one of tomorrow' 6 web pending

# Two hours on, seen: from now on the token of an hour is dead, whatever the clock does.
fake_time +2h
exits 'two hours on: the token of an hour has expired' 6 web hour
# With the refusal in its log the store has the time of it.
refused_in_store() { patctl --json log --all | jq -e 'any(.[]; .event == "refused" and .name == "hour")'; }
must within 10 refused_in_store
for key in ever hour gone counted pending; do keep $key web $key; done
for offset in +0 +2h -1h +3h -3d +1h -30d +2h -3650d +0 +3h -5m +3h -1s +2h; do
	fake_time "$offset"
	sleep 0.3
done
crash_patd
for offset in -1d +3h -2h +30m +4h -400d +4h; do
	fake_time "$offset"
	sleep 0.3
done
enough
fake_time +4h
only 'jumping: the token without an end opens, or nobody is there' ever 0 9
only 'jumping: what has expired never opens' hour 6 9
only 'jumping: what was revoked never opens' gone 6 9
only 'jumping: what is for tomorrow does not open today' pending 6 9
for key in ever hour gone; do many 'jumping' $key 20; done
granted=$(granted counted) tried=$(tried counted)
counted=$((100000 - $(shown counted | jq .uses_left)))
if ((0 < granted && granted <= counted && counted <= tried)); then
	pass "jumping: $granted logins of $tried were granted, $counted counted"
else
	fail 'jumping: uses are counted' "$granted $counted $tried"
fi

# Not yet good: good from its time on, and not before it, though it was good already.
fake_time +25h
ok 'tomorrow: the one of tomorrow' web pending
fake_time +0
exits 'today again: not yet' 6 web pending
exits 'today again: what has an end is refused' 6 web month
fake_time +25h
ok 'tomorrow again' web pending
ok 'tomorrow again: what has an end' web month

# --- far off ---

# far WHAT DATE: the clock stands there, and then where it was; a token minted there has its end there.
far() {
	local what=$1 offset
	offset=$(at "$2")
	fake_time "$offset"
	ok "$what: a token without an end works" web ever
	exits "$what: what has expired does not" 6 web hour
	exits "$what: nor what was revoked" 6 web gone
	exits "$what: nor what was good for a month" 6 web month
	ok "$what: list" patctl -u alice --json list
	json "$what: it is JSON with all of them" 'length >= 6'
	# Who mints by the same clock: patctl reckons the end.
	ok "$what: a token can be minted" env "${patd_environment[@]}" patctl -u alice mint "at-$what" --scopes web --expires 1d
	token[$what]=$out
	ok "$what: it works" web "$what"
	fake_time "+$((offset + 3 * 86400))"
	exits "$what: three days later it has expired" 6 web "$what"
	ok "$what: log" patctl --json log --all
	restart_at "$what"
	fake_time +25h
	ok "$what, back: a token without an end works" web ever
	ok "$what, back: it is noticed" clock_behind
	exits "$what, back: what had expired there does not open" 6 web "$what"
	exits "$what, back: what has an end is refused" 6 web month
	ok "$what, back: clock-reset" patctl clock-reset
	ok "$what, back: what has an end works" web month
	exits "$what, back: what has expired does not" 6 web hour
	ok "$what, back: revoke what was minted there" patctl -u alice revoke "at-$what" -y
	exits "$what, back: it does not open" 6 web "$what"
}
restart_at() {
	stop_patd
	start_patd
	ok "$1: patd starts there" web ever
	exits "$1: and refuses the same" 6 web hour
}
far 2038 '2038-01-19 03:14:06 UTC'
far 2106 '2106-02-07 06:28:14 UTC'
far 9990 '9990-01-01 00:00:00 UTC'

# Where no token can be written with four digits of a year, and before there was time: nothing that has an
# end opens, and nothing is harmed.
for date in '9999-12-31 23:59:59 UTC' '10000-01-02 00:00:00 UTC' '1970-01-01 00:00:01 UTC' \
	'1969-12-31 23:59:50 UTC' '1960-01-01 00:00:00 UTC'; do
	fake_time "$(at "$date")"
	sleep 0.5
	ok "$date: a token without an end works" web ever
	for key in hour gone month pending; do
		[[ $key == pending && $date != 19* ]] && continue
		exits "$date: $key is refused" 6 web $key
	done
	# patctl itself refuses an end that it cannot write, else patd does, whose clock is behind.
	[[ $date == 1970* ]] && refused=1 || refused=2
	exits "$date: no token with an end is minted" "$refused" \
		env "${patd_environment[@]}" patctl -u alice mint "at-$date" --scopes web --expires 1d
	ok "$date: list" patctl -u alice --json list
	ok "$date: patd lives" kill -0 "$patd"
	ok "$date: the password works" pam_login web alice "${password[alice]}"
	fake_time +25h
	crash_patd
	ok "$date, back: a token without an end works" web ever
	exits "$date, back: what has expired does not" 6 web hour
	exits "$date, back: nor what was revoked" 6 web gone
	ok "$date, back: clock-reset" patctl clock-reset
	ok "$date, back: what has an end works" web month
	ok "$date, back: a token for a number of logins works" web counted
done
left=$(shown counted | jq .uses_left)
is 'nothing was given back' "$((left <= 100000 - counted))" 1
finish
