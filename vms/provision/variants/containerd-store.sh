#!/bin/sh
# The image store of containerd, which new installations have by default from Docker 29 on.
set -eu

user=tester

make() {
	home=$(getent passwd "$user" | cut -d: -f6)
	install -d -o "$user" -g "$(id -gn "$user")" "$home/.config" "$home/.config/docker"
	printf '{"features": {"containerd-snapshotter": true}}\n' >"$home/.config/docker/daemon.json"
	chown "$user:$(id -gn "$user")" "$home/.config/docker/daemon.json"
}

prove() {
	socket=/run/user/$(id -u "$user")/docker.sock
	status=$(runuser -u "$user" -- docker --host "unix://$socket" info --format '{{.DriverStatus}}')
	case $status in
	*io.containerd.snapshotter*) ;;
	*) echo "the daemon does not use a snapshotter of containerd: $status" >&2; exit 1 ;;
	esac
}

case ${1-} in
make | prove) "$1" ;;
*) echo 'usage: containerd-store.sh make|prove' >&2; exit 2 ;;
esac
