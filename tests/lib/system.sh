# shellcheck shell=bash
# system.sh: what the system tests share: the build installed for real, accounts, patd, sshd.
# Sourcing it moves the test into a sandbox of its own; all of this happens in there.
[[ ${PAT_SANDBOX:-} ]] ||
	exec "$(dirname "${BASH_SOURCE[0]}")/sandbox" "$(realpath "$0")"
# shellcheck source=tests/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

exec </dev/null

# shellcheck disable=SC2034 # some are for the tests alone
port=2222 syslog=/var/log/syslog config=/etc/security/pat.conf store=/var/lib/pam_pat
patd='' sshd=''
# Passwords of the accounts; with what a careless shell or parser would stumble over.
declare -A password=([alice]="alice's \$ecret" [bob]='b%b "quoted" \n' [root]='r00t pass')

# A step without which the rest of the test means nothing.
must() {
	run "$@"
	((status == 0)) || {
		fail "set up: $1" "exit status $status" "$out" "$err"
		exit 1
	}
}

# What was built, as it is: nothing is built in here.
install_build() {
	must make --no-print-directory -C "$top" BUILD="$BUILD" PREFIX=/usr -o all install
}

add_accounts() {
	local user
	for user in "$@"; do
		must useradd --create-home --shell /bin/bash "$user"
		chpasswd <<<"$user:${password[$user]}" || exit 1
	done
}

start_syslog() {
	busybox syslogd -n -O "$syslog" &
	must within 10 test -S /dev/log
}

# use_pam FILE [SERVICE]: puts one of the shipped PAM files in its place.
use_pam() {
	must install -m 644 "$top/examples/pam.d/$1" "/etc/pam.d/${2:-$1}"
}

# Tells patd's configuration to be the lines on stdin.
configure() {
	install -m 644 /dev/stdin "$config"
}

# How often patd, writing to no syslog, has told of a reload.
reloads_told() { grep -c 'configuration.*reloaded' "$work/patd.out"; }
more_reloads() { (($(reloads_told) > $1)); }

# reconfigure: the same as configure, and the running patd has read it, and taken it or not.
reconfigure() {
	local before
	before=$(reloads_told)
	configure
	kill -HUP "$patd"
	must within 10 more_reloads "$before"
}

# What patd has in its environment, VARIABLE=VALUE each.
patd_environment=()
start_patd() {
	env "${patd_environment[@]}" patd -F >>"$work/patd.out" 2>&1 &
	patd=$!
	must within 10 patctl status
}

# What a sanitizer or valgrind found in one of patd's processes stands in its output.
export TSAN_OPTIONS=suppressions=$top/tests/lib/tsan.supp ASAN_OPTIONS=verify_asan_link_order=0
look_for_findings() {
	local found
	found=$(grep -shE -A 20 'Sanitizer: |: runtime error: |^==[0-9]+==' "$work/patd.out") || return 0
	fail 'nothing is found in patd while it runs' "$found"
}
last_looks+=(look_for_findings)

# The pids of all of patd's processes: patd, patd-store, patd-names, patd-reauth.
patd_processes() {
	pgrep "$@" '^patd(-|$)'
}
patd_gone() { ! patd_processes; }
patd_kinds() { patd_processes -l | cut -d" " -f2 | sort -u | paste -sd" "; }

# end_process PID [SIGNAL]: its death is waited for and not commented on.
end_process() {
	kill "-${2:-TERM}" "$1"
	wait "$1" 2>/dev/null
}

stop_patd() {
	end_process "$patd"
	patd=
}

# Kills all of patd at once, as a crash would; crash_patd: and starts it again.
kill_patd() {
	local processes
	mapfile -t processes < <(patd_processes)
	kill -KILL "${processes[@]}" 2>/dev/null # a worker may be gone before its turn
	wait "$patd" 2>/dev/null
}
crash_patd() {
	kill_patd
	must within 10 patd_gone
	start_patd
}

port_open() {
	: <"/dev/tcp/127.0.0.1/$port"
}

# Lines that come first in sshd's configuration, so that they count.
sshd_lines=()
start_sshd() {
	local dir=$work/sshd
	mkdir -p "$dir"
	[[ -e $dir/host_key ]] || must ssh-keygen -q -t ed25519 -N '' -f "$dir/host_key"
	printf '%s\n' "Port $port" "${sshd_lines[@]}" 'ListenAddress 127.0.0.1' "HostKey $dir/host_key" 'UsePAM yes' \
		'PasswordAuthentication yes' 'KbdInteractiveAuthentication yes' 'UseDNS no' \
		'PidFile none' 'MaxStartups 100' 'LogLevel VERBOSE' >"$dir/config"
	echo "localhost,[localhost]:$port $(<"$dir/host_key.pub")" >"$work/known_hosts"
	printf '%s\n' 'Host *' "Port $port" "UserKnownHostsFile $work/known_hosts" 'LogLevel ERROR' \
		'GlobalKnownHostsFile none' 'StrictHostKeyChecking yes' 'NumberOfPasswordPrompts 1' \
		'AddressFamily inet' "IdentityFile $work/none" 'IdentitiesOnly yes' >"$work/ssh_config"
	# shellcheck disable=SC2016 # it is for that shell
	printf '%s\n' '#!/bin/sh' 'head -n 1 "$ANSWER" | tr -d "\n"' | install -m 755 /dev/stdin "$work/answer"
	chmod 755 "$work"
	/usr/sbin/sshd -D -f "$dir/config" &
	sshd=$!
	must within 10 port_open
}

stop_sshd() {
	end_process "$sshd"
	sshd=
}

# as USER COMMAND...: with the account's ids and groups and a fresh environment.
as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --init-groups --reset-env -- "$@"
}

# What every ssh is told besides.
ssh_options=()

# login USER METHOD SECRET [COMMAND...]: a login over ssh. METHOD: password or keyboard-interactive.
# The secret goes through a descriptor: it is in nobody's arguments or environment.
login() {
	local user=$1 method=$2 secret=$3
	shift 3
	sshpass -d 3 ssh -F "$work/ssh_config" -o PreferredAuthentications="$method" \
		-o PubkeyAuthentication=no "${ssh_options[@]}" "$user@localhost" "$@" 3<<<"$secret"
}

# in_or_refused LOGIN...: succeeds if ssh let in or was refused, and did not fail otherwise.
in_or_refused() { "$@" || (($? == 255)); }

# login_asked USER METHODS FILE [COMMAND...]: a login of somebody who answers with FILE's first line as often
# as asked.
login_asked() {
	local user=$1 methods=$2 file=$3
	shift 3
	SSH_ASKPASS=$work/answer SSH_ASKPASS_REQUIRE=force ANSWER=$file ssh -F "$work/ssh_config" \
		-o PreferredAuthentications="$methods" -o PubkeyAuthentication=no "$user@localhost" "$@"
}

# login_key USER [COMMAND...]: with the key that give_key made for the account.
login_key() {
	local user=$1
	shift
	ssh -F "$work/ssh_config" -o IdentityFile="$work/key.$user" -o BatchMode=yes "$user@localhost" "$@"
}

give_key() {
	local user=$1 home
	home=$(getent passwd "$user" | cut -d: -f6)
	must ssh-keygen -q -t ed25519 -N '' -f "$work/key.$user"
	install -d -m 700 -o "$user" -g "$user" "$home/.ssh"
	install -m 600 -o "$user" -g "$user" "$work/key.$user.pub" "$home/.ssh/authorized_keys"
}

# mint USER NAME [OPTION...]: prints the token; the account proves itself by its password.
mint() {
	local user=$1 name=$2
	shift 2
	as "$user" patctl mint "$name" -S "$@" <<<"${password[$user]}" 2>"$work/mint.err" || {
		cat "$work/mint.err" >&2
		return 1
	}
}

# minted KEY USER NAME [OPTION...]: the same, into ${token[KEY]}; the test ends if it fails.
declare -A token=()
minted() {
	local key=$1
	shift
	must mint "$@"
	# shellcheck disable=SC2034 # the tests read it
	token[$key]=$out
}

# status_of TOKEN [OPTION...]: the status of a token, as root sees it.
status_of() { patctl --json show "$@" | jq -r .status; }

# has_status STATUS TOKEN [OPTION...]
has_status() { [[ $(status_of "${@:2}") == "$1" ]]; }

# has_expired USER NAME
has_expired() { has_status expired -u "$1" "$2"; }

# pam_login SERVICE USER SECRET: all phases of libpam as root's program of that service would go through
# them; see tests/pam/login.c. Refusals are not waited for.
pam_login() {
	"$BUILD/tests/pam/login" - "$1" "$2" <(printf '%s\n' "$3")
}

# fake_time OFFSET: how far patd's clock is from the real one, from now on; to be called before patd is
# started the first time. Only below its state directory can the store process read that.
fake_time() {
	echo "$1" >"$store/faketime"
	patd_environment=("LD_PRELOAD=$(find /usr/lib -name libfaketimeMT.so.1)" FAKETIME_NO_CACHE=1
		"FAKETIME_TIMESTAMP_FILE=$store/faketime" FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DISABLE_SHM=1)
}

# clock_behind: patd has noticed that its clock is.
clock_behind() { patctl --json status | jq -e '.clock_behind != null'; }

# The parts of a token's text.
token_id() { local body=${1#*_} && echo "${body:0:11}"; }
token_secret() { local body=${1#*_} && echo "${body:11:43}"; }

# id_of KEY: the ID of a token that was minted.
id_of() { token_id "${token[$1]}"; }

# forge PREFIX ID SECRET: a token's text with the right checksum. gzip's last 8 bytes begin with the
# CRC-32 that a token ends with.
forge() {
	local text=$1_$2$3 crc digits=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz check='' i
	crc=$(printf %s "$text" | gzip -c | tail -c 8 | od -An -N4 -tu4)
	for ((i = 0; i < 6; i++)); do
		check=${digits:crc%62:1}$check
		crc=$((crc / 62))
	done
	echo "$text$check"
}
