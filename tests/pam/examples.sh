#!/bin/bash
# examples.sh: the shipped PAM files do what examples/README.md says of them, with real accounts: the
# one by which people prove themselves to patctl above all, which must fail closed.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# phases SERVICE USER TEXT...: the phases of one handle; a TEXT answers a prompt.
phases() {
	(umask 077 && printf '%s\n' "${@:3}" >"$work/answers")
	run "$BUILD/tests/pam/login" - "$1" "$2" "$work/answers"
}

# lets_in NAME SERVICE USER TEXT...: authenticate and account say yes; of one prompt.
lets_in() {
	phases "${@:2}"
	like "$1" $'authenticate 0\n(.*\n)*account 0' "$out"
	is "$1: asked once" "$(grep -c '^prompt' <<<"$out")" 1
}

# keeps_out NAME PHASE SERVICE USER TEXT...: PHASE says no.
keeps_out() {
	phases "${@:3}"
	like "$1" "$2 [1-9]" "$out"
	unlike "$1: not let in" 'account 0' "$out"
}

# The lines of a shipped file without comments.
lines() { grep -vE '^(#|$)' "$top/examples/pam.d/$1"; }

install_build
add_accounts alice bob
must useradd --create-home carol # has no password
must useradd --create-home dora  # an empty one
must passwd -d dora
services=(sshd sshd-tokens-only sudo su generic)
for service in "${services[@]}"; do
	use_pam "$service"
done
must cmp "$top/examples/pam.d/patctl" /etc/pam.d/patctl
start_patd
minted any alice any --scopes '*'
minted gone alice gone --scopes '*'
ok 'revoke a token' as alice patctl revoke gone -y

for service in "${services[@]}"; do
	if [[ $service == su ]]; then
		continue # as root, pam_rootok lets in: see tests/system/su.sh
	fi
	lets_in "$service: a token" "$service" alice "${token[any]}"
	keeps_out "$service: a revoked token" authenticate "$service" alice "${token[gone]}"
	is "$service: a revoked token ends it, nothing else is asked" "$(grep -c '^prompt' <<<"$out")" 1
	keeps_out "$service: a wrong password" authenticate "$service" alice wrong
	keeps_out "$service: another account's token" authenticate "$service" bob "${token[any]}"
	keeps_out "$service: an account without a password" authenticate "$service" carol anything
	keeps_out "$service: an account that is not there" authenticate "$service" nobody-knows anything
	if [[ $service == sshd-tokens-only ]]; then
		keeps_out "$service: the password" authenticate "$service" alice "${password[alice]}"
		out_like "$service: no token, the same delay" delayed
		keeps_out "$service: an empty password" authenticate "$service" dora ''
	else
		lets_in "$service: the password" "$service" alice "${password[alice]}"
	fi
done

# --- patctl ---

lets_in 'patctl: the password' patctl alice "${password[alice]}"
keeps_out 'patctl: a wrong password' authenticate patctl alice wrong
keeps_out 'patctl: a token' authenticate patctl alice "${token[any]}"
keeps_out 'patctl: nothing' authenticate patctl alice ''
keeps_out 'patctl: nobody answers' authenticate patctl alice
keeps_out 'patctl: an empty password proves nothing' authenticate patctl dora ''
keeps_out 'patctl: an account without a password' authenticate patctl carol ''
keeps_out 'patctl: root by being root' authenticate patctl root wrong
keeps_out 'patctl: an account that is not there' authenticate patctl nobody-knows anything
is 'patctl: no pam_rootok, no pam_pat, no nullok, no include' \
	"$(lines patctl | grep -cE 'rootok|pam_pat|nullok|include')" 0
is 'patctl: each type ends in pam_deny' "$(lines patctl | awk '{ sub(/^-/, "", $1); last[$1] = $0 }
	END { for (type in last) n += last[type] ~ /requisite +pam_deny\.so$/; print n }')" 4
must chage -d 0 alice
keeps_out 'patctl: a password that must be changed' account patctl alice "${password[alice]}"
must chage -d 20000 -M 1 alice
keeps_out 'patctl: a password that is too old' account patctl alice "${password[alice]}"
must chage -M 99999 alice
must chage -E 1 alice
keeps_out 'patctl: an expired account' account patctl alice "${password[alice]}"
must chage -E -1 alice
must usermod -L alice
keeps_out 'patctl: a locked account' authenticate patctl alice "${password[alice]}"
must usermod -U alice
lets_in 'patctl: and the password again' patctl alice "${password[alice]}"
must cp /etc/passwd "$work/passwd"
must sed -i '/^alice:/d' /etc/passwd
keeps_out 'patctl: an account that has gone' authenticate patctl alice "${password[alice]}"
must cp "$work/passwd" /etc/passwd

# --- the module gone, or its line wrong: passwords go on, nothing opens ---

module=$(find /usr/lib /lib -name pam_pat.so -path '*security*' -print -quit)
must mv "$module" "$work/pam_pat.so"
for service in sshd sudo generic; do
	lets_in "$service, no module: the password" "$service" alice "${password[alice]}"
	keeps_out "$service, no module: a token" authenticate "$service" alice "${token[any]}"
done
keeps_out 'tokens only, no module: the password' authenticate sshd-tokens-only alice "${password[alice]}"
must mv "$work/pam_pat.so" "$module"
for service in sshd sshd-tokens-only sudo generic; do
	must sed -i '/pam_pat\.so/s/$/ nonsense/' "/etc/pam.d/$service"
	keeps_out "$service, a wrong argument: a token" authenticate "$service" alice "${token[any]}"
done
for service in sshd sudo generic; do
	lets_in "$service, a wrong argument: the password" "$service" alice "${password[alice]}"
done

# --- what the shipped lines are ---

auth='auth [success=done perm_denied=die authinfo_unavail=die default=ignore] pam_pat.so'
rest='[success=ok ignore=ignore module_unknown=ignore default=bad] pam_pat.so'
for service in sshd sudo su generic; do
	is "$service: pam_pat's lines" "$(lines $service | grep pam_pat | tr -s ' ' | sort)" \
		"$(printf '%s\n' "$auth" "account $rest" "session $rest" | sort)"
done

must ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
ok 'sshd takes the shipped keywords' /usr/sbin/sshd -T -h "$work/host_key" \
	-f "$top/examples/sshd_config.d/pam_pat.conf"
out_like 'UsePAM' 'usepam yes'
out_like 'keyboard-interactive' 'kbdinteractiveauthentication yes'
finish
