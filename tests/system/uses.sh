#!/bin/bash
# uses.sh: tokens for a number of logins: they count down, durably, and races have one winner.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

left() { patctl -u alice --json show "$1" | jq .uses_left; }
web() { pam_login web alice "${token[$1]}"; }

# race N COMMAND...: runs it N times at once; prints how many succeeded, and leaves the statuses of the
# others in $work/race.
race() {
	local n=$1 i
	shift
	: >"$work/race"
	for ((i = 0; i < n; i++)); do
		{
			"$@" >/dev/null 2>&1
			echo $? >>"$work/race"
		} &
		racers+=($!)
	done
	wait "${racers[@]}"
	racers=()
	grep -cx 0 "$work/race"
}
racers=()

install_build
add_accounts alice bob
use_pam sshd
use_pam generic web
start_patd
start_sshd

minted three alice three --uses 3
ok 'show' as alice patctl --json show three
json 'three uses are left' '.uses == 3 and .uses_left == 3 and .status == "active" and .use_count == 0'
for n in 2 1 0; do
	ok "a login, $n uses are left" login alice keyboard-interactive "${token[three]}" true
	is "counted before the login: $n" "$(left three)" "$n"
done
later 'a fourth login' 255 login alice keyboard-interactive "${token[three]}" true
later 'a fourth login, by password' 255 login alice password "${token[three]}" true
gather
ok 'show it used up' as alice patctl --json show three
json 'status and reason' '.status == "used up" and .uses_left == 0 and
	.status_reason == "token \"three\" is used up (3 of 3)"'
exits 'inspect tells that it would fail' 1 as alice patctl inspect <<<"${token[three]}"
exits 'it cannot be restored' 1 patctl restore -u alice three
ok 'it can be deleted' as alice patctl delete three -y

# Only an accepted login counts.
minted one alice one --uses 1 --scopes web
later 'another service' 255 login alice password "${token[one]}" true
later "another account's login" 6 pam_login web bob "${token[one]}"
later 'a wrong secret' 6 pam_login web alice "$(forge pat "$(token_id "${token[one]}")" "$(token_secret "${token[three]}")")"
gather
ok 'inspect' as alice patctl inspect <<<"${token[one]}"
ok 'explain' as alice patctl explain one --service web
is 'none of these was a use' "$(left one)" 1
ok 'a login is' web one
is 'and the last' "$(left one)" 0
exits 'used up' 6 web one
like 'the holder is told' 'error: token "one" is used up \(1 of 1\)' "$out"

# Counted on disk before it is granted: a success outlives a crash in the next moment.
minted ten alice ten --uses 10 --scopes web
for n in 9 8 7; do
	ok "a login, then patd crashes: $n are left" web ten
	crash_patd
	is "the count survived the crash: $n" "$(left ten)" "$n"
done
# Crashes at any moment: what was granted was counted.
minted many alice many --uses 100000 --scopes web
log_in_until_told() {
	while [[ ! -e $work/enough ]]; do
		web many >/dev/null
		echo $?
	done
}
for n in 1 2 3 4; do
	log_in_until_told >"$work/tries.$n" &
	racers+=($!)
done
for n in 1 2 3 4 5 6 7 8; do
	sleep "0.${n}3"
	crash_patd
done
touch "$work/enough"
wait "${racers[@]}"
racers=()
tries=$(cat "$work"/tries.? | wc -l) granted=$(cat "$work"/tries.? | grep -cx 0)
counted=$((100000 - $(left many)))
if ((0 < granted && granted <= counted && counted <= tries)); then
	pass "of $tries logins while patd crashed eight times $granted were granted, and $counted counted"
else
	fail 'each login that was granted was counted' "tries $tries" "granted $granted" "counted $counted"
fi

# The last use has one winner.
for round in 1 2 3; do
	minted "last$round" alice "last$round" --uses 1 --scopes web
	is "64 logins at once for the last use, round $round: one wins" "$(race 64 web "last$round")" 1
	is 'the others are refused' "$(grep -cx 6 "$work/race")" 63
	is 'none is left' "$(left "last$round")" 0
done
minted five alice five --uses 5 --scopes web
is '64 at once for five uses: five win' "$(race 64 web five)" 5
minted ssh alice ssh --uses 2
is 'six real ssh logins at once for two uses: two win' \
	"$(race 6 login alice keyboard-interactive "${token[ssh]}" true)" 2
is 'none is left' "$(left ssh)" 0

# What is not limited is counted in memory, and written within a second: a crash loses that second at most.
minted unlimited alice unlimited --scopes web
for n in {1..20}; do web unlimited >/dev/null; done
sleep 3
crash_patd
ok 'show' patctl -u alice --json show unlimited
json 'what was counted before that second is kept' '.use_count == 20 and .last_used.service == "web"'
ok 'a login afterwards' web unlimited
finish
