#!/bin/sh
# The user's daemon.json asks for the storage driver fuse-overlayfs, where the kernel could do overlay by itself.
#   fuse-overlayfs.sh make     before rootless Docker is installed
#   fuse-overlayfs.sh prove    when it runs
set -eu

user=tester

make() {
	home=$(getent passwd "$user" | cut -d: -f6)
	install -d -o "$user" -g "$(id -gn "$user")" "$home/.config" "$home/.config/docker"
	printf '{"storage-driver": "fuse-overlayfs"}\n' >"$home/.config/docker/daemon.json"
	chown "$user:$(id -gn "$user")" "$home/.config/docker/daemon.json"
}

# The daemon's word that it took the setting; what a container's root is for the kernel is one of the checks.
prove() {
	socket=/run/user/$(id -u "$user")/docker.sock
	driver=$(runuser -u "$user" -- docker --host "unix://$socket" info --format '{{.Driver}}')
	[ "$driver" = fuse-overlayfs ] || {
		echo "the storage driver is '$driver', not fuse-overlayfs" >&2
		exit 1
	}
}

case ${1-} in
make | prove) "$1" ;;
*) echo 'usage: fuse-overlayfs.sh make|prove' >&2; exit 2 ;;
esac
