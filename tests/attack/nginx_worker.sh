#!/bin/bash
# nginx_worker.sh: one worker of a real nginx lives through thousands of requests with right and wrong
# tokens, twelve at a time: each gets its own answer, the worker stays the same process, and has as many
# descriptors and as much memory in the end as after the first of them. libpam's delay after a refusal,
# in which a worker does nothing else, is taken out (tests/preload/no_delay.c): else this would take an
# hour.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/nginx.sh
. "$(dirname "$0")/../lib/nginx.sh"

# fetch NAME N: N requests with that token, four at a time; the answers' codes, a line each.
fetch() {
	curl -sZ --parallel-max 4 -w '%{http_code}\n' --config - 2>>"$work/curl" <<-X
		url = "http://127.0.0.1:8080/private/index.html?[1-$2]"
		output = "/dev/null"
		user = "alice:${token[$1]}"
	X
}

# load NAME N: N requests with each token, all at once, each of which is answered as it should be.
load() {
	local what racers=()
	for what in right wrong revoked; do
		fetch $what "$2" >"$work/codes.$what" &
		racers+=($!)
	done
	wait "${racers[@]}"
	is "$1: right tokens" "$(sort "$work/codes.right" | uniq -c | xargs)" "$2 200"
	for what in wrong revoked; do
		is "$1: $what tokens" "$(sort "$work/codes.$what" | uniq -c | xargs)" "$2 401"
	done
}

descriptors() { find "/proc/$worker/fd" -mindepth 1 | wc -l; }
mappings() { wc -l <"/proc/$worker/maps"; }
memory_kb() { sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$worker/status"; }

install_build
skip_if_sanitized "nginx loads no module of a sanitizer's"
add_accounts alice
use_pam non-root nginx
configure <<'E'
verifier "www-data" {
	services = {"nginx"}
	users = {"alice"}
}
E
start_syslog
start_patd
nginx_environment=("LD_PRELOAD=$BUILD/tests/preload/no_delay.so")
start_nginx 1
worker=$(pgrep -P "$(<"$work/nginx/pid")")
minted right alice right --scopes nginx
minted revoked alice revoked --scopes nginx
ok 'revoke a token' as alice patctl revoke revoked -y
token[wrong]=$(forge pat "$(token_id "${token[right]}")" "$(token_secret "${token[revoked]}")")
is 'the worker is not root' "$(ps -o user= -p "$worker")" www-data

load 'the first ones' 200
fds=$(descriptors) maps=$(mappings) memory=$(memory_kb)
load 'the many' 1000
is 'as many descriptors' "$(descriptors)" "$fds"
is 'as many mappings' "$(mappings)" "$maps"
grown=$(($(memory_kb) - memory))
if ((memory > 0 && grown <= 64)); then
	pass "$memory kB of memory became $grown more in 3000 requests"
else
	fail 'as much memory' "$memory kB at first" "$grown kB more in 3000 requests"
fi

stop_patd
is 'patd stopped: refused' "$(fetch right 50 | sort | uniq -c | xargs)" '50 401'
start_patd
is 'patd started: accepted' "$(fetch right 50 | sort | uniq -c | xargs)" '50 200'
is 'the worker is the same, all the time' "$(pgrep -P "$(<"$work/nginx/pid")")" "$worker"
unlike 'nginx tells of no crash' 'signal|alert' "$(<"$work/nginx/error.log")"
like 'the refusals are those of tokens' 'claimed_refused' "$(<"$syslog")"
finish
