#!/bin/sh
# The distribution's own programs laid out in ~/bin as upstream's install script does, and nothing of Docker in /usr: they
# are taken out of its packages, and rootless-engine.sh installs them.
set -eu

engine=/var/lib/rdc/engine
programs='docker dockerd docker-proxy docker-init containerd containerd-shim-runc-v2 ctr runc rootlesskit rootlessctl rootlesskit-docker-proxy'

make() {
	export DEBIAN_FRONTEND=noninteractive
	packages='docker.io containerd runc tini'
	for package in docker-cli rootlesskit; do
		if apt-cache show "$package" >/dev/null 2>&1; then packages="$packages $package"; fi
	done
	# shellcheck disable=SC2086
	apt-get install -y --no-install-recommends $packages
	mkdir -p "$engine"
	for program in $programs; do
		path=$(command -v "$program" || true)
		[ -z "$path" ] || cp -L "$path" "$engine/$program"
	done
	cp -L /usr/share/docker.io/contrib/dockerd-rootless.sh /usr/share/docker.io/contrib/dockerd-rootless-setuptool.sh "$engine/"
	chmod 755 "$engine"/*
	systemctl disable --now docker.service docker.socket containerd.service || true
	# what they are linked with stays
	# shellcheck disable=SC2086
	apt-get purge -y $packages
	rm -rf /run/docker /run/docker.sock /run/containerd
}

prove() {
	for program in docker dockerd containerd runc rootlesskit; do
		[ ! -e "/usr/bin/$program" ] && [ ! -e "/usr/sbin/$program" ] ||
			{ echo "$program is in /usr: expected in ~/bin only" >&2; exit 1; }
	done
	for pid in $(pgrep -u tester dockerd); do
		case $(readlink "/proc/$pid/exe") in /home/tester/bin/*) exit 0 ;; esac
	done
	echo 'no dockerd of tester runs from /home/tester/bin' >&2
	exit 1
}

case ${1-} in
make | prove) "$1" ;;
*) echo 'usage: home.sh make|prove' >&2; exit 2 ;;
esac
