#!/bin/bash
# completion.sh: real shells complete patctl's command line, and nothing of a token's name is executed.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

# Names that a careless script would trip over, and how many characters of them are typed. What a name
# would execute leaves a file behind.
# shellcheck disable=SC2016
names=(laptop 2 "it's \"mine\"" 4 'a:b c' 3 'me@host x' 4 'x=y z' 3 '$(touch pwned)' 1 '`touch pwned`' 1
	'; touch pwned' 1 "'; touch pwned; '" 1 '"$(touch pwned)"' 1 '| touch pwned' 1 '& touch pwned' 1
	'<(touch pwned)' 2 '#x y' 1 '*' 1 '[ab]' 1 '{a,b}' 1 '\b\a' 1 '!!' 1 '^laptop^x' 1 '%s%n' 1 'Büro' 2)
# Lines, with ⇥ for the key, and the last argument that patctl is then called with.
# shellcheck disable=SC2054 # these commas are patctl's
lines=('patctl mi⇥' mint 'patctl --js⇥' --json 'patctl mint --ex⇥' --expires 'patctl mint x --bind⇥' --bind-key
	'patctl --color al⇥' always 'patctl --color=al⇥' --color=always 'patctl list --status us⇥' 'used up'
	'patctl list --status=us⇥' '--status=used up' 'patctl list -o ID,USE-C⇥' ID,USE-COUNT
	'patctl mint x --prompt j⇥' json 'patctl completion fi⇥' fish 'patctl -u alic⇥' alice
	'patctl --socket /etc/hostnam⇥list --js⇥' --json 'patctl show -- lap⇥' laptop
	'patctl show laptop lap⇥' lap 'patctl revoke laptop -y lap⇥' laptop 'patctl revoke -r la⇥ lap⇥' laptop
	'patctl -u nobody show lap⇥' lap 'patctl mint lap⇥' lap 'patctl frob lap⇥' lap 'patctl show NAM⇥' NAM)

# typed SHELL USER LINE LAST [LINE LAST]...: types the lines on a terminal of that shell, where patctl is
# a function; LAST is the last argument that it has to be called with.
typed() {
	local shell=$1 user=$2 home i command called last
	shift 2
	home=$(getent passwd "$user" | cut -d: -f6)
	rm -f "$home/called" "$home/typed"
	for ((i = 1; i < $#; i += 2)); do
		echo "${!i//⇥/$'\t'}" >>"$home/typed"
	done
	cp "$work/rc.$shell" "$home/rc"
	read -ra command <<<"${start[$shell]}"
	ok "$shell: a terminal" as "$user" env -C "$home" TERM=dumb LC_ALL=C.UTF-8 expect -f "$work/type" "${command[@]}"
	out_unlike "$shell: nothing is said" 'patctl: |rror'
	mapfile -t called <"$home/called"
	for last in "${called[@]}"; do
		is "$shell: $1" "$last" "$2"
		shift 2
	done
	is "$shell: each line was taken" $# 0
}
declare -A start=([bash]='bash --noprofile --norc -i' [zsh]='zsh -f -i')
cat >"$work/type" <<'X'
set timeout 30
set stty_init "columns 300"
eval spawn $argv
proc await {} {
	expect {
		-re {\n[^\n]*>>> $} {}
		default { exit 1 }
	}
}
send ". ./rc\r"
await
set typed [open typed]
fconfigure $typed -encoding utf-8
while {[gets $typed line] >= 0} {
	send -- "$line\r"
	await
}
send "exit\r"
expect eof
X
cat >"$work/rc.bash" <<'X'
PS1='>>> '
. /usr/share/bash-completion/completions/patctl
patctl() { printf '%s\n' "${@: -1}" >>called; }
X
cat >"$work/rc.zsh" <<'X'
PS1='>>> '
unset zle_bracketed_paste
autoload -Uz compinit
compinit -u -D
patctl() { printf '%s\n' "${@[-1]}" >>called; }
X
chmod 755 "$work"

# Each name, begun and completed; with its first characters quoted one by one, or all by an open quote.
typed_names() {
	local i name begun keys=()
	for ((i = 0; i < ${#names[@]}; i += 2)); do
		name=${names[i]} begun=${names[i]:0:names[i + 1]}
		keys+=("patctl show $(printf %q "$begun")⇥" "$name")
		[[ $name == *\'* ]] || keys+=("patctl show '$begun⇥" "$name")
	done
	typed "$1" alice "${keys[@]}"
}
untouched() { is "$1: nothing was executed" "$(find / -xdev -name pwned)" ''; }

install_build
add_accounts alice bob
start_patd
for ((i = 0; i < ${#names[@]}; i += 2)); do
	must patctl -u alice mint "${names[i]}"
done
must patctl -u bob mint "bob's own"

# fish tells what it would insert, and reads that as it would read it on a command line.
cat >"$work/rc.fish" <<'X'
function patctl
    printf '%s\n' $argv[-1]
end
while read --line line
    set -l offered (complete --escape -C $line | string replace -r '\t.*' '')
    set -l words (string split ' ' -- $line)
    if test (count $offered) = 1
        set words[-1] $offered
    end
    eval "$words"
end
X
# fish_completes USER LINE LAST [LINE LAST]...: like `typed`.
fish_completes() {
	local user=$1 i last called
	shift
	run as "$user" env -C / LC_ALL=C.UTF-8 fish "$work/rc.fish" < <(
		for ((i = 1; i < $#; i += 2)); do
			echo "${!i%⇥}"
		done
	)
	verdict 'fish reads the lines' 0
	is 'fish: nothing is said' "$err" ''
	mapfile -t called <<<"$out"
	for last in "${called[@]}"; do
		is "fish: $1" "$last" "$2"
		shift 2
	done
	is 'fish: each line was taken' $# 0
}

for shell in bash zsh; do
	typed "$shell" alice "${lines[@]}"
	typed_names "$shell"
	untouched "$shell"
	typed "$shell" root 'patctl -u bob show b⇥' "bob's own" 'patctl show -u bob b⇥' "bob's own" \
		'patctl --user=bob show b⇥' "bob's own" 'patctl show b⇥' b
done

keys=()
for ((i = 0; i < ${#names[@]}; i += 2)); do
	# shellcheck disable=SC2016 # for fish
	begun=$(fish --no-config -c 'string escape --no-quoted -- $argv' -- "${names[i]:0:names[i + 1]}")
	keys+=("patctl show $begun" "${names[i]}")
done
fish_completes alice "${keys[@]}"
untouched fish
# It does not count operands.
mapfile -t keys < <(printf '%s\n' "${lines[@]}" | sed '/show laptop lap/,+1d')
fish_completes alice "${keys[@]}"
fish_completes root 'patctl -u bob show b' "bob's own" 'patctl show -u bob b' "bob's own" \
	'patctl --user=bob show b' "bob's own" 'patctl show b' b

# Behind what bash would expand, where a quote may end elsewhere than it seems, nothing is offered.
# shellcheck disable=SC2016 # bash is to see them
typed bash alice 'patctl revoke $HOME lap⇥' lap "patctl revoke \$'it\\'s' lap⇥" lap 'patctl revoke "$(id)" lap⇥' lap \
	'patctl revoke "\$(id)" lap⇥' laptop

# Without a daemon nothing is offered, and nothing said of it.
stop_patd
for shell in bash zsh; do
	typed "$shell" alice 'patctl show lap⇥' lap 'patctl mi⇥' mint
done
fish_completes alice 'patctl show lap' lap 'patctl mi' mint
finish
