#!/bin/bash
# policy.sh: pat.conf changed under tokens that are there: what it says counts at once, at the next login
# and in every status, and a wrong one changes nothing.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

web() { pam_login web "$1" "${token[$2]}"; }

# works NAME OWNER KEY: it logs in and is active.
works() {
	ok "$1: the token logs in" web "$2" "$3"
	is "$1: status" "$(status_of -u "$2" "$3")" active
}

# disallowed NAME OWNER KEY REGEX: it logs in no more, its holder is told why, and so is who looks at it.
disallowed() {
	exits "$1: the token is refused" 6 web "$2" "$3"
	out_like "$1: the holder is told" "error: token \"$3\" $4"
	ok "$1: show" patctl -u "$2" --json show "$3"
	json "$1: status" '.status == "disallowed"'
	like "$1: status_reason" "^token \"$3\" $4" "$(jq -r .status_reason <<<"$out")"
}

# policy USER FILTER: a value of patctl --json policy, as root.
policy() { patctl -u "$1" --json policy | jq -c "$2"; }

install_build
add_accounts alice bob
must groupadd staff2
must usermod -aG staff2 alice
use_pam generic web
use_pam generic other
start_patd
minted a alice a --scopes web
minted b bob b --scopes web
minted end alice end --scopes web --expires 30d
minted from alice from --scopes web --expires 30d --from local,127.0.0.1
works 'no configuration' alice a

# patctl policy
ok 'policy, as a user' as alice patctl policy
out_like 'a table' '^KEY +VALUE'
for line in 'account +alice' 'kind +personal' 'tokens_allowed +yes' 'may_mint +re-authenticated' 'scopes +\*' \
	'default_scopes +sshd' 'default_lifetime +never' 'max_lifetime +never' 'max_tokens +100'; do
	out_like "a row: $line" "(^|"$'\n'")$line *($|"$'\n'")"
done
ok 'policy --json, as a user' as alice patctl --json policy
json 'an object' '.account == "alice" and .kind == "personal" and .tokens_allowed == "yes" and .scopes == ["*"] and
	.default_scopes == ["sshd"] and .require == [] and .max_tokens == 100 and .token_prefix == "pat"'
exits "policy of another account" 4 as alice patctl -u bob policy
exits 'policy of no account' 3 patctl -u mallory policy
is "root: anyone's" "$(policy bob '[.account, .may_mint]')" '["bob","yes"]'
is 'root: its own' "$(policy root '[.account, .tokens_allowed]')" '["root","no (root_tokens)"]'

# Who may have tokens.
reconfigure <<<'allow_users = {"bob"}'
disallowed 'allow_users without alice' alice a 'is of an account that may have none \(allow_users\)'
works 'allow_users with bob' bob b
is 'policy says so' "$(policy alice .tokens_allowed)" '"no (allow_users)"'
exits 'mint is refused' 1 patctl -u alice mint no
err_like 'and names the rule' 'allow_users'
ok 'revoke still works' patctl -u alice revoke end -y
exits 'restore does not' 1 patctl -u alice restore end
reconfigure <<<'allow_users = {"bob", "@staff2"}'
works 'allow_users with a group of alice' alice a
ok 'restore works again' patctl -u alice restore end
must gpasswd -d alice staff2
ok 'out of the group, at once' within 5 has_status disallowed -u alice a
must usermod -aG staff2 alice
ok 'back in it' within 5 has_status active -u alice a
reconfigure <<<'allow_users = {"@alice", "@bob"}'
works 'allow_users with the primary group' alice a
reconfigure <<<'deny_users = {"alice"}'
disallowed 'deny_users with alice' alice a 'is of an account that may have none \(deny_users\)'
works 'deny_users without bob' bob b
reconfigure <<<$'allow_users = {"alice"}\ndeny_users = {"@staff2"}'
disallowed 'deny_users with a group of alice goes first' alice a 'is of an account that may have none \(deny_users\)'
disallowed 'allow_users without bob' bob b 'is of an account that may have none \(allow_users\)'

reconfigure <<<''
exits 'root: no tokens' 1 patctl mint roots --scopes web
reconfigure <<<'root_tokens = true'
must patctl mint roots --scopes web
token[roots]=$out
works 'root_tokens' root roots
reconfigure <<<$'root_tokens = true\ndeny_users = {"root"}'
disallowed 'root is root in deny_users' root roots 'is of an account that may have none \(deny_users\)'
reconfigure <<<''
disallowed 'root_tokens taken back' root roots 'is of an account that may have none \(root_tokens\)'

# How long they live.
reconfigure <<<$'max_lifetime = "90d"\ndefault_lifetime = "never"'
is 'policy' "$(policy alice '[.max_lifetime, .default_lifetime]')" '["90d","90d"]'
ok 'mint without an end' patctl --json -u alice mint clipped
json 'is cut to max_lifetime' '(.expires | fromdate) - (.created | fromdate) | . > 90 * 86400 - 60 and . <= 90 * 86400'
exits 'mint with a later end' 1 patctl -u alice mint later --expires 91d
err_like 'names the rule' 'max_lifetime.*90d'
exits 'mint without end' 1 patctl -u alice mint later --expires never
works 'a younger token' alice a
reconfigure <<<'max_lifetime = "1s"'
ok 'max_lifetime is over' within 5 has_status disallowed -u alice a
disallowed 'max_lifetime' alice a 'is older than max_lifetime allows \(1s\)'
reconfigure <<<'inactive_after = "1h"'
works 'inactive_after: used lately' alice a
reconfigure <<<'inactive_after = "2s"'
ok 'inactive_after is over' within 6 has_status disallowed -u alice a
disallowed 'inactive_after' alice a 'was not used for longer than inactive_after allows \(2s\)'
exits 'inspect tells that it would fail' 1 patctl inspect <<<"${token[a]}"
out_like 'with the status' 'disallowed'

# What they must carry.
reconfigure <<<'require = {"expires"}'
disallowed 'require expires' alice a 'lacks a restriction that is required: expires \(require\)'
works 'require expires: with one' alice end
reconfigure <<<'require = {"from", "expires"}'
disallowed 'require from' alice end 'lacks a restriction that is required: from \(require\)'
ok 'require both: with both' patctl -u alice explain from --service web --rhost 127.0.0.1
is 'policy' "$(policy alice .require)" '["from","expires"]'
exits 'mint without' 1 patctl -u alice mint less --expires 1d
err_like 'names the rule' 'from \(require\)'
ok 'mint with' patctl -u alice mint more --expires 1d --from 127.0.0.1
for word in uses bind-key; do
	reconfigure <<<"require = {\"$word\"}"
	is "require $word: status" "$(status_of -u alice from)" disallowed
	like "require $word: the reason" "required: $word \\(require\\)" \
		"$(patctl -u alice --json show from | jq -r .status_reason)"
done

# What scopes mean.
reconfigure <<<'scope "pages" { services = {"web", "other"} }'
minted pages alice pages --scopes pages
works 'a scope of services' alice pages
ok 'both of them' pam_login other alice "${token[pages]}"
reconfigure <<<'scope "pages" { services = {"other"} }'
exits 'one is out of it' 6 web alice pages
out_like 'the holder is told' 'is for pages, not for web'
ok 'the other stays' pam_login other alice "${token[pages]}"
reconfigure <<<'scope "web" { services = {"other"} }'
exits 'a scope takes the place of a service' 6 web alice a
ok 'and opens what it names' pam_login other alice "${token[a]}"
reconfigure <<<'default_scopes = {"web"}'
ok 'default_scopes' patctl --json -u alice mint default
json 'are given' '.scopes == ["web"]'
exits 'the scope is gone' 6 web alice pages

# How many, and of what prefix.
count=$(patctl -u alice --json list | jq length)
reconfigure <<<"max_tokens = $count"
exits 'max_tokens is reached' 1 patctl -u alice mint more2
err_like 'and named' 'max_tokens'
works 'what is there goes on' alice a
reconfigure <<<'token_prefix = "acme"'
exits 'another prefix: refused' 6 web alice a
ok 'another prefix: minted' patctl -u alice mint acme --scopes web
like 'with that prefix' '^acme_' "$out"
ok 'and accepted' pam_login web alice "$out"
reconfigure <<<$'token_prefix = "acme"\nold_prefixes = {"pat"}'
works 'the old prefix' alice a

# Lists of 20,000 names.
names=$(printf '"user%05d", ' {1..19999})
reconfigure <<<"allow_users = {$names\"alice\"}"
works '20,000 names, the last is alice' alice a
disallowed '20,000 names, none is bob' bob b 'is of an account that may have none \(allow_users\)'
reconfigure <<<"deny_users = {$names\"alice\"}"
disallowed '20,000 names denied, the last is alice' alice a 'is of an account that may have none \(deny_users\)'
works '20,000 names denied, none is bob' bob b
reconfigure < <(printf '%s\n' 'deny_users = {' "${names//, /,$'\n'}" '"@staff2"' '}')
disallowed 'a name a line, the last is a group' alice a 'is of an account that may have none \(deny_users\)'
ok 'is fine with --check-config' patd --check-config
reconfigure <<<"deny_users = {$names\"alice\", \"bob\"}"
ok 'one too many is told' grep -q "not reloaded.*$config:1" "$work/patd.out"
disallowed 'and changes nothing' alice a 'is of an account that may have none \(deny_users\)'
works 'really nothing' bob b

# Drop-ins come after the file, in order.
must mkdir -p "$config.d"
echo 'deny_users = {"bob"}' >"$config.d/20-bob.conf"
echo 'max_tokens = 7' >"$config.d/10-max.conf"
echo 'not = read' >"$config.d/README"
reconfigure <<<'warn_before = "1d"'
disallowed 'a drop-in' bob b 'is of an account that may have none \(deny_users\)'
works 'a drop-in' alice a
is 'all files count' "$(policy alice '[.max_tokens, .warn_before]')" '[7,"1d"]'

# A wrong one keeps the old one, and tells where it is wrong.
# wrong NAME LINE: the lines on stdin are refused, for the one of that number.
wrong() {
	reconfigure
	like "$1: told with file and line" "configuration not reloaded[^/]*$config:$2:" "$(tail -n 1 "$work/patd.out")"
	is "$1: the old one stays" "$(policy alice '[.max_tokens, .warn_before]')" '[7,"1d"]'
}
wrong 'an unknown key' 2 <<<$'warn_before = "1d"\nallowed_users = {"alice"}'
wrong 'a repeated key' 2 <<<$'deny_users = {"x"}\ndeny_users = {}'
wrong 'a repeated scope' 2 <<<$'scope "x" { services = {"a"} }\nscope "x" { services = {"b"} }'
wrong 'a section that is not closed' '[1234]' <<<$'\nscope "x" {\n services = {"a"}'
wrong 'a list that is not closed' '[123]' <<<$'deny_users = {"x",\nallow_users = {"*"}'
wrong 'an unknown section' 1 <<<'group "x" { }'
wrong 'an unknown key in a section' 3 <<<$'account "x" {\nmanagers = {"alice"}\nmanager = "bob"\n}'
wrong 'an unknown restriction' 1 <<<'require = {"expiry"}'
wrong 'a duration' 2 <<<$'warn_before = "1d"\nmax_lifetime = "ninety"'
wrong 'a bool' 1 <<<'root_tokens = perhaps'
wrong 'a scope that is no service' 1 <<<'default_scopes = {"no such/service"}'
echo 'deny_users = {"bob"' >"$config.d/20-bob.conf"
reconfigure <<<'warn_before = "2d"'
like 'a wrong drop-in is told with its own line' "not reloaded.*$config.d/20-bob\\.conf:[12]:" "$(tail -n 1 "$work/patd.out")"
is 'and nothing of the rest is taken' "$(policy alice .warn_before)" '"1d"'
disallowed 'the old drop-in counts' bob b 'is of an account that may have none \(deny_users\)'
must rm -r "$config.d"
reconfigure <<<'warn_before = "2d"'
works 'all mended' bob b
finish
