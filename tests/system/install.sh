#!/bin/bash
# install.sh: make install and make uninstall, into a folder and for real.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

build() { make --no-print-directory -C "$top" BUILD="$BUILD" PREFIX=/usr -o all "$@"; }
files() { (cd "$1" && find . ! -type d | sort); }

# Into a folder: nothing else is touched.
root=$work/root
touch "$work/before"
ok 'install into a folder' build DESTDIR="$root" install
is 'nothing in /etc, /usr or /var is new' "$(find /etc /usr /var -newer "$work/before" ! -type d)" ''
not 'no user is made' getent passwd patd
out=$(files "$root")
for file in '/usr/lib/.*/?security/pam_pat\.so' /usr/bin/patctl /usr/sbin/patd /etc/pam\.d/patctl \
	/usr/lib/systemd/system/patd\.service /usr/lib/systemd/system/patd\.socket \
	/usr/lib/systemd/system/patd-root\.socket /usr/lib/sysusers\.d/pam_pat\.conf \
	/usr/lib/tmpfiles\.d/pam_pat\.conf /usr/share/man/man1/patctl\.1 /usr/share/man/man8/pam_pat\.8 \
	/usr/share/man/man8/patd\.8 /usr/share/man/man5/pat\.conf\.5 /usr/share/doc/pam_pat/README\.md \
	/usr/share/bash-completion/completions/patctl /usr/share/fish/vendor_completions\.d/patctl\.fish \
	'/usr/share/zsh/(vendor-completions|site-functions)/_patctl'; do
	out_like "there is $file" "$file"
done
is 'no placeholder is left in the units' "$(grep -rE '@[A-Z]+@' "$root/usr/lib/systemd")" ''
is 'nothing is set-id or writable by others' "$(find "$root" ! -type l -perm /6022)" ''
is 'the module stands beside the system'"'"'s own' \
	"$(cd "$root" && find . -name pam_pat.so -printf '%h\n')" \
	".$(realpath "$(dirname "$(find /usr/lib /lib -name pam_unix.so -print -quit)")")"

ok 'uninstall from the folder' build DESTDIR="$root" uninstall
is 'one file is left, as it says' "$(files "$root")" './etc/pam.d/patctl'
out_like 'and says so' 'left alone: /etc/pam.d/patctl'

# For real.
ok 'install for real' build install
for user in patd patd-names; do
	ok "the system user $user" getent passwd $user
	like 'cannot log in' ':/usr/sbin/nologin$' "$out"
	like 'has no password' "^$user:[!*]" "$(getent shadow $user)"
done
is 'the state directory' "$(stat -c '%a %U:%G' "$store")" '700 patd:patd'
is 'the run directory' "$(stat -c '%a %U:%G' /run/pam_pat)" '755 root:root'
is 'patctl is not set-id' "$(stat -c '%a %U' /usr/bin/patctl)" '755 root'
pam=$(grep -vE '^[[:space:]]*(#|$)' /etc/pam.d/patctl)
like 'the PAM file of patctl asks for the password' 'pam_unix\.so' "$pam"
unlike 'and for nothing weaker' 'pam_rootok|pam_pat|nullok|include|substack' "$pam"

# Again: what the administrator changed stays, and so do store and users.
add_accounts alice
start_patd
minted laptop alice laptop
echo '# ours' >>/etc/pam.d/patctl
users=$(sha256sum /etc/passwd /etc/group /etc/shadow)
ok 'install again, under a running patd' build install
is 'the users are as they were' "$(sha256sum /etc/passwd /etc/group /etc/shadow)" "$users"
is 'the PAM file is as it was' "$(tail -n 1 /etc/pam.d/patctl)" '# ours'
ok 'patd serves on' as alice patctl show laptop
stop_patd
start_patd
ok 'the tokens are there after a restart' as alice patctl show laptop
stop_patd

ok 'uninstall' build uninstall
not 'no patctl' test -e /usr/bin/patctl
is 'no file of ours is left in /usr' "$(find /usr \( -name '*pam_pat*' -o -name 'patd*' -o -name 'patctl*' -o -name _patctl -o -name 'pat.conf*' \) \
	! -path "$top/*" ! -path "$BUILD/*")" ''
ok 'the store stays' test -e "$store/data.mdb"
ok 'the users stay' getent passwd patd

# Without systemd's tools the users and directories come out the same.
must userdel patd
must userdel patd-names
must rm -rf "$store" /run/pam_pat
must rm -f "$(command -v systemd-sysusers)" "$(command -v systemd-tmpfiles)"
hash -r
ok 'install without systemd' build install
ok 'and again' build install
for user in patd patd-names; do
	like "the system user $user" ':/usr/sbin/nologin$' "$(getent passwd $user)"
	like 'has no password' "^$user:[!*]" "$(getent shadow $user)"
done
is 'the state directory' "$(stat -c '%a %U:%G' "$store")" '700 patd:patd'
is 'the run directory' "$(stat -c '%a %U:%G' /run/pam_pat)" '755 root:root'
start_patd
finish
