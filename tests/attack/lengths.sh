#!/bin/bash
# lengths.sh: texts of every length, by pamtester, su, sudo and ssh: what is not exactly a token is
# refused, never cut to one, and nothing of it is run by a shell.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

lengths=(0 1 63 64 65 69 70 80 81 100 255 511 512 513 1023 1024 4096 70000)
pad=$(printf '%070000d' 0)

# Each takes the file whose lines are typed, and prints "in" if it was let in. What follows the first
# line is for whoever reads on: a shell that was not to start would run it.
by_libpam() { "$BUILD/tests/pam/login" - generic alice "$1" && echo in; }
by_pamtester() { pamtester generic alice authenticate <"$1" && echo in; }
by_su() { as bob su alice <"$1"; }
by_sudo() { as alice sudo -k -S -p '' sh <"$1"; }
by_ssh() { login_asked alice password,keyboard-interactive "$1" echo in; }
programs='libpam pamtester su sudo ssh'

# type_text NAME TEXT: the file; then what a shell would run.
type_text() { printf '%s\ntouch /tmp/ran.%s\necho in\n' "$2" "$1" >"$work/$1"; }

# refused NAME TEXT, accepted NAME TEXT: by all programs.
refused() {
	local program
	type_text "$1" "$2"
	for program in ${only:-$programs}; do
		later "$program: $1" 1 let_in "$program" "$1"
	done
	((${#laters[@]} < 10)) || gather
}
accepted() {
	local program
	type_text "$1" "$2"
	for program in ${only:-$programs}; do
		later "$program: $1" 0 let_in "$program" "$1"
	done
	((${#laters[@]} < 10)) || gather
}
let_in() { "by_$1" "$work/$2" 2>/dev/null | grep -qx in; }

install_build
add_accounts alice bob
must usermod -aG sudo alice
use_pam sshd
use_pam su
use_pam sudo
use_pam generic
start_syslog
start_patd
start_sshd
chmod 1777 /tmp
minted token alice token --scopes '*'
whole=${token[token]}

accepted token "$whole"
accepted password "${password[alice]}"
gather
for n in "${lengths[@]}"; do
	refused "$n.zeros" "${pad:0:n}"
	((n <= ${#whole})) || refused "$n.token-and-more" "$whole${pad:0:n-${#whole}}"
	((n <= ${#whole})) || refused "$n.more-and-token" "${pad:0:n-${#whole}}$whole"
	((n >= ${#whole})) || refused "$n.of-a-token" "${whole:0:n}"
done
gather

refused blank-before " $whole"
refused blank-behind "$whole "
refused tab-behind "$whole"$'\t'
# sudo and ssh take that for an end of the line.
only='libpam pamtester su' refused return-behind "$whole"$'\r'
refused two-tokens "$whole$whole"
refused token-and-password "$whole${password[alice]}"
refused password-and-token "${password[alice]}$whole"
refused quoted "\"$whole\""
refused upper "${whole^^}"
refused shell "$whole;touch /tmp/ran.shell"
refused substitution "\$(touch /tmp/ran.substitution)"
refused no-break-space "$whole"$'\xc2\xa0'
refused zero-width-space $'\xe2\x80\x8b'"$whole"
refused byte-order-mark $'\xef\xbb\xbf'"$whole"
gather
# Where the reader splits what is too long, each part is refused.
only='pamtester su sudo'
for n in 511 512 1023; do
	refused "$n.then-a-token" "${pad:0:n}$whole"
done
gather

# A NUL in the middle, which a program that reads strings takes for the end.
printf '%s\0%s\n' "${whole:0:40}" "${whole:40}" >"$work/nul"
for program in libpam pamtester su sudo; do
	later "$program: a NUL in the middle" 1 let_in $program nul
done
gather

is 'a shell has run what followed only where the login was one' \
	"$(find /tmp -maxdepth 1 -name 'ran.*' -printf '%f\n' | sort | paste -sd' ')" 'ran.password ran.token'
# A password that is as long as they may be is nobody's business here.
long=${pad:0:500}
chpasswd <<<"alice:$long"
only='libpam su sudo'
accepted 'a password of 500 bytes' "$long"
gather

# --- on a terminal, whose line discipline has the first say ---

install -m 755 /dev/stdin "$work/terminal" <<'X'
#!/usr/bin/expect -f
set timeout 30
log_user 0
set f [open [lindex $argv 0]]
set text [gets $f]
spawn setpriv --reuid alice --regid alice --init-groups --reset-env -- sudo -k -p "Secret: " echo came in
expect "Secret: "
send -- "$text\r"
expect {
	"came in" { puts in }
	"Secret: " { send "\003"; puts out }
	timeout { puts timeout }
	eof { puts out }
}
X
type_text typed "$whole"
is 'sudo on a terminal: a token' "$("$work/terminal" "$work/typed")" in
refusals=("${whole}0" "$whole ${pad:0:20}" "${whole:0:63}" "$whole${pad:0:300}")
for text in "${refusals[@]}"; do
	type_text typed "$text"
	is "sudo on a terminal: ${#text} bytes" "$("$work/terminal" "$work/typed")" out
done
finish
