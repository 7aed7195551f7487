#!/bin/bash
# The module in hosts that a hostile user prepared, seen from outside by strace: closed descriptors,
# limits, a stripped environment, and each of its system calls failing. And a password opens no socket.
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../lib/common.sh"

command -v strace >/dev/null || skip "no strace"
skip_if_sanitized "sanitizers don't run under strace"

login=$BUILD/tests/pam/login sock=$work/sock trace=$work/trace
# A token's text, with the right checksum; no daemon knows it.
token=pat_4fJk29sQxZb0123456789abcdefghijklmnopqrstuvwxyzABCDEFG1lEhUQ
chmod 711 "$work"
mkdir "$work/pam.d"
echo "$token" >"$work/token"
echo "a password" >"$work/password"

stack() {
	cat >"$work/pam.d/$1"
}
pat="$BUILD/pam_pat.so socket=$sock timeout=1"
shipped='[success=done perm_denied=die authinfo_unavail=die default=ignore]'
rest=$(printf '%s\n' "account required $pat" "account required pam_permit.so" \
	"session required $pat" "session required pam_permit.so")
stack required <<<"auth required $pat"$'\n'"auth required pam_permit.so"$'\n'"$rest"
stack sufficient <<<"auth sufficient $pat"$'\n'"auth required pam_deny.so"$'\n'"$rest"
stack shipped <<<"auth $shipped $pat"$'\n'"auth required pam_permit.so"$'\n'"$rest"
stack other <<<'auth required pam_deny.so'

responder=
start_responder() {
	rm -f "$sock"
	"$BUILD/tests/pam/responder" "$sock" ok ok >"$work/requests" &
	responder=$!
	within 10 grep -q ready "$work/requests"
}
stop_responder() {
	kill "$responder"
	wait "$responder"
}

# traced [STRACE OPTION...] -- STACK ANSWERS
traced() {
	local options=()
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	# shellcheck disable=SC2086 # $host is a command's words
	run timeout 30 strace -f -o "$trace" "${options[@]}" $host "$login" "$work/pam.d" "$2" alice "$work/$3"
}
host=

# --- a password ---

start_responder
for name in shipped required sufficient; do
	traced -e trace=network -- "$name" password
	like "$name: the password was read" 'prompt: Password' "$out"
	unlike "$name: a password opens no socket" AF_UNIX "$(<"$trace")"
	traced -e trace=openat,open -- "$name" password
	unlike "$name: a password looks at no process" '/proc/(self|[0-9]+)/' "$(<"$trace")"
done
stop_responder
is "a password reaches no daemon" "$(<"$work/requests")" ready

if ((EUID != 0)); then
	echo "left out, needs root, since the module believes nobody else: everything with a token"
	finish
fi
start_responder

# --- what a host may inherit ---

shells=(
	"exec \"\$@\""
	"exec \"\$@\" <&-"
	"exec \"\$@\" >&-"
	"exec \"\$@\" <&- >&- 2>&-"
	"ulimit -f 0; exec >/dev/null \"\$@\""
	"ulimit -c 0; ulimit -u 1; exec \"\$@\""
	"ulimit -n 8; exec \"\$@\""
	"ulimit -s 256; exec \"\$@\""
	"umask 0777; exec \"\$@\""
	"exec env -i \"\$@\""
	"exec env LC_ALL=xx_YY LANGUAGE=de MALLOC_PERTURB_=165 PAT_ID=x \"\$@\""
	"trap '' PIPE CHLD ALRM; exec \"\$@\""
)
for shell in "${shells[@]}"; do
	printf '#!/bin/bash\n%s\n' "$shell" >"$work/host"
	chmod +x "$work/host"
	host=$work/host
	traced -e trace=network -- required token
	verdict "a token, in: $shell" 0
	fds=$(sed -nE "s|.* connect\(([0-9]+), .*sun_path=\"$sock\".*|\1|p" "$trace" | sort -u | paste -sd ' ')
	like "its socket is none of 0 to 2, in: $shell" '^([3-9]|[1-9][0-9]+)( |$)' "$fds"
	unlike "and neither is that of any other try, in: $shell" '(^| )[012]( |$)' "$fds"
	traced -e trace=network -- sufficient password
	verdict "a password is refused in order, in: $shell" 7
done
host=

# --- the descriptor leaks into no child ---

traced -e trace=socket,fcntl -- required token
is "every AF_UNIX socket is CLOEXEC" \
	"$(grep -c 'socket(AF_UNIX' "$trace")" "$(grep -c 'socket(AF_UNIX, .*SOCK_CLOEXEC' "$trace")"

# --- what it looks at of its host ---

traced -e trace=open,openat -- required token
opened=$(sed -nE 's|.*"(/proc/[^"]*)", ([^)]*)\).*|\1 \2|p' "$trace" | grep -E '^/proc/(self|[0-9]+)/')
like 'itself and its parent, by descriptors that leak nowhere' \
	'^/proc/self/stat O_RDONLY\|O_NOCTTY\|O_CLOEXEC
/proc/[0-9]+/stat O_RDONLY\|O_NOCTTY\|O_CLOEXEC
/proc/self/sessionid O_RDONLY\|O_NOCTTY\|O_CLOEXEC
/proc/self/loginuid O_RDONLY\|O_NOCTTY\|O_CLOEXEC
/proc/self/stat ' "$opened"
unlike 'and at nothing else of /proc' "/proc/(self|[0-9]+)/[^ ]*(mem|environ|cmdline|fd|maps)" "$opened"
for failure in EMFILE ENOENT EACCES; do
	traced -P /proc/self/stat -e trace=open,openat -e "inject=open,openat:error=$failure" -- required token
	verdict "no /proc ($failure): the login does not need it" 0
	like "no /proc ($failure): it was not there" INJECTED "$(<"$trace")"
done

# --- every call fails, in every stack ---

failures=(
	socket:EMFILE socket:ENFILE socket:ENOMEM socket:EACCES socket:EAFNOSUPPORT
	connect:ENOENT connect:ECONNREFUSED connect:EACCES connect:EPERM connect:EAGAIN connect:ENOMEM
	connect:EPROTOTYPE getsockopt:EBADF getsockopt:ENOMEM getsockopt:EPERM
	sendto:ENOBUFS sendto:ENOMEM sendto:EPIPE sendto:ECONNRESET sendto:EMSGSIZE sendto:EACCES
	recvfrom:ECONNRESET recvfrom:ENOMEM recvfrom:EIO recvfrom:ENOTCONN recvfrom:EAGAIN
)
for failure in "${failures[@]}"; do
	for name in required sufficient shipped; do
		traced -e "trace=${failure%:*}" -e "inject=${failure%:*}:error=${failure#*:}" -- "$name" token
		like "$failure, $name: refused" 'authenticate [1-9]' "$out"
		like "$failure, $name: the failure was injected" INJECTED "$(<"$trace")"
	done
done

# What is no failure, once, is tried again.
for failure in connect:EINTR connect:EAGAIN connect:ECONNREFUSED sendto:EINTR sendto:EAGAIN \
	recvfrom:EINTR recvfrom:EAGAIN poll:EINTR; do
	traced -e "trace=${failure%:*}" -e "inject=${failure%:*}:error=${failure#*:}:when=1" -- required token
	verdict "$failure, once: accepted" 0
done
stop_responder

finish
