# shellcheck shell=bash
# store_process.sh: what patd's store process has, for the tests that look whether it stays the same. To be
# sourced after system.sh.

store_pid() { pgrep -x patd-store; }
descriptors() { find "/proc/$(store_pid)/fd" -mindepth 1 | wc -l; }
# What it has of its own, in KiB; the store's pages are the kernel's.
own_memory() { awk '/^RssAnon/ { print $2 }' "/proc/$(store_pid)/status"; }

no_more_descriptors() { (($(descriptors) <= $1)); }
# as_before DESCRIPTORS: no more than those, and nobody is asked for a password.
as_before() { no_more_descriptors "$1" && ! pgrep -x patd-reauth; }
