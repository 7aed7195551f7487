#!/bin/bash
# sessions_systemd.sh: sessions and their end by `revoke --kill` under a real systemd as process 1, with
# logind, and with patd in its unit.
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

[[ -e /proc/self/sessionid ]] || skip "this kernel keeps no audit sessions"

# "NAME SERVICE" of each session, sorted, on one line.
sessions() { patctl --json sessions -a | jq -r '.[] | "\(.name) \(.service)"' | sort | paste -sd,; }
sessions_are() { [[ $(sessions) == "$1" ]]; }
stay() {
	login "$1" "$2" "$3" "${4:-} exec sleep 1000" >"$work/stay.out" 2>&1 &
}
runs() { pgrep -u "$1" -f "$2"; }
none_of() { ! runs "$@"; }
logind_sessions() { loginctl list-sessions --no-legend | awk '$3 == "alice"' | wc -l; }
logind_has() { (($(logind_sessions) == $1)); }
# The scope that logind put the opener of the first session told into.
scope() { sed -n 's|.*/\(session-[^/]*\.scope\)$|\1|p' "/proc/$(patctl --json sessions -a | jq '.[0].pid')/cgroup"; }
gone_unit() { [[ $(systemctl is-active "$1") != active ]]; }

must systemd-sysusers
must systemd-tmpfiles --create --prefix=/run/pam_pat --prefix=/var/lib/pam_pat
must systemctl daemon-reload
must systemctl enable --now patd.socket patd-root.socket
must systemctl start systemd-logind.service
add_accounts alice bob
use_pam sshd
start_sshd
minted laptop alice laptop

install -m 755 /dev/stdin /home/alice/burrow <<'X'
#!/bin/bash
# Processes that try to outlive their login; the last one leaves it, as its user may.
nohup sleep 901 >/dev/null 2>&1 &
setsid sleep 902 >/dev/null 2>&1 </dev/null &
(setsid bash -c '(trap "" TERM HUP INT; exec sleep 903) & exit' >/dev/null 2>&1 </dev/null &)
XDG_RUNTIME_DIR=/run/user/$(id -u) systemd-run --user --quiet sleep 904
X

# What logind's command is given is seen on its way.
must mv /usr/bin/loginctl /usr/bin/loginctl.real
install -m 755 /dev/stdin /usr/bin/loginctl <<'X'
#!/bin/bash -p
if [[ $1 == terminate-session ]]; then
	{
		echo "$@"
		tr '\0' '\n' </proc/$$/environ | sort
		echo "uid $EUID, sockets $(find /proc/$$/fd -lname 'socket:*' -name '[!12]' | wc -l)"
	} >/run/loginctl 2>/dev/null
fi
exec /usr/bin/loginctl.real "$@"
X

burrowed() { for n in 901 902 903 904; do runs alice "^[^ ]*sleep $n" || return 1; done; }

# round METHOD: a token's login that digs itself in, beside one by password; then the token is revoked.
round() {
	local method=$1 unit
	stay alice password "${password[alice]}" 'sleep 700 & echo in;'
	must within 20 grep -q in "$work/stay.out"
	stay alice "$method" "${token[laptop]}" '/home/alice/burrow;'
	ok "$method: the session is told" within 20 sessions_are 'laptop sshd'
	must within 20 burrowed
	ok "$method: logind has both" within 20 logind_has 2
	unit=$(scope)
	like "$method: the opener is in its scope" '^session-.+\.scope$' "$unit"
	is "$method: which is active" "$(systemctl is-active "$unit")" active
	ok "$method: revoke --kill" as alice patctl revoke laptop --kill -y
	out_like "$method: it is told" 'ended$'
	err_like "$method: what has left the session is told" "runs on.* $(runs alice '^[^ ]*sleep 904') \(sleep\)"
	for n in 901 902 903; do
		ok "$method: nothing is left of it: $n" none_of alice "^[^ ]*sleep $n"
	done
	ok "$method: what has left it is left alone" runs alice '^[^ ]*sleep 904'
	ok "$method: the scope is gone" within 20 gone_unit "$unit"
	is "$method: logind was told to end it, with nothing of ours" "$(cat /run/loginctl)" \
		"terminate-session ${unit:8:-6}
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
uid 0, sockets 0"
	ok "$method: logind has the other one still" within 20 logind_has 1
	ok "$method: which goes on" runs alice '^sleep 700'
	is "$method: no token's session is left" "$(sessions)" ''
	pkill -f "^ssh -F $work/ssh_config"
	pkill -u alice -x sleep
	must within 20 logind_has 0
}

for method in password keyboard-interactive; do
	round $method
	must patctl restore -u alice laptop
done

# Where /proc shows everybody their own processes only, and root no others: the unit has its own.
mount -o remount,hidepid=2,gid=4 /proc
not 'hidden: it does' as alice test -e /proc/1/stat
round password
mount -o remount,hidepid=0 /proc

unlike 'nothing was too much for patd' 'process (ended|ends|is gone)' "$(journalctl -u patd.service)"
like 'the end is in the journal' 'session_killed .*reason="ended"' "$(journalctl -u patd.service)$(journalctl -t patd)"
finish
