#!/bin/bash
# service_account.sh: accounts that nobody logs in to by a password: others hold their tokens, within a
# ceiling that binds everyone.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
password[carol]='carol: pass' password[dave]=dave

# manage USER ARGUMENT...: patctl about deploy, as USER, who would answer a prompt.
manage() { as "$1" patctl -u deploy "${@:2}" <<<"${password[$1]}"; }

# give KEY USER NAME [OPTION...]: a token of deploy, minted by USER, into ${token[KEY]}.
give() {
	must manage "$2" mint "$3" -S "${@:4}"
	token[$1]=$out
}

sections() {
	printf '%s\n' 'account "deploy" {' 'managers = {"alice", "@ops"}' "$@" '}' \
		'account "build" { managers = {"alice"} }'
}

sftp_login() {
	sshpass -d 3 sftp -q -F "$work/ssh_config" -o PubkeyAuthentication=no deploy@localhost 3<<<"$1" <<<pwd
}
su_build() { as bob su build -c 'id -un' <<<"$1"; }

install_build
add_accounts alice bob carol dave
must groupadd ops
must usermod -aG ops carol
must useradd --create-home --shell /usr/sbin/nologin deploy
must useradd --create-home --shell /bin/bash build
is 'deploy has no password' "$(getent shadow deploy | cut -d: -f2)" '!'
use_pam sshd
use_pam su
use_pam generic web
use_pam generic other
start_patd
sshd_lines=('Subsystem sftp internal-sftp' 'Match User deploy' 'ForceCommand internal-sftp' 'Match all')
start_sshd

# Before it is a service account, only root mints for it.
exits 'not its manager yet' 4 manage alice mint early -S
must patctl -u deploy mint personal --scopes sshd,web,other
token[personal]=$out
like 'root mints a personal token' '^pat_' "$out"
reconfigure < <(sections 'scopes = {"sshd", "web"}' 'max_lifetime = "90d"' 'default_lifetime = "30d"')

# Managers, by name and by group, prove to be themselves.
ok 'a manager mints' manage alice --json mint ci -S
json 'a token of the account' '.owner == "deploy" and .created_by == "alice" and .kind == "service" and
	(.token | startswith("pats_")) and .scopes == ["sshd", "web"]'
json 'with the lifetime of the account' '(.expires | fromdate) - (.created | fromdate) | . >= 30 * 86400 - 2 and . <= 30 * 86400'
token[ci]=$(jq -r .token <<<"$out")
give group carol by-group --scopes web
like 'a manager by group mints' '^pats_[0-9A-Za-z]{60}$' "${token[group]}"
later 'a wrong password' 4 as alice patctl -u deploy mint no -S <<<wrong
exits 'no terminal, no -S' 4 as alice patctl -u deploy mint no
for user in bob dave; do
	exits "$user: mint" 4 manage "$user" mint no -S
	exits "$user: list" 4 manage "$user" list
	exits "$user: policy" 4 manage "$user" policy
	exits "$user: show by name" 4 manage "$user" show ci
	exits "$user: revoke by name" 4 manage "$user" revoke ci -y
	exits "$user: revoke --all" 4 manage "$user" revoke --all -y
	exits "$user: show by ID" 3 as "$user" patctl show "$(token_id "${token[ci]}")"
	exits "$user: revoke by ID" 3 as "$user" patctl revoke "$(token_id "${token[ci]}")" -y
done
exits "no manager of root's" 4 as alice patctl -u root list
exits "no manager of bob's" 4 as alice patctl -u bob list
ok 'the account itself lists' as deploy patctl --json list
json 'its tokens' 'map(.name) == ["personal", "ci", "by-group"]'
exits 'it mints nothing: it has no password' 4 as deploy patctl mint own -S <<<x
err_like 'and is told so' 'deploy has no password here'
gather
is 'nothing was minted by all that' "$(patctl -u deploy --json list | jq length)" 3

ok 'a manager lists' manage carol --json list
json 'its tokens' 'map(.name) == ["personal", "ci", "by-group"]'
ok 'a manager shows by ID' as carol patctl --json show "$(token_id "${token[ci]}")"
ok 'a manager edits' manage carol edit ci --note 'for the pipeline' -S
ok 'a manager sees the policy' manage alice --json policy
json 'of the account' '.account == "deploy" and .kind == "service" and .scopes == ["sshd", "web"] and
	.max_lifetime == "90d" and .default_lifetime == "30d" and .may_mint == "re-authenticated"'
ok 'accounts, of a manager' as alice patctl accounts
out_like 'a table' '^NAME +SCOPES'
out_like 'of accounts and their ceilings' 'deploy +sshd,web'
ok 'accounts --json, of a manager by group' as carol patctl --json accounts
json 'one' '. == [{"name": "deploy", "scopes": ["sshd", "web"]}]'
ok 'accounts --json, of root' patctl --json accounts
json 'all' 'map(.name) | sort == ["build", "deploy"]'
ok 'accounts --json, of others' as bob patctl --json accounts
json 'none' '. == []'

# Their tokens open what they are for, without a password or a shell.
ok 'sftp by token, to an account without a shell' sftp_login "${token[ci]}"
out_like 'in its home' '/home/deploy'
ok 'a service by token' pam_login web deploy "${token[ci]}"
exits 'not as its manager' 6 pam_login web alice "${token[ci]}"
must as alice patctl -u build mint shell -S --scopes sshd <<<"${password[alice]}"
ok 'ssh by token, to an account without a password' login build keyboard-interactive "$out" id -un
is 'as that account' "$out" build

# The ceiling binds everyone, and what was minted before there was one.
for scopes in sudo 'sshd,sudo' '*'; do
	exits "a manager mints no $scopes" 1 manage alice mint no -S --scopes "$scopes"
	err_like 'and is told the ceiling' 'for sshd,web only'
	exits "root mints no $scopes" 1 patctl -u deploy mint no --scopes "$scopes"
done
exits 'nor a longer life' 1 manage alice mint no -S --expires 91d
exits 'root neither' 1 patctl -u deploy mint no --expires never
ok 'a personal token from before: inside' pam_login web deploy "${token[personal]}"
exits 'a personal token from before: outside' 6 pam_login other deploy "${token[personal]}"
out_like 'its holder is told' 'token "personal" is of a service account that is for sshd,web only \(account "deploy"\)'
reconfigure < <(sections 'scopes = {"web"}')
ok 'a narrower ceiling: inside' pam_login web deploy "${token[ci]}"
exits 'a narrower ceiling: outside, at once' 6 pam_login sshd deploy "${token[ci]}"
is 'it is still good for something' "$(status_of -u deploy ci)" active
ok 'revoke it' manage alice revoke ci -y
ok 'show it' manage carol --json show ci
json 'by whom' '.status == "revoked" and .revoked.by == "alice"'
exits 'revoked' 6 pam_login web deploy "${token[ci]}"
reconfigure < <(sections 'scopes = {"other"}')
is 'nothing is left of its scopes' "$(status_of -u deploy by-group)" disallowed
exits 'no manager restores it' 1 manage alice restore ci -S
exits 'nor root' 1 patctl -u deploy restore ci
reconfigure < <(sections 'scopes = {"web"}')
later 'restored with a wrong password' 4 as carol patctl -u deploy restore ci -S <<<wrong
exits 'a stranger restores it not' 4 manage bob restore ci -S
gather
ok 'another manager restores it' manage carol restore ci -S
ok 'and it works' pam_login web deploy "${token[ci]}"
ok 'root revokes' patctl -u deploy revoke ci -y
exits 'no manager undoes that' 4 manage alice restore ci -S
ok 'a manager deletes it' manage alice delete ci -y
exits 'it is gone' 6 pam_login web deploy "${token[ci]}"

reconfigure < <(sections)
ok 'without scopes' patctl -u deploy --json policy
json 'default_scopes are the ceiling' '.scopes == ["sshd"] and .default_scopes == ["sshd"]'
exits 'and bind' 1 manage alice mint no -S --scopes web
exits 'tokens too' 6 pam_login web deploy "${token[group]}"

# Who manages is asked each time.
exits 'dave is no manager' 4 manage dave list
must usermod -aG ops dave
ok 'in the group he is' within 5 manage dave list
must gpasswd -d carol ops
gone() { ! manage "$@"; }
ok 'out of the group she is not' within 5 gone carol list
exits 'any more' 4 manage carol mint no -S
reconfigure <<<'account "build" { managers = {"alice"} }'
exits 'the section is gone, and with it its managers' 4 manage alice list
ok 'the token is there' patctl -u deploy show by-group
ok 'revoke --all' patctl -u deploy revoke --all -y
exits 'no token works' 6 pam_login web deploy "${token[group]}"
finish
