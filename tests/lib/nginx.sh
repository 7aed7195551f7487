# shellcheck shell=bash
# nginx.sh: a real nginx, for the tests of the module in it. To be sourced after system.sh.
# shellcheck disable=SC2154 # of common.sh

# What it has in its environment, VARIABLE=VALUE each.
nginx_environment=()
# start_nginx WORKERS [LINE...]: a private page on port 8080, and what more its server is told.
start_nginx() {
	local dir=$work/nginx
	mkdir -p "$dir/tmp" /srv/www/private
	chmod 755 "$work"
	echo 'a private page' >/srv/www/private/index.html
	printf '%s\n' 'load_module /usr/lib/nginx/modules/ngx_http_auth_pam_module.so;' 'user www-data;' \
		"worker_processes $1;" 'daemon off;' "pid $dir/pid;" "error_log $dir/error.log;" 'events { }' \
		'http {' "access_log off; client_body_temp_path $dir/tmp;" \
		'server {' 'listen 127.0.0.1:8080; root /srv/www;' "include $top/examples/nginx/pam_pat.conf;" \
		"${@:2}" '} }' >"$dir/conf"
	env "${nginx_environment[@]}" nginx -c "$dir/conf" &
	must within 10 curl -so /dev/null http://127.0.0.1:8080/
}
