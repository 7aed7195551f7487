#!/bin/bash
# sandbox.sh: what a test does to the system goes with its sandbox, however that ends.
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
((EUID == 0)) || skip "needs root"
unset PAT_SANDBOX

sandbox=$top/tests/lib/sandbox
marker=pam_pat-marker-$$
# Everything that is said to be a layer, and what a test starts.
touch_all="for d in /etc /usr /var /home /root /opt /run /tmp /dev; do echo x >\$d/$marker || exit 9; done"

# clean NAME: nothing of a sandbox is left.
clean() {
	is "$1: no file is left" "$(ls -d /{etc,usr,var,home,root,opt,run,tmp,dev}/"$marker" /tmp/.layers 2>/dev/null)" ''
	is "$1: no mount is left" "$(grep -c 'layers' /proc/self/mountinfo)" 0
	is "$1: no process is left" "$(pgrep -f "^sleep 54321.$$\$")" ''
}

# interrupted SIGNAL STATUS: ends a sandbox in the middle.
interrupted() {
	local pid
	env --default-signal "$sandbox" bash -c "$touch_all; sleep 54321.$$" 2>/dev/null &
	pid=$!
	ok "$1: it runs" within 20 pgrep -f "^sleep 54321.$$\$"
	kill "-$1" $pid
	wait $pid 2>/dev/null
	is "$1: exit status" $? "$2"
	within 5 bash -c "! pgrep -f '^sleep 54321.$$\$'"
	clean "$1"
}

ok 'a command in it' "$sandbox" bash -c "$touch_all; hostname; sleep 54321.$$ & ls /tmp; test ! -e /dev/log"
clean 'after a command'
exits 'its status is the command'"'"'s' 42 "$sandbox" bash -c "$touch_all; exit 42"
clean 'after a failure'
not 'the sources are read-only' "$sandbox" touch "$top/$marker"
ok 'localhost has a name and an address' "$sandbox" getent hosts localhost
is 'no network but loopback' "$("$sandbox" ip -o link show up | wc -l)" 1
interrupted TERM 143
interrupted INT 130
interrupted HUP 143
interrupted KILL 137
finish
