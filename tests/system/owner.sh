#!/bin/bash
# owner.sh: a token is its owner's account's: locked, expired, gone, made anew, renamed; and what a name
# service answers that is slow, wrong or dead.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# A stack of nothing but the module: libpam's side asks no name service.
door() { pam_login door "$1" "${token[$1]}"; }
shut() { ! door "$1"; }

# add_owner USER [OPTION...]: an account with a password and a token.
add_owner() {
	local user=$1
	must useradd "$@"
	chpasswd <<<"$user:secret" || exit 1
	must patctl -u "$user" mint "of-$user" --scopes door
	token[$user]=$out
	ok "$user: the token works" door "$user"
}

# closed WHAT USER REGEX: refused, and locked for the reason of REGEX.
closed() {
	ok "$1: the token is refused" within 5 shut "$2"
	ok "$1: show" patctl --json show "$(id_of "$2")"
	json "$1: locked" '.status == "locked"'
	like "$1: and why" "$3" "$(jq -r .status_reason <<<"$out")"
}

# open WHAT USER
open() {
	ok "$1: the token works again" within 5 door "$2"
	is "$1: active" "$(status_of "$(id_of "$2")")" active
}

# ended WHAT USER STATUS: revoked, by patd, for good; STATUS tells more of the account.
revoked_by_patd() { patctl --json show "$1" | jq -e '.revoked.by == "patd"'; }
ended() {
	ok "$1: the token is revoked" within 5 revoked_by_patd "$(id_of "$2")"
	ok "$1: show" patctl --json show "$(id_of "$2")"
	json "$1: why, and status" ".revoked.reason == \"the account is gone\" and .status == \"$3\""
	exits "$1: refused" 6 door "$2"
}

install_build
add_accounts bob
printf 'auth requisite pam_pat.so\naccount required pam_pat.so\nsession required pam_permit.so\n' >/etc/pam.d/door
library=$(dirname "$(find /lib /usr/lib -name 'libnss_compat.so.2' -print -quit)")
must install -m 755 "$BUILD/tests/nss/libnss_pattest.so.2" "$library"
must mkdir -m 755 /run/pattest
sed -i '/^passwd:/s/$/ pattest/; /^group:/s/$/ pattest/' /etc/nsswitch.conf
start_patd
must patctl -u bob mint of-bob --scopes door
token[bob]=$out
ok 'bob: the token works' door bob

# Locked and expired, and back.
add_owner alice
must passwd -q -l alice
closed 'passwd -l' alice 'has an account that is locked'
out=$(door alice)
out_like 'passwd -l: the holder is told' 'error: token "of-alice" has an account that is locked'
exits 'passwd -l: mint is refused' 1 patctl -u alice mint more
must passwd -q -u alice
open 'passwd -u' alice
must usermod -L alice
closed 'usermod -L' alice 'is locked'
must usermod -U alice
open 'usermod -U' alice
must usermod -e 2020-01-01 alice
closed 'usermod -e' alice 'has an account that has expired'
must usermod -e '' alice
open 'no expiry' alice
# Neither ! nor * alone was ever a password that someone locked.
for field in '*' '!' '!!' '!*'; do
	must usermod -p "$field" alice
	open "a password field of $field" alice
done

# Gone, and made again.
add_owner dora -u 6001
must userdel dora
ended 'userdel' dora locked
must useradd -u 6001 dora
ok 'made again, with the same name and uid' patctl -u dora --json list
json 'the token is listed' 'length == 1 and .[0].status == "revoked"'
ended 'made again' dora revoked
not 'root restores it not' patctl restore "$(id_of dora)"
ok 'it can have new ones' patctl -u dora mint fresh
# At once: the gap is seen all the same.
add_owner erin -u 6002
must userdel erin
must useradd -u 6002 erin
ended 'userdel and useradd at once' erin revoked
# While patd is away.
add_owner frank -u 6003
stop_patd
must userdel frank
start_patd
ended 'userdel while patd was away' frank locked
must useradd -u 6003 frank
ended 'made again' frank revoked
# Other numbers and names.
add_owner gina -u 6004
must usermod -u 6005 gina
ended 'another uid' gina locked
must usermod -u 6004 gina
ended 'the old uid again' gina revoked
add_owner hans
must usermod -l johann hans
ended 'another name' hans locked
ok "the new name has none of the old one's" patctl -u johann --json list
json 'tokens' '. == []'
must usermod -l hans johann
ended 'the old name again' hans revoked
open 'all others' bob

# Accounts of a directory.
# directory NAME UID [MODE]: how the name service answers for it; without MODE there is no such account.
# A change in /etc makes patd forget what it knew, within a second it would anyway.
directory() {
	local file
	for file in "$1" "$2"; do
		rm -f "/run/pattest/$file"
		[[ ! ${3:-} ]] || echo "$3 $1 $2" >"/run/pattest/$file"
	done
	touch /etc/group
}
# by_number UID COMMAND...: as that account; nobody's name is looked up here.
by_number() { chroot --userspec="+$1:+$1" --groups= / "${@:2}"; }
for n in {1..9}; do
	directory "dir$n" "700$n" ok
	must patctl -u "dir$n" mint "of-dir$n" --scopes door
	token[dir$n]=$out
done
ok 'a directory account: the token works' door dir1
rm /run/pattest/dir1 /run/pattest/7001
closed 'absent' dir1 'gone'
directory dir1 7001 ok
open 'back' dir1
directory dir1 7099 ok
closed 'another uid' dir1 'gone'
directory dir1 7099
directory dir1 7001 ok
open 'the old uid' dir1

# Nonsense for an answer, or none: refused this once, and nothing is changed by it.
# The number is what patctl says to somebody whom the name service answers like that.
for mode in unavailable:75 again:75 other:4 crash:75 long:75 newline:4 colon:4 empty:75; do
	number=${mode#*:} mode=${mode%:*}
	directory dir1 7001 "$mode"
	ok "$mode: refused" within 5 shut dir1
	ok "$mode: another directory account logs in" door dir2
	ok "$mode: a local account logs in" door bob
	exits "$mode: it is nobody else to patctl" "$number" by_number 7001 patctl -u bob list
	directory dir1 7001 ok
	open "$mode, then right again" dir1
done
directory dir1 7001 slow
ok 'slow: it works' door dir1
echo 'deny_users = {"@nobody-is-in-it"}' | reconfigure
directory dir1 7001 nogroups
ok 'its groups cannot be found out: denied' within 5 shut dir1
directory dir1 7001 ok
open 'its groups are known again' dir1

# A lookup that never ends holds up nobody else.
for number in 1 8; do
	what="$number lookups hang"
	hanging=()
	for ((n = 1; n <= number; n++)); do
		directory "dir$n" "700$n" hang
	done
	for ((n = 1; n <= number; n++)); do
		door "dir$n" >/dev/null &
		hanging+=($!)
	done
	ok "$what: a local account logs in" door bob
	ok "$what: a directory account logs in" door dir9
	ok "$what: still" kill -0 "${hanging[@]}"
	for ((n = 1; n <= number; n++)); do
		wait "${hanging[n - 1]}"
		is "$what: dir$n is refused in the end" "$?" 9
		directory "dir$n" "700$n" ok
	done
	for ((n = 1; n <= number; n++)); do
		open "$what: no harm was done to dir$n" "dir$n"
	done
done

# Absent for 30 days is gone.
directory dir1 7001
ok 'absent: locked' within 5 has_status locked "$(id_of dir1)"
for days in 0 29 31; do
	stop_patd
	fake_time "+${days}d"
	start_patd
	sleep 0.5 # it looks for all owners at its start
	ok "absent on day $days: refused" shut dir1
	is "absent on day $days: locked" "$(status_of "$(id_of dir1)")" locked
done
ended 'absent for 31 days' dir1 locked
directory dir1 7001 ok
exits 'back too late' 6 door dir1
ok 'who was there all the time logs in' door dir2
finish
