#!/bin/bash
# module_hosts.sh: each system call that the module makes in real su, sudo and sshd fails, one after the other,
# or is interrupted by a signal. No fault lets in whom a token would not, and none keeps out a password.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

library=pam_pat.so turn=0

# become OPTION... -- SECRET: alice becomes bob by $host under strace; prints his name if she does.
become() {
	local options=()
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	strace -qq "${options[@]}" setpriv --reuid alice --regid alice --init-groups --reset-env -- \
		"${host[@]}" <<<"$2" 2>/dev/null
}
# real_sweep WHAT SECRET KEY EXPECTED [SIGNAL...]: $host at each call of the module's, eight at once, as
# refusals take two seconds; with an error each, or one of the signals. EXPECTED: what has to come of it,
# as "STATUS OUTPUT".
real_sweep() {
	local what=$1 secret=$2 key=$3 expected=$4 call n list runs=0 broken='' file kind=error
	(($# == 4)) || kind=signal
	rm -rf "$work/real"
	mkdir "$work/real"
	while read -r call n; do
		list=("${@:5}")
		(($# > 4)) || read -ra list <<<"$(errnos_of "$call")"
		file=$work/real/$call.$n
		real_trial "$file" "$secret" "$call" "$n" "$kind=${list[turn++ % ${#list[@]}]}" &
		runs=$((runs + 1))
		((runs % 8)) || wait_for_trials
	done <"$work/calls.$key"
	wait_for_trials
	broken=$(for file in "$work"/real/*.out; do
		elsewhere "${file%.out}.trace" || [[ $(<"$file") =~ $expected ]] ||
			echo "${file##*/}: $(<"$file") $(grep INJECTED "${file%.out}.trace")"
	done)
	is "$what: $runs faults" "$broken" ''
	# su holds signals back once its session is open.
	most_met "$what" "$(met "$work"/real/*.trace)" $runs $(($# > 4 ? 3 : 9))
}
real_trial() {
	local out
	out=$(become -o "$1.trace" -e "$(fault "${@:3}")" -e "trace=$3" -- "$2")
	echo "$? $out" >"$1.out"
}
wait_for_trials() {
	local pids
	mapfile -t pids < <(jobs -rp | grep -vxF -e "$patd" -e "$sshd" -e "$syslogd")
	((${#pids[@]} == 0)) || wait "${pids[@]}" 2>/dev/null
}
real_learn() {
	become -k -o "$work/trace" -- "$2" >"$work/out"
	calls_by $library "$work/trace" >"$work/calls.$1"
}

# trace_sshd CALL [OPTION...]: in all of its processes, until end_trace.
trace_sshd() { trace_process "$sshd" "$work/trace.sshd" -e "trace=$1" "${@:2}"; }

install_build
add_accounts alice bob
must usermod -aG sudo alice
use_pam sshd
use_pam sudo
use_pam su
start_syslog
syslogd=$!
start_patd
start_sshd
minted good alice good --scopes '*'
minted revoked alice revoked --scopes '*'
minted su bob su --scopes su
minted su_revoked bob su-revoked --scopes su
must patctl -u alice revoke revoked -y
must patctl -u bob revoke su-revoked -y

# --- su and sudo ---

declare -A live=([su]=${token[su]} [sudo]=${token[good]}) dead=([su]=${token[su_revoked]} [sudo]=${token[revoked]})
declare -A secret=([su]=${password[bob]} [sudo]=${password[alice]})
for program in su sudo; do
	case $program in
	su) host=(su bob -c 'id -un') ;;
	sudo) host=(sudo -k -S -p '' -u bob id -un) ;;
	esac
	real_learn $program "${live[$program]}"
	is "$program: a token" "$(<"$work/out")" bob
	real_learn "$program.dead" "${dead[$program]}"
	is "$program: a revoked token" "$(<"$work/out")" ''
	real_learn "$program.password" "${secret[$program]}"
	is "$program: the password" "$(<"$work/out")" bob
	is "$program: the module makes no call for it" "$(<"$work/calls.$program.password")" ''
	real_sweep "$program, a token" "${live[$program]}" $program '^(0 bob|1 )$'
	real_sweep "$program, a revoked token" "${dead[$program]}" "$program.dead" '^1 $'
	# sudo and su have handlers of their own; what a signal ends lets nobody in.
	real_sweep "$program, a token, signals" "${live[$program]}" $program '^0 bob$' CHLD WINCH CONT URG
	real_sweep "$program, a revoked token, signals that end" "${dead[$program]}" "$program.dead" '^[1-9][0-9]* $' \
		INT TERM HUP QUIT ALRM USR1 PIPE
done
# sudo asks again: what the fault refused, the password opens.
real_sweep 'sudo, a revoked token and then the password' "${dead[sudo]}"$'\n'"${secret[sudo]}" sudo.dead '^0 bob$'

# --- sshd ---

for method in password keyboard-interactive; do
	trace_sshd connect
	ok "sshd, $method: the password logs in" login alice $method "${password[alice]}" true
	end_trace
	is "sshd, $method: of a password nobody asked patd" "$(grep -c pam_pat "$work/trace.sshd")" 0
	trace_sshd connect
	ok "sshd, $method: a token logs in" login alice $method "${token[good]}" true
	end_trace
	ok "sshd, $method: of a token somebody did" grep -q '/run/pam_pat/root.sock' "$work/trace.sshd"
done

# Its calls are failed whoever makes them: they have to be ones that nothing else needs.
for broken in connect:ENOENT connect:EACCES connect:EAGAIN getsockopt:ENOMEM socket:EAFNOSUPPORT; do
	trace_sshd "${broken%:*}" -e "inject=${broken%:*}:error=${broken#*:}"
	for method in password keyboard-interactive; do
		later "sshd, $broken, $method: a token is refused" 255 login alice $method "${token[good]}" true
		later "sshd, $broken, $method: a revoked token is refused" 255 login alice $method "${token[revoked]}" true
		later "sshd, $broken, $method: the password logs in" 0 login alice $method "${password[alice]}" true
	done
	gather
	ok "sshd, $broken: it was met" grep -q INJECTED "$work/trace.sshd"
	end_trace
done
ok 'after all this the token logs in by ssh' login alice password "${token[good]}" true

# Whatever happened, the log has no secret.
not 'no secret in the log' grep -q -e "$(token_secret "${token[good]}")" -e "$(token_secret "${token[su]}")" "$syslog"
finish
