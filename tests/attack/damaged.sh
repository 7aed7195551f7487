#!/bin/bash
# damaged.sh: the store's file is damaged: cut, overwritten, other pages in it, not a file at all; or what it has of
# one token is. patd refuses to start and says why, or serves what is sound: no token is accepted that must
# not be, and passwords open as ever. SEED repeats the random damage, DAMAGES is how often it is done.
[[ ${PAT_SANDBOX:-} ]] ||
	exec "$(dirname "$0")/../lib/sandbox" env DAMAGES="${DAMAGES:-60}" SEED="${SEED:-$RANDOM}" "$(realpath "$0")"
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

base=$work/base.mdb data=$store/data.mdb
refused_tokens=(revoked used deleted never child)
web() { pam_login web alice "${token[$1]}"; }

# Starts patd again and again, as systemd would.
supervise() {
	while :; do
		patd -F >>"$work/damaged.out" 2>&1 &
		echo $! >"$work/pid"
		wait $!
		sleep 0.2
	done
}
start_supervised() {
	: >"$work/damaged.out"
	supervise 2>/dev/null &
	supervisor=$!
	within 2 patctl status # it need not come up
}
stop_supervised() {
	end_process "$supervisor"
	kill "$(<"$work/pid")" 2>/dev/null
	must within 10 patd_gone
}

# nobody_gets_in: what must be refused is.
nobody_gets_in() {
	local t
	for t in "${refused_tokens[@]}"; do
		web "$t" >"$work/refused" 2>&1 && echo "$t is accepted"
	done
}

# survives NAME: a start on the damaged store, and what it means for logins.
survives() {
	local in
	start_supervised
	in=$(nobody_gets_in)
	web live >/dev/null 2>&1
	lives[$?]=$((${lives[$?]:-0} + 1))
	run login alice password "${password[alice]}" true
	stop_supervised
	if ((status != 0)); then
		fail "$1: the password opens" "$err"
	elif [[ $in ]]; then
		fail "$1: nobody gets in who must not" "$in"
	else
		pass "$1: no wrong token opens, and the password does"
	fi
}
declare -A lives=()

# says NAME REGEX: patd ends at once, and its first line says why.
says() {
	run timeout 10 patd -F
	if ((status == 1)) && [[ ${err%%$'\n'*} =~ ^patd:\ $2 ]]; then
		pass "$1: patd refuses to start, and says why"
	else
		fail "$1: patd refuses to start, and says why" "exit status $status" "$err"
	fi
}

# fresh: the sound store again.
fresh() {
	rm -rf "$data"
	must install -m 600 -o patd -g patd "$base" "$data"
}

size() { stat -c %s "$base"; }

install_build
add_accounts alice
use_pam sshd
use_pam generic web
start_sshd
start_patd
for name in live other revoked deleted parent seen; do
	minted "$name" alice "$name" --scopes web
done
minted used alice used-up --scopes web --uses 1
must web used
must web seen
must patctl revoke -u alice -y revoked
must patctl revoke -u alice -y deleted
must patctl delete -u alice -y deleted
must patctl exchange <<<"${token[parent]}"
token[child]=$out
must patctl revoke -u alice -y parent
token[never]=$(forge pat "$(token_id "${token[live]}")" "$(token_secret "${token[other]}")")
for n in {1..60}; do
	must patctl mint -u alice "more-$n"
done
stop_patd
must cp "$data" "$base"
is 'at first the store is sound' "$("$BUILD/tests/attack/sound" "$data" 2>&1 | tail -n 1 | cut -d, -f1)" '67 tokens'
echo "seed $SEED"
RANDOM=$((SEED % 32768))

# ---- not a store ----

fresh && truncate -s 4096 "$data"
says 'one page of it' "$store: MDB_INVALID"
survives 'one page of it'
fresh && truncate -s 8192 "$data"
says 'two pages of it' "$store: MDB_CORRUPTED"
survives 'two pages of it'
fresh && head -c "$(size)" /dev/urandom >"$data"
says 'random bytes' "$store: MDB_INVALID"
survives 'random bytes'
fresh && head -c "$(size)" /dev/zero >"$data"
says 'zeros' "$store: MDB_INVALID"
fresh && printf 'SQLite format 3\0%9000s' '' >"$data"
says 'another format' "$store: MDB_INVALID"
fresh && printf '\2' | dd of="$data" bs=1 seek=20 conv=notrunc status=none
says 'another version of LMDB' "$store: MDB_VERSION_MISMATCH"
for page in 0 1; do
	fresh && dd if=/dev/urandom of="$data" bs=4096 seek=$page count=1 conv=notrunc status=none
	says "root page $page" "$store: MDB_INVALID"
	survives "root page $page"
done
fresh && : >"$data"
survives 'an empty file: a new store'

# ---- not a file ----

# in_its_place NAME REGEX: what stands there is refused, and left alone.
in_its_place() {
	local before
	before=$(stat -c '%F %U %a %s %Y' "$data")
	says "$1" "$2"
	is "$1: is left alone" "$(stat -c '%F %U %a %s %Y' "$data")" "$before"
	survives "$1"
}
theirs=/var/theirs
must cp "$base" "$theirs"
before=$(sha256sum "$theirs")
for what in "ln -s $theirs" "ln -s /nowhere" "ln $theirs" 'mkfifo' 'mkdir' "cp $theirs"; do
	rm -rf "$data"
	# shellcheck disable=SC2086 # words
	must $what "$data"
	in_its_place "$what" "$data: must be a regular file that belongs to uid $(id -u patd)"
done
is 'what a link led to was not touched' "$(sha256sum "$theirs")" "$before"
must test ! -e /nowhere
fresh && chmod 666 "$data"
survives 'writable by all, in a folder that is closed'

# The files beside it.
for what in "ln -s $theirs" 'mkdir'; do
	for beside in lock lock.mdb; do
		fresh
		rm -rf "${store:?}/$beside"
		# shellcheck disable=SC2086
		must $what "$store/$beside"
		survives "$what $beside"
		rm -rf "${store:?}/$beside"
	done
done
is 'what these led to was not touched' "$(sha256sum "$theirs")" "$before"

# ---- pages ----

pages=$(($(size) / 4096))
for ((n = 1; n <= DAMAGES; n++)); do
	fresh
	page=$((2 + RANDOM % (pages - 2))) other=$((2 + RANDOM % (pages - 2)))
	case $((RANDOM % 5)) in
	0) what="page $page is random" && dd if=/dev/urandom of="$data" bs=4096 seek=$page count=1 conv=notrunc status=none ;;
	1) what="page $page is zeros" && dd if=/dev/zero of="$data" bs=4096 seek=$page count=1 conv=notrunc status=none ;;
	2) what="page $page is page $other" && dd if="$base" of="$data" bs=4096 skip=$other seek=$page count=1 conv=notrunc status=none ;;
	3)
		what="a sector of page $page is random"
		dd if=/dev/urandom of="$data" bs=512 seek=$((page * 8 + RANDOM % 8)) count=1 conv=notrunc status=none
		;;
	4) what="it ends with page $page" && truncate -s $((page * 4096)) "$data" ;;
	esac
	survives "$n: $what"
done
# Else the damage was none, or all, and nothing was shown.
echo "the token that may open: ${lives[0]:-0} times accepted, ${lives[6]:-0} unknown, ${lives[9]:-0} without an answer"
if ((${lives[0]:-0} > 0 && ${lives[9]:-0} > 0)); then
	pass 'some of the damage hit what a login needs, some did not'
else
	fail 'some of the damage hit what a login needs, some did not'
fi

# ---- one token ----

for kind in $("$BUILD/tests/attack/damage"); do
	fresh
	hit=live
	[[ $kind != usage* ]] || hit=seen
	must "$BUILD/tests/attack/damage" "$store" "$kind" "$(token_id "${token[$hit]}")"
	chown -R patd:patd "$store"
	start_patd
	not "$kind: the damaged token is refused" web "$hit"
	ok "$kind: another is accepted" web other
	is "$kind: nobody gets in who must not" "$(nobody_gets_in)" ''
	exits "$kind: list tells that something is wrong" 75 patctl list -u alice
	ok "$kind: others can be revoked, all at once" patctl revoke -u alice --all -y
	not "$kind: and are" web other
	not "$kind: the damaged token is refused still" web "$hit"
	stop_patd
done
finish
