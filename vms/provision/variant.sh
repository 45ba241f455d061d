#!/bin/sh
# Before the script of each variant (variants/NAME.sh): what they share. `make` runs before rootless Docker is installed,
# `prove` after it.
set -eu

user=tester
home=$(getent passwd "$user" | cut -d: -f6)
site=/var/lib/rdc/stand-in

# user_file PATH-IN-HOME < CONTENT
user_file() { runuser -u "$user" -- sh -c 'mkdir -p "${1%/*}" && cat >"$1"' - "$home/$1"; }

user_docker() { runuser -u "$user" -- docker --host "unix:///run/user/$(id -u "$user")/docker.sock" "$@"; }

fail() {
	echo "$1" >&2
	exit 1
}

# The distribution's own programs and units go into FOLDER, its packages away again; what the programs are linked with stays.
take_programs() {
	export DEBIAN_FRONTEND=noninteractive
	packages='docker.io containerd runc tini'
	for package in docker-cli rootlesskit; do
		if apt-cache show "$package" >/dev/null 2>&1; then packages="$packages $package"; fi
	done
	# shellcheck disable=SC2086
	apt-get install -y --no-install-recommends $packages
	mkdir -p "$1"
	for program in docker dockerd docker-proxy docker-init containerd containerd-shim-runc-v2 ctr runc \
		rootlesskit rootlessctl rootlesskit-docker-proxy; do
		path=$(command -v "$program" || true)
		[ -z "$path" ] || cp -L "$path" "$1/"
	done
	install -m 755 /usr/share/docker.io/contrib/dockerd-rootless.sh /usr/share/docker.io/contrib/dockerd-rootless-setuptool.sh "$1/"
	systemctl disable --now docker.service docker.socket containerd.service || true
	# shellcheck disable=SC2086
	apt-get purge -y $packages
	rm -rf /run/docker /run/docker.sock /run/containerd
}

# The daemon is one of those in FOLDER.
prove_daemon_in() {
	for pid in $(pgrep -u "$user" dockerd); do
		case $(readlink "/proc/$pid/exe") in "$1"/*) return 0 ;; esac
	done
	fail "no dockerd of $user runs from $1"
}

# A box has no curl, and no network to get it from.
stand_in_for_curl() {
	cat <<-'END'
		#!/usr/bin/python3
		# curl -fsSL URL [-o FILE]
		import sys, urllib.request
		words = [word for word in sys.argv[1:] if word != '-fsSL']
		out = open(words.pop(words.index('-o') + 1), 'wb') if '-o' in words else sys.stdout.buffer
		out.write(urllib.request.urlopen([word for word in words if word != '-o'][0]).read())
	END
}

# The machine itself answers for get.docker.com and download.docker.com, with what is in $site/www.
serve() {
	cd "$site"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=rdc-stand-in -keyout key.pem -out cert.pem \
		-addext 'subjectAltName=DNS:get.docker.com,DNS:download.docker.com' 2>/dev/null
	cp cert.pem /usr/local/share/ca-certificates/rdc-stand-in.crt
	update-ca-certificates >/dev/null
	printf '127.0.0.1 get.docker.com download.docker.com # rdc stand-in\n' >>/etc/hosts
	cat >server.py <<-'END'
		import http.server, ssl
		handler = http.server.SimpleHTTPRequestHandler
		handler.protocol_version = 'HTTP/1.1'
		server = http.server.ThreadingHTTPServer(('127.0.0.1', 443), handler)
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain('../cert.pem', '../key.pem')
		server.socket = context.wrap_socket(server.socket, server_side=True)
		server.serve_forever()
	END
	systemd-run --unit=rdc-stand-in --working-directory="$site/www" python3 ../server.py
}

stop_serving() {
	systemctl stop rdc-stand-in.service
	sed -i '/# rdc stand-in$/d' /etc/hosts
	rm -rf "$site" /usr/local/share/ca-certificates/rdc-stand-in.crt
	update-ca-certificates --fresh >/dev/null
}
