#!/bin/bash
# wrong_tokens.sh (hazard 31): 100 processes of root's and 100 of alice's try wrong tokens, of the right
# form and checksum, again and again: unknown IDs, and a known ID with a wrong secret. The logins of others
# go on; a wrong token costs patd no multiple of a right one, so that guessing is no way to exhaust it.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/latency.sh
. "$(dirname "$0")/../lib/latency.sh"
# shellcheck source=tests/lib/store_process.sh
. "$(dirname "$0")/../lib/store_process.sh"

root_sock=/run/pam_pat/root.sock each=500
store_cpu() { cut -d' ' -f1 "/proc/$(store_pid)"/task/*/schedstat | awk '{ n += $1 } END { printf "%.0f", n }'; } # ns

# ask TOKEN TIMES PAUSE: as root's programs do.
ask() { "$work/verify" $root_sock web alice "$2" "$3" <<<"$1"; }
# cost KEY: what one verification costs patd-store, in ns, its writing thread's part included: the
# least of some rounds, in turns, since whatever else the machine does is on top.
declare -A ns=([right]=0 [secret]=0 [unknown]=0 [foreign]=0)
cost() {
	local before this
	before=$(store_cpu)
	ask "${token[$1]}" $each 0 >>"$work/cost.$1"
	sleep 1.2
	this=$((($(store_cpu) - before) / each))
	((ns[$1] > 0 && ns[$1] < this)) || ns[$1]=$this
}
# guess WHO SOCKET PAUSE: 100 processes, each with a wrong token of its own, in a session of their
# own as those of a login would be.
guessers=()
guess() {
	local n
	for n in {1..100}; do
		setsid setpriv --reuid "$1" --clear-groups --pdeathsig KILL -- "$work/verify" "$2" web alice 1000000 "$3" \
			<<<"${wrong[n % ${#wrong[@]}]}" >"$work/guess.$1.$n" &
		guessers+=($!)
	done
}
all_guess() { (($(find "$work" -name 'guess.*' -size +0 | wc -l) == ${#guessers[@]})); }
accepted() { awk '$2 == 0' "$@" | wc -l; }

install_build
add_accounts alice bob
for service in sshd su; do use_pam $service; done
use_pam generic web
start_syslog
start_patd
start_sshd
minted right alice right --scopes web
minted bob bob bob --scopes web,su,sshd
must install -m 755 "$BUILD/tests/attack/verify" "$work/verify"
id=$(token_id "${token[right]}") secret=$(token_secret "${token[bob]}")
token[secret]=$(forge pat "$id" "$secret")
token[unknown]=$(forge pat 00000000000 "$(token_secret "${token[right]}")")
token[foreign]=$(forge acme "$id" "$(token_secret "${token[right]}")")
wrong=("${token[secret]}" "${token[unknown]}" "${token[foreign]}")
for n in {10..29}; do wrong+=("$(forge pat "000000000$n" "$secret")"); done
declare -A expected=([right]=0 [secret]=20 [unknown]=20 [foreign]=20)

# ---- what one costs ----

for n in 1 2 3 4 5; do
	for key in right secret unknown foreign; do cost $key; done
done
for key in right secret unknown foreign; do
	is "$key: answered as such" "$(cut -d' ' -f2 "$work/cost.$key" | sort -u)" "${expected[$key]}"
	echo "# $key: ${ns[$key]} ns of patd-store, $((100 * ns[$key] / ns[right])) % of a right one"
done
for key in secret unknown foreign; do
	if ((ns[$key] < 4 * ns[right])); then
		pass "$key: costs no multiple of a right one"
	else
		fail "$key: costs no multiple of a right one" "${ns[$key]} ns, a right one ${ns[right]} ns"
	fi
done

# ---- others beside 200 that guess ----

# Of root's programs one that was refused waits 2 s; here each waits a tenth of a second.
memory=$(own_memory)
guess root $root_sock 100
guess alice /run/pam_pat/patd.sock 0
ok '200 guess' within 60 all_guess
timeout 60 "$work/verify" $root_sock web bob 300 10 <<<"${token[bob]}" >"$work/root" &
root=$!
as bob timeout 60 "$work/verify" /run/pam_pat/patd.sock web bob 300 10 <<<"${token[bob]}" >"$work/bob" &
bob=$!
for n in {1..20}; do measured "$work/su" as alice su bob -c true <<<"${token[bob]}"; done
for n in 1 2 3; do measured "$work/ssh" login bob password "${token[bob]}" true; done
wait "$root" "$bob"
kill "${guessers[@]}"
wait "${guessers[@]}" 2>"$work/null"
all_succeed 'root beside 200 that guess' "$work/root" 300
all_succeed 'bob beside 200 that guess' "$work/bob" 300
all_succeed 'su beside 200 that guess' "$work/su" 20
all_succeed 'ssh beside 200 that guess' "$work/ssh" 3
echo "# $(cat "$work"/guess.* | wc -l) guesses"
is 'none of them was accepted' "$(accepted "$work"/guess.*)" 0
grown=$(($(own_memory) - memory))
if ((grown < 8192)); then pass "patd-store grew by $grown KiB"; else fail 'patd-store does not grow' "$grown KiB"; fi
is 'patd is the one that was started' "$(pgrep -x patd)" "$patd"
ok 'the right token is right' pam_login web alice "${token[right]}"
finish
