#!/bin/sh
# For the channel "script" without the internet: a web server in the machine answers for get.docker.com and
# download.docker.com, with a stand-in of the install script (same addresses, folders and messages) and static archives made
# of the distribution's own programs. It is gone when Docker runs.
set -eu

site=/var/lib/rdc/stand-in
version=0.0.1
names='get.docker.com download.docker.com'

gather() {
	export DEBIAN_FRONTEND=noninteractive
	packages='docker.io containerd runc tini'
	for package in docker-cli rootlesskit; do
		if apt-cache show "$package" >/dev/null 2>&1; then packages="$packages $package"; fi
	done
	# shellcheck disable=SC2086
	apt-get install -y --no-install-recommends $packages
	mkdir -p docker docker-rootless-extras
	for program in docker dockerd docker-proxy docker-init containerd containerd-shim-runc-v2 ctr runc; do
		cp -L "$(command -v "$program")" docker/
	done
	for program in rootlesskit rootlessctl rootlesskit-docker-proxy; do
		path=$(command -v "$program" || true)
		[ -z "$path" ] || cp -L "$path" docker-rootless-extras/
	done
	install -m 755 /usr/share/docker.io/contrib/dockerd-rootless*.sh docker-rootless-extras/
	systemctl disable --now docker.service docker.socket containerd.service || true
	# shellcheck disable=SC2086
	apt-get purge -y $packages
	rm -rf /run/docker /run/docker.sock /run/containerd
}

write_script() {
	cat >rootless <<-END
		#!/bin/sh
		# A stand-in of Docker's install script.
		set -e
		[ "\$(id -u)" != 0 ] || { echo 'This script cannot be run as root' >&2; exit 1; }
		BIN=\${DOCKER_BIN:-\$HOME/bin}
		url=https://download.docker.com/linux/static/stable/\$(uname -m)
		tmp=\$(mktemp -d)
		trap 'rm -rf "\$tmp"' EXIT
		echo '# Installing stable version $version'
		mkdir -p "\$BIN"
		for name in docker docker-rootless-extras; do
		  curl -fsSL -o "\$tmp/\$name.tgz" "\$url/\$name-$version.tgz"
		  tar zxf "\$tmp/\$name.tgz" -C "\$BIN" --strip-components=1
		done
		PATH="\$BIN:\$PATH" "\$BIN/dockerd-rootless-setuptool.sh" install "\$@"
	END
}

# A box has no curl, and no network to get it from.
stand_in_for_curl() {
	cat >/usr/local/bin/curl <<-'END'
		#!/usr/bin/python3
		# curl -fsSL [-o FILE] URL
		import sys, urllib.request
		words = [word for word in sys.argv[1:] if word != '-fsSL']
		out = open(words[1], 'wb') if words[0] == '-o' else sys.stdout.buffer
		out.write(urllib.request.urlopen(words[-1]).read())
	END
	chmod 755 /usr/local/bin/curl
}

serve() {
	cd "$site"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=rdc-stand-in -keyout key.pem -out cert.pem \
		-addext 'subjectAltName=DNS:get.docker.com,DNS:download.docker.com' 2>/dev/null
	cp cert.pem /usr/local/share/ca-certificates/rdc-stand-in.crt
	update-ca-certificates >/dev/null
	printf '127.0.0.1 %s # rdc stand-in\n' "$names" >>/etc/hosts
	systemd-run --unit=rdc-stand-in --working-directory="$site/www" \
		openssl s_server -quiet -WWW -accept 127.0.0.1:443 -cert "$site/cert.pem" -key "$site/key.pem"
}

make() {
	mkdir -p "$site/www"
	cd "$site"
	gather
	static=www/linux/static/stable/$(uname -m)
	mkdir -p "$static"
	for name in docker docker-rootless-extras; do tar -czf "$static/$name-$version.tgz" "$name"; done
	rm -rf docker docker-rootless-extras
	cd www
	write_script
	command -v curl >/dev/null || stand_in_for_curl
	serve
}

prove() {
	systemctl stop rdc-stand-in.service
	sed -i '/# rdc stand-in$/d' /etc/hosts
	rm -rf "$site" /usr/local/share/ca-certificates/rdc-stand-in.crt
	update-ca-certificates --fresh >/dev/null
	for pid in $(pgrep -u tester dockerd); do
		case $(readlink "/proc/$pid/exe") in /home/tester/bin/*) exit 0 ;; esac
	done
	echo 'no dockerd of tester runs from /home/tester/bin' >&2
	exit 1
}

case ${1-} in
make | prove) "$1" ;;
*) echo 'usage: script-stand-in.sh make|prove' >&2; exit 2 ;;
esac
