#!/bin/bash
# log.sh: who did what when: in the store, told to those whom it concerns, and in syslog, for programs.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
password[carol]=carol

# events USER [OPTION...]: the events that USER is told of, a line each: word, name, reason.
events() {
	as "$1" patctl --json log "${@:2}" | jq -r '.[] | "\(.event) \(.name) \(.reason)"'
}

# counted EVENT [OPTION...]: how many root is told of, and how many happened by their counts.
counted() { patctl --json log -a "${@:2}" | jq "[.[] | select(.event == \"$1\")] | length"; }
happened() { patctl --json log -a "${@:2}" | jq "[.[] | select(.event == \"$1\") | .count // 1] | add // 0"; }
has_counted() { (($(counted "$2" "${@:3}") == $1)); }
has_happened() { (($(happened "$2" "${@:3}") == $1)); }

# last_seq: the number of the last event.
last_seq() { patctl --json log -a | jq '[.[].seq] | max'; }

guess() { forge pat "$(token_id "${token[$1]}")" "$(token_secret "${token[other]}")"; }
unknown_id() { forge pat "$(tr -dc 0-9A-Za-z </dev/urandom | head -c 11)" "$(token_secret "${token[other]}")"; }

install_build
add_accounts alice bob carol
must useradd --create-home deploy
configure <<<'account "deploy" { managers = {"carol"}  scopes = {"web"} }'
use_pam sshd
use_pam generic web
start_syslog
start_patd
start_sshd

# One accepted login is one event, whichever way and with however many phases.
minted laptop alice laptop --expires 1h
minted other bob other
before=$(date -u +%FT%TZ)
ok 'a login' login alice keyboard-interactive "${token[laptop]}" true
ok 'a login, by password' login alice password "${token[laptop]}" true
ok 'they are told within a second or two' within 5 has_counted 2 accepted
ok 'log' as alice patctl --json log laptop
json 'minted: by whom, when, how' '.[0] | .event == "minted" and .by == "alice" and .owner == "alice" and .name == "laptop" and
	.scopes == ["sshd"] and .expires != null and (now - (.time | fromdate)) < 120'
json 'accepted: when, from where, by which service' 'all(.[1:][]; .event == "accepted" and .user == "alice" and
	.service == "sshd" and .rhost == "127.0.0.1" and .uid == 0 and .reason == null and .count == null)'
json 'two of them, and no more' 'length == 3'
ok 'an SSH key' give_key alice
ok 'a login by key' login_key alice true
is 'is no event' "$(counted accepted)" 2

# What is refused, and why; a wrong secret counts against the ID, and the client is not told so.
later 'a wrong secret' 255 login alice password "$(guess laptop)" true
later 'another service' 6 pam_login web alice "${token[laptop]}"
later "another account's login" 255 login bob password "${token[laptop]}" true
gather
ok 'they are told' within 5 has_counted 1 refused
is 'to nobody but its owner' "$(events bob | grep -c refused)" 0
ok 'edit' as alice patctl edit laptop -S --note new <<<"${password[alice]}"
ok 'revoke' as alice patctl revoke laptop -y -r 'lost "it"'
ok 'restore' as alice patctl restore laptop -S <<<"${password[alice]}"
ok 'revoke by root' patctl revoke -u alice laptop -y
ok 'delete' as alice patctl delete laptop -y
is 'all of it, in order' "$(events alice "$(token_id "${token[laptop]}")" | grep -v ' out_of_scope$\|^refused')" \
	$'minted laptop null\naccepted laptop null\naccepted laptop null\nedited laptop null\nrevoked laptop lost "it"\nrestored laptop null\nrevoked laptop null\ndeleted laptop null'
ok 'log' as alice patctl log
out_like 'a table: heads' '^TIME +EVENT +ID +NAME +USER +BY +SERVICE +FROM +COUNT +RESULT'
out_like 'a table: an event' "20[0-9-]+ [0-9:]+ accepted +$(token_id "${token[laptop]}") laptop +alice +- +sshd +127\.0\.0\.1"
later 'a wrong password' 4 as alice patctl mint no -S <<<wrong
gather
ok 'who failed to prove who they are' within 5 has_counted 1 reauthentication_failed

# To whom.
is "bob is told of his own" "$(events bob)" 'minted other null'
exits "bob: alice's log" 4 as bob patctl log -u alice
exits "bob: a foreign ID, deleted" 3 as bob patctl log "$(token_id "${token[laptop]}")"
exits 'bob: everybody' 4 as bob patctl log --all
exits 'an unknown ID' 3 patctl log AAAAAAAAAAA
exits 'all, and of one' 2 patctl log -a -u alice
exits 'two tokens' 2 patctl log a b
must patctl mint -u deploy ci
token[ci]=$out
is 'a manager' "$(events carol -u deploy)" 'minted ci null'
is 'a manager: by ID' "$(events carol "$(token_id "${token[ci]}")")" 'minted ci null'
exits 'nobody else' 4 as bob patctl log -u deploy
ok 'root: everybody' patctl --json log -a
json 'all three accounts, in order' '([.[].owner] | unique | contains(["alice", "bob", "deploy"])) and
	([.[].seq] | . == (sort | unique))'
ok 'root: her log' patctl --json log -u alice
json 'and nobody else' 'all(.[]; .owner == "alice") and length > 8'

# Since when.
ok 'since then' patctl --json log -a --since "$before"
json 'what came after' 'all(.[]; .time >= "'"$before"'") and length > 5'
ok 'for a day' patctl --json log -a --since 1d
json 'everything' 'length > 8'
sleep 1.1
ok 'for a second' patctl log -a --since 1s
exits 'since when there is no log yet' 2 patctl log --since 9999-01-01
exits 'since nonsense' 2 patctl log --since yesterday

# What comes.
patctl --json log -a --follow --since 1s >"$work/follow" 2>"$work/follow.err" &
follower=$!
follows() { (($(jq -r .event <"$work/follow" | grep -cx "$1") >= $2)); }
minted live alice live --scopes '*'
ok 'follow: minted' within 10 follows minted 1
ok 'follow: a login' login alice password "${token[live]}" true
ok 'follow: accepted' within 10 follows accepted 1
stop_patd
sleep 1.5
start_patd
ok 'follow: a daemon that was away' as alice patctl revoke live -y
ok 'follow: it goes on' within 10 follows revoked 1
is 'follow: each event once, in order, an object a line' "$(jq -r .seq "$work/follow" | sort -nu)" "$(jq -r .seq "$work/follow")"
is 'follow: no word on stderr' "$(<"$work/follow.err")" ''
end_process "$follower"
patctl log -a -f >"$work/follow" &
follower=$!
ok 'follow: a table' within 10 grep -q '^TIME' "$work/follow"
end_process "$follower"
# A job of a script ignores SIGINT unless it is told not to.
env --default-signal=INT patctl log -a -f >"$work/follow" 2>"$work/follow.err" &
follower=$!
ok 'follow: another' within 10 grep -q '^TIME' "$work/follow"
end_process "$follower" INT
is 'follow: SIGINT ends it' "$(pgrep -f 'patctl log' | wc -l)" 0
is 'follow: without a word' "$(<"$work/follow.err")" ''
ok 'follow: ends when nobody reads' timeout 20 bash -c 'patctl log -a -f | head -n 1'

# A flood of refusals, of one ID and of invented ones: two events a minute and ID, and none of another kind goes.
minted flooded alice flooded
deeds=$(patctl --json log -a | jq '[.[] | select(.event != "refused")] | length')
since=$(last_seq) minute=$(($(date +%s) / 60))
for ((i = 0; i < 120; i++)); do
	pam_login web alice "$(guess flooded)" >/dev/null
	pam_login web alice "$(unknown_id)" >/dev/null
done
stop_patd # what the minute under way has counted is written
minutes=$(($(date +%s) / 60 - minute + 1))
start_patd
flood() { patctl --json log -a | jq "[.[] | select(.seq > $since and .event == \"refused\" and $1)]"; }
is 'of the ID: all are counted' "$(flood '.id != null' | jq '[.[] | .count // 1] | add')" 120
is 'of no ID: likewise' "$(flood '.id == null' | jq '[.[] | .count // 1] | add')" 120
like "at most two events a minute ($minutes) for each" '^[1-9][0-9]*$' "$((2 * minutes - $(flood '.id != null' | jq length) + 1))"
like 'also of what does not exist' '^[1-9][0-9]*$' "$((2 * minutes - $(flood '.id == null' | jq length) + 1))"
is 'nothing else is gone' "$(patctl --json log -a | jq '[.[] | select(.event != "refused")] | length')" "$deeds"
is 'nor is the owner told of what is not hers' "$(as alice patctl --json log | jq '[.[] | select(.id == null and .event == "refused")] | length')" 0

# One token's few among many of another.
minted rare alice rare
minted busy alice busy --scopes web
for ((i = 0; i < 150; i++)); do
	pam_login web alice "${token[busy]}" >/dev/null
done
must as alice patctl revoke rare -y
is 'those of one token, however far apart' "$(events alice rare)" $'minted rare null\nrevoked rare null'
is 'each login has its event' "$(events alice busy | grep -c accepted)" 150

# What was acknowledged is on record, whatever happens in the next moment.
for n in 1 2 3; do
	minted "crash$n" alice "crash$n"
	crash_patd
	is "minted, then patd crashes: $n" "$(events alice "crash$n")" "minted crash$n null"
done

# Hostile values: each stays in its field, and bans nobody but who guesses.
minted evil alice 'x" rhost="203.0.113.9' --scopes sshd
later 'a name with quotes' 6 pam_login web alice "${token[evil]}"
later 'a user with quotes and newlines' 6 pam_login web \
	$'u" rhost="203.0.113.1" reason="wrong_secret\nrefused uid=0 id="AAAAAAAAAAA" service="sshd" rhost="203.0.113.2" reason="wrong_secret" user="' "$(guess flooded)"
gather
as alice pamtester -I rhost=203.0.113.3 web alice authenticate <<<"${token[evil]}" >/dev/null 2>&1
pamtester -I rhost='203.0.113.4" reason="wrong_secret" user="' web alice authenticate <<<"$(guess flooded)" >/dev/null 2>&1
pamtester -I rhost=203.0.113.5 web alice authenticate <<<"${token[evil]}" >/dev/null 2>&1
pamtester -I rhost=203.0.113.6 web alice authenticate <<<"$(guess flooded)" >/dev/null 2>&1
pamtester -I rhost=203.0.113.7 web alice authenticate <<<"$(unknown_id)" >/dev/null 2>&1
failregex=$(sed -n 's/^failregex = //p' "$top/examples/fail2ban/filter-pam_pat.conf")
failregex=${failregex/'^%(__prefix_line)s'/'^\w+ +\d+ [0-9:]+ \S+ \S+ patd\[\d+\]: \K'}
failregex=${failregex/'<HOST>'/'(?<host>[0-9.]+)'}
is "fail2ban's filter finds those who guess, and nobody else" "$(grep -oP "$failregex" "$syslog" | grep -o 'rhost="[^"]*"' | sort -u)" \
	$'rhost="127.0.0.1"\nrhost="203.0.113.6"\nrhost="203.0.113.7"'
is 'what a user claims is a claim' "$(grep -c 'claimed_refused uid=.* claimed_rhost="203.0.113.3"' "$syslog")" 1

# What is older than retention goes, by itself; what is new stays.
patctl --json log -a >"$work/before"
sleep 2.1
configure <<<'retention = "2s"'
kill -HUP "$patd"
must within 10 grep -q 'configuration reloaded' "$syslog"
minted young alice young --scopes web
gone() {
	pam_login web alice "${token[young]}" >/dev/null
	(($(patctl --json log -a | jq "[.[] | select(.seq <= $(jq '[.[].seq] | max' "$work/before"))] | length") == 0))
}
ok 'retention: what is old goes' within 20 gone
ok 'log' patctl --json log -a
json 'retention: what is young stays' 'length > 0 and any(.[]; .event == "accepted" and .name == "young")'

# The fields of each line, in their order: what programs rely on. The words that were not met yet:
minted old alice old --scopes web
must as alice patctl exchange <<<"${token[old]}"
token[child]=$out
must as alice patctl exchange <<<"${token[child]}"
must as alice patctl rotate old --grace 0s -S <<<"${password[alice]}"
later 'rotated' 6 pam_login web alice "${token[old]}"
gather
exits 'exchanged for' 1 as bob patctl exchange <<<"${token[child]}"
must as alice patctl revoke old -y
must patctl export "$work/export"
must patctl restore -u alice old
must patctl import <"$work/export"
must patctl prune -u alice --revoked 0s -y
must patctl clock-reset
must as bob patctl revoke --all -y
grep -oP 'patd\[\d+\]: \K[a-z_]+ uid=.*' "$syslog" |
	sed -E 's/="[^"]*"/=/g; s/=[0-9]*//g' | sort -u >"$work/fields"
is 'the fields of the lines' "$(<"$work/fields")" "$(<"$(dirname "$0")/log.fields")"
is 'no secret in them' "$(grep -cF -e "$(token_secret "${token[laptop]}")" -e "$(token_secret "${token[other]}")" "$syslog")" 0
finish
