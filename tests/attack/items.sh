#!/bin/bash
# items.sh: what an application says of user, remote user, host, terminal and service may be anything. None
# of it ever becomes a path, none is taken for where a login comes from, and in logs and answers each
# stays one value of one line.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

x300=$(printf '%0300d' 0)
# shellcheck disable=SC2016 # that is what is tried
hostile=(
	'../../../tmp/MARK' '/tmp/MARK' '//MARK//' '..' '.' '/' '~root/MARK'
	tty1 local localhost '::1%lo' '0' '-1' '4294967295' '127.1' '0x7f000001' '[::1]'
	'%s%n%s%n%s%n' '%99999999d' "$x300" "MARK$x300"
	$'MARK\x01\x07\x1b[31m\x7f' $'MARK\npam_pat(raw:auth): token accepted: user=root id=00000000000'
	$'MARK\r\n<85>sshd[1]: Accepted password for root from 192.0.2.66' $'MARK\xff\xfe\xc0\xaf' $'MARK\xe2\x80\xae'
	'MARK" name="x" rhost=192.0.2.66' "MARK' \\ = \" reason=ok" '$(touch /tmp/MARK)' '`touch /tmp/MARK`'
	'MARK;touch /tmp/MARK' '|touch /tmp/MARK' ' MARK ' ''
)

# told ITEM VALUE: pamtester's options for it.
told() {
	service=raw user=alice options=()
	case $1 in
	service) service=$2 ;;
	user) user=$2 ;;
	*) options=(-I "$1=$2") ;;
	esac
}
# attempt TOKEN: under strace; sets $status; $paths, what the module looked for by a path; and $logged.
attempt() {
	# shellcheck disable=SC2024 # the redirection is ours
	strace -k -qq -s 9999 -o "$work/trace" -e trace=%file,connect,sendto \
		pamtester "${options[@]}" "$service" "$user" authenticate <<<"${token[$1]}" >"$work/out" 2>&1
	status=$?
	paths=$(made_by pam_pat.so "$work/trace" | grep -v sendto | grep -oE '"[^"]*"|\{sa_family=[^}]*\}' |
		sed 's/[0-9]\+/N/g' | sort -u)
	# What the module logs, as it stands in the socket of syslog.
	logged=$(made_by pam_pat.so "$work/trace" |
		sed -nE 's/.*sendto\([0-9]+, "(<[0-9]+>.*pam_pat\(.*)", [0-9]+, MSG_NOSIGNAL.*/\1/p')
}

# one_line WHAT: strace writes what is no printable character as \n, \33 and so on, and a backslash as
# two: without the pairs none may be left.
one_line() {
	# shellcheck disable=SC1003
	local left=${logged//'\\'/}
	left=${left//'\"'/}
	# shellcheck disable=SC1003
	unlike "$1: its log line is one line of printable text" '\\' "$left"
	is "$1: there is one" "$(grep -c 'pam_pat(' <<<"$logged")" 1
}

install_build
add_accounts alice
write_stacks
chmod 755 "$work"
start_syslog
start_patd
minted plain alice plain --scopes '*'
minted local alice local --scopes '*' --from local
minted loop alice loop --scopes '*' --from 127.0.0.0/8,::/0,192.0.2.0/24
minted other alice other --scopes sshd
short() { printf '%.40q' "$1"; }

told rhost 192.0.2.7
attempt loop
is 'an address opens' "$status" 0
usual=$paths
known='dev/log|etc/localtime|proc/(N|self)/(stat|loginuid|sessionid)|run/pam_pat/root.sock'
is 'of a usual login all paths are known' \
	"$(tr -d '"' <<<"$usual" | grep -vE "^(\{sa_family=AF_UNIX, sun_path=)?/($known)\}?\$" | grep .)" ''
like 'the socket is among them' '/run/pam_pat/root.sock' "$usual"

# with KEY: pamtester's exit status with that token.
with() {
	pamtester "${options[@]}" "$service" "$user" authenticate <<<"${token[$1]}" >"$work/out" 2>&1
	echo $?
}

# What is not even sent: a few will do.
for item in ruser tty prompt; do
	for value in '../../../tmp/MARK' /tmp/MARK local '%s%n%s%n%s%n' "MARK$x300" $'MARK\n\x1b\xff'; do
		what="$item $(short "$value")"
		told $item "$value"
		attempt plain
		is "$what: a token opens" "$status" 0
		is "$what: it is no path" "$(comm -13 <(echo "$usual") <(echo "$paths"))" ''
		one_line "$what"
		is "$what: one for another service does not open" "$(with other)" 1
		is "$what: nor does a local one" "$(with local)" 1
	done
done

for value in "${hostile[@]}"; do
	what="rhost $(short "$value")"
	told rhost "$value"
	attempt local
	is "$what: it is not local" "$status" 1
	is "$what: it is no path" "$(comm -13 <(echo "$usual") <(echo "$paths"))" ''
	one_line "$what"
	is "$what: it is in no network" "$(with loop)" 1
	is "$what: nor does a token for another service open" "$(with other)" 1
	# 255 bytes are the longest host name; a longer one is refused, not cut.
	is "$what: a token from anywhere opens, if it is no longer than a host name" "$(with plain)" $((${#value} > 255))
done

for value in "${hostile[@]}"; do
	[[ $value ]] || continue # pamtester would ask for it
	what="user $(short "$value")"
	told user "$value"
	attempt plain
	is "$what: refused" "$status" 1
	is "$what: it is no path" "$(comm -13 <(echo "$usual") <(echo "$paths"))" ''
	one_line "$what"
done

# libpam itself looks for a service's file, by what follows the last slash: for most there is one.
services=0
for value in "${hostile[@]}"; do
	base=${value##*/}
	[[ $value && $value != -* && $base && $base != . && $base != .. && ${#base} -lt 200 ]] || continue
	must cp /etc/pam.d/raw "/etc/pam.d/${base,,}"
	services=$((services + 1))
	what="service $(short "$value")"
	told service "$value"
	attempt other
	is "$what: no token of another service" "$status" 1
	is "$what: it is no path" "$(comm -13 <(echo "$usual") <(echo "$paths"))" ''
done
if ((services > ${#hostile[@]} / 2)); then pass "$services services"; else fail 'most are services' "$services"; fi
told service "raw$x300"
cp /etc/pam.d/raw "/etc/pam.d/raw${x300:0:200}"
told service "raw${x300:0:200}"
attempt plain
is 'a service of 203 bytes: refused, though the token is for all' "$status" 1
told service ../../../etc/pam.d/raw
attempt plain
is 'a path to a service: libpam takes its last part' "$status" 0

is 'nothing of it was run or made' \
	"$(find / /tmp /run /etc /var /home /root -xdev -name '*MARK*' -not -path '/etc/pam.d/*' 2>/dev/null)" ''

# --- patd: its log, and what patctl shows of it ---

is 'each line of its log is printable' "$(LC_ALL=C grep -c '[^ -~]' "$work/patd.out")" 0
is 'and its own' "$(grep -vc '^patd: ' "$work/patd.out")" 0
is 'nobody is told to have come who has not' "$(grep -E 'accepted' "$work/patd.out" | grep -cv ' user="alice"')" 0
ok 'patctl log' patctl log --all
is 'is printable' "$(LC_ALL=C grep -c '[^ -~]' <<<"$out")" 0
ok 'patctl log, as JSON' patctl --json log --all
json 'is JSON, with the values as they came' '[.. | strings | select(startswith("MARK"))] | length > 10'
ok 'list' patctl list -a
is 'with where it was used from' "$(LC_ALL=C grep -c '[^ -~]' <<<"$out")" 0
ok 'after all this the token works' pam_login raw alice "${token[plain]}"
finish
