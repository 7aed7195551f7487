#!/bin/bash
# faillock.sh: refused tokens are no failed passwords: a job with an expired token does not lock its
# owner out, in a stack in which three failures do.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

install_build
add_accounts alice
start_patd

# The shipped line for pam_pat, between faillock's two.
{
	echo 'auth required pam_faillock.so preauth deny=3 unlock_time=600'
	grep -E '^auth.*pam_pat\.so' "$top/examples/pam.d/sshd"
	echo 'auth [success=1 default=bad] pam_unix.so'
	echo 'auth [default=die] pam_faillock.so authfail deny=3 unlock_time=600'
	echo 'auth required pam_permit.so'
	echo 'account required pam_faillock.so'
	grep -E '^account.*pam_pat\.so' "$top/examples/pam.d/sshd"
	echo 'account required pam_unix.so'
	echo 'session required pam_permit.so'
} >/etc/pam.d/sshd
is 'pam_pat is in the stack' "$(grep -c 'pam_pat\.so' /etc/pam.d/sshd)" 2
start_sshd

minted expired alice job --expires 5s
minted good alice laptop
must within 20 has_expired alice job
for n in {1..5}; do
	later "expired token, by password, $n" 255 login alice password "${token[expired]}" true
	later "expired token, by keyboard-interactive, $n" 255 login alice keyboard-interactive "${token[expired]}" true
done
gather
ok 'then the right password' login alice password "${password[alice]}" true
ok 'and by keyboard-interactive' login alice keyboard-interactive "${password[alice]}" true
ok 'and a good token' login alice password "${token[good]}" true
run faillock --user alice
out_unlike 'faillock has counted nothing' ' V$'

# With patd away a token is refused too, and not counted either.
stop_patd
for n in 1 2 3 4; do
	later "patd stopped: a token, $n" 255 login alice password "${token[good]}" true
done
gather
ok 'then the right password again' login alice password "${password[alice]}" true

# The same stack does lock on wrong passwords: so the checks above say something.
for n in 1 2 3; do
	later "wrong password $n" 255 login alice password wrong true
done
gather
exits 'three wrong passwords lock' 255 login alice password "${password[alice]}" true
finish
