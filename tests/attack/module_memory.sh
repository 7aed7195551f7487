#!/bin/bash
# module_memory.sh: every allocation that the module makes in a login fails, one after the other, and all
# from each one on: in every kind of stack, and in real su, sudo and sshd. No such fault lets in whom a
# token would not, and none keeps out a password.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$top/tests/lib/faults.sh"

skip_if_sanitized 'sanitizers have an allocator of their own'
library=$BUILD/tests/preload/failing_malloc.so
most=400 # more allocations than the module makes in any login

# arm DIR AT: what fails in the processes that have DIR as FAILING_MALLOC
arm() {
	mkdir -p "$1"
	rm -f "$1/hit"
	echo "$2" >"$1/at"
}

# starved SERVICE TEXT AT: a trial with that allocation failing.
starved() {
	arm "$work/memory" "$3"
	trial "$1" "$2" env "FAILING_MALLOC=$work/memory" "LD_PRELOAD=$library"
}

# sweep SERVICE WHAT TEXT ALLOWED: until no allocation is left that could fail.
sweep() {
	local more n broken
	for more in '' +; do
		broken=''
		for ((n = 0; n < most; n++)); do
			starved "$1" "$3" "$n$more"
			if ((status > 128)) || [[ ! $phases =~ $4 ]]; then
				broken+="$n$more -> $status $phases"$'\n'
			fi
			[[ -e $work/memory/hit ]] || break
		done
		is "$1, $2: $n allocations fail${more:+, each and all that follow}" "$broken" ''
		[[ $more ]] || made=$n
	done
}
made=0

install_build
add_accounts alice bob
must usermod -aG sudo alice
chmod 755 "$work"
write_stacks
use_pam sshd
use_pam sudo
use_pam su
start_syslog
start_patd
minted good alice good --scopes '*' --expires 1d
minted revoked alice revoked --scopes '*'
minted su bob su --scopes su
minted su_revoked bob su-revoked --scopes su
must patctl -u alice revoke revoked -y
must patctl -u bob revoke su-revoked -y
token[wrong]=$(forge pat "$(token_id "${token[good]}")" "$(token_secret "${token[revoked]}")")

# --- a host of nothing but libpam ---

sweep raw 'a token' "${token[good]}" "^(authenticate (9|19)|authenticate 0 account 9|$let_in)\$"
if ((made > 10 && made < most)); then pass "there were $made"; else fail 'there were some' "$made"; fi
for key in revoked wrong; do
	sweep raw "a $key token" "${token[$key]}" '^authenticate (6|9|19)$'
	sweep required "a $key token" "${token[$key]}" '^authenticate (6|9|19)$'
	sweep sufficient "a $key token" "${token[$key]}" '^authenticate [1-9][0-9]*$'
	sweep shipped "a $key token" "${token[$key]}" '^authenticate [1-9][0-9]*$'
done
for stack in required sufficient shipped; do
	sweep $stack 'a token' "${token[good]}" "^(authenticate [1-9][0-9]*|authenticate 0 account [1-9][0-9]*|$let_in)\$"
done
# A module that could not ask leaves the asking to the next.
for stack in sufficient shipped; do
	sweep $stack 'a password' "${password[alice]}"$'\n'"${password[alice]}" "^$let_in\$"
done
sweep sufficient 'a revoked token and then the password' \
	"${token[revoked]}"$'\n'"${password[alice]}"$'\n'"${password[alice]}" "^($let_in|authenticate [1-9][0-9]*)\$"

# --- su and sudo, which no environment can make preload anything ---

echo "$library" >/etc/ld.so.preload

# real_sweep WHAT SECRET EXPECTED: $host with each allocation failing, eight at once, as refusals take two
# seconds. EXPECTED: what has to come of it, as "STATUS OUTPUT".
real_sweep() {
	local n=0 dir broken hits pids
	rm -rf "$work/real"
	mkdir -m 755 "$work/real"
	while ((n < most)); do
		pids=()
		for _ in {1..8}; do
			real_trial "$work/real/$n" "$2" "$n" &
			pids+=($!)
			n=$((n + 1))
		done
		wait "${pids[@]}"
		[[ -e $work/real/$((n - 1))/hit ]] || break
	done
	broken=$(for dir in "$work"/real/*; do
		[[ $(<"$dir/out") =~ $3 ]] || echo "${dir##*/}: $(<"$dir/out")"
	done)
	hits=$(find "$work/real" -name hit | wc -l)
	is "$1: $hits allocations fail" "$broken" ''
	if ((hits > 5 && n < most)); then pass "$1: there were some"; else fail "$1: there were some" "$hits"; fi
}
real_trial() {
	local out
	arm "$1" "$3"
	chmod 777 "$1" # the program may be anybody by then
	out=$(setpriv --reuid alice --regid alice --init-groups --reset-env -- \
		env FAILING_MALLOC="$1" "${host[@]}" <<<"$2" 2>/dev/null)
	echo "$? $out" >"$1/out"
}
host=(su bob -c 'id -un')
real_sweep 'su, a token' "${token[su]}" '^(0 bob|1 )$'
real_sweep 'su, a revoked token' "${token[su_revoked]}" '^1 $'
host=(sudo -k -S -p '' -u bob id -un)
real_sweep 'sudo, a token' "${token[good]}" '^(0 bob|1 )$'
real_sweep 'sudo, a revoked token' "${token[revoked]}" '^1 $'
rm /etc/ld.so.preload

# --- sshd ---

export FAILING_MALLOC=$work/sshd-memory LD_PRELOAD=$library
arm "$FAILING_MALLOC" -1
start_sshd
unset LD_PRELOAD
hits=0
# A module that could not ask leaves the asking to the next: the person answers each time.
for key in good revoked; do
	printf '%s\n' "${token[$key]}" >"$work/$key"
done
printf '%s\n' "${password[alice]}" >"$work/password"
for n in 0 1 2 3 4 6 8 10 13 16 20 25 30 40 50 0+ 5+; do
	arm "$FAILING_MALLOC" "$n"
	for method in password keyboard-interactive; do
		later "sshd, allocation $n, $method: a token is accepted or refused" 0 \
			in_or_refused login_asked alice $method "$work/good" true
		later "sshd, allocation $n, $method: a revoked token is refused" 255 \
			login_asked alice $method "$work/revoked" true
		later "sshd, allocation $n, $method: the password logs in" 0 \
			login_asked alice $method "$work/password" true
	done
	gather
	[[ -e $FAILING_MALLOC/hit ]] && hits=$((hits + 1))
done
if ((hits > 5)); then pass "sshd: $hits of them were met"; else fail 'sshd: they were met' "$hits"; fi
arm "$FAILING_MALLOC" -1
ok 'after all this the token logs in' login alice password "${token[good]}" true
finish
