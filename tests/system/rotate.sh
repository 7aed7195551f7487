#!/bin/bash
# rotate.sh: a token replaced by a new one: real logins by both, grace times, lost answers, 32 clients
# at once, and what becomes of who uses the old one afterwards.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

ssh_in() { login alice keyboard-interactive "$1" true; }
web() { pam_login web alice "$1"; }

# rotated KEY TOKEN [OPTION...]: rotates by root, who is not asked, into ${token[KEY]}.
rotated() {
	local key=$1
	shift
	must patctl -u alice rotate "$@"
	token[$key]=$out
}
ids() { patctl -u alice --json list | jq -r "[.[] | select(.name == \"$1\" and .status == \"$2\")] | length"; }

install_build
add_accounts alice bob
use_pam sshd
use_pam generic web
configure <<<'reuse = "log"'
start_patd
start_sshd

minted ci alice ci --scopes sshd,web --from 127.0.0.0/8,local --note 'for the builds' --uses 50 --expires 30d
ok 'a login' ssh_in "${token[ci]}"
run as alice patctl rotate ci -S <<<"${password[alice]}"
verdict 'rotated by its owner, who proves who they are' 0
new=$out
like 'the new token alone on stdout' '^pat_[0-9A-Za-z]{60}$' "$new"
err_like 'told what it is' 'rotated "ci" \([0-9A-Za-z]{11}\) for alice; scopes: sshd,web; expires: '
err_like 'and how long the old one lives' 'the old one is accepted until '
ok 'show the new one' as alice patctl --json show ci
json 'it took over' '.scopes == ["sshd", "web"] and .from == ["127.0.0.0/8", "local"] and .note == "for the builds" and
	.uses == 50 and .uses_left == 49 and .status == "active"'
ok 'show the old one' as alice patctl --json show "$(token_id "${token[ci]}")"
json 'it is in its grace time' '.status == "rotated" and .uses_left == 49'
ok 'ssh by the new one' ssh_in "$new"
ok 'ssh by the old one, in its grace time' ssh_in "${token[ci]}"
ok 'show' as alice patctl --json show ci
json 'they share the uses' '.uses_left == 47'
exits 'a wrong password rotates nothing' 4 as alice patctl rotate ci -S <<<'wrong'
exits 'nobody there to ask' 4 as alice patctl rotate ci
exits "another's" 4 as bob patctl -u alice rotate ci -S <<<"${password[bob]}"
exits 'no such token' 3 as alice patctl rotate nothing -S <<<"${password[alice]}"
exits 'no grace time' 2 as alice patctl rotate ci --grace soon -S <<<"${password[alice]}"
err_like 'what is accepted is told' 'until-used'
is 'one is active' "$(ids ci active)" 1
is 'one is rotated' "$(ids ci rotated)" 1

# A name means all that bear it; an ID just the one.
ok 'revoke by name' as alice patctl revoke ci -y
later 'ssh by the new one' 255 ssh_in "$new"
later 'ssh by the old one' 255 ssh_in "${token[ci]}"
gather

# Until the new one's first use.
minted old alice until --scopes web
rotated new until --grace until-used
err_like 'told' "until the new one's first use"
for n in 1 2; do ok "the old one, login $n" web "${token[old]}"; done
ok 'the new one' web "${token[new]}"
exits 'the old one has ended' 6 web "${token[old]}"
out_like 'its holder is told' 'error: token "until" was rotated, and its grace time ended on '
ok 'the new one again' web "${token[new]}"
like 'the reuse is logged by its ID' "reused .*id=\"$(token_id "${token[old]}")\"" "$(cat "$work/patd.out")"

# At once.
minted old alice now --scopes web
rotated new now --grace 0s
err_like 'told' 'the old one is not accepted any more'
exits 'the old one' 6 web "${token[old]}"
ok 'the new one' web "${token[new]}"

# Answers that were lost: a client asks again until it has one.
minted old alice lost --scopes web
ends=
for n in 1 2 3 4 5; do
	rotated new lost
	found=$(patctl -u alice --json show "$(token_id "${token[old]}")" | jq -r .grace_ends)
	is "rotation $n: the first end stays" "$found" "${ends:=$found}"
done
is 'nothing piled up: one active' "$(ids lost active)" 1
is 'one rotated' "$(ids lost rotated)" 1
is 'and no other' "$(patctl -u alice --json list | jq '[.[] | select(.name == "lost")] | length')" 2
ok 'the last one' web "${token[new]}"
ok 'and the old one' web "${token[old]}"

# 32 clients at once: each gets a token, one of these is the token.
minted old alice many --scopes web
for n in {1..32}; do
	patctl -u alice rotate many >"$work/many.$n" 2>/dev/null &
	racers+=($!)
done
wait "${racers[@]}"
is 'each got a token' "$(cat "$work"/many.* | grep -cxE 'pat_[0-9A-Za-z]{60}')" 32
is 'all of them different' "$(cat "$work"/many.* | sort -u | wc -l)" 32
is 'one is active' "$(ids many active)" 1
is 'one is in its grace time' "$(ids many rotated)" 1
working=0
for n in {1..32}; do
	patctl inspect <"$work/many.$n" >/dev/null 2>&1 && working=$((working + 1))
done
is 'one of those that were given out works' "$working" 1
ok 'the old one was never stranded' web "${token[old]}"

# A theft: who kept the old token takes the family down.
reconfigure <<<'reuse = "revoke"'
minted stolen alice stolen --scopes web
rotated mine stolen --grace 0s
ok 'the new one' web "${token[mine]}"
exits 'the thief comes' 6 web "${token[stolen]}"
exits 'the whole family is down' 6 web "${token[mine]}"
ok 'show' as alice patctl --json show stolen
json 'why, and by whom' '.status == "revoked" and .revoked.by == "patd" and (.revoked.reason | test("rotated"))'
exits 'its owner cannot restore it' 4 as alice patctl restore stolen -S <<<"${password[alice]}"
ok 'others stay' web "${token[new]}"

# The end of a grace time by the clock, and after a restart.
stop_patd
configure <<<'reuse = "log"'
fake_time +0s
start_patd
minted old alice timed --scopes web
rotated new timed --grace 1h
echo +59m >"$store/faketime"
ok 'a minute before its end' web "${token[old]}"
echo +61m >"$store/faketime"
exits 'a minute after it' 6 web "${token[old]}"
stop_patd
start_patd
ok 'the new one, after a restart' web "${token[new]}"
finish
