#!/bin/bash
# patd_syscalls.sh: each system call of patd's store process fails while it serves, one after the other,
# with what its manual page allows, once or from then on, and the process is killed at each. No token is
# accepted that should not be, nothing that was acknowledged is lost, the password never stops working,
# and afterwards all works: at once, or when patd is started again.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"
# shellcheck source=tests/lib/store_process.sh
. "$top/tests/lib/store_process.sh"

login=$BUILD/tests/pam/login
login_with() { "$login" - "$1" alice "$2"; }
# trace_store OPTION...: of the store process, until end_trace.
trace_store() { trace_process "$(store_pid)" "$work/trace" "$@"; }

# --- what is done under each fault ---

n=0 # rounds
tries=0
declare -A ended=() # exit status by what was tried, of this round
declare -A text=()  # of each token that was acknowledged, by its name
# What each process of a round writes: its exit status after what it printed.
try() {
	timeout 8 "${@:2}" >"$work/round/$1" 2>/dev/null
	echo $? >"$work/round/$1.status"
}
# Everything at once: logins that must not be, may be, must be counted; a mint, a revocation, a password.
serve() {
	local pids=() what
	rm -rf "$work/round"
	mkdir "$work/round"
	n=$((n + 1)) tries=$((tries + 1))
	touch /etc/group # nothing known of accounts is believed any longer
	try revoked "$login" - required alice "$work/revoked" & pids+=($!)
	try wrong "$login" - required alice "$work/wrong" & pids+=($!)
	try good "$login" - raw alice "$work/good" & pids+=($!)
	try counted "$login" - raw alice "$work/counted" & pids+=($!)
	try password "$login" - shipped alice "$work/password" & pids+=($!)
	try mint patctl -u alice mint "m$n" --scopes '*' & pids+=($!)
	try revoke patctl -u alice revoke "m$((n - 1))" -y & pids+=($!)
	wait "${pids[@]}"
	for what in revoked wrong good counted password mint revoke; do
		ended[$what]=$(<"$work/round/$what.status")
	done
}

# Is any of it what must not be? Prints that.
judge() {
	[[ ${ended[revoked]} == [69] ]] || echo "a revoked token: ${ended[revoked]}"
	[[ ${ended[wrong]} == [69] ]] || echo "a wrong token: ${ended[wrong]}"
	[[ ${ended[good]} == [09] ]] || echo "a token: ${ended[good]}"
	[[ ${ended[counted]} == [09] ]] || echo "a token whose uses are counted: ${ended[counted]}"
	[[ ${ended[password]} == 0 ]] || echo "a password: ${ended[password]}"
}

# Keeps what was acknowledged, to be looked for.
remember() {
	local granted=0
	if [[ ${ended[mint]} == 0 ]]; then
		text[m$n]=$(<"$work/round/mint")
		echo "m$n" >>"$work/minted"
	fi
	[[ ${ended[revoke]} == 0 ]] && echo "m$((n - 1))" >>"$work/gone"
	[[ ${ended[counted]} == 0 ]] && granted=1
	grants=$((grants + granted))
}
grants=0

# What was acknowledged in this round holds, now that nothing fails. Prints what does not.
holds() {
	local last=m$((n - 1))
	with "${text[m$n]:-}" || [[ ${ended[mint]} != 0 ]] || echo "m$n was minted and does not open"
	[[ ${ended[revoke]} != 0 || ! ${text[$last]:-} ]] || ! with "${text[$last]}" || echo "$last was revoked and opens"
}
with() {
	printf '%s\n' "$1" >"$work/text"
	login_with raw "$work/text" >/dev/null
}

# serves: tokens work, and are refused, as ever. restored: patd is started again if they don't.
serves() { [[ $(patd_kinds) == *patd-store* ]] && login_with raw "$work/good" >/dev/null && patctl -u alice list; }
restored() {
	within 2 serves && return
	crash_patd
	restarts+=$'\n'"      $1: $(grep 'process end' "$work/patd.out" | tail -n 2 | paste -sd' ')"
	within 5 serves
}
restarts=''

# under NAME OPTION...: one round with the fault that strace makes.
under() {
	trace_store "${@:2}"
	serve
	end_trace
	grep -q -e INJECTED -e 'killed by' "$work/trace" && met=$((met + 1))
	# A death may come a moment later than who traced it.
	[[ "$*" != *signal=KILL* ]] || crash_patd
	conclude "$1"
}
# conclude NAME: what has come of the last round.
conclude() {
	local found
	found=$(judge)
	rounds=$((rounds + 1))
	remember
	restored "$1" || found+=" does not serve again"
	found+=$(holds)
	[[ ! $found ]] || broken+="$1: $found"$'\n'
}
rounds=0 met=0 broken=''

# told WHAT: of the rounds since the last.
told() {
	is "$1: $rounds rounds" "$broken" ''
	[[ ! $restarts ]] || echo "    serves only after a new start:$restarts"
	rounds=0 met=0 broken='' restarts=''
}

# nothing_lost WHEN: patd is killed and started; all that was ever acknowledged is there.
nothing_lost() {
	local left
	crash_patd
	must patctl -u alice --json list
	jq -r '.[] | select(.revoked) | .name' <<<"$out" | sort >"$work/list.gone"
	jq -r '.[].name' <<<"$out" | sort >"$work/list"
	is "$1: all $(wc -l <"$work/minted") that were minted are there" "$(sort "$work/minted" | comm -23 - "$work/list")" ''
	is "$1: all $(wc -l <"$work/gone") that were revoked are" "$(sort "$work/gone" | comm -23 - "$work/list.gone")" ''
	left=$(patctl -u alice --json show counted | jq .uses_left)
	if ((grants > 0 && grants <= 100000 - left && 100000 - left <= tries)); then
		pass "$1: $grants logins were granted of a token, and $((100000 - left)) counted"
	else
		fail "$1: uses" "granted $grants" "counted $((100000 - left))" "tried $tries"
	fi
}

install_build
add_accounts alice
write_stacks
start_patd
minted good alice good --scopes '*'
minted counted alice counted --scopes '*' --uses 100000
minted revoked alice revoked --scopes '*'
must patctl -u alice revoke revoked -y
token[wrong]=$(forge pat "$(token_id "${token[good]}")" "$(token_secret "${token[revoked]}")")
for key in good counted revoked wrong; do
	printf '%s\n' "${token[$key]}" >"$work/$key"
done
printf '%s\n' "${password[alice]}" >"$work/password"
: >"$work/minted"
: >"$work/gone"

# Which calls it makes in a round, and how often at most in one thread: strace counts for each.
trace_store
serve
sleep 1.2 # what is written in batches
end_trace
is 'without faults all goes well' "$(judge)" ''
remember
awk -v never="^($never_fails)\$" 'match($2, /^[a-z_0-9]+\(/) {
		name = substr($2, 1, RLENGTH - 1)
		if (name !~ never && ++count[$1, name] > most[name]) most[name] = count[$1, name]
	} END { for (name in most) print name, most[name] }' "$work/trace" | sort >"$work/calls"
missing=$(for call in accept4 getsockopt recvfrom sendto close epoll_wait futex fdatasync pwrite64 sendmsg recvmsg; do
	grep -q "^$call " "$work/calls" || echo "$call"
done)
is "it makes $(wc -l <"$work/calls") different calls, with all that are known" "$missing" ''

while read -r call most; do
	turn=0
	read -ra list <<<"$(errnos_of "$call")"
	for ((at = 1; at <= most && at <= 40; at += at < 4 ? 1 : at / 2)); do
		for ((i = 0; i < 2 && i < ${#list[@]}; i++)); do
			error=${list[turn++ % ${#list[@]}]}
			under "$call $error, at $at" -e "$(fault "$call" "$at" "error=$error")" -e "trace=$call"
		done
	done
	for error in "${list[@]:0:2}"; do
		under "$call $error, from 2 on" -e "$(fault "$call" 2+ "error=$error")" -e "trace=$call"
	done
	for at in 1 $((most / 2 + 1)); do
		under "$call, killed at $at" -e "$(fault "$call" "$at" signal=KILL)" -e "trace=$call"
	done
	# The last calls of a round may not come in each; what asks for memory comes when some is needed.
	[[ $call == @(brk|m@(map|unmap|remap|advise|lock|protect)) ]] || most_met "$call" $met $rounds 5
	told "$call"
	nothing_lost "$call"
done <"$work/calls"
# No memory is left, which no error number of a call tells: neither for the heap nor for anything else.
limit_store() { setpriv --reuid patd --regid patd --clear-groups prlimit --pid "$(store_pid)" "--$1=$2:"; }
for limit in data as; do
	for round in {1..8}; do
		read -r size data < <(awk '/^Vm(Size|Data):/ { print $2 * 1024 }' "/proc/$(store_pid)/status" | paste -sd' ')
		[[ $limit == as ]] && data=$size
		must limit_store "$limit" "$data"
		serve
		limit_store "$limit" unlimited
		conclude "RLIMIT_${limit^^}, $round"
	done
	told "RLIMIT_${limit^^}"
	nothing_lost "RLIMIT_${limit^^}"
done
ok 'after all this a token works' login_with raw "$work/good"
finish
