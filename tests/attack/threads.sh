#!/bin/bash
# threads.sh: a host of PAM with 32 threads, against a real patd: thousands of logins at once by right
# and wrong tokens and passwords, each of which gets its own answer; under a storm of signals and forks;
# and in locales with other ideas of letters and numbers. With BUILD of `make tsan` host, module and patd
# are watched for races.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

denied=6 auth_err=7
rounds=25
if nm "$BUILD/tests/attack/threads" | grep -q __tsan_; then
	rounds=3
fi

# host ROUNDS [storm]: every thread through all cases so often.
environment=()
host() {
	env "${environment[@]}" "$BUILD/tests/attack/threads" web alice "$1" "$work/cases" "${@:2}" 2>"$work/host.err"
}

# all_right NAME ROUNDS [storm]
all_right() {
	exits "$1" 0 host "${@:2}"
	is "$1: every login got its answer" "$(tail -n 3 <<<"$out" | grep logins)" "$((32 * $2 * cases)) logins, 0 wrong"
	is "$1: no sanitizer has anything to say" "$(<"$work/host.err")" ''
}

install_build
add_accounts alice bob
use_pam generic web
# A cheap hash: it is not crypt(3) that is tried here.
chpasswd -c SHA512 -s 1000 <<<"alice:${password[alice]}"
start_syslog
start_patd
for name in a b c d; do
	minted "$name" alice "$name" --scopes web
done
minted counted alice counted --scopes web --uses 100000
minted narrow alice narrow --scopes sshd
minted gone alice gone --scopes web
minted bobs bob bobs --scopes web
ok 'revoke a token' as alice patctl revoke gone -y
{
	for name in a b c d counted; do
		echo "0 ${token[$name]}"
	done
	for name in narrow gone bobs; do
		echo "$denied ${token[$name]}"
	done
	echo "$denied $(forge pat "$(token_id "${token[a]}")" "$(token_secret "${token[b]}")")"
	echo "$denied $(forge pat AAAAAAAAAAA "$(token_secret "${token[b]}")")"
	echo "$auth_err wrong"
	echo "$auth_err ${token[a]%?}"
	echo "0 ${password[alice]}"
} >"$work/cases"
cases=$(wc -l <"$work/cases")

# The use counts of all tokens that were used, once each. They are in memory first.
use_counts() { patctl -u alice --json list | jq -c '[.[] | select(.use_count > 0) | .use_count] | unique'; }
all_counted() { [[ $(use_counts) == "[$((32 * rounds))]" ]]; }

all_right '32 threads' "$rounds"
within 20 all_counted
is 'each use of each token was counted' "$(use_counts)" "[$((32 * rounds))]"
is 'the limited one as often' "$(patctl -u alice --json show counted | jq .uses_left)" $((100000 - 32 * rounds))
is 'no session is left open' "$(patctl -u alice --json sessions | jq length)" 0

all_right 'signals and forks' "$((rounds / 3))" storm
like 'there were signals, and children that nobody took from their host' \
	'[1-9][0-9]+ signals, ([1-9][0-9]*) children' "$out"

# Letters: an i without a dot, characters with a backslash for a second byte; numbers: a comma, other
# digits.
for locale in tr_TR.UTF-8 zh_TW.BIG5 de_DE.ISO-8859-1 fa_IR.UTF-8; do
	must mkdir -p "$work/locale"
	must localedef -i "${locale%.*}" -f "${locale#*.}" "$work/locale/$locale"
	environment=("LC_ALL=$locale" "LOCPATH=$work/locale")
	all_right "locale $locale" 1
done

is 'patd has all its processes still' "$(patd_kinds)" 'patd patd-names patd-store'
finish
