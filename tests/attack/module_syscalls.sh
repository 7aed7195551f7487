#!/bin/bash
# module_syscalls.sh: each system call that the module makes in a login fails, one after the other, with
# what its manual page allows, or is interrupted by a signal, in every kind of stack. No fault lets in whom
# a token would not, and none keeps out a password.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

library=pam_pat.so
# What the module may say of a token whatever fails, by phase: pam_pat(8) has the codes.
good='^(authenticate 9|authenticate 0 account 9|authenticate 0 account 0 setcred 0 open_session 0 close_session 0)$'
bad='^authenticate (6|9)$'

# straced SERVICE TEXT [OPTION...]: a trial under strace.
straced() { trial "$1" "$2" strace -qq -o "$work/trace" "${@:3}"; }

# learn KEY SERVICE TEXT: which calls the module makes in this login, into $work/calls.KEY
learn() {
	straced "$2" "$3" -k
	calls_by $library "$work/trace" >"$work/calls.$1"
}

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
	straced "$service" "$text" -e "$(fault "$@")" -e "trace=$1"
	runs=$((runs + 1))
	elsewhere "$work/trace" && return
	injected=$((injected + $(met "$work/trace")))
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
		{ straced raw "${token[$1]}" -e "$(fault "$call" "$n" "signal=${signals[turn++ % 5]}")" -e "trace=$call"; } 2>/dev/null
		runs=$((runs + 1))
		grep -q 'killed by' "$work/trace" && met=$((met + 1))
		((status > 128)) || broken+="$call $n -> $status $phases"$'\n'
	done <"$work/calls.raw.$1"
	is "$1 token: $runs deaths" "$broken" ''
	most_met "$1 token, deaths" $met $runs
}

install_build
add_accounts alice
write_stacks
start_syslog
start_patd
minted good alice good --scopes '*'
minted revoked alice revoked --scopes '*'
must patctl -u alice revoke revoked -y
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
for stack in required sufficient shipped; do
	sweep $stack good "^(authenticate [1-9][0-9]*|authenticate 0 account [1-9][0-9]*|$let_in)\$" 1
done

# What never comes back, for the whole of the login; of the calls that libpam and libaudit do not need.
for call in connect getsockopt openat; do
	[[ $call == openat ]] && only=(-P /proc/self/stat) || only=()
	for error in $(errnos_of "$call"); do
		always=("${only[@]}" -e "$(fault "$call" 1+ "error=$error")" -e "trace=$call")
		straced required "${token[revoked]}" "${always[@]}"
		like "$call $error, for good: a revoked token is refused" "$bad" "$phases"
		straced sufficient "${token[revoked]}"$'\n'"${password[alice]}" "${always[@]}"
		is "$call $error, for good: the password that follows a token works" "$phases" "$let_in"
		straced shipped "${password[alice]}" "${always[@]}"
		is "$call $error, for good: the password works" "$phases" "$let_in"
	done
done

signalled good "^$let_in\$"
signalled revoked '^authenticate 6$'
killed revoked
killed good
trial raw "${token[good]}"
is 'after all this the token works' "$phases" "$let_in"

# Whatever happened, the log has no secret.
not 'no secret in the log' grep -q "$(token_secret "${token[good]}")" "$syslog"
finish
