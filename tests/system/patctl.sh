#!/bin/bash
# patctl.sh: every command as its user sees it: exit status, output for people and as JSON.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# alice ARGUMENT...: patctl as alice, who would answer a prompt.
alice() { as alice patctl "$@" <<<"${password[alice]}"; }
bob() { as bob patctl "$@" <<<"${password[bob]}"; }

install_build
add_accounts alice bob
use_pam sshd
start_patd
start_sshd

# mint
ok 'mint' alice mint laptop -S --note 'my "old" one' --scopes sshd,sudo --expires 30d
like 'the token alone on stdout' '^pat_[0-9A-Za-z]{60}$' "$out"
laptop=$out id=$(token_id "$out")
err_like 'a summary on stderr' 'laptop'
err_unlike 'without the secret' "$(token_secret "$laptop")"
ok 'mint --json' alice --json mint phone -S
json 'a token with all its keys' '(["id","name","kind","owner","uid","status","status_reason","scopes",
	"created","created_by","expires","note","revoked","token"] - keys) == []'
json 'of the right values' '.name == "phone" and .owner == "alice" and .kind == "personal" and
	.status == "active" and .scopes == ["sshd"] and .expires == null and .note == null and
	.revoked == null and .created_by == "alice" and (.token | test("^pat_[0-9A-Za-z]{60}$")) and
	(.id == .token[4:15])'
json 'times are RFC 3339, UTC' '.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")'
exits 'a name that is taken' 5 alice mint laptop -S
exits 'a name that is taken, as JSON' 5 alice --json mint laptop -S
json 'its error' '.error.code == "name_taken" and (.error.message | length > 0)'
ok "another account's name is no matter" bob mint laptop -S
foreign=$out foreign_id=$(token_id "$out")
exits 'no name and nobody to ask' 2 alice mint -S
for name in '' '-x' 'a/b' $'a\nb' $'a\x1bb' $'a\u202eb' $'\xff' "$id" "$(printf '%065d' 0)"; do
	exits "mint refuses the name $(printf %q "$name")" 2 alice mint -S -- "$name"
done
ok 'a name of 64 bytes in UTF-8' alice mint -S "$(printf 'ä%.0s' {1..32})"
for when in yesterday 0d -1d 2001-01-01 2001-01-01T00:00:00Z 30 d 1.5d 99999999999999999999d 2027-02-30; do
	exits "mint refuses --expires $when" 2 alice mint when -S --expires="$when"
done
for when in 45s 10m 2h 30d 4w 1y never 2126-01-31 2126-01-31T18:00:00Z; do
	ok "mint --expires $when" alice mint "until-$when" -S --expires "$when"
done
ok 'show one with an exact end' alice --json show until-2126-01-31T18:00:00Z
json 'the end as given' '.expires == "2126-01-31T18:00:00Z"'
exits 'an empty scope list' 2 alice mint scopes -S --scopes ''
exits 'a scope that is no name' 2 alice mint scopes -S --scopes 'ss hd'

# Restrictions: what is refused, with the accepted form; what is kept, in its canonical form.
for from in '' ' ' sshd localhost 192.0.2 192.0.2.1/33 192.0.2.1/24 192.0.2.1/ 256.0.0.1 010.0.0.1 192.0.2.1:22 \
	2001:db8::1/129 ::1%lo '[::1]' 127.0.0.1,,::1 "$(seq -s, -f '192.0.2.%.0f' 1 33)"; do
	exits "mint refuses --from $(printf %.20q "$from")" 2 alice mint no -S --from "$from"
	err_like 'and names the form' 'from:.*e\.g\. '
done
for uses in '' 0 -1 1.5 many 4294967296 0x10 ' 1' 1e3; do
	exits "mint refuses --uses $(printf %q "$uses")" 2 alice mint no -S --uses="$uses"
	err_like 'and names the form' 'uses: .*4294967295'
done
for when in '' yesterday never 2001-01-01 0d 30 2027-02-30; do
	exits "mint refuses --not-before $(printf %q "$when")" 2 alice mint no -S --not-before="$when"
	err_like 'and names the form' 'not-before: .*accepted are 30d .*2027-01-31'
done
exits 'mint refuses an end before the beginning' 2 alice mint no -S --not-before 2d --expires 1d
err_like 'and says so' 'not-before'
exits 'mint refuses what is no fingerprint' 2 alice mint no -S --bind-key jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M
err_like 'and names the form' 'bind-key:.*e\.g\. SHA256:'
key=SHA256:jXLKrXxJXSFHbGwGxSAbgGyzVxc7QPuu0yVUPm0wJ6M
ok 'mint with all restrictions' alice --json mint tight -S --from '192.0.2.0/24,2001:0DB8::/32,local,::FFFF:192.0.2.77' \
	--uses 3 --not-before 2126-01-31 --expires 2126-02-28T12:00:00Z --bind-key "$key"
json 'they are all there' '.uses == 3 and .uses_left == 3 and .bind_key == "'"$key"'" and .status == "pending" and
	(.not_before | startswith("2126-01-3")) and .expires == "2126-02-28T12:00:00Z"'
json 'the networks are in canonical form' '.from | sort == ["192.0.2.0/24", "192.0.2.77", "2001:db8::/32", "local"]'
ok 'show, for people' alice show tight
for text in 192.0.2.0/24 2001:db8::/32 '3( of 3|$)?' "$key" 2126-01-31 pending; do
	out_like "tells $text" "$text"
done
ok 'list its columns' alice list -o name,from,uses,uses-left,not-before,bind-key,status-reason
out_like 'with a head for each' '^NAME +FROM +USES +USES-LEFT +NOT-BEFORE +BIND-KEY +STATUS-REASON'
ok 'list pending ones' alice --json list --status pending
json 'this one' 'map(.name) == ["tight"]'
exits 'edit cannot change a restriction' 2 alice edit tight --uses 9 -S
ok 'edit its end' alice edit tight --expires 2126-02-27 -S
exits 'an end before its beginning' 2 alice edit tight --expires 2126-01-01 -S

# What was not used for long, and what ends soon.
ok 'mint one that ends in an hour' alice mint hour -S --expires 1h
ok 'list --expiring' alice --json list --expiring 2h
json 'those that end by then' 'map(.name) | index("hour") and (contains(["until-30d"]) or contains(["laptop"]) | not)'
ok 'list --expiring, later' alice --json list --expiring 31d
json 'more of them' 'map(.name) | contains(["hour", "laptop"])'
ok 'list --unused' alice --json list --unused 1h
json 'none is so old' '. == []'
ok 'use one' login alice password "$laptop" true
sleep 2
ok 'list --unused, in seconds' alice --json list --unused 1s
json 'those that were never used count from their making' 'map(.name) | contains(["phone", "tight"])'
ok 'list both and a status' alice --json list --unused 1s --expiring 2h --status active
json 'must all be met' 'map(.name) | index("hour") and (contains(["until-30d"]) or contains(["phone"]) | not)'
for duration in '' 0d never 30 1.5h -1d tomorrow; do
	exits "list refuses --unused $(printf %q "$duration")" 2 alice list --unused="$duration"
	exits "list refuses --expiring $(printf %q "$duration")" 2 alice list --expiring="$duration"
done
exits 'explain, of one that has not begun' 1 alice explain tight --service sshd --rhost 192.0.2.9
out_like 'tells so' 'not-before +refuse'

# A token in the arguments has leaked: not echoed, whatever the command.
for command in show revoke inspect; do
	exits "$command with a token in argv" 2 alice "$command" "$laptop"
	unlike 'it is not echoed' "$(token_secret "$laptop")" "$out$err"
	err_like 'the way out is told' 'revoke'
done
exits 'a token inside another argument' 2 alice mint note -S --note "see FOO_$laptop!"
unlike 'it is not echoed' "$(token_secret "$laptop")" "$out$err"
exits 'a token in argv, as JSON' 2 alice --json show "$laptop"
json 'its error' '.error.code == "token_in_arguments"'
unlike 'it is not echoed' "$(token_secret "$laptop")" "$out$err"

# list, show
ok 'list' alice list
out_like 'a header' '^ID +NAME +STATUS +SCOPES +CREATED +EXPIRES'
out_like 'a row' "$id +laptop +active"
out_unlike "nobody else's" "$foreign_id"
out_unlike 'no colour in a pipe' $'\e'
ok 'list --color always' alice list --color always
ok 'list --json' alice list --json
json 'an array in order of creation' 'type == "array" and .[0].name == "laptop" and .[1].name == "phone"'
json 'without secrets' 'all(.[]; has("token") | not)'
ok 'list --status' alice list --json --status revoked
json 'is empty' '. == []'
exits 'list --status of no such status' 2 alice list --status sleepy
ok 'list --columns' alice list --columns NAME,ID
out_like 'these columns in this order' '^NAME +ID'
exits 'list of an unknown column' 2 alice list --columns NAME,SHOESIZE
ok 'list --tree, of tokens that have no children' alice list --tree
is 'is the list' "$out" "$(as alice patctl list)"
ok 'list --json' alice list --json
array=$out
ok 'list --tree --json' alice list --tree --json
is 'is the same array' "$out" "$array"
for shell in bash zsh fish; do
	ok "completion $shell" alice completion $shell
	is 'is what is installed' "$out" "$(cat "$(find /usr/share -path "*/$shell*/*patctl*" ! -path '*/doc/*')")"
	script=$out
	ok "completion $shell, as JSON" alice --json completion $shell
	is 'is the same script' "$(jq -r .script <<<"$out")" "$script"
done
exits 'completion of another shell' 2 alice completion csh
err_like 'names those that there are' 'bash, zsh and fish'
exits 'completion of none' 2 alice completion
exits "list of another account" 4 alice -u bob list
exits 'list -a' 4 alice list -a
ok 'root: list -a' patctl --json list -a
json 'of all accounts' '[.[].owner] | unique == ["alice", "bob"]'
ok 'root: -u' patctl -u bob --json list
json 'of that account' 'length == 1 and .[0].owner == "bob"'
exits 'root: -u of no account' 3 patctl -u mallory list

ok 'show by name' alice show laptop
out_like 'tells the note' 'my "old" one'
ok 'show by ID' alice show "$id" --json
json 'is the same token' ".id == \"$id\" and .name == \"laptop\" and .scopes == [\"sshd\", \"sudo\"]"
exits 'an unknown name' 3 alice show nothing
exits 'an unknown ID' 3 alice show 00000000000
exits 'a foreign ID' 3 alice show "$foreign_id"
exits 'a foreign ID, as JSON' 3 alice --json show "$foreign_id"
json 'is unknown' '.error.code == "no_such_token"'
ok 'root: any ID' patctl show "$foreign_id"

# edit
ok 'edit the name' alice edit phone --name mobile -S
ok 'it bears the new name' alice show mobile
ok 'edit the note' alice edit mobile --note 'in my pocket' -S
ok 'edit to a sooner end' alice edit mobile --expires 10d -S
exits 'edit to a later end' 1 alice edit mobile --expires 20d -S
exits 'edit to no end' 1 alice edit mobile --expires never -S
exits 'edit to a taken name' 5 alice edit mobile --name laptop -S
exits 'edit nothing' 2 alice edit mobile -S
exits 'edit an unknown one' 3 alice edit nothing --note x -S
exits 'edit a foreign one' 3 alice edit "$foreign_id" --note x -S
ok 'show it' alice --json show mobile
json 'what was edited' '.note == "in my pocket" and .expires != null and .name == "mobile"'
ok 'remove the note' alice edit mobile --note '' -S --json
json 'no note' '.note == null'

# inspect, whoami
inspect() { as "$1" patctl "${@:3}" inspect <<<"$2"; }
ok 'inspect' inspect bob "$laptop" --json
json 'tells little' '.kind == "personal" and .owner == "alice" and .status == "active" and
	.scopes == ["sshd", "sudo"] and .expires != null and (has("note") or has("name") | not)'
exits 'inspect a wrong secret' 3 inspect alice "$(forge pat "$id" "$(token_secret "$foreign")")"
wrong=$err
exits 'inspect an unknown ID' 3 inspect alice "$(forge pat 00000000000 "$(token_secret "$foreign")")"
is 'both are answered alike' "$err" "$wrong"
exits 'inspect what is no token' 2 inspect alice hunter2
exits 'inspect nothing' 2 as alice patctl inspect
exits 'whoami outside a token session' 3 alice whoami
ok 'whoami in a token session' login alice password "$laptop" patctl --json whoami
json 'is that token' ".id == \"$id\" and .name == \"laptop\""
ok 'whoami in a password session' login alice password "${password[alice]}" 'patctl whoami; test $? = 3'

# revoke, restore, delete
exits 'revoke without -y, nobody to ask' 1 as alice patctl revoke laptop
ok 'it is still there' login alice password "$laptop" true
ok 'revoke' alice revoke laptop -y --reason 'lost on the train'
ok 'revoke it again' alice revoke laptop -y
ok 'show it' alice --json show laptop
json 'when, by whom, why' '.status == "revoked" and .revoked.by == "alice" and
	.revoked.reason == "lost on the train" and (.revoked.time | endswith("Z"))'
exits 'it logs in no more' 255 login alice password "$laptop" true
exits 'inspect tells that it would fail' 1 inspect alice "$laptop"
exits 'revoke a foreign one' 3 alice revoke "$foreign_id" -y
ok 'the foreign one still works' login bob password "$foreign" true
exits 'revoke nothing' 2 alice revoke -y
exits 'revoke one that is and one that is not' 3 alice revoke mobile nothing -y
ok 'restore' alice restore laptop -S
ok 'it logs in again' login alice password "$laptop" true
exits 'restore an active one' 1 alice restore laptop -S
exits 'delete an active one' 1 alice delete laptop -y
ok 'root revokes' patctl revoke "$id" -y
exits 'the owner cannot undo what root did' 4 alice restore laptop -S
ok 'root can' patctl restore "$id"
ok 'revoke for good' alice revoke laptop -y
ok 'delete' alice delete laptop -y
exits 'it is gone' 3 alice show "$id"
exits 'delete it again' 3 alice delete laptop -y
exits 'delete a foreign one' 3 alice delete "$foreign_id" -y
ok 'the name is free again' alice mint laptop -S
ok 'revoke --all' alice revoke --all -y
ok 'list what is active' alice list --json --status active
json 'nothing' '. == []'
ok "root: another account's are untouched" patctl -u bob list --json --status active
json 'one' 'length == 1'
exits 'root: revoke --all without an account' 2 patctl revoke --all -y
ok 'root: revoke --all of an account' patctl -u bob revoke --all -y
exits 'and that was it' 255 login bob password "$foreign" true

# status, and the command line itself
ok 'status, as a user' as alice patctl --json status
json 'only whether it serves' '.started == null and .tokens == null and .store_bytes == null'
ok 'status, as root' patctl status
ok 'status, as root, as JSON' patctl --json status
exits 'no command' 2 as alice patctl
exits 'an unknown command' 2 as alice patctl frobnicate
exits 'an unknown option' 2 as alice patctl list --frobnicate
err_like 'is named' 'frobnicate'
exits 'an abbreviated option' 2 as alice patctl list --stat active
exits 'an option without its value' 2 as alice patctl list --status
exits 'one operand too many' 2 as alice patctl list laptop
ok 'help' as alice patctl --help
for command in mint list show edit revoke restore delete prune export import inspect explain whoami policy accounts status clock-reset \
	askpass completion; do
	out_like "help lists $command" "(^|[[:space:]])$command([[:space:]]|$)"
done
ok 'help of a command' as alice patctl mint --help
for option in expires scopes from uses not-before bind-key note stdin prompt; do
	out_like "lists --$option" "--$option([^a-z-]|$)"
done
exits 'policy has no operands' 2 as alice patctl policy laptop
exits 'accounts is not about an account' 2 as alice patctl -u bob accounts
exits 'clock-reset is not about an account' 2 patctl -u bob clock-reset
exits 'clock-reset is for root' 4 as alice patctl --json clock-reset
json 'and says so' '.error.code == "not_permitted"'
ok 'the version' as alice patctl --version
exits 'a full disk for the answer' 75 as alice sh -c 'patctl list >/dev/full'

stop_patd
exits 'patd stopped' 75 as alice patctl list
err_like 'is told in one line' '^patctl: [^[:cntrl:]]+$'
exits 'patd stopped, as JSON' 75 as alice patctl --json list
json 'its error' '.error.code == "unavailable"'
finish
