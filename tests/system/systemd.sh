#!/bin/bash
# systemd.sh: the units under a real systemd as process 1: activation by a login, restart, reload, stop.
if [[ ! ${PAT_SANDBOX:-} ]]; then
	# shellcheck source=tests/lib/common.sh
	. "$(dirname "$0")/../lib/common.sh"
	run make --no-print-directory -C "$top" BUILD="$BUILD" PREFIX=/usr DESTDIR="$work/layer" -o all install
	((status == 0)) || fail 'make install DESTDIR' "$out" "$err"
	finished=yes # the counting is done in there
	"$top/tests/lib/systemd" "$work/layer" "$(realpath "$0")"
	exit
fi
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

main_pid() { systemctl show -P MainPID patd.service; }
token_login() { login alice password "${token[laptop]}" true; }
# Is patd up again, with another main process than before?
renewed() {
	systemctl -q is-active patd.service && [[ $(main_pid) != "$1" ]] && patctl status
}

ok 'the units are right' systemd-analyze verify --man=no /usr/lib/systemd/system/patd.service \
	/usr/lib/systemd/system/patd.socket /usr/lib/systemd/system/patd-root.socket
is 'and nothing is said of them' "$err" ''
must systemd-sysusers
must systemd-tmpfiles --create --prefix=/run/pam_pat --prefix=/var/lib/pam_pat
is 'the state directory' "$(stat -c '%a %U:%G' "$store")" '700 patd:patd'
must systemctl daemon-reload
ok 'enable the sockets' systemctl enable --now patd.socket patd-root.socket
is "everyone's socket" "$(stat -c '%a %U %F' /run/pam_pat/patd.sock)" '666 root socket'
is "root's socket" "$(stat -c '%a %U %F' /run/pam_pat/root.sock)" '600 root socket'
add_accounts alice
use_pam sshd
start_sshd

exits 'nothing runs yet' 3 systemctl is-active patd.service
minted laptop alice laptop
ok "alice's mint has started it" systemctl is-active patd.service
exits 'a wrong password mints nothing under systemd either' 4 as alice patctl mint no -S <<<wrong
ok 'stop the service' systemctl stop patd.service
is 'no process of it stays' "$(patd_processes)" ''
ok 'a login by token' token_login
ok 'has started it' systemctl is-active patd.service
is 'all of it' "$(patd_kinds)" 'patd patd-names patd-store'

pid=$(main_pid)
must kill -KILL "$pid"
ok 'killed: it is started again' within 20 renewed "$pid"
ok 'killed: the token works' token_login
pid=$(main_pid)
must pkill -KILL -x patd-store
ok 'the store process killed: there is another' within 20 patctl status
ok 'the store process killed: the token works' token_login

echo 'max_tokens = 1' | configure
ok 'reload' systemctl reload patd.service
not 'reload: the new limit counts' mint alice second
echo 'max_tokens = 10' | configure
ok 'reload again' systemctl reload patd.service
ok 'reload: the limit is gone' within 10 mint alice second
echo 'deny_users = {"alice"}' | configure
ok 'reload: today no token of hers' systemctl reload patd.service
ok 'reload: the token is disallowed' within 10 has_status disallowed -u alice laptop
exits 'reload: and refused' 255 token_login
echo 'max_tokens = 10' | configure
ok 'reload: she may have tokens' systemctl reload patd.service
ok 'reload: the token is active' within 10 has_status active -u alice laptop
echo 'max_tokens = many' | configure
systemctl reload patd.service
ok 'a bad reload is told' within 10 bash -c "journalctl -u patd.service | grep -q '$config:1'"
ok 'a bad reload changes nothing' token_login

# With a bad configuration it cannot start; when that is mended it comes back by itself.
systemctl restart patd.service 2>/dev/null
exits 'a bad configuration: the token is refused' 255 token_login
ok 'a bad configuration: the password works' login alice password "${password[alice]}" true
must rm "$config"
ok 'mended: it is back by itself' within 20 patctl status
ok 'mended: the token works' token_login

ok 'stop all of it' systemctl stop patd.socket patd-root.socket patd.service
is 'no process of it stays' "$(patd_processes)" ''
is 'no socket stays' "$(ls /run/pam_pat)" ''
later 'stopped: the token is refused' 255 token_login
later 'stopped: the password works' 0 login alice password "${password[alice]}" true
gather
ok 'enable it by the service' systemctl enable patd.service
ok 'start the sockets' systemctl start patd.socket patd-root.socket
ok 'the token works again' token_login
like 'the journal has the login' "token accepted: user=alice id=$(token_id "${token[laptop]}")" \
	"$(journalctl -t sshd)"
unlike 'and not the secret' "$(token_secret "${token[laptop]}")" "$(journalctl)"
finish
