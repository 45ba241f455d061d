# For the channel "script" without the internet: a stand-in of the install script (same addresses, folders and messages) and
# static archives made of the distribution's own programs. The web server is gone when Docker runs.

version=0.0.1

write_script() {
	cat <<-END
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

make() {
	static=$site/www/linux/static/stable/$(uname -m)
	mkdir -p "$static" "$site/docker-rootless-extras"
	cd "$site"
	take_programs docker
	mv docker/rootless* docker/dockerd-rootless* docker-rootless-extras/
	for name in docker docker-rootless-extras; do tar -czf "$static/$name-$version.tgz" "$name"; done
	write_script >www/rootless
	command -v curl >/dev/null || { stand_in_for_curl >/usr/local/bin/curl && chmod 755 /usr/local/bin/curl; }
	serve
}

prove() {
	stop_serving
	prove_daemon_in "$home/bin"
}
