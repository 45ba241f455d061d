#!/bin/sh
# The package as it should be: Docker's two scripts beside the client on PATH, which is the remedy of PRE-INSTALL. On no
# other Debian machine is that check green, so that its fault can show on this one only.
#   setuptool-on-path.sh make     before rootless Docker is installed
#   setuptool-on-path.sh prove    when it runs
set -eu

contrib=/usr/share/docker.io/contrib
scripts='dockerd-rootless.sh dockerd-rootless-setuptool.sh'

# They lead nowhere until the package is there.
make() {
	for script in $scripts; do ln -s "$contrib/$script" "/usr/bin/$script"; done
}

prove() {
	for script in $scripts; do [ -x "/usr/bin/$script" ] || {
		echo "/usr/bin/$script leads to no program: is it in $contrib?" >&2
		exit 1
	}; done
}

case ${1-} in
make | prove) "$1" ;;
*) echo 'usage: setuptool-on-path.sh make|prove' >&2; exit 2 ;;
esac
