#!/bin/bash
# verifier.sh: two real programs that do PAM without being root, nginx and PostgreSQL: tokens are
# accepted from them for the services and users that pat.conf lists, and never for root.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/nginx.sh
. "$(dirname "$0")/../lib/nginx.sh"
password[carol]=carol

# fetch USER SECRET [PLACE]: what nginx answers, by its number.
fetch() {
	local code
	code=$(curl -so /dev/null -w '%{http_code}' --config - "http://127.0.0.1:8080/${3:-private}/index.html" \
		<<<"user = \"$1:${2//[\\\"]/\\&}\"")
	[[ $code == 200 ]] || return "$((code / 100))"
}

start_postgres() {
	local dir=/var/lib/pgtest bin
	bin=$(find /usr/lib/postgresql -name initdb -printf '%h\n' | tail -n 1)
	install -d -m 700 -o postgres -g postgres "$dir"
	must as postgres "$bin/initdb" --no-sync --auth=peer --locale=C.UTF-8 -D "$dir"
	grep -v '^#' "$top/examples/postgresql/pg_hba.conf" | sed 's/^hostssl/host/' >>"$dir/pg_hba.first"
	cat "$dir/pg_hba.first" "$dir/pg_hba.conf" >"$dir/pg_hba.new"
	cat "$dir/pg_hba.new" >"$dir/pg_hba.conf"
	as postgres "$bin/postgres" -D "$dir" -c listen_addresses=127.0.0.1,::1 -c port=5433 \
		-c unix_socket_directories="$dir" -c fsync=off >"$work/postgres.log" 2>&1 &
	must within 20 as postgres psql -h "$dir" -p 5433 -c 'create role alice login; create role bob login;
		create role carol login; create role root login'
}

# query USER SECRET [HOST]
query() {
	local file
	file=$(mktemp -p "$work")
	sed 's/[\\:]/\\&/g; s/^/*:*:*:*:/' <<<"$2" >"$file"
	PGPASSFILE=$file psql -h "${3:-127.0.0.1}" -p 5433 -U "$1" -d postgres -Atc 'select current_user' -w
}

install_build
add_accounts alice bob carol
must groupadd staff2
must usermod -aG staff2 alice
must usermod -aG staff2 carol
use_pam non-root nginx
use_pam non-root other
use_pam non-root postgresql
echo 'root_tokens = true' | configure
start_syslog
start_patd
start_nginx 8 'location /other/ { alias /srv/www/private/; auth_pam "other"; auth_pam_service_name "other"; }'
start_postgres
minted web alice web --scopes nginx
minted both alice both --scopes nginx,postgresql,other
minted sshd alice sshd
minted bob bob bob --scopes nginx,postgresql,other
minted carol carol carol --scopes nginx,postgresql
minted from alice from --scopes postgresql --from ::1
minted last alice last --scopes nginx --uses 1
must patctl mint root --scopes nginx,postgresql,other
token[root]=$out
foreign=$(forge pat "$(token_id "${token[both]}")" "$(token_secret "${token[bob]}")")
is "nginx's workers are not root" "$(ps -o user= --ppid "$(<"$work/nginx/pid")" | sort -u)" www-data
is 'PostgreSQL is not root' "$(ps -o user= -C postgres | sort -u)" postgres

# Without a section they can verify nobody's but their own.
later 'no section: nginx' 4 fetch alice "${token[both]}"
later 'no section: PostgreSQL' 2 query alice "${token[both]}"
gather

# Both name the user; one list is of groups, the other of names.
configure <<'E'
root_tokens = true
verifier "www-data" {
	services = {"nginx"}
	users = {"@staff2", "root"}
}
verifier "postgres" {
	services = {"postgresql", "none"}
	users = {"alice", "root", "*"}
}
E
kill -HUP "$patd"
must within 10 grep -q 'configuration reloaded' "$syslog"
ok 'nginx: a token' fetch alice "${token[web]}"
ok 'nginx: again' fetch alice "${token[both]}"
ok 'nginx: another of the group' fetch carol "${token[carol]}"
ok 'PostgreSQL: a token' query alice "${token[both]}"
is 'PostgreSQL: as its owner' "$out" alice
ok 'PostgreSQL: *' query bob "${token[bob]}"
is 'last use and where' "$(patctl -u alice --json show both | jq -c '[.use_count, .last_used.service, .last_used.rhost]')" \
	'[2,"postgresql","127.0.0.1"]'
ok 'PostgreSQL: from there' query alice "${token[from]}" ::1
later 'PostgreSQL: from elsewhere' 2 query alice "${token[from]}"
later 'nginx: out of scope' 4 fetch alice "${token[sshd]}"
later 'PostgreSQL: out of scope' 2 query alice "${token[web]}"
later "nginx: another account's token" 4 fetch alice "${token[carol]}"
later "PostgreSQL: another account's token" 2 query alice "${token[bob]}"
later 'nginx: a wrong secret' 4 fetch alice "$foreign"
later 'PostgreSQL: a wrong secret' 2 query alice "$foreign"
later 'nginx: a user who is not listed' 4 fetch bob "${token[bob]}"
later 'nginx: a service that is not listed' 4 fetch alice "${token[both]}" other
later 'nginx: root, though listed' 4 fetch root "${token[root]}"
later 'PostgreSQL: root, though listed' 2 query root "${token[root]}"
later 'nginx: nobody of that name' 4 fetch mallory "${token[web]}"
gather

# What a verifier may not verify is answered as if the token were wrong. What it says of user, service
# and host is logged as a claim.
refusal() { grep "claimed_refused.*$(token_id "$1").*nginx" "$syslog" | tail -n 1; }
like 'root: the log says that it was not for this peer' 'reason="not_permitted' "$(refusal "${token[root]}")"
like 'a user who is not listed, too' 'reason="not_permitted' "$(refusal "${token[bob]}")"
unlike 'the refusal tells no name' 'name=' "$(refusal "${token[root]}")"
like 'who may verify is told the reason' 'reason="?(out_of_scope|wrong_owner)' "$(refusal "${token[sshd]}")"
unlike 'nothing of it is logged as a fact' 'patd.* refused ' "$(<"$syslog")"
# answers CALLER SERVICE USER SECRET: what libpam returns and tells.
answers() {
	install -m 600 -o "$1" /dev/stdin "$work/answers" <<<"$4"
	as "$1" "$BUILD/tests/pam/login" - "$2" "$3" "$work/answers" | grep -vE '^(delayed|prompt)'
}
wrong=$(answers www-data nginx alice "$foreign")
is 'a wrong token' "$wrong" 'authenticate 6'
is 'a wrong token, a user who is not listed' "$(answers www-data nginx bob "${token[bob]}")" "$wrong"
is 'a wrong token, a service that is not listed' "$(answers www-data other alice "${token[both]}")" "$wrong"
is 'a wrong token, root' "$(answers www-data nginx root "${token[root]}")" "$wrong"
is 'a wrong token, to someone without a section' "$(answers bob nginx alice "${token[web]}")" "$wrong"

# Uses, revocation and policy count there as everywhere.
ok 'the only use' fetch alice "${token[last]}"
later 'and no other' 4 fetch alice "${token[last]}"
ok 'revoke' as alice patctl revoke both -y
later 'nginx: revoked' 4 fetch alice "${token[both]}"
later 'PostgreSQL: revoked' 2 query alice "${token[both]}"
gather
must gpasswd -d carol staff2
refused_now() { ! fetch carol "${token[carol]}"; }
ok 'out of the group, at once' within 10 refused_now
must passwd -q -l alice
locked() { ! fetch alice "${token[web]}"; }
ok 'the account is locked' within 10 locked
must passwd -q -u alice
ok 'and open again' within 10 fetch alice "${token[web]}"

# Passwords: pam_unix checks them where it may read shadow, in this stack as in any.
later 'nginx may not read shadow: no password' 4 fetch alice "${password[alice]}"
gather
must usermod -aG shadow postgres
must pkill -TERM -o -u postgres -x postgres
gone() { ! pgrep -u postgres -x postgres; }
must within 20 gone
as postgres "$(find /usr/lib/postgresql -name postgres -type f | tail -n 1)" -D /var/lib/pgtest -c port=5433 \
	-c listen_addresses=127.0.0.1 -c unix_socket_directories=/var/lib/pgtest >>"$work/postgres.log" 2>&1 &
must within 20 as postgres psql -h /var/lib/pgtest -p 5433 -c 'select 1'
ok 'PostgreSQL may: the password' query alice "${password[alice]}"
ok 'PostgreSQL may: a token' query bob "${token[bob]}"
later 'a wrong password' 2 query alice wrong
stop_patd
later 'patd stopped: the token' 2 query bob "${token[bob]}"
later 'patd stopped: the password' 0 query alice "${password[alice]}"
later 'patd stopped: nginx' 4 fetch alice "${token[web]}"
gather
unlike 'no secret in a log' "$(token_secret "${token[web]}")|$(token_secret "${token[both]}")" \
	"$(cat "$syslog" "$work/postgres.log" "$work/nginx/error.log")"
finish
