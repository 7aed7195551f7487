#!/bin/bash
# daemon.sh: the module and the real patd: every row of the return table that an answer decides, with
# patd up, frozen and down. Each stack gives the module's own code to the application.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

auth_err=7 denied=6 unavailable=9 expired=13
# Said by a stack after PAM_IGNORE, and by nothing else here.
ignored=20

raw() {
	local type
	for type in auth account session; do
		echo "$type [ignore=ignore success=done default=die] $BUILD/pam_pat.so timeout=2 $*"
		echo "$type requisite pam_debug.so auth=authtok_err acct=authtok_err open_session=authtok_err"
	done
}

# phases SERVICE USER TEXT: all phases of one handle.
phases() {
	(umask 077 && printf '%s\n' "$3" >"$work/answers")
	run "$BUILD/tests/pam/login" - "$1" "$2" "$work/answers"
}

# refused NAME CODE SERVICE USER TEXT: at authenticate, with the delay, or for $auth_err without.
refused() {
	phases "${@:3}"
	verdict "$1" "$2"
	out_like "$1: in the first phase" "authenticate $2\$"
	if (($2 == auth_err)); then out_unlike "$1: at once" delayed; else out_like "$1: delayed" delayed; fi
}

accepted() {
	phases "${@:2}"
	verdict "$1" 0
	is "$1: in all phases" "$(grep -c ' 0$' <<<"$out")" 5
	out_unlike "$1: at once" delayed
}

install_build
add_accounts alice bob
start_syslog
for service in door gate; do
	raw >"/etc/pam.d/$service"
done
raw debug >/etc/pam.d/verbose
start_patd
minted door alice laptop --scopes door,verbose --expires 3d
minted gate alice other --scopes gate
minted any alice any --scopes '*'
minted short alice short --scopes door --expires 4s
minted revoked alice gone --scopes door
minted bobs bob laptop --scopes door
ok 'revoke a token' as alice patctl revoke gone -y
must within 10 has_expired alice short

accepted 'a token' door alice "${token[door]}"
out_like 'its end is near' 'info: token "laptop" expires in [23] days'
accepted 'a token for every service' gate alice "${token[any]}"
out_unlike 'no end, no warning' expires
refused 'a password' $auth_err door alice "${password[alice]}"
refused 'nothing' $auth_err door alice ''
refused 'a token that misses its end' $auth_err door alice "${token[door]%?}"
phases patctl alice "${token[any]}"
verdict 'for every service, but not to manage tokens' $auth_err
refused 'out of scope' $denied door alice "${token[gate]}"
out_like 'out of scope: told why' 'error: .*other.* not for door'
refused 'expired' $denied door alice "${token[short]}"
out_like 'expired: told why' 'error: .*short.* expired'
refused 'revoked' $denied door alice "${token[revoked]}"
out_like 'revoked: told why' 'error: .*gone.* revoked'
refused "another account's" $denied door alice "${token[bobs]}"
refused 'for an account that is not there' $denied door nobody-knows "${token[door]}"
other=$(forge pat "$(token_id "${token[door]}")" "$(token_secret "${token[bobs]}")")
refused 'a known ID and a wrong secret' $denied door alice "$other"
out_unlike 'a wrong secret: nothing is told' error
refused 'an unknown ID' $denied door alice "$(forge pat AAAAAAAAAAA "$(token_secret "${token[door]}")")"
out_unlike 'an unknown ID: nothing is told' error
refused 'a foreign prefix' $denied door alice \
	"$(forge acme "$(token_id "${token[door]}")" "$(token_secret "${token[door]}")")"

# Between the phases.
cat >/etc/pam.d/between <<X
auth [ignore=ignore success=1 default=die] $BUILD/pam_pat.so
auth requisite pam_deny.so
auth required pam_exec.so quiet /usr/bin/patctl -u alice revoke any -y
account required $BUILD/pam_pat.so
account required pam_permit.so
session required pam_permit.so
X
phases between alice "${token[any]}"
verdict 'revoked between authenticate and account' $expired
out_like 'was accepted at first' 'authenticate 0'
out_like 'told why' 'error: .*any.* revoked'
printf 'account [ignore=ignore success=done default=die] %s\naccount requisite pam_debug.so acct=authtok_err\n' \
	"$BUILD/pam_pat.so" >/etc/pam.d/key
echo 'auth required pam_permit.so' >>/etc/pam.d/key
phases key alice ''
verdict 'account without a token' $ignored

# Frozen, then away.
mapfile -t processes < <(pgrep -x 'patd|patd-store|patd-names')
must kill -STOP "${processes[@]}"
refused 'patd frozen' $unavailable door alice "${token[door]}"
refused 'patd frozen: a password' $auth_err door alice "${password[alice]}"
must kill -CONT "${processes[@]}"
accepted 'patd thawed' door alice "${token[door]}"
stop_patd
refused 'patd stopped' $unavailable door alice "${token[door]}"
refused 'patd stopped: a password' $auth_err door alice "${password[alice]}"
start_patd
accepted 'patd started' verbose alice "${token[door]}"

# What stands in the log.
log=$(<"$syslog")
id=$(token_id "${token[door]}")
like 'log: accepted' "pam_pat\(door:auth\): token accepted: user=alice id=$id name=\"laptop\""$'\n' "$log"
like 'log: refused' "pam_pat\(door:auth\): token refused: user=alice id=$(token_id "${token[short]}") reason=expired"$'\n' "$log"
like 'log: not checked, frozen' "pam_pat\(door:auth\): token not checked: user=alice id=$id reason=timeout"$'\n' "$log"
like 'log: not checked, stopped' "pam_pat\(door:auth\): token not checked: user=alice id=$id reason=unavailable"$'\n' "$log"
like 'log: account' "pam_pat\(between:account\): token refused: user=alice id=[0-9A-Za-z]+ name=\"any\" reason=revoked"$'\n' "$log"
for name in "${!token[@]}"; do
	is "no secret in the log: $name" "$(grep -cF "$(token_secret "${token[$name]}")" "$syslog")" 0
done
finish
