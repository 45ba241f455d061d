#!/bin/sh
# What a box holds. Sourced by system.sh; the choice is part of the box's digest.

# The machine itself: what a Debian server that people work on has (perl, python3 and git among it), less what a boot
# under emulation pays for.
base_packages() {
	echo "linux-image-$arch" initramfs-tools zstd systemd-sysv udev dbus libpam-systemd openssh-server openssh-client sudo iproute2 \
		iputils-ping procps kmod apparmor ca-certificates e2fsprogs netbase acl libcap2-bin \
		perl python3 git less patch xz-utils media-types gettext-base
}

# Never installed in the box: rootless Docker as the distribution packages it, and what the checks' remedies need.
cached_packages() {
	echo docker.io uidmap slirp4netns fuse-overlayfs dbus-user-session
}

# Only some releases have these.
cached_if_known() {
	echo docker-cli rootlesskit passt
}
