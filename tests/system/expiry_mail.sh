#!/bin/bash
# expiry_mail.sh: the example that mails owners of tokens that end soon: whom, of what, and once.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# A sendmail that keeps what it is given: $work/mail/N, and its arguments. It fails while $work/fail is there.
install_sendmail() {
	install -m 755 /dev/stdin /usr/sbin/sendmail <<X
#!/bin/sh
[ ! -e $work/fail ] || exit 75
n=\$(ls $work/mail | wc -l)
echo "\$*" >>$work/arguments
cat >$work/mail/\$n
X
	mkdir -p "$work/mail"
}

# mails NAME STATUS COUNT: a run of the example, and how many mails it sent.
mails() {
	rm -f "$work"/mail/*
	run pat-expiry-mail
	verdict "$1: exit status $2" "$2"
	is "$1: $3 mails" "$(find "$work/mail" -type f | wc -l)" "$3"
}
mail_to() { grep -lx "To: $1" "$work"/mail/* | head -n 1; }
headers() { sed '/^$/q' "$1"; }
text() { sed '1,/^$/d' "$1"; }
wanted_headers() {
	printf '%s\n' "To: $1" 'Subject: Access tokens that end soon' 'Auto-Submitted: auto-generated' 'MIME-Version: 1.0' \
		'Content-Type: text/plain; charset=utf-8' 'Content-Transfer-Encoding: 8bit'
}

install_build
add_accounts alice bob
start_patd
install_sendmail
must install -m 755 "$top/examples/expiry-mail/pat-expiry-mail" /usr/local/sbin/pat-expiry-mail
must install -m 644 "$top"/examples/expiry-mail/*.{service,timer} /etc/systemd/system
ok 'the units are right' systemd-analyze verify --man=no /etc/systemd/system/pat-expiry-mail.{service,timer}
is 'and nothing is said of them' "$err" ''

mails 'no tokens' 0 0
# shellcheck disable=SC2016
hostile=('Bcc: mallory@example.com' '$(touch pwned)' '`touch pwned`' '.' 'it'"'"'s "so" \ %s' 'Büro')
for name in "${hostile[@]}"; do
	must patctl -u alice mint "$name" -e 3d
done
must patctl -u alice mint week -e 6d
must patctl -u alice mint month -e 30d
must patctl -u alice mint ever -e never
must patctl -u alice mint dead -e 2d
must patctl -u alice revoke dead -y
must patctl -u bob mint today -e 12h
must patctl -u bob mint tomorrow -e 2d --not-before 1d
week=$(patctl -u alice --json show week | jq -r .id)

mails 'the first time' 0 2
mail=$(mail_to alice)
is 'the headers are these and no others' "$(headers "$mail")" "$(wanted_headers alice)"
is 'the arguments of sendmail' "$(sort -u "$work/arguments")" '-t -i'
out=$(text "$mail")
out_like 'the one that ends this week, with its ID' "\"week\" \\($week\\)"
out_like 'its end' 'ends [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z, last used never'
out_unlike 'none that ends later, or is dead, or another'"'"'s' '"(month|ever|dead|today|tomorrow)"'
for name in "${hostile[@]}"; do
	ok "$name: as a string within a line" grep -F "  $(jq -Rr tojson <<<"$name") (" "$mail"
done
is 'nothing was executed' "$(find / -xdev -name pwned)" ''
mail=$(mail_to bob)
out=$(text "$mail")
out_like 'bob has two' '"today".*"tomorrow"'

mails 'the second time' 0 0
must patctl -u alice edit week --expires 20h
mails 'when the last day has come' 0 1
out=$(text "$(mail_to alice)")
out_like 'it is told again' '"week"'
out_unlike 'alone' '"Bcc'
mails 'after that' 0 0
must patctl -u bob mint week -e 7d
must patctl -u bob mint more -e 12h
mails 'new ones' 0 1
out=$(text "$(mail_to bob)")
out_unlike 'not those before' '"(today|tomorrow)"'

# What fails is made up for, once.
must patctl -u alice mint late -e 1d
must patctl -u bob mint late -e 1d
touch "$work/fail"
mails 'sendmail fails' 1 0
err_like 'and that is told' 'not mailed.*alice'
rm "$work/fail"
mails 'sendmail works again' 0 2
mails 'all is said' 0 0
must patctl -u bob mint later -e 1d
stop_patd
mails 'without patd' 75 0
start_patd
mails 'with patd again' 0 1

ok 'other steps' env PAT_EXPIRY_DAYS='60 7 1' pat-expiry-mail
out=$(text "$(mail_to alice)")
out_like 'tell of what ends within them' '"month"'
out_unlike 'and not again of others' '"(week|late)"'
exits 'no steps' 2 env PAT_EXPIRY_DAYS='7 soon' pat-expiry-mail

# What is remembered does not pile up.
is 'tokens are remembered' "$(grep -c "$week" /var/lib/pat-expiry-mail/mailed)" 2
is 'by root alone' "$(stat -c '%a %U' /var/lib/pat-expiry-mail/mailed)" '600 root'
must patctl revoke --all -y -u alice
must patctl revoke --all -y -u bob
mails 'all revoked' 0 0
is 'nothing is remembered any more' "$(cat /var/lib/pat-expiry-mail/mailed)" ''

# Even from a patctl gone mad no header comes, no recipient, and no command.
install -m 755 /dev/stdin /usr/local/bin/patctl <<'X'
#!/bin/sh
end=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)
cat <<Y
[{"id":"00000000001","owner":"alice","name":"a\nBcc: mallory@example.com\n.\n","kind":"personal","status":"active","expires":"$end"},
{"id":"00000000002","owner":"alice, mallory@example.com","name":"b","kind":"personal","status":"active","expires":"$end"},
{"id":"00000000003","owner":"bob\nBcc: mallory@example.com","name":"c","kind":"personal","status":"active","expires":"$end"},
{"id":"00000000004","owner":"-bob","name":"c","kind":"personal","status":"active","expires":"$end"},
{"id":"00000000005","owner":"bob","name":"x","kind":"exchanged","status":"active","expires":"$end"},
{"id":"00000000006","owner":"bob","name":"r","kind":"personal","status":"rotated","expires":"$end"}]
Y
X
mails 'strange values' 0 1
is 'the headers are the same' "$(headers "$(mail_to alice)")" "$(wanted_headers alice)"
is 'nobody else is in it' "$(grep -c '^Bcc' "$work"/mail/*)" 0
err_like 'who has no address is told' 'mallory.*mallory'
finish
