#!/bin/sh
# NOT VERIFIED: written from docs.docker.com and the packages of Ubuntu 24.04 and later; no Ubuntu machine ran it here.
# Run as root after base.sh.
set -eu

recipe=rootless-ubuntu
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

# From 24.04 on an unprivileged user namespace needs an AppArmor profile. The package apparmor brings the one for
# /usr/bin/rootlesskit, which is where the package rootlesskit puts it: there is nothing to add.
install_packages() {
	packages="docker.io uidmap dbus-user-session slirp4netns fuse-overlayfs"
	for extra in docker-cli rootlesskit; do
		if apt-cache show "$extra" >/dev/null 2>&1; then packages="$packages $extra"; fi
	done
	as_root packages "DEBIAN_FRONTEND=noninteractive apt-get install -y $packages"
}

install_rootless_docker
