#!/bin/sh
# The user's daemon.json asks for fuse-overlayfs, although the kernel has overlay.
set -eu

user=tester

make() {
	home=$(getent passwd "$user" | cut -d: -f6)
	install -d -o "$user" -g "$(id -gn "$user")" "$home/.config" "$home/.config/docker"
	printf '{"storage-driver": "fuse-overlayfs"}\n' >"$home/.config/docker/daemon.json"
	chown "$user:$(id -gn "$user")" "$home/.config/docker/daemon.json"
}

# By the daemon's word; what the kernel says of it is for the checks.
prove() {
	socket=/run/user/$(id -u "$user")/docker.sock
	driver=$(runuser -u "$user" -- docker --host "unix://$socket" info --format '{{.Driver}}')
	[ "$driver" = fuse-overlayfs ] || { echo "the storage driver is '$driver', not fuse-overlayfs" >&2; exit 1; }
}

case ${1-} in
make | prove) "$1" ;;
*) echo 'usage: fuse-overlayfs.sh make|prove' >&2; exit 2 ;;
esac
