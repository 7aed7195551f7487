#!/bin/bash
# host_symbols.sh: hosts that get in the module's way. A library that exports a function for every
# global name of ours, each of which ends the process, stands first in the host's scope: in a plain
# host, in one with threads and in a real sshd the module still calls its own. And a host that loads
# and unloads the module 10,000 times, with logins between, holds no more in the end.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# Our global names, whichever file of the module they are in.
names() {
	nm --defined-only -g "$BUILD"/pam_pat/*.o "$BUILD"/common/*.o | awk 'NF == 3 { print $3 }' | sort -u
}

# Makes $work/host.so, which exports them. pam_sm_* are libpam's to ask for, and it asks the module.
make_host() {
	names | grep -v '^pam_sm_' >"$work/names"
	{
		echo '#include <stdlib.h>'
		sed 's/.*/void &(void); void &(void) { abort(); }/' "$work/names"
	} >"$work/host.c"
	must cc -shared -fPIC -fno-builtin -w -o "$work/host.so" "$work/host.c"
}

# The module as it would be without its linker map and hidden names.
make_careless_module() {
	must cc -shared -fPIC -std=gnu11 -D_GNU_SOURCE -DPAT_VERSION='"x"' -I"$top" -w -o "$work/careless.so" \
		"$top"/pam_pat/*.c "$top"/common/*.c -lpam
}

# in_host SERVICE USER SECRET: all phases of one handle, in that host.
in_host() { LD_PRELOAD=$work/host.so pam_login "$@"; }

install_build
skip_if_sanitized "a sanitizer's runtime has names of its own, and keeps libraries loaded"
add_accounts alice bob
use_pam generic web
use_pam sshd
sed "s|pam_pat.so|$work/careless.so|" /etc/pam.d/web >/etc/pam.d/careless
chmod 755 "$work"
chpasswd -c SHA512 -s 1000 <<<"alice:${password[alice]}"
start_syslog
start_patd
minted good alice good --scopes web,careless,sshd
minted gone alice gone --scopes web
ok 'revoke a token' as alice patctl revoke gone -y

# --- the same names ---

make_host
make_careless_module
like 'the host has our names' 'client_call.*token_parse' "$(paste -sd' ' "$work/names")"
is 'all of them, in its dynamic table' "$(nm -D --defined-only "$work/host.so" | awk '{ print $3 }' | grep -cxFf "$work/names")" \
	"$(wc -l <"$work/names")"
exits 'a module that exports what it calls is overridden there' 134 in_host careless alice "${token[good]}"
ok 'ours is not: a token' in_host web alice "${token[good]}"
is 'in all phases' "$(grep -c ' 0$' <<<"$out")" 5
exits 'a revoked token' 6 in_host web alice "${token[gone]}"
ok 'the password' in_host web alice "${password[alice]}"
exits 'a wrong one' 7 in_host web alice wrong
printf '%s\n' "0 ${token[good]}" "6 ${token[gone]}" "0 ${password[alice]}" >"$work/cases"
LD_PRELOAD=$work/host.so ok 'with threads' "$BUILD/tests/attack/threads" web alice 3 "$work/cases"
out_like 'every login got its answer' '288 logins, 0 wrong'

# In sshd; the session's shell has it as well.
LD_PRELOAD=$work/host.so start_sshd
like 'sshd has the names in its scope' host.so "$(<"/proc/$sshd/maps")"
for method in password keyboard-interactive; do
	ok "sshd, $method: a token" login alice $method "${token[good]}" true
	ok "sshd, $method: the password" login alice $method "${password[alice]}" true
	later "sshd, $method: a revoked token" 255 login alice $method "${token[gone]}" true
done
gather
stop_sshd

# --- loaded and unloaded ---

module=$(find /usr/lib -name pam_pat.so -path '*security*')
printf '%s\n' "auth [success=done default=die] $module" "account required $module" >/etc/pam.d/loads
minted loads alice loads --scopes loads
echo "${token[loads]}" >"$work/good"
echo "${token[gone]}" >"$work/gone"
echo wrong >"$work/wrong"
ok '10,000 times loaded and unloaded' "$BUILD/tests/attack/reload" "$module" loads alice 10000 "$work"/{good,gone,wrong}
out_like 'a third of the logins was let in' '3334 let in'
read -r fds maps bytes <<<"$(sed -n 1p <<<"$out")"
read -r fds_then maps_then bytes_then <<<"$(sed -n 2p <<<"$out")"
is 'it holds as many descriptors in the end as after half of it' "$fds_then" "$fds"
is 'and as many mappings' "$maps_then" "$maps"
# What malloc() keeps for the next one counts as held: that is a little more or less each time.
if ((bytes > 0 && bytes_then - bytes < 5000)); then
	pass "$bytes bytes became $bytes_then: no round leaves a byte"
else
	fail 'no round leaves a byte' "$bytes bytes" "5,000 rounds later: $bytes_then"
fi
finish
