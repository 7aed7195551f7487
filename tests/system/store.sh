#!/bin/bash
# store.sh: patd with what is wrong around it: its store, its configuration, its place.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# patd in the foreground, which should end by itself.
brief_patd() { timeout 10 patd -F "$@"; }

# refused NAME REGEX [OPTION...]: patd ends with an error that matches.
refused() {
	local name=$1 regex=$2
	shift 2
	run brief_patd "$@"
	case $status in
	0 | 124 | 137 | 139) fail "$name: patd ends with an error" "exit status $status" "$err" ;;
	*) pass "$name: patd ends with an error" ;;
	esac
	like "$name: it says what and why" "$regex" "$err"
}

install_build
add_accounts alice

ok 'version' patd -V
out_like 'of three numbers' '[0-9]+\.[0-9]+\.[0-9]+'
ok 'help' patd -h
out_like 'names the options' '--state-dir'
not 'an unknown option' brief_patd --frobnicate
err_like 'is named' 'frobnicate'
not 'an operand' brief_patd frobnicate
not 'without being root' as alice patd -F

# The state directory.
refused 'no directory' '/nowhere' --state-dir /nowhere/at-all
must touch /srv-file
refused 'a file in its place' '/srv-file' --state-dir /srv-file
must install -d -m 700 -o alice -g alice /var/foreign
refused "another account's" '/var/foreign' --state-dir /var/foreign
must install -d -m 755 -o patd -g patd /var/open
refused 'one open to others' '/var/open' --state-dir /var/open
must install -d -m 700 -o patd -g patd /var/fresh /var/junk
head -c 100000 /dev/urandom >"$work/junk"
must install -m 600 -o patd -g patd "$work/junk" /var/junk/data.mdb
refused 'one full of junk' '/var/junk' --state-dir /var/junk
must ln -s /var/fresh /var/link
refused 'a symbolic link' '/var/link' --state-dir /var/link

# Its place: made where it is missing, with the modes that the sockets need.
must rm -rf /run/pam_pat
start_patd
is 'the run directory' "$(stat -c '%a %U %F' /run/pam_pat)" '755 root directory'
is "everyone's socket" "$(stat -c '%a %U %F' /run/pam_pat/patd.sock)" '666 root socket'
is "root's socket" "$(stat -c '%a %U %F' /run/pam_pat/root.sock)" '600 root socket'
is 'the state directory' "$(stat -c '%a %U' "$store")" '700 patd'
is 'nothing in it is for others' "$(find "$store" -mindepth 1 -perm /077)" ''
is "nothing in it is others'" "$(find "$store" ! -user patd)" ''

# Who runs what: a root parent that has no store open, the store as patd, the names as patd-names.
is 'the processes' "$(ps -o comm=,user= -C patd,patd-store,patd-names | tr -s ' ' | sort -u | paste -sd,)" \
	'patd root,patd-names patd-names,patd-store patd'
openers=$(find /proc/[0-9]*/fd -lname "$store/*" 2>/dev/null | cut -d/ -f3 | sort -u)
is 'only patd has the store open' "$(for p in $openers; do ps -o user= -p "$p"; done | sort -u)" patd
for name in patd-store patd-names; do
	process=$(pgrep -o -x "$name")
	like "$name has no way back to root" "^Uid:	([0-9]+)	\1	\1	\1$" "$(grep ^Uid "/proc/$process/status")"
	is "$name gains nothing by exec" "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$process/status")" 1
done
is 'the store process has no capability' \
	"$(awk '/^Cap(Eff|Prm|Inh|Amb)/ { print $2 }' "/proc/$(pgrep -x patd-store)/status" | sort -u)" \
	0000000000000000

# One opener.
minted laptop alice laptop
refused 'a second patd on the same store' "$store" --run-dir /run/second
refused 'a second patd, all the same' "$store|/run/pam_pat"
ok 'the first one serves on' as alice patctl show laptop
patd -F --run-dir /run/second --state-dir /var/fresh 2>"$work/second" &
second=$!
ok 'another one on another store' within 10 patctl --socket /run/second/root.sock status
ok 'has tokens of its own' patctl --socket /run/second/root.sock --json list -a
json 'none' '. == []'
end_process $second
ok 'the first one serves on' as alice patctl show laptop

# What was acknowledged is there after a kill, and the sockets left behind are taken over.
for n in {1..10}; do
	must mint alice "kept-$n"
	end_process "$patd" KILL
	ok "killed after mint $n: all of patd goes" within 10 patd_gone
	start_patd
	ok "killed after mint $n: the token is kept" as alice patctl show "kept-$n"
done
run as alice patctl --json list
json 'all are there' 'length == 11'
kill "$patd"
run wait "$patd"
is 'patd ends on SIGTERM with status 0' "$status" 0
ok 'and no process of it stays' within 10 patd_gone

# The configuration.
# bad NAME REGEX TEXT: a configuration of that text is refused by --check-config and by patd.
bad() {
	# shellcheck disable=SC2059 # it is a format
	printf "$3" | configure
	not "$1: --check-config" patd --check-config
	err_like "$1: names file and line" "$2"
	refused "$1" "$2"
}
ok 'no configuration file is fine' patd --check-config
ok "the shipped one is fine" patd --check-config "$top/examples/pat.conf"
bad 'an unknown key' "$config:2" 'max_tokens = 5\nmax_token = 5\n'
bad 'a repeated key' "$config:3" 'max_tokens = 5\n\nmax_tokens = 6\n'
bad 'a bad number' "$config:2" '# fine\nmax_tokens = many\n'
bad 'a negative number' "$config:1" 'max_tokens = -1\n'
bad 'a bad duration' "$config:1" 'default_lifetime = "soon"\n'
bad 'a bad prefix' "$config" 'token_prefix = "PAT"\n'
bad 'an unclosed list' "$config" 'default_scopes = {"sshd"\n'
bad 'an unknown section' "$config:1" 'frob "x" {\n}\n'
bad 'binary junk' "$config" "$(base64 -d <<<'f0VMRgIBAQADAKD//4AAAQ==' | tr -d '\0')"
echo 'max_tokens = 5' | configure
must chmod 666 "$config"
not 'writable by others: --check-config' patd --check-config
err_like 'writable by others: is named' "$config"
refused 'writable by others' "$config"
must chmod 644 "$config"
must chown alice "$config"
refused "another account's" "$config"
must chown root "$config"
must mkdir -p "$config.d"
echo 'max_tokens = many' >"$config.d/10-more.conf"
refused 'a bad drop-in' "$config.d/10-more\\.conf:1"
echo 'max_tokens = 12' >"$config.d/10-more.conf"

# A reload: a good one counts at once, a bad one is told and leaves things as they were.
start_patd
ok 'a drop-in comes after the file: max_tokens is not reached' mint alice limit-12
exits 'max_tokens is reached' 1 mint alice limit-13
must rm -r "$config.d"
echo 'max_tokens = 50' | configure
kill -HUP "$patd"
ok 'reload: a good configuration counts' within 10 mint alice "reloaded"
echo 'max_tokens = x' | configure
kill -HUP "$patd"
ok 'reload: a bad one is told' within 10 grep -q "$config:1" "$work/patd.out"
ok 'reload: a bad one changes nothing' mint alice unchanged
stop_patd

# Without its user it says so.
must rm "$config"
must userdel patd-names
refused 'without its user' 'patd-names'
finish
