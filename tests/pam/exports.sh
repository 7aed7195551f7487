#!/bin/bash
# What pam_pat.so shows and takes: it exports pam_sm_* and nothing else, links libc and libpam and
# nothing else, keeps no state, and has no way to call what a module must not.
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../lib/common.sh"

so=$BUILD/pam_pat.so
[[ -e $so ]] || skip "no $so"
if nm -D "$so" | grep -q '__\(asan\|ubsan\|tsan\)_'; then
	skip "a sanitizer's build has symbols and libraries of its own"
fi
if nm "$so" | grep -q '__gcov_'; then
	skip "a build with counters has data and calls of its own"
fi

exported=$(nm -D --defined-only "$so" | awk '{ print $3 }' | sort | paste -sd ' ')
is "exports" "$exported" \
	"pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok pam_sm_close_session pam_sm_open_session pam_sm_setcred"

needed=$(readelf -dW "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | paste -sd ' ')
is "libraries" "$needed" "libc.so.6 libpam.so.0"

# Every name that the host's process resolves is libc's or libpam's: a host that exports functions
# named like ours overrides none of them.
foreign=$(nm -D --undefined-only "$so" | awk '$1 == "U" { print $2 }' | grep -v '@\(GLIBC\|LIBPAM\)')
is "names resolved outside libc and libpam" "$foreign" ""

# getenv: the environment is the caller's. The rest: modules share their host's process, signals,
# children, locale, threads and name service. It opens files of /proc alone: host.sh looks at that.
banned='(secure_)?getenv|getpw.*|getgr.*|getsp.*|getaddrinfo|gethostby.*|fork|vfork|clone|posix_spawn.*|exec.*|popen|system|wait.*|signal|sigaction|sigprocmask|alarm|setitimer|pthread_.*|thrd_.*|dlopen|setlocale|newlocale|gettext|dcgettext|strerror|printf|puts|fopen.*|openat|umask|chdir|sete?[ug]id|setres[ug]id|exit|abort|time|localtime.*|strtok|rand|srand|strto.*|ato[il].*|isalpha|toupper|tolower|__ctype.*'
called=$(nm -D --undefined-only "$so" | sed 's/.* //; s/@.*//; s/^__\(.*\)_chk$/\1/' | grep -xE "$banned")
is "banned calls" "$called" ""

# State: nothing in the writable sections but what the compiler's start files bring along, no variable
# for each thread. Tables with pointers are in .data.rel.ro, which is read-only by then.
state=$(objdump -t "$so" | awk '/ \.(t?data|t?bss)[ \t]/ { print $NF }' |
	grep -vxE '\.data|\.bss|completed\.[0-9]+|__dso_handle|__TMC_END__')
is "writable data" "$state" ""

like "relocations are read-only before anyone uses it" 'GNU_RELRO' "$(readelf -lW "$so")"
like "all names are resolved at once" 'NOW' "$(readelf -dW "$so")"
unlike "the stack is not executable" 'GNU_STACK.*RWE' "$(readelf -lW "$so")"
unlike "no text relocations" 'TEXTREL' "$(readelf -dW "$so")"

finish
