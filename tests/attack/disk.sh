#!/bin/bash
# disk.sh: the store has no room: the disk is full, its map is full, files may not grow, it is read-only. Logins
# that change nothing go on all the while, what cannot be written is refused and told, and once there is
# room again everything works without anyone's help; what was acknowledged is there.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"
# shellcheck source=tests/lib/logins.sh
. "$(dirname "$0")/../lib/logins.sh"

web() { pam_login web alice "${token[$1]}"; }
# left KIND: how many logins the token has left that prepare made.
left() { patctl -u alice --json show "counted-$1" | jq .uses_left; }
sound() { ok "$1: the store is sound" "$BUILD/tests/attack/sound" "$store/data.mdb"; }

not_grep() { ! grep -q "$@"; }

# Logins that need nothing written, from now on until enough_of NAME: all of them were accepted.
log_in_all_the_while() { keep plain web plain; }
enough_of() {
	enough
	only "$1: all logins meanwhile were accepted" plain 0
	many "$1: logins meanwhile" plain 10
}

# fill: mints until there is no room; what is refused is told as it must be.
fill() {
	local n
	for ((n = 0; n < 3000; n++)); do
		patctl mint -u alice "fill-$((++filled))" --note "$(printf '%0256d' 0)" >"$work/filled" 2>"$work/fill.err" || break
		last=fill-$filled
	done
	out='' err=$(<"$work/fill.err")
	is "$1: in the end nothing more can be minted" "$err" "patctl: fill-$filled: the store failed; see the daemon's log"
	ok "$1: the log says why" grep -qE "the store cannot be written: ($2)" "$work/$work_out"
	exits "$1: nothing of it is there" 3 patctl show -u alice "fill-$filled"
	ok "$1: the one before it is" patctl show -u alice "$last"
}
filled=0 last='' work_out=patd.out

# use_up NAME KIND: logins by the token with uses that prepare made: each is counted, or refused.
use_up() {
	local before granted=0 n
	before=$(left "$2")
	for n in {1..5}; do
		web counted >"$work/use" 2>&1 && granted=$((granted + 1))
	done
	is "$1: no login was granted that was not counted" "$(left "$2")" "$((before - granted))"
}

# revoke_some NAME PREFIX: revokes 12 tokens: one that is told as revoked is refused, any other stays as it was, and
# that it failed is told.
revoke_some() {
	local n revoked=0 refused=0 before=$checks_failed
	for n in {1..12}; do
		run patctl revoke -u alice -y "$2-$n"
		case $status in
		0)
			revoked=$((revoked + 1))
			has_status revoked -u alice "$2-$n" || fail "$1: $2-$n: told as revoked, and is not"
			web "$2-$n" >"$work/use" 2>&1 && fail "$1: $2-$n: revoked, and opens"
			;;
		75)
			refused=$((refused + 1))
			[[ $err == "patctl: $2-$n: the store failed; see the daemon's log" ]] || fail "$1: $2-$n: it is told" "$err"
			has_status active -u alice "$2-$n" || fail "$1: $2-$n: half revoked"
			;;
		*) fail "$1: $2-$n: exit status $status" "$err" ;;
		esac
	done
	((checks_failed == before)) || return
	is "$1: of 12 tokens $revoked were revoked, and hold; of the others it was told that they were not" \
		$((revoked + refused)) 12
}

# works NAME: everything, without anybody having started anything again.
works() {
	minted fresh alice "fresh-$((++filled))" --scopes web
	ok "$1: a new token opens" web fresh
	ok "$1: it is revoked" patctl revoke -u alice -y "fresh-$filled"
	exits "$1: and opens nothing more" 6 web fresh
	ok "$1: uses are counted" web counted
	is "$1: it is the same patd" "$(pgrep -o -x patd)" "$patd"
}

prepare() {
	local n
	minted plain alice "plain-$1" --scopes web
	minted ssh alice "ssh-$1"
	minted counted alice "counted-$1" --scopes web --uses 1000
	for n in {1..12}; do
		minted "$1-$n" alice "$1-$n" --scopes web
	done
}

install_build
add_accounts alice
use_pam sshd
use_pam generic web
printf '%s\n' 'max_tokens = 10000' | configure
start_sshd

# ---- a full disk ----

must mount -t tmpfs -o size=700k,mode=700,uid="$(id -u patd)",gid="$(id -g patd)" small "$store"
start_patd
prepare disk
log_in_all_the_while
head -c 4m /dev/zero >"$store/filler" 2>/dev/null
is 'the disk is full' "$(df --output=avail "$store" | tail -n 1 | tr -d ' ')" 0
# A write that is cut short is an input or output error to LMDB.
fill 'full disk' 'No space left on device|Input/output error'
use_up 'full disk' disk
revoke_some 'full disk' disk
later 'full disk: a real ssh login by token' 0 login alice keyboard-interactive "${token[ssh]}" true
later 'full disk: and by password' 0 login alice password "${password[alice]}" true
gather
rm "$store/filler"
works 'room again'
ok 'room again: export' patctl export "$work/export"
enough_of 'full disk'
head -c 4m /dev/zero >"$store/filler" 2>/dev/null
crash_patd
ok 'full disk: patd is started again, and opens doors' web plain
stop_patd
sound 'full disk'
must umount "$store"

# ---- files that may not grow ----

# Limits that a supervisor sets, in KiB.
limited_patd() {
	(
		ulimit -f "$1"
		exec patd -F >"$work/limited.out" 2>&1
	) &
	patd=$!
	must within 10 patctl status
}

limited_patd 400
work_out=limited.out
prepare limit
log_in_all_the_while
fill 'file size limit' 'File too large|Input/output error'
use_up 'file size limit' limit
revoke_some 'file size limit' limit
enough_of 'file size limit'
is 'file size limit: it kills nobody' "$(pgrep -o -x patd)" "$patd"
stop_patd
sound 'file size limit'
work_out=patd.out

# nothing_can_be_written NAME: what changes the store is refused, and told; the rest goes on.
nothing_can_be_written() {
	ok "$1: a login that needs nothing written" web plain
	exits "$1: one that is counted is not granted" 9 web counted
	later "$1: ssh by token" 0 login alice password "${token[ssh]}" true
	later "$1: ssh by password" 0 login alice password "${password[alice]}" true
	gather
	exits "$1: revoke" 75 patctl revoke -u alice -y "$2-1"
	is "$1: revoke tells that it failed" "$err" "patctl: $2-1: the store failed; see the daemon's log"
	is "$1: it is not revoked" "$(status_of -u alice "$2-1")" active
	exits "$1: mint" 75 patctl mint -u alice never
	exits "$1: nothing is half minted" 3 patctl show -u alice never
	exits "$1: revoke --stdin" 75 patctl revoke --stdin <<<"${token[$2-1]}"
	ok "$1: the token opens as before" web "$2-1"
	is "$1: patd lives on" "$(pgrep -o -x patd)" "$patd"
}

# Smaller than the store already is.
start_patd
prepare tiny
stop_patd
limited_patd 8
nothing_can_be_written 'no byte may be written' tiny
stop_patd
ok 'no byte may be written: the store process ends in order' not_grep 'ended: signal' "$work/limited.out"
start_patd
works 'without the limit'
stop_patd

# ---- a full map ----

# As if all but the last 60 pages of 64 GiB were in use: of both root pages, the number of the last page.
start_patd
prepare map
stop_patd
must truncate -s 64G "$store/data.mdb"
for page in 0 1; do
	printf '\xc4\xff\xff\0\0\0\0\0' | dd of="$store/data.mdb" bs=1 seek=$((4096 * page + 136)) conv=notrunc status=none
done
start_patd
log_in_all_the_while
fill 'full map' 'MDB_MAP_FULL'
use_up 'full map' map
revoke_some 'full map' map
enough_of 'full map'
stop_patd
sound 'full map'

# ---- read-only ----

must rm "$store/data.mdb"
start_patd
prepare ro
trace_process "$(pgrep -o -x patd-store)" "$work/trace" -e trace=writev,pwrite64 \
	-e inject=writev,pwrite64:error=EROFS:syscall=getpid
nothing_can_be_written 'mounted read-only by a fault' ro
end_trace
works 'written again'
stop_patd
sound 'written again'

must mount --bind "$store" "$store"
must mount -o remount,bind,ro "$store"
run timeout 10 patd -F
is 'a read-only place: patd ends' "$status" 1
is 'a read-only place: its first line says why' "${err%%$'\n'*}" "patd: $store/lock: Read-only file system"
later 'a read-only place: ssh by token' 255 login alice password "${token[ssh]}" true
later 'a read-only place: ssh by password' 0 login alice password "${password[alice]}" true
gather
must umount "$store"
start_patd
works 'writable again'
stop_patd
finish
