#!/bin/bash
# names.sh: name services and account files that fail, beyond what system/owner.sh has: files cut short or
# gone, more hanging lookups than there are workers, groups without end, an answer that makes somebody
# root. Whoever cannot be told is refused, nothing is changed by it, and passwords of local accounts work.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

door() { pam_login raw "$1" "${token[$1]}"; }
shut() { ! door "$1"; }
su_by_password() { as "$1" su "$2" -c 'id -un' <<<"${password[$2]}"; }

# directory NAME UID [MODE]: see tests/nss/pattest.c; without MODE there is no such account.
directory() {
	local file
	for file in "$1" "$2"; do
		rm -f "/run/pattest/$file"
		[[ ! ${3:-} ]] || echo "$3 $1 $2" >"/run/pattest/$file"
	done
	touch /etc/group # what was known of accounts is forgotten
}

# locals_work WHAT: the local accounts, by password and by token.
locals_work() {
	ok "$1: a local password works" pam_login shipped bob "${password[bob]}"
	ok "$1: and with su" su_by_password alice bob
	ok "$1: a local token works" within 10 door bob
}
# unharmed WHAT NAME...: when all is well again, nothing has happened to these accounts' tokens.
unharmed() {
	local name
	for name in "${@:2}"; do
		ok "$1: then the token of $name works again" within 10 door "$name"
		is "$1: it is active" "$(status_of "$(id_of "$name")")" active
	done
}

install_build
add_accounts alice bob
write_stacks
use_pam su
library=$(dirname "$(find /lib /usr/lib -name 'libnss_compat.so.2' -print -quit)")
must install -m 755 "$BUILD/tests/nss/libnss_pattest.so.2" "$library"
must mkdir -m 755 /run/pattest
sed -i '/^passwd:/s/$/ pattest/; /^group:/s/$/ pattest/' /etc/nsswitch.conf
start_patd
for name in alice bob; do
	minted $name $name of-$name --scopes '*'
done
for n in {1..24}; do
	directory "dir$n" "$((7000 + n))" ok
	must patctl -u "dir$n" mint "of-dir$n" --scopes '*'
	token[dir$n]=$out
done
locals_work 'at first'
ok 'at first: a directory token works' door dir1

# --- account files that are half there ---

# damaged WHAT FILE COMMAND...: the file, changed by a command and later put back, each time in its place
# and by renaming. Who stands in it is refused at most; that is no reason to revoke anything.
damaged() {
	local what=$1 file=$2
	cp -p "$file" "$work/saved"
	"${@:3}"
	sleep 1.5 # nothing tells that a sweep has looked for everyone: a shorter wait sees less, and is never wrong
	ok "$what: refused" within 10 shut alice
	cat "$work/saved" >"$file"
	unharmed "$what" alice bob
	cp -p "$work/saved" "$file.new" && mv "$file.new" "$file"
	unharmed "$what, renamed" alice bob
}
cut_file() { printf %s "$(head -c "$2" "$1")" >"$1.cut" && cat "$1.cut" >"$1" && rm "$1.cut"; }
until_alice() { sed '/^alice:/,$d' "$1" | wc -c; }
damaged 'passwd empty' /etc/passwd truncate -s 0 /etc/passwd
damaged 'passwd cut before alice, within a line' /etc/passwd cut_file /etc/passwd $(($(until_alice /etc/passwd) - 5))
damaged 'passwd gone' /etc/passwd rm /etc/passwd
damaged 'shadow empty' /etc/shadow truncate -s 0 /etc/shadow
damaged 'shadow cut before alice, within a line' /etc/shadow cut_file /etc/shadow $(($(until_alice /etc/shadow) - 5))
must usermod -L alice
ok 'alice is locked' within 10 shut alice
cp -p /etc/shadow "$work/locked"
truncate -s 0 /etc/shadow
ok 'locked, and shadow empty: refused' shut alice
cat "$work/locked" >/etc/shadow
ok 'locked, and shadow back: refused' shut alice
must usermod -U alice
unharmed 'unlocked' alice

# --- nsswitch.conf ---

cp /etc/nsswitch.conf "$work/nsswitch"
for what in 'a library that is not there' 'nothing' 'junk'; do
	case $what in
	a*) sed 's/pattest/nowhere pattest/' "$work/nsswitch" >/etc/nsswitch.conf ;;
	nothing) : >/etc/nsswitch.conf ;;
	junk) head -c 4096 /dev/urandom >/etc/nsswitch.conf ;;
	esac
	ok "nsswitch.conf: $what: a local password works" pam_login shipped bob "${password[bob]}"
	ok "nsswitch.conf: $what: a local token works" within 10 door bob
	cp "$work/nsswitch" /etc/nsswitch.conf
done
unharmed 'nsswitch.conf put back' bob dir1

# --- an answer that makes somebody else of who was asked for ---

for uid in 0 65534 4294967295 1000; do
	echo "ok dir1 $uid" >/run/pattest/dir1
	touch /etc/group
	ok "dir1 with uid $uid: refused" within 10 shut dir1
	is "dir1 with uid $uid: locked" "$(status_of "$(id_of dir1)")" locked
	# Two names of one uid may be; root's are none of these.
	[[ $uid == 0 || $uid == 4294967295 ]] || continue
	not "dir1 with uid $uid: no token for it" patctl -u dir1 mint "as-$uid"
done
directory dir1 7001 ok
unharmed 'dir1 with its own uid' dir1
for name in root alice bob; do
	echo "ok $name 7001" >/run/pattest/dir1
	touch /etc/group
	ok "dir1 called $name: refused" within 10 shut dir1
done
directory dir1 7001 ok
unharmed 'dir1 with its own name' dir1

# --- more lookups that hang than there are workers ---

for n in {1..24}; do
	directory "dir$n" "$((7000 + n))" hang
done
pids=()
for n in {1..24}; do
	door "dir$n" >"$work/hung.$n" 2>&1 &
	pids+=($!)
done
ok '24 lookups hang: a local password works' pam_login shipped bob "${password[bob]}"
ok '24 lookups hang: and with su' su_by_password alice bob
codes=''
for pid in "${pids[@]}"; do
	wait "$pid"
	codes+=" $?"
done
is '24 lookups hang: each is refused, and none let in' "$(tr ' ' '\n' <<<"$codes" | sort -u | paste -sd' ')" ' 9'
locals_work '24 accounts hang'
# The sweep that looks for all of them gets past them.
must useradd -u 6001 dora
must patctl -u dora mint of-dora --scopes '*'
token[dora]=$out
must userdel dora
revoked_dora() { patctl --json show "$(id_of dora)" | jq -e '.revoked.reason == "the account is gone"'; }
ok '24 accounts hang: an account that is gone is found out all the same' within 120 revoked_dora
for n in {1..24}; do
	directory "dir$n" "$((7000 + n))" ok
done
unharmed 'they hang no longer' dir{1..24}

# --- groups ---

# in_groups N LENGTH: alice in so many groups with names so long; patd can carry 4096 bytes of names, and
# looks at 1024 groups.
cp -p /etc/group "$work/group"
in_groups() {
	{
		cat "$work/group"
		for ((n = 0; n < $1; n++)); do
			printf 'g%0*d:x:%d:alice\n' $(($2 - 1)) "$n" $((20000 + n))
		done
	} >/etc/group.new
	mv /etc/group.new /etc/group
}
# groups_unknown WHAT GROUP: whoever is in more groups than can be told is denied where a list denies one,
# and where another has to allow him by one that is not told.
groups_unknown() {
	ok "$1: without such lists the token works" within 10 door alice
	echo 'deny_users = {"@nobody-is-in-it"}' | reconfigure
	ok "$1: deny_users with a group: refused" within 10 shut alice
	ok "$1: that is for nobody else" door bob
	echo 'allow_users = {"@users", "alice"}' | reconfigure
	ok "$1: allow_users with a name" within 10 door alice
	echo "allow_users = {\"@$2\"}" | reconfigure
	ok "$1: allow_users with a group: refused" within 10 shut alice
	echo | reconfigure
	unharmed "$1" alice
	ok "$1: the password works" pam_login shipped alice "${password[alice]}"
}
in_groups 10 11
echo 'allow_users = {"@g0000000003"}' | reconfigure
ok 'ten groups: allow_users with one of them' within 10 door alice
echo 'deny_users = {"@g0000000003"}' | reconfigure
ok 'ten groups: deny_users with one of them' within 10 shut alice
echo | reconfigure
in_groups 1500 11
groups_unknown '1500 groups' g0000001499
in_groups 500 11
groups_unknown '500 groups of 11 bytes' g0000000499
in_groups 30 200
groups_unknown '30 groups of 200 bytes' "$(printf 'g%0199d' 29)"
# A group whose line is longer than any buffer.
{
	cat "$work/group"
	printf 'crowd:x:30000:alice'
	for ((n = 0; n < 20000; n++)); do printf ',member%d' $n; done
	echo
} >/etc/group.new
mv /etc/group.new /etc/group
groups_unknown 'a group of 20,000' crowd
cp -p "$work/group" /etc/group.new && mv /etc/group.new /etc/group
unharmed 'the groups as they were' alice

is 'nothing of all this has revoked a token but of who is gone' \
	"$(patctl --json list -a | jq -r '.[] | select(.revoked) | .owner')" dora
finish
