#!/bin/bash
# exchange.sh: short-lived children: real logins by them, narrower than their parent, dead with it.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

ssh_in() { login alice keyboard-interactive "$1" true; }
web() { pam_login web alice "$1"; }

# exchanged KEY PARENT [OPTION...]: by bob, who holds the parent.
exchanged() {
	local key=$1 parent=$2
	shift 2
	must as bob patctl exchange "$@" <<<"${token[$parent]}"
	token[$key]=$out
}

install_build
add_accounts alice bob
use_pam sshd
use_pam sudo
use_pam generic web
start_patd
start_sshd

minted ci alice ci --scopes sshd,web --expires 2h
run as bob patctl exchange <<<"${token[ci]}"
verdict 'exchanged by who holds it, without a password' 0
child=$out
like 'the child alone on stdout' '^patx_[0-9A-Za-z]{60}$' "$child"
err_like 'told what it is' 'exchanged "ci/1" \([0-9A-Za-z]{11}\) for alice; scopes: sshd,web; expires: '
ok 'ssh by the child' ssh_in "$child"
ok 'show' as alice patctl --json show ci/1
json 'a child' ".kind == \"exchanged\" and .owner == \"alice\" and .created_by == \"bob\" and
	.parent == \"$(token_id "${token[ci]}")\" and .use_count >= 1"
ok 'list' as alice patctl --json list
json 'children are listed, and say whose they are' '[.[] | select(.parent != null)] | length == 1'
ok 'as a tree' as alice patctl list --tree -o NAME,ID
out_like 'the child under its parent' $'ci +[0-9A-Za-z]{11}\n[^\n]*ci/1 '
ok 'inspect' as bob patctl inspect <<<"$child"
out_like 'of its kind' 'KIND +exchanged'
exits 'no token' 2 as bob patctl exchange <<<'pat_nothing'
exits 'a wrong secret' 3 as bob patctl exchange \
	<<<"$(forge pat "$(token_id "${token[ci]}")" "$(token_secret "$child")")"

# Narrower only, and told so.
exchanged narrow ci --scopes web --from 192.0.2.1,local --uses 1 --ttl 5m
exits 'not for ssh' 6 pam_login sshd alice "${token[narrow]}"
exits 'not from here' 6 web "${token[narrow]}"
for wider in --scopes=sudo '--scopes=*' --ttl=2h; do
	exits "wider: $wider" 1 as bob patctl exchange "$wider" <<<"${token[ci]}"
	err_like 'told why' 'wider|exchange_max_lifetime'
done
exits 'not a time' 2 as bob patctl exchange --ttl 0s <<<"${token[ci]}"
minted short alice short --scopes web --expires 20m
exchanged clipped short --ttl 1h
err_like 'clipped to its parent, and told so' 'ends sooner than was asked for: with its parent'
is 'the same end' "$(patctl -u alice --json show short/1 | jq .expires)" "$(patctl -u alice --json show short | jq .expires)"

# Four deep; the cascade, cut in the middle.
minted a0 alice deep --scopes web --uses 20
for n in 1 2 3 4; do exchanged "a$n" "a$((n - 1))"; done
exits 'no deeper' 1 as bob patctl exchange <<<"${token[a4]}"
ok 'the lowest opens the door' web "${token[a4]}"
is 'four exchanges and a login are counted at the top' "$(patctl -u alice --json show deep | jq .uses_left)" 15
ok 'revoke in the middle' as alice patctl revoke deep/1/1 -y
for n in 0 1; do ok "above it: $n" web "${token[a$n]}"; done
for n in 2 3 4; do exits "from it on: $n" 6 web "${token[a$n]}"; done
ok 'restored' as alice patctl restore deep/1/1 -S <<<"${password[alice]}"
ok 'it lives' web "${token[a2]}"
for n in 3 4; do exits "its children do not: $n" 6 web "${token[a$n]}"; done
exits 'and nobody can restore them' 4 patctl -u alice restore deep/1/1/1
ok 'revoke the top' as alice patctl revoke deep -y
for n in 0 1 2 3 4; do exits "nothing is left: $n" 6 web "${token[a$n]}"; done
ok 'deleted with all below' as alice patctl delete deep -y
is 'gone' "$(patctl -u alice --json list | jq '[.[] | select(.name | startswith("deep"))] | length')" 0

# A login's uses and its ancestors' are one transaction: eight at once for what is left.
minted few alice few --scopes web --uses 6
exchanged c1 few
exchanged c2 few
for n in 1 2 3 4 5 6 7 8; do
	web "${token[c$((n % 2 + 1))]}" >/dev/null 2>&1 &
	racers+=($!)
done
won=0
for pid in "${racers[@]}"; do wait "$pid" && won=$((won + 1)); done
is 'of eight at once four win' "$won" 4
is 'none is left' "$(patctl -u alice --json show few | jq .uses_left)" 0
exits 'the parent is used up, too' 6 web "${token[few]}"

# The rate: ten a second of one parent.
minted busy alice busy --scopes web
made=0 refused=0
start=$SECONDS
for n in {1..40}; do
	run as bob patctl exchange <<<"${token[busy]}"
	if ((status == 0)); then made=$((made + 1)); else refused=$((refused + 1)); fi
done
if ((made <= 10 * (SECONDS - start + 2) && made + refused == 40)); then
	pass "of 40 exchanges in $((SECONDS - start)) s $made were made"
else
	fail 'ten a second' "made $made" "refused $refused" "in $((SECONDS - start)) s"
fi
finish
