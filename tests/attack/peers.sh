#!/bin/bash
# peers.sh (hazard 3): whom patd takes a connection for: the effective uid of who connected, and nobody
# else, whoever holds the descriptor afterwards, whatever a user namespace calls them, and whatever
# they say of their pid. One request a connection; who hangs up in the middle leaves nothing.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/store_process.sh
. "$(dirname "$0")/../lib/store_process.sh"

sock=/run/pam_pat/patd.sock root_sock=/run/pam_pat/root.sock

# told NAME EXPECTED COMMAND...: what it prints, its lines joined by commas.
told() {
	run "${@:3}"
	is "$1" "$(paste -sd, <<<"$out")" "$2"
}
# peer USER STEP...
peer() { as "$1" "$work/peer" "${@:2}"; }
listed=(send=list receive receive)

install_build
add_accounts alice bob
use_pam generic web
start_patd
minted a alice a --scopes web
minted b bob b --scopes web
before=$(descriptors)
alice=$(id -u alice) bob=$(id -u bob)
must install -m 755 "$BUILD/tests/attack/peer" "$work/peer"
must install -m 4755 "$BUILD/tests/attack/peer" "$work/peer-root"
must install -m 4755 -o bob "$BUILD/tests/attack/peer" "$work/peer-bob"
chmod 755 "$work"

told 'a user' 'MORE alice a,OK' peer alice connect=$sock "${listed[@]}"
told 'a user, asking what is told to root' OK peer alice connect=$sock send=status receive
told 'root, on the socket for all' 'OK for root' peer root connect=$sock send=status receive
told 'root, on its own' 'OK for root' peer root connect=$root_sock send=status receive

# ---- set-id programs: the effective uid, when it connects ----

told 'a set-uid-root program of a user is root' 'OK for root' \
	as alice "$work/peer-root" connect=$sock send=status receive
told 'one that gave root up before is the user' 'MORE alice a,OK' \
	as alice "$work/peer-root" drop connect=$sock "${listed[@]}"
told 'one that gives root up afterwards connected as root' 'OK for root' \
	as alice "$work/peer-root" connect=$sock drop send=status receive
told 'its next connection is the user'\''s' 'OK for root,OK' \
	as alice "$work/peer-root" connect=$sock drop send=status receive connect=$sock send=status receive
told "a set-uid program of bob's is bob" 'MORE bob b,OK' as alice "$work/peer-bob" connect=$sock "${listed[@]}"
told 'root with the effective uid of alice is alice' 'MORE alice a,OK' \
	peer root "uid=0,$alice" connect=$sock "${listed[@]}"
told 'and stays so on that connection' OK peer root "uid=0,$alice" connect=$sock uid=0,0 send=status receive
told 'root that dropped its uid is alice' 'MORE alice a,OK' peer root "uid=$alice,$alice" connect=$sock "${listed[@]}"

for owner in root:4755 bob:4755 root:2755; do
	must install -m "${owner#*:}" -o "${owner%:*}" -g shadow "$BUILD/patctl/patctl" "$work/patctl"
	exits "patctl with a set-id bit ($owner) refuses" 4 as alice "$work/patctl" list
	err_like "patctl with a set-id bit ($owner) says why" 'refuses to run with raised privileges'
done
must install -m 755 "$BUILD/patctl/patctl" "$work/patctl"
ok 'patctl without one does not' as alice "$work/patctl" list

# ---- descriptors that are passed on ----

told "alice's connection in bob's hands is alice's" 'MORE alice a,OK' \
	peer root "uid=0,$alice" connect=$sock uid=0,0 "pass=$bob" "${listed[@]}"
told "alice's connection in root's hands is alice's" 'ERROR not_permitted' \
	peer root "uid=0,$alice" connect=$sock uid=0,0 pass=0 send=list-all receive
told "a user's connection in another's hands can be given away, not widened" 'ERROR not_permitted' \
	peer alice connect=$sock "pass=$alice" send=list-all receive
told "a service of root that is handed alice's connection verifies nothing of bob's with it" 'ERROR no_such_token' \
	peer root "uid=0,$alice" connect=$sock uid=0,0 pass=0 user=bob service=web token=- send=verify receive \
	<<<"${token[b]}"

# ---- user namespaces, and uids that are none ----

must as alice unshare -Ur true
is 'in a user namespace alice takes herself for root' "$(as alice unshare -Ur id -u)" 0
told 'there she is alice' 'MORE alice a,OK' as alice unshare -Ur "$work/peer" connect=$sock "${listed[@]}"
told 'and no root' OK as alice unshare -Ur "$work/peer" connect=$sock send=status receive
told "and has not root's socket" 'connect: Permission denied' as alice unshare -Ur "$work/peer" connect=$root_sock
told 'without a map, too' 'MORE alice a,OK' as alice unshare -U "$work/peer" connect=$sock "${listed[@]}"
exits 'patctl there finds no socket of its own' 75 as alice unshare -Ur patctl list
exits 'nor believes the one for all, whose root is unknown there' 75 as alice unshare -Ur patctl --socket $sock list
err_like 'and says so' 'not root'
told 'the overflow uid is refused' closed peer root uid=65534,65534 connect=$sock send=status receive
told 'the last uid but one, without an account' 'OK' \
	peer root uid=4294967294,4294967294 connect=$sock send=status receive
told 'which has no tokens' 'ERROR no_such_account' peer root uid=4294967294,4294967294 connect=$sock send=list receive

# A patd in a user namespace in which alice has no uid: she is not let in there by another's.
in_its_own() { [[ $(readlink "/proc/$holder/ns/user") != $(readlink /proc/self/ns/user) ]]; }
unshare -U sleep infinity &
holder=$!
must within 10 in_its_own
for file in uid_map gid_map; do
	map="0 0 $alice"$'\n'"$((alice + 1)) $((alice + 1)) 100000"
	cat <<<"$map" >"/proc/$holder/$file" # in one piece
done
mkdir -m 755 "$work/run" "$work/state"
chown patd "$work/state" && chmod 700 "$work/state"
nsenter -U -t $holder --setuid 0 --setgid 0 patd -F --run-dir "$work/run" --state-dir "$work/state" \
	>"$work/inner" 2>&1 &
inner=$!
must within 10 test -S "$work/run/patd.sock"
told 'patd in a user namespace: its root' 'OK for root' peer root "connect=$work/run/patd.sock" send=status receive
told 'patd in a user namespace: one that it knows' OK peer bob "connect=$work/run/patd.sock" send=status receive
told 'patd in a user namespace: one that it does not know' closed \
	peer alice "connect=$work/run/patd.sock" send=status receive
end_process $inner
end_process $holder KILL

# ---- root's socket ----

told "another's connection to root's socket" 'connect: Permission denied' peer alice connect=$root_sock
chmod 666 $root_sock
told 'open to all by mistake, it still serves root alone' closed peer alice connect=$root_sock send=status receive
told "set-id programs are root there, too" 'OK for root' \
	as alice "$work/peer-root" connect=$root_sock send=status receive
chmod 600 $root_sock

# ---- what a peer says of its process ----

id=$(token_id "${token[a]}")
about=(user=alice service=web "id=$id" token=-)
told 'root logs in and opens a session' 'OK a,OK a' \
	peer root "${about[@]}" process=0 connect=$root_sock send=verify receive \
	connect=$root_sock send=session-open receive <<<"${token[a]}"
told 'once' 'OK a,OK a,ERROR no_token_session' \
	peer root "${about[@]}" process=0 connect=$root_sock send=verify receive \
	connect=$root_sock send=session-open receive connect=$root_sock send=session-open receive <<<"${token[a]}"
told 'none without a login' 'ERROR no_token_session' peer root "${about[@]}" process=0 connect=$root_sock \
	send=session-open receive <<<"${token[a]}"
(umask 077 && printf '%s\n' "${token[a]}" >"$work/token") && chown alice "$work/token"
claim="setpriv --reuid alice --clear-groups $work/peer user=alice service=web token=- connect=$sock"
told "alice's login says that it is root's process: no session there" 'OK a,ERROR no_token_session' \
	peer root "${about[@]}" process=0 "run=$claim process=\$PEER send=verify receive <$work/token" \
	connect=$root_sock send=session-open receive <<<"${token[a]}"
told "alice's login says that root's process is its parent: no session there" 'OK a,ERROR no_token_session' \
	peer root "${about[@]}" process=0 "run=exec $claim process=0 send=verify receive <$work/token" \
	connect=$root_sock send=session-open receive <<<"${token[a]}"
told 'root itself tells only of the process that connects' 'OK a,ERROR no_token_session,ERROR not_permitted' \
	peer root "${about[@]}" process=1 connect=$root_sock send=verify receive process=0 connect=$root_sock \
	send=session-open receive process=1 connect=$root_sock send=session-open receive <<<"${token[a]}"
told 'alice opens no session' 'OK a,ERROR not_permitted' \
	peer alice "${about[@]}" process=0 connect=$sock send=verify receive \
	connect=$sock send=session-open receive <<<"${token[a]}"
told "and closes none: not root's" 'ERROR not_permitted' \
	peer alice "id=$id" process=1 connect=$sock send=session-close receive

# ---- one request a connection ----

told 'a second request behind the first' 'MORE alice a,OK,closed' \
	peer alice connect=$sock send=list send=status receive receive receive
told 'a second request after the first' 'OK,closed' peer alice connect=$sock send=status receive send=status receive
told "root's second request" 'OK for root,closed' \
	peer root connect=$root_sock send=status send=clock-reset receive receive
told 'a second request where an answer to the prompt is wanted' 'PROMPT,ERROR protocol_error,closed' \
	peer alice connect=$sock name=x send=mint receive send=list receive receive
told 'no more is sent: the answer comes' 'MORE alice a,OK,closed' \
	peer alice connect=$sock send=list end receive receive receive

# ---- hanging up in the middle ----

hangups=()
for n in {1..50}; do
	hangups+=("connect=$sock" "connect=$sock" send=list "connect=$sock" name=x send=mint
		"connect=$sock" send=mint receive)
done
ok 'hanging up before a request, an answer, a prompt, and at one' peer alice "${hangups[@]}"
roots=()
for n in {1..50}; do
	roots+=("connect=$root_sock" "connect=$root_sock" send=verify "connect=$root_sock" send=list-all)
done
ok 'root, too' peer root user=alice service=web "token=${token[a]}" "${roots[@]}"
ok 'nothing is left of it' within 20 as_before "$before"
is 'patd is the one that was started' "$(pgrep -x patd)" "$patd"
minted again alice again
told 'and serves' 'MORE alice a,MORE alice again' peer alice connect=$sock "${listed[@]}"
finish
