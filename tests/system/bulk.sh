#!/bin/bash
# bulk.sh: work on many tokens at once: killing leaked ones, pruning, retention, export and import.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/store_process.sh
. "$(dirname "$0")/../lib/store_process.sh"

web() { pam_login web "${2:-alice}" "${token[$1]}"; }
leaked() { as "${who:-bob}" patctl "${json[@]}" revoke --stdin "$@"; }
json=()
who=bob

# gone ID: there is no such token.
gone() {
	run patctl show "$1"
	((status == 3))
}

install_build
add_accounts alice bob
use_pam sshd
use_pam generic web
fake_time +0
start_patd
start_sshd

# ---- revoke --stdin: in whatever the token stands ----

for form in log diff json url binary twice; do
	minted "$form" alice "$form" --scopes sshd,web
	ok "$form: the token works" web "$form"
done
in_log() { printf 'Nov 25 12:00:00 ci run[7]: +export PAT=%s; deploy\n' "${token[log]}"; }
in_diff() { printf -- '--- a/.env\n+++ b/.env\n@@ -1 +1 @@\n-FOO_%s\n' "${token[diff]}"; }
in_json() { jq -n --arg t "${token[json]}" '{auth: {password: $t}, next: "pat_x"}'; }
in_url() { printf 'GET /?next=%%20%s%%20 HTTP/1.1' "${token[url]}"; }
in_binary() { head -c 5000 /dev/urandom && printf '\0%s\0' "${token[binary]}" && head -c 5000 /dev/urandom; }
in_twice() { printf '%s%s\n%s' "${token[twice]}" "${token[twice]}" "${token[twice]}"; }
for form in log diff json url binary twice; do
	"in_$form" >"$work/text"
	ok "$form: revoke --stdin, by a stranger" leaked <"$work/text"
	is "$form: what is told" "$out" 'found 1 token: 1 revoked, 0 were revoked already, 0 unknown'
	exits "$form: it opens nothing more" 6 web "$form"
done
ok 'show one' patctl --json show "$(id_of log)"
json 'revoked by the stranger, by the rank of root' '.revoked.by == "bob" and (.revoked.reason | test("stdin"))'
exits 'its owner does not bring it back' 4 as alice patctl restore -S log
ok 'log: as an event of the token' patctl --json log "$(id_of log)"
json 'by whom' 'map(select(.event == "revoked")) | length == 1 and .[0].by == "bob"'

minted kept alice kept --scopes sshd,web
forged=$(forge pat "$(id_of kept)" "$(token_secret "${token[log]}")")
stranger=$(forge acme 00000000000 "$(token_secret "${token[log]}")")
{
	in_log
	echo "$forged $stranger pat_0123456789 ${token[kept]%?}_"
	in_diff
} >"$work/text"
json=(--json)
ok 'a wrong secret, an unknown ID, two that are dead' leaked <"$work/text"
json 'are counted' '. == {found: 4, revoked: 0, already: 2, unknown: 2}'
ok 'who shares an ID with a forgery is untouched' web kept
ok 'a text without tokens' leaked --reason x </etc/passwd
json 'says so' '.found == 0'
json=()
ok 'nothing at all' leaked
is 'says so' "$out" 'found no tokens'
ok 'a reason' leaked --reason 'pasted in a chat' <<<"x ${token[kept]} y"
ok 'show it' patctl --json show "$(id_of kept)"
json 'that reason' '.revoked.reason == "pasted in a chat"'
exits 'a token in it' 2 leaked --reason "${token[kept]}" </dev/null
exits 'tokens and a text' 2 leaked kept </dev/null
exits 'all and a text' 2 leaked --all </dev/null
exits 'an account and a text' 2 as alice patctl -u bob revoke --stdin </dev/null

# 64 MiB, and not a byte more.
minted early alice early --scopes web
minted late alice late --scopes web
minted after alice after --scopes web
lines() { yes "$1" 2>/dev/null | head -c "$2"; }
noise='a_b pat_ pats_x _______ the quick brown fox'
{
	echo "${token[early]}"
	lines "$noise" $(((64 << 20) - ${#token[early]} - ${#token[late]} - 1))
	printf %s "${token[late]}"
} >"$work/big"
is 'a text of 64 MiB' "$(stat -c %s "$work/big")" $((64 << 20))
ok 'is read whole' leaked <"$work/big"
is 'to its last byte' "$out" 'found 2 tokens: 2 revoked, 0 were revoked already, 0 unknown'
minted early alice early --scopes web
{
	echo "${token[early]}"
	lines "$noise" $((64 << 20))
	echo "${token[after]}"
} >"$work/big"
exits 'a longer one' 2 leaked <"$work/big"
is 'what stands before is revoked' "$out" 'found 1 token: 1 revoked, 0 were revoked already, 0 unknown'
err_like 'and it is said that there was more' 'stdin: longer than 64 MiB'
ok 'what stands behind is not' web after
rm "$work/big"

# ---- revoke --unused ----

minted used alice used --scopes web
minted idle alice idle --scopes web
minted bobs bob bobs --scopes web
ok 'use one' web used
sleep 2
ok 'use it again' web used
exits 'revoke --unused without -y' 1 as alice patctl revoke --unused 2s
exits 'revoke --unused of no duration' 2 as alice patctl revoke --unused soon -y
exits 'root says whose' 2 patctl revoke --unused 2s -y
ok 'revoke --unused' as alice patctl --json revoke --unused 2s -y -r 'spring cleaning'
ok 'what was used a moment ago lives, though nothing is written yet' web used
is 'what was not does not' "$(status_of "$(id_of idle)")" revoked
ok 'nor is it anybody else' web bobs bob

# ---- prune, and retention ----

fake() {
	stop_patd
	fake_time "$1"
	start_patd
}
minted short alice short --expires 1h
minted long alice long --expires 30d --scopes web
ok 'revoke one' as alice patctl revoke idle -y
must as bob patctl revoke bobs -y
fake +2d
exits 'prune what' 2 as alice patctl prune -y
exits 'prune of no duration' 2 as alice patctl prune --expired soon -y
exits 'prune without -y' 1 as alice patctl prune --expired 1d
exits 'prune -a is for root' 4 as alice patctl prune -a --expired 1d -y
exits "prune another's" 4 as alice patctl -u bob prune --expired 1d -y
ok 'prune --dry-run' as alice patctl --json prune --expired 1d --dry-run
json 'shows what ended long enough ago' 'map(.name) == ["short"]'
ok 'prune --dry-run, for people' as alice patctl prune --expired 1d --dry-run
out_like 'as a list' "$(id_of short) +short +expired"
ok 'it is there still' patctl show "$(id_of short)"
ok 'prune' as alice patctl --json prune --expired 1d -y
json 'one' '. == {count: 1}'
ok 'it is gone' gone "$(id_of short)"
ok 'what is revoked is not' patctl show "$(id_of idle)"
ok 'its event is there' patctl --json log "$(id_of short)"
json 'by whom it was pruned' 'map(select(.event == "pruned" and .by == "alice")) | length == 1'
ok 'prune all that is long revoked, root' patctl prune -a --revoked 1d -y
out_like 'many' '^deleted [0-9]{2} tokens$'
ok "bob's too" gone "$(id_of bobs)"
ok 'what lives is never pruned' web long
ok 'nor by' patctl prune -a --revoked 0s --expired 0s -y
ok 'anything' web long
is 'all that is left lives' "$(patctl --json list -a | jq -c '[.[].status] | unique')" '["active"]'

minted child alice parent --scopes web
must as alice sh -c 'patctl exchange >/tmp/child' <<<"${token[child]}"
child=$(token_id "$(</tmp/child)")
rm -f /tmp/child
ok 'the exchanged one is there' patctl show "$child"
fake +50h
ok 'it goes by itself, an hour after its end' within 10 gone "$child"
must as alice patctl revoke long -y
configure <<<'retention = "10d"'
fake +9d
reconfigure <<<'retention = "10d"'
sleep 1
ok 'retention: not before its time' patctl show "$(id_of long)"
fake +14d
sleep 1
ok 'a start deletes nothing: its clock may be wrong' patctl show "$(id_of long)"
reconfigure <<<'retention = "10d"'
ok 'retention: by itself' within 10 gone "$(id_of long)"
ok 'retention: what lives stays' web child
ok 'retention: its event' patctl --json log "$(id_of long)"
json 'says who and why' 'map(select(.event == "pruned")) | .[0].by == "patd" and .[0].reason == "retention"'
reconfigure </dev/null

# ---- export and import ----

export_to() { patctl export >"$work/$1"; }
import_from() { patctl --json import "${@:2}" <"$work/$1"; }
empty_store() {
	stop_patd
	must find "$store" -mindepth 1 -delete
	start_patd
}
minted one alice one --scopes sshd,web --from '192.0.2.0/24,127.0.0.0/8,::1,local' --note 'a "note", ü'
for name in two three; do
	minted "$name" alice "$name" --scopes web
done
minted counted alice counted --scopes web --uses 3 --expires 300d
ok 'a login' web counted
ok 'a login over ssh' login alice password "${token[one]}" true
must as alice patctl revoke two -y -r gone
must as alice patctl rotate three -S <<<"${password[alice]}"
token[four]=$out
must as alice patctl mint five -S <<<"${password[alice]}"
token[five]=$out
must as alice patctl revoke five -y
must as alice patctl delete five -y
sleep 1.5
exits 'export is for root' 4 as alice patctl export
exits 'import is for root' 4 as alice patctl import <<<'{"pam_pat_export":1,"time":"2026-01-01T00:00:00Z","version":"0"}'
ok 'export' export_to first
for name in one counted four; do
	unlike "no secret is in it: $name" "$(token_secret "${token[$name]}")" "$(<"$work/first")"
done
is 'every line is JSON' "$(jq -c . "$work/first" | wc -l)" "$(wc -l <"$work/first")"
ok 'export to a file' patctl export "$work/file"
is 'for root alone' "$(stat -c '%a %U' "$work/file")" '600 root'
exits 'that is there already' 75 patctl export "$work/file"
patctl --json list -a >"$work/before"
ok 'import it where it is from' import_from first
json 'changes nothing' '.added == 0 and .changed == 0 and .conflicts == 0 and .already == '$(($(wc -l <"$work/first") - 2))
empty_store
exits 'an empty store knows no token' 255 login alice password "${token[one]}" true
ok 'import' import_from first
json 'all of it, and what was deleted' '.added == 7 and .changed == '$((deleted = $(grep -c '"deleted"' "$work/first")))' and .conflicts == 0'
ok 'what was deleted: no ID comes back' test "$deleted" -gt 5
patctl --json list -a >"$work/after"
ok 'all is as it was' cmp "$work/before" "$work/after"
ok 'a login over ssh' login alice password "${token[one]}" true
ok 'by the rotated one, in its grace time' web three
ok 'by its successor' web four
exits 'not by the revoked one' 6 web two
ok 'by the one with uses' web counted
ok 'and again' web counted
exits 'and no more: what was counted came along' 6 web counted
ok 'import once more' import_from first
json 'nothing to add or change' '.added == 0 and .changed == 0 and .conflicts == 0'
exits 'and the uses are not back' 6 web counted

# What was revoked or deleted since stays so.
must as alice patctl revoke one -y
must as alice patctl delete two -y
ok 'import the older file' import_from first
json 'nothing is added' '.added == 0'
exits 'revoked: the login is refused' 255 login alice password "${token[one]}" true
ok 'deleted: it is gone' gone "$(id_of two)"
ok 'export' export_to second
empty_store
ok 'import the older file first' import_from first
ok 'it logs in' login alice password "${token[one]}" true
ok 'then the newer one' import_from second
json 'which changes these two, and the last use of others' '.changed >= 2 and .added == 0'
exits 'revoked wins' 255 login alice password "${token[one]}" true
ok 'deleted wins' gone "$(id_of two)"
must within 10 sh -c 'patctl status'

# The account was imported: gone and made again, it finds nothing.
ok 'the sweep has noted the account' within 5 web four
sleep 1
must userdel bob
add_accounts bob
minted dora bob dora --scopes web
ok 'export' export_to third
empty_store
must import_from third
sleep 1.5
must userdel -r bob
add_accounts bob
ok 'userdel and useradd: an imported token is revoked' within 10 has_status revoked "$(id_of dora)"

# Another host: the same names, other uids.
must usermod -u 4242 alice
must userdel -r bob
must chown -R 4242 /home/alice
empty_store
ok 'import by id, where alice has another uid' import_from third
is 'its tokens open nothing' "$(status_of "$(id_of four)")" locked
empty_store
ok 'import by name' import_from third --match-by name
json 'who has no account here is left out' '.added > 0 and .no_account == 1'
ok 'the others work' web four
is 'for the uid of here' "$(patctl --json show "$(id_of four)" | jq .uid)" 4242
exits 'import by shoe size' 2 import_from third --match-by size

# What is no such file.
bad() {
	local name=$1 regex=$2
	run patctl import "$work/bad"
	if ((status != 0)); then pass "$name: refused"; else fail "$name: refused" "$out"; fi
	like "$name: says what and where" "$regex" "$err"
}
head=$(head -n 1 "$work/third")
first_token=$(grep -m 1 '"kind"' "$work/third")
: >"$work/bad"
bad 'an empty file' 'bad: empty'
jq -c '.pam_pat_export = 2 | .colour = "red"' <<<"$head" >"$work/bad"
bad 'a newer format' 'line 1: of format 2; this patctl reads up to 1'
jq -c '.colour = "red"' <<<"$head" >"$work/bad"
bad 'a key that the first line does not have' 'line 1:'
echo "$first_token" >"$work/bad"
bad 'no first line' 'line 1: no export'
n=0
while IFS=$'\t' read -r name filter regex; do
	n=$((n + 1))
	{
		echo "$head"
		jq -c '.id = "000000000'$((n + 10))'" | .name = "before-'$n'" | .rotated = null | .predecessor = null' <<<"$first_token"
		jq -c "$filter" <<<"$first_token"
	} >"$work/bad"
	bad "$name" "bad: line 3: $regex"
	like "$name: what stands before is imported" 'what stands before it is imported' "$err"
	is "$name: it is" "$(patctl --json show "000000000$((n + 10))" | jq -r .name)" "before-$n"
done <<'END'
an unknown key	.colour = "red"	colour: no key
an unknown key in an object	.last_used = {"colour": "red"}	last_used.colour: no key
a number for a text	.note = 7	note: accepted is a text
a text for a number	.uses = "7"	uses: accepted is a number
a negative number	.uses = -1	uses:
no verifier	del(.verifier)|.verifier = "00"	verifier:
no owner	del(.owner)	a value is missing
an unknown kind	.kind = "royal"	kind:
a time that does not exist	.expires = "2027-02-30T00:00:00Z"	expires:
a control character in the name	.name = "a\u001b[2J"	token [0-9A-Za-z]{11}: name:
a network with host bits	.from = ["192.0.2.7/24"]	token [0-9A-Za-z]{11}: from:
the service patctl	.scopes = ["patctl"]	token [0-9A-Za-z]{11}: scopes:
a child without a parent	.kind = "exchanged"	a value is missing
a revocation without a rank	.revoked = {"time": "2026-01-01T00:00:00Z", "by": "x", "reason": "y"}	token [0-9A-Za-z]{11}: revoked:
END
{
	echo "$head"
	printf '{"id":"%040000d"}\n' 1
} >"$work/bad"
bad 'an endless line' 'line 2: longer than'
printf '%s\n{"id":"00000000000","id":"00000000001"}\n' "$head" >"$work/bad"
bad 'a key twice' 'line 2: not JSON'
chmod 644 "$work/bad"
run patctl import "$work/bad"
err_like 'a file open to others is told of' 'open to others'

# ---- 100,000 of them ----

many=100000
# many_lines FIRST: an exported file of that many tokens of alice, from this number on.
many_lines() {
	echo "$head"
	awk -v first="$1" -v many=$many -v uid="$(id -u alice)" 'BEGIN { for (i = first; i < first + many; i++)
		printf "{\"id\":\"M%010d\",\"name\":\"m-%d\",\"kind\":\"personal\",\"owner\":\"alice\",\"uid\":%d," \
			"\"scopes\":[\"sshd\",\"web\"],\"created\":\"2026-01-01T00:00:00.%06dZ\",\"created_by\":\"root\"," \
			"\"note\":\"one of many\",\"verifier\":\"%064x\"}\n", i, i, uid, i, i
		printf "{\"end\":{\"tokens\":%d}}\n", many }'
}
# peak FILE COMMAND...: runs it with the peak of its memory, in KiB, into FILE.
peak() { command time -f %M -o "$@"; }
flat() {
	if (($2 < $3)); then pass "$1: $2 KiB"; else fail "$1" "$2 KiB, not below $3"; fi
}

# stream WHAT: a client of patd.sock that opens a SCAN and then does WHAT; prints the answers.
cat >"$work/stream" <<'END'
use Socket;
my %names = (0x88 => 'GO', 0x82 => 'ERROR', 0x80 => 'OK');
my %sends = (nonsense => ["\1\x31\0\7x"], mint => ["\1\x10\0\0"], 'end-twice' => ["\1\x24\0\0"],
	item => ["\1\x31\0\7\1\0\4none"], idle => [], flood => []);
my ($what) = @ARGV;
my $s;
socket($s, AF_UNIX, SOCK_SEQPACKET, 0) && connect($s, sockaddr_un('/run/pam_pat/patd.sock')) or die "$!";
send($s, "\1\x24\0\0", 0);
my @said;
while (1) {
	my $n = recv($s, my $packet, 8192, 0);
	last if !defined $n || $packet eq '';
	push @said, $names{ord substr $packet, 1, 1} // 'something';
	next unless $said[-1] eq 'GO';
	send($s, $_, 0) for @{$sends{$what}};
	# A token of the right form, of nobody's.
	1 while $what eq 'flood' && send($s, "\1\x31\0\x43\1\0\x40" . $ENV{FLOOD}, 0);
}
print join(', ', @said, 'then the end'), "\n";
END
chmod 644 "$work/stream"
configure <<<'max_tokens = 100000'
empty_store
many_lines 0 >"$work/many"
before=$(own_memory)
add_accounts bob
(as alice perl "$work/stream" idle >"$work/idle" && mv "$work/idle" "$work/idle.ended") &
ok "import $many tokens" peak "$work/peak" patctl --json import "$work/many"
json 'all of them' ".added == $many and .conflicts == 0"
flat 'patctl imports with little memory' "$(<"$work/peak")" 20000
ok "export $many tokens" peak "$work/peak" patctl export "$work/many.out"
flat 'patctl exports with little memory' "$(<"$work/peak")" 20000
is 'all of them' "$(wc -l <"$work/many.out")" "$(wc -l <"$work/many")"
ok "list $many tokens of one account" sh -c "command time -f %M -o '$work/peak' patctl -u alice --json list >'$work/list'"
flat 'patctl lists them as JSON with little memory' "$(<"$work/peak")" 20000
is 'complete and in order' "$(grep -o '"id":"M[^"]*"' "$work/list" | sha256sum)" \
	"$(grep -o '"id":"M[^"]*"' "$work/many" | sha256sum)"
ok 'import what was exported' patctl --json import "$work/many.out"
json 'nothing to add or change' ".added == 0 and .changed == 0 and .already == $many"
flat 'patd did all this with little memory' $(($(own_memory) - before)) 10000

# ---- streams that are none ----

ok 'one that was let in and says nothing is ended' within 45 test -e "$work/idle.ended"
is 'by the daemon' "$(<"$work/idle.ended")" 'GO, then the end'
for what in nonsense mint end-twice; do
	ok "$what in a stream" as bob perl "$work/stream" "$what"
	is "$what in a stream: closed without a word" "$out" 'GO, then the end'
done
ok 'an item that is no token' as bob perl "$work/stream" item
is 'an item that is no token: told' "$out" 'GO, ERROR, then the end'
export FLOOD
FLOOD=$(forge pat 00000000000 "$(token_secret "${token[one]}")")
setpriv --reuid bob --regid bob --clear-groups perl "$work/stream" flood >/dev/null &
flood=$!
patctl import "$work/many" >/dev/null 2>&1 &
import=$!
minted beside bob beside --scopes web
for n in 1 2 3 4 5; do
	ok "logins beside an import and a flood: $n" web beside bob
done
ok 'and the flood goes on' kill -0 $flood
kill $flood $import
wait $flood $import 2>/dev/null
ok 'a login afterwards' web beside bob
finish
