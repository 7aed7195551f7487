#!/bin/bash
# secrets.sh: what is secret in a token is nowhere but where it has to be.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# watch FILE: appends every process's arguments and environment, over and over.
watch() {
	while :; do
		cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null
		sleep 0.01
	done >"$1"
}

# nowhere NAME PATH...: no token's secret is in the files.
nowhere() {
	local name=$1 found
	shift
	if found=$(grep -r -a -l -F -f "$work/secrets" "$@"); then
		fail "$name" "$found"
	else
		pass "$name"
	fi
}

install_build
add_accounts alice
must usermod -aG sudo alice
use_pam sshd
use_pam sudo
use_pam su
sed -i '/pam_pat\.so/s/$/ debug/' /etc/pam.d/sshd /etc/pam.d/sudo /etc/pam.d/su
start_syslog
patd -F --debug >"$work/patd.out" 2>&1 &
patd=$!
must within 10 patctl status
start_sshd

watch "$work/seen" &
watcher=$!
must env CANARY=canary-in-environment sleep 0.3
minted laptop alice laptop --note 'a note'
minted sudo alice root-work --scopes sudo,su
for method in password keyboard-interactive; do
	ok "$method: the token logs in" login alice $method "${token[laptop]}" 'env; ls -l /proc/self/fd'
	mv "$work/seen" "$work/seen.$method"
done
ok 'sudo with a token' as alice sudo -k -S -p '' id -u <<<"${token[sudo]}"
ok 'su with a token' as alice su alice -c 'id -u' <<<"${token[sudo]}"
ok 'list' as alice patctl list
ok 'show' as alice patctl --json show laptop
ok 'inspect' as alice patctl inspect <<<"${token[laptop]}"
ok 'edit' as alice patctl edit laptop --note 'another' -S <<<"${password[alice]}"
later 'a refused login' 255 login alice password "${token[sudo]}" true
later 'another refused login' 255 login mallory password "${token[laptop]}" true
later 'a refused sudo' 1 as alice sudo -k -S -p '' id -u <<<"${token[laptop]}"
gather
ok 'revoke' as alice patctl revoke root-work -y
kill $watcher
wait $watcher 2>/dev/null

# The secret part, and each half of it: a log that cuts lines is no excuse.
for secret in "$(token_secret "${token[laptop]}")" "$(token_secret "${token[sudo]}")"; do
	printf '%s\n' "$secret" "${secret:0:22}" "${secret:22}"
done >"$work/secrets"

is 'the watch has seen the processes' "$(cat "$work"/seen* | grep -a -c -o 'CANARY=canary-in-environment' |
	sed 's/^[1-9][0-9]*$/yes/')" yes
nowhere 'in no arguments and no environment' "$work"/seen*
is "the log has the token's ID" "$(grep -c "$(token_id "${token[laptop]}")" "$syslog" |
	sed 's/^[1-9][0-9]*$/yes/')" yes
nowhere 'in no log' /var/log "$work/patd.out"
ok "the store has the token's ID" grep -r -a -q "$(token_id "${token[laptop]}")" "$store"
nowhere 'not in the store' "$store"
nowhere 'nowhere in the system' /etc /home /root /run /var/lib/pam_pat /var/log /var/tmp

# Descriptors: a session has the same ones as one that a password opened.
descriptors() {
	login alice password "$1" 'ls -l /proc/self/fd' | sed -nE 's/.* ([0-9]+) -> ([a-z/]+).*/\1 \2/p'
}
is 'a token session has the descriptors of a password session' \
	"$(descriptors "${token[laptop]}")" "$(descriptors "${password[alice]}")"
run login alice password "${token[laptop]}" 'ls -l /proc/self/fd'
out_unlike 'none of them ours' 'pam_pat|patd|mdb'

# Memory: no process of patd can be looked into by its own user, and none leaves a core.
for process in $(patd_processes); do
	is "patd's process $process is not dumpable" "$(stat -c %U "/proc/$process/environ")" root
	is "patd's process $process leaves no core" "$(awk '/^Max core/ { print $5 }' "/proc/$process/limits")" 0
done

# The next modules: they see a password, and no token.
cat >/etc/pam.d/probe <<X
auth [success=ignore default=ignore] $(find /usr/lib -name pam_pat.so -print -quit)
auth required pam_exec.so quiet expose_authtok $work/next-module
account required pam_permit.so
X
install -m 755 /dev/stdin "$work/next-module" <<X
#!/bin/sh
tr -d '\\0' >"$work/authtok"
X
ok 'a password passes the module' pamtester probe alice authenticate <<<'a password'
is 'the next module has it' "$(<"$work/authtok")" 'a password'
# shellcheck disable=SC2024 # the redirection is ours
run pamtester probe alice authenticate <<<"${token[laptop]}"
is 'the next module has no accepted token' "$(<"$work/authtok")" ''
run pamtester probe alice authenticate <<<"${token[sudo]}"
is 'the next module has no refused token' "$(<"$work/authtok")" ''

# A password never reaches patd: no connection is made for it.
sed -i '/pam_exec/d' /etc/pam.d/probe
traced() { strace -f -e trace=connect -o "$work/trace" pamtester probe alice authenticate <<<"$1"; }
run traced "${token[laptop]}"
ok 'a token is asked about' grep -q '/run/pam_pat/' "$work/trace"
run traced 'a password'
not 'a password is not' grep -q '/run/pam_pat/' "$work/trace"
finish
