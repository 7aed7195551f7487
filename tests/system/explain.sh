#!/bin/bash
# explain.sh: for each kind of refusal `patctl explain` names the check that refuses, and says what the
# login itself is told.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# refuses CHECK TOKEN [OPTION...]: the first check that does not pass; exit status 1.
refuses() {
	local check=$1
	shift
	exits "$check: refused" 1 patctl --json -u alice explain "$@"
	json "$check: named" "first(.checks[] | select(.passes | not) | .check) == \"$check\" and .accepted == false"
	json "$check: value, rule and message" '(.message | startswith("token \"")) and
		all(.checks[]; (keys == ["check", "passes", "rule", "value"]) and (.rule | length > 0))'
	message=$(jq -r .message <<<"$out")
}

# told TOKEN [SERVICE]: the login is refused with the same words.
told() {
	local what=$message
	exits 'the login is refused' 6 pam_login "${2:-web}" alice "${token[$1]}"
	like 'with the same words' "error: " "$out"
	is 'exactly' "$(sed -n 's/^error: //p' <<<"$out")" "$what"
}

install_build
add_accounts alice bob
must useradd deploy
use_pam generic web
start_patd
echo 'account "deploy" { managers = {"alice"}  scopes = {"web", "sshd"} }' >"$work/base"
reconfigure <"$work/base"
key=SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M
minted good alice good --scopes web --from 192.0.2.0/24,local --expires 30d --uses 5
minted plain alice plain --scopes web
minted pending alice pending --scopes web --not-before 1d
minted expired alice expired --scopes web --expires 2s
minted once alice once --scopes web --uses 1
minted net alice net --scopes web --from 192.0.2.0/24
minted key alice key --scopes web --bind-key "$key"
minted revoked alice revoked --scopes web
must patctl -u alice revoke revoked -y
must pam_login web alice "${token[once]}"
must patctl -u deploy mint ci --scopes sshd
token[ci]=$out

# A login that would be accepted, for whom it concerns.
ok 'accepted' as alice patctl explain good --service web --rhost 192.0.2.9
out_like 'a table' '^CHECK +VERDICT +VALUE +RULE'
out_like 'of checks' 'from +pass +192\.0\.2\.9 +.*192\.0\.2\.0/24'
out_like 'and the verdict' 'accepted$'
out_unlike 'none refuses' ' refuse '
ok 'accepted, as JSON' as alice patctl --json explain good --service web --rhost 192.0.2.9
json 'an object' '.token == "'"$(token_id "${token[good]}")"'" and .name == "good" and .accepted == true and
	.message == "accepted" and (keys == ["accepted", "checks", "message", "name", "token"])'
json 'with all the checks, in the order of the decision' '[.checks[].check] == ["names", "prefix", "user", "owner",
	"locked", "revoked", "not-before", "clock", "expires", "rotated", "uses", "parent", "scope", "from", "bind-key", "account", "ceiling",
	"lifetime", "inactivity", "restrictions"] and all(.checks[]; .passes == true)'
is 'nothing was counted' "$(patctl -u alice --json show good | jq -c '[.uses_left, .use_count, .last_used]')" '[5,0,null]'
ok 'root, by ID' patctl explain "$(token_id "${token[good]}")" --service web --rhost 192.0.2.9
ok 'a manager, by name' as alice patctl -u deploy explain ci --service sshd
ok 'a manager, by ID' as alice patctl explain "$(token_id "${token[ci]}")" --service sshd
exits "a stranger's ID" 3 as bob patctl explain "$(token_id "${token[good]}")" --service web
exits "a stranger, as JSON" 3 as bob patctl --json explain "$(token_id "${token[good]}")" --service web
json 'is told nothing' '.error.code == "no_such_token"'
exits 'an ID that is none' 3 as alice patctl explain 00000000000 --service web
exits 'a name that is none' 3 as alice patctl explain nothing --service web
exits 'without --service' 2 as alice patctl explain good
exits 'without a token' 2 as alice patctl explain --service web
exits 'a whole token' 2 as alice patctl explain "${token[good]}" --service web
unlike 'is not echoed' "$(token_secret "${token[good]}")" "$out$err"

# Each refusal.
refuses revoked revoked --service web
told revoked
refuses not-before pending --service web
told pending
must within 10 has_expired alice expired
refuses expires expired --service web
told expired
refuses uses once --service web
told once
refuses scope plain --service sshd
like 'told with both' 'is for web, not for sshd' "$message"
refuses scope plain --service patctl
refuses from net --service web
told net
refuses from net --service web --rhost 198.51.100.1
refuses from net --service web --rhost localhost
refuses bind-key key --service web
told key
exits 'user: another account logs in' 1 patctl --json explain "$(token_id "${token[plain]}")" --service web -u bob
json 'user: named' 'first(.checks[] | select(.passes | not) | .check) == "user"'
exits 'user: nobody of that name' 1 patctl --json explain "$(token_id "${token[plain]}")" --service web -u mallory
json 'user: named' 'first(.checks[] | select(.passes | not) | .check) == "user"'
is 'all that refuse are told, not only the first' "$(patctl --json -u alice explain net --service sshd |
	jq -c '[.checks[] | select(.passes | not) | .check]')" '["scope","from"]'

reconfigure <<<'token_prefix = "acme"'
exits 'prefix: of a token as such there is none to judge' 0 patctl -u alice explain plain --service web
reconfigure < <(cat "$work/base" && echo 'deny_users = {"alice"}')
refuses account plain --service web
told plain
reconfigure < <(cat "$work/base" && echo 'max_lifetime = "1s"')
ok 'older than that' within 5 has_status disallowed -u alice plain
refuses lifetime plain --service web
told plain
reconfigure < <(cat "$work/base" && echo 'inactive_after = "1s"')
refuses inactivity plain --service web
told plain
reconfigure < <(cat "$work/base" && echo 'require = {"expires"}')
refuses restrictions plain --service web
told plain
reconfigure <<<'account "deploy" { managers = {"alice"}  scopes = {"web"} }'
exits 'ceiling: refused' 1 as alice patctl --json -u deploy explain ci --service sshd
json 'ceiling: named' 'first(.checks[] | select(.passes | not) | .check) == "ceiling"'
reconfigure <"$work/base"
must passwd -q -l alice
ok 'locked' within 5 has_status locked -u alice plain
refuses locked plain --service web
told plain
must passwd -q -u alice
ok 'open' within 5 has_status active -u alice plain
ok 'accepted again' patctl -u alice explain plain --service web
must userdel deploy
ok 'gone' within 5 has_status locked "$(token_id "${token[ci]}")"
exits 'owner: refused' 1 patctl --json explain "$(token_id "${token[ci]}")" --service web
json 'owner: named' '[.checks[] | select(.passes | not) | .check] | index("owner") != null'
exits 'as a table' 1 patctl explain "$(token_id "${token[ci]}")" --service sshd
out_like 'it says refuse' 'owner +refuse '
finish
