#!/bin/bash
# askpass.sh: a real ssh and a real sudo get the token from `patctl askpass`, and nobody else does.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# ssh and sudo want the path of one program; this one also writes down what was asked.
asked=/home/alice/asked
install_askpass() {
	install -m 755 /dev/stdin /usr/local/bin/askpass <<X
#!/bin/sh
printf '%s\n' "\$1" >>$asked
exec patctl askpass "\$1"
X
}

# token_file MODE: its lines are on stdin.
token_file() {
	must install -d -m 700 -o alice -g alice /home/alice/.config /home/alice/.config/pat
	must install -m "$1" -o alice -g alice /dev/stdin /home/alice/.config/pat/token
}

# ssh_as_alice METHOD OPTION...: from alice's account to alice's account.
ssh_as_alice() {
	local method=$1
	shift
	as alice env SSH_ASKPASS=/usr/local/bin/askpass SSH_ASKPASS_REQUIRE=force ssh -F "$work/ssh_config" \
		-o PreferredAuthentications="$method" "$@" alice@localhost id -un
}
sudo_as_alice() { as alice env SUDO_ASKPASS=/usr/local/bin/askpass sudo -k -A "$@"; }
answer() { as alice patctl askpass "$1"; }

install_build
add_accounts alice bob
must usermod -aG sudo alice
use_pam sshd
use_pam sudo
start_patd
start_sshd
install_askpass
minted ssh alice laptop
minted sudo alice root-work --scopes sudo
lines="# for this host
${token[ssh]} alice@localhost alice@build.example.com

${token[sudo]} sudo:alice"
token_file 600 <<<"$lines"

ok 'ssh by password' ssh_as_alice password
is 'logs in' "$out" alice
ok 'ssh by keyboard-interactive' ssh_as_alice keyboard-interactive
is 'logs in' "$out" alice
ok 'sudo -A' sudo_as_alice id -u
is 'runs as root' "$out" 0
ok 'all three have asked' test "$(sort -u "$asked" | wc -l)" = 3

# What it answers, word for word; the daemon is not needed for it.
stop_patd
for prompt in "alice@localhost's password:" "alice@localhost's password: " '(alice@localhost) Password: ' \
	'(alice@localhost) Password or token:' "alice@build.example.com's password: "; do
	ok "answers [$prompt]" answer "$prompt"
	is 'with the token of that place' "$out" "${token[ssh]}"
done
ok 'answers sudo' answer '[sudo] password for alice: '
is 'with the token of that place' "$out" "${token[sudo]}"
for prompt in '' 'Password: ' 'alice@localhost' "bob@localhost's password: " "alice@elsewhere's password: " \
	"malice@localhost's password: " "alice@localhost.example.com's password: " '(alice@elsewhere) Password: ' \
	'[sudo] password for bob: ' '[sudo] password for root: ' "Password for 'https://alice@localhost': " \
	"Username for 'https://localhost': " "Enter passphrase for key '/home/alice/.ssh/id_ed25519': " \
	"The authenticity of host 'localhost' can't be established. (yes/no/[fingerprint])? " \
	"x alice@localhost's password: " "alice@localhost's password: please" \
	$'The host key has changed!\nalice@localhost\'s password: '; do
	exits "refuses [$prompt]" 1 answer "$prompt"
	is 'and prints nothing' "$out" ''
done
exits 'refuses what is no password prompt' 1 as alice env SSH_ASKPASS_PROMPT=confirm patctl askpass \
	"alice@localhost's password: "
exits 'wants one prompt' 2 as alice patctl askpass

# Files that it does not trust.
prompt="alice@localhost's password: "
for mode in 640 604 660 644 620; do
	token_file $mode <<<"$lines"
	exits "a file of mode $mode" 1 answer "$prompt"
	is 'prints nothing' "$out" ''
	err_like 'is told' '/home/alice/\.config/pat/token'
done
token_file 600 <<<"$lines"
ok 'mode 600 again' answer "$prompt"
must chown bob /home/alice/.config/pat/token
exits "another account's file" 1 answer "$prompt"
must chown alice /home/alice/.config/pat/token
must mv /home/alice/.config/pat/token /home/alice/moved
must ln -s /home/alice/moved /home/alice/.config/pat/token
exits 'a symbolic link' 1 answer "$prompt"
must rm /home/alice/.config/pat/token
exits 'no file' 1 answer "$prompt"
must mkfifo -m 600 /home/alice/.config/pat/token
must chown alice /home/alice/.config/pat/token
exits 'a pipe' 1 timeout 10 setpriv --reuid alice --regid alice --init-groups --reset-env patctl askpass "$prompt"
must rm /home/alice/.config/pat/token
token_file 600 <<<"not-a-token alice@localhost
$lines"
exits 'a line that is none' 1 answer "$prompt"
err_unlike 'is not shown' 'not-a-token'
token_file 600 <<<"${token[ssh]}"
exits 'a token without a place' 1 answer "$prompt"
err_unlike 'is not shown' "$(token_secret "${token[ssh]}")"

# A service's credential.
must install -d -m 700 -o alice -g alice /run/credentials
must install -m 400 -o alice -g alice /dev/stdin /run/credentials/pat <<<"$lines"
ok 'a credential' as alice env CREDENTIALS_DIRECTORY=/run/credentials patctl askpass "$prompt"
is 'its token' "$out" "${token[ssh]}"
start_patd

# Real programs that ask for something else.
token_file 600 <<<"$lines"
rm -f "$asked"
exits 'ssh to a host whose key is unknown' 255 ssh_as_alice password -o UserKnownHostsFile=/dev/null \
	-o StrictHostKeyChecking=ask
ok 'it has asked' grep -q 'authenticity of host' "$asked"
rm -f "$asked"
exits 'ssh to another account' 255 ssh_as_alice password -l bob
exits 'sudo for another account' 1 as alice env SUDO_ASKPASS=/usr/local/bin/askpass sudo -k -A \
	-p 'Password for everything: ' id -u

# git hands its prompts for strangers' servers to SSH_ASKPASS. openssl is a server that wants one.
web=$work/web
mkdir -p "$web/repo/info"
printf 'HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n' \
	>"$web/repo/info/refs?service=git-upload-pack"
must openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -keyout "$web/key" -out "$web/cert"
(cd "$web" && exec openssl s_server -quiet -HTTP -accept 4443 -cert cert -key key) &
must within 10 bash -c ': </dev/tcp/127.0.0.1/4443'
rm -f "$asked"
not 'git over https' as alice env SSH_ASKPASS=/usr/local/bin/askpass GIT_TERMINAL_PROMPT=0 \
	git -c http.sslVerify=false ls-remote https://alice@localhost:4443/repo
ok 'git has asked' grep -q '^Password for' "$asked"
err_unlike 'and was given nothing' "$(token_secret "${token[ssh]}")"
finish
