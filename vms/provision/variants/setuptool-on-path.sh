#!/bin/sh
# The package as it should be: Docker's scripts are on PATH. Only here is PRE-INSTALL green on Debian, so that its fault
# can show.
set -eu

contrib=/usr/share/docker.io/contrib
scripts='dockerd-rootless.sh dockerd-rootless-setuptool.sh'

make() {
	for script in $scripts; do ln -s "$contrib/$script" "/usr/bin/$script"; done
}

prove() {
	for script in $scripts; do
		[ -x "/usr/bin/$script" ] || { echo "/usr/bin/$script leads to no program: is it in $contrib?" >&2; exit 1; }
	done
}

case ${1-} in
make | prove) "$1" ;;
*) echo 'usage: setuptool-on-path.sh make|prove' >&2; exit 2 ;;
esac
