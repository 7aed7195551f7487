#!/bin/bash
# bindkey.sh: tokens that are worth nothing without an SSH key, over a real sshd that asks for both.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

fingerprint() { ssh-keygen -l -f "$work/keys/$1" | cut -d' ' -f2; }

# both KEY SECRET [COMMAND...]: a login of alice that proves a key, then answers a prompt.
both() {
	local key=$1 secret=$2
	shift 2
	sshpass -d 3 ssh -F "$work/ssh_config" -o IdentityFile="$work/keys/$key" \
		-o PreferredAuthentications=publickey,keyboard-interactive,password alice@localhost "$@" 3<<<"$secret"
}

# restart_sshd METHODS [LINE...]
restart_sshd() {
	[[ ! $sshd ]] || stop_sshd
	sshd_lines=("AuthenticationMethods $1" "TrustedUserCAKeys $work/keys/ca.pub" "${@:2}")
	start_sshd
}

# refused_for NAME REASONS: why tokens were refused since the last such question, each with its number.
refused_before=0
refused_for() {
	local reasons
	mapfile -t reasons < <(sed -nE 's/.*token refused:.* reason=([a-z_]+).*/\1/p' "$syslog")
	is "$1" "$(printf "%s\n" "${reasons[@]:refused_before}" | sed "/^$/d" | sort | uniq -c | xargs)" "$2"
	refused_before=${#reasons[@]}
}

install_build
add_accounts alice bob
use_pam sshd
start_syslog
start_patd
mkdir "$work/keys"
chmod 755 "$work"
for type in ed25519 rsa ecdsa; do
	must ssh-keygen -q -t "$type" -N '' -f "$work/keys/$type"
done
must ssh-keygen -q -t ed25519 -N '' -f "$work/keys/other"
must ssh-keygen -q -t ed25519 -N '' -f "$work/keys/ca"
must ssh-keygen -q -t ed25519 -N '' -f "$work/keys/cert"
must ssh-keygen -q -s "$work/keys/ca" -I alice -n alice "$work/keys/cert.pub"
install -d -m 700 -o alice -g alice /home/alice/.ssh
cat "$work"/keys/{ed25519,rsa,ecdsa,other}.pub |
	install -m 600 -o alice -g alice /dev/stdin /home/alice/.ssh/authorized_keys

for key in ed25519 rsa ecdsa cert ca; do
	minted "$key" alice "$key" --bind-key "$(fingerprint "$key")"
done
minted free alice free
ok 'show' as alice patctl --json show rsa
json 'the fingerprint, as ssh-keygen prints it' ".bind_key == \"$(fingerprint rsa)\""
ok 'list' as alice patctl --json list --columns name,bind-key
json 'who has one' '[.[] | select(.bind_key)] | length == 5'
for fpr in '' SHA256: "$(fingerprint rsa)=" "$(fingerprint rsa | tr '[:upper:]' '[:lower:]')" \
	"$(ssh-keygen -l -E md5 -f "$work/keys/rsa" | cut -d' ' -f2)" "$(<"$work/keys/ed25519.pub")"; do
	exits "mint refuses --bind-key $(printf %.20q "$fpr")" 2 patctl -u alice mint no --bind-key "$fpr"
	err_like 'and tells the form' 'SHA256:'
done

# Nothing besides AuthenticationMethods is needed in sshd_config: SSH_AUTH_INFO_0 is in the PAM
# environment of keyboard-interactive whether or not ExposeAuthInfo is set.
restart_sshd publickey,keyboard-interactive
for key in ed25519 rsa ecdsa cert; do
	ok "$key: key and token" both "$key" "${token[$key]}" 'id -un; env'
	out_like "$key: opened by the token" "PAT_NAME=$key"
done
ok 'a token without the restriction' both other "${token[free]}" true
ok 'the password' both rsa "${password[alice]}" true

later 'another key and the token' 255 both other "${token[ed25519]}" true
later "the token of another key" 255 both rsa "${token[ecdsa]}" true
later 'another type of key' 255 both ed25519 "${token[rsa]}" true
later "the certificate's authority is not the key" 255 both cert "${token[ca]}" true
later 'a key and the token of the certificate' 255 both other "${token[cert]}" true
gather
refused_for 'refused for that reason' '5 key_not_proved'
later 'the token alone' 255 login alice keyboard-interactive "${token[ed25519]}" true
later 'the token alone, as a password' 255 login alice password "${token[ed25519]}" true
later 'the key alone' 255 both ed25519 '' true
gather
refused_for 'sshd did not even ask for the token' ''

# Without keys before it, the token says what it lacks.
restart_sshd any
later 'any: the token alone' 255 login alice keyboard-interactive "${token[ed25519]}" true
later 'any: the token alone, as a password' 255 login alice password "${token[ed25519]}" true
gather
refused_for 'any: refused for that reason' '2 key_not_proved'

# Here sshd tells PAM of the keys only after it has asked for the password.
restart_sshd publickey,password
ok 'publickey,password: a token without the restriction' both rsa "${token[free]}" true
exits 'publickey,password: key and token' 255 both ed25519 "${token[ed25519]}" true
refused_for 'publickey,password: refused for that reason' '1 key_not_proved'
exits 'explain tells what it takes' 1 patctl -u alice explain ed25519 --service sshd
out_like 'AuthenticationMethods is named' 'sshd told of none: it takes AuthenticationMethods publickey,keyboard-interactive'

# ExposeAuthInfo changes nothing, and two keys are both proved.
restart_sshd publickey,publickey,keyboard-interactive 'ExposeAuthInfo yes'
two_keys() {
	sshpass -d 3 ssh -F "$work/ssh_config" -o IdentityFile="$work/keys/other" -o IdentityFile="$work/keys/rsa" \
		-o PreferredAuthentications=publickey,keyboard-interactive alice@localhost true 3<<<"$1"
}
ok 'two keys, the token of the second' two_keys "${token[rsa]}"
exits 'two keys, the token of neither' 255 two_keys "${token[ecdsa]}"

# Only root's sshd is believed: its words are worth nothing elsewhere.
use_pam generic web
info="publickey $(cut -d' ' -f1,2 "$work/keys/ed25519.pub")"
told() { pamtester -E SSH_AUTH_INFO_0="$info" "$1" alice authenticate <<<"$2"; }
minted wide alice wide --scopes '*' --bind-key "$(fingerprint ed25519)"
ok "root's sshd is believed" told sshd "${token[wide]}"
later 'another service is not' 1 told web "${token[wide]}"
later "not the owner's own program either" 1 as alice pamtester -E SSH_AUTH_INFO_0="$info" sshd alice \
	authenticate < <(echo "${token[wide]}")
info="password $info"
later 'a key inside another line' 1 told sshd "${token[wide]}"
info="publickey $(printf '%05000d' 0)"
later 'more than a packet can hold' 1 told sshd "${token[wide]}"
gather
finish
