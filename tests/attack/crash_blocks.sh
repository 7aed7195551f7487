#!/bin/bash
# crash_blocks.sh: the power fails. Every write and flush of the store's file under a mixed load is logged; at
# each flush the files that the disk could then hold are made (tests/attack/powerloss.c): each is sound and has
# all that patd had acknowledged. A real patd serves some of them. SEED repeats the choices, DEEDS is how
# many each of four accounts does.
[[ ${PAT_SANDBOX:-} ]] ||
	exec "$(dirname "$0")/../lib/sandbox" env DEEDS="${DEEDS:-400}" SEED="${SEED:-$RANDOM}" "$(realpath "$0")"
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

accounts=(c{1..4}) log=$work/blocks.log made=$work/made

# A patd that finds the file that a power loss left.
serve_what_is_left() {
	must install -m 600 -o patd -g patd "$1" "$store/data.mdb"
	start_patd
	ok "$(basename "$1" .mdb): patd has what it acknowledged" "$BUILD/tests/attack/load" -c \
		/run/pam_pat/root.sock "$log" "$(<"${1%.mdb}.at")"
	stop_patd
	ok "$(basename "$1" .mdb): and leaves a sound store" "$BUILD/tests/attack/sound" "$store/data.mdb"
}

echo "seed $SEED"
install_build
for account in "${accounts[@]}"; do
	must useradd "$account"
done
patd_environment=("LD_PRELOAD=$BUILD/tests/preload/blocklog.so")
start_patd
ok 'patd makes its store and works, watched' env LOAD_LOG="$store/blocks.log" \
	"$BUILD/tests/attack/load" /run/pam_pat/root.sock "$SEED" "$DEEDS" "${accounts[@]}"
echo "$out"
stop_patd
patd_environment=()
must mv "$store/blocks.log" "$log"

must mkdir "$made"
ok 'at every flush: what is left is sound, and has what was acknowledged' \
	"$BUILD/tests/attack/powerloss" "$log" "$made" "$SEED"
echo "$out"
# That it would be noticed: disks that take some flushes, or durable writes, for none.
must mkdir "$made/lying"
for lie in pages roots; do
	not "with a disk that lies about $lie it would not" "$BUILD/tests/attack/powerloss" "$log" "$made/lying" "$SEED" "$lie"
	out_like 'and this is seen' '^WRONG'
	echo "$out"
done
for left in "$made"/*.mdb; do
	[[ $left == */tried.mdb ]] || serve_what_is_left "$left"
done
finish
