#!/bin/bash
# limits.sh: su and sudo in all that a hostile user can prepare for them: limits, masks, closed
# descriptors, signals, an environment, a folder that is gone. No token opens more than it did, a
# password opens what it opens without pam_pat, and no socket is ever one of the descriptors 0 to 2.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# What alice's shell does before it becomes su or sudo.
# shellcheck disable=SC2016 # it is for that shell
hosts=(
	':'
	'ulimit -f 0' 'ulimit -f 1'
	'ulimit -v 6000' 'ulimit -v 12000' 'ulimit -v 24000' 'ulimit -v 48000'
	'ulimit -d 0' 'ulimit -d 512'
	'ulimit -n 3' 'ulimit -n 4' 'ulimit -n 5' 'ulimit -n 6' 'ulimit -n 8' 'ulimit -n 12'
	'ulimit -s 64' 'ulimit -s 256'
	'ulimit -u 1' 'ulimit -u 0'
	'ulimit -c unlimited' 'ulimit -c 0'
	'ulimit -l 0' 'ulimit -i 0' 'ulimit -q 0' 'ulimit -x 0' 'ulimit -t 1'
	'umask 0777' 'umask 0'
	'exec >&-' 'exec 2>&-' 'exec >&- 2>&-' 'exec </dev/null'
	'exec 0<&- 1>&- 2>&-'
	'for ((i = 10; i < 250; i++)); do eval "exec $i</dev/null"; done'
	"trap '' PIPE" 'exec env --default-signal=PIPE "$@"' "trap '' CHLD" "trap '' ALRM" "trap '' TERM HUP INT"
	"trap '' PIPE CHLD ALRM TERM HUP INT USR1 USR2 WINCH CONT XFSZ XCPU"
	'exec env --block-signal=ALRM,CHLD,PIPE,TERM "$@"'
	'exec env -i "$@"'
	'export LD_PRELOAD=/tmp/none.so LD_LIBRARY_PATH=/tmp LD_AUDIT=/tmp/none.so LD_DEBUG=all LD_BIND_NOT=1'
	'export TZ=:/etc/shadow TZDIR=/root' 'export TZ=../../../../etc/shadow' 'export TZ="$(printf %5000s x)"'
	'export LANG=xx_YY LC_ALL=../../tmp LANGUAGE=../../../tmp/x LOCPATH=/tmp NLSPATH=/tmp/%N GCONV_PATH=/tmp'
	'export MALLOC_CHECK_=3 MALLOC_PERTURB_=165 MALLOC_ARENA_MAX=1 MALLOC_TOP_PAD_=1 GLIBC_TUNABLES=glibc.malloc.check=3'
	'export RES_OPTIONS=debug HOSTALIASES=/etc/shadow RESOLV_HOST_CONF=/etc/shadow LOCALDOMAIN=x'
	'export PAT_ID=00000000000 PAT_NAME=x SSH_AUTH_INFO_0="publickey x" LISTEN_FDS=3 LISTEN_PID=1 NOTIFY_SOCKET=/tmp/x'
	'export HUGE="$(printf %120000s x)"'
	'mkdir -p /tmp/gone.$$ && cd /tmp/gone.$$ && rmdir /tmp/gone.$$'
	'cd /; exec nice -n 19 "$@"'
	'exec setsid "$@"'
	'exec -a "" "$@"' 'exec -a "/../../x%n%s" "$@"'
)

# su reads its standard input; sudo asks a program. $1: the secret's name.
su_words() { host=(su bob -c "/usr/bin/touch $work/in/su.$1"); }
sudo_words() { host=(env "SUDO_ASKPASS=/home/alice/askpass.${1%%.*}" sudo -k -A -u bob /usr/bin/touch "$work/in/sudo.$1"); }

# attempt NAME HOST [STRACE...]: whether alice came in is told by a file of bob's.
attempt() {
	"${@:3}" setpriv --reuid alice --regid alice --init-groups --reset-env -- \
		bash -c "$2"'; exec "$@"' bash "${host[@]}" <"$work/secret.${1%%.*}" >/dev/null 2>&1
	true # the shell has nothing to say of how it ended
}
came_in() { [[ -e $work/in/$1 ]] && echo in || echo out; }

# each PROGRAM KEY...: under every host, with each secret; eight at once, since refusals take two seconds,
# but one alone where it matters how many processes somebody has.
each() {
	local program=$1 key n pids=() name tracer
	for n in "${!hosts[@]}"; do
		[[ ${hosts[n]} != 'ulimit -u'* ]] || wait "${pids[@]}"
		for key in "${@:2}"; do
			name=$key.$n
			"${program}_words" "$name"
			tracer=()
			[[ $key != token ]] || tracer=(strace -qq -o "$work/trace.$program.$n" -e 'trace=socket,connect')
			attempt "$name" "${hosts[n]}" "${tracer[@]}" 2>/dev/null &
			pids+=($!)
			if [[ ${hosts[n]} == 'ulimit -u'* ]] || ((${#pids[@]} % 8 == 0)); then
				wait "${pids[@]}"
			fi
		done
	done
	wait "${pids[@]}"
}

# without pam_pat: what a password opens then.
baseline() {
	local n
	each "$1" password
	for n in "${!hosts[@]}"; do
		before[n]=$(came_in "$1.password.$n")
		rm -f "$work/in/$1.password.$n"
	done
}

judge() {
	local program=$1 n fds open=0 used=0 asked=0 token
	each "$program" password token revoked
	for n in "${!hosts[@]}"; do
		is "$program, ${hosts[n]:0:70}: a password, as without pam_pat" "$(came_in "$program.password.$n")" "${before[n]}"
		is "$program, ${hosts[n]:0:70}: no revoked token" "$(came_in "$program.revoked.$n")" out
		[[ ${before[n]} == in ]] && open=$((open + 1))
		token=$(came_in "$program.token.$n")
		case $token:${before[n]} in
		in:in) used=$((used + 1)) ;;
		# crypt(3) takes memory and stack that the module does not, and pam_unix dies of the want of it.
		in:out) [[ ${hosts[n]} == 'ulimit -'[dsv]* ]] || fail "$program, ${hosts[n]:0:70}: a token opens more" ;;
		out:in) echo "    a token is refused, a password is not: ${hosts[n]:0:70}" ;;
		esac
		fds=$(sed -nE 's|^connect\(([0-9]+), .*pam_pat.*|\1|p' "$work/trace.$program.$n" | sort -u | paste -sd' ')
		[[ $fds ]] && asked=$((asked + 1))
		unlike "$program, ${hosts[n]:0:70}: its socket is none of 0 to 2" '(^| )[012]( |$)' "$fds"
	done
	if ((asked > ${#hosts[@]} / 2)); then
		pass "$program: in $asked of ${#hosts[@]} it had a socket"
	else
		fail "$program: in most it had a socket" "$asked of ${#hosts[@]}"
	fi
	if ((open > ${#hosts[@]} / 2 && used > ${#hosts[@]} / 2)); then
		pass "$program: in $open of ${#hosts[@]} a password works, in $used a token"
	else
		fail "$program: it works in most" "password $open" "token $used"
	fi
}
before=()

install_build
add_accounts alice bob
# Uids that nobody else has on this machine: processes are counted by uid, beyond our namespaces.
uid=$((40000 + RANDOM % 10000 * 2))
must usermod -u $uid alice
must usermod -u $((uid + 1)) bob
must usermod -aG sudo alice
use_pam generic
start_patd
minted su bob su --scopes su,generic
minted su_revoked bob su-revoked --scopes su
minted sudo alice sudo --scopes sudo
minted sudo_revoked alice sudo-revoked --scopes sudo
must patctl -u bob revoke su-revoked -y
must patctl -u alice revoke sudo-revoked -y
chmod 755 "$work"
install -d -m 1777 "$work/in"

# secrets PASSWORD TOKEN REVOKED: for standard input, and for askpass.
secrets() {
	local key
	for key in password token revoked; do
		printf '%s\n' "$1" >"$work/secret.$key"
		install -m 700 -o alice -g alice /dev/stdin "/home/alice/askpass.$key" <<-X
			#!/bin/sh
			cat /home/alice/secret.$key
		X
		install -m 600 -o alice -g alice "$work/secret.$key" "/home/alice/secret.$key"
		shift
	done
}

secrets "${password[bob]}" "${token[su]}" "${token[su_revoked]}"
baseline su
use_pam su
judge su
secrets "${password[alice]}" "${token[sudo]}" "${token[sudo_revoked]}"
baseline sudo
use_pam sudo
judge sudo

# glibc gives set-id programs a 0 to 2 before anything else. Who starts others as root need not be so careful.
printf '%s\n' "${token[su]}" >"$work/typed"
for closed in '<&-' '>&-' '2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	ok "root's program, $closed: a token works" strace -qq -o "$work/trace" -e 'trace=socket,connect,fcntl' \
		bash -c "exec \"\$@\" $closed" bash "$BUILD/tests/pam/login" - generic bob "$work/typed"
	fds=$(sed -nE 's|^connect\(([0-9]+), .*pam_pat.*|\1|p' "$work/trace" | sort -u | paste -sd' ')
	like "root's program, $closed: its socket is none of 0 to 2" '^([3-9]|[1-9][0-9]+)( ([3-9]|[1-9][0-9]+))*$' "$fds"
done
finish
