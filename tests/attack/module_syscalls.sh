#!/bin/bash
# module_syscalls.sh: each system call that the module makes in a login fails, one after the other, with
# what its manual page allows, or is interrupted by a signal: in every kind of stack, and in real su,
# sudo and sshd. No fault lets in whom a token would not, and none keeps out a password.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

library=pam_pat.so
# What the module may say of a token whatever fails, by phase: pam_pat(8) has the codes.
good='^(authenticate 9|authenticate 0 account 9|authenticate 0 account 0 setcred 0 open_session 0 close_session 0)$'
bad='^authenticate (6|9)$'

# trial SERVICE TEXT [STRACE OPTION...]: one login; sets $status, and $phases to what each phase returned.
# Prompts that follow are answered with nothing.
trial() {
	printf '%s\n' "$2" >"$work/answers"
	strace -qq -o "$work/trace" "${@:3}" "$BUILD/tests/pam/login" - "$1" alice "$work/answers" >"$work/out" 2>&1
	status=$?
	phases=$(grep -E '^(authenticate|account|setcred|open_session|close_session) [0-9]+$' "$work/out" | paste -sd' ')
}

# learn KEY SERVICE TEXT: which calls the module makes in this login, into $work/calls.KEY
learn() {
	trial "$2" "$3" -k
	calls_by $library "$work/trace" >"$work/calls.$1"
}

# An answer that takes a moment is one recvfrom() more, and then the fault hits libaudit, which libpam
# does not forgive. That writes to netlink; of the module's own sockets none is read without MSG_TRUNC.
elsewhere() { grep INJECTED "$1" | grep -e 'nlmsg' -e 'recvfrom(' | grep -qv MSG_TRUNC; }

# sweep SERVICE KEY ALLOWED EACH: a login with that token again and again, each time with another fault;
# EACH: how many errors each call gets, one after the other of its list, beginning where the last one
# ended. Whatever comes of it has to match ALLOWED.
turn=0
sweep() {
	local service=$1 key=$2 allowed=$3 each=$4 call n i list runs=0 injected=0 broken=''
	local text=${token[$key]} calls=$1.$2 what="$1, $2 token"
	learn "$calls" "$service" "$text"
	while read -r call n; do
		read -ra list <<<"$(errnos_of "$call")"
		for ((i = 0; i < each && i < ${#list[@]}; i++)); do
			attempt "$call" "$n" "error=${list[turn++ % ${#list[@]}]}"
		done
	done <"$work/calls.$calls"
	is "$what: $runs faults" "$broken" ''
	most_met "$what" $injected $runs
}
# One login of a sweep.
attempt() {
	trial "$service" "$text" -e "$(fault "$@")" -e "trace=$1"
	runs=$((runs + 1))
	elsewhere "$work/trace" && return
	grep -q -e INJECTED -e '^--- SIG' "$work/trace" && injected=$((injected + 1))
	if ((status > 128)) || [[ ! $phases =~ $allowed ]]; then
		broken+="$* -> $status $phases: $(grep INJECTED "$work/trace")"$'\n'
	fi
}

# signalled KEY ALLOWED: signals that nobody listens to, at each call of `sweep raw KEY`.
signalled() {
	local signals=(CHLD WINCH URG CONT) runs=0 injected=0 broken='' call n
	local service=raw text=${token[$1]} allowed=$2
	while read -r call n; do
		attempt "$call" "$n" "signal=${signals[turn++ % 4]}"
	done <"$work/calls.raw.$1"
	is "$1 token: $runs signals" "$broken" ''
	most_met "$1 token, signals" $injected $runs
}

# killed KEY: the host dies at each call; nobody was let in until then.
killed() {
	local signals=(KILL TERM PIPE ALRM SEGV) call n runs=0 met=0 broken=''
	while read -r call n; do
		# The shell has something to say of each.
		{ trial raw "${token[$1]}" -e "$(fault "$call" "$n" "signal=${signals[turn++ % 5]}")" -e "trace=$call"; } 2>/dev/null
		runs=$((runs + 1))
		grep -q 'killed by' "$work/trace" && met=$((met + 1))
		((status > 128)) || broken+="$call $n -> $status $phases"$'\n'
	done <"$work/calls.raw.$1"
	is "$1 token: $runs deaths" "$broken" ''
	most_met "$1 token, deaths" $met $runs
}

install_build
add_accounts alice bob
must usermod -aG sudo alice
write_stacks
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
token[wrong]=$(forge pat "$(token_id "${token[good]}")" "$(token_secret "${token[revoked]}")")

learn good raw "${token[good]}"
learn password shipped "${password[alice]}"
missing=$(for call in socket connect getsockopt sendto recvfrom openat read close; do
	grep -q "^$call " "$work/calls.good" || echo "$call"
done)
is "the module makes $(wc -l <"$work/calls.good") calls in a login, with all that are known" "$missing" ''
is 'of a password it makes none' "$(<"$work/calls.password")" ''

# --- a host of nothing but libpam ---

sweep raw good "$good" 4
for key in revoked wrong; do
	sweep raw $key "$bad" 4
	sweep required $key "$bad" 1
	sweep sufficient $key '^authenticate [1-9][0-9]*$' 1
	sweep shipped $key "$bad" 1
done
# Where others follow in these stacks, the codes may be theirs.
let_in='authenticate 0 account 0 setcred 0 open_session 0 close_session 0'
for stack in required sufficient shipped; do
	sweep $stack good "^(authenticate [1-9][0-9]*|authenticate 0 account [1-9][0-9]*|$let_in)\$" 1
done

# What never comes back, for the whole of the login; of the calls that libpam and libaudit do not need.
for call in connect getsockopt openat; do
	[[ $call == openat ]] && only=(-P /proc/self/stat) || only=()
	for error in $(errnos_of "$call"); do
		always=("${only[@]}" -e "$(fault "$call" 1+ "error=$error")" -e "trace=$call")
		trial required "${token[revoked]}" "${always[@]}"
		like "$call $error, for good: a revoked token is refused" "$bad" "$phases"
		trial sufficient "${token[revoked]}"$'\n'"${password[alice]}" "${always[@]}"
		is "$call $error, for good: the password that follows a token works" "$phases" "$let_in"
		trial shipped "${password[alice]}" "${always[@]}"
		is "$call $error, for good: the password works" "$phases" "$let_in"
	done
done

signalled good "^$let_in\$"
signalled revoked '^authenticate 6$'
killed revoked
killed good
trial raw "${token[good]}"
is 'after all this the token works' "$phases" "$let_in"

# --- su, sudo and sshd ---

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
	local what=$1 secret=$2 key=$3 expected=$4 call n list runs=0 met broken='' file kind=error
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
	met=$(cat "$work"/real/*.trace | grep -c -e INJECTED -e '^--- SIG')
	# su holds signals back once its session is open.
	most_met "$what" "$met" $runs $(($# > 4 ? 3 : 9))
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

# trace_sshd CALL [STRACE OPTION...]: in all of its processes, until untrace_sshd.
trace_sshd() {
	strace -qq -f -p "$sshd" -o "$work/trace.sshd" -e "trace=$1" "${@:2}" 2>"$work/strace.err" &
	tracer=$!
	must within 10 grep -q "TracerPid:[[:space:]]*$tracer\$" "/proc/$sshd/status"
}
untrace_sshd() { end_process "$tracer" INT; }

for method in password keyboard-interactive; do
	trace_sshd connect
	ok "sshd, $method: the password logs in" login alice $method "${password[alice]}" true
	untrace_sshd
	is "sshd, $method: of a password nobody asked patd" "$(grep -c pam_pat "$work/trace.sshd")" 0
	trace_sshd connect
	ok "sshd, $method: a token logs in" login alice $method "${token[good]}" true
	untrace_sshd
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
	untrace_sshd
done
ok 'after all this the token logs in by ssh' login alice password "${token[good]}" true

# Whatever happened, the log has no secret.
not 'no secret in the log' grep -q -e "$(token_secret "${token[good]}")" -e "$(token_secret "${token[su]}")" "$syslog"
finish
