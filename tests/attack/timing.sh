#!/bin/bash
# timing.sh (hazard 5): who is refused over a real ssh learns nothing from the time that it takes: of
# accounts with a token, accounts without, and names that nobody has, 30 each, sshd with pam_pat tells
# no more apart than the same sshd without it does.
#
# What would drown the times is taken away, and not averaged. libpam draws the delay of a refusal anew
# for each second, within half of it up and down: tests/preload/steady.c holds that still. sshd pads a
# password's refusal by an amount that is each name's own, drawn from configuration and host key, which
# all have: so what counts is the difference of a name's two times. keyboard-interactive is not padded.
# What else the machine does comes over all alike, since all are tried in one random order. How far it
# moves these differences is seen without pam_pat: each name is tried there twice.
#
# Classes are compared by the median of all differences between one's names and the other's (Hodges and
# Lehmann), which a few logins that had to wait do not move. Tolerated is five times its standard error,
# by the spread without pam_pat, and 1 ms. Only what makes a difference greater is a finding: a refused
# token ends before pam_unix would hash, and tells less of who exists than the same stack without.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

count=30 side_by_side=16
classes=(token tokenless unknown)
plain_port=2223

# try METHOD SECRET STACK CLASS N: a line of $work/times: these, and the us from the answer to its refusal.
try() {
	local dir=$work/try.$1.$2.$3.$4.$5 to=$port
	[[ $3 == pam_pat ]] || to=$plain_port
	mkdir "$dir"
	echo 'not the password' >"$dir/secret"
	[[ $2 == password ]] || cp "$work/secret.$5" "$dir/secret"
	SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force TRY=$dir setsid ssh -F "$work/ssh_config" -p "$to" \
		-o PreferredAuthentications="$1" -o PubkeyAuthentication=no "$4$5@localhost" true >"$dir/out" 2>&1
	local result=$? end=${EPOCHREALTIME/./}
	echo "$1 $2 $3 $4 $5 $((end - $(<"$dir/asked"))) $result" >>"$work/times"
	rm -r "$dir"
}

# sshd by another name is another PAM service, of which Debian's own file is the stack. Its port is told
# apart from its configuration, of which the padding depends.
start_both() {
	local name
	start_sshd
	stop_sshd
	for name in sshd sshd-plain; do
		[[ $name == sshd ]] || port=$plain_port
		LD_PRELOAD=$BUILD/tests/preload/steady.so "/usr/sbin/$name" -D -p $port -f "$work/sshd/config" &
		must within 10 port_open
	done
	port=2222
	sed -i "s/^localhost,/&[localhost]:$plain_port,/" "$work/known_hosts"
}

# compare: of each method, secret and pair of classes a line: what pam_pat adds to the difference, what
# it is without, and what is tolerated, in us; and whether that is kept.
compare() {
	perl -ane '
		sub median { my @s = sort { $a <=> $b } @_; ($s[$#s / 2] + $s[@s / 2]) / 2 }
		sub shift_of { my ($x, $y) = @_; median(map { my $v = $_; map { $v - $_ } @$y } @$x) }
		my ($method, $secret, $stack, $class, $n, $us) = @F;
		$time{"$method, $secret"}{$class}{$n}{$stack} = $us;
		END { for my $kind (sort keys %time) {
			my (%added, %plain, @noise);
			for my $class (keys %{$time{$kind}}) {
				my @names = values %{$time{$kind}{$class}};
				$added{$class} = [map { $_->{pam_pat} - $_->{plain} } @names];
				$plain{$class} = [map { $_->{plain} } @names];
				push @noise, map { $_->{again} - $_->{plain} } @names;
			}
			my $spread = 1.4826 * median(map { abs } @noise);
			my $tolerated = 5 * $spread * sqrt(2 / @{$added{token}}) + 1000;
			for (["token", "unknown"], ["tokenless", "unknown"], ["token", "tokenless"]) {
				my ($one, $two) = @$_;
				my $shift = shift_of($added{$one}, $added{$two});
				# What sshd has padded is no difference of the stack.
				my $before = $kind =~ /^password/ ? 0 : shift_of($plain{$one}, $plain{$two});
				my $kept = abs($before + $shift) <= abs($before) + $tolerated;
				printf "%s %s, %s against %s: adds %d us to %d us, tolerated are %d us\n",
					$kept ? "kept" : "broken", $kind, $one, $two, $shift, $before, $tolerated;
			}
		} }' "$work/times"
}

install_build
cp /usr/sbin/sshd /usr/sbin/sshd-plain
cp /etc/pam.d/sshd /etc/pam.d/sshd-plain
use_pam sshd
for ((n = 0; n < count; n++)); do
	must useradd --no-create-home "token$n"
	must useradd --no-create-home "tokenless$n"
	printf 'token%d:right\ntokenless%d:right\n' "$n" "$n"
done >"$work/passwords"
must chpasswd <"$work/passwords"
start_patd
start_both
patctl mint other -u tokenless0 >"$work/other" 2>"$work/null"
for ((n = 0; n < count; n++)); do
	must patctl -u "token$n" mint laptop
	# For all three a known ID, and a wrong secret.
	forge pat "$(token_id "$out")" "$(token_secret "$(<"$work/other")")" >"$work/secret.$n"
done
must patctl -u tokenless0 revoke other -y
must patctl -u tokenless0 delete other -y
install -m 755 /dev/stdin "$work/askpass" <<'X'
#!/bin/bash
cat "$TRY/secret"
echo "${EPOCHREALTIME/./}" >"$TRY/asked"
X

running=0
while read -r method secret stack class n; do
	try "$method" "$secret" "$stack" "$class" "$n" &
	((++running < side_by_side)) || wait -n
done < <(for method in keyboard-interactive password; do
	for secret in password token; do for stack in pam_pat plain again; do for class in "${classes[@]}"; do
		for ((n = 0; n < count; n++)); do echo "$method $secret $stack $class $n"; done
	done; done; done
done | shuf)
wait_for_tries() { (($(wc -l <"$work/times") == 2 * 2 * 3 * 3 * count)); }
ok "all $((36 * count)) logins have ended" within 60 wait_for_tries
is 'all of them were refused' "$(cut -d' ' -f7 "$work/times" | sort -u)" 255
while read -r verdict line; do
	if [[ $verdict == kept ]]; then pass "$line"; else fail "$line"; fi
done < <(compare)
is 'all classes were compared, by all ways' "$(compare | wc -l)" 12
finish
