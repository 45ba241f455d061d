# What a box holds; sourced by system.sh.

# What a Debian server has that people work on, less what slows down a boot under emulation.
base_packages() {
	echo "linux-image-$arch" initramfs-tools zstd systemd-sysv udev dbus libpam-systemd openssh-server openssh-client sudo iproute2 \
		iputils-ping procps kmod apparmor ca-certificates e2fsprogs netbase acl libcap2-bin \
		perl python3 git less patch xz-utils media-types gettext-base
}

# Not installed: rootless Docker as the distribution packages it, and what the checks' remedies need.
cached_packages() {
	echo docker.io uidmap slirp4netns fuse-overlayfs dbus-user-session
}

# Only some releases have these; docker-compose 1 is no plugin of the client.
cached_if_known() {
	echo docker-cli rootlesskit passt 'docker-compose=2*' 'docker-compose=5*'
}
