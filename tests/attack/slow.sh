#!/bin/bash
# slow.sh: clients that read nothing of a long answer, or a packet a second; that write an item a second,
# stop in the middle, or never begin. Others go on, nothing grows, and the protocol's deadlines end them.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/store_process.sh
. "$(dirname "$0")/../lib/store_process.sh"

sock=/run/pam_pat/patd.sock root_sock=/run/pam_pat/root.sock tokens=500
store_bytes() { patctl --json status | jq .store_bytes; }
below() {
	if (($2 < $3)); then pass "$1: $2"; else fail "$1" "$2, not below $3"; fi
}

# slow NAME USER SOCKET WHAT [TOKEN]: what it tells stands in $work/slow.NAME.
slow_ones=()
slow() {
	setpriv --reuid "$2" --clear-groups --pdeathsig KILL -- "$work/slow" "${@:3}" >"$work/slow.$1" 2>&1 &
	slow_ones+=("$1")
}
under_way() {
	local name
	for name in "${slow_ones[@]}"; do [[ -s $work/slow.$name ]] || return 1; done
}
told() { grep -q "$2" "$work/slow.$1"; }
# ends NAME SECONDS: patd ends it, some time before.
ends() { ok "$1: patd ends it" within "$2" told "$1" 'ended by patd'; }

# edits: writes to the store, in each a page or two that was in use before.
edits() {
	local n
	for n in {1..100}; do patctl -u carol edit carol --note "$n" >"$work/null" || return 1; done
}
growth() {
	local first
	first=$(store_bytes)
	edits && echo $(($(store_bytes) - first))
}

install_build
password[carol]=carol
add_accounts alice bob carol
use_pam su
use_pam generic web
configure <<<'max_tokens = 1000'
start_patd
start_syslog
minted leaked alice leaked --scopes web
for ((n = 0; n < tokens; n++)); do
	patctl -u alice mint "t$n" --scopes web --note "a note that makes the answer longer" >"$work/null" 2>&1
done
minted carol carol carol --scopes su,web
must install -m 755 "$BUILD/tests/attack/slow" "$work/slow"
chmod 755 "$work"
must edits
still=$(growth)
before=$(descriptors) memory=$(own_memory)

# Four of alice's, four of bob's, and 80 of root's, which has most room.
slow list alice $sock list
slow log alice $sock log
slow list-slowly alice $sock list-slowly
slow silent alice $sock silent
slow scan-slowly bob $sock scan-slowly "${token[leaked]}"
slow scan-stops bob $sock scan-stops "${token[carol]%??????}000000"
slow prompt bob $sock prompt
slow export root $root_sock export
slow import-none root $root_sock import-none
for n in {1..80}; do slow "export.$n" root $root_sock export; done
ok 'all of them are there' within 20 under_way
accepted=0
for n in {1..50}; do
	pam_login web carol "${token[carol]}" >/dev/null && accepted=$((accepted + 1))
	as bob su carol -c true <<<"${token[carol]}" >/dev/null 2>&1 && accepted=$((accepted + 1))
done
is '100 logins beside them' "$accepted" 100
ok 'the reader beside them gets all of it' patctl --json list -a
json 'all' "length == $tokens + 2"
ok 'root exports' patctl export "$work/exported"
below 'the store grows no more than without them, bytes' "$(growth)" $((still + 262144))
below 'patd-store needs little memory for 88 of them, KiB' $(($(own_memory) - memory)) $((88 * 128))
more=$(($(descriptors) - before))
if ((more > 80 && more < 100)); then
	pass "and a descriptor each: $more more"
else
	fail 'and a descriptor each' "$more more"
fi
ok 'alice, whose own places are taken' as alice timeout 60 patctl --json status

ends silent 15
is 'nobody else was ended for that' "$(cat "$work"/slow.export* | grep -c ended)" 0
for name in list log export export.1 export.80 import-none scan-stops; do ends "$name" 45; done
ok 'who reads slowly is served on' within 60 told list-slowly 'still served'
ok 'who writes slowly, too' within 60 told scan-slowly revoked
is 'what it wrote was worked on' "$(<"$work/slow.scan-slowly")" $'let in\nrevoked 1'
is 'the leaked token is revoked' "$(status_of -u alice leaked)" revoked
ends prompt 90
ends list-slowly 45
ok 'nothing of them is left' within 20 as_before "$before"
is 'patd is the one that was started' "$(pgrep -x patd)" "$patd"
ok 'a login' pam_login web carol "${token[carol]}"
finish
